/*
 * The files' pager: each file of the initrd is a memory object, this task its memory manager.
 *
 * The kernel asks for a page once, and keeps it: a program that is run again finds it there. The
 * pager is a kernel thread of its own and touches nothing of the services but a file_image, which
 * never changes.
 */
#include <server.h>

#define PAGER_STACK 16384
#define NAMES       8192 /* as many as a task can have */

static struct file_image *images[NAMES]; /* [index of its object's name] */
static mach_port_t pager_set;
static u8 pager_stack[PAGER_STACK] aligned(16);

union pager_message {
	struct mach_msg_header head;
	struct memory_object_data_request request;
	struct memory_object_answer answer;
	struct memory_object_data_provided provided;
};

static struct file_image **image_of(mach_port_t name)
{
	return &images[(name >> 12) % NAMES];
}

/* The request becomes its answer; returns its size. */
static u32 answer_request(union pager_message *message)
{
	struct file_image *image = *image_of(message->head.msgh_local_port);
	u64 offset = message->request.offset;
	bool inside = image && offset < image->size;

	message->head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND, 0);
	message->head.msgh_local_port = MACH_PORT_NULL;
	message->head.msgh_id = inside ? MEMORY_OBJECT_DATA_PROVIDED : MEMORY_OBJECT_DATA_ERROR;
	message->answer.type = MACH_TYPE(MACH_MSG_TYPE_INTEGER_64, 64, 1);
	message->answer.offset = offset;
	if (!inside)
		return sizeof(message->answer);
	u64 n = MIN(image->size - offset, (u64)MEMORY_OBJECT_PAGE_SIZE);
	message->provided.data_type = MACH_TYPE(MACH_MSG_TYPE_BYTE, 8, MEMORY_OBJECT_PAGE_SIZE);
	memcpy(message->provided.data, image->bytes + offset, n);
	memset(message->provided.data + n, 0, MEMORY_OBJECT_PAGE_SIZE - n);
	return sizeof(message->provided);
}

static noreturn void pager(void)
{
	static union pager_message message;
	u32 option = MACH_RCV_MSG, size = 0;

	for (;;) {
		long result = mach_msg(&message, option, size, sizeof(message), pager_set, 0, 0);
		option = MACH_RCV_MSG;
		if (result != MACH_MSG_SUCCESS ||
			message.head.msgh_id != MEMORY_OBJECT_DATA_REQUEST)
			continue; /* only the kernel holds send rights to these ports */
		size = answer_request(&message);
		option |= MACH_SEND_MSG;
	}
}

void files_start(void)
{
	mach_port_t thread;
	struct mach_thread_registers registers = {
		.rip = (u64)pager, .rsp = (u64)pager_stack + PAGER_STACK - 8};

	must(mach_port_allocate(server_task, MACH_PORT_RIGHT_PORT_SET, &pager_set),
		"the pager's port set");
	must(thread_create(server_task, &thread), "the pager's thread");
	must(thread_set_state(thread, MACH_THREAD_REGISTERS, &registers, sizeof(registers)),
		"the pager's registers");
	must(thread_resume(thread), "starting the pager");
}

enum kstatus files_object(struct file_image *image, mach_port_t *object)
{
	mach_port_t port = (mach_port_t)(uintptr_t)image->cache;

	if (port == MACH_PORT_NULL) {
		enum kstatus status =
			status_of(mach_port_allocate(server_task, MACH_PORT_RIGHT_RECEIVE, &port));
		if (status != K_OK)
			return status;
		*image_of(port) = image;
		must(mach_port_move_member(server_task, port, pager_set), "a file's port");
		image->cache = (void *)(uintptr_t)port;
	}
	*object = port;
	return K_OK;
}
