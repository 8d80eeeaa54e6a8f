/*
 * address: names of sockets.
 *
 * A name is a path, which leads to an inode of its own kind, or *abstract*: a NUL and any bytes,
 * which lie in no tree and are a name of their own for each type of socket. Sockets that have a
 * name are in one table, by their inode or by their bytes.
 */
#include <services/sockets/sockets.h>

#define CHAINS 64

static struct list table[CHAINS];

void sockets_init(void)
{
	for (size_t i = 0; i < CHAINS; i++)
		list_init(&table[i]);
	cycles_init();
}

static struct list *chain(u64 key)
{
	return &table[(key ^ key >> 6 ^ key >> 13) % CHAINS];
}

static struct list *chain_of_name(const u8 *bytes, u32 length, u8 type)
{
	u64 hash = type;

	for (u32 i = 0; i < length; i++)
		hash = hash * 31 + bytes[i];
	return chain(hash);
}

static struct list *chain_of_inode(const struct inode *inode)
{
	return chain((u64)(uintptr_t)inode >> 6);
}

struct address *address_create(const u8 *name, u32 length)
{
	struct address *address = kalloc(sizeof(*address));

	if (!address)
		return NULL;
	address->refs = 1;
	address->length = length;
	memcpy(address->bytes, name, length);
	return address;
}

void address_unref(struct address *address)
{
	if (--address->refs == 0)
		kfree(address, sizeof(*address));
}

long address_check(const u8 *name, u32 length)
{
	if (length <= ADDRESS_PATH || length > ADDRESS_MAX)
		return -EINVAL;
	return name[0] == AF_UNIX && name[1] == 0 ? 0 : -EINVAL;
}

static struct unix_socket *find_abstract(const u8 *name, u32 length, u8 type)
{
	struct list *names = chain_of_name(name, length, type);
	struct unix_socket *socket;

	list_for_each(socket, names, named)
	{
		if (socket->type == type && !socket->place.mount &&
			socket->address->length == length &&
			memcmp(socket->address->bytes, name, length) == 0)
			return socket;
	}
	return NULL;
}

static struct unix_socket *find_inode(const struct inode *inode)
{
	struct list *names = chain_of_inode(inode);
	struct unix_socket *socket;

	list_for_each(socket, names, named)
	{
		if (socket->place.mount && socket->place.node->inode == inode)
			return socket;
	}
	return NULL;
}

bool address_is_free(const struct address *address, u8 type)
{
	return !find_abstract(address->bytes, address->length, type);
}

void address_publish(struct unix_socket *socket, struct address *address)
{
	socket->address = address;
	socket->in_table = true;
	list_push_back(socket->place.mount
			       ? chain_of_inode(socket->place.node->inode)
			       : chain_of_name(address->bytes, address->length, socket->type),
		&socket->named);
}

void address_forget(struct unix_socket *socket)
{
	if (socket->in_table)
		list_remove(&socket->named);
	socket->in_table = false;
	place_unref(socket->place);
	socket->place = (struct place){NULL, NULL};
}

/* --- finding ---------------------------------------------------------------------------- */

/* The place of a path as an address holds it: not always with a NUL. */
static long find_place(const u8 *name, u32 length, struct place *place)
{
	char path[ADDRESS_MAX - ADDRESS_PATH + 1];
	struct walk *walk;
	long error;

	memcpy(path, name + ADDRESS_PATH, length - ADDRESS_PATH);
	path[length - ADDRESS_PATH] = '\0';
	error = walk_begin_kernel(&walk, AT_FDCWD, path, false);
	if (error != 0)
		return error;
	error = walk_whole(walk, true);
	if (error == 0) {
		*place = walk->at;
		place_ref(*place);
	}
	walk_end(walk);
	return error;
}

static long find_in_tree(const u8 *name, u32 length, u8 type, struct unix_socket **out)
{
	struct unix_socket *socket;
	struct place place;
	long error = find_place(name, length, &place);

	if (error != 0)
		return error;
	error = inode_access(place.node->inode, WANT_WRITE);
	if (error == 0) {
		socket = find_inode(place.node->inode);
		if (!socket)
			error = -ECONNREFUSED;
		else if (socket->type != type)
			error = -EPROTOTYPE;
		else
			*out = socket_ref(socket);
	}
	place_unref(place);
	return error;
}

long address_find(const u8 *name, u32 length, u8 type, struct unix_socket **out)
{
	struct unix_socket *socket;

	if (name[ADDRESS_PATH] != '\0')
		return find_in_tree(name, length, type, out);
	socket = find_abstract(name, length, type);
	if (!socket)
		return -ECONNREFUSED;
	*out = socket_ref(socket);
	return 0;
}

/* --- from and to the client --------------------------------------------------------------- */

u32 address_of(const struct unix_socket *socket, u8 *to)
{
	if (!socket->address) {
		to[0] = AF_UNIX;
		to[1] = 0;
		return ADDRESS_PATH;
	}
	memcpy(to, socket->address->bytes, socket->address->length);
	return socket->address->length;
}

long address_fetch(u8 *to, vaddr_t from, int length)
{
	if (length < 0 || length > (int)ADDRESS_STORAGE)
		return -EINVAL;
	if (length == 0)
		return 0;
	return errno_of(env_copyin(to, from, (size_t)length));
}

long address_store(const u8 *name, u32 length, vaddr_t to, vaddr_t length_at)
{
	s32 room;

	if (env_copyin(&room, length_at, sizeof(room)) != K_OK)
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	if (length > 0 && room > 0 && env_copyout(to, name, MIN(length, (u32)room)) != K_OK)
		return -EFAULT;
	return errno_of(env_copyout(length_at, &length, sizeof(length)));
}
