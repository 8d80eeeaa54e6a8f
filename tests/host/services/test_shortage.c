/*
 * Running out, one family of calls at a time: each allocation that a step needs fails once, in a
 * run of its own. A call then works or says what Linux says, and what the step has made can be
 * taken away again to the last object.
 */
#include "services_test.h"

static vaddr_t buf;

/* Ends the test if the call answered what Linux would not. `also`: an error beside ENOMEM. */
static long fine(long result, long also, const char *what)
{
	if (result < 0 && result != -ENOMEM && result != -also)
		host_die(what);
	return result;
}

static vaddr_t text(const char *string)
{
	host_poke(buf + 8192, string, strlen(string) + 1);
	return buf + 8192;
}

static void close_if(long fd)
{
	if (fd >= 0)
		host_sys(SYS_close, fd);
}

static void remove_file(const char *path)
{
	if (host_sys(SYS_unlink, text(path)) == -ENOMEM)
		host_sys(SYS_unlink, text(path));
}

/* --- the steps ---------------------------------------------------------------------------- */

static void timers(void)
{
	u64 setting[4] = {0, 5000000, 0, 1000};

	host_poke(buf + 64, setting, sizeof(setting));
	for (int i = 0; i < 3; i++) {
		long clock = i; /* two of them of processor time */
		long made =
			fine(host_sys(SYS_timer_create, clock + 1, 0, buf), EAGAIN, "timer_create");
		s32 number;

		if (made < 0)
			continue;
		number = peek32(buf);
		fine(host_sys(SYS_timer_settime, number, 0, buf + 64, buf + 128), 0,
			"timer_settime");
		fine(host_sys(SYS_timer_gettime, number, buf + 128), 0, "timer_gettime");
		fine(host_sys(SYS_timer_delete, number), 0, "timer_delete");
	}
}

static void die_of_a_timer(void *argument)
{
	(void)argument;
	if (host_sys(SYS_timer_create, 1, 0, buf) == 0 &&
		host_sys(SYS_timer_settime, peek32(buf), 0, buf + 64, 0) == 0)
		host_sys(SYS_pause);
}

/* Its signal is in no queue when it ends the process. */
static void deadly_timer(void)
{
	u64 setting[4] = {0, 0, 0, 1000};

	host_poke(buf + 64, setting, sizeof(setting));
	if (fine(host_fork(SYS_fork, die_of_a_timer, NULL), EAGAIN, "fork") > 0)
		fine(host_sys(SYS_wait4, -1, 0, 0, 0), 0, "wait4");
}

static void sealed_files(void)
{
	long fd = fine(host_sys(SYS_memfd_create, text("m"), 2), 0, "memfd_create"), at;

	if (fd < 0)
		return;
	fine(host_sys(SYS_ftruncate, fd, 20000), 0, "ftruncate");
	fine(host_sys(SYS_pwrite64, fd, buf, 9000, 5000), ENOSPC, "pwrite64");
	at = fine(host_sys(SYS_mmap, 0, 8192, 3, 1, fd, 0), 0, "mmap");
	if (at > 0 && fine(host_sys(SYS_munmap, at, 8192), 0, "munmap") != 0)
		host_sys(SYS_munmap, at, 8192);
	fine(host_sys(SYS_fallocate, fd, 0, 0, 30000), ENOSPC, "fallocate");
	fine(host_sys(SYS_fallocate, fd, 3, 4096, 8192), 0, "fallocate of a hole");
	fine(host_sys(SYS_fcntl, fd, 1033, 0xe), 0, "seals");
	host_sys(SYS_close, fd);
}

/* Messages by priority; one is left in the queue, which has no name any more. */
static void posix_queues(void)
{
	u64 event[8] = {0, 1ull << 32};
	long fd = fine(host_sys(SYS_mq_open, text("q"), 0102 | 04000, 0600, 0), 0, "mq_open");

	host_poke(buf + 64, event, sizeof(event));
	if (fd >= 0) {
		fine(host_sys(SYS_mq_notify, fd, buf + 64), 0, "mq_notify");
		for (u64 i = 0; i < 3; i++)
			fine(host_sys(SYS_mq_timedsend, fd, buf, 3000 * i, i, 0), 0,
				"mq_timedsend");
		fine(host_sys(SYS_mq_timedreceive, fd, buf, 8192, 0, 0), EAGAIN, "mq_timedreceive");
		fine(host_sys(SYS_mq_getsetattr, fd, 0, buf), 0, "mq_getsetattr");
		host_sys(SYS_close, fd);
	}
	if (fine(host_sys(SYS_mq_unlink, text("q")), ENOENT, "mq_unlink") == -ENOMEM)
		host_sys(SYS_mq_unlink, text("q"));
}

