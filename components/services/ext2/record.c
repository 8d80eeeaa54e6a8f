/*
 * record: an inode's form on the disk, and in memory.
 *
 * The attributes of a file are written into the buffer that its inode lies in whenever they change,
 * so that a commit finds them there. While one is under way they wait.
 */
#include <services/ext2/ext2.h>

#define EPOCH_BITS 3u /* of an extra time word: seconds beyond 32 bits; nanoseconds above */

static struct timestamp time_from(u32 seconds, u32 extra)
{
	return (struct timestamp){
		(s64)(s32)seconds + ((s64)(extra & EPOCH_BITS) << 32), extra >> 2};
}

static u32 extra_of(struct timestamp time)
{
	u64 epoch = (u64)(time.seconds - (s64)(s32)(u32)time.seconds) >> 32;

	return (u32)(epoch & EPOCH_BITS) | (u32)time.nanoseconds << 2;
}

static struct ext2_inode_disk *disk_of(const struct ext2_inode *inode)
{
	return (struct ext2_inode_disk *)(inode->buffer->bytes + inode->offset);
}

/* Whether there is room for times in full, and what follows them. */
static bool has_extra(const struct ext2 *v, const struct ext2_inode_disk *d)
{
	return v->inode_size >= EXT2_INODE_SMALL + EXT2_EXTRA && d->extra >= EXT2_EXTRA &&
	       d->extra <= v->inode_size - EXT2_INODE_SMALL;
}

static void decode_times(const struct ext2 *v, struct inode *i, const struct ext2_inode_disk *d)
{
	bool extra = has_extra(v, d);

	i->atime = time_from(d->atime, extra ? d->atime_extra : 0);
	i->mtime = time_from(d->mtime, extra ? d->mtime_extra : 0);
	i->ctime = time_from(d->ctime, extra ? d->ctime_extra : 0);
	i->btime = extra ? time_from(d->made, d->made_extra) : (struct timestamp){0, 0};
}

void ext2_record_read(struct ext2 *v, struct ext2_inode *inode)
{
	const struct ext2_inode_disk *d = disk_of(inode);
	struct inode *i = &inode->inode;

	i->mode = d->mode;
	i->uid = d->uid | (u32)d->uid_high << 16;
	i->gid = d->gid | (u32)d->gid_high << 16;
	i->links = d->links;
	i->size = d->size;
	if (inode_is(i, S_IFREG))
		i->size |= (u64)d->size_high << 32;
	i->sectors = d->sectors;
	inode->flags = d->flags;
	inode->generation = d->generation;
	inode->attributes = d->attributes;
	inode->deleted = d->deleted;
	memcpy(inode->block, d->block, sizeof(inode->block));
	decode_times(v, i, d);
	if (inode_is(i, S_IFCHR) || inode_is(i, S_IFBLK)) /* the old form, or the new one */
		i->device = inode->block[0]
				    ? DEVICE(inode->block[0] >> 8 & 0xff, inode->block[0] & 0xff)
				    : inode->block[1];
}

static void encode_times(const struct ext2 *v, const struct inode *i, struct ext2_inode_disk *d)
{
	d->atime = (u32)i->atime.seconds;
	d->mtime = (u32)i->mtime.seconds;
	d->ctime = (u32)i->ctime.seconds;
	if (!has_extra(v, d))
		return;
	d->atime_extra = extra_of(i->atime);
	d->mtime_extra = extra_of(i->mtime);
	d->ctime_extra = extra_of(i->ctime);
	d->made = (u32)i->btime.seconds;
	d->made_extra = extra_of(i->btime);
}

static void encode(struct ext2 *v, struct ext2_inode *inode)
{
	struct ext2_inode_disk *d = disk_of(inode);
	const struct inode *i = &inode->inode;

	d->mode = (u16)i->mode;
	d->uid = (u16)i->uid;
	d->uid_high = (u16)(i->uid >> 16);
	d->gid = (u16)i->gid;
	d->gid_high = (u16)(i->gid >> 16);
	d->links = (u16)i->links;
	d->size = (u32)i->size;
	if (inode_is(i, S_IFREG))
		d->size_high = (u32)(i->size >> 32);
	d->sectors = (u32)i->sectors;
	d->flags = inode->flags;
	d->generation = inode->generation;
	d->attributes = inode->attributes;
	d->deleted = inode->deleted;
	memcpy(d->block, inode->block, sizeof(d->block));
	encode_times(v, i, d);
}

void ext2_record_begin(struct ext2 *v, struct ext2_inode *inode)
{
	memset(disk_of(inode), 0, v->inode_size);
	if (v->inode_size >= EXT2_INODE_SMALL + EXT2_EXTRA)
		disk_of(inode)->extra = EXT2_EXTRA;
}

/* A size that takes more than 31 bits is a feature, of revision 1. */
static void note_size(struct ext2 *v, const struct inode *inode)
{
	if (inode->size < 1ull << 31 || !inode_is(inode, S_IFREG) ||
		v->super->ro_compat & EXT2_RO_COMPAT_LARGE || v->super->revision == 0)
		return;
	v->super->ro_compat |= EXT2_RO_COMPAT_LARGE;
	v->super_changed = true;
}

void ext2_inode_changed(struct inode *i)
{
	struct ext2_inode *inode = ext2_inode_of(i);
	struct ext2 *v = ext2_of(i);

	if (v->committing) { /* the buffer is on its way to the disk */
		if (!list_is_linked(&inode->stale))
			list_push_back(&v->stale, &inode->stale);
		return;
	}
	encode(v, inode);
	note_size(v, i);
	ext2_log(v, inode->buffer);
}

void ext2_inode_flush_stale(struct ext2 *v)
{
	struct ext2_inode *inode;

	while ((inode = list_first(&v->stale, struct ext2_inode, stale))) {
		list_remove(&inode->stale);
		ext2_inode_changed(&inode->inode);
	}
}
