/* proc: /proc tells of processes what other calls tell of them. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "times_test.h"

static char text[3 << 20];

/* All of a file, in pieces of `piece` bytes; its length. */
static long slurp(const char *path, long piece)
{
	long fd = sys_call3(SYS_open, (long)path, O_RDONLY, 0), length = 0, n;

	CHECK(fd >= 0);
	while ((n = sys_read((int)fd, text + length, (size_t)piece)) > 0)
		length += n;
	CHECK_EQ(n, 0);
	sys_close((int)fd);
	text[length] = '\0';
	return length;
}

/* The number behind a name that begins a line. */
static long value_of(const char *name)
{
	const char *at = strncmp(text, name, strlen(name)) == 0 ? text : NULL;
	long value = 0;

	for (const char *line = text; at == NULL && (line = strchr(line, '\n')) != NULL;)
		if (strncmp(++line, name, strlen(name)) == 0)
			at = line;
	CHECK(at != NULL);
	for (at += strlen(name); *at == ' ' || *at == '\t' || *at == ':';)
		at++;
	CHECK(*at >= '0' && *at <= '9');
	for (; *at >= '0' && *at <= '9'; at++)
		value = value * 10 + (*at - '0');
	return value;
}

/* Field `number` of stat, counted from 1; from 3 on. */
static long field(int number)
{
	const char *at = strrchr(text, ')');
	long value = 0;

	CHECK(at != NULL);
	for (int i = 2; i < number; i++) {
		at = strchr(at + 1, ' ');
		CHECK(at != NULL);
	}
	for (at++; *at >= '0' && *at <= '9'; at++)
		value = value * 10 + (*at - '0');
	return value;
}

static void stat_tells_time(void)
{
	compute(200 * MS);
	make_calls(200 * MS);
	slurp("/proc/self/stat", 4096);
	CHECK(field(14) + field(15) >= 38);
	CHECK(field(14) >= 10 && field(15) >= 5);
	CHECK_EQ(field(4), sys_call1(SYS_getppid, 0));
	CHECK_EQ(field(18), 20);
	CHECK_EQ(field(20), 1);
	CHECK(field(23) > 0);
}

static void stat_tells_of_children(void)
{
	long pid = sys_fork();

	if (pid == 0) {
		compute(200 * MS);
		sys_exit(0);
	}
	expect_exit(pid, 0);
	slurp("/proc/self/stat", 4096);
	CHECK(field(16) + field(17) >= 19);
}

static void status_agrees(void)
{
	unsigned long mask = bit(SIGUSR1) | bit(SIGTERM);

	CHECK_EQ(set_mask(mask), 0);
	CHECK_EQ(set_action(SIGUSR2, note_signal, 0), 0);
	CHECK_EQ(send_signal(sys_getpid(), SIGUSR1), 0);
	slurp("/proc/self/status", 4096);
	CHECK_EQ(value_of("Pid"), sys_getpid());
	CHECK_EQ(value_of("Threads"), 1);
	CHECK(strstr(text, "\nSigBlk:\t0000000000004200\n") != NULL);
	CHECK(strstr(text, "\nShdPnd:\t0000000000000200\n") != NULL);
	CHECK(strstr(text, "\nSigCgt:\t0000000000000800\n") != NULL);
	CHECK(value_of("VmSize") >= value_of("VmRSS"));
	CHECK(value_of("VmHWM") >= value_of("VmRSS"));
	CHECK_EQ(value_of("VmRSS"),
		value_of("RssAnon") + value_of("RssFile") + value_of("RssShmem"));
}

static void memory_grows(void)
{
	long before, after, size = 400 * 4096;
	char *pages;

	slurp("/proc/self/status", 4096);
	before = value_of("RssAnon");
	pages = map_pages(400, PROT_READ | PROT_WRITE);
	memset(pages, 1, (size_t)size);
	slurp("/proc/self/status", 4096);
	after = value_of("RssAnon");
	CHECK(after - before >= 1600 && after - before < 2000);
}

/* A text much longer than a page, in reads of any size, with each mapping once. */
static void maps_are_whole(void)
{
	char *base = map_pages(2000, PROT_READ);
	long lines, length;

	for (int i = 0; i < 2000; i += 2)
		CHECK_EQ(sys_call3(SYS_mprotect, (long)(base + i * 4096), 4096, PROT_NONE), 0);
	for (long piece = 65536; piece >= 100; piece /= 7) {
		length = slurp("/proc/self/maps", piece);
		lines = 0;
		for (long i = 0; i < length; i++)
			lines += text[i] == '\n';
		CHECK(lines >= 2000 && lines < 2030);
		CHECK(length > 2000 * 45);
		CHECK_EQ(text[length - 1], '\n');
	}
	CHECK(slurp("/proc/self/smaps", 65536) > 0 && strstr(text, "VmFlags:") != NULL);
}

static void positions(void)
{
	static char whole[65536], part[100];
	long length = slurp("/proc/self/limits", 4096), fd;

	memcpy(whole, text, (size_t)length);
	fd = sys_call3(SYS_open, (long)"/proc/self/limits", O_RDONLY, 0);
	for (long at = length - 1; at >= 0; at -= 97) {
		long n = sys_call4(SYS_pread64, fd, (long)part, sizeof(part), at);

		CHECK(n > 0 && memcmp(part, whole + at, (size_t)n) == 0);
	}
	CHECK_EQ(sys_call4(SYS_pread64, fd, (long)part, sizeof(part), length), 0);
	CHECK_EQ(sys_call3(SYS_lseek, fd, 5, SEEK_SET), 5);
	CHECK_EQ(sys_read((int)fd, part, 5), 5);
	CHECK(memcmp(part, whole + 5, 5) == 0);
	CHECK_EQ(sys_read((int)fd, (void *)8, 5), -EFAULT);
}

