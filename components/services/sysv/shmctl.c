/* shmctl: what is told of segments, and changed. */
#include <services/identity/capabilities.h>
#include <services/process/process.h>
#include <services/sysv/segments.h>

#include <unix_calls.h>

#define SHM_LOCK     11
#define SHM_UNLOCK   12
#define SHM_STAT     13
#define SHM_INFO     14
#define SHM_STAT_ANY 15

/* struct shmid64_ds */
struct segment_status {
	struct ipc_status object;
	u64 size;
	s64 atime, dtime, ctime;
	s32 creator, last;
	u64 attached;
	u64 unused[2];
};
_Static_assert(sizeof(struct segment_status) == 112, "struct shmid64_ds");

/* struct shminfo64 */
struct segment_limits {
	u64 largest, smallest, most, most_attached, all;
	u64 unused[4];
};

/* struct shm_info */
struct segment_totals {
	s32 used;
	s32 padding;
	u64 pages, resident, swapped, swap_attempts, swap_successes;
};

static long tell_limits(vaddr_t to)
{
	struct segment_limits limits = {
		.largest = SHM_SIZE_MAX,
		.smallest = 1,
		.most = SHM_MOST,
		.most_attached = SHM_MOST,
		.all = SHM_SIZE_MAX,
	};

	return env_copyout(to, &limits, sizeof(limits)) == K_OK ? ipc_highest(&segments) : -EFAULT;
}

static long tell_totals(vaddr_t to)
{
	struct segment_totals totals = {.used = (s32)segments.used, .pages = segments_pages};
	long highest = ipc_highest(&segments);

	for (u32 i = 0; i < segments.room; i++) {
		if (segments.slots[i])
			totals.resident += segment_resident(
				container_of(segments.slots[i], struct segment, object));
	}
	return env_copyout(to, &totals, sizeof(totals)) == K_OK ? highest : -EFAULT;
}

static long tell(s32 id, int command, vaddr_t to)
{
	long error;
	struct ipc_object *object = ipc_find_to_tell(
		&segments, id, command != IPC_STAT, command == SHM_STAT_ANY, &error);
	const struct segment *segment;
	struct segment_status status;
	long result;

	if (!object)
		return error;
	segment = container_of(object, struct segment, object);
	memset(&status, 0, sizeof(status));
	ipc_get_status(object, &status.object);
	status.size = segment->size;
	status.atime = segment->atime;
	status.dtime = segment->dtime;
	status.ctime = segment->ctime;
	status.creator = segment->creator;
	status.last = segment->last;
	status.attached = segment->attached;
	result = command == IPC_STAT ? 0 : object->id;
	return env_copyout(to, &status, sizeof(status)) == K_OK ? result : -EFAULT;
}

/* It goes at once, or with the last who has it attached; till then nobody finds it by key. */
static void remove_segment(struct segment *segment)
{
	if (segment->attached == 0) {
		segment_destroy(segment);
		return;
	}
	segment->object.key = IPC_PRIVATE;
	segment->object.mode |= SHM_DEST;
}

static long change(s32 id, int command, vaddr_t from)
{
	struct segment_status status;
	struct ipc_object *object;
	struct segment *segment;
	long error = 0;

	if (command == IPC_SET && env_copyin(&status, from, sizeof(status)) != K_OK)
		return -EFAULT;
	object = ipc_find(&segments, id);
	if (!object)
		return -EINVAL;
	if (!ipc_is_own(object))
		return -EPERM;
	segment = container_of(object, struct segment, object);
	if (command == IPC_RMID) {
		remove_segment(segment);
		return 0;
	}
	error = ipc_set_status(object, &status.object);
	if (error == 0)
		segment->ctime = ipc_now();
	return error;
}

static bool is_mine(const struct ipc_object *object)
{
	u32 euid = env_current()->identity.euid;

	return euid == object->uid || euid == object->cuid;
}

/* All memory is in memory: a lock is a mark. */
static long lock(s32 id, bool on)
{
	struct ipc_object *object = ipc_find(&segments, id);

	if (!object)
		return -EINVAL;
	if (!identity_may(CAP_IPC_LOCK) &&
		(!is_mine(object) || (on && process_current()->limits.of[LIMIT_MEMLOCK].soft == 0)))
		return -EPERM;
	object->mode = (object->mode & ~SHM_LOCKED) | (on ? SHM_LOCKED : 0);
	return 0;
}

long sys_shmctl(int id, int command, vaddr_t buffer)
{
	if (command < 0 || id < 0)
		return -EINVAL;
	switch (command) {
	case IPC_INFO:
		return tell_limits(buffer);
	case SHM_INFO:
		return tell_totals(buffer);
	case IPC_STAT:
	case SHM_STAT:
	case SHM_STAT_ANY:
		return tell(id, command, buffer);
	case IPC_SET:
	case IPC_RMID:
		return change(id, command, buffer);
	case SHM_LOCK:
	case SHM_UNLOCK:
		return lock(id, command == SHM_LOCK);
	default:
		return -EINVAL;
	}
}
