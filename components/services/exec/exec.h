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
#include <services/exec/program.h>
#include <services/memory/mappings.h>
#include <services/services.h>
#include <services/tree/tree.h>

#define PATH_MAX     4096u
#define ARGUMENT_MAX 131072u        /* bytes of one string, with its NUL: Linux's MAX_ARG_STRLEN */
#define STACK_SIZE   ((u64)8 << 20) /* Linux's default limit */
#define CHUNK_BYTES  4088u

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
/* How many bytes all strings and their pointers may take. */
u64 arguments_max(void);
/* A string of the kernel's. -ENOMEM, -E2BIG. */
long arguments_add(struct arguments *arguments, const char *string, size_t length) must_check;
/* The strings of the caller's NULL-terminated array of pointers; how many there were. -EFAULT,
 * -ENOMEM, -E2BIG. */
long arguments_add_array(struct arguments *arguments, vaddr_t array) must_check;

/* Where a loaded image begins. */
struct loaded {
	vaddr_t entry;   /* of the program */
	vaddr_t start;   /* where it begins: there, or in its dynamic linker */
	vaddr_t base;    /* of the dynamic linker; 0: none */
	vaddr_t headers; /* of the program headers, and how many; 0: not in memory */
	u16 headers_count;
	vaddr_t end; /* page behind its last segment: the heap begins there */
	vaddr_t arguments_start, arguments_end; /* of the strings on its stack */
};

#define PROGRAM_CWD (-100) /* AT_FDCWD: paths begin where the process is */

/* Notes what has just been mapped into that space: a part of the program's file, or memory (NULL).
 */
long image_note(
	struct proc *proc, const struct program *program, const struct mapping *mapping) must_check;
/* Maps the file, and its dynamic linker, into the space that is being built. -ENOEXEC, -ENOMEM, …
 */
long image_load(struct proc *proc, const struct program *program, struct loaded *loaded) must_check;

/* Makes the stack of the space that is being built; *stack: the initial stack pointer. Notes where
 * the arguments are. */
long stack_build(struct proc *proc, const struct program *program,
	const struct arguments *arguments, struct loaded *loaded, vaddr_t *stack) must_check;

/*
 * Replaces the memory of `proc`, whose name comes from `path`. Any error leaves it as it was. The
 * program's place becomes the process's.
 */
long exec_program(struct proc *proc, struct program *program, const char *path,
	const struct arguments *arguments) must_check;

/* --- scripts --- */

#define SCRIPT_LINE  256 /* bytes of the file that count: Linux's BINPRM_BUF_SIZE */
#define SCRIPT_DEPTH 5   /* interpreters that are scripts themselves */

struct script {
	struct script *outer; /* that had this one for its interpreter */
	u32 depth;
	char *interpreter, *argument; /* in `line`; argument: or NULL */
	char line[SCRIPT_LINE];
};

bool script_is(const struct program *program);
/* Reads the first line of a script that `*scripts` (NULL: nobody) led to. -ENOEXEC, -ELOOP,
 * -ENOMEM. */
long script_read(const struct program *program, struct script **scripts) must_check;
/* Begins the arguments: interpreters and theirs, and the script's own path. None for NULL. */
long script_add(
	const struct script *script, const char *path, struct arguments *arguments) must_check;
void script_free(struct script *script);
