/* pty: the object, and the terminal's side of it. */
#include <services/process/process.h>
#include <services/terminal/pty.h>

static struct list ptys;

void ptys_init(void)
{
	list_init(&ptys);
}

struct pty *pty_find(u32 number)
{
	struct pty *pty;

	list_for_each(pty, &ptys, link)
	{
		if (pty->number == number)
			return pty;
	}
	return NULL;
}

void pty_wake_master(struct pty *pty, u32 events)
{
	env_wakeup_all(&pty->changed);
	watch_wake(&pty->watches, events);
}

/* --- what the terminal does ------------------------------------------------------------- */

/* What does not fit is lost: only what is typed blindly comes to that. */
static void send(struct terminal *terminal, const char *bytes, size_t n)
{
	struct pty *pty = pty_of(terminal);

	if (!pty->master_open)
		return;
	for (size_t i = 0; i < n && pty_waiting(pty) < PTY_OUTPUT; i++)
		pty->output[pty->head++ % PTY_OUTPUT] = bytes[i];
	pty_wake_master(pty, POLL_READABLE);
}

static size_t room(const struct terminal *terminal)
{
	return PTY_OUTPUT - pty_waiting(container_of(terminal, struct pty, slave));
}

static void taken(struct terminal *terminal)
{
	pty_wake_master(pty_of(terminal), POLL_WRITABLE);
}

/* The terminal's `clear` is over, `set` holds. */
static void tell(struct pty *pty, u8 clear, u8 set)
{
	if (!pty->packet)
		return;
	pty->status = (pty->status & ~clear) | set;
	pty_wake_master(pty, POLL_READABLE | POLLPRI);
}

static void flushed(struct terminal *terminal, bool input, bool output)
{
	struct pty *pty = pty_of(terminal);

	if (output) {
		pty->tail = pty->head;
		terminal_wake(terminal, POLL_WRITABLE);
	}
	tell(pty, 0, (input ? PACKET_FLUSH_READ : 0) | (output ? PACKET_FLUSH_WRITE : 0));
	taken(terminal);
}

static void flow(struct terminal *terminal, bool stopped)
{
	if (stopped)
		tell(pty_of(terminal), PACKET_START, PACKET_STOP);
	else
		tell(pty_of(terminal), PACKET_STOP, PACKET_START);
}

/* Whether ^S and ^Q have the meaning that everybody knows. */
static bool has_usual_flow(const struct termios *settings)
{
	return settings->iflag & IXON && settings->cc[VSTOP] == 023 && settings->cc[VSTART] == 021;
}

static void settings_changed(struct terminal *terminal, const struct termios *before)
{
	bool usual = has_usual_flow(&terminal->discipline.settings);

	taken(terminal);
	if (usual == has_usual_flow(before))
		return;
	tell(pty_of(terminal), usual ? PACKET_NO_STOP : PACKET_DO_STOP,
		usual ? PACKET_DO_STOP : PACKET_NO_STOP);
}

/* --- birth and death ------------------------------------------------------------------------ */

static void free_if_closed(struct pty *pty)
{
	if (pty->master_open || pty->slave.opens > 0)
		return;
	terminal_destroy(&pty->slave);
	list_remove(&pty->link);
	kfree(pty, sizeof(*pty));
}

static void slave_released(struct terminal *terminal)
{
	struct pty *pty = pty_of(terminal);

	terminal->session = 0;
	terminal->foreground = 0;
	pty->slave_closed = true;
	pty_wake_master(pty, POLL_READABLE | POLLHUP);
	free_if_closed(pty);
}

static const struct terminal_device device = {
	.send = send,
	.room = room,
	.taken = taken,
	.flushed = flushed,
	.flow = flow,
	.settings = settings_changed,
	.released = slave_released,
};

static u32 lowest_free(void)
{
	u32 number = 0;

	while (pty_find(number))
		number++;
	return number;
}

struct pty *pty_create(void)
{
	struct pty *pty = kalloc(sizeof(*pty));

	if (!pty)
		return NULL;
	memset(pty, 0, offsetof(struct pty, output));
	pty->number = lowest_free();
	pty->locked = true;
	pty->master_open = true;
	terminal_create(&pty->slave, &device);
	terminal_add(&pty->slave);
	env_queue_init(&pty->changed);
	watch_list_init(&pty->watches);
	list_push_back(&ptys, &pty->link);
	return pty;
}

void pty_close_master(struct pty *pty)
{
	pts_remove(pty);
	pty->slave.opens++; /* not yet, though its programs may end of it */
	pty->master_open = false;
	terminal_hang_up(&pty->slave);
	pty->slave.opens--;
	free_if_closed(pty);
}

long pty_open_slave(struct open_file *file, u32 number)
{
	struct pty *pty = pty_find(number);

	if (!pty || pty->locked || !pty->master_open)
		return -EIO;
	pty->slave_closed = false;
	if (!(file->flags & O_NOCTTY) && (file->flags & O_ACCMODE) != O_WRONLY)
		terminal_acquire(&pty->slave, process_current());
	terminal_attach(&pty->slave, file);
	return 0;
}
