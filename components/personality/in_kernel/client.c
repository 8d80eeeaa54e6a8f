/*
 * Processes as the kernel knows them: a thread and an address map.
 *
 * The kernel is not preemptible and gives up the processor only in
 * thread_wait() and thread_yield(), so the monitor that the services ask for is there by itself.
 */
#include <objects/objects.h>
#include <services/services.h>

static struct env_space *space_new(void)
{
	struct env_space *space = kalloc(sizeof(*space));

	if (space && vm_map_create(&space->map, ENV_USER_MIN, ENV_USER_MAX) != K_OK) {
		kfree(space, sizeof(*space));
		return NULL;
	}
	if (space)
		space->refs = 1;
	return space;
}

static void space_unref(struct env_space *space)
{
	if (--space->refs > 0)
		return;
	vm_map_destroy(&space->map);
	kfree(space, sizeof(*space));
}

/* --- sleeping ---------------------------------------------------------------- */

void env_queue_init(struct env_queue *queue)
{
	wait_queue_init(&queue->queue);
}

enum kstatus env_sleep(struct env_queue *queue, u64 deadline)
{
	return thread_wait(&queue->queue, deadline);
}

void env_wakeup_one(struct env_queue *queue)
{
	thread_wake_one(&queue->queue);
}

void env_wakeup_all(struct env_queue *queue)
{
	thread_wake_all(&queue->queue);
}

void env_interrupt(struct proc *proc)
{
	struct thread *thread = proc->client.thread;

	if (thread && thread->state == THREAD_BLOCKED)
		thread_wake(thread, K_INTERRUPTED);
}

void env_yield(void)
{
	thread_yield();
}

/* --- life of a client ---------------------------------------------------------- */

/* A thread for `proc` in `space`, whose reference it takes over even if it fails. */
static enum kstatus client_init(struct proc *proc, struct env_space *space)
{
	struct env_client *client = &proc->client;
	enum kstatus status;

	*client = (struct env_client){0};
	if (!space)
		return K_NOMEM;
	status = thread_create(&client->thread, SCHED_PRIORITY_DEFAULT);
	if (status != K_OK) {
		space_unref(space);
		return status;
	}
	client->space = space;
	client->thread->task = proc;
	thread_set_root(client->thread, space->map.pmap.root);
	return K_OK;
}

enum kstatus env_client_create(struct proc *proc)
{
	return client_init(proc, space_new());
}

/* The registers of the thread being served, as they will be when its call returns 0. */
static void copy_thread(struct thread *to, struct thread *from)
{
	*to->frame = *from->frame;
	to->frame->rax = 0;
	arch_copy_current_state(&to->arch, &from->arch);
}

enum kstatus env_client_fork(struct proc *parent, struct proc *child)
{
	enum kstatus status = env_client_create(child);

	if (status != K_OK)
		return status;
	status = vm_map_fork(&child->client.space->map, &parent->client.space->map);
	if (status != K_OK) {
		env_client_destroy(child);
		return status;
	}
	copy_thread(child->client.thread, parent->client.thread);
	return K_OK;
}

enum kstatus env_client_share(
	struct proc *parent, struct proc *child, vaddr_t stack, vaddr_t thread_pointer)
{
	struct env_space *space = parent->client.space;

	space->refs++;
	enum kstatus status = client_init(child, space);
	if (status != K_OK)
		return status;
	struct thread *thread = child->client.thread;
	copy_thread(thread, parent->client.thread);
	if (stack)
		thread->frame->rsp = stack;
	if (thread_pointer)
		thread->arch.fs_base = thread_pointer;
	return K_OK;
}

void env_client_start(struct proc *proc)
{
	if (proc->client.thread->state == THREAD_STOPPED)
		thread_make_ready(proc->client.thread);
}

void env_client_destroy(struct proc *proc)
{
	struct env_client *client = &proc->client;

	thread_set_root(client->thread, kernel_root);
	if (client->thread == thread_current)
		thread_call_on_return(client->thread, thread_exit);
	else
		thread_destroy(client->thread);
	space_unref(client->space);
	if (client->fresh)
		space_unref(client->fresh);
	*client = (struct env_client){0};
}

void env_times(struct proc *thread, struct env_times *times)
{
	struct thread_times all;

	*times = (struct env_times){0};
	if (!thread->client.thread)
		return;
	thread_get_times(thread->client.thread, &all);
	*times = (struct env_times){.total = all.total,
		.program_ticks = all.program_ticks,
		.system_ticks = all.system_ticks,
		.waits = all.waits,
		.preemptions = all.preemptions,
		.asleep = thread->client.thread->state == THREAD_BLOCKED};
}

u64 env_idle(void)
{
	struct thread_times idle;

	thread_get_times(NULL, &idle);
	return idle.total;
}

void env_loads(u64 loads[ENV_LOADS])
{
	memcpy(loads, thread_loads, sizeof(thread_loads));
}

/* --- exec ------------------------------------------------------------------------ */

enum kstatus env_exec_begin(struct proc *proc)
{
	proc->client.fresh = space_new();
	return proc->client.fresh ? K_OK : K_NOMEM;
}

void env_exec_commit(struct proc *proc, vaddr_t entry, vaddr_t stack)
{
	struct env_client *client = &proc->client;
	struct env_space *old = client->space;

	client->space = client->fresh;
	client->fresh = NULL;
	thread_set_root(client->thread, client->space->map.pmap.root);
	space_unref(old);
	frame_init_user(client->thread->frame, entry, stack);
	arch_reset_state(&client->thread->arch, client->thread == thread_current);
}

void env_exec_abort(struct proc *proc)
{
	space_unref(proc->client.fresh);
	proc->client.fresh = NULL;
}

enum kstatus env_set_thread_pointer(struct proc *proc, vaddr_t base)
{
	if (base >= USER_MAX)
		return K_INVAL;
	proc->client.thread->arch.fs_base = base;
	if (proc->client.thread == thread_current)
		msr_write(MSR_FS_BASE, base);
	return K_OK;
}

vaddr_t env_thread_pointer(struct proc *proc)
{
	return proc->client.thread->arch.fs_base;
}

enum kstatus env_copyin_string(char *to, vaddr_t from, size_t size, size_t *length)
{
	return copy_string_from_user(to, from, size, length);
}
