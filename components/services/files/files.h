/*
 * files: descriptors and open files.
 *
 * A descriptor is an index into the table of its process; behind it is an
 * open file, which other descriptors of this and other processes may share. An
 * open file knows what it is by its operations.
 *
 * Who has a table of its own needs no reference for the length of a call: nobody else can close the
 * descriptor that it is blocked on. While threads share a table the one of each is empty, so that
 * files_find() misses and goes the long way: to the shared table, where it takes a reference that
 * the thread holds until its call is over. When one user of a shared table is left it is its own
 * again.
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

#define O_CREAT     0100u
#define O_EXCL      0200u
#define O_NOCTTY    0400u
#define O_TRUNC     01000u
#define O_APPEND    02000u
#define O_DSYNC     010000u
#define O_ASYNC     020000u
#define O_LARGEFILE 0100000u
#define O_DIRECTORY 0200000u
#define O_NOFOLLOW  0400000u
#define O_NOATIME   01000000u
#define O_SYNC      04010000u
#define O_PATH      010000000u
#define O_TMPFILE   020200000u

#define SEEK_SET  0
#define SEEK_CUR  1
#define SEEK_END  2
#define SEEK_DATA 3
#define SEEK_HOLE 4

#define IO_AT_END UINT64_MAX /* a position: wherever the file ends when it is written */

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

/*
 * A transfer in which memory of the services' own takes the client's place: one vector, at
 * IO_NOWHERE, where no client has memory. Only a copy that fails looks whether it is one.
 */
struct own_io {
	struct io io;
	struct iovec vector;
	u8 *bytes;
};
#define IO_NOWHERE ENV_USER_MAX
static inline void own_io_init(struct own_io *own, void *bytes, u64 length)
{
	own->vector = (struct iovec){IO_NOWHERE, length};
	own->io = (struct io){&own->vector, length};
	own->bytes = bytes;
}
static inline bool io_is_own(const struct io *io)
{
	return io->at->base >= IO_NOWHERE;
}

#define IO_AS_USUAL 1 /* see file_ops.nothing */

struct file_status;
struct epoll_item;
struct inode;
struct watch;

struct file_ops {
	/* How many bytes were moved, or -errno; `io->left` is not 0. NULL: not open for that. */
	long (*read)(struct open_file *file, struct io *io);
	long (*write)(struct open_file *file, struct io *io);
	/* The same at a position of the caller's (a write: or IO_AT_END), the file's own is left
	 * alone. NULL: not open for that. */
	long (*read_at)(struct open_file *file, struct io *io, u64 position);
	long (*write_at)(struct open_file *file, struct io *io, u64 position);
	/* The new position, or -errno. NULL: a stream, which has none (ESPIPE). */
	s64 (*seek)(struct open_file *file, s64 offset, unsigned whence);
	/* Maps `length` bytes from `offset` on; flags as for env_map_anonymous(). NULL: ENODEV. */
	long (*map)(struct open_file *file, vaddr_t *address, u64 length, unsigned prot,
		unsigned flags, u64 offset);
	/* NULL: ENOTTY. */
	long (*ioctl)(struct open_file *file, unsigned request, vaddr_t argument);
	/*
	 * What is possible now (POLLIN … of watch.h); unless it is NULL, the watch is told when
	 * that may have changed. NULL: always readable and writable.
	 */
	u32 (*poll)(struct open_file *file, struct watch *watch);
	/* What /proc/PID/fd calls a file that has neither inode nor number of its own: "[eventfd]".
	 */
	const char *name;
	/* How many bytes it may hold between a writer and a reader. NULL: it is no pipe. */
	u64 (*capacity)(const struct open_file *file);
	/* Makes it hold so many, or some more: the new capacity. -EINVAL, -EPERM, -ENOMEM, -EBUSY.
	 */
	long (*resize)(struct open_file *file, u64 bytes);
	/* What a transfer of no bytes gives: 0, unless the file takes only some sizes; IO_AS_USUAL:
	 * what its operation says. */
	s32 nothing;
	/* Where the file's owner keeps its place, once somebody has asked for one, so that all find
	 * the same (fchmod, /proc). NULL: each who asks gets another. */
	struct place *(*place)(struct open_file *file);
	/* What fstat says of a file that has no inode. */
	void (*status)(const struct open_file *file, struct file_status *status);
	/* Of a file that was opened by name: a descriptor of the process is behind it no more.
	 * NULL: nothing to do. */
	void (*closed)(struct open_file *file, const struct proc *proc);
	/* The last reference has gone. NULL: nothing to do. */
	void (*release)(struct open_file *file);
};

