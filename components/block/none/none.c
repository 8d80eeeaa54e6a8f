/* No disk: every call says so. */
#include <block/block.h>

enum kstatus block_init(volatile void *window)
{
	(void)window;
	return K_NOENT;
}

u64 block_size(void)
{
	return 0;
}

bool block_is_read_only(void)
{
	return true;
}

enum kstatus block_read(u64 sector, u32 count, void *buffer)
{
	(void)sector;
	(void)count;
	(void)buffer;
	return K_NOENT;
}

enum kstatus block_write(u64 sector, u32 count, const void *buffer)
{
	(void)sector;
	(void)count;
	(void)buffer;
	return K_NOENT;
}

enum kstatus block_flush(void)
{
	return K_NOENT;
}
