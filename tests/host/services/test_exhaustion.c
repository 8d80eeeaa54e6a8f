/*
 * Running out: every allocation of a run of many calls fails once, each in a run of its own. Each
 * call then works or says ENOMEM (fork also EAGAIN), and nothing is lost.
 */
#include "services_test.h"

static long fails; /* which allocation */

/* A result that is good, or an error of running out. */
static bool is_fine(long result)
{
	return result >= 0 || result == -ENOMEM || result == -EAGAIN;
}

static void step_child(void *argument)
{
	(void)argument;
	host_sys(SYS_exit, 5);
}

static void exec_step(vaddr_t buf)
{
	u64 array[2] = {buf, 0};

	host_poke(buf, "/bin/init", 10);
	host_poke(buf + 64, array, sizeof(array));
	if (!is_fine(host_sys(SYS_execve, buf, buf + 64, buf + 64)))
		host_die("execve fails oddly when memory is out");
}

static void pipe_step(vaddr_t buf)
{
	u64 vector[4];
	long written;

	if (host_sys(SYS_pipe2, buf, 04000) < 0)
		return;
	written = host_sys(SYS_write, peek32(buf + 4), buf, 6000);
	if (!is_fine(written))
		host_die("write fails oddly when memory is out");
	if (written > 0 && host_sys(SYS_read, peek32(buf), buf + 8, 8000) != written)
		host_die("what was written is not there");
	for (int i = 0; i < 12; i++) {
		vector[0] = buf;
		vector[1] = 8;
		host_poke(buf + 4096 + 16 * (u64)i, vector, 16);
	}
	if (!is_fine(host_sys(SYS_writev, peek32(buf + 4), buf + 4096, 12)))
		host_die("writev fails oddly when memory is out");
	host_sys(SYS_close, peek32(buf + 4));
	host_sys(SYS_close, peek32(buf));
}

/* What Linux says where there is no memory for a message. */
static bool is_sent(long result)
{
	return is_fine(result) || result == -ENOBUFS;
}

/* A descriptor passed along with a byte (SCM_RIGHTS), and taken out at the other end. */
static bool pass_descriptor(vaddr_t buf, long from, long to, long passed)
{
	u64 vector[2] = {buf, 1};
	u64 control[3] = {20, 1 | 1ull << 32, (u32)passed};
	u64 header[7] = {0, 0, buf + 512, 1, buf + 544, sizeof(control)};
	long sent, got;

	host_poke(buf + 512, vector, sizeof(vector));
	host_poke(buf + 544, control, sizeof(control));
	host_poke(buf + 600, header, sizeof(header));
	sent = host_sys(SYS_sendmsg, from, buf + 600, 0x4000);
	got = host_sys(SYS_recvmsg, to, buf + 600, 0x40);
	if (got == 1 && peek32(buf + 544) == 20)
		host_sys(SYS_close, peek32(buf + 560));
	return is_sent(sent) && is_fine(got);
}

static void socket_step(vaddr_t buf)
{
	static const long types[] = {1, 2, 5};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		long pair = host_sys(SYS_socketpair, 1, types[i], 0, buf);
		long one, other, sent;

		if (!is_fine(pair))
			host_die("socketpair fails oddly when memory is out");
		if (pair < 0)
			continue;
		one = peek32(buf), other = peek32(buf + 4);
		sent = host_sys(SYS_sendto, one, buf, 3000, 0x4000);
		if (!is_sent(sent) || !pass_descriptor(buf, other, one, one))
			host_die("a message fails oddly when memory is out");
		host_sys(SYS_close, one); /* with what was not read */
		host_sys(SYS_close, other);
	}
}

