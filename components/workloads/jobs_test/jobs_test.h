/* What the suites share: groups, and a terminal to type at. */
#pragma once

#include <workloads/common/signals.h>

#define ENDED(code)     ((code) << 8)
#define STOPPED(signal) (0x7f | (signal) << 8)

/* The kernel's struct termios. */
struct raw_termios {
	unsigned iflag, oflag, cflag, lflag;
	unsigned char line, cc[19];
};

static inline long call(long number, long a, long b)
{
	return sys_call3(number, a, b, 0);
}

static inline long control(int fd, unsigned long request, const void *argument)
{
	return sys_call3(SYS_ioctl, fd, (long)request, (long)argument);
}

/* Waits for a change of `pid`; its status, or an error. */
long wait_change(long pid, int options);
/* Whether there is a file tree; some kernels have but a console. */
bool has_paths(void);
/* The process's controlling terminal, where it leads the foreground; skips the case where that
 * cannot be. */
int own_terminal(void);
/* Gives it to a group, even from the background. */
void give_terminal(int terminal, long group);
/* Types; skips the case where Linux forbids it. */
void type(int terminal, const char *text);
/* The terminal's settings less `lflags`, and with the others as they are by default. */
void set_local(int terminal, unsigned clear, unsigned set, int min, int time);
