/*
 * The first task: found in the initrd (cpio, "newc"), loaded (ELF), and given the privileged ports.
 *
 * It is the personality's server, or whatever root= names. What is read here was made together with the kernel, yet a wrong
 * archive shall give a message and not a crash: so everything is checked.
 */
#include <device.h>
#include <memory_object.h>

#define CPIO_HEADER  110u
#define CPIO_FIELD_SIZE 54u  /* offsets of the 8-digit fields that matter */
#define CPIO_FIELD_NAME 94u

struct elf_header {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum;
};
struct elf_segment {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
};
#define ELF_LOAD       1u
#define ELF_EXECUTE    1u
#define ELF_WRITE      2u
#define ELF_MACHINE_X86_64 62u

#define ROOT_STACK_TOP  0x7fff00000000ull
#define ROOT_STACK_SIZE 0x10000ull
#define ROOT_BOOT       0x7fff00010000ull /* struct mach_boot */
#define ROOT_INITRD     0x7f0000000000ull

struct image {
	const u8 *bytes;
	u64 size;
};

static u64 hex(const u8 *digits)
{
	u64 value = 0;

	for (unsigned i = 0; i < 8; i++) {
		u8 c = digits[i];
		value = value << 4 | (u64)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return value;
}

/* The file `path` of the archive; false if it has none. */
static bool find_file(struct image archive, const char *path, struct image *file)
{
	for (u64 at = 0; at + CPIO_HEADER <= archive.size;) {
		const u8 *header = archive.bytes + at;
		if (memcmp(header, "070701", 6) != 0)
			return false;
		u64 size = hex(header + CPIO_FIELD_SIZE), name_size = hex(header + CPIO_FIELD_NAME);
		u64 data = at + ALIGN_UP(CPIO_HEADER + name_size, (u64)4);
		if (name_size == 0 || data > archive.size || size > archive.size - data)
			return false;
		const char *name = (const char *)header + CPIO_HEADER;
		if (strnlen(name, name_size) == strlen(path) && strncmp(name, path, name_size) == 0) {
			*file = (struct image){archive.bytes + data, size};
			return true;
		}
		at = data + ALIGN_UP(size, (u64)4);
	}
	return false;
}

static unsigned segment_rights(u32 flags)
{
	return VM_PROT_READ | (flags & ELF_WRITE ? VM_PROT_WRITE : 0) | (flags & ELF_EXECUTE ? VM_PROT_EXECUTE : 0);
}

static enum kstatus load_segment(struct task *task, struct image file, const struct elf_segment *segment)
{
	if (segment->filesz > segment->memsz || segment->offset > file.size ||
		segment->filesz > file.size - segment->offset || segment->memsz > USER_MAX)
		return K_INVAL;
	u64 start = ALIGN_DOWN(segment->vaddr, PAGE_SIZE);
	u64 length = ALIGN_UP(segment->vaddr + segment->memsz, PAGE_SIZE) - start;
	enum kstatus status = vm_map_enter(&task->map, start, length, segment_rights(segment->flags), false, NULL, 0);
	if (status != K_OK)
		return status;
	return vm_map_write(&task->map, segment->vaddr, file.bytes + segment->offset, segment->filesz,
		VM_PROT_WRITE | VM_FORCE);
}

static enum kstatus load(struct task *task, struct image file, vaddr_t *entry)
{
	const struct elf_header *header = (const struct elf_header *)file.bytes;

	if (file.size < sizeof(*header) || memcmp(header->ident, "\177ELF\2\1", 6) != 0 ||
		header->machine != ELF_MACHINE_X86_64 || header->phentsize != sizeof(struct elf_segment) ||
		header->phoff > file.size || header->phnum * sizeof(struct elf_segment) > file.size - header->phoff)
		return K_INVAL;
	const struct elf_segment *segments = (const struct elf_segment *)(file.bytes + header->phoff);
	for (unsigned i = 0; i < header->phnum; i++) {
		if (segments[i].type != ELF_LOAD || segments[i].memsz == 0)
			continue;
		enum kstatus status = load_segment(task, file, &segments[i]);
		if (status != K_OK)
			return status;
	}
	*entry = header->entry;
	return header->entry < USER_MAX ? K_OK : K_INVAL;
}

/* A name in the first task for a kernel port of its own. */
static mach_port_t give_port(struct task *task, enum ipc_kotype type, u64 object)
{
	struct ipc_port *port = ipc_port_alloc_kernel(type, (void *)object);
	mach_port_t name;

	check(port && ipc_right_copyout(&task->space, ipc_port_make_send(port), MACH_MSG_TYPE_PORT_SEND, &name) == K_OK);
	return name;
}

static enum kstatus map_initrd(struct task *task, const struct boot_info *boot, struct mach_boot *page)
{
	paddr_t start = ALIGN_DOWN(boot->initrd_start, PAGE_SIZE);
	u64 pages = (ALIGN_UP(boot->initrd_end, PAGE_SIZE) - start) >> PAGE_SHIFT;
	struct vm_object *object;
	enum kstatus status = memory_object_physical(start, pages, &object);

	if (status != K_OK)
		return status;
	page->initrd = ROOT_INITRD + (boot->initrd_start - start);
	page->initrd_size = boot->initrd_end - boot->initrd_start;
	return vm_map_enter(&task->map, ROOT_INITRD, pages << PAGE_SHIFT, VM_PROT_READ, false, object, 0);
}

static enum kstatus prepare(struct task *task, const struct boot_info *boot)
{
	struct mach_boot page = {.magic = MACH_BOOT_MAGIC};
	u64 length = ALIGN_UP(sizeof(page), PAGE_SIZE);

	page.host = give_port(task, IKOT_HOST, 0);
	page.console = give_port(task, IKOT_DEVICE, DEVICE_CONSOLE);
	page.results = give_port(task, IKOT_DEVICE, DEVICE_RESULTS);
	memcpy(page.command_line, boot->command_line, MIN(strlen(boot->command_line), sizeof(page.command_line) - 1));
	enum kstatus status = map_initrd(task, boot, &page);
	if (status == K_OK)
		status = vm_map_enter(&task->map, ROOT_STACK_TOP - ROOT_STACK_SIZE, ROOT_STACK_SIZE,
			VM_PROT_READ | VM_PROT_WRITE, false, NULL, 0);
	if (status == K_OK)
		status = vm_map_enter(&task->map, ROOT_BOOT, length, VM_PROT_READ, false, NULL, 0);
	if (status == K_OK)
		status = vm_map_write(&task->map, ROOT_BOOT, &page, sizeof(page), VM_PROT_WRITE | VM_FORCE);
	return status;
}

void bootstrap_start(void)
{
	const struct boot_info *boot = boot_information();
	char path[64] = "/sbin/server";
	struct image archive = {phys_to_virt(boot->initrd_start), boot->initrd_end - boot->initrd_start}, file;
	struct thread *thread;
	struct task *task;
	vaddr_t entry;

	boot_option("root", path, sizeof(path));
	if (!find_file(archive, path + (path[0] == '/'), &file))
		panic("%s is not in the initrd: root=PATH names the first task's program", path);
	enum kstatus status = task_new(NULL, false, &task);
	if (status == K_OK)
		status = load(task, file, &entry);
	if (status == K_OK)
		status = prepare(task, boot);
	if (status == K_OK)
		status = task_thread_new(task, SCHED_PRIORITY_SERVER, &thread);
	if (status != K_OK)
		panic("cannot start %s (status %d): is it a static ELF program for this kernel?", path, status);
	frame_init_user(thread->frame, entry, ROOT_STACK_TOP - 8);
	thread->frame->rdi = ROOT_BOOT;
	thread_make_ready(thread);
}
