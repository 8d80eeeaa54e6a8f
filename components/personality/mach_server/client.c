/*
 * Processes as Mach knows them: a task, a thread in it, and a port on which it calls.
 *
 * The port is the task's bootstrap port: the one right that a task cannot lose and a child does not
 * share, since the server sets it anew. It stays the process's over exec, which ends the old task
 * and goes on in a fresh one.
 */
#include <server.h>

#define NAMES 8192 /* as many as a task can have */

static struct proc *clients[NAMES]; /* [index of the name of its port or its task] */

static struct proc **client_of(mach_port_t name)
{
	return &clients[(name >> 12) % NAMES];
}

struct proc *client_by_name(mach_port_t name)
{
	return *client_of(name);
}

void clients_attend(void)
{
	for (unsigned i = 0; i < NAMES; i++) {
		const struct env_client *client = clients[i] ? &clients[i]->client : NULL;

		if (client && client->attention && !client->busy && !client->faulted &&
			!client->attender)
			env_attention(clients[i]);
	}
}

void must(long result, const char *what)
{
	if (result != KERN_SUCCESS)
		panic("the kernel refuses the server %s: code %lx", what, result);
}

enum kstatus status_of(long result)
{
	switch (result) {
	case KERN_SUCCESS:
		return K_OK;
	case KERN_INVALID_ADDRESS:
	case KERN_PROTECTION_FAILURE:
	case KERN_MEMORY_FAILURE:
		return K_FAULT;
	case KERN_NO_SPACE:
		return K_EXISTS;
	case KERN_INVALID_ARGUMENT:
		return K_INVAL;
	case KERN_INVALID_TASK: /* it was ended under us: by itself, for it holds its own port */
		return K_FAULT;
	case KERN_RESOURCE_SHORTAGE:
		return K_NOMEM;
	default:
		panic("the kernel refuses a call of the server: code %lx", result);
	}
}

/* A right to a task or thread that is of no more use. */
static void forget(mach_port_t name)
{
	if (name != MACH_PORT_NULL)
		must(mach_port_deallocate(server_task, name), "to give up a right");
}

static void end_task(mach_port_t task)
{
	long result = task_terminate(task);

	if (result != KERN_INVALID_TASK) /* it ended by itself */
		must(result, "to end a task");
	forget(task);
}

/* A task that begins as a copy of `from`, and a thread for it. */
static enum kstatus make_task(mach_port_t from, struct env_client *client)
{
	enum kstatus status = status_of(task_create(from, MACH_TASK_INHERIT, &client->task));

	if (status != K_OK)
		return status;
	status = status_of(thread_create(client->task, &client->thread));
	if (status != K_OK)
		end_task(client->task);
	return status;
}

enum kstatus client_make_port(struct proc *proc)
{
	struct env_client *client = &proc->client;
	enum kstatus status =
		status_of(mach_port_allocate(server_task, MACH_PORT_RIGHT_RECEIVE, &client->port));

	if (status != K_OK)
		return status;
	must(mach_port_move_member(server_task, client->port, server_set), "a client's port");
	*client_of(client->port) = proc;
	return K_OK;
}

void client_drop_port(struct proc *proc)
{
	*client_of(proc->client.port) = NULL;
	must(mach_port_mod_refs(server_task, proc->client.port, MACH_PORT_RIGHT_RECEIVE, -1),
		"to give up a port");
	proc->client.port = MACH_PORT_NULL;
}

void client_register_thread(struct proc *proc)
{
	*client_of(proc->client.thread) = proc;
}

/* The thread, and the task with it unless others share that. */
static void leave(struct proc *proc)
{
	struct env_client *client = &proc->client;

	*client_of(client->thread) = NULL;
	if (*client_of(client->task) == proc)
		*client_of(client->task) = NULL;
	if (client_leave_task(client))
		end_task(client->task);
	forget(client->thread);
}

static enum kstatus client_init(struct proc *proc, mach_port_t from)
{
	struct env_client *client = &proc->client;

	*client = (struct env_client){.context = EMULATOR_CONTEXT};
	enum kstatus status = client_make_port(proc);
	if (status != K_OK)
		return status;
	status = make_task(from, client);
	if (status != K_OK) {
		client_drop_port(proc);
		return status;
	}
	must(task_set_special_port(client->task, TASK_BOOTSTRAP_PORT, client->port),
		"a client's bootstrap port");
	client_register_thread(proc);
	*client_of(client->task) = proc;
	return K_OK;
}

/* The context of the emulation library is at the same place in every new program. */
static void set_context(mach_port_t thread)
{
	struct mach_thread_pointers pointers = {.emulation = EMULATOR_CONTEXT};

	must(thread_set_state(thread, MACH_THREAD_POINTERS, &pointers, sizeof(pointers)),
		"a client's pointers");
}

