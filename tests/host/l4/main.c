/* Runs the tests of the L4 mapping database and pager. */
#include <stdlib.h>
#include <tap.h>

#include "l4_test.h"

static u64 state;

u64 next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void run(void)
{
	const char *seed = getenv("L4_SEED");

	state = 0x9e3779b97f4a7c15ull ^ (seed ? strtoull(seed, NULL, 0) << 32 : 1);
	kernel_init();
	test_mapping();
	test_pager();
}

const struct contract_test contract_tests[] = {{"l4", run}};
const unsigned contract_tests_count = 1;
