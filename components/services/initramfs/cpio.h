/*
 * cpio: reading an archive in the "newc" form.
 *
 * A header of 110 characters (a magic number and thirteen fields of eight hexadecimal
 * digits), the name with its NUL, padding to 4, the file's bytes, padding to 4; and so on
 * up to a member called TRAILER!!!. Nothing in the archive is believed: a length
 * that leads out of it, a digit that is none or a name without an end is K_INVAL.
 *
 * A header alone, so that a kernel without services can find its first server too.
 */
#pragma once

#include <lib/lib.h>

#define CPIO_HEADER_SIZE 110u

#define CPIO_TYPE      0170000u
#define CPIO_DIRECTORY 0040000u
#define CPIO_REGULAR   0100000u

struct cpio_entry {
	const char *name; /* in the archive */
	u32 name_length;
	u32 mode;   /* st_mode */
	u32 device; /* of a device: major << 8 | minor */
	const u8 *bytes;
	u64 size;
};

/* Reads the eight hexadecimal digits at `text`. */
static inline bool cpio_number(const u8 *text, u32 *value)
{
	*value = 0;
	for (int i = 0; i < 8; i++) {
		u8 c = text[i] | 0x20; /* small letters; digits have that bit already */
		u32 digit;

		if (c >= '0' && c <= '9' && text[i] == c)
			digit = c - '0';
		else if (c >= 'a' && c <= 'f')
			digit = c - 'a' + 10u;
		else
			return false;
		*value = *value << 4 | digit;
	}
	return true;
}

/* Moves *offset past `n` bytes and the padding behind them; false if the archive ends before. */
static inline bool cpio_skip(u64 *offset, u64 n, u64 size)
{
	if (n > size - *offset)
		return false;
	*offset = ALIGN_UP(*offset + n, (u64)4);
	if (*offset > size) /* the last padding may be missing */
		*offset = size;
	return true;
}

/*
 * The member at *offset (0 at first), which moves on to the next. K_NOENT after the last; K_INVAL
 * when the archive is malformed there.
 */
static inline enum kstatus must_check cpio_next(
	const u8 *archive, u64 size, u64 *offset, struct cpio_entry *entry)
{
	const u8 *header = archive + *offset;
	u32 mode, bytes, name_size, major, minor;
	u64 at = *offset;

	if (size - at < CPIO_HEADER_SIZE)
		return K_INVAL;
	if (memcmp(header, "070701", 6) != 0 && memcmp(header, "070702", 6) != 0)
		return K_INVAL;
	if (!cpio_number(header + 6 + 8 * 1, &mode) || !cpio_number(header + 6 + 8 * 6, &bytes) ||
		!cpio_number(header + 6 + 8 * 9, &major) ||
		!cpio_number(header + 6 + 8 * 10, &minor) ||
		!cpio_number(header + 6 + 8 * 11, &name_size))
		return K_INVAL;
	entry->name = (const char *)header + CPIO_HEADER_SIZE;
	if (name_size < 2 || !cpio_skip(&at, (u64)CPIO_HEADER_SIZE + name_size, size))
		return K_INVAL;
	if (strnlen(entry->name, name_size) != name_size - 1)
		return K_INVAL;
	if (strcmp(entry->name, "TRAILER!!!") == 0)
		return K_NOENT;
	entry->name_length = name_size - 1;
	entry->mode = mode;
	entry->device = (major & 0xfff) << 8 | (minor & 0xff);
	entry->bytes = archive + at;
	entry->size = bytes;
	if (!cpio_skip(&at, bytes, size))
		return K_INVAL;
	*offset = at;
	return K_OK;
}
