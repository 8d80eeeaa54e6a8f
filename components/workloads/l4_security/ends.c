/* Attacks: past a redirector; and threads that end while others deal with them. */
#include <workloads/l4_security/security.h>

static void talk_around(void *unused)
{
	struct l4_message m = {.tag = l4_tag(3, 1, 0)};

	(void)unused;
	result[0] = l4_ipc(id_of(VICTIM), L4_NIL, NOW, &m);
	result[1] = l4_ipc(id_of(VICTIM), id_of(VICTIM), l4_timeouts(L4_ZERO, L4_ZERO), &m);
	result[2] = l4_ipc(id_of(THIRD), L4_NIL, l4_timeouts(5000000, 0), &m);
	l4_ipc(L4_NIL, TASK_ROOT, 0, &m); /* it could not even say that it is done */
}

static void hear_one(void *unused)
{
	struct l4_message m = {0};

	(void)unused;
	l4_ipc(L4_NIL, L4_ANY, 0, &m);
	result[10]++;
	for (;;)
		l4_ipc(L4_NIL, L4_ANY, 0, &m);
}

static void test_redirector(void)
{
	begin();
	spawn(VICTIM, hear_one);
	spawn(THIRD, hear_one);
	task_wait_for(NULL, 3000000);
	task_make(id_of(ATTACKER), id_of(ATTACKER), ATTACKER);
	task_must(l4_space_control(id_of(ATTACKER), 0, id_of(THIRD)), "redirecting");
	task_start(id_of(ATTACKER), ATTACKER, talk_around, NULL);
	/* It may send to the third only, not even to the root task: so we look at what it wrote. */
	task_wait_for(NULL, 20000000);
	ok(result[0] == FAILED_SEND(L4_ERROR_DENIED) && result[1] == result[0],
		"a redirected space sends to no other thread");
	eq(result[2], 0, "but to its redirector");
	eq(result[10], 1, "and only that one heard of it");
	l4_thread_control(id_of(ATTACKER), L4_NIL, 0, 0, 0, 0);
	finish();
}

/* --- ends ---------------------------------------------------------------- */

static void wait_for_victim(void *unused)
{
	struct l4_message m = {0};

	(void)unused;
	result[0] = l4_ipc(L4_NIL, id_of(VICTIM), 0, &m);
	task_done(0);
}

static void call_victim(void *unused)
{
	struct l4_message m = {.tag = l4_tag(1, 1, 0)};

	(void)unused;
	result[1] = l4_call(id_of(VICTIM), &m);
	task_done(1);
}

static void sleep_long(void *unused)
{
	struct l4_message m = {0};

	(void)unused;
	l4_ipc(L4_NIL, TASK_ROOT, l4_timeouts(0, UINT32_MAX), &m);
	task_done(2);
}

static void serve_nothing(void *unused)
{
	struct l4_message m = {0};

	(void)unused;
	l4_ipc(L4_NIL, id_of(FOURTH), 0, &m); /* takes the call, and never answers */
	l4_ipc(L4_NIL, TASK_ROOT, 0, &m);
	task_done(3);
}

/* One waits for the victim, one is in its queue, one has called it; then it is deleted. */
static void test_deletion(void)
{
	bool told = true;

	begin();
	prepare(FOURTH); /* whom the victim listens to, in vain */
	spawn(VICTIM, serve_nothing);
	spawn(ATTACKER, wait_for_victim);
	spawn(THIRD, call_victim);
	settle(NULL);
	ok(result[0] == 0 && result[1] == 0, "two threads wait, for another and in its queue");
	task_delete(id_of(VICTIM));
	for (unsigned i = 0; i < 2; i++)
		told &= task_wait(NULL).kind == TASK_DONE;
	ok(told && result[0] == FAILED_RECEIVE(L4_ERROR_NO_PARTNER),
		"who waits for a thread that ends is told");
	eq(result[1], FAILED_SEND(L4_ERROR_NO_PARTNER), "who waits to send to it, too");
	finish();

	begin();
	spawn(VICTIM, sleep_long);
	spawn(ATTACKER, sleep_long);
	task_wait_for(NULL, 3000000);
	task_delete(id_of(VICTIM)); /* with its time-out running */
	spawn(THIRD, call_victim);
	ok(task_wait(NULL).kind == TASK_DONE && result[1] == FAILED_SEND(L4_ERROR_NO_PARTNER),
		"a sleeper can be deleted");
	task_delete(id_of(ATTACKER));
	struct l4_message m = {0};
	eq(l4_ipc(L4_NIL, L4_ANY, l4_timeouts(0, 30000000), &m), FAILED_RECEIVE(L4_ERROR_TIMEOUT),
		"and its time-out troubles nobody");
	finish();
}

/* Deleted while it waits in the queue of another: the queue must not hold it any more. */
static void test_deleted_sender(void)
{
	begin();
	prepare(FOURTH);
	spawn(VICTIM, serve_nothing);
	spawn(THIRD, call_victim);
	settle(NULL);
	task_delete(id_of(THIRD));
	start(FOURTH, call_victim); /* the one that the victim listens to: its call goes through */
	settle(NULL);
	task_delete(id_of(VICTIM));
	struct task_event event = task_wait(NULL);
	ok(event.kind == TASK_DONE && event.thread == id_of(FOURTH) &&
			result[1] == FAILED_RECEIVE(L4_ERROR_NO_PARTNER),
		"a sender that ends leaves the queue, and who has called is told of its partner's "
		"end");
	finish();
}

static void trap_as_alien(void *unused)
{
	(void)unused;
	result[0] = l4_syscall(-39, 1, 2, 3, 4, 5, 6);
	result[1] = 1;
	for (;;)
		;
}

static void test_halting(void)
{
	begin();
	task_make(id_of(ATTACKER), id_of(ATTACKER), ATTACKER);
	task_must(
		l4_thread_control(id_of(ATTACKER), id_of(ATTACKER), TASK_ROOT, l4_id(99, 1), 0, 16),
		"changing a handler");
	task_must(l4_space_control(id_of(ATTACKER), L4_SPACE_ALIEN, 0), "making an alien");
	task_start(id_of(ATTACKER), ATTACKER, trap_as_alien, NULL);
	task_wait_for(NULL, 5000000);
	eq(result[1], 0, "an alien whose handler does not exist stops at its first trap");
	task_delete(id_of(ATTACKER));
}

void test_ends(void)
{
	test_redirector();
	test_deletion();
	test_deleted_sender();
	test_halting();
}
