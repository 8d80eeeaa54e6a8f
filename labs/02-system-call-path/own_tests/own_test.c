/*
 * My own tests of a system-call entry: a Linux program that reports in TAP.
 *
 * make mutants runs it in the guest on the kit's entry, which must pass, and on
 * faulty ones, which should not. It runs on Linux itself, too.
 */
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

static int findings, failures;

static void holds(int condition, const char *what)
{
	findings++;
	failures += !condition;
	printf("%sok %d - %s\n", condition ? "" : "not ", findings, what);
}

/* A system call with no argument; what is in rbx comes out as it went in, or not. */
static long call0(long number, uint64_t *rbx)
{
	uint64_t word = *rbx;

	__asm__ volatile("syscall" : "+a"(number), "+b"(word) : : "rcx", "r11", "memory");
	*rbx = word;
	return number;
}

int main(void)
{
	uint64_t rbx = 0x1234567890abcdef;

	printf("TAP version 13\n");
	holds(call0(39, &rbx) == getpid(), "getpid answers what it answers");
	holds(rbx == 0x1234567890abcdef, "rbx is kept");
	printf("1..%d\n", findings);
	return failures != 0;
}
