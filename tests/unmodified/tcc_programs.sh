#!/bin/dash
# packages: dash tcc coreutils
# A C compiler inside: compiling, linking, libraries, programs that compute, fork and fail.
cat > hello.c <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct point { int x, y; };
static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
int main(int argc, char **argv)
{
	int numbers[] = {5, 3, 9, 1};
	struct point p = {.y = 2, .x = 1};

	qsort(numbers, 4, sizeof(int), compare);
	for (int i = 0; i < 4; i++)
		printf("%d ", numbers[i]);
	printf("\n%d arguments, %s, %zu, %d %d, %.3f\n", argc - 1, argc > 1 ? argv[1] : "none", strlen("four"), p.x, p.y, 22.0 / 7);
	return argc > 1 ? atoi(argv[1]) : 0;
}
C
tcc -Wall -o hello hello.c && ./hello && ./hello 42; echo "status $?"
tcc -static -o static hello.c && ./static; cmp -s hello static || echo "two different programs"
cat > part.c <<'C'
int counter = 40;
int add(int n) { return counter += n; }
C
cat > main.c <<'C'
#include <stdio.h>
int add(int);
int main(void) { printf("%d\n", add(2)); return 0; }
C
tcc -c part.c && tcc -c main.c && tcc -o linked main.o part.o && ./linked
tcc -shared -o libpart.so part.c && tcc -o dynamic main.c -L. -lpart -Wl,-rpath,. && ./dynamic
tcc -ar rcs libpart.a part.o && tcc -o archived main.c libpart.a && ./archived
tcc -run main.c 2>&1 | head -2 > run.err; grep -c add run.err; tcc -run hello.c 7; echo "ran in memory: $?"
tcc -E -P - <<'C' | grep -v '^$' | tail -1
#define TWICE(x) ((x) + (x))
int value = TWICE(21);
C
echo 'int main(void) { return undeclared; }' > bad.c; tcc bad.c; echo "a mistake: $?"
echo 'int main(void) { return missing(); }' > bad.c; tcc -w -o bad bad.c; echo "nothing to link: $?"
cat > unix.c <<'C'
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
static jmp_buf back;
static void caught(int number) { printf("signal %d\n", number); fflush(stdout); longjmp(back, 1); }
int main(void)
{
	int ends[2], status;
	char text[32] = "";
	int fd = open("file", O_RDWR | O_CREAT, 0600);
	char *map;

	if (pipe(ends) < 0 || ftruncate(fd, 8192) < 0)
		return 1;
	map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fork() == 0) {
		strcpy(map + 4096, "written by a child");
		write(ends[1], "piped", 5);
		_exit(9);
	}
	read(ends[0], text, sizeof(text));
	wait(&status);
	pread(fd, text + 8, 24, 4096);
	printf("%s, %s, %d\n", text, text + 8, WEXITSTATUS(status));
	signal(SIGSEGV, caught);
	if (setjmp(back) == 0)
		*(volatile int *)NULL = 1;
	errno = 0;
	printf("%d %s\n", open("/nowhere", O_RDONLY), strerror(errno));
	munmap(map, 8192);
	if (fork() == 0)
		return map[0];
	wait(&status);
	printf("killed by %d\n", WTERMSIG(status));
	return 0;
}
C
tcc -o unix unix.c && ./unix
cat > sieve.c <<'C'
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
	int n = 1000000, count = 0;
	char *composite = calloc(n, 1);

	for (int i = 2; i < n; i++) {
		count += !composite[i];
		for (long j = (long)i * i; j < n; j += i)
			composite[j] = 1;
	}
	printf("%d primes\n", count);
	free(composite);
	return 0;
}
C
tcc -o sieve sieve.c && ./sieve; ls -l hello.c | cut -c1-10
