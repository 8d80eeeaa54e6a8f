/*
 * data: the pages of a file come from the disk, and go back.
 *
 * A page is read before it is first looked at, written to or mapped. A write allocates the blocks
 * that it covers when it is made, so that it hears of a full disk; the bytes follow at the next
 * commit. Stores of clients that have a file mapped nobody hears of: while it is mapped for that,
 * all of the mapped pages count as dirty whenever pages are written.
 */
#include <services/ext2/ext2.h>

#define LOW_SHARE 8u /* memory is short when less than one part in so many is free */

static u32 blocks_per_page(const struct ext2 *v)
{
	return PAGE_SIZE >> v->block_shift;
}

/* --- from the disk --- */

/* The blocks of page `index`, 0 for holes; how many there are up to the end of the file. */
static long find_blocks(struct ext2_inode *inode, u64 index, u32 blocks[4], u32 *there)
{
	struct ext2 *v = ext2_of(&inode->inode);
	u64 first = index << PAGE_SHIFT >> v->block_shift;
	u64 end = (inode->inode.size + v->block_size - 1) >> v->block_shift;
	long error = 0;

	*there = 0;
	for (u32 i = 0; i < blocks_per_page(v); i++) {
		blocks[i] = 0;
		if (error == 0 && first + i < end)
			error = ext2_map(inode, first + i, false, &blocks[i], NULL);
		*there += blocks[i] != 0;
	}
	return error;
}

/* How many of the page's blocks from `i` on lie side by side on the disk. */
static u32 count_row(const struct ext2 *v, const u32 blocks[4], u32 i)
{
	u32 n = 1;

	while (i + n < blocks_per_page(v) && blocks[i + n] == blocks[i] + n)
		n++;
	return n;
}

static long transfer(struct ext2 *v, const u32 blocks[4], u8 *page, bool write)
{
	u32 sectors = v->block_size / 512;

	for (u32 i = 0, n; i < blocks_per_page(v); i += n) {
		u8 *at = page + (i << v->block_shift);
		u64 sector = (u64)blocks[i] * sectors;
		enum kstatus status;

		n = blocks[i] == 0 ? 1 : count_row(v, blocks, i);
		if (blocks[i] == 0)
			continue;
		status = write ? env_disk_write(sector, n * sectors, at)
			       : env_disk_read(sector, n * sectors, at);
		if (status != K_OK)
			return status == K_NOMEM ? -ENOMEM : -EIO;
	}
	return 0;
}

static bool is_memory_short(void)
{
	struct env_memory memory;

	env_memory(&memory);
	return memory.free_pages < memory.total_pages / LOW_SHARE;
}

static long read_page(struct ext2_inode *inode, u64 index, const u32 blocks[4])
{
	struct ext2 *v = ext2_of(&inode->inode);
	u64 left = inode->inode.size - (index << PAGE_SHIFT);
	u8 *page;
	long error;

	if (is_memory_short())
		ext2_reclaim(v, inode);
	page = env_object_page(inode->inode.pages, index, true);
	if (!page)
		return -ENOMEM;
	error = transfer(v, blocks, page, false);
	if (error == 0 && left < PAGE_SIZE)
		memset(page + left, 0, PAGE_SIZE - left);
	return error;
}

/* The object has the bytes of page `index` afterwards. A page of holes stays as it is: nothing, or
 * what a client has made of it. */
static long fill(struct ext2_inode *inode, u64 index)
{
	u32 blocks[4], there;
	long error;

	if (ext2_page_is(inode, index, PAGE_VALID))
		return 0;
	error = find_blocks(inode, index, blocks, &there);
	if (error == 0 && there > 0)
		error = read_page(inode, index, blocks);
	if (error == 0)
		error = ext2_page_set(inode, index, PAGE_VALID);
	if (error == 0 && there == blocks_per_page(ext2_of(&inode->inode)))
		error = ext2_page_set(inode, index, PAGE_MAPPED);
	return error;
}

/* --- before reading and writing --- */

static void mark_dirty(struct ext2_inode *inode, u64 index)
{
	long error = ext2_page_set(inode, index, PAGE_DIRTY);
	struct ext2 *v = ext2_of(&inode->inode);

	check(error == 0); /* it is valid, so there is room for its marks */
	if (!list_is_linked(&inode->dirty))
		list_push_back(&v->dirty, &inode->dirty);
	ext2_commit_soon(v);
}

/*
 * Allocates what bytes [from, to) of the page lie in. A block behind the end of the file makes it
 * an orphan until the size has followed (ext2_settle()): a crash before cuts the block off again.
 */
