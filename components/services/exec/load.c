/*
 * load: mapping the segments of an ELF file.
 *
 * Each segment gets exactly the rights that it asks for. Its bytes in the file are mapped, shared
 * until written; what it has beyond them (the bss) reads as zero: the rest of its last page in the
 * file is cleared by hand, whole pages come as anonymous memory.
 */
#include <services/exec/elf.h>
#include <services/exec/exec.h>

#define DYNAMIC_BASE 0x555555554000ull /* where Linux puts such programs without randomising */

static unsigned segment_prot(const struct elf_segment *s)
{
	return (s->flags & ELF_READ ? ENV_PROT_READ : 0) |
	       (s->flags & ELF_WRITE ? ENV_PROT_WRITE : 0) |
	       (s->flags & ELF_EXEC ? ENV_PROT_EXEC : 0);
}

/* Clears [from, to), which lies in one page that is mapped. */
static enum kstatus clear(struct proc *proc, vaddr_t from, vaddr_t to)
{
	static const u8 zeros[256];
	enum kstatus status = K_OK;

	while (from < to && status == K_OK) {
		size_t n = MIN(to - from, sizeof(zeros));

		status = env_write_memory(proc, from, zeros, n);
		from += n;
	}
	return status;
}

static enum kstatus map_segment(
	struct proc *proc, struct file_image *image, const struct elf_segment *s, vaddr_t bias)
{
	vaddr_t start = bias + s->vaddr;
	vaddr_t first = ALIGN_DOWN(start, PAGE_SIZE);
	vaddr_t file_end = s->filesz > 0 ? ALIGN_UP(start + s->filesz, PAGE_SIZE) : first;
	vaddr_t end = ALIGN_UP(start + s->memsz, PAGE_SIZE);
	enum kstatus status = K_OK;

	if (file_end > first)
		status = env_map_image(proc, first, file_end - first, segment_prot(s), image,
			ALIGN_DOWN(s->offset, PAGE_SIZE));
	if (status == K_OK && s->filesz > 0 && s->memsz > s->filesz)
		status = clear(proc, start + s->filesz, file_end);
	if (status == K_OK && end > file_end)
		status = env_map_anonymous(
			proc, &file_end, end - file_end, segment_prot(s), ENV_MAP_FIXED);
	return status;
}

/* How far the file's addresses are moved. The image has been checked to end below the limit it was
 * read with. */
static vaddr_t load_bias(const struct elf_image *elf)
{
	return elf->is_dynamic ? DYNAMIC_BASE - elf->start : 0;
}

long image_load(struct proc *proc, struct file_image *image, struct loaded *loaded)
{
	const vaddr_t limit =
		ENV_STACK_TOP - 2 * STACK_SIZE; /* the stack, and room between the two */
	struct elf_image elf;
	vaddr_t bias;

	if (!elf_read(image->bytes, image->size, limit, &elf) || elf.wants_interpreter)
		return -ENOEXEC;
	bias = load_bias(&elf);
	if (elf.is_dynamic ? elf.end - elf.start > limit - DYNAMIC_BASE : elf.start < ENV_USER_MIN)
		return -ENOEXEC;
	for (u32 i = 0; i < elf.count; i++) {
		enum kstatus status = map_segment(proc, image, &elf.segments[i], bias);

		if (status != K_OK)
			return status == K_NOMEM ? -ENOMEM : -ENOEXEC;
	}
	loaded->entry = elf.entry + bias;
	loaded->headers = elf.headers_address != 0 ? elf.headers_address + bias : 0;
	loaded->headers_count = elf.headers;
	loaded->end = elf.end + bias;
	return 0;
}
