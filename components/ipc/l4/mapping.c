/*
 * Mappings: who has which frame from whom.
 *
 * Each frame has a list of its mappings, a tree written down in pre-order:
 * a mapping is followed by those that were derived from it, each with a
 * greater depth. The root task, which has everything from the start, stands at depth 0 and
 * is not in the list. So "all that came of this mapping" is the run behind it with a
 * greater depth, and revoking is a walk along a list.
 *
 * A space has a list of its mappings, so that its end need not search its page tables.
 *
 * A mapping knows its page-table entry, which stays where it is as long as its space lives; the
 * entry holds the rights. List heads are kept in chunks of 512, made when first used.
 */
#include <l4.h>
#include <objects/objects.h>

#define CHUNK_SHIFT 9
#define CHUNKS_MAX  32768 /* 64 GiB */

struct l4_mapping {
	struct l4_mapping *next, **link;             /* *link points to this one */
	struct l4_mapping *space_next, **space_link; /* the same in the list of its space */
	struct l4_space *space;
	pte_t *pte;
	vaddr_t address;
	u64 depth;
};

static struct l4_mapping **chunks[CHUNKS_MAX];
static struct object_cache cache;

static unsigned rights_of(pte_t pte)
{
	return VM_PROT_READ | (pte & PTE_WRITE ? VM_PROT_WRITE : 0) |
	       (pte & PTE_NX ? 0 : VM_PROT_EXECUTE);
}

/* The head of a frame's list; NULL when memory is out. */
static struct l4_mapping **list_of(paddr_t frame)
{
	u64 number = frame >> PAGE_SHIFT, chunk = number >> CHUNK_SHIFT;

	if (unlikely(!chunks[chunk])) {
		struct page *page = frame_alloc();
		if (!page)
			return NULL;
		page_zero(page_bytes(page));
		chunks[chunk] = page_bytes(page);
	}
	return &chunks[chunk][number & ((1u << CHUNK_SHIFT) - 1)];
}

static struct l4_mapping *find(paddr_t frame, const pte_t *pte)
{
	struct l4_mapping *mapping = *list_of(frame); /* it is mapped, so the list is there */

	while (mapping->pte != pte)
		mapping = mapping->next;
	return mapping;
}

static void remove(struct l4_mapping *mapping)
{
	pmap_set(&mapping->space->pmap, mapping->pte, mapping->address, 0);
	*mapping->link = mapping->next;
	if (mapping->next)
		mapping->next->link = mapping->link;
	*mapping->space_link = mapping->space_next;
	if (mapping->space_next)
		mapping->space_next->space_link = mapping->space_link;
	object_free(&cache, mapping);
}

static void take(struct l4_mapping *mapping, unsigned rights)
{
	pte_t pte = *mapping->pte;

	if (rights & VM_PROT_READ) {
		remove(mapping);
		return;
	}
	if (rights & VM_PROT_WRITE)
		pte &= ~PTE_WRITE;
	if (rights & VM_PROT_EXECUTE)
		pte |= PTE_NX;
	pmap_set(&mapping->space->pmap, mapping->pte, mapping->address, pte);
}

/* Takes `rights` away from the mappings at `at` and behind it that lie deeper than `depth`. */
static void revoke(struct l4_mapping *at, u64 depth, unsigned rights)
{
	while (at && at->depth > depth) {
		struct l4_mapping *next = at->next;

		take(at, rights);
		at = next;
	}
}

static void revoke_with_own(struct l4_mapping *mapping, unsigned rights)
{
	revoke(mapping->next, mapping->depth, rights);
	take(mapping, rights);
}

/* What a space has at an address: the frame, its rights, and the mapping (NULL for the root task).
 */
struct source {
	paddr_t frame;
	unsigned rights;
	struct l4_mapping *mapping;
};

static bool find_source(const struct l4_space *space, vaddr_t address, struct source *source)
{
	if (space->root) {
		*source = (struct source){address, VM_PROT_ALL, NULL};
		return l4_root_owns(address);
	}
	const pte_t *pte = address < USER_MAX ? pmap_find(&space->pmap, address) : NULL;
	if (!pte || !pte_present(*pte) || (*pte & L4_PTE_PINNED))
		return false;
	source->frame = *pte & PTE_ADDRESS;
	source->rights = rights_of(*pte);
	source->mapping = find(source->frame, pte);
	return true;
}

/* The place already shows the very frame, from the same giver: only rights are added. */
static bool extend(const struct source *source, struct l4_space *to, vaddr_t address, pte_t *pte,
	unsigned rights)
{
	if ((*pte & PTE_ADDRESS) != source->frame)
		return false;
	struct l4_mapping *mapping = find(source->frame, pte);
	u64 depth = source->mapping ? source->mapping->depth : 0;
	if (mapping->depth != depth + 1)
		return false;
	for (struct l4_mapping *at = source->mapping; at && at != mapping; at = at->next)
		if (!at->next || at->next->depth <= depth)
			return false; /* not derived from this one */
	pmap_set(&to->pmap, pte, address,
		pte_make(phys_page(source->frame), rights_of(*pte) | rights));
	return true;
}

