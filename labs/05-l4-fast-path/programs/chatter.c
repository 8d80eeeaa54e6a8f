/*
 * A Linux program that keeps its server busy: pipes, fresh pages, children.
 *
 *	chatter NUMBER
 *
 * On the L4-like kernel each of its system calls and page faults is an IPC.
 * What it computes depends on every byte that comes back. The grader stops the
 * machine at chatter_begin() and chatter_done(), in user mode.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 24
#define PAGE   4096

__attribute__((noinline)) void chatter_begin(void);
void chatter_begin(void)
{
	__asm__ volatile("" : : : "memory");
}

__attribute__((noinline)) void chatter_done(uint64_t result);
void chatter_done(uint64_t result)
{
	__asm__ volatile("" : : "r"(result) : "memory");
}

static uint64_t mix(uint64_t value, uint64_t word)
{
	return (value ^ word) * 6364136223846793005u + 1442695040888963407u;
}

/* Some bytes to a pipe and back. */
static uint64_t through_pipe(uint64_t value, unsigned length)
{
	uint8_t bytes[1024];
	int ends[2];

	if (pipe(ends) != 0)
		return 0;
	for (unsigned i = 0; i < length; i++)
		bytes[i] = (uint8_t)(value >> i % 57);
	if (write(ends[1], bytes, length) != (ssize_t)length)
		return 0;
	for (unsigned i = 0; i < length; i++)
		bytes[i] = 0;
	if (read(ends[0], bytes, sizeof(bytes)) != (ssize_t)length)
		return 0;
	for (unsigned i = 0; i < length; i++)
		value = mix(value, bytes[i]);
	close(ends[0]);
	close(ends[1]);
	return value;
}

/* Pages that nobody has touched yet. */
static uint64_t through_pages(uint64_t value, unsigned count)
{
	uint64_t *page = mmap(
		NULL, count * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return 0;
	for (unsigned i = 0; i < count; i++) {
		value = mix(value, page[i * PAGE / 8] + i);
		page[i * PAGE / 8] = value;
	}
	munmap(page, count * PAGE);
	return value;
}

/* What a child makes of it. */
static uint64_t through_child(uint64_t value)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		_exit((int)(mix(value, 7) >> 56));
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 0;
	return mix(value, (uint64_t)WEXITSTATUS(status));
}

int main(int argc, char **argv)
{
	uint64_t value = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;

	chatter_begin();
	for (unsigned round = 0; round < ROUNDS; round++) {
		value = through_pipe(value, 1 + (unsigned)(value % 900));
		value = through_pages(value, 1 + (unsigned)(value % 7));
		if (round % 6 == 0)
			value = through_child(value);
	}
	chatter_done(value);
	return 0;
}