static long allocate(struct ext2_inode *inode, u64 index, u32 from, u32 to)
{
	struct ext2 *v = ext2_of(&inode->inode);
	u64 first = index << PAGE_SHIFT >> v->block_shift;
	u32 end = (to + v->block_size - 1) >> v->block_shift;

	for (u32 i = from >> v->block_shift; i < end; i++) {
		long error = ext2_room(v, EXT2_MAP_BUFFERS);
		u32 block;

		if (error == 0 && (first + i) << v->block_shift >= inode->inode.size) {
			ext2_orphan_add(inode);
			inode->behind_end = true;
		}
		if (error == 0)
			error = ext2_map(inode, first + i, true, &block, NULL);
		if (error == -ENOSPC && ext2_has_changes(v)) { /* what was freed waits for this */
			error = ext2_commit(v);
			if (error == 0)
				error = ext2_map(inode, first + i, true, &block, NULL);
		}
		if (error != 0)
			return error;
	}
	if (from == 0 && to == PAGE_SIZE)
		return ext2_page_set(inode, index, PAGE_MAPPED);
	return 0;
}

long ext2_prepare(struct inode *i, u64 index, u32 from, u32 to)
{
	struct ext2_inode *inode = ext2_inode_of(i);
	struct ext2 *v = ext2_of(i);
	long error;

	if (ext2_page_is(inode, index, PAGE_VALID) &&
		(from == to || ext2_page_is(inode, index, PAGE_MAPPED))) {
		if (from < to)
			mark_dirty(inode, index);
		return v->failed && from < to ? -EROFS : 0;
	}
	volume_lock(&v->volume);
	error = fill(inode, index);
	if (error == 0 && from < to) {
		error = allocate(inode, index, from, to);
		mark_dirty(inode, index); /* some of it may be allocated in any case */
	}
	volume_unlock(&v->volume);
	return error;
}

void ext2_settle(struct inode *i)
{
	struct ext2_inode *inode = ext2_inode_of(i);
	struct ext2 *v = ext2_of(i);
	long error;

	if (!inode->behind_end)
		return;
	volume_lock(&v->volume);
	inode->behind_end = false;
	error = ext2_cut(inode, (i->size + v->block_size - 1) >> v->block_shift);
	if (error == 0)
		error = ext2_room(v, EXT2_ORPHAN_BUFFERS);
	if (error == 0 && i->links > 0)
		ext2_orphan_remove(inode);
	volume_unlock(&v->volume);
	if (error != 0)
		kprintf("ext2: the end of inode %lu is unsettled: error %ld\n", i->number, -error);
}

void ext2_written(struct inode *inode, u64 index)
{
	mark_dirty(ext2_inode_of(inode), index);
}

long ext2_prepare_map(struct inode *i, u64 index, u64 count, bool stores)
{
	struct ext2_inode *inode = ext2_inode_of(i);
	struct ext2 *v = ext2_of(i);
	u64 end = MIN(index + count, (i->size + PAGE_SIZE - 1) >> PAGE_SHIFT);
	long error = 0;

	volume_lock(&v->volume);
	if (stores) {
		inode->mapped_end = MAX(inode->mapped_end, index + count);
		if (!list_is_linked(&inode->mapped))
			list_push_back(&v->mapped, &inode->mapped);
	}
	if (stores)
		ext2_commit_soon(v);
	inode->pinned = true; /* until it turns out that nobody maps it any more */
	for (; error == 0 && index < end; index++)
		error = fill(inode, index);
	volume_unlock(&v->volume);
	return error;
}

long ext2_seek_data(struct inode *i, u64 offset, bool data, u64 *found)
{
	struct ext2_inode *inode = ext2_inode_of(i);
	struct ext2 *v = ext2_of(i);
	u64 end = (i->size + v->block_size - 1) >> v->block_shift, at = offset >> v->block_shift;
	long error;

	volume_lock(&v->volume);
	error = ext2_map_seek(inode, at, end, data, &at);
	volume_unlock(&v->volume);
	*found = MIN(MAX(at << v->block_shift, offset), i->size);
	return error;
}

/* --- to the disk --- */

static bool is_zero(const u8 *bytes, u32 n)
{
	for (u32 i = 0; i < n; i += sizeof(u64)) {
		if (*(const u64 *)(bytes + i) != 0)
			return false;
	}
	return true;
}

