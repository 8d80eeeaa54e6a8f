/*
 * vm: random mapping, unmapping, protection, writing and forking of three
 * address maps, against a model that keeps for each page its rights and one
 * byte of contents. What a map answers and what it holds must be the model's, and at the end every
 * frame is back.
 */
#include <frames/test_frames.h>
#include <pager/memory_image.h>
#include <tap.h>
#include <vm/vm.h>

void contract_test_vm(void);

#define MAPS   3
#define PAGES  48
#define ROUNDS 6000
#define BASE   0x400000ull

struct model_page {
	bool mapped;
	unsigned prot;
	u8 value; /* of the page's first byte */
};

static struct vm_map maps[MAPS];
static bool alive[MAPS];
static struct model_page model[MAPS][PAGES];
static u64 random_state = 0x766d;

static u64 next_random(void)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return random_state >> 33;
}

static vaddr_t address_of(unsigned page)
{
	return BASE + page * PAGE_SIZE;
}

static bool readable(const struct model_page *page)
{
	return page->mapped && page->prot != VM_PROT_NONE;
}

static bool step_enter(unsigned m, unsigned first, unsigned count, unsigned prot)
{
	bool busy = false;

	for (unsigned i = first; i < first + count; i++)
		busy |= model[m][i].mapped;
	enum kstatus status =
		vm_map_enter(&maps[m], address_of(first), count * PAGE_SIZE, prot, false, NULL, 0);
	if (status != (busy ? K_EXISTS : K_OK))
		return false;
	for (unsigned i = first; !busy && i < first + count; i++)
		model[m][i] = (struct model_page){.mapped = true, .prot = prot};
	return true;
}

static bool step_remove(unsigned m, unsigned first, unsigned count)
{
	if (vm_map_remove(&maps[m], address_of(first), count * PAGE_SIZE) != K_OK)
		return false;
	for (unsigned i = first; i < first + count; i++)
		model[m][i] = (struct model_page){0};
	return true;
}

static bool step_protect(unsigned m, unsigned first, unsigned count, unsigned prot)
{
	enum kstatus expected = K_OK;

	for (unsigned i = first; i < first + count && expected == K_OK; i++) {
		if (!model[m][i].mapped)
			expected = K_NOENT;
		else
			model[m][i].prot = prot;
	}
	return vm_map_protect(&maps[m], address_of(first), count * PAGE_SIZE, prot) == expected;
}

/* What a touch answers that is not allowed. */
static enum kstatus refusal(unsigned m, unsigned page)
{
	return model[m][page].mapped ? K_DENIED : K_FAULT;
}

static bool step_write(unsigned m, unsigned page, u8 value)
{
	bool allowed = model[m][page].mapped && (model[m][page].prot & VM_PROT_WRITE);
	enum kstatus status = vm_map_copyout(&maps[m], address_of(page), &value, 1);

	if (status != (allowed ? K_OK : refusal(m, page)))
		return false;
	if (allowed)
		model[m][page].value = value;
	return true;
}

static bool step_read(unsigned m, unsigned page)
{
	u8 value = 0;
	enum kstatus status = vm_map_copyin(&maps[m], &value, address_of(page), 1);

	if (!readable(&model[m][page]))
		return status == refusal(m, page);
	return status == K_OK && value == model[m][page].value;
}

/* Pages with the same rights as their first, on to where nothing is: they, and more of their kind.
 */
static bool step_remap(unsigned m, unsigned from, unsigned count, unsigned to)
{
	enum kstatus expected = model[m][from].mapped ? K_OK : K_NOENT;
	unsigned moved = 0;

	for (unsigned i = to; i < to + count && expected == K_OK; i++)
		expected = model[m][i].mapped ? K_EXISTS : K_OK;
	while (moved < count && from + moved < PAGES && model[m][from + moved].mapped &&
		model[m][from + moved].prot == model[m][from].prot)
		moved++;
	if (vm_map_remap(&maps[m], address_of(from), 0, address_of(to), count * PAGE_SIZE,
		    moved * PAGE_SIZE) != expected)
		return false;
	for (unsigned i = 0; i < count && expected == K_OK; i++) {
		model[m][to + i] = (struct model_page){.mapped = true, .prot = model[m][from].prot};
		if (i < moved) {
			model[m][to + i].value = model[m][from + i].value;
			model[m][from + i].value = 0;
		}
	}
	return true;
}

static bool step_discard(unsigned m, unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++)
		model[m][i].value = 0;
	return vm_map_discard(&maps[m], address_of(first), count * PAGE_SIZE) == K_OK;
}

