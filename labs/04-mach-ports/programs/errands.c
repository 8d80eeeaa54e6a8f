/*
 * A program whose every errand is a message: pipes, children that answer, files.
 *
 *	errands NUMBER
 *
 * Under the Mach-like kernel each call here is a request to a port of the Unix
 * server and an answer with a send-once right; a child is a task of its own,
 * which the server is told of by rights. The grader stops the machine at
 * probe_done(), in user mode, and reads the result from the register that holds
 * it; between the two calls of probe_mark() there is one call that the server
 * answers.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 3
#define ROUNDS   10

__attribute__((noinline)) void probe_done(uint64_t result);
void probe_done(uint64_t result)
{
	__asm__ volatile("" : : "r"(result) : "memory");
}

__attribute__((noinline)) void probe_mark(unsigned number);
void probe_mark(unsigned number)
{
	__asm__ volatile("" : : "r"(number) : "memory");
}

/* One remote procedure call, with nothing to be done at the other end. */
static void ask(void)
{
	mode_t mask = umask(022);

	probe_mark(1);
	umask(mask);
	probe_mark(2);
}

static uint64_t mix(uint64_t value, uint64_t with)
{
	return value * 6364136223846793005u + (value >> 31 ^ with);
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
	while (wait(NULL) > 0)
		continue;
	return value;
}

/* What was written into a file comes out of it again. */
static uint64_t keep(uint64_t value)
{
	int file = open("/errands", O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (file < 0 || write(file, &value, sizeof(value)) != sizeof(value))
		return 0;
	value = 0;
	if (pread(file, &value, sizeof(value), 0) != sizeof(value))
		return 0;
	close(file);
	return unlink("/errands") == 0 ? value : 0;
}

int main(int argc, char **argv)
{
	uint64_t value = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;

	ask();
	for (unsigned i = 0; i < CHILDREN; i++)
		value = keep(talk(mix(value, i)));
	probe_done(value);
	return 0;
}
