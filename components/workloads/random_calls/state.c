/*
 * state: what a program that was just executed finds, told by itself.
 *
 * It has no record: it tells through a descriptor that it was given.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>

#include <workloads/random_calls/random_calls.h>

#define TOLD_FDS 24

static void tell_descriptors(void)
{
	note(" open");
	for (int fd = 0; fd < TOLD_FDS; fd++) {
		long flags = sys_call3(SYS_fcntl, fd, F_GETFL, 0);

		if (flags < 0)
			continue;
		note(" ");
		note_number(fd);
		note(":");
		note_hex((uint64_t)flags);
		note(sys_call3(SYS_fcntl, fd, F_GETFD, 0) != 0 ? "!" : "");
	}
}

static void tell_signals(void)
{
	uint64_t set = 0, ignored = 0, handled = 0;

	sys_call4(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)&set, 8);
	note(" blocked ");
	note_hex(set);
	sys_call3(SYS_rt_sigpending, (long)&set, 8, 0);
	note(" pending ");
	note_hex(set);
	for (int number = 1; number <= 64; number++) {
		uintptr_t action[4] = {0};

		sys_call4(SYS_rt_sigaction, number, 0, (long)action, 8);
		ignored |= (uint64_t)(action[0] == 1) << (number - 1);
		handled |= (uint64_t)(action[0] > 1) << (number - 1);
	}
	note(" ignored ");
	note_hex(ignored);
	note(" handled ");
	note_hex(handled);
}

static void tell_identity(void)
{
	uint32_t ids[6] = {0}, groups[8] = {0};
	char path[64];
	long mask = sys_call3(SYS_umask, 0, 0, 0), n;

	sys_call3(SYS_getresuid, (long)&ids[0], (long)&ids[1], (long)&ids[2]);
	sys_call3(SYS_getresgid, (long)&ids[3], (long)&ids[4], (long)&ids[5]);
	note(" is");
	for (int i = 0; i < 6; i++) {
		note(" ");
		note_number(ids[i]);
	}
	n = sys_call3(SYS_getgroups, 8, (long)groups, 0);
	note(" groups ");
	note_bytes(groups, n > 0 ? (size_t)n * 4 : 0);
	note(" umask ");
	note_hex((uint64_t)mask);
	n = sys_call3(SYS_getcwd, (long)path, sizeof(path), 0);
	note(" in ");
	note_bytes(path, n > 0 ? (size_t)n : 0);
	note(" nice ");
	note_number(sys_call3(SYS_getpriority, 0, 0, 0));
}

static void tell_limits(void)
{
	static const int told[] = {1, 4, 6, 7, 11}; /* fsize, core, nproc, nofile, sigpending: */
	uint64_t limit[2];

	note(" limits");
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		if (told[i] == 6 || told[i] == 11) /* a machine's size decides on these */
			continue;
		sys_call4(SYS_prlimit64, 0, told[i], 0, (long)limit);
		note(" ");
		note_number((int64_t)limit[0]);
		note("/");
		note_number((int64_t)limit[1]);
	}
}

int report_state(void)
{
	long memory = sys_mmap(
		NULL, sizeof(*record), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);

	if (memory < 0)
		return 98;
	record = (struct record *)memory;
	tell_descriptors();
	tell_signals();
	tell_identity();
	tell_limits();
	return sys_write(STATE_FD, record->text, record->length) == (long)record->length ? 0 : 97;
}
