/*
 * The emulation library's place in a program's task: what the server sets up and the library finds.
 *
 * Both regions lie above ENV_STACK_TOP, where the services map nothing. The library trusts what it
 * finds there no more than the program itself: a program that spoils it spoils its own calls only.
 */
#pragma once

#define EMULATOR_TEXT                                                                              \
	0x7fffff100000 /* its image, read and execute; begins with struct emulator_header */
#define EMULATOR_CONTEXT_START 0x7fffff200000 /* the thread's own pages: stack, context, message   \
					       */
#define EMULATOR_STACK_SIZE 2048
#define EMULATOR_CONTEXT                                                                           \
	(EMULATOR_CONTEXT_START + EMULATOR_STACK_SIZE) /* struct emulator_context */
#define EMULATOR_CONTEXT_SIZE 0x2000

/* Offsets in struct emulator_context, for its entry. */
#define CONTEXT_USER_STACK 0
#define CONTEXT_ANSWERS    16

#define EMULATOR_ANSWERS 192 /* calls with lower numbers may have a kept answer */

#define EMULATOR_MAGIC 0x6d6f727469736565

/* What a forked child's mach_msg() seems to return, for the message that was sent is its parent's.
 */
#define EMULATOR_FORKED 0x7fff0001

#ifndef __ASSEMBLER__
#include <lib/lib.h>

struct emulator_header {
	u64 magic;
	u64 entry;                /* of redirected calls */
	u64 copy_start, copy_end; /* code that touches the program's memory: a fault in it … */
	u64 copy_failed;          /* … goes on here */
};
#endif
