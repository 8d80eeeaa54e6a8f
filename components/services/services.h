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
#include <services/tree/place.h>

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

struct proc {
	struct env_client client; /* the placement's */
	s32 pid;
	s32 status; /* wait status once it has ended */
	enum proc_state state;
	bool dying;   /* killed: it ends before it sees user mode again */
	bool stopped; /* by a stop signal, until SIGCONT */
	bool stop_unreported, continue_unreported; /* to a parent that waits for that */
	s32 stop_signal;
	struct env_queue stop_queue; /* where it sleeps while it is stopped */
	struct signal_state signals;
	s32 group, session;                 /* process group and session, by number */
	bool detached;                      /* it has given up its session's terminal */
	bool has_execed;                    /* since it was forked */
	long (*restart)(struct proc *proc); /* what restart_syscall goes on with; NULL: nothing */
	u64 restart_deadline, restart_count;
	vaddr_t restart_address;
	bool vforked;         /* its parent sleeps in vfork until it execs or ends */
	struct proc *parent;  /* NULL: process 1 */
	struct list children; /* its children, through `sibling`; the oldest first */
	struct list sibling;
	struct list all; /* every process there is */
	u32 children_count;
	struct env_queue waiters;    /* where it sleeps in wait4 and vfork */
	struct memory *memory;       /* what is mapped where; NULL before its first program */
	struct memory *fresh_memory; /* the same of the space that exec is building, or NULL */
	u64 started;                 /* env_now() at its creation */
	u32 files_used;              /* highest open descriptor + 1 */
	u32 files_free;              /* no descriptor below is free */
	u32 files_room;              /* descriptors that there is room for */
	struct open_file **files;    /* [descriptor] below files_used, or NULL */
	u64 *files_cloexec;          /* a bit for each */
	u64 files_few_cloexec[PROC_FILES_FEW / 64];
	struct open_file *files_few[PROC_FILES_FEW]; /* where both point until there are more */
	struct {
		struct service_timer timer;
		u64 again; /* nanoseconds after which it rings again; 0: never */
	} alarm;
	s32 nice;
	s32 exit_signal; /* what its parent gets at its end: SIGCHLD, unless clone said otherwise */
	struct credentials identity;
	struct limits limits;
	struct proc_tree tree;
	char name[PROC_NAME_SIZE];
};

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
 * SIGTRAP, SIGBUS, SIGSEGV). `address` is the faulting address or the instruction's. Without
 * signals it ends at once, with a line on the console: env_client_destroy() has been called on it
 * when these return. With them its attention has been asked for (env_attention), and delivery
 * decides. The monitor is held, and the process is in no call.
 */
void services_memory_fault(struct proc *proc, vaddr_t address, unsigned access, enum kstatus why);
/*
 * A copy from or to the memory of the process being served failed with `why` somewhere in the
 * `n` bytes at `address`. True: something has changed, and it is worth another try.
 */
bool must_check services_copy_failed(vaddr_t address, size_t n, enum kstatus why);
void services_exception(struct proc *proc, unsigned vector, vaddr_t address);

/*
 * env_timer()'s time has come; bytes were typed (after env_console_listen()). Called with the
 * monitor held and no process being served; they do not block.
 */
void services_timer(void);
void services_input(const char *bytes, size_t n);

/* What env_attention() asked for: signals are delivered, or the process ends. */
void services_attention(struct proc *proc);
