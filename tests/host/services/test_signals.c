/* Signals: handlers that run, calls that are broken off or made again, defaults. */
#include "services_test.h"

#define SIGUSR1 10
#define SIGPIPE 13
#define SIGCHLD 17
#define SIGSEGV 11

#define SA_RESTORER 0x04000000ul
#define SA_RESTART  0x10000000ul

#define HANDLER 0x402000ul /* where the client's handler is, if anybody asks */

static int handled; /* how often, by whomever */
static int last_signal;

static void handler(int signal, vaddr_t info, vaddr_t context)
{
	handled++;
	last_signal = signal;
	tap_eq(peek32(info), signal, "a handler is told which signal it was");
	tap_ok(host_may_access(context, 300, ENV_PROT_WRITE), "and where the registers are");
}

static void set_action(int signal, u64 handler_address, u64 flags)
{
	u64 action[4] = {handler_address, flags | SA_RESTORER, 0x402100, 0};
	vaddr_t at = host_alloc(sizeof(action));

	host_set_handler(HANDLER, handler);
	host_poke(at, action, sizeof(action));
	if (host_sys(SYS_rt_sigaction, signal, at, 0, 8) != 0)
		host_die("no handler can be set");
	handled = 0;
}

static void test_self(void *argument)
{
	vaddr_t set = host_alloc(8);
	u64 mask = 1 << (SIGUSR1 - 1);

	(void)argument;
	set_action(SIGUSR1, HANDLER, 0);
	tap_eq(host_sys(SYS_kill, 1, SIGUSR1), 0, "one can send a signal to oneself");
	tap_eq(handled, 1, "and the handler has run when the call is back");
	host_poke(set, &mask, sizeof(mask));
	tap_eq(host_sys(SYS_rt_sigprocmask, 0, set, 0, 8), 0, "signals can be blocked");
	host_sys(SYS_kill, 1, SIGUSR1);
	host_sys(SYS_kill, 1, SIGUSR1);
	tap_eq(handled, 1, "then no handler runs");
	tap_eq(host_sys(SYS_rt_sigprocmask, 1, set, 0, 8), 0, "until they are unblocked");
	tap_eq(handled, 2, "and then once for all of them");
	tap_eq(host_sys(SYS_kill, 77, SIGUSR1), -ESRCH, "nobody is process 77");
	tap_eq(host_sys(SYS_kill, 1, 99), -EINVAL, "nothing is signal 99");
	set_action(SIGSEGV, HANDLER, 0);
	host_fault(0x5000, ENV_PROT_READ);
	tap_eq(handled, 1, "a fault can be handled");
	tap_eq(last_signal, SIGSEGV, "as SIGSEGV");
}

/* --- one signals another that sleeps --- */

static void signal_parent(void *argument)
{
	(void)argument;
	for (int i = 0; i < 20; i++)
		host_sys(SYS_sched_yield);
	host_sys(SYS_kill, 1, SIGUSR1);
}

struct reader {
	long fd, other;
};

static void signal_then_write(void *argument)
{
	struct reader *reader = argument;

	signal_parent(NULL);
	for (int i = 0; i < 20; i++)
		host_sys(SYS_sched_yield);
	host_sys(SYS_write, reader->other, host_alloc(8), 5);
}

static struct reader make_pipe(vaddr_t fds)
{
	host_sys(SYS_pipe, fds);
	return (struct reader){peek32(fds), peek32(fds + 4)};
}

static void test_sleep(void *argument)
{
	vaddr_t buf = host_alloc(64);
	s64 time[2] = {100, 0};
	struct reader reader;

	(void)argument;
	set_action(SIGUSR1, HANDLER, 0);
	host_poke(buf, time, sizeof(time));
	host_fork(SYS_fork, signal_parent, NULL);
	tap_eq(host_sys(SYS_nanosleep, buf, buf + 16), -EINTR, "a handler ends a sleep");
	host_peek(time, buf + 16, sizeof(time));
	tap_ok(time[0] == 99 && time[1] > 0, "which says how much of it was left");
	host_sys(SYS_wait4, -1);
	reader = make_pipe(buf);
	host_fork(SYS_fork, signal_then_write, &reader);
	tap_eq(host_sys(SYS_read, reader.fd, buf, 8), -EINTR, "it ends a read as well");
	tap_eq(host_sys(SYS_read, reader.fd, buf, 8), 5, "which can be made again");
	host_sys(SYS_wait4, -1);
	set_action(SIGUSR1, HANDLER, SA_RESTART);
	host_fork(SYS_fork, signal_then_write, &reader);
	tap_eq(host_sys(SYS_read, reader.fd, buf, 8), 5,
		"and with SA_RESTART is made again by itself");
	tap_eq(handled, 1, "after the handler");
	host_sys(SYS_wait4, -1);
}

/* --- defaults --- */

static void sleep_for_ever(void *argument)
{
	struct reader *reader = argument;

	host_sys(SYS_read, reader->fd, host_alloc(8), 1);
	host_die("a process outlives its signal");
}

static void test_default(void *argument)
{
	vaddr_t buf = host_alloc(64);
	vaddr_t status = host_alloc(4);
	struct reader reader = make_pipe(buf);
	u64 live = host_live_objects();

	(void)argument;
	for (int signal = 1; signal <= 15; signal++) {
		long child = host_fork(SYS_fork, sleep_for_ever, &reader);

		for (int i = 0; i < 5; i++)
			host_sys(SYS_sched_yield);
		tap_eq(host_sys(SYS_kill, child, signal), 0,
			"a child that sleeps can be sent a signal");
		tap_eq(host_sys(SYS_wait4, child, status), child, "and ends");
		tap_eq(peek32(status), signal, "by it");
	}
	tap_eq(host_live_objects(), live, "nothing is left of any of them");
}

static void test_pipe(void *argument)
{
	vaddr_t buf = host_alloc(64);
	struct reader reader = make_pipe(buf);

	(void)argument;
	host_sys(SYS_close, reader.fd);
	set_action(SIGPIPE, 1, 0);
	tap_eq(host_sys(SYS_write, reader.other, buf, 1), -EPIPE,
		"who ignores SIGPIPE hears EPIPE");
	set_action(SIGPIPE, HANDLER, SA_RESTART);
	tap_eq(host_sys(SYS_write, reader.other, buf, 1), -EPIPE, "and who handles it, both");
	tap_eq(handled, 1, "the handler once");
}

void test_signals(void);
void test_signals(void)
{
	test_run_plain(test_self, "to oneself");
	for (u64 seed = 0; seed < 5; seed++) {
		struct host_chances chances = {
			.seed = test_seed() * 100 + seed, .switch_at_call = 3};

		test_run(test_sleep, NULL, chances, "asleep");
		test_run(test_default, NULL, chances, "defaults");
	}
	test_run_plain(test_pipe, "a broken pipe");
}
