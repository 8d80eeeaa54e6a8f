/*
 * macro: what the parts of this program share.
 *
 * The program is many: its first argument says which one it is to be, as with
 * the applets of a small shell. The drivers (compile, andrew, aim) measure; all
 * others are started by them, each in a process of its own. Whatever fails ends
 * the program with a message and status 1, and so the whole measurement.
 */
#pragma once

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <workloads/common/bench.h>
#include <workloads/common/sys.h>

#define MACRO_FOLDER "/tmp/macro"
#define PATH_SIZE    128

/* What this program was started as; a child is started from there too. */
extern char *macro_self;

/* The programs. Arguments begin behind the program's name. */
int compile_main(int argc, char **argv);
int time_main(int argc, char **argv);
int cc_main(int argc, char **argv);
int cpp_main(int argc, char **argv);
int ccom_main(int argc, char **argv);
int as_main(int argc, char **argv);
int ld_main(int argc, char **argv);
int andrew_main(int argc, char **argv);
int mkdirs_main(int argc, char **argv);
int copy_main(int argc, char **argv);
int scan_main(int argc, char **argv);
int wc_main(int argc, char **argv);
int make_main(int argc, char **argv);
int aim_main(int argc, char **argv);
int user_main(int argc, char **argv);

/* `result`, unless it is an errno: then the program ends and says that `what` failed. */
long need(const char *what, long result);

/*
 * Starts this program as `argv[0]`. As a shell does, it looks into two folders of its path first
 * that do not have it.
 */
long start(char *const argv[]);
/* The same, and waits: it must exit with 0. */
void run(char *const argv[]);

/* Makes a folder that may be there. */
void make_folder(const char *path);
int open_file(const char *path, int flags);
/* Tries to open what is not there. */
void need_absent(const char *path);

/* Writes "<a><b>" into `path`; as a number where that is what comes last. */
void path_join(char path[PATH_SIZE], const char *a, const char *b);
void path_number(char path[PATH_SIZE], const char *stem, unsigned int number, const char *ending);

/* `size` bytes of fresh memory, zero, from brk; never given back. */
void *heap(size_t size);

/* A file of lines of C-like text, the same for the same seed. */
void write_source(const char *path, size_t size, uint32_t seed);
uint32_t random_next(uint32_t *state);

/* Buffered files of 1 KB, as the C library's were when the papers were written. */
#define STREAM_SIZE 1024

struct stream {
	int fd;
	size_t at, length; /* read: the next byte, and how many there are. write: `at` bytes wait */
	unsigned char buffer[STREAM_SIZE];
};

void stream_open(struct stream *stream, const char *path, int flags);
/* The next byte, or -1 at the end. */
int stream_fill(struct stream *stream);
static inline int stream_get(struct stream *stream)
{
	return stream->at < stream->length ? stream->buffer[stream->at++] : stream_fill(stream);
}
void stream_flush(struct stream *stream);
static inline void stream_put(struct stream *stream, int byte)
{
	if (stream->at == STREAM_SIZE)
		stream_flush(stream);
	stream->buffer[stream->at++] = (unsigned char)byte;
}
/* Where it is in its file; what waits is written first. One lseek. */
long stream_tell(struct stream *stream);
void stream_seek(struct stream *stream, long position);
/* Writes what waits, and closes. */
void stream_close(struct stream *stream);

/* A table of names, by open hashing. */
struct symbol {
	uint32_t hash, uses;
	long value;
};
#define SYMBOLS 2048
/* The entry of that hash, made if it was not there. */
struct symbol *symbol_find(struct symbol table[SYMBOLS], uint32_t hash);

/* One step of a hash over bytes (FNV-1a), and where it begins. */
#define HASH_BEGIN 2166136261u
static inline uint32_t hash_step(uint32_t hash, int byte)
{
	return (hash ^ (uint32_t)byte) * 16777619u;
}
/* Of a whole file. */
uint32_t hash_file(const char *path);