/*
 * Operations by access mode: [O_RDONLY], [O_WRONLY], [O_RDWR], and [3], which allows neither. For
 * files that a client can open; `...` are the members that no mode takes away.
 */
#define FILE_OPS_BY_MODE(read_, write_, read_at_, write_at_, ...)                                  \
	{                                                                                          \
		[O_RDONLY] = {.read = read_, .read_at = read_at_, __VA_ARGS__},                    \
		[O_WRONLY] = {.write = write_, .write_at = write_at_, __VA_ARGS__},                \
		[O_RDWR] = {.read = read_,                                                         \
			.write = write_,                                                           \
			.read_at = read_at_,                                                       \
			.write_at = write_at_,                                                     \
			__VA_ARGS__},                                                              \
		[3] = {__VA_ARGS__},                                                               \
	}

struct open_file {
	const struct file_ops *ops;
	void *object; /* the device's */
	u32 refs;
	u32 flags;           /* as F_GETFL gives them */
	struct inode *inode; /* of a file that was opened by name; else NULL */
	struct place place;  /* and where that was */
	u64 position;
	u64 version;               /* the device's */
	struct epoll_item *epolls; /* that watch it */
};

void files_init(void);

/* A new open file with one reference, or NULL when memory is out. */
struct open_file *file_create(const struct file_ops *ops, void *object, u32 flags) must_check;
void file_unref(struct open_file *file);

/* Puts `file` behind the lowest free descriptor of `proc`, giving it the reference; -EMFILE when
 * there is none. */
long files_install(struct proc *proc, struct open_file *file, bool cloexec);
/* Whether there is a descriptor for one more file: -EMFILE. */
long files_may_install(struct proc *proc) must_check;
/* Puts it behind descriptor `fd`, which must be free and below PROC_FILES. */
void files_install_at(struct proc *proc, u32 fd, struct open_file *file, bool cloexec);
/* The lowest free one from `from` on. */
long files_install_from(
	struct proc *proc, u32 from, struct open_file *file, bool cloexec) must_check;
/* One more descriptor for `file`; -EINVAL when `from` is beyond the limit. */
long files_duplicate_from(struct open_file *file, long from, bool cloexec) must_check;
void files_set_cloexec(struct proc *proc, u32 fd, bool on);
bool files_get_cloexec(struct proc *proc, u32 fd);
/* Frees descriptor `fd`: -EBADF if it is free. */
long files_close(struct proc *proc, int fd);

/* The descriptor table that `proc` uses, its own or a shared one. */
static inline struct file_table *files_table(struct proc *proc)
{
	return unlikely(proc->files_shared) ? &proc->files_shared->table : &proc->files;
}

/* A new process: no descriptors. */
void files_create(struct proc *proc);
/* clone: the child, which has none, uses the parent's table from now on. -ENOMEM: it does not. */
long files_share(struct proc *parent, struct proc *child) must_check;
/* From now on `proc` has a table that nobody else uses, with the same files. -ENOMEM. */
long files_unshare(struct proc *proc) must_check;
/* The files that its call has found are held no more. */
void files_let_go(struct proc *proc);
/* fork: the child, which has none, shares every open file. -ENOMEM: it shares none. */
long files_fork(struct proc *parent, struct proc *child) must_check;
/* exec: what is marked close-on-exec goes. */
void files_exec(struct proc *proc);
/* exit: all go. */
void files_exit(struct proc *proc);

