/*
 * super: a volume from its mounting to its end.
 *
 * While an ext3 volume is mounted for writing its superblock says that the journal must be
 * recovered (EXT2_INCOMPAT_RECOVER), so whoever finds it after a crash does that first. An ext2
 * volume is marked as not clean, and has to be looked through.
 */
#include <services/devices/disk.h>
#include <services/ext2/ext2.h>

static struct ext2 *mounted; /* there is one disk; NULL: nothing is */

void ext2_forget(void)
{
	mounted = NULL;
}

long ext2_corrupt(struct ext2 *v, const char *what, u64 number)
{
	if (!v->complained)
		kprintf("ext2: the file system is damaged: %s %lu\n", what, number);
	v->complained = true;
	return -EUCLEAN;
}

/* --- descriptors --- */

struct ext2_group *ext2_group(const struct ext2 *v, u32 group)
{
	u32 per_block = v->block_size / sizeof(struct ext2_group);

	return (struct ext2_group *)v->descriptors[group / per_block]->bytes + group % per_block;
}

void ext2_log_group(struct ext2 *v, u32 group)
{
	ext2_log(v, v->descriptors[group / (v->block_size / (u32)sizeof(struct ext2_group))]);
}

static size_t descriptors_size(const struct ext2 *v)
{
	return v->descriptors_count * sizeof(v->descriptors[0]);
}

static void put_structures(struct ext2 *v)
{
	for (u32 i = 0; v->descriptors && i < v->descriptors_count; i++) {
		if (v->descriptors[i])
			buffer_put(&v->buffers, v->descriptors[i]);
	}
	if (v->descriptors)
		kfree(v->descriptors, descriptors_size(v));
	if (v->super_buffer)
		buffer_put(&v->buffers, v->super_buffer);
	v->descriptors = NULL;
	v->super_buffer = NULL;
}

/* Superblock and descriptors, held as long as the volume is there. */
static long get_structures(struct ext2 *v)
{
	long error = buffer_read(&v->buffers, EXT2_SUPER_OFFSET / v->block_size, &v->super_buffer);

	if (error != 0) {
		v->super_buffer = NULL;
		return error;
	}
	v->super =
		(struct ext2_super *)(v->super_buffer->bytes + EXT2_SUPER_OFFSET % v->block_size);
	v->descriptors = kalloc(descriptors_size(v));
	if (!v->descriptors)
		return -ENOMEM;
	memset(v->descriptors, 0, descriptors_size(v));
	for (u32 i = 0; error == 0 && i < v->descriptors_count; i++) {
		error = buffer_read(&v->buffers, v->first_data_block + 1 + i, &v->descriptors[i]);
		if (error != 0)
			v->descriptors[i] = NULL;
	}
	return error == 0 ? ext2_validate_groups(v) : error;
}

/* Reads the superblock for itself, for it says how large blocks are. */
static long probe(struct ext2 *v)
{
	static struct object_cache cache; /* of one object at most: it crosses no page */
	long error;

	if (cache.size == 0)
		object_cache_init(&cache, "superblock", sizeof(*v->super), sizeof(*v->super));
	v->super = object_alloc(&cache);
	if (!v->super)
		return -ENOMEM;
	error = env_disk_read(EXT2_SUPER_OFFSET / DISK_SECTOR, sizeof(*v->super) / DISK_SECTOR,
			v->super) == K_OK
			? ext2_validate_super(v, env_disk_size() * DISK_SECTOR)
			: -EIO;
	object_free(&cache, v->super);
	v->super = NULL;
	return error;
}

/* What recovery has written is not what was read before. */
static long reread(struct ext2 *v)
{
	long error;

	ext2_inodes_shrink(v, 0);
	put_structures(v);
	buffers_shrink(&v->buffers, 0);
	error = get_structures(v);
	return error == 0 ? ext2_validate_super(v, env_disk_size() * DISK_SECTOR) : error;
}

/* --- the marks of being mounted --- */

static long write_super(struct ext2 *v)
{
	long error;

	v->super->written = (u32)tree_now().seconds;
	error = buffer_write(&v->buffers, v->super_buffer);
	return error == 0 && env_disk_flush() != K_OK ? -EIO : error;
}

static long mark_mounted(struct ext2 *v)
{
	if (v->journal.present)
		v->super->incompat |= EXT2_INCOMPAT_RECOVER;
	else
		v->super->state &= (u16)~EXT2_STATE_CLEAN;
	v->super->mounted = (u32)tree_now().seconds;
	v->super->mount_count++;
	return write_super(v);
}

static long mark_clean(struct ext2 *v)
{
	v->super->incompat &= ~EXT2_INCOMPAT_RECOVER;
	v->super->state |= EXT2_STATE_CLEAN;
	if (v->complained)
		v->super->state |= EXT2_STATE_ERRORS;
	return write_super(v);
}

/* --- mounting --- */

static long make_root(struct ext2 *v)
{
	struct node *root = node_create(NULL, "", 0);
	long error;

	if (!root)
		return -ENOMEM;
	error = ext2_inode_get(v, EXT2_ROOT_INODE, &root->inode);
	if (error == 0 && (!inode_is(root->inode, S_IFDIR) || root->inode->links == 0)) {
		ext2_inode_unget(root->inode);
		error = ext2_corrupt(v, "the root is no directory, inode", EXT2_ROOT_INODE);
	}
	if (error != 0) {
		root->inode = NULL;
		node_unref(root);
		return error;
	}
	v->volume.root = root;
	return 0;
}

