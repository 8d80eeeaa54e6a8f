#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "record.h"

/* What stands for a byte in a JSON string that is to hold nothing but ASCII. */
static void put_byte(FILE *out, unsigned char byte)
{
	if (byte == '\n')
		fputs("\\n", out);
	else if (byte == '"' || byte == '\\')
		fprintf(out, "\\%c", byte);
	else if (byte < ' ' || byte > '~')
		fprintf(out, "\\u%04x", byte);
	else
		putc(byte, out);
}

static bool put_output(FILE *out, int file)
{
	static unsigned char bytes[4096];
	ssize_t got;
	off_t at = 0;

	while ((got = pread(file, bytes, sizeof(bytes), at)) > 0) {
		for (ssize_t i = 0; i < got; i++)
			put_byte(out, bytes[i]);
		at += got;
	}
	return got == 0;
}

bool record_script(const char *name, int status, int output)
{
	static FILE *out;

	if (!out)
		out = fdopen(RECORD_CHANNEL, "w");
	if (!out)
		return false;
	fprintf(out, "{\"type\":\"script\",\"name\":\"%s\",\"status\":%d,\"output\":\"", name,
		status);
	if (!put_output(out, output))
		return false;
	fputs("\"}\n", out);
	return fflush(out) == 0;
}
