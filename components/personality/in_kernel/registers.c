/*
 * A process's registers, and how its attention is had.
 *
 * All of a thread's user registers are in the frame at the top of its kernel stack while it is in
 * the kernel.
 */
#include <services/services.h>

/* What a program may set in its flags: arithmetic, direction, single step, alignment check,
 * identification. */
#define FLAGS_USER 0x240dd5ull

void env_get_registers(struct proc *proc, struct user_registers *registers)
{
	const struct trapframe *frame = proc->client.thread->frame;

	*registers = (struct user_registers){
		.r15 = frame->r15,
		.r14 = frame->r14,
		.r13 = frame->r13,
		.r12 = frame->r12,
		.rbp = frame->rbp,
		.rbx = frame->rbx,
		.r11 = frame->r11,
		.r10 = frame->r10,
		.r9 = frame->r9,
		.r8 = frame->r8,
		.rax = frame->rax,
		.rcx = frame->rcx,
		.rdx = frame->rdx,
		.rsi = frame->rsi,
		.rdi = frame->rdi,
		.call = frame_is_call(frame) ? frame->error : (u64)-1,
		.rip = frame->rip,
		.cs = frame->cs,
		.rflags = frame->rflags,
		.rsp = frame->rsp,
		.ss = frame->ss,
	};
}

enum kstatus env_set_registers(struct proc *proc, const struct user_registers *registers)
{
	struct trapframe *frame = proc->client.thread->frame;

	if (registers->rip >= USER_MAX)
		return K_INVAL;
	*frame = (struct trapframe){
		.r15 = registers->r15,
		.r14 = registers->r14,
		.r13 = registers->r13,
		.r12 = registers->r12,
		.rbp = registers->rbp,
		.rbx = registers->rbx,
		.r11 = registers->r11,
		.r10 = registers->r10,
		.r9 = registers->r9,
		.r8 = registers->r8,
		.rax = registers->rax,
		.rcx = registers->rcx,
		.rdx = registers->rdx,
		.rsi = registers->rsi,
		.rdi = registers->rdi,
		.vector = VECTOR_CHANGED,
		.error = registers->call,
		.rip = registers->rip,
		.cs = SELECTOR_USER_CODE,
		.rflags = (registers->rflags & FLAGS_USER) | FLAG_IF | 2,
		.rsp = registers->rsp,
		.ss = SELECTOR_USER_DATA,
	};
	return K_OK;
}

void env_set_stack(struct proc *child, vaddr_t stack)
{
	child->client.thread->frame->rsp = stack;
}

_Static_assert(ENV_FPU_SIZE == FPU_AREA_SIZE, "a signal frame holds what the kernel keeps");

void env_get_fpu(struct proc *proc, void *state)
{
	struct thread *thread = proc->client.thread;

	arch_get_fpu(&thread->arch, thread == thread_current, state);
}

void env_set_fpu(struct proc *proc, const void *state)
{
	struct thread *thread = proc->client.thread;

	arch_set_fpu(&thread->arch, thread == thread_current, state);
}

/* One call on the way to user mode at a time: that for attention does the other's work too. */
static void end_call(void)
{
	services_call_over(env_current());
}

static void attend(void)
{
	services_call_over(env_current());
	services_attention(env_current());
}

void env_attention(struct proc *proc)
{
	thread_call_on_return(proc->client.thread, attend);
	env_interrupt(proc);
}

void env_call_over(struct proc *proc)
{
	if (!proc->client.thread->on_return)
		thread_call_on_return(proc->client.thread, end_call);
}
