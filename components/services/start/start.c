/*
 * start: from nothing to process 1.
 *
 * Its descriptors 0 to 2 are the console, 3 is the result channel. Its environment is what Linux
 * gives its own: HOME and TERM, which `term=` of the kernel's command line replaces.
 */
#include <services/clock/clock.h>
#include <services/exec/exec.h>
#include <services/files/files.h>
#include <services/identity/identity.h>
#include <services/initramfs/initramfs.h>
#include <services/inotify/notify.h>
#include <services/mqueue/volume.h>
#include <services/limits/limits.h>
#include <services/memory/mappings.h>
#include <services/pidfd/pidfd.h>
#include <services/process/process.h>
#include <services/sockets/sockets.h>
#include <services/system/system.h>
#include <services/sysv/sysv.h>
#include <services/terminal/terminal.h>
#include <services/tree/tree.h>

#define RESULTS_FD 3

static const char home[] = "HOME=/", terminal_kind[] = "TERM=linux";
#define TERM_LENGTH (sizeof("TERM=") - 1)

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

/* An open file of the console, or of the result channel: by name where there are names. */
static struct open_file *open_device(const char *path, u32 flags, struct open_file *(*open)(void))
{
	struct open_file *file;

	if (!IS_ENABLED(CONFIG_SERVICES_DEVICES))
		return open();
	return tree_open(path, flags, &file) == 0 ? file : NULL;
}

static long open_descriptors(struct proc *proc)
{
	struct open_file *console = open_device("/dev/console", O_RDWR, console_open);
	struct open_file *results = open_device("/dev/results", O_WRONLY, results_open);

	if (!console || !results) {
		if (console)
			file_unref(console);
		if (results)
			file_unref(results);
		return -ENOMEM;
	}
	terminal_acquire_console(proc);
	console->refs = 3;
	for (u32 fd = 0; fd < 3; fd++)
		files_install_at(proc, fd, console, false);
	files_install_at(proc, RESULTS_FD, results, false);
	return 0;
}

static long add_environment(struct arguments *arguments)
{
	char term[40];
	long error = arguments_add(arguments, home, strlen(home));

	memcpy(term, terminal_kind, sizeof(terminal_kind));
	if (!env_option("term", term + TERM_LENGTH, sizeof(term) - TERM_LENGTH))
		memcpy(term, terminal_kind, sizeof(terminal_kind));
	if (error == 0)
		error = arguments_add(arguments, term, strlen(term));
	arguments->envc = 2;
	return error;
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
	return error == 0 ? add_environment(arguments) : error;
}

static long load_init(struct proc *proc, const char *path, const char *args)
{
	struct arguments arguments;
	struct program program;
	size_t size = strlen(path) + 1;
	char *copy = kalloc(size);
	long error;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, path, size);
	arguments_init(&arguments);
	error = program_find(PROGRAM_CWD, copy, 0, &program);
	if (error == 0) {
		error = collect(&arguments, path, args);
		if (error == 0)
			error = exec_program(proc, &program, path, &arguments);
		program_put(&program);
	}
	arguments_free(&arguments);
	kfree(copy, size);
	return error;
}

/* The files that process 1 sees. Without the tree there is nothing to make for it: the archive is
 * read already. */
static long make_tree(struct proc *proc)
{
	return IS_ENABLED(CONFIG_SERVICES_TREE) ? tree_init(proc) : 0;
}

/* Process 1, complete but for its memory. */
static struct proc *create_first(long *error)
{
	struct proc *proc = process_create(NULL, NULL, false, error);

	if (!proc)
		return NULL;
	identity_first(&proc->identity);
	limits_init(&proc->limits);
	*error = make_tree(proc);
	if (*error == 0)
		return proc;
	process_free(proc);
	return NULL;
}

static void init_sysv(void)
{
	segments_init();
	semaphore_sets_init();
	message_queues_init();
}

enum kstatus services_start(const char *path, const char *args)
{
	size_t size;
	const void *archive = env_initrd(&size);
	enum kstatus status =
		IS_ENABLED(CONFIG_SERVICES_TREE) ? K_OK : initramfs_init(archive, size);
	struct proc *proc;
	long error;

	if (status != K_OK)
		return status;
	files_init();
	process_init();
	if (IS_ENABLED(CONFIG_SERVICES_CLOCK))
		clock_init();
	terminal_init();
	if (IS_ENABLED(CONFIG_SERVICES_SYSTEM))
		system_init();
	if (IS_ENABLED(CONFIG_SERVICES_PIDFD))
		pidfds_init();
	if (IS_ENABLED(CONFIG_SERVICES_INOTIFY))
		inotify_init();
	if (IS_ENABLED(CONFIG_SERVICES_SYSV))
		init_sysv();
	if (IS_ENABLED(CONFIG_SERVICES_MQUEUE))
		mqueue_init();
	if (IS_ENABLED(CONFIG_SERVICES_SOCKETS))
		sockets_init();
	proc = create_first(&error);
	if (!proc)
		return status_of(error);
	error = errno_of(env_client_create(proc));
	if (error == 0) {
		error = load_init(proc, path, args);
		if (error == 0)
			error = open_descriptors(proc);
		if (error != 0)
			env_client_destroy(proc);
	}
	if (IS_ENABLED(CONFIG_SERVICES_TREE) && error == 0)
		tree_begun();
	if (error != 0) {
		files_exit(proc);
		memory_unref(proc->memory);
		if (IS_ENABLED(CONFIG_SERVICES_TREE))
			tree_forget(proc);
		process_free(proc);
		return status_of(error);
	}
	env_client_start(proc);
	return K_OK;
}
