/*
 * locks: advisory locks on files.
 *
 * A file has one list of all its locks. A record lock belongs to a process, an
 * open-file-description lock and a flock to an open file; flock's know nothing of the others. The
 * locks of one owner never overlap: setting one cuts what it covers out of its owner's others
 * first.
 */
#include <services/process/process.h>
#include <services/process/sleep.h>
#include <services/tree/locks.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

#define F_GETLK      5
#define F_SETLK      6
#define F_SETLKW     7
#define F_OFD_GETLK  36
#define F_OFD_SETLK  37
#define F_OFD_SETLKW 38

#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2

#define LOCK_SH   1
#define LOCK_EX   2
#define LOCK_NB   4
#define LOCK_UN   8
#define LOCK_MAND 32

/* struct flock of Linux. */
struct flock {
	int16_t type, whence;
	s64 start, length;
	s32 pid;
};

struct file_lock {
	struct list link;
	const void *owner; /* an open file; NULL: process `pid` */
	bool whole;        /* of flock() */
	bool exclusive;
	s32 pid;        /* for F_GETLK; -1: of an open file */
	u64 start, end; /* the first byte, and the last */
};

struct lock_list {
	struct list all;
	u32 waiters;
	struct env_queue changed;
};

static struct lock_list *list_of(struct inode *inode)
{
	if (!inode->locks) {
		inode->locks = kalloc(sizeof(*inode->locks));
		if (inode->locks) {
			list_init(&inode->locks->all);
			inode->locks->waiters = 0;
			env_queue_init(&inode->locks->changed);
		}
	}
	return inode->locks;
}

static void lock_free(struct file_lock *lock)
{
	list_remove(&lock->link);
	kfree(lock, sizeof(*lock));
}

static void wake(struct lock_list *locks)
{
	if (locks->waiters > 0)
		env_wakeup_all(&locks->changed);
}

static bool has_owner(const struct file_lock *lock, const void *owner, s32 pid)
{
	return lock->owner == owner && lock->pid == pid;
}

static struct file_lock *find_conflict(struct lock_list *locks, const struct file_lock *wanted)
{
	struct file_lock *lock;

	list_for_each(lock, &locks->all, link)
	{
		if (lock->whole == wanted->whole && !has_owner(lock, wanted->owner, wanted->pid) &&
			lock->start <= wanted->end && wanted->start <= lock->end &&
			(lock->exclusive || wanted->exclusive))
			return lock;
	}
	return NULL;
}

/* Cuts [start, end] out of the owner's locks. `spare` becomes the second half of one that is cut in
 * two. */
static struct file_lock *cut(
	struct lock_list *locks, const struct file_lock *range, struct file_lock *spare)
{
	struct file_lock *lock, *after;

	list_for_each_safe(lock, after, &locks->all, link)
	{
		if (lock->whole != range->whole || !has_owner(lock, range->owner, range->pid) ||
			lock->start > range->end || range->start > lock->end)
			continue;
		if (lock->start < range->start && lock->end > range->end) {
			*spare = *lock;
			spare->start = range->end + 1;
			lock->end = range->start - 1;
			list_push_back(&locks->all, &spare->link);
			spare = NULL;
		} else if (lock->start < range->start) {
			lock->end = range->start - 1;
		} else if (lock->end > range->end) {
			lock->start = range->end + 1;
		} else {
			lock_free(lock);
		}
	}
	return spare;
}

/* Sets the lock, or with `unlock` takes the range away. */
static long apply(struct inode *inode, const struct file_lock *wanted, bool unlock)
{
	struct lock_list *locks = list_of(inode);
	struct file_lock *fresh = kalloc(sizeof(*fresh)), *spare = kalloc(sizeof(*spare));

	if (!locks || !fresh || !spare) {
		if (fresh)
			kfree(fresh, sizeof(*fresh));
		if (spare)
			kfree(spare, sizeof(*spare));
		return -ENOLCK;
	}
	spare = cut(locks, wanted, spare);
	if (spare)
		kfree(spare, sizeof(*spare));
	if (unlock) {
		kfree(fresh, sizeof(*fresh));
	} else {
		*fresh = *wanted;
		list_push_back(&locks->all, &fresh->link);
	}
	wake(locks);
	return 0;
}

/*
 * Whether waiting for `lock` would never end, since its owner waits, over others, for us. Only of
 * record locks does an owner know what it waits for.
 */
static bool would_deadlock(const struct file_lock *lock, const struct proc *proc)
{
	const struct proc *owner = process_find(lock->pid);

	for (u32 i = 0; owner && i < 64; i++) {
		if (owner == proc)
			return true;
		owner = process_find(owner->waits_for);
	}
	return false;
}

static long set_lock(struct inode *inode, const struct file_lock *wanted, bool wait)
{
	struct proc *proc = process_current();

	for (;;) {
		struct lock_list *locks = list_of(inode);
		struct file_lock *conflict = locks ? find_conflict(locks, wanted) : NULL;
		enum kstatus status;

		if (!conflict)
			return apply(inode, wanted, false);
		if (!wait)
			return -EAGAIN;
		if (wanted->pid > 0 && would_deadlock(conflict, proc))
			return -EDEADLK;
		proc->waits_for = MAX(conflict->pid, 0);
		locks->waiters++;
		status = call_sleep(&locks->changed, ENV_FOREVER);
		locks->waiters--;
		proc->waits_for = 0;
		if (status != K_OK)
			return errno_of(status);
	}
}

