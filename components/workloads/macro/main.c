/*
 * macro: whole loads, as the papers measure them.
 *
 *	macro			all three
 *	macro compile		nine compilations (Black et al. 1991)
 *	macro andrew		a tree of files made, copied, searched, read, compiled
 *	macro aim		1, 2, 4, 8 and 16 users at once
 *
 * docs/measuring.md says what is in each, and where its proportions are from.
 */
#include <string.h>

#include <workloads/macro/macro.h>

const char bench_workload[] = "macro";
char *macro_self;

static const struct {
	const char *name;
	int (*main)(int argc, char **argv);
} programs[] = {
	{"compile", compile_main},
	{"andrew", andrew_main},
	{"aim", aim_main},
	{"time", time_main},
	{"cc", cc_main},
	{"cpp", cpp_main},
	{"ccom", ccom_main},
	{"as", as_main},
	{"ld", ld_main},
	{"mkdirs", mkdirs_main},
	{"copy", copy_main},
	{"scan", scan_main},
	{"wc", wc_main},
	{"make", make_main},
	{"user", user_main},
};

int main(int argc, char **argv)
{
	macro_self = argc > 0 ? argv[0] : "";
	if (argc <= 1) {
		run((char *const[]){"compile", NULL});
		run((char *const[]){"andrew", NULL});
		run((char *const[]){"aim", NULL});
		return 0;
	}
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (strcmp(programs[i].name, argv[1]) == 0)
			return programs[i].main(argc - 2, argv + 2);
	bench_fail("there is no such program in macro", 0);
}
