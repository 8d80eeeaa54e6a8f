/*
 * The smallest program whose result has to be computed.
 *
 *	small_probe NUMBER
 *
 * It asks for no memory but what a program needs to run at all. The grader
 * stops the machine at probe_done(), in user mode, and reads the result from
 * the register that holds it.
 */
#include <stdint.h>
#include <stdlib.h>

__attribute__((noinline)) void probe_done(uint64_t result);
void probe_done(uint64_t result)
{
	__asm__ volatile("" : : "r"(result) : "memory");
}

int main(int argc, char **argv)
{
	uint64_t value = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;

	for (unsigned i = 0; i < 1000; i++)
		value = value * 6364136223846793005u + (value >> 31 ^ i);
	probe_done(value);
	return 0;
}
