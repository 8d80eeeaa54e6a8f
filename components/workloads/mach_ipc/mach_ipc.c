/*
 * mach_ipc: what messages cost, and a fault that another task serves.
 *
 * A client calls a server that is another task, made by task_create() as a copy of this one, or
 * another thread of this task. One sample is one RPC: a request with a reply port, of which a
 * send-once right is made, and the reply, through which that right moves back; each mach_msg()
 * sends and receives in one call. The round trip is timed by the client. One way is the request's
 * half of such an RPC: from before the client's call to after the server's; the server's clock
 * reading travels back in msgh_id, since 32 bits are enough for a difference.
 *
 * A message of N bytes has one item of N bytes (none for 0), in both directions.
 */
#include "mach_ipc.h"

#define PAYLOAD_MAX 4096
#define ID_CALL     1
#define ID_TIMED    2 /* from now on the server reads the clock at each request */
#define ID_PLAIN    3 /* from now on it does not */

struct message {
	struct mach_msg_header head;
	struct mach_msg_type type;
	u8 payload[PAYLOAD_MAX];
};

const struct mach_boot *boot;
static u64 samples[2][BENCH_SAMPLES];
static const u32 sizes[] = {0, 8, 64, 512, PAYLOAD_MAX};

/* Serves requests until one asks for the other kind of service; replies to each with what it
 * brought. */
static always_inline void serve(struct message *message, mach_port_t port, bool timed, s32 until)
{
	do {
		message->head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0);
		message->head.msgh_local_port = MACH_PORT_NULL;
		long result = mach_msg(message, MACH_SEND_MSG | MACH_RCV_MSG,
			message->head.msgh_size, sizeof(*message), port, 0, 0);
		u64 now = timed ? bench_now() : 0;
		if (unlikely(result != MACH_MSG_SUCCESS))
			fail("the server's mach_msg", result);
		if (unlikely(message->head.msgh_id == until))
			return;
		if (timed)
			message->head.msgh_id = (s32)now;
	} while (true);
}

static void server(mach_port_t port)
{
	struct message message;
	long result = mach_msg(&message, MACH_RCV_MSG, 0, sizeof(message), port, 0, 0);

	if (result != MACH_MSG_SUCCESS)
		fail("the server's first mach_msg", result);
	for (;;) {
		serve(&message, port, false, ID_TIMED);
		serve(&message, port, true, ID_PLAIN);
	}
}

static u32 prepare(struct message *message, u32 payload)
{
	message->type = MACH_TYPE(MACH_MSG_TYPE_BYTE, 8, payload);
	return payload == 0 ? sizeof(message->head)
			    : (u32)offsetof(struct message, payload) + payload;
}

static always_inline void call(
	struct message *message, u32 size, mach_port_t port, mach_port_t reply, s32 id)
{
	message->head.msgh_bits =
		MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
	message->head.msgh_remote_port = port;
	message->head.msgh_local_port = reply;
	message->head.msgh_id = id;
	long result = mach_msg(
		message, MACH_SEND_MSG | MACH_RCV_MSG, size, sizeof(*message), reply, 0, 0);
	if (unlikely(result != MACH_MSG_SUCCESS))
		fail("the client's mach_msg", result);
}

static void measure_size(mach_port_t port, mach_port_t reply, u32 payload, const char *kind)
{
	static struct message message;
	u64 overhead = now_overhead();
	u32 size = prepare(&message, payload);
	char name[32];

	call(&message, size, port, reply, ID_PLAIN);
	for (unsigned i = 0; i < BENCH_WARMUP + BENCH_SAMPLES; i++) {
		u64 begin = bench_now();
		call(&message, size, port, reply, ID_CALL);
		samples[0][i % BENCH_SAMPLES] = bench_now() - begin;
	}
	call(&message, size, port, reply, ID_TIMED);
	for (unsigned i = 0; i < BENCH_WARMUP + BENCH_SAMPLES; i++) {
		u64 begin = bench_now();
		call(&message, size, port, reply, ID_CALL);
		samples[1][i % BENCH_SAMPLES] = (u32)((u32)message.head.msgh_id - (u32)begin);
	}
	if (message.head.msgh_size != size)
		fail("a reply of another size", message.head.msgh_size);
	format_string(name, sizeof(name), "ipc_rt_%s%u", kind, payload);
	report(name, overhead, samples[0], BENCH_SAMPLES);
	format_string(name, sizeof(name), "ipc_oneway_%s%u", kind, payload);
	report(name, overhead, samples[1], BENCH_SAMPLES);
}

