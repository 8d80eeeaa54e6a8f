/*
 * The emulation library's place in a program's task: what the server sets up and the library finds.
 *
 * Both regions lie above ENV_STACK_TOP, where the services map nothing. The library trusts what it
 * finds there no more than the program itself: a program that spoils it spoils its own calls only.
 */
#pragma once

/* Its image, read and execute; begins with struct emulator_header. */
#define EMULATOR_TEXT     0x7fffff100000
#define EMULATOR_TEXT_MAX 0x100000
/* The thread's own pages: stack, context, message. */
#define EMULATOR_CONTEXT_START 0x7fffff200000
#define EMULATOR_CONTEXT_SIZE  0x2000
#define EMULATOR_STACK_SIZE    2048
/* struct emulator_context. */
#define EMULATOR_CONTEXT (EMULATOR_CONTEXT_START + EMULATOR_STACK_SIZE)

/* Offsets in struct emulator_registers, with which the context begins, for the library's entry. */
#define SAVED_ARGUMENTS 0
#define SAVED_RBX       48
#define SAVED_RBP       56
#define SAVED_R12       64
#define SAVED_R13       72
#define SAVED_R14       80
#define SAVED_R15       88
#define SAVED_RSP       96
#define SAVED_RIP       104
#define SAVED_RFLAGS    112
#define CONTEXT_SERVICE 120
#define CONTEXT_ANSWERS 128
#define CONTEXT_MESSAGE 920 /* what lies between the service port and this is a task's own */

#define EMULATOR_ANSWERS 192 /* calls with lower numbers may have a kept answer */

#define EMULATOR_MAGIC 0x6d6f727469736565

/* What a forked child's mach_msg() seems to return: the message that was sent is its parent's. */
#define EMULATOR_FORKED 0x7fff0001

#ifndef __ASSEMBLER__
#include <lib/lib.h>

struct emulator_header {
	u64 magic;
	u64 entry;                /* of redirected calls */
	u64 copy_start, copy_end; /* code that touches the program's memory: a fault in it … */
	u64 copy_failed;          /* … goes on here */
};

/* The program's registers while the library works for it: the server looks there for them. */
struct emulator_registers {
	u64 rdi, rsi, rdx, r10, r8, r9; /* the call's arguments */
	u64 rbx, rbp, r12, r13, r14, r15, rsp, rip, rflags;
};
_Static_assert(offsetof(struct emulator_registers, rbx) == SAVED_RBX, "entry.S");
_Static_assert(offsetof(struct emulator_registers, r15) == SAVED_R15, "entry.S");
_Static_assert(offsetof(struct emulator_registers, rsp) == SAVED_RSP, "entry.S");
_Static_assert(offsetof(struct emulator_registers, rip) == SAVED_RIP, "entry.S");
_Static_assert(offsetof(struct emulator_registers, rflags) == SAVED_RFLAGS, "entry.S");
#endif
