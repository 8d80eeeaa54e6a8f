/*
 * arch: what the machine promises a kernel. No page is writable and executable under any name,
 * user copies refuse what is not the user's, time goes on, the timer rings.
 */
#include <arch/arch.h>
#include <tap.h>

void contract_test_arch(void);

#define ENTRY_PRESENT 0x1ull
#define ENTRY_WRITE   0x2ull
#define ENTRY_USER    0x4ull
#define ENTRY_HUGE    0x80ull
#define ENTRY_NX      (1ull << 63)
#define ENTRY_ADDRESS 0x000ffffffffff000ull

static u64 writable_and_executable, user_in_kernel_half;

static void walk(const u64 *table, unsigned level, unsigned first, bool write, bool execute)
{
	for (unsigned i = first; i < 512; i++) {
		u64 entry = table[i];
		bool w = write && (entry & ENTRY_WRITE), x = execute && !(entry & ENTRY_NX);

		if (!(entry & ENTRY_PRESENT))
			continue;
		if (level > 1 && !(entry & ENTRY_HUGE)) {
			walk(phys_to_virt(entry & ENTRY_ADDRESS), level - 1, 0, w, x);
			continue;
		}
		writable_and_executable += w && x;
		user_in_kernel_half += (entry & ENTRY_USER) != 0;
	}
}

static void test_mappings(void)
{
	walk(phys_to_virt(kernel_root), 4, 256, true, true);
	tap_eq(writable_and_executable, 0, "no kernel page is writable and executable");
	tap_eq(user_in_kernel_half, 0, "no page of the kernel's half is open to user mode");
}

static void test_refusals(void)
{
	static const vaddr_t bad[] = {USER_MAX, USER_MAX + 1, 0x800000000000, 0xdeadbeefdeadbeef,
		DIRECT_MAP, KERNEL_BASE, KERNEL_BASE + 0x100000, UINT64_MAX};
	char bytes[16] = "untouched";
	size_t length = 99;
	bool refused = true;

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		refused &= copy_from_user(bytes, bad[i], 8) == K_FAULT;
		refused &= copy_to_user(bad[i], bytes, 8) == K_FAULT;
		refused &= copy_string_from_user(bytes, bad[i], sizeof(bytes), &length) == K_FAULT;
	}
	tap_ok(refused, "copies refuse kernel and non-canonical addresses");
	tap_eq(copy_from_user(bytes, USER_MAX - 4, 8), K_FAULT,
		"and ranges that begin well but end outside");
	tap_eq(copy_from_user(bytes, 0x1000, UINT64_MAX), K_FAULT, "and lengths that wrap around");
	tap_eq(copy_from_user(bytes, 0x1000, UINT64_MAX - 0x1000), K_FAULT, "or nearly do");
	tap_ok(strcmp(bytes, "untouched") == 0 && length == 99, "nothing was stored");
}

static void test_time(void)
{
	u64 before = arch_now(), a = arch_random(), b = arch_random();

	arch_timer_set(before + 1000000);
	arch_idle();
	u64 after = arch_now();
	tap_ok(after >= before + 1000000 && after < before + 100000000,
		"the timer rings, about when it should");
	arch_timer_set(0);
	arch_idle();
	tap_ok(arch_now() < after + 100000000, "a moment that is past rings at once");
	tap_ok(a != b && a != 0, "random numbers differ");
}

static void test_options(void)
{
	char value[4] = "abc";

	tap_ok(!boot_option("no-such-option", value, sizeof(value)) && strcmp(value, "abc") == 0,
		"an absent option changes nothing");
}

void contract_test_arch(void)
{
	test_mappings();
	test_refusals();
	test_time();
	test_options();
}
