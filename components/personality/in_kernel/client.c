/*
 * Processes as the kernel knows them: a thread and an address map.
 *
 * The kernel is not preemptible and gives up the processor only in
 * thread_wait() and thread_yield(), so the monitor that the services ask for is there by itself.
 */
#include <objects/objects.h>
#include <services/services.h>

static struct vm_map *map_new(void)
{
	struct vm_map *map = kalloc(sizeof(*map));

	if (map && vm_map_create(map, ENV_USER_MIN, ENV_USER_MAX) != K_OK) {
		kfree(map, sizeof(*map));
		return NULL;
	}
	return map;
}

static void map_free(struct vm_map *map)
{
	vm_map_destroy(map);
	kfree(map, sizeof(*map));
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

enum kstatus env_client_create(struct proc *proc)
{
	struct env_client *client = &proc->client;

	*client = (struct env_client){0};
	client->map = map_new();
	if (!client->map)
		return K_NOMEM;
	enum kstatus status = thread_create(&client->thread, SCHED_PRIORITY_DEFAULT);
	if (status != K_OK) {
		map_free(client->map);
		return status;
	}
	client->thread->task = proc;
	thread_set_root(client->thread, client->map->pmap.root);
	return K_OK;
}

enum kstatus env_client_fork(struct proc *parent, struct proc *child)
{
	enum kstatus status = env_client_create(child);

	if (status != K_OK)
		return status;
	status = vm_map_fork(child->client.map, parent->client.map);
	if (status != K_OK) {
		env_client_destroy(child);
		return status;
	}
	struct thread *from = parent->client.thread, *to = child->client.thread;
	*to->frame = *from->frame;
	to->frame->rax = 0;
	arch_copy_current_state(&to->arch, &from->arch);
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
	map_free(client->map);
	if (client->fresh)
		map_free(client->fresh);
	*client = (struct env_client){0};
}

/* --- exec ------------------------------------------------------------------------ */

enum kstatus env_exec_begin(struct proc *proc)
{
	proc->client.fresh = map_new();
	return proc->client.fresh ? K_OK : K_NOMEM;
}

void env_exec_commit(struct proc *proc, vaddr_t entry, vaddr_t stack)
{
	struct env_client *client = &proc->client;
	struct vm_map *old = client->map;

	client->map = client->fresh;
	client->fresh = NULL;
	thread_set_root(client->thread, client->map->pmap.root);
	map_free(old);
	frame_init_user(client->thread->frame, entry, stack);
	arch_reset_state(&client->thread->arch, client->thread == thread_current);
}

void env_exec_abort(struct proc *proc)
{
	map_free(proc->client.fresh);
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
