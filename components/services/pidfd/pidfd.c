/* pidfd: descriptors that stand for processes. */
#include <services/files/files.h>
#include <services/files/watch.h>
#include <services/identity/identity.h>
#include <services/pidfd/pidfd.h>
#include <services/process/process.h>
#include <services/tree/status.h>

#include <unix_calls.h>

struct pidfd {
	struct list link; /* all there are */
	s32 pid;
	bool ended, gone;
	struct watch_list watches;
};

static struct list all;
static const struct file_ops pidfd_ops;

void pidfds_init(void)
{
	list_init(&all);
}

static void tell(s32 pid, bool gone)
{
	struct pidfd *p;

	list_for_each(p, &all, link)
	{
		if (p->pid != pid || p->gone)
			continue;
		p->ended = true;
		p->gone = gone;
		watch_wake(&p->watches, POLL_READABLE);
	}
}

void pidfds_ended(s32 pid)
{
	tell(pid, false);
}

void pidfds_gone(s32 pid)
{
	tell(pid, true);
}

static u32 pidfd_poll(struct open_file *file, struct watch *watch)
{
	struct pidfd *p = file->object;

	watch_add(&p->watches, watch);
	return p->ended ? POLL_READABLE : 0;
}

static void pidfd_status(const struct open_file *file, struct file_status *status)
{
	(void)file;
	status->mode = 0600;
}

static void pidfd_release(struct open_file *file)
{
	struct pidfd *p = file->object;

	list_remove(&p->link);
	kfree(p, sizeof(*p));
}

static const struct file_ops pidfd_ops = {
	.name = "[pidfd]",
	.nothing = -EINVAL,
	.read = io_never,
	.write = io_never,
	.poll = pidfd_poll,
	.status = pidfd_status,
	.release = pidfd_release,
};

static struct pidfd *find(int fd)
{
	struct open_file *file = files_find_usable(fd);

	return file && file->ops == &pidfd_ops ? file->object : NULL;
}

s32 pidfd_process(int fd)
{
	const struct pidfd *p = find(fd);

	return !p ? -EBADF : p->gone ? -ECHILD : p->pid;
}

long pidfd_create(const struct proc *proc, u32 flags)
{
	struct pidfd *p = kalloc(sizeof(*p));
	struct open_file *file;
	long fd;

	if (!p)
		return -ENOMEM;
	*p = (struct pidfd){.pid = proc->pid, .ended = proc->state == PROC_ZOMBIE};
	watch_list_init(&p->watches);
	file = file_create(&pidfd_ops, p, O_RDWR | (flags & O_NONBLOCK));
	if (!file) {
		kfree(p, sizeof(*p));
		return -ENOMEM;
	}
	list_push_back(&all, &p->link);
	fd = files_install(env_current(), file, true);
	if (fd < 0)
		file_unref(file);
	return fd;
}

long sys_pidfd_open(int pid, unsigned int flags)
{
	const struct proc *proc;

	if ((flags & ~O_NONBLOCK) != 0 || pid <= 0)
		return -EINVAL;
	proc = process_find_thread(pid);
	if (!proc)
		return -ESRCH;
	return proc->leader == proc ? pidfd_create(proc, flags) : -EINVAL;
}

long sys_pidfd_send_signal(int fd, int signal, vaddr_t info, unsigned int flags)
{
	const struct pidfd *p;
	struct signal_info given;

	if (flags != 0)
		return -EINVAL;
	p = find(fd);
	if (!p)
		return -EBADF;
	if (info != 0) {
		if (env_copyin(&given, info, sizeof(given)) != K_OK)
			return -EFAULT;
		if (given.signal != signal)
			return -EINVAL;
	}
	if (p->gone)
		return -ESRCH;
	return info != 0 ? sys_rt_sigqueueinfo(p->pid, signal, info) : sys_kill(p->pid, signal);
}

long sys_pidfd_getfd(int fd, int its, unsigned int flags)
{
	const struct pidfd *p;
	struct proc *proc;
	struct open_file *file;
	const struct file_table *table;

	if (flags != 0)
		return -EINVAL;
	p = find(fd);
	if (!p)
		return -EBADF;
	proc = p->ended ? NULL : process_find(p->pid);
	if (!proc)
		return -ESRCH;
	if (!identity_may_look_into(proc, false))
		return -EPERM;
	table = files_table(proc);
	file = (u32)its < table->used ? table->files[its] : NULL;
	return file ? files_duplicate_from(file, 0, true) : -EBADF;
}
