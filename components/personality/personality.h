/*
 * personality: where the Linux personality runs, and what its services may ask for there.
 *
 * The services (components/services) are written once, in blocking style, and
 * know nothing of kernels. A placement part puts them inside the kernel, or
 * into one user-mode server reached by Mach RPC, or into one reached by L4
 * exception IPC; the host's unit tests are a placement too. This header is all
 * that the services see of it: the *environment*.
 *
 * The services form a monitor. One thread at a time runs in them, and it gives
 * the monitor up only in the env_sleep… functions (and when a function below
 * says that it may block). So service data needs no lock; what was true before a sleep
 * must be looked at again after it.
 *
 * A client is a Linux process, `struct proc`; the placement keeps what it
 * needs of it in the embedded `struct env_client` (thread and address space in
 * a kernel; task and thread names in a Mach server; a thread number and an
 * address map in an L4 server).
 */
#pragma once

#include <lib/lib.h>
#include <personality/times.h>

struct proc;
struct file_image;

/* From the part: struct env_client, struct env_queue, and inline versions of what is marked
 * (inline). */
#include <personality_types.h>

/* (inline) The process whose call is being served. Meaningless elsewhere (services_start, faults).
 */
static inline struct proc *env_current(void);

/* --- sleeping ------------------------------------------------------------ */

void env_queue_init(struct env_queue *queue);
/*
 * Sleeps until woken; the monitor is given up meanwhile. `deadline` in env_now()
 * time, or ENV_FOREVER. K_OK when woken, K_TIMEDOUT, or K_INTERRUPTED when
 * the process is being killed (the service undoes its part and returns -EINTR). Only a sleep that
 * has begun is broken off: who sleeps again looks by itself whether it still may.
 */
enum kstatus must_check env_sleep(struct env_queue *queue, u64 deadline);
#define ENV_FOREVER UINT64_MAX
void env_wakeup_one(struct env_queue *queue);
void env_wakeup_all(struct env_queue *queue);
/* Breaks off the sleep of a process that is being killed; nothing if it is not asleep. */
void env_interrupt(struct proc *proc);
/* Lets others run. */
void env_yield(void);

/* --- time, randomness ------------------------------------------------------ */

static inline u64 env_now(void); /* (inline) nanoseconds since reset */
u64 env_random(void);
/*
 * services_timer() is called once, soon after `deadline` has passed. A later call replaces an
 * earlier one; ENV_FOREVER: not at all.
 */
void env_timer(u64 deadline);

/* --- the client's memory --------------------------------------------------- */

/*
 * Copies from and to the memory of the process being served; K_FAULT for an
 * address that it may not touch so. May block (its pager may be asked). In the
 * kernel these are the checked user copies.
 */
static inline enum kstatus must_check env_copyin(void *to, vaddr_t from, size_t n); /* (inline) */
static inline enum kstatus must_check env_copyout(
	vaddr_t to, const void *from, size_t n); /* (inline) */
/*
 * If the word at `at`, a multiple of 4 in the memory of the process being served, holds *expected,
 * it becomes `fresh`; *expected: what it held. One step for all threads that see the word: between
 * looking and changing neither they nor others of the services run. K_FAULT.
 */
enum kstatus must_check env_exchange_word(vaddr_t at, u32 *expected, u32 fresh);
/* A string with its NUL; K_RANGE when it is longer than size - 1. */
enum kstatus must_check env_copyin_string(char *to, vaddr_t from, size_t size, size_t *length);
/*
 * Writes into the space that exec is building (after env_exec_begin), whatever the
 * protection of the pages there. K_FAULT where nothing is mapped.
 */
enum kstatus must_check env_write_memory(struct proc *proc, vaddr_t to, const void *from, size_t n);

/* --- the client's address space (the space backend) ------------------------ */

#define ENV_PROT_READ  1u
#define ENV_PROT_WRITE 2u
#define ENV_PROT_EXEC  4u

#define ENV_MAP_FIXED                                                                              \
	1u                /* at *address exactly, replacing what is there; else *address is a hint \
			   */
#define ENV_MAP_SHARED 2u /* shared with children over fork; else private, copy on write */
#define ENV_MAP_NOREPLACE                                                                          \
	4u /* with FIXED: K_EXISTS, and nothing done, when anything is mapped there */

#define ENV_MAP_READ_ONLY                                                                          \
	8u /* env_protect() must not make it writable: K_DENIED. Of mappings of objects only */

#define ENV_USER_MIN 0x10000ull        /* nothing is mapped below */
#define ENV_USER_MAX 0x7ffffffff000ull /* first address that is not the user's */
#define ENV_STACK_TOP                                                                              \
	0x7fffff000000ull /* process stacks end here; what lies above is the placement's */
#define ENV_MMAP_TOP 0x7ffff0000000ull /* mmap searches downwards from here */

