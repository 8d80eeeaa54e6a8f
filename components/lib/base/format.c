/* Formatted output into a buffer, and from there to the image's console. */
#include <lib/lib.h>

#define LINE_SIZE 256

struct sink {
	char *buf;
	size_t size, length;
};

struct spec {
	bool left, zero;
	size_t width;
	unsigned longs;
};

static void put(struct sink *sink, char c)
{
	if (sink->length + 1 < sink->size)
		sink->buf[sink->length] = c;
	sink->length++;
}

static void put_padded(struct sink *sink, const char *text, size_t length, const struct spec *spec)
{
	size_t pad = spec->width > length ? spec->width - length : 0;

	for (; !spec->left && pad > 0; pad--)
		put(sink, ' ');
	for (size_t i = 0; i < length; i++)
		put(sink, text[i]);
	for (; pad > 0; pad--)
		put(sink, ' ');
}

static void put_number(
	struct sink *sink, u64 value, unsigned base, bool negative, const struct spec *spec)
{
	char digits[40];
	size_t start = sizeof(digits);

	do
		digits[--start] = "0123456789abcdef"[value % base];
	while ((value /= base) != 0);
	size_t sign = negative ? 1 : 0;
	while (spec->zero && !spec->left &&
		sizeof(digits) - start + sign < MIN(spec->width, (size_t)32))
		digits[--start] = '0';
	if (negative)
		digits[--start] = '-';
	put_padded(sink, digits + start, sizeof(digits) - start, spec);
}

static const char *parse_spec(const char *format, struct spec *spec)
{
	*spec = (struct spec){0};
	for (;; format++) {
		if (*format == '-')
			spec->left = true;
		else if (*format == '0')
			spec->zero = true;
		else
			break;
	}
	for (; *format >= '0' && *format <= '9'; format++)
		spec->width = spec->width * 10 + (size_t)(*format - '0');
	for (; *format == 'l' || *format == 'z'; format++)
		spec->longs += *format == 'z' ? 2 : 1;
	return format;
}

static void put_signed(struct sink *sink, va_list *ap, const struct spec *spec)
{
	s64 value = spec->longs ? va_arg(*ap, long) : va_arg(*ap, int);

	put_number(sink, value < 0 ? -(u64)value : (u64)value, 10, value < 0, spec);
}

static void put_conversion(struct sink *sink, char conversion, va_list *ap, const struct spec *spec)
{
	char c;
	const char *text;

	switch (conversion) {
	case 'd':
	case 'i':
		put_signed(sink, ap, spec);
		break;
	case 'u':
	case 'x':
		put_number(sink, spec->longs ? va_arg(*ap, unsigned long) : va_arg(*ap, unsigned),
			conversion == 'x' ? 16 : 10, false, spec);
		break;
	case 'p':
		put_number(sink, (u64)(uintptr_t)va_arg(*ap, void *), 16, false, spec);
		break;
	case 'c':
		c = (char)va_arg(*ap, int);
		put_padded(sink, &c, 1, spec);
		break;
	case 's':
		text = va_arg(*ap, const char *);
		text = text ? text : "(null)";
		put_padded(sink, text, strlen(text), spec);
		break;
	default:
		put(sink, conversion);
	}
}

size_t format_vstring(char *buf, size_t size, const char *format, va_list ap)
{
	struct sink sink = {buf, size, 0};
	struct spec spec;
	va_list args;

	va_copy(args, ap);
	while (*format) {
		if (*format != '%') {
			put(&sink, *format++);
			continue;
		}
		format = parse_spec(format + 1, &spec);
		if (!*format)
			break;
		put_conversion(&sink, *format++, &args, &spec);
	}
	va_end(args);
	if (size > 0)
		buf[MIN(sink.length, size - 1)] = '\0';
	return sink.length;
}

size_t format_string(char *buf, size_t size, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	size_t length = format_vstring(buf, size, format, ap);
	va_end(ap);
	return length;
}

void kvprintf(const char *format, va_list ap)
{
	char line[LINE_SIZE];
	size_t length = format_vstring(line, sizeof(line), format, ap);

	console_write(line, MIN(length, sizeof(line) - 1));
}

void kprintf(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	kvprintf(format, ap);
	va_end(ap);
}
