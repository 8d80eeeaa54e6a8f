/* semaphores: all or nothing, in order, and undone. */
#include <time.h>

#include <workloads/threads_test/thread.h>

#include "sysv_test.h"

static long id;

static void make(int count)
{
	be_alone();
	id = get_set(IPC_PRIVATE, count, 0600);
	CHECK(id >= 0);
}

static void drop(void)
{
	CHECK_EQ(control_set(id, 0, IPC_RMID, 0), 0);
}

static long value(int number)
{
	return control_set(id, number, GETVAL, 0);
}

static void set(int number, int to)
{
	CHECK_EQ(control_set(id, number, SETVAL, to), 0);
}

static void operations(void)
{
	struct sembuf ops[3] = {{0, 2, 0}, {1, -1, IPC_NOWAIT}, {0, 1, 0}};
	struct semid_ds status;

	make(2);
	CHECK_EQ(control_set(id, 0, IPC_STAT, (long)&status), 0);
	CHECK_EQ(status.sem_nsems, 2);
	CHECK_EQ(status.sem_otime, 0);
	CHECK_EQ(sys_call3(SYS_semop, id, (long)ops, 3), -EAGAIN);
	CHECK_EQ(value(0), 0); /* nothing of it */
	CHECK_EQ(control_set(id, 0, GETPID, 0), 0);
	set(1, 1);
	CHECK_EQ(sys_call3(SYS_semop, id, (long)ops, 3), 0);
	CHECK_EQ(value(0), 3);
	CHECK_EQ(value(1), 0);
	CHECK_EQ(control_set(id, 0, GETPID, 0), sys_getpid());
	CHECK_EQ(operate(id, 1, 0, 0), 0);
	CHECK_EQ(operate(id, 0, 0, IPC_NOWAIT), -EAGAIN);
	CHECK_EQ(operate(id, 0, -4, IPC_NOWAIT), -EAGAIN);
	CHECK_EQ(operate(id, 0, 32767, 0), -ERANGE);
	CHECK_EQ(operate(id, 0, 32764, 0), 0);
	CHECK_EQ(value(0), 32767);
	CHECK_EQ(control_set(id, 0, IPC_STAT, (long)&status), 0);
	CHECK(status.sem_otime != 0);
	drop();
}

static void all_at_once(void)
{
	unsigned short in[3] = {5, 6, 7}, out[3];

	make(3);
	CHECK_EQ(control_set(id, 0, SETALL, (long)in), 0);
	CHECK_EQ(control_set(id, 99, GETALL, (long)out), 0); /* the number does not matter */
	CHECK(memcmp(in, out, sizeof(in)) == 0);
	in[1] = 32768;
	CHECK_EQ(control_set(id, 0, SETALL, (long)in), -ERANGE);
	CHECK_EQ(value(1), 6);
	CHECK_EQ(control_set(id, 0, SETALL, 8), -EFAULT);
	CHECK_EQ(control_set(id, 0, GETALL, 8), -EFAULT);
	CHECK_EQ(control_set(id, 1, SETVAL, 32768), -ERANGE);
	CHECK_EQ(control_set(id, 1, SETVAL, -1), -ERANGE);
	CHECK_EQ(control_set(id, 3, SETVAL, 1), -EINVAL);
	CHECK_EQ(control_set(id, -1, GETVAL, 0), -EINVAL);
	CHECK_EQ(control_set(id, 3, GETNCNT, 0), -EINVAL);
	drop();
}

static void refused(void)
{
	struct sembuf many[501] = {{0, 0, 0}};
	struct timespec bad = {0, 1000000000}, none = {0, 0};

	make(1);
	CHECK_EQ(get_set(IPC_PRIVATE, 0, 0600), -EINVAL);
	CHECK_EQ(get_set(IPC_PRIVATE, -1, 0600), -EINVAL);
	CHECK_EQ(get_set(IPC_PRIVATE, 32001, 0600), -EINVAL);
	CHECK_EQ(sys_call3(SYS_semop, id, (long)many, 501), -E2BIG);
	CHECK_EQ(sys_call3(SYS_semop, id, (long)many, 500), 0);
	CHECK_EQ(sys_call3(SYS_semop, id, (long)many, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_semop, id, 8, 1), -EFAULT);
	CHECK_EQ(sys_call3(SYS_semop, -1, 8, 1), -EFAULT);
	CHECK_EQ(sys_call3(SYS_semop, -1, (long)many, 1), -EINVAL);
	CHECK_EQ(operate(id, 1, 1, 0), -EFBIG);
	CHECK_EQ(operate(id + 1, 1, 1, 0), -EINVAL);
	CHECK_EQ(sys_call4(SYS_semtimedop, id, (long)many, 1, 8), -EFAULT);
	CHECK_EQ(sys_call4(SYS_semtimedop, id, (long)many, 1, (long)&bad), -EINVAL);
	many[0].sem_op = -1;
	CHECK_EQ(sys_call4(SYS_semtimedop, id, (long)many, 1, (long)&none), -EAGAIN);
	drop();
}

