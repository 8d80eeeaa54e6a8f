/*
 * The privileged calls, and what else is neither IPC nor mapping.
 *
 * Threads and spaces are named by thread ids, a space by any of its threads.
 * Only threads of the root task's space may make, change and end them: policy is its business.
 */
#include <console/console.h>
#include <l4.h>
#include <objects/objects.h>

struct thread *l4_threads[CONFIG_IPC_L4_THREADS];
u32 l4_threads_end = 1;
static struct thread nobody; /* in every unused slot: it never waits for a message */

void l4_threads_init(void)
{
	nobody.state = THREAD_STOPPED;
	list_init(&nobody.ipc.senders);
	list_init(&nobody.ipc.send_link);
	list_init(&nobody.timeout_link);
	for (u32 i = 0; i < CONFIG_IPC_L4_THREADS; i++)
		l4_threads[i] = &nobody;
}

/* The version is never 0, and a number as large as this would meet another's slot; nothing in bit
 * 63, for answers are positive. */
static bool id_ok(u64 id)
{
	return l4_number(id) != 0 && l4_number(id) < CONFIG_IPC_L4_THREADS && (u32)id != 0;
}

static bool privileged(void)
{
	return thread_current->ipc.space->root;
}

/* --- threads ------------------------------------------------------------- */

unsigned l4_thread_create(u64 id, struct l4_space *space, struct thread **out)
{
	struct thread *thread;

	if (thread_create(&thread, SCHED_PRIORITY_DEFAULT) != K_OK)
		return L4_ERROR_NO_MEMORY;
	thread->ipc.id = id;
	thread->ipc.space = space;
	thread->ipc.redirector = space->redirector;
	list_init(&thread->ipc.senders);
	list_init(&thread->ipc.send_link);
	thread_set_root(thread, space->pmap.root);
	l4_threads[l4_number(id)] = thread;
	l4_threads_end = MAX(l4_threads_end, l4_number(id) + 1);
	space->threads++;
	*out = thread;
	return 0;
}

static void delete_thread(struct thread *thread)
{
	struct l4_space *space = thread->ipc.space;

	l4_threads[l4_number(thread->ipc.id)] = &nobody;
	l4_thread_gone(thread);
	if (thread->ipc.utcb)
		l4_space_unpin(space, thread->ipc.utcb_address);
	thread_destroy(thread);
	if (--space->threads == 0 && !space->root)
		l4_space_destroy(space);
}

/* A new thread in the space of `space_of`, or (space_of == id) in a new one. */
static unsigned create_thread(u64 id, u64 space_of)
{
	struct thread *thread, *other = l4_find(space_of);
	struct l4_space *space;

	if (space_of == id) {
		if (l4_space_create(&space) != K_OK)
			return L4_ERROR_NO_MEMORY;
	} else if (!other) {
		return L4_ERROR_NO_PARTNER;
	} else {
		space = other->ipc.space;
	}
	unsigned error = l4_thread_create(id, space, &thread);
	if (error && space_of == id)
		l4_space_destroy(space);
	return error;
}

static unsigned set_utcb(struct thread *thread, vaddr_t address)
{
	void *utcb;

	if (thread->ipc.utcb || (address & (PAGE_SIZE - 1)) != 0 || address >= USER_MAX)
		return L4_ERROR_INVALID;
	/* Where the root task has memory there can be no other page. */
	if (thread->ipc.space->root && address < boot_information()->memory_end)
		return L4_ERROR_INVALID;
	enum kstatus status = l4_space_pin(thread->ipc.space, address, true, &utcb);
	if (status != K_OK)
		return status == K_NOMEM ? L4_ERROR_NO_MEMORY : L4_ERROR_INVALID;
	thread->ipc.utcb = utcb;
	thread->ipc.utcb_address = address;
	return 0;
}

long l4_call_thread_control(
	long id_word, long space, long pager, long handler, long utcb, long priority)
{
	u64 id = (u64)id_word;
	struct thread *thread = l4_find(id);
	unsigned error = 0;
	bool created = false;

	if (!privileged())
		return -L4_ERROR_DENIED;
	if (!id_ok(id) || priority < 0 || priority >= SCHED_PRIORITIES)
		return -L4_ERROR_INVALID;
	if ((u64)space == L4_NIL) {
		if (!thread)
			return -L4_ERROR_NO_PARTNER;
		if (thread == thread_current)
			return -L4_ERROR_INVALID;
		delete_thread(thread);
		return 0;
	}
	if (!thread) {
		if (l4_slot(id) != &nobody)
			return -L4_ERROR_INVALID; /* the number is in use, with another version */
		error = create_thread(id, (u64)space);
		if (error)
			return -(long)error;
		thread = l4_find(id);
		created = true;
	}
	if (utcb)
		error = set_utcb(thread, (u64)utcb);
	if (error) {
		if (created)
			delete_thread(thread);
		return -(long)error;
	}
	thread->ipc.pager = (u64)pager;
	thread->ipc.handler = (u64)handler;
	if (created)
		sched_attach(&thread->sched, (s32)priority);
	return 0;
}

