/* objects: see objects.h. */
#include <services/clock/clock.h>
#include <services/identity/capabilities.h>
#include <services/sysv/objects.h>
#include <services/tree/tree.h>

#define SLOT_BITS    15u /* of a number */
#define SLOTS_FEW    64u /* that are gone through at least */
#define SEQUENCE_MAX (INT32_MAX >> SLOT_BITS)

void ipc_table_init(struct ipc_table *table, u32 most)
{
	*table = (struct ipc_table){.most = most, .last = -1};
}

static u32 slot_of(s32 id)
{
	return (u32)id & ((1u << SLOT_BITS) - 1);
}

static bool grow(struct ipc_table *table, u32 room)
{
	struct ipc_object **slots = kalloc(room * sizeof(slots[0]));

	if (!slots)
		return false;
	memset(slots, 0, room * sizeof(slots[0]));
	if (table->slots) {
		memcpy(slots, table->slots, table->room * sizeof(slots[0]));
		kfree(table->slots, table->room * sizeof(slots[0]));
	}
	table->slots = slots;
	table->room = room;
	return true;
}

static s32 free_slot(const struct ipc_table *table, s32 from, s32 end)
{
	for (s32 i = from; i < end; i++) {
		if ((u32)i >= table->room || !table->slots[i])
			return i;
	}
	return -1;
}

/* Slots are gone through in turn, not filled where they are free, so that numbers do not come back
 * soon: Linux's ipc_idr_alloc(). */
static s32 take_slot(struct ipc_table *table)
{
	s32 end = (s32)MIN(MAX(table->used * 3 / 2, SLOTS_FEW), 1u << SLOT_BITS);
	s32 slot = free_slot(table, table->next, end);

	if (slot < 0)
		slot = free_slot(table, 0, end);
	assert(slot >= 0); /* more slots than objects are gone through */
	if ((u32)slot >= table->room &&
		!grow(table, MAX(2 * table->room, MAX(SLOTS_FEW, (u32)slot + 1))))
		return -1;
	table->next = slot + 1;
	if (slot <= table->last)
		table->sequence = table->sequence + 1 >= SEQUENCE_MAX ? 0 : table->sequence + 1;
	table->last = slot;
	return slot;
}

long ipc_add(struct ipc_table *table, struct ipc_object *object, s32 key, u32 mode)
{
	const struct credentials *who = &env_current()->identity;
	s32 slot;

	if (table->used >= table->most)
		return -ENOSPC;
	slot = take_slot(table);
	if (slot < 0)
		return -ENOMEM;
	*object = (struct ipc_object){
		.key = key,
		.id = (s32)(table->sequence << SLOT_BITS) + slot,
		.uid = who->euid,
		.gid = who->egid,
		.cuid = who->euid,
		.cgid = who->egid,
		.mode = mode & IPC_MODES,
		.sequence = table->sequence,
	};
	table->slots[slot] = object;
	table->used++;
	return 0;
}

void ipc_remove(struct ipc_table *table, struct ipc_object *object)
{
	table->slots[slot_of(object->id)] = NULL;
	if (--table->used == 0) { /* the last leaves no memory behind */
		kfree(table->slots, table->room * sizeof(table->slots[0]));
		table->slots = NULL;
		table->room = 0;
	}
}

struct ipc_object *ipc_find_key(const struct ipc_table *table, s32 key)
{
	for (u32 i = 0; i < table->room; i++) {
		if (table->slots[i] && table->slots[i]->key == key)
			return table->slots[i];
	}
	return NULL;
}

struct ipc_object *ipc_find_slot(const struct ipc_table *table, s32 id)
{
	return slot_of(id) < table->room ? table->slots[slot_of(id)] : NULL;
}

struct ipc_object *ipc_find(const struct ipc_table *table, s32 id)
{
	struct ipc_object *object = ipc_find_slot(table, id);

	return object && object->id == id ? object : NULL;
}

long ipc_highest(const struct ipc_table *table)
{
	u32 i = table->room;

	while (i > 0 && !table->slots[i - 1])
		i--;
	return i > 0 ? i - 1 : 0;
}

bool ipc_may(const struct ipc_object *object, u32 mode)
{
	const struct credentials *who = &env_current()->identity;
	u32 wanted = (mode >> 6 | mode >> 3 | mode) & 7;
	u32 granted = object->mode;

	if (identity_has(who, CAP_IPC_OWNER))
		return true;
	if (who->euid == object->cuid || who->euid == object->uid)
		granted >>= 6;
	else if (inode_group_is_own(object->cgid) || inode_group_is_own(object->gid))
		granted >>= 3;
	return (wanted & ~granted) == 0;
}

bool ipc_is_own(const struct ipc_object *object)
{
	u32 euid = env_current()->identity.euid;

	return identity_may(CAP_SYS_ADMIN) || euid == object->cuid || euid == object->uid;
}

struct ipc_object *ipc_find_to_tell(
	const struct ipc_table *table, s32 id, bool by_slot, bool any, long *error)
{
	struct ipc_object *object = by_slot ? ipc_find_slot(table, id) : ipc_find(table, id);

	*error = -EINVAL;
	if (!object)
		return NULL;
	*error = any || ipc_may(object, IPC_READ) ? 0 : -EACCES;
	return *error == 0 ? object : NULL;
}

struct ipc_object *ipc_look_up(const struct ipc_table *table, s32 key, u32 flags, long *error)
{
	struct ipc_object *object = key != IPC_PRIVATE ? ipc_find_key(table, key) : NULL;

	*error = 0;
	if (!object && key != IPC_PRIVATE && !(flags & IPC_CREAT))
		*error = -ENOENT;
	if (object && flags & IPC_CREAT && flags & IPC_EXCL)
		*error = -EEXIST;
	return *error == 0 ? object : NULL;
}

void ipc_get_status(const struct ipc_object *object, struct ipc_status *status)
{
	*status = (struct ipc_status){
		.key = object->key,
		.uid = object->uid,
		.gid = object->gid,
		.cuid = object->cuid,
		.cgid = object->cgid,
		.mode = object->mode,
		.sequence = (u16)object->sequence,
	};
}

long ipc_set_status(struct ipc_object *object, const struct ipc_status *status)
{
	if (status->uid == UINT32_MAX || status->gid == UINT32_MAX)
		return -EINVAL;
	object->uid = status->uid;
	object->gid = status->gid;
	object->mode = (object->mode & ~IPC_MODES) | (status->mode & IPC_MODES);
	return 0;
}

s64 ipc_now(void)
{
	return tree_now().seconds;
}