static void operates_as_user(void)
{
	become_user();
	CHECK_EQ(operate(id, 0, 0, IPC_NOWAIT), 0);
	CHECK_EQ(operate(id, 0, 1, 0), -EACCES);
	CHECK_EQ(control_set(id, 0, GETVAL, 0), 0);
	CHECK_EQ(control_set(id, 0, SETVAL, 1), -EACCES);
	CHECK_EQ(control_set(id, 0, SETALL, 8), -EACCES);
}

static void permitted(void)
{
	be_alone();
	if (sys_call0(SYS_getuid) != 0)
		skip("this needs user 0");
	id = get_set(IPC_PRIVATE, 1, 0644);
	expect_exit(spawn(operates_as_user), 0);
	drop();
}

static void takes_one(void)
{
	CHECK_EQ(operate(id, 0, -1, 0), 0);
}

static void takes_three(void)
{
	CHECK_EQ(operate(id, 0, -3, 0), 0);
}

static void awaits_zero(void)
{
	CHECK_EQ(operate(id, 0, 0, 0), 0);
}

static void in_order(void)
{
	long first, second, third;

	make(1);
	set(0, 1);
	first = spawn(takes_three);
	sleep_ms(20);
	second = spawn(takes_three);
	third = spawn(awaits_zero);
	sleep_ms(20);
	CHECK_EQ(control_set(id, 0, GETNCNT, 0), 2);
	CHECK_EQ(control_set(id, 0, GETZCNT, 0), 1);
	CHECK_EQ(operate(id, 0, 4, 0), 0); /* 5: one of them may */
	CHECK_EQ(value(0), 2);             /* and has, though it has not run */
	expect_exit(first, 0);
	CHECK_EQ(control_set(id, 0, GETNCNT, 0), 1);
	CHECK_EQ(operate(id, 0, 1, 0), 0);
	expect_exit(second, 0);
	expect_exit(third, 0); /* it saw the zero in between */
	drop();
}

/* Who comes later but needs less does not wait for who needs more. */
static void overtaken(void)
{
	long first, second;

	make(1);
	first = spawn(takes_three);
	sleep_ms(20);
	second = spawn(takes_one);
	sleep_ms(20);
	CHECK_EQ(operate(id, 0, 1, 0), 0);
	expect_exit(second, 0);
	CHECK_EQ(control_set(id, 0, SETVAL, 3), 0);
	expect_exit(first, 0);
	drop();
}

static void sees_removal(void)
{
	CHECK_EQ(operate(id, 0, -1, 0), -EIDRM);
}

static void removed(void)
{
	make(1);
	long pid = spawn(sees_removal);
	sleep_ms(20);
	drop();
	expect_exit(pid, 0);
}

static long parent;

static void signals_later(void)
{
	sleep_ms(20);
	send_signal(parent, SIGUSR1);
}

static void interrupted(void)
{
	struct sembuf one = {0, -1, 0};
	struct timespec length = {0, 20000000};

	make(1);
	parent = sys_getpid();
	CHECK_EQ(set_action(SIGUSR1, note_signal, SA_RESTART), 0);
	long pid = spawn(signals_later);
	CHECK_EQ(operate(id, 0, -1, 0), -EINTR); /* whatever the handler says */
	CHECK_EQ(handled, 1);
	expect_exit(pid, 0);
	CHECK_EQ(control_set(id, 0, GETNCNT, 0), 0);
	CHECK_EQ(sys_call4(SYS_semtimedop, id, (long)&one, 1, (long)&length), -EAGAIN);
	CHECK_EQ(control_set(id, 0, GETNCNT, 0), 0);
	drop();
}

static void takes_back(void)
{
	CHECK_EQ(operate(id, 0, 3, SEM_UNDO), 0);
	CHECK_EQ(operate(id, 0, -1, SEM_UNDO), 0);
	CHECK_EQ(operate(id, 0, 1, 0), 0);
	CHECK_EQ(operate(id, 1, -2, SEM_UNDO), 0);
	CHECK_EQ(value(0), 3);
	CHECK_EQ(value(1), 0);
}

