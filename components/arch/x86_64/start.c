/*
 * The first C code: read what the loader left, build the real page tables, find free memory.
 *
 * Physical memory is seen three ways. The kernel image sits at KERNEL_BASE + physical, text
 * executable and read-only, constants read-only, data writable and never executable. All memory is
 * seen at DIRECT_MAP, never executable, and read-only where the image's text and
 * constants lie, so that no page is both writable and executable under any name. The registers of
 * devices (virtio, the APICs) are seen there too, uncached.
 *
 * Memory that start-up itself needs (page tables, the frame labels) is taken
 * from just above the kernel image and never given back.
 */
#include <arch/arch.h>
#include <x86.h>

/* hvm_start_info and hvm_memmap_table_entry of the PVH boot ABI, version 1. */
struct start_info {
	u32 magic, version, flags, module_count;
	u64 modules, command_line, rsdp, memory_map;
	u32 memory_map_entries, reserved;
};
struct start_module {
	u64 start, size, command_line, reserved;
};
struct start_range {
	u64 start, size;
	u32 type, reserved;
};
#define START_MAGIC     0x336ec578
#define START_TYPE_RAM  1
#define START_MAX_RANGE 16

#define ENTRY_PRESENT  0x1ull
#define ENTRY_WRITE    0x2ull
#define ENTRY_UNCACHED 0x18ull /* PWT and PCD */
#define ENTRY_HUGE     0x80ull
#define ENTRY_GLOBAL   0x100ull
#define ENTRY_NX       (1ull << 63)
#define DEVICES_START  0xfea00000ull
#define DEVICES_END    0xff000000ull
#define LARGE_PAGE     ((u64)2 << 20)

extern u32 boot_start_info;
extern char kernel_text_start[], kernel_text_end[], kernel_rodata_end[], kernel_end[];

paddr_t kernel_root;
static paddr_t boot_free; /* start-up takes memory from here, upwards */
static struct boot_info boot;
static char command_line[512];
static struct start_range ranges[START_MAX_RANGE];
static unsigned range_count;

static paddr_t image_phys(const void *address)
{
	return (u64)address - KERNEL_BASE;
}

/* Until kernel_root is loaded, memory is seen through the first GiB at KERNEL_BASE. */
static void *early_virt(paddr_t phys)
{
	check(phys < (1ull << 30));
	return (void *)(KERNEL_BASE + phys);
}

static u64 *table_alloc(void)
{
	u64 *table = early_virt(boot_free);

	page_zero(table);
	boot_free += PAGE_SIZE;
	return table;
}

static u64 *table_below(u64 *table, unsigned index)
{
	if (!(table[index] & ENTRY_PRESENT))
		table[index] = image_phys(table_alloc()) | ENTRY_PRESENT | ENTRY_WRITE;
	return early_virt(table[index] & ~(u64)0xfff);
}

static u64 *level2_of(u64 *root, u64 address)
{
	u64 *level3 = table_below(root, address >> 39 & 511);

	return table_below(level3, address >> 30 & 511);
}

static void map_small(u64 *root, u64 address, paddr_t phys, u64 flags)
{
	u64 *level1 = table_below(level2_of(root, address), address >> 21 & 511);

	level1[address >> 12 & 511] = phys | flags | ENTRY_PRESENT | ENTRY_GLOBAL;
}

static u64 image_flags(paddr_t phys)
{
	if (phys < image_phys(kernel_text_end))
		return 0;
	return phys < image_phys(kernel_rodata_end) ? ENTRY_NX : ENTRY_NX | ENTRY_WRITE;
}

/* The image at its own address; its alias in the direct map gets the same rights, less execution.
 */
static void map_image(u64 *root)
{
	paddr_t start = image_phys(kernel_text_start),
		end = ALIGN_UP(image_phys(kernel_end), PAGE_SIZE);

	for (paddr_t at = start; at < end; at += PAGE_SIZE)
		map_small(root, KERNEL_BASE + at, at, image_flags(at));

	paddr_t large_start = ALIGN_DOWN(start, LARGE_PAGE);
	paddr_t large_end = ALIGN_UP(image_phys(kernel_rodata_end), LARGE_PAGE);
	for (paddr_t at = large_start; at < large_end; at += PAGE_SIZE) {
		bool in_image = at >= start && at < end;
		u64 flags = in_image ? image_flags(at) | ENTRY_NX : ENTRY_NX | ENTRY_WRITE;
		map_small(root, DIRECT_MAP + at, at, flags);
	}
}

