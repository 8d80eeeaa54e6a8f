/* The disk, where its driver is in the same image: the kernel, or a server that may touch devices.
 */
#include <block/block.h>
#include <services/services.h>

u64 env_disk_size(void)
{
	return block_size();
}

enum kstatus env_disk_read(u64 sector, u32 count, void *buffer)
{
	return block_read(sector, count, buffer);
}

enum kstatus env_disk_write(u64 sector, u32 count, const void *buffer)
{
	return block_write(sector, count, buffer);
}

enum kstatus env_disk_flush(void)
{
	return block_flush();
}
