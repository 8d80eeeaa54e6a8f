/* transfer: moving bytes between a device and the client's vector. */
#include <services/files/files.h>

/* The front piece of the vector that still has bytes. */
static struct iovec *io_front(struct io *io)
{
	while (io->at->length == 0)
		io->at++;
	return io->at;
}

static void io_advance(struct io *io, size_t n)
{
	io->at->base += n;
	io->at->length -= n;
	io->left -= n;
}

enum kstatus io_copyin(struct io *io, void *to, size_t n, size_t *moved)
{
	enum kstatus status;
	size_t done = 0;

	assert(n <= io->left);
	*moved = 0;
	while (done < n) {
		struct iovec *front = io_front(io);
		size_t piece = MIN(n - done, front->length);

		status = env_copyin((char *)to + done, front->base, piece);
		if (unlikely(status != K_OK))
			return status;
		io_advance(io, piece);
		done += piece;
		*moved = done;
	}
	return K_OK;
}

enum kstatus io_copyout(struct io *io, const void *from, size_t n, size_t *moved)
{
	enum kstatus status;
	size_t done = 0;

	assert(n <= io->left);
	*moved = 0;
	while (done < n) {
		struct iovec *front = io_front(io);
		size_t piece = MIN(n - done, front->length);

		status = env_copyout(front->base, (const char *)from + done, piece);
		if (unlikely(status != K_OK))
			return status;
		io_advance(io, piece);
		done += piece;
		*moved = done;
	}
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
