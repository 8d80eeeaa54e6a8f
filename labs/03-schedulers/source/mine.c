/* What the policies share: chance. Marsaglia 2003, Xorshift RNGs, with Vigna's multiplier. */
#include <sched/sched.h>

u64 mine_random_state = 0x9e3779b97f4a7c15;

u64 mine_random(void)
{
	u64 x = mine_random_state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	mine_random_state = x;
	return x * 0x2545f4914f6cdd1d;
}
