/*
 * Starting the root task.
 *
 * It gets all free memory in runs of 2 MiB, less what the kernel keeps, and sees
 * it at its physical addresses. Its image is linked for addresses that are among
 * them, so loading is copying to the place where it will run. The pages of the image have the
 * rights that the program's headers ask for (never both write and execute); all other memory is
 * data to the root task, which may hand it on with any right.
 */
#include <elf.h>
#include <l4.h>
#include <root.h>

#define RUN_SIZE       (PAGE_SIZE << FRAMES_MAX_ORDER)
#define RUNS_MAX       32768 /* 64 GiB */
#define ROOT_ID        l4_id(1, 1)
#define USER_IMAGE_MAX 16 /* program headers that are looked at */

static u64 runs[RUNS_MAX / 64]; /* which runs are free to give */
static u64 runs_end;            /* no number at or above it is among them */

static bool run_is_free(u64 run)
{
	return run < RUNS_MAX && (runs[run / 64] >> run % 64 & 1);
}

static void collect_runs(void)
{
	struct page *page;

	while ((page = frames_alloc(FRAMES_MAX_ORDER))) {
		u64 run = page_phys(page) / RUN_SIZE;
		if (run >= RUNS_MAX)
			continue; /* beyond 64 GiB: nobody's */
		runs[run / 64] |= 1ull << run % 64;
		runs_end = MAX(runs_end, run + 1);
	}
}

/* Gives runs back until the kernel has its share; the lowest first, but not those of the image. */
static void keep_share(struct l4_range image)
{
	u64 wanted = ((u64)CONFIG_KERNEL_L4_LIKE_MEMORY_MB << 20) / PAGE_SIZE;

	for (u64 run = 0; run < runs_end && frames_count_free() < wanted; run++) {
		bool of_image = (run + 1) * RUN_SIZE > image.start && run * RUN_SIZE < image.end;
		if (!run_is_free(run) || of_image)
			continue;
		runs[run / 64] &= ~(1ull << run % 64);
		frames_free(phys_page(run * RUN_SIZE), FRAMES_MAX_ORDER);
	}
}

/* --- the program --------------------------------------------------------- */

static u64 hex8(const char *text)
{
	u64 value = 0;

	for (unsigned i = 0; i < 8; i++) {
		char c = text[i];
		unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
				 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
				 : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
							: 0;
		value = value << 4 | digit;
	}
	return value;
}

/* A member of the cpio archive (newc): its bytes, or NULL. */
static const void *find_file(const struct boot_info *boot, const char *path, u64 *size)
{
	const char *at = phys_to_virt(boot->initrd_start), *end = phys_to_virt(boot->initrd_end);

	while (*path == '/')
		path++;
	while (at + 110 <= end && memcmp(at, "070701", 6) == 0) {
		u64 file_size = hex8(at + 54), name_size = hex8(at + 94);
		const char *name = at + 110, *data = at + ALIGN_UP(110 + name_size, 4);

		if (data > end || file_size > (u64)(end - data))
			break;
		if (strlen(path) + 1 == name_size && memcmp(name, path, name_size) == 0) {
			*size = file_size;
			return data;
		}
		at = data + ALIGN_UP(file_size, 4);
	}
	return NULL;
}

static noreturn void refuse(const char *path, const char *why)
{
	kprintf("cannot start the root task %s: %s (root=PATH on the command line names another)\n",
		path, why);
	arch_exit(ARCH_EXIT_FAILED);
}

/* The loadable segments, copied so that their alignment in the initrd does not matter. */
struct program {
	struct elf_segment segments[USER_IMAGE_MAX];
	unsigned count;
	u64 entry;
	struct l4_range image;
};

static void read_headers(const char *path, const u8 *file, u64 size, struct program *program)
{
	struct elf_header header;

	if (size < sizeof(header))
		refuse(path, "it is shorter than an ELF header");
	memcpy(&header, file, sizeof(header));
	if (memcmp(header.ident, ELF_IDENT, 5) != 0 || header.type != ELF_EXECUTABLE ||
		header.machine != ELF_X86_64)
		refuse(path, "it is no x86-64 ELF program");
	if (header.segment_size != sizeof(struct elf_segment) ||
		header.segment_count > USER_IMAGE_MAX || header.segments > size ||
		size - header.segments < header.segment_count * sizeof(struct elf_segment))
		refuse(path, "its program headers make no sense");
	*program = (struct program){.entry = header.entry, .image = {UINT64_MAX, 0}};
	for (unsigned i = 0; i < header.segment_count; i++) {
		struct elf_segment *s = &program->segments[program->count];
		memcpy(s, file + header.segments + i * sizeof(*s), sizeof(*s));
		if (s->type != ELF_LOAD || s->memory_size == 0)
			continue;
		if (s->file_size > s->memory_size || s->offset > size ||
			s->file_size > size - s->offset || s->address >= USER_MAX ||
			s->memory_size > USER_MAX - s->address)
			refuse(path, "a segment lies outside the file or the address space");
		program->image.start = MIN(program->image.start, ALIGN_DOWN(s->address, PAGE_SIZE));
		program->image.end =
			MAX(program->image.end, ALIGN_UP(s->address + s->memory_size, PAGE_SIZE));
		program->count++;
	}
	if (program->count == 0)
		refuse(path, "it has nothing to load");
}

