/* pager: pages of an object that lies in the image's own memory. */
#include <frames/test_frames.h>
#include <pager/memory_image.h>
#include <pager/pager.h>
#include <tap.h>

void contract_test_pager(void);

static void test_image(void)
{
	static u8 bytes[2 * PAGE_SIZE + 10];
	struct memory_image image = {bytes, sizeof(bytes)};
	struct vm_object *object;

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)(i % 251 + 1);
	check(vm_object_create(&object, 4, &image) == K_OK);
	tap_eq(pager_page_in(object, 1), K_OK, "a page is supplied");
	struct page *page = vm_object_lookup(object, 1);
	tap_ok(page && memcmp(page_bytes(page), bytes + PAGE_SIZE, PAGE_SIZE) == 0,
		"with the image's bytes");
	tap_eq(pager_page_in(object, 1), K_EXISTS, "one that is cached is not supplied again");
	tap_eq(pager_page_in(object, 2), K_OK, "the last one is supplied");
	const u8 *last = page_bytes(vm_object_lookup(object, 2));
	tap_ok(last[9] == bytes[2 * PAGE_SIZE + 9] && last[10] == 0 && last[PAGE_SIZE - 1] == 0,
		"zero past the end");
	tap_ok(pager_page_in(object, 3) == K_OK &&
			*(u8 *)page_bytes(vm_object_lookup(object, 3)) == 0,
		"a page wholly past the end is zero");
	tap_eq(pager_page_in(object, 4), K_RANGE, "one past the object is refused");
	vm_object_unref(object);
}

void contract_test_pager(void)
{
	test_frames_init();
	if (IS_ENABLED(CONFIG_PAGER_MACH_OBJECT)) {
		tap_skip("objects in the kernel's own memory",
			"objects are ports: tested by the workloads mach_ipc and mach_security");
		return;
	}
	u64 before = frames_count_free();
	test_image();
	tap_ok(before - frames_count_free() < 8, "all but a few slabs' frames came back");
}
