/*
 * vm: address maps, memory objects and page faults.
 *
 * An address map is a sorted list of entries. Each covers a range of pages
 * with the same rights, either of anonymous memory (zero until touched) or of a memory
 * object. Private memory is copied on write; shared memory is seen by all.
 *
 * Where a page is kept:
 * - a private page that somebody wrote: only in the pmaps that map it (the
 *   page's reference count says how many; two or more: copy before writing);
 * - a page of an object: in the object, and in pmaps, which map it read-only
 *   when the entry is private.
 *
 * The code runs in a kernel or in a user-mode pager, under that image's one
 * big lock (a monitor). Only a pager may block: after pager_page_in() the map
 * may have changed, so vm_fault() then starts again.
 */
#pragma once

#include <frames/frames.h>
#include <pmap/pmap.h>
#include <vm/prot.h>

#define VM_PAGE_MASK       (PAGE_SIZE - 1)
#define VM_MAP_ENTRIES_MAX 65530 /* in one map, as Linux's max_map_count */

/*
 * A source of pages, and the cache of those that were asked for.
 * The pages are held by reference; the last reference to the object frees them.
 */
struct vm_object {
	u64 id; /* that no other object ever had */
	u32 refs;
	bool internal;         /* zero-filled: no pager is asked */
	u64 pages;             /* length, in pages */
	u64 room;              /* chunks there is room for */
	struct page ***chunks; /* [index / 512][index % 512]; NULL where nothing is cached */
	void *pager;           /* whose pages these are: the pager part knows */
};

struct vm_entry {
	struct list link; /* in its map, by address */
	vaddr_t start, end;
	unsigned prot;            /* VM_PROT bits in force */
	unsigned max_prot;        /* what vm_map_protect() may raise them to */
	bool shared;              /* seen by children after a fork, else copied on write */
	struct vm_object *object; /* NULL: private anonymous memory */
	u64 offset;               /* page of the object at `start` */
};

struct vm_map {
	struct pmap pmap;
	struct list entries;
	struct vm_entry *hint; /* found last; NULL if none */
	u64 count;             /* entries */
	u64 size;              /* bytes mapped */
	u64 filled;            /* pages that faults have put into its pmap */
	u64 inherited;         /* … and forks and pasted copies */
	u64 dropped;           /* pages that were taken out */
	u64 upgraded;          /* faults that found their page there */
	u64 peak;              /* the most pages in its pmap so far, as of the last removal */
	vaddr_t min, max;      /* what may be mapped: [min, max) */
};

/* Pages in its pmap. */
static inline u64 vm_map_resident_count(const struct vm_map *map)
{
	return map->filled + map->inherited - map->dropped;
}

/* Faults that were resolved. */
static inline u64 vm_map_faults(const struct vm_map *map)
{
	return map->filled + map->upgraded;
}

/* --- maps ------------------------------------------------------------------ */

/* An empty map for user addresses [min, max). K_NOMEM. */
enum kstatus must_check vm_map_create(struct vm_map *map, vaddr_t min, vaddr_t max);
/* Removes everything; frees the pmap. The processor must not be using it. */
void vm_map_destroy(struct vm_map *map);
/* Makes `child`, which is created but empty, a copy of `parent`: private memory copy on write.
 * K_NOMEM: child is unusable, destroy it. */
enum kstatus must_check vm_map_fork(struct vm_map *child, struct vm_map *parent);
/*
 * A virtual copy of [start, start + length), at any byte: a fresh internal object with whole pages,
 * zero before and behind what was asked for. May block. K_FAULT where nothing may be read; K_NOMEM;
 * or what the pager answered.
 */
enum kstatus must_check vm_map_copy(
	struct vm_map *map, vaddr_t start, u64 length, struct vm_object **out);
/* What is in such a copy becomes private memory of a map, as high as there is room; *start says
 * where. The copy may be pasted again. K_NOMEM. */
enum kstatus must_check vm_map_paste(
	struct vm_map *map, const struct vm_object *copy, vaddr_t *start);

/*
 * Maps [start, start + length) of `object` from page `offset` (NULL: anonymous memory; a shared
 * anonymous mapping gets an internal object). Consumes a reference on
 * `object` on success only. K_EXISTS if something is mapped there; K_INVAL for a range that is
 * empty, unaligned or out of bounds; K_NOMEM.
 */
