/* Memory that travels beside a message: a copy on write, in both directions. */
#include "security.h"

#define PAGE 4096ull

/* A message with one item of memory. */
struct parcel {
	struct mach_msg_header head;
	struct mach_msg_type type;
	u64 address;
};

static mach_port_t port;

static long post(struct mach_msg_type type, u64 address)
{
	struct parcel parcel = {
		.head = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) |
				      MACH_MSGH_BITS_COMPLEX,
			.msgh_remote_port = port},
		.type = type,
		.address = address,
	};

	return send(&parcel, sizeof(parcel));
}

static long post_bytes(const void *from, u32 bytes, bool deallocate)
{
	return post(MACH_TYPE_MEMORY(MACH_MSG_TYPE_BYTE, 8, bytes, deallocate), (u64)from);
}

/* Where the memory has arrived; NULL: nothing came. */
static u8 *collect(u32 *bytes)
{
	struct parcel parcel;

	if (receive(&parcel, sizeof(parcel), port) != MACH_MSG_SUCCESS)
		return NULL;
	*bytes = parcel.type.msgt_number * parcel.type.msgt_size / 8;
	return (u8 *)parcel.address;
}

static u8 *fresh(u64 bytes)
{
	u64 address = 0;

	check(vm_allocate(self, &address, bytes, true) == KERN_SUCCESS);
	return (u8 *)address;
}

static void give_up(const void *address, u64 bytes)
{
	vm_deallocate(self, (u64)address & ~(PAGE - 1), bytes);
}

static u64 free_pages(void)
{
	struct mach_host_memory memory = {0};

	host_memory(boot->host, &memory);
	return memory.free_pages;
}

static u8 pattern(u64 i)
{
	return (u8)(i * 7 + i / PAGE);
}

static bool has_pattern(const u8 *bytes, u64 n, u64 first)
{
	for (u64 i = 0; i < n; i++)
		if (bytes[i] != pattern(first + i))
			return false;
	return true;
}

