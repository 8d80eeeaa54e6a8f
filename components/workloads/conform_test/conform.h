/*
 * conform: what Linux answers, one case a line.
 *
 * A case is a name that says what Linux does, and up to six steps; a step is a call with its
 *arguments and the answer it must get:
 *
 *	{"open of a directory for writing gives EISDIR", {FAILS(EISDIR, open, "dir", O_WRONLY)}},
 *	{"a file grows with zeroes", {GIVES(0, truncate, "file", 8), HOLDS("file", "hello\n\0\0",
 *8)}},
 *
 * Each case runs in a process of its own whose working directory holds what furnish() makes:
 *
 *	file    "hello\n", mode 0644          dir     a directory with `inner` in it
 *	link    to file                       loop    to itself
 *	none    to nothing                    fifo    a FIFO
 *	closed  a directory with mode 0, holding `inside`
 *	mine    user 1000's directory, with his file `own` in it
 *
 * and with these descriptors open (no others):
 *
 *	RD WR RW  file, in the three modes    DIR    dir
 *	PATH_FD   file, as a mere place       PR PW  the ends of a pipe, empty
 *	FULL_PW   the writing end of a full pipe that does not block
 *	EVENT     an eventfd                  NO_FD  nothing
 *
 * Arguments may also be addresses: BUF (a page to read and write, zeroes), RO (a page to read
 *only), END(n) (n bytes before the end of mapped memory), BAD (nothing is there), KERNEL (not the
 *user's). A suite whose name ends in _user runs its cases as user 1000, outside all groups of user
 *0.
 */
#pragma once

#define _GNU_SOURCE
#include <fcntl.h>

#include <workloads/common/test.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

enum { RD = 10, WR, RW, DIR, PATH_FD, PR, PW, FULL_PW, EVENT, NO_FD = 99 };

#define BUF    0x300000000UL
#define RO     0x300010000UL
#define BAD    0x300020000UL
#define KERNEL 0xffff888000000000UL
#define END(n) (BUF + PAGE - (n))

enum step_kind {
	STEP_NONE, /* there are no more */
	STEP_CALL, /* must give `expected` */
	STEP_SOME, /* must give anything that is no error */
	STEP_HOLDS,
	STEP_WORD, /* the 32 bits at an address are what is expected */
	STEP_DO,   /* code */
};

struct step {
	const char *text;
	enum step_kind kind;
	short number;
	long expected;
	long arguments[6];
	void (*run)(void);
};

#define STEPS 6

struct conform_case {
	const char *name;
	struct step steps[STEPS];
};

#define ARGS0()
#define ARGS1(a)                                  (long)(a)
#define ARGS2(a, b)                               (long)(a), (long)(b)
#define ARGS3(a, b, c)                            (long)(a), (long)(b), (long)(c)
#define ARGS4(a, b, c, d)                         (long)(a), (long)(b), (long)(c), (long)(d)
#define ARGS5(a, b, c, d, e)                      (long)(a), (long)(b), (long)(c), (long)(d), (long)(e)
#define ARGS6(a, b, c, d, e, f)                   (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f)
#define ARGS_PICK(z, a, b, c, d, e, f, name, ...) name
#define ARGS(...)                                                                                  \
	ARGS_PICK(, ##__VA_ARGS__, ARGS6, ARGS5, ARGS4, ARGS3, ARGS2, ARGS1, ARGS0)(__VA_ARGS__)

#define CALL_STEP(kind_, expected_, call, ...)                                                     \
	{                                                                                          \
		.text = #call, .kind = kind_, .number = SYS_##call, .expected = (long)(expected_), \
		.arguments = {                                                                     \
			ARGS(__VA_ARGS__)                                                          \
		}                                                                                  \
	}
#define GIVES(expected, call, ...) CALL_STEP(STEP_CALL, expected, call, ##__VA_ARGS__)
#define FAILS(error, call, ...)    CALL_STEP(STEP_CALL, -(error), call, ##__VA_ARGS__)
#define WORKS(call, ...)           CALL_STEP(STEP_SOME, 0, call, ##__VA_ARGS__)
/* The file at `path` holds exactly those bytes. */
#define HOLDS(path, bytes, size)                                                                   \
	{                                                                                          \
		.text = path, .kind = STEP_HOLDS, .arguments = {                                   \
			(long)(path),                                                              \
			(long)(bytes),                                                             \
			size                                                                       \
		}                                                                                  \
	}
#define WORD(address, value)                                                                       \
	{                                                                                          \
		.text = #address, .kind = STEP_WORD, .expected = (long)(value), .arguments = {     \
			(long)(address)                                                            \
		}                                                                                  \
	}
#define DO(function)                                                                               \
	{                                                                                          \
		.text = #function, .kind = STEP_DO, .run = function                                \
	}

struct conform_suite {
	const char *name;
	bool as_user;
	const struct conform_case *cases;
	size_t count;
};

#define SUITE(suite, table)                                                                        \
	const struct conform_suite suite = {                                                       \
		#suite, false, table, sizeof(table) / sizeof((table)[0])}
#define USER_SUITE(suite, table)                                                                   \
	const struct conform_suite suite = {#suite, true, table, sizeof(table) / sizeof((table)[0])}

extern const struct conform_suite *const conform_suites[];

/* Makes what a case finds, in the working directory. */
void furnish(void);
