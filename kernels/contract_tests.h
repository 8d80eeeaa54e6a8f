/* Built with CONFIG_CONTRACT_TESTS, a kernel runs the contract tests of its slots in place of user
 * mode. */
#pragma once

#include <arch/arch.h>
#include <tap.h>

/* Called once everything is up; does not return when there are tests to run. */
static inline void run_contract_tests(void)
{
	if (IS_ENABLED(CONFIG_CONTRACT_TESTS))
		arch_exit(contract_tests_run() == 0 ? ARCH_EXIT_OK : ARCH_EXIT_FAILED);
}
