#!/bin/dash
# packages: dash gcc libc6-dev coreutils grep
# Debian's C compiler, whole: preprocessor, compiler proper, assembler, linker; and what it made.
cat > sum.c <<'X'
#include <stdio.h>
#include <stdlib.h>
#include "table.h"
static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
int main(int argc, char **argv)
{
	qsort(table, COUNT, sizeof(table[0]), compare);
	for (int i = 0; i < COUNT; i++)
		printf("%d%c", table[i], i + 1 < COUNT ? ' ' : '\n');
	return argc > 1 ? atoi(argv[1]) : 0;
}
X
echo '#define COUNT 5' > table.h; echo 'static int table[COUNT] = {5, 3, 9, 1, 7};' >> table.h
gcc -O2 -Wall -o sum sum.c; ./sum 7; echo $?; gcc -static -g -o static sum.c; ./static; gcc -S -O1 -o - sum.c | grep -c call
gcc -c sum.c && ar rcs lib.a sum.o && ar t lib.a; nm sum.o | grep ' T '; gcc -o again lib.a && ./again
echo 'int main(void) { return x; }' > bad.c; gcc bad.c 2>&1; echo $?; gcc -E -P - < table.h; size sum | tail -1 | wc -w
