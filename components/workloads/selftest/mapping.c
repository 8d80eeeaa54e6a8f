/*
 * mapping: mmap and munmap of anonymous memory.
 */
#include <string.h>
#include <sys/mman.h>

#include <workloads/common/test.h>

#define READ_WRITE (PROT_READ | PROT_WRITE)
#define ANONYMOUS  (MAP_PRIVATE | MAP_ANONYMOUS)

/* Linux never maps the last page of the lower half: a system call there would return to an address
 * that is not canonical. */
#define USER_END_4 0x7ffffffff000UL         /* with four levels of page tables */
#define USER_END_5 0xfffffffffff000UL       /* with five, if the program asks for such an address */
#define HIGH       ((char *)0x900000000000) /* beyond the first, before the second */

static char *victim;

static void read_victim(void)
{
	(void)*(volatile char *)victim;
}

static void write_victim(void)
{
	*(volatile char *)victim = 1;
}

static void zero_filled(void)
{
	char *base = map_pages(5, READ_WRITE);

	for (size_t i = 0; i < 5 * PAGE; i++)
		CHECK_EQ(base[i], 0);
	memset(base, 0xff, 5 * PAGE);
	CHECK_EQ(sys_munmap(base, 5 * PAGE), 0);
	base = map_pages(5, READ_WRITE); /* quite possibly of the same frames */
	for (size_t i = 0; i < 5 * PAGE; i++)
		CHECK_EQ(base[i], 0);
}

static void lengths_round_up(void)
{
	char *base = (char *)sys_mmap(NULL, PAGE + 1, READ_WRITE, ANONYMOUS);

	CHECK((long)base > 0);
	base[2 * PAGE - 1] = 1;
	CHECK_EQ(sys_munmap(base, PAGE + 1), 0);
	CHECK(!is_readable(base + PAGE, 1));
}

#define MANY 64

static void do_not_overlap(void)
{
	char *bases[MANY];

	for (int i = 0; i < MANY; i++) {
		bases[i] = map_pages(3, READ_WRITE);
		memset(bases[i], i, 3 * PAGE);
	}
	for (int i = 0; i < MANY; i++)
		for (size_t at = 0; at < 3 * PAGE; at += 512)
			CHECK_EQ(bases[i][at], i);
	for (int i = 0; i < MANY; i += 2)
		CHECK_EQ(sys_munmap(bases[i], 3 * PAGE), 0);
	for (int i = 0; i < MANY; i++)
		CHECK(is_readable(bases[i], 3 * PAGE) == (i % 2 == 1));
}

static void fixed_replaces(void)
{
	char *base = map_pages(3, READ_WRITE);

	memset(base, 1, 3 * PAGE);
	CHECK(sys_mmap(base + PAGE, PAGE, READ_WRITE, ANONYMOUS | MAP_FIXED) ==
		(long)(base + PAGE));
	CHECK(base[0] == 1 && base[PAGE - 1] == 1);
	CHECK(base[PAGE] == 0 && base[2 * PAGE - 1] == 0);
	CHECK_EQ(base[2 * PAGE], 1);
}

static void hole_in_the_middle(void)
{
	char *base = map_pages(3, READ_WRITE);

	memset(base, 1, 3 * PAGE);
	CHECK_EQ(sys_munmap(base + PAGE, PAGE), 0);
	CHECK_EQ(sys_munmap(base + PAGE, PAGE), 0); /* nothing there: no error */
	CHECK(base[0] == 1 && base[2 * PAGE] == 1);
	victim = base + PAGE;
	expect_death(read_victim, 11);
	expect_death(write_victim, 11);
	CHECK_EQ(sys_munmap(base, 3 * PAGE), 0); /* across the hole */
	CHECK(!is_readable(base, 1) && !is_readable(base + 2 * PAGE, 1));
}

static void read_only(void)
{
	int fds[2];

	victim = map_pages(1, PROT_READ);
	CHECK_EQ(*victim, 0);
	expect_death(write_victim, 11);
	CHECK_EQ(sys_pipe(fds), 0);
	CHECK_EQ(sys_write(fds[1], "x", 1), 1);
	CHECK_EQ(sys_read(fds[0], victim, 1), -EFAULT);
	CHECK_EQ(*victim, 0);
}

static void no_access(void)
{
	victim = map_pages(1, PROT_NONE);
	expect_death(read_victim, 11);
	expect_death(write_victim, 11);
	CHECK(!is_readable(victim, 1));
}

