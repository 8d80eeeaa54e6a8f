/*
 * remote: the memory of other processes.
 *
 * process_vm_readv and process_vm_writev go page by page through memory of ours. A copy from or to
 * the caller may give the monitor up, so the other process is looked for again each time: it may
 * have ended, or execute another program, and then the transfer ends where it is.
 */
#include <services/files/files.h>
#include <services/identity/identity.h>
#include <services/memory/memory.h>
#include <services/pidfd/pidfd.h>
#include <services/process/process.h>

#include <unix_calls.h>

struct transfer {
	s32 pid;
	const struct memory *memory; /* the other's, when it began */
	struct io io;                /* the caller's side */
	bool writes;
	u8 *page;
	u64 done;
};

static struct proc *other(const struct transfer *t)
{
	struct proc *proc = process_find_thread(t->pid);

	return proc && proc->memory == t->memory ? proc : NULL;
}

static long read_piece(struct transfer *t, vaddr_t at, size_t n)
{
	struct proc *proc = other(t);
	size_t moved = 0;
	enum kstatus status;

	if (!proc || env_read_memory(proc, t->page, at, n) != n)
		return -EFAULT;
	status = io_copyout(&t->io, t->page, n, &moved);
	t->done += moved;
	return errno_of(status);
}

static long write_piece(struct transfer *t, vaddr_t at, size_t n)
{
	size_t moved = 0;
	enum kstatus status = io_copyin(&t->io, t->page, n, &moved);
	struct proc *proc = other(t);

	if (moved > 0 && (!proc || env_change_memory(proc, at, t->page, moved) != moved))
		return -EFAULT;
	t->done += moved;
	return errno_of(status);
}

/* As much of the other's piece of memory as the caller has room or bytes for. */
static long move(struct transfer *t, vaddr_t at, u64 length)
{
	long error = 0;

	while (error == 0 && length > 0 && t->io.left > 0) {
		size_t n = MIN(MIN(length, t->io.left), PAGE_SIZE - at % PAGE_SIZE);

		if (at >= ENV_STACK_TOP)
			return -EFAULT;
		error = t->writes ? write_piece(t, at, n) : read_piece(t, at, n);
		at += n;
		length -= n;
	}
	return error;
}

/* The other's vector, which may say anything. */
static long fetch_remote(struct iovec **vector, vaddr_t iov, size_t count)
{
	size_t size = count * sizeof(**vector);

	*vector = NULL;
	if (count == 0)
		return 0;
	if (count > IO_VECTOR_MAX)
		return -EINVAL;
	*vector = kalloc(size);
	if (!*vector)
		return -ENOMEM;
	if (env_copyin(*vector, iov, size) != K_OK)
		return -EFAULT;
	for (size_t i = 0; i < count; i++) {
		if ((s64)(*vector)[i].length < 0)
			return -EINVAL;
	}
	return 0;
}

/* Whose memory it is, and whether the caller may touch it. */
static long find_other(struct transfer *t)
{
	struct proc *proc = process_find_thread(t->pid);

	if (!proc || !proc->memory)
		return -ESRCH;
	if (proc->memory != env_current()->memory && !identity_may_look_into(proc, false))
		return -EPERM;
	t->memory = proc->memory;
	return 0;
}

static long move_all(struct transfer *t, const struct iovec *remote, size_t count)
{
	u64 wanted = 0;
	long error;

	for (size_t i = 0; i < count; i++)
		wanted |= remote[i].length;
	if (wanted == 0)
		return 0;
	t->page = kalloc(PAGE_SIZE);
	if (!t->page)
		return -ENOMEM;
	error = find_other(t);
	for (size_t i = 0; i < count && error == 0; i++)
		error = move(t, remote[i].base, remote[i].length);
	kfree(t->page, PAGE_SIZE);
	return t->done > 0 ? (long)t->done : error;
}

static long transfer(struct transfer *t, vaddr_t local, size_t local_count, vaddr_t remote,
	size_t remote_count, long flags)
{
	struct iovec fast[IO_VECTOR_FAST], *mine, *its = NULL;
	long result;

	if (flags != 0)
		return -EINVAL;
	result = io_fetch_vector(fast, &mine, local, local_count);
	if (result > 0) {
		t->io = (struct io){mine, (u64)result};
		result = fetch_remote(&its, remote, remote_count);
		if (result == 0)
			result = move_all(t, its, remote_count);
		if (its)
			kfree(its, remote_count * sizeof(*its));
	}
	io_free_vector(fast, mine, local_count);
	return result;
}

long sys_process_vm_readv(
	int pid, vaddr_t local, size_t local_count, vaddr_t remote, size_t remote_count, long flags)
{
	struct transfer t = {.pid = pid};

	return transfer(&t, local, local_count, remote, remote_count, flags);
}

long sys_process_vm_writev(
	int pid, vaddr_t local, size_t local_count, vaddr_t remote, size_t remote_count, long flags)
{
	struct transfer t = {.pid = pid, .writes = true};

	return transfer(&t, local, local_count, remote, remote_count, flags);
}

/* --- process_madvise -------------------------------------------------------------------- */

/* The memory behind a pidfd, if the caller may advise about it. */
static long find_advised(int fd, int advice, struct memory **memory)
{
	s32 pid = IS_ENABLED(CONFIG_SERVICES_PIDFD) ? pidfd_process(fd) : -EBADF;
	const struct proc *proc;

	if (pid < 0)
		return pid == -ECHILD ? -ESRCH : pid;
	proc = process_find(pid);
	if (!proc)
		return -ESRCH;
	if (advice != MADV_COLD && advice != MADV_PAGEOUT && advice != MADV_WILLNEED)
		return -EINVAL;
	if (!proc->memory)
		return -ESRCH;
	if (proc->memory != env_current()->memory && !identity_may_look_into(proc, true))
		return -EACCES;
	*memory = proc->memory;
	return identity_may(CAP_SYS_NICE) ? 0 : -EPERM;
}

long sys_process_madvise(int fd, vaddr_t iov, size_t count, int advice, unsigned int flags)
{
	struct iovec fast[IO_VECTOR_FAST], *vector;
	struct memory *memory;
	long error, done = 0;

	if (flags != 0)
		return -EINVAL;
	error = io_fetch_vector(fast, &vector, iov, count);
	if (error >= 0)
		error = find_advised(fd, advice, &memory);
	for (size_t i = 0; error == 0 && i < count; i++) {
		error = memory_advise(memory, vector[i].base, vector[i].length, advice);
		if (error == 0)
			done += (long)vector[i].length;
	}
	io_free_vector(fast, vector, count);
	return done > 0 ? done : error;
}
