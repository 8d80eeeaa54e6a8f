/* support: see services_test.h. */
#include <stdio.h>
#include <stdlib.h>

#include <services/exec/elf.h>

#include "services_test.h"

u64 test_seed(void)
{
	const char *seed = getenv("SERVICES_SEED");

	return seed ? strtoull(seed, NULL, 10) : 1;
}

static void set_plain_initrd(void)
{
	static struct archive archive;
	static u8 elf[TEST_ELF_SIZE];

	if (archive.size == 0) {
		archive_begin(&archive);
		archive_add(&archive, "bin/init", 0100755, elf, make_elf(elf));
		archive_add(&archive, "bin/data", 0100644, "data", 4);
		archive_end(&archive);
	}
	host_set_initrd(archive.bytes, archive.size);
}

int test_run_quietly(host_program program, void *argument, struct host_chances chances)
{
	set_plain_initrd();
	return host_run("/bin/init", "", program, argument, chances);
}

void test_run(host_program program, void *argument, struct host_chances chances, const char *what)
{
	tap_eq(test_run_quietly(program, argument, chances), 0, what);
}

void test_run_plain(host_program program, const char *what)
{
	test_run(program, NULL, (struct host_chances){.seed = test_seed()}, what);
}

s32 peek32(vaddr_t at)
{
	s32 value;

	host_peek(&value, at, sizeof(value));
	return value;
}

vaddr_t client_string(const char *string)
{
	vaddr_t at = host_alloc(strlen(string) + 1);

	host_poke(at, string, strlen(string) + 1);
	return at;
}

void archive_begin(struct archive *archive)
{
	memset(archive, 0, sizeof(*archive));
}

static void append(struct archive *archive, const void *bytes, size_t size)
{
	if (size > sizeof(archive->bytes) - archive->size)
		abort();
	memcpy(archive->bytes + archive->size, bytes, size);
	archive->size = ALIGN_UP(archive->size + size, (size_t)4);
}

void archive_add(
	struct archive *archive, const char *name, u32 mode, const void *bytes, size_t size)
{
	char header[256];
	int n = snprintf(header, sizeof(header),
		"070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s", 1u, mode, 0u, 0u,
		1u, 0u, (unsigned)size, 0u, 0u, 0u, 0u, (unsigned)strlen(name) + 1, 0u, name);

	append(archive, header, (size_t)n + 1);
	if (size > 0)
		append(archive, bytes, size);
}

void archive_end(struct archive *archive)
{
	archive_add(archive, "TRAILER!!!", 0, NULL, 0);
}

size_t make_elf(u8 bytes[TEST_ELF_SIZE])
{
	struct elf_header header = {
		.ident = {0x7f, 'E', 'L', 'F', 2, 1, 1},
		.type = ELF_TYPE_EXEC,
		.machine = ELF_MACHINE_X86_64,
		.version = 1,
		.entry = TEST_ELF_ENTRY,
		.phoff = 64,
		.ehsize = 64,
		.phentsize = 56,
		.phnum = 2,
	};
	struct elf_program_header segments[2] = {
		{ELF_PT_LOAD, ELF_READ | ELF_EXEC, 0, 0x400000, 0x400000, 0x1200, 0x1200, 0x1000},
		{ELF_PT_LOAD, ELF_READ | ELF_WRITE, 0x2000, TEST_ELF_DATA, TEST_ELF_DATA, 0x80,
			0x2800, 0x1000},
	};

	for (size_t i = 0; i < TEST_ELF_SIZE; i++)
		bytes[i] = (u8)(i * 7 + i / 256);
	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + 64, segments, sizeof(segments));
	return TEST_ELF_SIZE;
}

struct elf_header *header_of(u8 *elf)
{
	return (struct elf_header *)elf;
}

struct elf_program_header *segment_of(u8 *elf, int i)
{
	return (struct elf_program_header *)(elf + 64) + i;
}
