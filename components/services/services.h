/*
 * services: the Linux personality, written once.
 *
 * What a placement calls (the upcalls), and the process structure in which it
 * keeps its own part. The calls themselves are described in unix.idl; from it
 * come the prototypes `long sys_<name>(…)` and the table below. A call returns
 * its result, or -errno, exactly as Linux does.
 */
#pragma once

#include <objects/objects.h>
#include <personality/personality.h>
#include <services/process/timer.h>
#include <services/signals/state.h>
#include <services/identity/credentials.h>
#include <services/limits/limits_set.h>
#include <services/scheduling/wishes.h>
#include <services/system/settings.h>
#include <services/timers/table.h>
#include <services/tree/place.h>
#include <services/usage/usage_set.h>

enum proc_state {
	PROC_ALIVE,
	PROC_ZOMBIE, /* ended, not yet waited for */
};

#define PROC_NAME_SIZE 16
#define PROC_FILES     1024 /* descriptors, unless LIMIT_NOFILE says otherwise: Linux's default */
#define PROC_FILES_MAX 4096 /* what LIMIT_NOFILE may be raised to */
#define PROC_FILES_FEW 64   /* that a process has room for from the start */

struct memory;
struct open_file;
struct proc;
struct undo_list;

/*
 * A descriptor table. Entries at `used` and above are unknown, not NULL. There is room for
 * PROC_FILES_FEW from the start.
 */
struct file_table {
	u32 used;                 /* highest open descriptor + 1 */
	u32 free;                 /* no descriptor below is free */
	u32 room;                 /* descriptors that there is room for */
	struct open_file **files; /* [descriptor] below `used`, or NULL */
	u64 *cloexec;             /* a bit for each */
	u64 few_cloexec[PROC_FILES_FEW / 64];
	struct open_file *few[PROC_FILES_FEW]; /* where both point until there are more */
};

/* A table that several have (CLONE_FILES). */
struct shared_files {
	u32 refs;
	struct list users; /* struct proc, through `files_link` */
	struct file_table table;
};

/* The open files that a call of a thread with a shared table works on, held until it is over. */
struct held_files {
	u32 count, room;
	struct open_file **files;
	struct open_file *few[4]; /* where that points until there are more */
};

/*
 * A thread. A process is a group of them, and is known by the one that began it, its leader: what
 * belongs to the process as a whole is in the leader's structure, marked (p), and reached through
 * `leader` (process_current() for the caller's). The leader's structure stays until all threads
 * have ended and the parent has waited. A process with one thread is its own leader.
 */
struct proc {
	struct env_client client; /* the placement's; of a leader that has ended, nothing */
	s32 pid;                  /* of its process: the leader's number */
	s32 tid;                  /* its own number */
	struct proc *leader;
	struct list threads;     /* (p) all there are, through `thread_link`; the leader first */
	struct list thread_link; /* in that list */
	u32 threads_alive;       /* (p) how many have not ended */
	struct proc *execing;    /* (p) whose exec the others make way for, or NULL */
	bool ending;             /* (p) the whole process ends, with `status` */
	s32 status;              /* (p) wait status of its end */
	enum proc_state state;   /* (p) */
	bool exiting;        /* the thread is on its way out, or has ended: no signal is for it */
	bool dying;          /* killed: it ends before it sees user mode again */
	bool stopped;        /* (p) by a stop signal, until SIGCONT */
	u32 threads_stopped; /* (p) how many are where they wait for that */
	bool stop_told;      /* (p) to the parent: all of them are there */
	bool stop_unreported, continue_unreported; /* (p) to a parent that waits for that */
	s32 stop_signal;                           /* (p) */
	struct env_queue stop_queue;               /* (p) where they sleep while it is stopped */
	struct signal_state signals;
	s32 group, session;                 /* (p) process group and session, by number */
	bool detached;                      /* (p) it has given up its session's terminal */
	u32 execs;                          /* (p) since it was forked */
	long (*restart)(struct proc *proc); /* what restart_syscall goes on with; NULL: nothing */
	u64 restart_deadline, restart_count;
	vaddr_t restart_address;
	u64 restart_word;         /* what a futex should hold, and which of its waiters it is for */
	struct proc *vforked_by;  /* the thread that sleeps in vfork until this one execs or ends */
	struct proc *vforked;     /* … and from its side; NULL: it may go on */
	struct proc *parent;      /* (p) NULL: process 1 */
	struct list children;     /* (p) its children, through `sibling`; the oldest first */
	struct list sibling;      /* (p) */
	struct list all;          /* (p) every process there is */
	u32 children_count;       /* (p) */
	struct env_queue waiters; /* (p) where they sleep in wait4, vfork and exec */
	struct memory *memory;    /* what is mapped where; NULL before its first program */
	struct memory *fresh_memory; /* the same of the space that exec is building, or NULL */
	u64 started;                 /* env_now() at its creation */
	struct file_table files;     /* its own; unused while it shares one */
	struct shared_files *files_shared; /* NULL: it has a table of its own */
	struct list files_link;            /* among the users of that one */
	struct held_files files_held;
	struct {
		struct service_timer timer;
		u64 again;         /* nanoseconds after which it rings again; 0: never */
	} alarm;                   /* (p) */
	struct timer_table timers; /* (p) */
	struct {
		struct cpu_timer timer;
		u64 again;
	} cpu_alarms[2]; /* (p) by user time, and by all processor time */
	struct usage_state usage;
	s32 nice;
	struct scheduling_wishes wishes;
	s32 oom_adjustment; /* -1000: never chosen when memory is out; 1000: always */
	s32 exit_signal;    /* (p) what its parent gets at its end: SIGCHLD, unless clone said
			       otherwise */
	struct credentials identity;
	const struct credentials *acts_as; /* NULL: who it is, to the file tree as well */
	struct settings settings;
	struct limits limits; /* (p) */
	struct proc_tree *tree;
	struct place program;        /* that it executes; nowhere before its first */
	struct undo_list *undo_list; /* of semaphores, perhaps shared; NULL: nothing to undo */
	s32 waits_for;               /* (p) the process whose lock on a file it waits for, or 0 */
	vaddr_t clear_tid;           /* a word to clear, and a futex to wake, at its end; 0: none */
	vaddr_t robust_list;         /* the futexes that it may hold at its end; 0: none */
	char name[PROC_NAME_SIZE];
};