/* Blocks for what clients have stored where holes were. *left: some were not allocated. */
static long fill_holes(struct ext2_inode *inode, u64 index, u8 *page, u32 blocks[4],
	bool allocate_them, bool *left)
{
	struct ext2 *v = ext2_of(&inode->inode);
	u64 first = index << PAGE_SHIFT >> v->block_shift;
	long error = 0;

	*left = false;
	for (u32 i = 0; error == 0 && i < blocks_per_page(v); i++) {
		if (blocks[i] != 0 || (first + i) << v->block_shift >= inode->inode.size ||
			is_zero(page + (i << v->block_shift), v->block_size))
			continue;
		if (!allocate_them) {
			*left = true;
			continue;
		}
		error = ext2_room(v, EXT2_MAP_BUFFERS);
		if (error == 0)
			error = ext2_map(inode, first + i, true, &blocks[i], NULL);
	}
	return error;
}

static long write_page(struct ext2_inode *inode, u64 index, bool allocate_holes)
{
	struct ext2 *v = ext2_of(&inode->inode);
	struct inode *i = &inode->inode;
	u64 left = i->size - MIN(i->size, index << PAGE_SHIFT);
	u8 *page =
		i->pages && index < i->pages_room ? env_object_page(i->pages, index, false) : NULL;
	u32 blocks[4], there;
	bool remains = false;
	long error;

	ext2_page_clear(inode, index, PAGE_DIRTY);
	if (!page || left == 0)
		return 0;
	if (left < PAGE_SIZE)
		memset(page + left, 0, PAGE_SIZE - left);
	error = find_blocks(inode, index, blocks, &there);
	if (error == 0)
		error = fill_holes(inode, index, page, blocks, allocate_holes, &remains);
	if (error == 0)
		error = transfer(v, blocks, page, true);
	if (error != 0 || remains)
		mark_dirty(inode, index);
	return error;
}

long ext2_write_pages(struct ext2_inode *inode, bool allocate_holes)
{
	u64 index = 0;
	long error = 0;

	while (error == 0) {
		index = ext2_page_next(inode, index, PAGE_DIRTY);
		if (index == UINT64_MAX)
			break;
		error = write_page(inode, index, allocate_holes);
		index++;
	}
	if (error == 0 && ext2_page_next(inode, 0, PAGE_DIRTY) == UINT64_MAX)
		list_remove(&inode->dirty);
	return error;
}

long ext2_write_all(struct ext2 *v, bool allocate_holes)
{
	struct list *link = v->dirty.next;
	long error = 0;

	while (error == 0 && link != &v->dirty) {
		struct ext2_inode *inode = list_entry(link, struct ext2_inode, dirty);

		link = link->next;
		error = ext2_write_pages(inode, allocate_holes);
	}
	return error;
}

/* --- mappings --- */

bool ext2_is_mapped(const struct ext2_inode *inode)
{
	return inode->pinned && inode->inode.pages && env_object_is_mapped(inode->inode.pages);
}

static void sweep(struct ext2_inode *inode)
{
	u64 end = MIN(inode->mapped_end, (inode->inode.size + PAGE_SIZE - 1) >> PAGE_SHIFT);

	for (u64 i = 0; i < end; i++) {
		if (ext2_page_is(inode, i, PAGE_VALID))
			mark_dirty(inode, i);
	}
}

void ext2_sweep_mapped(struct ext2 *v)
{
	struct ext2_inode *inode, *after;

	list_for_each_safe(inode, after, &v->mapped, mapped)
	{
		sweep(inode);
		if (!ext2_is_mapped(inode)) {
			inode->pinned = false;
			inode->mapped_end = 0;
			list_remove(&inode->mapped);
		}
	}
}

/* --- memory --- */

/* Gives up the pages of a file that are not needed; those that clients map stay. */
static void drop_pages(struct ext2_inode *inode)
{
	struct inode *i = &inode->inode;
	u64 pages = i->pages_room;

	if (!i->pages || list_is_linked(&inode->mapped) || ext2_is_mapped(inode) ||
		ext2_write_pages(inode, false) != 0 || list_is_linked(&inode->dirty))
		return;
	if (env_object_resize(i->pages, 0) != K_OK)
		return;
	i->pages_room = 0;
	ext2_pages_cut(inode, 0);
	if (env_object_resize(i->pages, pages) == K_OK)
		i->pages_room = pages;
}

void ext2_reclaim(struct ext2 *v, struct ext2_inode *self)
{
	ext2_inodes_shrink(v, 0);
	for (u32 i = 0; i < EXT2_INODES && is_memory_short(); i++) {
		for (struct ext2_inode *inode = v->inodes[i]; inode; inode = inode->next) {
			if (inode == self || !inode->inode.busy)
				drop_pages(inode);
		}
	}
	if (is_memory_short())
		buffers_shrink(&v->buffers, v->buffers.count_max / 4);
}
