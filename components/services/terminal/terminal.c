/*
 * terminal: reading, writing and polling one, whatever is behind it.
 *
 * One reader at a time has the terminal; the others wait for it.
 */
#include <services/jobs/jobs.h>
#include <services/process/process.h>
#include <services/process/sleep.h>
#include <services/terminal/tty.h>

#define CHUNK 256  /* what is copied at once: it lives on the stack */
#define PIECE 2048 /* what a program writes at once: all of it is taken, or none */

#define TENTH_NS   100000000ull /* VTIME's unit */
#define WIDEST     8u           /* what a character may become on its way out: a tab */
#define POLL_EVERY (POLL_READABLE | POLL_WRITABLE | POLLPRI | POLLERR | POLLHUP)

static struct terminal *of(struct discipline *d)
{
	return container_of(d, struct terminal, discipline);
}

static void send(struct discipline *d, const char *bytes, size_t n)
{
	of(d)->device->send(of(d), bytes, n);
}

static void signal(struct discipline *d, int signal)
{
	terminal_signal(of(d), signal);
}

static void flow(struct discipline *d, bool stopped)
{
	if (of(d)->device->flow)
		of(d)->device->flow(of(d), stopped);
}

static void flushed(struct discipline *d)
{
	if (of(d)->device->flushed)
		of(d)->device->flushed(of(d), true, true);
}

void terminal_create(struct terminal *terminal, const struct terminal_device *device)
{
	memset(terminal, 0, sizeof(*terminal));
	discipline_init(&terminal->discipline);
	terminal->discipline.send = send;
	terminal->discipline.signal = signal;
	terminal->discipline.flow = flow;
	terminal->discipline.flushed = flushed;
	terminal->device = device;
	env_queue_init(&terminal->idle);
	env_queue_init(&terminal->changed);
	watch_list_init(&terminal->watches);
}

void terminal_attach(struct terminal *terminal, struct open_file *file)
{
	file->object = terminal;
	file->ops = &terminal_ops[file->flags & O_ACCMODE];
	terminal->opens++;
}

static void release(struct open_file *file)
{
	struct terminal *terminal = terminal_of_file(file);

	if (--terminal->opens == 0 && terminal->device->released)
		terminal->device->released(terminal);
}

void terminal_listen(struct terminal *terminal)
{
	if (terminal->device->listen)
		terminal->device->listen(terminal);
}

static void note_wait(struct terminal *terminal)
{
	if (terminal->device->awaited)
		terminal->device->awaited(terminal);
}

void terminal_wake(struct terminal *terminal, u32 events)
{
	env_wakeup_all(&terminal->changed);
	watch_wake(&terminal->watches, events);
}

void terminal_signal(struct terminal *terminal, int signal)
{
	if (IS_ENABLED(CONFIG_SERVICES_JOBS) && terminal->foreground)
		jobs_signal(terminal->foreground, signal);
}

void terminal_input(struct terminal *terminal, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		discipline_take(&terminal->discipline, bytes[i]);
	terminal_wake(terminal, POLL_READABLE | POLL_WRITABLE);
}

void terminal_stop(struct terminal *terminal, bool stopped)
{
	if (terminal->discipline.stopped == stopped)
		return;
	terminal->discipline.stopped = stopped;
	flow(&terminal->discipline, stopped);
	terminal_wake(terminal, POLL_WRITABLE);
}

/* Nothing is ever held back on its way out, but the other side may have it still. */
void terminal_flush(struct terminal *terminal, bool input, bool output)
{
	if (input)
		discipline_flush(&terminal->discipline);
	if (terminal->device->flushed)
		terminal->device->flushed(terminal, input, output);
}

