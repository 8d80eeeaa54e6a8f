/*
 * Processes as the L4 kernel knows them: a thread in an address space of its own, which may talk to
 * the server only.
 *
 * Thread numbers are taken from a list of free ones, and a number's version is
 * raised each time, so that an id never comes back.
 */
#include <objects/objects.h>
#include <pager/l4_pager/l4_pager.h>
#include <sched/sched.h>
#include <server.h>

#define FIRST_NUMBER 3 /* 1 is the server itself, 2 its alarm clock */

static struct {
	struct proc *proc; /* NULL: the number is free */
	u32 version;
	u32 next_free; /* while it is free; 0: the last */
} clients[CONFIG_IPC_L4_THREADS];
static u32 free_number;

void clients_init(void)
{
	for (u32 i = FIRST_NUMBER; i < CONFIG_IPC_L4_THREADS - 1; i++)
		clients[i].next_free = i + 1;
	free_number = FIRST_NUMBER;
}

struct proc *client_find(u64 id)
{
	return clients[l4_number(id) % CONFIG_IPC_L4_THREADS].proc;
}

static u64 take_id(struct proc *proc)
{
	u32 number = free_number;

	if (number == 0)
		return 0;
	free_number = clients[number].next_free;
	clients[number].proc = proc;
	clients[number].version += clients[number].version == UINT32_MAX ? 2 : 1;
	return l4_id(number, clients[number].version);
}

static void release_id(u64 id)
{
	clients[l4_number(id)].proc = NULL;
	clients[l4_number(id)].next_free = free_number;
	free_number = l4_number(id);
}

/* --- kernel calls that can only fail for want of memory, or by a mistake of ours  */

static enum kstatus status_of(s64 result)
{
	if (result >= 0)
		return K_OK;
	if (result == -L4_ERROR_NO_MEMORY)
		return K_NOMEM;
	panic("the kernel refuses a call of the server: error %ld", (long)-result);
}

void must(s64 result)
{
	if (status_of(result) != K_OK)
		panic("the kernel has no memory left");
}

/* --- spaces -------------------------------------------------------------- */

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

/* By the last reference no client sees the space any more. */
static void space_unref(struct env_space *space)
{
	if (--space->refs > 0)
		return;
	l4_pager_detach(&space->map.pmap);
	vm_map_destroy(&space->map);
	l4_pager_detach(NULL);
	kfree(space, sizeof(*space));
}

/* --- life of a client ---------------------------------------------------- */

/* A kernel thread for `proc` in the L4 space of thread `of`, or (0) in a new one. */
static enum kstatus make_thread(struct proc *proc, u64 of)
{
	u64 id = take_id(proc);

	if (!id)
		return K_NOMEM;
	enum kstatus status = status_of(l4_thread_control(
		id, of ? of : id, server_id, server_id, 0, SCHED_PRIORITY_DEFAULT));
	if (status != K_OK) {
		release_id(id);
		return status;
	}
	if (!of)
		must(l4_space_control(id, L4_SPACE_ALIEN, server_id));
	proc->client.thread = id;
	return K_OK;
}

/* With the last thread of its L4 space the space goes, and all mappings in it. */
static void end_thread(u64 id)
{
	must(l4_thread_control(id, L4_NIL, 0, 0, 0, 0));
	release_id(id);
}

/* A thread for `proc` in `space`, whose reference it takes over even if it fails. */
static enum kstatus client_init(struct proc *proc, struct env_space *space, u64 of)
{
	proc->client = (struct env_client){0};
	if (!space)
		return K_NOMEM;
	enum kstatus status = make_thread(proc, of);
	if (status != K_OK) {
		space_unref(space);
		return status;
	}
	proc->client.space = space;
	return K_OK;
}

enum kstatus env_client_create(struct proc *proc)
{
	return client_init(proc, space_new(), 0);
}

enum kstatus env_client_fork(struct proc *parent, struct proc *child)
{
	struct l4_registers r = {.source = parent->client.thread, .result = 0};
	enum kstatus status = env_client_create(child);

	if (status != K_OK)
		return status;
	status = vm_map_fork(&child->client.space->map, &parent->client.space->map);
	if (status != K_OK) {
		env_client_destroy(child);
		return status;
	}
	child->client.thread_pointer = parent->client.thread_pointer;
	must(l4_exchange_registers(child->client.thread, L4_EXREGS_COPY | L4_EXREGS_RESULT, &r));
	return K_OK;
}

