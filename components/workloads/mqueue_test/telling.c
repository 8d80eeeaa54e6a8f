/* telling: poll, epoll and mq_notify. */
#include <sys/epoll.h>
#include <sys/socket.h>

#include "mqueue_test.h"

struct event {
	void *value;
	int signal, notify;
	long pad[6];
};

static int queue;

static long notify(int fd, int how, int signal, void *value)
{
	struct event event = {value, signal, how, {0}};

	return sys_call3(SYS_mq_notify, fd, (long)&event, 0);
}

static void polled(void)
{
	char bytes[16];

	begin();
	queue = make("q", O_RDWR, 2, 16);
	unlink_("q");
	CHECK_EQ(poll_now(queue), POLLOUT);
	CHECK_EQ(post(queue, "a", 1, 0), 0);
	CHECK_EQ(poll_now(queue), POLLIN | POLLOUT);
	CHECK_EQ(post(queue, "b", 1, 0), 0);
	CHECK_EQ(poll_now(queue), POLLIN);
	CHECK_EQ(fetch(queue, bytes, 16, NULL), 1);
	CHECK_EQ(fetch(queue, bytes, 16, NULL), 1);
	CHECK_EQ(poll_now(queue), POLLOUT);
}

static void send_later(void)
{
	sleep_ms(20);
	CHECK_EQ(post(queue, "a", 1, 0), 0);
}

static void receive_later(void)
{
	char bytes[16];

	sleep_ms(20);
	CHECK_EQ(fetch(queue, bytes, 16, NULL), 1);
}

static void waited_for(void)
{
	struct pollfd one;
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};
	int epoll;
	long pid;

	begin();
	queue = make("q", O_RDWR, 1, 16);
	unlink_("q");
	epoll = (int)sys_call3(SYS_epoll_create1, 0, 0, 0);
	CHECK_EQ(sys_call4(SYS_epoll_ctl, epoll, EPOLL_CTL_ADD, queue, (long)&event), 0);
	one = (struct pollfd){queue, POLLIN, 0};
	pid = spawn(send_later);
	CHECK_EQ(sys_call3(SYS_poll, (long)&one, 1, 5000), 1);
	expect_exit(pid, 0);
	CHECK_EQ(sys_call4(SYS_epoll_wait, epoll, (long)&event, 1, 5000), 1);
	CHECK_EQ(event.events, EPOLLIN);
	CHECK_EQ(sys_call4(SYS_epoll_wait, epoll, (long)&event, 1, 0), 0);
	one.events = POLLOUT;
	pid = spawn(receive_later);
	CHECK_EQ(sys_call3(SYS_poll, (long)&one, 1, 5000), 1);
	expect_exit(pid, 0);
}

static void told_once(void)
{
	char bytes[16];

	begin();
	queue = make("q", O_RDWR, 4, 16);
	unlink_("q");
	set_action(SIGUSR1, note_signal, 0);
	CHECK_EQ(notify(queue, SIGEV_SIGNAL, SIGUSR1, (void *)0x123456789abcdef), 0);
	CHECK_EQ(handled, 0);
	CHECK_EQ(post(queue, "a", 1, 0), 0);
	CHECK_EQ(handled, 1);
	CHECK_EQ(last_info.si_code, SI_MESGQ);
	CHECK_EQ(last_info.si_pid, sys_getpid());
	CHECK_EQ(last_info.si_uid, 0);
	CHECK_EQ((long)last_info.si_value.sival_ptr, 0x123456789abcdef);
	CHECK_EQ(post(queue, "b", 1, 0), 0);
	CHECK_EQ(handled, 1);
	CHECK_EQ(notify(queue, SIGEV_SIGNAL, SIGUSR1, NULL), 0); /* not empty: not yet */
	CHECK_EQ(post(queue, "c", 1, 0), 0);
	CHECK_EQ(handled, 1);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(fetch(queue, bytes, 16, NULL), 1);
	CHECK_EQ(post(queue, "d", 1, 0), 0);
	CHECK_EQ(handled, 2);
}

static void one_owner(void)
{
	int other;

	begin();
	queue = make("q", O_RDWR, 4, 16);
	unlink_("q");
	set_action(SIGUSR1, note_signal, 0);
	CHECK_EQ(notify(queue, SIGEV_NONE, 0, NULL), 0);
	CHECK_EQ(notify(queue, SIGEV_SIGNAL, SIGUSR1, NULL), -EBUSY);
	CHECK_EQ(sys_call3(SYS_mq_notify, queue, 0, 0), 0);
	CHECK_EQ(sys_call3(SYS_mq_notify, queue, 0, 0), 0);
	CHECK_EQ(notify(queue, SIGEV_SIGNAL, SIGUSR1, NULL), 0);
	other = (int)sys_call3(SYS_dup, queue, 0, 0);
	sys_close(other); /* any descriptor that the owner closes ends it */
	CHECK_EQ(notify(queue, SIGEV_SIGNAL, SIGUSR1, NULL), 0);
	CHECK_EQ(sys_call3(SYS_mq_notify, queue, 0, 0), 0);
	CHECK_EQ(post(queue, "a", 1, 0), 0);
	CHECK_EQ(handled, 0);
}

