/*
 * program: a file that is to be executed, wherever it comes from.
 *
 * With the file tree it is any file; without, a file of the initial RAM disk. Exec itself sees no
 * difference.
 */
#pragma once

#include <services/services.h>

struct inode;

struct program {
	struct file_image *image; /* its bytes lie in the initial RAM disk; else NULL */
	struct env_object *pages; /* else here */
	u64 size;
	u32 mode, uid,
		gid; /* st_mode and owners; set-ID bits are cleared where they do not count */
	struct inode *inode; /* NULL without the tree */
	struct place place;  /* held */
};

/*
 * The program at `path`, which the caller may execute. `path` may be changed. From `dirfd` on; an
 * empty path is the descriptor itself where `flags` (AT_…) allow that. -EACCES, -ENOENT and what
 * else a look-up answers.
 */
long program_find(int dirfd, char *path, unsigned flags, struct program *program) must_check;
void program_put(struct program *program);

/* Copies `n` bytes at `offset`; false if the file has not that many. */
bool program_read(const struct program *program, u64 offset, void *to, size_t n) must_check;
/* Maps whole pages that lie in the file, private, at `address` of the space that is being built. */
enum kstatus must_check program_map(struct proc *proc, const struct program *program,
	vaddr_t address, u64 length, unsigned prot, u64 offset);