/* The range that the client's structure means: 0, -EINVAL, -EOVERFLOW. */
static long range_of(const struct open_file *file, const struct flock *f, struct file_lock *lock)
{
	s64 base = f->whence == SEEK_SET   ? 0
		   : f->whence == SEEK_CUR ? (s64)file->position
		   : file->inode           ? (s64)file->inode->size
					   : 0;
	s64 start, end;

	if (f->whence < SEEK_SET || f->whence > SEEK_END)
		return -EINVAL;
	if (__builtin_add_overflow(base, f->start, &start))
		return -EOVERFLOW;
	if (start < 0)
		return -EINVAL;
	end = INT64_MAX;
	if (f->length > 0 && __builtin_add_overflow(start, f->length - 1, &end))
		return -EOVERFLOW;
	if (f->length < 0) {
		end = start - 1;
		start += f->length;
		if (start < 0)
			return -EINVAL;
	}
	lock->start = (u64)start;
	lock->end = (u64)end;
	return 0;
}

static long get_lock(
	struct inode *inode, struct file_lock *wanted, struct flock *f, vaddr_t argument)
{
	struct file_lock *conflict = inode->locks ? find_conflict(inode->locks, wanted) : NULL;

	f->type = F_UNLCK;
	if (conflict) {
		f->type = conflict->exclusive ? F_WRLCK : F_RDLCK;
		f->whence = SEEK_SET;
		f->start = (s64)conflict->start;
		f->length =
			conflict->end == INT64_MAX ? 0 : (s64)(conflict->end - conflict->start + 1);
		f->pid = conflict->pid;
	}
	return errno_of(env_copyout(argument, f, sizeof(*f)));
}

static bool is_lock_command(unsigned command)
{
	return (command >= F_GETLK && command <= F_SETLKW) ||
	       (command >= F_OFD_GETLK && command <= F_OFD_SETLKW);
}

/* Whether the file is open for what the lock keeps others from; a directory can be read too. */
static bool may_lock(const struct open_file *file, int type)
{
	u32 mode = file->flags & O_ACCMODE;

	return type == F_RDLCK ? mode == O_RDONLY || mode == O_RDWR
			       : mode == O_WRONLY || mode == O_RDWR;
}

/* Of what has no name, a pipe say: nobody else asks for a lock, so every one is granted. */
static long lock_unnamed(struct open_file *file, struct flock *f, bool gets, vaddr_t argument)
{
	if (gets) {
		f->type = F_UNLCK;
		return errno_of(env_copyout(argument, f, sizeof(*f)));
	}
	return f->type == F_UNLCK || may_lock(file, f->type) ? 0 : -EBADF;
}

long locks_control(int fd, struct open_file *file, unsigned command, vaddr_t argument)
{
	bool of_file = command >= F_OFD_GETLK;
	bool gets = command == F_GETLK || command == F_OFD_GETLK;
	const struct proc *proc = process_current();
	struct file_lock lock = {.owner = NULL, .pid = proc->pid};
	struct flock f;
	long error;

	(void)fd;
	if (!is_lock_command(command))
		return -EINVAL;
	if (env_copyin(&f, argument, sizeof(f)) != K_OK)
		return -EFAULT;
	if (of_file) {
		if (f.pid != 0)
			return -EINVAL;
		lock.owner = file;
		lock.pid = -1;
	}
	if (f.type < F_RDLCK || f.type > F_UNLCK || (gets && f.type == F_UNLCK))
		return -EINVAL;
	error = range_of(file, &f, &lock);
	if (error != 0)
		return error;
	lock.exclusive = f.type != F_RDLCK;
	if (!file->inode)
		return lock_unnamed(file, &f, gets, argument);
	if (gets)
		return get_lock(file->inode, &lock, &f, argument);
	if (f.type == F_UNLCK)
		return apply(file->inode, &lock, true);
	if (!may_lock(file, f.type))
		return -EBADF;
	return set_lock(file->inode, &lock, command == F_SETLKW || command == F_OFD_SETLKW);
}

long sys_flock(int fd, int operation)
{
	struct open_file *file = files_find_usable(fd);
	struct file_lock lock = {.owner = file, .whole = true, .pid = -1, .end = INT64_MAX};
	bool wait = !(operation & LOCK_NB);

	if (operation & LOCK_MAND) /* of old, and without effect */
		return 0;
	operation &= ~LOCK_NB;
	if (operation != LOCK_SH && operation != LOCK_EX && operation != LOCK_UN)
		return -EINVAL;
	if (!file)
		return -EBADF;
	if (!file->inode)
		return 0; /* of a pipe: nobody else can ask for it by name */
	if (operation == LOCK_UN)
		return apply(file->inode, &lock, true);
	lock.exclusive = operation == LOCK_EX;
	return set_lock(file->inode, &lock, wait);
}

static void drop_owner(struct inode *inode, const void *owner, s32 pid)
{
	struct file_lock *lock, *after;

	list_for_each_safe(lock, after, &inode->locks->all, link)
	{
		if (has_owner(lock, owner, pid))
			lock_free(lock);
	}
	wake(inode->locks);
}

void locks_close(struct inode *inode, struct proc *proc)
{
	drop_owner(inode, NULL, proc->pid);
}

void locks_release(struct inode *inode, struct open_file *file)
{
	drop_owner(inode, file, -1);
}

void locks_free(struct inode *inode)
{
	struct file_lock *lock, *after;

	if (!inode->locks)
		return;
	assert(inode->locks->waiters == 0);
	list_for_each_safe(lock, after, &inode->locks->all, link) lock_free(lock);
	kfree(inode->locks, sizeof(*inode->locks));
}
