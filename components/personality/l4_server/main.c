/*
 * The server: start-up, and the loop that every worker runs.
 *
 * A client's trap arrives as a message of its registers, its page fault as
 * another; in both it waits for the reply. One system call replies to one client and waits for the
 * next. The reply never waits: a client that does not wait for it has no right to delay the others.
 */
#include <block/block.h>
#include <pager/l4_pager/l4_pager.h>
#include <server.h>
#include <unix_l4.h>

_Static_assert(
	(int)UNIX_L4_REQUEST_WORDS == L4_REGISTER_MRS, "a trap's message is all in registers");

/* --- what clients ask ---------------------------------------------------- */

/* The message becomes the reply; false: there is none. */
static always_inline bool serve_trap(struct proc *proc, struct l4_message *m)
{
	u64 number = m->mr[UNIX_L4_CALL];
	const u64 *a = &m->mr[UNIX_L4_ARGUMENT0];
	long result;

	proc->client.call = number;

	if (likely(number < SERVICE_CALLS && service_calls[number]))
		result = service_calls[number](
			(long)a[0], (long)a[1], (long)a[2], (long)a[3], (long)a[4], (long)a[5]);
	else
		result = services_unknown_call((long)number);
	m->tag = l4_tag(0, 1, 0);
	m->mr[UNIX_L4_RESULT] = (u64)result;
	return result != ENV_NO_REPLY;
}

/*
 * After a fault that nothing mends: with signals it waits for delivery, which the worker sees to
 * before an empty reply; without them the process has ended, and none is due.
 */
static bool fault_is_pending(struct l4_message *m)
{
	m->tag = 0;
	return IS_ENABLED(CONFIG_SERVICES_SIGNALS);
}

static bool serve_fault(struct proc *proc, struct l4_message *m)
{
	unsigned access = (unsigned)l4_label(m->tag) & VM_PROT_ALL;
	vaddr_t address = m->mr[0];

	l4_pager_begin_fault(&proc->client.space->map.pmap, address);
	enum kstatus status = vm_fault(&proc->client.space->map, address, access);
	if (unlikely(status != K_OK)) {
		services_memory_fault(proc, address, access, status);
		return fault_is_pending(m);
	}
	l4_pager_answer(m);
	return true;
}

static bool serve(struct proc *proc, struct l4_message *m)
{
	u64 label = l4_label(m->tag);

	if (likely(label == L4_LABEL_TRAP))
		return serve_trap(proc, m);
	proc->client.call = (u64)-1;
	if ((label & ~(u64)VM_PROT_ALL) == L4_LABEL_FAULT)
		return serve_fault(proc, m);
	if (label == L4_LABEL_INTERRUPT) {
		m->tag = 0;
		return true;
	}
	if (label == L4_LABEL_EXCEPTION) {
		services_exception(proc, (unsigned)m->mr[0], m->mr[2]);
		return fault_is_pending(m);
	}
	return false; /* what a client sends by itself has no meaning here */
}

/*
 * Somebody wants the process's attention before it goes on. The result of its
 * call goes into its registers first, where a signal's frame is made of them; the reply then brings
 * none. False: it is gone.
 */
static noinline bool attend(struct proc *proc, u64 client, struct l4_message *m)
{
	if (proc->client.attention & CLIENT_CALL_OVER) {
		proc->client.attention &= (u8)~CLIENT_CALL_OVER;
		services_call_over(proc);
		if (!proc->client.attention)
			return true;
	}
	if (proc->client.call != (u64)-1) {
		struct l4_registers r = {.result = m->mr[UNIX_L4_RESULT]};
		must(l4_exchange_registers(client, L4_EXREGS_RESULT, &r));
		m->tag = 0;
	}
	while (proc->client.attention) {
		proc->client.attention = 0;
		if (!services_attention(proc))
			return false;
	}
	return true;
}

/* --- the loop ------------------------------------------------------------ */

#define RESERVE 128 /* frames that clients cannot touch: the server goes on with them */

#define MAPPING_FAILED (-2 * (s64)L4_ERROR_NO_MEMORY) /* the send phase's error */

/*
 * The kernel has no memory left to map the page that the reply brings: the client ends like one
 * that touched what it may not, or handles that signal.
 */
