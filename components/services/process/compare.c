/* compare: kcmp, which asks whether two processes have one and the same thing. */
#include <services/files/files.h>
#include <services/identity/identity.h>
#include <services/process/process.h>

#include <unix_calls.h>

enum kind { KIND_FILE, KIND_MEMORY, KIND_FILES, KIND_TREE, KIND_ACTIONS, KIND_IO, KIND_SEMAPHORES };

static const void *file_of(struct proc *proc, u64 fd)
{
	const struct file_table *table = files_table(proc);

	return fd < table->used ? table->files[fd] : NULL;
}

/* A table is known by where it is: a process's own, or one that it shares. */
static const void *table_of(struct proc *proc)
{
	return proc->files_shared ? (const void *)proc->files_shared : &proc->files;
}

/* Some order that does not change: 0 the same, 1 less, 2 greater. */
static long compare(const void *a, const void *b)
{
	return a == b ? 0 : a < b ? 1 : 2;
}

long sys_kcmp(int pid1, int pid2, int kind, long index1, long index2)
{
	struct proc *a = process_find_thread(pid1), *b = process_find_thread(pid2);
	const void *file;

	if (!a || !b)
		return -ESRCH;
	if (!identity_may_look_into(a, false) || !identity_may_look_into(b, false))
		return -EPERM;
	switch (kind) {
	case KIND_FILE:
		file = file_of(a, (u64)index1);
		if (!file || !file_of(b, (u64)index2))
			return -EBADF;
		return compare(file, file_of(b, (u64)index2));
	case KIND_MEMORY:
		return compare(a->memory, b->memory);
	case KIND_FILES:
		return compare(table_of(a), table_of(b));
	case KIND_TREE:
		return compare(a->tree, b->tree);
	case KIND_ACTIONS:
		return compare(a->signals.actions, b->signals.actions);
	case KIND_IO:
		return 0;     /* nobody has any */
	case KIND_SEMAPHORES: /* what is to be undone when they end */
		return compare(a->undo_list, b->undo_list);
	default:
		return -EINVAL;
	}
}
