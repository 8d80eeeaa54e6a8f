/* moving: sending and receiving. */
#include "mqueue_test.h"

#include <workloads/threads_test/thread.h>

static struct thread threads[8];
static volatile long results[8];
static char letters[8];
static int queue;

static void order(void)
{
	static const unsigned priorities[] = {3, 0, 7, 3, 32767, 0, 7, 3};
	char bytes[16];
	unsigned priority = 1, last = 40000;
	int last_index = -1;

	begin();
	queue = make("q", O_RDWR, 8, 16);
	unlink_("q");
	for (int i = 0; i < 8; i++) {
		bytes[0] = (char)i;
		CHECK_EQ(post(queue, bytes, i + 1, priorities[i]), 0);
	}
	for (int i = 0; i < 8; i++) {
		long n = fetch(queue, bytes, 16, &priority);

		CHECK(n >= 1 && n == bytes[0] + 1);
		CHECK_EQ(priorities[(int)bytes[0]], priority);
		CHECK(priority < last || (priority == last && bytes[0] > last_index));
		last = priority;
		last_index = bytes[0];
	}
	CHECK_EQ(attributes_of(queue).count, 0);
	CHECK_EQ(post(queue, NULL, 0, 5), 0);
	CHECK_EQ(fetch(queue, bytes, 16, &priority), 0);
	CHECK_EQ(priority, 5);
}

static void refused(void)
{
	struct timespec bad = {0, 1000000000}, past = {0, 0}, before = {-1, 0};
	char bytes[32];
	unsigned priority;

	begin();
	queue = make("q", O_RDWR, 1, 16);
	unlink_("q");
	CHECK_EQ(post(99, bytes, 1, 32768), -EINVAL);
	CHECK_EQ(post_until(99, bytes, 1, 32768, BAD), -EFAULT);
	CHECK_EQ(post_until(99, bytes, 1, 0, &bad), -EINVAL);
	CHECK_EQ(post_until(queue, bytes, 1, 0, &before), -EINVAL);
	CHECK_EQ(post(99, BAD, 17, 0), -EBADF);
	CHECK_EQ(post(queue, BAD, 17, 0), -EMSGSIZE);
	CHECK_EQ(post(queue, BAD, -1, 0), -EMSGSIZE);
	CHECK_EQ(post(queue, BAD, 16, 0), -EFAULT);
	CHECK_EQ(attributes_of(queue).count, 0);
	CHECK_EQ(fetch_until(99, bytes, 16, &priority, &bad), -EINVAL);
	CHECK_EQ(fetch(99, bytes, 15, &priority), -EBADF);
	CHECK_EQ(fetch(queue, bytes, 15, &priority), -EMSGSIZE);
	CHECK_EQ(fetch_until(queue, bytes, 16, &priority, &past), -ETIMEDOUT);
	CHECK_EQ(post(queue, "x", 1, 0), 0);
	CHECK_EQ(post_until(queue, "y", 1, 0, &past), -ETIMEDOUT);
	CHECK_EQ(fetch(queue, BAD, 16, &priority), -EFAULT);
	CHECK_EQ(attributes_of(queue).count, 0); /* it is lost */
	CHECK_EQ(post(queue, "x", 1, 0), 0);
	CHECK_EQ(fetch(queue, bytes, 16, BAD), -EFAULT);
	CHECK_EQ(attributes_of(queue).count, 0);
	CHECK_EQ(post_until(queue, "x", 1, 0, &past), 0); /* nobody has to wait */
	CHECK_EQ(fetch_until(queue, bytes, 16, &priority, &past), 1);
}

static void not_waiting(void)
{
	char bytes[16];

	begin();
	queue = make("q", O_RDWR | O_NONBLOCK, 2, 16);
	unlink_("q");
	CHECK_EQ(fetch(queue, bytes, 16, NULL), -EAGAIN);
	CHECK_EQ(post(queue, "a", 1, 0), 0);
	CHECK_EQ(post(queue, "b", 1, 0), 0);
	CHECK_EQ(post(queue, "c", 1, 0), -EAGAIN);
	CHECK_EQ(post(queue, BAD, 1, 0), -EFAULT); /* it is fetched before */
	CHECK_EQ(fetch(queue, bytes, 16, NULL), 1);
	CHECK_EQ(bytes[0], 'a');
}

/* The time has come, and not before. */
static void check_reached(const struct timespec *until)
{
	struct timespec now = in_ms(CLOCK_REALTIME, 0);

	CHECK(now.tv_sec > until->tv_sec ||
		(now.tv_sec == until->tv_sec && now.tv_nsec >= until->tv_nsec));
}

static void in_time(void)
{
	struct timespec until;
	char bytes[16];

	begin();
	queue = make("q", O_RDWR, 1, 16);
	unlink_("q");
	until = in_ms(CLOCK_REALTIME, 30);
	CHECK_EQ(fetch_until(queue, bytes, 16, NULL, &until), -ETIMEDOUT);
	check_reached(&until);
	CHECK_EQ(post(queue, "a", 1, 0), 0);
	CHECK_EQ(attributes_of(queue).count, 1); /* who gave up is not handed it */
	until = in_ms(CLOCK_REALTIME, 30);
	CHECK_EQ(post_until(queue, "b", 1, 0, &until), -ETIMEDOUT);
	check_reached(&until);
	CHECK_EQ(fetch(queue, bytes, 16, NULL), 1);
	CHECK_EQ(bytes[0], 'a');
	CHECK_EQ(attributes_of(queue).count, 0); /* and has left nothing behind */
}

