/* What the suites share: a folder of their own, a queue, and what is in it as a text. */
#pragma once

#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <workloads/common/signals.h>

extern int queue; /* the instance; does not block */

/* Makes the folder and goes there: `file` with "hello\n", `dir` with `inner` in it; and the queue.
 */
void begin(void);
/* A watch; its number or error. */
long watch(const char *path, unsigned mask);
/* Exactly this is in the queue. */
void told_at(const char *expected, const char *where);
#define told(expected) told_at(expected, WHERE)

static inline int open_file(const char *path, int flags)
{
	long fd = sys_call3(SYS_open, (long)path, flags, 0666);

	CHECK(fd >= 0);
	return (int)fd;
}

static inline void touch(const char *path)
{
	sys_close(open_file(path, O_WRONLY | O_CREAT));
}

static inline void unlink_file(const char *path)
{
	CHECK_EQ(sys_call3(SYS_unlink, (long)path, 0, 0), 0);
}

static inline void rename_file(const char *from, const char *to)
{
	CHECK_EQ(sys_call3(SYS_rename, (long)from, (long)to, 0), 0);
}
