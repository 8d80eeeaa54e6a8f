/*
 * fork: a process becomes two.
 *
 * The environment copies memory and registers; here the rest is copied. vfork
 * differs only for the parent, which sleeps until the child execs or ends: the child has
 * memory of its own all the same, as POSIX allows.
 */
#include <services/files/files.h>
#include <services/identity/identity.h>
#include <services/process/process.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

/* What a child has of its parent beside its memory. */
static long inherit(const struct proc *parent, struct proc *child)
{
	long error = files_fork(parent, child);

	if (error != 0)
		return error;
	child->limits = parent->limits;
	identity_fork(parent, child);
	if (IS_ENABLED(CONFIG_SERVICES_TREE))
		tree_fork(parent, child);
	return 0;
}

/* The child of the caller, not yet running; NULL with *error. */
static struct proc *copy_process(long *error)
{
	struct proc *parent = env_current();
	u32 uid = parent->identity.uid;
	struct proc *child;

	*error = -EAGAIN;
	if (uid != 0 && process_count_of(uid) >= parent->limits.of[LIMIT_NPROC].soft)
		return NULL;
	child = process_create(parent, error);
	if (!child)
		return NULL;
	child->brk_start = parent->brk_start;
	child->brk_end = parent->brk_end;
	child->arguments_start = parent->arguments_start;
	child->arguments_end = parent->arguments_end;
	memcpy(child->name, parent->name, sizeof(child->name));
	*error = inherit(parent, child);
	if (*error == 0) {
		*error = errno_of(env_client_fork(parent, child));
		if (*error == 0)
			return child;
		process_release(child);
	}
	process_free(child);
	return NULL;
}

long sys_fork(void)
{
	long error;
	struct proc *child = copy_process(&error);

	if (!child)
		return error;
	env_client_start(child);
	return child->pid;
}

long sys_vfork(void)
{
	long error;
	struct proc *child = copy_process(&error);

	if (!child)
		return error;
	child->vforked = true;
	env_client_start(child);
	while (child->vforked) { /* it cannot go away: only this process waits for it */
		if (env_sleep(&child->parent->waiters, ENV_FOREVER) != K_OK)
			child->vforked = false;
	}
	return child->pid;
}

void process_end_vfork(struct proc *child)
{
	if (!child->vforked)
		return;
	child->vforked = false;
	env_wakeup_all(&child->parent->waiters);
}
