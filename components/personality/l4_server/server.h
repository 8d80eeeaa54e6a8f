/* What the files of the server know of each other. */
#pragma once

#include <l4_user.h>
#include <sched/sched.h>
#include <services/services.h>

/* Its one kernel thread; handler and pager of every client. */
extern u64 server_id;
extern const struct l4_kip *server_kip;

/* Of a kernel call that can fail only by a mistake of ours, or for want of the kernel's memory
 * where that cannot be mended. */
void must(s64 result);

/* The process whose thread has this id; NULL if there is none. */
struct proc *client_find(u64 id);
void clients_init(void);

/*
 * The alarm clock (timer.c). timer_alarm: when its message comes at the latest; CTHREAD_FOREVER if
 * it is not set, as after each message. timer_set() is for times that are earlier.
 */
#define TIMER_ID l4_id(2, 1)
extern u64 timer_alarm;
void timer_init(void);
void timer_set(u64 deadline);
