/*
 * attributes: sched_setattr and sched_getattr, whose structure says how long it is.
 *
 * What a longer one than ours asks for must be nothing; a shorter one asks for less.
 */
#include <services/scheduling/scheduling.h>

#include <unix_calls.h>

/* struct sched_attr of Linux, include/uapi/linux/sched/types.h. */
struct attributes {
	u32 size, policy;
	u64 flags;
	s32 nice;
	u32 priority;
	u64 runtime, deadline, period;
	u32 least, most; /* utilisation */
};
_Static_assert(sizeof(struct attributes) == 56, "struct sched_attr");
#define SIZE_FIRST 48u /* of its first version */

#define FLAG_RESET_ON_FORK 0x01u
#define FLAG_KEEP_POLICY   0x08u
#define FLAG_KEEP_PARAMS   0x10u
#define FLAG_CLAMPS        0x60u
#define FLAGS              0x7fu

/* -E2BIG: it is none that we know, and the caller is told ours. */
static long refuse_size(vaddr_t at)
{
	const u32 size = sizeof(struct attributes);

	return env_copyout(at, &size, sizeof(size)) == K_OK ? -E2BIG : -EFAULT;
}

static long check_rest(vaddr_t at, u32 from, u32 size)
{
	u8 more[64];

	while (from < size) {
		u32 piece = MIN(size - from, (u32)sizeof(more));

		if (env_copyin(more, at + from, piece) != K_OK)
			return -EFAULT;
		for (u32 i = 0; i < piece; i++) {
			if (more[i] != 0)
				return refuse_size(at);
		}
		from += piece;
	}
	return 0;
}

static long read_attributes(struct attributes *a, vaddr_t at)
{
	u32 size;
	long error;

	if (env_copyin(&size, at, sizeof(size)) != K_OK)
		return -EFAULT;
	size = size != 0 ? size : SIZE_FIRST;
	if (size < SIZE_FIRST || size > PAGE_SIZE)
		return refuse_size(at);
	error = check_rest(at, sizeof(*a), size);
	if (error != 0)
		return error;
	memset(a, 0, sizeof(*a));
	if (env_copyin(a, at, MIN(size, (u32)sizeof(*a))) != K_OK)
		return -EFAULT;
	if (a->flags & FLAG_CLAMPS && size < sizeof(*a))
		return -EINVAL;
	a->nice = MAX(MIN(a->nice, NICE_MAX), NICE_MIN);
	return 0;
}

long sys_sched_setattr(int pid, vaddr_t attributes, unsigned int flags)
{
	struct policy_request r;
	struct attributes a;
	struct proc *proc;
	long error;

	if (attributes == 0 || pid < 0 || flags != 0)
		return -EINVAL;
	error = read_attributes(&a, attributes);
	if (error != 0)
		return error;
	if ((s32)a.policy < 0)
		return -EINVAL;
	proc = scheduling_find(pid);
	if (!proc)
		return -ESRCH;
	r = (struct policy_request){.policy = a.policy,
		.priority = a.priority,
		.reset = a.flags & FLAG_RESET_ON_FORK,
		.has_nice = true,
		.nice = a.nice};
	if (a.flags & FLAG_KEEP_POLICY)
		r.policy = KEEP_POLICY;
	if (a.flags & FLAG_KEEP_PARAMS) {
		r.priority = proc->wishes.priority;
		r.has_nice = false;
	}
	if ((a.flags & ~(u64)FLAGS) != 0)
		return -EINVAL;
	if (a.flags & FLAG_CLAMPS)
		return -EOPNOTSUPP;
	return policy_set(proc, &r);
}

long sys_sched_getattr(int pid, vaddr_t attributes, unsigned int size, unsigned int flags)
{
	const struct proc *proc;
	struct attributes a;

	if (attributes == 0 || pid < 0 || size > PAGE_SIZE || size < SIZE_FIRST || flags != 0)
		return -EINVAL;
	proc = scheduling_find(pid);
	if (!proc)
		return -ESRCH;
	a = (struct attributes){.size = MIN(size, (u32)sizeof(a)),
		.policy = proc->wishes.policy,
		.flags = proc->wishes.reset ? FLAG_RESET_ON_FORK : 0,
		.priority = proc->wishes.priority};
	if (!policy_is_real_time(a.policy))
		a.nice = proc->nice;
	return errno_of(env_copyout(attributes, &a, a.size));
}
