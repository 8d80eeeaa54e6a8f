/* create: socket and socketpair. */
#include <services/sockets/sockets.h>

#include <unix_calls.h>

#define SOCK_TYPE_MASK 0xf
#define SOCK_TYPES     11 /* Linux knows of no more */

/* Checks what socket() is asked for, in Linux's order, and leaves a type of ours. */
static long check_kind(int family, int type, int protocol, u8 *kind)
{
	if ((type & ~SOCK_TYPE_MASK & ~(int)(O_CLOEXEC | O_NONBLOCK)) != 0)
		return -EINVAL;
	type &= SOCK_TYPE_MASK;
	if (family < 0 || family > AF_LAST)
		return -EAFNOSUPPORT;
	if (type >= SOCK_TYPES)
		return -EINVAL;
	if (family != AF_UNIX)
		return -EAFNOSUPPORT;
	if (protocol != 0 && protocol != AF_UNIX)
		return -EPROTONOSUPPORT;
	if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_RAW && type != SOCK_SEQPACKET)
		return -ESOCKTNOSUPPORT;
	*kind = (u8)(type == SOCK_RAW ? SOCK_DGRAM : type);
	return 0;
}

/* A new socket with its open file. */
static long create(u8 kind, int flags, struct open_file **file)
{
	struct unix_socket *socket = socket_create(kind);

	if (!socket)
		return -ENOMEM;
	*file = socket_file(socket, (u32)flags & O_NONBLOCK);
	if (*file)
		return 0;
	socket_unref(socket);
	return -ENOMEM;
}

long sys_socket(int family, int type, int protocol)
{
	struct open_file *file;
	u8 kind;
	long result = check_kind(family, type, protocol, &kind);

	if (result == 0)
		result = create(kind, type, &file);
	if (result != 0)
		return result;
	result = files_install(env_current(), file, ((u32)type & O_CLOEXEC) != 0);
	if (result < 0)
		file_unref(file);
	return result;
}

static void join(struct unix_socket *one, struct unix_socket *other)
{
	one->its = socket_effective_identity();
	other->its = one->its;
	one->state = SOCKET_CONNECTED;
	other->state = SOCKET_CONNECTED;
	socket_set_peer(one, socket_ref(other));
	socket_set_peer(other, socket_ref(one));
}

/* Gives both a descriptor, or none of them; takes over the references. */
static long install_pair(struct open_file *pair[2], int type, s32 fds[2])
{
	bool cloexec = ((u32)type & O_CLOEXEC) != 0;
	long first = files_install(env_current(), pair[0], cloexec), second;

	if (first < 0) {
		file_unref(pair[0]);
		file_unref(pair[1]);
		return first;
	}
	second = files_install(env_current(), pair[1], cloexec);
	if (second < 0) {
		check(files_close(env_current(), (int)first) == 0);
		file_unref(pair[1]);
		return second;
	}
	fds[0] = (s32)first;
	fds[1] = (s32)second;
	return 0;
}

long sys_socketpair(int family, int type, int protocol, vaddr_t to)
{
	struct open_file *pair[2];
	s32 fds[2] = {0, 0};
	u8 kind;
	long error = check_kind(family, type, protocol, &kind);

	if (error == 0)
		error = create(kind, type, &pair[0]);
	if (error != 0)
		return error;
	error = create(kind, type, &pair[1]);
	if (error != 0) {
		file_unref(pair[0]);
		return error;
	}
	join(socket_of(pair[0]), socket_of(pair[1]));
	error = install_pair(pair, type, fds);
	if (error != 0 || env_copyout(to, fds, sizeof(fds)) == K_OK)
		return error;
	check(files_close(env_current(), fds[0]) == 0);
	check(files_close(env_current(), fds[1]) == 0);
	return -EFAULT;
}
