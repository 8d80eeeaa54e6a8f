/*
 * What every IPC path may rely on, and what each says of itself.
 *
 * The parts have no interface in common but `struct ipc_thread`, which the thread
 * slot keeps for them: a new thread's is all zeroes, also where the memory was another
 * thread's before. Beyond that a part may bring a model, as
 * L4's mapping database does.
 */
#include <lib/lib.h>
#include <tap.h>
#include <thread/thread.h>

#if IS_ENABLED(CONFIG_IPC_L4)
#include <contract_l4.h>

static void contract_test_part(void)
{
	struct mapping_result result = contract_mapping();

	tap_eq(result.wrong, 0, "mapping, unmapping and ending spaces go as the model says");
	tap_ok(result.mapped > MODEL_STEPS, "with many mappings at a time");
	tap_ok(result.tables_freed > 0, "a space that ends gives its tables back");
}
#else
static void contract_test_part(void)
{
	tap_note("what this part promises is tested through its calls");
}
#endif

#define THREADS 8

static bool ipc_is_zero(const struct thread *thread)
{
	static const struct ipc_thread zero;

	return memcmp(&thread->ipc, &zero, sizeof(zero)) == 0;
}

void contract_test_ipc(void)
{
	struct thread *threads[THREADS];
	bool zero = true, again = true;

	for (unsigned i = 0; i < THREADS; i++) {
		check(thread_create(&threads[i], SCHED_PRIORITY_DEFAULT) == K_OK);
		zero = zero && ipc_is_zero(threads[i]);
		memset(&threads[i]->ipc, 0xa5, sizeof(threads[i]->ipc));
	}
	tap_ok(zero, "what the IPC path keeps of a new thread is all zeroes");
	for (unsigned i = 0; i < THREADS; i++)
		thread_destroy(threads[i]);
	for (unsigned i = 0; i < THREADS; i++) {
		check(thread_create(&threads[i], SCHED_PRIORITY_DEFAULT) == K_OK);
		again = again && ipc_is_zero(threads[i]);
	}
	tap_ok(again, "also where another thread was before");
	for (unsigned i = 0; i < THREADS; i++)
		thread_destroy(threads[i]);
	contract_test_part();
}
