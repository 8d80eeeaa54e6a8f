/*
 * The body of a complex message: walking its items, and the port rights in them.
 *
 * A descriptor comes from the user; nothing in it is believed before item_next() has checked it.
 * After copyin the elements of port items are kernel pointers and their msgt_name is the arriving
 * type. Memory that travels beside the message is taken before all rights, for copying it
 * may block; its element is the kernel's `struct ipc_memory` then.
 */
#include <ipc.h>

struct item {
	struct mach_msg_type *type;
	u64 *data;  /* elements of 64 bits, if they are port rights; one, if it is memory */
	u32 offset; /* of the item that follows, from the header's start */
};

/* How long its data are, wherever they are. */
static u64 item_bytes(const struct mach_msg_type *type)
{
	return ((u64)type->msgt_size * type->msgt_number + 7) / 8;
}

/* The item at item->offset; false at the end. A descriptor that lies gives *result a MACH_SEND_…
 * code and false. */
static bool item_next(struct ipc_kmsg *kmsg, u32 end, struct item *item, s64 *result)
{
	*result = MACH_MSG_SUCCESS;
	if (item->offset >= end)
		return false;
	*result = MACH_SEND_MSG_TOO_SMALL;
	if (end - item->offset < sizeof(struct mach_msg_type))
		return false;
	struct mach_msg_type *type = (struct mach_msg_type *)((char *)&kmsg->header + item->offset);
	u64 bytes = type->msgt_inline ? item_bytes(type) : sizeof(u64);
	if (ALIGN_UP(bytes, 8) > end - item->offset - sizeof(*type))
		return false;
	*result = MACH_SEND_INVALID_TYPE;
	if (type->msgt_unused || type->msgt_longform ||
		(type->msgt_inline && type->msgt_deallocate))
		return false;
	if (mach_type_is_port(type->msgt_name) && (type->msgt_size != 64 || !type->msgt_inline))
		return false;
	item->type = type;
	item->data = (u64 *)(type + 1);
	item->offset += (u32)(sizeof(*type) + ALIGN_UP(bytes, 8));
	*result = MACH_MSG_SUCCESS;
	return true;
}

#define ITEM_FIRST ((struct item){.offset = sizeof(struct mach_msg_header)})

/* Would a receive right for `port`, sent to `dest`, travel inside itself? Then nobody could ever
 * receive it. */
static bool is_circular(const struct ipc_port *port, const struct ipc_port *dest)
{
	while (dest && dest != port)
		dest = dest->receiver ? NULL : dest->destination;
	return dest != NULL;
}

static s64 copyin_right(
	struct ipc_kmsg *kmsg, struct ipc_space *space, unsigned type, u64 *element, bool *circular)
{
	u64 name = *element;

	if (name == MACH_PORT_NULL || name == MACH_PORT_DEAD) {
		*element = name == MACH_PORT_NULL ? 0 : (u64)IPC_PORT_DEAD;
		return MACH_MSG_SUCCESS;
	}
	struct ipc_entry *entry =
		name <= UINT32_MAX ? ipc_right_lookup(space, (mach_port_t)name) : NULL;
	if (!entry || !ipc_right_check(entry, type))
		return MACH_SEND_INVALID_RIGHT;
	struct ipc_port *port = ipc_right_take(entry, type);
	ipc_right_drop_moved(space, entry, type);
	if (type == MACH_MSG_TYPE_MOVE_RECEIVE) {
		if (is_circular(port, kmsg->remote))
			*circular = true; /* and no destination: the walk above must end */
		else
			port->destination = kmsg->remote;
	}
	*element = (u64)port;
	return MACH_MSG_SUCCESS;
}

/* The rights of one item; what was taken before the one that fails stays taken. */
static s64 copyin_item(
	struct ipc_kmsg *kmsg, struct ipc_space *space, struct item *item, bool *circular)
{
	unsigned type = item->type->msgt_name;

	for (u32 i = 0; i < item->type->msgt_number; i++) {
		s64 result = copyin_right(kmsg, space, type, &item->data[i], circular);
		if (result != MACH_MSG_SUCCESS) {
			ipc_body_destroy_memory(kmsg); /* while all items can still be walked */
			item->type->msgt_number = i;   /* so that the clean-up ends here */
			item->type->msgt_name = ipc_arriving_type(type);
			return result;
		}
	}
	item->type->msgt_name = ipc_arriving_type(type);
	return MACH_MSG_SUCCESS;
}

/* All rights taken so far are given up, those of the header too: a message that lies costs its
 * sender what is in it. */
static s64 abandon(struct ipc_kmsg *kmsg, const struct item *item, s64 result)
{
	u32 bits = kmsg->header.msgh_bits;

	ipc_body_destroy(kmsg,
		(u32)((char *)(item->data + item->type->msgt_number) - (char *)&kmsg->header));
	ipc_right_destroy(kmsg->local, MACH_MSGH_LOCAL(bits));
	ipc_right_destroy(kmsg->remote, MACH_MSGH_REMOTE(bits));
	return result;
}

