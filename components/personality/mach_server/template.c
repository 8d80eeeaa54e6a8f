/*
 * The template: a task that never runs, whose memory is the emulation library and what it needs.
 *
 * Every program begins as a copy of it (task_create with inheritance), so a new program gets the
 * library, the redirection of its system calls and its exception port in one kernel call, and all
 * programs share the library's pages.
 */
#include <server.h>
#include <services/exec/elf.h>
#include <services/initramfs/cpio.h>

mach_port_t server_template;
struct emulator_header server_emulator;

/* In the archive itself: programs may have changed the file that was made of it. */
static enum kstatus find_library(struct cpio_entry *file)
{
	size_t size;
	u64 offset = 0;
	const void *archive = env_initrd(&size);
	enum kstatus status = archive ? K_OK : K_NOENT;

	while (status == K_OK) {
		status = cpio_next(archive, size, &offset, file);
		if (status == K_OK && strcmp(file->name, "sbin/emulator") == 0)
			return K_OK;
	}
	return status;
}

static enum kstatus map_library(mach_port_t task, const struct cpio_entry *file)
{
	struct elf_image image;
	const struct elf_segment *text = &image.segments[0];

	if (!elf_read(file->bytes, file->size, ENV_USER_MAX, &image) || image.count != 1 ||
		text->vaddr != EMULATOR_TEXT || text->filesz < sizeof(server_emulator))
		return K_INVAL;
	memcpy(&server_emulator, file->bytes + text->offset, sizeof(server_emulator));
	if (server_emulator.magic != EMULATOR_MAGIC)
		return K_INVAL;
	u64 address = EMULATOR_TEXT, context = EMULATOR_CONTEXT_START;
	enum kstatus status = status_of(vm_map(task, &address, image.end - image.start,
		MACH_VM_COPY | ENV_PROT_READ | ENV_PROT_EXEC, MACH_PORT_NULL, 0));
	if (status == K_OK)
		status = status_of(
			vm_write_forced(task, address, file->bytes + text->offset, text->filesz));
	if (status == K_OK)
		status = status_of(vm_allocate(task, &context, EMULATOR_CONTEXT_SIZE, false));
	return status;
}

enum kstatus template_create(void)
{
	struct cpio_entry file;
	enum kstatus status = find_library(&file);

	if (status != K_OK)
		return status;
	status = status_of(task_create(server_task, 0, &server_template));
	if (status != K_OK)
		return status;
	status = map_library(server_template, &file);
	if (status != K_OK)
		return status;
	must(task_set_emulation(server_template, server_emulator.entry),
		"redirection of system calls");
	must(task_set_special_port(server_template, TASK_EXCEPTION_PORT, server_exceptions),
		"the exception port");
	return K_OK;
}
