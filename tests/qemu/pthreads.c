/*
 * pthreads: what the C library of this machine makes of a kernel's threads. Compiled here, linked
 * dynamically, run here and on every kernel; each line says what came of one thing that the library
 * offers, and both say the same.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 8
#define ROUNDS  500

static pthread_t threads[THREADS];
static int total;

static void start_all(void *(*body)(void *))
{
	for (long i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, body, (void *)i) != 0)
			abort();
}

static long join_all(void)
{
	long sum = 0;

	for (int i = 0; i < THREADS; i++) {
		void *result;

		if (pthread_join(threads[i], &result) != 0)
			abort();
		sum += (long)result;
	}
	return sum;
}

/* --- mutexes of every kind --- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *adds(void *argument)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		int seen = total;
		if (i % 50 == (long)argument)
			sched_yield();
		total = seen + 1;
		pthread_mutex_unlock(&mutex);
	}
	return argument;
}

static void try_mutex(const char *name, int type, int robust, int protocol)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, type);
	pthread_mutexattr_setrobust(&attributes, robust);
	pthread_mutexattr_setprotocol(&attributes, protocol);
	pthread_mutex_init(&mutex, &attributes);
	total = 0;
	start_all(adds);
	printf("%s: threads returned %ld", name, join_all());
	printf(", counted %d\n", total);
	pthread_mutex_destroy(&mutex);
}

static void *dies_with_mutex(void *argument)
{
	pthread_mutex_lock(&mutex);
	return argument;
}

static void robust_mutex(int protocol)
{
	pthread_mutexattr_t attributes;
	pthread_t thread;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setprotocol(&attributes, protocol);
	pthread_mutex_init(&mutex, &attributes);
	pthread_create(&thread, NULL, dies_with_mutex, NULL);
	pthread_join(thread, NULL);
	printf("an owner that died: %s, ", strerror(pthread_mutex_lock(&mutex)));
	printf("made consistent: %s\n", strerror(pthread_mutex_consistent(&mutex)));
	pthread_mutex_unlock(&mutex);
	pthread_mutex_destroy(&mutex);
}

/* --- a queue with conditions --- */

static pthread_mutex_t queue_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER, emptied = PTHREAD_COND_INITIALIZER;
static int queue[4], queued, produced, consumed;

static void *produces_or_consumes(void *argument)
{
	long sum = 0;

	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&queue_mutex);
		if ((long)argument % 2) {
			while (queued == 4)
				pthread_cond_wait(&emptied, &queue_mutex);
			queue[queued++] = ++produced;
			pthread_cond_signal(&filled);
		} else {
			while (queued == 0)
				pthread_cond_wait(&filled, &queue_mutex);
			sum += queue[--queued];
			consumed++;
			pthread_cond_broadcast(&emptied);
		}
		pthread_mutex_unlock(&queue_mutex);
	}
	return (void *)sum;
}

static void conditions(void)
{
	struct timespec until;

	start_all(produces_or_consumes);
	printf("conditions: sum %ld, ", join_all());
	printf("produced %d, consumed %d, left %d\n", produced, consumed, queued);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 20000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&queue_mutex);
	printf("a condition nobody signals: %s\n",
		strerror(pthread_cond_timedwait(&filled, &queue_mutex, &until)));
	pthread_mutex_unlock(&queue_mutex);
}

/* --- barriers, readers and writers, semaphores, once --- */

static pthread_barrier_t barrier;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t semaphore;
static int steps[THREADS], onces, written;

static void only_once(void)
{
	onces++;
}

static void *steps_together(void *argument)
{
	long me = (long)argument, behind = 0;

	for (int i = 0; i < 50; i++) {
		pthread_once(&once, only_once);
		steps[me]++;
		pthread_barrier_wait(&barrier);
		for (int j = 0; j < THREADS; j++)
			behind += steps[j] != i + 1;
		pthread_barrier_wait(&barrier);
	}
	return (void *)behind;
}

static void *reads_or_writes(void *argument)
{
	long torn = 0;

	for (int i = 0; i < ROUNDS; i++) {
		if (((long)argument + i) % 4 == 0) {
			pthread_rwlock_wrlock(&rwlock);
			written++;
			if (i % 100 == 0)
				sched_yield();
			written++;
		} else {
			pthread_rwlock_rdlock(&rwlock);
			torn += written % 2;
		}
		pthread_rwlock_unlock(&rwlock);
		sem_wait(&semaphore);
		sem_post(&semaphore);
	}
	return (void *)torn;
}

static void together(void)
{
	pthread_barrier_init(&barrier, NULL, THREADS);
	sem_init(&semaphore, 0, 2);
	start_all(steps_together);
	printf("barriers: %ld were behind, ", join_all());
	printf("once: %d\n", onces);
	start_all(reads_or_writes);
	printf("readers and writers: %ld torn, ", join_all());
	printf("%d written\n", written);
}

