/* No disk, no window onto its registers. */
#pragma once

#define BLOCK_WINDOW_PHYS  0
#define BLOCK_WINDOW_PAGES 0