/* Looking for what cannot be done: nothing changes. */
static void places(void)
{
	fine(host_sys(SYS_sysfs, 1, text("proc")), 0, "sysfs");
	fine(host_sys(SYS_pivot_root, text("/tmp"), buf + 8192), EBUSY, "pivot_root");
	fine(host_sys(SYS_mount, text("/tmp"), buf + 8192, 0, 8192, 0), EINVAL, "moving a mount");
	fine(host_sys(SYS_unshare, 0x600), 0, "unshare");
}

static bool make_pipe(long ends[2])
{
	bool made = fine(host_sys(SYS_pipe2, buf, 04000), ENFILE, "pipe2") == 0;

	ends[0] = made ? peek32(buf) : -1;
	ends[1] = made ? peek32(buf + 4) : -1;
	return made;
}

static void splicing(void)
{
	u64 vector[2] = {buf, 9000};
	long one[2], two[2], fd, n;
	bool made = make_pipe(one) & make_pipe(two);

	fd = fine(host_sys(SYS_open, text("/tmp/s"), 0102, 0600), ENOSPC, "open");
	if (made && fd >= 0) {
		host_poke(buf + 16384, vector, sizeof(vector));
		n = fine(host_sys(SYS_vmsplice, one[1], buf + 16384, 1, 0), EAGAIN, "vmsplice");
		fine(host_sys(SYS_tee, one[0], two[1], 7000, 2), EAGAIN, "tee");
		fine(host_sys(SYS_splice, one[0], 0, fd, 0, 8000, 2), EAGAIN, "splice to a file");
		fine(host_sys(SYS_splice, two[0], 0, fd, 0, 8000, 2), EAGAIN, "splice to a file");
		host_sys(SYS_lseek, fd, 0, 0);
		n = fine(host_sys(SYS_splice, fd, 0, two[1], 0, 60000, 2), EAGAIN,
			"splice from a file");
		if (n > 0)
			fine(host_sys(SYS_splice, two[0], 0, one[1], 0, 30000, 2), EAGAIN,
				"splice between pipes");
		fine(host_sys(SYS_sendfile, one[1], fd, 0, 5000), EAGAIN, "sendfile");
	}
	for (int i = 0; i < 2; i++) {
		close_if(one[i]);
		close_if(two[i]);
	}
	close_if(fd);
	remove_file("/tmp/s");
}

static void watching(void)
{
	long fd = fine(host_sys(SYS_inotify_init1, 04000), EMFILE, "inotify_init1"), watch, made;

	if (fd < 0)
		return;
	watch = fine(host_sys(SYS_inotify_add_watch, fd, text("/tmp"), 0xfff), ENOSPC,
		"inotify_add_watch");
	made = fine(host_sys(SYS_open, text("/tmp/seen"), 0102, 0600), ENOSPC, "open");
	if (made >= 0)
		fine(host_sys(SYS_write, made, buf, 10), ENOSPC, "write");
	close_if(made);
	remove_file("/tmp/seen");
	fine(host_sys(SYS_read, fd, buf, 4096), EAGAIN, "read of events");
	if (watch >= 0)
		fine(host_sys(SYS_inotify_rm_watch, fd, watch), 0, "inotify_rm_watch");
	host_sys(SYS_close, fd);
}

static void messages(void)
{
	long id = fine(host_sys(SYS_msgget, 0, 0600), ENOSPC, "msgget");
	u64 type = 1;

	if (id < 0)
		return;
	host_poke(buf, &type, sizeof(type));
	for (int i = 0; i < 3; i++)
		fine(host_sys(SYS_msgsnd, id, buf, 1000 * i, 04000), EAGAIN, "msgsnd");
	fine(host_sys(SYS_msgrcv, id, buf, 4000, 0, 04000), ENOMSG, "msgrcv");
	fine(host_sys(SYS_msgctl, id, 2, buf), 0, "msgctl");
	if (host_sys(SYS_msgctl, id, 0, 0) != 0)
		host_die("a queue cannot be removed");
}

static void semaphores(void)
{
	u16 operations[2][3] = {{0, 1, 010000}, {1, 2, 010000}}; /* number, by, SEM_UNDO */
	long id = fine(host_sys(SYS_semget, 0, 300, 0600), ENOSPC, "semget");

	if (id < 0)
		return;
	host_poke(buf, operations, sizeof(operations));
	fine(host_sys(SYS_semop, id, buf, 2), 0, "semop");
	fine(host_sys(SYS_semctl, id, 0, 13, buf + 64), 0, "semctl GETALL");
	fine(host_sys(SYS_semctl, id, 0, 17, buf + 64), 0, "semctl SETALL");
	if (host_sys(SYS_semctl, id, 0, 0, 0) != 0)
		host_die("a set of semaphores cannot be removed");
}

static void segments(void)
{
	long id = fine(host_sys(SYS_shmget, 0, 20000, 0600), ENOSPC, "shmget"), at;

	if (id < 0)
		return;
	at = fine(host_sys(SYS_shmat, id, 0, 0), 0, "shmat");
	if (at > 0) {
		if (fine(host_sys(SYS_shmdt, at), 0, "shmdt") != 0)
			host_sys(SYS_shmdt, at);
	}
	if (host_sys(SYS_shmctl, id, 0, 0) != 0)
		host_die("a segment cannot be removed");
}

