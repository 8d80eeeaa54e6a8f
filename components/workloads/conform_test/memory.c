/* memory: mmap and its kin. */
#include <sys/mman.h>

#include <workloads/conform_test/conform.h>

#define AT    0x400000000UL
#define ANON  (MAP_PRIVATE | MAP_ANONYMOUS)
#define FIXED (ANON | MAP_FIXED)

static void read_it(void)
{
	(void)*(volatile char *)AT;
}

static void write_it(void)
{
	*(volatile char *)AT = 1;
}

static void cannot_be_written(void)
{
	expect_death(write_it, 11);
}

static void cannot_be_read(void)
{
	expect_death(read_it, 11);
}

static void gives_a_bus_error(void)
{
	expect_death(read_it, 7);
}

static const struct conform_case memory_cases[] = {
	{"mmap at a fixed place gives it",
		{GIVES(AT, mmap, AT, PAGE, 3, FIXED, -1, 0), WORD(AT, 0)}},
	{"mmap of no bytes gives EINVAL", {FAILS(EINVAL, mmap, AT, 0, 3, FIXED, -1, 0)}},
	{"mmap neither shared nor private gives EINVAL",
		{FAILS(EINVAL, mmap, 0, PAGE, 3, MAP_ANONYMOUS, -1, 0)}},
	{"mmap at a fixed place within a page gives EINVAL",
		{FAILS(EINVAL, mmap, AT + 1, PAGE, 3, FIXED, -1, 0)}},
	{"mmap of more than there is gives ENOMEM",
		{FAILS(ENOMEM, mmap, 0, 1UL << 47, 3, ANON, -1, 0)}},
	{"mmap of nearly 2^64 bytes gives ENOMEM", {FAILS(ENOMEM, mmap, 0, -4096, 3, ANON, -1, 0)}},
	{"mmap of a length that wraps gives ENOMEM", {FAILS(ENOMEM, mmap, 0, -1, 3, ANON, -1, 0)}},
	{"mmap from a position within a page gives EINVAL",
		{FAILS(EINVAL, mmap, 0, PAGE, 1, MAP_PRIVATE, RD, 1)}},
	{"mmap of nothing gives EBADF", {FAILS(EBADF, mmap, 0, PAGE, 1, MAP_PRIVATE, NO_FD, 0)}},
	{"mmap of a pipe gives ENODEV", {FAILS(ENODEV, mmap, 0, PAGE, 1, MAP_PRIVATE, PR, 0)}},
	{"mmap of a directory gives ENODEV",
		{FAILS(ENODEV, mmap, 0, PAGE, 1, MAP_PRIVATE, DIR, 0)}},
	{"mmap of what is open for writing only gives EACCES",
		{FAILS(EACCES, mmap, 0, PAGE, 1, MAP_PRIVATE, WR, 0)}},
	{"mmap shared for writing of what is open for reading gives EACCES",
		{FAILS(EACCES, mmap, 0, PAGE, 3, MAP_SHARED, RD, 0)}},
	{"mmap private for writing of it works",
		{GIVES(AT, mmap, AT, PAGE, 3, MAP_PRIVATE | MAP_FIXED, RD, 0)}},
	{"MAP_FIXED_NOREPLACE over what is there gives EEXIST",
		{GIVES(AT, mmap, AT, PAGE, 3, FIXED, -1, 0),
			FAILS(EEXIST, mmap, AT, PAGE, 3, ANON | MAP_FIXED_NOREPLACE, -1, 0)}},
	{"a mapped file shows its bytes and zeroes behind",
		{GIVES(AT, mmap, AT, PAGE, 1, MAP_SHARED | MAP_FIXED, RD, 0), WORD(AT, 0x6c6c6568),
			WORD(AT + 8, 0)}},
	{"a write shows in a shared mapping",
		{GIVES(AT, mmap, AT, PAGE, 1, MAP_SHARED | MAP_FIXED, RD, 0),
			GIVES(4, pwrite64, WR, "abcd", 4, 0), WORD(AT, 0x64636261)}},
	{"a page behind the end of the file gives SIGBUS",
		{GIVES(AT, mmap, AT, PAGE, 1, MAP_SHARED | MAP_FIXED, RD, PAGE),
			DO(gives_a_bus_error)}},
	{"memory without rights cannot be read",
		{GIVES(AT, mmap, AT, PAGE, 0, FIXED, -1, 0), DO(cannot_be_read)}},
	{"memory to read cannot be written",
		{GIVES(AT, mmap, AT, PAGE, 1, FIXED, -1, 0), DO(cannot_be_written)}},
	{"what is unmapped cannot be read",
		{GIVES(AT, mmap, AT, PAGE, 3, FIXED, -1, 0), GIVES(0, munmap, AT, PAGE),
			DO(cannot_be_read)}},
	{"mprotect gives rights", {GIVES(AT, mmap, AT, PAGE, 0, FIXED, -1, 0),
					  GIVES(0, mprotect, AT, PAGE, 3), DO(write_it)}},
	{"mprotect takes rights", {GIVES(AT, mmap, AT, PAGE, 3, FIXED, -1, 0),
					  GIVES(0, mprotect, AT, PAGE, 1), DO(cannot_be_written)}},
	{"mprotect of no bytes gives 0", {GIVES(0, mprotect, AT, 0, 3)}},
	{"mprotect within a page gives EINVAL", {FAILS(EINVAL, mprotect, AT + 1, PAGE, 3)}},
	{"mprotect of what is not mapped gives ENOMEM", {FAILS(ENOMEM, mprotect, AT, PAGE, 3)}},
	{"mprotect with other rights gives EINVAL",
		{GIVES(AT, mmap, AT, PAGE, 3, FIXED, -1, 0),
			FAILS(EINVAL, mprotect, AT, PAGE, 0x100)}},
	{"mprotect for writing of a shared file open for reading gives EACCES",
		{GIVES(AT, mmap, AT, PAGE, 1, MAP_SHARED | MAP_FIXED, RD, 0),
			FAILS(EACCES, mprotect, AT, PAGE, 3)}},
	{"munmap of what is not mapped gives 0", {GIVES(0, munmap, AT, PAGE)}},
	{"munmap of no bytes gives EINVAL", {FAILS(EINVAL, munmap, AT, 0)}},
	{"munmap within a page gives EINVAL", {FAILS(EINVAL, munmap, AT + 1, PAGE)}},
	{"munmap in the kernel gives EINVAL", {FAILS(EINVAL, munmap, KERNEL, PAGE)}},
	{"munmap that wraps gives EINVAL", {FAILS(EINVAL, munmap, AT, -4096)}},
	{"munmap in the middle leaves both sides",
		{GIVES(AT - PAGE, mmap, AT - PAGE, 3 * PAGE, 3, FIXED, -1, 0),
			GIVES(0, munmap, AT, PAGE), WORD(AT - PAGE, 0), WORD(AT + PAGE, 0),
			DO(cannot_be_read)}},
	{"msync within a page gives EINVAL", {FAILS(EINVAL, msync, AT + 1, PAGE, 4)}},
	{"msync both ways gives EINVAL", {FAILS(EINVAL, msync, BUF, PAGE, 5)}},
	{"msync with unknown flags gives EINVAL", {FAILS(EINVAL, msync, BUF, PAGE, 8)}},
	{"msync of what is not mapped gives ENOMEM", {FAILS(ENOMEM, msync, AT, PAGE, 4)}},
	{"msync of memory works", {GIVES(0, msync, BUF, PAGE, 4)}},
	{"madvise within a page gives EINVAL", {FAILS(EINVAL, madvise, AT + 1, PAGE, 0)}},
	{"madvise with unknown advice gives EINVAL", {FAILS(EINVAL, madvise, BUF, PAGE, 99)}},
	{"madvise of what is not mapped gives ENOMEM", {FAILS(ENOMEM, madvise, AT, PAGE, 4)}},
	{"MADV_DONTNEED makes zeroes of private memory",
		{GIVES(AT, mmap, AT, PAGE, 3, FIXED, -1, 0), DO(write_it),
			GIVES(0, madvise, AT, PAGE, 4), WORD(AT, 0)}},
	{"mincore of what is not mapped gives ENOMEM", {FAILS(ENOMEM, mincore, AT, PAGE, BUF)}},
	{"mincore within a page gives EINVAL", {FAILS(EINVAL, mincore, AT + 1, PAGE, BUF)}},
	{"mincore to a bad address gives EFAULT", {FAILS(EFAULT, mincore, BUF, PAGE, BAD)}},
	{"mremap can make smaller", {GIVES(AT, mmap, AT, 2 * PAGE, 3, FIXED, -1, 0),
					    GIVES(AT, mremap, AT, 2 * PAGE, PAGE, 0)}},
	{"mremap can make larger where there is room",
		{GIVES(AT, mmap, AT, PAGE, 3, FIXED, -1, 0), DO(write_it),
			GIVES(AT, mremap, AT, PAGE, 2 * PAGE, 0), WORD(AT, 1)}},
	{"mremap of what is not mapped gives EFAULT",
		{FAILS(EFAULT, mremap, AT, PAGE, 2 * PAGE, 0)}},
	{"mremap to no bytes gives EINVAL", {GIVES(AT, mmap, AT, PAGE, 3, FIXED, -1, 0),
						    FAILS(EINVAL, mremap, AT, PAGE, 0, 0)}},
	{"mremap within a page gives EINVAL", {FAILS(EINVAL, mremap, AT + 1, PAGE, PAGE, 0)}},
	{"mremap with unknown flags gives EINVAL", {FAILS(EINVAL, mremap, AT, PAGE, PAGE, 8)}},
};
SUITE(memory, memory_cases);
