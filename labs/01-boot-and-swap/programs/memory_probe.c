/*
 * A program that leans on memory, and whose result has to be computed.
 *
 *	memory_probe NUMBER
 *
 * From the number it makes pages full of pseudo-random words, has children
 * change their copies of them, gives memory back and takes it again, and sends
 * every sum through a pipe. What comes out is a function of the number alone:
 * one word that another process overwrote, one page that was not empty when it
 * was new, and it is another. The grader stops the machine at probe_done(), in
 * user mode, and reads the result from the register that holds it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES  64
#define WORDS  (PAGES * 4096 / sizeof(uint64_t))
#define ROUNDS 6

static uint64_t state;

static uint64_t next_random(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return state >> 29 ^ state;
}

/* Where the grader looks. Kept apart from its caller, with the result in its first argument. */
__attribute__((noinline)) void probe_done(uint64_t result);
void probe_done(uint64_t result)
{
	__asm__ volatile("" : : "r"(result) : "memory");
}

static uint64_t *new_pages(void)
{
	uint64_t *at = mmap(
		NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

static uint64_t sum_of(const uint64_t *words)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < WORDS; i++)
		sum = (sum << 7 | sum >> 57) ^ words[i] * 0x9e3779b97f4a7c15u;
	return sum;
}

/* A child changes every fifth page of its copy and answers with the sum. */
static uint64_t in_a_child(uint64_t *words, uint64_t with)
{
	uint64_t sum = 0;
	int fds[2], status = -1;

	if (pipe(fds) != 0)
		return 1;
	pid_t child = fork();
	if (child == 0) {
		for (unsigned page = 0; page < PAGES; page += 5)
			words[page * 512 + with % 512] ^= with;
		sum = sum_of(words);
		_exit(write(fds[1], &sum, sizeof(sum)) == sizeof(sum) ? 0 : 1);
	}
	if (child < 0 || read(fds[0], &sum, sizeof(sum)) != sizeof(sum))
		sum = 2;
	if (child > 0 && (waitpid(child, &status, 0) != child || status != 0))
		sum = 3;
	close(fds[0]);
	close(fds[1]);
	return sum;
}

int main(int argc, char **argv)
{
	uint64_t result = 0;

	state = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t *words = new_pages();

		if (!words)
			return 1;
		result ^= sum_of(words); /* 0 if new memory is empty */
		for (unsigned i = 0; i < WORDS; i++)
			words[i] = next_random();
		result += sum_of(words);
		result = result * 31 + in_a_child(words, next_random());
		result ^= sum_of(words); /* as it was: the child had a copy */
		if (munmap(words, PAGES * 4096) != 0)
			return 1;
	}
	probe_done(result);
	return 0;
}
