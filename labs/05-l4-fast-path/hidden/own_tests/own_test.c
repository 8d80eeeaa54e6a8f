/*
 * Tests that catch every mutant of this lab: what a student's own could look
 * like. A client tries one thing after the other on a server, and notes what it is answered; the
 * root task judges.
 */
#include <workloads/l4_common/task.h>

enum { CLIENT, SERVER, OTHER }; /* whose stack and UTCB */

#define NOTHING  0xdeadull
#define TIMEOUT  (-2 * (s64)L4_ERROR_TIMEOUT)
#define NOBODY   (-2 * (s64)L4_ERROR_NO_PARTNER)
#define DENIED   (-2 * (s64)L4_ERROR_DENIED)
#define LABEL    0x5a5aull
#define A_MOMENT 2000000 /* ns */

static unsigned findings, failures;
static volatile s64 result[8];
static u32 version;

static void holds(bool condition, const char *what)
{
	findings++;
	failures += !condition;
	kprintf("%sok %u - %s\n", condition ? "" : "not ", findings, what);
}

static u64 id_of(unsigned who)
{
	return l4_id(2 + who, version);
}

static void spawn(unsigned who, void (*body)(void *))
{
	task_make(id_of(who), id_of(who), who);
	task_start(id_of(who), who, body, NULL);
}

static void settle(void)
{
	while (task_wait_for(NULL, A_MOMENT).thread)
		;
}

/* Ends all threads; the next ones have other versions. */
static void finish(void)
{
	for (unsigned who = CLIENT; who <= OTHER; who++)
		l4_thread_control(id_of(who), L4_NIL, 0, 0, 0, 0); /* it may not be there */
	version++;
	for (unsigned i = 0; i < ARRAY_SIZE(result); i++)
		result[i] = (s64)NOTHING;
}

/* --- words --------------------------------------------------------------- */

static void echo(void *unused)
{
	struct l4_message m = {0};
	u64 to = L4_NIL;

	(void)unused;
	for (;;)
		to = (u64)l4_ipc(to, L4_ANY, 0, &m);
}

static void send_words(void *unused)
{
	struct l4_message m = {.tag = l4_tag(LABEL, 12, 0), .mr = {1, 2, 3, 4, 5, 6, 7}};
	struct l4_utcb *utcb = task_utcb(CLIENT);
	s64 good = 1;

	(void)unused;
	for (unsigned i = 8; i <= 12; i++)
		utcb->mr[i] = i;
	result[0] = l4_call(id_of(SERVER), &m);
	result[1] = (s64)m.tag;
	for (unsigned i = 0; i < L4_REGISTER_MRS; i++)
		good &= m.mr[i] == i + 1;
	result[2] = good;
	task_done(0);
}

static void take_words(void *unused)
{
	struct l4_message m = {0};
	const struct l4_utcb *utcb = task_utcb(SERVER);
	s64 good = 1;

	(void)unused;
	u64 from = (u64)l4_ipc(L4_NIL, L4_ANY, 0, &m);
	for (unsigned i = 0; i < L4_REGISTER_MRS; i++)
		good &= m.mr[i] == i + 1;
	for (unsigned i = 8; i <= 12; i++)
		good &= utcb->mr[i] == i;
	result[3] = good;
	l4_ipc(from, L4_ANY, 0, &m);
}

static void test_words(void)
{
	spawn(SERVER, take_words);
	settle();
	spawn(CLIENT, send_words);
	task_wait(NULL);
	holds(result[3] == 1, "twelve words arrive");
	holds(result[0] == (s64)id_of(SERVER) && result[2] == 1, "and come back");
	holds(result[1] == (s64)l4_tag(LABEL, 12, 0), "with their tag");
	finish();
}

/* --- who hears whom ------------------------------------------------------ */

static void hear_root(void *unused)
{
	struct l4_message m = {0};

	(void)unused;
	result[4] = l4_ipc(L4_NIL, TASK_ROOT, 0, &m);
	l4_ipc(L4_NIL, TASK_ROOT, 0, &m);
}

