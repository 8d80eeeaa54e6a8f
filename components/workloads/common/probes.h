/*
 * probes: filling the processor with known values around a system call, or around a while in user
 * mode, and looking at what is left of them. The code is in probes.S; offsets there are asserted
 * here.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The registers that survive a system call, in the order that probes.S keeps them in. */
enum { RBX, RBP, R12, R13, R14, R15, RDI, RSI, RDX, R10, R8, R9, KEPT_REGISTERS };

struct register_probe {
	uint64_t number;                 /* of the system call */
	uint64_t before[KEPT_REGISTERS]; /* what they hold at the `syscall` */
	uint64_t after[KEPT_REGISTERS];
	uint64_t rax, rcx, r11; /* what the kernel left there */
	uint64_t rsp_before, rsp_after;
};
_Static_assert(offsetof(struct register_probe, before) == 8, "probes.S");
_Static_assert(offsetof(struct register_probe, after) == 104, "probes.S");
_Static_assert(offsetof(struct register_probe, rax) == 200, "probes.S");
_Static_assert(offsetof(struct register_probe, rsp_before) == 224, "probes.S");

/* Makes the call with the registers as told, and stores what they hold after it. */
void probe_registers(struct register_probe *probe);

struct vector_probe {
	uint8_t before[16][32]; /* ymm0 … ymm15; the lower 16 bytes are xmm */
	uint8_t after[16][32];
};

/* Loads the vector registers, makes system call `number` without arguments, stores them. Returns
 * rax. */
long probe_xmm(struct vector_probe *probe, long number);
long probe_ymm(struct vector_probe *probe, long number);

/* Loads general and xmm registers from patterns made of `seed`, counts `rounds` down; 0 if none has
 * changed by then. */
long probe_spin(uint64_t seed, uint64_t rounds);

/* Fills the 128 bytes below the stack pointer, makes system call `number`, and returns how many
 * words changed. */
long probe_red_zone(long number);
