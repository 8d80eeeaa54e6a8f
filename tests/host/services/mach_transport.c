/*
 * The calls as Mach messages, in memory: the generated halves of the emulation library and of
 * the server, with nothing between them but bytes in blocks of exactly their size.
 */
#include <pthread.h>
#include <stdlib.h>

#include <unix_mach_client.h>
#include <unix_mach_server.h>

#include "services_test.h"

/* Of the call that this thread is in. */
static __thread struct unix_transfer *transfer;
static __thread bool no_reply;

/* The blocks of a call, which a thread that ends in it leaves behind for the destructor. */
struct blocks {
	union unix_message *message;
	struct unix_request *request;
	struct unix_reply *reply;
};

static pthread_key_t blocks_key;
static pthread_once_t blocks_once = PTHREAD_ONCE_INIT;

static void free_contents(struct blocks *blocks)
{
	free(blocks->message);
	free(blocks->request);
	free(blocks->reply);
	*blocks = (struct blocks){NULL, NULL, NULL};
}

static void free_blocks(void *blocks)
{
	free_contents(blocks);
	free(blocks);
}

static void create_key(void)
{
	check(pthread_key_create(&blocks_key, free_blocks) == 0);
}

static void *must(void *memory)
{
	if (!memory)
		host_die("the host is out of memory");
	return memory;
}

static struct blocks *own_blocks(void)
{
	struct blocks *blocks;

	check(pthread_once(&blocks_once, create_key) == 0);
	blocks = pthread_getspecific(blocks_key);
	if (!blocks) {
		blocks = must(calloc(1, sizeof(*blocks)));
		check(pthread_setspecific(blocks_key, blocks) == 0);
	}
	return blocks;
}

struct mach_traffic mach_traffic;

static bool unix_client_read(void *to, vaddr_t from, size_t n)
{
	return host_try_peek(to, from, n);
}

static size_t unix_client_read_string(void *to, vaddr_t from, size_t max)
{
	char *text = to;

	for (size_t i = 0; i < max; i++) {
		if (!host_try_peek(text + i, from + i, 1))
			return 0;
		if (text[i] == '\0')
			return i + 1;
	}
	return 0;
}

static bool unix_client_writable(vaddr_t to, size_t n)
{
	return host_may_access(to, n, ENV_PROT_WRITE);
}

static void unix_client_write(vaddr_t to, const void *from, size_t n)
{
	host_poke(to, from, n);
}

/* The server, from one message to the other. False: it does not answer. */
static bool serve(const struct unix_request *request, size_t size, struct unix_reply *reply)
{
	struct unix_transfer own;
	long result;

	if (!unix_server_open(&own, request, size, reply)) {
		unix_server_refuse(reply);
		return true;
	}
	for (u32 i = 0; i < own.count; i++)
		mach_traffic.windows += own.windows[i].in_size > 0 || own.windows[i].out_size > 0;
	transfer = &own;
	result = unix_server_call(request);
	transfer = NULL;
	if (result == ENV_NO_REPLY)
		return false;
	unix_server_close(&own, reply, result);
	return true;
}

static bool unix_client_rpc(union unix_message *message)
{
	struct blocks *blocks = own_blocks();
	size_t size = message->header.size;

	blocks->request = must(malloc(size));
	blocks->reply = must(malloc(sizeof(*blocks->reply)));
	memcpy(blocks->request, message, size);
	memset(message, 0x5a, sizeof(*message));
	mach_traffic.calls++;
	no_reply = !serve(blocks->request, size, blocks->reply);
	if (!no_reply)
		memcpy(message, blocks->reply, blocks->reply->header.size);
	return !no_reply;
}

static long call(long number, const long arguments[6])
{
	struct blocks *blocks = own_blocks();
	long result;

	blocks->message = must(malloc(sizeof(*blocks->message)));
	result = unix_client_call(blocks->message, number, arguments);
	free_contents(blocks);
	return no_reply ? ENV_NO_REPLY : result;
}

static bool copyin(void *to, vaddr_t from, size_t n)
{
	bool carried = transfer && unix_server_copyin(transfer, to, from, n);

	mach_traffic.carried += carried;
	mach_traffic.fetched += !carried;
	return carried;
}

static bool copyout(vaddr_t to, const void *from, size_t n)
{
	bool carried = transfer && unix_server_copyout(transfer, to, from, n);

	mach_traffic.carried += carried;
	mach_traffic.fetched += !carried;
	return carried;
}

const struct host_transport mach_transport = {call, copyin, copyout};

/* --- what is written of a buffer stays in one piece -------------------------------- */

/* The old bytes in a gap between two pieces are the client's: they must not be overwritten. */
bool mach_leaves_gaps(void)
{
	static union unix_message message;
	static struct unix_reply reply;
	const long arguments[6] = {3, (long)host_alloc(64), 64, 0, 0, 0};
	vaddr_t at = (vaddr_t)arguments[1];
	struct unix_transfer own;

	unix_client_pack(&message.request, SYS_read, arguments);
	return unix_server_open(&own, &message.request, message.header.size, &reply) &&
	       unix_server_copyout(&own, at + 8, "12345678", 8) &&
	       !unix_server_copyout(&own, at + 24, "12345678", 8) &&
	       unix_server_copyout(&own, at + 12, "12345678", 8) &&
	       !unix_server_copyout(&own, at, "1234567", 7) &&
	       unix_server_copyout(&own, at, "12345678", 8) &&
	       !unix_server_copyout(&own, at + 60, "12345678", 8) &&
	       (unix_server_close(&own, &reply, 0), reply.extents[0] == (u64)20 << 32);
}

/* --- requests that no library would send ---------------------------------------- */

/* Damages a good request and gives it to the server's checks; how many of them pass. */
u32 mach_fuzz(u32 rounds)
{
	u32 passed = 0;

	for (u32 round = 0; round < rounds; round++) {
		static union unix_message message;
		const long arguments[6] = {
			3, 0x7f0000, (long)(host_random() % 5000), 0x7f1000, 16, 0};
		struct unix_reply *reply = must(malloc(sizeof(*reply)));
		struct unix_transfer own;
		u8 bytes[600];
		size_t size;
		u8 *cut;

		unix_client_pack(&message.request, (long)(host_random() % 520), arguments);
		message.request.call |= host_random() % 64 << 32 | host_random() % 64 << 40;
		size = offsetof(struct unix_request, data) +
		       (host_chance(2) ? host_random() % UNIX_INLINE_MAX : 0);
		message.request.data_type =
			unix_data_type((u32)(size - offsetof(struct unix_request, data)));
		for (u64 i = host_random() % 3; i > 0; i--)
			((u8 *)&message)[host_random() % 120] = (u8)host_random();
		if (host_chance(10))
			size = host_random() % size;
		cut = must(malloc(size + 1));
		memcpy(cut, &message, size);
		memset(bytes, 1, sizeof(bytes));
		if (unix_server_open(&own, (struct unix_request *)cut, size, reply)) {
			passed++;
			for (int i = 0; i < 20; i++) {
				vaddr_t at = 0x7f0000 + host_random() % 0x2000;
				size_t n = host_random() % sizeof(bytes);

				if (!unix_server_copyin(&own, bytes, at, n))
					unix_server_copyout(&own, at, bytes, n);
			}
			unix_server_close(&own, reply, 0);
		}
		free(cut);
		free(reply);
	}
	return passed;
}
