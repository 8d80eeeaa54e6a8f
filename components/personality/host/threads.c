/*
 * threads: clients, and who of them runs.
 *
 * All of them are threads of the test program that hold one lock; `running`
 * says whose turn it is. Taking turns happens in switch_away() alone.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <host.h>
#include <services/initramfs/initramfs.h>

enum host_state {
	HOST_CREATED,
	HOST_READY,
	HOST_ASLEEP,
	HOST_GONE,  /* its client has ended; it may still be on its way out of the monitor */
	HOST_ENDED, /* it will touch nothing any more, and can be joined */
};

struct host_thread {
	pthread_t thread;
	pthread_cond_t turn;
	struct proc *proc;
	enum host_state state;
	enum kstatus reason; /* why it woke */
	u64 deadline;
	struct list link; /* in `ready`, or in the queue that it sleeps in */
	struct list all;
	host_program program;
	void *argument;
	host_program child_program; /* for the fork that it is about to make */
	void *child_argument;
};

struct proc *host_current;
enum kstatus host_start_status;
const struct host_transport *host_transport;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct host_thread controller = {.turn = PTHREAD_COND_INITIALIZER}; /* host_run() itself */
static struct host_thread *running = &controller;
static struct list ready = {&ready, &ready};
static struct list threads = {&threads, &threads};
static bool stopping;
static int run_status;
static u64 now;
static u64 random_state;
static struct host_chances chances;
static host_program first_program;
static void *first_argument;

