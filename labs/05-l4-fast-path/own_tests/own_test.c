/*
 * My own tests of a fast path: a root task of the L4-like kernel that reports in
 * TAP.
 *
 * make mutants runs it on the kit's IPC path, which must pass, and on faulty ones, which should
 * not. All threads run this program and see the same data (task.h); where one waits for another, it
 * is by IPC.
 */
#include <workloads/l4_common/task.h>

enum { CLIENT, SERVER }; /* whose stack and UTCB */

static unsigned findings, failures;

static void holds(bool condition, const char *what)
{
	findings++;
	failures += !condition;
	kprintf("%sok %u - %s\n", condition ? "" : "not ", findings, what);
}

static u64 id_of(unsigned who)
{
	return l4_id(2 + who, 1);
}

/* A thread in an address space of its own. */
static void spawn(unsigned who, void (*body)(void *))
{
	task_make(id_of(who), id_of(who), who);
	task_start(id_of(who), who, body, NULL);
}

/* Answers every message with the sum of its words. */
static void serve(void *unused)
{
	struct l4_message m = {0};
	u64 to = L4_NIL;

	(void)unused;
	for (;;) {
		to = (u64)l4_ipc(to, L4_ANY, 0, &m);
		m.mr[0] += m.mr[1];
		m.tag = l4_tag(7, 1, 0);
	}
}

/* What the client saw, for the root task to judge. */
static volatile u64 answer, sender;

static void ask(void *unused)
{
	struct l4_message m = {.tag = l4_tag(7, 2, 0), .mr = {40, 2}};

	(void)unused;
	sender = (u64)l4_call(id_of(SERVER), &m);
	answer = m.mr[0];
	task_done(0);
}

noreturn void l4_main(const struct l4_kip *kip, struct l4_utcb *utcb)
{
	(void)utcb;
	task_init(kip);
	kprintf("TAP version 13\n");
	spawn(SERVER, serve);
	spawn(CLIENT, ask);
	holds(task_wait(NULL).kind == TASK_DONE, "a call comes back");
	holds(sender == id_of(SERVER) && answer == 42, "with the server's answer");
	kprintf("1..%u\n", findings);
	l4_power_off(failures ? 0x12 : 0x10);
}
