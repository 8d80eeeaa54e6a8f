/*
 * personality: the space backend and file memory, as far as they can be tried without a program.
 *
 * A client is made and a fresh space built for it, as exec does; everything is
 * taken back at the end. Where a server holds the services, the kernel has nothing of the
 * environment, and its tests can only say so: there the test is every program that runs.
 */
#include <lib/lib.h>
#include <tap.h>

void contract_test_personality(void);

#if IS_ENABLED(CONFIG_PERSONALITY_IN_KERNEL)

#include <services/services.h>

#define RW (ENV_PROT_READ | ENV_PROT_WRITE)

static struct proc one;

static void test_mapping(void)
{
	vaddr_t at = 0x400000, hint = 0x500000, chosen = 0, again = 0x400000;

	tap_eq(env_map_anonymous(&one, &at, 4 * PAGE_SIZE, RW, ENV_MAP_FIXED), K_OK,
		"memory is mapped at an address");
	tap_eq(env_map_anonymous(&one, &again, PAGE_SIZE, RW, ENV_MAP_FIXED | ENV_MAP_NOREPLACE),
		K_EXISTS, "not over other memory when that is not wanted");
	tap_ok(env_map_anonymous(&one, &hint, PAGE_SIZE, RW, 0) == K_OK && hint == 0x500000,
		"a hint is followed");
	tap_ok(env_map_anonymous(&one, &chosen, PAGE_SIZE, RW, 0) == K_OK &&
			chosen >= ENV_USER_MIN && chosen < ENV_MMAP_TOP,
		"without one an address is chosen");
	tap_eq(env_write_memory(&one, 0x400ffc, "across a border", 16), K_OK,
		"memory is written, across pages");
	tap_eq(env_write_memory(&one, 0x404000, "x", 1), K_FAULT, "not where nothing is mapped");
	tap_eq(env_protect(&one, 0x400000, PAGE_SIZE, ENV_PROT_READ), K_OK,
		"rights are taken away");
	tap_eq(env_write_memory(&one, 0x400000, "x", 1), K_OK,
		"which do not bind the one who builds the image");
	tap_eq(env_protect(&one, 0x403000, 2 * PAGE_SIZE, RW), K_NOENT,
		"a hole cannot be protected");
	tap_eq(env_unmap(&one, 0x402000, PAGE_SIZE), K_OK, "a page is unmapped");
	tap_eq(env_write_memory(&one, 0x402000, "x", 1), K_FAULT, "and gone");
	tap_eq(env_unmap(&one, 0x600000, PAGE_SIZE), K_OK, "unmapping nothing is fine");
}

static void test_object(void)
{
	struct env_object *object;
	vaddr_t at = 0x700000;

	if (!tap_ok(env_object_create(&object) == K_OK && env_object_resize(object, 3) == K_OK,
		    "file memory is made"))
		return;
	tap_ok(env_object_page(object, 1, false) == NULL,
		"a page that was never written is not there");
	char *page = env_object_page(object, 1, true);
	tap_ok(page && page[0] == 0 && page[PAGE_SIZE - 1] == 0, "a new one is zero");
	if (page)
		page[5] = 'm';
	tap_ok(env_object_page(object, 1, false) == page, "and stays where it is");
	tap_ok(env_object_next_page(object, 0) == 1 && env_object_next_page(object, 1) == 1 &&
			env_object_next_page(object, 2) == 3,
		"it is found among those that were not written");
	tap_eq(env_map_object(
		       &one, &at, 3 * PAGE_SIZE, RW, ENV_MAP_FIXED | ENV_MAP_SHARED, object, 0),
		K_OK, "a client maps it");
	tap_eq(env_write_memory(&one, 0x701006, "n", 1), K_OK, "and writes to it");
	tap_ok(page && page[5] == 'm' && page[6] == 'n', "both see the same memory");
	tap_ok(env_object_page(object, 0, false) == NULL && env_object_next_page(object, 2) == 3,
		"what nobody has touched is not there for its being mapped");
	tap_eq(env_write_memory(&one, 0x702000, "o", 1), K_OK, "the client writes to another page");
	tap_eq(env_object_next_page(object, 2), 2, "which is there then");
	tap_ok(env_object_is_mapped(object), "it is known that a client maps it");
	tap_eq(env_unmap(&one, at, 3 * PAGE_SIZE), K_OK, "the client gives it up");
	tap_ok(!env_object_is_mapped(object), "and then nobody maps it");
	tap_eq(env_object_resize(object, 1), K_OK, "it shrinks");
	tap_eq(env_object_resize(object, 3), K_OK, "and grows");
	tap_ok(env_object_page(object, 1, false) == NULL, "what was cut off is gone");
	env_object_destroy(object);
}

