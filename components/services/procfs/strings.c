/* strings: what exec left in a process's memory, and what a descriptor is. */
#include <services/memory/mappings.h>
#include <services/procfs/internal.h>

/* As it is in the process's memory now, which may have changed it. */
static void add_memory(struct text *text, struct proc *proc, vaddr_t start, vaddr_t end)
{
	char piece[256];

	while (start < end) {
		size_t n = env_read_memory(proc, piece, start, MIN(end - start, sizeof(piece)));

		text_add_bytes(text, piece, n);
		if (n == 0 || text->cut)
			return;
		start += n;
	}
}

void text_arguments(struct text *text, struct proc *proc)
{
	if (proc->memory)
		add_memory(text, proc, proc->memory->arguments_start, proc->memory->arguments_end);
}

void text_environment(struct text *text, struct proc *proc)
{
	if (proc->memory)
		add_memory(text, proc, proc->memory->arguments_end, proc->memory->environment_end);
}

void text_auxiliary(struct text *text, struct proc *proc)
{
	if (proc->memory)
		add_memory(text, proc, proc->memory->auxiliary_start, proc->memory->auxiliary_end);
}

void text_fdinfo(struct text *text, struct proc *proc)
{
	struct open_file *file = proc_open_file(text->pid, text->fd);
	struct file_status status = {.number = 0};

	if (!file)
		return;
	if (file->inode)
		status.number = file->inode->number;
	else if (file->ops->status)
		file->ops->status(file, &status);
	text_add(text, "pos:\t%llu\nflags:\t", (unsigned long long)file->position);
	text_add_octal(text, file->flags | (files_get_cloexec(proc, text->fd) ? O_CLOEXEC : 0));
	text_add(text, "\nmnt_id:\t%d\nino:\t%llu\n", file->inode ? file->place.mount->id : 0,
		(unsigned long long)status.number);
}
