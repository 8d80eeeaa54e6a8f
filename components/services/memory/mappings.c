/* mappings: see mappings.h. */
#include <objects/objects.h>
#include <services/memory/mappings.h>
#include <services/services.h>
#include <services/sysv/sysv.h>
#include <services/tree/tree.h>

static bool is_segment(const struct mapping *mapping)
{
	return IS_ENABLED(CONFIG_SERVICES_SYSV) && unlikely(mapping->flags & MAPPING_SEGMENT);
}

void mapping_hold(const struct mapping *mapping)
{
	if (IS_ENABLED(CONFIG_SERVICES_TREE) && mapping->file.mount)
		place_ref(mapping->file);
	if (is_segment(mapping))
		segment_attach(mapping);
}

static void drop(const struct mapping *mapping)
{
	if (is_segment(mapping))
		segment_detach(mapping);
	if (IS_ENABLED(CONFIG_SERVICES_TREE) && mapping->file.mount)
		place_unref(mapping->file);
}

/* --- life ------------------------------------------------------------------------- */

struct memory *memory_create(void)
{
	struct memory *memory = kalloc(sizeof(*memory));

	if (!memory)
		return NULL;
	memset(memory, 0, offsetof(struct memory, few));
	memory->refs = 1;
	memory->of = memory->few;
	memory->room = MAPPINGS_FEW;
	return memory;
}

static void free_array(struct memory *memory)
{
	if (memory->of != memory->few)
		kfree(memory->of, memory->room * sizeof(memory->of[0]));
}

void memory_unref(struct memory *memory)
{
	if (!memory || --memory->refs > 0)
		return;
	for (u32 i = 0; i < memory->count; i++)
		drop(&memory->of[i]);
	free_array(memory);
	kfree(memory, sizeof(*memory));
}

static bool grow_array(struct memory *memory, u32 room)
{
	struct mapping *of = room <= MAPPINGS_MAX ? kalloc(room * sizeof(*of)) : NULL;

	if (!of)
		return false;
	memcpy(of, memory->of, memory->count * sizeof(*of));
	free_array(memory);
	memory->of = of;
	memory->room = room;
	return true;
}

bool memory_reserve(struct memory *memory, u32 more)
{
	u32 needed = memory->count + memory->reserved + more;

	if (unlikely(needed > memory->room) &&
		!grow_array(memory, MAX(needed, MIN(2 * memory->room, MAPPINGS_MAX))))
		return false;
	memory->reserved += more;
	return true;
}

void memory_release(struct memory *memory, u32 more)
{
	memory->reserved -= more;
}

struct memory *memory_copy(const struct memory *parent)
{
	struct memory *child = memory_create();

	if (!child)
		return NULL;
	if (parent->count > child->room && !grow_array(child, parent->count)) {
		memory_unref(child);
		return NULL;
	}
	child->kept_back = parent->kept_back;
	child->brk_start = parent->brk_start;
	child->brk_end = parent->brk_end;
	memcpy(&child->arguments_start, &parent->arguments_start,
		offsetof(struct memory, few) - offsetof(struct memory, arguments_start));
	for (u32 i = 0; i < parent->count; i++) {
		const struct mapping *m = &parent->of[i];
		struct mapping *copy;

		if (unlikely(m->flags & MAPPING_NOT_FORKED))
			continue;
		copy = &child->of[child->count++];
		*copy = *m;
		copy->flags &= ~MAPPING_LOCKED;
		child->bytes += m->end - m->start;
		mapping_hold(copy);
	}
	return child;
}

struct memory *memory_of(const struct proc *proc)
{
	return proc->fresh_memory ? proc->fresh_memory : proc->memory;
}

/* --- looking ----------------------------------------------------------------------- */

