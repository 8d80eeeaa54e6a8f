/*
 * undo: what the end of a process takes back.
 *
 * An entry belongs to a list, which is one process's or shared (threads are made so), and to a set.
 * It goes with whichever goes first.
 */
#include <services/process/process.h>
#include <services/sysv/semaphores.h>
#include <services/sysv/sysv.h>

static size_t undo_size(const struct semaphore_set *set)
{
	return sizeof(struct semaphore_undo) + set->count * sizeof(int16_t);
}

static void drop(struct semaphore_undo *undo)
{
	list_remove(&undo->of_list);
	list_remove(&undo->of_set);
	kfree(undo, undo_size(undo->set));
}

static struct undo_list *list_of(struct proc *proc)
{
	struct undo_list *list = proc->undo_list;

	if (list)
		return list;
	list = kalloc(sizeof(*list));
	if (!list)
		return NULL;
	list->refs = 1;
	list_init(&list->undos);
	proc->undo_list = list;
	return list;
}

struct semaphore_undo *undo_of_caller(struct semaphore_set *set)
{
	struct undo_list *list = list_of(env_current());
	struct semaphore_undo *undo;

	if (!list)
		return NULL;
	list_for_each(undo, &list->undos, of_list)
	{
		if (undo->set == set)
			return undo;
	}
	undo = kalloc(undo_size(set));
	if (!undo)
		return NULL;
	memset(undo, 0, undo_size(set));
	undo->set = set;
	list_push_back(&list->undos, &undo->of_list);
	list_push_back(&set->undos, &undo->of_set);
	return undo;
}

void undo_forget(struct semaphore_set *set, u32 number)
{
	struct semaphore_undo *undo;

	list_for_each(undo, &set->undos, of_set)
	{
		if (number == UINT32_MAX)
			memset(undo->adjust, 0, set->count * sizeof(int16_t));
		else
			undo->adjust[number] = 0;
	}
}

void undo_drop(struct semaphore_set *set)
{
	struct semaphore_undo *undo;

	while ((undo = list_first(&set->undos, struct semaphore_undo, of_set)))
		drop(undo);
}

long semaphores_share(struct proc *creator, struct proc *proc)
{
	struct undo_list *list = list_of(creator);

	if (!list)
		return -ENOMEM;
	list->refs++;
	proc->undo_list = list;
	return 0;
}

/* What does not fit is cut, as on Linux: nobody is there to be told. */
static void undo_all(struct semaphore_undo *undo, s32 pid)
{
	struct semaphore_set *set = undo->set;

	for (u32 i = 0; i < set->count; i++) {
		struct semaphore *semaphore = &set->of[i];
		s32 value = semaphore->value + undo->adjust[i];

		if (undo->adjust[i] == 0)
			continue;
		semaphore->value = (u16)MIN(MAX(value, 0), SEM_VALUE_MAX);
		semaphore->last = pid;
	}
	set->otime = ipc_now();
	drop(undo);
	semaphores_settle(set);
}

void semaphores_exit(struct proc *proc)
{
	struct undo_list *list = proc->undo_list;
	struct semaphore_undo *undo;

	if (!list)
		return;
	proc->undo_list = NULL;
	if (--list->refs > 0)
		return;
	while ((undo = list_first(&list->undos, struct semaphore_undo, of_list)))
		undo_all(undo, proc->pid);
	kfree(list, sizeof(*list));
}
