/*
 * frame: the signal frame on a program's stack, as Linux lays it out.
 *
 * From high to low addresses: the red zone is left alone; the floating-point state, 64-byte
 * aligned, with Linux's magic words; siginfo; ucontext; the return address,
 * which is the program's own restorer. rt_sigreturn finds the frame by the stack pointer.
 */
#include <services/process/process.h>
#include <services/signals/signals.h>

#include <unix_calls.h>

#define RED_ZONE 128

#define TRAP_FLAG      0x100ull
#define DIRECTION_FLAG 0x400ull
#define RESUME_FLAG    0x10000ull

#define UC_FP_XSTATE         0x1
#define UC_SIGCONTEXT_SS     0x2
#define UC_STRICT_RESTORE_SS 0x4

#define FP_LEGACY     512 /* bytes that FXSAVE would store */
#define FP_SW_BYTES   464 /* where software may leave words in them */
#define FP_MAGIC1     0x46505853u
#define FP_MAGIC2     0x46505845u
#define FP_COMPONENTS 7ull

struct fp_words {
	u32 magic1, extended_size;
	u64 features;
	u32 state_size, padding[7];
};

struct fp_frame {
	u8 state[ENV_FPU_SIZE];
	u32 magic2;
} packed;

struct signal_frame {
	u64 restorer;
	struct {
		u64 flags, link;
		u64 stack_start;
		u32 stack_flags, pad;
		u64 stack_size;
		u64 r8, r9, r10, r11, r12, r13, r14, r15;
		u64 rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
		u16 cs, gs, fs, ss;
		u64 error, trap, old_mask, cr2, fp, reserved[8];
		u64 mask;
	} context;
	struct signal_info info;
};
_Static_assert(offsetof(struct signal_frame, info) == 8 + 40 + 256 + 8, "ucontext as Linux has it");

/* Where the frame's parts go. */
static u64 choose_stack(struct proc *proc, const struct user_registers *registers,
	const struct signal_action *action)
{
	const struct signal_state *state = &proc->signals;

	if ((action->flags & SA_ONSTACK) && state->stack_size != 0 &&
		!signal_on_stack(state, registers->rsp))
		return state->stack_start + state->stack_size;
	return registers->rsp - RED_ZONE;
}

static enum kstatus push_fp(struct proc *proc, u64 address)
{
	struct fp_frame fp;
	struct fp_words words = {.magic1 = FP_MAGIC1,
		.extended_size = sizeof(fp),
		.features = FP_COMPONENTS,
		.state_size = ENV_FPU_SIZE};

	env_get_fpu(proc, fp.state);
	memcpy(fp.state + FP_SW_BYTES, &words, sizeof(words));
	fp.magic2 = FP_MAGIC2;
	return env_copyout(address, &fp, sizeof(fp));
}

static void fill_context(struct signal_frame *frame, const struct user_registers *r)
{
	__typeof__(frame->context) *c = &frame->context;

	c->r8 = r->r8;
	c->r9 = r->r9;
	c->r10 = r->r10;
	c->r11 = r->r11;
	c->r12 = r->r12;
	c->r13 = r->r13;
	c->r14 = r->r14;
	c->r15 = r->r15;
	c->rdi = r->rdi;
	c->rsi = r->rsi;
	c->rbp = r->rbp;
	c->rbx = r->rbx;
	c->rdx = r->rdx;
	c->rax = r->rax;
	c->rcx = r->rcx;
	c->rsp = r->rsp;
	c->rip = r->rip;
	c->rflags = r->rflags;
	c->cs = (u16)r->cs;
	c->ss = (u16)r->ss;
}

