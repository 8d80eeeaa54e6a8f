/*
 * clone: clone and clone3, and which of their flags go together.
 *
 * The order of the checks is that of Linux's kernel/fork.c. There is one name space of each kind:
 * what asks for another is EINVAL, as on a Linux that was configured without them.
 */
#include <services/accounting/structure.h>
#include <services/identity/identity.h>
#include <services/process/clone.h>
#include <services/process/process.h>

#include <unix_calls.h>

#define NAME_SPACES                                                                                \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |             \
		CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME)
/* Those that need CAP_SYS_ADMIN. */
#define NAME_SPACES_OWNED (NAME_SPACES & ~CLONE_NEWUSER)

static long check_flags(u64 flags)
{
	const struct proc *proc = env_current();

	if ((flags & CLONE_FS) && (flags & (CLONE_NEWNS | CLONE_NEWUSER)))
		return -EINVAL;
	if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM))
		return -EINVAL;
	if ((flags & CLONE_PARENT) && !proc->leader->parent)
		return -EINVAL;
	if ((flags & CLONE_THREAD) && (flags & (CLONE_NEWUSER | CLONE_NEWPID)))
		return -EINVAL;
	if ((flags & CLONE_PIDFD) &&
		(!IS_ENABLED(CONFIG_SERVICES_PIDFD) || (flags & (CLONE_DETACHED | CLONE_THREAD))))
		return -EINVAL;
	if (!IS_ENABLED(CONFIG_SERVICES_SIGNALS) && (flags & (CLONE_THREAD | CLONE_FILES)))
		return -EINVAL; /* no thread could be told to end */
	if ((flags & NAME_SPACES_OWNED) && !(flags & CLONE_NEWUSER) && !identity_may(CAP_SYS_ADMIN))
		return -EPERM;
	return flags & NAME_SPACES ? -EINVAL : 0;
}

long sys_clone(long flags, vaddr_t stack, vaddr_t parent_tid, vaddr_t child_tid, vaddr_t tls)
{
	struct clone clone = {
		.flags = (u64)flags & UINT32_MAX & ~CLONE_SIGNAL,
		.exit_signal = (s32)((u64)flags & CLONE_SIGNAL),
		.stack = stack,
		.parent_tid = parent_tid,
		.child_tid = child_tid,
		.tls = tls,
	};
	long error;

	if ((clone.flags & CLONE_PIDFD) && (clone.flags & CLONE_PARENT_SETTID))
		return -EINVAL; /* both would go to one place */
	clone.pidfd = parent_tid;
	error = check_flags(clone.flags);
	return error == 0 ? process_clone(&clone) : error;
}

/* --- clone3 --------------------------------------------------------------------- */

/* struct clone_args of Linux. */
struct clone_arguments {
	u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	u64 set_tid, set_tid_size, cgroup;
};
#define ARGUMENTS_FIRST_SIZE 64 /* of their first version */
#define SET_TID_MAX          32

static long read_arguments(struct clone_arguments *arguments, vaddr_t at, size_t size)
{
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < ARGUMENTS_FIRST_SIZE)
		return -EINVAL;
	return structure_read(arguments, sizeof(*arguments), at, size);
}

static bool is_stack(const struct clone_arguments *a)
{
	if (a->stack == 0 || a->stack_size == 0)
		return a->stack == a->stack_size;
	return a->stack_size <= ENV_USER_MAX && a->stack <= ENV_USER_MAX - a->stack_size;
}

static bool are_good(const struct clone_arguments *a)
{
	u64 both = CLONE_SIGHAND | CLONE_CLEAR_SIGHAND;

	if (a->set_tid_size > SET_TID_MAX || !a->set_tid != !a->set_tid_size)
		return false;
	if (a->exit_signal & ~CLONE_SIGNAL || a->exit_signal > SIGNALS)
		return false;
	if (a->flags & ~(UINT32_MAX | CLONE_CLEAR_SIGHAND))
		return false;
	if (a->flags & (CLONE_DETACHED | (CLONE_SIGNAL & ~CLONE_NEWTIME)))
		return false;
	if ((a->flags & both) == both)
		return false;
	if ((a->flags & (CLONE_THREAD | CLONE_PARENT)) && a->exit_signal != 0)
		return false;
	return is_stack(a);
}

long sys_clone3(vaddr_t at, size_t size)
{
	struct clone_arguments a;
	struct clone clone;
	long error = read_arguments(&a, at, size);

	if (error != 0)
		return error;
	if (!are_good(&a))
		return -EINVAL;
	error = check_flags(a.flags);
	if (error != 0)
		return error;
	if (a.set_tid != 0) /* choosing a number is for who restores processes: nobody here */
		return -EPERM;
	clone = (struct clone){
		.flags = a.flags,
		.exit_signal = (s32)a.exit_signal,
		.stack = a.stack + a.stack_size,
		.parent_tid = a.parent_tid,
		.child_tid = a.child_tid,
		.tls = a.tls,
		.pidfd = a.pidfd,
	};
	return process_clone(&clone);
}