static long open_structures(struct ext2 *v)
{
	bool recover;
	long error = probe(v);

	if (error == 0)
		error = buffers_init(&v->buffers, v->block_size, v->blocks_count);
	if (error == 0)
		error = get_structures(v);
	if (error != 0)
		return error;
	recover = v->super->incompat & EXT2_INCOMPAT_RECOVER;
	error = journal_open(v);
	if (error == 0 && recover)
		error = reread(v);
	if (error == 0 && !v->volume.read_only)
		error = mark_mounted(v);
	if (error == 0 && !v->volume.read_only)
		error = journal_begin(v);
	if (error == 0 && !v->volume.read_only && v->journal.present)
		error = ext2_orphans_recover(v);
	return error == 0 ? make_root(v) : error;
}

/* What of mount(8)'s options we do anyway. */
static long check_options(const char *options)
{
	static const char *const words[] = {
		"rw", "ro", "defaults", "data=ordered", "barrier=1", "errors=continue", "relatime"};

	while (*options != '\0') {
		size_t n = 0;
		bool known = false;

		while (options[n] != '\0' && options[n] != ',')
			n++;
		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			known |= strlen(words[i]) == n && memcmp(words[i], options, n) == 0;
		if (!known)
			return -EINVAL;
		options += options[n] == ',' ? n + 1 : n;
	}
	return 0;
}

static struct ext2 *allocate(const struct volume_type *type, bool read_only)
{
	struct ext2 *v = kalloc(sizeof(*v));

	if (!v)
		return NULL;
	memset(v, 0, sizeof(*v));
	v->volume = (struct volume){.type = type,
		.refs = 1,
		.device = DISK_DEVICE,
		.on_disk = true,
		.read_only = read_only};
	env_queue_init(&v->volume.unlocked);
	list_init(&v->logged);
	list_init(&v->unused);
	list_init(&v->orphans);
	list_init(&v->dirty);
	list_init(&v->mapped);
	list_init(&v->stale);
	list_init(&v->journal.in_log);
	ext2_timer_init(v);
	return v;
}

/* Everything in memory goes, wherever it has got to. */
static void destroy(struct ext2 *v)
{
	service_timer_clear(&v->timer);
	v->volume.refs = 1; /* the inodes' references are not the last */
	if (v->buffers.table) {
		ext2_inodes_drop(v);
		journal_drop(v);
		put_structures(v);
		journal_close(v);
		buffers_fini(&v->buffers);
	}
	kfree(v, sizeof(*v));
}

static long mount_again(struct volume **out, const struct volume_type *type, bool read_only)
{
	if (mounted->volume.type != type || mounted->volume.read_only != read_only)
		return -EBUSY;
	volume_ref(&mounted->volume);
	*out = &mounted->volume;
	return 0;
}

static long mount_disk(struct volume **out, const struct volume_type *type, u32 device,
	const char *options, bool read_only)
{
	long error = check_options(options);
	struct ext2 *v;

	if (device != DISK_DEVICE || env_disk_size() == 0)
		return -ENXIO;
	if (error != 0)
		return error;
	if (mounted)
		return mount_again(out, type, read_only);
	v = allocate(type, read_only);
	if (!v)
		return -ENOMEM;
	mounted = v; /* nobody else may, while we wait for the disk */
	volume_lock(&v->volume);
	error = open_structures(v);
	volume_unlock(&v->volume);
	if (error != 0) {
		v->failed = true;
		destroy(v);
		mounted = NULL;
		return error;
	}
	v->volume.block_size = v->block_size;
	*out = &v->volume;
	return 0;
}

static long mount_ext2(struct volume **out, u32 device, const char *options, bool read_only)
{
	return mount_disk(out, &ext2_type, device, options, read_only);
}

static long mount_ext3(struct volume **out, u32 device, const char *options, bool read_only)
{
	return mount_disk(out, &ext3_type, device, options, read_only);
}

/* --- the end --- */

/* Everything is on the disk, and the disk says so. Nothing is changed afterwards. */
static long finish(struct ext2 *v)
{
	struct ext2_inode *inode;
	long error;

	while ((inode = list_first(&v->orphans, struct ext2_inode, orphan)) &&
		ext2_orphan_finish(inode) == 0)
		;
	error = ext2_sync(v);
	while (error == 0 && ext2_has_changes(v))
		error = ext2_commit(v);
	if (error == 0)
		error = journal_checkpoint(v);
	if (error == 0 && v->journal.present)
		error = journal_mark(v, true);
	if (error == 0 && env_disk_flush() != K_OK)
		error = -EIO;
	if (error == 0)
		error = mark_clean(v);
	v->volume.read_only = true;
	return error;
}

static long close(struct volume *volume)
{
	struct ext2 *v = container_of(volume, struct ext2, volume);
	long error = 0;

	volume_lock(volume);
	if (!volume->read_only && !v->failed)
		error = finish(v);
	service_timer_clear(&v->timer);
	volume_unlock(volume);
	return error;
}

static void release(struct volume *volume)
{
	struct ext2 *v = container_of(volume, struct ext2, volume);
	long error;

	volume->refs = 1;
	error = close(volume);
	if (error != 0)
		kprintf("ext2: not everything could be written: error %ld\n", -error);
	destroy(v);
	mounted = NULL;
}

#define EXT2_STATFS_MAGIC 0xef53u

#define EXT2_TYPE(name_, mount_)                                                                   \
	{                                                                                          \
		.name = name_, .magic = EXT2_STATFS_MAGIC, .needs_source = true, .mount = mount_,  \
		.status = ext2_status, .sync = ext2_volume_sync, .close = close,                   \
		.is_busy = ext2_is_busy, .release = release,                                       \
	}

const struct volume_type ext2_type = EXT2_TYPE("ext2", mount_ext2);
const struct volume_type ext3_type = EXT2_TYPE("ext3", mount_ext3);
