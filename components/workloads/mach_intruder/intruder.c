/*
 * mach_intruder: a Linux program with Mach traps.
 *
 * The emulation library lives in the program's own task, so nothing keeps a program from doing by
 * itself what the library does, and worse. Each case is a process that does; afterwards the server
 * must be well.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <ipc/mach/mach.h>
#include <workloads/common/test.h>

#define REQUEST_ID 3000
#define LIBRARY    0x7fffff100000ull
#define CONTEXT    0x7fffff200000ull

struct request {
	struct mach_msg_header head;
	struct mach_msg_type words_type;
	u64 call, arguments[6];
	struct mach_msg_type data_type;
	u8 data[512];
};
struct answer {
	struct mach_msg_header head;
	struct mach_msg_type words_type;
	s64 result;
	u8 rest[8192];
};
union message {
	struct request request;
	struct answer answer;
};

static int ends[2];

#define REQUEST_HEAD ((u32)offsetof(struct request, data))

int test_child(const char *role)
{
	(void)role;
	return 1;
}

static mach_port_t service(void)
{
	mach_port_t port = MACH_PORT_NULL;

	CHECK_EQ(task_get_special_port(mach_task_self(), TASK_BOOTSTRAP_PORT, &port), 0);
	CHECK(port != MACH_PORT_NULL);
	return port;
}

static void fill(struct request *request, u64 call)
{
	memset(request, 0, sizeof(*request));
	request->head.msgh_id = REQUEST_ID;
	request->words_type = MACH_TYPE(MACH_MSG_TYPE_INTEGER_64, 64, 7);
	request->data_type = MACH_TYPE(MACH_MSG_TYPE_BYTE, 8, 0);
	request->call = call;
}

/* Sends a request as the library would, and gives its result. */
static long forged(union message *message, u32 size, mach_port_t port, mach_port_t reply)
{
	message->request.head.msgh_bits =
		MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
	message->request.head.msgh_remote_port = port;
	message->request.head.msgh_local_port = reply;
	CHECK_EQ(mach_msg(message, MACH_SEND_MSG | MACH_RCV_MSG, size, sizeof(*message), reply, 0,
			 0),
		0);
	return message->answer.result;
}

static void honest_forgery(void)
{
	static union message message;

	fill(&message.request, SYS_getpid);
	CHECK_EQ(forged(&message, REQUEST_HEAD, service(), mach_reply_port()), sys_getpid());
	fill(&message.request, 99999);
	CHECK_EQ(forged(&message, REQUEST_HEAD, service(), mach_reply_port()), -ENOSYS);
}

static void malformed_requests(void)
{
	static union message message;
	mach_port_t port = service(), reply = mach_reply_port();
	u64 seed = 1;

	for (u32 size = sizeof(struct mach_msg_header); size < REQUEST_HEAD; size += 8) {
		fill(&message.request, SYS_getppid);
		CHECK_EQ(forged(&message, size, port, reply), -EINVAL);
	}
	for (unsigned i = 0; i < 3000; i++) {
		fill(&message.request, SYS_getppid);
		u64 *words = (u64 *)&message.request + 3;
		for (unsigned j = 0; j < 4; j++) {
			seed = seed * 6364136223846793005ull + 1442695040888963407ull;
			words[(seed >> 33) % 70] = seed >> (seed >> 59);
		}
		/* Not what sleeps or ends the process, which may come by chance. */
		u32 number = (u32)message.request.call;
		if (number == SYS_getppid || number > 1000)
			forged(&message, REQUEST_HEAD + (u32)(seed >> 40) % 64 * 8, port, reply);
	}
	CHECK_EQ(sys_getppid(), first_pid);
}

/* A request that claims to carry buffers that are not there. */
static void claimed_buffers(void)
{
	static union message message;
	mach_port_t port = service(), reply = mach_reply_port();
	static const u64 counts[] = {
		1, 8, 100, 4096, 4097, 1ull << 31, 1ull << 32, 1ull << 63, ~0ull};

	for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		for (unsigned bit = 32; bit < 48; bit++) {
			fill(&message.request, SYS_write | 1ull << bit);
			message.request.arguments[0] = 77; /* not open */
			message.request.arguments[1] = 0xdead0000;
			message.request.arguments[2] = counts[i];
			long result = forged(&message, REQUEST_HEAD, port, reply);
			CHECK(result == -EINVAL || result == -EBADF);
		}
}

