/*
 * regular: the bytes of regular files.
 *
 * A file of the initial RAM disk is read where it lies until somebody writes to it; then, as any
 * other file from the start, it has pages (personality.h, "file memory"). Pages that were never
 * written read as zero and take no memory. The object always ends with the page that the size ends
 * in, so that clients which map the file find the end where it is; behind the size the last page is
 * zero, unless a client that maps it writes there.
 */
#include <services/memory/mappings.h>
#include <services/process/process.h>
#include <services/tree/seals.h>
#include <services/tree/tree.h>

#define SIZE_MAX_BYTES ((u64)8 << 30) /* what an object of the environment can hold */
#define FIONREAD       0x541b

static u64 pages_for(u64 size)
{
	return ALIGN_UP(size, PAGE_SIZE) >> PAGE_SHIFT;
}

static long inode_room(struct inode *inode, u64 size)
{
	u64 pages = pages_for(size);

	if (pages == inode->pages_room)
		return 0;
	if (env_object_resize(inode->pages, pages) != K_OK)
		return -ENOMEM;
	inode->pages_room = pages;
	return 0;
}

/* The page for writing its bytes [from, to), made if it is not there. */
static long page_for_writing(struct inode *inode, u64 index, u32 from, u32 to, u8 **page)
{
	long error = inode->ops->prepare ? inode->ops->prepare(inode, index, from, to) : 0;

	if (error != 0)
		return error;
	*page = env_object_page(inode->pages, index, false);
	if (*page)
		return 0;
	error = inode->ops->reserve ? inode->ops->reserve(inode, index) : 0;
	if (error != 0)
		return error;
	*page = env_object_page(inode->pages, index, true);
	if (!*page) {
		if (inode->ops->unreserve)
			inode->ops->unreserve(inode, 1);
		return -ENOMEM;
	}
	inode->pages_used++;
	return 0;
}

long inode_make_page(struct inode *inode, u64 index)
{
	u8 *page;

	return page_for_writing(inode, index, 0, PAGE_SIZE, &page);
}

/* Fills the pages from the image that the file was until now. */
static long copy_image(struct inode *inode, const struct file_image *image)
{
	for (u64 at = 0; at < image->size; at += PAGE_SIZE) {
		u8 *page;
		long error = page_for_writing(inode, at >> PAGE_SHIFT, 0, PAGE_SIZE, &page);

		if (error != 0)
			return error;
		memcpy(page, image->bytes + at, MIN(PAGE_SIZE, image->size - at));
	}
	return 0;
}

static void drop_pages(struct inode *inode)
{
	if (inode->ops->unreserve)
		inode->ops->unreserve(inode, inode->pages_used);
	env_object_destroy(inode->pages);
	inode->pages = NULL;
	inode->pages_used = 0;
	inode->pages_room = 0;
}

long inode_make_pages(struct inode *inode)
{
	struct file_image *image = inode->image;
	long error;

	if (inode->pages)
		return 0;
	if (env_object_create(&inode->pages) != K_OK) {
		inode->pages = NULL;
		return -ENOMEM;
	}
	error = inode_room(inode, inode->size);
	if (error == 0 && image)
		error = copy_image(inode, image);
	if (error != 0)
		drop_pages(inode);
	else
		inode->image = NULL;
	return error;
}

/* The bytes at `offset`, which lies within the file, and how many follow in the same piece. NULL:
 * zeroes. */
static long bytes_at(struct inode *inode, u64 offset, const u8 **bytes, u64 *n)
{
	u64 left = inode->size - offset;
	const u8 *page;
	long error = 0;

	if (inode->image) {
		*n = left;
		*bytes = inode->image->bytes + offset;
		return 0;
	}
	if (inode->ops->prepare) {
		error = inode_make_pages(inode);
		if (error == 0)
			error = inode->ops->prepare(inode, offset >> PAGE_SHIFT, 0, 0);
	}
	if (error != 0)
		return error;
	*n = MIN(left, PAGE_SIZE - offset % PAGE_SIZE);
	page = inode->pages ? env_object_page(inode->pages, offset >> PAGE_SHIFT, false) : NULL;
	*bytes = page ? page + offset % PAGE_SIZE : NULL;
	return 0;
}

long inode_read(struct inode *inode, u64 offset, void *to, size_t n)
{
	size_t done = 0;

	while (done < n && offset + done < inode->size) {
		const u8 *from;
		u64 piece;
		long error = bytes_at(inode, offset + done, &from, &piece);

		if (error != 0)
			return error;
		piece = MIN(piece, n - done);
		if (from)
			memcpy((u8 *)to + done, from, piece);
		else
			memset((u8 *)to + done, 0, piece);
		done += piece;
	}
	return (long)done;
}

