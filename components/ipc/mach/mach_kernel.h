/*
 * The Mach-like kernel's binary interface, second part: trap numbers, and the structures that traps
 * and kernel messages use. Numbers are negative; those that Mach has are Mach's own.
 *
 * Where Mach has a message to a task's, thread's or device's port, this kernel has a trap that
 * takes that port's name: the check is the same (the caller must hold a send right to a port of
 * that kind), the message is saved.
 */
#pragma once

#include <ipc/mach/mach_types.h>

#define MACH_TRAP_MSG                   25
#define MACH_TRAP_REPLY_PORT            26
#define MACH_TRAP_THREAD_SELF           27
#define MACH_TRAP_TASK_SELF             28
#define MACH_TRAP_SWTCH                 60
#define MACH_TRAP_VM_MAP                64
#define MACH_TRAP_VM_ALLOCATE           65
#define MACH_TRAP_VM_DEALLOCATE         66
#define MACH_TRAP_VM_PROTECT            67
#define MACH_TRAP_TASK_CREATE           68
#define MACH_TRAP_TASK_TERMINATE        69
#define MACH_TRAP_TASK_GET_SPECIAL_PORT 70
#define MACH_TRAP_TASK_SET_SPECIAL_PORT 71
#define MACH_TRAP_PORT_ALLOCATE         72
#define MACH_TRAP_PORT_DEALLOCATE       73
#define MACH_TRAP_PORT_INSERT_RIGHT     74
#define MACH_TRAP_PORT_MOD_REFS         75
#define MACH_TRAP_PORT_GET_REFS         76
#define MACH_TRAP_PORT_MOVE_MEMBER      77
#define MACH_TRAP_PORT_SET_QLIMIT       78
#define MACH_TRAP_VM_READ               79
#define MACH_TRAP_VM_WRITE              80
#define MACH_TRAP_TASK_SET_EMULATION    81
#define MACH_TRAP_THREAD_CREATE         82
#define MACH_TRAP_THREAD_TERMINATE      83
#define MACH_TRAP_THREAD_SUSPEND        84
#define MACH_TRAP_THREAD_RESUME         85
#define MACH_TRAP_THREAD_ABORT          86
#define MACH_TRAP_THREAD_GET_STATE      87
#define MACH_TRAP_THREAD_SET_STATE      88
#define MACH_TRAP_THREAD_DUP            89
#define MACH_TRAP_DEVICE_WRITE          90
#define MACH_TRAP_DEVICE_READ           91
#define MACH_TRAP_HOST_REBOOT           92
#define MACH_TRAP_MAKE_MEMORY_ENTRY     93
#define MACH_TRAP_RESIZE_MEMORY_ENTRY   94
#define MACH_TRAP_TASK_USAGE            95
#define MACH_TRAP_HOST_MEMORY           96
#define MACH_TRAP_DEVICE_STATUS         97
#define MACH_TRAP_DEVICE_READ_AT        98
#define MACH_TRAP_DEVICE_WRITE_AT       99
#define MACH_TRAP_DEVICE_FLUSH          100
#define MACH_TRAP_REQUEST_NOTIFICATION  101
#define MACH_TRAP_VM_REMAP              102
#define MACH_TRAP_VM_DISCARD            103
#define MACH_TRAP_VM_RESIDENT           104
#define MACH_TRAP_MEMORY_ENTRY_MAPPINGS 105
#define MACH_TRAP_VM_REGION_OBJECT      106
#define MACH_TRAP_VM_EXCHANGE           107
#define MACH_TRAP_MEMORY_ENTRY_NEXT     108
#define MACH_TRAP_THREAD_TIMES          109
#define MACH_TRAP_HOST_TIMES            110
#define MACH_TRAPS                      111

/* --- memory --------------------------------------------------------------------- */

/* The flags of vm_map: rights in the low three bits (read 1, write 2, execute 4), and */
#define MACH_VM_ANYWHERE                                                                           \
	0x10u /* the highest free place below *address (0: below the end of user memory) */
#define MACH_VM_COPY                                                                               \
	0x20u /* private, copied on write; else all mappings see each other's writes               \
	       */
#define MACH_VM_OVERWRITE 0x40u /* what is mapped there goes first */
#define MACH_VM_READ_ONLY 0x80u /* vm_protect() must not make it writable */
#define MACH_VM_FLAGS     0xf7u

/* A vm object without a pager, zero-filled; in pages of 4096 bytes. */
#define MACH_MEMORY_ENTRY_PAGES_MAX ((u64)1 << 21) /* 8 GiB */

struct mach_region {
	u64 object, offset; /* bytes */
};

