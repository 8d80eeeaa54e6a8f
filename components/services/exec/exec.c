/* exec: execve, from the path to the point where the new program takes over. */
#include <services/exec/exec.h>
#include <services/files/files.h>
#include <services/initramfs/cpio.h>
#include <services/initramfs/initramfs.h>
#include <services/process/process.h>

#include <unix_calls.h>

#define MODE_EXECUTE 0111u /* anybody's: the caller is user 0 */

long exec_find(char *path, struct file_image **image)
{
	long error = initramfs_find(path, image);

	if (error != 0)
		return error;
	if (((*image)->mode & CPIO_TYPE) != CPIO_REGULAR || ((*image)->mode & MODE_EXECUTE) == 0)
		return -EACCES;
	return 0;
}

long exec_image(struct proc *proc, struct file_image *image, const char *path,
	const struct arguments *arguments)
{
	struct loaded loaded;
	vaddr_t stack;
	long error = errno_of(env_exec_begin(proc));

	if (error != 0)
		return error;
	error = image_load(proc, image, &loaded);
	if (error == 0)
		error = stack_build(proc, arguments, &loaded, &stack);
	if (error != 0) {
		env_exec_abort(proc);
		return error;
	}
	env_exec_commit(proc, loaded.entry, stack);
	proc->brk_start = loaded.end;
	proc->brk_end = loaded.end;
	process_set_name(proc, path);
	files_exec(proc);
	if (IS_ENABLED(CONFIG_SERVICES_SIGNALS))
		signals_exec(proc);
	process_end_vfork(proc);
	return 0;
}

/* What execve carries over, behind the path: the arguments and the environment. */
static long collect(struct arguments *arguments, vaddr_t argv, vaddr_t envp)
{
	long count = arguments_add_array(arguments, argv);

	if (count < 0)
		return count;
	if (count == 0) { /* Linux gives such a program an empty argument, for many rely on one */
		long error = arguments_add(arguments, "", 0);

		if (error != 0)
			return error;
		count = 1;
	}
	arguments->argc = (u32)count;
	count = arguments_add_array(arguments, envp);
	if (count < 0)
		return count;
	arguments->envc = (u32)count;
	if (arguments->bytes + ((u64)arguments->argc + arguments->envc) * sizeof(vaddr_t) >
		ARGUMENTS_MAX)
		return -E2BIG;
	return 0;
}

/* execve with the path fetched; the file is looked for before the arguments are looked at, as on
 * Linux. */
static long exec_path(char *path, size_t length, vaddr_t argv, vaddr_t envp)
{
	struct arguments arguments;
	struct file_image *image;
	long error;

	arguments_init(&arguments);
	error = arguments_add(&arguments, path, length);
	if (error == 0)
		error = exec_find(path, &image);
	if (error == 0)
		error = collect(&arguments, argv, envp);
	if (error == 0)
		error = exec_image(env_current(), image, path, &arguments);
	arguments_free(&arguments);
	return error;
}

long sys_execve(vaddr_t path, vaddr_t argv, vaddr_t envp)
{
	char *copy = kalloc(PATH_MAX);
	size_t length;
	long error;

	if (!copy)
		return -ENOMEM;
	error = errno_of(env_copyin_string(copy, path, PATH_MAX, &length));
	if (error == 0)
		error = exec_path(copy, length, argv, envp);
	kfree(copy, PATH_MAX);
	return error;
}
