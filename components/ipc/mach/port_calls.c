/* Port rights by name: what mach_port_allocate() and its like do to a space. */
#include <ipc.h>

static long status_code(enum kstatus status)
{
	return status == K_OK     ? KERN_SUCCESS
	       : status == K_FULL ? KERN_NO_SPACE
				  : KERN_RESOURCE_SHORTAGE;
}

static long allocate_receive(struct ipc_space *space, struct ipc_entry *entry)
{
	struct ipc_port *port = ipc_port_alloc();

	if (!port)
		return KERN_RESOURCE_SHORTAGE;
	port->receiver = space;
	port->name = entry->name;
	entry->port = port;
	entry->type = IPC_RECEIVE;
	entry->urefs = 0;
	ipc_entry_hash(space, entry);
	return KERN_SUCCESS;
}

static long allocate_right(struct ipc_space *space, unsigned right, struct ipc_entry *entry)
{
	switch (right) {
	case MACH_PORT_RIGHT_RECEIVE:
		return allocate_receive(space, entry);
	case MACH_PORT_RIGHT_PORT_SET:
		entry->set = ipc_pset_alloc();
		if (!entry->set)
			return KERN_RESOURCE_SHORTAGE;
		entry->type = IPC_PORT_SET;
		return KERN_SUCCESS;
	case MACH_PORT_RIGHT_DEAD_NAME:
		entry->type = IPC_DEAD_NAME;
		entry->urefs = 1;
		return KERN_SUCCESS;
	default:
		return KERN_INVALID_VALUE;
	}
}

long ipc_port_allocate_name(struct ipc_space *space, unsigned right, mach_port_t *name)
{
	struct ipc_entry *entry = ipc_entry_alloc(space);

	if (!entry)
		return KERN_NO_SPACE;
	*name = entry->name;
	long result = allocate_right(space, right, entry);
	if (result != KERN_SUCCESS)
		ipc_entry_free(space, entry);
	return result;
}

/* One user reference fewer of a send right, send-once right or dead name. */
long ipc_port_deallocate(struct ipc_space *space, mach_port_t name)
{
	struct ipc_entry *entry = ipc_right_lookup(space, name);

	if (!entry)
		return KERN_INVALID_NAME;
	if (entry->type & IPC_SEND_ONCE)
		ipc_entry_destroy(space, entry);
	else if (entry->type & (IPC_SEND | IPC_DEAD_NAME))
		ipc_right_drop_moved(space, entry, MACH_MSG_TYPE_MOVE_SEND);
	else
		return KERN_INVALID_RIGHT;
	return KERN_SUCCESS;
}

/* User references of a send right or dead name: added or taken away, within what there is and can
 * be. */
static long change_urefs(struct ipc_space *space, struct ipc_entry *entry, s32 delta)
{
	s64 urefs = (s64)entry->urefs + delta;

	if (urefs < 0)
		return KERN_INVALID_VALUE;
	if (urefs > MACH_PORT_UREFS_MAX)
		return KERN_UREFS_OVERFLOW;
	if (urefs > 0) {
		entry->urefs = (u32)urefs;
		return KERN_SUCCESS;
	}
	entry->urefs = 1; /* at the limit, too, taking all away takes all away */
	ipc_right_drop_moved(space, entry, MACH_MSG_TYPE_MOVE_SEND);
	return KERN_SUCCESS;
}

/* A receive right is destroyed; a send right to the same port becomes a dead name when it is next
 * used. */
static void destroy_receive(struct ipc_space *space, struct ipc_entry *entry)
{
	struct ipc_port *port = entry->port;

	ipc_port_ref(port);
	ipc_entry_lose(space, entry, IPC_RECEIVE);
	ipc_port_destroy(port);
	ipc_port_unref(port);
}

long ipc_port_mod_refs(struct ipc_space *space, mach_port_t name, unsigned right, s32 delta)
{
	struct ipc_entry *entry = ipc_right_lookup(space, name);

	if (right >= MACH_PORT_RIGHT_NUMBER)
		return KERN_INVALID_VALUE;
	if (!entry)
		return KERN_INVALID_NAME;
	if (!(entry->type & MACH_PORT_TYPE(right)))
		return KERN_INVALID_RIGHT;
	if (right == MACH_PORT_RIGHT_SEND || right == MACH_PORT_RIGHT_DEAD_NAME)
		return change_urefs(space, entry, delta);
	/* There is exactly one of each of the others. */
	if (delta == 0)
		return KERN_SUCCESS;
	if (delta != -1)
		return delta > 0 ? KERN_UREFS_OVERFLOW : KERN_INVALID_VALUE;
	if (right == MACH_PORT_RIGHT_RECEIVE)
		destroy_receive(space, entry);
	else
		ipc_entry_destroy(space, entry);
	return KERN_SUCCESS;
}

