/*
 * clients: what a process has of a machine: a thread, memory, calls.
 */
#include <stdlib.h>

#include "threads.h"

const struct host_transport *host_transport;

static void *thread_main(void *argument)
{
	struct host_thread *self = argument;

	pthread_mutex_lock(&host_machine.lock);
	while (host_machine.running != self)
		pthread_cond_wait(&self->turn, &host_machine.lock);
	if (!host_machine.stopping)
		self->program(self->argument);
	if (!host_machine.stopping)
		host_sys(231, 0);
	self->state = HOST_GONE;
	host_hand_over(&host_machine.controller);
	pthread_mutex_unlock(&host_machine.lock);
	return NULL;
}

void host_bury(struct host_thread *thread)
{
	check(pthread_join(thread->thread, NULL) == 0);
	list_remove(&thread->all);
	pthread_cond_destroy(&thread->turn);
	free(thread);
}

static void bury_ended(void)
{
	struct host_thread *thread, *after;

	list_for_each_safe(thread, after, &host_machine.threads, all)
	{
		if (thread->state == HOST_ENDED)
			host_bury(thread);
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
	list_push_back(&host_machine.threads, &thread->all);
	proc->client.thread = thread;
	check(pthread_create(&thread->thread, NULL, thread_main, thread) == 0);
	return K_OK;
}

enum kstatus env_client_create(struct proc *proc)
{
	if (!host_may_allocate())
		return K_NOMEM;
	proc->client.space = host_space_create();
	return create_thread(proc, host_machine.first_program, host_machine.first_argument);
}

enum kstatus env_client_fork(struct proc *parent, struct proc *child)
{
	struct host_thread *self = host_machine.running;

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
		host_make_ready(proc->client.thread, K_OK);
}

void env_client_destroy(struct proc *proc)
{
	check(proc->client.thread && !proc->client.fresh);
	if (proc->client.thread != host_machine.running)
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

static long direct_transport(long number, const long a[6])
{
	if (number < 0 || number >= SERVICE_CALLS || !service_calls[number])
		return services_unknown_call(number);
	return service_calls[number](a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* The client of the running thread is no more. */
static noreturn void end_thread(void)
{
	check(host_machine.running->state == HOST_GONE);
	host_switch_away();
	pthread_mutex_unlock(&host_machine.lock);
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

	if (host_chance(host_machine.chances.switch_at_call))
		host_give_way();
	result = host_transport ? host_transport->call(number, arguments)
				: direct_transport(number, arguments);
	if (result == ENV_NO_REPLY)
		end_thread();
	check(host_current == proc);
	if (host_chance(host_machine.chances.switch_at_call))
		host_give_way();
	return result;
}

long host_fork(int number, host_program program, void *argument)
{
	struct host_thread *self = host_machine.running;
	long result;

	self->child_program = program;
	self->child_argument = argument;
	result = host_sys(number);
	self->child_program = NULL;
	return result;
}
