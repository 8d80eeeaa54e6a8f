/*
 * A virtio block device behind memory-mapped registers (version 2, not legacy).
 *
 * One queue, one request in flight: a chain of three descriptors (header, data,
 * status). The queue's three parts share one page, the request's header and status
 * lie behind them. All addresses that the device gets are physical.
 */
#include <block/block.h>

#define SLOT_SIZE  0x200
#define SLOT_COUNT (BLOCK_WINDOW_PAGES * PAGE_SIZE / SLOT_SIZE)

#define REG_MAGIC             0x000
#define REG_VERSION           0x004
#define REG_DEVICE            0x008
#define REG_FEATURES          0x010
#define REG_FEATURES_SELECT   0x014
#define REG_ACCEPT            0x020
#define REG_ACCEPT_SELECT     0x024
#define REG_QUEUE_SELECT      0x030
#define REG_QUEUE_MAX         0x034
#define REG_QUEUE_SIZE        0x038
#define REG_QUEUE_READY       0x044
#define REG_NOTIFY            0x050
#define REG_STATUS            0x070
#define REG_QUEUE_DESCRIPTORS 0x080
#define REG_QUEUE_DRIVER      0x090
#define REG_QUEUE_DEVICE      0x0a0
#define REG_CAPACITY          0x100

#define MAGIC          0x74726976 /* "virt" */
#define VERSION_MODERN 2
#define DEVICE_BLOCK   2

#define STATUS_ACKNOWLEDGE 1u
#define STATUS_DRIVER      2u
#define STATUS_DRIVER_OK   4u
#define STATUS_FEATURES_OK 8u

#define FEATURE_READ_ONLY (1u << 5)
#define FEATURE_FLUSH     (1u << 9)
#define FEATURE_VERSION_1 (1u << 0) /* of the upper 32 */

#define REQUEST_READ  0u
#define REQUEST_WRITE 1u
#define REQUEST_FLUSH 4u

#define DESCRIPTOR_NEXT  1u
#define DESCRIPTOR_WRITE 2u /* by the device */

#define QUEUE_SIZE 4

struct descriptor {
	u64 address;
	u32 length;
	u16 flags, next;
};

struct queue_page {
	struct descriptor descriptors[QUEUE_SIZE];
	struct {
		u16 flags, index, ring[QUEUE_SIZE], unused;
	} driver;
	struct {
		u16 flags, index;
		struct {
			u32 id, length;
		} ring[QUEUE_SIZE];
	} device aligned(4);
	struct {
		u32 type, reserved;
		u64 sector;
	} header aligned(16);
	u8 status;
};
_Static_assert(sizeof(struct queue_page) <= PAGE_SIZE, "the queue is one page");

static volatile u8 *registers; /* NULL: no disk */
static struct queue_page *queue;
static u64 sectors;
static u32 features;

static u32 reg_read(u32 offset)
{
	return *(volatile u32 *)(registers + offset);
}

static void reg_write(u32 offset, u32 value)
{
	*(volatile u32 *)(registers + offset) = value;
}

static paddr_t phys_of(const void *bytes)
{
	return (uintptr_t)bytes - frames_window;
}

static void reg_write_address(u32 offset, const volatile void *bytes)
{
	paddr_t phys = phys_of((const void *)bytes);

	reg_write(offset, (u32)phys);
	reg_write(offset + 4, (u32)(phys >> 32));
}

static bool find_device(volatile u8 *window)
{
	for (u64 slot = 0; slot < SLOT_COUNT; slot++) {
		registers = window + slot * SLOT_SIZE;
		if (reg_read(REG_MAGIC) == MAGIC && reg_read(REG_VERSION) == VERSION_MODERN &&
			reg_read(REG_DEVICE) == DEVICE_BLOCK)
			return true;
	}
	registers = NULL;
	return false;
}

