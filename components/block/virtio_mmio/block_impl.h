/* Where QEMU's microvm machine has its virtio devices. */
#pragma once

#define BLOCK_WINDOW_PHYS  0xfeb00000ull
#define BLOCK_WINDOW_PAGES 4
