/*
 * unshare: what a process shares with others becomes its own.
 *
 * The order of the checks is that of Linux's kernel/fork.c. There is one name space of each kind:
 * who asks for another hears what a Linux says that was configured without them.
 */
#include <services/files/files.h>
#include <services/identity/identity.h>
#include <services/memory/mappings.h>
#include <services/process/clone.h>
#include <services/process/process.h>
#include <services/sysv/sysv.h>
#include <services/tree/tree.h>

#include <unix_calls.h>

#define NAME_SPACES                                                                                \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID |              \
		CLONE_NEWNET | CLONE_NEWTIME)
#define UNSHARED                                                                                   \
	(CLONE_THREAD | CLONE_FS | CLONE_SIGHAND | CLONE_VM | CLONE_FILES | CLONE_SYSVSEM |        \
		CLONE_NEWUSER | NAME_SPACES)

/* What goes with what. */
static u64 complete(u64 flags)
{
	if (flags & CLONE_NEWUSER)
		flags |= CLONE_THREAD | CLONE_FS;
	if (flags & CLONE_VM)
		flags |= CLONE_SIGHAND;
	if (flags & CLONE_SIGHAND)
		flags |= CLONE_THREAD;
	if (flags & CLONE_NEWNS)
		flags |= CLONE_FS;
	return flags;
}

/* Memory, signal actions and threads are never made anew: only nobody may share them. */
static long check_flags(const struct proc *proc, u64 flags)
{
	if (flags & ~UNSHARED)
		return -EINVAL;
	if (flags & CLONE_THREAD && process_threads(proc->leader) > 1)
		return -EINVAL;
	if (IS_ENABLED(CONFIG_SERVICES_SIGNALS) && flags & CLONE_SIGHAND &&
		proc->signals.actions->refs > 1)
		return -EINVAL;
	return flags & CLONE_VM && proc->memory->refs > 1 ? -EINVAL : 0;
}

static long check_name_spaces(u64 flags)
{
	if (flags & CLONE_NEWUSER)
		return -EINVAL;
	if (!(flags & NAME_SPACES))
		return 0;
	return identity_may(CAP_SYS_ADMIN) ? -EINVAL : -EPERM;
}

long sys_unshare(long wanted)
{
	struct proc *proc = env_current();
	u64 flags = complete((u64)wanted);
	struct proc_tree *tree = NULL;
	long error = check_flags(proc, flags);

	if (error == 0 && IS_ENABLED(CONFIG_SERVICES_TREE) && flags & CLONE_FS)
		error = tree_unshare(proc->tree, &tree);
	if (error == 0)
		error = check_name_spaces(flags);
	if (error == 0 && flags & CLONE_FILES)
		error = files_unshare(proc);
	if (error != 0) {
		if (tree)
			tree_drop(tree);
		return error;
	}
	if (IS_ENABLED(CONFIG_SERVICES_SYSV) && flags & CLONE_SYSVSEM)
		semaphores_exit(proc);
	if (tree) {
		struct proc_tree *shared = proc->tree;

		proc->tree = tree;
		tree_drop(shared);
	}
	return 0;
}
