/* On the host the console is standard output, and a panic ends the test. */
#include <stdio.h>
#include <stdlib.h>

#include <lib/lib.h>

void console_write(const char *text, size_t length)
{
	fwrite(text, 1, length, stdout);
}

noreturn void panic(const char *format, ...)
{
	va_list ap;

	fflush(stdout);
	va_start(ap, format);
	fputs("panic: ", stderr);
	vfprintf(stderr, format, ap);
	fputs("\n", stderr);
	va_end(ap);
	abort();
}
