/* The L4-like kernel's numbers: those of a personality are redirected, its own are negative. */
#pragma once

#include <l4_abi.h>

#define ENTRY_CALLS  0
#define NATIVE_CALLS L4_CALLS
