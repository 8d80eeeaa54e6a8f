/*
 * The emulation library: a program's system calls as messages to the server.
 *
 * It lives in the program's own task, on a stack and with a message buffer of its own. What a call
 * carries is in the generated unix_mach_client.h. Everything a thread needs is in its context,
 * which a new program finds zeroed and a forked child as a copy of its parent's: then ports and
 * kept answers are not its own and are forgotten.
 */
#include <emulator.h>
#include <mach.h>
#include <unix_mach_client.h>

#define KEPT_MAX 8

struct emulator_context {
	struct emulator_registers saved;
	mach_port_t service, reply;    /* 0: not known yet */
	u32 answers[EMULATOR_ANSWERS]; /* kept answers, plus 1 */
	u16 kept[KEPT_MAX];            /* which */
	u32 kept_count;
	u32 pad;
	union unix_message message;
};
_Static_assert(offsetof(struct emulator_context, service) == CONTEXT_SERVICE, "share.c");
_Static_assert(offsetof(struct emulator_context, message) == CONTEXT_MESSAGE, "registers.c");
_Static_assert(offsetof(struct emulator_context, answers) == CONTEXT_ANSWERS, "entry.S");
_Static_assert(EMULATOR_STACK_SIZE + sizeof(struct emulator_context) <= EMULATOR_CONTEXT_SIZE,
	"it fits its pages");

#define LINUX_SCHED_YIELD 24

long emulator_copy(void *to, const void *from, size_t n);
long emulator_copy_string(char *to, const char *from, size_t max);
long emulator_touch(void *at, size_t n);

/* The library has no console; its only bug that could be reported ends the program. */
void console_write(const char *text, size_t length)
{
	(void)text, (void)length;
}

noreturn void panic(const char *format, ...)
{
	(void)format;
	__builtin_trap();
}

static bool unix_client_read(void *to, vaddr_t from, size_t n)
{
	return emulator_copy(to, (const void *)from, n) == 0;
}

static size_t unix_client_read_string(void *to, vaddr_t from, size_t max)
{
	long n = emulator_copy_string(to, (const char *)from, max);

	return n > 0 ? (size_t)n : 0;
}

static bool unix_client_writable(vaddr_t to, size_t n)
{
	return to + n > to && emulator_touch((void *)to, n) == 0;
}

/* It was writable a moment ago; if another thread has taken it away since, the bytes are lost as
 * they would be on Linux. */
static void unix_client_write(vaddr_t to, const void *from, size_t n)
{
	(void)emulator_copy((void *)to, from, n);
}

static void forget(struct emulator_context *context)
{
	for (u32 i = 0; i < context->kept_count; i++)
		context->answers[context->kept[i]] = 0;
	context->kept_count = 0;
	context->service = MACH_PORT_NULL;
	context->reply = MACH_PORT_NULL;
}

/* This thread is a copy of one that called fork: its call has been answered with 0. */
static void answer_child(struct emulator_context *context)
{
	struct unix_reply *reply = &context->message.reply;

	forget(context);
	memset(reply, 0, offsetof(struct unix_reply, data));
	reply->header.id = UNIX_REPLY_ID;
	reply->header.size = (u32)offsetof(struct unix_reply, data);
	reply->data_type = unix_data_type(0);
}

/* The server has named the service port of a further thread of a program; the first one's is the
 * task's. */
static bool find_ports(struct emulator_context *context)
{
	mach_port_t self = mach_task_self();
	long result = KERN_SUCCESS;

	if (context->service == MACH_PORT_NULL)
		result = task_get_special_port(self, TASK_BOOTSTRAP_PORT, &context->service);
	mach_port_deallocate(self, self);
	context->reply = mach_reply_port();
	return result == KERN_SUCCESS && context->service != MACH_PORT_NULL &&
	       context->reply != MACH_PORT_NULL;
}

/*
 * A call that ended in a signal's handler was never answered: its reply right is reported dead when
 * the next call waits for its own answer.
 */
static bool is_stale(const union unix_message *message, long result)
{
	return result == MACH_MSG_SUCCESS && message->header.id == MACH_NOTIFY_SEND_ONCE;
}

static bool unix_client_rpc(union unix_message *message)
{
	struct emulator_context *context = container_of(message, struct emulator_context, message);
	u32 option = MACH_SEND_MSG | MACH_RCV_MSG;
	long result;

	if (unlikely(!context->reply) && !find_ports(context))
		return false;
	message->header.bits =
		MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
	message->header.remote_port = context->service;
	message->header.local_port = context->reply;
	do {
		result = mach_msg(message, option, message->header.size, sizeof(*message),
			context->reply, 0, 0);
		option = MACH_RCV_MSG; /* an interrupted wait goes on */
	} while (unlikely(result == MACH_RCV_INTERRUPTED) || unlikely(is_stale(message, result)));
	if (unlikely(result == EMULATOR_FORKED))
		answer_child(context);
	return likely(result == MACH_MSG_SUCCESS) || result == EMULATOR_FORKED;
}

static void keep(struct emulator_context *context, long number, long result)
{
	if (number >= EMULATOR_ANSWERS || context->kept_count == KEPT_MAX || result < 0 ||
		result >= UINT32_MAX - 1)
		return;
	context->answers[number] = (u32)result + 1;
	context->kept[context->kept_count++] = (u16)number;
}

long emulator_call(struct emulator_context *context, long number);
long emulator_call(struct emulator_context *context, long number)
{
	const long *arguments = (const long *)&context->saved;
	long result = unix_client_call(&context->message, number, arguments);

	if (unlikely((u64)number < UNIX_CALLS && unix_shapes[number].attributes & UNIX_CACHED))
		keep(context, number, result);
	if (unlikely(number == LINUX_SCHED_YIELD))
		swtch(); /* the server has no processor to give up for us */
	return result;
}
