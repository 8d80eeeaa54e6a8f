/* suites: all there are, in the order they run in. */
#include <workloads/common/test.h>

extern const struct test_suite resolving, waiting, remote, places;

const struct test_suite *const test_suites[] = {&resolving, &waiting, &remote, &places, NULL};