static void forgets(void)
{
	CHECK_EQ(operate(id, 0, 3, SEM_UNDO), 0);
	set(0, 7); /* what was to be undone is not */
}

static void just_ends(void)
{
}

static void child_of_undoer(void)
{
	CHECK_EQ(operate(id, 0, 3, SEM_UNDO), 0);
	expect_exit(spawn(just_ends), 0); /* a child has nothing to undo */
	CHECK_EQ(value(0), 3);
}

static void undone(void)
{
	make(2);
	set(1, 2);
	long pid = spawn(takes_back);
	expect_exit(pid, 0);
	CHECK_EQ(value(0), 1);
	CHECK_EQ(value(1), 2);
	CHECK_EQ(control_set(id, 0, GETPID, 0), pid);
	expect_exit(spawn(forgets), 0);
	CHECK_EQ(value(0), 7);
	set(0, 0);
	expect_exit(spawn(child_of_undoer), 0);
	CHECK_EQ(value(0), 0);
	drop();
}

static void holds(void)
{
	CHECK_EQ(operate(id, 0, -1, SEM_UNDO), 0);
	sys_call0(SYS_pause);
}

/* What SEM_UNDO is for: a lock whose holder is killed is free again. */
static void wakes_others(void)
{
	make(1);
	set(0, 1);
	long holder = spawn(holds);
	sleep_ms(20);
	long waiter = spawn(takes_one);
	sleep_ms(20);
	CHECK_EQ(control_set(id, 0, GETNCNT, 0), 1);
	send_signal(holder, SIGKILL);
	expect_killed(holder, SIGKILL);
	expect_exit(waiter, 0);
	CHECK_EQ(value(0), 0);
	drop();
}

static void cut(void)
{
	CHECK_EQ(operate(id, 0, 10, SEM_UNDO), 0);
	CHECK_EQ(operate(id, 0, -8, 0), 0);
	CHECK_EQ(operate(id, 1, -30000, SEM_UNDO), 0);
	CHECK_EQ(operate(id, 1, 20000, 0), 0);
	CHECK_EQ(operate(id, 1, -20000, SEM_UNDO), -ERANGE);
}

static void cut_at_the_ends(void)
{
	make(2);
	set(1, 30000);
	expect_exit(spawn(cut), 0);
	CHECK_EQ(value(0), 0);
	CHECK_EQ(value(1), 32767);
	drop();
}

static long undoes_in_thread(void *argument)
{
	(void)argument;
	CHECK_EQ(operate(id, 0, 2, SEM_UNDO), 0);
	return 0;
}

static void threads_share(void)
{
	struct thread thread = {0};

	thread_start(&thread, undoes_in_thread, NULL);
	thread_join(&thread);
	CHECK_EQ(value(0), 2); /* its end was not that of the process */
}

static void with_threads(void)
{
	make(1);
	expect_exit(spawn(threads_share), 0);
	CHECK_EQ(value(0), 0);
	drop();
}

static void passes(void)
{
	for (int i = 0; i < 200; i++) {
		CHECK_EQ(operate(id, 0, -1, 0), 0);
		CHECK_EQ(operate(id, 1, 1, 0), 0);
	}
}

static void to_and_fro(void)
{
	make(2);
	long pid = spawn(passes);
	for (int i = 0; i < 200; i++) {
		CHECK_EQ(operate(id, 0, 1, 0), 0);
		CHECK_EQ(operate(id, 1, -1, 0), 0);
	}
	expect_exit(pid, 0);
	CHECK(proc_has("/proc/sysvipc/sem",
		"       key      semid perms      nsems   uid   gid  cuid  cgid      otime      "
		"ctime\n"));
	CHECK(proc_has("/proc/sysvipc/sem", "   600          2 "));
	drop();
}

static const struct test_case cases[] = {
	CASE("all or nothing", operations),
	CASE("all values at once", all_at_once),
	CASE("what is refused", refused),
	CASE("permissions", permitted),
	CASE("in the order of arrival", in_order),
	CASE("but for who needs more", overtaken),
	CASE("removed under a sleeper", removed),
	CASE("signals and time", interrupted),
	CASE("undone at the end", undone),
	CASE("a lock whose holder is killed", wakes_others),
	CASE("as far as that can be undone", cut_at_the_ends),
	CASE("threads undo together", with_threads),
	CASE("to and fro", to_and_fro),
};
TEST_SUITE(semaphores, cases);
