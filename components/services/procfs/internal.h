/* internal: what the files of the part know of each other. */
#pragma once

#include <services/procfs/text.h>
#include <services/tree/status.h>
#include <services/tree/tree.h>

/*
 * A name in /proc, in the directory of a process, or in one below: a text with one of the two ways
 * to make it, a directory of such names, or something with operations of its own.
 */
struct entry {
	const char *name;
	u32 mode;
	const struct inode_ops *ops;
	proc_text *text;
	proc_records *records;
	proc_write *write;
	bool secret; /* only who may look into the process may open it */
	const struct table *below;
};

/* The names of a directory. Inode numbers count from `first`, which no others of its kind do. */
struct table {
	const struct entry *of;
	u32 count, first;
};

struct proc_inode {
	struct inode inode;
	s32 pid;                   /* 0: of the system */
	const struct entry *entry; /* NULL: the root, a process, a descriptor */
	u32 fd;
	bool of_thread; /* below task */
};

static inline struct proc_inode *proc_inode_of(const struct inode *inode)
{
	return container_of(inode, struct proc_inode, inode);
}

extern const struct table system_table, process_table;
extern const struct inode_ops root_ops, process_ops, table_ops, fds_ops, fdinfos_ops, threads_ops;
extern const struct inode_ops text_inode_ops, link_ops, fd_link_ops, self_ops;
extern const struct file_ops text_ops[4];
extern const struct entry fdinfo_entry;

#define KIND_ROOT    0xf0u
#define KIND_PROCESS 0xf1u
#define KIND_FD      0xf2u /* a descriptor's link */
#define KIND_THREAD  0xf3u /* like a process, below task */
#define KIND_FDINFO  0xf4u

/* An inode's number says what it is about: so it is the same each time. */
static inline u64 proc_number(s32 pid, u32 kind, u32 fd)
{
	return (((u64)pid << 8 | kind) << 12 | fd) + 1;
}

/* `model` says what it is; -ENOMEM. */
long proc_inode_create(struct volume *volume, const struct inode_ops *ops, u32 mode, u32 kind,
	const struct proc_inode *model, struct inode **out) must_check;
void proc_inode_release(struct inode *inode);

/* The open file behind a descriptor of a process; NULL: neither or nobody. */
struct open_file *proc_open_file(s32 pid, u32 fd);