/* A page is resident where the pmap has it, and the map knows how many are. */
static bool residents_count(unsigned m)
{
	u8 resident[PAGES];
	u64 count = 0;

	vm_map_resident(&maps[m], BASE, PAGES, resident);
	for (unsigned i = 0; i < PAGES; i++)
		count += resident[i];
	return count == vm_map_resident_count(&maps[m]);
}

static bool step_fork(unsigned from, unsigned to)
{
	if (from == to)
		return true;
	if (alive[to])
		vm_map_destroy(&maps[to]);
	alive[to] = true;
	memcpy(model[to], model[from], sizeof(model[to]));
	return vm_map_create(&maps[to], BASE, BASE + PAGES * PAGE_SIZE) == K_OK &&
	       vm_map_fork(&maps[to], &maps[from]) == K_OK;
}

/* Every page that is present gives no more than its entry allows. */
static bool rights_hold(unsigned m)
{
	for (unsigned i = 0; i < PAGES; i++) {
		pte_t *pte = pmap_find(&maps[m].pmap, address_of(i));
		if (!pte || !pte_present(*pte))
			continue;
		if (!model[m][i].mapped ||
			((*pte & PTE_WRITE) && !(model[m][i].prot & VM_PROT_WRITE)) ||
			((*pte & PTE_PRESENT) && model[m][i].prot == VM_PROT_NONE))
			return false;
		if ((*pte & PTE_WRITE) && pte_page(*pte)->refs > 1)
			return false;
	}
	return true;
}

static bool step(void)
{
	unsigned m = next_random() % MAPS, first = next_random() % PAGES;
	unsigned count = 1 + next_random() % MIN(8, PAGES - first), prot = next_random() % 8;

	switch (next_random() % 10) {
	case 0:
		return step_enter(m, first, count, prot);
	case 1:
		return next_random() % 2 ? step_remove(m, first, count) : true;
	case 2:
		return step_protect(m, first, count, prot);
	case 3:
		return next_random() % 8 ? true : step_fork(m, next_random() % MAPS);
	case 4:
	case 5:
		return step_write(m, first, (u8)next_random());
	case 6:
		return step_remap(m, next_random() % PAGES, count, first);
	case 7:
		return next_random() % 2 ? step_discard(m, first, count) : true;
	default:
		return step_read(m, first) && rights_hold(m) && residents_count(m);
	}
}

static void test_model(void)
{
	bool good = true;
	unsigned round;

	memset(model, 0, sizeof(model));
	for (unsigned m = 0; m < MAPS; m++)
		alive[m] = vm_map_create(&maps[m], BASE, BASE + PAGES * PAGE_SIZE) == K_OK;
	for (round = 0; round < ROUNDS && good; round++)
		good = step();
	tap_eq(good ? ROUNDS : round, ROUNDS, "random steps on three maps agree with the model");
	for (unsigned m = 0; m < MAPS; m++)
		vm_map_destroy(&maps[m]);
}

static void test_image(void)
{
	static u8 bytes[PAGE_SIZE + 100];
	struct memory_image image = {bytes, sizeof(bytes)};
	struct vm_object *object;
	struct vm_map map;
	u8 value = 0, tail[64] = {1};

	if (IS_ENABLED(CONFIG_PAGER_MACH_OBJECT)) {
		tap_skip("an object is mapped", "its pages would come through a port");
		return;
	}

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)(i * 7 + 1);
	check(vm_map_create(&map, BASE, BASE + PAGES * PAGE_SIZE) == K_OK);
	check(vm_object_create(&object, 2, &image) == K_OK);
	tap_eq(vm_map_enter(&map, BASE, 3 * PAGE_SIZE, VM_PROT_ALL, false, object, 0), K_OK,
		"an object is mapped");
	tap_ok(vm_map_copyin(&map, &value, BASE + PAGE_SIZE + 99, 1) == K_OK &&
			value == bytes[PAGE_SIZE + 99],
		"its bytes are seen");
	tap_ok(vm_map_copyin(&map, tail, BASE + PAGE_SIZE + 100, 64) == K_OK && tail[0] == 0 &&
			tail[63] == 0,
		"past its end the last page is zero");
	tap_eq(vm_map_copyin(&map, &value, BASE + 2 * PAGE_SIZE, 1), K_RANGE,
		"a page past its end is a fault");
	value = 0xee;
	tap_ok(vm_map_copyout(&map, BASE, &value, 1) == K_OK && bytes[0] == 1,
		"a private write stays private");
	struct page *cached = vm_object_lookup(object, 0);
	tap_ok(cached && *(u8 *)page_bytes(cached) == 1, "the object's page is as it was");
	vm_map_destroy(&map);
}

