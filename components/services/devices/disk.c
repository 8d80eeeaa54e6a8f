/*
 * disk: /dev/vda, all the bytes of the disk.
 *
 * Transfers go straight to the disk, a page at most at a time, through memory of the call's own;
 * what covers no whole sector is read first. A file system that is mounted from the disk keeps
 * blocks of its own, and neither sees what the other changes.
 */
#include <services/devices/disk.h>
#include <services/identity/identity.h>

#define BLKROGET     0x125e
#define BLKGETSIZE   0x1260
#define BLKFLSBUF    0x1261
#define BLKSSZGET    0x1268
#define BLKIOMIN     0x1278
#define BLKIOOPT     0x1279
#define BLKPBSZGET   0x127b
#define BLKBSZGET    0x80081270
#define BLKGETSIZE64 0x80081272

static struct object_cache pages; /* memory that crosses no page */

static u64 size_in_bytes(void)
{
	return env_disk_size() * DISK_SECTOR;
}

static long error_of(enum kstatus status)
{
	switch (status) {
	case K_OK:
		return 0;
	case K_NOMEM:
		return -ENOMEM;
	case K_DENIED:
		return -EPERM;
	default:
		return -EIO;
	}
}

long disk_sync(void)
{
	return error_of(env_disk_flush());
}

/* A piece of a transfer: whole sectors around the bytes that are wanted, within one page. */
struct piece {
	u64 sector;
	u32 count, offset, n; /* sectors; the first wanted byte in them; how many are */
};

static struct piece piece_at(u64 position, u64 left)
{
	u64 at = position % PAGE_SIZE, n = MIN(left, PAGE_SIZE - at);
	u64 start = ALIGN_DOWN(position, (u64)DISK_SECTOR);
	u64 end = ALIGN_UP(position + n, (u64)DISK_SECTOR);

	return (struct piece){start / DISK_SECTOR, (u32)((end - start) / DISK_SECTOR),
		(u32)(position - start), (u32)n};
}

static long read_piece(struct io *io, const struct piece *piece, u8 *page, size_t *moved)
{
	long error = error_of(env_disk_read(piece->sector, piece->count, page));

	*moved = 0;
	if (error != 0)
		return error;
	return errno_of(io_copyout(io, page + piece->offset, piece->n, moved));
}

static long write_piece(struct io *io, const struct piece *piece, u8 *page, size_t *moved)
{
	long error = 0, fault;

	*moved = 0;
	if (piece->offset != 0 || piece->n != piece->count * DISK_SECTOR)
		error = error_of(env_disk_read(piece->sector, piece->count, page));
	if (error != 0)
		return error;
	fault = errno_of(io_copyin(io, page + piece->offset, piece->n, moved));
	if (fault != 0) /* some of the bytes are unknown */
		return fault;
	return error_of(env_disk_write(piece->sector, piece->count, page));
}

static long transfer(struct io *io, u64 position,
	long (*move)(struct io *io, const struct piece *piece, u8 *page, size_t *moved))
{
	u64 size = size_in_bytes(), start = position;
	long error = 0;
	u8 *page;

	if (position >= size)
		return 0;
	io->left = MIN(io->left, size - position);
	if (pages.size == 0)
		object_cache_init(&pages, "disk_page", PAGE_SIZE, PAGE_SIZE);
	page = object_alloc(&pages);
	if (!page)
		return -ENOMEM;
	while (error == 0 && io->left > 0) {
		struct piece piece = piece_at(position, io->left);
		size_t moved;

		error = move(io, &piece, page, &moved);
		if (error == 0)
			position += moved;
	}
	object_free(&pages, page);
	return position > start ? (long)(position - start) : error;
}

static long read_at(struct open_file *file, struct io *io, u64 position)
{
	(void)file;
	return transfer(io, position, read_piece);
}

static long write_at(struct open_file *file, struct io *io, u64 position)
{
	(void)file;
	if (position >= size_in_bytes())
		return -ENOSPC;
	return transfer(io, position, write_piece);
}

static long read(struct open_file *file, struct io *io)
{
	long result = read_at(file, io, file->position);

	file->position += result > 0 ? (u64)result : 0;
	return result;
}

static long write(struct open_file *file, struct io *io)
{
	long result = write_at(file, io, file->position);

	file->position += result > 0 ? (u64)result : 0;
	return result;
}

static s64 seek(struct open_file *file, s64 offset, unsigned whence)
{
	s64 size = (s64)size_in_bytes(), position;
	s64 base = whence == SEEK_CUR ? (s64)file->position : whence == SEEK_END ? size : 0;

	if (whence > SEEK_END || __builtin_add_overflow(base, offset, &position) || position < 0 ||
		position > size)
		return -EINVAL;
	file->position = (u64)position;
	return position;
}

static long put(vaddr_t to, const void *from, size_t n)
{
	return errno_of(env_copyout(to, from, n));
}

static long control(struct open_file *file, unsigned request, vaddr_t argument)
{
	u64 wide = request == BLKBSZGET ? PAGE_SIZE : size_in_bytes();
	u64 sectors = env_disk_size();
	s32 narrow = request == BLKSSZGET || request == BLKPBSZGET || request == BLKIOMIN
			     ? (s32)DISK_SECTOR
			     : 0;

	(void)file;
	switch (request) {
	case BLKGETSIZE64:
	case BLKBSZGET:
		return put(argument, &wide, request == BLKBSZGET ? sizeof(s32) : sizeof(wide));
	case BLKGETSIZE:
		return put(argument, &sectors, sizeof(sectors));
	case BLKSSZGET:
	case BLKPBSZGET:
	case BLKIOMIN:
	case BLKIOOPT:
	case BLKROGET:
		return put(argument, &narrow, sizeof(narrow));
	case BLKFLSBUF:
		return identity_may(CAP_SYS_ADMIN) ? disk_sync() : -EACCES;
	default:
		return -ENOTTY;
	}
}

long disk_open(struct open_file *file)
{
	(void)file;
	return env_disk_size() > 0 ? 0 : -ENXIO;
}

const struct file_ops disk_ops[4] =
	FILE_OPS_BY_MODE(read, write, read_at, write_at, .seek = seek, .ioctl = control);
