/*
 * The body of a complex message: walking its items, and the port rights in them.
 *
 * A descriptor comes from the user; nothing in it is believed before item_next() has checked it.
 * After copyin the elements of port items are kernel pointers and their msgt_name is the arriving
 * type.
 */
#include <ipc.h>

struct item {
	struct mach_msg_type *type;
	u64 *data;  /* elements of 64 bits, if they are port rights */
	u32 offset; /* of the item that follows, from the header's start */
};

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
	u64 bytes = ((u64)type->msgt_size * type->msgt_number + 7) / 8;
	if (ALIGN_UP(bytes, 8) > end - item->offset - sizeof(*type))
		return false;
	*result = MACH_SEND_INVALID_TYPE;
	if (type->msgt_unused || !type->msgt_inline || type->msgt_longform || type->msgt_deallocate)
		return false;
	if (mach_type_is_port(type->msgt_name) && type->msgt_size != 64)
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
			item->type->msgt_number = i; /* so that the clean-up ends here */
			item->type->msgt_name = ipc_arriving_type(type);
			return result;
		}
	}
	item->type->msgt_name = ipc_arriving_type(type);
	return MACH_MSG_SUCCESS;
}

/* All rights taken so far are given up, those of the header too: a message that lies costs its
 * sender what is in it. */
static s64 abandon(struct ipc_kmsg *kmsg, u32 end, s64 result)
{
	u32 bits = kmsg->header.msgh_bits;

	ipc_body_destroy(kmsg, end);
	ipc_right_destroy(kmsg->local, MACH_MSGH_LOCAL(bits));
	ipc_right_destroy(kmsg->remote, MACH_MSGH_REMOTE(bits));
	return result;
}

s64 ipc_kmsg_copyin_body(struct ipc_kmsg *kmsg, struct ipc_space *space)
{
	struct item item = ITEM_FIRST;
	bool circular = false;
	s64 result;

	while (true) {
		u32 start = item.offset;
		if (!item_next(kmsg, kmsg->header.msgh_size, &item, &result)) {
			if (result != MACH_MSG_SUCCESS)
				return abandon(kmsg, start, result);
			break;
		}
		if (!mach_type_is_port(item.type->msgt_name))
			continue;
		result = copyin_item(kmsg, space, &item, &circular);
		if (result != MACH_MSG_SUCCESS)
			return abandon(kmsg,
				start + sizeof(*item.type) + item.type->msgt_number * 8, result);
	}
	if (circular)
		kmsg->header.msgh_bits |= IPC_BITS_CIRCULAR;
	return MACH_MSG_SUCCESS;
}

s64 ipc_kmsg_copyout_body(struct ipc_kmsg *kmsg, struct ipc_space *space)
{
	struct item item = ITEM_FIRST;
	s64 result, worst = MACH_MSG_SUCCESS;

	while (item_next(kmsg, kmsg->header.msgh_size, &item, &result)) {
		unsigned type = item.type->msgt_name;
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