static void enrol(void)
{
	CHECK_EQ(notify(queue, SIGEV_SIGNAL, SIGKILL, NULL), 0);
	if (handled == 0)
		sys_exit(0);
	for (;;)
		sleep_ms(1000);
}

static void of_another(void)
{
	long pid;

	begin();
	queue = make("q", O_RDWR, 4, 16);
	unlink_("q");
	pid = spawn(enrol);
	expect_exit(pid, 0); /* and with it the wish has gone */
	CHECK_EQ(notify(queue, SIGEV_NONE, 0, NULL), 0);
	CHECK_EQ(sys_call3(SYS_mq_notify, queue, 0, 0), 0);
	handled = 1;
	pid = spawn(enrol);
	while (notify(queue, SIGEV_NONE, 0, NULL) != -EBUSY) {
		CHECK_EQ(sys_call3(SYS_mq_notify, queue, 0, 0), 0);
		sleep_ms(1);
	}
	CHECK_EQ(sys_call3(SYS_mq_notify, queue, 0, 0), 0); /* not ours to end */
	CHECK_EQ(notify(queue, SIGEV_NONE, 0, NULL), -EBUSY);
	CHECK_EQ(post(queue, "a", 1, 0), 0);
	expect_killed(pid, SIGKILL);
}

static void receiver_first(void)
{
	long pid;

	begin();
	queue = make("q", O_RDWR, 4, 16);
	unlink_("q");
	set_action(SIGUSR1, note_signal, 0);
	pid = spawn(receive_later);
	sleep_ms(60);
	CHECK_EQ(notify(queue, SIGEV_SIGNAL, SIGUSR1, NULL), 0);
	CHECK_EQ(post(queue, "a", 1, 0), 0); /* it goes to who waits */
	expect_exit(pid, 0);
	CHECK_EQ(handled, 0);
	CHECK_EQ(post(queue, "b", 1, 0), 0);
	CHECK_EQ(handled, 1);
}

static void refused(void)
{
	char cookie[32] = "";
	int pair[2];

	begin();
	queue = make("q", O_RDWR, 4, 16);
	unlink_("q");
	CHECK_EQ(sys_call4(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, (long)pair), 0);
	CHECK_EQ(sys_call3(SYS_mq_notify, 99, (long)BAD, 0), -EFAULT);
	CHECK_EQ(notify(99, 3, 0, NULL), -EINVAL);
	CHECK_EQ(notify(99, SIGEV_THREAD_ID, 0, NULL), -EINVAL);
	CHECK_EQ(notify(99, SIGEV_SIGNAL, 65, NULL), -EINVAL);
	CHECK_EQ(notify(99, SIGEV_SIGNAL, -1, NULL), -EINVAL);
	CHECK_EQ(notify(99, SIGEV_SIGNAL, 1, NULL), -EBADF);
	CHECK_EQ(notify(0, SIGEV_SIGNAL, 1, NULL), -EBADF);
	CHECK_EQ(sys_call3(SYS_mq_notify, 99, 0, 0), -EBADF);
	CHECK_EQ(notify(99, SIGEV_THREAD, 99, BAD), -EFAULT);
	CHECK_EQ(notify(99, SIGEV_THREAD, 99, cookie), -EBADF);
	CHECK_EQ(notify(99, SIGEV_THREAD, queue, cookie), -ENOTSOCK);
	CHECK_EQ(notify(99, SIGEV_THREAD, pair[0], cookie), -EINVAL);
	CHECK_EQ(notify(queue, SIGEV_SIGNAL, 0, NULL), 0); /* nothing is told, once */
	CHECK_EQ(notify(queue, SIGEV_NONE, 0, NULL), -EBUSY);
	CHECK_EQ(post(queue, "a", 1, 0), 0);
	CHECK_EQ(notify(queue, SIGEV_NONE, 0, NULL), 0);
}

static const struct test_case cases[] = {
	CASE("a queue can be polled", polled),
	CASE("and waited for", waited_for),
	CASE("the first message is told, once", told_once),
	CASE("to one process", one_owner),
	CASE("as long as it is there", of_another),
	CASE("unless somebody waits for the message", receiver_first),
	CASE("what makes no sense is refused", refused),
};

TEST_SUITE(telling, cases);
