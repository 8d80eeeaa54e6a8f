/* master: the other side of a pseudo-terminal: /dev/ptmx. */
#include <services/jobs/jobs.h>
#include <services/process/sleep.h>
#include <services/terminal/pty.h>

#define CHUNK 256 /* what is copied at once: it lives on the stack */

#define TCXONC      0x540au
#define TCFLSH      0x540bu
#define FIONREAD    0x541bu
#define TIOCPKT     0x5420u
#define TIOCGPTPEER 0x5441u
#define TIOCSPTLCK  0x40045431u
#define TIOCSIG     0x40045436u
#define TIOCGPTN    0x80045430u
#define TIOCGPKT    0x80045438u
#define TIOCGPTLCK  0x80045439u

#define TCOFLUSH 1u
#define TCIFLUSH 0u

static struct pty *pty_behind(const struct open_file *file)
{
	return file->object;
}

/* --- reading ------------------------------------------------------------------------------- */

/* Sleeps until there is something for the master; -EIO: there never will be. */
static long wait_for_output(const struct open_file *file, struct pty *pty)
{
	while (pty_waiting(pty) == 0 && !(pty->packet && pty->status)) {
		long error;

		if (pty->slave_closed)
			return -EIO;
		if (file->flags & O_NONBLOCK)
			return -EAGAIN;
		error = errno_of(call_sleep(&pty->changed, ENV_FOREVER));
		if (error != 0)
			return error;
	}
	return 0;
}

/* Copies what there is, a piece at a time. */
static enum kstatus take_output(struct pty *pty, struct io *io)
{
	while (io->left > 0 && pty_waiting(pty) > 0) {
		char chunk[CHUNK];
		u32 tail = pty->tail, n = MIN(pty_waiting(pty), (u32)MIN(io->left, CHUNK));
		enum kstatus status;
		size_t moved;

		for (u32 i = 0; i < n; i++)
			chunk[i] = pty->output[(tail + i) % PTY_OUTPUT];
		status = io_copyout(io, chunk, n, &moved);
		if (status != K_OK)
			return status;
		if (pty->tail == tail) /* else it was flushed meanwhile */
			pty->tail += n;
	}
	return K_OK;
}

static long master_read(struct open_file *file, struct io *io)
{
	struct pty *pty = pty_behind(file);
	u64 wanted = io->left;
	long error = wait_for_output(file, pty);
	enum kstatus status = K_OK;
	size_t moved;

	if (error != 0)
		return error;
	if (pty->packet) {
		u8 what = pty->status;

		pty->status = 0;
		status = io_copyout(io, &what, 1, &moved);
		if (status != K_OK || what != 0)
			return status == K_OK ? 1 : errno_of(status);
	}
	status = take_output(pty, io);
	terminal_wake(&pty->slave, POLL_WRITABLE);
	return io->left < wanted ? (long)(wanted - io->left) : errno_of(status);
}

/* --- writing --------------------------------------------------------------------------------- */

/* How many characters may be typed; where nobody could read them otherwise, any number: the line
 * takes what fits. */
static u32 input_room(const struct pty *pty)
{
	const struct discipline *d = &pty->slave.discipline;

	if (discipline_is_canonical(d) && discipline_readable(d) == 0)
		return CHUNK;
	return DISCIPLINE_SIZE - 1 - MIN(d->head - d->tail, DISCIPLINE_SIZE - 1);
}

static long wait_for_room(const struct open_file *file, struct pty *pty)
{
	while (input_room(pty) == 0 && !pty->slave_closed) {
		long error;

		if (file->flags & O_NONBLOCK)
			return -EAGAIN;
		error = errno_of(call_sleep(&pty->changed, ENV_FOREVER));
		if (error != 0)
			return error;
	}
	return pty->slave_closed ? -EIO : 0;
}

