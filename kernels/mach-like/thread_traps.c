/*
 * thread_…: making threads, and looking at and changing their registers.
 *
 * Registers come from users: code and stack segments are never theirs to choose, nor are flags that
 * rule the machine, and an instruction pointer outside user space would fault in the kernel's own
 * IRET.
 */
#include <task.h>

#define FLAGS_USER 0x0000000000244dd5ull /* ID AC OF DF TF SF ZF AF PF CF */

TRAP(trap_thread_self)
{
	(void)a, (void)b, (void)c, UNUSED3;
	return task_name_port(thread_current->ipc.self);
}

TRAP(trap_swtch)
{
	(void)a, (void)b, (void)c, UNUSED3;
	thread_yield();
	return KERN_SUCCESS;
}

TRAP(trap_thread_create)
{
	mach_port_t name = MACH_PORT_NULL;
	struct thread *thread;

	(void)c, UNUSED3;
	if (put_result((vaddr_t)b, &name, sizeof(name)) != KERN_SUCCESS)
		return KERN_INVALID_ADDRESS;
	struct task *task = task_named((mach_port_t)a);
	if (!task)
		return KERN_INVALID_TASK;
	if (task_thread_new(task, SCHED_PRIORITY_DEFAULT, &thread) != K_OK)
		return KERN_RESOURCE_SHORTAGE;
	name = task_name_port(thread->ipc.self);
	if (name == MACH_PORT_NULL) {
		task_thread_end(thread);
		return KERN_NO_SPACE;
	}
	return put_result((vaddr_t)b, &name, sizeof(name));
}

TRAP(trap_thread_terminate)
{
	struct thread *thread = thread_named((mach_port_t)a);

	(void)b, (void)c, UNUSED3;
	if (!thread)
		return KERN_INVALID_ARGUMENT;
	task_thread_end(thread);
	return KERN_SUCCESS;
}

TRAP(trap_thread_times)
{
	const struct thread *thread = thread_named((mach_port_t)a);
	struct thread_times times;

	(void)c, UNUSED3;
	if (!thread)
		return KERN_INVALID_ARGUMENT;
	thread_get_times(thread, &times);
	struct mach_thread_times told = {.total = times.total,
		.program_ticks = times.program_ticks,
		.system_ticks = times.system_ticks,
		.preemptions = times.preemptions};
	return put_result((vaddr_t)b, &told, sizeof(told));
}

/* A thread that was suspended while it waited for a page, on its way back to the instruction. */
static void stop_self(void)
{
	thread_current->state = THREAD_STOPPED;
	thread_switch_away();
}

#define VECTOR_PAGE_FAULT 14

/*
 * Breaks off a receive and stops the thread. One that is in the middle of something else inside the
 * kernel cannot be stopped there: KERN_FAILURE, try again. If that is a page fault of its own, its
 * wait is broken off and it stops before it goes on.
 */
TRAP(trap_thread_suspend)
{
	struct thread *thread = thread_named((mach_port_t)a);

	(void)b, (void)c, UNUSED3;
	if (!thread || thread == thread_current)
		return KERN_INVALID_ARGUMENT;
	if (thread->ipc.stack_kept && thread->state == THREAD_BLOCKED &&
		thread->frame->vector == VECTOR_PAGE_FAULT) {
		thread_call_on_return(thread, stop_self);
		thread_wake(thread, K_INTERRUPTED);
	}
	if (thread->ipc.stack_kept || thread->ipc.in_exception)
		return KERN_FAILURE;
	ipc_receive_abort(thread, MACH_RCV_INTERRUPTED);
	thread_stop(thread);
	return KERN_SUCCESS;
}

TRAP(trap_thread_resume)
{
	struct thread *thread = thread_named((mach_port_t)a);

	(void)b, (void)c, UNUSED3;
	if (!thread)
		return KERN_INVALID_ARGUMENT;
	if (thread->state != THREAD_STOPPED)
		return KERN_FAILURE;
	thread_make_ready(thread);
	return KERN_SUCCESS;
}

TRAP(trap_thread_abort)
{
	struct thread *thread = thread_named((mach_port_t)a);

	(void)b, (void)c, UNUSED3;
	if (!thread || thread == thread_current)
		return KERN_INVALID_ARGUMENT;
	if (thread->state == THREAD_BLOCKED && thread->ipc.stack_kept)
		thread_wake(thread, K_INTERRUPTED);
	else
		ipc_receive_abort(thread, MACH_RCV_INTERRUPTED);
	return KERN_SUCCESS;
}

static void get_registers(const struct trapframe *frame, struct mach_thread_registers *to)
{
	*to = (struct mach_thread_registers){
		.rax = frame->rax,
		.rbx = frame->rbx,
		.rcx = frame->rcx,
		.rdx = frame->rdx,
		.rsi = frame->rsi,
		.rdi = frame->rdi,
		.rbp = frame->rbp,
		.rsp = frame->rsp,
		.r8 = frame->r8,
		.r9 = frame->r9,
		.r10 = frame->r10,
		.r11 = frame->r11,
		.r12 = frame->r12,
		.r13 = frame->r13,
		.r14 = frame->r14,
		.r15 = frame->r15,
		.rip = frame->rip,
		.rflags = frame->rflags,
	};
}

