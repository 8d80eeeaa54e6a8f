/*
 * start: from nothing to process 1.
 *
 * Its descriptors 0 to 2 are the console, 3 is the result channel. Its environment is what Linux
 * gives its own: HOME and TERM.
 */
#include <services/exec/exec.h>
#include <services/files/files.h>
#include <services/initramfs/initramfs.h>
#include <services/process/process.h>
#include <services/terminal/terminal.h>

#define RESULTS_FD 3

static const char *const environment[] = {"HOME=/", "TERM=linux"};

static enum kstatus status_of(long error)
{
	switch (-error) {
	case 0:
		return K_OK;
	case ENOMEM:
		return K_NOMEM;
	case ENOENT:
	case ENOTDIR:
		return K_NOENT;
	case EACCES:
		return K_DENIED;
	default:
		return K_INVAL;
	}
}

static long open_descriptors(struct proc *proc)
{
	struct open_file *console = console_open();
	struct open_file *results = results_open();

	if (!console || !results) {
		if (console)
			file_unref(console);
		if (results)
			file_unref(results);
		return -ENOMEM;
	}
	console->refs = 3;
	for (u32 fd = 0; fd < 3; fd++)
		files_install_at(proc, fd, console, false);
	files_install_at(proc, RESULTS_FD, results, false);
	return 0;
}

/* The path, then the path again as the first argument, then what stands between the commas of
 * `args`. */
static long collect(struct arguments *arguments, const char *path, const char *args)
{
	long error = arguments_add(arguments, path, strlen(path));

	if (error == 0)
		error = arguments_add(arguments, path, strlen(path));
	arguments->argc = 1;
	while (error == 0 && *args != '\0') {
		size_t n = 0;

		while (args[n] != '\0' && args[n] != ',')
			n++;
		error = arguments_add(arguments, args, n);
		arguments->argc++;
		args += args[n] == ',' ? n + 1 : n;
	}
	for (size_t i = 0; error == 0 && i < ARRAY_SIZE(environment); i++) {
		error = arguments_add(arguments, environment[i], strlen(environment[i]));
		arguments->envc++;
	}
	return error;
}

static long load_init(struct proc *proc, const char *path, const char *args)
{
	struct arguments arguments;
	struct file_image *image;
	size_t size = strlen(path) + 1;
	char *copy = kalloc(size);
	long error;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, path, size);
	arguments_init(&arguments);
	error = exec_find(copy, &image);
	if (error == 0)
		error = collect(&arguments, path, args);
	if (error == 0)
		error = exec_image(proc, image, copy, &arguments);
	arguments_free(&arguments);
	kfree(copy, size);
	return error;
}

enum kstatus services_start(const char *path, const char *args)
{
	size_t size;
	const void *archive = env_initrd(&size);
	enum kstatus status = initramfs_init(archive, size);
	struct proc *proc;
	long error;

	if (status != K_OK)
		return status;
	files_init();
	process_init();
	terminal_init();
	proc = process_create(NULL, &error);
	if (!proc)
		return status_of(error);
	status = env_client_create(proc);
	if (status != K_OK) {
		process_free(proc);
		return status;
	}
	error = load_init(proc, path, args);
	if (error == 0)
		error = open_descriptors(proc);
	if (error != 0) {
		env_client_destroy(proc);
		process_free(proc);
		return status_of(error);
	}
	env_client_start(proc);
	return K_OK;
}
