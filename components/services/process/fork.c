/*
 * fork: a process becomes two.
 *
 * The environment copies memory and registers; here the rest is copied. vfork
 * differs only for the parent, which sleeps until the child execs or ends: the child has
 * memory of its own all the same, as POSIX allows.
 */
#include <services/files/files.h>
#include <services/identity/identity.h>
#include <services/memory/mappings.h>
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

/* Memory that its owner keeps from children. -ENOMEM. */
static long leave_out(const struct memory *of, struct proc *child)
{
	for (u32 i = 0; i < of->count; i++) {
		const struct mapping *m = &of->of[i];
		enum kstatus status = K_OK;

		if (m->flags & MAPPING_NOT_FORKED)
			status = env_unmap(child, m->start, m->end - m->start);
		else if (m->flags & MAPPING_WIPED)
			env_discard(child, m->start, m->end - m->start);
		if (status != K_OK)
			return -ENOMEM;
	}
	return 0;
}

/* The record of the child's memory, its memory, and its thread. */
static long copy_memory(struct proc *parent, struct proc *child)
{
	long error;

	child->memory = memory_copy(parent->memory);
	if (!child->memory)
		return -ENOMEM;
	error = errno_of(env_client_fork(parent, child));
	if (error == 0 && unlikely(parent->memory->kept_back)) {
		error = leave_out(parent->memory, child);
		if (error != 0)
			env_client_destroy(child);
	}
	return error;
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
	memcpy(child->name, parent->name, sizeof(child->name));
	*error = inherit(parent, child);
	if (*error == 0) {
		*error = copy_memory(parent, child);
		if (*error == 0)
			return child;
		process_release(child);
	}
	process_free(child);
	return NULL;
}

/* Lets the child run; with `vforked` the caller sleeps until it execs or ends. Its number. */
static long run_child(struct proc *child, bool vforked)
{
	s32 pid = child->pid; /* it may be gone when it has run */

	child->vforked = vforked;
	env_client_start(child);
	while (vforked && child->vforked) { /* it cannot go away: only this process waits for it */
		if (env_sleep(&child->parent->waiters, ENV_FOREVER) != K_OK)
			child->vforked = false;
	}
	return pid;
}

long sys_fork(void)
{
	long error;
	struct proc *child = copy_process(&error);

	return child ? run_child(child, false) : error;
}

long sys_vfork(void)
{
	long error;
	struct proc *child = copy_process(&error);

	return child ? run_child(child, true) : error;
}

void process_end_vfork(struct proc *child)
{
	if (!child->vforked)
		return;
	child->vforked = false;
	env_wakeup_all(&child->parent->waiters);
}

/* --- clone ------------------------------------------------------------------ */

#define CLONE_SIGNAL         0x000000ffl
#define CLONE_VM             0x00000100l
#define CLONE_PTRACE         0x00002000l
#define CLONE_VFORK          0x00004000l
#define CLONE_SYSVSEM        0x00040000l
#define CLONE_SETTLS         0x00080000l
#define CLONE_PARENT_SETTID  0x00100000l
#define CLONE_CHILD_CLEARTID 0x00200000l
#define CLONE_DETACHED       0x00400000l
#define CLONE_UNTRACED       0x00800000l
#define CLONE_CHILD_SETTID   0x01000000l
#define CLONE_IO             0x80000000l

/*
 * What makes a process. CLONE_CHILD_CLEARTID means something only to threads that share their
 * memory; CLONE_VM is vfork's, so only good with it.
 */
#define CLONE_PROCESS                                                                              \
	(CLONE_SIGNAL | CLONE_VM | CLONE_PTRACE | CLONE_VFORK | CLONE_SYSVSEM | CLONE_SETTLS |     \
		CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_DETACHED | CLONE_UNTRACED |     \
		CLONE_CHILD_SETTID | CLONE_IO)

/* The child's registers as its parent wants them. */
static long prepare_child(struct proc *child, long flags, vaddr_t stack, vaddr_t tls)
{
	if ((flags & CLONE_SETTLS) && env_set_thread_pointer(child, tls) != K_OK)
		return -EPERM;
	if (stack != 0)
		env_set_stack(child, stack);
	return 0;
}

static void abandon(struct proc *child)
{
	process_release(child);
	env_client_destroy(child);
	process_free(child);
}

long sys_clone(long flags, vaddr_t stack, vaddr_t parent_tid, vaddr_t child_tid, vaddr_t tls)
{
	struct proc *child;
	long error;

	if ((flags & ~CLONE_PROCESS) != 0 || (flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM)
		return -EINVAL;
	child = copy_process(&error);
	if (!child)
		return error;
	error = prepare_child(child, flags, stack, tls);
	if (error != 0) {
		abandon(child);
		return error;
	}
	child->exit_signal = (s32)(flags & CLONE_SIGNAL);
	/* As on Linux nobody is told where these cannot be written. */
	if (flags & CLONE_PARENT_SETTID)
		(void)!env_copyout(parent_tid, &child->pid, sizeof(child->pid));
	if (flags & CLONE_CHILD_SETTID)
		(void)!env_write_memory(child, child_tid, &child->pid, sizeof(child->pid));
	return run_child(child, flags & CLONE_VFORK);
}
