/* What the suites share: the calls, with nothing in between. */
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <workloads/common/signals.h>

#ifndef MSG_CMSG_CLOEXEC
#define MSG_CMSG_CLOEXEC 0x40000000
#endif

/* As SO_PEERCRED gives it. */
struct identity {
	int pid;
	unsigned uid, gid;
};

static inline long sock(int type)
{
	return sys_call3(SYS_socket, AF_UNIX, type, 0);
}

static inline void pair(int type, int fds[2])
{
	CHECK_EQ(sys_call4(SYS_socketpair, AF_UNIX, type, 0, (long)fds), 0);
}

static inline long send_to(
	int fd, const void *bytes, long n, int flags, const void *to, long length)
{
	return sys_call6(SYS_sendto, fd, (long)bytes, n, flags, (long)to, length);
}

static inline long send_bytes(int fd, const void *bytes, long n, int flags)
{
	return send_to(fd, bytes, n, flags | MSG_NOSIGNAL, NULL, 0);
}

static inline long receive(int fd, void *bytes, long n, int flags)
{
	return sys_call6(SYS_recvfrom, fd, (long)bytes, n, flags, 0, 0);
}

/* An abstract name of this process's own; its length. */
static inline int name_own(struct sockaddr_un *name, char mark)
{
	long pid = sys_getpid();

	memset(name, 0, sizeof(*name));
	name->sun_family = AF_UNIX;
	name->sun_path[1] = mark;
	memcpy(name->sun_path + 2, &pid, sizeof(pid));
	return 2 + 2 + sizeof(pid);
}

static inline long bind_to(int fd, const struct sockaddr_un *name, int length)
{
	return sys_call3(SYS_bind, fd, (long)name, length);
}

static inline long connect_to(int fd, const struct sockaddr_un *name, int length)
{
	return sys_call3(SYS_connect, fd, (long)name, length);
}

/* A listening socket under its own name. */
static inline int listener(int type, struct sockaddr_un *name, int *length, int backlog)
{
	int fd = (int)sock(type);

	CHECK(fd >= 0);
	*length = name_own(name, 'L');
	CHECK_EQ(bind_to(fd, name, *length), 0);
	CHECK_EQ(sys_call3(SYS_listen, fd, backlog, 0), 0);
	return fd;
}

static inline long accept_one(int fd)
{
	return sys_call4(SYS_accept4, fd, 0, 0, 0);
}

static inline int poll_now(int fd)
{
	struct pollfd one = {fd, POLLIN | POLLOUT | POLLRDHUP | POLLPRI, 0};
	long found = sys_call3(SYS_poll, (long)&one, 1, 0);

	CHECK(found >= 0);
	return one.revents;
}

static inline long get_option(int fd, int option)
{
	int value = -1;
	unsigned length = sizeof(value);
	long error =
		sys_call6(SYS_getsockopt, fd, SOL_SOCKET, option, (long)&value, (long)&length, 0);

	return error != 0 ? error : value;
}

static inline long set_option(int fd, int option, int value)
{
	return sys_call6(SYS_setsockopt, fd, SOL_SOCKET, option, (long)&value, sizeof(value), 0);
}