struct carrying {
	struct mach_msg_header head;
	struct mach_msg_type type;
	u64 names[64];
};

/* Rights sent to the server by the thousand: it must not keep them. */
static void unwanted_rights(void)
{
	static struct carrying message;
	mach_port_t self = mach_task_self(), port = service(), mine;

	for (unsigned i = 0; i < 12000; i += 64) {
		message.head = (struct mach_msg_header){
			.msgh_bits =
				MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) | MACH_MSGH_BITS_COMPLEX,
			.msgh_remote_port = port,
			.msgh_id = i % 3 ? REQUEST_ID : MACH_EXCEPTION_RAISE,
		};
		bool receive = i / 64 % 2;
		message.type = MACH_TYPE(
			receive ? MACH_MSG_TYPE_MOVE_RECEIVE : MACH_MSG_TYPE_MAKE_SEND_ONCE, 64,
			64);
		for (unsigned j = 0; j < 64; j++) {
			if (j == 0 || receive)
				CHECK_EQ(mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &mine),
					0);
			message.names[j] = mine;
		}
		CHECK_EQ(mach_msg(&message, MACH_SEND_MSG, sizeof(message), 0, 0, 0, 0), 0);
		if (!receive)
			mach_port_mod_refs(self, mine, MACH_PORT_RIGHT_RECEIVE, -1);
	}
	expect_exit(sys_fork() ?: (sys_exit(7), 0), 7);
}

/* Reply rights that would make the server wait, or none at all. */
static void wrong_replies(void)
{
	static union message message;
	mach_port_t port = service(), reply = mach_reply_port();
	static const u32 kinds[] = {0, MACH_MSG_TYPE_MAKE_SEND};

	for (unsigned i = 0; i < 40; i++) {
		fill(&message.request, SYS_getppid);
		message.request.head.msgh_bits =
			MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, kinds[i % 2]);
		message.request.head.msgh_remote_port = port;
		message.request.head.msgh_local_port = i % 2 ? reply : MACH_PORT_NULL;
		CHECK_EQ(mach_msg(&message, MACH_SEND_MSG, REQUEST_HEAD, 0, 0, 0, 0), 0);
	}
	CHECK_EQ(mach_msg(&message, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(message), reply, 5,
			 0),
		MACH_RCV_TIMED_OUT);
	CHECK_EQ(sys_getppid(), first_pid);
}

/* Memory whose pager is the program itself, and never answers: the server must not wait for it. */
static void silent_pager(void)
{
	mach_port_t self = mach_task_self(), object;
	u64 address = 0x50000000;

	CHECK_EQ(mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &object), 0);
	CHECK_EQ(vm_map(self, &address, 65536, 3 | MACH_VM_COPY, object, 0), 0);
	CHECK_EQ(sys_pipe(ends), 0);
	CHECK_EQ(sys_write(ends[1], (void *)address, 8192), -EFAULT);
	CHECK_EQ(sys_getppid(), first_pid);
}

static void wait_for_pager(void)
{
	mach_port_t self = mach_task_self(), object;
	u64 address = 0x50000000;

	CHECK_EQ(mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &object), 0);
	CHECK_EQ(vm_map(self, &address, 65536, 3 | MACH_VM_COPY, object, 0), 0);
	*(volatile char *)address = 1;
}

static void killed_while_waiting(void)
{
	long pid = spawn(wait_for_pager);

	sleep_ms(10);
	CHECK_EQ(sys_call3(SYS_kill, pid, SIGKILL, 0), 0);
	expect_killed(pid, SIGKILL);
}

/* --- threads that the server does not know of ------------------------------------------------ */

static u8 stack[8192] aligned(16);
static volatile long second_result;
static volatile int *volatile nowhere = (volatile int *)8;

static void start_second(void (*body)(void))
{
	struct mach_thread_registers registers = {
		.rip = (u64)body, .rsp = (u64)stack + sizeof(stack) - 8};
	mach_port_t thread;

	CHECK_EQ(thread_create(mach_task_self(), &thread), 0);
	CHECK_EQ(thread_set_state(thread, MACH_THREAD_REGISTERS, &registers, sizeof(registers)), 0);
	CHECK_EQ(thread_resume(thread), 0);
}

