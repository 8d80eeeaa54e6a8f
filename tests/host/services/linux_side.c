/* linux_side: see linux_side.h. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linux_side.h"

void *linux_share(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		abort();
	return memory;
}

void linux_unshare(void *memory, size_t size)
{
	if (munmap(memory, size) != 0)
		abort();
}

int linux_run(void (*run)(void *argument), void *argument)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		run(argument);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		abort();
	return status;
}

void linux_close_all(unsigned limit)
{
	struct rlimit files = {limit, limit};

	if (setrlimit(RLIMIT_NOFILE, &files) != 0)
		_exit(1);
	for (int fd = 0; fd < 1024; fd++)
		close(fd);
}

long linux_call(long number, long a0, long a1, long a2, long a3, long a4, long a5)
{
	long result = syscall(number, a0, a1, a2, a3, a4, a5);

	return result == -1 ? -errno : result;
}
