/* text: see text.h. */
#include <objects/objects.h>
#include <services/identity/identity.h>
#include <services/process/sleep.h>
#include <services/procfs/internal.h>

#define ROOM_FIRST 1024u
#define ROOM_MAX   (1u << 20) /* of one record */

/* An open text. One reader makes it at a time, for a copy may give the monitor up. */
struct proc_file {
	struct text text;
	u64 start;  /* where the text's bytes lie in the file */
	u64 cursor; /* the record behind them */
	bool ended; /* there is none */
	bool busy;
	struct env_queue idle;
	const struct entry *entry;
};

/* --- adding ----------------------------------------------------------------------- */

void text_add_bytes(struct text *text, const void *bytes, size_t n)
{
	size_t fits = MIN(n, text->room - text->length);

	if (fits > 0)
		memcpy(text->bytes + text->length, bytes, fits);
	text->length += fits;
	text->cut |= fits < n;
}

void text_add(struct text *text, const char *format, ...)
{
	size_t room = text->room - text->length, n;
	va_list ap;

	if (room == 0) {
		text->cut = true;
		return;
	}
	va_start(ap, format);
	n = format_vstring(text->bytes + text->length, room, format, ap);
	va_end(ap);
	text->cut |= n >= room;
	text->length += MIN(n, room - 1);
}

void text_add_octal(struct text *text, u64 value)
{
	char digits[24];
	u32 at = sizeof(digits);

	do
		digits[--at] = (char)('0' + value % 8);
	while ((value /= 8) != 0);
	digits[--at] = '0';
	text_add_bytes(text, digits + at, sizeof(digits) - at);
}

void text_add_word(struct text *text, const char *word)
{
	for (; *word != '\0'; word++) {
		u32 c = (u8)*word;

		if (c == ' ' || c == '\t' || c == '\n' || c == '\\')
			text_add(text, "\\%u%u%u", c >> 6, c >> 3 & 7, c & 7);
		else
			text_add_bytes(text, word, 1);
	}
}

/* --- making ------------------------------------------------------------------------ */

static bool make_record(struct proc_file *file, struct proc *proc, u64 *cursor)
{
	const struct entry *entry = file->entry;

	if (entry->records)
		return entry->records(&file->text, proc, cursor);
	if (*cursor > 0)
		return false;
	entry->text(&file->text, proc);
	*cursor = 1;
	return true;
}

static long grow(struct text *text)
{
	size_t room = MAX(text->room * 2, (size_t)ROOM_FIRST);
	char *bytes = room <= ROOM_MAX ? kalloc(room) : NULL;

	if (!bytes)
		return -ENOMEM;
	if (text->bytes) {
		memcpy(bytes, text->bytes, text->length);
		kfree(text->bytes, text->room);
	}
	text->bytes = bytes;
	text->room = room;
	return 0;
}

/* The record behind those that are there, if there is room; *full: there is none, and others are
 * there already. */
static long add_record(struct proc_file *file, struct proc *proc, bool *full)
{
	struct text *text = &file->text;

	for (;;) {
		size_t before = text->length;
		u64 cursor = file->cursor;
		long error;

		text->cut = false;
		file->ended = !make_record(file, proc, &cursor);
		if (!text->cut) {
			file->cursor = cursor;
			return 0;
		}
		text->length = before;
		file->ended = false;
		*full = before > 0;
		if (*full)
			return 0;
		error = grow(text);
		if (error != 0)
			return error;
	}
}

/* Makes records until those that are kept reach beyond `position`, or there are no more. */
static long make_up_to(struct proc_file *file, u64 position)
{
	struct proc *proc = NULL;

	if (position < file->start || position == 0) {
		file->start = file->cursor = file->text.length = 0;
		file->ended = false;
	}
	while (!file->ended && file->start + file->text.length <= position) {
		bool full = false;
		long error;

		if (file->text.pid > 0 && !(proc = process_find_thread(file->text.pid)))
			return -ESRCH;
		file->start += file->text.length;
		file->text.length = 0;
		do
			error = add_record(file, proc, &full);
		while (error == 0 && !full && !file->ended);
		if (error != 0)
			return error;
	}
	return 0;
}

