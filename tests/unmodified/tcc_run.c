#!/usr/bin/tcc -run
// packages: tcc
// A C file that is a script: compiled into memory and run there.
#include <ctype.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct tree { struct tree *left, *right; int key; };

static struct tree *insert(struct tree *t, int key)
{
	if (!t) {
		t = calloc(1, sizeof(*t));
		t->key = key;
	} else if (key < t->key) {
		t->left = insert(t->left, key);
	} else {
		t->right = insert(t->right, key);
	}
	return t;
}

static int depth(const struct tree *t)
{
	int l, r;

	if (!t)
		return 0;
	l = depth(t->left), r = depth(t->right);
	return 1 + (l > r ? l : r);
}

static void walk(const struct tree *t, long *sum)
{
	if (!t)
		return;
	walk(t->left, sum);
	*sum = *sum * 31 % 1000003 + t->key;
	walk(t->right, sum);
}

int main(int argc, char **argv)
{
	struct tree *root = NULL;
	unsigned seed = 1;
	long sum = 0;
	struct stat status;
	struct tm tm;
	time_t when = 1000000000;
	char text[64];

	for (int i = 0; i < 20000; i++) {
		seed = seed * 1103515245u + 12345u;
		root = insert(root, seed >> 8 & 0xffff);
	}
	walk(root, &sum);
	printf("%d levels, sum %ld, %d arguments\n", depth(root), sum, argc);
	gmtime_r(&when, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %a", &tm);
	puts(text);
	if (stat("/etc/passwd", &status) == 0)
		printf("%o %ld\n", status.st_mode, (long)status.st_nlink);
	mkdir("d", 0700);
	if (chdir("d") == 0 && getcwd(text, sizeof(text)))
		puts(strrchr(text, '/'));
	for (const char *s = "Mixed Case"; *s; s++)
		putchar(isupper(*s) ? tolower(*s) : toupper(*s));
	printf("\n%ld %s\n", strtol("0x7f", NULL, 0), getenv("HOME"));
	return 0;
}