/*
 * The services ask only for page-multiple, non-empty ranges within
 * [ENV_USER_MIN, ENV_STACK_TOP); what a client may reach above is the placement's own
 * and safe from these calls. All of them: K_NOMEM when memory or mappings run out.
 *
 * Zero-filled memory on first touch. *address 0 means no hint; a hint that is taken
 * is passed over. K_NOMEM also when there is no gap of that length.
 */
enum kstatus must_check env_map_anonymous(
	struct proc *proc, vaddr_t *address, u64 length, unsigned prot, unsigned flags);
/*
 * `length` bytes of an image file from page-multiple `offset`, private: pages
 * are shared until written. Bytes past the file's end within its last page are zero.
 */
enum kstatus must_check env_map_image(struct proc *proc, vaddr_t address, u64 length, unsigned prot,
	struct file_image *image, u64 offset);
/* Pages that are not mapped are passed over. */
enum kstatus must_check env_unmap(struct proc *proc, vaddr_t address, u64 length);
/* K_NOENT at the first page that is not mapped; what lies before it has changed, as on Linux. */
enum kstatus must_check env_protect(struct proc *proc, vaddr_t address, u64 length, unsigned prot);

/*
 * Maps at [to, to + length), which is free, what lies `skip` bytes behind `from` in the mapping
 * that is there, with the same rights; the pages of [from, from + moved), which does not meet it,
 * come along and leave their place as if it had never been touched. K_NOMEM: nothing has changed.
 */
enum kstatus must_check env_remap(
	struct proc *proc, vaddr_t from, u64 skip, vaddr_t to, u64 length, u64 moved);
/* Forgets the pages of a range: private memory is as it was when it was mapped. Holes are fine. */
void env_discard(struct proc *proc, vaddr_t address, u64 length);
/* resident[i]: whether page i of the range is in memory. */
#define ENV_RESIDENT_MAX 4096u /* pages at once */
void env_resident(struct proc *proc, vaddr_t address, u64 pages, u8 *resident);

/* What the process's space has taken so far. */
struct env_usage {
	u64 resident, peak; /* pages, now and at most */
	u64 faults;         /* page faults resolved */
};
void env_usage(struct proc *proc, struct env_usage *usage);

/* See times.h. */
void env_times(struct proc *thread, struct env_times *times);
/* For how many nanoseconds nobody could run. */
u64 env_idle(void);
/* How many threads can run, averaged over 1, 5 and 15 minutes, in 2048ths (Linux's avenrun). */
#define ENV_LOADS 3
void env_loads(u64 loads[ENV_LOADS]);

/* --- file memory ------------------------------------------------------------- */

/*
 * What a file of the services' own keeps its bytes in: a row of pages, zero
 * until written, that the services read and write in place and that clients
 * may map. So a write() and a store to a shared mapping are the same memory.
 */
struct env_object;

/* An object without pages. K_NOMEM. */
enum kstatus must_check env_object_create(struct env_object **out);
/* The services need it no more; clients that map it keep it alive for themselves. */
void env_object_destroy(struct env_object *object);
/* From now on it has room for `pages` pages; those that lie beyond are dropped. K_NOMEM: growing
 * failed. */
enum kstatus must_check env_object_resize(struct env_object *object, u64 pages);
/*
 * The bytes of page `index`, which must be within its size. NULL: it was never
 * written and `create` is false, or memory is out. Good until the object shrinks or goes.
 */
void *env_object_page(struct env_object *object, u64 index, bool create);
/* The first page at or behind `index` that was written, by whomever; the object's size where there
 * is none. */
u64 env_object_next_page(struct env_object *object, u64 index);
/*
 * Maps pages from `offset` (a page multiple) on, shared or private as `flags` say. A touch beyond
 * the object's size is a memory fault. Address and flags as for env_map_anonymous().
 */
enum kstatus must_check env_map_object(struct proc *proc, vaddr_t *address, u64 length,
	unsigned prot, unsigned flags, struct env_object *object, u64 offset);

/* Whether a client has some of it mapped. */
bool env_object_is_mapped(const struct env_object *object);

/*
 * What memory that several may map lies at `address` of the process being served: a number that no
 * other memory ever had, and the place in it in bytes. K_NOENT: nothing is there, or what is there
 * is the process's alone.
 */
enum kstatus must_check env_name_memory(vaddr_t address, u64 *memory, u64 *offset);

/*
 * Reads another process's memory, as env_copyin() reads the caller's. Stops at the first page
 * that is not there: how many bytes were read.
 */
size_t env_read_memory(struct proc *proc, void *to, vaddr_t from, size_t n);

/*
 * Changes another process's memory, as env_copyout() does the caller's. Stops at the first page
 * that is not there or may not be written: how many bytes were.
 */
size_t env_change_memory(struct proc *proc, vaddr_t to, const void *from, size_t n);

