/*
 * arguments: what calls are given, most of it sensible, some of it at the boundary, some of it bad.
 *
 * Memory for pointers lies at fixed addresses, so that the record can name them:
 *
 *	BUFFER     16 pages of data to read and write, nothing mapped behind them
 *	CONSTANT   a page that is read only
 *	argument n two pages of its own, nothing mapped behind them
 *
 * A structure lies at the start of its argument's pages, or so that it ends exactly where they end,
 * or so that its last byte is beyond; or the pointer is one of the usual bad ones.
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include <workloads/random_calls/arguments.h>

static void map_at(uintptr_t address, size_t length, int protection)
{
	long at = sys_mmap((void *)address, length, protection,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE);

	if (at != (long)address)
		sys_exit(2);
}

void arguments_map(void)
{
	char *constant = (char *)CONSTANT;

	map_at(BUFFER, BUFFER_BYTES, PROT_READ | PROT_WRITE);
	map_at(CONSTANT, PAGE, PROT_READ | PROT_WRITE);
	map_at(STACK, 16 * PAGE, PROT_READ | PROT_WRITE);
	for (size_t i = 0; i < PAGE; i++)
		constant[i] = (char)(i * 7);
	if (sys_call3(SYS_mprotect, CONSTANT, PAGE, PROT_READ) != 0)
		sys_exit(2);
	for (unsigned i = 0; i < ARGUMENTS; i++)
		map_at(ROOM(i), PATH_ROOM, PROT_READ | PROT_WRITE);
}

void describe_number(long value)
{
	if (value >= -4096 && value < 65536)
		note_number(value);
	else
		note_hex((uint64_t)value);
}

static uintptr_t bad_pointer(struct draw *draw)
{
	static const uintptr_t bad[] = {0, 1, CONSTANT + PAGE, BUFFER + BUFFER_BYTES,
		0x7ffffffff000, 0x800000000000, 0xffff800000000000, 0xffffffffffffff00};

	return DRAW_FROM(draw, bad);
}

/* Where a structure of `size` bytes lies; *good: all of it is there. */
static char *place(struct draw *draw, unsigned index, size_t size, bool *good)
{
	uintptr_t end = ROOM(index) + PATH_ROOM;

	*good = true;
	memset((void *)ROOM(index), 0, PATH_ROOM); /* of what was there, nothing is read again */
	switch (draw_below(draw, 40)) {
	case 0:
		*good = false;
		note("bad ");
		return (char *)bad_pointer(draw);
	case 1:
		*good = false;
		note("crossing ");
		return (char *)(end - size + 1);
	case 2:
	case 3:
	case 4:
		return (char *)(end - size);
	default:
		return (char *)ROOM(index);
	}
}

/* The same for a call that writes there; page-crossing and constants hurt most. */
static char *place_out(struct draw *draw, unsigned index, size_t size, bool *good)
{
	char *at;

	if (draw_one_in(draw, 50)) {
		*good = false;
		note("constant ");
		return (char *)CONSTANT;
	}
	at = place(draw, index, size, good);
	if (*good)
		memset(at, 0x5a, size);
	return at;
}

/* --- strings ---------------------------------------------------------------- */

/* A string in the room of the argument, mostly; *good: it ends within it. */
static long place_string(struct draw *draw, unsigned index, const char *text, bool *good)
{
	size_t size = strlen(text) + 1;
	char *at = place(draw, index, size, good);
	uintptr_t end = ROOM(index) + PATH_ROOM;

	if (*good)
		memcpy(at, text, size);
	else if ((uintptr_t)at >= ROOM(index) && (uintptr_t)at < end)
		memcpy(at, text, size - 1);
	note_string(*good ? text : "?");
	return (long)at;
}

static long draw_string(struct draw *draw, unsigned index, bool *good)
{
	static char text[PATH_ROOM];

	draw_path(draw, text);
	return place_string(draw, index, text, good);
}

/* --- memory ------------------------------------------------------------------- */

/* Data to write: a pattern of the step's own, at any alignment. */
static long place_bytes(struct draw *draw, bool in, bool *good)
{
	uint64_t pattern = draw_next(draw), where = draw_below(draw, 24);
	uint64_t *words = (uint64_t *)BUFFER;

	*good = where > 3;
	if (where == 0) {
		note("bad ");
		return (long)bad_pointer(draw);
	}
	if (where == 1 || where == 2) {
		note("end ");
		return (long)(BUFFER + BUFFER_BYTES - 1 - draw_below(draw, 5000));
	}
	if (where == 3) {
		note("constant ");
		return (long)CONSTANT;
	}
	for (size_t i = 0; i < WINDOW / sizeof(*words); i++)
		words[i] = in ? pattern + i * 0x0101010101010101 : 0x5a5a5a5a5a5a5a5a;
	return (long)(BUFFER + (in ? draw_below(draw, 3) : 0));
}

