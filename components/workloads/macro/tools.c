/* What every program here needs: children, folders, paths, memory, text to work on. */
#include <string.h>

#include <workloads/common/text.h>
#include <workloads/macro/macro.h>

#define ARGUMENTS_MAX 8
#define LINE_LENGTH   40

long need(const char *what, long result)
{
	if (result < 0)
		bench_fail(what, result);
	return result;
}

long start(char *const argv[])
{
	char *shifted[ARGUMENTS_MAX + 2] = {macro_self};
	char *const none[] = {NULL};
	long pid = need("fork", sys_fork());

	if (pid != 0)
		return pid;
	for (size_t i = 0; argv[i] != NULL && i < ARGUMENTS_MAX; i++)
		shifted[i + 1] = argv[i];
	sys_execve("/usr/ucb/macro", shifted, none);
	sys_execve("/usr/local/macro", shifted, none);
	sys_execve(macro_self, shifted, none);
	sys_exit(127);
}

void run(char *const argv[])
{
	bench_wait(start(argv));
}

void make_folder(const char *path)
{
	long result = sys_call3(SYS_mkdir, (long)path, 0777, 0);

	if (result != -EEXIST)
		need(path, result);
}

int open_file(const char *path, int flags)
{
	return (int)need(path, sys_call3(SYS_open, (long)path, flags, 0666));
}

void need_absent(const char *path)
{
	long result = sys_call3(SYS_open, (long)path, O_RDONLY, 0);

	if (result != -ENOENT)
		bench_fail(path, result);
}

static void finish_path(const struct text *text)
{
	if (text->cut || text->length == text->size)
		bench_fail("a path is too long", 0);
	text->bytes[text->length] = '\0';
}

void path_join(char path[PATH_SIZE], const char *a, const char *b)
{
	struct text text = {.bytes = path, .size = PATH_SIZE};

	text_string(&text, a);
	text_string(&text, b);
	finish_path(&text);
}

void path_number(char path[PATH_SIZE], const char *stem, unsigned int number, const char *ending)
{
	struct text text = {.bytes = path, .size = PATH_SIZE};

	text_string(&text, stem);
	text_number(&text, number);
	text_string(&text, ending);
	finish_path(&text);
}

void *heap(size_t size)
{
	char *begin = (char *)need("brk", sys_brk(NULL));

	if (sys_brk(begin + size) != (long)(begin + size))
		bench_fail("brk gives no memory", 0);
	return begin;
}

uint32_t random_next(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

void write_source(const char *path, size_t size, uint32_t seed)
{
	static const char *const words[] = {"int", "return", "while", "if", "else", "node", "next",
		"count", "value", "=", "+", "*", "(", ")", ";", "{", "}", "<", "->", "42"};
	struct stream stream;
	size_t written = 0;

	stream_open(&stream, path, O_WRONLY | O_CREAT | O_TRUNC);
	while (written < size) {
		const char *word = words[random_next(&seed) % (sizeof(words) / sizeof(words[0]))];

		for (; *word != '\0' && written < size; word++, written++)
			stream_put(&stream, *word);
		if (written++ < size)
			stream_put(&stream, written % LINE_LENGTH < 6 ? '\n' : ' ');
	}
	stream_close(&stream);
}

struct symbol *symbol_find(struct symbol table[SYMBOLS], uint32_t hash)
{
	uint32_t at = hash % SYMBOLS;

	while (table[at].hash != hash && table[at].hash != 0)
		at = (at + 1) % SYMBOLS;
	table[at].hash = hash;
	return &table[at];
}

uint32_t hash_file(const char *path)
{
	struct stream stream;
	uint32_t hash = HASH_BEGIN;

	stream_open(&stream, path, O_RDONLY);
	for (int byte = stream_get(&stream); byte >= 0; byte = stream_get(&stream))
		hash = hash_step(hash, byte);
	stream_close(&stream);
	return hash;
}
