/* Terminal, results, clock, and the small calls. */
#include <string.h>

#include "services_test.h"

static long read_console(char *to, size_t n)
{
	vaddr_t buf = host_alloc(8192);
	long got = host_sys(SYS_read, 0, buf, n);

	if (got > 0)
		host_peek(to, buf, (size_t)got);
	return got;
}

static void test_terminal(void *argument)
{
	char text[8192] = "";
	char line[5000];
	vaddr_t buf = host_alloc(4096);
	u16 window[4];
	u32 settings[9];

	(void)argument;
	host_type("first\nsecond line\r\x04"
		  "rest\x04");
	tap_eq(read_console(text, sizeof(text)), 6, "a read gives one line");
	tap_ok(memcmp(text, "first\n", 6) == 0, "with its newline");
	tap_eq(read_console(text, 3), 3, "or a part of the next");
	tap_eq(read_console(text + 3, sizeof(text)), 9, "and then the rest of it");
	tap_ok(memcmp(text, "second line\n", 12) == 0, "return counts as newline");
	tap_eq(read_console(text, sizeof(text)), 0,
		"control-D on an empty line is the end of the file");
	tap_eq(read_console(text, sizeof(text)), 4, "and elsewhere the end of the line");
	memset(line, 'x', sizeof(line));
	memcpy(line + sizeof(line) - 2, "\n", 2);
	host_type(line);
	tap_eq(read_console(text, 4096), 4096, "a line too long is cut, and keeps its newline");
	tap_eq(text[4095], '\n', "at its end");
	host_type("abc\n");
	tap_eq(host_sys(SYS_read, 0, 0x100, 10), -EFAULT, "a read to a bad address is an error");
	tap_eq(read_console(text, sizeof(text)), 4, "that takes nothing");
	tap_eq(host_sys(SYS_ioctl, 0, 0x5413, buf), 0, "it has a size");
	host_peek(window, buf, sizeof(window));
	tap_ok(window[0] == 24 && window[1] == 80, "of 24 lines of 80 characters");
	tap_eq(host_sys(SYS_ioctl, 1, 0x5401, buf), 0, "and settings");
	host_peek(settings, buf, sizeof(settings));
	tap_eq(settings[3] & 012, 012, "that say what it does: lines and echo");
	tap_eq(host_sys(SYS_ioctl, 1, 0x5401, 0x100), -EFAULT, "not told to a bad address");
	tap_eq(host_sys(SYS_ioctl, 1, 0x1234, buf), -ENOTTY,
		"other requests are for other devices");
	tap_eq(host_sys(SYS_ioctl, 3, 0x5401, buf), -ENOTTY, "the result channel is no terminal");
}

static void test_output(void *argument)
{
	vaddr_t buf = host_alloc(PAGE_SIZE);
	char text[PAGE_SIZE];
	size_t before = strlen(host_console());

	(void)argument;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 26);
	host_poke(buf, text, sizeof(text));
	tap_eq(host_sys(SYS_write, 1, buf, sizeof(text)), sizeof(text), "a long text is written");
	tap_ok(memcmp(host_console() + before, text, sizeof(text)) == 0, "in order");
	tap_eq(host_sys(SYS_write, 3, buf, sizeof(text)), sizeof(text),
		"to the result channel as well");
	tap_ok(memcmp(host_results(), text, sizeof(text)) == 0 &&
			strlen(host_results()) == sizeof(text),
		"and to it alone");
	tap_eq(strlen(host_console()), before + sizeof(text), "the console has seen nothing of it");
	before = strlen(host_console());
	tap_eq(host_sys(SYS_write, 1, buf + PAGE_SIZE - 300, 1000), -EFAULT,
		"a terminal takes 2048 bytes or none: a bad address among the first is an error");
	tap_eq(strlen(host_console()), before, "and nothing is shown");
	tap_eq(host_sys(SYS_write, 1, buf + PAGE_SIZE - 2500, 3000), 2048,
		"the pieces before it count");
	tap_eq(strlen(host_console()), before + 2048, "and are shown");
	tap_eq(host_sys(SYS_write, 1, 0x100, 1), -EFAULT, "a bad address alone is an error");
	tap_eq(host_sys(SYS_read, 3, buf, 1), -EBADF, "the result channel cannot be read");
}

