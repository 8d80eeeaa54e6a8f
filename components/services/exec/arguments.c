/*
 * arguments: what execve carries over from the old memory to the new.
 *
 * The strings live in a chain of chunks, each a page of a cache, so that a few
 * arguments cost one allocation and two megabytes of them need no large one.
 */
#include <services/exec/exec.h>

#define ARGUMENTS_MIN 131072u /* Linux's ARG_MAX */
#define ARGUMENTS_CAP (3 * STACK_SIZE / 4)

u64 arguments_max(void)
{
	const struct proc *proc = env_current();

	return MAX(
		MIN(proc->leader->limits.of[LIMIT_STACK].soft / 4, ARGUMENTS_CAP), ARGUMENTS_MIN);
}

void arguments_init(struct arguments *arguments)
{
	*arguments = (struct arguments){.used = CHUNK_BYTES};
}

void arguments_free(struct arguments *arguments)
{
	while (arguments->first) {
		struct argument_chunk *chunk = arguments->first;

		arguments->first = chunk->next;
		kfree(chunk, sizeof(*chunk));
	}
	arguments_init(arguments);
}

/* Free bytes in the last chunk, at least one; 0 when memory is out. */
static u32 room(struct arguments *arguments)
{
	struct argument_chunk *chunk;

	if (arguments->used < CHUNK_BYTES)
		return CHUNK_BYTES - arguments->used;
	chunk = kalloc(sizeof(*chunk));
	if (!chunk)
		return 0;
	chunk->next = NULL;
	if (arguments->last)
		arguments->last->next = chunk;
	else
		arguments->first = chunk;
	arguments->last = chunk;
	arguments->used = 0;
	return CHUNK_BYTES;
}

static void took(struct arguments *arguments, u64 n)
{
	arguments->used += (u32)n;
	arguments->bytes += n;
}

long arguments_add(struct arguments *arguments, const char *string, size_t length)
{
	size_t done = 0;

	if (length >= ARGUMENT_MAX)
		return -E2BIG;
	while (done <= length) { /* the NUL too */
		u32 free = room(arguments);
		size_t n = MIN(length - done, free);

		if (free == 0)
			return -ENOMEM;
		memcpy(arguments->last->bytes + arguments->used, string + done, n);
		took(arguments, n);
		done += n;
		if (done == length && n < free) {
			arguments->last->bytes[arguments->used] = '\0';
			took(arguments, 1);
			done++;
		}
	}
	return 0;
}

/* The string at `from` of the caller. */
static long add_user_string(struct arguments *arguments, vaddr_t from)
{
	u64 begin = arguments->bytes;

	for (;;) {
		u32 free = room(arguments);
		char *to = free > 0 ? arguments->last->bytes + arguments->used : NULL;
		size_t length;
		enum kstatus status;

		if (!to)
			return -ENOMEM;
		status = env_copyin_string(to, from, free, &length);
		if (status == K_OK) {
			took(arguments, length + 1);
			return arguments->bytes - begin > ARGUMENT_MAX ? -E2BIG : 0;
		}
		if (status != K_RANGE)
			return errno_of(status);
		/*
		 * It goes on behind this chunk, which takes what fits. Memory shared with another
		 * process may have changed since: a NUL that is there now ends the string.
		 */
		if (env_copyin(to, from, free) != K_OK)
			return -EFAULT;
		length = strnlen(to, free);
		took(arguments, MIN(length + 1, free));
		from += free;
		if (arguments->bytes - begin >= ARGUMENT_MAX)
			return -E2BIG;
		if (length < free)
			return 0;
	}
}

long arguments_add_array(struct arguments *arguments, vaddr_t array)
{
	u32 count = 0;

	if (array == 0)
		return 0; /* as Linux takes it */
	for (;; count++) {
		vaddr_t string;
		long error;

		if (env_copyin(&string, array + count * sizeof(string), sizeof(string)) != K_OK)
			return -EFAULT;
		if (string == 0)
			return count;
		if (arguments->bytes + count * sizeof(string) >= arguments_max())
			return -E2BIG;
		error = add_user_string(arguments, string);
		if (error != 0)
			return error;
	}
}
