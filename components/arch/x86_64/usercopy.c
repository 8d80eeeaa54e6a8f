/* The checked copy of a string: the one user copy that is too long to be inline. */
#include <arch/arch.h>

enum kstatus copy_string_from_user(char *to, vaddr_t from, size_t size, size_t *length)
{
	if (from >= USER_MAX)
		return K_FAULT;
	u64 room = MIN(size,
		USER_MAX - from); /* a string that runs into the end of user space faults there */
	s64 n = usercopy_string_raw(to, (const char *)from, room);

	if (n < 0 || ((u64)n == room && room < size))
		return K_FAULT;
	if ((u64)n == size)
		return K_RANGE;
	*length = (size_t)n;
	return K_OK;
}
