/* selftest: what Linux programs may rely on. The suites, in the order in which one relies on
 * another. */
#include <workloads/common/test.h>

extern const struct test_suite process, waiting, memory, mapping, pipes, descriptors;
extern const struct test_suite pointers, registers, flags, faults, timing, executing, files;

const struct test_suite *const test_suites[] = {
	&process,
	&waiting,
	&memory,
	&mapping,
	&pipes,
	&descriptors,
	&pointers,
	&registers,
	&flags,
	&faults,
	&timing,
	&executing,
	&files,
	NULL,
};