s64 ipc_kmsg_copyin_body(struct ipc_kmsg *kmsg, struct ipc_space *space)
{
	struct item item = ITEM_FIRST;
	bool circular = false;
	s64 result;

	while (item_next(kmsg, kmsg->header.msgh_size, &item, &result)) {
		if (!mach_type_is_port(item.type->msgt_name))
			continue;
		result = copyin_item(kmsg, space, &item, &circular);
		if (result != MACH_MSG_SUCCESS)
			return abandon(kmsg, &item, result);
	}
	check(result == MACH_MSG_SUCCESS); /* ipc_kmsg_copyin_memory() has looked at all of it */
	if (circular)
		kmsg->header.msgh_bits |= IPC_BITS_CIRCULAR;
	return MACH_MSG_SUCCESS;
}

static s64 copyin_memory(struct item *item)
{
	u64 address = *item->data, bytes = item_bytes(item->type);
	bool deallocate = item->type->msgt_deallocate;
	struct ipc_memory *memory;

	*item->data = 0; /* so that nothing of the user's is taken for a pointer of ours */
	item->type->msgt_deallocate = 0;
	if (bytes == 0)
		return MACH_MSG_SUCCESS;
	if (bytes > MACH_MSG_MEMORY_MAX)
		return MACH_SEND_INVALID_MEMORY;
	enum kstatus status = ipc_memory_copyin(address, bytes, deallocate, &memory);
	if (status == K_OK) {
		*item->data = (u64)memory;
		return MACH_MSG_SUCCESS;
	}
	return status == K_INTERRUPTED ? MACH_SEND_INTERRUPTED
	       : status == K_NOMEM     ? MACH_SEND_NO_BUFFER
				       : MACH_SEND_INVALID_MEMORY;
}

void ipc_body_destroy_memory(struct ipc_kmsg *kmsg)
{
	struct item item = ITEM_FIRST;
	s64 result;

	while (item_next(kmsg, kmsg->header.msgh_size, &item, &result)) {
		if (item.type->msgt_inline || *item.data == 0)
			continue;
		ipc_memory_destroy((struct ipc_memory *)*item.data);
		*item.data = 0;
	}
	check(result == MACH_MSG_SUCCESS);
}

s64 ipc_kmsg_copyin_memory(struct ipc_kmsg *kmsg)
{
	struct item item = ITEM_FIRST;
	s64 result, refused = MACH_MSG_SUCCESS;
	u32 end = kmsg->header.msgh_size;

	bool any = false;

	/* First whether all that is said of the body is true: nothing has been done then. */
	while (item_next(kmsg, end, &item, &result))
		any |= !item.type->msgt_inline;
	if (!any || result != MACH_MSG_SUCCESS)
		return result;
	item = ITEM_FIRST;
	while (item_next(kmsg, end, &item, &result)) {
		if (item.type->msgt_inline)
			continue;
		if (refused == MACH_MSG_SUCCESS)
			refused = copyin_memory(&item);
		else
			*item.data = 0; /* not taken: there is nothing to give up */
	}
	if (refused != MACH_MSG_SUCCESS)
		ipc_body_destroy_memory(kmsg);
	return refused;
}

/* A receiver without room for it gets 0 for an address. */
static enum kstatus copyout_memory(struct item *item)
{
	struct ipc_memory *memory = (struct ipc_memory *)*item->data;

	*item->data = 0;
	return memory ? ipc_memory_copyout(memory, item->data) : K_OK;
}

s64 ipc_kmsg_copyout_body(struct ipc_kmsg *kmsg, struct ipc_space *space)
{
	struct item item = ITEM_FIRST;
	s64 result, worst = MACH_MSG_SUCCESS;

	while (item_next(kmsg, kmsg->header.msgh_size, &item, &result)) {
		unsigned type = item.type->msgt_name;
		if (!item.type->msgt_inline && copyout_memory(&item) != K_OK)
			worst = MACH_RCV_BODY_ERROR | MACH_MSG_VM_SPACE;
		if (!mach_type_is_port(type))
			continue;
		for (u32 i = 0; i < item.type->msgt_number; i++) {
			struct ipc_port *port = (struct ipc_port *)item.data[i];
			mach_port_t name = MACH_PORT_NULL;
			if (ipc_right_copyout(space, port, type, &name) != K_OK) {
				ipc_right_destroy(port, type);
				worst = MACH_RCV_BODY_ERROR | MACH_MSG_IPC_SPACE;
			}
			item.data[i] = name;
		}
	}
	check(result == MACH_MSG_SUCCESS); /* it was checked on its way in */
	return worst;
}

void ipc_body_destroy(struct ipc_kmsg *kmsg, u32 end)
{
	struct item item = ITEM_FIRST;
	s64 result;

	while (item_next(kmsg, end, &item, &result)) {
		if (!mach_type_is_port(item.type->msgt_name))
			continue;
		for (u32 i = 0; i < item.type->msgt_number; i++)
			ipc_right_destroy((struct ipc_port *)item.data[i], item.type->msgt_name);
	}
	check(result == MACH_MSG_SUCCESS);
}
