/*
 * files: descriptors and open files.
 *
 * A descriptor is an index into the table of its process; behind it is an
 * open file, which other descriptors of this and other processes may share. An
 * open file knows what it is by its operations.
 *
 * No reference is taken for the length of a call: a process has one thread, so
 * nobody can close the descriptor that it is blocked on.
 */
#pragma once

#include <services/errno.h>
#include <services/services.h>

#define O_ACCMODE  03u
#define O_RDONLY   00u
#define O_WRONLY   01u
#define O_RDWR     02u
#define O_NONBLOCK 04000u
#define O_DIRECT   040000u
#define O_CLOEXEC  02000000u

#define IO_MAX_BYTES 0x7ffff000ull /* what one read or write may move: Linux's MAX_RW_COUNT */

struct iovec {
	vaddr_t base;
	u64 length;
};

/* What is still to be moved between a device and the client: `left` bytes through the vector. */
struct io {
	struct iovec *at; /* used up from its front */
	u64 left;
};

struct file_ops {
	/* How many bytes were moved, or -errno; `io->left` is not 0. NULL: not open for that. */
	long (*read)(struct open_file *file, struct io *io);
	long (*write)(struct open_file *file, struct io *io);
	/* NULL: ENOTTY. */
	long (*ioctl)(struct open_file *file, unsigned request, vaddr_t argument);
	/* The last reference has gone. NULL: nothing to do. */
	void (*release)(struct open_file *file);
};

struct open_file {
	const struct file_ops *ops;
	void *object; /* the device's */
	u32 refs;
	u32 flags; /* O_ACCMODE and O_NONBLOCK */
};

void files_init(void);

/* A new open file with one reference, or NULL when memory is out. */
struct open_file *file_create(const struct file_ops *ops, void *object, u32 flags) must_check;
void file_unref(struct open_file *file);

/* Puts `file` behind the lowest free descriptor of `proc`, giving it the reference; -EMFILE when
 * there is none. */
long files_install(struct proc *proc, struct open_file *file, bool cloexec);
/* Puts it behind descriptor `fd`, which must be free and below PROC_FILES. */
void files_install_at(struct proc *proc, u32 fd, struct open_file *file, bool cloexec);
/* Frees descriptor `fd`: -EBADF if it is free. */
long files_close(struct proc *proc, int fd);

/* A new process: no descriptors. */
void files_create(struct proc *proc);
/* fork: the child shares every open file. */
void files_fork(const struct proc *parent, struct proc *child);
/* exec: what is marked close-on-exec goes. */
void files_exec(struct proc *proc);
/* exit: all go. */
void files_exit(struct proc *proc);

/* The open file behind `fd` of the caller, or NULL. */
static inline struct open_file *files_find(int fd)
{
	struct proc *proc = env_current();

	if (unlikely((u32)fd >= proc->files_used))
		return NULL;
	return proc->files[fd];
}

/*
 * Moves the next `n` bytes (at most io->left) from or to the client. A fault moves nothing of the
 * piece of the vector that it hits, and the io goes on from there. *moved: bytes, always set.
 */
enum kstatus must_check io_copyin(struct io *io, void *to, size_t n, size_t *moved);
enum kstatus must_check io_copyout(struct io *io, const void *from, size_t n, size_t *moved);
