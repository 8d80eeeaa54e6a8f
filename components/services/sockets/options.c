/* options: setsockopt. */
#include <services/clock/clock.h>
#include <services/identity/identity.h>
#include <services/sockets/options.h>
#include <services/sockets/sockets.h>

#include <unix_calls.h>

#define BUFFER_MAX   212992 /* net.core.wmem_max and rmem_max */
#define SEND_MIN     4608
#define RECEIVE_MIN  2304
#define PRIORITY_MAX 6
#define USEC_PER_SEC 1000000

/* SO_RCVTIMEO and SO_SNDTIMEO: 0 is for ever, and less than that at once. */
static long set_timeout(u64 *timeout, vaddr_t at, u32 length)
{
	s64 words[2];

	if (length < sizeof(words))
		return -EINVAL;
	if (env_copyin(words, at, sizeof(words)) != K_OK)
		return -EFAULT;
	if (words[1] < 0 || words[1] >= USEC_PER_SEC)
		return -EDOM;
	if (words[0] < 0)
		*timeout = 1; /* Linux: no time at all */
	else if (words[0] >= INT64_MAX / NSEC_PER_SEC / 2)
		*timeout = 0;
	else
		*timeout = (u64)(words[0] * NSEC_PER_SEC + words[1] * NSEC_PER_USEC);
	return 0;
}

static long set_linger(struct unix_socket *socket, vaddr_t at, u32 length)
{
	s32 linger[2];

	if (length < sizeof(linger))
		return -EINVAL;
	if (env_copyin(linger, at, sizeof(linger)) != K_OK)
		return -EFAULT;
	socket->linger[0] = linger[0] != 0;
	if (linger[0] != 0)
		socket->linger[1] = linger[1];
	return 0;
}

/* A limit is doubled, for what Linux's buffers take beside the bytes. */
static u32 limit_of(s32 value, s32 least, bool force)
{
	value = force ? MAX(value, 0) : (s32)MIN((u32)value, (u32)BUFFER_MAX);
	value = MIN(value, INT32_MAX / 2);
	return (u32)MAX(value * 2, least);
}

static long set_buffer(struct unix_socket *socket, int option, s32 value)
{
	bool force = option == SO_SNDBUFFORCE || option == SO_RCVBUFFORCE;

	if (force && !identity_may(CAP_NET_ADMIN))
		return -EPERM;
	if (option == SO_SNDBUF || option == SO_SNDBUFFORCE) {
		socket->send_limit = limit_of(value, SEND_MIN, force);
		socket_changed(socket, POLL_WRITABLE);
	} else {
		socket->receive_limit = limit_of(value, RECEIVE_MIN, force);
	}
	return 0;
}

static long set_privileged(struct unix_socket *socket, int option, s32 value)
{
	bool may = identity_may(CAP_NET_ADMIN);

	switch (option) {
	case SO_DEBUG:
		if (value != 0 && !may)
			return -EACCES;
		socket->flags = (socket->flags & ~(1u << SO_DEBUG)) | (u32)(value != 0) << SO_DEBUG;
		return 0;
	case SO_PRIORITY:
		if ((value < 0 || value > PRIORITY_MAX) && !may && !identity_may(CAP_NET_RAW))
			return -EPERM;
		socket->priority = value;
		return 0;
	default:
		if (!may)
			return -EPERM;
		socket->mark = (u32)value;
		return 0;
	}
}

static long set_number(struct unix_socket *socket, int option, s32 value)
{
	if (option > 0 && option < 32 && OPTIONS_KEPT >> option & 1) {
		socket->flags = (socket->flags & ~(1u << option)) | (u32)(value != 0) << option;
		return 0;
	}
	switch (option) {
	case SO_SNDBUF:
	case SO_RCVBUF:
	case SO_SNDBUFFORCE:
	case SO_RCVBUFFORCE:
		return set_buffer(socket, option, value);
	case SO_DEBUG:
	case SO_PRIORITY:
	case SO_MARK:
		return set_privileged(socket, option, value);
	case SO_PASSCRED:
		socket->pass_credentials = value != 0;
		return 0;
	case SO_RCVLOWAT:
		socket->low_water = value < 0 ? INT32_MAX : value == 0 ? 1 : (u32)value;
		return 0;
	case SO_PEEK_OFF:
		socket->peek_offset = value;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static long set(struct unix_socket *socket, int level, int option, vaddr_t at, u32 length)
{
	s32 value;

	if (level != SOL_SOCKET)
		return -EOPNOTSUPP;
	if (length < sizeof(value))
		return -EINVAL;
	if (env_copyin(&value, at, sizeof(value)) != K_OK)
		return -EFAULT;
	switch (option) {
	case SO_LINGER:
		return set_linger(socket, at, length);
	case SO_RCVTIMEO:
		return set_timeout(&socket->receive_timeout, at, length);
	case SO_SNDTIMEO:
		return set_timeout(&socket->send_timeout, at, length);
	default:
		return set_number(socket, option, value);
	}
}

long sys_setsockopt(int fd, int level, int option, vaddr_t at, int length)
{
	struct open_file *file;
	long error;

	if (length < 0)
		return -EINVAL;
	error = socket_get(fd, &file);
	if (error != 0)
		return error;
	error = set(socket_of(file), level, option, at, (u32)length);
	socket_put(file);
	return error;
}
