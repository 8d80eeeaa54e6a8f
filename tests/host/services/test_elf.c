/* ELF files that nobody should run: spoiled one by one, damaged at random, and executed all the
 * same. */
#include <services/exec/elf.h>
#include <services/exec/exec.h>

#include "services_test.h"

#define LIMIT ((u64)0x7fffff000000)

/* Each turns a good file into a bad one. */
static void bad_magic(u8 *elf)
{
	elf[1] = 'e';
}
static void bad_class(u8 *elf)
{
	elf[4] = 1;
}
static void bad_endian(u8 *elf)
{
	elf[5] = 2;
}
static void bad_version(u8 *elf)
{
	elf[6] = 0;
}
static void bad_type(u8 *elf)
{
	header_of(elf)->type = 1;
}
static void bad_machine(u8 *elf)
{
	header_of(elf)->machine = 3;
}
static void no_headers(u8 *elf)
{
	header_of(elf)->phnum = 0;
}
static void many_headers(u8 *elf)
{
	header_of(elf)->phnum = 65535;
}
static void headers_outside(u8 *elf)
{
	header_of(elf)->phoff = TEST_ELF_SIZE - 111;
}
static void headers_far(u8 *elf)
{
	header_of(elf)->phoff = (u64)-8;
}
static void header_size(u8 *elf)
{
	header_of(elf)->phentsize = 55;
}
static void entry_outside(u8 *elf)
{
	header_of(elf)->entry = 0x500000;
}
static void entry_in_data(u8 *elf)
{
	header_of(elf)->entry = TEST_ELF_DATA;
}
static void entry_in_kernel(u8 *elf)
{
	header_of(elf)->entry = 0xffffffff80000000;
}
static void file_larger_than_memory(u8 *elf)
{
	segment_of(elf, 1)->memsz = 0x7f;
}
static void bytes_outside(u8 *elf)
{
	segment_of(elf, 1)->filesz = 0x101;
}
static void offset_outside(u8 *elf)
{
	segment_of(elf, 1)->offset = 0x3000;
}
static void offset_wraps(u8 *elf)
{
	segment_of(elf, 1)->offset = (u64)-0x1000;
}
static void size_wraps(u8 *elf)
{
	segment_of(elf, 1)->memsz = (u64)-0x1000;
}
static void address_wraps(u8 *elf)
{
	segment_of(elf, 1)->vaddr = (u64)-0x1000;
}
static void address_in_kernel(u8 *elf)
{
	segment_of(elf, 1)->vaddr = 0xffffffff80002000;
}
static void address_of_placement(u8 *elf)
{
	segment_of(elf, 1)->vaddr = LIMIT - 0x1000;
}
static void address_unlike_offset(u8 *elf)
{
	segment_of(elf, 1)->vaddr += 8;
}
static void overlap(u8 *elf)
{
	segment_of(elf, 1)->vaddr = 0x401000;
	segment_of(elf, 1)->filesz = 0;
}
static void downwards(u8 *elf)
{
	segment_of(elf, 1)->vaddr = 0x300000;
}
static void odd_alignment(u8 *elf)
{
	segment_of(elf, 1)->align = 3;
}
static void odd_flags(u8 *elf)
{
	segment_of(elf, 1)->flags = 8 | 4;
}
static void nothing_to_load(u8 *elf)
{
	segment_of(elf, 0)->type = 0;
	segment_of(elf, 1)->type = 0;
}

static void test_hostile(void)
{
	static void (*const spoil[])(u8 * elf) = {bad_magic, bad_class, bad_endian, bad_version,
		bad_type, bad_machine, no_headers, many_headers, headers_outside, headers_far,
		header_size, entry_outside, entry_in_data, entry_in_kernel, file_larger_than_memory,
		bytes_outside, offset_outside, offset_wraps, size_wraps, address_wraps,
		address_in_kernel, address_of_placement, address_unlike_offset, overlap, downwards,
		odd_alignment, odd_flags, nothing_to_load};
	static u8 elf[TEST_ELF_SIZE] aligned(16);
	struct elf_image image;
	bool refused = true;

	make_elf(elf);
	tap_ok(elf_read(elf, TEST_ELF_SIZE, LIMIT, &image), "the good file is read");
	tap_eq(image.count, 2, "with its segments");
	tap_eq(image.headers_address, 0x400040, "and where its headers will be");
	for (size_t i = 0; i < ARRAY_SIZE(spoil); i++) {
		make_elf(elf);
		spoil[i](elf);
		tap_ok(!elf_read(elf, TEST_ELF_SIZE, LIMIT, &image), "a spoiled one is refused");
	}
	make_elf(elf);
	for (size_t size = 0; size < 64 + 2 * 56; size++) {
		/* A copy of that size, so that a sanitizer sees a byte read too far. */
		u8 *cut = kalloc(size + 1);

		memcpy(cut + 1, elf, size);
		refused = refused && !elf_read(cut + 1, size, LIMIT, &image);
		kfree(cut, size + 1);
	}
	tap_ok(refused, "so is one that ends within its headers");
}

