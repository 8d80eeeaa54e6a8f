/*
 * wait: the wait itself.
 *
 * In the first round each file gets a watch; from then on whoever makes one of them ready wakes
 * us, and we ask all again. The files are held meanwhile, for another thread may close them.
 */
#include <services/poll/poll.h>
#include <services/process/sleep.h>
#include <services/signals/signals.h>

#define FEW 8 /* files whose watches live on the stack */

struct watched {
	struct watch watch;
	struct open_file *file; /* NULL: nothing to wait for */
};

static u32 ask(struct open_file *file, struct watch *watch)
{
	return file->ops->poll ? file->ops->poll(file, watch) : POLL_READABLE | POLL_WRITABLE;
}

/* What is to be told of a descriptor: what its file answers, of what was asked or always is told.
 */
static u16 found_of(const struct pollfd *fd, struct open_file *file, struct watch *watch)
{
	if (!file)
		return fd->fd >= 0 ? POLLNVAL : 0;
	return (u16)(ask(file, watch) & (fd->events | POLLERR | POLLHUP));
}

static struct open_file *file_of(const struct pollfd *fd)
{
	return fd->fd >= 0 ? files_find_usable(fd->fd) : NULL;
}

/* For who does not wait: one look, during which no file can go. */
static u32 look_once(struct pollfd *fds, u32 count)
{
	u32 answers = 0;

	for (u32 i = 0; i < count; i++) {
		fds[i].found = found_of(&fds[i], file_of(&fds[i]), NULL);
		answers += fds[i].found != 0;
	}
	return answers;
}

/*
 * Finds the files and asks them for the first time; how many descriptors have an answer. Once there
 * is an answer no further file is watched.
 */
static u32 begin(struct pollfd *fds, struct watched *all, u32 count, struct watcher *watcher)
{
	u32 answers = 0;

	for (u32 i = 0; i < count; i++) {
		struct open_file *file = file_of(&fds[i]);

		watch_init(&all[i].watch, watcher);
		all[i].file = file;
		if (file)
			file->refs++;
		fds[i].found = found_of(&fds[i], file, answers == 0 ? &all[i].watch : NULL);
		answers += fds[i].found != 0;
	}
	return answers;
}

/* Whether another thread has closed the descriptor meanwhile, or put another file there. */
static bool is_replaced(struct proc *proc, u32 fd, const struct open_file *file)
{
	const struct file_table *table = files_table(proc);

	return unlikely(proc->files_shared) && (fd >= table->used || table->files[fd] != file);
}

static u32 ask_again(struct pollfd *fds, struct watched *all, u32 count)
{
	struct proc *proc = env_current();
	u32 answers = 0;

	for (u32 i = 0; i < count; i++) {
		if (all[i].file && is_replaced(proc, (u32)fds[i].fd, all[i].file))
			fds[i].found = POLLNVAL;
		else if (all[i].file)
			fds[i].found = found_of(&fds[i], all[i].file, NULL);
		answers += fds[i].found != 0;
	}
	return answers;
}

static void end(struct watched *all, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		if (list_is_linked(&all[i].watch.link))
			list_remove(&all[i].watch.link);
		if (all[i].file)
			file_unref(all[i].file);
	}
}

static long wait(struct pollfd *fds, struct watched *all, u32 count, u64 deadline)
{
	struct watcher watcher = {.woken = false};
	enum kstatus status = K_OK;
	long answers;

	env_queue_init(&watcher.queue);
	answers = begin(fds, all, count, &watcher);
	while (answers == 0 && status == K_OK) {
		if (call_is_broken_off()) {
			status = K_INTERRUPTED;
			break;
		}
		if (!watcher.woken)
			status = env_sleep(&watcher.queue, deadline);
		watcher.woken = false;
		answers = ask_again(fds, all, count);
	}
	end(all, count);
	return answers == 0 && status == K_INTERRUPTED ? -EINTR : answers;
}

long poll_wait(struct pollfd *fds, u32 count, u64 deadline)
{
	struct watched few[FEW], *all = few;
	long result;

	if (deadline <= env_now())
		return look_once(fds, count);
	if (count > FEW) {
		all = kalloc(count * sizeof(*all));
		if (!all)
			return -ENOMEM;
	}
	result = wait(fds, all, count, deadline);
	if (all != few)
		kfree(all, count * sizeof(*all));
	return result;
}
