/*
 * elf: what an ELF file asks to be mapped.
 *
 * Reads the headers of a static ELF64 file for x86_64 and checks all that a loader
 * relies on, so that whatever passes can be mapped without a further look. A header
 * alone, so that a kernel without services can load its first server too.
 */
#pragma once

#include <lib/lib.h>

#define ELF_SEGMENTS_MAX 16
#define ELF_HEADERS_MAX  64 /* program headers */

#define ELF_READ  4u /* PF_R, PF_W, PF_X */
#define ELF_WRITE 2u
#define ELF_EXEC  1u

struct elf_header {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
_Static_assert(sizeof(struct elf_header) == 64, "Elf64_Ehdr");

struct elf_program_header {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
};
_Static_assert(sizeof(struct elf_program_header) == 56, "Elf64_Phdr");

#define ELF_TYPE_EXEC      2
#define ELF_TYPE_DYN       3
#define ELF_MACHINE_X86_64 62
#define ELF_PT_LOAD        1
#define ELF_PT_INTERP      3

/* A segment: `offset` and `vaddr` are alike within a page, and no two segments share a page. */
struct elf_segment {
	u64 offset, vaddr, filesz, memsz;
	u32 flags; /* ELF_READ … */
};

struct elf_image {
	bool is_dynamic;        /* may be loaded at any page: all addresses are relative to that */
	bool wants_interpreter; /* a dynamic linker: its path stands in the file */
	u64 interpreter_offset, interpreter_size;
	u32 count;
	u16 headers; /* program headers, and where they are seen once loaded (0: nowhere) */
	u64 headers_address;
	u64 entry;                                     /* lies in an executable segment */
	u64 start, end;                                /* of all segments, in whole pages */
	struct elf_segment segments[ELF_SEGMENTS_MAX]; /* by rising address */
};

#define ELF_PAGE ((u64)4096)

static inline bool elf_header_is_good(const struct elf_header *h, u64 size)
{
	static const u8 ident[7] = {
		0x7f, 'E', 'L', 'F', 2 /* 64 bits */, 1 /* little endian */, 1 /* version */};

	return memcmp(h->ident, ident, sizeof(ident)) == 0 &&
	       (h->type == ELF_TYPE_EXEC || h->type == ELF_TYPE_DYN) &&
	       h->machine == ELF_MACHINE_X86_64 && h->version == 1 &&
	       h->phentsize == sizeof(struct elf_program_header) && h->phnum > 0 &&
	       h->phnum <= ELF_HEADERS_MAX && h->phoff <= size &&
	       h->phnum * sizeof(struct elf_program_header) <= size - h->phoff;
}

static inline bool elf_segment_is_good(const struct elf_program_header *p, u64 size, u64 limit)
{
	return p->filesz <= p->memsz && p->offset <= size && p->filesz <= size - p->offset &&
	       p->memsz <= limit && p->vaddr <= limit - p->memsz &&
	       p->vaddr % ELF_PAGE == p->offset % ELF_PAGE && p->align <= limit &&
	       (p->align & (p->align - 1)) == 0 &&
	       (p->flags & ~(ELF_READ | ELF_WRITE | ELF_EXEC)) == 0;
}

/* Takes a PT_LOAD into the image; false if it cannot be. */
static inline bool elf_add_segment(
	struct elf_image *image, const struct elf_program_header *p, u64 size, u64 limit)
{
	if (!elf_segment_is_good(p, size, limit))
		return false;
	if (p->memsz == 0)
		return true;
	if (image->count == ELF_SEGMENTS_MAX || ALIGN_DOWN(p->vaddr, ELF_PAGE) < image->end)
		return false;
	if (image->count == 0)
		image->start = ALIGN_DOWN(p->vaddr, ELF_PAGE);
	image->end = ALIGN_UP(p->vaddr + p->memsz, ELF_PAGE);
	image->segments[image->count++] = (struct elf_segment){
		.offset = p->offset,
		.vaddr = p->vaddr,
		.filesz = p->filesz,
		.memsz = p->memsz,
		.flags = p->flags,
	};
	return true;
}

/* Where `n` bytes of the file at `offset` are seen once loaded; 0: nowhere. */
static inline u64 elf_address_of(const struct elf_image *image, u64 offset, u64 n)
{
	for (u32 i = 0; i < image->count; i++) {
		const struct elf_segment *s = &image->segments[i];

		if (offset >= s->offset && offset - s->offset <= s->filesz &&
			n <= s->filesz - (offset - s->offset))
			return s->vaddr + (offset - s->offset);
	}
	return 0;
}

static inline bool elf_is_executable(const struct elf_image *image, u64 address)
{
	for (u32 i = 0; i < image->count; i++) {
		const struct elf_segment *s = &image->segments[i];

		if (address >= s->vaddr && address - s->vaddr < s->filesz)
			return s->flags & ELF_EXEC;
	}
	return false;
}

/* Begins an image with its file's header; false: not an ELF file that can be run. */
static inline bool must_check elf_begin(
	const struct elf_header *header, u64 size, struct elf_image *image)
{
	if (!elf_header_is_good(header, size))
		return false;
	image->is_dynamic = header->type == ELF_TYPE_DYN;
	image->wants_interpreter = false;
	image->interpreter_offset = 0;
	image->interpreter_size = 0;
	image->count = 0;
	image->start = 0;
	image->end = 0;
	image->headers = header->phnum;
	image->entry = header->entry;
	return true;
}

/* Takes the next program header; false as above. */
static inline bool must_check elf_take(
	struct elf_image *image, const struct elf_program_header *p, u64 size, u64 limit)
{
	if (p->type == ELF_PT_INTERP) {
		image->wants_interpreter = true;
		image->interpreter_offset = p->offset;
		image->interpreter_size = p->filesz;
	}
	return p->type != ELF_PT_LOAD || elf_add_segment(image, p, size, limit);
}

/* Completes it when all have been taken; false as above. */
static inline bool must_check elf_end(struct elf_image *image, const struct elf_header *header)
{
	image->headers_address = elf_address_of(
		image, header->phoff, header->phnum * sizeof(struct elf_program_header));
	return image->count > 0 && elf_is_executable(image, header->entry);
}

/*
 * Reads the file of `size` bytes at `bytes` (of any alignment). All addresses will lie below
 * `limit`, a page multiple. False: not an ELF file that can be run.
 */
static inline bool must_check elf_read(
	const u8 *bytes, u64 size, u64 limit, struct elf_image *image)
{
	struct elf_header header;
	struct elf_program_header p;

	if (size < sizeof(header))
		return false;
	memcpy(&header, bytes, sizeof(header));
	if (!elf_begin(&header, size, image))
		return false;
	for (u32 i = 0; i < header.phnum; i++) {
		memcpy(&p, bytes + header.phoff + i * sizeof(p), sizeof(p));
		if (!elf_take(image, &p, size, limit))
			return false;
	}
	return elf_end(image, &header);
}
