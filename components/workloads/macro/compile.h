/* The compiler's passes: the names of its files, and what its two halves share. */
#pragma once

#include <workloads/macro/macro.h>

#define INCLUDE_FOLDER MACRO_FOLDER "/include/"
#define LIBRARY        INCLUDE_FOLDER "libc"
#define HEADERS        3
#define LIBRARY_SIZE   16384
#define CODE_LINE      8 /* bytes of one line of what ccom writes and as reads */

/* Headers and library, which all compilations share. */
void compile_prepare(void);

/* What each pass does first: it closes the descriptors that it inherited and has no use for. */
void close_inherited(void);
