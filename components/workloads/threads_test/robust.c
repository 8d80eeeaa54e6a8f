/* robust: what a thread leaves behind, and lists that lead nowhere. */
#include <stddef.h>

#include <workloads/threads_test/thread.h>

struct entry {
	struct entry *next;
	volatile int word;
};

static struct {
	struct entry *first;
	long offset;
	struct entry *pending;
} head;

static struct entry entries[4];
static struct thread one, two;
static volatile int result;

static void make_list(int count)
{
	head.first = count ? &entries[0] : (struct entry *)&head;
	head.offset = offsetof(struct entry, word);
	head.pending = NULL;
	for (int i = 0; i < count; i++)
		entries[i].next = i + 1 < count ? &entries[i + 1] : (struct entry *)&head;
}

static void register_list(void)
{
	CHECK_EQ(sys_call3(SYS_set_robust_list, (long)&head, sizeof(head), 0), 0);
}

static long dies_holding(void *argument)
{
	int tid = (int)gettid_();

	(void)argument;
	make_list(4);
	entries[0].word = tid;
	entries[1].word = tid | (int)FUTEX_WAITERS;
	entries[2].word = 0;
	entries[3].word = tid + 1; /* somebody else's */
	register_list();
	return 0;
}

static void marks_what_is_held(void)
{
	thread_start(&one, dies_holding, NULL);
	int tid = one.tid;

	thread_join(&one);
	CHECK_EQ(entries[0].word, FUTEX_OWNER_DIED);
	CHECK_EQ((unsigned)entries[1].word, FUTEX_OWNER_DIED | FUTEX_WAITERS);
	CHECK_EQ(entries[2].word, 0);
	CHECK(tid == 0 || entries[3].word == tid + 1);
}

static volatile int gate;

static long dies_at_gate(void *argument)
{
	(void)argument;
	make_list(1);
	entries[0].word = (int)gettid_() | (int)FUTEX_WAITERS;
	register_list();
	one.up = true;
	while (gate == 0)
		futex_wait(&gate, 0);
	return 0;
}

static long waits_for_owner(void *argument)
{
	result = (int)futex(&entries[0].word, FUTEX_WAIT, (long)argument, NULL, NULL, 0) + 100;
	return 0;
}

static void wakes_who_waits(void)
{
	thread_start(&one, dies_at_gate, NULL);
	thread_settle(&one);
	thread_start(&two, waits_for_owner, (void *)(long)entries[0].word);
	await_waiters(&entries[0].word, 0, 1);
	gate = 1;
	futex_wake(&gate, 1);
	thread_join(&two);
	CHECK_EQ(result, 100);
	CHECK_EQ((unsigned)entries[0].word, FUTEX_OWNER_DIED | FUTEX_WAITERS);
}

static long dies_in_the_middle(void *argument)
{
	(void)argument;
	make_list(0);
	entries[1].word = (int)gettid_();
	head.pending = &entries[1];
	register_list();
	return 0;
}

static void pending_entry(void)
{
	thread_start(&one, dies_in_the_middle, NULL);
	thread_join(&one);
	CHECK_EQ(entries[1].word, FUTEX_OWNER_DIED);
}

static long dies_with_a_ring(void *argument)
{
	int tid = (int)gettid_();

	(void)argument;
	make_list(2);
	entries[1].next = &entries[0]; /* and never the head */
	entries[0].word = tid;
	entries[1].word = tid;
	register_list();
	return 0;
}

static long dies_with_garbage(void *argument)
{
	make_list(2);
	entries[0].word = (int)gettid_();
	entries[0].next = argument;
	register_list();
	return 0;
}

static void lists_that_lead_nowhere(void)
{
	static void *const nowhere[] = {
		NULL, (void *)8, (void *)(1UL << 47), (void *)-8L, (void *)3};

	thread_start(&one, dies_with_a_ring, NULL);
	thread_join(&one);
	CHECK_EQ(entries[0].word, FUTEX_OWNER_DIED);
	CHECK_EQ(entries[1].word, FUTEX_OWNER_DIED);
	for (int i = 0; i < 5; i++) {
		thread_start(&one, dies_with_garbage, nowhere[i]);
		thread_join(&one);
		CHECK_EQ(entries[0].word, FUTEX_OWNER_DIED);
	}
}

static long dies_with_a_head_nowhere(void *argument)
{
	return sys_call3(SYS_set_robust_list, (long)argument, sizeof(head), 0);
}

static void heads_that_are_nowhere(void)
{
	thread_start(&one, dies_with_a_head_nowhere, (void *)8);
	thread_join(&one);
	thread_start(&one, dies_with_a_head_nowhere, (void *)-1L);
	thread_join(&one);
	CHECK_EQ(sys_call3(SYS_set_robust_list, 0, sizeof(head) - 1, 0), -EINVAL);
}

static void asked_for(void)
{
	void *list;
	size_t size = 0;

	register_list();
	CHECK_EQ(sys_call3(SYS_get_robust_list, 0, (long)&list, (long)&size), 0);
	CHECK(list == &head && size == sizeof(head));
	CHECK_EQ(sys_call3(SYS_get_robust_list, gettid_(), (long)&list, (long)&size), 0);
	CHECK_EQ(sys_call3(SYS_get_robust_list, 4000000, (long)&list, (long)&size), -ESRCH);
	CHECK_EQ(sys_call3(SYS_get_robust_list, 0, 8, (long)&size), -EFAULT);
	CHECK_EQ(sys_call3(SYS_get_robust_list, 0, (long)&list, 8), -EFAULT);
}

static const struct test_case cases[] = {
	CASE("what is held is marked", marks_what_is_held),
	CASE("who waits is woken", wakes_who_waits),
	CASE("an entry on its way", pending_entry),
	CASE("lists that lead nowhere", lists_that_lead_nowhere),
	CASE("heads that are nowhere", heads_that_are_nowhere),
	CASE("which list it is", asked_for),
};
TEST_SUITE(robust, cases);