/* The process whose call is being served: what belongs to it as a whole is found there. */
static inline struct proc *process_current(void)
{
	return env_current()->leader;
}

/*
 * A file of the initrd, and what env_map_image() maps. There is one for each
 * file, for ever: a placement may hang a page cache or a memory object on it.
 */
struct file_image {
	const char *name; /* its path, without a leading slash */
	const u8 *bytes;  /* in the initrd: any alignment */
	u64 size;
	u32 mode;    /* st_mode: type and permissions */
	void *cache; /* the placement's; NULL at first */
	struct list link;
};

/*
 * Prepares the services; then creates process 1 from `path` in the initrd, with comma-separated
 * further arguments ("" for none), descriptors 0 to 2 on the console and 3 on the result channel,
 * and starts it. The monitor is held. K_NOENT: no initrd or no such file in it; K_INVAL: the
 * archive or the program is malformed. When process 1 ends, the services write the `enosys` and
 * `end` lines of docs/measuring.md and power off.
 */
enum kstatus must_check services_start(const char *path, const char *args);

/*
 * The calls, by Linux number: call(a0 … a5) for the process env_current().
 * A number outside the table, or with a NULL entry, is answered by
 * services_unknown_call(), which counts it and gives -ENOSYS.
 */
typedef long (*service_call)(long, long, long, long, long, long);
#define SERVICE_CALLS 512
extern const service_call service_calls[SERVICE_CALLS];
extern const char *const
	service_call_names[SERVICE_CALLS]; /* Linux's names, of absent calls too; NULL: none */
long services_unknown_call(long number);

/*
 * The process did something that Linux answers with a fatal signal: an access to memory that failed
 * with `why`: K_FAULT, nothing is mapped there; K_DENIED, not for such an access (SIGSEGV both,
 * unless a stack grows to there); K_RANGE, the mapping's object ends before (SIGBUS); K_NOMEM (the
 * process tries again once memory has been made); or processor exception `vector` (SIGFPE, SIGILL,
 * SIGTRAP, SIGBUS, SIGSEGV). `address` is the faulting address or the instruction's. With
 * signals its attention has been asked for (env_attention), and delivery decides. Without them it
 * ends at once, with a line on the console: false, and `proc` is no more. The monitor is held, and
 * the thread is in no call.
 */
bool services_memory_fault(struct proc *proc, vaddr_t address, unsigned access, enum kstatus why);
/*
 * A copy from or to the memory of the process being served failed with `why` somewhere in the
 * `n` bytes at `address`. True: something has changed, and it is worth another try.
 */
bool must_check services_copy_failed(vaddr_t address, size_t n, enum kstatus why);
bool services_exception(struct proc *proc, unsigned vector, vaddr_t address);

/*
 * env_timer()'s time has come; bytes were typed (after env_console_listen()). Called with the
 * monitor held and no process being served; they do not block.
 */
void services_timer(void);
void services_input(const char *bytes, size_t n);

/* What env_attention() asked for: signals are delivered, or the thread ends: then false, and `proc`
 * is no more. */
bool services_attention(struct proc *proc);
/* What env_call_over() asked for. */
void services_call_over(struct proc *proc);
