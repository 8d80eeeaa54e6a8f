/*
 * console: the machine's one terminal, as a file.
 *
 * Waiting for input gives the monitor up, so one reader at a time has the
 * terminal; the others wait for it. What was typed beyond a line stays in `typed`.
 */
#include <services/terminal/discipline.h>
#include <services/terminal/terminal.h>

#define TCGETS     0x5401
#define TIOCGWINSZ 0x5413

#define CHUNK 256  /* what is copied at once: it lives on the stack */
#define TURN  4096 /* bytes after which others may run */

/* struct termios of Linux's asm-generic/termbits.h, and the bits that hold here. */
struct termios {
	u32 iflag, oflag, cflag, lflag;
	u8 line;
	u8 cc[19];
};

#define ICRNL   0000400u
#define IMAXBEL 0020000u
#define B38400  0000017u
#define CS8     0000060u
#define CREAD   0000200u
#define ICANON  0000002u
#define ECHO    0000010u
#define ECHOE   0000020u
#define ECHOK   0000040u
#define ECHOCTL 0001000u
#define ECHOKE  0004000u
#define VERASE  2
#define VKILL   3
#define VEOF    4
#define VMIN    6

static struct {
	struct discipline discipline;
	u32 given;      /* bytes of the complete line that have been read */
	char typed[64]; /* raw input, not yet looked at: [typed_at, typed_end) */
	u32 typed_at, typed_end;
	bool busy;
	struct env_queue idle;
} terminal;

void terminal_init(void)
{
	memset(&terminal, 0, sizeof(terminal));
	terminal.discipline.echo = env_console_write;
	env_queue_init(&terminal.idle);
}

static enum kstatus must_check terminal_lock(void)
{
	while (terminal.busy) {
		enum kstatus status = env_sleep(&terminal.idle, ENV_FOREVER);

		if (status != K_OK)
			return status;
	}
	terminal.busy = true;
	return K_OK;
}

static void terminal_unlock(void)
{
	terminal.busy = false;
	env_wakeup_one(&terminal.idle);
}

/* Waits for a complete line; false when the wait was broken off. */
static bool wait_for_line(void)
{
	while (!terminal.discipline.complete) {
		if (terminal.typed_at == terminal.typed_end) {
			terminal.typed_at = 0;
			terminal.typed_end =
				(u32)env_console_read(terminal.typed, sizeof(terminal.typed));
			if (terminal.typed_end == 0)
				return false;
		}
		discipline_take(&terminal.discipline, terminal.typed[terminal.typed_at++]);
	}
	return true;
}

static long console_read(struct open_file *file, struct io *io)
{
	struct discipline *d = &terminal.discipline;
	enum kstatus status = terminal_lock();
	size_t moved = 0;

	(void)file;
	if (status != K_OK)
		return errno_of(status);
	if (wait_for_line()) {
		size_t n = MIN(io->left, d->length - terminal.given);

		status = n > 0 ? io_copyout(io, d->line + terminal.given, n, &moved) : K_OK;
		terminal.given += (u32)moved;
		if (terminal.given == d->length) {
			terminal.given = 0;
			discipline_next(d);
		}
	} else {
		status = K_INTERRUPTED;
	}
	terminal_unlock();
	return moved > 0 ? (long)moved : errno_of(status);
}

static long console_write_file(struct open_file *file, struct io *io)
{
	char chunk[CHUNK];
	u64 offered = io->left;

	(void)file;
	while (io->left > 0) {
		size_t moved;
		enum kstatus status = io_copyin(io, chunk, MIN(io->left, CHUNK), &moved);

		env_console_write(chunk, moved);
		if (status != K_OK)
			return io->left < offered ? (long)(offered - io->left) : errno_of(status);
		if ((offered - io->left) % TURN == 0)
			env_yield();
	}
	return (long)offered;
}

static long console_ioctl(struct open_file *file, unsigned request, vaddr_t argument)
{
	static const u16 window[4] = {24, 80, 0, 0}; /* rows, columns, and their pixels */
	static const struct termios settings = {
		.iflag = ICRNL | IMAXBEL,
		.cflag = B38400 | CS8 | CREAD,
		.lflag = ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE,
		.cc = {[VERASE] = 0x7f, [VKILL] = 0x15, [VEOF] = 0x04, [VMIN] = 1},
	};

	(void)file;
	switch (request) {
	case TCGETS:
		return errno_of(env_copyout(argument, &settings, sizeof(settings)));
	case TIOCGWINSZ:
		return errno_of(env_copyout(argument, window, sizeof(window)));
	default:
		return -ENOTTY;
	}
}

const struct file_ops console_ops[4] =
	FILE_OPS_BY_MODE(console_read, console_write_file, NULL, NULL, .ioctl = console_ioctl);

struct open_file *console_open(void)
{
	return file_create(&console_ops[O_RDWR], NULL, O_RDWR);
}