/* The descriptors that are no files, watched by one of them. */
static void watched_step(vaddr_t buf)
{
	u64 mask = 0, event[2] = {1, 7};
	long epoll = host_sys(SYS_epoll_create1, 0), fds[4];

	host_poke(buf, &mask, sizeof(mask));
	host_poke(buf + 64, event, sizeof(event));
	fds[0] = host_sys(SYS_eventfd2, 1, 0);
	fds[1] = host_sys(SYS_timerfd_create, 1, 0);
	fds[2] = host_sys(SYS_signalfd4, -1, buf, 8, 0);
	fds[3] = host_sys(SYS_pidfd_open, host_sys(SYS_getpid), 0);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		long added = host_sys(SYS_epoll_ctl, epoll, 1, fds[i], buf + 64);

		if (!is_fine(fds[i]) || (!is_fine(added) && added != -EBADF))
			host_die("a watched descriptor fails oddly when memory is out");
	}
	if (epoll >= 0 && !is_fine(host_sys(SYS_epoll_wait, epoll, buf + 128, 4, 0)))
		host_die("epoll fails oddly when memory is out");
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		host_sys(SYS_close, fds[i]);
	host_sys(SYS_close, epoll);
}

static vaddr_t text(vaddr_t at, const char *string)
{
	host_poke(at, string, strlen(string) + 1);
	return at;
}

static void remove_all(vaddr_t buf)
{
	static const char *const files[] = {"/tmp/d/f", "/tmp/d/g", "/tmp/g", "/tmp/s"};

	for (int again = 0; again < 2; again++) { /* one of them may be what fails */
		for (size_t i = 0; i < ARRAY_SIZE(files); i++)
			host_sys(SYS_unlink, text(buf, files[i]));
		host_sys(SYS_rmdir, text(buf, "/tmp/d"));
	}
}

/* Of the file tree; what was made is removed again. */
static void tree_step(vaddr_t buf)
{
	long results[12], fd, at;
	size_t n = 0;

	results[n++] = host_sys(SYS_mkdir, text(buf, "/tmp/d"), 0755);
	fd = host_sys(SYS_open, text(buf, "/tmp/d/f"), 0102, 0644);
	results[n++] = fd;
	results[n++] = host_sys(SYS_write, fd, buf, 9000);
	results[n++] = host_sys(SYS_ftruncate, fd, 100000);
	at = host_sys(SYS_mmap, 0, 8192, 3, 1, fd, 0);
	results[n++] = at;
	if (at > 0)
		results[n++] = host_sys(SYS_munmap, at, 8192);
	host_sys(SYS_close, fd);
	results[n++] = host_sys(SYS_symlink, text(buf, "d/f"), text(buf + 64, "/tmp/s"));
	results[n++] = host_sys(SYS_stat, text(buf, "/tmp/s"), buf + 64);
	results[n++] = host_sys(SYS_link, text(buf, "/tmp/d/f"), text(buf + 64, "/tmp/d/g"));
	results[n++] = host_sys(SYS_rename, text(buf, "/tmp/d/g"), text(buf + 64, "/tmp/g"));
	remove_all(buf);
	for (size_t i = 0; i < n; i++) {
		bool follows =
			results[i] == -ENOENT || results[i] == -EBADF; /* from an earlier failure */

		if (!is_fine(results[i]) && !(follows && host_allocation_failed()))
			host_die("a file fails oddly when memory is out");
	}
}

/* An open that says where it may lead, and a process that reads its own memory as another's. */
static void remote_step(vaddr_t buf)
{
	u64 how[3] = {0, 0, 8}, vector[2 * 10];
	long fd, moved;

	host_poke(buf + 64, how, sizeof(how));
	fd = host_sys(SYS_openat2, -100, text(buf, "tmp/../tmp"), buf + 64, sizeof(how));
	if (!is_fine(fd))
		host_die("openat2 fails oddly when memory is out");
	host_sys(SYS_close, fd);
	for (int i = 0; i < 10; i++) {
		vector[2 * i] = buf + 1024;
		vector[2 * i + 1] = 100;
	}
	host_poke(buf + 64, vector, sizeof(vector));
	moved = host_sys(
		SYS_process_vm_writev, host_sys(SYS_getpid), buf + 64, 10, buf + 64, 10, 0);
	if (moved != 1000 && moved != -ENOMEM)
		host_die("process_vm_writev fails oddly when memory is out");
}