static uintptr_t user_end(void)
{
	if (sys_mmap(HIGH, PAGE, READ_WRITE, ANONYMOUS | MAP_FIXED) != (long)HIGH)
		return USER_END_4;
	*HIGH = 1; /* with four levels this cannot be: then the case ends here */
	CHECK_EQ(sys_munmap(HIGH, PAGE), 0);
	return USER_END_5;
}

static void bad_arguments(void)
{
	char *base = map_pages(1, READ_WRITE);

	CHECK_EQ(sys_mmap(NULL, 0, READ_WRITE, ANONYMOUS), -EINVAL);
	CHECK_EQ(sys_mmap(NULL, PAGE, READ_WRITE, MAP_ANONYMOUS), -EINVAL);
	CHECK_EQ(sys_mmap(base + 1, PAGE, READ_WRITE, ANONYMOUS | MAP_FIXED), -EINVAL);
	CHECK_EQ(sys_munmap(base + 1, PAGE), -EINVAL);
	CHECK_EQ(sys_munmap(base, 0), -EINVAL);
	CHECK_EQ(sys_munmap((void *)0xffffffff80000000, PAGE), -EINVAL);
	CHECK_EQ(sys_munmap((void *)user_end(), PAGE), -EINVAL);
	CHECK_EQ(sys_munmap(base, -PAGE), -EINVAL);
	CHECK_EQ(sys_call6(SYS_mmap, 0, PAGE, PROT_READ, MAP_PRIVATE, 99, 0), -EBADF);
	*base = 1; /* still there */
}

static void too_large(void)
{
	static const size_t lengths[] = {1UL << 47, 1UL << 62, -1UL, -PAGE, USER_END_5 + PAGE};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		CHECK_EQ(sys_mmap(NULL, lengths[i], READ_WRITE, ANONYMOUS), -ENOMEM);
}

static void outside_user_space(void)
{
	const uintptr_t end = user_end(), addresses[] = {end, end + PAGE, 0xff00000000000000,
						  0xffff800000000000, 0xffffffff80000000, -PAGE};

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		CHECK_EQ(sys_mmap((void *)addresses[i], PAGE, READ_WRITE, ANONYMOUS | MAP_FIXED),
			-ENOMEM);
	CHECK_EQ(sys_mmap((void *)(end - PAGE), 2 * PAGE, READ_WRITE, ANONYMOUS | MAP_FIXED),
		-ENOMEM);
}

static void hints_are_free(void)
{
	char *base = map_pages(1, READ_WRITE), *other;

	*base = 1;
	other = (char *)sys_mmap(base, PAGE, READ_WRITE, ANONYMOUS); /* taken: elsewhere then */
	CHECK((long)other > 0 && other != base);
	CHECK_EQ(*base, 1);
	other = (char *)sys_mmap((void *)0xffffffff80000000, PAGE, READ_WRITE, ANONYMOUS);
	CHECK((long)other > 0);
}

#define SPARSE (1UL << 15) /* pages: 128 MiB, hardly touched */

static void sparse(void)
{
	char *base = map_pages(SPARSE, READ_WRITE);

	for (size_t at = 0; at < SPARSE; at += SPARSE / 16)
		base[at * PAGE] = 1;
	for (size_t at = 1; at < SPARSE; at += SPARSE / 16)
		CHECK_EQ(base[at * PAGE], 0);
	CHECK_EQ(sys_munmap(base, PAGE * SPARSE), 0);
}

static const struct test_case cases[] = {
	CASE("memory is zero, second-hand memory too", zero_filled),
	CASE("lengths are rounded up to pages", lengths_round_up),
	CASE("mappings do not overlap", do_not_overlap),
	CASE("MAP_FIXED replaces exactly what it names", fixed_replaces),
	CASE("munmap makes a hole and leaves the neighbours", hole_in_the_middle),
	CASE("read-only memory is not written, by the kernel neither", read_only),
	CASE("PROT_NONE forbids all access", no_access),
	CASE("arguments that make no sense answer EINVAL or EBADF", bad_arguments),
	CASE("what no memory can hold answers ENOMEM", too_large),
	CASE("nothing is mapped outside user space", outside_user_space),
	CASE("hints are hints", hints_are_free),
	CASE("a large mapping costs what is touched of it", sparse),
};
TEST_SUITE(mapping, cases);
