/*
 * exec: a new image for a process.
 *
 * execve collects the arguments from the old memory, builds the new memory
 * beside it, and only when that is complete replaces the one by the other. So it can
 * fail up to the very end with the old program unharmed: there is no
 * point behind which an error must kill.
 */
#pragma once

#include <services/errno.h>
#include <services/services.h>

#define PATH_MAX     4096u
#define ARGUMENT_MAX 131072u /* bytes of one string, with its NUL: Linux's MAX_ARG_STRLEN */
#define ARGUMENTS_MAX                                                                              \
	(2u << 20) /* bytes of all strings and their pointers: a quarter of the stack, as on Linux \
		    */
#define STACK_SIZE  ((u64)8 << 20) /* Linux's default limit */
#define CHUNK_BYTES 4088u

/* Strings, each with its NUL, one after the other through a chain of chunks. */
struct argument_chunk {
	struct argument_chunk *next;
	char bytes[CHUNK_BYTES];
};

struct arguments {
	struct argument_chunk *first, *last;
	u32 used;       /* bytes of the last chunk */
	u64 bytes;      /* of all strings */
	u32 argc, envc; /* the first string is the path, then come the arguments, then the
			   environment */
};

void arguments_init(struct arguments *arguments);
void arguments_free(struct arguments *arguments);
/* A string of the kernel's. -ENOMEM, -E2BIG. */
long arguments_add(struct arguments *arguments, const char *string, size_t length) must_check;
/* The strings of the caller's NULL-terminated array of pointers; how many there were. -EFAULT,
 * -ENOMEM, -E2BIG. */
long arguments_add_array(struct arguments *arguments, vaddr_t array) must_check;

/* Where a loaded image begins. */
struct loaded {
	vaddr_t entry;
	vaddr_t headers; /* of the program headers, and how many; 0: not in memory */
	u16 headers_count;
	vaddr_t end; /* page behind its last segment: the heap begins there */
};

/* Maps the file into the space that is being built. -ENOEXEC, -ENOMEM. */
long image_load(struct proc *proc, struct file_image *image, struct loaded *loaded) must_check;

/* Makes the stack of the space that is being built; *stack: the initial stack pointer. */
long stack_build(struct proc *proc, const struct arguments *arguments, const struct loaded *loaded,
	vaddr_t *stack) must_check;

/* Replaces the memory of `proc`, whose name comes from `path`. Any error leaves it as it was. */
long exec_image(struct proc *proc, struct file_image *image, const char *path,
	const struct arguments *arguments) must_check;

/* The file to execute at `path` (tidied in place). -ENOENT, -ENOTDIR, -EACCES. */
long exec_find(char *path, struct file_image **image) must_check;
