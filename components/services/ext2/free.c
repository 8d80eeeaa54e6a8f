/* free: the end of a file: its blocks, its extended attributes, its number. */
#include <services/ext2/ext2.h>

#define FREE_BUFFERS                                                                               \
	8u /* bitmaps and descriptors of both kinds, attributes, the inode, an orphan */

/* The block of extended attributes, which several files may share. */
static long drop_attributes(struct ext2 *v, struct ext2_inode *inode)
{
	struct ext2_attributes *attributes;
	struct buffer *buffer;
	long error;

	if (inode->attributes == 0)
		return 0;
	if (!ext2_is_data_block(v, inode->attributes))
		return ext2_corrupt(v, "attributes cannot lie there, inode", inode->inode.number);
	error = buffer_read(&v->buffers, inode->attributes, &buffer);
	if (error != 0)
		return error;
	attributes = (struct ext2_attributes *)buffer->bytes;
	if (attributes->magic != EXT2_ATTRIBUTES_MAGIC || attributes->refs == 0) {
		error = ext2_corrupt(v, "attributes are none, inode", inode->inode.number);
	} else if (attributes->refs > 1) {
		attributes->refs--;
		ext2_log(v, buffer);
	} else {
		error = ext2_block_free(v, inode->attributes, true);
	}
	buffer_put(&v->buffers, buffer);
	if (error == 0)
		inode->attributes = 0;
	return error;
}

long ext2_inode_delete(struct ext2_inode *inode)
{
	struct ext2 *v = ext2_of(&inode->inode);
	bool directory = inode_is(&inode->inode, S_IFDIR);
	u64 sectors = inode->attributes ? v->block_size / 512 : 0;
	long error;

	error = ext2_room(v, EXT2_ORPHAN_BUFFERS);
	if (error != 0)
		return error;
	ext2_orphan_add(inode);
	if (inode->inode.sectors > sectors)
		error = ext2_cut(inode, 0);
	if (error == 0)
		error = ext2_room(v, FREE_BUFFERS);
	if (error == 0)
		error = drop_attributes(v, inode);
	if (error == 0)
		error = ext2_number_free(v, (u32)inode->inode.number, directory);
	if (error != 0)
		return error;
	ext2_orphan_remove(inode);
	inode->inode.size = 0;
	inode->inode.sectors = 0;
	inode->deleted = (u32)tree_now().seconds;
	ext2_inode_changed(&inode->inode);
	return 0;
}
