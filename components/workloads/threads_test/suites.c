/* threads_test: the suites, in order. */
#include <workloads/threads_test/executing.h>
#include <workloads/threads_test/thread.h>

extern const struct test_suite making, ending, executing, signals, files, futexes, sharing, robust,
	locks, random_futexes;

const struct test_suite *const test_suites[] = {&making, &ending, &executing, &signals, &files,
	&futexes, &sharing, &robust, &locks, &random_futexes, NULL};

int test_child(const char *role)
{
	return executed_child(role);
}
