/*
 * jobs: process groups and sessions, and what a terminal does with them.
 *
 * A group and a session are numbers that processes carry; there is no object behind them. A group
 * is *orphaned* when no member has a parent in another group of the same session: then nobody
 * would continue it if it stopped.
 */
#pragma once

#include <services/process/process.h>

/* Sends a signal of the kernel's to every member. */
void jobs_signal(s32 group, int signal);
/* The session that a group belongs to; -1: there is no such group. */
s32 jobs_session_of(s32 group);
/*
 * The caller is about to use a terminal, and would get `signal` (SIGTTIN, SIGTTOU) if it is his
 * and he in the background of it: 0, or what its call returns (-EIO, -ERESTARTSYS).
 */
struct terminal;
long jobs_check(const struct terminal *terminal, int signal) must_check;
/* Whether a stop would leave the group stopped for ever. */
bool jobs_is_orphaned(s32 group);
/*
 * `proc` ends: its session's jobs are told if it led it, and a stopped group that it was the last
 * to look after. The same for each of its children, which process 1 has taken over.
 */
void jobs_exit(struct proc *proc);
void jobs_untie(struct proc *child, struct proc *former);
