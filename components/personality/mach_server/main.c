/*
 * The server: start-up, and the loop that every worker runs.
 *
 * A worker has two message buffers. Its one mach_msg() sends the answer that lies in a buffer and
 * receives the next request into the same; the answer to that is made in the other, since a call
 * may look at its request to the end.
 *
 * Nothing that comes from a client is believed: not the shape of a message, not the kind of its
 * reply right (an answer must never have to wait for room), and rights that nobody has asked for
 * are given up at once.
 */
#include <frames/frames.h>
#include <objects/objects.h>
#include <server.h>

#define RESERVE 128 /* frames for its own stacks when there is no other memory */
#define ARENA_SIZE                                                                                 \
	(64ull << 20) /* address space for the server's own memory; used as it is touched */
#define WORKERS_MAX                                                                                \
	(CONFIG_SERVICES_PROCESS_MAX + 1) /* every process may sleep, and one must listen */
#define NS_PER_MS   1000000u
#define ERRNO_AGAIN 11

mach_port_t server_task, server_set, server_exceptions;

struct worker {
	struct server_call call;
	union server_message *in, *out; /* what came, what will go */
	bool answer;                    /* `out` is to be sent */
};

/* --- what clients ask --------------------------------------------------------------------- */

/* The answer in worker->out goes back through the right that came with the request. */
static void address_answer(struct worker *worker, u32 size)
{
	worker->out->head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0);
	worker->out->head.msgh_size = size;
	worker->out->head.msgh_remote_port = worker->in->head.msgh_remote_port;
	worker->out->head.msgh_local_port = MACH_PORT_NULL;
	worker->answer = true;
}

static void drop_right(mach_port_t name)
{
	if (name != MACH_PORT_NULL && name != MACH_PORT_DEAD)
		must(mach_port_deallocate(server_task, name),
			"to give up a right that came in a message");
}

/* A message that is no request: all rights in it are given up. The kernel has checked its items. */
static noinline void discard(const struct mach_msg_header *head)
{
	const char *at = (const char *)(head + 1), *end = (const char *)head + head->msgh_size;

	drop_right(head->msgh_remote_port);
	if (!(head->msgh_bits & MACH_MSGH_BITS_COMPLEX))
		return;
	while (at < end) {
		const struct mach_msg_type *type = (const struct mach_msg_type *)at;
		const u64 *names = (const u64 *)(type + 1);
		for (u32 i = 0; i < type->msgt_number && mach_type_is_port(type->msgt_name); i++) {
			if (type->msgt_name == MACH_MSG_TYPE_PORT_RECEIVE)
				must(mach_port_mod_refs(server_task, (mach_port_t)names[i],
					     MACH_PORT_RIGHT_RECEIVE, -1),
					"to give up a receive right");
			else
				drop_right((mach_port_t)names[i]);
		}
		at += sizeof(*type) +
		      ALIGN_UP(((u64)type->msgt_size * type->msgt_number + 7) / 8, 8);
	}
}

static bool is_request(const struct mach_msg_header *head)
{
	return !(head->msgh_bits & MACH_MSGH_BITS_COMPLEX) && head->msgh_id == UNIX_REQUEST_ID &&
	       MACH_MSGH_REMOTE(head->msgh_bits) == MACH_MSG_TYPE_PORT_SEND_ONCE;
}

#define VECTOR_INVALID_OPCODE 6

/* No answer will carry what the call has written for the program: it goes there directly. */
static void flush_windows(const struct unix_transfer *transfer, const struct proc *proc)
{
	for (u32 i = 0; i < transfer->count; i++) {
		const struct unix_window *w = &transfer->windows[i];
		if (w->end == w->start)
			continue;
		/* The library has seen that it can be written; if that has changed, the bytes are
		 * lost as they would be in the library. */
		long result = vm_write(proc->client.task, w->address + w->start, w->out + w->start,
			w->end - w->start);
		(void)result;
	}
}

