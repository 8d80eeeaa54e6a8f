/*
 * arch: the machine underneath a kernel.
 *
 * Boot, traps, user copies, the timer, the processor's state of a thread, the
 * page-table root, and leaving the machine. One part today (x86_64); what is
 * named here is what the rest of a kernel may know of it.
 *
 * The kernel runs on one processor with interrupts off; only the idle loop
 * turns them on. So an interrupt comes from user mode or from idle.
 */
#pragma once

#include <frames/frames.h>
#include <lib/lib.h>

/* The registers of a user thread at a kernel entry, at the top of its kernel stack. See the part.
 */
struct trapframe;

/* Processor state beside the trap frame that belongs to a thread: floating point, thread pointer.
 */
struct arch_thread;

/* What the boot loader handed over. */
struct boot_info {
	const char *command_line;
	paddr_t initrd_start, initrd_end; /* both 0: none */
	paddr_t memory_end;               /* first byte after the last usable one */
};

/* Given by the kernel (kernels/<kernel>/main.c): runs once, on the boot stack. */
noreturn void kernel_main(const struct boot_info *boot);

/* The same, any time later. */
const struct boot_info *boot_information(void);

/* Calls `visit` for each usable range of memory, kernel and initrd and loader data left out. */
void boot_for_each_free_range(void (*visit)(paddr_t start, paddr_t end));

/* The value of `key=value` on the kernel's command line: copies it to `out`; false if absent. */
bool boot_option(const char *key, char *out, size_t size);

/*
 * Upcalls from traps, given by the kernel. They run on the thread's kernel
 * stack and may block. `access` is a set of VM_PROT bits (see vm.h): what the
 * access wanted.
 */
void kernel_user_fault(struct trapframe *frame, vaddr_t address, unsigned access);
/* Any other exception in user mode, by its number in the processor's manual. */
void kernel_user_exception(struct trapframe *frame, unsigned vector, u64 error);
/* The kernel itself touched a user address in a checked copy: true if it may try again. */
bool kernel_copy_fault(vaddr_t address, unsigned access);
/* The timer rang; `user` tells whether it broke into user mode. */
void kernel_timer(bool user);

/*
 * Checked user copies. The range is checked to be user space (K_FAULT if not,
 * or if a page cannot be had); a fault in the middle leaves a prefix copied.
 */
static inline enum kstatus must_check copy_from_user(void *to, vaddr_t from, size_t n);
static inline enum kstatus must_check copy_to_user(vaddr_t to, const void *from, size_t n);
/* A NUL-terminated string with its NUL; K_RANGE when it does not end within `size`. *length
 * excludes the NUL. */
enum kstatus must_check copy_string_from_user(char *to, vaddr_t from, size_t size, size_t *length);

/* Time: nanoseconds since reset (instructions, under -icount shift=0). */
static inline u64 arch_now(void);
/* Rings kernel_timer() once at `when` (or at once, if past). A later call replaces an earlier one.
 */
void arch_timer_set(u64 when);

/* Waits for an interrupt, with interrupts on; they are off again on return. */
void arch_idle(void);

/*
 * Bytes for the result channel (QEMU's debug console). Before the first of them
 * goes the mark "boot_user": the moment of arch_mark_user_start(), which is called
 * once, right before the first switch to a user thread.
 */
void arch_result_write(const void *bytes, size_t length);
void arch_mark_user_start(void);

/* 64 bits from the processor's random number generator (deterministic under QEMU's -seed). Good in
 * user mode too. */
static inline u64 arch_random(void);

/* Power off: QEMU ends with status 2 * code + 1. */
noreturn void arch_exit(unsigned code);
#define ARCH_EXIT_OK     0x10
#define ARCH_EXIT_PANIC  0x11
#define ARCH_EXIT_FAILED 0x12

#include <arch_impl.h>
