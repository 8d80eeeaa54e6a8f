/* clients: what a process has of a machine: a thread and memory. See calls.c for what it does. */
#include <stdlib.h>

#include "threads.h"

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

/* The thread of a child: its registers are those of the parent at its call, with result 0. */
static enum kstatus create_copy(struct proc *child, struct host_thread *parent)
{
	enum kstatus status = create_thread(child, parent->child_program, parent->child_argument);

	child->client.thread->registers = parent->registers;
	child->client.thread->registers.rax = 0;
	return status;
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
	return create_copy(child, self);
}

enum kstatus env_client_share(
	struct proc *parent, struct proc *child, vaddr_t stack, vaddr_t thread_pointer)
{
	struct host_thread *self = host_machine.running;
	enum kstatus status;

	check(parent == host_current && self->child_program);
	if (!host_may_allocate())
		return K_NOMEM;
	child->client.space = host_space_share(parent->client.space);
	child->client.thread_pointer =
		thread_pointer != 0 ? thread_pointer : parent->client.thread_pointer;
	status = create_copy(child, self);
	if (status == K_OK && stack != 0)
		child->client.thread->registers.rsp = stack;
	return status;
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
	proc->client.thread->registers = (struct user_registers){.rip = entry, .rsp = stack};
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