/* --- two readers of one terminal --- */

static void second_reader(void *argument)
{
	char text[64];

	*(long *)argument += read_console(text, sizeof(text));
}

static void test_two_readers(void *argument)
{
	long got = 0;

	(void)argument;
	host_fork(SYS_fork, second_reader, &got);
	host_fork(SYS_fork, second_reader, &got);
	for (int i = 0; i < 10; i++)
		host_sys(SYS_sched_yield);
	host_type("one\n");
	for (int i = 0; i < 10; i++)
		host_sys(SYS_sched_yield);
	host_type("three\n");
	while (host_sys(SYS_wait4, -1) > 0)
		;
	tap_eq(got, 10, "two readers get a line each");
}

/* --- clock ------------------------------------------------------------------------- */

struct time {
	s64 seconds, rest;
};

static struct time time_at(vaddr_t at)
{
	struct time time;

	host_peek(&time, at, sizeof(time));
	return time;
}

static void set_time(vaddr_t at, s64 seconds, s64 rest)
{
	struct time time = {seconds, rest};

	host_poke(at, &time, sizeof(time));
}

static s64 monotonic(vaddr_t at)
{
	host_sys(SYS_clock_gettime, 1, at);
	return time_at(at).seconds * 1000000000 + time_at(at).rest;
}

static void test_clock(void *argument)
{
	vaddr_t at = host_alloc(64);
	s64 before;

	(void)argument;
	tap_eq(host_sys(SYS_clock_gettime, 0, at), 0, "there is a wall clock");
	tap_eq(time_at(at).seconds, CONFIG_SERVICES_CLOCK_EPOCH, "that begins at its epoch");
	tap_eq(host_sys(SYS_clock_gettime, 1, at), 0, "and one that begins at reset");
	tap_eq(time_at(at).seconds, 0, "with nothing");
	tap_eq(host_sys(SYS_clock_gettime, 99, at), -EINVAL, "but no clock 99");
	tap_eq(host_sys(SYS_clock_gettime, 0, 0x100), -EFAULT, "nor time for a bad address");
	tap_eq(host_sys(SYS_time, at), CONFIG_SERVICES_CLOCK_EPOCH, "time tells seconds");
	tap_eq(time_at(at).seconds, CONFIG_SERVICES_CLOCK_EPOCH, "and stores them");
	tap_eq(host_sys(SYS_gettimeofday, at, at + 16), 0, "gettimeofday tells microseconds");
	tap_ok(time_at(at).seconds == CONFIG_SERVICES_CLOCK_EPOCH && time_at(at).rest < 1000000,
		"since 1970");
	tap_eq(host_sys(SYS_gettimeofday, 0, 0), 0, "or nothing");
	tap_eq(host_sys(SYS_clock_getres, 1, at), 0, "clocks have a resolution");
	tap_ok(time_at(at).seconds == 0 && time_at(at).rest == 1, "of a nanosecond");
	tap_eq(host_sys(SYS_clock_getres, 1, 0), 0, "that need not be stored");
	tap_eq(host_sys(SYS_clock_getres, 55, 0), -EINVAL, "but must be of a clock");

	before = monotonic(at);
	set_time(at + 16, 3, 500000000);
	tap_eq(host_sys(SYS_nanosleep, at + 16, 0), 0, "one can sleep");
	tap_ok(monotonic(at) - before >= 3500000000 && monotonic(at) - before < 3500010000,
		"as long as one said");
	set_time(at + 16, 1, 1000000000);
	tap_eq(host_sys(SYS_nanosleep, at + 16, 0), -EINVAL,
		"a second has no more than 999999999 nanoseconds");
	set_time(at + 16, -1, 0);
	tap_eq(host_sys(SYS_nanosleep, at + 16, 0), -EINVAL, "nobody sleeps backwards");
	tap_eq(host_sys(SYS_nanosleep, 0x100, 0), -EFAULT, "nor for a bad address");
	set_time(at + 16, 10, 0);
	tap_eq(host_sys(SYS_clock_nanosleep, 1, 1, at + 16, 0), 0, "one can sleep until a time");
	tap_ok(monotonic(at) >= 10000000000 && monotonic(at) < 10000010000, "and wakes then");
	tap_eq(host_sys(SYS_clock_nanosleep, 1, 1, at + 16, 0), 0, "or at once, when it is past");
	set_time(at + 16, CONFIG_SERVICES_CLOCK_EPOCH + 20, 0);
	tap_eq(host_sys(SYS_clock_nanosleep, 0, 1, at + 16, 0), 0, "also by the wall clock");
	tap_ok(monotonic(at) >= 20000000000 && monotonic(at) < 20000010000, "to the right time");
	tap_eq(host_sys(SYS_clock_nanosleep, 4, 0, at + 16, 0), -EOPNOTSUPP,
		"but not by every clock");
	tap_eq(host_sys(SYS_clock_nanosleep, 3, 0, at + 16, 0), -EOPNOTSUPP,
		"nor by one's own use of the processor");
	tap_eq(host_sys(SYS_clock_nanosleep, 12, 0, at + 16, 0), -EINVAL, "or by none");
}

