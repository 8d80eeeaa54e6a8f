/* disk: the machine's disk, which is memory of the test program. */
#include "threads.h"

struct host_disk host_disk;

u64 env_disk_size(void)
{
	return host_disk.sectors;
}

/* What every request goes through. */
static enum kstatus begin(u64 sector, u32 count, const void *buffer)
{
	check(((uintptr_t)buffer & (PAGE_SIZE - 1)) + (u64)count * 512 <= PAGE_SIZE);
	if (host_disk.sectors == 0)
		return K_NOENT;
	if (count > host_disk.sectors || sector > host_disk.sectors - count)
		return K_RANGE;
	if (host_chance(host_disk.blocks))
		host_give_way();
	if (host_disk.fail_at > 0 && --host_disk.fail_at == 0)
		return K_FAULT;
	return K_OK;
}

enum kstatus env_disk_read(u64 sector, u32 count, void *buffer)
{
	enum kstatus status = begin(sector, count, buffer);

	if (status == K_OK)
		memcpy(buffer, host_disk.bytes + sector * 512, (size_t)count * 512);
	return status;
}

enum kstatus env_disk_write(u64 sector, u32 count, const void *buffer)
{
	enum kstatus status = begin(sector, count, buffer);

	if (status == K_OK && host_disk.read_only)
		return K_DENIED;
	if (status != K_OK)
		return status;
	if (host_disk.written)
		host_disk.written(sector, count, buffer);
	memcpy(host_disk.bytes + sector * 512, buffer, (size_t)count * 512);
	return K_OK;
}

enum kstatus env_disk_flush(void)
{
	enum kstatus status = begin(0, 0, NULL);

	if (status == K_OK && host_disk.flushed)
		host_disk.flushed();
	return status;
}
