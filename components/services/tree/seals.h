/* seals: what nobody may do to a file in memory any more, whoever has it open (fcntl(2)). */
#pragma once

#include <services/files/files.h>
#include <services/tree/tree.h>

#define SEAL_SEAL         0x01u /* no more seals */
#define SEAL_SHRINK       0x02u
#define SEAL_GROW         0x04u
#define SEAL_WRITE        0x08u
#define SEAL_FUTURE_WRITE 0x10u /* what is mapped for writing stays so */
#define SEAL_EXEC         0x20u /* whether it can be executed stays as it is */
#define SEALS             0x3fu

#define SEALS_ON_WRITING (SEAL_WRITE | SEAL_FUTURE_WRITE)

#define F_ADD_SEALS 1033
#define F_GET_SEALS 1034

/* The two requests of fcntl. -EINVAL: a file that has none. */
long seals_control(struct open_file *file, unsigned command, u64 seals);
/* A write at `position`, cut to what it may be. -EPERM: nothing of it may be. */
long seals_cut_write(const struct inode *inode, struct io *io, u64 position) must_check;
/* Another size. */
static inline long seals_check_size(const struct inode *inode, u64 size)
{
	if ((size < inode->size && inode->seals & SEAL_SHRINK) ||
		(size > inode->size && inode->seals & SEAL_GROW))
		return -EPERM;
	return 0;
}
