/*
 * The first task: found in the initrd, loaded, and given the privileged ports.
 *
 * It is the personality's server, or whatever root= names. What is read here was made together with
 * the kernel, yet a wrong archive shall give a message and not a crash.
 */
#include <block/block.h>
#include <device.h>
#include <memory_object.h>
#include <services/exec/elf.h>
#include <services/initramfs/cpio.h>

#define ROOT_STACK_TOP  0x7fff00000000ull
#define ROOT_STACK_SIZE 0x10000ull
#define ROOT_BOOT       0x7fff00010000ull /* struct mach_boot */
#define ROOT_INITRD     0x7f0000000000ull

/* The file `path` of the archive. K_NOENT; K_INVAL: the archive is malformed. */
static enum kstatus find_file(
	const u8 *archive, u64 size, const char *path, struct cpio_entry *file)
{
	enum kstatus status;
	u64 offset = 0;

	do
		status = cpio_next(archive, size, &offset, file);
	while (status == K_OK && strcmp(file->name, path) != 0);
	return status;
}

static unsigned segment_rights(u32 flags)
{
	return VM_PROT_READ | (flags & ELF_WRITE ? VM_PROT_WRITE : 0) |
	       (flags & ELF_EXEC ? VM_PROT_EXECUTE : 0);
}

static enum kstatus load_segment(
	struct task *task, const u8 *bytes, const struct elf_segment *segment)
{
	u64 start = ALIGN_DOWN(segment->vaddr, PAGE_SIZE);
	u64 length = ALIGN_UP(segment->vaddr + segment->memsz, PAGE_SIZE) - start;
	enum kstatus status = vm_map_enter(
		&task->map, start, length, segment_rights(segment->flags), false, NULL, 0);

	if (status != K_OK)
		return status;
	return vm_map_write(&task->map, segment->vaddr, bytes + segment->offset, segment->filesz,
		VM_PROT_WRITE | VM_FORCE);
}

static enum kstatus load(struct task *task, const struct cpio_entry *file, vaddr_t *entry)
{
	struct elf_image image;
	enum kstatus status = K_OK;

	if (!elf_read(file->bytes, file->size, USER_MAX, &image) || image.is_dynamic)
		return K_INVAL;
	for (u32 i = 0; i < image.count && status == K_OK; i++)
		status = load_segment(task, file->bytes, &image.segments[i]);
	*entry = image.entry;
	return status;
}

/* A name in the first task for a kernel port of its own. */
static mach_port_t give_port(struct task *task, enum ipc_kotype type, u64 object)
{
	struct ipc_port *port = ipc_port_alloc_kernel(type, (void *)object);
	mach_port_t name;

	check(port && ipc_right_copyout(&task->space, ipc_port_make_send(port),
			      MACH_MSG_TYPE_PORT_SEND, &name) == K_OK);
	return name;
}

static enum kstatus map_initrd(
	struct task *task, const struct boot_info *boot, struct mach_boot *page)
{
	paddr_t start = ALIGN_DOWN(boot->initrd_start, PAGE_SIZE);
	u64 pages = (ALIGN_UP(boot->initrd_end, PAGE_SIZE) - start) >> PAGE_SHIFT;
	struct vm_object *object;
	enum kstatus status = memory_object_physical(start, pages, &object);

	if (status != K_OK)
		return status;
	page->initrd = ROOT_INITRD + (boot->initrd_start - start);
	page->initrd_size = boot->initrd_end - boot->initrd_start;
	return vm_map_enter(
		&task->map, ROOT_INITRD, pages << PAGE_SHIFT, VM_PROT_READ, false, object, 0);
}

static enum kstatus prepare(struct task *task, const struct boot_info *boot)
{
	struct mach_boot page = {.magic = MACH_BOOT_MAGIC};
	u64 length = ALIGN_UP(sizeof(page), PAGE_SIZE);

	page.host = give_port(task, IKOT_HOST, 0);
	page.console = give_port(task, IKOT_DEVICE, DEVICE_CONSOLE);
	page.results = give_port(task, IKOT_DEVICE, DEVICE_RESULTS);
	if (block_size() > 0)
		page.disk = give_port(task, IKOT_DEVICE, DEVICE_DISK);
	memcpy(page.command_line, boot->command_line,
		MIN(strlen(boot->command_line), sizeof(page.command_line) - 1));
	enum kstatus status = map_initrd(task, boot, &page);
	if (status == K_OK)
		status = vm_map_enter(&task->map, ROOT_STACK_TOP - ROOT_STACK_SIZE, ROOT_STACK_SIZE,
			VM_PROT_READ | VM_PROT_WRITE, false, NULL, 0);
	if (status == K_OK)
		status = vm_map_enter(&task->map, ROOT_BOOT, length, VM_PROT_READ, false, NULL, 0);
	if (status == K_OK)
		status = vm_map_write(
			&task->map, ROOT_BOOT, &page, sizeof(page), VM_PROT_WRITE | VM_FORCE);
	return status;
}

void bootstrap_start(void)
{
	const struct boot_info *boot = boot_information();
	char path[64] = "/sbin/server", given[sizeof(path)];
	struct cpio_entry file;
	struct thread *thread;
	struct task *task;
	vaddr_t entry;

	if (boot_option("root", given, sizeof(given)) && strncmp(given, "/dev/", 5) != 0)
		memcpy(path, given, sizeof(path)); /* a device is the server's root directory */
	if (find_file(phys_to_virt(boot->initrd_start), boot->initrd_end - boot->initrd_start,
		    path + (path[0] == '/'), &file) != K_OK)
		panic("%s is not in the initrd: root=PATH names the first task's program", path);
	enum kstatus status = task_new(NULL, false, &task);
	if (status == K_OK)
		status = load(task, &file, &entry);
	if (status == K_OK)
		status = prepare(task, boot);
	if (status == K_OK)
		status = task_thread_new(task, SCHED_PRIORITY_SERVER, &thread);
	if (status != K_OK)
		panic("cannot start %s (status %d): is it a static ELF program for this kernel?",
			path, status);
	task_first = task;
	frame_init_user(thread->frame, entry, ROOT_STACK_TOP - 8);
	thread->frame->rdi = ROOT_BOOT;
	thread_make_ready(thread);
}
