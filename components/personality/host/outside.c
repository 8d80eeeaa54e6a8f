/* outside: console, results, the initial RAM disk, and how the test program dies. */
#include <stdio.h>
#include <stdlib.h>

#include <host.h>

struct text {
	char bytes[1 << 20];
	size_t length;
};

static struct text console, results;
static char typed[16384];
static size_t typed_at, typed_end;
static bool listening; /* the services want to hear of it */
static const void *initrd;
static size_t initrd_size;

static void append(struct text *text, const char *bytes, size_t n)
{
	if (n > sizeof(text->bytes) - 1 - text->length)
		host_die("a run has written more than the test has room for");
	memcpy(text->bytes + text->length, bytes, n);
	text->length += n;
	text->bytes[text->length] = '\0';
}

void host_outside_reset(void)
{
	console.length = 0;
	console.bytes[0] = '\0';
	results.length = 0;
	results.bytes[0] = '\0';
	typed_at = 0;
	typed_end = 0;
	listening = false;
}

void env_console_write(const char *bytes, size_t n)
{
	append(&console, bytes, n);
}

void console_write(const char *text, size_t length)
{
	append(&console, text, length);
}

void env_result_write(const char *bytes, size_t n)
{
	append(&results, bytes, n);
}

const char *host_console(void)
{
	return console.bytes;
}

const char *host_results(void)
{
	return results.bytes;
}

/* A few characters at a time, as a serial line might give them. */
static void give_typed(void)
{
	while (listening && typed_at < typed_end) {
		size_t n = MIN(typed_end - typed_at, (size_t)5);

		typed_at += n;
		services_input(typed + typed_at - n, n);
	}
}

void host_type(const char *text)
{
	size_t n = strlen(text);

	if (n > sizeof(typed) - typed_end)
		host_die("a test types too much");
	memcpy(typed + typed_end, text, n);
	typed_end += n;
	give_typed();
}

void env_console_listen(void)
{
	listening = true;
	give_typed();
}

void host_set_initrd(const void *archive, size_t size)
{
	initrd = archive;
	initrd_size = size;
}

const void *env_initrd(size_t *size)
{
	*size = initrd_size;
	return initrd;
}

static const char *options;

void host_set_options(const char *line)
{
	options = line;
}

bool env_option(const char *key, char *out, size_t size)
{
	return options && option_value(options, key, out, size);
}

noreturn void panic(const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	format_vstring(text, sizeof(text), format, ap);
	va_end(ap);
	host_die(text);
}
