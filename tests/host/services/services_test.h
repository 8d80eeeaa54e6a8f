/*
 * What the tests of the services share. They run on the simulated placement
 * (components/personality/host): a client is a C function, its calls go
 * through host_sys() by Linux's own numbers.
 */
#pragma once

#include <sys/syscall.h>

#include <tap.h>

#include <host.h>
#include <services/errno.h>
#include <services/services.h>

/* The seed of this run of the tests: SERVICES_SEED, or 1. */
u64 test_seed(void);

/* Runs `program` as process 1 on an archive that holds bin/init; states that it ended with 0. */
void test_run(host_program program, void *argument, struct host_chances chances, const char *what);
/* The same, which may end as it likes: its status. */
int test_run_quietly(host_program program, void *argument, struct host_chances chances);
/* The same without chances. */
void test_run_plain(host_program program, const char *what);

/* A client's 32-bit word. */
s32 peek32(vaddr_t at);

/* A string in the client's memory. */
vaddr_t client_string(const char *string);

/* --- making archives and programs --------------------------------------------- */

struct archive {
	u8 bytes[1 << 16];
	size_t size;
};

void archive_begin(struct archive *archive);
void archive_add(
	struct archive *archive, const char *name, u32 mode, const void *bytes, size_t size);
void archive_end(struct archive *archive);

/* A small valid ELF file: text at 0x400000, data and bss behind it. Its size. */
#define TEST_ELF_SIZE  0x2100
#define TEST_ELF_ENTRY 0x400100
#define TEST_ELF_DATA  0x402000
#define TEST_ELF_END   0x405000
size_t make_elf(u8 bytes[TEST_ELF_SIZE]);

/* Its header, and that of a segment. The file must be aligned. */
struct elf_header *header_of(u8 *elf);
struct elf_program_header *segment_of(u8 *elf, int i);

/* --- transports ------------------------------------------------------------------ */

extern const struct host_transport mach_transport;

/* What went through it: calls, buffers carried, copies served from a message, copies that were not.
 */
struct mach_traffic {
	u64 calls, windows, carried, fetched;
};
extern struct mach_traffic mach_traffic;

u32 mach_fuzz(u32 rounds);
bool mach_leaves_gaps(void);