static long receives(void *argument)
{
	long i = (long)argument;
	char bytes[16] = "";

	threads[i].up = true;
	results[i] = fetch(queue, bytes, 16, NULL);
	letters[i] = bytes[0];
	return 0;
}

static long sends(void *argument)
{
	long i = (long)argument;
	char letter = (char)('a' + i);

	threads[i].up = true;
	results[i] = post(queue, &letter, 1, (unsigned)i);
	return 0;
}

static void start(int i, long (*body)(void *))
{
	threads[i].up = false;
	results[i] = 1000;
	thread_start(&threads[i], body, (void *)(long)i);
	thread_settle(&threads[i]);
}

static void receivers_wait(void)
{
	begin();
	queue = make("q", O_RDWR, 2, 16);
	unlink_("q");
	for (int i = 0; i < 4; i++)
		start(i, receives);
	for (int i = 0; i < 4; i++) {
		char letter = (char)('A' + i);

		CHECK_EQ(post(queue, &letter, 1, (unsigned)i), 0);
	}
	for (int i = 0; i < 4; i++) {
		thread_join(&threads[i]);
		CHECK_EQ(results[i], 1);
		CHECK_EQ(letters[i], 'A' + i); /* who came first is served first */
	}
}

static void senders_wait(void)
{
	char bytes[16];

	begin();
	queue = make("q", O_RDWR, 1, 16);
	unlink_("q");
	CHECK_EQ(post(queue, "!", 1, 9), 0);
	for (int i = 0; i < 4; i++)
		start(i, sends);
	CHECK_EQ(attributes_of(queue).count, 1);
	CHECK_EQ(fetch(queue, bytes, 16, NULL), 1);
	CHECK_EQ(bytes[0], '!');
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(fetch(queue, bytes, 16, NULL), 1);
		CHECK_EQ(bytes[0], 'a' + i); /* the first that came, not the most urgent */
	}
	for (int i = 0; i < 4; i++) {
		thread_join(&threads[i]);
		CHECK_EQ(results[i], 0);
	}
}

static void interrupted(void)
{
	begin();
	queue = make("q", O_RDWR, 1, 16);
	unlink_("q");
	set_action(SIGUSR1, note_signal, 0);
	start(0, receives);
	CHECK_EQ(sys_call3(SYS_tgkill, sys_getpid(), threads[0].tid, SIGUSR1), 0);
	thread_join(&threads[0]);
	CHECK_EQ(results[0], -EINTR);
	set_action(SIGUSR1, note_signal, SA_RESTART);
	start(0, receives);
	CHECK_EQ(sys_call3(SYS_tgkill, sys_getpid(), threads[0].tid, SIGUSR1), 0);
	while (handled < 2)
		sleep_ms(1);
	CHECK_EQ(post(queue, "r", 1, 0), 0);
	thread_join(&threads[0]);
	CHECK_EQ(results[0], 1);
	CHECK_EQ(letters[0], 'r');
	set_action(SIGUSR1, note_signal, 0);
	CHECK_EQ(post(queue, "f", 1, 0), 0);
	start(1, sends);
	CHECK_EQ(sys_call3(SYS_tgkill, sys_getpid(), threads[1].tid, SIGUSR1), 0);
	thread_join(&threads[1]);
	CHECK_EQ(results[1], -EINTR);
	CHECK_EQ(attributes_of(queue).count, 1);
}

static void child_echoes(void)
{
	char bytes[16];
	unsigned priority;
	int back = (int)mq_open_("back", O_WRONLY, 0, NULL);

	for (int i = 0; i < 200; i++) {
		long n = fetch(queue, bytes, 16, &priority);

		CHECK(n > 0);
		CHECK_EQ(post(back, bytes, n, priority + 1), 0);
	}
}

static void between_processes(void)
{
	char bytes[16];
	unsigned priority;
	long pid;
	int back;

	begin();
	queue = make("q", O_RDWR, 4, 16);
	back = make("back", O_RDWR, 1, 16);
	pid = spawn(child_echoes);
	for (int i = 0; i < 200; i++) {
		memset(bytes, i, 16);
		CHECK_EQ(post(queue, bytes, i % 16 + 1, (unsigned)i), 0);
		CHECK_EQ(fetch(back, bytes, 16, &priority), i % 16 + 1);
		CHECK_EQ(priority, i + 1);
		CHECK_EQ((unsigned char)bytes[i % 16], i);
	}
	expect_exit(pid, 0);
	CHECK_EQ(unlink_("q"), 0);
	CHECK_EQ(unlink_("back"), 0);
}

static void large(void)
{
	char *bytes = map_pages(50, PROT_READ | PROT_WRITE);
	long size = 50 * (long)PAGE;

	begin();
	need_resources();
	queue = make("q", O_RDWR, 2, size);
	unlink_("q");
	for (long i = 0; i < size; i++)
		bytes[i] = (char)(i * 7 >> 3);
	CHECK_EQ(post(queue, bytes, size, 1), 0);
	memset(bytes, 0, (size_t)size);
	CHECK_EQ(fetch(queue, bytes, size, NULL), size);
	for (long i = 0; i < size; i++)
		CHECK_EQ(bytes[i], (char)(i * 7 >> 3));
}

static const struct test_case cases[] = {
	CASE("the most urgent first, the oldest of those", order),
	CASE("what makes no sense is refused, in Linux's order", refused),
	CASE("without waiting", not_waiting),
	CASE("until a time", in_time),
	CASE("receivers wait", receivers_wait),
	CASE("senders wait", senders_wait),
	CASE("signals", interrupted),
	CASE("between processes", between_processes),
	CASE("large messages", large),
};

TEST_SUITE(moving, cases);