static long place_vector(struct draw *draw, unsigned index, bool in, bool *good)
{
	struct iovec *vector;
	char *at;
	long bytes = place_bytes(draw, in, good);
	bool there;

	at = place(draw, index, 4 * sizeof(*vector), &there);
	*good = *good && there;
	if (!there)
		return (long)at;
	vector = (struct iovec *)at;
	note("[");
	for (int i = 0; i < 4; i++) {
		long length = draw_one_in(draw, 3) ? draw_length(draw) : (long)draw_below(draw, 64);

		if (length > 1L << 40) /* cut first, or looked at first? */
			length = 1L << 30;
		describe_number(length);
		note(i < 3 ? " " : "]");
		vector[i] = (struct iovec){(void *)(bytes + i * 512), (size_t)length};
	}
	return (long)at;
}

static long argument_place(struct draw *draw, unsigned index, enum kind kind, bool *good)
{
	const struct shape *shape = &shapes[kind];
	char *at;

	if (shape->may_be_null && draw_one_in(draw, 6)) {
		*good = false;
		note("NULL");
		return 0;
	}
	if (kind >= OUT_BYTES && kind < INOUT_OFFSET)
		at = place_out(draw, index, shape->size, good);
	else
		at = place(draw, index, shape->size, good);
	if (*good && shape->fill)
		shape->fill(draw, at);
	return (long)at;
}

/* Numbers that the kernel chose are not told as they are. */
static void note_scalar(enum kind kind, long value)
{
	switch (kind) {
	case PROCESS:
	case PROCESS_OWN:
	case GROUP:
		note_process(value);
		break;
	case BREAK:
		note("break+");
		note_number(value - (long)break_start);
		break;
	case SHARED_ID:
	case SEMAPHORES_ID:
	case LETTERS_ID:
		note(value > 0 ? "object" : "none");
		break;
	default:
		describe_number(value);
	}
}

void argument_draw(struct draw *draw, struct drawn *drawn, unsigned index, enum kind kind)
{
	bool *good = &drawn->good[index];
	long *value = &drawn->values[index];

	switch (kind) {
	case PATH:
	case TARGET:
		*value = draw_string(draw, index, good);
		return;
	case IN_BYTES:
	case OUT_BYTES:
	case OUT_ENTRIES:
	case IN_LETTER:
	case OUT_LETTER:
		*value = place_bytes(draw, kind < OUT_BYTES, good);
		if (*good && kind == IN_LETTER)
			fill_letter(draw, (char *)*value);
		return;
	case IN_VECTOR:
	case OUT_VECTOR:
		*value = place_vector(draw, index, kind == IN_VECTOR, good);
		return;
	default:
		break;
	}
	if (kind >= IN_BYTES) {
		*value = argument_place(draw, index, kind, good);
	} else {
		*value = draw_scalar(draw, kind);
		note_scalar(kind, *value);
	}
}

static void tell_vector(const struct drawn *drawn, const char *vector, long result)
{
	struct iovec copy;
	long left = is_anonymous(drawn->values[0]) ? 0 : result;

	for (int i = 0; i < 4 && left > 0; i++) {
		long n;

		memcpy(&copy, vector + i * (long)sizeof(copy), sizeof(copy));
		n = left < (long)copy.iov_len ? left : (long)copy.iov_len;
		if (n > 512) /* the next piece overlaps it */
			n = 512;
		note_bytes(copy.iov_base, (size_t)n);
		note(" ");
		left -= (long)copy.iov_len;
	}
}

void argument_tell(const struct drawn *drawn, unsigned index, enum kind kind, long result)
{
	const char *at = (const char *)drawn->values[index];

	if (kind < OUT_BYTES || kind == OUT_UNTOLD || !drawn->good[index])
		return;
	if ((kind == OUT_PAIR || kind == INOUT_LENGTH) && result < 0)
		return; /* some tell the numbers before they fail */
	note(" ");
	if (kind == OUT_BYTES && result > 0 && is_anonymous(drawn->values[0]))
		tell_anonymous((char *)at, result);
	else if (kind == OUT_BYTES)
		note_bytes(at, result > (long)WINDOW ? (size_t)result : WINDOW);
	else if (kind == OUT_VECTOR)
		tell_vector(drawn, at, result);
	else if (result < 0)
		note_bytes(at, 4);
	else
		shapes[kind].tell(at, result);
}
