/*
 * process: process structures, their numbers, and calls about oneself.
 *
 * Numbers go up and start over after the largest, as on Linux, so that a number is not
 * used again soon. A bit map says which are taken.
 */
#include <services/alarms/alarms.h>
#include <services/files/files.h>
#include <services/identity/identity.h>
#include <services/process/process.h>
#include <services/process/timer.h>

#include <unix_calls.h>

#define PID_LIMIT 32768 /* numbers lie below it: Linux's default */
#define PID_AGAIN 300   /* where numbers start over: Linux's RESERVED_PIDS */

#define ARCH_SET_FS 0x1002
#define ARCH_GET_FS 0x1003

static struct object_cache proc_cache;
static struct list all_processes;
static u32 process_count;
static u64 pids[PID_LIMIT / 64];
static s32 last_pid;
static bool numbers_used_up; /* numbers are given out anew */
u32 process_stopped;

void process_init(void)
{
	object_cache_init(&proc_cache, "proc", sizeof(struct proc), _Alignof(struct proc));
	list_init(&all_processes);
	service_timers_init();
	memset(pids, 0, sizeof(pids));
	process_count = 0;
	process_stopped = 0;
	numbers_used_up = false;
	last_pid = 0;
}

/* There is a free number: the limit on processes lies below that on numbers. */
_Static_assert(CONFIG_SERVICES_PROCESS_MAX < PID_LIMIT - PID_AGAIN, "a number for each process");

/* Whether a group or a session still goes by the number of a process that is no more. */
static bool is_group(s32 number)
{
	struct proc *proc;

	list_for_each(proc, &all_processes, all)
	{
		if (proc->group == number || proc->session == number)
			return true;
	}
	return false;
}

static s32 take_pid(void)
{
	do {
		if (++last_pid == PID_LIMIT) {
			last_pid = PID_AGAIN;
			numbers_used_up = true;
		}
	} while (pids[last_pid / 64] >> last_pid % 64 & 1 ||
		 (numbers_used_up && is_group(last_pid)));
	pids[last_pid / 64] |= (u64)1 << last_pid % 64;
	return last_pid;
}

struct proc *process_create(struct proc *parent, long *error)
{
	struct proc *proc;

	*error = -EAGAIN;
	if (process_count >= CONFIG_SERVICES_PROCESS_MAX)
		return NULL;
	if (parent && parent->children_count >= CONFIG_SERVICES_PROCESS_CHILDREN_MAX)
		return NULL;
	*error = -ENOMEM;
	proc = object_alloc(&proc_cache);
	if (!proc)
		return NULL;
	if (IS_ENABLED(CONFIG_SERVICES_SIGNALS) && signals_create(proc, parent) != K_OK) {
		object_free(&proc_cache, proc);
		return NULL;
	}
	*error = 0;
	memset(&proc->client, 0, sizeof(proc->client));
	proc->pid = take_pid();
	proc->status = 0;
	proc->state = PROC_ALIVE;
	proc->dying = false;
	proc->vforked = false;
	proc->parent = parent;
	list_init(&proc->children);
	list_init(&proc->sibling);
	proc->children_count = 0;
	env_queue_init(&proc->waiters);
	proc->memory = NULL;
	proc->fresh_memory = NULL;
	proc->started = env_now();
	files_create(proc);
	proc->stopped = false;
	proc->stop_unreported = false;
	proc->continue_unreported = false;
	proc->stop_signal = 0;
	env_queue_init(&proc->stop_queue);
	proc->group = parent ? parent->group : proc->pid;
	proc->session = parent ? parent->session : proc->pid;
	proc->detached = parent ? parent->detached : false;
	proc->has_execed = false;
	proc->restart = NULL;
	proc->exit_signal = SIGCHLD;
	proc->nice = parent ? parent->nice : 0;
	if (IS_ENABLED(CONFIG_SERVICES_ALARMS))
		alarms_create(proc);
	memset(proc->name, 0, sizeof(proc->name));
	list_push_back(&all_processes, &proc->all);
	process_count++;
	if (parent) {
		list_push_back(&parent->children, &proc->sibling);
		parent->children_count++;
	}
	return proc;
}

struct proc *process_next(s32 pid)
{
	struct proc *proc, *next = NULL;

	list_for_each(proc, &all_processes, all)
	{
		if (proc->pid > pid && (!next || proc->pid < next->pid))
			next = proc;
	}
	return next;
}

s32 process_last(void)
{
	return last_pid;
}

u32 process_count_of(u32 uid)
{
	struct proc *proc;
	u32 count = 0;

	list_for_each(proc, &all_processes, all) count += proc->identity.uid == uid;
	return count;
}

void process_free(struct proc *proc)
{
	assert(list_is_empty(&proc->children) && proc->files_used == 0);
	if (IS_ENABLED(CONFIG_SERVICES_SIGNALS))
		signals_exit(proc);
	if (proc->parent) {
		list_remove(&proc->sibling);
		proc->parent->children_count--;
	}
	list_remove(&proc->all);
	pids[proc->pid / 64] &= ~((u64)1 << proc->pid % 64);
	process_count--;
	object_free(&proc_cache, proc);
}

struct list *process_all(void)
{
	return &all_processes;
}

struct proc *process_find(s32 pid)
{
	struct proc *proc;

	list_for_each(proc, &all_processes, all) if (proc->pid == pid) return proc;
	return NULL;
}

void process_set_name(struct proc *proc, const char *path)
{
	const char *base = path;

	for (const char *c = path; *c != '\0'; c++) {
		if (*c == '/')
			base = c + 1;
	}
	memset(proc->name, 0, sizeof(proc->name));
	memcpy(proc->name, base, strnlen(base, sizeof(proc->name) - 1));
}

long sys_getpid(void)
{
	return env_current()->pid;
}

/* The one thread of a process has the number of the process. */
long sys_gettid(void)
{
	return env_current()->pid;
}

/* Linux clears the word when a thread ends while others share its memory. None can here yet:
 * nothing to remember. */
long sys_set_tid_address(vaddr_t address)
{
	(void)address;
	return env_current()->pid;
}

long sys_getppid(void)
{
	struct proc *parent = env_current()->parent;

	return parent ? parent->pid : 0;
}

long sys_arch_prctl(int code, vaddr_t address)
{
	vaddr_t base;

	switch (code) {
	case ARCH_SET_FS:
		return env_set_thread_pointer(env_current(), address) == K_OK ? 0 : -EPERM;
	case ARCH_GET_FS:
		base = env_thread_pointer(env_current());
		return errno_of(env_copyout(address, &base, sizeof(base)));
	default:
		return -EINVAL;
	}
}
