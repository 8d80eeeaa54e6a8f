/*
 * Threads of one program: processes, as far as the services know, whose threads share a task.
 *
 * Each has a context of the emulation library and a port of its own. The first finds its port as
 * the task's bootstrap port; to a further one the server gives a right to its port, and leaves the
 * right's name in the context. The task ends with the last of them.
 */
#include <objects/objects.h>
#include <server.h>

#define CONTEXTS    ((ENV_USER_MAX - EMULATOR_CONTEXT_START) / EMULATOR_CONTEXT_SIZE)
#define NAME(index) ((mach_port_t)(index) << 12)
#define NAMES       8192u /* as many as a task can have */

/* What those who share a task know of it. */
struct server_share {
	u32 refs;
	u32 next_context, next_name; /* where to look first for a free one */
};

static struct server_share *share_of(struct env_client *client)
{
	if (!client->share) {
		client->share = kalloc(sizeof(*client->share));
		if (client->share)
			*client->share = (struct server_share){1, 1, 1};
	}
	return client->share;
}

/* Zeroed pages for another context of the library; 0: there is no room. */
static vaddr_t make_context(mach_port_t task, struct server_share *share)
{
	for (u32 tries = 0; tries < CONTEXTS; tries++) {
		u64 start = EMULATOR_CONTEXT_START +
			    (u64)(share->next_context++ % CONTEXTS) * EMULATOR_CONTEXT_SIZE;
		long result = vm_allocate(task, &start, EMULATOR_CONTEXT_SIZE, false);

		if (result == KERN_SUCCESS)
			return start + EMULATOR_STACK_SIZE;
		if (result != KERN_NO_SPACE)
			return 0;
	}
	return 0;
}

/* A right to `port` for the task, under a name that was free. */
static mach_port_t give_port(mach_port_t task, mach_port_t port, struct server_share *share)
{
	for (u32 tries = 0; tries < NAMES; tries++) {
		mach_port_t name = NAME(share->next_name++ % NAMES);
		long result = mach_port_insert_right(task, name, port, MACH_MSG_TYPE_MAKE_SEND);

		if (result == KERN_SUCCESS)
			return name;
		if (result != KERN_NAME_EXISTS && result != KERN_INVALID_VALUE)
			return MACH_PORT_NULL;
	}
	return MACH_PORT_NULL;
}

/* The context and port of a further thread. What was made goes with client_leave_task(). */
static enum kstatus make_own(struct env_client *client)
{
	client->context = make_context(client->task, client->share);
	if (!client->context)
		return K_NOMEM;
	client->service = give_port(client->task, client->port, client->share);
	if (client->service == MACH_PORT_NULL)
		return K_NOMEM;
	return status_of(vm_write(client->task, client->context + CONTEXT_SERVICE, &client->service,
		sizeof(client->service)));
}

/* All of the parent's state as its call will leave it, but for what the child is given. */
static enum kstatus copy_state(
	struct proc *parent, struct proc *child, vaddr_t stack, vaddr_t thread_pointer)
{
	mach_port_t thread = child->client.thread;
	struct mach_thread_pointers pointers;
	struct user_registers registers;
	struct mach_thread_fpu fpu;

	env_get_registers(parent, &registers);
	registers.rax = 0;
	if (stack)
		registers.rsp = stack;
	enum kstatus status = env_set_registers(child, &registers);
	if (status != K_OK)
		return status;
	env_get_fpu(parent, &fpu);
	env_set_fpu(child, &fpu);
	pointers = (struct mach_thread_pointers){
		.fs_base = thread_pointer ? thread_pointer : env_thread_pointer(parent),
		.emulation = child->client.context,
	};
	return status_of(
		thread_set_state(thread, MACH_THREAD_POINTERS, &pointers, sizeof(pointers)));
}

enum kstatus env_client_share(
	struct proc *parent, struct proc *child, vaddr_t stack, vaddr_t thread_pointer)
{
	struct env_client *client = &child->client;
	enum kstatus status;

	*client = (struct env_client){.share = share_of(&parent->client)};
	if (!client->share)
		return K_NOMEM;
	status = client_make_port(child);
	if (status != K_OK)
		return status;
	status = status_of(thread_create(parent->client.task, &client->thread));
	if (status != K_OK) {
		client_drop_port(child);
		return status;
	}
	client->task = parent->client.task;
	client->share->refs++;
	client_register_thread(child);
	status = make_own(client);
	if (status == K_OK)
		status = copy_state(parent, child, stack, thread_pointer);
	if (status != K_OK)
		env_client_destroy(child);
	return status;
}

/* Gives up what only this thread had of a task that others go on with. */
static void leave_others(struct env_client *client)
{
	long result = thread_terminate(client->thread);

	if (result != KERN_INVALID_ARGUMENT) /* it ended by itself */
		must(result, "to end a thread");
	/* A task may have undone these by itself: then there is nothing to give up. */
	if (client->context != EMULATOR_CONTEXT)
		result = vm_deallocate(
			client->task, client->context - EMULATOR_STACK_SIZE, EMULATOR_CONTEXT_SIZE);
	if (client->service != MACH_PORT_NULL)
		result = mach_port_deallocate(client->task, client->service);
}

bool client_leave_task(struct env_client *client)
{
	struct server_share *share = client->share;
	bool last = !share || --share->refs == 0;

	if (!last)
		leave_others(client);
	else if (share)
		kfree(share, sizeof(*share));
	client->share = NULL;
	client->service = MACH_PORT_NULL;
	return last;
}
