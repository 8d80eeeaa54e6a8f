/*
 * discipline: input; line editing as in the "cooked" mode of every Unix.
 *
 * The order in which a character's functions are looked at is that of Linux's n_tty.c.
 */
#include <services/signals/signals.h>
#include <services/terminal/discipline.h>

#define TAB 8

const struct termios discipline_defaults = {
	.iflag = ICRNL | IXON,
	.oflag = OPOST | ONLCR,
	.cflag = B38400 | CS8 | CREAD | HUPCL,
	.lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	.cc = {[VINTR] = 003,
		[VQUIT] = 034,
		[VERASE] = 0177,
		[VKILL] = 025,
		[VEOF] = 004,
		[VMIN] = 1,
		[VSTART] = 021,
		[VSTOP] = 023,
		[VSUSP] = 032,
		[VREPRINT] = 022,
		[VDISCARD] = 017,
		[VWERASE] = 027,
		[VLNEXT] = 026},
};

void discipline_init(struct discipline *d)
{
	memset(d, 0, sizeof(*d));
	d->settings = discipline_defaults;
}

static bool local(const struct discipline *d, u32 flags)
{
	return (d->settings.lflag & flags) == flags;
}

/* Whether `c` is the character with that function. */
static bool is(const struct discipline *d, char c, int function)
{
	return d->settings.cc[function] != 0 && d->settings.cc[function] == (u8)c;
}

static char *place(struct discipline *d, u32 at)
{
	return &d->input[at % DISCIPLINE_SIZE];
}

/* --- what is shown ---------------------------------------------------------- */

static bool is_control(char c)
{
	return (u8)c < ' ' || c == 0x7f;
}

/* A control character shows as ^ and a letter. */
static void echo(struct discipline *d, char c)
{
	char shown[2] = {'^', (char)(c ^ 0100)};

	if (local(d, ECHOCTL) && is_control(c) && c != '\t')
		discipline_write(d, shown, 2);
	else
		discipline_write(d, &c, 1);
}

static void echo_if_wanted(struct discipline *d, char c)
{
	if (local(d, ECHO))
		echo(d, c);
}

static u32 width(const struct discipline *d, char c)
{
	return !is_control(c) ? 1 : local(d, ECHOCTL) ? 2 : 0;
}

/* How far a tab, the last character of the line, has moved the cursor. */
static u32 tab_width(struct discipline *d)
{
	u32 before = 0, at = d->head - 1;

	while (at != d->line && *place(d, at - 1) != '\t')
		before += width(d, *place(d, --at));
	if (at == d->line)
		before += d->line_column;
	return TAB - before % TAB;
}

/* Takes the last character back. */
static void erase(struct discipline *d)
{
	char c = *place(d, d->head - 1);
	u32 n = c == '\t' ? tab_width(d) : width(d, c);

	d->head--;
	if (!local(d, ECHO))
		return;
	if (!local(d, ECHOE)) {
		echo(d, (char)d->settings.cc[VERASE]);
		return;
	}
	while (n-- > 0)
		discipline_write(d, c == '\t' ? "\b" : "\b \b", c == '\t' ? 1 : 3);
}