/* The call is over; false: no answer is due. */
static noinline bool finish_specially(const struct unix_transfer *transfer, struct proc *proc)
{
	struct env_client *client = &proc->client;

	if (client->call_over) {
		client->call_over = false;
		services_call_over(proc);
	}
	if (client->doomed) { /* another thread, of its own making, has faulted meanwhile */
		client->doomed = false;
		if (!services_exception(proc, VECTOR_INVALID_OPCODE, 0))
			return false;
	}
	if (client->replaced) { /* exec: a fresh thread runs already */
		client->replaced = false;
		client->busy = false;
		if (client->attention)
			env_attention(proc);
		return false;
	}
	if (!attention_serve(proc))
		return false;
	client->busy = false;
	if (!client->replaced_registers)
		return true;
	flush_windows(transfer, proc);
	registers_apply(proc);
	return false;
}

static void serve_call(struct worker *worker, struct proc *proc)
{
	struct server_call *call = &worker->call;
	struct env_client *client = &proc->client;
	const struct unix_request *request = &worker->in->unix_message.request;
	struct unix_reply *reply = &worker->out->unix_message.reply;

	call->proc = proc;
	if (unlikely(!unix_server_open(
		    &call->transfer, request, worker->in->head.msgh_size, reply))) {
		unix_server_refuse(reply);
		address_answer(worker, reply->header.size);
		return;
	}
	client->busy = true;
	client->answered = false;
	client->call = (s32)UNIX_NUMBER(request->call);
	long result = unix_server_call(request);
	if (unlikely(result == ENV_NO_REPLY)) {
		drop_right(worker->in->head.msgh_remote_port);
		return;
	}
	client->result = result;
	client->answered = true;
	if (unlikely(client->attention | client->call_over | client->replaced |
		     client->replaced_registers | client->doomed) &&
		!finish_specially(&call->transfer, proc)) {
		drop_right(worker->in->head.msgh_remote_port);
		return;
	}
	client->busy = false;
	unix_server_close(&call->transfer, reply, result);
	address_answer(worker, reply->header.size);
}

#define SYSCALL_LENGTH 2

/*
 * A signal came while the request was on its way. The call has not begun, so the program is seen to
 * as if it had not made it yet; it makes it again. False: it has spoiled its registers, and there
 * is no way back.
 */
static noinline bool attend_first(struct worker *worker, struct proc *proc)
{
	struct env_client *client = &proc->client;
	struct user_registers registers;

	worker->call = (struct server_call){.proc = proc};
	client->busy = true;
	client->answered = false;
	client->call = (s32)UNIX_NUMBER(worker->in->unix_message.request.call);
	env_get_registers(proc, &registers);
	registers.rax = (u64)client->call;
	registers.rip -= SYSCALL_LENGTH;
	registers.call = (u64)-1;
	if (env_set_registers(proc, &registers) != K_OK) {
		client->busy = false;
		return false;
	}
	if (attention_serve(proc)) {
		client->busy = false;
		registers_apply(proc);
	}
	drop_right(worker->in->head.msgh_remote_port);
	return true;
}

/* A thread of the process's own making calls while another of its calls is in progress. */
static noinline void refuse_second_call(struct worker *worker)
{
	struct unix_reply *reply = &worker->out->unix_message.reply;

	unix_server_refuse(reply);
	reply->result = -ERRNO_AGAIN;
	address_answer(worker, reply->header.size);
}

/* --- exceptions ------------------------------------------------------------------------------ */

/* Was it the library, touching the program's memory on its behalf? Then the touch fails, not the
 * program. */
static bool recover(const struct mach_exception *exception)
{
	struct mach_thread_registers registers;
	mach_port_t thread = (mach_port_t)exception->thread;

	if (thread_get_state(thread, MACH_THREAD_REGISTERS, &registers, sizeof(registers)) !=
			KERN_SUCCESS ||
		registers.rip < server_emulator.copy_start ||
		registers.rip >= server_emulator.copy_end)
		return false;
	registers.rip = server_emulator.copy_failed;
	return thread_set_state(thread, MACH_THREAD_REGISTERS, &registers, sizeof(registers)) ==
	       KERN_SUCCESS;
}

/* Why the kernel could not resolve a page fault. */
static enum kstatus fault_status(long code)
{
	switch (code) {
	case KERN_PROTECTION_FAILURE:
		return K_DENIED;
	case KERN_MEMORY_FAILURE:
		return K_RANGE;
	case KERN_RESOURCE_SHORTAGE:
		return K_NOMEM;
	default:
		return K_FAULT;
	}
}

