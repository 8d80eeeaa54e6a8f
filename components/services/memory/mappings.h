/*
 * mappings: what is mapped where in an address space, as the services know it.
 *
 * The placement's address map says how a page is found; this record says what Linux tells of it:
 * which file, by which name, locked or not, growing or not. It is a sorted array, one for all
 * processes that share the space. Neighbours that differ in nothing are one, as on Linux.
 *
 * Who changes memory changes the placement's map and then the record, without a sleep between. The
 * record cannot fail then, for its room has been reserved before.
 */
#pragma once

#include <lib/lib.h>
#include <services/tree/place.h>

#define MAPPING_SHARED     0x01u
#define MAPPING_READ_ONLY  0x02u /* of a file not open for writing: never writable */
#define MAPPING_GROWS      0x04u /* downwards, when what lies below is touched */
#define MAPPING_LOCKED     0x08u
#define MAPPING_NOT_FORKED 0x10u /* MADV_DONTFORK */
#define MAPPING_WIPED      0x20u /* a child gets it empty: MADV_WIPEONFORK */
#define MAPPING_NOT_DUMPED 0x40u
#define MAPPING_NO_RESERVE 0x80u
#define MAPPING_RANDOM     0x100u
#define MAPPING_SEQUENTIAL 0x200u
#define MAPPING_SEGMENT    0x400u /* of System V shared memory, which counts its mappings */

struct mapping {
	vaddr_t start, end;
	u64 offset;         /* in the file, in bytes */
	struct place file;  /* held; nowhere: memory */
	const void *source; /* what tells its pages from others'; NULL: private memory */
	u32 prot, flags;
};

#define MAPPINGS_FEW 12
#define MAPPINGS_MAX 32768u /* in one space; Linux's default is 65530 */

struct memory {
	u32 refs; /* processes that share it */
	u32 count, room;
	u32 reserved; /* places that somebody is about to need */
	struct mapping *of;
	u64 bytes;      /* mapped */
	u64 locked;     /* of them */
	bool kept_back; /* some mappings were marked MAPPING_NOT_FORKED or MAPPING_WIPED */
	u32 future;     /* flags of whatever is mapped from now on: MAPPING_LOCKED or 0 */
	vaddr_t brk_start, brk_end;
	vaddr_t arguments_start, arguments_end,
		environment_end; /* the strings that exec put there */
	vaddr_t stack;           /* where it began */
	vaddr_t code_start, code_end, data_start, data_end;
	vaddr_t auxiliary_start, auxiliary_end; /* the auxiliary vector */
	u32 barriers;                           /* that membarrier has registered */
	bool hidden;                            /* others may not look into it (PR_SET_DUMPABLE) */
	struct mapping few[MAPPINGS_FEW];       /* where `of` points until there are more */
};

struct proc;

/* An empty record; NULL: memory is out. */
struct memory *memory_create(void) must_check;
/* fork: what the child gets, as in `parent`. */
struct memory *memory_copy(const struct memory *parent) must_check;
void memory_unref(struct memory *memory);
/* The record that mappings of `proc` go to: of the space that exec is building, if it is. */
struct memory *memory_of(const struct proc *proc);

/* Room for `more` mappings, kept for the caller until memory_release(). false: there is none. */
bool memory_reserve(struct memory *memory, u32 more) must_check;
void memory_release(struct memory *memory, u32 more);

/* Of the first mapping that ends above `address`; memory->count: there is none. */
u32 memory_find(const struct memory *memory, vaddr_t address);
/* The mapping at `address`, or NULL. */
struct mapping *memory_at(const struct memory *memory, vaddr_t address);
/* Whether nothing is mapped in the range. */
bool memory_is_free(const struct memory *memory, vaddr_t start, u64 length);
/* How far mappings follow one another from `start` on; at most `end`. */
vaddr_t memory_end_of_run(const struct memory *memory, vaddr_t start, vaddr_t end);
/* The highest gap of that length below `top`; 0: none. */
vaddr_t memory_find_gap(const struct memory *memory, u64 length, vaddr_t top);
/* How many bytes of the range are mapped. */
u64 memory_mapped(const struct memory *memory, vaddr_t start, vaddr_t end);

/* One more mapping has what this one has: the file is held. */
void mapping_hold(const struct mapping *mapping);
/*
 * mmap, with further flags for the record: `file`, which the caller holds, or memory for NULL.
 * Whole pages. The address, or -errno.
 */
struct open_file;
long memory_map(struct open_file *file, vaddr_t address, u64 length, unsigned long prot,
	unsigned long flags, u64 offset, u32 record) must_check;
/* Whole pages within what a process can have mapped. */
long memory_unmap(vaddr_t start, u64 length) must_check;

/* The range is free, one place reserved. Takes over the reference on the file. */
void memory_add(struct memory *memory, const struct mapping *mapping);
/* One place reserved. */
void memory_remove(struct memory *memory, vaddr_t start, vaddr_t end);
/* Two places reserved. What is mapped in the range gets other rights, or flags. */
void memory_set_prot(struct memory *memory, vaddr_t start, vaddr_t end, u32 prot);
void memory_set_flags(struct memory *memory, vaddr_t start, vaddr_t end, u32 clear, u32 set);

/* Whether the caller's limits let it have `length` bytes more with these rights and flags. */
bool memory_is_within_limits(u64 length, u32 prot, u32 flags);
/* Touches each page; how many bytes from `start` on could be. */
u64 memory_populate(struct proc *proc, vaddr_t start, u64 length);
/* The stack, or whatever grows, is stretched to `address`; false: none does. */
bool memory_grow(struct proc *proc, vaddr_t address) must_check;
/*
 * `proc` has touched a page for which there is no memory: somebody ends, the largest. True: worth
 * another try; false: it is `proc` itself. memory_wait_for_room() sleeps a while, for calls.
 */
bool memory_make_room(struct proc *proc) must_check;
bool memory_wait_for_room(struct proc *proc) must_check;
/* Whether somebody has it mapped, shared with others, and may write there. */
struct inode;
bool memory_writes_file(const struct inode *inode) must_check;
/* The file has shrunk: what maps it forgets what lies behind `size`. */
void memory_cut_file(const struct inode *inode, u64 size);
