/*
 * services: the Linux personality, written once.
 *
 * What a placement calls (the upcalls), and the process structure in which it
 * keeps its own part. The calls themselves are described in unix.idl; from it
 * come the prototypes `long sys_<name>(…)` and the table below. A call returns
 * its result, or -errno, exactly as Linux does.
 */
#pragma once

#include <personality/personality.h>

enum proc_state {
	PROC_ALIVE,
	PROC_ZOMBIE, /* ended, not yet waited for */
};

#define PROC_NAME_SIZE 16
#define PROC_FILES     256

struct open_file;

struct proc {
	struct env_client client; /* the placement's */
	s32 pid;
	s32 status;               /* wait status once it has ended */
	enum proc_state state;
	bool dying;               /* killed while asleep in a call */
	struct proc *parent;
	struct list children;     /* its children, through `sibling` */
	struct list sibling;
	struct list all;          /* every process there is */
	struct env_queue waiters; /* where it sleeps in wait4 */
	vaddr_t brk_start, brk_end;
	vaddr_t clear_child_tid;
	struct open_file *files[PROC_FILES];
	u64 files_cloexec[PROC_FILES / 64];
	char name[PROC_NAME_SIZE];
};

/* Prepares the services; then creates process 1 from `path` in the initrd, with comma-separated further arguments. */
enum kstatus must_check services_start(const char *path, const char *args);

/*
 * The calls, by Linux number: call(a0 … a5) for the process env_current().
 * A number outside the table, or with a NULL entry, is answered by
 * services_unknown_call(), which counts it and gives -ENOSYS.
 */
typedef long (*service_call)(long, long, long, long, long, long);
#define SERVICE_CALLS 512
extern const service_call service_calls[SERVICE_CALLS];
long services_unknown_call(long number);

/*
 * The process did something that Linux answers with a fatal signal: an access that no mapping allows
 * (SIGSEGV), or processor exception `vector` (SIGFPE, SIGILL, SIGTRAP, SIGBUS, SIGSEGV). `address` is the
 * faulting address or the instruction's. It ends with a line on the console.
 */
void services_memory_fault(struct proc *proc, vaddr_t address, unsigned access);
void services_exception(struct proc *proc, unsigned vector, vaddr_t address);
