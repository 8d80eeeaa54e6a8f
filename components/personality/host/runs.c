/* runs: a machine from its start to its power-off. */
#include <services/initramfs/initramfs.h>
#include <services/ramfs/ramfs.h>

#include "threads.h"

enum kstatus host_start_status;

noreturn void env_power_off(int status)
{
	host_machine.status = status;
	host_machine.running->state = HOST_GONE;
	host_hand_over(&host_machine.controller);
	pthread_mutex_unlock(&host_machine.lock);
	pthread_exit(NULL);
}

/* Ends every thread that is left, wherever it is. */
static void take_down(void)
{
	struct host_thread *thread, *after;

	host_machine.stopping = true;
	list_for_each_safe(thread, after, &host_machine.threads, all)
	{
		struct proc *proc = thread->proc;

		if (thread->state != HOST_ENDED)
			host_hand_over(thread);
		if (proc && proc->client.fresh)
			host_space_destroy(proc->client.fresh);
		if (proc && proc->client.space)
			host_space_destroy(proc->client.space);
		pthread_mutex_unlock(&host_machine.lock);
		host_bury(thread);
		pthread_mutex_lock(&host_machine.lock);
	}
	list_init(&host_machine.ready);
	host_machine.stopping = false;
}

int host_run(const char *path, const char *args, host_program program, void *argument,
	struct host_chances given)
{
	host_objects_reset();
	host_outside_reset();
	pthread_mutex_lock(&host_machine.lock);
	host_machine.now = 0;
	host_machine.timer = ENV_FOREVER;
	host_machine.chances = given;
	host_block_in_copy(given.block_in_copy);
	host_machine.random_state = given.seed * 0x9e3779b97f4a7c15ull + 1;
	host_machine.first_program = program;
	host_machine.first_argument = argument;
	host_machine.status = HOST_REFUSED;
	host_start_status = services_start(path, args);
	if (host_start_status == K_OK)
		host_switch_away();
	take_down();
	initramfs_forget();
	ramfs_forget();
	host_file_memory_reset();
	pthread_mutex_unlock(&host_machine.lock);
	host_stop_failing();
	return host_machine.status;
}
