/*
 * mount: volumes, and where they are seen.
 *
 * A place in a mount holds it, and so does a mount on it; what is held cannot be
 * taken down. `node->mounts` says whether it is worth looking for a mount on a node at all.
 */
#include <services/tree/tree.h>

struct list mounts = {&mounts, &mounts};
static s32 last_id;
static u32 last_number;

void volume_ref(struct volume *volume)
{
	volume->refs++;
}

void volume_unref(struct volume *volume)
{
	assert(volume->refs > 0);
	if (--volume->refs == 0)
		volume->type->release(volume);
}

/* --- the lock --- */

void volume_lock_slowly(struct volume *volume)
{
	struct proc *self = tree_actor();

	while (volume->locked > 0 && volume->locker != self) {
		enum kstatus status;

		volume->lock_waiters++;
		status = env_sleep(&volume->unlocked, ENV_FOREVER);
		volume->lock_waiters--;
		if (status != K_OK)
			env_yield(); /* a killed process cannot sleep */
	}
	volume->locked++;
	volume->locker = self;
}

bool volume_try_lock(struct volume *volume)
{
	if (volume->locked > 0)
		return false;
	volume->locked = 1;
	volume->locker = NULL;
	return true;
}

void volume_unlock_slowly(struct volume *volume)
{
	assert(volume->locked > 0);
	if (--volume->locked == 0 && volume->lock_waiters > 0)
		env_wakeup_one(&volume->unlocked);
}

/* --- volumes --- */

/* All names below `root`, the deepest first: a stack is too small for recursion. */
static void unlink_all(struct node *root)
{
	struct node *node = root;

	for (;;) {
		struct node *child = list_first(&node->children, struct node, sibling);

		if (child) {
			node = child;
			continue;
		}
		if (node == root)
			return;
		child = node;
		node = node->parent;
		child->inode->links = 0;
		node_unlink(child);
	}
}

void volume_close(struct volume *volume)
{
	struct node *root = volume->root;

	notify_unmount(volume);
	volume->root = NULL;
	if (volume->in_memory)
		unlink_all(root);
	node_unref(root);
}

void volumes_close(void)
{
	struct mount *mount;

	list_for_each(mount, &mounts, link)
	{
		if (mount->volume->type->close && mount->volume->type->close(mount->volume) != 0)
			kprintf("%s: not everything could be written\n", mount->source);
	}
}

u32 volume_number(void)
{
	last_number++;
	return DEVICE(0, last_number);
}

const struct volume_type *volume_type_find(const char *name)
{
	for (size_t i = 0; i < volume_types_count; i++) {
		if (strcmp(volume_types[i]->name, name) == 0)
			return volume_types[i];
	}
	return NULL;
}

void place_unref(struct place place)
{
	if (!place.mount)
		return;
	node_unref(place.node);
	assert(place.mount->refs > 0);
	if (--place.mount->refs == 0 && place.mount->detached)
		mount_destroy(place.mount);
}

void place_set(struct place *held, struct place place)
{
	struct place old = *held;

	*held = place;
	place_unref(old);
}

long mount_create(const struct place *at, struct volume *volume, struct node *root, u32 flags,
	const char *source, struct mount **out)
{
	struct mount *mount = kalloc(sizeof(*mount));
	char *name = node_name(source, strlen(source));

	if (!mount || !name) {
		if (mount)
			kfree(mount, sizeof(*mount));
		if (name)
			node_name_free(name, strlen(source));
		return -ENOMEM;
	}
	*mount = (struct mount){
		.flags = flags,
		.id = ++last_id,
		.root = node_ref(root),
		.volume = volume,
		.source = name,
	};
	volume_ref(volume);
	volume->mounts++;
	if (at) {
		place_ref(*at);
		mount->parent = at->mount;
		mount->point = at->node;
		at->node->mounts++;
	}
	list_push_back(&mounts, &mount->link);
	*out = mount;
	return 0;
}

void mount_destroy(struct mount *mount)
{
	struct node *point = mount->point;
	struct mount *parent = mount->parent;

	assert(mount->refs == 0);
	list_remove(&mount->link);
	node_unref(mount->root);
	if (--mount->volume->mounts == 0)
		volume_close(mount->volume);
	volume_unref(mount->volume);
	node_name_free(mount->source, strlen(mount->source));
	kfree(mount, sizeof(*mount));
	if (point) {
		point->mounts--;
		place_unref((struct place){parent, point});
	}
}

static struct mount *find_on(struct place place)
{
	struct mount *mount;

	list_for_each(mount, &mounts, link)
	{
		if (mount->parent == place.mount && mount->point == place.node)
			return mount;
	}
	return NULL;
}

void mount_enter(struct place *place)
{
	while (place->node->mounts > 0) {
		struct mount *mount = find_on(*place);
		struct place inside;

		if (!mount)
			return; /* what is mounted there is seen through another mount */
		inside = (struct place){mount, mount->root};
		place_ref(inside);
		place_set(place, inside);
	}
}

bool mount_leave(struct place *place)
{
	struct place covered = {place->mount->parent, place->mount->point};

	if (!covered.mount)
		return false;
	place_ref(covered);
	place_set(place, covered);
	return true;
}

long mount_may_write(const struct place *place)
{
	return place->mount->flags & MOUNT_READ_ONLY || place->mount->volume->read_only ? -EROFS
											: 0;
}
