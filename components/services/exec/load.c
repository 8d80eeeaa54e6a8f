/*
 * load: mapping the segments of an ELF file, and of the dynamic linker that it may ask for.
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
	static const u8 zeros[PAGE_SIZE];

	return from < to ? env_write_memory(proc, from, zeros, to - from) : K_OK;
}

long image_note(struct proc *proc, const struct program *program, const struct mapping *mapping)
{
	struct mapping noted = *mapping;

	if (!memory_reserve(proc->fresh_memory, 1))
		return -ENOMEM;
	if (program && IS_ENABLED(CONFIG_SERVICES_TREE)) {
		noted.file = program->place;
		noted.source = program->image ? (const void *)program->image
					      : (const void *)program->pages;
		place_ref(noted.file);
	}
	memory_add(proc->fresh_memory, &noted);
	memory_release(proc->fresh_memory, 1);
	return 0;
}

/* The bounds of code and data, as /proc shows them. */
static void note_bounds(struct memory *memory, const struct elf_segment *s, vaddr_t start)
{
	vaddr_t end = start + s->filesz;

	if (s->flags & ELF_EXEC) {
		memory->code_start = MIN(memory->code_start - 1, start - 1) + 1; /* 0: none yet */
		memory->code_end = MAX(memory->code_end, end);
	}
	memory->data_start = MAX(memory->data_start, start);
	memory->data_end = MAX(memory->data_end, end);
}

static long map_segment(
	struct proc *proc, const struct program *program, const struct elf_segment *s, vaddr_t bias)
{
	vaddr_t start = bias + s->vaddr;
	vaddr_t first = ALIGN_DOWN(start, PAGE_SIZE);
	vaddr_t file_end = s->filesz > 0 ? ALIGN_UP(start + s->filesz, PAGE_SIZE) : first;
	vaddr_t end = ALIGN_UP(start + s->memsz, PAGE_SIZE);
	struct mapping file = {.start = first,
		.end = file_end,
		.prot = segment_prot(s),
		.offset = ALIGN_DOWN(s->offset, PAGE_SIZE)};
	struct mapping rest = {.start = file_end, .end = end, .prot = segment_prot(s)};
	enum kstatus status = K_OK;
	long error = 0;

	if (file_end > first)
		status = program_map(proc, program, first, file_end - first, segment_prot(s),
			ALIGN_DOWN(s->offset, PAGE_SIZE));
	if (status == K_OK && s->filesz > 0 && s->memsz > s->filesz)
		status = clear(proc, start + s->filesz, file_end);
	if (status == K_OK && end > file_end)
		status = env_map_anonymous(
			proc, &file_end, end - file_end, segment_prot(s), ENV_MAP_FIXED);
	if (status != K_OK)
		return status == K_NOMEM ? -ENOMEM : -ENOEXEC;
	if (file.end > file.start)
		error = image_note(proc, program, &file);
	if (error == 0 && rest.end > rest.start)
		error = image_note(proc, NULL, &rest);
	return error;
}

/* Reads the file's headers; -ENOEXEC. */
static long read_headers(const struct program *program, u64 limit, struct elf_image *elf)
{
	struct elf_program_header p;
	struct elf_header header;

	if (!program_read(program, 0, &header, sizeof(header)) ||
		!elf_begin(&header, program->size, elf))
		return -ENOEXEC;
	for (u32 i = 0; i < header.phnum; i++) {
		if (!program_read(program, header.phoff + i * sizeof(p), &p, sizeof(p)) ||
			!elf_take(elf, &p, program->size, limit))
			return -ENOEXEC;
	}
	return elf_end(elf, &header) ? 0 : -ENOEXEC;
}

static long map_segments(
	struct proc *proc, const struct program *program, const struct elf_image *elf, vaddr_t bias)
{
	for (u32 i = 0; i < elf->count; i++) {
		long error = map_segment(proc, program, &elf->segments[i], bias);

		if (error != 0)
			return error;
	}
	return 0;
}

/* The path of the dynamic linker, kalloc'ed PATH_MAX bytes; NULL with *error. */
static char *interpreter_path(
	const struct program *program, const struct elf_image *elf, long *error)
{
	u64 size = elf->interpreter_size;
	char *path;

	*error = -ENOEXEC;
	if (size < 2 || size > PATH_MAX)
		return NULL;
	*error = -ENOMEM;
	path = kalloc(PATH_MAX);
	if (!path)
		return NULL;
	*error = 0;
	if (program_read(program, elf->interpreter_offset, path, size) && path[size - 1] == '\0')
		return path;
	*error = -ENOEXEC;
	kfree(path, PATH_MAX);
	return NULL;
}

/* Maps the dynamic linker wherever there is room; it begins the program, and finds it through the
 * auxiliary vector. */
static noinline long load_interpreter(
	struct proc *proc, const struct program *linker, u64 limit, struct loaded *loaded)
{
	struct elf_image elf;
	vaddr_t base = 0;
	long error = read_headers(linker, limit, &elf);

	if (error != 0)
		return error == -ENOEXEC ? -ELIBBAD : error;
	if (elf.is_dynamic) {
		error = errno_of(env_map_anonymous(
			proc, &base, elf.end - elf.start, 0, 0)); /* finds the room */
		if (error == 0)
			error = errno_of(env_unmap(proc, base, elf.end - elf.start));
		if (error != 0)
			return error;
		base -= elf.start;
	}
	error = map_segments(proc, linker, &elf, base);
	loaded->base = base;
	loaded->start = elf.entry + base;
	return error;
}

/* Finds and loads the dynamic linker that the program names. */
static long add_interpreter(struct proc *proc, const struct program *program,
	const struct elf_image *elf, u64 limit, struct loaded *loaded)
{
	struct program linker;
	long error;
	char *path = interpreter_path(program, elf, &error);

	if (!path)
		return error;
	error = program_find(PROGRAM_CWD, path, 0, &linker);
	kfree(path, PATH_MAX);
	if (error != 0)
		return error;
	error = load_interpreter(proc, &linker, limit, loaded);
	program_put(&linker);
	return error;
}

/* How far the file's addresses are moved. The image has been checked to end below the limit it was
 * read with. */
static vaddr_t load_bias(const struct elf_image *elf)
{
	return elf->is_dynamic ? DYNAMIC_BASE - elf->start : 0;
}

long image_load(struct proc *proc, const struct program *program, struct loaded *loaded)
{
	const vaddr_t limit =
		ENV_STACK_TOP - 2 * STACK_SIZE; /* the stack, and room between the two */
	struct elf_image elf;
	vaddr_t bias;
	long error = read_headers(program, limit, &elf);

	if (error != 0)
		return error;
	bias = load_bias(&elf);
	if (elf.is_dynamic ? elf.end - elf.start > limit - DYNAMIC_BASE : elf.start < ENV_USER_MIN)
		return -ENOEXEC;
	error = map_segments(proc, program, &elf, bias);
	for (u32 i = 0; i < elf.count; i++)
		note_bounds(proc->fresh_memory, &elf.segments[i], elf.segments[i].vaddr + bias);
	loaded->entry = elf.entry + bias;
	loaded->start = loaded->entry;
	loaded->base = 0;
	loaded->headers = elf.headers_address != 0 ? elf.headers_address + bias : 0;
	loaded->headers_count = elf.headers;
	loaded->end = elf.end + bias;
	if (error == 0 && elf.wants_interpreter)
		error = add_interpreter(proc, program, &elf, limit, loaded);
	return error;
}
