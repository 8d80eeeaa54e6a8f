/* mqueue_test: the calls, and what the cases share. */
#pragma once

#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include <workloads/common/signals.h>

struct attributes {
	long flags, most, size, count, reserved[4];
};

#define BAD ((void *)16)
#define MS  1000000L

/* On somebody's own Linux: queues of its own. */
static inline void begin(void)
{
	if (on_host)
		CHECK_EQ(sys_call3(SYS_unshare, CLONE_NEWIPC, 0, 0), 0);
	sys_call3(SYS_umask, 022, 0, 0);
}

/* Some user 0 may not go beyond the system's bounds (CAP_SYS_RESOURCE). */
static inline void need_resources(void)
{
	unsigned header[2] = {0x20080522, 0}, sets[6];

	CHECK_EQ(sys_call3(SYS_capget, (long)header, (long)sets, 0), 0);
	if (on_host && !(sets[0] & 1u << 24))
		skip("this user 0 has no CAP_SYS_RESOURCE");
}

static inline long mq_open_(const char *name, int flags, int mode, const struct attributes *wanted)
{
	return sys_call4(SYS_mq_open, (long)name, flags, mode, (long)wanted);
}

/* A new queue of so many messages of so many bytes. */
static inline int make(const char *name, int flags, long most, long size)
{
	struct attributes wanted = {0, most, size, 0, {0}};
	long fd = mq_open_(name, O_CREAT | O_EXCL | flags, 0600, &wanted);

	CHECK(fd >= 0);
	return (int)fd;
}

static inline long unlink_(const char *name)
{
	return sys_call3(SYS_mq_unlink, (long)name, 0, 0);
}

static inline long post_until(
	int fd, const void *bytes, long n, unsigned priority, const struct timespec *until)
{
	return sys_call6(SYS_mq_timedsend, fd, (long)bytes, n, priority, (long)until, 0);
}

static inline long post(int fd, const void *bytes, long n, unsigned priority)
{
	return post_until(fd, bytes, n, priority, NULL);
}

static inline long fetch_until(
	int fd, void *bytes, long n, unsigned *priority, const struct timespec *until)
{
	return sys_call6(SYS_mq_timedreceive, fd, (long)bytes, n, (long)priority, (long)until, 0);
}

static inline long fetch(int fd, void *bytes, long n, unsigned *priority)
{
	return fetch_until(fd, bytes, n, priority, NULL);
}

static inline struct attributes attributes_of(int fd)
{
	struct attributes now;

	CHECK_EQ(sys_call3(SYS_mq_getsetattr, fd, 0, (long)&now), 0);
	return now;
}

static inline int poll_now(int fd)
{
	struct pollfd one = {fd, POLLIN | POLLOUT, 0};

	CHECK(sys_call3(SYS_poll, (long)&one, 1, 0) >= 0);
	return one.revents;
}
