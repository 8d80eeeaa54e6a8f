/*
 * Tests that catch every mutant of this lab: what a student's own could look
 * like. getpid is called with registers full of known words; what comes back is
 * held against them.
 */
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#define GETPID 39
#define ENOSYS 38
#define CARRY  1

/* All that a system call may change or keep, as the assembly below loads and stores it. */
static struct {
	uint64_t rax, rdi, rsi, rdx, r10, r8, r9, rbx, r12, r13, r14, r15, r11, flags;
} in, out;

static int findings, failures;

static void holds(int condition, const char *what)
{
	findings++;
	failures += !condition;
	printf("%sok %d - %s\n", condition ? "" : "not ", findings, what);
}

void call(const void *from, void *to);
__asm__(".text\n"
	"call:\n\t"
	"pushq %rbx\n\tpushq %rbp\n\tpushq %r12\n\tpushq %r13\n\tpushq %r14\n\tpushq %r15\n\t"
	"pushq %rsi\n\t"
	"movq %rdi, %rbp\n\t"
	"pushq 104(%rbp)\n\tpopfq\n\t"
	"movq (%rbp), %rax\n\tmovq 8(%rbp), %rdi\n\tmovq 16(%rbp), %rsi\n\t"
	"movq 24(%rbp), %rdx\n\tmovq 32(%rbp), %r10\n\tmovq 40(%rbp), %r8\n\t"
	"movq 48(%rbp), %r9\n\tmovq 56(%rbp), %rbx\n\tmovq 64(%rbp), %r12\n\t"
	"movq 72(%rbp), %r13\n\tmovq 80(%rbp), %r14\n\tmovq 88(%rbp), %r15\n\t"
	"syscall\n\t"
	"popq %rbp\n\t"
	"pushfq\n\tpopq 104(%rbp)\n\t"
	"movq %rax, (%rbp)\n\tmovq %rdi, 8(%rbp)\n\tmovq %rsi, 16(%rbp)\n\t"
	"movq %rdx, 24(%rbp)\n\tmovq %r10, 32(%rbp)\n\tmovq %r8, 40(%rbp)\n\t"
	"movq %r9, 48(%rbp)\n\tmovq %rbx, 56(%rbp)\n\tmovq %r12, 64(%rbp)\n\t"
	"movq %r13, 72(%rbp)\n\tmovq %r14, 80(%rbp)\n\tmovq %r15, 88(%rbp)\n\t"
	"movq %r11, 96(%rbp)\n\t"
	"popq %r15\n\tpopq %r14\n\tpopq %r13\n\tpopq %r12\n\tpopq %rbp\n\tpopq %rbx\n\t"
	"ret\n");

static uint64_t answer(uint64_t number)
{
	in.rax = number;
	call(&in, &out);
	return out.rax;
}

int main(void)
{
	uint64_t *words = (uint64_t *)&in, *found = (uint64_t *)&out;
	uint64_t pid = (uint64_t)getpid(), none = (uint64_t)-ENOSYS;

	printf("TAP version 13\n");
	for (unsigned i = 1; i < 12; i++)
		words[i] = 0x0123456789abcdef * (i + 2);
	in.flags = 0x202 | CARRY;
	holds(answer(GETPID) == pid, "getpid answers the process's number");
	for (unsigned i = 1; i < 12; i++)
		holds(found[i] == words[i], "a register is kept");
	holds(out.flags & CARRY, "the carry flag is kept");
	holds(out.r11 >> 47 == 0, "r11 tells nothing of the kernel");
	holds(answer(GETPID | (uint64_t)1 << 32) == none, "a number with a bit above is no number");
	holds(answer(GETPID | (uint64_t)1 << 63) == none, "a negative number is no number");
	holds(answer(100000) == none, "nor is a large one");
	for (unsigned i = 1; i < 12; i++)
		holds(found[i] == words[i], "a register is kept there, too");
	printf("1..%d\n", findings);
	return failures != 0;
}
