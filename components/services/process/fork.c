/*
 * fork: a thread becomes two, of one process or of two.
 *
 * What they share and what the new one gets a copy of, the flags of clone say; fork and vfork are
 * cases of it. The environment makes memory and registers; here is the rest.
 */
#include <services/files/files.h>
#include <services/identity/identity.h>
#include <services/memory/mappings.h>
#include <services/pidfd/pidfd.h>
#include <services/process/clone.h>
#include <services/process/process.h>
#include <services/sysv/sysv.h>
#include <services/tree/tree.h>
#include <services/usage/usage.h>

#include <unix_calls.h>

/* What the new thread has of its creator beside its memory. What was made goes with
 * process_release(). */
static long inherit(struct proc *creator, struct proc *proc, u64 flags)
{
	long error = flags & CLONE_FILES ? files_share(creator, proc) : files_fork(creator, proc);

	if (error != 0)
		return error;
	identity_fork(creator, proc);
	if (IS_ENABLED(CONFIG_SERVICES_SYSV) && flags & CLONE_SYSVSEM) {
		error = semaphores_share(creator, proc);
		if (error != 0)
			return error;
	}
	if (!IS_ENABLED(CONFIG_SERVICES_TREE))
		return 0;
	if (!(flags & CLONE_FS))
		return tree_fork(creator, proc);
	tree_share(creator, proc);
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

static long make_memory(struct proc *creator, struct proc *proc, const struct clone *clone)
{
	long error;

	if (clone->flags & CLONE_VM) {
		proc->memory = creator->memory;
		proc->memory->refs++;
		return errno_of(env_client_share(creator, proc, clone->stack, 0));
	}
	error = copy_memory(creator, proc);
	if (error == 0 && clone->stack != 0)
		env_set_stack(proc, clone->stack);
	return error;
}

/* A structure in its place in a process, new or the creator's. */
static struct proc *make_proc(struct proc *creator, const struct clone *clone, long *error)
{
	struct proc *leader = creator->leader, *proc;
	bool is_brother = clone->flags & CLONE_PARENT;

	if (clone->flags & CLONE_THREAD)
		return process_create_thread(creator, error);
	proc = process_create(
		creator, is_brother ? leader->parent : leader, clone->flags & CLONE_SIGHAND, error);
	if (!proc)
		return NULL;
	proc->limits = leader->limits;
	proc->exit_signal = is_brother ? leader->exit_signal : clone->exit_signal;
	return proc;
}

/* It never ran. */
static void unmake_proc(struct proc *proc)
{
	process_release(proc);
	if (proc->leader == proc) {
		process_free(proc);
		return;
	}
	proc->leader->threads_alive--;
	process_free_thread(proc);
}

/* The creator gets a descriptor for the new process. */
static long give_pidfd(const struct proc *proc, vaddr_t to)
{
	s32 number;
	long fd = pidfd_create(proc, 0);

	if (fd < 0)
		return fd;
	number = (s32)fd;
	if (env_copyout(to, &number, sizeof(number)) == K_OK)
		return 0;
	(void)files_close(env_current(), number);
	return -EFAULT;
}

/* The new thread, not yet running; NULL with *error. */
static struct proc *copy(struct proc *creator, const struct clone *clone, long *error)
{
	u32 uid = creator->identity.uid;
	struct proc *proc;

	*error = -EAGAIN;
	if (uid != 0 && !identity_may(CAP_SYS_RESOURCE) && !identity_may(CAP_SYS_ADMIN) &&
		process_count_of(uid) >= creator->leader->limits.of[LIMIT_NPROC].soft)
		return NULL;
	proc = make_proc(creator, clone, error);
	if (!proc)
		return NULL;
	*error = inherit(creator, proc, clone->flags);
	if (*error == 0)
		*error = make_memory(creator, proc, clone);
	if (*error != 0) {
		unmake_proc(proc);
		return NULL;
	}
	if ((clone->flags & CLONE_SETTLS) && env_set_thread_pointer(proc, clone->tls) != K_OK)
		*error = -EPERM;
	else if (clone->flags & CLONE_PIDFD)
		*error = give_pidfd(proc, clone->pidfd);
	if (*error == 0)
		return proc;
	env_client_destroy(proc);
	unmake_proc(proc);
	return NULL;
}

/* Whoever should know its number is told. As on Linux nobody is told where it cannot be written. */
static void announce(struct proc *proc, const struct clone *clone)
{
	s32 number = proc->tid;

	if (clone->flags & CLONE_CHILD_CLEARTID)
		proc->clear_tid = clone->child_tid;
	if (clone->flags & CLONE_PARENT_SETTID)
		(void)!env_copyout(clone->parent_tid, &number, sizeof(number));
	if (clone->flags & CLONE_CHILD_SETTID && clone->flags & CLONE_VM)
		(void)!env_copyout(clone->child_tid, &number, sizeof(number));
	else if (clone->flags & CLONE_CHILD_SETTID)
		(void)!env_write_memory(proc, clone->child_tid, &number, sizeof(number));
}

/* Sleeps until the child execs or ends. No signal lets the parent run on the stack that the child
 * uses, but for one that ends it. */
static void wait_for_child(struct proc *creator)
{
	while (creator->vforked && !creator->dying)
		(void)!env_sleep(&creator->leader->waiters, ENV_FOREVER);
	if (creator->vforked)
		creator->vforked->vforked_by = NULL;
	creator->vforked = NULL;
}

void process_end_vfork(struct proc *child)
{
	struct proc *creator = child->vforked_by;

	if (!creator)
		return;
	child->vforked_by = NULL;
	creator->vforked = NULL;
	env_wakeup_all(&creator->leader->waiters);
}

long process_clone(const struct clone *clone)
{
	struct proc *creator = env_current(), *proc;
	s32 number;
	long error;

	proc = copy(creator, clone, &error);
	if (!proc)
		return error;
	number = proc->tid; /* it may be gone when it has run */
	announce(proc, clone);
	if (IS_ENABLED(CONFIG_SERVICES_SIGNALS))
		signals_cloned(proc, clone->flags);
	if (clone->flags & CLONE_VFORK) {
		proc->vforked_by = creator;
		creator->vforked = proc;
	}
	if (proc->dying || proc->leader->stopped)
		env_attention(proc); /* its process was told so while it was being made */
	usage_start(proc, clone->flags & CLONE_VM);
	env_client_start(proc);
	if (clone->flags & CLONE_VFORK)
		wait_for_child(creator);
	return number;
}

long sys_fork(void)
{
	return process_clone(&(struct clone){.exit_signal = SIGCHLD});
}

long sys_vfork(void)
{
	return process_clone(
		&(struct clone){.flags = CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD});
}