/* False: the services have ended it. */
static bool end_process(struct proc *proc, const struct mach_exception *exception)
{
	struct mach_thread_registers registers = {0};

	if (proc->client.busy) { /* a thread of its own making: its call must end first */
		proc->client.doomed = true;
		env_interrupt(proc);
		return true;
	}
	if (exception->exception == EXC_BAD_ACCESS)
		return services_memory_fault(proc, exception->subcode, (unsigned)exception->access,
			fault_status((long)exception->code));
	if (thread_get_state((mach_port_t)exception->thread, MACH_THREAD_REGISTERS, &registers,
		    sizeof(registers)) != KERN_SUCCESS)
		registers.rip = 0; /* it has ended meanwhile */
	return services_exception(proc,
		exception->exception == EXC_PROCESSOR ? (unsigned)exception->code
						      : VECTOR_INVALID_OPCODE,
		registers.rip);
}

/* The thread goes on, with whatever registers it has by now. */
static void answer_exception(struct worker *worker)
{
	worker->out->mig = (struct mig_reply){
		.head.msgh_id = MACH_EXCEPTION_REPLY,
		.ret_type = MACH_TYPE(MACH_MSG_TYPE_INTEGER_32, 32, 1),
		.ret_code = KERN_SUCCESS,
	};
	address_answer(worker, sizeof(worker->out->mig));
}

/* Tells the services; true: the process goes on. */
static bool report_fault(
	struct worker *worker, struct proc *proc, const struct mach_exception *exception)
{
	worker->call = (struct server_call){.proc = proc};
	if (proc->client.busy) {
		(void)end_process(proc, exception);
		return false;
	}
	proc->client.faulted = true;
	if (!end_process(proc, exception) || !attention_serve(proc))
		return false;
	proc->client.faulted = false;
	return true;
}

static noinline void serve_exception(struct worker *worker)
{
	const struct mach_exception *exception = &worker->in->exception;
	struct proc *proc = client_by_name((mach_port_t)exception->thread);

	if (!proc) /* a thread of a program's own making is its first one's business */
		proc = client_by_name((mach_port_t)exception->task);

	if (recover(exception) || (proc && report_fault(worker, proc, exception)))
		answer_exception(worker);
	else /* unanswered: the kernel ends the task, if it still is there */
		drop_right(worker->in->head.msgh_remote_port);
	drop_right((mach_port_t)exception->thread);
	drop_right((mach_port_t)exception->task);
}

/* --- the loop ----------------------------------------------------------------------------------
 */

static void serve(struct worker *worker)
{
	const struct mach_msg_header *head = &worker->in->head;
	struct proc *proc = client_by_name(head->msgh_local_port);

	if (likely(proc && is_request(head))) {
		if (unlikely(proc->client.busy))
			refuse_second_call(worker);
		else if (likely(!proc->client.attention) || !attend_first(worker, proc))
			serve_call(worker, proc);
	} else if (head->msgh_local_port == server_exceptions &&
		   head->msgh_id == MACH_EXCEPTION_RAISE) {
		serve_exception(worker); /* only the kernel has send rights to that port */
	} else {
		discard(head);
	}
}

/* The answer goes out alone, for others of the server are to run before the next request. */
static noinline void send_answer(struct worker *worker)
{
	long result = mach_msg(
		worker->out, MACH_SEND_MSG, worker->out->head.msgh_size, 0, MACH_PORT_NULL, 0, 0);

	worker->answer = false;
	if (result == MACH_SEND_INVALID_DEST) /* the client is gone */
		drop_right(worker->out->head.msgh_remote_port);
}

/* Sends the answer, if there is one, and receives the next request into worker->in; false: no
 * request came. */
