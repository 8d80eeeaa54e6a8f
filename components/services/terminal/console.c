/*
 * console: the machine's one terminal, as a file.
 *
 * Nobody polls for input while the keyboard is not watched, which begins when a program first cares
 * (reads, or changes a setting); from then on what is typed comes by services_input(), whoever
 * runs, so that ^C reaches a program that reads nothing.
 *
 * One reader at a time has the terminal; the others wait for it.
 */
#include <services/accounting/accounting.h>
#include <services/jobs/jobs.h>
#include <services/terminal/tty.h>

#define CHUNK 256  /* what is copied at once: it lives on the stack */
#define TURN  4096 /* bytes after which others may run */

#define TENTH_NS 100000000ull /* VTIME's unit */

struct terminal terminal;

static void signal_foreground(int signal)
{
	if (IS_ENABLED(CONFIG_SERVICES_JOBS) && terminal.foreground)
		jobs_signal(terminal.foreground, signal);
}

/* A number of at most four digits; 0 where there is none. */
static u16 read_number(const char **text)
{
	u16 number = 0;

	for (u32 i = 0; i < 4 && **text >= '0' && **text <= '9'; i++)
		number = (u16)(number * 10 + *(*text)++ - '0');
	return number;
}

/* `window=ROWSxCOLUMNS` of the kernel's command line says what is at the other end of the line. */
static void set_window(void)
{
	char text[16];
	const char *at = text;

	if (!env_option("window", text, sizeof(text)))
		memcpy(text, "24x80", sizeof("24x80"));
	terminal.window[0] = read_number(&at);
	at += *at == 'x';
	terminal.window[1] = read_number(&at);
}

void terminal_init(void)
{
	memset(&terminal, 0, sizeof(terminal));
	discipline_init(&terminal.discipline);
	terminal.discipline.send = env_console_write;
	terminal.discipline.signal = signal_foreground;
	set_window();
	env_queue_init(&terminal.idle);
	env_queue_init(&terminal.changed);
	watch_list_init(&terminal.watches);
}

void terminal_listen(void)
{
	if (terminal.listening)
		return;
	terminal.listening = true;
	env_console_listen();
}

void terminal_wake(void)
{
	env_wakeup_all(&terminal.changed);
	watch_wake(&terminal.watches, POLL_READABLE | POLL_WRITABLE);
}

void services_input(const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		discipline_take(&terminal.discipline, bytes[i]);
	terminal_wake();
}

/*
 * A program waits for input, for the first time: whoever started the machine to type something can
 * begin. `until=prompt` ends the run there.
 */
static void note_prompt(void)
{
	char line[64], until[8];

	if (terminal.prompted)
		return;
	terminal.prompted = true;
	env_result_write(line, format_string(line, sizeof(line),
				       "{\"type\":\"mark\",\"name\":\"prompt\",\"value\":%llu}\n",
				       (unsigned long long)env_now()));
	if (env_option("until", until, sizeof(until)) && strcmp(until, "prompt") == 0)
		services_end(0);
}

/* --- reading --------------------------------------------------------------------- */

static enum kstatus must_check begin_reading(const struct open_file *file)
{
	while (terminal.reading) {
		if (file->flags & O_NONBLOCK)
			return K_FULL;
		enum kstatus status = env_sleep(&terminal.idle, ENV_FOREVER);

		if (status != K_OK)
			return status;
	}
	terminal.reading = true;
	return K_OK;
}

static void end_reading(void)
{
	terminal.reading = false;
	env_wakeup_one(&terminal.idle);
}

/* How much must be there before a read of `n` characters returns. */
static u32 needed(size_t n)
{
	const struct termios *settings = &terminal.discipline.settings;

	if (settings->lflag & ICANON)
		return 1;
	return (u32)MIN((size_t)MAX(settings->cc[VMIN], 1), n);
}

