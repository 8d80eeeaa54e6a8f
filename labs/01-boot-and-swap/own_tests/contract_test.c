/*
 * My own tests of a frame allocator. They run inside the monolithic kernel, on
 * its real memory, while nothing else runs: make mutants tries them on the
 * kit's bitmap, which must pass, and on faulty parts, which should not.
 *
 * tap_ok(condition, "what holds") and tap_eq(actual, expected, "what") state
 * a finding and go on. Give back whatever you take.
 */
#include <frames/frames.h>
#include <tap.h>

void contract_test_frames(void);
void contract_test_frames(void)
{
	u64 before = frames_count_free();
	struct page *page = frame_alloc();

	tap_ok(page != NULL, "there is a frame");
	tap_eq(frames_count_free(), before - 1, "and now there is one less");
	page_unref(page);
	tap_eq(frames_count_free(), before, "which comes back");
}
