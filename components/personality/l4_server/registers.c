/* A client's registers, and how its attention is had. The kernel keeps them; it is asked for them.
 */
#include <server.h>

static void exchange(struct proc *proc, unsigned control, struct l4_registers *r)
{
	must(l4_exchange_registers(proc->client.thread, control, r));
}

void env_get_registers(struct proc *proc, struct user_registers *registers)
{
	struct l4_register_file file;
	struct l4_registers r = {.file = &file};

	exchange(proc, L4_EXREGS_GET, &r);
	*registers = (struct user_registers){
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
		.call = proc->client.call,
		.rip = file.rip,
		.cs = file.cs,
		.rflags = file.rflags,
		.rsp = file.rsp,
		.ss = file.ss,
	};
}

enum kstatus env_set_registers(struct proc *proc, const struct user_registers *registers)
{
	struct l4_register_file file = {
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
		.rip = registers->rip,
		.rflags = registers->rflags,
		.rsp = registers->rsp,
	};
	struct l4_registers r = {.file = &file};

	if (registers->rip >= ENV_USER_MAX)
		return K_INVAL;
	exchange(proc, L4_EXREGS_SET, &r);
	proc->client.call = registers->call;
	return K_OK;
}

void env_set_stack(struct proc *child, vaddr_t stack)
{
	struct l4_registers r = {.sp = stack};

	exchange(child, L4_EXREGS_SP, &r);
}

_Static_assert(ENV_FPU_SIZE == FPU_AREA_SIZE, "a signal frame holds what the kernel keeps");

void env_get_fpu(struct proc *proc, void *state)
{
	struct l4_registers r = {.fpu = state};

	exchange(proc, L4_EXREGS_GETFPU, &r);
}

void env_set_fpu(struct proc *proc, const void *state)
{
	struct l4_registers r = {.fpu = (void *)(uintptr_t)state};

	exchange(proc, L4_EXREGS_SETFPU, &r);
}

enum kstatus env_set_thread_pointer(struct proc *proc, vaddr_t base)
{
	struct l4_registers r = {.tp = base};

	if (base >= ENV_USER_MAX)
		return K_INVAL;
	exchange(proc, L4_EXREGS_TP, &r);
	proc->client.thread_pointer = base;
	return K_OK;
}

vaddr_t env_thread_pointer(struct proc *proc)
{
	return proc->client.thread_pointer;
}

/*
 * A process that is in the server is seen to before its reply; one that runs is made
 * to send us a message by the kernel.
 */
void env_attention(struct proc *proc)
{
	struct l4_registers r = {0};

	proc->client.attention |= CLIENT_ATTENTION;
	env_interrupt(proc);
	exchange(proc, L4_EXREGS_INTERRUPT, &r);
}

void env_call_over(struct proc *proc)
{
	proc->client.attention |= CLIENT_CALL_OVER;
}