static void call_while_sleeping(void)
{
	static union message message;

	fill(&message.request, SYS_getppid);
	message.request.head.msgh_bits =
		MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE);
	mach_port_t reply = mach_reply_port(), port = MACH_PORT_NULL;
	task_get_special_port(mach_task_self(), TASK_BOOTSTRAP_PORT, &port);
	message.request.head.msgh_remote_port = port;
	message.request.head.msgh_local_port = reply;
	if (mach_msg(&message, MACH_SEND_MSG | MACH_RCV_MSG, REQUEST_HEAD, sizeof(message), reply,
		    0, 0) == 0)
		second_result = message.answer.result;
	for (;;)
		swtch();
}

/* Reads a pipe that another process will write to in a while. */
static long sleep_in_call(void)
{
	char byte = 0;

	CHECK_EQ(sys_pipe(ends), 0);
	long pid = sys_fork();
	if (pid == 0) {
		sleep_ms(20);
		sys_exit(sys_write(ends[1], "x", 1) == 1 ? 0 : 1);
	}
	return sys_read(ends[0], &byte, 1);
}

static void second_call(void)
{
	start_second(call_while_sleeping);
	CHECK_EQ(sleep_in_call(), 1);
	CHECK(second_result == -EAGAIN || second_result == first_pid);
}

static void fault_soon(void)
{
	for (int i = 0; i < 20; i++)
		swtch();
	*nowhere = 1;
}

static void fault_during_call(void)
{
	start_second(fault_soon);
	sleep_in_call();
	sys_exit(3); /* it should have been killed */
}

/* --- the library ------------------------------------------------------------------------------ */

static void library_unmapped(void)
{
	CHECK_EQ(vm_deallocate(mach_task_self(), LIBRARY, 4096), 0);
	sys_getppid();
}

static void context_unmapped(void)
{
	CHECK_EQ(vm_deallocate(mach_task_self(), CONTEXT, 8192), 0);
	sys_getppid();
}

static void redirection_removed(void)
{
	CHECK_EQ(task_set_emulation(mach_task_self(), 0), 0);
	sys_getppid();
}

static void context_spoiled(void)
{
	sys_getppid();
	memset((void *)(CONTEXT + 2048 + 8), 0xee, 8192 - 2048 - 8);
	if (sys_getppid() == first_pid)
		sys_exit(3); /* with no port to ask through it cannot know */
	/* What is left is to end by oneself, natively. */
	*nowhere = 1;
}

static void others_are_well(void)
{
	char byte = 0;

	CHECK_EQ(sys_getppid(), first_pid);
	CHECK_EQ(sys_pipe(ends), 0);
	expect_exit(sys_fork() ?: (sys_exit(sys_write(ends[1], "y", 1) == 1 ? 5 : 6), 0), 5);
	CHECK_EQ(sys_read(ends[0], &byte, 1), 1);
	CHECK_EQ(byte, 'y');
}

static const struct test_case cases[] = {
	CASE("a request made by hand is answered like the library's", honest_forgery),
	CASE("malformed requests are refused", malformed_requests),
	CASE("buffers that are claimed but not there are refused", claimed_buffers),
	CASE("12000 unwanted rights are given up", unwanted_rights),
	CASE("reply rights that could make the server wait are not used", wrong_replies),
	CASE("a pager of the program's own that never answers holds up nobody else", silent_pager),
	CASE("a process that waits for such a pager can be killed", killed_while_waiting),
	CASE("a second call is refused while the first sleeps", second_call),
	DIES("a fault of another thread ends the process in its call", fault_during_call, SIGILL),
	DIES("a program that unmaps its library dies of its next call", library_unmapped, SIGSEGV),
	DIES("one that unmaps the library's memory too", context_unmapped, SIGSEGV),
	DIES("one that is not redirected any more too", redirection_removed, SIGILL),
	DIES("one that spoils the library's memory harms itself", context_spoiled, SIGSEGV),
	CASE("everybody else is well", others_are_well),
};
static TEST_SUITE(intruding, cases);
const struct test_suite *const test_suites[] = {&intruding, NULL};
