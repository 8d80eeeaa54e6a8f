/*
 * l4_security: what its files share.
 *
 * The root task is the judge. An attack is a function that runs in a thread of an
 * unprivileged address space and leaves what it was answered in result[], which all threads see.
 */
#pragma once

#include <workloads/l4_common/task.h>

/* Stacks, UTCBs and, with the version of the moment, thread numbers 2 to 5. */
enum { ATTACKER, VICTIM, THIRD, FOURTH };

extern u32 version;
static inline u64 id_of(unsigned who)
{
	return l4_id(2 + who, version);
}

extern volatile s64 result[64];

/* A finding, as TAP. */
void ok(bool holds, const char *what);
void eq(s64 actual, s64 expected, const char *what);

/* New ids, result[] cleared. */
void begin(void);
/* Makes a thread that does not run yet, in a space of its own: from now on there is one of that id.
 */
void prepare(unsigned who);
void start(unsigned who, void (*body)(void *));
/* Both; in a space of its own, or in that of `with`. */
void spawn(unsigned who, void (*body)(void *));
void spawn_with(unsigned who, unsigned with, void (*body)(void *));
/* Deletes the threads that were spawned and are still there. */
void finish(void);
/* begin(), spawn() as ATTACKER, wait, finish(). */
struct task_event attack(void (*body)(void *));

/* Lets all run until they wait or are done, and drops what they tell. */
void settle(u64 (*supply)(u64 address, u64 access));

#define FAILED_SEND(error)    (-2 * (s64)(error))
#define FAILED_RECEIVE(error) (-2 * (s64)(error)-1)

/* At once, without waiting for anybody. */
#define NOW l4_timeouts(L4_ZERO, L4_ZERO)

/* A region outside the image, where each space sees what the tests map there. */
#define REGION 0x40000000ull
/* Addresses that no user may touch: the kernel's, and such as are no addresses. */
#define KERNEL_ADDRESS       0xffffffff80100000ull
#define DIRECT_MAP_ADDRESS   0xffff800000100000ull
#define NONCANONICAL_ADDRESS 0x0000900000000000ull

void test_calls(void);
void test_messages(void);
void test_strings(void);
void test_mappings(void);
void test_ends(void);
void test_registers(void);
void test_random(void);
