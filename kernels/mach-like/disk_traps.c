/*
 * The disk, which stays in the kernel like the other devices.
 *
 * Sectors pass through a frame of the call's own: the device wants physical memory, and a copy to
 * or from the caller may wait for a pager.
 */
#include <block/block.h>
#include <device.h>

_Static_assert(MACH_SECTOR_SIZE == BLOCK_SECTOR, "both sides count alike");
_Static_assert(MACH_SECTORS_MAX *BLOCK_SECTOR <= PAGE_SIZE, "a transfer fits its frame");

static bool names_disk(long name)
{
	struct ipc_port *port = ipc_port_named(ipc_current_space(), (mach_port_t)name, IKOT_DEVICE);

	return port && (u64)port->kobject == DEVICE_DISK;
}

/* Beside what kern_code() says: what the device reports is no bad address of the caller's. */
static long disk_code(enum kstatus status)
{
	return status == K_FAULT ? KERN_FAILURE : kern_code(status);
}

TRAP(trap_device_status)
{
	(void)c, UNUSED3;
	if (!names_disk(a))
		return KERN_INVALID_CAPABILITY;
	struct mach_disk_status status = {
		.sectors = block_size(), .read_only = block_is_read_only()};
	return put_result((vaddr_t)b, &status, sizeof(status));
}

/* What both transfers ask for first. NULL: not allowed, or no memory; *code says which. */
static struct page *begin_transfer(long name, long count, long *code)
{
	struct page *page = NULL;

	if (!names_disk(name))
		*code = KERN_INVALID_CAPABILITY;
	else if ((u64)count == 0 || (u64)count > MACH_SECTORS_MAX)
		*code = KERN_INVALID_ARGUMENT;
	else if (!(page = frame_alloc()))
		*code = KERN_RESOURCE_SHORTAGE;
	return page;
}

TRAP(trap_device_read_at)
{
	long code;
	struct page *page = begin_transfer(a, d, &code);

	UNUSED2;
	if (!page)
		return code;
	code = disk_code(block_read((u64)b, (u32)d, page_bytes(page)));
	if (code == KERN_SUCCESS &&
		copy_to_user((vaddr_t)c, page_bytes(page), (u64)d * BLOCK_SECTOR) != K_OK)
		code = KERN_INVALID_ADDRESS;
	page_unref(page);
	return code;
}

TRAP(trap_device_write_at)
{
	long code;
	struct page *page = begin_transfer(a, d, &code);

	UNUSED2;
	if (!page)
		return code;
	if (copy_from_user(page_bytes(page), (vaddr_t)c, (u64)d * BLOCK_SECTOR) != K_OK)
		code = KERN_INVALID_ADDRESS;
	else
		code = disk_code(block_write((u64)b, (u32)d, page_bytes(page)));
	page_unref(page);
	return code;
}

TRAP(trap_device_flush)
{
	(void)b, (void)c, UNUSED3;
	return names_disk(a) ? disk_code(block_flush()) : KERN_INVALID_CAPABILITY;
}