/* What elf_read() promises of an image that it lets pass. */
static bool keeps_promise(const struct elf_image *image, u64 size)
{
	u64 end = 0;

	for (u32 i = 0; i < image->count; i++) {
		const struct elf_segment *s = &image->segments[i];

		if (s->filesz > s->memsz || s->memsz == 0 || s->offset > size ||
			s->filesz > size - s->offset || s->vaddr % 4096 != s->offset % 4096 ||
			ALIGN_DOWN(s->vaddr, ELF_PAGE) < end || s->vaddr > LIMIT ||
			s->memsz > LIMIT - s->vaddr)
			return false;
		end = ALIGN_UP(s->vaddr + s->memsz, ELF_PAGE);
	}
	return image->count > 0 && image->count <= ELF_SEGMENTS_MAX && image->end == end &&
	       end <= LIMIT && image->start == ALIGN_DOWN(image->segments[0].vaddr, ELF_PAGE);
}

/* Random damage to the headers; the file as a whole, or a part of it. */
static void fuzz(void *argument)
{
	static u8 elf[TEST_ELF_SIZE];
	static const u64 values[] = {0, 1, 0x1000, 0x2000, 0xffff, 0x10000, 0x400000, 0x402000,
		(u64)-1, (u64)-4096, LIMIT, 0x7ff};
	u32 passed = 0, broken = 0;

	(void)argument;
	for (int round = 0; round < 30000; round++) {
		u64 size = host_chance(4) ? host_random() % TEST_ELF_SIZE : TEST_ELF_SIZE;
		struct elf_image image;

		make_elf(elf);
		for (u64 i = host_random() % 4; i > 0; i--) {
			u64 value = values[host_random() % ARRAY_SIZE(values)];
			size_t at = host_random() % (64 + 2 * 56 - 8);

			if (host_chance(2))
				elf[at] = (u8)host_random();
			else
				memcpy(elf + (at & ~(size_t)7), &value, 8);
		}
		if (!elf_read(elf, size, LIMIT, &image))
			continue;
		passed++;
		broken += !keeps_promise(&image, size);
	}
	tap_ok(passed > 1000 && passed < 29000, "some damaged files pass and some do not");
	tap_eq(broken, 0, "and what passes can be mapped");
}

/* Damaged files, executed: they are refused, or run with the damage; nothing is lost either way. */
static void fuzz_exec(void *argument)
{
	vaddr_t path = client_string("/bin/bad");
	u64 live = host_live_objects();
	long result = host_sys(SYS_execve, path, 0, 0);
	long *results = argument;

	if (result != 0 && result != -ENOEXEC && result != -ENOMEM)
		host_die("exec of a damaged file fails oddly");
	if (host_live_objects() != live)
		host_die("exec of a damaged file loses memory");
	results[result == 0]++;
}

static void run_fuzz_exec(void)
{
	static struct archive archive;
	static u8 good[TEST_ELF_SIZE], bad[TEST_ELF_SIZE];
	long results[2] = {0, 0};

	for (u64 round = 0; round < 150; round++) {
		u64 chance = (test_seed() * 1000 + round) * 0x9e3779b97f4a7c15ull;

		make_elf(good);
		make_elf(bad);
		bad[chance % 176] = (u8)(chance >> 32);
		bad[(chance >> 16) % 176] ^= (u8)(1u << (chance >> 40) % 8);
		archive_begin(&archive);
		archive_add(&archive, "bin/init", 0100755, good, TEST_ELF_SIZE);
		archive_add(&archive, "bin/bad", 0100755, bad, TEST_ELF_SIZE);
		archive_end(&archive);
		host_set_initrd(archive.bytes, archive.size);
		if (host_run("/bin/init", "", fuzz_exec, results,
			    (struct host_chances){.seed = round}) != 0)
			host_die("a machine does not survive a damaged file");
	}
	tap_ok(results[0] > 10 && results[1] > 10,
		"damaged files are executed or refused, and nothing is lost");
}

void test_elf(void);
void test_elf(void)
{
	test_hostile();
	test_run_plain(fuzz, "damaged headers");
	run_fuzz_exec();
}
