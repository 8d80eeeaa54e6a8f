/*
 * orphans: files that a crash must not strand.
 *
 * A file without a name that is still open, or one that is being cut in several transactions, is in
 * a chain that begins in the superblock and goes on in the inodes, where the time of deletion will
 * be. After a crash the chain says what is left to do. Without a journal there is no chain.
 */
#include <services/ext2/ext2.h>

void ext2_orphan_add(struct ext2_inode *inode)
{
	struct ext2 *v = ext2_of(&inode->inode);

	if (!v->journal.present || list_is_linked(&inode->orphan))
		return;
	list_push_front(&v->orphans, &inode->orphan);
	inode->deleted = v->super->last_orphan;
	v->super->last_orphan = (u32)inode->inode.number;
	v->super_changed = true;
	ext2_inode_changed(&inode->inode);
}

void ext2_orphan_remove(struct ext2_inode *inode)
{
	struct ext2 *v = ext2_of(&inode->inode);

	if (!list_is_linked(&inode->orphan))
		return;
	if (inode->orphan.prev == &v->orphans) {
		v->super->last_orphan = inode->deleted;
		v->super_changed = true;
	} else {
		struct ext2_inode *before =
			list_entry(inode->orphan.prev, struct ext2_inode, orphan);

		before->deleted = inode->deleted;
		ext2_inode_changed(&before->inode);
	}
	list_remove(&inode->orphan);
	inode->deleted = 0;
	ext2_inode_changed(&inode->inode);
}

/* The whole chain in memory, each inode with a reference. A chain that runs in a circle, or through
 * what is no inode, is cut. */
static long load(struct ext2 *v)
{
	u32 number = v->super->last_orphan;
	struct inode *i;

	while (number != 0) {
		struct ext2_inode *inode;
		long error = number < v->first_inode ? -EUCLEAN : ext2_inode_get(v, number, &i);

		if (error != 0 && error != -EUCLEAN)
			return error;
		inode = error == 0 ? ext2_inode_of(i) : NULL;
		if (!inode || list_is_linked(&inode->orphan)) {
			error = ext2_corrupt(v, "the chain of orphans is broken at inode", number);
			if (inode)
				i->refs--;
			return error;
		}
		list_push_back(&v->orphans, &inode->orphan);
		number = inode->deleted;
	}
	return 0;
}

/* One that still has a name was being cut. */
static long finish_cut(struct ext2 *v, struct ext2_inode *inode)
{
	struct inode *i = &inode->inode;
	long error;

	if (!inode_is(i, S_IFREG))
		return ext2_corrupt(v, "an orphan has a name, inode", i->number);
	error = ext2_cut(inode, (i->size + v->block_size - 1) >> v->block_shift);
	if (error == 0)
		error = ext2_room(v, EXT2_ORPHAN_BUFFERS);
	if (error == 0)
		ext2_orphan_remove(inode);
	return error;
}

long ext2_orphan_finish(struct ext2_inode *inode)
{
	return inode->inode.links > 0 ? finish_cut(ext2_of(&inode->inode), inode)
				      : ext2_inode_delete(inode);
}

long ext2_orphans_recover(struct ext2 *v)
{
	struct ext2_inode *inode;
	long error = load(v), count = 0;

	while ((inode = list_first(&v->orphans, struct ext2_inode, orphan))) {
		if (error == 0 && inode->inode.links > 0) /* the others go when they are released */
			error = finish_cut(v, inode);
		if (error != 0) {
			v->failed = true; /* nothing is deleted on the word of such a chain */
			list_remove(&inode->orphan);
		}
		inode_unref(&inode->inode);
		if (inode == list_first(&v->orphans, struct ext2_inode, orphan)) {
			error = -EIO;
			list_remove(&inode->orphan);
		}
		count++;
	}
	if (count > 0 && error == 0)
		kprintf("ext2: saw to %ld files that a crash had left half deleted\n", count);
	return error;
}