unsigned l4_map_page(struct l4_space *from, vaddr_t address, struct l4_space *to, vaddr_t target,
	unsigned rights)
{
	struct source source;

	if (!find_source(from, address, &source) || (rights &= source.rights) == 0)
		return 0; /* what is not there is not mapped */
	pte_t *pte = pmap_reach(&to->pmap, target);
	if (unlikely(!pte))
		return L4_ERROR_NO_MEMORY;
	if (pte_present(*pte)) {
		if (*pte & L4_PTE_PINNED)
			return L4_ERROR_INVALID;
		if (extend(&source, to, target, pte, rights))
			return 0;
		revoke_with_own(find(*pte & PTE_ADDRESS, pte), VM_PROT_ALL);
		if (!find_source(from, address, &source))
			return 0; /* it was derived from what it replaces */
	}
	struct l4_mapping **list = list_of(source.frame);
	struct l4_mapping *mapping = list ? object_alloc(&cache) : NULL;
	if (unlikely(!mapping))
		return L4_ERROR_NO_MEMORY;
	struct l4_mapping **link = source.mapping ? &source.mapping->next : list;
	*mapping = (struct l4_mapping){.next = *link,
		.link = link,
		.space_next = to->mappings,
		.space_link = &to->mappings,
		.space = to,
		.pte = pte,
		.address = target,
		.depth = source.mapping ? source.mapping->depth + 1 : 1};
	if (*link)
		(*link)->link = &mapping->next;
	*link = mapping;
	if (to->mappings)
		to->mappings->space_link = &mapping->space_next;
	to->mappings = mapping;
	*pte = pte_make(phys_page(source.frame), rights);
	return 0;
}

static bool size_ok(unsigned size)
{
	return size >= L4_FPAGE_MIN && size <= L4_FPAGE_MAX;
}

unsigned l4_map(struct l4_space *from, u64 send_base, u64 fpage, struct l4_space *to, u64 window)
{
	unsigned size = l4_fpage_size(fpage), window_size = l4_fpage_size(window);
	bool complete = window == L4_FPAGE_COMPLETE;

	if (!window)
		return L4_ERROR_OVERFLOW;
	if (!size_ok(size) || (!complete && !size_ok(window_size)) || to->root)
		return L4_ERROR_INVALID;
	if (complete)
		window_size = 63;
	/* The smaller of the two is what is mapped; the send base says which part of the larger. */
	unsigned both = MIN(size, window_size);
	u64 mask = (1ull << both) - 1,
	    base = ALIGN_DOWN(l4_fpage_base(send_base), PAGE_SIZE) & ~mask;
	vaddr_t source = ALIGN_DOWN(l4_fpage_base(fpage), 1ull << size), target = base;
	if (size > both)
		source += base & ((1ull << size) - 1);
	if (!complete)
		target = ALIGN_DOWN(l4_fpage_base(window), 1ull << window_size) +
			 (base & ((1ull << window_size) - 1));
	if (target > USER_MAX - (mask + 1))
		return L4_ERROR_INVALID;
	for (u64 at = 0; at <= mask; at += PAGE_SIZE) {
		unsigned error =
			l4_map_page(from, source + at, to, target + at, l4_fpage_rights(fpage));
		if (error)
			return error;
	}
	return 0;
}

static void unmap_page(struct l4_space *space, vaddr_t address, unsigned rights, bool own)
{
	struct source source;

	if (!find_source(space, address, &source))
		return;
	if (source.mapping && own) {
		revoke_with_own(source.mapping, rights);
	} else if (source.mapping) {
		revoke(source.mapping->next, source.mapping->depth, rights);
	} else {
		struct l4_mapping **list = chunks[source.frame >> (PAGE_SHIFT + CHUNK_SHIFT)];
		if (list)
			revoke(list[source.frame >> PAGE_SHIFT & ((1u << CHUNK_SHIFT) - 1)], 0,
				rights);
	}
}

void l4_unmap(struct l4_space *space, u64 fpage, bool own)
{
	u64 bytes = 1ull << l4_fpage_size(fpage), base = ALIGN_DOWN(l4_fpage_base(fpage), bytes);

	for (u64 at = 0; at < bytes; at += PAGE_SIZE)
		unmap_page(space, base + at, l4_fpage_rights(fpage), own);
}

void l4_unmap_all(struct l4_space *space)
{
	while (space->mappings)
		revoke_with_own(space->mappings, VM_PROT_ALL);
}

void l4_mapping_init(void)
{
	object_cache_init(&cache, "l4_mapping", sizeof(struct l4_mapping), 8);
}