static void map_direct(u64 *root, paddr_t end)
{
	for (paddr_t at = 0; at < end; at += LARGE_PAGE) {
		u64 *entry = &level2_of(root, DIRECT_MAP + at)[at >> 21 & 511];

		if (!*entry)
			*entry = at | ENTRY_PRESENT | ENTRY_WRITE | ENTRY_HUGE | ENTRY_GLOBAL |
				 ENTRY_NX;
	}
	for (paddr_t at = DEVICES_START; at < DEVICES_END; at += LARGE_PAGE)
		level2_of(root, DIRECT_MAP + at)[at >> 21 & 511] =
			at | ENTRY_PRESENT | ENTRY_WRITE | ENTRY_HUGE | ENTRY_GLOBAL |
			ENTRY_UNCACHED | ENTRY_NX;
}

void arch_root_init(void *root_page)
{
	const u64 *kernel = phys_to_virt(kernel_root);
	u64 *root = root_page;

	root[DIRECT_MAP >> 39 & 511] = kernel[DIRECT_MAP >> 39 & 511];
	root[KERNEL_BASE >> 39 & 511] = kernel[KERNEL_BASE >> 39 & 511];
}

void arch_root_clear(void *root_page)
{
	u64 *root = root_page;

	assert(phys_to_virt(read_cr3()) != root_page);
	root[DIRECT_MAP >> 39 & 511] = 0;
	root[KERNEL_BASE >> 39 & 511] = 0;
}

static void read_start_info(void)
{
	const struct start_info *info = early_virt(boot_start_info);

	if (info->magic != START_MAGIC || info->version < 1)
		panic("the loader's start info is not PVH version 1: boot with QEMU's -kernel");
	if (info->command_line) {
		const char *text = early_virt(info->command_line);
		size_t length = strnlen(text, sizeof(command_line));
		if (length == sizeof(command_line))
			panic("the command line is longer than %zu bytes",
				sizeof(command_line) - 1);
		memcpy(command_line, text, length + 1);
	}
	if (info->module_count > 0) {
		const struct start_module *module = early_virt(info->modules);
		boot.initrd_start = module->start;
		boot.initrd_end = module->start + module->size;
	}
	const struct start_range *map = early_virt(info->memory_map);
	for (u32 i = 0; i < info->memory_map_entries; i++) {
		if (map[i].type != START_TYPE_RAM)
			continue;
		check(range_count < START_MAX_RANGE);
		ranges[range_count++] = map[i];
		boot.memory_end = MAX(boot.memory_end, map[i].start + map[i].size);
	}
	if (boot.memory_end == 0)
		panic("the loader reports no memory");
	boot.command_line = command_line;
}

const struct boot_info *boot_information(void)
{
	return &boot;
}

/* Free: usable, above 1 MiB and what start-up took, and not the initrd. */
void boot_for_each_free_range(void (*visit)(paddr_t start, paddr_t end))
{
	paddr_t hole_start = ALIGN_DOWN(boot.initrd_start, PAGE_SIZE);
	paddr_t hole_end = ALIGN_UP(boot.initrd_end, PAGE_SIZE);

	for (unsigned i = 0; i < range_count; i++) {
		paddr_t start = MAX(ranges[i].start, boot_free);
		paddr_t end = ranges[i].start + ranges[i].size;

		if (start >= end)
			continue;
		if (hole_end <= start || hole_start >= end) {
			visit(start, end);
			continue;
		}
		if (start < hole_start)
			visit(start, hole_start);
		if (hole_end < end)
			visit(hole_end, end);
	}
}

bool boot_option(const char *key, char *out, size_t size)
{
	return option_value(command_line, key, out, size);
}

/* The frame labels, right above the image; then every free range is handed to the allocator. */
static void start_frames(void)
{
	u64 nframes = boot.memory_end >> PAGE_SHIFT;
	void *metadata = phys_to_virt(boot_free);

	boot_free += ALIGN_UP(frames_metadata_size(nframes), PAGE_SIZE);
	frames_init(nframes, metadata, DIRECT_MAP);
	boot_for_each_free_range(frames_add);
}

noreturn void arch_start(u32 start_info);
noreturn void arch_start(u32 start_info)
{
	(void)start_info;
	boot_free = ALIGN_UP(image_phys(kernel_end), PAGE_SIZE);
	cpu_init_tables();
	read_start_info();

	u64 *root = table_alloc();
	map_image(root);
	map_direct(root, ALIGN_UP(boot.memory_end, LARGE_PAGE));
	kernel_root = image_phys(root);
	write_cr3(kernel_root);

	cpu_init_features();
	apic_init();
	start_frames();
	kernel_main(&boot);
}
