/* terminal: the devices behind descriptors 0 to 3 of process 1. */
#pragma once

#include <services/files/files.h>

void terminal_init(void);

/* By access mode, for whoever opens them by name. */
extern const struct file_ops console_ops[4], results_ops[4];

/* A new open file of the console, or of the result channel; NULL when memory is out. */
struct open_file *console_open(void) must_check;
struct open_file *results_open(void) must_check;

/* --- whose terminal it is (session.c) --- */

/* The one who leads `proc`'s session gets the terminal, if it is nobody's and he has none. */
void terminal_acquire(struct proc *proc);
/* Whether it is the controlling terminal of `proc`. */
bool terminal_is_of(const struct proc *proc);
/* Whether a group may use it as it likes. */
bool terminal_is_foreground(s32 group);
/* A session leader has ended: its jobs are told, and the terminal is free. */
void terminal_leave(struct proc *leader);
/* Opening by a name that is no console's: /dev/tty is ENXIO for who has none. */
long terminal_open_own(struct open_file *file) must_check;
long terminal_open_serial(struct open_file *file) must_check;
