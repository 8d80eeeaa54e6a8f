/* queue: reading what is told, waiting for it, and too much of it; and what the suites share. */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include <workloads/common/text.h>

#include "inotify_test.h"

extern const struct test_suite events, watches, queueing;

const struct test_suite *const test_suites[] = {&events, &watches, &queueing, NULL};

int queue;

/* --- what the suites share ---------------------------------------------------------------- */

void begin(void)
{
	static char path[64];
	struct text text = TEXT(path);

	text_string(&text, "/tmp/inotify_test.");
	text_number(&text, sys_getpid());
	path[text.length] = '\0';
	CHECK_EQ(sys_call3(SYS_mkdir, (long)path, 0777, 0), 0);
	CHECK_EQ(sys_call3(SYS_chdir, (long)path, 0, 0), 0);
	int fd = open_file("file", O_WRONLY | O_CREAT);
	CHECK_EQ(sys_write(fd, "hello\n", 6), 6);
	sys_close(fd);
	CHECK_EQ(sys_call3(SYS_mkdir, (long)"dir", 0777, 0), 0);
	touch("dir/inner");
	queue = (int)sys_call3(SYS_inotify_init1, IN_NONBLOCK, 0, 0);
	CHECK(queue >= 0);
}

long watch(const char *path, unsigned mask)
{
	return sys_call3(SYS_inotify_add_watch, queue, (long)path, mask);
}

static const struct {
	unsigned bit;
	const char *name;
} bits[] = {{IN_ACCESS, "ACCESS"}, {IN_MODIFY, "MODIFY"}, {IN_ATTRIB, "ATTRIB"},
	{IN_CLOSE_WRITE, "CLOSE_WRITE"}, {IN_CLOSE_NOWRITE, "CLOSE_NOWRITE"}, {IN_OPEN, "OPEN"},
	{IN_MOVED_FROM, "MOVED_FROM"}, {IN_MOVED_TO, "MOVED_TO"}, {IN_CREATE, "CREATE"},
	{IN_DELETE, "DELETE"}, {IN_DELETE_SELF, "DELETE_SELF"}, {IN_MOVE_SELF, "MOVE_SELF"},
	{IN_UNMOUNT, "UNMOUNT"}, {IN_Q_OVERFLOW, "Q_OVERFLOW"}, {IN_IGNORED, "IGNORED"},
	{IN_ISDIR, "|ISDIR"}};

static void describe(struct text *text, const struct inotify_event *event, unsigned last_cookie)
{
	if (text->length > 0)
		text_string(text, ", ");
	text_number(text, event->wd);
	text_string(text, " ");
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (event->mask & bits[i].bit)
			text_string(text, bits[i].name);
	if (event->len > 0) {
		text_string(text, " ");
		text_string(text, event->name);
	}
	if (event->cookie != 0 && event->cookie == last_cookie)
		text_string(text, " =");
}

void told_at(const char *expected, const char *where)
{
	static char bytes[8192] __attribute__((aligned(8))), line[4096];
	struct text text = TEXT(line);
	long n = sys_read(queue, bytes, sizeof(bytes));
	unsigned cookie = 0;

	CHECK(n > 0 || n == -EAGAIN);
	for (long at = 0; at < n;) {
		const struct inotify_event *event = (const void *)(bytes + at);

		describe(&text, event, cookie);
		cookie = event->cookie;
		at += (long)(sizeof(*event) + event->len);
		CHECK_EQ(event->len % 16, 0);
	}
	CHECK(text.length < sizeof(line) - 1);
	line[text.length] = '\0';
	if (strcmp(line, expected) == 0)
		return;
	text_put(1, "# told: ");
	text_put(1, line);
	text_put(1, "\n");
	check_holds(false, where, expected);
}

/* --- reading -------------------------------------------------------------------------------- */

static void open_and_close(void)
{
	sys_close(open_file("file", O_RDONLY));
}

static void sizes(void)
{
	static char bytes[256];
	int n = -1;

	begin();
	CHECK_EQ(watch(".", IN_OPEN | IN_CLOSE), 1);
	CHECK_EQ(sys_read(queue, bytes, sizeof(bytes)), -EAGAIN);
	CHECK_EQ(sys_call3(SYS_ioctl, queue, FIONREAD, (long)&n), 0);
	CHECK_EQ(n, 0);
	open_and_close();
	CHECK_EQ(sys_call3(SYS_ioctl, queue, FIONREAD, (long)&n), 0);
	CHECK_EQ(n, 64);
	CHECK_EQ(sys_call3(SYS_ioctl, queue, FIONREAD, 8), -EFAULT);
	CHECK_EQ(sys_read(queue, bytes, 31), -EINVAL);
	CHECK_EQ(sys_read(queue, bytes, 0), -EINVAL);
	memset(bytes, 'x', sizeof(bytes));
	CHECK_EQ(sys_read(queue, bytes, 63), 32);
	CHECK(memcmp(bytes + 16, "file\0\0\0\0\0\0\0\0\0\0\0", 17) != 0);
	CHECK(memcmp(bytes + 16, "file\0\0\0\0\0\0\0\0\0\0\0", 16) == 0);
	CHECK_EQ(sys_read(queue, (void *)8, 64), -EFAULT); /* and is lost */
	CHECK_EQ(sys_read(queue, bytes, sizeof(bytes)), -EAGAIN);
	touch("a_name_of_15___");
	touch("a_name_of_16____");
	CHECK_EQ(sys_read(queue, bytes, sizeof(bytes)), 2 * (16 + 16) + 2 * (16 + 32));
}