enum kstatus env_client_share(
	struct proc *parent, struct proc *child, vaddr_t stack, vaddr_t thread_pointer)
{
	struct env_space *space = parent->client.space;
	struct l4_registers r = {
		.source = parent->client.thread, .sp = stack, .tp = thread_pointer, .result = 0};

	space->refs++;
	enum kstatus status = client_init(child, space, parent->client.thread);
	if (status != K_OK)
		return status;
	child->client.thread_pointer =
		thread_pointer ? thread_pointer : parent->client.thread_pointer;
	must(l4_exchange_registers(child->client.thread,
		L4_EXREGS_COPY | L4_EXREGS_RESULT | (stack ? L4_EXREGS_SP : 0) |
			(thread_pointer ? L4_EXREGS_TP : 0),
		&r));
	return K_OK;
}

void env_client_start(struct proc *proc)
{
	struct l4_registers r = {0};

	must(l4_exchange_registers(proc->client.thread, L4_EXREGS_RUN, &r));
}

void env_client_destroy(struct proc *proc)
{
	struct env_client *client = &proc->client;

	end_thread(client->thread);
	space_unref(client->space);
	if (client->fresh)
		space_unref(client->fresh);
	*client = (struct env_client){0};
}

/* What its thread has had, and those that it ran on before. */
static void times_of(const struct env_client *client, struct l4_thread_times *all)
{
	const struct l4_thread_times *before = &client->before_exec;

	must(l4_thread_times(client->thread, all));
	all->total += before->total;
	all->program_ticks += before->program_ticks;
	all->system_ticks += before->system_ticks;
	all->preemptions += before->preemptions;
}

void env_times(struct proc *thread, struct env_times *times)
{
	struct l4_thread_times all;

	*times = (struct env_times){0};
	if (!thread->client.thread)
		return;
	times_of(&thread->client, &all);
	*times = (struct env_times){.total = all.total,
		.program_ticks = all.program_ticks,
		.system_ticks = all.system_ticks,
		.waits = thread->client.waits,
		.preemptions = all.preemptions,
		.asleep = thread->client.sleeper != NULL};
}

u64 env_idle(void)
{
	struct l4_thread_times idle;

	must(l4_thread_times(L4_NIL, &idle));
	return idle.total;
}

void env_loads(u64 loads[ENV_LOADS])
{
	struct l4_thread_times all;

	must(l4_thread_times(L4_NIL, &all));
	memcpy(loads, all.loads, sizeof(all.loads));
}

/* --- exec ---------------------------------------------------------------- */

/*
 * A space that other processes see too cannot be cleared: the process needs a thread in a new L4
 * space then, and gets it while exec can still fail.
 */
enum kstatus env_exec_begin(struct proc *proc)
{
	struct env_client *client = &proc->client;
	u64 thread = client->thread;

	client->fresh = space_new();
	if (!client->fresh)
		return K_NOMEM;
	if (client->space->refs == 1)
		return K_OK;
	enum kstatus status = make_thread(proc, 0);
	if (status == K_OK)
		client->next_thread = client->thread;
	client->thread = thread;
	if (status != K_OK)
		env_exec_abort(proc);
	return status;
}

void env_exec_commit(struct proc *proc, vaddr_t entry, vaddr_t stack)
{
	struct env_client *client = &proc->client;
	struct env_space *old = client->space;
	struct l4_registers r = {.ip = entry, .sp = stack};
	bool moves = client->next_thread != 0;

	if (moves) { /* a reply under the old id will find nobody */
		times_of(client, &client->before_exec);
		end_thread(client->thread);
		client->thread = client->next_thread;
		client->next_thread = 0;
	} else {
		must(l4_space_control(client->thread, L4_SPACE_ALIEN | L4_SPACE_CLEAR, server_id));
	}
	client->space = client->fresh;
	client->fresh = NULL;
	client->thread_pointer = 0;
	space_unref(old);
	must(l4_exchange_registers(client->thread,
		L4_EXREGS_RESET | L4_EXREGS_IP | L4_EXREGS_SP | (moves ? L4_EXREGS_RUN : 0), &r));
}

void env_exec_abort(struct proc *proc)
{
	struct env_client *client = &proc->client;

	space_unref(client->fresh);
	client->fresh = NULL;
	if (client->next_thread)
		end_thread(client->next_thread);
	client->next_thread = 0;
}
