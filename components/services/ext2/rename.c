/*
 * rename: a name for another, in one change.
 *
 * What can fail comes first: both names are found, and a new one is made, before the old one goes.
 */
#include <services/ext2/ext2.h>

#define RENAME_BUFFERS (2 * EXT2_ENTRY_BUFFERS + 8u)

struct renaming {
	struct ext2_inode *from, *to;
	struct node *node, *target; /* no target: the new name is free */
	const char *name;
	bool exchange;
};

/* The ".." of a directory that moves, held; no buffer: it does not. */
static long find_parent(struct ext2_inode *inode, bool moves, struct ext2_slot *slot)
{
	slot->buffer = NULL;
	if (!moves || !inode_is(&inode->inode, S_IFDIR))
		return 0;
	return ext2_entry_find(inode, "..", 2, slot);
}

static void set_parent(struct ext2_inode *inode, struct ext2_slot *slot, struct ext2_inode *parent)
{
	if (slot->buffer)
		ext2_entry_change(inode, slot, (u32)parent->inode.number, S_IFDIR);
}

static void put_slot(struct ext2 *v, struct ext2_slot *slot)
{
	if (slot->buffer)
		buffer_put(&v->buffers, slot->buffer);
	slot->buffer = NULL;
}

/* Links that the tree will count afterwards. */
static long check_links(const struct renaming *r)
{
	bool adds = inode_is(r->node->inode, S_IFDIR) && r->from != r->to &&
		    !(r->target && inode_is(r->target->inode, S_IFDIR));

	if (adds && r->to->inode.links >= ext2_links_max(ext2_of(&r->to->inode)))
		return -EMLINK;
	if (r->exchange && r->from != r->to && inode_is(r->target->inode, S_IFDIR) &&
		!inode_is(r->node->inode, S_IFDIR) &&
		r->from->inode.links >= ext2_links_max(ext2_of(&r->to->inode)))
		return -EMLINK;
	return 0;
}

/* Both names stand: each gets the other's file. */
static long swap(struct renaming *r)
{
	struct ext2 *v = ext2_of(&r->from->inode);
	struct ext2_inode *a = ext2_inode_of(r->node->inode), *b = ext2_inode_of(r->target->inode);
	struct ext2_slot old = {.buffer = NULL}, new = {.buffer = NULL}, up = {.buffer = NULL},
			 up2 = {.buffer = NULL};
	long error = ext2_node_find(r->from, r->node, &old);

	if (error == 0)
		error = ext2_node_find(r->to, r->target, &new);
	if (error == 0)
		error = find_parent(a, r->from != r->to, &up);
	if (error == 0)
		error = find_parent(b, r->from != r->to, &up2);
	if (error == 0) {
		ext2_entry_change(r->from, &old, (u32)b->inode.number, b->inode.mode);
		ext2_entry_change(r->to, &new, (u32)a->inode.number, a->inode.mode);
		set_parent(a, &up, r->to);
		set_parent(b, &up2, r->from);
	}
	put_slot(v, &old);
	put_slot(v, &new);
	put_slot(v, &up);
	put_slot(v, &up2);
	return error;
}

static long replace(struct renaming *r, struct ext2_inode *inode)
{
	struct ext2_inode *victim = ext2_inode_of(r->target->inode);
	bool directory = inode_is(&victim->inode, S_IFDIR);
	struct ext2_slot new;
	long error = directory ? ext2_is_empty(victim) : 0;

	if (error == 0)
		error = ext2_node_find(r->to, r->target, &new);
	if (error != 0)
		return error;
	ext2_entry_change(r->to, &new, (u32)inode->inode.number, inode->inode.mode);
	buffer_put(&ext2_of(&r->to->inode)->buffers, new.buffer);
	if (directory || victim->inode.links <= 1)
		ext2_orphan_add(victim);
	return 0;
}

/* The old name goes last: by then the new one may have changed what is before it in its block. */
static long move(struct renaming *r)
{
	struct ext2 *v = ext2_of(&r->from->inode);
	struct ext2_inode *inode = ext2_inode_of(r->node->inode);
	struct ext2_slot old, up = {.buffer = NULL};
	long error = ext2_node_find(r->from, r->node, &old);

	if (error != 0)
		return error;
	error = find_parent(inode, r->from != r->to, &up);
	if (error == 0)
		error = r->target ? replace(r, inode)
				  : ext2_entry_add(r->to, r->name, strlen(r->name),
					    (u32)inode->inode.number, inode->inode.mode);
	if (error == 0) {
		ext2_entry_find_again(r->from, r->node->name, r->node->length, &old);
		ext2_entry_remove(r->from, &old);
		set_parent(inode, &up, r->to);
	}
	put_slot(v, &old);
	put_slot(v, &up);
	return error;
}

long ext2_rename(struct inode *from, struct node *node, struct inode *to, const char *name,
	struct node *target, bool exchange)
{
	struct renaming r = {ext2_inode_of(from), ext2_inode_of(to), node, target, name, exchange};
	long error;

	volume_lock(from->volume);
	error = to->links == 0 ? -ENOENT : check_links(&r);
	if (error == 0)
		error = ext2_room(ext2_of(from), RENAME_BUFFERS);
	if (error == 0)
		error = exchange ? swap(&r) : move(&r);
	volume_unlock(from->volume);
	return error;
}
