/*
 * block: one disk, in sectors of 512 bytes.
 *
 * The driver runs where its image runs: in a kernel, or in a server that may
 * touch the device. It moves whole sectors between the disk and memory that a frame
 * allocator handed out (physically contiguous within a call), and waits
 * for the device by polling: short for QEMU's disk, and the only wait in the kit whose length
 * in instructions depends on the host. No figure includes it.
 */
#pragma once

#include <frames/frames.h>
#include <lib/lib.h>

#define BLOCK_SECTOR 512

/*
 * Finds the disk behind the device registers seen at `window` (see
 * BLOCK_WINDOW_PHYS and BLOCK_WINDOW_PAGES of the part). K_NOENT: there is none; K_NOMEM.
 */
enum kstatus must_check block_init(volatile void *window);

/* Sectors on the disk; 0 without a disk. */
u64 block_size(void);
/* Whether the disk refuses to be written. */
bool block_is_read_only(void);

/*
 * Moves `count` sectors between the disk, from `sector` on, and `buffer`, which lies in
 * frames (see frames_window) in one physical piece. K_RANGE beyond the end;
 * K_DENIED when writing a read-only disk; K_FAULT when the device reports an error; K_NOENT without
 * a disk.
 */
enum kstatus must_check block_read(u64 sector, u32 count, void *buffer);
enum kstatus must_check block_write(u64 sector, u32 count, const void *buffer);
/* What was written before is on the medium afterwards. */
enum kstatus must_check block_flush(void);

#include <block_impl.h>
