/* Attacks: mapping what one has not, where one may not, with more rights; unmapping what is
 * another's. */
#include <workloads/l4_security/security.h>

#define PAGE_A REGION
#define PAGE_B (REGION + PAGE)
#define PAGE_C (REGION + 2 * PAGE)

static u64 item_base, item_fpage, window; /* what is sent, and where it is received */

static void receive_map(void *unused)
{
	struct l4_message m = {0};

	(void)unused;
	task_utcb(VICTIM)->acceptor = window;
	result[10] = l4_ipc(L4_NIL, L4_ANY, 0, &m);
	task_done(0);
}

static void send_map(void *unused)
{
	struct l4_message m = {.tag = l4_tag(0, 0, 2), .mr = {l4_map_item(item_base), item_fpage}};

	(void)unused;
	if (l4_fpage_base(item_fpage) == PAGE_A)
		result[1] = *(volatile u8 *)PAGE_A; /* now the attacker has it: read-only */
	result[0] = l4_ipc(id_of(VICTIM), L4_NIL, l4_timeouts(2000000, 0), &m);
	task_done(1);
}

static u64 shared_page;

/* PAGE_A can be had, for reading only. */
static u64 supply_read_only(u64 page, u64 access)
{
	(void)access;
	return page == PAGE_A ? l4_fpage(shared_page, L4_FPAGE_MIN, PROT_READ) : 0;
}

static s64 one_map(u64 fpage, u64 base, u64 where)
{
	begin();
	item_fpage = fpage;
	item_base = base;
	window = where;
	spawn(VICTIM, receive_map);
	settle(supply_read_only);
	spawn(ATTACKER, send_map);
	struct task_event event;
	do
		event = task_wait(supply_read_only);
	while (event.thread == id_of(VICTIM) && event.kind == TASK_DONE);
	settle(supply_read_only);
	return event.kind == TASK_DONE ? result[0] : 1000 + (s64)event.kind;
}

static void test_windows(void)
{
	u64 page = l4_fpage(PAGE_A, 12, 7);

	eq(one_map(page, 0, 0), FAILED_SEND(L4_ERROR_OVERFLOW),
		"without a window nothing is mapped");
	finish();
	eq(one_map(page, 0, l4_fpage(KERNEL_ADDRESS, 12, 0)), FAILED_SEND(L4_ERROR_INVALID),
		"no window in the kernel's half");
	finish();
	eq(one_map(page, NONCANONICAL_ADDRESS, L4_FPAGE_COMPLETE), FAILED_SEND(L4_ERROR_INVALID),
		"nor what is no address in a complete window");
	finish();
	eq(one_map(page, 0x7ffffffff000, L4_FPAGE_COMPLETE), FAILED_SEND(L4_ERROR_INVALID),
		"nor the last page of all");
	finish();
	eq(one_map(l4_fpage(PAGE_A, 63, 7), 0, l4_fpage(PAGE_B, 12, 0)),
		FAILED_SEND(L4_ERROR_INVALID), "an fpage of 2^63 bytes is refused");
	finish();
	eq(one_map(l4_fpage(PAGE_A, 3, 7), 0, l4_fpage(PAGE_B, 12, 0)),
		FAILED_SEND(L4_ERROR_INVALID), "and one of 8");
	finish();
	eq(one_map(page, 0, l4_fpage((u64)task_utcb(VICTIM), 12, 0)), FAILED_SEND(L4_ERROR_INVALID),
		"a UTCB cannot be mapped over");
	finish();
}

/* After a mapping from attacker to victim: what does the victim see at PAGE_B? */
static void probe_read(void *unused)
{
	(void)unused;
	result[2] = *(volatile u8 *)PAGE_B;
	task_done(2);
}

static void probe_write(void *unused)
{
	(void)unused;
	*(volatile u8 *)PAGE_B = 1;
	task_done(2);
}

static struct task_event probe(void (*body)(void *))
{
	spawn_with(THIRD, VICTIM, body);
	struct task_event event = task_wait(NULL);
	l4_thread_control(id_of(THIRD), L4_NIL, 0, 0, 0, 0);
	return event;
}

static void test_rights(void)
{
	eq(one_map(l4_fpage(PAGE_A, 12, 7), 0, l4_fpage(PAGE_B, 12, 0)), 0,
		"a page that one has can be mapped on");
	ok(probe(probe_read).kind == TASK_DONE && result[2] == 0x3c, "and is seen there");
	struct task_event event = probe(probe_write);
	ok(event.kind == TASK_FAULT && event.value == PAGE_B && event.access == PROT_WRITE,
		"but not with a right to write that the giver lacks");
	finish();
	one_map(l4_fpage(DIRECT_MAP_ADDRESS, 12, 7), 0, l4_fpage(PAGE_B, 12, 0));
	ok(probe(probe_read).kind == TASK_FAULT, "the kernel's memory cannot be mapped");
	finish();
	one_map(l4_fpage((u64)task_utcb(ATTACKER), 12, 7), 0, l4_fpage(PAGE_B, 12, 0));
	ok(probe(probe_read).kind == TASK_FAULT, "nor a UTCB");
	finish();
	one_map(l4_fpage(0x2000000, 12, 7), 0, l4_fpage(PAGE_B, 12, 0));
	ok(probe(probe_read).kind == TASK_FAULT, "nor memory that the giver does not see");
	finish();
}

/* --- unmap --------------------------------------------------------------- */

