/* cloning: clone as processes are made with it. */
#define _GNU_SOURCE /* CLONE_… */
#include <sched.h>
#include <sys/wait.h>

#include <workloads/signals_test/signals_test.h>

#define ARCH_GET_FS 0x1003

long clone_on(
	long flags, void *stack, int *parent_tid, int *child_tid, void *tls, long (*body)(void));

static char child_stack[16384] __attribute__((aligned(16)));
#define STACK (child_stack + sizeof(child_stack))

static int parent_tid, child_tid;
static char thread_block[64];

static long ends(void)
{
	return 7;
}

static long looks_at_stack(void)
{
	char here;

	return &here > child_stack && &here < STACK ? 3 : 4;
}

static void own_stack(void)
{
	expect_exit(clone_on(SIGCHLD, NULL, NULL, NULL, NULL, ends), 7);
	expect_exit(clone_on(SIGCHLD, STACK, NULL, NULL, NULL, looks_at_stack), 3);
}

static long knows_itself(void)
{
	return child_tid == sys_getpid() ? 3 : 4;
}

static void numbers(void)
{
	long flags = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD;
	long pid = clone_on(flags, NULL, &parent_tid, &child_tid, NULL, knows_itself);

	CHECK_EQ(parent_tid, pid);
	CHECK_EQ(child_tid, 0);
	expect_exit(pid, 3);
	pid = clone_on(flags, NULL, (int *)8, (int *)8, NULL, ends);
	expect_exit(pid, 7); /* a bad place for a number is no error */
}

static long has_thread_pointer(void)
{
	unsigned long base = 0;

	sys_call3(SYS_arch_prctl, ARCH_GET_FS, (long)&base, 0);
	return base == (unsigned long)thread_block ? 3 : 4;
}

static void thread_pointer(void)
{
	expect_exit(clone_on(CLONE_SETTLS | SIGCHLD, STACK, NULL, NULL, thread_block,
			    has_thread_pointer),
		3);
	CHECK_EQ(clone_on(CLONE_SETTLS | SIGCHLD, NULL, NULL, NULL, (void *)(1UL << 63), ends),
		-EPERM);
	CHECK_EQ(sys_wait4(-1, NULL, 0), -ECHILD);
}

static void suspends_parent(void)
{
	long pid = clone_on(CLONE_VM | CLONE_VFORK | SIGCHLD, STACK, NULL, NULL, NULL, ends);
	int status = 0;

	CHECK_EQ(sys_wait4(pid, &status, WNOHANG), pid); /* it has ended by now */
	CHECK_EQ(status, 7 << 8);
}

static void other_signal(void)
{
	int status = 0;

	CHECK_EQ(set_action(SIGUSR1, note_signal, SA_RESTART), 0);
	CHECK_EQ(set_action(SIGCHLD, note_signal, SA_RESTART), 0);
	long pid = clone_on(SIGUSR1, NULL, NULL, NULL, NULL, ends);
	CHECK_EQ(sys_wait4(pid, &status, 0), -ECHILD); /* no child of the common kind */
	CHECK_EQ(sys_wait4(pid, &status, __WCLONE), pid);
	CHECK_EQ(status, 7 << 8);
	CHECK_EQ(handled, 1);
	CHECK_EQ(last_info.si_signo, SIGUSR1);
	pid = clone_on(0, NULL, NULL, NULL, NULL, ends);
	CHECK_EQ(sys_wait4(pid, &status, __WALL), pid);
	CHECK_EQ(handled, 1);
}

static void refused(void)
{
	CHECK_EQ(clone_on(CLONE_SIGHAND | SIGCHLD, NULL, NULL, NULL, NULL, ends), -EINVAL);
	CHECK_EQ(clone_on(CLONE_THREAD | CLONE_VM, NULL, NULL, NULL, NULL, ends), -EINVAL);
}

static const struct test_case cases[] = {
	CASE("a child begins on a stack of its own", own_stack),
	CASE("its number is stored for both", numbers),
	CASE("its thread pointer", thread_pointer),
	CASE("CLONE_VFORK suspends the parent", suspends_parent),
	CASE("its end is told by another signal, or by none", other_signal),
	CASE("what does not go together", refused),
};
TEST_SUITE(cloning, cases);
