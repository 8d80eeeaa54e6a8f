/*
 * A process's registers, and how its attention is had.
 *
 * Where a process's registers are depends on where its thread is. In a call it stands in the
 * emulation library, which has saved the program's registers in its context; when a fault or the
 * server has stopped it, the kernel has them. New registers for a thread in a call are given to the
 * kernel instead of an answer: it leaves the library for good.
 *
 * A process that runs in user mode is stopped first, by a thread of the server's own. If it is
 * found inside the library it is about to make a call, in which it is seen to, or about to leave:
 * it is let go and tried again soon.
 */
#include <server.h>

#define RETRY_NS 1000000ull

/* Stands for one process until it has been seen to; the process may end meanwhile. */
struct server_attender {
	struct proc *proc; /* NULL: it has ended */
};

_Static_assert(sizeof(struct user_registers) == sizeof(((struct env_client *)0)->registers),
	"the types header cannot name the structure");
_Static_assert(sizeof(struct mach_thread_fpu) == ENV_FPU_SIZE,
	"a signal frame holds what the kernel keeps");

#define SELECTOR_USER_CODE 0x23
#define SELECTOR_USER_DATA 0x1b

/* --- in a call --------------------------------------------------------------------------- */

static void registers_of_call(struct proc *proc, struct user_registers *to)
{
	struct emulator_registers saved = {0};
	const struct env_client *client = &proc->client;

	/* A program that has unmapped the context has no registers worth keeping. */
	if (vm_read(client->task, client->context, sizeof(saved), &saved) != KERN_SUCCESS)
		saved = (struct emulator_registers){0};
	*to = (struct user_registers){
		.r15 = saved.r15,
		.r14 = saved.r14,
		.r13 = saved.r13,
		.r12 = saved.r12,
		.rbp = saved.rbp,
		.rbx = saved.rbx,
		.r11 = saved.rflags,
		.r10 = saved.r10,
		.r9 = saved.r9,
		.r8 = saved.r8,
		.rax = client->forked
			       ? 0
			       : (u64)(client->answered ? client->result : (long)client->call),
		.rcx = saved.rip,
		.rdx = saved.rdx,
		.rsi = saved.rsi,
		.rdi = saved.rdi,
		.call = (u64)client->call,
		.rip = saved.rip,
		.cs = SELECTOR_USER_CODE,
		.rflags = saved.rflags,
		.rsp = saved.rsp,
		.ss = SELECTOR_USER_DATA,
	};
}

/* --- stopped ------------------------------------------------------------------------------- */

static bool registers_of_thread(mach_port_t thread, struct mach_thread_registers *registers)
{
	return thread_get_state(thread, MACH_THREAD_REGISTERS, registers, sizeof(*registers)) ==
	       KERN_SUCCESS;
}

static enum kstatus set_thread(mach_port_t thread, const struct user_registers *from)
{
	struct mach_thread_registers registers = {
		.rax = from->rax,
		.rbx = from->rbx,
		.rcx = from->rcx,
		.rdx = from->rdx,
		.rsi = from->rsi,
		.rdi = from->rdi,
		.rbp = from->rbp,
		.rsp = from->rsp,
		.r8 = from->r8,
		.r9 = from->r9,
		.r10 = from->r10,
		.r11 = from->r11,
		.r12 = from->r12,
		.r13 = from->r13,
		.r14 = from->r14,
		.r15 = from->r15,
		.rip = from->rip,
		.rflags = from->rflags,
	};

	return status_of(
		thread_set_state(thread, MACH_THREAD_REGISTERS, &registers, sizeof(registers)));
}

void env_get_registers(struct proc *proc, struct user_registers *to)
{
	struct mach_thread_registers from = {0};

	if (proc->client.replaced_registers) {
		memcpy(to, proc->client.registers, sizeof(*to));
		return;
	}
	if (proc->client.busy || proc->client.forked) {
		registers_of_call(proc, to);
		return;
	}
	if (!registers_of_thread(proc->client.thread, &from))
		from = (struct mach_thread_registers){0}; /* it has ended by itself */
	*to = (struct user_registers){
		.r15 = from.r15,
		.r14 = from.r14,
		.r13 = from.r13,
		.r12 = from.r12,
		.rbp = from.rbp,
		.rbx = from.rbx,
		.r11 = from.r11,
		.r10 = from.r10,
		.r9 = from.r9,
		.r8 = from.r8,
		.rax = from.rax,
		.rcx = from.rcx,
		.rdx = from.rdx,
		.rsi = from.rsi,
		.rdi = from.rdi,
		.call = (u64)-1,
		.rip = from.rip,
		.cs = SELECTOR_USER_CODE,
		.rflags = from.rflags,
		.rsp = from.rsp,
		.ss = SELECTOR_USER_DATA,
	};
}

/* A forked child will not go through the library, which would have forgotten the parent's ports and
 * kept answers. A child without its context spoils its own calls only. */
static void leave_library(struct proc *proc)
{
	static const u8 nothing[CONTEXT_MESSAGE - CONTEXT_SERVICE];

	(void)!vm_write(proc->client.task, proc->client.context + CONTEXT_SERVICE, nothing,
		sizeof(nothing));
	proc->client.forked = false;
}

enum kstatus env_set_registers(struct proc *proc, const struct user_registers *registers)
{
	if (registers->rip >= ENV_USER_MAX)
		return K_INVAL;
	if (proc->client.forked)
		leave_library(proc);
	if (!proc->client.busy)
		return set_thread(proc->client.thread, registers);
	memcpy(proc->client.registers, registers, sizeof(*registers));
	proc->client.replaced_registers = true;
	return K_OK;
}