enum kstatus must_check vm_map_enter(struct vm_map *map, vaddr_t start, u64 length, unsigned prot,
	bool shared, struct vm_object *object, u64 offset);
/*
 * Finds room for `length` bytes: at `hint` if that is free, else the highest place below
 * `top`. K_NOMEM when there is none.
 */
enum kstatus must_check vm_map_find(
	struct vm_map *map, u64 length, vaddr_t hint, vaddr_t top, vaddr_t *start);
/* Unmaps what is mapped in the range (holes are fine). K_INVAL; K_NOMEM when splitting an entry
 * needs memory. */
enum kstatus must_check vm_map_remove(struct vm_map *map, vaddr_t start, u64 length);
/* Sets the rights of a range. K_NOENT at the first page that is not mapped: what lies before it has
 * changed; K_DENIED beyond max_prot. */
enum kstatus must_check vm_map_protect(
	struct vm_map *map, vaddr_t start, u64 length, unsigned prot);
/*
 * Maps at [to, to + length), which is free, what lies `skip` bytes behind `from` in the mapping
 * that is there, with the same rights. The pages of [from, from + moved) come along: the two ranges
 * do not overlap. K_NOENT: nothing is mapped at `from`; K_EXISTS, K_INVAL, K_NOMEM: nothing has
 * changed.
 */
enum kstatus must_check vm_map_remap(
	struct vm_map *map, vaddr_t from, u64 skip, vaddr_t to, u64 length, u64 moved);
/* Forgets the pages of a range: private memory is as new again. Holes are fine. K_INVAL. */
enum kstatus must_check vm_map_discard(struct vm_map *map, vaddr_t start, u64 length);
/* Whether each of `pages` pages is in memory, in this map or in its object. */
void vm_map_resident(struct vm_map *map, vaddr_t start, u64 pages, u8 *resident);
/* The entry that holds `address`, or NULL. */
struct vm_entry *vm_map_lookup(struct vm_map *map, vaddr_t address);

/* --- faults ------------------------------------------------------------------ */

/*
 * Makes `address` accessible for `access` (one VM_PROT bit): the page is there afterwards, with the
 * entry's rights. K_FAULT: nothing is mapped there; K_DENIED: not for such an access; K_RANGE: the
 * object ends before; K_NOMEM; or what the pager answered.
 */
enum kstatus must_check vm_fault(struct vm_map *map, vaddr_t address, unsigned access);

/*
 * The page at `address` of a map that need not be the processor's, made accessible for `access`
 * first if it was not. The pointer is good until the next call that may block or change the map.
 */
enum kstatus must_check vm_map_page(
	struct vm_map *map, vaddr_t address, unsigned access, struct page **page);
/* Copies between here and a map's memory, page by page. K_FAULT: a prefix was copied. */
enum kstatus must_check vm_map_copyin(struct vm_map *map, void *to, vaddr_t from, size_t n);
enum kstatus must_check vm_map_copyout(struct vm_map *map, vaddr_t to, const void *from, size_t n);
/* The same with an access of the caller's choice, e.g. VM_PROT_WRITE | VM_FORCE. */
enum kstatus must_check vm_map_write(
	struct vm_map *map, vaddr_t to, const void *from, size_t n, unsigned access);
enum kstatus must_check vm_map_copyin_string(
	struct vm_map *map, char *to, vaddr_t from, size_t size, size_t *length);

/* --- objects ----------------------------------------------------------------- */

/* An object of `pages` pages that `pager` supplies; internal (zero-filled) if NULL. refs = 1. */
enum kstatus must_check vm_object_create(struct vm_object **out, u64 pages, void *pager);
/*
 * Changes its length. Pages that lie beyond leave the cache; maps that have
 * them mapped keep them. K_NOMEM: it could not grow, and is as it was.
 */
enum kstatus must_check vm_object_resize(struct vm_object *object, u64 pages);
void vm_object_ref(struct vm_object *object);
void vm_object_unref(struct vm_object *object);
/* The cached page, or NULL. */
struct page *vm_object_lookup(const struct vm_object *object, u64 index);
/* The index of the first cached page at or behind `index`; the object's length where there is none.
 * What it costs follows the pages that are there, not the holes between them. */
u64 vm_object_next(const struct vm_object *object, u64 index);
/* Adds a page to the cache, which takes over the caller's reference. K_EXISTS, K_NOMEM, K_RANGE. */
enum kstatus must_check vm_object_insert(struct vm_object *object, u64 index, struct page *page);
