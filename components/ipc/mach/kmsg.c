/*
 * Messages inside the kernel: memory, and the two rights in a header.
 *
 * Destroying a message may destroy a port and so more messages, as deep as a user cares to
 * nest them; so messages to be destroyed go through one list, and the stack stays flat.
 */
#include <ipc.h>
#include <objects/objects.h>

#define KMSG_SMALL      512u /* bytes of the usual message, struct ipc_kmsg included */
#define KMSG_SMALL_KEPT 64u  /* free ones that are kept at hand */
#define KMSG_HEAD       offsetof(struct ipc_kmsg, header)
#define KMSG_CAPACITY   (KMSG_SMALL - (u32)KMSG_HEAD)

static struct object_cache small_cache;
static struct ipc_kmsg *small_free; /* linked through link.next */
static u32 small_kept;
static struct list condemned = {&condemned, &condemned};
static bool destroying;

void ipc_port_cache_init(void);

void ipc_init(void)
{
	object_cache_init(&small_cache, "message", KMSG_SMALL, 64);
	ipc_port_cache_init();
	ipc_request_cache_init();
}

struct ipc_kmsg *ipc_kmsg_alloc(u32 size)
{
	struct ipc_kmsg *kmsg = small_free;

	if (likely(size <= KMSG_CAPACITY)) {
		if (likely(kmsg)) {
			small_free = (struct ipc_kmsg *)kmsg->link.next;
			small_kept--;
			return kmsg;
		}
		kmsg = object_alloc(&small_cache);
		size = KMSG_CAPACITY;
	} else {
		kmsg = kalloc(KMSG_HEAD + size);
	}
	if (kmsg)
		kmsg->capacity = size;
	return kmsg;
}

void ipc_kmsg_free(struct ipc_kmsg *kmsg)
{
	if (unlikely(kmsg->capacity != KMSG_CAPACITY)) {
		kfree(kmsg, KMSG_HEAD + kmsg->capacity);
	} else if (unlikely(small_kept == KMSG_SMALL_KEPT)) {
		object_free(&small_cache, kmsg);
	} else {
		kmsg->link.next = (struct list *)small_free;
		small_free = kmsg;
		small_kept++;
	}
}

void ipc_kmsg_destroy(struct ipc_kmsg *kmsg)
{
	list_push_back(&condemned, &kmsg->link);
	if (destroying)
		return;
	destroying = true;
	while ((kmsg = list_first(&condemned, struct ipc_kmsg, link))) {
		u32 bits = kmsg->header.msgh_bits;

		list_remove(&kmsg->link);
		ipc_right_destroy(kmsg->remote, MACH_MSGH_REMOTE(bits));
		ipc_right_destroy(kmsg->local, MACH_MSGH_LOCAL(bits));
		if (bits & MACH_MSGH_BITS_COMPLEX) {
			ipc_body_destroy_memory(kmsg);
			ipc_body_destroy(kmsg, kmsg->header.msgh_size);
		}
		ipc_kmsg_free(kmsg);
	}
	destroying = false;
}

/* --- in ------------------------------------------------------------------------------ */

static always_inline bool header_type_ok(unsigned type)
{
	return type > MACH_MSG_TYPE_MOVE_RECEIVE && type <= MACH_MSG_TYPE_MAKE_SEND_ONCE;
}

/* Both rights are of one name: the moves must leave enough for the copies, and each other. */
static bool same_name_ok(const struct ipc_entry *entry, unsigned remote, unsigned local)
{
	bool once = remote == MACH_MSG_TYPE_MOVE_SEND_ONCE && local == MACH_MSG_TYPE_MOVE_SEND_ONCE;
	bool twice = remote == MACH_MSG_TYPE_MOVE_SEND && local == MACH_MSG_TYPE_MOVE_SEND;

	return !once && !(twice && entry->urefs < 2);
}

static s64 copyin_reply(struct ipc_kmsg *kmsg, struct ipc_space *space, struct ipc_entry *dest,
	unsigned remote_type, unsigned local_type)
{
	struct ipc_entry *reply = ipc_right_lookup(space, kmsg->header.msgh_local_port);

	if (unlikely(!reply || !ipc_right_check(reply, local_type)))
		return MACH_SEND_INVALID_REPLY;
	if (unlikely(reply == dest) && !same_name_ok(dest, remote_type, local_type))
		return MACH_SEND_INVALID_REPLY;
	kmsg->remote = ipc_right_take(dest, remote_type);
	kmsg->local = ipc_right_take(reply, local_type);
	ipc_right_drop_moved(space, dest, remote_type);
	ipc_right_drop_moved(space, reply, local_type);
	return MACH_MSG_SUCCESS;
}

