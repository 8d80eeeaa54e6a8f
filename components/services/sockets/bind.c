/* bind: giving a socket a name, and asking for it. */
#include <services/sockets/sockets.h>

#include <unix_calls.h>

#define FREE_NAMES  0x100000u /* abstract names of five hexadecimal digits */
#define FREE_DIGITS 5u

/* A name with which nobody is bound. */
static struct address *find_free(u8 type)
{
	static u32 next;
	u8 name[ADDRESS_PATH + 1 + FREE_DIGITS + 1] = {AF_UNIX};
	struct address *address = address_create(name, ADDRESS_PATH + 1 + FREE_DIGITS);

	if (next == 0)
		next = (u32)env_random();
	for (u32 i = 0; address && i < FREE_NAMES; i++) {
		format_string((char *)address->bytes + ADDRESS_PATH + 1, FREE_DIGITS + 1, "%05x",
			next++ % FREE_NAMES);
		if (address_is_free(address, type))
			return address;
	}
	if (address)
		address_unref(address);
	return NULL;
}

long address_bind_free(struct unix_socket *socket)
{
	struct address *address;

	if (socket->address)
		return 0;
	address = find_free(socket->type);
	if (!address)
		return -ENOMEM;
	address_publish(socket, address);
	return 0;
}

static long bind_abstract(struct unix_socket *socket, const u8 *name, u32 length)
{
	struct address *address = address_create(name, length);
	long error = 0;

	if (!address)
		return -ENOMEM;
	if (socket->address)
		error = -EINVAL;
	else if (!address_is_free(address, socket->type))
		error = -EADDRINUSE;
	if (error == 0)
		address_publish(socket, address);
	else
		address_unref(address);
	return error;
}

/* Makes the file that the path names; `bound`: it has a name, but that is what Linux finds last. */
static long make_file(const char *path, u32 mode, bool bound, struct place *place)
{
	struct place there;
	struct walk *walk;
	long error = walk_begin_kernel(&walk, AT_FDCWD, path, false);

	if (error != 0)
		return error;
	error = walk_parent(walk);
	if (error == 0 && walk->last_kind != LAST_NAME)
		error = -EADDRINUSE;
	if (error == 0) {
		error = walk_last(walk, &there);
		if (error == 0)
			place_unref(there);
		error = error == 0 ? -EADDRINUSE : error == -ENOENT && !walk->slash ? 0 : error;
	}
	if (error == 0)
		error = mount_may_write(&walk->at);
	if (error == 0)
		error = tree_may_create(walk->at.node);
	if (error == 0 && bound)
		error = -EINVAL;
	if (error == 0)
		error = tree_create(
			walk->at.node, walk->last, walk->last_length, mode, 0, NULL, &place->node);
	if (error == 0) {
		place->mount = walk->at.mount;
		place->mount->refs++;
	}
	walk_end(walk);
	return error;
}

static long bind_in_tree(struct unix_socket *socket, u8 *name, u32 length)
{
	struct address *address;
	struct place place = {NULL, NULL};
	u32 mode = socket->own.mount ? socket->own.node->inode->mode & MODE_ALL : 0777;
	long error;

	name[length] = '\0';
	length = ADDRESS_PATH + (u32)strlen((char *)name + ADDRESS_PATH) + 1;
	address = address_create(name, length);
	if (!address)
		return -ENOMEM;
	mode = S_IFSOCK | (mode & ~env_current()->tree->umask);
	error = make_file((char *)name + ADDRESS_PATH, mode, socket->address != NULL, &place);
	if (error == 0 && socket->address)
		error = -EINVAL; /* meanwhile */
	if (error != 0) {
		place_unref(place);
		address_unref(address);
		return error;
	}
	socket->place = place;
	address_publish(socket, address);
	return 0;
}

static long bind(struct unix_socket *socket, u8 *name, u32 length)
{
	long error;

	if (length == ADDRESS_PATH && name[0] == AF_UNIX && name[1] == 0)
		return address_bind_free(socket);
	error = address_check(name, length);
	if (error != 0)
		return error;
	if (name[ADDRESS_PATH] == '\0')
		return bind_abstract(socket, name, length);
	return bind_in_tree(socket, name, length);
}

long sys_bind(int fd, vaddr_t from, int length)
{
	u8 name[ADDRESS_STORAGE + 1];
	struct open_file *file;
	long error = socket_get(fd, &file);

	if (error != 0)
		return error;
	error = address_fetch(name, from, length);
	if (error == 0)
		error = bind(socket_of(file), name, (u32)length);
	socket_put(file);
	return error;
}

long sys_getsockname(int fd, vaddr_t to, vaddr_t length_at)
{
	u8 name[ADDRESS_STORAGE];
	struct open_file *file;
	long error = socket_get(fd, &file);

	if (error != 0)
		return error;
	error = address_store(name, address_of(socket_of(file), name), to, length_at);
	socket_put(file);
	return error;
}

long sys_getpeername(int fd, vaddr_t to, vaddr_t length_at)
{
	u8 name[ADDRESS_STORAGE];
	struct open_file *file;
	long error = socket_get(fd, &file);

	if (error != 0)
		return error;
	if (socket_of(file)->peer)
		error = address_store(name, address_of(socket_of(file)->peer, name), to, length_at);
	else
		error = -ENOTCONN;
	socket_put(file);
	return error;
}
