/* holes: which pages of a file in memory there are, whoever has written them. */
#include <workloads/memory_test/memory_test.h>

#define PAGES 64
#define SIZE  (PAGES * PAGE)

/* Linux's own numbers; <unistd.h> would bring the library's calls. */
#define SEEK_DATA 3
#define SEEK_HOLE 4

static int file;
static char *mapped;
static bool there[PAGES]; /* the model */

static void begin(void)
{
	file = (int)sys_call3(SYS_memfd_create, (long)"holes", 0, 0);
	CHECK(file >= 0);
	CHECK_EQ(sys_call3(SYS_ftruncate, file, SIZE, 0), 0);
	mapped = (char *)sys_call6(SYS_mmap, 0, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	CHECK((long)mapped > 0);
}

static long seek(unsigned long at, int whence)
{
	return sys_call3(SYS_lseek, file, (long)at, whence);
}

/* What the model says of a place. */
static long next(unsigned long at, bool is_data)
{
	for (unsigned long page = at / PAGE; page < PAGES; page++) {
		if (there[page] == is_data)
			return (long)(page * PAGE > at ? page * PAGE : at);
	}
	return is_data ? -ENXIO : (long)SIZE;
}

static void compare(void)
{
	for (unsigned long page = 0; page < PAGES; page++) {
		CHECK_EQ(seek(page * PAGE + 5, SEEK_DATA), next(page * PAGE + 5, true));
		CHECK_EQ(seek(page * PAGE + 5, SEEK_HOLE), next(page * PAGE + 5, false));
	}
}

static void by_a_mapping(void)
{
	begin();
	CHECK_EQ(seek(0, SEEK_DATA), -ENXIO);
	mapped[3 * PAGE + 7] = 1;
	there[3] = true;
	compare();
	mapped[63 * PAGE] = 1;
	there[63] = true;
	compare();
}

static void by_a_private_one(void)
{
	char *own;

	begin();
	own = (char *)sys_call6(SYS_mmap, 0, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	CHECK((long)own > 0);
	mapped[PAGE] = 1;
	there[1] = true;
	own[PAGE] = 2; /* a copy */
	CHECK_EQ(mapped[PAGE], 1);
	compare();
}

static void write_page(unsigned long page)
{
	CHECK_EQ(sys_call4(SYS_pwrite64, file, (long)"x", 1, (long)(page * PAGE + 9)), 1);
	there[page] = true;
}

static void cut(unsigned long pages)
{
	CHECK_EQ(sys_call3(SYS_ftruncate, file, (long)(pages * PAGE), 0), 0);
	CHECK_EQ(sys_call3(SYS_ftruncate, file, SIZE, 0), 0);
	memset(there + pages, 0, PAGES - pages);
}

/* Everything that makes pages or takes them, in any order. */
static void by_anybody(void)
{
	unsigned long random = 88172645463325252;

	begin();
	for (int step = 0; step < 300; step++) {
		unsigned long page;

		random ^= random << 13, random ^= random >> 7, random ^= random << 17;
		page = random / 8 % PAGES;
		if (random % 8 < 3) {
			mapped[page * PAGE + step] = 1;
			there[page] = true;
		} else if (random % 8 < 7) {
			write_page(page);
		} else {
			cut(page);
		}
		if (step % 20 == 0)
			compare();
	}
	compare();
}

static const struct test_case cases[] = {
	CASE("a store makes the page that it meets", by_a_mapping),
	CASE("a store to a private mapping does not", by_a_private_one),
	CASE("made by stores and writes, taken by cuts", by_anybody),
};
TEST_SUITE(holes, cases);