void terminal_hang_up(struct terminal *terminal)
{
	s32 session = terminal->session;
	struct proc *leader = session ? process_find(session) : NULL;

	terminal->hung_up = true;
	if (IS_ENABLED(CONFIG_SERVICES_JOBS) && leader) {
		signal_send_plain(leader, SIGHUP, SI_KERNEL);
		signal_send_plain(leader, SIGCONT, SI_KERNEL);
	}
	if (terminal->foreground && terminal->foreground != session)
		terminal_signal(terminal, SIGHUP);
	terminal->session = 0;
	terminal->foreground = 0;
	env_wakeup_all(&terminal->idle);
	terminal_wake(terminal, POLL_EVERY);
}

/* --- reading --------------------------------------------------------------------- */

static enum kstatus must_check begin_reading(
	struct terminal *terminal, const struct open_file *file)
{
	while (terminal->reading) {
		if (file->flags & O_NONBLOCK)
			return K_FULL;
		enum kstatus status = call_sleep(&terminal->idle, ENV_FOREVER);

		if (status != K_OK)
			return status;
	}
	terminal->reading = true;
	return K_OK;
}

static void end_reading(struct terminal *terminal)
{
	terminal->reading = false;
	env_wakeup_one(&terminal->idle);
}

/* How much must be there before a read of `n` characters returns. */
static u32 needed(const struct discipline *d, size_t n)
{
	if (discipline_is_canonical(d))
		return 1;
	return (u32)MIN((size_t)MAX(d->settings.cc[VMIN], 1), n);
}

/* How long a read may wait for the next character; 0: it may not. */
static u64 patience(const struct discipline *d)
{
	u64 time = d->settings.cc[VTIME] * TENTH_NS;
	bool least = d->settings.cc[VMIN] > 0;

	if (discipline_is_canonical(d) || (least && time == 0))
		return ENV_FOREVER;
	if (least && discipline_readable(d) == 0)
		return ENV_FOREVER; /* the time runs between characters */
	return time;
}

/* K_OK: what is there is to be returned, even if it is nothing. */
static enum kstatus must_check wait_for_input(
	struct terminal *terminal, const struct open_file *file, size_t n)
{
	const struct discipline *d = &terminal->discipline;

	while (!terminal->hung_up && discipline_readable(d) < needed(d, n)) {
		u64 wait = patience(d);
		enum kstatus status;

		if (wait == 0)
			return K_OK;
		if (file->flags & O_NONBLOCK)
			return discipline_readable(d) > 0 ? K_OK : K_FULL;
		note_wait(terminal);
		status = call_sleep(
			&terminal->changed, wait == ENV_FOREVER ? wait : env_now() + wait);
		if (status == K_TIMEDOUT)
			return K_OK;
		if (status != K_OK)
			return discipline_readable(d) > 0 && !discipline_is_canonical(d) ? K_OK
											 : status;
	}
	return K_OK;
}

/* Moves what there is: a line, or everything. */
static enum kstatus take_input(struct terminal *terminal, struct io *io)
{
	struct discipline *d = &terminal->discipline;
	char chunk[CHUNK];
	enum kstatus status = K_OK;

	while (status == K_OK && io->left > 0 && discipline_readable(d) > 0) {
		u32 used, tail = d->tail;
		size_t moved, n = discipline_peek(d, chunk, MIN(io->left, CHUNK), &used);

		status = n > 0 ? io_copyout(io, chunk, n, &moved) : K_OK;
		if (status != K_OK)
			return status;
		discipline_skip(d, tail, used);
		if (discipline_at_end(d))
			break;
	}
	return status;
}

static long terminal_read(struct open_file *file, struct io *io)
{
	struct terminal *terminal = terminal_of_file(file);
	u64 wanted = io->left;
	enum kstatus status;
	long error;

	if (terminal->hung_up)
		return 0;
	error = IS_ENABLED(CONFIG_SERVICES_JOBS) ? jobs_check(terminal, SIGTTIN) : 0;
	if (error != 0)
		return error;
	terminal_listen(terminal);
	status = begin_reading(terminal, file);
	if (status != K_OK)
		return errno_of(status);
	status = wait_for_input(terminal, file, wanted);
	if (status == K_OK && !terminal->hung_up)
		status = take_input(terminal, io);
	end_reading(terminal);
	if (io->left < wanted && terminal->device->taken)
		terminal->device->taken(terminal);
	return io->left < wanted ? (long)(wanted - io->left) : errno_of(status);
}