static bool exchange(struct worker *worker)
{
	u64 deadline = cthread_next_deadline();
	u32 option = MACH_RCV_MSG, timeout = 0;

	if (unlikely(deadline != CTHREAD_FOREVER)) {
		u64 now = env_now(),
		    ms = deadline > now ? (deadline - now + NS_PER_MS - 1) / NS_PER_MS : 0;
		option |= MACH_RCV_TIMEOUT;
		timeout = (u32)MIN(ms, (u64)UINT32_MAX);
	}
	union server_message *buffer = worker->out;
	u32 size = 0;
	if (likely(worker->answer)) {
		option |= MACH_SEND_MSG;
		size = buffer->head.msgh_size;
	}
	worker->answer = false;
	long result = mach_msg(buffer, option, size, sizeof(*buffer), server_set, timeout, 0);
	if (unlikely(result != MACH_MSG_SUCCESS)) {
		if (result == MACH_SEND_INVALID_DEST)
			drop_right(buffer->head.msgh_remote_port); /* the client is gone */
		cthreads_expire(env_now());
		return false;
	}
	worker->out = worker->in;
	worker->in = buffer;
	if (unlikely(deadline != CTHREAD_FOREVER) && env_now() >= deadline)
		cthreads_expire(
			env_now()); /* requests that never cease must not keep sleepers asleep */
	return true;
}

static noreturn void work(void *argument)
{
	struct worker worker = {.in = kalloc(sizeof(union server_message)),
		.out = kalloc(sizeof(union server_message))};

	(void)argument;
	if (!worker.in || !worker.out)
		panic("there is no memory for another worker");
	cthread_self()->data = &worker.call;
	for (;;) {
		if (unlikely(!list_is_empty(&cthreads.ready))) {
			if (worker.answer)
				send_answer(&worker);
			cthread_listen();
		}
		if (likely(exchange(&worker)))
			serve(&worker);
	}
}

/* --- start-up
 * --------------------------------------------------------------------------------------- */

#define GROWTH 64 /* frames of the arena that are taken at once */

static u64 arena_start, arena_used; /* its address, and how much of it the allocators have */
static u64 arena_grown;             /* frames that were added to it */

s64 env_given_frames(void)
{
	return (s64)arena_grown - (s64)cthreads_frames();
}

/* Has the kernel give us the page now, where it can say that it has none. */
static bool touch(u64 address)
{
	u8 byte;

	return vm_read(server_task, address, 1, &byte) == KERN_SUCCESS;
}

/* Frames are the allocators' only when there is memory behind them: so it is kalloc() that fails,
 * and not the server, when the machine has none left. */
static bool grow_arena(void)
{
	u64 start = arena_used, end = MIN(start + GROWTH * PAGE_SIZE, ARENA_SIZE), at;
	const struct page *labels = phys_page(start);

	if (!touch((u64)labels) || !touch((u64)(labels + GROWTH) - 1))
		return false;
	for (at = start; at < end && touch(arena_start + at);)
		at += PAGE_SIZE;
	frames_add(start, at);
	arena_used = at;
	arena_grown += (at - start) >> PAGE_SHIFT;
	return at > start;
}

/* The allocators think of the arena as physical memory that begins at 0. Its head holds their
 * labels. */
static void init_memory(void)
{
	u64 arena = 0, frames = ARENA_SIZE >> PAGE_SHIFT,
	    labels = ALIGN_UP(frames_metadata_size(frames), PAGE_SIZE);

	if (vm_allocate(server_task, &arena, ARENA_SIZE, true) != KERN_SUCCESS)
		panic("there is no room for the server's memory");
	frames_init(frames, (void *)arena, arena);
	arena_start = arena;
	arena_used = labels;
	frames_reserve = RESERVE;
	frames_grow = grow_arena;
}

noreturn void _start(const struct mach_boot *boot);
noreturn void _start(const struct mach_boot *boot)
{
	char init[64] = "/bin/hello", args[256] = "";

	server_boot = boot;
	server_task = mach_task_self();
	init_memory();
	must(mach_port_allocate(server_task, MACH_PORT_RIGHT_PORT_SET, &server_set), "a port set");
	must(mach_port_allocate(server_task, MACH_PORT_RIGHT_RECEIVE, &server_exceptions),
		"the exception port");
	must(mach_port_move_member(server_task, server_exceptions, server_set),
		"the exception port in its set");
	files_start();
	cthreads_init(work, NULL, WORKERS_MAX);
	env_option("init", init, sizeof(init));
	env_option("args", args, sizeof(args));
	enum kstatus status = services_start(init, args);
	if (status != K_OK) {
		kprintf("cannot start %s: %s (init=PATH on the command line names another)\n", init,
			status == K_NOENT ? "it is not in the initrd"
					  : "it is no program that can run here");
		env_power_off(1);
	}
	work(NULL);
}