enum kstatus signal_push_frame(struct proc *proc, struct user_registers *registers,
	const struct signal_action *action, const struct signal_info *info, u64 mask)
{
	const struct signal_state *state = &proc->signals;
	struct signal_frame frame;
	u64 fp = ALIGN_DOWN(choose_stack(proc, registers, action) - sizeof(struct fp_frame), 64);
	u64 at = ALIGN_DOWN(fp - sizeof(frame), 16) - 8;

	if (!(action->flags & SA_RESTORER))
		return K_FAULT;
	memset(&frame, 0, sizeof(frame));
	frame.restorer = action->restorer;
	frame.context.flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
	frame.context.stack_start = state->stack_start;
	frame.context.stack_size = state->stack_size;
	frame.context.stack_flags = state->stack_size == 0 ? 2 : state->stack_flags;
	fill_context(&frame, registers);
	frame.context.old_mask = mask;
	frame.context.mask = mask;
	frame.context.fp = fp;
	frame.info = *info;
	enum kstatus status = push_fp(proc, fp);
	if (status == K_OK)
		status = env_copyout(at, &frame, sizeof(frame));
	if (status != K_OK)
		return K_FAULT;
	registers->rax = 0;
	registers->rdi = (u64)info->signal;
	registers->rsi = at + offsetof(struct signal_frame, info);
	registers->rdx = at + offsetof(struct signal_frame, context);
	registers->rip = action->handler;
	registers->rsp = at;
	registers->rflags &= ~(DIRECTION_FLAG | RESUME_FLAG | TRAP_FLAG);
	registers->call = (u64)-1;
	return env_set_registers(proc, registers) == K_OK ? K_OK : K_FAULT;
}

/* --- and back ----------------------------------------------------------------------- */

/* An address of 0 means a fresh state; without Linux's words only the legacy part is taken. */
static bool restore_fp(struct proc *proc, u64 address)
{
	u8 state[ENV_FPU_SIZE];
	struct fp_words words;

	memset(state, 0, sizeof(state));
	if (address != 0 && env_copyin(state, address, FP_LEGACY) != K_OK)
		return false;
	memcpy(&words, state + FP_SW_BYTES, sizeof(words));
	if (address != 0 && words.magic1 == FP_MAGIC1 && words.state_size == ENV_FPU_SIZE) {
		if (env_copyin(state, address, sizeof(state)) != K_OK)
			return false;
	} else if (address != 0) {
		*(u64 *)(state + FP_LEGACY) = 3; /* x87 and SSE are there */
	} else {
		*(u32 *)(state + 24) = 0x1f80; /* MXCSR of a new program */
	}
	env_set_fpu(proc, state);
	return true;
}

static void take_context(const struct signal_frame *frame, struct user_registers *r)
{
	const __typeof__(frame->context) *c = &frame->context;

	r->r8 = c->r8;
	r->r9 = c->r9;
	r->r10 = c->r10;
	r->r11 = c->r11;
	r->r12 = c->r12;
	r->r13 = c->r13;
	r->r14 = c->r14;
	r->r15 = c->r15;
	r->rdi = c->rdi;
	r->rsi = c->rsi;
	r->rbp = c->rbp;
	r->rbx = c->rbx;
	r->rdx = c->rdx;
	r->rax = c->rax;
	r->rcx = c->rcx;
	r->rsp = c->rsp;
	r->rip = c->rip;
	r->rflags = c->rflags;
	r->call = (u64)-1;
}

long sys_rt_sigreturn(void)
{
	struct proc *proc = env_current();
	struct signal_info broken = {.signal = SIGSEGV, .code = SI_KERNEL};
	struct user_registers registers;
	struct signal_frame frame;

	env_get_registers(proc, &registers);
	if (env_copyin(&frame, registers.rsp - 8, sizeof(frame)) != K_OK ||
		!restore_fp(proc, frame.context.fp))
		goto out_broken;
	take_context(&frame, &registers);
	if (env_set_registers(proc, &registers) != K_OK)
		goto out_broken;
	proc->signals.stack_start = frame.context.stack_flags & 2 ? 0 : frame.context.stack_start;
	proc->signals.stack_size = frame.context.stack_flags & 2 ? 0 : frame.context.stack_size;
	proc->signals.stack_flags = frame.context.stack_flags;
	signal_set_mask(proc, frame.context.mask);
	return (long)registers.rax;

out_broken:
	signal_force(proc, &broken);
	return 0;
}