/* How much of a piece is typed, or -errno. */
static long type_piece(struct open_file *file, const char *piece, size_t n)
{
	struct pty *pty = pty_behind(file);
	size_t done = 0;

	while (done < n) {
		long error = wait_for_room(file, pty);
		size_t now;

		if (error != 0)
			return done > 0 ? (long)done : error;
		now = MIN(input_room(pty), n - done);
		terminal_input(&pty->slave, piece + done, now);
		done += now;
	}
	return (long)n;
}

static long master_write(struct open_file *file, struct io *io)
{
	return terminal_take(file, io, type_piece);
}

static u32 master_poll(struct open_file *file, struct watch *watch)
{
	struct pty *pty = pty_behind(file);
	u32 found = 0;

	watch_add(&pty->watches, watch);
	if (pty_waiting(pty) > 0)
		found |= POLL_READABLE;
	if (pty->packet && pty->status)
		found |= POLL_READABLE | POLLPRI;
	if (pty->slave_closed)
		found |= POLLHUP;
	return found | (input_room(pty) > 0 ? POLL_WRITABLE : 0);
}

/* --- requests ----------------------------------------------------------------------------------
 */

static long put(vaddr_t argument, s32 number)
{
	return errno_of(env_copyout(argument, &number, sizeof(number)));
}

static long open_peer(const struct pty *pty, u32 flags)
{
	struct open_file *file;
	struct place place;
	long result = pts_place(pty, &place);

	if (result != 0)
		return result;
	result = tree_open_place(place, flags & (O_ACCMODE | O_NOCTTY | O_NONBLOCK), &file);
	if (result != 0) {
		place_unref(place);
		return result;
	}
	result = files_install(env_current(), file, (flags & O_CLOEXEC) != 0);
	if (result < 0)
		file_unref(file);
	return result;
}

/* Of both directions the master's names are the other way round. */
static long flush(struct pty *pty, vaddr_t queue)
{
	if (queue > 2)
		return -EINVAL;
	terminal_flush(&pty->slave, queue != TCIFLUSH, queue != TCOFLUSH);
	return 0;
}

static long set(struct pty *pty, unsigned request, vaddr_t argument)
{
	s32 value;

	if (request == TIOCSIG) {
		if (argument < 1 || argument > SIGNALS)
			return -EINVAL;
		terminal_signal(&pty->slave, (int)argument);
		return 0;
	}
	if (env_copyin(&value, argument, sizeof(value)) != K_OK)
		return -EFAULT;
	if (request == TIOCSPTLCK) {
		pty->locked = value != 0;
	} else if ((value != 0) != pty->packet) {
		pty->packet = value != 0;
		pty->status = 0;
	}
	return 0;
}

long pty_ioctl(struct open_file *file, unsigned request, vaddr_t argument)
{
	struct pty *pty = pty_behind(file);

	switch (request) {
	case TIOCGPTN:
		return put(argument, (s32)pty->number);
	case TIOCGPTLCK:
		return put(argument, pty->locked);
	case TIOCGPKT:
		return put(argument, pty->packet);
	case FIONREAD:
		return put(argument, (s32)pty_waiting(pty));
	case TIOCSPTLCK:
	case TIOCPKT:
	case TIOCSIG:
		return set(pty, request, argument);
	case TIOCGPTPEER:
		return open_peer(pty, (u32)argument);
	case TCFLSH:
		return flush(pty, argument);
	case TCXONC:
		return argument <= 3 ? 0 : -EINVAL;
	default:
		return terminal_control(&pty->slave, request, argument, true);
	}
}

static void master_release(struct open_file *file)
{
	pty_close_master(pty_behind(file));
}

const struct file_ops pty_ops[4] = FILE_OPS_BY_MODE(master_read, master_write, NULL, NULL,
	.ioctl = pty_ioctl, .poll = master_poll, .release = master_release);

long pty_open_master(struct open_file *file)
{
	struct pty *pty = pty_create();
	long error;

	if (!pty)
		return -ENOMEM;
	error = pts_add(pty);
	if (error != 0) {
		pty_close_master(pty);
		return error;
	}
	file->object = pty;
	file->ops = &pty_ops[file->flags & O_ACCMODE];
	return 0;
}
