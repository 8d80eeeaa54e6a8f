/*
 * Signals for a process that has been woken and has not run since: what it was woken for is gone by
 * then, so that it would sleep again. Whoever does not look before that sleeps for ever, which the
 * simulation sees at once.
 */
#include <sys/wait.h>

#include "services_test.h"

#define SIGUSR1     10
#define SIGSTOP     19
#define SA_RESTORER 0x04000000ul
#define HANDLER     0x402000ul

/* Where all of them sleep; made by begin(). */
static struct {
	long pipe[2], full[2], other[2], event, sockets[2], lock, inotify;
	vaddr_t buf;
	long grandchild;
} at;

static void handler(int signal, vaddr_t info, vaddr_t context)
{
	(void)signal, (void)info, (void)context;
}

static long make_pair(long call, long end[2])
{
	long result = host_sys(call, at.buf);

	end[0] = peek32(at.buf);
	end[1] = peek32(at.buf + 4);
	return result;
}

static long open_file(const char *path, long flags)
{
	return host_sys(SYS_open, client_string(path), flags, 0600);
}

static void begin(void)
{
	u64 action[4] = {HANDLER, SA_RESTORER, 0x402100, 0};

	at.buf = host_alloc(8192);
	host_set_handler(HANDLER, handler);
	host_poke(at.buf, action, sizeof(action));
	host_sys(SYS_rt_sigaction, SIGUSR1, at.buf, 0, 8);
	make_pair(SYS_pipe, at.pipe);
	make_pair(SYS_pipe, at.full);
	make_pair(SYS_pipe, at.other);
	host_sys(SYS_socketpair, 1, 1, 0, at.buf);
	at.sockets[0] = peek32(at.buf);
	at.sockets[1] = peek32(at.buf + 4);
	at.event = host_sys(SYS_eventfd2, 0, 0);
	at.inotify = host_sys(SYS_inotify_init1, 0);
	at.lock = open_file("/tmp/lock", 0102);
	host_sys(SYS_mknod, client_string("/tmp/fifo"), 0010600, 0);
	host_sys(SYS_inotify_add_watch, at.inotify, client_string("/tmp"), 0x100);
	for (int i = 0; i < 16; i++)
		host_sys(SYS_write, at.full[1], at.buf, 4096);
}

static vaddr_t lock_of(u16 type)
{
	struct {
		u16 type, whence;
		s64 start, length;
		s32 pid;
	} lock = {.type = type};

	host_poke(at.buf + 1024, &lock, sizeof(lock));
	return at.buf + 1024;
}

/* --- how to sleep, and how to be woken in vain --------------------------------------------- */

static long read_pipe(void)
{
	return host_sys(SYS_read, at.pipe[0], at.buf, 1);
}

static void give_and_take_pipe(void)
{
	host_sys(SYS_write, at.pipe[1], at.buf, 1);
	host_sys(SYS_read, at.pipe[0], at.buf, 1);
}

static long splice_pipe(void)
{
	return host_sys(SYS_splice, at.pipe[0], 0, at.other[1], 0, 1, 0);
}

static long write_pipe(void)
{
	return host_sys(SYS_write, at.full[1], at.buf, 4096);
}

static void take_and_give_page(void)
{
	host_sys(SYS_read, at.full[0], at.buf, 4096);
	host_sys(SYS_write, at.full[1], at.buf, 4096);
}

static long read_event(void)
{
	return host_sys(SYS_read, at.event, at.buf, 8);
}

static void give_and_take_event(void)
{
	u64 one = 1;

	host_poke(at.buf + 64, &one, sizeof(one));
	host_sys(SYS_write, at.event, at.buf + 64, 8);
	host_sys(SYS_read, at.event, at.buf, 8);
}

static long receive(void)
{
	return host_sys(SYS_read, at.sockets[0], at.buf, 1);
}

static void give_and_take_socket(void)
{
	host_sys(SYS_write, at.sockets[1], at.buf, 1);
	host_sys(SYS_read, at.sockets[0], at.buf, 1);
}

static long wait_for_lock(void)
{
	return host_sys(SYS_fcntl, at.lock, 7, lock_of(1));
}

static void unlock_and_lock(void)
{
	host_sys(SYS_fcntl, at.lock, 6, lock_of(2));
	host_sys(SYS_fcntl, at.lock, 7, lock_of(1));
}

static long read_inotify(void)
{
	return host_sys(SYS_read, at.inotify, at.buf, 4096);
}

static void make_file_and_read(void)
{
	host_sys(SYS_close, open_file("/tmp/new", 0102));
	host_sys(SYS_unlink, client_string("/tmp/new"));
	host_sys(SYS_read, at.inotify, at.buf, 4096);
}

static long open_fifo(void)
{
	return open_file("/tmp/fifo", 0);
}

static void open_same_end(void)
{
	host_sys(SYS_close, open_file("/tmp/fifo", 04000));
}

static void pause_for_ever(void *argument)
{
	(void)argument;
	host_sys(SYS_pause);
}

static long wait_for_child(void)
{
	return host_sys(SYS_wait4, -1, 0, 0, 0);
}

static void stop_and_continue_grandchild(void)
{
	long number;

	while (host_sys(SYS_read, at.other[0], at.buf, 8) != 8)
		;
	host_peek(&number, at.buf, sizeof(number));
	host_sys(SYS_kill, number, SIGSTOP);
	host_sys(SYS_write, at.other[1], at.buf, 8);
}

static const struct way {
	const char *what;
	long (*sleep)(void);
	void (*wake_in_vain)(void);
} ways[] = {
	{"reading a pipe", read_pipe, give_and_take_pipe},
	{"splicing from a pipe", splice_pipe, give_and_take_pipe},
	{"writing into a pipe", write_pipe, take_and_give_page},
	{"reading an eventfd", read_event, give_and_take_event},
	{"reading a socket", receive, give_and_take_socket},
	{"waiting for a lock", wait_for_lock, unlock_and_lock},
	{"reading from inotify", read_inotify, make_file_and_read},
	{"opening a FIFO", open_fifo, open_same_end},
	{"waiting for a child", wait_for_child, stop_and_continue_grandchild},
};

/* --- the runs ----------------------------------------------------------------------------------
 */

/* Its call must be broken off. */
static void sleeper(void *argument)
{
	const struct way *way = argument;
	long result;

	if (way->sleep == wait_for_child) {
		long child = host_fork(SYS_fork, pause_for_ever, NULL);

		host_poke(at.buf, &child, sizeof(child));
		host_sys(SYS_write, at.other[1], at.buf, 8);
	}
	result = way->sleep();
	host_sys(SYS_exit, result == -EINTR ? 0 : 1);
}

/* Nobody else runs between the waking and the signal: it happens in calls that do not sleep. */
static void program(void *argument)
{
	const struct way *way = argument;
	long child;

	begin();
	if (way->sleep == wait_for_lock)
		host_sys(SYS_fcntl, at.lock, 7, lock_of(1));
	child = host_fork(SYS_fork, sleeper, argument);
	for (int i = 0; i < 40; i++)
		host_sys(SYS_sched_yield);
	way->wake_in_vain();
	host_sys(SYS_kill, child, SIGUSR1);
	if (host_sys(SYS_wait4, child, at.buf, 0, 0) != child || peek32(at.buf) != 0)
		host_die(way->what);
}

void test_interrupts(void);
void test_interrupts(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		for (u64 seed = 0; seed < 5; seed++) {
			struct host_chances chances = {.seed = test_seed() * 100 + seed};

			test_run(program, (void *)(uintptr_t)&ways[i], chances, ways[i].what);
		}
	}
}
