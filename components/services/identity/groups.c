/* groups: the supplementary groups of a process. */
#include <services/identity/identity.h>

#include <unix_calls.h>

#define GROUPS_LINUX 65536u /* more than that is EINVAL */
#define GROUPS_MAX   8000u  /* more than that does not fit into one piece of memory */

static size_t list_size(u32 count)
{
	return sizeof(struct group_list) + count * sizeof(u32);
}

static void list_unref(struct group_list *list)
{
	if (list && --list->refs == 0)
		kfree(list, list_size(list->count));
}

void identity_exit(struct proc *proc)
{
	list_unref(proc->identity.groups);
	proc->identity.groups = NULL;
}

long sys_getgroups(int size, vaddr_t to)
{
	const struct group_list *list = env_current()->identity.groups;
	u32 count = list ? list->count : 0;

	if (size < 0)
		return -EINVAL;
	if (size == 0)
		return count;
	if (count > (u32)size)
		return -EINVAL;
	if (count > 0 && env_copyout(to, list->groups, count * sizeof(u32)) != K_OK)
		return -EFAULT;
	return count;
}

/* Linux hands them out in ascending order. */
static void sort(struct group_list *list)
{
	for (u32 i = 1; i < list->count; i++) {
		u32 group = list->groups[i], at = i;

		for (; at > 0 && list->groups[at - 1] > group; at--)
			list->groups[at] = list->groups[at - 1];
		list->groups[at] = group;
	}
}

long sys_setgroups(int size, vaddr_t from)
{
	struct credentials *who = &env_current()->identity;
	struct group_list *list = NULL;
	u32 count = (u32)size;

	if (!identity_may(CAP_SETGID))
		return -EPERM;
	if (count > GROUPS_LINUX)
		return -EINVAL;
	if (count > GROUPS_MAX)
		return -ENOMEM;
	if (count > 0) {
		list = kalloc(list_size(count));
		if (!list)
			return -ENOMEM;
		list->refs = 1;
		list->count = count;
		if (env_copyin(list->groups, from, count * sizeof(u32)) != K_OK) {
			kfree(list, list_size(count));
			return -EFAULT;
		}
		sort(list);
	}
	list_unref(who->groups);
	who->groups = list;
	return 0;
}