static bool negotiate(void)
{
	reg_write(REG_STATUS, 0);
	reg_write(REG_STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
	reg_write(REG_FEATURES_SELECT, 0);
	features = reg_read(REG_FEATURES) & (FEATURE_READ_ONLY | FEATURE_FLUSH);
	reg_write(REG_ACCEPT_SELECT, 0);
	reg_write(REG_ACCEPT, features);
	reg_write(REG_ACCEPT_SELECT, 1);
	reg_write(REG_ACCEPT, FEATURE_VERSION_1);
	reg_write(REG_STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
	return reg_read(REG_STATUS) & STATUS_FEATURES_OK;
}

static bool start_queue(void)
{
	reg_write(REG_QUEUE_SELECT, 0);
	if (reg_read(REG_QUEUE_MAX) < QUEUE_SIZE)
		return false;
	reg_write(REG_QUEUE_SIZE, QUEUE_SIZE);
	reg_write_address(REG_QUEUE_DESCRIPTORS, queue->descriptors);
	reg_write_address(REG_QUEUE_DRIVER, &queue->driver);
	reg_write_address(REG_QUEUE_DEVICE, &queue->device);
	reg_write(REG_QUEUE_READY, 1);
	reg_write(REG_STATUS,
		STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK);
	return true;
}

enum kstatus block_init(volatile void *window)
{
	if (!find_device(window))
		return K_NOENT;
	struct page *page = frame_alloc();
	if (!page) {
		registers = NULL;
		return K_NOMEM;
	}
	queue = page_bytes(page);
	page_zero(queue);
	if (!negotiate() || !start_queue()) {
		reg_write(REG_STATUS, 0);
		registers = NULL;
		page_unref(page);
		return K_NOENT;
	}
	sectors = (u64)reg_read(REG_CAPACITY + 4) << 32 | reg_read(REG_CAPACITY);
	return K_OK;
}

u64 block_size(void)
{
	return registers ? sectors : 0;
}

bool block_is_read_only(void)
{
	return features & FEATURE_READ_ONLY;
}

/* Sends the chain that begins with descriptor 0 and waits until the device has used it. */
static enum kstatus submit(void)
{
	u16 before = queue->device.index;

	queue->status = 0xff;
	queue->driver.ring[queue->driver.index % QUEUE_SIZE] = 0;
	barrier();
	queue->driver.index++;
	__asm__ volatile("mfence" : : : "memory");
	reg_write(REG_NOTIFY, 0);
	while (*(volatile u16 *)&queue->device.index == before)
		__asm__ volatile("pause");
	barrier();
	return queue->status == 0 ? K_OK : K_FAULT;
}

static enum kstatus request(u32 type, u64 sector, u32 count, const void *buffer)
{
	bool has_data = count > 0;
	u16 device_writes = type == REQUEST_READ ? DESCRIPTOR_WRITE : 0;

	queue->header.type = type;
	queue->header.sector = sector;
	queue->descriptors[0] = (struct descriptor){
		phys_of(&queue->header), sizeof(queue->header), DESCRIPTOR_NEXT, has_data ? 1 : 2};
	if (has_data)
		queue->descriptors[1] = (struct descriptor){
			phys_of(buffer), count * BLOCK_SECTOR, DESCRIPTOR_NEXT | device_writes, 2};
	queue->descriptors[2] =
		(struct descriptor){phys_of(&queue->status), 1, DESCRIPTOR_WRITE, 0};
	return submit();
}

static enum kstatus check_range(u64 sector, u32 count)
{
	if (!registers)
		return K_NOENT;
	return count > sectors || sector > sectors - count ? K_RANGE : K_OK;
}

enum kstatus block_read(u64 sector, u32 count, void *buffer)
{
	enum kstatus status = check_range(sector, count);

	return status == K_OK && count > 0 ? request(REQUEST_READ, sector, count, buffer) : status;
}

enum kstatus block_write(u64 sector, u32 count, const void *buffer)
{
	enum kstatus status = check_range(sector, count);

	if (status == K_OK && block_is_read_only())
		return K_DENIED;
	return status == K_OK && count > 0 ? request(REQUEST_WRITE, sector, count, buffer) : status;
}

enum kstatus block_flush(void)
{
	if (!registers)
		return K_NOENT;
	return features & FEATURE_FLUSH ? request(REQUEST_FLUSH, 0, 0, NULL) : K_OK;
}