/* Copies out what there is from `position` on. The inode is locked. */
static long read_locked(struct inode *inode, struct io *io, u64 position)
{
	u64 wanted = io->left;
	long error = 0;

	while (error == 0 && io->left > 0 && position < inode->size) {
		const u8 *from;
		u64 n;
		size_t moved;

		error = bytes_at(inode, position, &from, &n);
		if (error != 0)
			break;
		n = MIN(n, io->left);
		error = errno_of(from ? io_copyout(io, from, n, &moved) : io_clear(io, n, &moved));
		position += moved;
	}
	return io->left < wanted ? (long)(wanted - io->left) : error;
}

static long regular_read_at(struct open_file *file, struct io *io, u64 position)
{
	struct inode *inode = file->inode;
	long result = inode_lock(inode);

	if (result != 0)
		return result;
	result = read_locked(inode, io, position);
	inode_unlock(inode);
	if (!(file->flags & O_NOATIME))
		inode_was_read(inode);
	if (result > 0 && !io_is_own(io))
		notify_use(file->place.node, IN_ACCESS);
	return result;
}

static long regular_read(struct open_file *file, struct io *io)
{
	long result = regular_read_at(file, io, file->position);

	if (unlikely(result == 0) && io->left > INT64_MAX - file->position)
		return -EINVAL; /* where it would end there is no position */
	if (result > 0)
		file->position += (u64)result;
	return result;
}

/* Cuts the write to what the process and the file may have, or says why nothing can be written. */
static long limit_write(struct io *io, u64 position)
{
	u64 limit = process_current()->limits.of[LIMIT_FSIZE].soft;

	if (position >= limit || position >= SIZE_MAX_BYTES)
		return -EFBIG;
	io->left = MIN(io->left, MIN(limit, SIZE_MAX_BYTES) - position);
	return 0;
}

/* Behind a write to [from, to): the size, and that they were written. */
static void note_write(struct inode *inode, u64 to)
{
	inode->size = MAX(inode->size, to);
	inode_was_written(inode);
}

/* How many pages that were written lie at or behind `first`. */
static u64 count_pages(struct inode *inode, u64 first)
{
	u64 count = 0;

	for (u64 i = first; (i = env_object_next_page(inode->pages, i)) < inode->pages_room; i++)
		count++;
	return MIN(count, inode->pages_used);
}

/* The object ends with `size`; what pages there were behind it are given back. */
static long inode_cut(struct inode *inode, u64 size)
{
	u64 gone = inode->ops->unreserve ? count_pages(inode, pages_for(size)) : 0;
	long error = inode_room(inode, size);

	if (error == 0 && gone > 0) {
		inode->ops->unreserve(inode, gone);
		inode->pages_used -= gone;
	}
	return error;
}

/* Copies in as much as there is room for. The inode is locked and has pages. */
static long write_locked(struct inode *inode, struct io *io, u64 position)
{
	u64 start = position, end = position + io->left;
	long error = end > inode->size ? inode_room(inode, end) : 0;

	while (error == 0 && position < end) {
		u64 at = position % PAGE_SIZE, n = MIN(end - position, PAGE_SIZE - at);
		u64 index = position >> PAGE_SHIFT;
		size_t moved;
		u8 *page;

		error = page_for_writing(inode, index, (u32)at, (u32)(at + n), &page);
		if (error == 0) {
			error = errno_of(io_copyin(io, page + at, n, &moved));
			position += moved;
			if (inode->ops->written)
				inode->ops->written(inode, index);
		}
	}
	if (position > start)
		note_write(inode, position);
	if (inode->ops->settle)
		inode->ops->settle(inode);
	if (error != 0 && end > inode->size) {
		long ignored = inode_cut(inode, inode->size); /* getting smaller cannot fail */

		check(ignored == 0);
	}
	return position > start ? (long)(position - start) : error;
}

static long regular_write_at(struct open_file *file, struct io *io, u64 position)
{
	struct inode *inode = file->inode;
	long result = inode_lock(inode);

	if (result != 0)
		return result;
	if (file->flags & O_APPEND || position == IO_AT_END)
		position = inode->size;
	result = limit_write(io, position);
	if (result == 0 && unlikely(inode->seals != SEAL_SEAL))
		result = seals_cut_write(inode, io, position);
	if (result == 0)
		result = inode_make_pages(inode);
	if (result == 0)
		result = write_locked(inode, io, position);
	if (unlikely(file->flags & O_DSYNC) && result > 0 && inode->ops->sync) {
		long error = inode->ops->sync(inode);

		result = error == 0 ? result : error;
	}
	inode_unlock(inode);
	if (result > 0 && !io_is_own(io))
		notify_use(file->place.node, IN_MODIFY);
	if (unlikely(
		    result == -EFBIG && position >= process_current()->limits.of[LIMIT_FSIZE].soft))
		return process_file_too_large();
	return result;
}

static long regular_write(struct open_file *file, struct io *io)
{
	long result = regular_write_at(file, io, file->position);

	if (unlikely(result == -EFBIG) && io->left > INT64_MAX - file->position)
		return -EINVAL;
	if (result > 0)
		file->position =
			file->flags & O_APPEND ? file->inode->size : file->position + (u64)result;
	return result;
}