long ipc_port_get_refs(struct ipc_space *space, mach_port_t name, unsigned right, u32 *refs)
{
	struct ipc_entry *entry = ipc_right_lookup(space, name);

	if (right >= MACH_PORT_RIGHT_NUMBER)
		return KERN_INVALID_VALUE;
	if (!entry)
		return KERN_INVALID_NAME;
	*refs = entry->type & MACH_PORT_TYPE(right) ? 1 : 0;
	if (*refs && (right == MACH_PORT_RIGHT_SEND || right == MACH_PORT_RIGHT_DEAD_NAME))
		*refs = entry->urefs;
	return KERN_SUCCESS;
}

/* Puts the entry of a given name, which must be free, at the caller's disposal: it leaves the free
 * list. */
static long claim_name(struct ipc_space *space, mach_port_t name, struct ipc_entry **out)
{
	u32 index = name >> IPC_GENERATION_BITS;

	if (index == 0 || index >= IPC_CHUNKS * IPC_CHUNK_ENTRIES)
		return KERN_INVALID_VALUE;
	while (index >= space->limit) {
		enum kstatus status = ipc_space_grow(space);
		if (status != K_OK)
			return status_code(status);
	}
	struct ipc_entry *entry =
		&space->chunks[index / IPC_CHUNK_ENTRIES][index % IPC_CHUNK_ENTRIES];
	if (entry->type != 0)
		return KERN_NAME_EXISTS;
	struct ipc_entry **at = &space->free;
	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	entry->name = name;
	*out = entry;
	return KERN_SUCCESS;
}

/* A right that the caller holds (of an arriving type) becomes `name` in the space. It stays the
 * caller's on failure. */
long ipc_port_insert_right(
	struct ipc_space *space, mach_port_t name, struct ipc_port *port, unsigned type)
{
	struct ipc_entry *entry = ipc_right_lookup(space, name);
	struct ipc_entry *known =
		type == MACH_MSG_TYPE_PORT_SEND_ONCE ? NULL : ipc_entry_find(space, port);

	if (port == IPC_PORT_DEAD || !port->active)
		return KERN_INVALID_CAPABILITY;
	if (known) {
		mach_port_t same;
		if (known->name != name)
			return entry ? KERN_NAME_EXISTS : KERN_INVALID_RIGHT;
		return status_code(ipc_right_copyout(space, port, type, &same));
	}
	if (entry)
		return KERN_NAME_EXISTS;
	long result = claim_name(space, name, &entry);
	if (result != KERN_SUCCESS)
		return result;
	/* The name is first in the free list now, so that is what the right will be called. */
	entry->next = space->free;
	space->free = entry;
	mach_port_t got;
	check(ipc_right_copyout(space, port, type, &got) == K_OK && got == name);
	return KERN_SUCCESS;
}

long ipc_port_move_member(struct ipc_space *space, mach_port_t member, mach_port_t set)
{
	struct ipc_entry *entry = ipc_entry_lookup(space, member);
	struct ipc_entry *whole = ipc_entry_lookup(space, set);

	if (!entry || entry->type == 0 || (set != MACH_PORT_NULL && (!whole || whole->type == 0)))
		return KERN_INVALID_NAME;
	if (!(entry->type & IPC_RECEIVE) || (whole && !(whole->type & IPC_PORT_SET)))
		return KERN_INVALID_RIGHT;
	if (whole)
		ipc_pset_add(whole->set, entry->port);
	else if (entry->port->set)
		ipc_pset_remove(entry->port);
	else
		return KERN_NOT_IN_SET;
	return KERN_SUCCESS;
}

long ipc_port_set_qlimit(struct ipc_space *space, mach_port_t name, u32 limit)
{
	struct ipc_entry *entry = ipc_entry_lookup(space, name);

	if (!entry || entry->type == 0)
		return KERN_INVALID_NAME;
	if (!(entry->type & IPC_RECEIVE))
		return KERN_INVALID_RIGHT;
	if (limit > MACH_PORT_QLIMIT_MAX)
		return KERN_INVALID_VALUE;
	entry->port->qlimit = limit;
	while (entry->port->msgcount < limit && thread_wake_one(&entry->port->senders))
		;
	return KERN_SUCCESS;
}
