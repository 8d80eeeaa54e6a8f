/* The Mach-like kernel's numbers: the personality's calls are redirected, so there is no table of
 * them; its own are negative. */
#pragma once

#define ENTRY_CALLS  0
#define ENTRY_TABLE  0
#define NATIVE_CALLS 128
