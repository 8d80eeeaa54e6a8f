/*
 * tap: what a contract test states its findings with.
 *
 * The output is TAP 13, one line a finding, through tap_print(), which the
 * surroundings provide: standard output on the host, the console in a kernel.
 * Nothing here needs a library, an allocation or a floating-point register.
 *
 * A test states everything it finds and goes on; who cannot go on returns.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct contract_test {
	const char *name;
	void (*run)(void);
};

/* The tests of this configuration, made by kit. */
extern const struct contract_test contract_tests[];
extern const unsigned contract_tests_count;

/* Provided by the surroundings: writes a string as it is. */
void tap_print(const char *text);

/* Run every test of the table, plan last. Answers how many findings failed; a test that finds
 * nothing fails. */
int contract_tests_run(void);

/* `what` completes "it holds that …"; it is printed whether it does or not. */
#define tap_ok(condition, what) tap_report((condition), (what), #condition, __FILE__, __LINE__)

/* The same of two integers or pointers; on failure both are printed. */
#define tap_eq(actual, expected, what)                                                             \
	tap_compare((uint64_t)(actual), (uint64_t)(expected), (what), #actual " == " #expected,    \
		__FILE__, __LINE__)

/* Something that cannot be tested here, and why not. */
void tap_skip(const char *what, const char *why);

/* A remark for whoever reads a failure. */
void tap_note(const char *text);

/* Behind the macros. Both answer whether the finding held. */
bool tap_report(bool ok, const char *what, const char *expression, const char *file, unsigned line);
bool tap_compare(uint64_t actual, uint64_t expected, const char *what, const char *expression,
	const char *file, unsigned line);