/* Clears from `size` to the end of its page, if that exists. */
static void clear_tail(struct inode *inode, u64 size)
{
	u8 *page =
		size % PAGE_SIZE ? env_object_page(inode->pages, size >> PAGE_SHIFT, false) : NULL;

	if (page)
		memset(page + size % PAGE_SIZE, 0, PAGE_SIZE - size % PAGE_SIZE);
}

long inode_truncate(struct inode *inode, u64 size)
{
	u64 old;
	long error;

	if (size > SIZE_MAX_BYTES)
		return -EFBIG;
	if (inode->image && size == 0) { /* nothing to copy */
		inode->image = NULL;
		inode->size = 0;
	}
	error = inode_make_pages(inode);
	if (error != 0)
		return error;
	old = inode->size;
	if (inode->ops->resize) {
		error = inode->ops->resize(inode, size);
		if (error != 0)
			return error;
	}
	error = inode_cut(inode, size);
	if (error != 0)
		return error;
	if (inode->mapped && size < old)
		memory_cut_file(inode, size);
	if (size < old)
		clear_tail(inode, size);
	inode->size = size;
	inode_was_written(inode);
	return 0;
}

/* The first byte from `offset` on that lies in a page which was written, or not; the size if there
 * is none. */
static u64 find_data(struct inode *inode, u64 offset, bool data)
{
	u64 at = offset >> PAGE_SHIFT, end = pages_for(inode->size);

	if (offset >= inode->size)
		return inode->size;
	if (inode->image || !inode->pages) /* all of it was written, or nothing */
		return data == (inode->image != NULL) ? offset : inode->size;
	if (data)
		at = env_object_next_page(inode->pages, at);
	else
		while (at < end && env_object_next_page(inode->pages, at) == at)
			at++;
	return MIN(MAX(offset, at << PAGE_SHIFT), inode->size);
}

static s64 regular_seek(struct open_file *file, s64 offset, unsigned whence)
{
	struct inode *inode = file->inode;
	s64 base = whence == SEEK_CUR   ? (s64)file->position
		   : whence == SEEK_END ? (s64)inode->size
					: 0;
	s64 position;

	if (whence == SEEK_DATA || whence == SEEK_HOLE) {
		u64 found;

		if (offset < 0 || (u64)offset >= inode->size)
			return -ENXIO;
		if (inode->ops->seek_data) {
			long error = inode->ops->seek_data(
				inode, (u64)offset, whence == SEEK_DATA, &found);

			if (error != 0)
				return error;
		} else {
			found = find_data(inode, (u64)offset, whence == SEEK_DATA);
		}
		position = (s64)found;
		if (whence == SEEK_DATA && (u64)position == inode->size)
			return -ENXIO;
	} else if (__builtin_add_overflow(base, offset, &position) || position < 0) {
		return -EINVAL;
	}
	file->position = (u64)position;
	return position;
}

/* A private mapping of a file that lies in the initial RAM disk needs no copy of it. */
static long map_image(struct inode *inode, vaddr_t *address, u64 length, unsigned prot,
	unsigned flags, u64 offset)
{
	enum kstatus status =
		env_map_anonymous(env_current(), address, length, prot, flags); /* makes the room */

	if (status == K_OK)
		status = env_map_image(env_current(), *address, length, prot, inode->image, offset);
	return errno_of(status);
}

long inode_prepare_map(struct inode *inode, u64 offset, u64 length, bool stores)
{
	long error = inode_make_pages(inode);

	if (error == 0 && inode->ops->prepare_map)
		error = inode->ops->prepare_map(
			inode, offset >> PAGE_SHIFT, length >> PAGE_SHIFT, stores);
	return error;
}

static long regular_map(struct open_file *file, vaddr_t *address, u64 length, unsigned prot,
	unsigned flags, u64 offset)
{
	struct inode *inode = file->inode;
	bool inside = offset < inode->size && length <= ALIGN_UP(inode->size, PAGE_SIZE) - offset;
	long error;

	inode->mapped = true;
	if (inode->image && inside && !(flags & ENV_MAP_SHARED))
		return map_image(inode, address, length, prot, flags, offset);
	error = inode_lock(inode);
	if (error != 0)
		return error;
	error = inode_prepare_map(
		inode, offset, length, flags & ENV_MAP_SHARED && !(flags & ENV_MAP_READ_ONLY));
	if (error == 0)
		error = errno_of(env_map_object(
			env_current(), address, length, prot, flags, inode->pages, offset));
	inode_unlock(inode);
	return error;
}

static long regular_ioctl(struct open_file *file, unsigned request, vaddr_t argument)
{
	s32 left = (s32)(file->inode->size - file->position);

	if (request != FIONREAD)
		return -ENOTTY;
	return errno_of(env_copyout(argument, &left, sizeof(left)));
}

const struct file_ops regular_ops[4] =
	FILE_OPS_BY_MODE(regular_read, regular_write, regular_read_at, regular_write_at,
		.seek = regular_seek, .map = regular_map, .ioctl = regular_ioctl);
