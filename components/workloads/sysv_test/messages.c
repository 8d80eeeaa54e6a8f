/* messages: queues of them, by type. */
#include "sysv_test.h"

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

static struct letter letter;
static struct msqid_ds status;
static long id;

static void make(void)
{
	be_alone();
	id = get_queue(IPC_PRIVATE, 0600);
	CHECK(id >= 0);
}

static void drop(void)
{
	CHECK_EQ(control_queue(id, IPC_RMID, NULL), 0);
}

static void put(long type, const char *text)
{
	CHECK_EQ(send_letter(id, type, text, (long)strlen(text), 0), 0);
}

/* Receives `expected` of that type. */
static void take(long type, int flags, const char *expected, long its_type)
{
	CHECK_EQ(receive_letter(id, &letter, 100, type, flags), strlen(expected));
	CHECK(memcmp(letter.text, expected, strlen(expected)) == 0);
	CHECK_EQ(letter.type, its_type);
}

static void types(void)
{
	make();
	put(5, "five");
	put(3, "three");
	put(5, "again");
	put(1, "one");
	put(9, "");
	take(3, 0, "three", 3);
	take(-5, 0, "one", 1);
	take(5, MSG_EXCEPT, "", 9);
	take(0, 0, "five", 5);
	CHECK_EQ(receive_letter(id, &letter, 100, 4, IPC_NOWAIT), -ENOMSG);
	CHECK_EQ(receive_letter(id, &letter, 100, -4, IPC_NOWAIT), -ENOMSG);
	CHECK_EQ(receive_letter(id, &letter, 100, 5, IPC_NOWAIT | MSG_EXCEPT), -ENOMSG);
	take(-9223372036854775807L - 1, 0, "again", 5);
	CHECK_EQ(receive_letter(id, &letter, 100, 0, IPC_NOWAIT), -ENOMSG);
	drop();
}

static void sizes(void)
{
	make();
	put(1, "hello");
	CHECK_EQ(receive_letter(id, &letter, 4, 0, 0), -E2BIG);
	CHECK_EQ(receive_letter(id, &letter, -1, 0, 0), -EINVAL);
	CHECK_EQ(receive_letter(id, &letter, 4, 0, MSG_NOERROR), 4);
	CHECK_EQ(receive_letter(id, &letter, 4, 0, IPC_NOWAIT), -ENOMSG);
	put(1, "lost");
	CHECK_EQ(receive_letter(id, (void *)8, 100, 0, 0), -EFAULT);
	CHECK_EQ(receive_letter(id, &letter, 100, 0, IPC_NOWAIT), -ENOMSG);
	CHECK_EQ(send_letter(id, 1, letter.text, 8192, 0), 0);
	CHECK_EQ(sys_call4(SYS_msgsnd, id, (long)&letter, 8193, 0), -EINVAL);
	CHECK_EQ(sys_call4(SYS_msgsnd, id, (long)&letter, -1, 0), -EINVAL);
	CHECK_EQ(send_letter(id, 0, "x", 1, 0), -EINVAL);
	CHECK_EQ(send_letter(id, -1, "x", 1, 0), -EINVAL);
	CHECK_EQ(sys_call4(SYS_msgsnd, id, 8, 1, 0), -EFAULT);
	CHECK_EQ(sys_call4(SYS_msgsnd, -1, 8, 1, 0), -EFAULT);
	CHECK_EQ(send_letter(-1, 1, "x", 1, 0), -EINVAL);
	CHECK_EQ(send_letter(id + 1, 1, "x", 1, 0), -EINVAL);
	CHECK_EQ(receive_letter(id + 1, &letter, 1, 0, 0), -EINVAL);
	drop();
}

static void full(void)
{
	static char page[4096];

	make();
	for (int i = 0; i < 4; i++)
		CHECK_EQ(send_letter(id, 1, page, 4096, IPC_NOWAIT), 0);
	CHECK_EQ(send_letter(id, 1, "x", 1, IPC_NOWAIT), -EAGAIN);
	CHECK_EQ(send_letter(id, 1, "", 0, IPC_NOWAIT), 0); /* nothing still fits */
	CHECK_EQ(control_queue(id, IPC_STAT, &status), 0);
	CHECK_EQ(status.__msg_cbytes, 16384);
	CHECK_EQ(status.msg_qnum, 5);
	CHECK_EQ(status.msg_qbytes, 16384);
	CHECK_EQ(status.msg_lspid, sys_getpid());
	CHECK_EQ(status.msg_lrpid, 0);
	CHECK(status.msg_stime != 0 && status.msg_rtime == 0);
	status.msg_qbytes = 20000;
	long changed = control_queue(id, IPC_SET, &status);
	if (on_host && changed == -EPERM)
		skip("user 0 is not allowed that here");
	CHECK_EQ(changed, 0);
	CHECK_EQ(send_letter(id, 1, "x", 1, IPC_NOWAIT), 0);
	drop();
}

static void receives_two(void)
{
	take(2, 0, "second", 2);
}

static void sends_later(void)
{
	static char page[4096];

	CHECK_EQ(send_letter(id, 7, page, 4096, 0), 0);
}

