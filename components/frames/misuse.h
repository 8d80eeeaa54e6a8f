/*
 * Shared by contract tests: a call that breaks a precondition must panic. Can
 * be tried on the host only, where misuse.c is linked in; in a kernel there is
 * no such function, and its weak address is NULL.
 */
#pragma once

#include <lib/lib.h>
#include <tap.h>

__attribute__((weak)) bool misuse_panics(void (*misuse)(void));

static inline void tap_panics(void (*misuse)(void), const char *what)
{
	if (!misuse_panics || !IS_ENABLED(CONFIG_ASSERT))
		tap_skip(what, "a panic would end the test here");
	else
		tap_ok(misuse_panics(misuse), what);
}