static void measure_messages(bool own_task, const char *kind)
{
	mach_port_t port = new_port(), reply = mach_reply_port();

	spawn(own_task, server, port);
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
		measure_size(port, reply, sizes[i], kind);
}

/* --- a pager ------------------------------------------------------------------------- */

/* Supplies every page of its object from one page of its own, marked with the page's offset. */
static void pager(mach_port_t port)
{
	static union {
		struct mach_msg_header head;
		struct memory_object_data_request request;
		struct memory_object_data_provided answer;
	} message;
	u32 option = MACH_RCV_MSG;

	for (;;) {
		long result = mach_msg(
			&message, option, sizeof(message.answer), sizeof(message), port, 0, 0);
		if (result != MACH_MSG_SUCCESS ||
			message.head.msgh_id != MEMORY_OBJECT_DATA_REQUEST)
			fail("the pager's mach_msg", result);
		u64 offset = message.request.offset;
		message.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND, 0);
		message.head.msgh_local_port = MACH_PORT_NULL;
		message.head.msgh_id = MEMORY_OBJECT_DATA_PROVIDED;
		message.answer.answer.type = MACH_TYPE(MACH_MSG_TYPE_INTEGER_64, 64, 1);
		message.answer.answer.offset = offset;
		message.answer.data_type =
			MACH_TYPE(MACH_MSG_TYPE_BYTE, 8, MEMORY_OBJECT_PAGE_SIZE);
		memcpy(message.answer.data, &offset, sizeof(offset));
		option = MACH_SEND_MSG | MACH_RCV_MSG;
	}
}

static void measure_pager(void)
{
	mach_port_t port = new_port();
	u64 pages = BENCH_WARMUP + BENCH_SAMPLES, base = 0, overhead = now_overhead();

	spawn(true, pager, port);
	must(vm_map(mach_task_self(), &base, pages * MEMORY_OBJECT_PAGE_SIZE,
		     MACH_VM_ANYWHERE | MACH_VM_COPY | 1, port, 0),
		"vm_map of a memory object");
	for (u64 i = 0; i < pages; i++) {
		const volatile u64 *page =
			(const volatile u64 *)(base + i * MEMORY_OBJECT_PAGE_SIZE);
		u64 begin = bench_now(), value = *page;
		samples[0][i % BENCH_SAMPLES] = bench_now() - begin;
		if (value != i * MEMORY_OBJECT_PAGE_SIZE)
			fail("a page holds what the pager did not supply", (long)value);
	}
	report("fault_external", overhead, samples[0], BENCH_SAMPLES);
}

static void measure_copy(void)
{
	static u8 pages[2][MEMORY_OBJECT_PAGE_SIZE] aligned(4096);
	struct bench_operands nothing = {0};
	u64 overhead = UINT64_MAX;

	for (unsigned i = 0; i < BENCH_WARMUP + BENCH_SAMPLES; i++) {
		struct bench_operands copy = {.rdi = (u64)pages[0],
			.rsi = (u64)pages[1],
			.rcx = MEMORY_OBJECT_PAGE_SIZE / 8};
		overhead = MIN(overhead, bench_time_nothing(&nothing));
		samples[0][i % BENCH_SAMPLES] = bench_time_copy(&copy);
	}
	report("copy_page", overhead, samples[0], BENCH_SAMPLES);
}

noreturn void _start(const struct mach_boot *boot_page);
noreturn void _start(const struct mach_boot *boot_page)
{
	boot = boot_page;
	measure_messages(true, "");
	measure_messages(false, "same_");
	measure_pager();
	measure_copy();
	report_end();
	fail("the machine did not power off", 0);
}
