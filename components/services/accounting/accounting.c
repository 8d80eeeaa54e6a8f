/*
 * accounting: unknown calls, and the last lines of a run.
 *
 * A program may ask for a call that the services lack; it gets ENOSYS, as on a
 * Linux that was configured without the call, and the run says so in its
 * results, for a figure measured with a call missing may mean something else.
 * It says which program asked, by the name that exec or prctl gave it.
 *
 * There are RECORDS_MAX counters, one for each call of each program; the last counts for all that
 * come when the others are in use.
 */
#include <services/accounting/accounting.h>
#include <objects/objects.h>
#include <services/errno.h>
#include <services/tree/tree.h>

#define RECORDS_MAX 1024
#define OTHERS      "(others)"

static struct record {
	long number;
	u64 count;
	char program[PROC_NAME_SIZE];
} records[RECORDS_MAX];
static u32 records_used;

static struct record *record_of(long number, const char *program)
{
	for (u32 i = 0; i < records_used; i++) {
		if (records[i].number == number && strcmp(records[i].program, program) == 0)
			return &records[i];
	}
	if (records_used == RECORDS_MAX)
		return &records[RECORDS_MAX - 1];
	records[records_used] = (struct record){.number = number};
	if (records_used == RECORDS_MAX - 1)
		memcpy(records[records_used].program, OTHERS, sizeof(OTHERS));
	else
		memcpy(records[records_used].program, program, PROC_NAME_SIZE);
	return &records[records_used++];
}

long services_unknown_call(long number)
{
	record_of(number, env_current()->name)->count++;
	return -ENOSYS;
}

/* A name may hold any bytes; the results hold printable ones. */
static void make_printable(char *name)
{
	for (; *name != '\0'; name++) {
		if (*name < ' ' || *name > '~' || *name == '"' || *name == '\\')
			*name = '?';
	}
}

static void report_unknown(struct record *record)
{
	long number = record->number;
	bool is_known = number >= 0 && number < SERVICE_CALLS && service_call_names[number];
	char line[192];

	make_printable(record->program);
	env_result_write(line,
		format_string(line, sizeof(line),
			"{\"type\":\"enosys\",\"number\":%ld,\"name\":\"%s\",\"program\":\"%s\","
			"\"count\":%llu}\n",
			number, is_known ? service_call_names[number] : "?", record->program,
			(unsigned long long)record->count));
}

noreturn void services_end(int status)
{
	char line[64];

	for (u32 i = 0; i < records_used; i++)
		report_unknown(&records[i]);
	if (IS_ENABLED(CONFIG_SERVICES_TREE))
		volumes_close();
	if (env_option("counts", line, sizeof(line)))
		object_caches_tell("personality", env_given_frames(), env_result_write);
	env_result_write(line,
		format_string(line, sizeof(line), "{\"type\":\"end\",\"status\":%d}\n", status));
	env_power_off(status);
}