static void wishes(void)
{
	fine(host_sys(SYS_sched_getattr, 0, buf, 56, 0), 0, "sched_getattr");
	fine(host_sys(SYS_sched_setattr, 0, buf, 0), 0, "sched_setattr");
	fine(host_sys(SYS_sched_getaffinity, 0, 128, buf), 0, "sched_getaffinity");
	fine(host_sys(SYS_sched_setaffinity, 0, 128, buf), 0, "sched_setaffinity");
	fine(host_sys(SYS_ioprio_set, 1, 0, 0), 0, "ioprio_set");
	fine(host_sys(SYS_setpriority, 0, 0, 0), 0, "setpriority");
	fine(host_sys(SYS_getrusage, 0, buf), 0, "getrusage");
	fine(host_sys(SYS_times, buf), 0, "times");
	fine(host_sys(SYS_prctl, 15, text("name")), 0, "prctl");
	fine(host_sys(SYS_capget, text("\x22\x05\x08\x20"), buf), EINVAL, "capget");
}

static void texts(void)
{
	static const char *const files[] = {"/proc/sysvipc/shm", "/proc/sysvipc/sem",
		"/proc/sysvipc/msg", "/proc/self/stat", "/proc/self/statm", "/proc/self/io",
		"/proc/self/cmdline", "/proc/self/environ", "/proc/self/auxv", "/proc/loadavg",
		"/proc/uptime", "/proc/vmstat", "/proc/self/schedstat", "/proc/self/sched",
		"/proc/self/timers", "/proc/diskstats", "/proc/locks", "/proc/filesystems",
		"/proc/self/task/1/stat", "/proc/self/comm", "/proc/cpuinfo"};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		long fd = host_sys(SYS_open, text(files[i]), 0), n = fd;

		if (fd < 0) {
			fine(fd, ENOENT, files[i]); /* not all kernels have all of them */
			continue;
		}
		while ((n = host_sys(SYS_read, fd, buf, 700)) > 0)
			;
		fine(n, 0, files[i]);
		host_sys(SYS_close, fd);
	}
	long folder = fine(host_sys(SYS_open, text("/proc/self/fd"), 0200000), 0, "/proc/self/fd");
	if (folder >= 0)
		fine(host_sys(SYS_getdents64, folder, buf, 4096), 0, "getdents64");
	close_if(folder);
}

/* A program that a script names, with many arguments; it takes the process's place. */
static void executing(void)
{
	u64 arguments[40];
	long fd = fine(host_sys(SYS_open, text("/tmp/script"), 0102, 0755), ENOSPC, "open");

	if (fd >= 0) {
		fine(host_sys(SYS_write, fd, text("#!/bin/init -x\n"), 15), ENOSPC, "write");
		host_sys(SYS_close, fd);
	}
	for (int i = 0; i < 39; i++)
		arguments[i] = buf + 100 * (u64)i;
	arguments[39] = 0;
	host_poke(buf + 16384, arguments, sizeof(arguments));
	fd = host_sys(SYS_execve, text("/tmp/script"), buf + 16384, buf + 16384);
	host_stop_failing();
	if (fd == 0)
		buf = host_alloc(32768);          /* the old one is gone */
	else if (fd != -ENOENT && fd != -ENOEXEC) /* the script could not be made, or filled */
		fine(fd, 0, "execve");
	remove_file("/tmp/script");
}

/* --- the runs ----------------------------------------------------------------------------------
 */

static const struct step {
	const char *name;
	void (*run)(void);
} steps[] = {
	{"timers", timers},
	{"a timer that kills", deadly_timer},
	{"sealed files", sealed_files},
	{"splicing", splicing},
	{"inotify", watching},
	{"message queues", messages},
	{"POSIX message queues", posix_queues},
	{"places", places},
	{"semaphores", semaphores},
	{"shared segments", segments},
	{"wishes and usage", wishes},
	{"texts of /proc", texts},
	{"executing", executing},
};

static u64 fails; /* which allocation */

/* Once without trouble, for what is kept for ever; then the allocation fails. */
static void program(void *argument)
{
	const struct step *step = argument;
	u64 live, spaces;

	buf = host_alloc(32768);
	step->run();
	step->run();
	live = host_live_objects(), spaces = host_live_spaces();
	host_fail_allocation(fails);
	step->run();
	if (host_live_objects() != live || host_live_spaces() != spaces)
		host_die(step->name);
}

void test_shortage(void);
void test_shortage(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		bool reached = true;

		for (fails = 1; reached; fails++) {
			struct host_chances chances = {.seed = test_seed()};

			if (test_run_quietly(program, (void *)(uintptr_t)&steps[i], chances) != 0)
				host_die(steps[i].name);
			reached = host_allocation_failed();
		}
		tap_ok(true, steps[i].name);
	}
}
