/* seals: what nobody may do any more to a file in memory. */
#include <sys/mman.h>

#include <workloads/conform_test/conform.h>

enum { SEAL = 1, SHRINK = 2, GROW = 4, WRITE = 8, FUTURE = 16 };
enum { ADD = 1033, GET = 1034 };

#define ALLOW_SEALING 2
#define FD            0 /* that memfd_create gives here */

static const struct conform_case seals_cases[] = {
	{"memfd_create allows no seals unless asked",
		{GIVES(FD, memfd_create, "x", 0), GIVES(SEAL, fcntl, FD, GET, 0),
			FAILS(EPERM, fcntl, FD, ADD, WRITE)}},
	{"seals add up, until SEAL",
		{GIVES(FD, memfd_create, "x", ALLOW_SEALING), GIVES(0, fcntl, FD, GET, 0),
			GIVES(0, fcntl, FD, ADD, SHRINK), GIVES(0, fcntl, FD, ADD, GROW | SEAL),
			GIVES(SHRINK | GROW | SEAL, fcntl, FD, GET, 0),
			FAILS(EPERM, fcntl, FD, ADD, SHRINK)}},
	{"an unknown seal gives EINVAL", {GIVES(FD, memfd_create, "x", ALLOW_SEALING),
						 FAILS(EINVAL, fcntl, FD, ADD, 0x100)}},
	{"a file that is not open for writing cannot be sealed",
		{FAILS(EPERM, fcntl, RD, ADD, WRITE), FAILS(EPERM, fcntl, RD, ADD, 0x100)}},
	{"other files of a tmpfs are sealed against seals, a pipe has none",
		{GIVES(SEAL, fcntl, RW, GET, 0), FAILS(EPERM, fcntl, RW, ADD, WRITE),
			FAILS(EINVAL, fcntl, PW, ADD, WRITE), FAILS(EINVAL, fcntl, EVENT, GET, 0)}},
	{"SHRINK and GROW keep the size",
		{GIVES(FD, memfd_create, "x", ALLOW_SEALING), GIVES(0, ftruncate, FD, 5000),
			GIVES(0, fcntl, FD, ADD, SHRINK | GROW), FAILS(EPERM, ftruncate, FD, 4999),
			FAILS(EPERM, ftruncate, FD, 5001), GIVES(0, ftruncate, FD, 5000)}},
	{"GROW lets the pages before be written",
		{GIVES(FD, memfd_create, "x", ALLOW_SEALING), GIVES(0, ftruncate, FD, 5000),
			GIVES(0, fcntl, FD, ADD, GROW), GIVES(10, pwrite64, FD, BUF, 10, 4990),
			FAILS(EPERM, pwrite64, FD, BUF, 11, 4990),
			GIVES(96, pwrite64, FD, BUF, 1001, 4000)}},
	{"nor may fallocate make it longer, or WRITE let a hole be made",
		{GIVES(FD, memfd_create, "x", ALLOW_SEALING), GIVES(0, ftruncate, FD, 5000),
			GIVES(0, fcntl, FD, ADD, GROW | WRITE),
			FAILS(EPERM, fallocate, FD, 0, 0, 5001),
			GIVES(0, fallocate, FD, 0, 0, 5000),
			FAILS(EPERM, fallocate, FD, 3, 0, 4096)}},
	{"WRITE forbids writing and shared mappings to write to",
		{GIVES(FD, memfd_create, "x", ALLOW_SEALING), GIVES(0, ftruncate, FD, 5000),
			GIVES(0, fcntl, FD, ADD, WRITE), FAILS(EPERM, write, FD, BUF, 1),
			FAILS(EPERM, mmap, 0, 5000, 3, MAP_SHARED, FD, 0),
			WORKS(mmap, 0, 5000, 3, MAP_PRIVATE, FD, 0)}},
	{"WRITE gives EBUSY while somebody has such a mapping, FUTURE_WRITE leaves it",
		{GIVES(FD, memfd_create, "x", ALLOW_SEALING), GIVES(0, ftruncate, FD, 4096),
			GIVES(0x500000000, mmap, 0x500000000, 4096, 3, MAP_SHARED | MAP_FIXED, FD,
				0),
			FAILS(EBUSY, fcntl, FD, ADD, WRITE), GIVES(0, fcntl, FD, ADD, FUTURE),
			FAILS(EPERM, write, FD, 0x500000000, 1)}},
};
SUITE(seals, seals_cases);