/* The first use of a queue makes what stays for the others. */
static void first_queue(vaddr_t buf)
{
	long fd = host_sys(SYS_mq_open, text(buf, "first"), 0102, 0600, 0);

	if (!is_fine(fd))
		host_die("mq_open fails oddly when memory is out");
	host_sys(SYS_close, fd);
	if (fd >= 0 && !is_fine(host_sys(SYS_mq_unlink, text(buf, "first"))))
		host_die("mq_unlink fails oddly when memory is out");
}

/* Texts of /proc, in pieces; what is read is whole, or the reader is told why not. */
static void proc_step(vaddr_t buf)
{
	static const char *const files[] = {"/proc/self/maps", "/proc/self/smaps",
		"/proc/self/smaps_rollup", "/proc/self/status", "/proc/self/mountinfo",
		"/proc/self/limits", "/proc/stat", "/proc/meminfo", "/proc/self/fdinfo/0",
		"/proc/sys/kernel/osrelease"};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		long fd = host_sys(SYS_open, text(buf, files[i]), 0), n = fd;

		while (n >= 0 && (n = host_sys(SYS_read, fd, buf, 700)) > 0)
			;
		if (!is_fine(n))
			host_die("a text of /proc fails oddly when memory is out");
		if (fd >= 0)
			host_sys(SYS_close, fd);
	}
}

/* The run. What is live must be the same before and after, whatever failed. */
static void program(void *argument)
{
	vaddr_t buf = host_alloc(32768);
	u64 live = host_live_objects(), spaces = host_live_spaces();
	long at;

	(void)argument;
	host_fail_allocation((u64)fails);
	first_queue(buf);
	live = host_live_objects();
	pipe_step(buf);
	socket_step(buf);
	watched_step(buf);
	at = host_sys(SYS_mmap, 0, 8192, 3, 0x22, -1, 0);
	if (!is_fine(at) || (at > 0 && !is_fine(host_sys(SYS_mprotect, at, 4096, 1))) ||
		(at > 0 && !is_fine(host_sys(SYS_munmap, at, 4096))))
		host_die("memory fails oddly when memory is out");
	host_sys(SYS_brk, host_sys(SYS_brk, 0) + 10000);
	if (!is_fine(host_fork(SYS_fork, step_child, NULL)) ||
		!is_fine(host_fork(SYS_vfork, step_child, NULL)))
		host_die("fork fails oddly when memory is out");
	while (host_sys(SYS_wait4, -1) > 0)
		;
	tree_step(buf);
	remote_step(buf);
	proc_step(buf);
	exec_step(buf);
	if (host_live_objects() != live || host_live_spaces() != spaces)
		host_die("something is lost when memory is out");
}

/* The start, with each of its allocations failing. */
static u64 exhaust_start(void)
{
	u64 nth = 0;
	int status;

	do {
		host_fail_allocation(++nth);
		status = host_run("/bin/init", "a,b", step_child, NULL, (struct host_chances){0});
		if (host_live_objects() != 0 && status == HOST_REFUSED)
			host_die("a start without memory leaves something behind");
	} while (status == HOST_REFUSED && host_start_status == K_NOMEM);
	tap_eq(status, 5, "at last the start works");
	return nth;
}

void test_exhaustion(void);
void test_exhaustion(void)
{
	u64 runs = 0;
	bool reached = true;

	while (reached) {
		fails = (long)++runs;
		test_run_plain(program, "a run without memory at one point");
		reached = host_allocation_failed();
	}
	tap_ok(runs > 20, "every allocation of the run has failed once, and nothing was lost");
	tap_ok(exhaust_start() > 10, "so has every allocation of the start");
	tap_eq(host_live_spaces(), 0, "and no memory of clients is left");
}
