/* Attacks: string items at addresses and of lengths that are not the sender's or the receiver's to
 * use. */
#include <workloads/l4_security/security.h>

static u8 source[2 * PAGE] aligned(4096), target[2 * PAGE] aligned(4096);
static u64 target_address, target_size; /* what the victim offers */
static bool as_call; /* the attacker waits for an answer: the kernel has a short path for that */

/* The victim receives one message with the buffer that the judge chose. */
static void receive_string(void *unused)
{
	struct l4_utcb *utcb = task_utcb(VICTIM);
	struct l4_message m = {0};

	(void)unused;
	target[0] = target[PAGE] = 0xee;
	utcb->buffers[0].address = target_address;
	utcb->buffers[0].size = target_size;
	result[10] = l4_ipc(L4_NIL, L4_ANY, 0, &m);
	result[11] = (s64)m.mr[0];
	m.tag = 0;
	if (as_call && result[10] > 0)
		l4_ipc((u64)result[10], L4_NIL, NOW, &m);
	task_done(0);
}

static u64 string_address, string_length;

static void send_string(void *unused)
{
	struct l4_message m = {
		.tag = l4_tag(0, 0, 2), .mr = {l4_string_item(string_length), string_address}};

	(void)unused;
	source[0] = 0x77;
	source[8] = 0x79;
	source[PAGE] = 0x78;
	s64 answer = l4_ipc(
		id_of(VICTIM), as_call ? id_of(VICTIM) : L4_NIL, l4_timeouts(2000000, 0), &m);
	result[0] = answer > 0 ? 0 : answer;
	task_done(1);
}

/* One string from attacker to victim; the event that ended it. */
static struct task_event one_string(u64 from, u64 length, u64 to, u64 size, u64 (*supply)(u64, u64))
{
	struct task_event event;

	begin();
	string_address = from;
	string_length = length;
	target_address = to;
	target_size = size;
	spawn(VICTIM, receive_string);
	settle(supply);
	spawn(ATTACKER, send_string);
	do
		event = task_wait(supply);
	while (event.kind == TASK_DONE && event.thread == id_of(VICTIM));
	settle(supply);
	finish();
	return event;
}

static u64 supply_two_pages(u64 page, u64 access)
{
	static u64 pages[2];

	(void)access;
	if (page != REGION && page != REGION + PAGE)
		return 0;
	u64 *mine = &pages[(page - REGION) / PAGE];
	if (!*mine) {
		*mine = task_page();
		memset((void *)*mine, 0x5c, PAGE);
	}
	return l4_fpage(*mine, L4_FPAGE_MIN, PROT_READ);
}

static void test_senders(void)
{
	static const u64 addresses[] = {KERNEL_ADDRESS, DIRECT_MAP_ADDRESS, NONCANONICAL_ADDRESS,
		0x7ffffffff000, 0x7fffffffeff0, UINT64_MAX - 7};
	bool refused = true;

	for (unsigned i = 0; i < ARRAY_SIZE(addresses); i++) {
		one_string(addresses[i], 64, (u64)target, PAGE, NULL);
		refused &= result[0] == FAILED_SEND(L4_ERROR_INVALID) && result[10] == 0;
	}
	ok(refused, "no string is read outside the sender's half of the addresses");
	one_string((u64)source, L4_STRING_MAX + 1, (u64)target, PAGE, NULL);
	eq(result[0], FAILED_SEND(L4_ERROR_INVALID), "a string that is too long is refused");
	one_string((u64)source, UINT64_MAX >> 10, (u64)target, PAGE, NULL);
	eq(result[0], FAILED_SEND(L4_ERROR_INVALID), "as is one without end");
	struct task_event event =
		one_string(REGION + 16, PAGE, (u64)target, 2 * PAGE, supply_two_pages);
	ok(event.kind == TASK_DONE && result[0] == 0 && target[0] == 0x5c &&
			target[PAGE - 1] == 0x5c,
		"missing pages of the sender are fetched by its pager, then the string is sent");
	event = one_string(REGION + 8 * PAGE, 64, (u64)target, PAGE, NULL);
	ok(event.kind == TASK_FAULT && event.thread == id_of(ATTACKER) &&
			event.value == REGION + 8 * PAGE,
		"a page that its pager will not give is the sender's own trouble");
}

static void test_receivers(void)
{
	static const u64 addresses[] = {KERNEL_ADDRESS, DIRECT_MAP_ADDRESS, NONCANONICAL_ADDRESS,
		0x7ffffffff000, UINT64_MAX - 7, REGION};
	bool refused = true;

	for (unsigned i = 0; i < ARRAY_SIZE(addresses); i++) {
		one_string((u64)source, 64, addresses[i], PAGE, NULL);
		refused &= result[0] == FAILED_SEND(L4_ERROR_ABORTED) &&
			   result[10] == FAILED_RECEIVE(L4_ERROR_ABORTED);
	}
	ok(refused, "no string is written where the receiver cannot write: both ends are told");
	one_string((u64)source, 64, (u64)&test_strings & ~(PAGE - 1), PAGE, NULL);
	eq(result[0], FAILED_SEND(L4_ERROR_ABORTED), "not into read-only memory either");
	one_string((u64)source, 65, (u64)target, 64, NULL);
	ok(result[0] == FAILED_SEND(L4_ERROR_OVERFLOW) &&
			result[10] == FAILED_RECEIVE(L4_ERROR_OVERFLOW),
		"a string that is longer than the buffer is not sent");
	one_string((u64)source, 64, 0, 0, NULL);
	eq(result[0], FAILED_SEND(L4_ERROR_OVERFLOW), "nor one for which there is no buffer");
	one_string((u64)source + 8, PAGE - 8, (u64)target + 8, PAGE - 8, NULL);
	ok(result[0] == 0 && target[0] == 0xee && target[8] == 0x79 && target[PAGE] == 0xee,
		"one that fills its page to the end arrives, and no byte more");
	one_string((u64)source, PAGE + 8, (u64)target, 2 * PAGE, NULL);
	ok(result[0] == 0 && (u64)result[10] == l4_id(2, version) && target[0] == 0x77 &&
			target[PAGE] == 0x78,
		"a good one arrives, over a border of pages");
}

void test_strings(void)
{
	for (unsigned i = 0; i < 2; i++) {
		as_call = i == 1;
		kprintf("# strings %s\n", as_call ? "in calls" : "sent one way");
		test_senders();
		test_receivers();
	}
}
