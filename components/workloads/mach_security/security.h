/*
 * mach_security: what its files share.
 *
 * The first task is judge and attacker; where a check needs a task without privileges, or one that
 * can be killed, it makes children: copies of itself that hold no rights but their own. They leave
 * what they were answered in `result`, which all see.
 */
#pragma once

#include <mach.h>

extern const struct mach_boot *boot;
extern mach_port_t self;

/* A finding, as TAP. */
void ok(bool holds, const char *what);
void eq(s64 actual, s64 expected, const char *what);

#define RESULTS 64
extern volatile s64 *result; /* [RESULTS], shared by all tasks, cleared by child_start() */

/* A child task that runs body(argument). */
struct child {
	mach_port_t task, thread;
};
void child_start(struct child *child, void (*body)(u64), u64 argument);
/* Lets others run until result[0] is not 0 (true), or for a good while (false). */
bool child_done(void);
/* Lets others run for a while. */
void let_run(void);
void child_end(struct child *child);
/* A child's last act. */
noreturn void child_report(s64 value);

/* A new receive right, with or without a send right under the same name. */
mach_port_t new_port(bool send);
void destroy_port(mach_port_t port);
u32 refs(mach_port_t name, u32 right);

/* Sends `head` (size, bits, … are the caller's) without waiting for room. */
long send(void *head, u32 size);
/* Receives without waiting. */
long receive(void *to, u32 size, mach_port_t port);

struct plain {
	struct mach_msg_header head;
};

/* Addresses that no user may touch. */
#define KERNEL_ADDRESS       0xffffffff80100000ull
#define DIRECT_MAP_ADDRESS   0xffff800000100000ull
#define NONCANONICAL_ADDRESS 0x0000900000000000ull
#define LAST_PAGE_ADDRESS    0x00007ffffffff000ull

void test_messages(void);
void test_bodies(void);
void test_rights(void);
void test_notify(void);
void test_outofline(void);
void test_tasks(void);
void test_memory(void);
void test_entries(void);
void test_model(void);
