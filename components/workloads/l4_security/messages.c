/* Attacks: ids of others and of nobody, lengths that cannot be. */
#include <workloads/l4_security/security.h>

static void bad_partners(void *unused)
{
	u64 me = id_of(ATTACKER), victim = id_of(VICTIM);
	struct l4_message m = {.tag = 0};

	(void)unused;
	result[0] = l4_ipc(l4_id(3, version - 1), L4_NIL, NOW,
		&m); /* the victim's number with an old version */
	result[1] = l4_ipc(l4_id(3, version + 1), L4_NIL, NOW, &m);
	result[2] = l4_ipc(l4_id(99, 1), L4_NIL, NOW, &m);
	result[3] = l4_ipc(
		l4_id(3 + 2048, version), L4_NIL, NOW, &m); /* another number of the same slot */
	result[4] = l4_ipc(victim | 1ull << 63, L4_NIL, NOW, &m);
	result[5] = l4_ipc(me, L4_NIL, NOW, &m);
	result[6] = l4_ipc(1, L4_NIL, NOW, &m);
	result[7] = l4_ipc(L4_ANY, L4_NIL, NOW, &m);
	result[8] = l4_ipc(KERNEL_ADDRESS, L4_NIL, NOW, &m);
	result[9] = l4_ipc(L4_NIL, l4_id(3, version - 1), NOW, &m);
	result[10] = l4_ipc(L4_NIL, l4_id(99, 1), NOW, &m);
	result[11] = l4_ipc(L4_NIL, L4_NIL, NOW, &m);
	result[12] = l4_ipc(L4_NIL, victim, NOW, &m);
	task_done(0);
}

static void listen_for_root(void *unused)
{
	struct l4_message m = {0};

	(void)unused;
	l4_ipc(L4_NIL, TASK_ROOT, 0, &m);
	result[20] = 1; /* whoever gets here has heard something */
	task_done(1);
}

static void test_partners(void)
{
	bool none = true;

	begin();
	spawn(VICTIM, listen_for_root);
	ok(task_wait_for(NULL, 3000000).thread == 0, "a thread waits for one other");
	spawn(ATTACKER, bad_partners);
	struct task_event event = task_wait(NULL);
	ok(event.kind == TASK_DONE && event.thread == id_of(ATTACKER),
		"an attack with thread ids ends");
	for (unsigned i = 0; i <= 8; i++)
		none &= result[i] == FAILED_SEND(L4_ERROR_NO_PARTNER);
	ok(none, "stale, guessed and impossible ids reach nobody");
	ok(result[9] == FAILED_RECEIVE(L4_ERROR_NO_PARTNER) && result[10] == result[9],
		"nor can they be waited for");
	eq(result[11], 0, "a call without phases does nothing");
	eq(result[12], FAILED_RECEIVE(L4_ERROR_TIMEOUT), "a wait of no time ends at once");
	eq(result[20], 0, "who waits for one hears no other");
	finish();
}

static void send_to_closed(void *unused)
{
	struct l4_message m = {.tag = l4_tag(7, 1, 0)};

	(void)unused;
	result[0] = l4_ipc(id_of(VICTIM), L4_NIL, NOW, &m);
	result[1] = l4_ipc(id_of(VICTIM), L4_NIL, l4_timeouts(200000, 0), &m);
	task_done(0);
}

static void bad_lengths(void *unused)
{
	u64 victim = id_of(VICTIM);
	struct l4_message m;
	unsigned i = 0;

	(void)unused;
	for (unsigned untyped = 0; untyped < 64; untyped += 7) {
		m = (struct l4_message){.tag = l4_tag(1, untyped, 64 - untyped)};
		if ((64 - untyped) < 64)
			result[i++] = l4_ipc(victim, L4_NIL, NOW, &m);
	}
	m = (struct l4_message){.tag = l4_tag(1, 63, 63)};
	result[i++] = l4_ipc(victim, L4_NIL, NOW, &m);
	m = (struct l4_message){.tag = l4_tag(1, 0, 1)};
	result[i++] = l4_ipc(victim, L4_NIL, NOW, &m);
	m = (struct l4_message){.tag = l4_tag(1, 0, 2), .mr = {0x4, REGION}};
	result[i++] = l4_ipc(victim, L4_NIL, NOW, &m); /* an item of no kind */
	result[40] = i;
	task_done(0);
}

static void count_messages(void *unused)
{
	struct l4_message m = {0};

	(void)unused;
	for (;;)
		result[41] += l4_ipc(L4_NIL, L4_ANY, 0, &m) != 0;
}

static void test_lengths(void)
{
	bool refused = true;

	begin();
	spawn(VICTIM, count_messages);
	spawn(ATTACKER, bad_lengths);
	struct task_event event = task_wait(NULL);
	for (unsigned i = 0; i < (unsigned)result[40]; i++)
		refused &= result[i] == FAILED_SEND(L4_ERROR_INVALID);
	ok(event.kind == TASK_DONE && result[40] > 5 && refused,
		"messages longer than there are registers are refused");
	eq(result[41], 0, "and their receiver hears nothing of them");
	finish();
}

/* A thread without a UTCB has seven message registers, not more. */
static void long_without_utcb(void *unused)
{
	struct l4_message m = {.tag = l4_tag(1, 8, 0)};

	(void)unused;
	result[0] = l4_ipc(id_of(VICTIM), L4_NIL, NOW, &m);
	result[1] = l4_unmap(1, false);
	task_done(0);
}

static void test_without_utcb(void)
{
	begin();
	spawn(VICTIM, count_messages);
	task_must(l4_thread_control(id_of(ATTACKER), id_of(ATTACKER), TASK_ROOT, TASK_ROOT, 0, 16),
		"making a thread");
	task_start(id_of(ATTACKER), ATTACKER, long_without_utcb, NULL);
	struct task_event event = task_wait(NULL);
	ok(event.kind == TASK_DONE && result[0] == FAILED_SEND(L4_ERROR_INVALID),
		"without a UTCB there is no eighth register");
	eq(result[1], -L4_ERROR_INVALID, "nor anything to unmap");
	l4_thread_control(id_of(ATTACKER), L4_NIL, 0, 0, 0, 0);
	finish();
}

void test_messages(void)
{
	test_partners();
	test_lengths();
	test_without_utcb();
	begin();
	spawn(VICTIM, listen_for_root);
	task_wait_for(NULL, 3000000);
	spawn(ATTACKER, send_to_closed);
	struct task_event event = task_wait(NULL);
	ok(event.kind == TASK_DONE && result[0] == FAILED_SEND(L4_ERROR_TIMEOUT) &&
			result[1] == result[0],
		"who sends to one that waits for another runs into its time-out");
	finish();
}
