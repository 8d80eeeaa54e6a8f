/*
 * text: building short texts and writing them out. See text.h.
 */
#include <string.h>

#include <workloads/common/sys.h>
#include <workloads/common/text.h>

static void text_bytes(struct text *text, const char *bytes, size_t length)
{
	size_t room = text->size - text->length;

	if (length > room) {
		length = room;
		text->cut = true;
	}
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
}

void text_string(struct text *text, const char *string)
{
	text_bytes(text, string, strlen(string));
}

static void text_unsigned(struct text *text, uint64_t number, unsigned base)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number != 0);
	text_bytes(text, digits + at, sizeof(digits) - at);
}

void text_number(struct text *text, int64_t number)
{
	if (number < 0)
		text_string(text, "-");
	text_unsigned(text, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 10);
}

void text_hex(struct text *text, uint64_t number)
{
	text_string(text, "0x");
	text_unsigned(text, number, 16);
}

static long write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		long done = sys_write(fd, bytes, length);

		if (done < 0)
			return done;
		if (done == 0)
			return -EIO; /* a write that takes nothing would be tried for ever */
		bytes += done;
		length -= (size_t)done;
	}
	return 0;
}

long text_write(const struct text *text, int fd)
{
	long result = write_all(fd, text->bytes, text->length);

	return result == 0 && text->cut ? -ENOSPC : result;
}

long text_put(int fd, const char *string)
{
	return write_all(fd, string, strlen(string));
}