/* --- the open file ------------------------------------------------------------------ */

static long begin(struct proc_file *file)
{
	while (file->busy) {
		if (call_sleep(&file->idle, ENV_FOREVER) != K_OK)
			return -ERESTARTSYS;
	}
	file->busy = true;
	return 0;
}

static void end(struct proc_file *file)
{
	file->busy = false;
	env_wakeup_one(&file->idle);
}

static long copy_out(const struct proc_file *file, struct io *io, u64 position)
{
	const struct text *text = &file->text;
	u64 at = position - file->start;
	size_t moved = 0;
	enum kstatus status;

	if (at >= text->length)
		return 0;
	status = io_copyout(io, text->bytes + at, MIN(io->left, text->length - at), &moved);
	return moved > 0 ? (long)moved : errno_of(status);
}

/* As much as is asked for, if there is so much, in as many pieces as it takes. */
static long text_read_at(struct open_file *open, struct io *io, u64 position)
{
	struct proc_file *file = open->object;
	long done = 0, n = begin(file);

	if (n != 0)
		return n;
	do {
		n = make_up_to(file, position + (u64)done);
		if (n == 0)
			n = copy_out(file, io, position + (u64)done);
		done += MAX(n, 0l);
	} while (n > 0 && io->left > 0);
	end(file);
	return done > 0 ? done : n;
}

static long text_read(struct open_file *open, struct io *io)
{
	return file_advance(open, text_read_at(open, io, open->position));
}

/* What is written is looked at once, whole. */
static long text_write_at(struct open_file *open, struct io *io, u64 position)
{
	struct proc_file *file = open->object;
	char bytes[TEXT_WRITE_MAX + 1];
	size_t n = MIN(io->left, (u64)TEXT_WRITE_MAX), moved;
	u64 count = io->left;
	struct proc *proc = NULL;
	enum kstatus status;
	long error;

	(void)position;
	if (!file->entry->write)
		return file->text.pid > 0 ? -EINVAL : -EIO;
	status = io_copyin(io, bytes, n, &moved);
	if (status != K_OK)
		return errno_of(status);
	bytes[n] = '\0';
	if (file->text.pid > 0 && !(proc = process_find_thread(file->text.pid)))
		return -ESRCH;
	error = file->entry->write(proc, bytes, n);
	return error != 0 ? error : (long)count;
}

static long text_write(struct open_file *open, struct io *io)
{
	return file_advance(open, text_write_at(open, io, open->position));
}

static long text_open(struct inode *inode, struct open_file *open)
{
	const struct proc_inode *about = proc_inode_of(inode);
	struct proc *proc = about->pid > 0 ? process_find_thread(about->pid) : NULL;
	struct proc_file *file;

	if (about->pid > 0 && !proc)
		return -ENOENT;
	if (about->entry->secret && !identity_may_look_into(proc, true))
		return -EACCES;
	file = kalloc(sizeof(*file));
	if (!file)
		return -ENOMEM;
	*file = (struct proc_file){
		.text = {.pid = about->pid, .fd = about->fd, .of_thread = about->of_thread},
		.entry = about->entry};
	env_queue_init(&file->idle);
	open->object = file;
	return 0;
}

static void text_release(struct open_file *open)
{
	struct proc_file *file = open->object;

	if (!file)
		return;
	if (file->text.bytes)
		kfree(file->text.bytes, file->text.room);
	kfree(file, sizeof(*file));
}

const struct inode_ops text_inode_ops = {.open = text_open, .release = proc_inode_release};
const struct file_ops text_ops[4] = FILE_OPS_BY_MODE(text_read, text_write, text_read_at,
	text_write_at, .seek = file_seek_endless, .release = text_release);
