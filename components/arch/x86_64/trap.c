/*
 * What to do about a trap: hand a user's to the kernel, mend a checked copy, panic for the rest.
 */
#include <arch/arch.h>
#include <vm/prot.h>
#include <x86.h>

#define VECTOR_DEBUG      1
#define VECTOR_NMI        2
#define VECTOR_PROTECTION 13
#define VECTOR_PAGE_FAULT 14

#define FAULT_WRITE 0x2
#define FAULT_USER  0x4
#define FAULT_EXEC  0x10

extern const char usercopy_begin[], usercopy_end[];
extern const char usercopy_words[], usercopy_bytes[], usercopy_string_byte[];
extern const char usercopy_words_failed[], usercopy_bytes_failed[], usercopy_string_failed[];

static unsigned fault_access(u64 error)
{
	if (error & FAULT_WRITE)
		return VM_PROT_WRITE;
	return error & FAULT_EXEC ? VM_PROT_EXECUTE : VM_PROT_READ;
}

/* A fault in a checked copy whose page cannot be had: the copy returns how much is left. */
static void fail_usercopy(struct trapframe *frame)
{
	if (frame->rip == (u64)usercopy_words)
		frame->rip = (u64)usercopy_words_failed;
	else if (frame->rip == (u64)usercopy_bytes)
		frame->rip = (u64)usercopy_bytes_failed;
	else
		frame->rip = (u64)usercopy_string_failed;
}

static void kernel_page_fault(struct trapframe *frame, vaddr_t address)
{
	bool in_copy = frame->rip >= (u64)usercopy_begin && frame->rip < (u64)usercopy_end;

	if (!in_copy || address >= USER_MAX)
		panic_frame(frame, "page fault in the kernel");
	if (!kernel_copy_fault(address, fault_access(frame->error)))
		fail_usercopy(frame);
}

static void handle_interrupt(const struct trapframe *frame)
{
	if (frame->vector == VECTOR_SPURIOUS)
		return;
	apic_acknowledge();
	kernel_timer(frame_is_user(frame));
}

void trap_handle(struct trapframe *frame)
{
	if (frame->vector == VECTOR_TIMER || frame->vector == VECTOR_SPURIOUS) {
		handle_interrupt(frame);
	} else if (frame->vector == VECTOR_PAGE_FAULT) {
		vaddr_t address = read_cr2();
		if (!frame_is_user(frame))
			kernel_page_fault(frame, address);
		else if (likely(frame->error & FAULT_USER))
			kernel_user_fault(frame, address, fault_access(frame->error));
		else /* an access of the processor itself for a user's instruction: no mapping can
			help */
			kernel_user_exception(frame, VECTOR_PROTECTION, frame->error);
	} else if (frame->vector == VECTOR_DEBUG && !frame_is_user(frame)) {
		/* A user's single step or watch point that came due on the entry of its system
		 * call. */
		frame->rflags &= ~(u64)FLAG_TF;
	} else if (frame_is_user(frame) && frame->vector != VECTOR_NMI && frame->vector != 8 &&
		   frame->vector != 18) {
		kernel_user_exception(frame, (unsigned)frame->vector, frame->error);
	} else {
		panic_frame(frame, "exception in the kernel");
	}
}
