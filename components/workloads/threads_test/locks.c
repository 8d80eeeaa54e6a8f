/* locks: futexes that are handed from owner to waiter (FUTEX_LOCK_PI). */
#include <workloads/threads_test/thread.h>

static struct thread threads[6];
static volatile int word, other, order[8], count, gate;
static volatile long result;

static long lock(volatile int *at)
{
	return futex(at, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0);
}

static long unlock(volatile int *at)
{
	return futex(at, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0);
}

static void alone(void)
{
	CHECK_EQ(lock(&word), 0);
	CHECK_EQ(word, gettid_());
	CHECK_EQ(lock(&word), -EDEADLK);
	CHECK_EQ(futex(&word, FUTEX_TRYLOCK_PI | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0), -EDEADLK);
	CHECK_EQ(unlock(&word), 0);
	CHECK_EQ(word, 0);
	CHECK_EQ(unlock(&word), -EPERM);
	CHECK_EQ(futex(&word, FUTEX_TRYLOCK_PI | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0), 0);
	CHECK_EQ(unlock(&word), 0);
}

static long takes_and_notes(void *argument)
{
	if (lock(&word) != 0)
		return 1;
	order[count++] = (int)(long)argument;
	return unlock(&word);
}

static void await_lock_waiters(const struct thread *thread)
{
	(void)thread;
	sleep_ms(15);
}

/* In the order in which they came, and nobody in between. */
static void handed_over(void)
{
	CHECK_EQ(lock(&word), 0);
	for (long i = 0; i < 4; i++) {
		thread_start(&threads[i], takes_and_notes, (void *)i);
		await_lock_waiters(&threads[i]);
	}
	CHECK_EQ((unsigned)word, (unsigned)gettid_() | FUTEX_WAITERS);
	int first = threads[0].tid;
	CHECK_EQ(unlock(&word), 0);
	CHECK((word & FUTEX_TID_MASK) != (unsigned)gettid_());
	(void)first;
	for (int i = 0; i < 4; i++)
		thread_join(&threads[i]);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(order[i], i);
	CHECK_EQ(word, 0);
}

static void no_such_owner(void)
{
	word = 4000000;
	CHECK_EQ(lock(&word), -ESRCH);
}

static long holds(void *argument)
{
	struct thread *thread = argument;

	lock(&word);
	thread->up = true;
	while (gate == 0)
		futex_wait(&gate, 0);
	result = unlock(&word);
	return 0;
}

static void let_go(void)
{
	gate = 1;
	futex_wake(&gate, 1);
	thread_join(&threads[0]);
}

static void held_by_another(void)
{
	struct timespec past = {1, 0};

	thread_start(&threads[0], holds, &threads[0]);
	thread_settle(&threads[0]);
	CHECK_EQ(futex(&word, FUTEX_TRYLOCK_PI | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0), -EAGAIN);
	CHECK_EQ(unlock(&word), -EPERM);
	CHECK_EQ(futex(&word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, &past, NULL, 0), -ETIMEDOUT);
	let_go();
	CHECK_EQ(result, 0);
	CHECK_EQ(word, 0);
}

static long waits_plainly(void *argument)
{
	(void)argument;
	return futex_wait(&word, 0);
}

static long waits_for_lock(void *argument)
{
	(void)argument;
	result = lock(&word);
	unlock(&word);
	return 0;
}

/* Locks and plain futexes do not mix. */
static void mixed(void)
{
	CHECK_EQ(lock(&word), 0);
	thread_start(&threads[0], waits_for_lock, NULL);
	await_lock_waiters(&threads[0]);
	CHECK_EQ(futex_wake(&word, 1), -EINVAL);
	CHECK_EQ(
		futex(&word, FUTEX_REQUEUE | FUTEX_PRIVATE_FLAG, 0, (void *)1, &other, 0), -EINVAL);
	CHECK_EQ(unlock(&word), 0);
	thread_join(&threads[0]);
	word = 0;
	thread_start(&threads[0], waits_plainly, NULL);
	await_waiters(&word, FUTEX_PRIVATE_FLAG, 1);
	word = threads[0].tid;
	CHECK_EQ(lock(&word), -EINVAL);
	CHECK_EQ(futex_wake(&word, 1), 1);
	thread_join(&threads[0]);
}

static long dies_holding(void *argument)
{
	struct thread *thread = argument;

	lock(&word);
	thread->up = true;
	while (gate == 0)
		futex_wait(&gate, 0);
	return 0;
}

/* Who waits gets it from an owner that has ended, and can tell. */
static void owner_dies(void)
{
	thread_start(&threads[0], dies_holding, &threads[0]);
	thread_settle(&threads[0]);
	thread_start(&threads[1], waits_for_lock, NULL);
	await_lock_waiters(&threads[1]);
	gate = 1;
	futex_wake(&gate, 1);
	thread_join(&threads[0]);
	thread_join(&threads[1]);
	CHECK_EQ(result, 0);
}

static long crosses(void *argument)
{
	struct thread *thread = argument;

	lock(&other);
	thread->up = true;
	lock(&word);
	unlock(&word);
	return unlock(&other);
}

static void deadlock(void)
{
	CHECK_EQ(lock(&word), 0);
	thread_start(&threads[0], crosses, &threads[0]);
	thread_settle(&threads[0]);
	CHECK_EQ(lock(&other), -EDEADLK);
	CHECK_EQ(unlock(&word), 0);
	thread_join(&threads[0]);
}

static volatile int inside, total;

static long works(void *argument)
{
	for (int i = 0; i < 100; i++) {
		if (lock(&word) != 0)
			return 1;
		CHECK_EQ(inside++, 0);
		if (i % 4 == (long)argument % 4)
			sys_sched_yield();
		total++;
		inside--;
		if (unlock(&word) != 0)
			return 1;
	}
	return 0;
}

static void mutual_exclusion(void)
{
	for (long i = 0; i < 6; i++)
		thread_start(&threads[i], works, (void *)i);
	for (int i = 0; i < 6; i++)
		thread_join(&threads[i]);
	CHECK_EQ(total, 600);
	CHECK_EQ(word, 0);
}

static const struct test_case cases[] = {
	CASE("taken, freed, refused", alone),
	CASE("handed over in order", handed_over),
	CASE("an owner who is not there", no_such_owner),
	CASE("held by another", held_by_another),
	CASE("with plain futexes", mixed),
	CASE("an owner who ends", owner_dies),
	CASE("two who wait for each other", deadlock),
	CASE("many who want it", mutual_exclusion),
};
TEST_SUITE(locks, cases);
