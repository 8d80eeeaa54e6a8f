/* fault: what a process did wrong, as the signal that Linux ends it with. */
#include <services/process/process.h>

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

static void end_by_signal(struct proc *proc, int signal, const char *what, vaddr_t address)
{
	char line[128];
	size_t n = format_string(line, sizeof(line), "%s[%d]: %s (%s 0x%llx)\n", proc->name,
		proc->pid, signal_name(signal), what, (unsigned long long)address);

	env_console_write(line, MIN(n, sizeof(line) - 1));
	process_end(proc, signal);
}

void services_memory_fault(struct proc *proc, vaddr_t address, unsigned access)
{
	const char *what = access & ENV_PROT_EXEC    ? "running"
			   : access & ENV_PROT_WRITE ? "writing"
						     : "reading";

	end_by_signal(proc, SIGSEGV, what, address);
}

void services_exception(struct proc *proc, unsigned vector, vaddr_t address)
{
	end_by_signal(proc, vector_signal(vector), "at", address);
}

void services_attention(struct proc *proc)
{
	if (proc->dying)
		process_end(proc, SIGKILL);
}