u64 host_random(void)
{
	random_state ^= random_state << 13; /* Marsaglia 2003, xorshift64 */
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

bool host_chance(u32 n)
{
	return n > 0 && host_random() % n == 0;
}

noreturn void host_die(const char *what)
{
	fprintf(stderr, "%s (seed %llu)\n", what, (unsigned long long)chances.seed);
	abort();
}

/* Gives the turn to `next` and waits for it to come back. */
static void hand_over(struct host_thread *next)
{
	struct host_thread *self = running;

	if (next == self)
		return;
	running = next;
	host_current = next->proc;
	pthread_cond_signal(&next->turn);
	if (self->state == HOST_GONE) {
		self->state = HOST_ENDED;
		return;
	}
	while (running != self)
		pthread_cond_wait(&self->turn, &lock);
	if (stopping && self != &controller) {
		self->state = HOST_GONE;
		hand_over(&controller);
		pthread_mutex_unlock(&lock);
		pthread_exit(NULL);
	}
}

static void make_ready(struct host_thread *thread, enum kstatus reason)
{
	list_remove(&thread->link);
	thread->state = HOST_READY;
	thread->reason = reason;
	list_push_back(&ready, &thread->link);
}

/* Moves time on to the earliest deadline and wakes whom it concerns; false if nobody has one. */
static bool pass_time(void)
{
	struct host_thread *each, *first = NULL;

	list_for_each(each, &threads, all)
	{
		if (each->state == HOST_ASLEEP && each->deadline != ENV_FOREVER &&
			(!first || each->deadline < first->deadline))
			first = each;
	}
	if (!first)
		return false;
	now = MAX(now, first->deadline);
	make_ready(first, K_TIMEDOUT);
	return true;
}

/* Somebody else's turn, chosen by chance; the controller's when nobody can run. */
static void switch_away(void)
{
	struct host_thread *next;
	u64 count = 0, pick;

	while (list_is_empty(&ready)) {
		if (!pass_time()) {
			run_status = HOST_DEADLOCK;
			hand_over(&controller);
			return;
		}
	}
	list_for_each(next, &ready, link) count++;
	pick = host_random() % count;
	list_for_each(next, &ready, link)
	{
		if (pick-- == 0)
			break;
	}
	list_remove(&next->link);
	hand_over(next);
}

void host_give_way(void)
{
	if (running == &controller || list_is_empty(&ready))
		return;
	list_push_back(&ready, &running->link);
	switch_away();
}

u64 host_now(void)
{
	return now += 10;
}

u64 env_random(void)
{
	return host_random();
}

/* --- sleeping --- */

void env_queue_init(struct env_queue *queue)
{
	list_init(&queue->sleepers);
}

enum kstatus env_sleep(struct env_queue *queue, u64 deadline)
{
	struct host_thread *self = running;

	check(self != &controller);
	self->state = HOST_ASLEEP;
	self->deadline = deadline;
	list_push_back(&queue->sleepers, &self->link);
	switch_away();
	return self->reason;
}

void env_wakeup_one(struct env_queue *queue)
{
	if (!list_is_empty(&queue->sleepers))
		make_ready(list_entry(queue->sleepers.next, struct host_thread, link), K_OK);
}

void env_wakeup_all(struct env_queue *queue)
{
	while (!list_is_empty(&queue->sleepers))
		env_wakeup_one(queue);
}

void env_interrupt(struct proc *proc)
{
	struct host_thread *thread = proc->client.thread;

	if (thread && thread->state == HOST_ASLEEP)
		make_ready(thread, K_INTERRUPTED);
}

void env_yield(void)
{
	host_give_way();
}

/* --- clients --- */

static void *thread_main(void *argument)
{
	struct host_thread *self = argument;

	pthread_mutex_lock(&lock);
	while (running != self)
		pthread_cond_wait(&self->turn, &lock);
	if (!stopping)
		self->program(self->argument);
	if (!stopping)
		host_sys(231, 0);
	self->state = HOST_GONE;
	hand_over(&controller);
	pthread_mutex_unlock(&lock);
	return NULL;
}

/* Frees what is left of a thread that has ended. */
static void bury(struct host_thread *thread)
{
	check(pthread_join(thread->thread, NULL) == 0);
	list_remove(&thread->all);
	pthread_cond_destroy(&thread->turn);
	free(thread);
}

static void bury_ended(void)
{
	struct host_thread *thread, *after;

	list_for_each_safe(thread, after, &threads, all)
	{
		if (thread->state == HOST_ENDED)
			bury(thread);
	}
}

static enum kstatus create_thread(struct proc *proc, host_program program, void *argument)
{
	struct host_thread *thread = calloc(1, sizeof(*thread));

	bury_ended();
	check(thread && pthread_cond_init(&thread->turn, NULL) == 0);
	thread->proc = proc;
	thread->program = program;
	thread->argument = argument;
	list_init(&thread->link);
	list_push_back(&threads, &thread->all);
	proc->client.thread = thread;
	check(pthread_create(&thread->thread, NULL, thread_main, thread) == 0);
	return K_OK;
}

enum kstatus env_client_create(struct proc *proc)
{
	if (!host_may_allocate())
		return K_NOMEM;
	proc->client.space = host_space_create();
	return create_thread(proc, first_program, first_argument);
}

enum kstatus env_client_fork(struct proc *parent, struct proc *child)
{
	struct host_thread *self = running;

	check(parent == host_current && self->child_program);
	if (!host_may_allocate())
		return K_NOMEM;
	child->client.space = host_space_copy(parent->client.space);
	child->client.thread_pointer = parent->client.thread_pointer;
	return create_thread(child, self->child_program, self->child_argument);
}

void env_client_start(struct proc *proc)
{
	if (proc->client.thread->state == HOST_CREATED)
		make_ready(proc->client.thread, K_OK);
}

void env_client_destroy(struct proc *proc)
{
	check(proc->client.thread && !proc->client.fresh);
	if (proc->client.thread != running)
		list_remove(&proc->client.thread->link);
	proc->client.thread->state = HOST_GONE;
	proc->client.thread->proc = NULL;
	proc->client.thread = NULL;
	host_space_destroy(proc->client.space);
	proc->client.space = NULL;
}

enum kstatus env_exec_begin(struct proc *proc)
{
	check(!proc->client.fresh);
	if (!host_may_allocate())
		return K_NOMEM;
	proc->client.fresh = host_space_create();
	return K_OK;
}

void env_exec_commit(struct proc *proc, vaddr_t entry, vaddr_t stack)
{
	check(proc->client.fresh);
	host_space_destroy(proc->client.space);
	proc->client.space = proc->client.fresh;
	proc->client.fresh = NULL;
	proc->client.entry = entry;
	proc->client.stack = stack;
	proc->client.thread_pointer = 0;
}

void env_exec_abort(struct proc *proc)
{
	check(proc->client.fresh);
	host_space_destroy(proc->client.fresh);
	proc->client.fresh = NULL;
}

enum kstatus env_set_thread_pointer(struct proc *proc, vaddr_t base)
{
	if (base >= ENV_USER_MAX)
		return K_INVAL;
	proc->client.thread_pointer = base;
	return K_OK;
}

vaddr_t env_thread_pointer(struct proc *proc)
{
	return proc->client.thread_pointer;
}

vaddr_t host_entry(void)
{
	return host_current->client.entry;
}

vaddr_t host_stack(void)
{
	return host_current->client.stack;
}

/* --- calls --- */

static long direct_transport(long number, const long a[6])
{
	if (number < 0 || number >= SERVICE_CALLS || !service_calls[number])
		return services_unknown_call(number);
	return service_calls[number](a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* The client of the running thread is no more. */
static noreturn void end_thread(void)
{
	check(running->state == HOST_GONE);
	switch_away();
	pthread_mutex_unlock(&lock);
	pthread_exit(NULL);
}

noreturn void host_fault(vaddr_t address, unsigned access)
{
	services_memory_fault(host_current, address, access);
	end_thread();
}

noreturn void host_exception(unsigned vector)
{
	services_exception(host_current, vector, 0x1234);
	end_thread();
}

long host_call(long number, long a0, long a1, long a2, long a3, long a4, long a5)
{
	const long arguments[6] = {a0, a1, a2, a3, a4, a5};
	struct proc *proc = host_current;
	long result;

	if (host_chance(chances.switch_at_call))
		host_give_way();
	result = host_transport ? host_transport->call(number, arguments)
				: direct_transport(number, arguments);
	if (result == ENV_NO_REPLY)
		end_thread();
	check(host_current == proc);
	if (host_chance(chances.switch_at_call))
		host_give_way();
	return result;
}

long host_fork(int number, host_program program, void *argument)
{
	struct host_thread *self = running;
	long result;

	self->child_program = program;
	self->child_argument = argument;
	result = host_sys(number);
	self->child_program = NULL;
	return result;
}

noreturn void env_power_off(int status)
{
	run_status = status;
	running->state = HOST_GONE;
	hand_over(&controller);
	pthread_mutex_unlock(&lock);
	pthread_exit(NULL);
}

/* --- runs --- */

/* Ends every thread that is left, wherever it is. */
static void take_down(void)
{
	struct host_thread *thread, *after;

	stopping = true;
	list_for_each_safe(thread, after, &threads, all)
	{
		struct proc *proc = thread->proc;

		if (thread->state != HOST_ENDED)
			hand_over(thread);
		if (proc && proc->client.fresh)
			host_space_destroy(proc->client.fresh);
		if (proc && proc->client.space)
			host_space_destroy(proc->client.space);
		pthread_mutex_unlock(&lock);
		bury(thread);
		pthread_mutex_lock(&lock);
	}
	list_init(&ready);
	stopping = false;
}

int host_run(const char *path, const char *args, host_program program, void *argument,
	struct host_chances given)
{
	host_objects_reset();
	host_outside_reset();
	pthread_mutex_lock(&lock);
	now = 0;
	chances = given;
	host_block_in_copy(given.block_in_copy);
	random_state = given.seed * 0x9e3779b97f4a7c15ull + 1;
	first_program = program;
	first_argument = argument;
	run_status = HOST_REFUSED;
	host_start_status = services_start(path, args);
	if (host_start_status == K_OK)
		switch_away();
	take_down();
	initramfs_forget();
	pthread_mutex_unlock(&lock);
	host_stop_failing();
	return run_status;
}