static bool is_zero(const u8 *bytes, u64 n)
{
	for (u64 i = 0; i < n; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

static void copies(void)
{
	u8 *from = fresh(4 * PAGE);
	u32 bytes = 0;

	for (u64 i = 0; i < 3 * PAGE; i++)
		from[i] = pattern(i);
	eq(post_bytes(from, 4 * PAGE, false), MACH_MSG_SUCCESS, "memory travels beside a message");
	from[0] = 99;
	u8 *to = collect(&bytes);
	ok(to && bytes == 4 * PAGE && to != from, "and arrives, elsewhere");
	ok(has_pattern(to, 3 * PAGE, 0), "as it was when it was sent, whatever was written since");
	ok(is_zero(to + 3 * PAGE, PAGE), "what was never touched is zero");
	to[PAGE] = 98;
	ok(from[PAGE] == pattern(PAGE) && from[0] == 99,
		"nor does the receiver write to the sender");
	give_up(to, 4 * PAGE);
	ok(has_pattern(from + 1, 3 * PAGE - 1, 1), "the sender keeps its own");
	/* Bytes in the middle of pages: what lies around them stays at home. */
	eq(post_bytes(from + 100, 2 * PAGE, false), MACH_MSG_SUCCESS, "any bytes can be sent");
	to = collect(&bytes);
	ok(((u64)to & (PAGE - 1)) == 100 && has_pattern(to, 2 * PAGE, 100),
		"they arrive at the same place in a page");
	ok(is_zero(to - 100, 100) && is_zero(to + 2 * PAGE, PAGE - 100),
		"and none of their neighbours come along");
	give_up(to, 3 * PAGE);
	eq(post_bytes(from, 3 * PAGE, true), MACH_MSG_SUCCESS, "memory can be given away");
	u8 byte;
	ok(vm_read(self, (u64)from, 1, &byte) != KERN_SUCCESS &&
			vm_read(self, (u64)from + 3 * PAGE, 1, &byte) == KERN_SUCCESS,
		"it is gone then, and no more than that");
	to = collect(&bytes);
	ok(to[0] == 99 && has_pattern(to + 1, 3 * PAGE - 1, 1), "and is the receiver's");
	give_up(to, 3 * PAGE);
	give_up(from + 3 * PAGE, PAGE);
	eq(post_bytes((void *)KERNEL_ADDRESS, 0, true), MACH_MSG_SUCCESS,
		"no bytes need no memory");
	ok(collect(&bytes) == NULL, "and get none");
}

static void shared_memory(void)
{
	mach_port_t entry;
	u64 address = 0;
	u32 bytes;

	check(mach_make_memory_entry(1, &entry) == KERN_SUCCESS);
	check(vm_map(self, &address, PAGE, MACH_VM_ANYWHERE | 3, entry, 0) == KERN_SUCCESS);
	u8 *from = (u8 *)address;
	from[5] = 55;
	post_bytes(from, PAGE, false);
	from[5] = 56;
	u8 *to = collect(&bytes);
	eq(to[5], 55, "memory that others write to is copied at once");
	to[5] = 57;
	eq(from[5], 56, "and is nobody else's at its receiver's");
	give_up(to, PAGE);
	vm_protect(self, address, PAGE, 1);
	eq(post_bytes(from, PAGE, false), MACH_MSG_SUCCESS, "what can be read can be sent");
	to = collect(&bytes);
	to[5] = 58;
	eq(to[5], 58, "and its copy written");
	give_up(to, PAGE);
	vm_protect(self, address, PAGE, 0);
	eq(post_bytes(from, PAGE, false), MACH_SEND_INVALID_MEMORY, "what cannot cannot");
	give_up(from, PAGE);
	mach_port_deallocate(self, entry);
}

static void refusals(void)
{
	static const u64 bad[] = {KERNEL_ADDRESS, DIRECT_MAP_ADDRESS, NONCANONICAL_ADDRESS,
		LAST_PAGE_ADDRESS, 0, ~0ull - 7};
	bool refused = true;
	u8 *from = fresh(2 * PAGE);
	u32 bytes;

	give_up(from + PAGE, PAGE);
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
		refused &= post_bytes((void *)bad[i], 8, true) == MACH_SEND_INVALID_MEMORY;
	ok(refused, "memory that is not the sender's cannot be sent, nor given away");
	eq(post_bytes(from, 2 * PAGE, true), MACH_SEND_INVALID_MEMORY, "nor can a hole behind it");
	from[0] = 1;
	eq(post_bytes(from, MACH_MSG_MEMORY_MAX + 1, false), MACH_SEND_INVALID_MEMORY,
		"nor more than may be sent at once");
	eq(post((struct mach_msg_type){.msgt_name = 9, .msgt_size = 65535, .msgt_number = ~0u},
		   (u64)from),
		MACH_SEND_INVALID_MEMORY, "by far");
	eq(post(
		   (struct mach_msg_type){
			   .msgt_name = MACH_MSG_TYPE_COPY_SEND, .msgt_size = 64, .msgt_number = 1},
		   (u64)from),
		MACH_SEND_INVALID_TYPE, "rights do not travel in memory");
	ok(collect(&bytes) == NULL, "and none of that arrived");
	give_up(from, PAGE);
}

static void deaths(void)
{
	u64 before = free_pages();
	bool sent = true;

	for (unsigned i = 0; i < 200; i++) {
		u8 *from = fresh(8 * PAGE);
		for (u64 j = 0; j < 8; j++)
			from[j * PAGE] = (u8)j;
		mach_port_t doomed = port;
		port = new_port(true);
		sent &= post_bytes(from + 1, 8 * PAGE - 1, true) == MACH_MSG_SUCCESS;
		destroy_port(port);
		mach_port_deallocate(self, port);
		port = doomed;
	}
	ok(sent, "200 messages die with their queues");
	ok(before - free_pages() < 16, "and their memory comes back");
}

void test_outofline(void)
{
	port = new_port(true);
	copies();
	shared_memory();
	refusals();
	deaths();
	destroy_port(port);
	mach_port_deallocate(self, port);
}
