/* fault: what a process did wrong, as the signal that Linux ends it with. */
#include <services/memory/mappings.h>
#include <services/process/process.h>

#define SEGV_MAPERR 1 /* si_code of SIGSEGV: nothing is there, … */
#define SEGV_ACCERR 2 /* … or not for this access */
#define BUS_ADRERR  2 /* si_code of SIGBUS: a file ends before */

static const char *signal_name(int signal)
{
	switch (signal) {
	case SIGILL:
		return "illegal instruction";
	case SIGTRAP:
		return "trap";
	case SIGBUS:
		return "bus error";
	case SIGFPE:
		return "arithmetic exception";
	default:
		return "segmentation fault";
	}
}

/* Intel SDM volume 3, table 6-1, and arch/x86/kernel/traps.c of Linux. */
static int vector_signal(unsigned vector)
{
	switch (vector) {
	case 0:  /* #DE divide */
	case 16: /* #MF x87 */
	case 19: /* #XM SSE */
		return SIGFPE;
	case 1: /* #DB debug */
	case 3: /* #BP breakpoint */
		return SIGTRAP;
	case 6: /* #UD undefined instruction */
		return SIGILL;
	case 11: /* #NP segment not present */
	case 12: /* #SS stack segment */
	case 17: /* #AC alignment */
		return SIGBUS;
	default:
		return SIGSEGV;
	}
}

/* si_code, as far as the vector alone tells. */
static int vector_code(unsigned vector)
{
	switch (vector) {
	case 0:
		return 1; /* FPE_INTDIV */
	case 3:
		return SI_KERNEL;
	case 1:
		return 2; /* TRAP_TRACE */
	case 6:
		return 2; /* ILL_ILLOPN */
	case 17:
		return 1; /* BUS_ADRALN */
	case 16:
	case 19:
		return 0; /* several: the program looks at its status register */
	default:
		return SI_KERNEL;
	}
}

static void report(const struct proc *proc, int signal, const char *what, vaddr_t address)
{
	char line[128];
	size_t n = format_string(line, sizeof(line), "%s[%d]: %s (%s 0x%lx)\n", proc->name,
		proc->pid, signal_name(signal), what, address);

	env_console_write(line, MIN(n, sizeof(line) - 1));
}

static bool has_handler(const struct proc *proc, int signal)
{
	return IS_ENABLED(CONFIG_SERVICES_SIGNALS) &&
	       proc->signals.actions->of[signal - 1].handler > SIG_IGN &&
	       !(proc->signals.mask & signal_bit(signal));
}

/* The signal for what the process did: to its handler, or its end with a line on the console. */
static bool fault(struct proc *proc, int signal, int code, const char *what, vaddr_t address)
{
	struct signal_info info = {.signal = signal, .code = code, .address = address};

	if (!has_handler(proc, signal))
		report(proc, signal, what, address);
	if (IS_ENABLED(CONFIG_SERVICES_SIGNALS))
		signal_force(proc, &info);
	else
		process_end(proc, signal);
	return IS_ENABLED(CONFIG_SERVICES_SIGNALS);
}

bool services_copy_failed(vaddr_t address, size_t n, enum kstatus why)
{
	struct proc *proc = env_current();

	if (why == K_NOMEM)
		return memory_wait_for_room(proc);
	if (why != K_FAULT || n == 0)
		return false;
	return memory_grow(proc, address) || memory_grow(proc, address + n - 1);
}

bool services_memory_fault(struct proc *proc, vaddr_t address, unsigned access, enum kstatus why)
{
	const char *what = access & ENV_PROT_EXEC    ? "running"
			   : access & ENV_PROT_WRITE ? "writing"
						     : "reading";

	if (why == K_FAULT && memory_grow(proc, address))
		return true;
	if (why == K_NOMEM && (memory_make_room(proc) || proc->dying))
		return true;
	if (why == K_FAULT || why == K_DENIED)
		return fault(
			proc, SIGSEGV, why == K_DENIED ? SEGV_ACCERR : SEGV_MAPERR, what, address);
	return fault(proc, SIGBUS, BUS_ADRERR, what, address);
}

bool services_exception(struct proc *proc, unsigned vector, vaddr_t address)
{
	int signal = vector_signal(vector);
	int code = signal == SIGSEGV ? SI_KERNEL : vector_code(vector);

	return fault(proc, signal, code, "at", signal == SIGSEGV ? 0 : address);
}
