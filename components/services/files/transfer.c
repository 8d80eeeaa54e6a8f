/*
 * transfer: moving bytes between a device and the client's vector.
 *
 * Nearly always the front piece of the vector takes all there is to move: that is tried first. What
 * fails there is tried again piece by piece and page by page, so that it fails where it should: at
 * the first byte that the client may not touch.
 */
#include <services/files/files.h>

/* The front piece of the vector that still has bytes. */
static struct iovec *io_front(struct io *io)
{
	while (io->at->length == 0)
		io->at++;
	return io->at;
}

static inline void io_advance(struct io *io, struct iovec *front, size_t n)
{
	front->base += n;
	front->length -= n;
	io->left -= n;
}

/* Where the services' own memory goes on, in a transfer with that; else NULL. */
static u8 *io_own(struct io *io, const struct iovec *front)
{
	if (front->base < IO_NOWHERE)
		return NULL;
	return container_of(io, struct own_io, io)->bytes + (front->base - IO_NOWHERE);
}

/* What the front piece has in its first page. */
static size_t in_one_page(const struct iovec *front, size_t n)
{
	return MIN(MIN(n, front->length), PAGE_SIZE - front->base % PAGE_SIZE);
}

static noinline enum kstatus copyin_pieces(struct io *io, void *to, size_t n, size_t *moved)
{
	for (*moved = 0; *moved < n;) {
		struct iovec *front = io_front(io);
		size_t piece = in_one_page(front, n - *moved);
		u8 *own = io_own(io, front), *at = (u8 *)to + *moved;
		enum kstatus status = K_OK;

		if (own)
			memcpy(at, own, piece);
		else
			status = env_copyin(at, front->base, piece);
		if (status != K_OK)
			return status;
		io_advance(io, front, piece);
		*moved += piece;
	}
	return K_OK;
}

enum kstatus io_copyin(struct io *io, void *to, size_t n, size_t *moved)
{
	struct iovec *front = io->at;

	assert(n <= io->left);
	if (unlikely(front->length < n || env_copyin(to, front->base, n) != K_OK))
		return copyin_pieces(io, to, n, moved);
	io_advance(io, front, n);
	*moved = n;
	return K_OK;
}

static noinline enum kstatus copyout_pieces(
	struct io *io, const void *from, size_t n, size_t *moved)
{
	for (*moved = 0; *moved < n;) {
		struct iovec *front = io_front(io);
		size_t piece = in_one_page(front, n - *moved);
		const u8 *at = (const u8 *)from + *moved;
		u8 *own = io_own(io, front);
		enum kstatus status = K_OK;

		if (own)
			memcpy(own, at, piece);
		else
			status = env_copyout(front->base, at, piece);
		if (status != K_OK)
			return status;
		io_advance(io, front, piece);
		*moved += piece;
	}
	return K_OK;
}

enum kstatus io_copyout(struct io *io, const void *from, size_t n, size_t *moved)
{
	struct iovec *front = io->at;

	assert(n <= io->left);
	if (unlikely(front->length < n || env_copyout(front->base, from, n) != K_OK))
		return copyout_pieces(io, from, n, moved);
	io_advance(io, front, n);
	*moved = n;
	return K_OK;
}

enum kstatus io_clear(struct io *io, size_t n, size_t *moved)
{
	static const u8 zeros[PAGE_SIZE];
	enum kstatus status = K_OK;
	size_t done = 0;

	while (done < n && status == K_OK) {
		size_t piece;

		status = io_copyout(io, zeros, MIN(n - done, sizeof(zeros)), &piece);
		done += piece;
	}
	*moved = done;
	return status;
}

long io_never(struct open_file *file, struct io *io)
{
	(void)file;
	(void)io;
	return -EINVAL;
}