/* The same in a table that it shares; NULL also when there is no memory to hold the file. */
struct open_file *files_find_shared(int fd);

/* The open file behind `fd` in the caller's own table, which is empty while it shares one; or NULL.
 */
static inline struct open_file *files_find_own(int fd)
{
	const struct file_table *table = &env_current()->files;

	return likely((u32)fd < table->used) ? table->files[fd] : NULL;
}

/*
 * The open file behind `fd` of the caller, good until its call is over; or NULL. It may be open as
 * a mere place (O_PATH).
 */
static inline struct open_file *files_find(int fd)
{
	struct open_file *file = files_find_own(fd);

	return likely(file != NULL) ? file : files_find_shared(fd);
}

/* The same, for who wants more of it than its place. */
static inline struct open_file *files_find_usable(int fd)
{
	struct open_file *file = files_find(fd);

	return file && !(file->flags & O_PATH) ? file : NULL;
}

/* Whether it can be read or written at a position: what lseek answers is no sign of it. */
static inline bool file_has_positions(const struct open_file *file)
{
	return file->ops->seek && (file->inode || file->ops->read_at || file->ops->write_at);
}
/* What a read or write at the file's own position gave: the position moves by as much. */
static inline long file_advance(struct open_file *file, long result)
{
	if (result > 0)
		file->position += (u64)result;
	return result;
}
/* file_ops.seek of what has no positions, though nobody is told so (Linux's noop_llseek). */
s64 file_seek_nowhere(struct open_file *file, s64 offset, unsigned whence);
/* The same of a file whose end nobody knows beforehand. */
s64 file_seek_endless(struct open_file *file, s64 offset, unsigned whence);
/* Why a file has no read operation: -EISDIR or -EBADF. */
long file_not_readable(const struct open_file *file);
/* What a call that reads answers then, into a buffer or through a vector. */
long io_not_readable(const struct open_file *file, vaddr_t buf, u64 count);
long io_not_readable_vector(struct open_file *file, vaddr_t iov, size_t count);

/*
 * Moves the next `n` bytes (at most io->left) from or to the client. A fault moves what lies before
 * the page that it hits, and the io goes on from there. *moved: bytes, always set.
 */
enum kstatus must_check io_copyin(struct io *io, void *to, size_t n, size_t *moved);
enum kstatus must_check io_copyout(struct io *io, const void *from, size_t n, size_t *moved);
/* One buffer, or the client's vector of them, put through `function` at `position`. */
typedef long (*io_function)(struct open_file *file, struct io *io);
typedef long (*io_function_at)(struct open_file *file, struct io *io, u64 position);
long io_transfer_at(
	struct open_file *file, io_function_at function, vaddr_t buf, u64 count, u64 position);
long io_transfer_vector(struct open_file *file, io_function function, vaddr_t iov, size_t count);
long io_transfer_vector_at(
	struct open_file *file, io_function_at function, vaddr_t iov, size_t count, u64 position);

/* Whether [base, base + length) could be user memory at all; what of it is mapped, the copies find
 * out. */
static inline bool io_is_user_range(vaddr_t base, u64 length)
{
	return length <= ENV_USER_MAX && base <= ENV_USER_MAX - length;
}

#define IO_VECTOR_FAST 8    /* vectors up to this length live on the stack */
#define IO_VECTOR_MAX  1024 /* Linux's UIO_MAXIOV */
/*
 * The client's vector, checked and cut to IO_MAX_BYTES, in `fast` or in memory of its own; its
 * bytes in all, or -errno. io_free_vector() in any case.
 */
long io_fetch_vector(struct iovec fast[IO_VECTOR_FAST], struct iovec **vector, vaddr_t iov,
	size_t count) must_check;
void io_free_vector(struct iovec fast[IO_VECTOR_FAST], struct iovec *vector, size_t count);

/* A read or write operation of files that are open for it, but have nothing of that: -EINVAL. */
long io_never(struct open_file *file, struct io *io);

/* Moves `n` zero bytes to the client. */
enum kstatus must_check io_clear(struct io *io, size_t n, size_t *moved);