static void call_shortly(void *unused)
{
	struct l4_message m = {.tag = l4_tag(0, 1, 0)};

	(void)unused;
	result[0] = l4_ipc(id_of(SERVER), id_of(SERVER), l4_timeouts(L4_ZERO, 0), &m);
	task_done(0);
}

static void call_older(void *unused)
{
	struct l4_message m = {.tag = l4_tag(0, 1, 0)};
	u64 older = id_of(SERVER) - 1;

	(void)unused;
	result[0] = l4_ipc(older, older, l4_timeouts(L4_ZERO, 0), &m);
	task_done(0);
}

static void test_receivers(void)
{
	spawn(SERVER, hear_root);
	settle();
	spawn(CLIENT, call_shortly);
	task_wait_for(NULL, A_MOMENT);
	holds(result[0] == TIMEOUT && result[4] == (s64)NOTHING,
		"who waits for one hears no other");
	finish();
	spawn(SERVER, echo);
	settle();
	spawn(CLIENT, call_older);
	task_wait_for(NULL, A_MOMENT);
	holds(result[0] == NOBODY, "an old id reaches nobody");
	finish();
}

/* --- what the sender wants ----------------------------------------------- */

static void swallow(void *unused)
{
	struct l4_message m = {0};

	(void)unused;
	for (;;)
		l4_ipc(L4_NIL, L4_ANY, 0, &m);
}

static void wait_a_moment(void *unused)
{
	struct l4_message m = {.tag = l4_tag(0, 1, 0)};

	(void)unused;
	result[0] = l4_ipc(id_of(SERVER), L4_NIL, 0, &m);
	result[1] = l4_ipc(id_of(SERVER), id_of(SERVER), l4_timeouts(0, A_MOMENT), &m);
	task_done(0);
}

static void call_client(void *unused)
{
	struct l4_message m = {.tag = l4_tag(0, 1, 0)};

	(void)unused;
	l4_call(id_of(CLIENT), &m);
	task_done(0);
}

static void answer_and_hear(void *unused)
{
	struct l4_message m = {.tag = l4_tag(0, 1, 0)};

	(void)unused;
	l4_ipc(L4_NIL, TASK_ROOT, l4_timeouts(0, 2 * A_MOMENT), &m); /* the other comes to wait */
	result[0] = l4_ipc(id_of(SERVER), L4_ANY, l4_timeouts(L4_ZERO, 0), &m);
	task_done(0);
}

static void test_senders(void)
{
	spawn(SERVER, swallow);
	settle();
	spawn(CLIENT, wait_a_moment);
	task_wait_for(NULL, 8 * A_MOMENT);
	holds(result[0] == 0, "who only sends goes on");
	holds(result[1] == TIMEOUT - 1, "a time-out of the receive phase is kept");
	finish();
	spawn(SERVER, swallow);
	spawn(CLIENT, answer_and_hear);
	spawn(OTHER, call_client);
	task_wait_for(NULL, 8 * A_MOMENT);
	holds(result[0] == (s64)id_of(OTHER), "who waits for anybody hears those that wait");
	finish();
}

static void call_around(void *unused)
{
	struct l4_message m = {.tag = l4_tag(0, 1, 0)};

	(void)unused;
	result[0] = l4_call(id_of(SERVER), &m);
	l4_ipc(L4_NIL, TASK_ROOT, 0, &m);
}

static void test_redirector(void)
{
	spawn(SERVER, echo);
	settle();
	task_make(id_of(CLIENT), id_of(CLIENT), CLIENT);
	task_must(l4_space_control(id_of(CLIENT), 0, TASK_ROOT), "redirecting");
	task_start(id_of(CLIENT), CLIENT, call_around, NULL);
	settle();
	holds(result[0] == DENIED, "a redirected space sends to its redirector only");
	finish();
}

noreturn void l4_main(const struct l4_kip *kip, struct l4_utcb *utcb)
{
	(void)utcb;
	task_init(kip);
	kprintf("TAP version 13\n");
	finish();
	test_words();
	test_receivers();
	test_senders();
	test_redirector();
	kprintf("1..%u\n", findings);
	l4_power_off(failures ? 0x12 : 0x10);
}
