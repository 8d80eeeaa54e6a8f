/*
 * security: programs that try to break out.
 *
 * The self-test asks whether the kernel keeps its word to honest programs and
 * refuses bad requests one by one. This program does not ask politely: it
 * reaches for what is not its own, looks for leftovers, and throws anything at
 * the kernel. Every case ends with the question whether everybody else is well.
 */
#include <workloads/common/test.h>

extern const struct test_suite reaching, leaks, fuzz;

const struct test_suite *const test_suites[] = {&reaching, &leaks, &fuzz, NULL};
