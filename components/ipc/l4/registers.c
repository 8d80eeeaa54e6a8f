/* Another thread's registers, and its times: for the root task. */
#include <l4.h>

/* What a program may set in its flags: arithmetic, direction, single step, alignment check,
 * identification. */
#define FLAGS_USER 0x240dd5ull

/* --- the caller's memory, in the kernel's view of it --------------------- */

bool l4_read_caller(void *to, vaddr_t from, size_t n)
{
	const struct l4_space *space = thread_current->ipc.space;
	char *out = to;

	if (!user_range_ok(from, n))
		return false;
	while (n > 0) {
		const void *in = l4_space_bytes(space, from, VM_PROT_READ);
		size_t part = MIN(n, PAGE_SIZE - (from & (PAGE_SIZE - 1)));
		if (!in)
			return false;
		memcpy(out, in, part);
		out += part;
		from += part;
		n -= part;
	}
	return true;
}

static bool write_caller(vaddr_t to, const void *from, size_t n)
{
	const struct l4_space *space = thread_current->ipc.space;
	const char *in = from;

	if (!user_range_ok(to, n))
		return false;
	while (n > 0) {
		void *out = l4_space_bytes(space, to, VM_PROT_WRITE);
		size_t part = MIN(n, PAGE_SIZE - (to & (PAGE_SIZE - 1)));
		if (!out)
			return false;
		memcpy(out, in, part);
		in += part;
		to += part;
		n -= part;
	}
	return true;
}

/* --- parts of a thread's state; it does not run, so all of it is in memory  */

static bool copy_registers(struct thread *to, u64 source)
{
	struct thread *from = l4_find(source);

	if (!from || from == to || from == thread_current)
		return false;
	u64 ports = to->frame->rflags & FLAG_IOPL;
	*to->frame = *from->frame;
	to->frame->rflags = (to->frame->rflags & ~(u64)FLAG_IOPL) | ports;
	memcpy(to->arch.fpu, from->arch.fpu, FPU_AREA_SIZE);
	to->arch.fs_base = from->arch.fs_base;
	to->arch.gs_base = from->arch.gs_base;
	return true;
}

static unsigned set_file(struct thread *thread, vaddr_t address)
{
	struct l4_register_file file;
	struct trapframe *frame = thread->frame;

	if (!l4_read_caller(&file, address, sizeof(file)) || file.rip >= USER_MAX)
		return L4_ERROR_INVALID;
	*frame = (struct trapframe){
		.r15 = file.r15,
		.r14 = file.r14,
		.r13 = file.r13,
		.r12 = file.r12,
		.rbp = file.rbp,
		.rbx = file.rbx,
		.r11 = file.r11,
		.r10 = file.r10,
		.r9 = file.r9,
		.r8 = file.r8,
		.rax = file.rax,
		.rcx = file.rcx,
		.rdx = file.rdx,
		.rsi = file.rsi,
		.rdi = file.rdi,
		.vector = VECTOR_CHANGED,
		.rip = file.rip,
		.cs = SELECTOR_USER_CODE,
		.rflags = (file.rflags & FLAGS_USER) | FLAG_IF | 2 | (frame->rflags & FLAG_IOPL),
		.rsp = file.rsp,
		.ss = SELECTOR_USER_DATA,
	};
	return 0;
}

static unsigned get_file(const struct thread *thread, vaddr_t address)
{
	const struct trapframe *f = thread->frame;
	struct l4_register_file file = {
		.r15 = f->r15,
		.r14 = f->r14,
		.r13 = f->r13,
		.r12 = f->r12,
		.rbp = f->rbp,
		.rbx = f->rbx,
		.r11 = f->r11,
		.r10 = f->r10,
		.r9 = f->r9,
		.r8 = f->r8,
		.rax = f->rax,
		.rcx = f->rcx,
		.rdx = f->rdx,
		.rsi = f->rsi,
		.rdi = f->rdi,
		.rip = f->rip,
		.cs = f->cs,
		.rflags = f->rflags,
		.rsp = f->rsp,
		.ss = f->ss,
	};

	return write_caller(address, &file, sizeof(file)) ? 0 : L4_ERROR_INVALID;
}