u32 memory_find(const struct memory *memory, vaddr_t address)
{
	u32 low = 0, high = memory->count;

	while (low < high) {
		u32 middle = (low + high) / 2;

		if (memory->of[middle].end > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

struct mapping *memory_at(const struct memory *memory, vaddr_t address)
{
	u32 i = memory_find(memory, address);

	return i < memory->count && memory->of[i].start <= address ? &memory->of[i] : NULL;
}

bool memory_is_free(const struct memory *memory, vaddr_t start, u64 length)
{
	u32 i = memory_find(memory, start);

	return i == memory->count || memory->of[i].start >= start + length;
}

vaddr_t memory_end_of_run(const struct memory *memory, vaddr_t start, vaddr_t end)
{
	vaddr_t at = start;

	for (u32 i = memory_find(memory, start);
		i < memory->count && memory->of[i].start <= at && at < end; i++)
		at = memory->of[i].end;
	return MIN(at, end);
}

vaddr_t memory_find_gap(const struct memory *memory, u64 length, vaddr_t top)
{
	for (u32 i = memory->count; i-- > 0;) {
		if (memory->of[i].end <= top && top - memory->of[i].end >= length)
			break;
		top = MIN(top, memory->of[i].start);
	}
	return top >= ENV_USER_MIN + length ? top - length : 0;
}

u64 memory_mapped(const struct memory *memory, vaddr_t start, vaddr_t end)
{
	u64 sum = 0;

	for (u32 i = memory_find(memory, start); i < memory->count && memory->of[i].start < end;
		i++)
		sum += MIN(memory->of[i].end, end) - MAX(memory->of[i].start, start);
	return sum;
}

/* --- changing ------------------------------------------------------------------------ */

static bool are_one(const struct mapping *a, const struct mapping *b)
{
	return a->end == b->start && a->prot == b->prot && a->flags == b->flags &&
	       a->file.node == b->file.node && a->file.mount == b->file.mount &&
	       a->source == b->source && !is_segment(a) &&
	       (!a->source || a->offset + (a->end - a->start) == b->offset);
}

static void take_out(struct memory *memory, u32 i, u32 n)
{
	memory->count -= n;
	memmove(&memory->of[i], &memory->of[i + n], (memory->count - i) * sizeof(memory->of[0]));
}

/* Joins mapping i with the one before it if nothing tells them apart. */
static bool join(struct memory *memory, u32 i)
{
	if (i == 0 || i >= memory->count || !are_one(&memory->of[i - 1], &memory->of[i]))
		return false;
	memory->of[i - 1].end = memory->of[i].end;
	drop(&memory->of[i]);
	take_out(memory, i, 1);
	return true;
}

static void put_in(struct memory *memory, u32 i, const struct mapping *mapping)
{
	assert(memory->count < memory->room);
	memmove(&memory->of[i + 1], &memory->of[i], (memory->count - i) * sizeof(memory->of[0]));
	memory->of[i] = *mapping;
	memory->count++;
}

static u64 locked_bytes(const struct mapping *m)
{
	return m->flags & MAPPING_LOCKED ? m->end - m->start : 0;
}

void memory_add(struct memory *memory, const struct mapping *mapping)
{
	u32 i = memory_find(memory, mapping->start);

	put_in(memory, i, mapping);
	memory->bytes += mapping->end - mapping->start;
	memory->locked += locked_bytes(mapping);
	join(memory, i + 1);
	join(memory, i);
}

/* Makes `address` a border. */
static void split(struct memory *memory, vaddr_t address)
{
	u32 i = memory_find(memory, address);
	struct mapping upper;

	if (i == memory->count || memory->of[i].start >= address)
		return;
	upper = memory->of[i];
	upper.start = address;
	upper.offset += address - memory->of[i].start;
	mapping_hold(&upper);
	memory->of[i].end = address;
	put_in(memory, i + 1, &upper);
}

/* What lies wholly in the range goes first, so that one place is enough for what is left of the
 * ends. */
void memory_remove(struct memory *memory, vaddr_t start, vaddr_t end)
{
	u32 first, last;

	split(memory, start);
	first = memory_find(memory, start);
	for (last = first; last < memory->count && memory->of[last].start < end; last++) {
		struct mapping *m = &memory->of[last];
		vaddr_t cut = MIN(m->end, end);

		memory->bytes -= cut - m->start;
		memory->locked -= m->flags & MAPPING_LOCKED ? cut - m->start : 0;
		if (cut < m->end) {
			m->offset += cut - m->start;
			m->start = cut;
			break;
		}
		drop(m);
	}
	take_out(memory, first, last - first);
}

/* After a change to the mappings of a range: those that have become one. */
static void join_range(struct memory *memory, vaddr_t start, vaddr_t end)
{
	u32 i = memory_find(memory, start);

	while (i < memory->count && memory->of[i].start <= end) {
		if (!join(memory, i))
			i++;
	}
}

void memory_set_prot(struct memory *memory, vaddr_t start, vaddr_t end, u32 prot)
{
	split(memory, start);
	split(memory, end);
	for (u32 i = memory_find(memory, start); i < memory->count && memory->of[i].start < end;
		i++)
		memory->of[i].prot = prot;
	join_range(memory, start, end);
}

void memory_set_flags(struct memory *memory, vaddr_t start, vaddr_t end, u32 clear, u32 set)
{
	memory->kept_back |= (set & (MAPPING_NOT_FORKED | MAPPING_WIPED)) != 0;
	split(memory, start);
	split(memory, end);
	for (u32 i = memory_find(memory, start); i < memory->count && memory->of[i].start < end;
		i++) {
		struct mapping *m = &memory->of[i];

		memory->locked -= locked_bytes(m);
		m->flags = (m->flags & ~clear) | set;
		memory->locked += locked_bytes(m);
	}
	join_range(memory, start, end);
}
