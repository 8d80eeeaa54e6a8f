/* terminal: the console, pseudo-terminals, and whose they are. */
#pragma once

#include <services/files/files.h>

struct terminal;
struct volume_type;

void terminal_init(void);

/* By access mode, for whoever opens it by name. */
extern const struct file_ops terminal_ops[4], results_ops[4], pty_ops[4];

/* A new open file of the console, or of the result channel; NULL when memory is out. */
struct open_file *console_open(void) must_check;
struct open_file *results_open(void) must_check;

/* --- whose terminal it is (session.c) --- */

/* The controlling terminal of `proc`, or NULL. */
struct terminal *terminal_of(const struct proc *proc);
/* The one who leads `proc`'s session gets the terminal, if it is nobody's and he has none. */
void terminal_acquire(struct terminal *terminal, struct proc *proc);
/* The console is that of process 1. */
void terminal_acquire_console(struct proc *proc);
/* Whether a group may use it as it likes. */
bool terminal_is_foreground(const struct terminal *terminal, s32 group);
/* A session leader has ended: its jobs are told, and the terminal is free. */
void terminal_leave(struct proc *leader);

/* --- opening by name: each completes `file` --- */

long terminal_open_console(struct open_file *file) must_check;
/* /dev/tty is ENXIO for who has none. */
long terminal_open_own(struct open_file *file) must_check;
long terminal_open_serial(struct open_file *file) must_check;
/* /dev/ptmx: a new pseudo-terminal; /dev/pts/N: the other side of one. */
long pty_open_master(struct open_file *file) must_check;
long pty_open_slave(struct open_file *file, u32 number) must_check;
#define PTY_MAJOR 136

/* What is mounted on /dev/pts (pts.c). */
extern const struct volume_type pts_type;
