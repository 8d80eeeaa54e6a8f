/*
 * The threads whose IPC the grader makes: a root task of the L4-like kernel.
 *
 * The root task makes one thread in its own space, the director, and from then on is
 * everybody's pager. The director runs with the lowest priority and never waits. At probe_after,
 * where it spins, the grader takes over: it stops whoever comes there, sets
 * all registers as it likes, and lets it go on at one of the instructions below. By the director's
 * privileged calls it makes and ends all other threads. What calls need
 * memory for is at probe_page.
 */
#include <workloads/l4_common/task.h>

#define DIRECTOR          l4_id(2, 1)
#define DIRECTOR_PRIORITY 31

u8 probe_page[2 * PAGE] aligned(4096);

void probe_begin(void);

/* Each of them comes to probe_after. */
__asm__(".text\n"
	".globl probe_begin, probe_call, probe_load, probe_undefined, probe_after\n"
	"probe_begin:\n\t" /* a new thread: so that code and data are there */
	"addb $0, probe_page(%rip)\n\t"
	"addb $0, probe_page + 4096(%rip)\n\t"
	"jmp probe_after\n"
	"probe_load:\n\t"
	"movb (%rdi), %al\n\t"
	"jmp probe_after\n"
	"probe_undefined:\n\t"
	"ud2\n\t"
	"jmp probe_after\n"
	"probe_call:\n\t"
	"syscall\n"
	"probe_after:\n\t"
	"nop\n\t"
	"jmp probe_after\n");

noreturn void l4_main(const struct l4_kip *kip, struct l4_utcb *utcb)
{
	struct l4_registers r = {.ip = (u64)probe_begin};

	(void)utcb;
	task_init(kip);
	task_must(
		l4_thread_control(DIRECTOR, TASK_ROOT, TASK_ROOT, TASK_ROOT, 0, DIRECTOR_PRIORITY),
		"making the director");
	task_must(l4_exchange_registers(DIRECTOR, L4_EXREGS_IP | L4_EXREGS_RUN, &r),
		"starting the director");
	for (;;)
		task_wait(NULL);
}
