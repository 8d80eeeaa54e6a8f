/* suites: all there are, in the order they run in. */
#include <workloads/common/test.h>

extern const struct test_suite resolving, waiting, remote;

const struct test_suite *const test_suites[] = {&resolving, &waiting, &remote, NULL};
