/*
 * bench: timing a piece of work and handing the samples out.
 *
 * Time is `rdtsc`. Under QEMU with -icount shift=0 one tick is one retired
 * guest instruction, so a sample is an exact count; elsewhere it is whatever
 * the processor's time-stamp counter counts. bench_report() finds out which of
 * the two it is before it names the unit.
 *
 * The rules, the same for every series:
 * - a sample runs from one rdtsc to the next, with lfence on the inner sides so
 *   that a processor that executes out of order cannot leak work across;
 * - the overhead is the median of the very same stub with nothing in it. It is
 *   reported beside the samples, not subtracted from them;
 * - the first rounds warm up and are thrown away;
 * - nothing is written, allocated or looked up between two samples of a series;
 *   the reports come when all series of a program are done.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define BENCH_WARMUP  32
#define BENCH_SAMPLES 256

/* Where results go (docs/measuring.md). When it is not open they go to standard output. */
#define BENCH_CHANNEL 3

struct bench_series {
	const char *name;                /* as docs/measuring.md lists them */
	uint64_t overhead;               /* ticks that the empty stub takes */
	size_t count;                    /* of samples */
	uint64_t samples[BENCH_SAMPLES]; /* ticks, in the order they were taken */
};

/* Given by each workload: its own name. */
extern const char bench_workload[];

/* What is in the registers when the timed instruction begins; `rax` is also what it left there. */
struct bench_operands {
	uint64_t rax, rdi, rsi, rcx;
};

/*
 * Defines a function that answers how many ticks `instruction` took. It may
 * change rax, rcx, rdi, rsi and r11. Nothing but the instruction differs from
 * one such function to the next, so the empty one measures the overhead of all.
 */
#define BENCH_STUB(function, instruction)                                                          \
	static inline uint64_t function(struct bench_operands *operands)                           \
	{                                                                                          \
		register uint64_t r12 __asm__("r12") = operands->rax;                              \
		uint64_t rdi = operands->rdi, rsi = operands->rsi, rcx = operands->rcx, ticks;     \
                                                                                                   \
		__asm__ volatile("lfence\n\trdtsc\n\tlfence\n\t"                                   \
				 "shl $32, %%rdx\n\tor %%rdx, %%rax\n\tmov %%rax, %%rbx\n\t"       \
				 "mov %%r12, %%rax\n\t" instruction "\n\tmov %%rax, %%r12\n\t"     \
				 "lfence\n\trdtsc\n\tlfence\n\t"                                   \
				 "shl $32, %%rdx\n\tor %%rdx, %%rax\n\tsub %%rbx, %%rax"           \
				 : "=&a"(ticks), "+r"(r12), "+D"(rdi), "+S"(rsi), "+c"(rcx)        \
				 :                                                                 \
				 : "rbx", "rdx", "r11", "cc", "memory");                           \
		operands->rax = r12;                                                               \
		return ticks;                                                                      \
	}

BENCH_STUB(bench_time_nothing, "")
BENCH_STUB(bench_time_call, "syscall")           /* rax: number, then result; rdi, rsi: arguments */
BENCH_STUB(bench_time_store, "movb $1, (%%rdi)") /* rdi: where */
BENCH_STUB(bench_time_zero, "rep stosq")         /* rdi: where, rcx: words, rax: 0 */
BENCH_STUB(bench_time_copy, "rep movsq")         /* rdi: to, rsi: from, rcx: words */
BENCH_STUB(bench_time_loop, "1: dec %%rcx\n\tjnz 1b") /* rcx: rounds of two instructions */

/* For work that is more than an instruction: two readings, one before and one after. */
static inline uint64_t bench_now(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

/* The median time that a stub, or two readings with nothing between them, take. Ticks. */
uint64_t bench_stub_overhead(void);
uint64_t bench_now_overhead(void);

/* The median of a series, overhead included: the lower of the two middle ones where the count is
 * even. */
uint64_t bench_median(const struct bench_series *series);

/*
 * Hands out the series, one JSON line each, and a line for the reader on
 * standard error: median and minimum with the overhead subtracted. Ends the
 * program if the channel cannot be written.
 */
void bench_report(const struct bench_series *series, size_t count);

/* Ends the program with status 1 and the reason on standard error. `result`: a negated errno, or 0
 * if there is none. */
_Noreturn void bench_fail(const char *what, long result);

/* Waits for `pid` and ends the program unless it exited with status 0. */
void bench_wait(long pid);
