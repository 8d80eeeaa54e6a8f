/* Results out, failures out. */
#include "mach_ipc.h"

static char line[BENCH_SAMPLES * 12 + 256];
static u64 sorted[BENCH_SAMPLES];

static void print(const char *bytes, size_t length)
{
	device_write(boot->console, bytes, length);
}

void console_write(const char *text, size_t length)
{
	write_lines(print, text, length);
}

noreturn void panic(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	kvprintf(format, ap);
	va_end(ap);
	fail("", 0);
}

noreturn void fail(const char *what, long code)
{
	kprintf("\nmach_ipc: failed: %s (%lx)\n", what, code);
	for (;;)
		host_reboot(boot->host, 1);
}

static u64 median(const u64 *samples, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		unsigned at = i;
		for (; at > 0 && sorted[at - 1] > samples[i]; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = samples[i];
	}
	return sorted[(count - 1) / 2];
}

u64 now_overhead(void)
{
	static u64 samples[BENCH_SAMPLES];

	for (unsigned i = 0; i < BENCH_WARMUP + BENCH_SAMPLES; i++) {
		u64 begin = bench_now();
		samples[i % BENCH_SAMPLES] = bench_now() - begin;
	}
	return median(samples, BENCH_SAMPLES);
}

void report(const char *name, u64 overhead, const u64 *samples, unsigned count)
{
	size_t at = format_string(line, sizeof(line),
		"{\"type\":\"series\",\"workload\":\"mach_ipc\",\"series\":\"%s\",\"unit\":"
		"\"instructions\",\"overhead\":%lu,\"samples\":[",
		name, overhead);

	for (unsigned i = 0; i < count && at < sizeof(line); i++)
		at += format_string(
			line + at, sizeof(line) - at, i == 0 ? "%lu" : ",%lu", samples[i]);
	if (at + 3 >= sizeof(line))
		fail("a line of results is too long", (long)at);
	at += format_string(line + at, sizeof(line) - at, "]}\n");
	must(device_write(boot->results, line, at), "writing results");
	u64 middle = median(samples, count);
	kprintf("%s: median %lu, minimum %lu instructions (%u samples)\n", name, middle - overhead,
		sorted[0] - overhead, count);
}

void report_end(void)
{
	static const char end[] = "{\"type\":\"end\",\"status\":0}\n";

	must(device_write(boot->results, end, sizeof(end) - 1), "writing results");
	must(host_reboot(boot->host, 0), "host_reboot");
}
