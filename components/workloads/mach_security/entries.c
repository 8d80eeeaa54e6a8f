/* Memory entries, and the disk where there is one: shared, resized, given up, misused. */
#include "security.h"

#define PAGE         4096ull
#define READ         1u
#define WRITE        2u
#define SHARED_FLAGS (MACH_VM_ANYWHERE | READ | WRITE)

static u64 free_pages(void)
{
	struct mach_host_memory memory;

	check(host_memory(boot->host, &memory) == KERN_SUCCESS);
	return memory.free_pages;
}

static volatile u64 *map(mach_port_t entry, u64 pages, u32 flags)
{
	u64 at = 0;

	check(vm_map(self, &at, pages * PAGE, flags, entry, 0) == KERN_SUCCESS);
	return (volatile u64 *)at;
}

static void unmap(volatile u64 *at, u64 pages)
{
	check(vm_deallocate(self, (u64)at, pages * PAGE) == KERN_SUCCESS);
}

static volatile u64 *common;

static void write_common(u64 value)
{
	common[512] = value;
	child_report(1);
}

static void sharing(void)
{
	mach_port_t entry;
	struct child child;
	u64 byte;

	eq(mach_make_memory_entry(2, &entry), KERN_SUCCESS, "a memory entry is made");
	common = map(entry, 4, SHARED_FLAGS);
	volatile u64 *again = map(entry, 4, SHARED_FLAGS),
		     *copy = map(entry, 4, SHARED_FLAGS | MACH_VM_COPY);
	common[0] = 7;
	ok(again[0] == 7 && copy[0] == 7 && again[512] == 0,
		"its mappings show the same bytes, zero at first");
	copy[0] = 8;
	ok(common[0] == 7 && copy[0] == 8, "a private one is copied when it is written");
	child_start(&child, write_common, 9);
	ok(child_done() && again[512] == 9, "a child's writes are seen, too");
	child_end(&child);

	eq(vm_read(self, (u64)common + 2 * PAGE, 8, &byte), KERN_MEMORY_FAILURE,
		"there is nothing beyond its size");
	eq(mach_resize_memory_entry(entry, 3), KERN_SUCCESS, "it grows");
	ok(common[1024] == 0, "by zeroes");
	common[1024] = 5;
	eq(mach_resize_memory_entry(entry, 1), KERN_SUCCESS, "it shrinks");
	volatile u64 *fresh = map(entry, 4, SHARED_FLAGS);
	eq(mach_resize_memory_entry(entry, 3), KERN_SUCCESS, "and grows anew");
	ok(fresh[0] == 7 && fresh[512] == 0 && fresh[1024] == 0, "without what it held before");
	unmap(common, 4);
	unmap(again, 4);
	unmap(copy, 4);
	mach_port_deallocate(self, entry);
	ok(fresh[0] == 7, "who has it mapped keeps it without its name");
	unmap(fresh, 4);
}

static void rights_of_mappings(void)
{
	mach_port_t entry;

	check(mach_make_memory_entry(1, &entry) == KERN_SUCCESS);
	volatile u64 *at = map(entry, 1, MACH_VM_ANYWHERE | READ | MACH_VM_READ_ONLY);
	eq(vm_protect(self, (u64)at, PAGE, READ | WRITE), KERN_PROTECTION_FAILURE,
		"a mapping made read-only for good stays so");
	unmap(at, 1);
	mach_port_deallocate(self, entry);
}

/* Everything that a round makes is gone after it. */
static void counting(void)
{
	u64 before = 0;

	for (unsigned round = 0; round < 40; round++) {
		mach_port_t entry;
		check(mach_make_memory_entry(16, &entry) == KERN_SUCCESS);
		volatile u64 *at = map(entry, 16, SHARED_FLAGS);
		for (unsigned i = 0; i < 16; i++)
			at[i * 512] = i;
		unmap(at, 16);
		mach_port_deallocate(self, entry);
		if (round == 3)
			before = free_pages();
	}
	eq((s64)free_pages(), (s64)before, "its frames go with its last right and mapping");
}

static void misuse(void)
{
	mach_port_t entry, port = new_port(true);
	struct plain message = {.head = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
					.msgh_size = sizeof(message)}};

	eq(mach_make_memory_entry(~0ull, &entry), KERN_INVALID_ARGUMENT,
		"an entry larger than can be is refused");
	eq(mach_make_memory_entry(1, (mach_port_t *)KERNEL_ADDRESS), KERN_INVALID_ADDRESS,
		"so is a result into the kernel");
	eq(mach_resize_memory_entry(port, 1), KERN_INVALID_CAPABILITY,
		"an ordinary port is no memory entry");
	eq(mach_resize_memory_entry(self, 1), KERN_INVALID_CAPABILITY, "nor is a task");
	check(mach_make_memory_entry(1, &entry) == KERN_SUCCESS);
	eq(mach_resize_memory_entry(entry, ~0ull), KERN_INVALID_ARGUMENT,
		"one cannot grow beyond all bounds");
	message.head.msgh_remote_port = entry;
	eq(send(&message, sizeof(message)), MACH_MSG_SUCCESS, "a message to it is swallowed");
	mach_port_deallocate(self, entry);
	eq(mach_resize_memory_entry(entry, 1), KERN_INVALID_CAPABILITY,
		"a name that was given up names it no more");
	eq(host_memory(self, NULL), KERN_INVALID_CAPABILITY,
		"the machine's memory is the host port's to tell");
	destroy_port(port);
}

static void disk(void)
{
	static u8 sectors[MACH_SECTORS_MAX * MACH_SECTOR_SIZE];
	struct mach_disk_status status;

	eq(device_read_at(boot->console, 0, sectors, 1), KERN_INVALID_CAPABILITY,
		"the console is no disk");
	if (boot->disk == MACH_PORT_NULL) {
		eq(device_status(boot->disk, &status), KERN_INVALID_CAPABILITY,
			"nor is no name at all");
		return;
	}
	eq(device_status(boot->disk, &status), KERN_SUCCESS, "the disk tells its size");
	eq(device_read_at(boot->disk, 0, sectors, MACH_SECTORS_MAX), KERN_SUCCESS, "it is read");
	eq(device_read_at(boot->disk, status.sectors, sectors, 1), KERN_INVALID_ARGUMENT,
		"not beyond its end");
	eq(device_read_at(boot->disk, 0, sectors, MACH_SECTORS_MAX + 1), KERN_INVALID_ARGUMENT,
		"nor too much at once");
	eq(device_read_at(boot->disk, 0, (void *)KERNEL_ADDRESS, 1), KERN_INVALID_ADDRESS,
		"nor into the kernel");
	eq(device_write_at(boot->disk, 0, (void *)KERNEL_ADDRESS, 1), KERN_INVALID_ADDRESS,
		"nor is the kernel written to it");
	eq(device_write(boot->disk, sectors, 1), KERN_INVALID_ARGUMENT,
		"bytes without a place are no disk's");
	sectors[0] ^= 0xff;
	u8 kept = sectors[0];
	eq(device_write_at(boot->disk, 0, sectors, 1),
		status.read_only ? KERN_PROTECTION_FAILURE : KERN_SUCCESS,
		"it is written unless it is read-only");
	eq(device_flush(boot->disk), KERN_SUCCESS, "and flushed");
	sectors[0] = 0;
	check(device_read_at(boot->disk, 0, sectors, 1) == KERN_SUCCESS);
	ok((sectors[0] == kept) == !status.read_only, "what was written is there");
}

void test_entries(void)
{
	sharing();
	rights_of_mappings();
	counting();
	misuse();
	disk();
}
