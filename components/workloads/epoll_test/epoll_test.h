/* What the suites share. */
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <workloads/common/signals.h>

static inline int create(void)
{
	long fd = sys_call3(SYS_epoll_create1, 0, 0, 0);

	CHECK(fd >= 0);
	return (int)fd;
}

static inline long control(int epoll, int operation, int fd, unsigned events, unsigned long data)
{
	struct epoll_event event = {.events = events, .data = {.u64 = data}};

	return sys_call4(SYS_epoll_ctl, epoll, operation, fd, (long)&event);
}

static inline void add(int epoll, int fd, unsigned events)
{
	CHECK_EQ(control(epoll, EPOLL_CTL_ADD, fd, events, (unsigned long)fd), 0);
}

static inline long wait_for(int epoll, struct epoll_event *events, int most, int timeout)
{
	return sys_call6(SYS_epoll_pwait, epoll, (long)events, most, timeout, 0, 8);
}

/* What is told of one descriptor now; 0: nothing. */
static inline unsigned told(int epoll)
{
	struct epoll_event event;
	long count = wait_for(epoll, &event, 1, 0);

	CHECK(count >= 0);
	return count == 0 ? 0 : event.events;
}
