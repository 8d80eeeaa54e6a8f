/* inode: what all files have in common: references, the lock, permissions, times. */
#include <services/clock/clock.h>
#include <services/identity/identity.h>
#include <services/tree/locks.h>
#include <services/tree/seals.h>
#include <services/tree/tree.h>

#define ATIME_AGE 86400 /* seconds after which reading is noted though nothing has changed */

struct timestamp tree_now(void)
{
	u64 now = clock_epoch + env_now();

	return (struct timestamp){(s64)(now / NSEC_PER_SEC), (s64)(now % NSEC_PER_SEC)};
}

void inode_init(struct inode *inode, const struct inode_ops *ops, struct volume *volume, u32 mode)
{
	volume_ref(volume);
	*inode = (struct inode){
		.ops = ops,
		.volume = volume,
		.number = ++volume->last_number,
		.refs = 1,
		.mode = mode,
		.links = 1,
		.seals = SEAL_SEAL,
		.atime = tree_now(),
	};
	inode->mtime = inode->atime;
	inode->ctime = inode->atime;
	inode->btime = inode->atime;
	env_queue_init(&inode->idle);
}

void inode_unref(struct inode *inode)
{
	assert(inode->refs > 0);
	if (--inode->refs == 0)
		inode->ops->release(inode);
}

void inode_fini(struct inode *inode)
{
	assert(!inode->busy);
	locks_free(inode);
	if (inode->pages) {
		if (inode->ops->unreserve)
			inode->ops->unreserve(inode, inode->pages_used);
		env_object_destroy(inode->pages);
	}
	if (inode->target)
		kfree(inode->target, inode->size + 1);
	volume_unref(inode->volume);
}

long inode_lock(struct inode *inode)
{
	while (unlikely(inode->busy)) {
		enum kstatus status;

		inode->waiters++;
		status = env_sleep(&inode->idle, ENV_FOREVER);
		inode->waiters--;
		if (status != K_OK)
			return errno_of(status);
	}
	inode->busy = true;
	return 0;
}

void inode_unlock(struct inode *inode)
{
	inode->busy = false;
	if (unlikely(inode->waiters > 0))
		env_wakeup_one(&inode->idle);
}

static bool is_in_group(const struct credentials *who, u32 gid)
{
	if (gid == who->fsgid)
		return true;
	for (u32 i = 0; who->groups && i < who->groups->count; i++) {
		if (who->groups->groups[i] == gid)
			return true;
	}
	return false;
}

bool inode_in_group(u32 gid)
{
	return is_in_group(tree_identity(), gid);
}

bool inode_group_is_own(u32 gid)
{
	const struct credentials *who = tree_identity();

	return identity_has(who, CAP_FSETID) || is_in_group(who, gid);
}

void inode_drop_set_ids(struct inode *inode)
{
	inode->mode &= ~S_ISUID;
	if (inode->mode & 0010 || !inode_group_is_own(inode->gid))
		inode->mode &= ~S_ISGID;
}

void inode_was_written(struct inode *inode)
{
	if (unlikely(inode->mode & (S_ISUID | S_ISGID)) &&
		!identity_has(tree_identity(), CAP_FSETID))
		inode_drop_set_ids(inode);
	inode_touch(inode, TOUCH_MTIME | TOUCH_CTIME);
}

/* What capabilities allow whose mode does not. */
static bool overrides(const struct inode *inode, const struct credentials *who, u32 want)
{
	bool is_directory = inode_is(inode, S_IFDIR);

	/* What a file cannot do for anybody it cannot do for user 0. */
	if (identity_has(who, CAP_DAC_OVERRIDE))
		return is_directory || !(want & WANT_EXECUTE) || (inode->mode & 0111) != 0;
	return identity_has(who, CAP_DAC_READ_SEARCH) &&
	       (is_directory ? !(want & WANT_WRITE) : want == WANT_READ);
}

long inode_access(struct inode *inode, u32 want)
{
	const struct credentials *who = tree_identity();
	u32 mode = inode->mode;

	if (inode->ops->refresh)
		inode->ops->refresh(inode);
	if (likely(overrides(inode, who, want)))
		return 0;
	if (who->fsuid == inode->uid)
		mode >>= 6;
	else if (is_in_group(who, inode->gid))
		mode >>= 3;
	return (want & ~mode & 7) == 0 ? 0 : -EACCES;
}

bool inode_is_own(const struct inode *inode)
{
	const struct credentials *who = tree_identity();

	return who->fsuid == inode->uid || identity_has(who, CAP_FOWNER);
}

void inode_touch(struct inode *inode, unsigned times)
{
	struct timestamp now = tree_now();

	if (times & TOUCH_ATIME)
		inode->atime = now;
	if (times & TOUCH_MTIME)
		inode->mtime = now;
	if (times & TOUCH_CTIME)
		inode->ctime = now;
	inode_changed(inode);
}

static bool is_before(const struct timestamp *a, const struct timestamp *b)
{
	return a->seconds < b->seconds ||
	       (a->seconds == b->seconds && a->nanoseconds <= b->nanoseconds);
}

void inode_was_read(struct inode *inode)
{
	if (inode->volume->read_only)
		return;
	if (is_before(&inode->atime, &inode->mtime) || is_before(&inode->atime, &inode->ctime) ||
		tree_now().seconds - inode->atime.seconds >= ATIME_AGE)
		inode_touch(inode, TOUCH_ATIME);
}
