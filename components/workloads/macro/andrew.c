/*
 * andrew: the five phases of the Andrew benchmark (Howard et al. 1988, in the
 * form of Ousterhout 1990) over a tree of 70 files and 200 KB:
 *
 *	MakeDir	the tree's folders are made anew
 *	Copy	every file is copied, folder by folder
 *	ScanDir	every file's status is asked for
 *	ReadAll	every file is read, by a program started for each (find -exec wc)
 *	Make	two files of each folder are compiled
 */
#include <dirent.h>

#include <workloads/macro/compile.h>

#define FOLDERS   5
#define FILES     14 /* in each */
#define FILE_SIZE 2900
#define ROUNDS    1
#define COMPILED  2
#define SOURCE    MACRO_FOLDER "/source"
#define TARGET    MACRO_FOLDER "/target"
#define BUFFER    4096
#define ALL       5 /* the phases together */

static struct bench_series series[] = {
	{.name = "andrew_mkdir"},
	{.name = "andrew_copy"},
	{.name = "andrew_scan"},
	{.name = "andrew_read"},
	{.name = "andrew_make"},
	[ALL] = {.name = "andrew"},
};

/* "<root>/d3/": its files' names are numbers with an ending. */
static void folder_name(char path[PATH_SIZE], const char *root, unsigned int folder)
{
	char stem[PATH_SIZE];

	path_join(stem, root, "/d");
	path_number(path, stem, folder, "/");
}

static void file_name(
	char path[PATH_SIZE], const char *root, unsigned int folder, unsigned int file)
{
	char stem[PATH_SIZE];

	folder_name(stem, root, folder);
	path_number(path, stem, file, ".c");
}

static void make_source(void)
{
	char path[PATH_SIZE];

	make_folder(SOURCE);
	for (unsigned int folder = 0; folder < FOLDERS; folder++) {
		folder_name(path, SOURCE, folder);
		make_folder(path);
		for (unsigned int file = 0; file < FILES; file++) {
			file_name(path, SOURCE, folder, file);
			write_source(path, FILE_SIZE, 1000 + FILES * folder + file);
		}
	}
}

/* Calls `visit` with the paths of an entry in two trees, for all that a folder of the first holds.
 */
static void for_each(const char *from, const char *to, void (*visit)(const char *, const char *))
{
	static char entries[BUFFER];
	int fd = open_file(from, O_RDONLY | O_DIRECTORY);
	long got;

	while ((got = need("getdents64", sys_call3(SYS_getdents64, fd, (long)entries, BUFFER))) > 0)
		for (char *at = entries; at < entries + got;
			at += ((struct dirent *)at)->d_reclen) {
			const struct dirent *entry = (const struct dirent *)at;
			char in_from[PATH_SIZE], in_to[PATH_SIZE];

			if (entry->d_name[0] == '.')
				continue;
			path_join(in_from, from, entry->d_name);
			path_join(in_to, to, entry->d_name);
			visit(in_from, in_to);
		}
	sys_close(fd);
}

static void make_like(const char *from, const char *to)
{
	(void)from;
	need(to, sys_call3(SYS_mkdir, (long)to, 0777, 0));
}

/* mkdirs FROM TO: the folders of a tree. */
int mkdirs_main(int argc, char **argv)
{
	if (argc != 2)
		bench_fail("mkdirs: two trees are wanted", 0);
	for_each(argv[0], argv[1], make_like);
	return 0;
}

static void copy_file(const char *from, const char *to)
{
	static char buffer[BUFFER];
	uint8_t status[144];
	int in = open_file(from, O_RDONLY), out;
	long got;

	need("fstat", sys_call3(SYS_fstat, in, (long)status, 0));
	out = open_file(to, O_WRONLY | O_CREAT | O_EXCL);
	while ((got = need("read", sys_read(in, buffer, BUFFER))) > 0)
		if (sys_write(out, buffer, (size_t)got) != got)
			bench_fail("a file could not be copied", 0);
	sys_close(in);
	sys_close(out);
}

/* copy FROM TO: the files of a folder. */
int copy_main(int argc, char **argv)
{
	if (argc != 2)
		bench_fail("copy: two folders are wanted", 0);
	for_each(argv[0], argv[1], copy_file);
	return 0;
}