/* --- what each has for itself --- */

static __thread int mine;
static __thread char much[5000];
static pthread_key_t key;
static int destroyed;

static void destroys(void *value)
{
	__atomic_fetch_add(&destroyed, (int)(long)value, __ATOMIC_SEQ_CST);
}

static void *keeps_its_own(void *argument)
{
	mine = (int)(long)argument;
	memset(much, (int)(long)argument, sizeof(much));
	pthread_setspecific(key, (void *)((long)argument + 1));
	pthread_barrier_wait(&barrier);
	errno = mine;
	for (int i = 0; i < 20; i++)
		sched_yield();
	return (void *)(long)(mine == (long)argument && much[4999] == mine && errno == mine);
}

static void own(void)
{
	pthread_key_create(&key, destroys);
	start_all(keeps_its_own);
	printf("each has its own: %ld, ", join_all());
	printf("destroyed %d\n", destroyed);
}

/* --- cancellation --- */

static int cleaned;

static void cleans(void *argument)
{
	(void)argument;
	__atomic_fetch_add(&cleaned, 1, __ATOMIC_SEQ_CST);
}

static void *waits_to_be_cancelled(void *argument)
{
	int fds[2];
	char byte;

	pthread_cleanup_push(cleans, NULL);
	if ((long)argument % 3 == 0) {
		if (pipe(fds) == 0 && read(fds[0], &byte, 1) == 1)
			abort();
	} else if ((long)argument % 3 == 1) {
		pthread_mutex_lock(&queue_mutex);
		pthread_cleanup_push((void (*)(void *))pthread_mutex_unlock, &queue_mutex);
		for (;;)
			pthread_cond_wait(&filled, &queue_mutex);
		pthread_cleanup_pop(1);
	} else {
		pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
		for (;;)
			;
	}
	pthread_cleanup_pop(1);
	return NULL;
}

static void cancellation(void)
{
	int cancelled = 0;

	start_all(waits_to_be_cancelled);
	usleep(20000);
	for (int i = 0; i < THREADS; i++)
		pthread_cancel(threads[i]);
	for (int i = 0; i < THREADS; i++) {
		void *result;

		pthread_join(threads[i], &result);
		cancelled += result == PTHREAD_CANCELED;
	}
	printf("cancelled: %d, cleaned up: %d\n", cancelled, cleaned);
}

/* --- signals, processes --- */

static void *waits_for_signals(void *argument)
{
	sigset_t set;
	int signal = 0, got = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGTERM);
	while (signal != SIGTERM) {
		sigwait(&set, &signal);
		got += signal == SIGUSR1;
	}
	(void)argument;
	return (void *)(long)got;
}

static void signals(void)
{
	pthread_t thread;
	sigset_t set;
	void *got;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pthread_create(&thread, NULL, waits_for_signals, NULL);
	pthread_kill(thread, SIGUSR1);
	usleep(10000);
	kill(getpid(), SIGUSR1);
	usleep(10000);
	kill(getpid(), SIGTERM);
	pthread_join(thread, &got);
	printf("sigwait: %ld\n", (long)got);
}

static void *makes_processes(void *argument)
{
	char *argv[] = {"/proc/self/exe", "child", NULL}, *envp[] = {NULL};
	int status, sum = 0;
	pid_t pid;

	for (int i = 0; i < 3; i++) {
		if (posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, envp) != 0)
			abort();
		waitpid(pid, &status, 0);
		sum += WEXITSTATUS(status);
		pid = fork();
		if (pid == 0)
			_exit(mine == (int)(long)argument ? 2 : 3);
		waitpid(pid, &status, 0);
		sum += WEXITSTATUS(status);
	}
	return (void *)(long)sum;
}

static void *ends_the_process(void *argument)
{
	usleep(10000);
	puts("the last thread ends the process");
	(void)argument;
	exit(0);
}

int main(int argc, char **argv)
{
	pthread_t thread;

	(void)argv;
	if (argc > 1)
		return 5;
	setvbuf(stdout, NULL, _IOLBF, 0);
	try_mutex("plain", PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
	try_mutex("recursive", PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
	try_mutex("checking", PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_NONE);
	try_mutex("inheriting", PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_INHERIT);
	robust_mutex(PTHREAD_PRIO_NONE);
	robust_mutex(PTHREAD_PRIO_INHERIT);
	conditions();
	together();
	own();
	cancellation();
	signals();
	start_all(makes_processes);
	printf("processes of threads: %ld\n", join_all());
	pthread_create(&thread, NULL, ends_the_process, NULL);
	pthread_exit(NULL);
}