/*
 * It stands in the library, which will take the program's registers from its context. A program
 * that has unmapped that has nothing to go on with.
 */
void env_set_stack(struct proc *child, vaddr_t stack)
{
	(void)!vm_write(child->client.task, EMULATOR_CONTEXT + SAVED_RSP, &stack, sizeof(stack));
}

/* The thread goes on with the registers that its call was given, and its answer is dropped. */
void registers_apply(struct proc *proc)
{
	struct user_registers registers;

	memcpy(&registers, proc->client.registers, sizeof(registers));
	proc->client.replaced_registers = false;
	if (set_thread(proc->client.thread, &registers) != K_OK)
		services_exception(
			proc, 13, registers.rip); /* it was in user mode's care: it spoiled it */
}

/* --- floating point, thread pointer -------------------------------------------------------------
 */

void env_get_fpu(struct proc *proc, void *state)
{
	must(thread_get_state(proc->client.thread, MACH_THREAD_FPU, state, ENV_FPU_SIZE),
		"a client's floating point");
}

void env_set_fpu(struct proc *proc, const void *state)
{
	must(thread_set_state(proc->client.thread, MACH_THREAD_FPU, state, ENV_FPU_SIZE),
		"a client's floating point");
}

static void get_pointers(struct proc *proc, struct mach_thread_pointers *pointers)
{
	must(thread_get_state(
		     proc->client.thread, MACH_THREAD_POINTERS, pointers, sizeof(*pointers)),
		"a client's pointers");
}

enum kstatus env_set_thread_pointer(struct proc *proc, vaddr_t base)
{
	struct mach_thread_pointers pointers;

	if (base >= ENV_USER_MAX)
		return K_INVAL;
	get_pointers(proc, &pointers);
	pointers.fs_base = base;
	return status_of(thread_set_state(
		proc->client.thread, MACH_THREAD_POINTERS, &pointers, sizeof(pointers)));
}

vaddr_t env_thread_pointer(struct proc *proc)
{
	struct mach_thread_pointers pointers;

	get_pointers(proc, &pointers);
	return pointers.fs_base;
}

/* --- attention ----------------------------------------------------------------------------------
 */

/* Until nothing is due any more; false: the process has ended. */
bool attention_serve(struct proc *proc)
{
	while (proc->client.attention) {
		proc->client.attention = false;
		if (!services_attention(proc))
			return false;
	}
	return true;
}

void attention_forget(struct proc *proc)
{
	if (proc->client.attender)
		proc->client.attender->proc = NULL;
	proc->client.attender = NULL;
}

/* Stops the process outside the library; false: not now. */
static bool stop(struct proc *proc)
{
	struct mach_thread_registers registers;
	long result = thread_suspend(proc->client.thread);

	if (result == KERN_FAILURE) /* it waits for a page, and is soon to be stopped */
		return false;
	if (result != KERN_SUCCESS) {
		proc->dying = true; /* it has ended its thread by itself: there is nothing to be
				       said to it */
		return true;
	}
	if (registers_of_thread(proc->client.thread, &registers) &&
		(registers.rip < EMULATOR_TEXT ||
			registers.rip >= EMULATOR_TEXT + EMULATOR_TEXT_MAX))
		return true;
	must(thread_resume(proc->client.thread), "to let a client go");
	return false;
}

static void look_again(struct cthread_timer *expired)
{
	(void)expired;
	clients_attend();
}

/* Nobody could be found to do it: a program that only computes would never hear of its end. */
static void attend_later(void)
{
	static struct cthread_timer later;

	if (!later.link.next)
		cthread_timer_init(&later);
	cthread_timer_set(&later, env_now() + RETRY_NS, look_again);
}

static void attend(void *argument)
{
	static struct cthread_queue nobody = {{&nobody.waiters, &nobody.waiters}};
	struct server_attender *attender = argument;
	struct server_call call = {.proc = attender->proc};

	cthread_self()->data = &call;
	while (attender->proc) {
		struct env_client *client = &attender->proc->client;
		if (!client->attention || client->busy || client->faulted)
			break; /* whoever serves it sees to it */
		if (stop(attender->proc)) {
			if (attention_serve(attender->proc))
				thread_resume(client->thread);
			break;
		}
		if (cthread_wait(&nobody, env_now() + RETRY_NS) == K_NOMEM) {
			attend_later(); /* no thread can take over, and it has to leave the library
					   first */
			break;
		}
	}
	if (attender->proc)
		attender->proc->client.attender = NULL;
	cthread_self()->data = NULL;
	kfree(attender, sizeof(*attender));
}

void env_call_over(struct proc *proc)
{
	proc->client.call_over = true;
}

void env_attention(struct proc *proc)
{
	struct env_client *client = &proc->client;
	struct cthread *thread;

	client->attention = true;
	env_interrupt(proc);
	if (client->busy || client->faulted || client->attender || client->task == MACH_PORT_NULL)
		return;
	struct server_attender *attender = kalloc(sizeof(*attender));
	if (!attender) {
		attend_later();
		return;
	}
	attender->proc = proc;
	if (cthread_create(&thread, attend, attender) == K_OK) {
		client->attender = attender;
		return;
	}
	kfree(attender, sizeof(*attender));
	attend_later();
}
