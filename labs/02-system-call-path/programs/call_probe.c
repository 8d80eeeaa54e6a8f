/*
 * A program whose system call the grader makes.
 *
 * It reports at probe_ready() that it runs in user mode. There the grader takes
 * over: it sets all registers as it likes, lets the machine go on at
 * probe_call, which is one SYSCALL instruction, and stops it at probe_after to
 * see what has come back. What a call needs memory for is at
 * probe_page.
 */
#include <stdint.h>

uint8_t probe_page[4096] __attribute__((aligned(4096)));

__attribute__((noinline)) void probe_ready(void);
void probe_ready(void)
{
	__asm__ volatile("" : : : "memory");
}

/* Never called: the grader jumps here. */
__asm__(".text\n"
	".globl probe_call, probe_after\n"
	".type probe_call, @function\n"
	".type probe_after, @function\n"
	"probe_call:\n\t"
	"syscall\n"
	"probe_after:\n\t"
	"nop\n\t"
	"jmp probe_after\n");

int main(void)
{
	probe_page[0] = 1; /* so that the page is there */
	probe_ready();
	return 0;
}