static void test_shared(void)
{
	struct vm_map parent, child;
	u8 value = 42, seen = 0;

	check(vm_map_create(&parent, BASE, BASE + PAGES * PAGE_SIZE) == K_OK);
	check(vm_map_create(&child, BASE, BASE + PAGES * PAGE_SIZE) == K_OK);
	tap_eq(vm_map_enter(&parent, BASE, PAGE_SIZE, VM_PROT_READ | VM_PROT_WRITE, true, NULL, 0),
		K_OK, "shared anonymous memory is mapped");
	tap_eq(vm_map_fork(&child, &parent), K_OK, "and forked");
	tap_ok(vm_map_copyout(&parent, BASE, &value, 1) == K_OK &&
			vm_map_copyin(&child, &seen, BASE, 1) == K_OK && seen == 42,
		"what one writes the other sees");
	vm_map_destroy(&parent);
	seen = 0;
	tap_ok(vm_map_copyin(&child, &seen, BASE, 1) == K_OK && seen == 42,
		"it outlives one of its maps");
	vm_map_destroy(&child);
}

/* An object that grows and shrinks at random holds just what was put below its end. */
static void test_resize(void)
{
	enum { LIMIT = 1500 };
	static u8 present[LIMIT];
	struct vm_object *object;
	bool good = true;

	memset(present, 0, sizeof(present));
	check(vm_object_create(&object, 0, NULL) == K_OK);
	for (unsigned round = 0; round < 400 && good; round++) {
		u64 size = next_random() % LIMIT, index = next_random() % LIMIT;
		good = vm_object_resize(object, size) == K_OK;
		memset(present + size, 0, LIMIT - size);
		if (index < size && !present[index]) {
			struct page *page = frame_alloc();
			good = good && page && vm_object_insert(object, index, page) == K_OK;
			present[index] = 1;
		}
		for (unsigned i = 0; i < LIMIT && good; i += 7)
			good = (vm_object_lookup(object, i) != NULL) == present[i];
		u64 from = next_random() % (size + 1), next = from;
		while (next < size && !present[next])
			next++;
		good = good && vm_object_next(object, from) == MIN(next, size);
	}
	tap_ok(good, "an object grows and shrinks, and keeps what lies below its end");
	vm_object_unref(object);
}

static void test_bounds(void)
{
	struct vm_map map;
	vaddr_t start;

	check(vm_map_create(&map, BASE, BASE + PAGES * PAGE_SIZE) == K_OK);
	tap_eq(vm_map_enter(&map, BASE, 0, 1, false, NULL, 0), K_INVAL, "nothing cannot be mapped");
	tap_eq(vm_map_enter(&map, BASE + 1, PAGE_SIZE, 1, false, NULL, 0), K_INVAL,
		"nor an unaligned range");
	tap_eq(vm_map_enter(&map, BASE, ~VM_PAGE_MASK, 1, false, NULL, 0), K_INVAL,
		"nor one that wraps around");
	tap_eq(vm_map_enter(&map, BASE - PAGE_SIZE, PAGE_SIZE, 1, false, NULL, 0), K_INVAL,
		"nor one below the map");
	tap_eq(vm_map_find(&map, (PAGES + 1) * PAGE_SIZE, 0, ~0ull, &start), K_NOMEM,
		"too much room is not found");
	tap_ok(vm_map_find(&map, PAGE_SIZE, 0, ~0ull, &start) == K_OK &&
			start == BASE + (PAGES - 1) * PAGE_SIZE,
		"room is found from the top");
	check(vm_map_enter(&map, start, PAGE_SIZE, 1, false, NULL, 0) == K_OK);
	tap_ok(vm_map_find(&map, PAGE_SIZE, start, ~0ull, &start) == K_OK &&
			start == BASE + (PAGES - 2) * PAGE_SIZE,
		"a hint that is taken is passed over");
	vm_map_destroy(&map);
}

void contract_test_vm(void)
{
	test_frames_init();
	u64 before = frames_count_free();
	test_model();
	test_image();
	test_shared();
	test_resize();
	test_bounds();
	/* Slabs keep some frames for later; running everything again must not take more. */
	u64 settled = frames_count_free();
	test_model();
	test_image();
	test_shared();
	test_resize();
	tap_ok(frames_count_free() >= settled, "a second run takes no further frame");
	tap_ok(before - settled < 16, "all but a few slabs' frames came back");
}
