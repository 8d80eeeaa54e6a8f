/*
 * The compiler's second half: as, which makes an object of lines of code, and
 * ld, which makes a program of the object and of members of a library, found by
 * seeking. What does not fit together ends the pass.
 */
#include <workloads/macro/compile.h>

#define HEADER_WORDS 8
#define MEMBER       1024
#define MEMBERS_USED 10
#define MISSING      8

static void put_word(struct stream *out, uint32_t word)
{
	for (int i = 0; i < 4; i++)
		stream_put(out, (int)(word >> 8 * i & 255));
}

static uint32_t digit(int byte)
{
	return (uint32_t)(byte <= '9' ? byte - '0' : byte - 'a' + 10);
}

/* A line of code as a word, or false at the end of the text. */
static bool read_code(struct stream *in, uint32_t *word)
{
	int byte = stream_get(in);

	if (byte < 0)
		return false;
	*word = (uint32_t)byte;
	for (byte = stream_get(in); byte >= 0 && byte != '\n'; byte = stream_get(in))
		*word = *word << 4 | digit(byte);
	return true;
}

int as_main(int argc, char **argv)
{
	struct symbol *symbols = heap(SYMBOLS * sizeof(*symbols));
	uint32_t header[HEADER_WORDS] = {0}, word, count = 0;
	struct stream in, out;

	if (argc != 2)
		bench_fail("as: a source and an output file are wanted", 0);
	close_inherited();
	stream_open(&in, argv[0], O_RDONLY);
	stream_open(&out, argv[1], O_WRONLY | O_CREAT | O_TRUNC);
	for (size_t i = 0; i < HEADER_WORDS; i++)
		put_word(&out, 0);
	while (read_code(&in, &word)) {
		struct symbol *symbol =
			symbol_find(symbols, hash_step(HASH_BEGIN, (int)word & 1023));

		symbol->uses++;
		header[word % HEADER_WORDS] += word;
		put_word(&out, word ^ symbol->hash);
		if (++count % 64 == 0)
			stream_tell(&out);
	}
	stream_seek(&out, 0);
	for (size_t i = 0; i < HEADER_WORDS; i++)
		put_word(&out, header[i]);
	stream_close(&in);
	stream_close(&out);
	return 0;
}

/* The library's member that defines what `hash` wants: sought, read, appended. */
static void link_member(struct stream *library, struct stream *out, uint32_t hash)
{
	long at = (long)(hash % (LIBRARY_SIZE / MEMBER)) * MEMBER;

	stream_tell(out);
	stream_seek(library, at);
	for (int i = 0; i < MEMBER / 2; i++) {
		int byte = stream_get(library);

		if (byte < 0)
			bench_fail("ld: the library is cut off", 0);
		stream_put(out, byte);
	}
	stream_tell(library);
	stream_tell(out);
}

/* The libraries that are looked for first are not there. */
static void look_for_libraries(void)
{
	for (unsigned int i = 0; i < MISSING; i++) {
		char path[PATH_SIZE];

		path_number(path, "/usr/lib/lib", i, ".a");
		need_absent(path);
	}
}

int ld_main(int argc, char **argv)
{
	struct stream in, library, out;
	uint32_t hash = HASH_BEGIN;

	if (argc != 2)
		bench_fail("ld: an object and an output file are wanted", 0);
	close_inherited();
	look_for_libraries();
	stream_open(&in, argv[0], O_RDONLY);
	stream_open(&library, LIBRARY, O_RDONLY);
	stream_open(&out, argv[1], O_WRONLY | O_CREAT | O_TRUNC);
	for (int byte = stream_get(&in); byte >= 0; byte = stream_get(&in)) {
		hash = hash_step(hash, byte);
		stream_put(&out, byte);
	}
	for (int i = 0; i < MEMBERS_USED; i++) {
		link_member(&library, &out, hash);
		hash = hash_step(hash, i);
	}
	stream_seek(&out, 0);
	put_word(&out, hash);
	stream_close(&in);
	stream_close(&library);
	stream_close(&out);
	need("chmod", sys_call3(SYS_chmod, (long)argv[1], 0755, 0));
	return 0;
}