static void set_registers(struct trapframe *frame, const struct mach_thread_registers *from)
{
	frame_init_user(frame, from->rip, from->rsp);
	frame->rax = from->rax, frame->rbx = from->rbx, frame->rcx = from->rcx,
	frame->rdx = from->rdx;
	frame->rsi = from->rsi, frame->rdi = from->rdi, frame->rbp = from->rbp,
	frame->r8 = from->r8;
	frame->r9 = from->r9, frame->r10 = from->r10, frame->r11 = from->r11,
	frame->r12 = from->r12;
	frame->r13 = from->r13, frame->r14 = from->r14, frame->r15 = from->r15;
	frame->rflags |= from->rflags & FLAGS_USER;
}

static long get_fpu(struct thread *thread, vaddr_t to)
{
	struct mach_thread_fpu fpu;

	_Static_assert(sizeof(fpu) == FPU_AREA_SIZE, "what the kernel keeps");
	arch_get_fpu(&thread->arch, thread == thread_current, &fpu);
	return put_result(to, &fpu, sizeof(fpu));
}

TRAP(trap_thread_get_state)
{
	struct thread *thread = thread_named((mach_port_t)a);

	UNUSED2;
	if (!thread)
		return KERN_INVALID_ARGUMENT;
	if (b == MACH_THREAD_REGISTERS && d == sizeof(struct mach_thread_registers)) {
		struct mach_thread_registers registers;
		get_registers(thread->frame, &registers);
		return put_result((vaddr_t)c, &registers, sizeof(registers));
	}
	if (b == MACH_THREAD_POINTERS && d == sizeof(struct mach_thread_pointers)) {
		struct mach_thread_pointers pointers = {
			thread->arch.fs_base, thread->arch.gs_base, thread->ipc.emulation};
		return put_result((vaddr_t)c, &pointers, sizeof(pointers));
	}
	if (b == MACH_THREAD_FPU && d == sizeof(struct mach_thread_fpu))
		return get_fpu(thread, (vaddr_t)c);
	return KERN_INVALID_ARGUMENT;
}

static long set_pointers(struct thread *thread, const struct mach_thread_pointers *pointers)
{
	if (pointers->fs_base >= USER_MAX || pointers->gs_base >= USER_MAX)
		return KERN_INVALID_ADDRESS;
	thread->arch.fs_base = pointers->fs_base;
	thread->arch.gs_base = pointers->gs_base;
	thread->ipc.emulation = pointers->emulation;
	if (thread == thread_current) {
		msr_write(MSR_FS_BASE, pointers->fs_base);
		msr_write(MSR_GS_BASE, pointers->gs_base);
	}
	return KERN_SUCCESS;
}

/* The thread will go on in user mode with the new registers, whatever its call would have done. */
static long replace_registers(struct thread *thread, const struct mach_thread_registers *from)
{
	struct ipc_kmsg *kmsg = thread->ipc.kmsg;

	if (from->rip >= USER_MAX)
		return KERN_INVALID_ADDRESS;
	if (thread->ipc.stack_kept)
		return KERN_FAILURE;
	if (thread != thread_current && !thread->ipc.in_exception) {
		ipc_receive_abort(thread, MACH_RCV_INTERRUPTED);
		thread_set_resume_user(thread);
		thread->ipc.kmsg = NULL;
		if (kmsg)
			ipc_kmsg_destroy(kmsg);
	}
	set_registers(thread->frame, from);
	return KERN_SUCCESS;
}

TRAP(trap_thread_set_state)
{
	static const u64 sizes[] = {
		[MACH_THREAD_REGISTERS] = sizeof(struct mach_thread_registers),
		[MACH_THREAD_POINTERS] = sizeof(struct mach_thread_pointers),
		[MACH_THREAD_FPU] = sizeof(struct mach_thread_fpu),
	};
	union {
		struct mach_thread_registers registers;
		struct mach_thread_pointers pointers;
		struct mach_thread_fpu fpu;
	} state;

	UNUSED2;
	if ((u64)b >= ARRAY_SIZE(sizes) || b == 0 || (u64)d != sizes[b])
		return KERN_INVALID_ARGUMENT;
	if (copy_from_user(&state, (vaddr_t)c, (size_t)d) != K_OK)
		return KERN_INVALID_ADDRESS;
	struct thread *thread =
		thread_named((mach_port_t)a); /* only now: the copy may have blocked */
	if (!thread)
		return KERN_INVALID_ARGUMENT;
	if (b == MACH_THREAD_POINTERS)
		return set_pointers(thread, &state.pointers);
	if (b == MACH_THREAD_REGISTERS)
		return replace_registers(thread, &state.registers);
	arch_set_fpu(&thread->arch, thread == thread_current, &state.fpu);
	return KERN_SUCCESS;
}

/* What a fork needs: everything of the source at its trap, floating point included. */
TRAP(trap_thread_dup)
{
	struct thread *source = thread_named((mach_port_t)a),
		      *target = thread_named((mach_port_t)b);

	UNUSED3;
	if (!source || !target || source == thread_current || target->state != THREAD_STOPPED)
		return KERN_INVALID_ARGUMENT;
	*target->frame = *source->frame;
	target->frame->rax = (u64)c;
	target->frame->vector = VECTOR_CHANGED;
	memcpy(target->arch.fpu, source->arch.fpu, FPU_AREA_SIZE);
	target->arch.fs_base = source->arch.fs_base;
	target->arch.gs_base = source->arch.gs_base;
	target->ipc.emulation = source->ipc.emulation;
	return KERN_SUCCESS;
}