static void the_same_again(void)
{
	int fd;

	begin();
	fd = open_file("file", O_WRONLY);
	CHECK_EQ(watch("file", IN_ALL_EVENTS), 1);
	CHECK_EQ(watch(".", IN_ALL_EVENTS), 2);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(sys_write(fd, "x", 1), 1);
	told("2 MODIFY file, 1 MODIFY, 2 MODIFY file, 1 MODIFY, 2 MODIFY file, 1 MODIFY");
	CHECK_EQ(sys_call3(SYS_inotify_rm_watch, queue, 2, 0), 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(sys_write(fd, "x", 1), 1);
	told("2 IGNORED, 1 MODIFY");
}

static void too_many(void)
{
	int other = (int)sys_call3(SYS_inotify_init1, IN_NONBLOCK, 0, 0);
	static char bytes[65536];
	long total = 0, n;

	begin();
	if (on_host)
		skip("the limit may be another");
	CHECK_EQ(watch("file", IN_OPEN | IN_CLOSE), 1);
	for (int i = 0; i < 8200; i++)
		open_and_close();
	while ((n = sys_read(queue, bytes, sizeof(bytes))) > 0) {
		total += n;
		other = (int)n;
	}
	CHECK_EQ(total, 16 * 16385);
	const struct inotify_event *last = (const void *)(bytes + other - 16);
	CHECK_EQ(last->mask, IN_Q_OVERFLOW);
	CHECK_EQ(last->wd, -1);
	open_and_close();
	told("1 OPEN, 1 CLOSE_NOWRITE");
}

static void opens_later(void)
{
	sleep_ms(20);
	open_and_close();
}

static long parent;

static void signals_later(void)
{
	sleep_ms(20);
	send_signal(parent, SIGUSR1);
}

static void sleeps(void)
{
	char bytes[64];

	begin();
	parent = sys_getpid();
	CHECK_EQ(watch("file", IN_OPEN), 1);
	CHECK_EQ(sys_call3(SYS_fcntl, queue, F_SETFL, 0), 0);
	long pid = spawn(opens_later);
	CHECK_EQ(sys_read(queue, bytes, sizeof(bytes)), 16);
	expect_exit(pid, 0);
	CHECK_EQ(set_action(SIGUSR1, note_signal, 0), 0);
	pid = spawn(signals_later);
	CHECK_EQ(sys_read(queue, bytes, sizeof(bytes)), -EINTR);
	CHECK_EQ(handled, 1);
	expect_exit(pid, 0);
}

static void is_waited_for(void)
{
	int epoll = (int)sys_call3(SYS_epoll_create1, 0, 0, 0);
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};
	struct pollfd one;

	begin();
	one = (struct pollfd){queue, POLLIN | POLLOUT | POLLRDNORM, 0};
	CHECK_EQ(watch("file", IN_OPEN), 1);
	CHECK_EQ(sys_call3(SYS_poll, (long)&one, 1, 0), 0);
	CHECK_EQ(sys_call4(SYS_epoll_ctl, epoll, EPOLL_CTL_ADD, queue, (long)&event), 0);
	long pid = spawn(opens_later);
	CHECK_EQ(sys_call6(SYS_epoll_wait, epoll, (long)&event, 1, -1, 0, 0), 1);
	CHECK_EQ(event.events, EPOLLIN);
	CHECK_EQ(sys_call6(SYS_epoll_wait, epoll, (long)&event, 1, 0, 0, 0), 0);
	CHECK_EQ(sys_call3(SYS_poll, (long)&one, 1, 0), 1);
	CHECK_EQ(one.revents, POLLIN | POLLRDNORM);
	expect_exit(pid, 0);
	told("1 OPEN");
	CHECK_EQ(sys_call3(SYS_poll, (long)&one, 1, 0), 0);
}

static void is_called(void)
{
	char path[32], name[64] = {0};
	struct text text = TEXT(path);

	begin();
	text_string(&text, "/proc/self/fd/");
	text_number(&text, queue);
	path[text.length] = '\0';
	CHECK_EQ(sys_call3(SYS_readlink, (long)path, (long)name, sizeof(name)), 18);
	CHECK(strcmp(name, "anon_inode:inotify") == 0);
}

static const struct test_case cases[] = {
	CASE("how large it is", sizes),
	CASE("the same twice is once", the_same_again),
	CASE("too many", too_many),
	CASE("sleeping", sleeps),
	CASE("poll and epoll", is_waited_for),
	CASE("what it is called", is_called),
};
TEST_SUITE(queueing, cases);