/* --- spaces -------------------------------------------------------------- */

long l4_call_space_control(long id, long control, long redirector, long d, long e, long f)
{
	struct thread *thread = l4_find((u64)id);

	(void)d, (void)e, (void)f;
	if (!privileged())
		return -L4_ERROR_DENIED;
	if (!thread)
		return -L4_ERROR_NO_PARTNER;
	struct l4_space *space = thread->ipc.space;
	if (space->root || ((u64)control & ~(u64)(L4_SPACE_ALIEN | L4_SPACE_CLEAR)) != 0)
		return -L4_ERROR_INVALID;
	if (control & L4_SPACE_CLEAR)
		l4_unmap_all(space);
	space->alien = control & L4_SPACE_ALIEN;
	space->redirector = (u64)redirector;
	for (u32 i = 1; i < l4_threads_end; i++)
		if (l4_threads[i]->ipc.space == space)
			l4_threads[i]->ipc.redirector = space->redirector;
	return 0;
}

/* --- the rest ------------------------------------------------------------ */

long l4_call_unmap(long control, long b, long c, long d, long e, long f)
{
	struct thread *self = thread_current;
	u64 count = ((u64)control & 63) + 1;

	(void)b, (void)c, (void)d, (void)e, (void)f;
	if (((u64)control & ~(u64)127) != 0 || !self->ipc.utcb)
		return -L4_ERROR_INVALID;
	for (u64 i = 0; i < count; i++) {
		u64 fpage = self->ipc.utcb->mr[i];
		unsigned size = l4_fpage_size(fpage);
		if (size < L4_FPAGE_MIN || size > L4_FPAGE_MAX)
			return -L4_ERROR_INVALID;
		l4_unmap(self->ipc.space, fpage, control & 64);
	}
	return 0;
}

long l4_call_thread_switch(long id, long b, long c, long d, long e, long f)
{
	struct thread *self = thread_current, *to = l4_find((u64)id);

	(void)b, (void)c, (void)d, (void)e, (void)f;
	if ((u64)id != L4_NIL && !to)
		return -L4_ERROR_NO_PARTNER;
	if (!to || to->state != THREAD_READY) {
		thread_yield();
		return 0;
	}
	sched_dequeue(&to->sched);
	self->state = THREAD_READY;
	sched_enqueue(&self->sched, SCHED_BACK);
	thread_hand_off(to);
	return 0;
}

long l4_call_system_clock(long a, long b, long c, long d, long e, long f)
{
	(void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
	return (long)arch_now();
}

static bool debugger_write(long operation, vaddr_t address, u64 length)
{
	char part[256];

	if (length > L4_DEBUGGER_MAX || !user_range_ok(address, length))
		return false;
	while (length > 0) {
		u64 n = MIN(length, sizeof(part));
		if (!l4_read_caller(part, address, n))
			return false;
		if (operation == L4_DEBUGGER_RESULT)
			arch_result_write(part, n);
		else
			console_send(part, n);
		address += n;
		length -= n;
	}
	return true;
}

static void write_line(const char *line, size_t length)
{
	arch_result_write(line, length);
}

/* What is left of the kernel's objects, if that is asked for on the command line. */
static void tell_counts(void)
{
	char word[8];

	if (boot_option("counts", word, sizeof(word)))
		object_caches_tell("kernel", 0, write_line);
}

long l4_call_debugger(long operation, long address, long length, long d, long e, long f)
{
	(void)d, (void)e, (void)f;
	if (!privileged())
		return -L4_ERROR_DENIED;
	if (operation == L4_DEBUGGER_EXIT && (u64)address < 256) {
		tell_counts();
		arch_exit((unsigned)address);
	}
	if (operation != L4_DEBUGGER_RESULT && operation != L4_DEBUGGER_CONSOLE)
		return -L4_ERROR_INVALID;
	return debugger_write(operation, (u64)address, (u64)length) ? 0 : -L4_ERROR_INVALID;
}
