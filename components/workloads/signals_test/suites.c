/* signals_test: the suites, in order. */
#include <workloads/signals_test/signals_test.h>

extern const struct test_suite handling, interrupting, stopping, alarms, waiting, cloning;

const struct test_suite *const test_suites[] = {
	&handling, &interrupting, &stopping, &alarms, &waiting, &cloning, NULL};

volatile int handled;
siginfo_t last_info;

void note_signal(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	handled++;
	last_info = *info;
}

int test_child(const char *role)
{
	(void)role;
	return 0;
}