static void look_at(const char *path, const char *same)
{
	uint8_t status[144];

	(void)same;
	need(path, sys_call3(SYS_lstat, (long)path, (long)status, 0));
}

/* scan FOLDER: the status of its files. */
int scan_main(int argc, char **argv)
{
	if (argc != 1)
		bench_fail("scan: a folder is wanted", 0);
	for_each(argv[0], argv[0], look_at);
	return 0;
}

/* wc FILE: fails if it has no words. */
int wc_main(int argc, char **argv)
{
	struct stream in;
	size_t words = 0;
	bool inside = false;

	if (argc != 1)
		bench_fail("wc: a file is wanted", 0);
	stream_open(&in, argv[0], O_RDONLY);
	for (int byte = stream_get(&in); byte >= 0; byte = stream_get(&in)) {
		bool blank = byte == ' ' || byte == '\n';

		words += !blank && !inside;
		inside = !blank;
	}
	stream_close(&in);
	return words == 0;
}

/* make TREE: looks which programs are out of date, and compiles them. */
int make_main(int argc, char **argv)
{
	if (argc != 1)
		bench_fail("make: a tree is wanted", 0);
	for (unsigned int folder = 0; folder < FOLDERS; folder++)
		for (unsigned int file = 0; file < COMPILED; file++) {
			char source[PATH_SIZE], out[PATH_SIZE];
			uint8_t status[144];

			file_name(source, argv[0], folder, file);
			path_join(out, source, ".out");
			if (sys_call3(SYS_stat, (long)out, (long)status, 0) == -ENOENT)
				run((char *const[]){"cc", source, out, NULL});
		}
	return 0;
}

static void phase_mkdir(void)
{
	need("mkdir", sys_call3(SYS_mkdir, (long)TARGET, 0777, 0));
	run((char *const[]){"mkdirs", SOURCE "/", TARGET "/", NULL});
}

static void phase_copy(void)
{
	for (unsigned int folder = 0; folder < FOLDERS; folder++) {
		char from[PATH_SIZE], to[PATH_SIZE];

		folder_name(from, SOURCE, folder);
		folder_name(to, TARGET, folder);
		run((char *const[]){"copy", from, to, NULL});
	}
}

static void phase_scan(void)
{
	for (unsigned int folder = 0; folder < FOLDERS; folder++) {
		char path[PATH_SIZE];

		folder_name(path, TARGET, folder);
		run((char *const[]){"scan", path, NULL});
	}
}

static void phase_read(void)
{
	for (unsigned int folder = 0; folder < FOLDERS; folder++)
		for (unsigned int file = 0; file < FILES; file++) {
			char path[PATH_SIZE];

			file_name(path, TARGET, folder, file);
			run((char *const[]){"wc", path, NULL});
		}
}

static void phase_make(void)
{
	run((char *const[]){"make", TARGET, NULL});
}

static void remove_one(const char *path, const char *same)
{
	(void)same;
	need(path, sys_call3(SYS_unlink, (long)path, 0, 0));
}

static void remove_target(void)
{
	for (unsigned int folder = 0; folder < FOLDERS; folder++) {
		char path[PATH_SIZE];

		folder_name(path, TARGET, folder);
		for_each(path, path, remove_one);
		need(path, sys_call3(SYS_rmdir, (long)path, 0, 0));
	}
	need(TARGET, sys_call3(SYS_rmdir, (long)TARGET, 0, 0));
}

static void (*const phases[ALL])(void) = {
	phase_mkdir, phase_copy, phase_scan, phase_read, phase_make};

int andrew_main(int argc, char **argv)
{
	uint64_t overhead = bench_now_overhead();

	(void)argc, (void)argv;
	compile_prepare();
	make_source();
	for (size_t i = 0; i <= ROUNDS; i++) { /* the first warms up */
		size_t at = i == 0 ? 0 : i - 1;

		series[ALL].samples[at] = 0;
		for (size_t phase = 0; phase < ALL; phase++) {
			uint64_t begin = bench_now(), end;

			phases[phase]();
			end = bench_now();
			series[phase].samples[at] = end - begin;
			series[ALL].samples[at] += end - begin - overhead;
		}
		remove_target();
	}
	for (size_t i = 0; i <= ALL; i++) {
		series[i].count = ROUNDS;
		series[i].overhead = i < ALL ? overhead : 0;
	}
	bench_report(series, ALL + 1);
	return 0;
}