/* How many characters a program may write now. */
static size_t output_room(const struct terminal *terminal)
{
	return terminal->device->room ? terminal->device->room(terminal) / WIDEST : CHUNK;
}

static u32 terminal_poll(struct open_file *file, struct watch *watch)
{
	struct terminal *terminal = terminal_of_file(file);
	const struct discipline *d = &terminal->discipline;
	const u8 *cc = d->settings.cc;
	u32 enough = discipline_is_canonical(d) || cc[VTIME] || !cc[VMIN] ? 1 : cc[VMIN];

	watch_add(&terminal->watches, watch);
	if (terminal->hung_up)
		return POLL_READABLE | POLL_WRITABLE | POLLERR | POLLHUP;
	terminal_listen(terminal);
	if (watch && discipline_readable(d) < enough)
		note_wait(terminal);
	return (discipline_readable(d) >= enough ? POLL_READABLE : 0) |
	       (d->stopped || output_room(terminal) == 0 ? 0 : POLL_WRITABLE);
}

/* --- writing --------------------------------------------------------------------- */

/* Waits while the output is stopped, or the other side has not taken what it got. */
static long may_write(struct terminal *terminal, const struct open_file *file)
{
	long error = 0;

	if (IS_ENABLED(CONFIG_SERVICES_JOBS) && terminal->discipline.settings.lflag & TOSTOP)
		error = jobs_check(terminal, SIGTTOU);
	while (error == 0 && !terminal->hung_up &&
		(terminal->discipline.stopped || output_room(terminal) == 0)) {
		if (file->flags & O_NONBLOCK)
			return -EAGAIN;
		error = errno_of(call_sleep(&terminal->changed, ENV_FOREVER));
	}
	return error == 0 && terminal->hung_up ? -EIO : error;
}

/* How much of a piece is written, or -errno. */
static long put_piece(struct open_file *file, const char *piece, size_t n)
{
	struct terminal *terminal = terminal_of_file(file);
	size_t done = 0;

	while (done < n) {
		long error = may_write(terminal, file);
		size_t now;

		if (error != 0)
			return done > 0 ? (long)done : error;
		now = MIN(output_room(terminal), n - done);
		discipline_write(&terminal->discipline, piece + done, now);
		done += now;
	}
	return (long)n;
}

/* Copies and puts one piece after the other; how much of them in all, or -errno. */
static long put_all(
	struct open_file *file, struct io *io, char *piece, size_t size, terminal_put *put)
{
	u64 written = 0;

	for (;;) {
		size_t moved, n = MIN(io->left, size);
		long done = errno_of(io_copyin(io, piece, n, &moved));

		if (done == 0)
			done = put(file, piece, n);
		if (done > 0)
			written += (u64)done;
		if (done < (long)n || io->left == 0)
			return written > 0 ? (long)written : done;
		env_yield();
	}
}

long terminal_take(struct open_file *file, struct io *io, terminal_put *put)
{
	char few[CHUNK], *many;
	long written;

	if (io->left <= sizeof(few))
		return put_all(file, io, few, sizeof(few), put);
	many = kalloc(PIECE);
	if (!many)
		return -ENOMEM;
	written = put_all(file, io, many, PIECE, put);
	kfree(many, PIECE);
	return written;
}

static long terminal_write(struct open_file *file, struct io *io)
{
	return terminal_take(file, io, put_piece);
}

const struct file_ops terminal_ops[4] = FILE_OPS_BY_MODE(terminal_read, terminal_write, NULL, NULL,
	.ioctl = terminal_ioctl, .poll = terminal_poll, .release = release);