static void sees_removal(void)
{
	CHECK_EQ(receive_letter(id, &letter, 100, 0, 0), -EIDRM);
}

static void sender_sees_removal(void)
{
	static char page[4096];

	CHECK_EQ(send_letter(id, 7, page, 4096, 0), -EIDRM);
}

static void takes_little(void)
{
	CHECK_EQ(receive_letter(id, &letter, 1, 0, 0), -E2BIG);
}

static void sleeps(void)
{
	static char page[4096];

	make();
	long pid = spawn(receives_two);
	sleep_ms(20);
	put(1, "first");
	put(2, "second");
	expect_exit(pid, 0);
	take(0, 0, "first", 1);
	long little = spawn(takes_little);
	sleep_ms(20);
	put(1, "much");
	expect_exit(little, 0);
	take(0, IPC_NOWAIT, "much", 1); /* who could not take it has left it */
	for (int i = 0; i < 4; i++)
		CHECK_EQ(send_letter(id, 1, page, 4096, 0), 0);
	pid = spawn(sends_later);
	sleep_ms(20);
	CHECK_EQ(receive_letter(id, &letter, 4096, 0, 0), 4096);
	expect_exit(pid, 0);
	CHECK_EQ(receive_letter(id, &letter, 4096, 7, IPC_NOWAIT), 4096);
	CHECK_EQ(send_letter(id, 1, page, 4096, 0), 0);
	pid = spawn(sender_sees_removal);
	sleep_ms(20);
	drop();
	expect_exit(pid, 0);
	make();
	pid = spawn(sees_removal);
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
	static char page[4096];

	make();
	parent = sys_getpid();
	CHECK_EQ(set_action(SIGUSR1, note_signal, SA_RESTART), 0);
	long pid = spawn(signals_later);
	CHECK_EQ(receive_letter(id, &letter, 100, 0, 0), -EINTR);
	expect_exit(pid, 0);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(send_letter(id, 1, page, 4096, 0), 0);
	pid = spawn(signals_later);
	CHECK_EQ(send_letter(id, 1, page, 4096, 0), -EINTR);
	CHECK_EQ(handled, 2);
	expect_exit(pid, 0);
	drop();
}

static void sends_as_user(void)
{
	become_user();
	CHECK_EQ(send_letter(id, 1, "x", 1, 0), -EACCES);
	CHECK_EQ(receive_letter(id, &letter, 100, 0, IPC_NOWAIT), 1);
}

static void grows_as_user(void)
{
	become_user();
	id = get_queue(IPC_PRIVATE, 0600);
	CHECK_EQ(control_queue(id, IPC_STAT, &status), 0);
	status.msg_qbytes = 16385;
	CHECK_EQ(control_queue(id, IPC_SET, &status), -EPERM);
	status.msg_qbytes = 100;
	CHECK_EQ(control_queue(id, IPC_SET, &status), 0);
	CHECK_EQ(send_letter(id, 1, letter.text, 101, IPC_NOWAIT), -EAGAIN);
	drop();
}

static void permitted(void)
{
	be_alone();
	if (sys_call0(SYS_getuid) != 0)
		skip("this needs user 0");
	id = get_queue(IPC_PRIVATE, 0644);
	put(1, "x");
	expect_exit(spawn(sends_as_user), 0);
	drop();
	expect_exit(spawn(grows_as_user), 0);
}

static void copies(void)
{
	make();
	put(1, "one");
	put(2, "two");
	long n = receive_letter(id, &letter, 100, 1, MSG_COPY | IPC_NOWAIT);
	if (n == -ENOSYS)
		skip("MSG_COPY was left out here");
	CHECK_EQ(n, 3);
	CHECK_EQ(letter.type, 2);
	CHECK_EQ(receive_letter(id, &letter, 100, 2, MSG_COPY | IPC_NOWAIT), -ENOMSG);
	CHECK_EQ(receive_letter(id, &letter, 2, 1, MSG_COPY | IPC_NOWAIT), -E2BIG);
	CHECK_EQ(receive_letter(id, &letter, 100, 1, MSG_COPY), -EINVAL);
	CHECK_EQ(receive_letter(id, &letter, 100, 1, MSG_COPY | IPC_NOWAIT | MSG_EXCEPT), -EINVAL);
	take(0, 0, "one", 1);
	take(0, 0, "two", 2);
	drop();
}

static void shown(void)
{
	struct msginfo info;

	make();
	put(1, "hello");
	CHECK(proc_has("/proc/sysvipc/msg",
		"       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  "
		"cgid      stime      rtime      ctime\n"));
	CHECK(proc_has("/proc/sysvipc/msg", "   600           5          1 "));
	CHECK(control_queue(0, MSG_INFO, &info) >= 0);
	CHECK_EQ(info.msgpool, 1);
	CHECK_EQ(info.msgmap, 1);
	CHECK_EQ(info.msgtql, 5);
	drop();
}

static const struct test_case cases[] = {
	CASE("types", types),
	CASE("sizes", sizes),
	CASE("a full queue", full),
	CASE("sleeping", sleeps),
	CASE("signals", interrupted),
	CASE("permissions", permitted),
	CASE("copies", copies),
	CASE("what is shown", shown),
};
TEST_SUITE(messages, cases);