static void erase_line(struct discipline *d)
{
	if (local(d, ECHO | ECHOK | ECHOKE | ECHOE)) {
		while (d->head != d->line)
			erase(d);
		return;
	}
	d->head = d->line;
	if (!local(d, ECHO))
		return;
	echo(d, (char)d->settings.cc[VKILL]);
	if (local(d, ECHOK))
		discipline_write(d, "\n", 1);
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static void erase_word(struct discipline *d)
{
	while (d->head != d->line && !is_word(*place(d, d->head - 1)))
		erase(d);
	while (d->head != d->line && is_word(*place(d, d->head - 1)))
		erase(d);
}

static void show_again(struct discipline *d, char c)
{
	echo(d, c);
	discipline_write(d, "\n", 1);
	for (u32 at = d->line; at != d->head; at++)
		echo(d, *place(d, at));
}

/* --- the ring ---------------------------------------------------------------- */

static void set_end(struct discipline *d, u32 at, bool end)
{
	u64 bit = (u64)1 << at % 64, *word = &d->ends[at % DISCIPLINE_SIZE / 64];

	*word = end ? *word | bit : *word & ~bit;
}

static bool is_end(const struct discipline *d, u32 at)
{
	return d->ends[at % DISCIPLINE_SIZE / 64] >> at % 64 & 1;
}

/* One place is kept for what ends the line. */
static bool put(struct discipline *d, char c, bool end)
{
	if (d->head - d->tail >= DISCIPLINE_SIZE - (end ? 0 : 1)) {
		if (d->settings.iflag & IMAXBEL)
			discipline_write(d, "\a", 1);
		return false;
	}
	*place(d, d->head) = c;
	set_end(d, d->head++, end);
	if (end || !discipline_is_canonical(d))
		d->line = d->head;
	return true;
}

void discipline_flush(struct discipline *d)
{
	d->tail = d->head;
	d->line = d->head;
}

void discipline_set(struct discipline *d, const struct termios *settings)
{
	bool changes = (d->settings.lflag ^ settings->lflag) & ICANON;

	d->settings = *settings;
	if (!(settings->iflag & IXON))
		d->stopped = false;
	if (!changes)
		return;
	memset(d->ends, 0, sizeof(d->ends));
	d->line = d->head;
	d->literal = false;
	if (discipline_is_canonical(d) && d->head != d->tail)
		set_end(d, d->head - 1, true); /* what is there becomes a line */
}

bool discipline_at_end(const struct discipline *d)
{
	return discipline_is_canonical(d) && is_end(d, d->tail - 1);
}

size_t discipline_peek(const struct discipline *d, char *to, size_t n, u32 *used)
{
	u32 there = discipline_readable(d), at = d->tail;
	size_t copied = 0;

	*used = 0;
	while (*used < there) {
		char c = d->input[at % DISCIPLINE_SIZE];
		bool end = discipline_is_canonical(d) && is_end(d, at);

		if (end && c == '\0') { /* the end of file takes its place, and is not seen */
			++*used;
			break;
		}
		if (copied == n)
			break;
		to[copied++] = c;
		++*used;
		if (end)
			break;
		at++;
	}
	return copied;
}

void discipline_skip(struct discipline *d, u32 tail, u32 used)
{
	if (d->tail == tail)
		d->tail += used;
}

/* --- functions of characters ---------------------------------------------------- */

static void set_stopped(struct discipline *d, bool stopped)
{
	if (d->stopped == stopped)
		return;
	d->stopped = stopped;
	d->flow(d, stopped);
}

/* VSTART and VSTOP. */
static bool take_flow(struct discipline *d, char c)
{
	if (!(d->settings.iflag & IXON))
		return false;
	if (is(d, c, VSTART)) {
		set_stopped(d, false);
		return true;
	}
	if (is(d, c, VSTOP)) {
		set_stopped(d, true);
		return true;
	}
	if (d->settings.iflag & IXANY)
		set_stopped(d, false);
	return false;
}

static int signal_of(const struct discipline *d, char c)
{
	if (!local(d, ISIG))
		return 0;
	return is(d, c, VINTR) ? SIGINT : is(d, c, VQUIT) ? SIGQUIT : is(d, c, VSUSP) ? SIGTSTP : 0;
}

static bool take_signal(struct discipline *d, char c)
{
	int signal = signal_of(d, c);

	if (signal == 0)
		return false;
	if (!local(d, NOFLSH)) {
		discipline_flush(d);
		d->flushed(d);
	}
	set_stopped(d, false);
	if (local(d, ECHO))
		echo(d, c);
	d->signal(d, signal);
	return true;
}

/* What edits the line. */
static bool take_editing(struct discipline *d, char c)
{
	bool extended = local(d, IEXTEN);

	if (is(d, c, VERASE)) {
		if (d->head != d->line)
			erase(d);
	} else if (is(d, c, VKILL)) {
		erase_line(d);
	} else if (extended && is(d, c, VWERASE)) {
		erase_word(d);
	} else if (extended && is(d, c, VLNEXT)) {
		d->literal = true;
		if (local(d, ECHO | ECHOCTL))
			discipline_write(d, "^\b", 2);
	} else if (extended && local(d, ECHO) && is(d, c, VREPRINT)) {
		show_again(d, c);
	} else {
		return false;
	}
	return true;
}

/* What completes it. */
static bool take_end(struct discipline *d, char c)
{
	if (c == '\n') {
		if (put(d, c, true) && (local(d, ECHO) || local(d, ECHONL)))
			discipline_write(d, "\n", 1);
	} else if (is(d, c, VEOF)) {
		put(d, '\0', true);
	} else if (is(d, c, VEOL) || (local(d, IEXTEN) && is(d, c, VEOL2))) {
		echo_if_wanted(d, c);
		put(d, c, true);
	} else {
		return false;
	}
	return true;
}

static void take_plain(struct discipline *d, char c)
{
	u32 before = d->column;

	if (!put(d, c, false))
		return;
	if (d->head - d->line == 1)
		d->line_column = before;
	if (c == '\n' && local(d, ECHO))
		discipline_write(d, "\n", 1);
	else
		echo_if_wanted(d, c);
}

void discipline_take(struct discipline *d, char c)
{
	u32 iflag = d->settings.iflag;

	if (iflag & ISTRIP)
		c &= 0x7f;
	if (d->literal) {
		d->literal = false;
		take_plain(d, c);
		return;
	}
	if (take_flow(d, c) || take_signal(d, c))
		return;
	if (c == '\r' && (iflag & IGNCR))
		return;
	if (c == '\r' && (iflag & ICRNL))
		c = '\n';
	else if (c == '\n' && (iflag & INLCR))
		c = '\r';
	if (discipline_is_canonical(d) && (take_editing(d, c) || take_end(d, c)))
		return;
	take_plain(d, c);
}