static void unmap_others(void *unused)
{
	struct l4_utcb *utcb = task_utcb(ATTACKER);
	static const u64 sizes[] = {0, 1, 11, 22, 63};

	(void)unused;
	for (u64 at = PAGE_A; at < PAGE_A + 8 * PAGE; at += PAGE)
		utcb->mr[(at - PAGE_A) / PAGE] = l4_fpage(at, 12, 7);
	result[0] = l4_unmap(8, true);
	utcb->mr[0] = l4_fpage(0x1000000, 21, 7);
	result[1] = l4_unmap(1, false);
	utcb->mr[0] = l4_fpage(KERNEL_ADDRESS, 12, 7);
	result[2] = l4_unmap(1, true);
	utcb->mr[0] = l4_fpage((u64)utcb, 12, 7);
	result[3] = l4_unmap(1, true);
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		utcb->mr[0] = l4_fpage(PAGE_A, (unsigned)sizes[i], 7);
		result[4 + i] = l4_unmap(1, true);
	}
	utcb->mr[5] = 99; /* the UTCB is still there */
	task_done(3);
}

static void touch_a(void *unused)
{
	struct l4_message m = {0};

	(void)unused;
	result[30] = *(volatile u8 *)PAGE_A;
	l4_ipc(L4_NIL, TASK_ROOT, 0, &m);
	result[31] = *(volatile u8 *)PAGE_A;
	task_done(4);
}

static unsigned faults_at_a;

static u64 count_faults(u64 page, u64 access)
{
	faults_at_a += page == PAGE_A;
	return supply_read_only(page, access);
}

/* The victim has PAGE_A from the root task; the attacker, who has it not, tries to take it away. */
static void test_unmapping_others(void)
{
	struct l4_message m = {0};

	begin();
	faults_at_a = 0;
	spawn(VICTIM, touch_a);
	settle(count_faults);
	ok(result[30] == 0x3c && faults_at_a == 1, "the victim has a page");
	spawn(ATTACKER, unmap_others);
	struct task_event event = task_wait(count_faults);
	ok(event.kind == TASK_DONE && event.value == 3 && result[0] == 0,
		"an attacker unmaps addresses where it has nothing");
	bool refused = true;
	for (unsigned i = 4; i < 9; i++)
		refused &= result[i] == -L4_ERROR_INVALID;
	ok(refused, "sizes that are none are refused");
	task_must(l4_ipc(id_of(VICTIM), L4_NIL, 0, &m), "letting the victim go on");
	event = task_wait(count_faults);
	ok(event.value == 4 && result[31] == 0x3c && faults_at_a == 1,
		"the victim did not lose its page");
	finish();
}

/* --- recursion ----------------------------------------------------------- */

/* The attacker maps PAGE_A to the victim, who maps it to the third; then the root task takes rights
 * away. */
static void pass_on(void *unused)
{
	struct l4_message m = {0};
	struct l4_utcb *utcb = task_utcb(VICTIM);

	(void)unused;
	utcb->acceptor = l4_fpage(PAGE_B, 12, 0);
	result[10] = l4_ipc(L4_NIL, id_of(ATTACKER), 0, &m);
	m = (struct l4_message){
		.tag = l4_tag(0, 0, 2), .mr = {l4_map_item(0), l4_fpage(PAGE_B, 12, 7)}};
	result[11] = l4_ipc(id_of(THIRD), L4_NIL, 0, &m);
	task_done(5);
}

static void receive_last(void *unused)
{
	struct l4_message m = {0};

	(void)unused;
	task_utcb(THIRD)->acceptor = l4_fpage(PAGE_C, 12, 0);
	result[12] = l4_ipc(L4_NIL, id_of(VICTIM), 0, &m);
	result[13] = *(volatile u8 *)PAGE_C;
	task_done(6);
}

static void read_c(void *unused)
{
	(void)unused;
	result[14] = *(volatile u8 *)PAGE_C;
	task_done(7);
}

static void write_c(void *unused)
{
	(void)unused;
	*(volatile u8 *)PAGE_C = 9;
	task_done(8);
}

static u64 supply_writable(u64 page, u64 access)
{
	(void)access;
	return page == PAGE_A ? l4_fpage(shared_page, L4_FPAGE_MIN, PROT_READ | PROT_WRITE) : 0;
}

static struct task_event in_third(void (*body)(void *))
{
	spawn_with(FOURTH, THIRD, body);
	struct task_event event = task_wait(supply_writable);
	l4_thread_control(id_of(FOURTH), L4_NIL, 0, 0, 0, 0);
	return event;
}

static void test_recursion(struct l4_utcb *root_utcb)
{
	begin();
	item_fpage = l4_fpage(PAGE_A, 12, 7);
	item_base = 0;
	spawn(VICTIM, pass_on);
	spawn(THIRD, receive_last);
	spawn(ATTACKER, send_map);
	for (unsigned i = 0; i < 3; i++)
		task_wait(supply_writable);
	ok(result[13] == 0x3c, "a page goes through three address spaces");
	ok(in_third(write_c).kind == TASK_DONE, "which may all write it");
	root_utcb->mr[0] = l4_fpage(shared_page, 12, PROT_WRITE);
	task_must(l4_unmap(1, false), "unmapping");
	struct task_event event = in_third(write_c);
	ok(event.kind == TASK_FAULT && event.access == PROT_WRITE,
		"until the first giver takes that right away from all");
	ok(in_third(read_c).kind == TASK_DONE && result[14] == 9, "they still read");
	task_delete(id_of(VICTIM)); /* the space in the middle goes */
	ok(in_third(read_c).kind == TASK_FAULT,
		"what came from a space that has ended is gone with it");
	finish();
}

void test_mappings(void)
{
	shared_page = task_page();
	memset((void *)shared_page, 0x3c, PAGE);
	test_windows();
	test_rights();
	test_unmapping_others();
	test_recursion((struct l4_utcb *)L4_ROOT_UTCB_ADDRESS);
}
