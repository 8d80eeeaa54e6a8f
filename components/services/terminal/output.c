/* output: what a program writes, on its way to the device. */
#include <services/terminal/discipline.h>

#define TAB    8
#define BUFFER 256 /* what is sent at once: it lives on the stack */

/* One character as the device shall get it: up to TAB bytes. How many. */
static size_t convert(struct discipline *d, char c, char *to)
{
	u32 flags = d->settings.oflag;
	size_t n = 1;

	*to = c;
	switch (c) {
	case '\n':
		if (flags & ONLRET)
			d->column = 0;
		if (!(flags & ONLCR))
			return 1;
		d->column = 0;
		memcpy(to, "\r\n", 2);
		return 2;
	case '\r':
		if ((flags & ONOCR) && d->column == 0)
			return 0;
		if (flags & OCRNL) {
			*to = '\n';
			d->column = flags & ONLRET ? 0 : d->column;
			return 1;
		}
		d->column = 0;
		return 1;
	case '\t':
		n = TAB - d->column % TAB;
		d->column += (u32)n;
		if ((flags & XTABS) != XTABS)
			return 1;
		memset(to, ' ', n);
		return n;
	case '\b':
		d->column -= d->column > 0;
		return 1;
	default:
		d->column += (u8)c >= ' ' && c != 0x7f && ((u8)c & 0xc0) != 0x80;
		return 1;
	}
}

void discipline_write(struct discipline *d, const char *bytes, size_t n)
{
	char out[BUFFER];
	size_t used = 0;

	if (!(d->settings.oflag & OPOST)) {
		d->send(d, bytes, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (used > sizeof(out) - TAB) {
			d->send(d, out, used);
			used = 0;
		}
		used += convert(d, bytes[i], out + used);
	}
	if (used > 0)
		d->send(d, out, used);
}
