/*
 * Signals: to install a handler, to catch a signal that one sends oneself, and
 * to handle a fault on a page that may not be written. In each of the latter the
 * time runs until the program goes on behind the signal.
 */
#define _GNU_SOURCE /* REG_RIP */
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <workloads/common/bench.h>
#include <workloads/common/sys.h>
#include <workloads/latency/latency.h>

#define SA_RESTORER_FLAG 0x04000000UL
#define STORE_LENGTH     3 /* bytes of `movb $1, (%rdi)` */

/* struct sigaction as the kernel has it. */
struct raw_action {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

static volatile int caught;
static char *page;

__attribute__((naked)) static void restorer(void)
{
	__asm__("movl $15, %eax\n\tsyscall"); /* rt_sigreturn */
}

static void count_signal(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info, (void)context;
	caught++;
}

static void step_over_store(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += STORE_LENGTH;
	caught++;
}

static long install(int signal, void (*handler)(int, siginfo_t *, void *))
{
	struct raw_action action = {handler, SA_RESTORER_FLAG | SA_SIGINFO, restorer, 0};

	return sys_call4(SYS_rt_sigaction, signal, (long)&action, 0, 8);
}

static void install_counter(void)
{
	latency_require("rt_sigaction", install(SIGUSR1, count_signal));
}

static void protect_page(void)
{
	page = (char *)latency_require(
		"mmap", sys_mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS));
	latency_require("rt_sigaction", install(SIGSEGV, step_over_store));
}

static void unprotect_page(void)
{
	latency_require("munmap", sys_munmap(page, PAGE));
	latency_require("rt_sigaction", sys_call4(SYS_rt_sigaction, SIGSEGV, 0, 0, 8));
}

static void forget(void)
{
	caught = 0;
}

static long work_install(void)
{
	return install(SIGUSR1, count_signal);
}

static long work_catch(void)
{
	sys_call3(SYS_kill, sys_getpid(), SIGUSR1, 0);
	return caught;
}

static long work_protection(void)
{
	__asm__ volatile("movb $1, (%0)" : : "D"(page) : "memory");
	return caught;
}

const struct latency latency_signals[] = {
	{"lat_sig_install", BENCH_SAMPLES, .work = work_install},
	{"lat_sig_catch", BENCH_SAMPLES, .expected = 1, .work = work_catch,
		.prepare = install_counter, .again = forget},
	{"lat_prot_fault", BENCH_SAMPLES, .expected = 1, .work = work_protection,
		.prepare = protect_page, .again = forget, .finish = unprotect_page},
	{NULL},
};
