/* signals_test: the suites, in order. */
#include <workloads/signals_test/signals_test.h>

extern const struct test_suite handling, interrupting, stopping, alarms, waiting, cloning;

const struct test_suite *const test_suites[] = {
	&handling, &interrupting, &stopping, &alarms, &waiting, &cloning, NULL};