static s64 copyin_header(struct ipc_kmsg *kmsg, struct ipc_space *space)
{
	struct mach_msg_header *header = &kmsg->header;
	u32 bits = header->msgh_bits;
	unsigned remote_type = MACH_MSGH_REMOTE(bits), local_type = MACH_MSGH_LOCAL(bits);

	if (unlikely((bits & ~(MACH_MSGH_BITS_REMOTE_MASK | MACH_MSGH_BITS_LOCAL_MASK |
				     MACH_MSGH_BITS_COMPLEX)) ||
		     !header_type_ok(remote_type)))
		return MACH_SEND_INVALID_HEADER;
	struct ipc_entry *dest = ipc_right_lookup(space, header->msgh_remote_port);
	if (unlikely(!dest || (dest->type & IPC_DEAD_NAME) || !ipc_right_check(dest, remote_type)))
		return MACH_SEND_INVALID_DEST;
	if (local_type != 0) {
		if (unlikely(!header_type_ok(local_type)))
			return MACH_SEND_INVALID_HEADER;
		s64 result = copyin_reply(kmsg, space, dest, remote_type, local_type);
		if (unlikely(result != MACH_MSG_SUCCESS))
			return result;
		local_type = ipc_arriving_type(local_type);
	} else {
		if (unlikely(header->msgh_local_port != MACH_PORT_NULL))
			return MACH_SEND_INVALID_HEADER;
		kmsg->remote = ipc_right_take(dest, remote_type);
		kmsg->local = NULL;
		ipc_right_drop_moved(space, dest, remote_type);
	}
	header->msgh_bits = (bits & MACH_MSGH_BITS_COMPLEX) |
			    MACH_MSGH_BITS(ipc_arriving_type(remote_type), local_type);
	return MACH_MSG_SUCCESS;
}

s64 ipc_kmsg_copyin(struct ipc_kmsg *kmsg, struct ipc_space *space)
{
	bool complex = kmsg->header.msgh_bits & MACH_MSGH_BITS_COMPLEX;
	s64 result = complex ? ipc_kmsg_copyin_memory(kmsg) : MACH_MSG_SUCCESS;

	if (unlikely(result != MACH_MSG_SUCCESS))
		return result;
	result = copyin_header(kmsg, space);
	if (unlikely(result != MACH_MSG_SUCCESS)) {
		if (complex)
			ipc_body_destroy_memory(kmsg);
		return result;
	}
	return unlikely(complex) ? ipc_kmsg_copyin_body(kmsg, space) : MACH_MSG_SUCCESS;
}

/* --- out ----------------------------------------------------------------------------- */

/* The message's own right to its destination has done its work. */
static always_inline void consume_destination(struct ipc_port *port, unsigned type)
{
	if (type == MACH_MSG_TYPE_PORT_SEND_ONCE)
		port->sorights--;
	else
		ipc_port_uncount_send(port);
	ipc_port_unref(port);
}

s64 ipc_kmsg_copyout(struct ipc_kmsg *kmsg, struct ipc_space *space)
{
	struct mach_msg_header *header = &kmsg->header;
	struct ipc_port *port = kmsg->remote, *reply = kmsg->local;
	unsigned dest_type = MACH_MSGH_REMOTE(header->msgh_bits),
		 reply_type = MACH_MSGH_LOCAL(header->msgh_bits);
	s64 result = MACH_MSG_SUCCESS;

	/* The receive right may have left between the message's arrival and now. */
	header->msgh_local_port = likely(port->receiver == space) ? port->name : MACH_PORT_DEAD;
	header->msgh_remote_port = MACH_PORT_NULL;
	if (reply && unlikely(ipc_right_copyout(space, reply, reply_type,
				      &header->msgh_remote_port) != K_OK)) {
		ipc_right_destroy(reply, reply_type);
		header->msgh_remote_port = MACH_PORT_NULL;
		result = MACH_RCV_HEADER_ERROR | MACH_MSG_IPC_SPACE;
	}
	header->msgh_bits = (header->msgh_bits & MACH_MSGH_BITS_COMPLEX) |
			    MACH_MSGH_BITS(reply_type, dest_type);
	consume_destination(port, dest_type);
	if (unlikely(header->msgh_bits & MACH_MSGH_BITS_COMPLEX)) {
		s64 body = ipc_kmsg_copyout_body(kmsg, space);
		if (body != MACH_MSG_SUCCESS)
			result = body;
	}
	return result;
}

/* A right that was copied in becomes a name of its sender's again, or is lost. */
static mach_port_t give_back(struct ipc_space *space, struct ipc_port *port, unsigned type)
{
	mach_port_t name;

	if (ipc_right_copyout(space, port, type, &name) == K_OK)
		return name;
	ipc_right_destroy(port, type);
	return MACH_PORT_NULL;
}

void ipc_kmsg_copyout_pseudo(struct ipc_kmsg *kmsg, struct ipc_space *space)
{
	struct mach_msg_header *header = &kmsg->header;
	u32 bits = header->msgh_bits;

	header->msgh_remote_port = give_back(space, kmsg->remote, MACH_MSGH_REMOTE(bits));
	header->msgh_local_port = give_back(space, kmsg->local, MACH_MSGH_LOCAL(bits));
	if (bits & MACH_MSGH_BITS_COMPLEX) {
		s64 result = ipc_kmsg_copyout_body(kmsg, space);
		(void)result; /* names that found no room are null in the message */
	}
}

struct ipc_kmsg *ipc_kmsg_kernel(u32 size, s32 id, struct ipc_port *remote, unsigned remote_type,
	struct ipc_port *local, unsigned local_type)
{
	struct ipc_kmsg *kmsg = ipc_kmsg_alloc(size);

	if (!kmsg)
		return NULL;
	memset(&kmsg->header, 0, size);
	kmsg->remote = remote;
	kmsg->local = local;
	kmsg->header.msgh_bits = MACH_MSGH_BITS(remote_type, local_type);
	kmsg->header.msgh_size = size;
	kmsg->header.msgh_id = id;
	return kmsg;
}
