/* signals: to a thread, and to a process of many. */
#include <string.h>
#include <sys/wait.h>

#include <workloads/threads_test/thread.h>

extern void restore(void);

static struct thread threads[6];
static volatile int word, taken_by, taken_code, never, ready;

struct action {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

__asm__("restore: movl $15, %eax\n\tsyscall\n");

static void note(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	taken_code = info->si_code;
	taken_by = (int)gettid_();
}

static void set_action(int signal, void (*handler)(int, siginfo_t *, void *), unsigned long flags)
{
	struct action action = {handler, flags | SA_SIGINFO | 0x04000000, restore, 0};

	CHECK_EQ(sys_call4(SYS_rt_sigaction, signal, (long)&action, 0, 8), 0);
}

static void set_mask(int how, unsigned long mask)
{
	CHECK_EQ(sys_call4(SYS_rt_sigprocmask, how, (long)&mask, 0, 8), 0);
}

#define BIT(signal) (1UL << ((signal)-1))

static unsigned long pending(void)
{
	unsigned long set = 0;

	CHECK_EQ(sys_call3(SYS_rt_sigpending, (long)&set, 8, 0), 0);
	return set;
}

static long kill_thread(long tid, int signal)
{
	return sys_call3(SYS_tgkill, sys_getpid(), tid, signal);
}

static long waits_till_word(void *argument)
{
	struct thread *thread = argument;

	thread->up = true;
	while (word == 0)
		futex_wait(&word, 0);
	return 0;
}

static void let_go(int count)
{
	word = 1;
	futex_wake(&word, 1000);
	for (int i = 0; i < count; i++)
		thread_join(&threads[i]);
}

static void to_one_thread(void)
{
	set_action(SIGUSR1, note, 0);
	for (int i = 0; i < 3; i++)
		thread_start(&threads[i], waits_till_word, &threads[i]);
	for (int i = 0; i < 3; i++) {
		int tid = threads[i].tid;

		thread_settle(&threads[i]);
		taken_by = 0;
		CHECK_EQ(kill_thread(tid, SIGUSR1), 0);
		await_change(&taken_by, 0);
		CHECK_EQ(taken_by, tid);
		CHECK_EQ(taken_code, SI_TKILL);
	}
	let_go(3);
	CHECK_EQ(kill_thread(gettid_(), SIGUSR1), 0);
	CHECK_EQ(taken_by, gettid_());
}

static void refused(void)
{
	thread_start(&threads[0], waits_till_word, &threads[0]);
	int tid = threads[0].tid;

	CHECK_EQ(sys_call3(SYS_tgkill, 1, tid, 0), first_pid == 1 ? -ESRCH : -ESRCH);
	CHECK_EQ(sys_call3(SYS_tgkill, 0, tid, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_tgkill, sys_getpid(), 0, 0), -EINVAL);
	CHECK_EQ(kill_thread(tid, 65), -EINVAL);
	CHECK_EQ(kill_thread(4000000, 65), -ESRCH);
	CHECK_EQ(sys_call3(SYS_tkill, tid, 0, 0), 0);
	CHECK_EQ(sys_call3(SYS_tkill, -1, 0, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_kill, tid, 0, 0), 0); /* the process of that thread */
	let_go(1);
	CHECK_EQ(kill_thread(tid, 0), -ESRCH);
}

/* One that is blocked in the first thread goes to another. */
static void to_whoever_may(void)
{
	set_action(SIGUSR1, note, 0);
	thread_start(&threads[0], waits_till_word, &threads[0]);
	int tid = threads[0].tid;

	set_mask(SIG_BLOCK, BIT(SIGUSR1));
	thread_settle(&threads[0]);
	CHECK_EQ(sys_call3(SYS_kill, sys_getpid(), SIGUSR1, 0), 0);
	await_change(&taken_by, 0);
	CHECK_EQ(taken_by, tid);
	CHECK_EQ(taken_code, SI_USER);
	let_go(1);
}

static long unblocks_when_told(void *argument)
{
	struct thread *thread = argument;

	thread->up = true;
	while (word == 0)
		futex_wait(&word, 0);
	set_mask(SIG_UNBLOCK, BIT(SIGUSR1));
	return 0;
}

/* Pending for the process until anybody unblocks it; for a thread, for it alone. */
static void waits_for_who_unblocks(void)
{
	set_action(SIGUSR1, note, 0);
	set_mask(SIG_BLOCK, BIT(SIGUSR1) | BIT(SIGUSR2));
	thread_start(&threads[0], unblocks_when_told, &threads[0]);
	int tid = threads[0].tid;

	CHECK_EQ(kill_thread(tid, SIGUSR2), 0);
	CHECK_EQ(pending(), 0);
	CHECK_EQ(sys_call3(SYS_kill, sys_getpid(), SIGUSR1, 0), 0);
	CHECK_EQ(pending(), BIT(SIGUSR1));
	let_go(1);
	CHECK_EQ(taken_by, tid);
	CHECK_EQ(pending(), 0);
}

static long awaits_signal(void *argument)
{
	struct thread *thread = argument;
	unsigned long set = BIT(SIGUSR1);
	siginfo_t info;

	thread->up = true;
	long signal;

	do /* as on Linux it may have been another's signal that woke it */
		signal = sys_call4(SYS_rt_sigtimedwait, (long)&set, (long)&info, 0, 8);
	while (signal == -EINTR);
	__atomic_fetch_add(&taken_by, signal == SIGUSR1, __ATOMIC_SEQ_CST);
	return 0;
}

static void one_of_those_who_await(void)
{
	set_mask(SIG_BLOCK, BIT(SIGUSR1));
	for (int i = 0; i < 3; i++)
		thread_start(&threads[i], awaits_signal, &threads[i]);
	for (int i = 0; i < 3; i++)
		thread_settle(&threads[i]);
	for (int i = 1; i <= 3; i++) {
		CHECK_EQ(sys_call3(SYS_kill, sys_getpid(), SIGUSR1, 0), 0);
		await_change(&taken_by, i - 1);
		CHECK_EQ(taken_by, i);
		sleep_ms(5);
	}
	for (int i = 0; i < 3; i++)
		thread_join(&threads[i]);
	CHECK_EQ(pending(), 0);
}

static long interrupted_wait(void *argument)
{
	struct thread *thread = argument;

	thread->up = true;
	word = (int)futex_wait(&never, 0);
	return 0;
}

static void breaks_off_a_futex(void)
{
	set_action(SIGUSR1, note, 0);
	thread_start(&threads[0], interrupted_wait, &threads[0]);
	thread_settle(&threads[0]);
	CHECK_EQ(kill_thread(threads[0].tid, SIGUSR1), 0);
	thread_join(&threads[0]);
	CHECK_EQ(word, -EINTR);
}

static void restarts_a_futex(void)
{
	set_action(SIGUSR1, note, SA_RESTART);
	thread_start(&threads[0], interrupted_wait, &threads[0]);
	thread_settle(&threads[0]);
	CHECK_EQ(kill_thread(threads[0].tid, SIGUSR1), 0);
	await_change(&taken_by, 0);
	sleep_ms(10);
	CHECK(threads[0].tid != 0);
	CHECK_EQ(futex_wake(&never, 1), 1);
	thread_join(&threads[0]);
	CHECK_EQ(word, 0);
}

/* --- stopping --- */

static volatile int *shared;

static _Noreturn long ticks_on(void *argument)
{
	(void)argument;
	for (;;) {
		++*shared;
		sys_sched_yield();
	}
}

static void many_tick(void)
{
	thread_start(&threads[0], ticks_on, NULL);
	thread_start(&threads[1], waits_till_word, &threads[1]);
	for (;;)
		futex_wait(&never, 0);
}

static void stops_as_one(void)
{
	int status, before;

	shared = (int *)sys_mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
	long pid = spawn(many_tick);

	await_change(shared, 0);
	CHECK_EQ(sys_call3(SYS_kill, pid, SIGSTOP, 0), 0);
	CHECK_EQ(sys_wait4(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	before = *shared;
	sleep_ms(30);
	CHECK_EQ(*shared, before);
	CHECK_EQ(sys_call3(SYS_kill, pid, SIGCONT, 0), 0);
	CHECK_EQ(sys_wait4(pid, &status, WCONTINUED), pid);
	CHECK(WIFCONTINUED(status));
	await_change(shared, before);
	CHECK_EQ(sys_call3(SYS_kill, pid, SIGSTOP, 0), 0);
	CHECK_EQ(sys_wait4(pid, &status, WUNTRACED), pid);
	CHECK_EQ(sys_call3(SYS_kill, pid, SIGKILL, 0), 0);
	expect_killed(pid, SIGKILL);
}

/* --- as the C library cancels --- */

static void ends_thread(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	(void)context;
	sys_call3(SYS_exit, 0, 0, 0);
}

static void cancelled(void)
{
	set_action(32, ends_thread, SA_RESTART);
	for (int i = 0; i < 6; i++)
		thread_start(&threads[i], waits_till_word, &threads[i]);
	for (int i = 0; i < 6; i++) {
		CHECK_EQ(kill_thread(threads[i].tid, 32), 0);
		thread_join(&threads[i]);
	}
}

#define STORM 8 /* for each; over Mach RPC, to signal one that computes costs the turn */

static volatile int rounds;

static void counts_round(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	(void)context;
	__atomic_fetch_add(&rounds, 1, __ATOMIC_SEQ_CST);
}

static long spins_till_word(void *argument)
{
	struct thread *thread = argument;

	thread->up = true;
	while (word == 0)
		;
	return 0;
}

/* Queued signals come as often as they were sent, to threads that run, too. */
static void storm(void)
{
	set_action(SIGRTMIN + 3, counts_round, SA_RESTART);
	for (int i = 0; i < 4; i++)
		thread_start(&threads[i], i % 2 ? spins_till_word : waits_till_word, &threads[i]);
	for (int n = 0; n < STORM; n++)
		for (int i = 0; i < 4; i++)
			CHECK_EQ(kill_thread(threads[i].tid, SIGRTMIN + 3), 0);
	while (rounds < 4 * STORM)
		sleep_ms(1);
	let_go(4);
	CHECK_EQ(rounds, 4 * STORM);
}

static const struct test_case cases[] = {
	CASE("to one thread", to_one_thread),
	CASE("who is not there, or no signal", refused),
	CASE("to the process: whoever does not block it", to_whoever_may),
	CASE("pending for the process, or for a thread", waits_for_who_unblocks),
	CASE("one of those who await it", one_of_those_who_await),
	CASE("breaks off a futex", breaks_off_a_futex),
	CASE("a futex goes on behind SA_RESTART", restarts_a_futex),
	CASE("a process stops and goes on as one", stops_as_one),
	CASE("a thread ends in its handler", cancelled),
	CASE("a storm of them", storm),
};
TEST_SUITE(signals, cases);
