/*
 * random: futex operations by chance, each held against a model.
 *
 * The waiters are threads that do one wait after the other as they are told. The model knows for
 * each on which word it waits and for which bits. Whom an operation of a waker wakes of several
 * that match is the kernel's choice; how many, and that each matched, is not.
 */
#include <workloads/threads_test/thread.h>

#define WAITERS    10
#define WORDS      4
#define OPERATIONS 400
#define P          FUTEX_PRIVATE_FLAG

static volatile int words[WORDS];

static struct waiter {
	struct thread thread;
	volatile int told; /* 1: wait; 2: end */
	volatile int back; /* its wait is over */
	volatile long result;
	volatile int *at;
	unsigned bits;
	int word; /* the model's: where it waits; -1: it does not */
} waiters[WAITERS];

static uint64_t state;

static unsigned chance(unsigned n)
{
	state ^= state << 13; /* Marsaglia 2003 */
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 20) % n;
}

static long waiter_main(void *argument)
{
	struct waiter *w = argument;

	for (;;) {
		while (w->told == 0)
			futex_wait(&w->told, 0);
		if (w->told == 2)
			return 0;
		w->told = 0;
		w->result = futex(w->at, FUTEX_WAIT_BITSET | P, 0, NULL, NULL, w->bits);
		w->back = 1;
		futex_wake(&w->back, 1);
	}
}

static int waiting_on(int word, unsigned bits)
{
	int count = 0;

	for (int i = 0; i < WAITERS; i++)
		count += waiters[i].word == word && (waiters[i].bits & bits);
	return count;
}

static void tell(struct waiter *w, int what)
{
	w->told = what;
	futex_wake(&w->told, 1);
}

static void begin_wait(struct waiter *w)
{
	w->word = (int)chance(WORDS);
	w->bits = 1u << chance(4) | 1u << chance(4);
	w->at = &words[w->word];
	w->back = 0;
	tell(w, 1);
	await_waiters(w->at, P, waiting_on(w->word, ~0u));
}

/* So many of those on the word with such bits come back, and nobody else. */
static void expect_back(int word, unsigned bits, int count)
{
	int before = waiting_on(word, bits);

	while (before - waiting_on(word, bits) < count) {
		bool any = false;

		for (int i = 0; i < WAITERS; i++) {
			struct waiter *w = &waiters[i];

			if (w->word < 0 || !w->back)
				continue;
			CHECK_EQ(w->word, word);
			CHECK(w->bits & bits);
			CHECK_EQ(w->result, 0);
			w->word = -1;
			any = true;
		}
		if (!any)
			sleep_ms(1);
	}
	CHECK_EQ(before - waiting_on(word, bits), count);
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

static void wake(void)
{
	int word = (int)chance(WORDS), count = 1 + (int)chance(WAITERS);
	unsigned bits = chance(2) ? ~0u : 1 + chance(15);
	int expected = least(count, waiting_on(word, bits));

	CHECK_EQ(futex(&words[word], FUTEX_WAKE_BITSET | P, count, NULL, NULL, bits), expected);
	expect_back(word, bits, expected);
}

/*
 * Whom of the waiters was moved the kernel does not say: each of them is looked for by its bits
 * no more, so all that may have been are woken where they may be.
 */
static void requeue(void)
{
	int from = (int)chance(WORDS), to = (int)chance(WORDS), woken = (int)chance(3);
	int moved = (int)chance(WAITERS), there = waiting_on(from, ~0u);
	bool good = chance(4) != 0;
	long result = futex(&words[from], FUTEX_CMP_REQUEUE | P, woken, (void *)(long)moved,
		&words[to], good ? 0 : 1);

	if (!good) {
		CHECK_EQ(result, -EAGAIN);
		return;
	}
	woken = least(woken, there);
	moved = least(moved, there - woken);
	CHECK_EQ(result, woken + moved);
	expect_back(from, ~0u, woken);
	if (from == to)
		return;
	CHECK_EQ(futex_waiters(&words[from], P), there - woken - moved);
	CHECK_EQ(futex(&words[from], FUTEX_REQUEUE | P, 0, (void *)1000L, &words[to], 0),
		there - woken - moved);
	for (int i = 0; i < WAITERS; i++)
		if (waiters[i].word == from)
			waiters[i].word = to;
}

static void wake_operation(void)
{
	int first = (int)chance(WORDS), second = (int)chance(WORDS), count = 1 + (int)chance(3);
	bool holds = chance(2);
	int expected = least(count, waiting_on(first, ~0u)), more = 0;
	long result = futex(&words[first], FUTEX_WAKE_OP | P, count, (void *)2L, &words[second],
		OPERATION(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, holds ? 0 : 1));

	if (holds)
		more = first == second ? least(2, waiting_on(first, ~0u) - expected)
				       : least(2, waiting_on(second, ~0u));
	CHECK_EQ(result, expected + more);
	if (first == second) {
		expect_back(first, ~0u, expected + more);
		return;
	}
	/* Both may come back in either order. */
	for (int i = 0, back = 0; back < expected + more; i = (i + 1) % WAITERS) {
		struct waiter *w = &waiters[i];

		if (w->word >= 0 && w->back) {
			CHECK(w->word == first || w->word == second);
			w->word = -1;
			back++;
		} else if (i == WAITERS - 1) {
			sleep_ms(1);
		}
	}
}

static void run(uint64_t seed)
{
	state = seed;
	for (int i = 0; i < WAITERS; i++) {
		waiters[i].word = -1;
		waiters[i].told = 0;
		thread_start(&waiters[i].thread, waiter_main, &waiters[i]);
	}
	for (int n = 0; n < OPERATIONS; n++) {
		struct waiter *idle = &waiters[chance(WAITERS)];

		if (idle->word < 0)
			begin_wait(idle);
		else if (chance(3) == 0)
			requeue();
		else if (chance(3) == 0)
			wake_operation();
		else if (chance(2))
			wake();
		for (int i = 0; i < WORDS; i++)
			CHECK_EQ(futex_waiters(&words[i], P), waiting_on(i, ~0u));
	}
	for (int i = 0; i < WORDS; i++)
		expect_back(i, ~0u, (int)futex_wake(&words[i], 1000));
	for (int i = 0; i < WAITERS; i++)
		tell(&waiters[i], 2);
	for (int i = 0; i < WAITERS; i++)
		thread_join(&waiters[i].thread);
}

static void against_a_model(void)
{
	for (uint64_t seed = 1; seed <= 3; seed++)
		run(seed * 0x9e3779b97f4a7c15);
}

static const struct test_case cases[] = {
	CASE("each operation's answer is the model's", against_a_model),
};
TEST_SUITE(random_futexes, cases);
