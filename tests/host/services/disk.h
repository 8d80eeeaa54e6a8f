/*
 * disk: what the tests of file systems on a disk share.
 *
 * Images are made by mke2fs and judged by e2fsck, both of the machine that the tests run on.
 */
#pragma once

#include "services_test.h"

#define IMAGE_MAX (8u << 20)

/* Makes an image with mke2fs's `options`, e.g. "-t ext3 -b 1024", of so many KiB; the machine's
 * disk is it from now on. */
void disk_make(const char *options, u32 kilobytes);
/* The machine's disk gets these bytes. */
void disk_load(const u8 *bytes, size_t size);
extern u8 disk_bytes[IMAGE_MAX];
extern size_t disk_size;
/* e2fsck's exit status, on the disk as it is: 0 is clean. With "-fn" it changes nothing; with "-p"
 * what it repairs is on the disk afterwards. What it said is in disk_said. */
int disk_check(const char *options);
extern char disk_said[4096];

/* As a client: makes /mnt if need be, and mounts the disk there. The call's answer. */
long disk_mount(const char *type);
long disk_unmount(void);

/*
 * The client's memory for what calls point to: paths in the first two pages, which path_call() and
 * path_call2() put there, then DISK_DATA bytes. A child has it at the same place. disk_begin()
 * makes it.
 */
#define DISK_DATA (128u << 10)
extern vaddr_t disk_data;
void disk_begin(void);
long path_call(long number, const char *path, long b, long c, long d);
long path_call2(long number, const char *path, const char *path2);
