/* Runs the walk over Mach ports and rights. */
#include <frames/test_frames.h>
#include <stdlib.h>
#include <tap.h>

#include "mach_test.h"

static u64 state;

u64 next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state >> 11;
}

static void run(void)
{
	const char *seed = getenv("MACH_SEED");

	state = 0x9e3779b97f4a7c15ull ^ (seed ? strtoull(seed, NULL, 0) << 32 : 1);
	test_frames_init();
	ipc_init();
	walk();
}

const struct contract_test contract_tests[] = {{"mach", run}};
const unsigned contract_tests_count = 1;