static unsigned set_fpu(struct thread *thread, vaddr_t address)
{
	u8 state[FPU_AREA_SIZE] aligned(64);

	if (!l4_read_caller(state, address, sizeof(state)))
		return L4_ERROR_INVALID;
	arch_set_fpu(&thread->arch, false, state);
	return 0;
}

/* --- the call ------------------------------------------------------------ */

/* Copies and whole files first, then single registers. */
static unsigned change_registers(
	struct thread *thread, unsigned control, const struct l4_registers *r)
{
	unsigned error = 0;

	if ((control & L4_EXREGS_COPY) && !copy_registers(thread, r->source))
		return L4_ERROR_NO_PARTNER;
	if (control & L4_EXREGS_RESET) {
		u64 ports = thread->frame->rflags & FLAG_IOPL;
		frame_init_user(thread->frame, 0, 0);
		thread->frame->rflags |= ports;
		arch_reset_state(&thread->arch, false);
	}
	if (control & L4_EXREGS_SET)
		error = set_file(thread, (u64)r->file);
	if (!error && (control & L4_EXREGS_SETFPU))
		error = set_fpu(thread, (u64)r->fpu);
	if (error)
		return error;
	if (control & L4_EXREGS_IP)
		thread->frame->rip = r->ip;
	if (control & L4_EXREGS_SP)
		thread->frame->rsp = r->sp;
	if (control & L4_EXREGS_ARG)
		thread->frame->rdi = r->arg;
	if (control & L4_EXREGS_TP)
		thread->arch.fs_base = r->tp;
	if (control & L4_EXREGS_RESULT)
		thread->frame->rax = r->result;
	if (control & (L4_EXREGS_COPY | L4_EXREGS_IP))
		thread->frame->vector = VECTOR_CHANGED;
	return 0;
}

long l4_call_exchange_registers(long id, long control_word, long registers, long d, long e, long f)
{
	struct thread *thread = l4_find((u64)id);
	unsigned control = (unsigned)control_word, error;
	struct l4_registers r;

	(void)d, (void)e, (void)f;
	if (!thread_current->ipc.space->root)
		return -L4_ERROR_DENIED;
	if (!thread)
		return -L4_ERROR_NO_PARTNER;
	if (thread == thread_current || ((u64)control_word & ~(u64)L4_EXREGS_MASK) != 0)
		return -L4_ERROR_INVALID;
	if (!l4_read_caller(&r, (u64)registers, sizeof(r)))
		return -L4_ERROR_INVALID;
	if (((control & L4_EXREGS_IP) && r.ip >= USER_MAX) ||
		((control & L4_EXREGS_TP) && r.tp >= USER_MAX))
		return -L4_ERROR_INVALID;
	bool canceled = (control & L4_EXREGS_CANCEL) && l4_break_off(thread, L4_ERROR_CANCELED);
	error = change_registers(thread, control, &r);
	if (!error && (control & L4_EXREGS_GET))
		error = get_file(thread, (u64)r.file);
	if (!error && (control & L4_EXREGS_GETFPU) &&
		!write_caller((u64)r.fpu, thread->arch.fpu, FPU_AREA_SIZE))
		error = L4_ERROR_INVALID;
	if (error)
		return -(long)error;
	if (control & L4_EXREGS_INTERRUPT)
		l4_interrupt(thread);
	if ((control & L4_EXREGS_RUN) && thread->state == THREAD_STOPPED) {
		thread_set_resume_user(thread);
		thread_make_ready(thread);
	}
	return canceled;
}

long l4_call_thread_times(long id, long address, long c, long d, long e, long f)
{
	const struct thread *thread = l4_find((u64)id);
	struct thread_times times;

	(void)c, (void)d, (void)e, (void)f;
	if (!thread_current->ipc.space->root)
		return -L4_ERROR_DENIED;
	if ((u64)id != L4_NIL && !thread)
		return -L4_ERROR_NO_PARTNER;
	thread_get_times(thread, &times);
	struct l4_thread_times told = {.total = times.total,
		.program_ticks = times.program_ticks,
		.system_ticks = times.system_ticks,
		.preemptions = times.preemptions};
	if (!thread)
		memcpy(told.loads, thread_loads, sizeof(told.loads));
	return write_caller((u64)address, &told, sizeof(told)) ? 0 : -L4_ERROR_INVALID;
}