static noinline void mapping_failed(u64 client, struct l4_message *m)
{
	struct proc *proc = client_find(client);

	if (!proc)
		return;
	cthread_self()->data = proc;
	services_memory_fault(proc, l4_fpage_base(m->mr[0]), VM_PROT_READ, K_NOMEM);
	if (!fault_is_pending(m))
		return;
	if (IS_ENABLED(CONFIG_SERVICES_SIGNALS) && proc->client.attention &&
		!attend(proc, client, m))
		return;
	l4_ipc(client, L4_NIL, l4_timeouts(L4_ZERO, L4_FOREVER), m);
}

/* Before others of the server run: the client that has been served shall not wait for them. */
static noinline void reply_alone(u64 client, struct l4_message *m)
{
	l4_pager_flush();
	if (l4_ipc(client, L4_NIL, l4_timeouts(L4_ZERO, L4_FOREVER), m) == MAPPING_FAILED)
		mapping_failed(client, m);
}

static noreturn void worker(void *argument)
{
	struct l4_message m = {0};
	u64 client = L4_NIL; /* whom a reply is due to */

	(void)argument;
	for (;;) {
		if (unlikely(!list_is_empty(&cthreads.ready))) {
			if (client != L4_NIL)
				reply_alone(client, &m);
			client = L4_NIL;
			cthread_listen();
		}
		if (unlikely(l4_pager_pending > 0))
			l4_pager_flush();
		if (unlikely(cthread_next_deadline() < timer_alarm))
			timer_set(cthread_next_deadline());
		s64 from = l4_ipc(client, L4_ANY, l4_timeouts(L4_ZERO, L4_FOREVER), &m);
		if (unlikely(from <=
			     0)) { /* the client got no reply: mostly, it did not wait for it */
			if (from == MAPPING_FAILED)
				mapping_failed(client, &m);
			client = L4_NIL;
			continue;
		}
		client = L4_NIL;
		if (unlikely((u64)from == TIMER_ID)) {
			timer_alarm = CTHREAD_FOREVER;
			cthreads_expire(env_now());
			continue;
		}
		struct proc *proc = client_find((u64)from);
		cthread_self()->data = proc;
		if (unlikely(!proc) || unlikely(!serve(proc, &m)))
			continue;
		if (IS_ENABLED(CONFIG_SERVICES_SIGNALS) && unlikely(proc->client.attention) &&
			!attend(proc, proc->client.thread, &m))
			continue;
		client = proc->client.thread; /* by exec it may have got another */
	}
}

/* --- start-up ------------------------------------------------------------ */

/* Labels and bit maps of all frames go to the beginning of the largest range; the rest is free. */
static void init_memory(const struct l4_kip *kip)
{
	u64 nframes = kip->memory_end >> PAGE_SHIFT,
	    size = ALIGN_UP(frames_metadata_size(nframes), PAGE_SIZE);
	struct l4_range largest = {0, 0};

	for (unsigned i = 0; i < kip->ranges_count; i++)
		if (kip->ranges[i].end - kip->ranges[i].start > largest.end - largest.start)
			largest = kip->ranges[i];
	if (largest.end - largest.start <= size)
		panic("there is not enough memory for the server");
	frames_init(nframes, (void *)largest.start, 0);
	for (unsigned i = 0; i < kip->ranges_count; i++) {
		u64 start = kip->ranges[i].start;
		frames_add(start == largest.start ? start + size : start, kip->ranges[i].end);
	}
	frames_reserve = RESERVE;
}

/* The kernel shows us the devices at their physical addresses. No disk is no harm. */
static void disk_init(void)
{
	enum kstatus status = block_init((volatile void *)BLOCK_WINDOW_PHYS);

	if (status != K_OK && status != K_NOENT)
		kprintf("the disk cannot be used: status %d\n", status);
}

noreturn void l4_main(const struct l4_kip *kip, struct l4_utcb *utcb)
{
	char init[64] = "/bin/hello", args[256] = "";

	server_kip = kip;
	server_id = kip->root_id;
	init_memory(kip);
	l4_pager_init(utcb);
	clients_init();
	disk_init();
	timer_init();
	cthreads_init(worker, NULL, CONFIG_IPC_L4_THREADS);
	env_option("init", init, sizeof(init));
	env_option("args", args, sizeof(args));
	enum kstatus status = services_start(init, args);
	if (status != K_OK) {
		kprintf("cannot start %s: %s (init=PATH on the command line names another)\n", init,
			status == K_NOENT ? "it is not in the initrd"
					  : "it is no program that can run here");
		l4_power_off(ARCH_EXIT_FAILED);
	}
	worker(NULL);
}