static unsigned rights_at(const struct program *program, vaddr_t page)
{
	for (unsigned i = 0; i < program->count; i++) {
		const struct elf_segment *s = &program->segments[i];
		if (page + PAGE_SIZE <= ALIGN_DOWN(s->address, PAGE_SIZE) ||
			page >= s->address + s->memory_size)
			continue;
		return VM_PROT_READ | (s->flags & ELF_WRITE ? VM_PROT_WRITE : 0) |
		       (s->flags & ELF_EXECUTE ? VM_PROT_EXECUTE : 0);
	}
	return VM_PROT_READ | VM_PROT_WRITE;
}

static void map_page(struct l4_space *space, paddr_t at, unsigned rights)
{
	pte_t *pte = pmap_reach(&space->pmap, at);

	if (!pte)
		panic("no memory for the root task's page tables");
	*pte = pte_make(phys_page(at), rights) | L4_PTE_PINNED;
}

static void load(const struct program *program, const u8 *file)
{
	for (unsigned i = 0; i < program->count; i++) {
		const struct elf_segment *s = &program->segments[i];
		memcpy(phys_to_virt(s->address), file + s->offset, s->file_size);
		memset((char *)phys_to_virt(s->address) + s->file_size, 0,
			s->memory_size - s->file_size);
	}
}

/* --- its memory ---------------------------------------------------------- */

static void give_memory(struct l4_space *space, const struct program *program)
{
	for (u64 run = 0; run < runs_end; run++) {
		paddr_t start = run * RUN_SIZE;
		bool of_image =
			start + RUN_SIZE > program->image.start && start < program->image.end;

		if (!runs[run / 64]) {
			run |= 63;
			continue;
		}
		if (!run_is_free(run))
			continue;
		l4_root_give(space, start, !of_image);
		for (paddr_t at = start; of_image && at < start + RUN_SIZE; at += PAGE_SIZE)
			map_page(space, at, rights_at(program, at));
	}
}

/* Memory in more pieces than the page has room for stays unused. */
static void add_range(struct l4_kip *kip, u64 start, u64 end)
{
	if (start < end && kip->ranges_count < L4_KIP_RANGES)
		kip->ranges[kip->ranges_count++] = (struct l4_range){start, end};
}

/* The free ranges: adjoining runs in one, the image left out. */
static void describe_memory(struct l4_kip *kip)
{
	for (u64 run = 0; run < runs_end; run++) {
		if (!run_is_free(run))
			continue;
		u64 first = run;
		while (run_is_free(run + 1))
			run++;
		u64 start = first * RUN_SIZE, end = (run + 1) * RUN_SIZE;
		if (kip->image.start >= end || kip->image.end <= start) {
			add_range(kip, start, end);
		} else {
			add_range(kip, start, MAX(start, kip->image.start));
			add_range(kip, MIN(end, kip->image.end), end);
		}
	}
}

/* The device registers of QEMU's microvm machine (virtio), as one uncached piece of 2 MiB at its
 * own address. */
#define DEVICES_PHYS 0xfea00000ull

static void fill_kip(
	struct l4_kip *kip, const struct boot_info *boot, const struct program *program)
{
	kip->magic = L4_KIP_MAGIC;
	kip->root_id = ROOT_ID;
	kip->memory_end = boot->memory_end;
	kip->initrd = (struct l4_range){boot->initrd_start, boot->initrd_end};
	kip->image = program->image;
	describe_memory(kip);
	format_string(kip->command_line, sizeof(kip->command_line), "%s", boot->command_line);
}

static void start_thread(struct l4_space *space, const struct program *program)
{
	struct thread *thread;
	void *utcb;

	if (l4_thread_create(ROOT_ID, space, &thread) ||
		l4_space_pin(space, L4_ROOT_UTCB_ADDRESS, true, &utcb) != K_OK)
		panic("no memory for the root task");
	thread->ipc.utcb = utcb;
	thread->ipc.utcb_address = L4_ROOT_UTCB_ADDRESS;
	sched_attach(&thread->sched, SCHED_PRIORITY_SERVER);
	frame_init_user(thread->frame, program->entry, 0);
	thread->frame->rflags |= FLAG_IOPL; /* its drivers use ports */
	thread->frame->rdi = L4_KIP_ADDRESS;
	thread->frame->rsi = L4_ROOT_UTCB_ADDRESS;
	thread_make_ready(thread);
}

void root_start(const struct boot_info *boot)
{
	static struct program program;
	char path[64] = "/sbin/server", given[sizeof(path)];
	struct l4_space *space;
	void *kip;
	u64 size;

	if (boot_option("root", given, sizeof(given)) && strncmp(given, "/dev/", 5) != 0)
		memcpy(path, given, sizeof(path)); /* a device is the server's root directory */
	const u8 *file = boot->initrd_start ? find_file(boot, path, &size) : NULL;
	if (!file)
		refuse(path, boot->initrd_start ? "it is not in the initrd" : "there is no initrd");
	read_headers(path, file, size, &program);
	collect_runs();
	keep_share(program.image);
	for (u64 run = program.image.start / RUN_SIZE; run * RUN_SIZE < program.image.end; run++)
		if (!run_is_free(run))
			refuse(path, "the memory that it is linked for is not free");
	load(&program, file);
	if (l4_space_create(&space) != K_OK)
		panic("no memory for the root task");
	space->root = true;
	give_memory(space, &program);
	for (paddr_t at = ALIGN_DOWN(boot->initrd_start, PAGE_SIZE); at < boot->initrd_end;
		at += PAGE_SIZE)
		map_page(space, at, VM_PROT_READ);
	l4_root_give_device(space, DEVICES_PHYS);
	if (l4_space_pin(space, L4_KIP_ADDRESS, false, &kip) != K_OK)
		panic("no memory for the kernel information page");
	fill_kip(kip, boot, &program);
	start_thread(space, &program);
}
