/*
 * calls: what a client does: system calls, faults, running its signal handlers.
 *
 * A client has no instructions, so its instruction pointer says only what the services did to it.
 * During a call it is AFTER_CALL; two bytes less means that the call is to be made again, and
 * anything else is the address of a handler.
 */
#include "threads.h"

#define AFTER_CALL 0x401002ull
#define HANDLERS   8

const struct host_transport *host_transport;

static struct {
	vaddr_t address;
	host_handler handler;
} handlers[HANDLERS];

void host_set_handler(vaddr_t address, host_handler handler)
{
	for (int i = 0; i < HANDLERS; i++) {
		if (handlers[i].address == 0 || handlers[i].address == address) {
			handlers[i].address = address;
			handlers[i].handler = handler;
			return;
		}
	}
	host_die("a test has too many handlers");
}

static long direct_transport(long number, const long a[6])
{
	if (number < 0 || number >= SERVICE_CALLS || !service_calls[number])
		return services_unknown_call(number);
	return service_calls[number](a[0], a[1], a[2], a[3], a[4], a[5]);
}

static long carry_out(long number, const long arguments[6])
{
	return host_transport ? host_transport->call(number, arguments)
			      : direct_transport(number, arguments);
}

/* --- registers --- */

void env_get_registers(struct proc *proc, struct user_registers *registers)
{
	*registers = proc->client.thread->registers;
}

enum kstatus env_set_registers(struct proc *proc, const struct user_registers *registers)
{
	if (registers->rip >= ENV_USER_MAX)
		return K_INVAL;
	proc->client.thread->registers = *registers;
	return K_OK;
}

void env_set_stack(struct proc *child, vaddr_t stack)
{
	child->client.thread->registers.rsp = stack;
}

void env_get_fpu(struct proc *proc, void *state)
{
	memcpy(state, proc->client.thread->fpu, ENV_FPU_SIZE);
}

void env_set_fpu(struct proc *proc, const void *state)
{
	memcpy(proc->client.thread->fpu, state, ENV_FPU_SIZE);
}

void env_attention(struct proc *proc)
{
	if (!proc->client.thread)
		return;
	proc->client.thread->attention = true;
	env_interrupt(proc);
}

void env_call_over(struct proc *proc)
{
	check(proc->client.thread == host_machine.running);
	proc->client.thread->call_over = true;
}

/* --- calls --- */

/* The client of the running thread is no more. */
static noreturn void end_thread(void)
{
	check(host_machine.running->state == HOST_GONE);
	host_switch_away();
	pthread_mutex_unlock(&host_machine.lock);
	pthread_exit(NULL);
}

static void run_handler(struct host_thread *self)
{
	static const long no_arguments[6];
	struct user_registers at_entry = self->registers;

	for (int i = 0; i < HANDLERS; i++) {
		if (handlers[i].address != at_entry.rip)
			continue;
		self->registers.rip = AFTER_CALL;
		handlers[i].handler((int)at_entry.rdi, at_entry.rsi, at_entry.rdx);
		self->registers.rsp =
			at_entry.rsp + 8; /* its return takes the restorer's address */
		if (carry_out(15, no_arguments) == ENV_NO_REPLY)
			end_thread();
		return;
	}
	host_die("a client runs where it has no handler");
}

/*
 * What the services want of the client before it goes on: until they want nothing more, or a call
 * made again.
 */
static void attend(struct host_thread *self)
{
	while (self->attention ||
		(self->registers.rip != AFTER_CALL && self->registers.rip != AFTER_CALL - 2)) {
		if (self->attention) {
			self->attention = false;
			if (!services_attention(self->proc)) {
				check(self->state == HOST_GONE);
				end_thread();
			}
		} else {
			run_handler(self);
		}
	}
}

/* A fault, of the instruction before AFTER_CALL. It comes back only if a handler has run. */
static void after_fault(struct host_thread *self)
{
	if (self->state == HOST_GONE)
		end_thread();
	attend(self);
}

void host_fault(vaddr_t address, unsigned access)
{
	struct host_thread *self = host_machine.running;

	self->registers.rip = AFTER_CALL;
	self->registers.call = (u64)-1;
	services_memory_fault(self->proc, address, access, K_FAULT);
	after_fault(self);
}

void host_exception(unsigned vector)
{
	struct host_thread *self = host_machine.running;

	self->registers.rip = AFTER_CALL;
	self->registers.call = (u64)-1;
	services_exception(self->proc, vector, 0x1234);
	after_fault(self);
}

/* As if the timer had broken into its program. */
void host_see_to(struct host_thread *self)
{
	if (!self->attention)
		return;
	self->registers.rip = AFTER_CALL;
	self->registers.call = (u64)-1;
	attend(self);
}

static void set_registers(struct user_registers *registers, long number, const long arguments[6])
{
	registers->rax = (u64)number;
	registers->call = (u64)number;
	registers->rdi = (u64)arguments[0];
	registers->rsi = (u64)arguments[1];
	registers->rdx = (u64)arguments[2];
	registers->r10 = (u64)arguments[3];
	registers->r8 = (u64)arguments[4];
	registers->r9 = (u64)arguments[5];
	registers->rip = AFTER_CALL;
}

/* One trap: the call, and what the services want afterwards. True: it is to be made again, as
 * *number. */
static bool trap(struct host_thread *self, long *number, const long arguments[6])
{
	long result;

	set_registers(&self->registers, *number, arguments);
	result = carry_out(*number, arguments);
	if (result == ENV_NO_REPLY)
		end_thread();
	if (self->call_over) {
		self->call_over = false;
		services_call_over(self->proc);
	}
	self->registers.rax = (u64)result;
	if (*number == 59 && result == 0)
		self->registers.rip = AFTER_CALL; /* the new program is this C function too */
	attend(self);
	*number = (long)self->registers.rax;
	return self->registers.rip != AFTER_CALL;
}

long host_call(long number, long a0, long a1, long a2, long a3, long a4, long a5)
{
	const long arguments[6] = {a0, a1, a2, a3, a4, a5};
	struct host_thread *self = host_machine.running;

	if (host_chance(host_machine.chances.switch_at_call))
		host_give_way();
	host_see_to(self); /* what was asked for before the call is not the call's */
	while (trap(self, &number, arguments))
		;
	check(host_machine.running == self);
	if (host_chance(host_machine.chances.switch_at_call))
		host_give_way();
	if (self->attention)
		attend(self);
	return number;
}

long host_fork(int number, host_program program, void *argument)
{
	struct host_thread *self = host_machine.running;
	long result;

	self->child_program = program;
	self->child_argument = argument;
	result = host_sys(number);
	self->child_program = NULL;
	return result;
}
