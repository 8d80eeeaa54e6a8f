/*
 * compile: nine compilations of small C source files, each under `time`, as in
 * Black et al. 1991, section 6.3. cc starts cpp, ccom, as and ld, which hand
 * their work on through files. Their calls are in that paper's proportions: to
 * each compilation 289 calls, of them 6 forks, 18 execs (most in folders of the
 * path that lack the program), 27 opens, 39 closes, 11 unlinks, 83 seeks, 50
 * reads, 26 writes. docs/measuring.md has what strace counts here.
 */
#include <sys/resource.h>
#include <sys/times.h>
#include <sys/wait.h>

#include <workloads/common/text.h>
#include <workloads/macro/compile.h>

#define COMPILATIONS 9
#define ROUNDS       1
#define SOURCE_SIZE  2200
#define HEADER_SIZE  2500

static const char source_stem[] = MACRO_FOLDER "/s", out_stem[] = MACRO_FOLDER "/a";

static struct bench_series series = {.name = "compile"};

void compile_prepare(void)
{
	char path[PATH_SIZE];

	make_folder("/tmp");
	make_folder(MACRO_FOLDER);
	make_folder(MACRO_FOLDER "/include");
	for (unsigned int i = 0; i < HEADERS; i++) {
		path_number(path, INCLUDE_FOLDER "h", i, ".h");
		write_source(path, HEADER_SIZE, 100 + i);
	}
	write_source(LIBRARY, LIBRARY_SIZE, 99);
}

void close_inherited(void)
{
	for (int fd = 3; fd < 7; fd++)
		sys_close(fd);
}

static void compile_all(void)
{
	for (unsigned int i = 0; i < COMPILATIONS; i++) {
		char source[PATH_SIZE], out[PATH_SIZE];

		path_number(source, source_stem, i, ".c");
		path_number(out, out_stem, i, "");
		run((char *const[]){"time", "cc", source, out, NULL});
	}
}

/* Of all that was compiled: the same on every kernel. */
static uint32_t hash_all(void)
{
	uint32_t hash = HASH_BEGIN;

	for (unsigned int i = 0; i < COMPILATIONS; i++) {
		char path[PATH_SIZE];

		path_number(path, out_stem, i, "");
		hash = (hash ^ hash_file(path)) * 16777619u;
	}
	return hash;
}

static void say_hash(uint32_t hash)
{
	char line[64];
	struct text text = TEXT(line);

	text_string(&text, "macro compile: the programs have the hash ");
	text_hex(&text, hash);
	text_string(&text, "\n");
	need("write", text_write(&text, 1));
}

int compile_main(int argc, char **argv)
{
	uint32_t first = 0;

	(void)argc, (void)argv;
	compile_prepare();
	for (unsigned int i = 0; i < COMPILATIONS; i++) {
		char path[PATH_SIZE];

		path_number(path, source_stem, i, ".c");
		write_source(path, SOURCE_SIZE + 200 * i, 1 + i);
	}
	series.overhead = bench_now_overhead();
	series.count = ROUNDS;
	for (size_t i = 0; i <= ROUNDS; i++) { /* the first warms up */
		uint64_t begin = bench_now(), end;

		compile_all();
		end = bench_now();
		series.samples[i == 0 ? 0 : i - 1] = end - begin;
		if (i == 0)
			first = hash_all();
		else if (hash_all() != first)
			bench_fail("two compilations of one source differ", 0);
	}
	say_hash(first);
	bench_report(&series, 1);
	return 0;
}

/* Runs a program and adds a line to a file that says how long it took. */
int time_main(int argc, char **argv)
{
	struct rusage usage;
	struct tms times;
	char line[64];
	struct text text = TEXT(line);
	int status = -1, fd;
	long pid, begin = sys_call3(SYS_times, (long)&times, 0, 0);

	if (argc < 1)
		bench_fail("time: which program?", 0);
	close_inherited();
	pid = start(argv);
	need("wait4", sys_call4(SYS_wait4, pid, (long)&status, 0, (long)&usage));
	text_number(&text, sys_call3(SYS_times, (long)&times, 0, 0) - begin >= 0);
	text_string(&text, " real\n");
	fd = open_file(MACRO_FOLDER "/times", O_WRONLY | O_CREAT | O_APPEND);
	need("write", text_write(&text, fd));
	sys_close(fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void remove_file(const char *path)
{
	long result = sys_call3(SYS_unlink, (long)path, 0, 0);

	if (result != -ENOENT)
		need(path, result);
}

/* One source file through all passes: cc SOURCE OUT. */
int cc_main(int argc, char **argv)
{
	static const char *const endings[] = {".i", ".s", ".o", ".t"};
	char paths[4][PATH_SIZE];
	uint8_t status[144];

	if (argc != 2)
		bench_fail("cc: a source and an output file are wanted", 0);
	close_inherited();
	need(argv[0], sys_call3(SYS_stat, (long)argv[0], (long)status, 0));
	for (size_t i = 0; i < 4; i++) {
		path_join(paths[i], argv[1], endings[i]);
		remove_file(paths[i]);
	}
	remove_file(argv[1]);
	run((char *const[]){"cpp", argv[0], paths[0], NULL});
	run((char *const[]){"ccom", paths[0], paths[1], NULL});
	run((char *const[]){"as", paths[1], paths[2], NULL});
	run((char *const[]){"ld", paths[2], argv[1], NULL});
	for (size_t i = 0; i < 4; i++)
		remove_file(paths[i]);
	return 0;
}
