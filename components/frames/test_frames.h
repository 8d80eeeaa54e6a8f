/*
 * For the contract tests of slots above this one: frames to work with. In a
 * kernel they are there already; on the host they come from a static arena.
 */
#pragma once

#include <frames/frames.h>

#define TEST_FRAMES 4096

#if IS_ENABLED(CONFIG_HOST)
static inline void test_frames_init(void)
{
	static u8 arena[TEST_FRAMES * PAGE_SIZE] aligned(PAGE_SIZE << FRAMES_MAX_ORDER);
	static bool done;

	if (done)
		return;
	done = true;
	u64 taken = ALIGN_UP(frames_metadata_size(TEST_FRAMES), PAGE_SIZE);
	frames_init(TEST_FRAMES, arena, (uintptr_t)arena);
	frames_add(taken, TEST_FRAMES * PAGE_SIZE);
}
#else
static inline void test_frames_init(void)
{
}
#endif