/* Of a client that runs, or could. */
/* A client that never ran has had nothing; the idle machine's share only grows. */
static void test_times(void)
{
	struct env_times times = {.total = 1, .program_ticks = 1, .waits = 1};
	u64 idle = env_idle(), now;

	env_times(&one, &times);
	tap_ok(times.total == 0 && times.program_ticks == 0 && times.system_ticks == 0 &&
			times.waits == 0 && times.preemptions == 0,
		"a client that has not run has had no processor time");
	tap_ok(!times.asleep, "and does not sleep");
	now = env_now();
	tap_ok(env_idle() >= idle && env_idle() <= now, "idle time grows, and is a part of all");
}

static void test_loads(void)
{
	u64 loads[ENV_LOADS] = {~0ull, ~0ull, ~0ull};

	env_loads(loads);
	tap_ok(loads[0] < 2048 && loads[1] <= loads[0] && loads[2] <= loads[1],
		"a machine that has just begun has little load, over long even less");
}

static void test_other_memory(void)
{
	char bytes[16] = "";
	vaddr_t at = 0x400000;

	tap_eq(env_map_anonymous(&one, &at, 2 * PAGE_SIZE, RW, ENV_MAP_FIXED), K_OK,
		"a program gets memory");
	env_exec_commit(&one, at, at + PAGE_SIZE);
	tap_eq(env_change_memory(&one, at + PAGE_SIZE - 4, "another's", 9), 9,
		"another's memory is changed, across pages");
	tap_ok(env_read_memory(&one, bytes, at + PAGE_SIZE - 4, 9) == 9 &&
			memcmp(bytes, "another's", 9) == 0,
		"and read");
	tap_eq(env_change_memory(&one, at + 2 * PAGE_SIZE - 4, "another's", 9), 4,
		"up to the first page that is not there");
	tap_eq(env_read_memory(&one, bytes, at + 2 * PAGE_SIZE - 4, 9), 4, "both ways");
	tap_eq(env_protect(&one, at + PAGE_SIZE, PAGE_SIZE, ENV_PROT_READ), K_OK,
		"a page is protected");
	tap_eq(env_change_memory(&one, at + PAGE_SIZE - 4, "another's", 9), 4,
		"and then not changed");
	tap_eq(env_read_memory(&one, bytes, at + PAGE_SIZE - 4, 9), 9, "but read");
}

void contract_test_personality(void)
{
	tap_ok(env_now() <= env_now(), "time does not go back");
	if (!tap_ok(env_client_create(&one) == K_OK, "a client is made"))
		return;
	test_times();
	test_loads();
	if (tap_ok(env_exec_begin(&one) == K_OK, "a fresh space is begun")) {
		test_mapping();
		test_object();
		env_exec_abort(&one);
	}
	if (tap_ok(env_exec_begin(&one) == K_OK, "and another"))
		test_other_memory();
	env_client_destroy(&one);
	test_times(); /* one that is no more */
}

#else

void contract_test_personality(void)
{
	tap_skip("the environment of the services", "it is in the server, not in this kernel");
}

#endif