/* How long a read may wait for the next character; 0: it may not. */
static u64 patience(void)
{
	const struct termios *settings = &terminal.discipline.settings;
	u64 time = settings->cc[VTIME] * TENTH_NS;

	if ((settings->lflag & ICANON) || (settings->cc[VMIN] > 0 && time == 0))
		return ENV_FOREVER;
	if (settings->cc[VMIN] > 0 && discipline_readable(&terminal.discipline) == 0)
		return ENV_FOREVER; /* the time runs between characters */
	return time;
}

/* K_OK: what is there is to be returned, even if it is nothing. */
static enum kstatus must_check wait_for_input(const struct open_file *file, size_t n)
{
	struct discipline *d = &terminal.discipline;

	while (discipline_readable(d) < needed(n)) {
		u64 wait = patience();
		enum kstatus status;

		if (wait == 0)
			return K_OK;
		if (file->flags & O_NONBLOCK)
			return discipline_readable(d) > 0 ? K_OK : K_FULL;
		note_prompt();
		status =
			env_sleep(&terminal.changed, wait == ENV_FOREVER ? wait : env_now() + wait);
		if (status == K_TIMEDOUT)
			return K_OK;
		if (status != K_OK)
			return discipline_readable(d) > 0 && !discipline_is_canonical(d) ? K_OK
											 : status;
	}
	return K_OK;
}

/* Moves what there is: a line, or everything. */
static enum kstatus take_input(struct io *io)
{
	struct discipline *d = &terminal.discipline;
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

static long console_read(struct open_file *file, struct io *io)
{
	u64 wanted = io->left;
	enum kstatus status;
	long error = IS_ENABLED(CONFIG_SERVICES_JOBS) ? jobs_check(SIGTTIN) : 0;

	if (error != 0)
		return error;
	terminal_listen();
	status = begin_reading(file);
	if (status != K_OK)
		return errno_of(status);
	status = wait_for_input(file, wanted);
	if (status == K_OK)
		status = take_input(io);
	end_reading();
	return io->left < wanted ? (long)(wanted - io->left) : errno_of(status);
}

static u32 console_poll(struct open_file *file, struct watch *watch)
{
	const struct discipline *d = &terminal.discipline;
	const u8 *cc = d->settings.cc;
	u32 enough = discipline_is_canonical(d) || cc[VTIME] || !cc[VMIN] ? 1 : cc[VMIN];

	(void)file;
	terminal_listen();
	watch_add(&terminal.watches, watch);
	if (watch && discipline_readable(d) < enough)
		note_prompt();
	return (discipline_readable(d) >= enough ? POLL_READABLE : 0) |
	       (d->stopped ? 0 : POLL_WRITABLE);
}

/* --- writing --------------------------------------------------------------------- */

/* Waits while the output is stopped. */
static long may_write(const struct open_file *file)
{
	long error = 0;

	if (IS_ENABLED(CONFIG_SERVICES_JOBS) && (terminal.discipline.settings.lflag & TOSTOP))
		error = jobs_check(SIGTTOU);
	while (error == 0 && terminal.discipline.stopped) {
		if (file->flags & O_NONBLOCK)
			return -EAGAIN;
		error = errno_of(env_sleep(&terminal.changed, ENV_FOREVER));
	}
	return error;
}

static long console_write_file(struct open_file *file, struct io *io)
{
	char chunk[CHUNK];
	u64 offered = io->left;

	while (io->left > 0) {
		size_t moved;
		long error = may_write(file);

		if (error == 0) {
			error = errno_of(io_copyin(io, chunk, MIN(io->left, CHUNK), &moved));
			discipline_write(&terminal.discipline, chunk, moved);
		}
		if (error != 0)
			return io->left < offered ? (long)(offered - io->left) : error;
		if ((offered - io->left) % TURN == 0)
			env_yield();
	}
	return (long)offered;
}

const struct file_ops console_ops[4] = FILE_OPS_BY_MODE(console_read, console_write_file, NULL,
	NULL, .ioctl = terminal_ioctl, .poll = console_poll);

struct open_file *console_open(void)
{
	return file_create(&console_ops[O_RDWR], NULL, O_RDWR);
}
