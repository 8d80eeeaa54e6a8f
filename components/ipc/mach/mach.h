/*
 * Mach system calls for user-mode code: one inline function for each trap, under Mach's names.
 * Results are KERN_… and MACH_… codes unless said otherwise.
 */
#pragma once

#include <ipc/mach/mach_kernel.h>

static always_inline long mach_trap6(long number, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	register u64 r10 __asm__("r10") = d;
	register u64 r8 __asm__("r8") = e;
	register u64 r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(-number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

static always_inline long mach_trap3(long number, u64 a, u64 b, u64 c)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(-number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
}

static always_inline long mach_trap4(long number, u64 a, u64 b, u64 c, u64 d)
{
	register u64 r10 __asm__("r10") = d;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(-number), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return result;
}

/* Time-outs are milliseconds, 0: do not wait at all; they count only with the option that names
 * them. */
static always_inline long mach_msg(void *msg, u32 option, u32 send_size, u32 rcv_size,
	mach_port_t rcv_name, u32 timeout, mach_port_t notify)
{
	return mach_trap6(MACH_TRAP_MSG, (u64)msg, option, send_size, rcv_size, rcv_name,
		timeout | (u64)notify << 32);
}

/* A new receive right; MACH_PORT_NULL when there is no room. */
static inline mach_port_t mach_reply_port(void)
{
	return (mach_port_t)mach_trap3(MACH_TRAP_REPLY_PORT, 0, 0, 0);
}

/* Send rights to one's own ports; each call adds a user reference, so keep the name. */
static inline mach_port_t mach_thread_self(void)
{
	return (mach_port_t)mach_trap3(MACH_TRAP_THREAD_SELF, 0, 0, 0);
}

static inline mach_port_t mach_task_self(void)
{
	return (mach_port_t)mach_trap3(MACH_TRAP_TASK_SELF, 0, 0, 0);
}

/* Lets another thread run. */
static inline void swtch(void)
{
	mach_trap3(MACH_TRAP_SWTCH, 0, 0, 0);
}

/* --- ports: of the task named first ------------------------------------------------ */

static inline long mach_port_allocate(mach_port_t task, u32 right, mach_port_t *name)
{
	return mach_trap3(MACH_TRAP_PORT_ALLOCATE, task, right, (u64)name);
}

static inline long mach_port_deallocate(mach_port_t task, mach_port_t name)
{
	return mach_trap3(MACH_TRAP_PORT_DEALLOCATE, task, name, 0);
}

/* The caller's right `port`, taken with `disposition`, becomes `name` in the task. */
static inline long mach_port_insert_right(
	mach_port_t task, mach_port_t name, mach_port_t port, u32 disposition)
{
	return mach_trap4(MACH_TRAP_PORT_INSERT_RIGHT, task, name, port, disposition);
}

static inline long mach_port_mod_refs(mach_port_t task, mach_port_t name, u32 right, s32 delta)
{
	return mach_trap4(MACH_TRAP_PORT_MOD_REFS, task, name, right, (u64)(s64)delta);
}

static inline long mach_port_get_refs(mach_port_t task, mach_port_t name, u32 right, u32 *refs)
{
	return mach_trap4(MACH_TRAP_PORT_GET_REFS, task, name, right, (u64)refs);
}

/* Into a set, or with MACH_PORT_NULL out of the one it is in. */
static inline long mach_port_move_member(mach_port_t task, mach_port_t member, mach_port_t set)
{
	return mach_trap3(MACH_TRAP_PORT_MOVE_MEMBER, task, member, set);
}

static inline long mach_port_set_qlimit(mach_port_t task, mach_port_t name, u32 limit)
{
	return mach_trap3(MACH_TRAP_PORT_SET_QLIMIT, task, name, limit);
}

/*
 * MACH_NOTIFY_DEAD_NAME or MACH_NOTIFY_NO_SENDERS of `name` is to be sent with a send-once right
 * taken from the caller's `notify` (MACH_PORT_NULL: with none any more). `sync`: of a name that is
 * dead by now, whether to say so at once; of senders, say so at once if there are none and as many
 * send rights were made. *previous: the right that was kept for this until now, or MACH_PORT_NULL.
 */
static inline long mach_port_request_notification(mach_port_t task, mach_port_t name, u32 id,
	u32 sync, mach_port_t notify, u32 disposition, mach_port_t *previous)
{
	return mach_trap6(MACH_TRAP_REQUEST_NOTIFICATION, task, name, id | (u64)sync << 32, notify,
		disposition, (u64)previous);
}

/* --- memory ------------------------------------------------------------------------- */

/* `object`: a send right to a pager's port, or MACH_PORT_NULL for zero-filled memory; flags:
 * MACH_VM_… and rights. */
static inline long vm_map(
	mach_port_t task, u64 *address, u64 size, u32 flags, mach_port_t object, u64 offset)
{
	return mach_trap6(MACH_TRAP_VM_MAP, task, (u64)address, size, flags, object, offset);
}

static inline long vm_allocate(mach_port_t task, u64 *address, u64 size, bool anywhere)
{
	return mach_trap4(MACH_TRAP_VM_ALLOCATE, task, (u64)address, size, anywhere);
}

static inline long vm_deallocate(mach_port_t task, u64 address, u64 size)
{
	return mach_trap3(MACH_TRAP_VM_DEALLOCATE, task, address, size);
}

static inline long vm_protect(mach_port_t task, u64 address, u64 size, u32 rights)
{
	return mach_trap4(MACH_TRAP_VM_PROTECT, task, address, size, rights);
}

static inline long vm_read(mach_port_t task, u64 address, u64 size, void *to)
{
	return mach_trap4(MACH_TRAP_VM_READ, task, address, size, (u64)to);
}

static inline long vm_write(mach_port_t task, u64 address, const void *from, u64 size)
{
	return mach_trap6(MACH_TRAP_VM_WRITE, task, address, (u64)from, size, 0, 0);
}

/* The same whatever the rights of the pages there: for whoever loads a program. Private pages are
 * copied first. */
static inline long vm_write_forced(mach_port_t task, u64 address, const void *from, u64 size)
{
	return mach_trap6(MACH_TRAP_VM_WRITE, task, address, (u64)from, size, 1, 0);
}

/*
 * What lies at an address: an object, by a number that no other ever had, and the offset in it. As
 * Mach's vm_region() told it by a port. KERN_INVALID_ADDRESS: nothing, or memory that is the task's
 * alone.
 */
static inline long vm_region_object(mach_port_t task, u64 address, struct mach_region *region)
{
	return mach_trap3(MACH_TRAP_VM_REGION_OBJECT, task, address, (u64)region);
}

/* If the aligned word at `address` is *expected it becomes `fresh`, in one step; *expected: what it
 * was. */
static inline long vm_exchange(mach_port_t task, u64 address, u32 *expected, u32 fresh)
{
	return mach_trap4(MACH_TRAP_VM_EXCHANGE, task, address, (u64)expected, fresh);
}

/*
 * A send right to a fresh memory object of `pages` zero-filled pages, which vm_map() takes; it goes
 * with its last right and mapping.
 */
static inline long mach_make_memory_entry(u64 pages, mach_port_t *entry)
{
	return mach_trap3(MACH_TRAP_MAKE_MEMORY_ENTRY, pages, (u64)entry, 0);
}

/* Pages beyond are dropped, and touching them is a memory fault; mappings that have touched them
 * keep them. */
static inline long mach_resize_memory_entry(mach_port_t entry, u64 pages)
{
	return mach_trap3(MACH_TRAP_RESIZE_MEMORY_ENTRY, entry, pages, 0);
}

/* How many mappings of it there are, the caller's own among them. */
static inline long mach_memory_entry_mappings(mach_port_t entry, u64 *mappings)
{
	return mach_trap3(MACH_TRAP_MEMORY_ENTRY_MAPPINGS, entry, (u64)mappings, 0);
}

/* The first page at or behind page `index` that somebody has touched; the entry's length where
 * there is none. */
static inline long mach_memory_entry_next(mach_port_t entry, u64 index, u64 *next)
{
	return mach_trap3(MACH_TRAP_MEMORY_ENTRY_NEXT, entry, index, (u64)next);
}

/*
 * Maps at `to`, where nothing is, `size` bytes of what lies `skip` bytes behind `from`, and takes
 * the pages of `moved` bytes at `from` along.
 */
static inline long vm_remap(mach_port_t task, u64 from, u64 skip, u64 to, u64 size, u64 moved)
{
	return mach_trap6(MACH_TRAP_VM_REMAP, task, from, skip, to, size, moved);
}

/* Private memory of the range is as new again. */
static inline long vm_discard(mach_port_t task, u64 address, u64 size)
{
	return mach_trap3(MACH_TRAP_VM_DISCARD, task, address, size);
}

/* resident[i]: whether page i is in memory; up to MACH_VM_RESIDENT_MAX of them. */
static inline long vm_resident(mach_port_t task, u64 address, u64 pages, u8 *resident)
{
	return mach_trap4(MACH_TRAP_VM_RESIDENT, task, address, pages, (u64)resident);
}

static inline long task_usage(mach_port_t task, struct mach_task_usage *usage)
{
	return mach_trap3(MACH_TRAP_TASK_USAGE, task, (u64)usage, 0);
}

/* --- tasks and threads ----------------------------------------------------------------- */

static inline long task_create(mach_port_t parent, u32 flags, mach_port_t *child)
{
	return mach_trap3(MACH_TRAP_TASK_CREATE, parent, flags, (u64)child);
}

static inline long task_terminate(mach_port_t task)
{
	return mach_trap3(MACH_TRAP_TASK_TERMINATE, task, 0, 0);
}

static inline long task_get_special_port(mach_port_t task, u32 which, mach_port_t *port)
{
	return mach_trap3(MACH_TRAP_TASK_GET_SPECIAL_PORT, task, which, (u64)port);
}

static inline long task_set_special_port(mach_port_t task, u32 which, mach_port_t port)
{
	return mach_trap3(MACH_TRAP_TASK_SET_SPECIAL_PORT, task, which, port);
}

/* System calls with numbers from 0 on go to `entry` in the task's own space (0: nowhere). */
static inline long task_set_emulation(mach_port_t task, u64 entry)
{
	return mach_trap3(MACH_TRAP_TASK_SET_EMULATION, task, entry, 0);
}

static inline long thread_create(mach_port_t task, mach_port_t *thread)
{
	return mach_trap3(MACH_TRAP_THREAD_CREATE, task, (u64)thread, 0);
}

static inline long thread_terminate(mach_port_t thread)
{
	return mach_trap3(MACH_TRAP_THREAD_TERMINATE, thread, 0, 0);
}

static inline long thread_suspend(mach_port_t thread)
{
	return mach_trap3(MACH_TRAP_THREAD_SUSPEND, thread, 0, 0);
}

static inline long thread_resume(mach_port_t thread)
{
	return mach_trap3(MACH_TRAP_THREAD_RESUME, thread, 0, 0);
}

/* Breaks off the wait that the thread is in. */
static inline long thread_abort(mach_port_t thread)
{
	return mach_trap3(MACH_TRAP_THREAD_ABORT, thread, 0, 0);
}

/*
 * `flavor`: MACH_THREAD_…; `size` is that structure's. Setting the registers of a thread that waits
 * in mach_msg() ends that call without a result. KERN_FAILURE: it waits inside the kernel for
 * something else; try again.
 */
static inline long thread_get_state(mach_port_t thread, u32 flavor, void *state, u64 size)
{
	return mach_trap4(MACH_TRAP_THREAD_GET_STATE, thread, flavor, (u64)state, size);
}

static inline long thread_set_state(mach_port_t thread, u32 flavor, const void *state, u64 size)
{
	return mach_trap4(MACH_TRAP_THREAD_SET_STATE, thread, flavor, (u64)state, size);
}

/* `target`, which has not run yet, gets all of the state of `source`, and rax = result. */
static inline long thread_dup(mach_port_t source, mach_port_t target, u64 result)
{
	return mach_trap3(MACH_TRAP_THREAD_DUP, source, target, result);
}

static inline long thread_times(mach_port_t thread, struct mach_thread_times *times)
{
	return mach_trap3(MACH_TRAP_THREAD_TIMES, thread, (u64)times, 0);
}

/* --- devices and the machine ------------------------------------------------------------ */

static inline long device_write(mach_port_t device, const void *bytes, u64 size)
{
	return mach_trap3(MACH_TRAP_DEVICE_WRITE, device, (u64)bytes, size);
}

/* What is there now, up to `size` bytes; *count says how many (0: nothing yet). */
static inline long device_read(mach_port_t device, void *bytes, u64 size, u64 *count)
{
	return mach_trap4(MACH_TRAP_DEVICE_READ, device, (u64)bytes, size, (u64)count);
}

/*
 * A disk: its size, and whole sectors, up to MACH_SECTORS_MAX at once. KERN_INVALID_ARGUMENT beyond
 * its end, KERN_PROTECTION_FAILURE for writing one that is read-only, KERN_FAILURE when it fails.
 */
static inline long device_status(mach_port_t device, struct mach_disk_status *status)
{
	return mach_trap3(MACH_TRAP_DEVICE_STATUS, device, (u64)status, 0);
}

static inline long device_read_at(mach_port_t device, u64 sector, void *to, u32 count)
{
	return mach_trap4(MACH_TRAP_DEVICE_READ_AT, device, sector, (u64)to, count);
}

static inline long device_write_at(mach_port_t device, u64 sector, const void *from, u32 count)
{
	return mach_trap4(MACH_TRAP_DEVICE_WRITE_AT, device, sector, (u64)from, count);
}

/* What was written is durable afterwards. */
static inline long device_flush(mach_port_t device)
{
	return mach_trap3(MACH_TRAP_DEVICE_FLUSH, device, 0, 0);
}

/* The machine's memory, in pages. */
static inline long host_memory(mach_port_t host, struct mach_host_memory *memory)
{
	return mach_trap3(MACH_TRAP_HOST_MEMORY, host, (u64)memory, 0);
}

static inline long host_times(mach_port_t host, struct mach_host_times *times)
{
	return mach_trap3(MACH_TRAP_HOST_TIMES, host, (u64)times, 0);
}

/* Ends the machine: success, or failure for a status other than 0. Returns only when refused. */
static inline long host_reboot(mach_port_t host, u32 status)
{
	return mach_trap3(MACH_TRAP_HOST_REBOOT, host, status, 0);
}
