/* suites: all there are, in the order they run in. */
#include <workloads/common/test.h>

extern const struct test_suite opening, moving, telling, random_;

const struct test_suite *const test_suites[] = {&opening, &moving, &telling, &random_, NULL};
