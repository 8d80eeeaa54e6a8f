/*
 * block: random writes and reads on a scratch disk against a model in memory.
 * Without a disk (QEMU started without one) only the refusals are tested. The disk's first 64 KiB
 * are overwritten.
 */
#include <block/block.h>
#include <tap.h>

void contract_test_block(void);

#define SECTORS 128

static u64 random_state = 0x626c6f636b;

static u64 next_random(void)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return random_state >> 33;
}

static void test_refusals(u8 *buffer)
{
	u64 size = block_size();
	enum kstatus none = size == 0 ? K_NOENT : K_RANGE;

	tap_eq(block_read(size, 1, buffer), none, "the sector behind the last cannot be read");
	tap_eq(block_read(UINT64_MAX, 2, buffer), none, "nor one whose number wraps around");
	if (!block_is_read_only() || size == 0)
		tap_eq(block_write(size, 1, buffer), none, "nor written");
}

static void test_model(u8 *buffer)
{
	static u8 model[SECTORS * BLOCK_SECTOR];
	bool good = true;

	for (u32 i = 0; i < SECTORS && good; i += 8)
		good = block_read(i, 8, buffer) == K_OK &&
		       memcpy(model + i * BLOCK_SECTOR, buffer, PAGE_SIZE);
	tap_ok(good, "sectors are read");
	for (unsigned round = 0; round < 200 && good; round++) {
		u32 count = 1 + (u32)(next_random() % 8),
		    sector = (u32)(next_random() % (SECTORS - count));
		size_t bytes = count * BLOCK_SECTOR;
		if (next_random() % 2) {
			memset(buffer, (int)next_random(), bytes);
			memcpy(model + sector * BLOCK_SECTOR, buffer, bytes);
			good = block_write(sector, count, buffer) == K_OK;
		} else {
			good = block_read(sector, count, buffer) == K_OK &&
			       memcmp(model + sector * BLOCK_SECTOR, buffer, bytes) == 0;
		}
	}
	tap_ok(good, "what is written is read again");
	tap_eq(block_flush(), K_OK, "and made durable");
}

void contract_test_block(void)
{
	struct page *page = frame_alloc();

	if (!tap_ok(page != NULL, "there is memory for a buffer"))
		return;
	test_refusals(page_bytes(page));
	if (block_size() < SECTORS || block_is_read_only())
		tap_skip("reading and writing", "no scratch disk is attached");
	else
		test_model(page_bytes(page));
	page_unref(page);
}
