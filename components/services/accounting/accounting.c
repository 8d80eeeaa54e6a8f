/*
 * accounting: unknown calls, and the last lines of a run.
 *
 * A program may ask for a call that the services lack; it gets ENOSYS, as on a
 * Linux that was configured without the call, and the run says so in its
 * results, for a figure measured with a call missing may mean something else.
 * Numbers outside the table are no call of any Linux; they are counted as one.
 */
#include <services/accounting/accounting.h>
#include <objects/objects.h>
#include <services/errno.h>
#include <services/tree/tree.h>

static u64 unknown_counts[SERVICE_CALLS];
static u64 outside_count;
static long outside_number; /* the latest */

long services_unknown_call(long number)
{
	if (number >= 0 && number < SERVICE_CALLS) {
		unknown_counts[number]++;
	} else {
		outside_count++;
		outside_number = number;
	}
	return -ENOSYS;
}

static void report_unknown(long number, const char *name, u64 count)
{
	char line[128];
	size_t n = format_string(line, sizeof(line),
		"{\"type\":\"enosys\",\"number\":%ld,\"name\":\"%s\",\"count\":%llu}\n", number,
		name, (unsigned long long)count);

	env_result_write(line, n);
}

noreturn void services_end(int status)
{
	char line[64];

	for (long i = 0; i < SERVICE_CALLS; i++) {
		if (unknown_counts[i] > 0)
			report_unknown(i, service_call_names[i] ? service_call_names[i] : "?",
				unknown_counts[i]);
	}
	if (outside_count > 0)
		report_unknown(outside_number, "?", outside_count);
	if (IS_ENABLED(CONFIG_SERVICES_TREE))
		volumes_close();
	if (env_option("counts", line, sizeof(line)))
		object_caches_tell("personality", env_result_write);
	env_result_write(line,
		format_string(line, sizeof(line), "{\"type\":\"end\",\"status\":%d}\n", status));
	env_power_off(status);
}