/* Pages that vm_resident() tells of at once. */
#define MACH_VM_RESIDENT_MAX 4096u
/* How far vm_remap() skips at most. */
#define MACH_VM_SKIP_MAX ((u64)1 << 47)

struct mach_task_usage {
	u64 resident, peak; /* pages, now and at most */
	u64 faults;         /* that were resolved */
};

/* As Mach's thread_info() told it, but that a server's time is its clients'. */
struct mach_thread_times {
	u64 total;         /* nanoseconds */
	u64 program_ticks; /* timer ticks that found it in user mode … */
	u64 system_ticks;  /* … or the kernel, or a server, at work for it */
	u64 preemptions;   /* times that another ran though it was ready */
};

/* Of the machine: for how many nanoseconds nobody could run, and how many can, averaged over 1, 5
 * and 15 minutes, in 2048ths. */
struct mach_host_times {
	u64 idle;
	u64 loads[3];
};

struct mach_host_memory {
	u64 total_pages, free_pages;
};

/* A child of task_create() gets a copy (on write) of all memory, or none. */
#define MACH_TASK_INHERIT 1u

/* --- tasks and threads ------------------------------------------------------------- */

#define TASK_EXCEPTION_PORT 3u
#define TASK_BOOTSTRAP_PORT 4u

#define MACH_THREAD_REGISTERS 1u
struct mach_thread_registers {
	u64 rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp, r8, r9, r10, r11, r12, r13, r14, r15, rip,
		rflags;
};
#define MACH_THREAD_POINTERS 2u
struct mach_thread_pointers {
	u64 fs_base, gs_base;
	u64 emulation; /* what a redirected system call finds in r11 */
};

#define MACH_THREAD_FPU 3u
struct mach_thread_fpu {
	u8 area[832]; /* as XSAVE stores it: x87, SSE, AVX. Bad contents are made harmless */
};

/* --- exceptions: what the exception port gets ----------------------------------------- */

#define MACH_EXCEPTION_RAISE 2400
#define MACH_EXCEPTION_REPLY                                                                       \
	2500 /* struct mig_reply; ret_code 0: the thread goes on, else its task ends */
#define EXC_BAD_ACCESS                                                                             \
	1 /* code: KERN_…; subcode: the address; access: 1 read, 2 write, 4 execute */
#define EXC_PROCESSOR 2 /* code: the processor's vector; subcode: its error code */
#define EXC_SYSCALL   7 /* code: the number of a call that nobody emulates */

struct mach_exception {
	struct mach_msg_header head;
	struct mach_msg_type ports_type; /* two send rights */
	u64 thread, task;
	struct mach_msg_type codes_type; /* four 64-bit integers */
	u64 exception, code, subcode, access;
};

/* --- external memory objects ------------------------------------------------------------ */

/* The kernel asks the pager; the right to answer comes as the message's reply right (a send right).
 */
#define MEMORY_OBJECT_DATA_REQUEST 2203
struct memory_object_data_request {
	struct mach_msg_header head;
	struct mach_msg_type type; /* three 64-bit integers */
	u64 offset, length, desired_access;
};

#define MEMORY_OBJECT_DATA_PROVIDED    2303
#define MEMORY_OBJECT_DATA_UNAVAILABLE 2304 /* zeroes, please */
#define MEMORY_OBJECT_DATA_ERROR       2305 /* the access fails */
#define MEMORY_OBJECT_PAGE_SIZE        4096u
struct memory_object_answer { /* unavailable and error end here */
	struct mach_msg_header head;
	struct mach_msg_type type; /* one 64-bit integer */
	u64 offset;
};
struct memory_object_data_provided {
	struct memory_object_answer answer;
	struct mach_msg_type data_type; /* MEMORY_OBJECT_PAGE_SIZE bytes */
	u8 data[MEMORY_OBJECT_PAGE_SIZE];
};
#define MEMORY_OBJECT_PAGES_MAX ((u64)1 << 18) /* 1 GiB in one object */

/* --- devices ------------------------------------------------------------------------------- */

#define MACH_SECTOR_SIZE 512u
#define MACH_SECTORS_MAX 8u /* in one transfer */
struct mach_disk_status {
	u64 sectors;
	u32 read_only, reserved;
};

/* --- the first task ------------------------------------------------------------------------ */

/* Its thread starts with rdi pointing to this. */
#define MACH_BOOT_MAGIC 0x6d6f727469736533ull
struct mach_boot {
	u64 magic;
	mach_port_t host;             /* privileged: power-off */
	mach_port_t console, results; /* devices */
	mach_port_t disk;             /* a device, or MACH_PORT_NULL */
	u64 initrd, initrd_size;      /* mapped read-only */
	char command_line[512];
};