enum kstatus env_client_create(struct proc *proc)
{
	if (server_template == MACH_PORT_NULL) {
		enum kstatus status = template_create();
		if (status != K_OK)
			return status;
	}
	return client_init(proc, server_template);
}

/* The child's thread stands in the library, where its parent's waits for the answer. */
enum kstatus env_client_fork(struct proc *parent, struct proc *child)
{
	enum kstatus status = client_init(child, parent->client.task);

	if (status != K_OK)
		return status;
	must(thread_dup(parent->client.thread, child->client.thread, EMULATOR_FORKED),
		"to copy a thread");
	child->client.context = parent->client.context;
	child->client.call = parent->client.call;
	child->client.forked = true;
	return K_OK;
}

void env_client_start(struct proc *proc)
{
	long result = thread_resume(proc->client.thread);

	proc->client.forked = false;
	if (result != KERN_FAILURE) /* it runs already */
		must(result, "to start a client");
}

/* What exec was building. */
static void drop_fresh(struct env_client *client)
{
	forget(client->fresh_thread);
	end_task(client->fresh);
	client->fresh = MACH_PORT_NULL;
	client->fresh_thread = MACH_PORT_NULL;
}

void env_client_destroy(struct proc *proc)
{
	struct env_client *client = &proc->client;

	attention_forget(proc);
	leave(proc);
	if (client->fresh)
		drop_fresh(client);
	client_drop_port(proc);
	client->task = client->thread = MACH_PORT_NULL;
}

/* What its thread has had, and those that it ran on before. One that ended by itself tells nothing.
 */
static void times_of(const struct env_client *client, struct mach_thread_times *all)
{
	const struct mach_thread_times *before = &client->before_exec;

	if (thread_times(client->thread, all) != KERN_SUCCESS)
		*all = (struct mach_thread_times){0};
	all->total += before->total;
	all->program_ticks += before->program_ticks;
	all->system_ticks += before->system_ticks;
	all->preemptions += before->preemptions;
}

void env_times(struct proc *thread, struct env_times *times)
{
	struct mach_thread_times all;

	*times = (struct env_times){0};
	if (thread->client.thread == MACH_PORT_NULL)
		return;
	times_of(&thread->client, &all);
	*times = (struct env_times){.total = all.total,
		.program_ticks = all.program_ticks,
		.system_ticks = all.system_ticks,
		.waits = thread->client.waits,
		.preemptions = all.preemptions,
		.asleep = thread->client.sleeper != NULL};
}

static struct mach_host_times machine_times(void)
{
	struct mach_host_times times = {0};

	must(host_times(server_boot->host, &times), "the machine's times");
	return times;
}

u64 env_idle(void)
{
	return machine_times().idle;
}

void env_loads(u64 loads[ENV_LOADS])
{
	struct mach_host_times times = machine_times();

	memcpy(loads, times.loads, sizeof(times.loads));
}

/* --- exec -------------------------------------------------------------------------------- */

enum kstatus env_exec_begin(struct proc *proc)
{
	struct env_client *client = &proc->client;
	enum kstatus status =
		status_of(task_create(server_template, MACH_TASK_INHERIT, &client->fresh));

	if (status != K_OK)
		return status;
	status = status_of(thread_create(client->fresh, &client->fresh_thread));
	if (status != K_OK) {
		end_task(client->fresh);
		client->fresh = MACH_PORT_NULL;
	}
	return status;
}

void env_exec_commit(struct proc *proc, vaddr_t entry, vaddr_t stack)
{
	struct env_client *client = &proc->client;
	struct mach_thread_registers registers = {.rip = entry, .rsp = stack};

	times_of(client, &client->before_exec);
	leave(proc);
	client->context = EMULATOR_CONTEXT;
	client->task = client->fresh;
	client->thread = client->fresh_thread;
	client->fresh = MACH_PORT_NULL;
	client->fresh_thread = MACH_PORT_NULL;
	*client_of(client->task) = proc;
	must(task_set_special_port(client->task, TASK_BOOTSTRAP_PORT, client->port),
		"a client's bootstrap port");
	must(thread_set_state(client->thread, MACH_THREAD_REGISTERS, &registers, sizeof(registers)),
		"a client's registers");
	set_context(client->thread);
	client_register_thread(proc);
	if (client->busy) { /* the old thread's call, execve, is never answered */
		client->replaced = true;
		env_client_start(proc);
	}
}

void env_exec_abort(struct proc *proc)
{
	drop_fresh(&proc->client);
}