static void write_to(const char *path, const char *what, long result)
{
	long fd = sys_call3(SYS_open, (long)path, O_WRONLY, 0);

	CHECK(fd >= 0);
	CHECK_EQ(sys_write((int)fd, what, strlen(what)), result);
	sys_close((int)fd);
}

static void names_can_be_written(void)
{
	write_to("/proc/self/comm", "a-rather-long-name-for-it", 25);
	slurp("/proc/self/comm", 100);
	CHECK(strcmp(text, "a-rather-long-n\n") == 0);
	write_to("/proc/thread-self/comm", "short", 5);
	slurp("/proc/self/comm", 100);
	CHECK(strcmp(text, "short\n") == 0);
}

static void adjustments_can_be_written(void)
{
	write_to("/proc/self/oom_score_adj", "500\n", 4);
	slurp("/proc/self/oom_score_adj", 100);
	CHECK(strcmp(text, "500\n") == 0);
	slurp("/proc/self/oom_adj", 100);
	CHECK(strcmp(text, "8\n") == 0);
	write_to("/proc/self/oom_score_adj", "1001", -EINVAL);
	write_to("/proc/self/oom_score_adj", "x", -EINVAL);
	write_to("/proc/self/oom_score_adj", "501", 3);
}

static void descriptors(void)
{
	long fd = sys_call3(SYS_open, (long)"/proc/self/status", O_RDONLY | O_CLOEXEC, 0);
	char path[] = "/proc/self/fdinfo/0";

	CHECK(fd > 0 && fd < 10);
	path[sizeof(path) - 2] = (char)('0' + fd);
	CHECK_EQ(sys_call3(SYS_lseek, fd, 7, SEEK_SET), 7);
	slurp(path, 4096);
	CHECK(strncmp(text, "pos:\t7\nflags:\t02100000\nmnt_id:\t", 31) == 0 ||
		strncmp(text, "pos:\t7\nflags:\t02000000\nmnt_id:\t", 31) == 0);
	sys_close((int)fd);
	CHECK_EQ(sys_call3(SYS_open, (long)path, O_RDONLY, 0), -ENOENT);
}

static void who_is_gone(void)
{
	char path[] = "/proc/00000/stat", byte;
	long pid = sys_fork(), fd, number;

	if (pid == 0)
		for (;;)
			sleep_ms(1000);
	number = pid;
	CHECK(number < 100000 && number > 9);
	char *at = path + 6;
	long scale = 10000;
	while (scale > number)
		scale /= 10;
	for (; scale > 0; scale /= 10)
		*at++ = (char)('0' + number / scale % 10);
	memcpy(at, "/stat", 6);
	fd = sys_call3(SYS_open, (long)path, O_RDONLY, 0);
	CHECK(fd >= 0);
	CHECK_EQ(send_signal(pid, SIGKILL), 0);
	expect_killed(pid, SIGKILL);
	CHECK_EQ(sys_read((int)fd, &byte, 1), -ESRCH);
	CHECK_EQ(sys_call3(SYS_open, (long)path, O_RDONLY, 0), -ENOENT);
}

static void the_system(void)
{
	slurp("/proc/stat", 65536);
	CHECK(value_of("btime") > 0 && value_of("processes") > 0 && value_of("procs_running") > 0);
	slurp("/proc/meminfo", 65536);
	CHECK(value_of("MemTotal") > value_of("MemFree") && value_of("MemFree") > 0);
	slurp("/proc/uptime", 100);
	slurp("/proc/loadavg", 100);
	slurp("/proc/self/mountinfo", 65536);
	CHECK(strstr(text, " / / ") != NULL && strstr(text, " - proc ") != NULL);
	slurp("/proc/self/environ", 65536);
	slurp("/proc/self/auxv", 4096);
	CHECK(((unsigned long *)text)[0] != 0);
	slurp("/proc/sys/kernel/ostype", 100);
	CHECK(strcmp(text, "Linux\n") == 0);
	CHECK_EQ(slurp("/proc/sys/kernel/random/uuid", 100), 37);
	slurp("/proc/sys/vm/overcommit_memory", 100);
	slurp("/proc/sys/fs/pipe-max-size", 100);
	CHECK(strcmp(text, "1048576\n") == 0);
}

static const struct test_case cases[] = {
	CASE("stat tells of processor time", stat_tells_time),
	CASE("and of children's", stat_tells_of_children),
	CASE("status agrees with what was set", status_agrees),
	CASE("memory that is touched is resident", memory_grows),
	CASE("a text is whole, however it is read", maps_are_whole),
	CASE("positions", positions),
	CASE("comm can be written", names_can_be_written),
	CASE("so can oom_score_adj", adjustments_can_be_written),
	CASE("fdinfo", descriptors),
	CASE("a process that is gone", who_is_gone),
	CASE("files of the system", the_system),
};
TEST_SUITE(proc, cases);
