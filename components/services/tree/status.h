/* status: what fstat tells of a file: Linux's struct stat on x86_64
 * (arch/x86/include/uapi/asm/stat.h). */
#pragma once

#include <lib/lib.h>

struct file_status {
	u64 device;
	u64 number;
	u64 links;
	u32 mode, uid, gid, padding;
	u64 special_device;
	s64 size;
	s64 block_size;
	s64 blocks; /* of 512 bytes */
	s64 atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns;
	s64 unused[3];
};
_Static_assert(sizeof(struct file_status) == 144, "struct stat");
