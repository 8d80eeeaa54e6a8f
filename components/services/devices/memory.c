/* memory: the devices that are not there: what is written is gone, what is read is nothing, zeroes
 * or chance. */
#include <services/devices/memory.h>
#include <services/tree/tree.h>

static long read_nothing(struct open_file *file, struct io *io)
{
	(void)file;
	(void)io;
	return 0;
}

static long read_nothing_at(struct open_file *file, struct io *io, u64 position)
{
	(void)position;
	return read_nothing(file, io);
}

static long write_away(struct open_file *file, struct io *io)
{
	(void)file;
	return (long)io->left;
}

static long write_away_at(struct open_file *file, struct io *io, u64 position)
{
	(void)position;
	return write_away(file, io);
}

static long write_full(struct open_file *file, struct io *io)
{
	(void)file;
	(void)io;
	return -ENOSPC;
}

static long write_full_at(struct open_file *file, struct io *io, u64 position)
{
	(void)position;
	return write_full(file, io);
}

static long read_zeroes(struct open_file *file, struct io *io)
{
	u64 wanted = io->left;
	size_t moved;
	enum kstatus status = io_clear(io, wanted, &moved);

	(void)file;
	return moved > 0 ? (long)moved : errno_of(status);
}

static long read_zeroes_at(struct open_file *file, struct io *io, u64 position)
{
	(void)position;
	return read_zeroes(file, io);
}

static long read_chance(struct open_file *file, struct io *io)
{
	u64 wanted = io->left, words[8];

	(void)file;
	while (io->left > 0) {
		enum kstatus status;
		size_t moved;

		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			words[i] = env_random();
		status = io_copyout(io, words, MIN(io->left, sizeof(words)), &moved);
		if (status != K_OK)
			return io->left < wanted ? (long)(wanted - io->left) : errno_of(status);
	}
	return (long)wanted;
}

static long read_chance_at(struct open_file *file, struct io *io, u64 position)
{
	(void)position;
	return read_chance(file, io);
}

/* Their position is always the beginning. */
static s64 seek_nowhere(struct open_file *file, s64 offset, unsigned whence)
{
	(void)file;
	(void)offset;
	(void)whence;
	return 0;
}

/* A mapping of /dev/zero is memory. */
static long map_zeroes(struct open_file *file, vaddr_t *address, u64 length, unsigned prot,
	unsigned flags, u64 offset)
{
	(void)file;
	(void)offset;
	return errno_of(env_map_anonymous(env_current(), address, length, prot, flags));
}

#define COMMON .seek = seek_nowhere

const struct file_ops null_ops[4] =
	FILE_OPS_BY_MODE(read_nothing, write_away, read_nothing_at, write_away_at, COMMON);
const struct file_ops zero_ops[4] = FILE_OPS_BY_MODE(
	read_zeroes, write_away, read_zeroes_at, write_away_at, COMMON, .map = map_zeroes);
const struct file_ops full_ops[4] =
	FILE_OPS_BY_MODE(read_zeroes, write_full, read_zeroes_at, write_full_at, COMMON);
const struct file_ops random_ops[4] =
	FILE_OPS_BY_MODE(read_chance, write_away, read_chance_at, write_away_at, COMMON);
