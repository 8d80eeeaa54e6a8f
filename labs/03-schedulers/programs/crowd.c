/*
 * Processes that compute, sleep and talk to each other all at once.
 *
 *	crowd NUMBER
 *
 * What they compute together does not depend on who runs when; that they all come to an end does
 * depend on everybody's getting a turn. The grader stops the machine at probe_done(), in user mode,
 * and reads the result from the register that holds it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMPUTING 4
#define SLEEPING  3
#define ROUNDS    40

__attribute__((noinline)) void probe_done(uint64_t result);
void probe_done(uint64_t result)
{
	__asm__ volatile("" : : "r"(result) : "memory");
}

static uint64_t mix(uint64_t value, uint64_t with)
{
	return value * 6364136223846793005u + (value >> 31 ^ with);
}

/* Long enough for some slices. */
static uint64_t compute(uint64_t value)
{
	for (unsigned i = 0; i < 2000000; i++)
		value = mix(value, i);
	return value;
}

static uint64_t doze(uint64_t value)
{
	for (unsigned i = 0; i < 10; i++) {
		nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
		value = mix(value, i);
	}
	return value;
}

/* A child that leaves work(value) in the pipe. */
static void start(int to, uint64_t (*work)(uint64_t), uint64_t value)
{
	if (fork() != 0)
		return;
	value = work(value);
	_exit(write(to, &value, sizeof(value)) == sizeof(value) ? 0 : 1);
}

/* A child that answers each number with another, until there are no more. */
static void answer(int in, int out)
{
	uint64_t value;

	while (read(in, &value, sizeof(value)) == sizeof(value)) {
		value = mix(value, 7);
		if (write(out, &value, sizeof(value)) != sizeof(value))
			_exit(1);
	}
	_exit(0);
}

static uint64_t talk(uint64_t value)
{
	int there[2], back[2];

	if (pipe(there) != 0 || pipe(back) != 0)
		return 0;
	if (fork() == 0) {
		close(there[1]);
		close(back[0]);
		answer(there[0], back[1]);
	}
	close(there[0]);
	close(back[1]);
	for (unsigned i = 0; i < ROUNDS; i++) {
		value = mix(value, i);
		if (write(there[1], &value, sizeof(value)) != sizeof(value) ||
			read(back[0], &value, sizeof(value)) != sizeof(value))
			return 0;
	}
	close(there[1]);
	close(back[0]);
	return value;
}

int main(int argc, char **argv)
{
	uint64_t value = argc > 1 ? strtoull(argv[1], NULL, 0) : 0, result = 0, one;
	int results[2];

	if (pipe(results) != 0)
		return 1;
	for (unsigned i = 0; i < COMPUTING; i++)
		start(results[1], compute, value + i);
	for (unsigned i = 0; i < SLEEPING; i++)
		start(results[1], doze, value + 100 + i);
	result = talk(value);
	close(results[1]);
	while (read(results[0], &one, sizeof(one)) == sizeof(one))
		result += one;
	while (wait(NULL) > 0)
		continue;
	probe_done(result);
	return 0;
}
