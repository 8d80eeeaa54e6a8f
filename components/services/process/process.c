/*
 * process: process structures, their numbers, and calls about oneself.
 *
 * Numbers go up and start over after the largest, as on Linux, so that a number is not
 * used again soon. A bit map says which are taken.
 */
#include <services/alarms/alarms.h>
#include <services/files/files.h>
#include <services/identity/identity.h>
#include <services/pidfd/pidfd.h>
#include <services/process/process.h>
#include <services/process/timer.h>
#include <services/scheduling/scheduling.h>
#include <services/timers/timers.h>
#include <services/usage/usage.h>

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

void process_init(void)
{
	object_cache_init(&proc_cache, "proc", sizeof(struct proc), _Alignof(struct proc));
	list_init(&all_processes);
	service_timers_init();
	cpu_timers_init();
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

/* What a process has as a whole. `creator`: who makes it, NULL for process 1. */
static void init_leader(struct proc *proc, const struct proc *creator)
{
	proc->pid = proc->tid;
	proc->leader = proc;
	list_init(&proc->threads);
	proc->threads_alive = 0;
	proc->execing = NULL;
	proc->ending = false;
	proc->status = 0;
	proc->state = PROC_ALIVE;
	proc->stopped = false;
	proc->threads_stopped = 0;
	proc->stop_told = false;
	proc->stop_unreported = false;
	proc->continue_unreported = false;
	proc->stop_signal = 0;
	env_queue_init(&proc->stop_queue);
	proc->group = creator ? creator->leader->group : proc->pid;
	proc->session = creator ? creator->leader->session : proc->pid;
	proc->detached = creator ? creator->leader->detached : false;
	proc->execs = 0;
	proc->parent = NULL;
	list_init(&proc->children);
	list_init(&proc->sibling);
	proc->children_count = 0;
	env_queue_init(&proc->waiters);
	proc->exit_signal = SIGCHLD;
	proc->waits_for = 0;
	if (IS_ENABLED(CONFIG_SERVICES_ALARMS))
		alarms_create(proc);
	if (IS_ENABLED(CONFIG_SERVICES_TIMERS))
		timers_create(proc);
	list_push_back(&all_processes, &proc->all);
}

/* What each thread has, of a process that is new or has one already. */
static void init_thread(struct proc *proc, const struct proc *creator)
{
	memset(&proc->client, 0, sizeof(proc->client));
	proc->exiting = false;
	proc->dying = false;
	proc->restart = NULL;
	proc->vforked_by = NULL;
	proc->vforked = NULL;
	proc->memory = NULL;
	proc->fresh_memory = NULL;
	proc->undo_list = NULL;
	proc->started = env_now();
	usage_create(proc);
	files_create(proc);
	proc->nice = 0;
	proc->wishes = (struct scheduling_wishes){.policy = 0};
	if (creator && IS_ENABLED(CONFIG_SERVICES_SCHEDULING))
		scheduling_fork(creator, proc);
	proc->oom_adjustment = creator ? creator->oom_adjustment : 0;
	proc->acts_as = NULL;
	proc->settings =
		creator ? creator->settings
			: (struct settings){.slack = SLACK_DEFAULT, .slack_born = SLACK_DEFAULT};
	proc->settings.death_signal = 0;
	proc->settings.adopts = false;
	proc->settings.slack_born = proc->settings.slack;
	proc->tree = NULL;
	proc->program = (struct place){NULL, NULL};
	proc->clear_tid = 0;
	proc->robust_list = 0;
	memset(proc->name, 0, sizeof(proc->name));
	if (creator)
		memcpy(proc->name, creator->name, sizeof(proc->name));
}

/* A structure with a number and signals; NULL with *error. */
static struct proc *proc_new(struct proc *creator, bool share_actions, long *error)
{
	struct proc *proc;

	*error = -EAGAIN;
	if (process_count >= CONFIG_SERVICES_PROCESS_MAX)
		return NULL;
	*error = -ENOMEM;
	proc = object_alloc(&proc_cache);
	if (!proc)
		return NULL;
	if (IS_ENABLED(CONFIG_SERVICES_SIGNALS) &&
		signals_create(proc, creator, share_actions) != K_OK) {
		object_free(&proc_cache, proc);
		return NULL;
	}
	*error = 0;
	proc->tid = take_pid();
	process_count++;
	return proc;
}

/* It is in its process from now on. */
static void join(struct proc *proc, struct proc *leader)
{
	proc->leader = leader;
	proc->pid = leader->pid;
	list_push_back(&leader->threads, &proc->thread_link);
	leader->threads_alive++;
}

struct proc *process_create(
	struct proc *creator, struct proc *parent, bool share_actions, long *error)
{
	struct proc *proc;

	*error = -EAGAIN;
	if (parent && parent->children_count >= CONFIG_SERVICES_PROCESS_CHILDREN_MAX)
		return NULL;
	proc = proc_new(creator, share_actions, error);
	if (!proc)
		return NULL;
	init_leader(proc, creator);
	init_thread(proc, creator);
	join(proc, proc);
	proc->parent = parent;
	if (parent) {
		list_push_back(&parent->children, &proc->sibling);
		parent->children_count++;
	}
	return proc;
}

struct proc *process_create_thread(struct proc *creator, long *error)
{
	struct proc *proc = proc_new(creator, true, error);

	if (!proc)
		return NULL;
	init_thread(proc, creator);
	join(proc, creator->leader);
	return proc;
}

static void put_number(s32 number)
{
	pids[number / 64] &= ~((u64)1 << number % 64);
}

/* The structure goes, which nobody knows any more. */
static void proc_free(struct proc *proc)
{
	if (IS_ENABLED(CONFIG_SERVICES_SIGNALS))
		signals_exit(proc);
	put_number(proc->tid);
	process_count--;
	object_free(&proc_cache, proc);
}

void process_free(struct proc *proc)
{
	assert(proc->leader == proc && list_is_empty(&proc->children));
	assert(files_table(proc)->used == 0);
	if (proc->parent) {
		list_remove(&proc->sibling);
		proc->parent->children_count--;
	}
	list_remove(&proc->all);
	if (IS_ENABLED(CONFIG_SERVICES_PIDFD))
		pidfds_gone(proc->pid);
	proc_free(proc);
}

void process_free_thread(struct proc *proc)
{
	assert(proc->leader != proc);
	list_remove(&proc->thread_link);
	proc_free(proc);
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
	struct proc *proc, *thread;
	u32 count = 0;

	list_for_each(proc, &all_processes, all)
	{
		list_for_each(thread, &proc->threads, thread_link) count +=
			thread->identity.uid == uid;
	}
	return count;
}

void process_replace(struct proc *leader, struct proc *proc)
{
	s32 number = proc->tid;
	struct proc *child;

	init_leader(proc, leader);
	list_remove(&proc->all);
	list_insert_before(&leader->all, &proc->all);
	list_remove(&leader->all);
	list_remove(&proc->thread_link);
	list_push_back(&proc->threads, &proc->thread_link);
	list_remove(&leader->thread_link);
	proc->tid = leader->tid;
	proc->pid = leader->pid;
	leader->tid = number;
	leader->leader = proc;
	proc->threads_alive = 1;
	proc->parent = leader->parent;
	if (proc->parent) {
		list_insert_before(&leader->sibling, &proc->sibling);
		list_remove(&leader->sibling);
	}
	list_for_each(child, &leader->children, sibling) child->parent = proc;
	list_insert_before(&leader->children, &proc->children);
	list_remove(&leader->children);
	proc->children_count = leader->children_count;
	proc->stopped = leader->stopped;
	proc->stop_told = leader->stop_told;
	proc->stop_unreported = leader->stop_unreported;
	proc->continue_unreported = leader->continue_unreported;
	proc->stop_signal = leader->stop_signal;
	proc->execs = leader->execs;
	proc->settings.adopts = leader->settings.adopts;
	proc->exit_signal = leader->exit_signal;
	proc->limits = leader->limits;
	usage_move(leader, proc);
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

struct proc *process_alive(struct proc *leader)
{
	struct proc *thread;

	if (likely(!leader->exiting))
		return leader;
	list_for_each(thread, &leader->threads, thread_link)
	{
		if (!thread->exiting)
			return thread;
	}
	return NULL;
}

u32 process_threads(const struct proc *proc)
{
	const struct proc *leader = proc->leader;

	return leader->threads_alive + (leader->exiting && leader->threads_alive > 0);
}

struct proc *process_find_thread(s32 tid)
{
	struct proc *proc, *thread;

	list_for_each(proc, &all_processes, all)
	{
		if (proc->tid == tid)
			return proc;
		if (proc->threads_alive == 1 && !proc->exiting)
			continue;
		list_for_each(thread, &proc->threads, thread_link)
		{
			if (thread->tid == tid)
				return thread;
		}
	}
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

long sys_gettid(void)
{
	return env_current()->tid;
}

long sys_set_tid_address(vaddr_t address)
{
	env_current()->clear_tid = address;
	return env_current()->tid;
}

long sys_getppid(void)
{
	struct proc *parent = process_current()->parent;

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