/* --- the small calls ----------------------------------------------------------------- */

static void test_small(void *argument)
{
	vaddr_t buf = host_alloc(PAGE_SIZE);
	char name[6][65];
	u8 bytes[100];
	u32 zeros = 0;

	(void)argument;
	tap_eq(host_sys(SYS_uname, buf), 0, "the system has names");
	host_peek(name, buf, sizeof(name));
	tap_ok(strcmp(name[0], "Linux") == 0 && strcmp(name[4], "x86_64") == 0,
		"as programs expect");
	tap_eq(host_sys(SYS_uname, 0x100), -EFAULT, "not for a bad address");
	tap_eq(host_sys(SYS_getuid) + host_sys(SYS_geteuid) + host_sys(SYS_getgid) +
			host_sys(SYS_getegid),
		0, "everybody is user 0 of group 0");
	host_poke(buf, (u8[101]){0}, 101);
	tap_eq(host_sys(SYS_getrandom, buf, 100, 0), 100, "random bytes can be had");
	host_peek(bytes, buf, 100);
	for (int i = 0; i < 100; i++)
		zeros += bytes[i] == 0;
	tap_ok(zeros < 20, "that look random");
	host_peek(bytes, buf + 100, 1);
	tap_eq(bytes[0], 0, "and no more than asked for");
	tap_eq(host_sys(SYS_getrandom, buf, 8, 8), -EINVAL, "unknown flags are refused");
	tap_eq(host_sys(SYS_getrandom, buf, 8, 6), -EINVAL, "and those that contradict each other");
	tap_eq(host_sys(SYS_getrandom, 0x100, 8, 0), -EFAULT, "and a bad address");
	tap_eq(host_sys(SYS_getrandom, buf + PAGE_SIZE - 64, 100, 0), 64,
		"what fits before one counts");
	tap_eq(host_sys(SYS_sched_yield), 0, "one can give way");
	tap_eq(host_sys(SYS_ptrace, buf), -ENOSYS, "a call that is absent says so");
	tap_eq(host_sys(SYS_ptrace, buf), -ENOSYS, "each time");
	tap_eq(host_sys(100000), -ENOSYS, "so does a number that is none");
	tap_eq(host_sys(-5), -ENOSYS, "also a negative one");
}

void test_devices(void);
void test_devices(void)
{
	test_run_plain(test_terminal, "the terminal");
	test_run_plain(test_output, "output");
	for (u64 seed = 0; seed < 10; seed++)
		test_run(test_two_readers, NULL,
			(struct host_chances){.seed = seed, .switch_at_call = 2}, "two readers");
	test_run_plain(test_clock, "clock");
	test_run_plain(test_small, "small calls");
	tap_ok(strstr(host_results(), "{\"type\":\"enosys\",\"number\":101,\"name\":\"ptrace\","
				      "\"program\":\"init\",\"count\":") != NULL,
		"absent calls are reported by name, with who asked");
	tap_ok(strstr(host_results(), "{\"type\":\"end\",\"status\":0}\n") != NULL,
		"before the last line");
}
