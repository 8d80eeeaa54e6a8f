/* l4_security: the judge's bench. See security.h. */
#include <workloads/l4_security/security.h>

u32 version;
volatile s64 result[64];

static unsigned findings, failures;
static bool spawned[4];

void ok(bool holds, const char *what)
{
	findings++;
	failures += !holds;
	kprintf("%sok %u - %s\n", holds ? "" : "not ", findings, what);
}

void eq(s64 actual, s64 expected, const char *what)
{
	ok(actual == expected, what);
	if (actual != expected)
		kprintf("# %ld where %ld was expected\n", (long)actual, (long)expected);
}

void begin(void)
{
	version++;
	for (unsigned i = 0; i < ARRAY_SIZE(result); i++)
		result[i] = 0;
}

void prepare(unsigned who)
{
	task_make(id_of(who), id_of(who), who);
	spawned[who] = true;
}

void start(unsigned who, void (*body)(void *))
{
	task_start(id_of(who), who, body, NULL);
}

void spawn_with(unsigned who, unsigned with, void (*body)(void *))
{
	task_make(id_of(who), id_of(with), who);
	spawned[who] = true;
	start(who, body);
}

void settle(u64 (*supply)(u64 address, u64 access))
{
	while (task_wait_for(supply, 5000000).thread)
		;
}

void spawn(unsigned who, void (*body)(void *))
{
	spawn_with(who, who, body);
}

void finish(void)
{
	for (unsigned who = 0; who < ARRAY_SIZE(spawned); who++) {
		if (spawned[who])
			l4_thread_control(
				id_of(who), L4_NIL, 0, 0, 0, 0); /* it may be gone already */
		spawned[who] = false;
	}
}

struct task_event attack(void (*body)(void *))
{
	begin();
	spawn(ATTACKER, body);
	struct task_event event = task_wait(NULL);
	finish();
	return event;
}

noreturn void l4_main(const struct l4_kip *kip, struct l4_utcb *utcb)
{
	(void)utcb;
	kprintf("TAP version 13\n");
	task_init(kip);
	test_calls();
	test_messages();
	test_strings();
	test_mappings();
	test_ends();
	test_registers();
	test_random();
	kprintf("1..%u\n", findings);
	l4_power_off(failures ? 0x12 : 0x10);
}