/* The machine's memory, in pages. */
struct env_memory {
	u64 total_pages, free_pages;
};
void env_memory(struct env_memory *memory);
/* How many frames the services' own allocator has beyond those of the start, less those that hold
 * the stacks of their own threads: what follows the largest need so far, for who looks for leaks.
 */
s64 env_given_frames(void);

/* --- the client's thread ---------------------------------------------------- */

/* A new process's empty address space and its thread, which does not run yet. */
enum kstatus must_check env_client_create(struct proc *proc);
/*
 * The same as a copy of `parent`, which is the process being served: memory copy on write,
 * registers as at its system call, with result 0.
 */
enum kstatus must_check env_client_fork(struct proc *parent, struct proc *child);
/* exec, step 1: a fresh empty space for `proc` beside its old one; all env_map… calls go to the
 * fresh one. */
enum kstatus must_check env_exec_begin(struct proc *proc);
/* exec, step 2a: the fresh space replaces the old; the process will run at `entry` with `stack`,
 * other registers 0. */
void env_exec_commit(struct proc *proc, vaddr_t entry, vaddr_t stack);
/* exec, step 2b: it did not work out: the fresh space goes, the old stays. */
void env_exec_abort(struct proc *proc);
/* Lets a created, forked or exec'ed process run. Harmless on one that is being served. */
void env_client_start(struct proc *proc);
/*
 * The process has ended: takes away its thread, and its memory if nobody else shares that. When it
 * is the one being served, its call is never answered; the caller goes on as a part of the monitor
 * and then returns ENV_NO_REPLY up to the dispatcher.
 */
void env_client_destroy(struct proc *proc);
#define ENV_NO_REPLY (-4096L) /* not an errno: the last one is 4095 */

/*
 * A further thread: `child` shares the space of `parent`, which is the process being served, and
 * starts as a copy of its registers with result 0 and, unless 0, with `stack` and `thread_pointer`.
 * Does not run yet.
 */
enum kstatus must_check env_client_share(
	struct proc *parent, struct proc *child, vaddr_t stack, vaddr_t thread_pointer);

/* The registers of user mode, in the order of Linux's struct user_regs_struct as far as that goes.
 */
struct user_registers {
	u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	u64 call; /* the number of the system call being served (orig_rax), or -1 */
	u64 rip, cs, rflags, rsp, ss;
};
/* Only of a process that is in a call, has faulted or is in services_attention(). rax is the
 * call's result once it has one. */
void env_get_registers(struct proc *proc, struct user_registers *registers);
/*
 * Replaces them; a call that does this returns registers->rax as its result. Segments and
 * privileged flags are as they were. K_INVAL: rip is not a user address.
 */
enum kstatus must_check env_set_registers(
	struct proc *proc, const struct user_registers *registers);
/* Where the stack of a child begins that env_client_fork() has just made. */
void env_set_stack(struct proc *child, vaddr_t stack);
/* The floating-point state, in the processor's XSAVE form: what signal frames hold. Bad contents
 * are made harmless. */
#define ENV_FPU_SIZE 832
void env_get_fpu(struct proc *proc, void *state);
void env_set_fpu(struct proc *proc, const void *state);

/*
 * services_attention(proc) is called, in the process and with the monitor held, before it next runs
 * in user mode, wherever it is now; if it sleeps in a call, the sleep is broken off with
 * K_INTERRUPTED.
 */
void env_attention(struct proc *proc);
/* services_call_over(proc) is called, with the monitor held, when the call of `proc` that is being
 * served is over; not if that ends it. */
void env_call_over(struct proc *proc);

/* The thread pointer (fs base) of the process being served, or of one that it has just forked.
 * K_INVAL: not a user address. */
enum kstatus must_check env_set_thread_pointer(struct proc *proc, vaddr_t base);
vaddr_t env_thread_pointer(struct proc *proc);

/* --- the outside world ------------------------------------------------------- */

void env_console_write(const char *bytes, size_t n);
/* From now on services_input() is called with what is typed, soon after it was. */
void env_console_listen(void);
void env_result_write(const char *bytes, size_t n);
/*
 * The disk, if there is one: its size in sectors of 512 bytes (0: none), whole
 * sectors to and from memory of the services' own that does not cross a page, and what
 * was written made durable. K_NOENT, K_RANGE, K_DENIED (read-only), K_FAULT (the device failed).
 * May block in the call of a process, not in an upcall.
 */
u64 env_disk_size(void);
enum kstatus must_check env_disk_read(u64 sector, u32 count, void *buffer);
enum kstatus must_check env_disk_write(u64 sector, u32 count, const void *buffer);
enum kstatus must_check env_disk_flush(void);
/* The initial RAM disk, readable for ever, where the services see it. */
const void *env_initrd(size_t *size);
/* The kernel's command line option; false if absent. */
bool env_option(const char *key, char *out, size_t size);
noreturn void env_power_off(int status);

/* Memory for service objects: kalloc()/kfree() and caches of <objects/objects.h>. */

#include <personality_impl.h>
