/* exec: execve, from the path to the point where the new program takes over. */
#include <services/exec/exec.h>
#include <services/files/files.h>
#include <services/futex/futex.h>
#include <services/identity/identity.h>
#include <services/process/process.h>
#include <services/signals/signals.h>
#include <services/timers/timers.h>
#include <services/tree/tree.h>
#include <services/usage/usage.h>

#include <unix_calls.h>

/* The caller is whom the program makes it; what it said of itself goes where that is another. */
static void become(struct proc *proc, const struct program *program)
{
	struct credentials before = proc->identity;
	struct settings *settings = &proc->settings;
	bool trusted = !identity_exec(&proc->identity, program->mode, program->uid, program->gid);

	proc->memory->hidden = proc->identity.euid != proc->identity.uid ||
			       proc->identity.egid != proc->identity.gid;
	if (!trusted)
		settings->death_signal = 0;
	if (proc->identity.euid != before.euid || (proc->identity.permitted & ~before.permitted))
		settings->personality &= ~PERSONALITY_UNSAFE;
	settings->personality &= ~PERSONALITY_READ_EXECUTES;
	identity_changed(proc, &before);
}

/* The new program's memory stands: it becomes the process's, and cannot fail any more. */
static void take_over(struct proc *proc, struct program *program, const struct loaded *loaded,
	vaddr_t stack, const char *path)
{
	env_exec_commit(proc, loaded->start, stack);
	usage_enter_space(proc);
	memory_unref(proc->memory);
	proc->memory = proc->fresh_memory;
	proc->fresh_memory = NULL;
	proc->memory->brk_start = loaded->end;
	proc->memory->brk_end = loaded->end;
	process_set_name(proc, path);
	become(proc, program);
	if (IS_ENABLED(CONFIG_SERVICES_TREE)) {
		tree_set_program(proc, program->place);
		program->place = (struct place){NULL, NULL};
	}
	files_exec(proc);
	if (IS_ENABLED(CONFIG_SERVICES_TIMERS))
		timers_exit(proc);
	if (IS_ENABLED(CONFIG_SERVICES_SIGNALS))
		signals_exec(proc);
	proc->clear_tid = 0;
	proc->robust_list = 0;
	proc->execs++;
	proc->exit_signal = SIGCHLD;
	process_end_vfork(proc);
}

/*
 * What it shares with others stays theirs: the other threads end, open files and signal actions
 * become its own. -EINTR, -EAGAIN, -ENOMEM; what was done by then
 * does no harm.
 */
static long stand_alone(struct proc *proc)
{
	long error = process_become_only(proc);

	if (error == 0)
		error = files_unshare(proc);
	if (error == 0 && IS_ENABLED(CONFIG_SERVICES_SIGNALS))
		error = errno_of(signals_own_actions(proc));
	if (error == 0 && IS_ENABLED(CONFIG_SERVICES_FUTEX))
		futex_exit(proc);
	return error;
}

long exec_program(struct proc *proc, struct program *program, const char *path,
	const struct arguments *arguments)
{
	struct loaded loaded;
	vaddr_t stack;
	long error;

	usage_leave_space(proc);
	error = errno_of(env_exec_begin(proc));
	if (error != 0)
		return error;
	proc->fresh_memory = memory_create();
	error = proc->fresh_memory ? image_load(proc, program, &loaded) : -ENOMEM;
	if (error == 0)
		error = stack_build(proc, program, arguments, &loaded, &stack);
	if (error == 0)
		error = stand_alone(proc);
	if (error != 0) {
		memory_unref(proc->fresh_memory);
		proc->fresh_memory = NULL;
		env_exec_abort(proc);
		return error;
	}
	take_over(proc, program, &loaded, stack, path);
	return 0;
}

/* execve on its way. */
struct execution {
	char *path; /* PATH_MAX bytes */
	vaddr_t argv, envp;
	struct program program;
	struct script *script; /* the latest; NULL: none */
	struct arguments arguments;
};

/* The caller's arguments: without the first behind a script, which has its own. */
static long add_arguments(struct execution *e)
{
	vaddr_t argv = e->argv, first = 0;
	long count;

	if (e->script && argv != 0) {
		if (env_copyin(&first, argv, sizeof(first)) != K_OK)
			return -EFAULT;
		argv = first != 0 ? argv + sizeof(first) : argv;
	}
	count = arguments_add_array(&e->arguments, argv);
	if (count < 0)
		return count;
	if (count == 0 && !e->script) { /* Linux gives such a program an empty argument, for many
					   rely on one */
		long error = arguments_add(&e->arguments, "", 0);

		if (error != 0)
			return error;
		count = 1;
	}
	e->arguments.argc += (u32)count;
	return 0;
}

/* What execve carries over: the path, what scripts put in front, the arguments, the environment. */
static long collect(struct execution *e)
{
	struct arguments *arguments = &e->arguments;
	long count, error;

	arguments_free(arguments);
	error = arguments_add(arguments, e->path, strlen(e->path));
	if (error == 0)
		error = script_add(e->script, e->path, arguments);
	if (error == 0)
		error = add_arguments(e);
	if (error != 0)
		return error;
	count = arguments_add_array(arguments, e->envp);
	if (count < 0)
		return count;
	arguments->envc = (u32)count;
	if (arguments->bytes + ((u64)arguments->argc + arguments->envc) * sizeof(vaddr_t) >
		arguments_max())
		return -E2BIG;
	return 0;
}

/*
 * With the path fetched. The file is looked for before the arguments are looked at, and its
 * contents after, as on Linux; a script's arguments are then collected anew, with its interpreter's
 * in front.
 */
static long execute(struct execution *e)
{
	long error = collect(e);

	while (error == 0 && script_is(&e->program)) {
		error = script_read(&e->program, &e->script);
		if (error == 0) {
			program_put(&e->program);
			error = program_find(PROGRAM_CWD, e->script->interpreter, 0, &e->program);
		}
		if (error == 0)
			error = collect(e);
	}
	if (error == 0)
		error = exec_program(env_current(), &e->program, e->path, &e->arguments);
	return error;
}

static long execute_at(int dirfd, vaddr_t path, vaddr_t argv, vaddr_t envp, unsigned flags)
{
	struct execution e = {.path = kalloc(PATH_MAX), .argv = argv, .envp = envp};
	size_t length;
	long error;

	if (!e.path)
		return -ENOMEM;
	arguments_init(&e.arguments);
	error = errno_of(env_copyin_string(e.path, path, PATH_MAX, &length));
	if (error == 0)
		error = program_find(dirfd, e.path, flags, &e.program);
	if (error == 0) {
		error = execute(&e);
		program_put(&e.program);
	}
	arguments_free(&e.arguments);
	script_free(e.script);
	kfree(e.path, PATH_MAX);
	return error;
}

long sys_execve(vaddr_t path, vaddr_t argv, vaddr_t envp)
{
	return execute_at(PROGRAM_CWD, path, argv, envp, 0);
}

long sys_execveat(int dirfd, vaddr_t path, vaddr_t argv, vaddr_t envp, int flags)
{
	if (((u32)flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
		return -EINVAL;
	if (!IS_ENABLED(CONFIG_SERVICES_TREE) && dirfd != PROGRAM_CWD)
		return -EBADF; /* no directory can be open */
	return execute_at(dirfd, path, argv, envp, (u32)flags);
}
