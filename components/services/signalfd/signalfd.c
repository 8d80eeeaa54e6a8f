/* signalfd: a file from which signals are read. */
#include <services/files/files.h>
#include <services/files/watch.h>
#include <services/process/process.h>
#include <services/signals/signals.h>
#include <services/tree/status.h>

#include <unix_calls.h>

struct signal_file {
	u64 set;
};

/* struct signalfd_siginfo, as far as there is something to say. */
struct signal_record {
	u32 signal;
	s32 error, code;
	u32 pid, uid;
	s32 fd;
	u32 timer, band, overrun, trap;
	s32 status, value;
	u64 pointer, user_time, system_time, address;
	u8 padding[48];
};
_Static_assert(sizeof(struct signal_record) == 128, "struct signalfd_siginfo");

static const struct file_ops signal_ops;

static struct signal_record record_of(const struct signal_info *info)
{
	struct signal_record record = {
		.signal = (u32)info->signal, .error = info->error, .code = info->code};
	bool is_fault = info->code > 0 && info->code != SI_KERNEL;

	if (info->signal == SIGCHLD && info->code > 0) {
		record.pid = (u32)info->pid;
		record.uid = info->uid;
		record.status = info->status;
	} else if (is_fault) {
		record.address = info->address;
	} else {
		record.pid = (u32)info->pid;
		record.uid = info->uid;
		record.value = (s32)info->value;
		record.pointer = info->value;
	}
	return record;
}

/* Waits for one of the set: 0, or -errno. */
static long wait_for_one(u64 set, bool may_sleep, struct signal_info *info)
{
	struct proc *proc = env_current();
	struct env_queue nobody;
	long error = 0;

	env_queue_init(&nobody);
	proc->signals.awaited = may_sleep ? set : 0;
	while (!signal_take(proc, set, info) && error == 0) {
		if (!may_sleep)
			error = -EAGAIN;
		else if (signal_breaks_off(proc, set))
			error = -ERESTARTSYS;
		else
			(void)!env_sleep(&nobody, ENV_FOREVER);
	}
	proc->signals.awaited = 0;
	return error;
}

static long signal_read(struct open_file *file, struct io *io)
{
	struct signal_file *s = file->object;
	long done = 0;

	if (io->left < sizeof(struct signal_record))
		return -EINVAL;
	while (io->left >= sizeof(struct signal_record)) {
		struct signal_record record;
		struct signal_info info;
		size_t moved;
		long error = wait_for_one(s->set, done == 0 && !(file->flags & O_NONBLOCK), &info);

		if (error != 0)
			return done > 0 ? done : error;
		record = record_of(&info);
		if (io_copyout(io, &record, sizeof(record), &moved) != K_OK)
			return done > 0 ? done : -EFAULT;
		done += (long)sizeof(record);
	}
	return done;
}

static u32 signal_poll(struct open_file *file, struct watch *watch)
{
	struct proc *proc = env_current();
	const struct signal_file *s = file->object;

	if (proc->signals.actions)
		watch_add(&proc->signals.actions->watches, watch);
	return signals_pending(proc) & s->set ? POLLIN : 0;
}

static void signal_status(const struct open_file *file, struct file_status *status)
{
	(void)file;
	status->mode = 0600;
}

static void signal_release(struct open_file *file)
{
	kfree(file->object, sizeof(struct signal_file));
}

static const struct file_ops signal_ops = {
	.name = "[signalfd]",
	.nothing = -EINVAL,
	.seek = file_seek_nowhere,
	.read = signal_read,
	.write = io_never,
	.poll = signal_poll,
	.status = signal_status,
	.release = signal_release,
};

static long create(u64 set, u32 flags)
{
	struct signal_file *s = kalloc(sizeof(*s));
	struct open_file *file;
	long fd;

	if (!s)
		return -ENOMEM;
	s->set = set;
	file = file_create(&signal_ops, s, O_RDWR | (flags & O_NONBLOCK));
	if (!file) {
		kfree(s, sizeof(*s));
		return -ENOMEM;
	}
	fd = files_install(env_current(), file, (flags & O_CLOEXEC) != 0);
	if (fd < 0)
		file_unref(file);
	return fd;
}

long sys_signalfd4(int fd, vaddr_t at, size_t size, int flags)
{
	struct open_file *file;
	u64 set;

	if (size != sizeof(set))
		return -EINVAL;
	if (env_copyin(&set, at, sizeof(set)) != K_OK)
		return -EFAULT;
	if (((u32)flags & ~(O_CLOEXEC | O_NONBLOCK)) != 0)
		return -EINVAL;
	set &= ~SIGNALS_UNBLOCKABLE;
	if (fd == -1)
		return create(set, (u32)flags);
	file = files_find_usable(fd);
	if (!file)
		return -EBADF;
	if (file->ops != &signal_ops)
		return -EINVAL;
	((struct signal_file *)file->object)->set = set;
	watch_wake(&env_current()->signals.actions->watches, POLLIN);
	return fd;
}

long sys_signalfd(int fd, vaddr_t at, size_t size)
{
	return sys_signalfd4(fd, at, size, 0);
}
