/*
 * key: which word is meant.
 *
 * A private futex, and one in memory that is not shared, is known by its address space; another by
 * the object in which it lies. As on Linux those who say "private" and those who do not never
 * meet, even in the same address space.
 */
#include <services/futex/futex.h>

#define KIND_PRIVATE 0u
#define KIND_SPACE   1u /* not said to be private, but in private memory */
#define KIND_OBJECT  2u

static struct list lists[FUTEX_LISTS];

struct list *futex_list_number(u32 number)
{
	struct list *list = &lists[number];

	if (!list->next)
		list_init(list);
	return list;
}

#define GOLDEN 0x9e3779b97f4a7c15ull /* Knuth 1998, section 6.4 */

struct list *futex_list(const struct futex_key *key)
{
	return futex_list_number(
		(u32)((key->space ^ key->offset * GOLDEN) * GOLDEN >> 32) % FUTEX_LISTS);
}

long futex_key_of(vaddr_t address, bool private, struct futex_key *key)
{
	u32 value;

	if (address % sizeof(u32) != 0)
		return -EINVAL;
	if (address >= ENV_USER_MAX)
		return -EFAULT;
	*key = (struct futex_key){(u64)env_current()->memory, address, KIND_PRIVATE};
	if (private)
		return 0;
	if (env_copyin(&value, address, sizeof(value)) != K_OK)
		return -EFAULT;
	key->kind = KIND_SPACE;
	if (env_name_memory(address, &key->space, &key->offset) == K_OK)
		key->kind = KIND_OBJECT;
	return 0;
}
