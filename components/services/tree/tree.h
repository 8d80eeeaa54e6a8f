/*
 * tree: the file tree, and what a file system must do to have a place in it.
 *
 * Three things carry it:
 * - an *inode* is a file, of whatever kind, while somebody knows of it;
 * - a *node* is a name: it joins a directory's inode to another inode. Nodes of a file system form
 * a tree through `parent`, with which `..`, getcwd and mounts need to ask nobody;
 * - a *volume* is one instance of a file system. It is seen through a *mount*, which puts
 *   its root over a node of another volume.
 *
 * All three are counted. A node holds its inode and its parent; a place holds a node and a mount.
 * Looked-up nodes are found again through a hash table. In a volume that lives in memory alone
 * (`in_memory`), the nodes are the directory: each is held once for being linked, and what the
 * table does not know is not there. In any other the operation `find` is asked, and a node nobody
 * holds goes.
 *
 * Everything runs in the monitor (personality.h). An operation may sleep unless it says otherwise,
 * and a copy from or to a client may. inode_lock() holds the bytes of a file over that. A file
 * system whose directory operations sleep keeps them apart by a lock of its own.
 */
#pragma once

#include <services/errno.h>
#include <services/files/files.h>
#include <services/inotify/notify.h>
#include <services/services.h>
#include <services/tree/place.h>

/*
 * The process whose doing it is: the current one, except while process 1 is being made.
 */
extern struct proc *tree_first;
static inline struct proc *tree_actor(void)
{
	return unlikely(tree_first != NULL) ? tree_first : env_current();
}
/* And as whom: who it is, unless access(2) asks for somebody else. */
static inline const struct credentials *tree_identity(void)
{
	const struct proc *actor = tree_actor();

	return unlikely(actor->acts_as != NULL) ? actor->acts_as : &actor->identity;
}

#define NAME_MAX 255u
#define PATH_MAX 4096u

#define S_IFMT   0170000u
#define S_IFSOCK 0140000u
#define S_IFLNK  0120000u
#define S_IFREG  0100000u
#define S_IFBLK  0060000u
#define S_IFDIR  0040000u
#define S_IFCHR  0020000u
#define S_IFIFO  0010000u
#define S_ISUID  0004000u
#define S_ISGID  0002000u
#define S_ISVTX  0001000u
#define MODE_ALL 0007777u

#define AT_FDCWD            (-100)
#define AT_SYMLINK_NOFOLLOW 0x100u
#define AT_EACCESS          0x200u
#define AT_REMOVEDIR        0x200u
#define AT_SYMLINK_FOLLOW   0x400u
#define AT_NO_AUTOMOUNT     0x800u
#define AT_EMPTY_PATH       0x1000u
#define AT_STATX_SYNC_TYPE  0x6000u

/* What an access wants: bits of a mode. */
#define WANT_READ    4u
#define WANT_WRITE   2u
#define WANT_EXECUTE 1u /* of a directory: to look names up in it */

/* st_dev and st_rdev as one word; Linux spreads the numbers as here when they are small. */
#define DEVICE(major, minor)                                                                       \
	(((u32)(major)&0xfff) << 8 | ((u32)(minor)&0xff) | ((u32)(minor) & ~0xffu) << 12)
#define DEVICE_MAJOR(device) ((device) >> 8 & 0xfff)
#define DEVICE_MINOR(device) (((device)&0xff) | ((device) >> 12 & ~0xffu))

struct timestamp {
	s64 seconds; /* since 1970 */
	s64 nanoseconds;
};

struct file_watch;
struct inode;
struct node;
struct volume;
struct lock_list;
struct pipe;

/* --- what a file system provides ---------------------------------------------- */

/* Takes one entry of a directory; false when there is no room for more. `next`: the position behind
 * it. */
struct entry_sink {
	bool (*take)(struct entry_sink *sink, const char *name, size_t length, u64 number, u32 mode,
		u64 next);
};

struct inode_ops {
	/* --- directories; NULL: not one that can do that (EPERM, or ENOENT for find) --- */

	/* The inode behind a name, with a reference. -ENOENT. Not asked in a volume that is in
	 * memory. */
	long (*find)(struct inode *dir, const char *name, size_t length, struct inode **inode);
	/*
	 * A new file under the name of `node`, whose inode it sets: of kind and permissions `mode`,
	 * `device` of a device, `target` of a symbolic link. Owners and times are filled in by the
	 * caller; link counts too.
	 */
	long (*create)(
		struct inode *dir, struct node *node, u32 mode, u32 device, const char *target);
	long (*link)(struct inode *dir, struct node *node, struct inode *inode);
	/* Takes a name away. A directory must be empty: -ENOTEMPTY. */
	long (*remove)(struct inode *dir, struct node *node);
	/* Moves the name; `target` (or NULL) is what had it, and goes. Both ways if `exchange`. */
	long (*rename)(struct inode *from, struct node *node, struct inode *to, const char *name,
		struct node *target, bool exchange);
	/* Puts what lies behind `*position` into the sink and moves on. NULL: the nodes are all
	 * there is. */
	long (*list)(struct inode *dir, u64 *position, struct entry_sink *sink);

	/* --- symbolic links --- */

	/* The target, at most `size` bytes; its length. Used where inode->target is NULL. */
	long (*read_link)(struct inode *inode, char *target, size_t size);
	/* A link that leads to a place without a name for it (/proc/PID/exe). With references. */
	long (*jump)(struct inode *inode, struct place *place);

	/* --- all kinds --- */

	/* Completes an open file: may replace ops and object. NULL: nothing to do. */
	long (*open)(struct inode *inode, struct open_file *file);
	/* Regular files: before page `index` is first written. -ENOSPC. NULL: there is always room.
	 */
	long (*reserve)(struct inode *inode, u64 index);
	/* Regular files: as many pages, reserved before, have gone. */
	void (*unreserve)(struct inode *inode, u64 pages);
	/*
	 * Regular files of a volume on a disk; NULL in others. The inode has an object. Before page
	 * `index` is read, and before bytes [from, to) of it are written (which is when a full disk
	 * shows): the object has its bytes afterwards, or no page where they are zero.
	 */
	long (*prepare)(struct inode *inode, u64 index, u32 from, u32 to);
	/* And behind it: they may have been written. Does not sleep. */
	void (*written)(struct inode *inode, u64 index);
	/* A write is over, of which the size tells how far it got. */
	void (*settle)(struct inode *inode);
	/* Before pages are mapped; `stores`: clients may write to them, of which nobody hears. */
	long (*prepare_map)(struct inode *inode, u64 index, u64 count, bool stores);
	/* Before the size changes. If it gets smaller, it has changed afterwards. */
	long (*resize)(struct inode *inode, u64 size);
	/* The first byte from `offset` on that is data, or in a hole; at most the size. */
	long (*seek_data)(struct inode *inode, u64 offset, bool data, u64 *found);
	/* Attributes, times or the link count are about to be looked at / have changed. NULL:
	 * nothing to do. */
	void (*refresh)(struct inode *inode);
	void (*changed)(struct inode *inode);
	/* Everything is on the disk. NULL: there is none. */
	long (*sync)(struct inode *inode);
	/* The last reference has gone; with `links` 0 so does the file. Frees the inode. */
	void (*release)(struct inode *inode);
};

/* A file in memory. A file system embeds it in its own structure, or hangs that on `private`. */
struct inode {
	const struct inode_ops *ops;
	const struct file_ops
		*file_ops;     /* four, by access mode: what opening it gives. NULL: none */
	struct volume *volume; /* held */
	u64 number;
	u32 refs;
	u32 mode, uid, gid, links;
	u32 device; /* of a device: which */
	u64 size;
	struct timestamp atime, mtime, ctime, btime;
	char *target; /* of a symbolic link: `size` bytes and a NUL; NULL: ask read_link */
	struct file_image
		*image; /* of a regular file never written: its bytes in the initrd; else NULL */
	struct env_object *pages;   /* else its bytes; NULL: none yet */
	u64 pages_room;             /* pages that the object has room for */
	u64 pages_used;             /* that were written */
	u64 sectors;                /* of a volume on a disk: what it takes there, in 512 bytes */
	struct lock_list *locks;    /* NULL: none */
	struct file_watch *watches; /* of inotify; NULL: none */
	struct pipe *pipe;          /* of a FIFO that is open; else NULL */
	u32 seals;                  /* what nobody may do to it (seals.h) */
	bool mapped;                /* somebody has, or had, mapped it */
	u32 writers;                /* open files that may write it */
	u32 programs;               /* processes that execute it; never beside writers */
	bool unlinkable;            /* it has no name and never gets one */
	bool busy;
	u32 waiters;
	struct env_queue idle;
	void *private;
};

struct volume_status {
	u64 blocks, blocks_free, inodes, inodes_free; /* blocks of the volume's block_size */
	u64 blocks_reserved;                          /* that not everybody gets */
};

struct volume {
	const struct volume_type *type;
	u32 refs; /* mounts, and inodes */
	u32 mounts;
	u32 device;     /* st_dev */
	bool in_memory; /* its nodes are its directories */
	bool read_only;
	bool on_disk;   /* its operations sleep: volume_lock() */
	u32 block_size; /* 0: a page */
	u32 locked, lock_waiters;
	struct proc *locker; /* while it is locked */
	struct env_queue unlocked;
	struct node *root; /* held until volume_close() */
	u64 last_number;   /* inode numbers given out */
	void *private;
};

struct volume_type {
	const char *name;  /* in mount(2) and /proc/filesystems */
	u32 magic;         /* statfs: f_type */
	bool needs_source; /* a block device: not "nodev" */
	/* A fresh instance with its root; `options` as in mount(2), "" for none. */
	long (*create)(struct volume **out, const char *source, const char *options);
	/* The same of what needs a source: the volume on that block device, which may be mounted
	 * already. Others have no such operation, and this no create. */
	long (*mount)(struct volume **out, u32 device, const char *options, bool read_only);
	void (*status)(struct volume *volume, struct volume_status *status);
	/* Everything is on the disk. NULL: there is none. */
	long (*sync)(struct volume *volume);
	/* The machine is about to be switched off: the same, and nothing is written any more. */
	long (*close)(struct volume *volume);
	/* Whether clients use it though nothing is open. NULL: they cannot. */
	bool (*is_busy)(struct volume *volume);
	/* The last reference has gone. Frees the volume. */
	void (*release)(struct volume *volume);
};

/* --- names --------------------------------------------------------------------- */

#define NODE_NAME_SHORT 32

struct node {
	u32 refs;
	u32 hash;             /* of parent and name */
	struct node *next;    /* in the chain of the hash table */
	struct node *parent;  /* held; itself: the root of its volume */
	struct inode *inode;  /* held; NULL while it is being made */
	struct list children; /* all nodes below it, linked ones of a volume in memory in `order` */
	struct list sibling;
	u64 order;      /* how many entries its directory has had before it; from 2 on */
	u64 last_order; /* given to a child */
	u32 mounts;     /* that are on it */
	u16 length;
	bool linked; /* in the directory: not removed yet */
	char *name;  /* with a NUL */
	char short_name[NODE_NAME_SHORT];
};

void nodes_init(void);
/* A new node that is not linked yet. NULL: memory is out. `parent` NULL: the root of a volume. */
struct node *node_create(struct node *parent, const char *name, size_t length) must_check;
/* Now it can be found. */
void node_link(struct node *node);
/* And now no more. */
void node_unlink(struct node *node);
/* Under another name, or elsewhere; `name` is kept by the node if it is long: see node_name(). */
void node_move(struct node *node, struct node *parent, char *name, size_t length);
/* Memory for a name that node_move() takes over; NULL: out. */
char *node_name(const char *name, size_t length) must_check;
void node_name_free(char *name, size_t length);
static inline struct node *node_ref(struct node *node)
{
	node->refs++;
	return node;
}
void node_unref(struct node *node);
/* The child of that name, held. -ENOENT, -ENOMEM, or what the file system says. */
long node_find(struct node *dir, const char *name, size_t length, struct node **out) must_check;
/* The same if nobody need be asked: else -EAGAIN. */
long node_find_cached(
	struct node *dir, const char *name, size_t length, struct node **out) must_check;
/* How often something in the tree has got another place. */
extern u32 tree_moves;
bool node_is_below(const struct node *node, const struct node *above);

/* --- inodes --------------------------------------------------------------------- */

/* Fills in what every inode has; one reference, one on the volume. */
void inode_init(struct inode *inode, const struct inode_ops *ops, struct volume *volume, u32 mode);
static inline struct inode *inode_ref(struct inode *inode)
{
	inode->refs++;
	return inode;
}
void inode_unref(struct inode *inode);
/* For a file system's release(): gives up the volume, and pages and locks if there are any. */
void inode_fini(struct inode *inode);
static inline bool inode_is(const struct inode *inode, u32 kind)
{
	return (inode->mode & S_IFMT) == kind;
}

/* Whether bytes may be moved between it and another file without a client in between: what stands
 * for a counter, a timer or a queue is read by its readers alone, and so is a directory. */
static inline bool file_can_splice(const struct open_file *file)
{
	return !file->ops->name && !(file->inode && inode_is(file->inode, S_IFDIR));
}
/* Holds the bytes of a file over a sleep. -EINTR. */
long inode_lock(struct inode *inode) must_check;
void inode_unlock(struct inode *inode);
/* Whether the caller may: 0, or -EACCES. A set of WANT_…. */
long inode_access(struct inode *inode, u32 want) must_check;
/* Whether the caller owns it, or may do what owners may. */
bool inode_is_own(const struct inode *inode);
/* Whether that group is one of the caller's; and whether it is, or set-group-ID bits of any are his
 * to give. */
bool inode_in_group(u32 gid);
bool inode_group_is_own(u32 gid);
/* What was trusted to a file as it was is not, now that its owner or its bytes have changed. */
void inode_drop_set_ids(struct inode *inode);
/* The bytes of a file have changed. */
void inode_was_written(struct inode *inode);
#define TOUCH_ATIME 1u
#define TOUCH_MTIME 2u
#define TOUCH_CTIME 4u
void inode_touch(struct inode *inode, unsigned times);
/* Its attributes have changed: the file system is told. */
static inline void inode_changed(struct inode *inode)
{
	if (inode->ops->changed)
		inode->ops->changed(inode);
}
/* The file was read: its atime follows, at most once for each change and each day (Linux's
 * relatime). */
void inode_was_read(struct inode *inode);
struct timestamp tree_now(void);
/* What stat tells. */
struct file_status;
void inode_status(struct inode *inode, struct file_status *status);

/* --- the bytes of regular files ----------------------------------------------------- */

extern const struct file_ops regular_ops[4];
/* Changes the size; the inode is locked. -EFBIG, -ENOMEM, -ENOSPC. */
long inode_truncate(struct inode *inode, u64 size) must_check;
/* Copies from a file into the services' memory; how many bytes there were, or -errno. */
long inode_read(struct inode *inode, u64 offset, void *to, size_t n) must_check;
/* Page `index` exists from now on. */
long inode_make_page(struct inode *inode, u64 index) must_check;
/* Its bytes are to be written, or mapped shared: from now on they lie in pages. -ENOMEM. */
long inode_make_pages(struct inode *inode) must_check;
/* They are to be mapped: in pages, which are there. */
long inode_prepare_map(struct inode *inode, u64 offset, u64 length, bool stores) must_check;
extern const struct file_ops directory_ops[4];
/* The close and release of whatever was opened by name. */
void tree_file_close(struct open_file *file, struct proc *proc);
void tree_file_release(struct open_file *file);
/* Whether a file open so counts among the writers of its inode. */
static inline bool tree_is_writer(const struct inode *inode, u32 flags)
{
	u32 mode = flags & (O_ACCMODE | O_PATH);

	return (mode == O_WRONLY || mode == O_RDWR) && (inode->mode & S_IFMT) == S_IFREG;
}
/* What `proc` executes from now on; takes over the place's references. */
void tree_set_program(struct proc *proc, struct place place);

/* --- mounts ---------------------------------------------------------------------- */

#define MOUNT_READ_ONLY 1u
#define MOUNT_NOSUID    2u
#define MOUNT_NODEV     4u
#define MOUNT_NOEXEC    8u

struct mount {
	u32 refs; /* places that lie in it, and mounts on it */
	u32 flags;
	bool detached; /* goes with the last reference */
	s32 id;
	struct mount *parent; /* held; NULL: the first, or taken down */
	struct node *point;   /* in the parent's volume, held; NULL as above */
	struct node *root;    /* what is seen at it, held */
	struct volume *volume;
	char *source;     /* for /proc/mounts, kalloc'ed */
	struct list link; /* all mounts, the oldest first */
};

extern struct list mounts;

static inline void place_ref(struct place place)
{
	place.mount->refs++;
	place.node->refs++;
}
void place_unref(struct place place);
/* Replaces what a process keeps. Takes over `place`'s references. */
void place_set(struct place *held, struct place place);
static inline bool place_is_same(struct place a, struct place b)
{
	return a.mount == b.mount && a.node == b.node;
}

/* Puts `root` of `volume` over the place (NULL: makes the first mount). Holds what it needs. */
long mount_create(const struct place *at, struct volume *volume, struct node *root, u32 flags,
	const char *source, struct mount **out) must_check;
/* mount(2) with MS_MOVE: what is mounted at `source` is seen at `to` from now on. */
long mount_move(const char *source, struct place to) must_check;
/* Nobody holds it any more: it goes. */
void mount_destroy(struct mount *mount);
/* What is mounted there, and on that: moves the place up to the topmost. */
void mount_enter(struct place *place);
/* From the root of a mount to what it covers; false at the first mount. */
bool mount_leave(struct place *place);
/* 0 or -EROFS. */
long mount_may_write(const struct place *place) must_check;

/*
 * Keeps others away from a volume on a disk while its holder sleeps; the same process may lock it
 * again. A killed process waits like any other: half a change would be none.
 */
void volume_lock_slowly(struct volume *volume);
static inline void volume_lock(struct volume *volume)
{
	if (volume->on_disk)
		volume_lock_slowly(volume);
}
void volume_unlock_slowly(struct volume *volume);
static inline void volume_unlock(struct volume *volume)
{
	if (volume->on_disk)
		volume_unlock_slowly(volume);
}
/* For timers, which serve no process. False: it is locked. */
bool volume_try_lock(struct volume *volume) must_check;

void volume_ref(struct volume *volume);
/* It is mounted nowhere any more: lets go of the root, and in a volume in memory of all files. */
void volume_close(struct volume *volume);
void volume_unref(struct volume *volume);
/* A device number for a volume that is on no device. */
u32 volume_number(void);
/* The type of that name, or NULL. */
const struct volume_type *volume_type_find(const char *name);
/* Everything is on the disks: the machine is about to be switched off. */
void volumes_close(void);
extern const struct volume_type *const volume_types[];
extern const size_t volume_types_count;

/* --- looking paths up ------------------------------------------------------------ */

#define LINKS_MAX 40 /* symbolic links followed in one look-up: Linux's MAXSYMLINKS */

enum last_kind {
	LAST_NAME,
	LAST_DOT,
	LAST_DOTDOT,
	LAST_ROOT, /* the path has no component at all */
};

/*
 * A look-up on its way. After walk_parent(), `at` is the directory in which the last component is
 * to be looked up, and `last` that component.
 */
struct walk {
	struct place at;  /* held */
	const char *rest; /* of the path, or of the link being followed */
	const char *last;
	u32 last_length;
	enum last_kind last_kind;
	bool slash; /* it must be a directory: one stands behind it */
	bool empty; /* the path is "" and that was allowed: `at` is the result */
	u32 followed, depth;
	struct {
		const char *rest;  /* where to go on behind the link */
		struct node *node; /* held: its inode has the text */
		char *text;        /* or memory of our own */
	} links[LINKS_MAX];
	u32 resolve;        /* RESOLVE_…: how far it may lead */
	u32 moves;          /* tree_moves at its beginning */
	struct place scope; /* held: it stays there and below; or nowhere */
	char path[PATH_MAX];
};

/* The caller's name or path as a text of PATH_MAX bytes, for kfree(). -ENOENT: it is empty;
 * -ENAMETOOLONG, -EFAULT, -ENOMEM. */
long path_fetch(char **text, vaddr_t from) must_check;
/* The caller's path at `path`, from `dirfd` on. On success end it with walk_end(). */
long walk_begin(struct walk **out, int dirfd, vaddr_t path, bool may_be_empty) must_check;
/* The same for a path that was fetched already. */
long walk_begin_kernel(
	struct walk **out, int dirfd, const char *path, bool may_be_empty) must_check;
void walk_end(struct walk *walk);
/* It stands there now; the place stays the caller's. */
static inline void walk_go(struct walk *walk, struct place place)
{
	place_ref(place);
	place_set(&walk->at, place);
}
/* Above which nothing can be named: the process's root, or where a look-up of openat2() is to stay.
 */
static inline struct place walk_root(const struct walk *walk)
{
	return unlikely(walk->scope.mount != NULL) ? walk->scope : tree_actor()->tree->root;
}
/* openat2(2): what a look-up must not do, or -EXDEV, -ELOOP, -EAGAIN. */
#define RESOLVE_NO_XDEV 0x01u /* get into another mount */
#define RESOLVE_NO_MAGICLINKS                                                                      \
	0x02u                     /* follow a link that leads to a place without a name for it     \
				   */
#define RESOLVE_NO_SYMLINKS 0x04u /* follow any */
#define RESOLVE_BENEATH     0x08u /* leave what is below its beginning */
#define RESOLVE_IN_ROOT     0x10u /* the same, but the beginning is the root */
#define RESOLVE_CACHED      0x20u /* ask a file system, which may sleep */
#define RESOLVE_SCOPED      (RESOLVE_BENEATH | RESOLVE_IN_ROOT)
long walk_begin_within(struct walk **out, int dirfd, vaddr_t path, u32 resolve) must_check;
/* At the end of one that was to stay somewhere: whether `place`, its result, is there. -EXDEV. */
long walk_check_scope(const struct walk *walk, struct place place) must_check;
/* To the directory of the last component. */
long walk_parent(struct walk *walk) must_check;
/*
 * Behind walk_parent(): looks the last component up, mounts and all. *place is held. Nothing is
 * followed: the caller sees whether it is a symbolic link, and may go on with walk_follow() and
 * walk_parent().
 */
long walk_last(struct walk *walk, struct place *place) must_check;
long walk_follow(struct walk *walk, struct place link) must_check;
/* All of it: `at` is the result. */
long walk_whole(struct walk *walk, bool follow) must_check;

/* The three in one: the place of the caller's path, held. */
long tree_find(
	int dirfd, vaddr_t path, bool follow, bool may_be_empty, struct place *place) must_check;

/* Writes the path of a place as seen from `root` to the end of the buffer; where it starts, or
 * NULL: it does not fit. *reachable: it is below the root. A name that was removed ends in "
 * (deleted)" if `mark`. */
char *tree_path(struct place place, struct place root, char *buffer, size_t size, bool mark,
	bool *reachable);

/* --- changing the tree, for the services themselves -------------------------------- */

/* A new file in a directory that the caller holds. `node` gets a reference if not NULL. */
long tree_create(struct node *dir, const char *name, size_t length, u32 mode, u32 device,
	const char *target, struct node **node) must_check;

/* Takes a name away, whoever may; not of a directory that is not empty, or on which one is mounted.
 */
long tree_remove(struct node *node) must_check;

/* An unnamed one, which links may be made to: its node is never linked. `name`: "", or what it is
 * called where it shows. */
long tree_create_unnamed(
	struct node *dir, const char *name, u32 mode, struct node **node) must_check;
/* The same of the RAM file system that is mounted nowhere: the place, held. */
long tree_memory_file(const char *name, u32 mode, struct place *place) must_check;
/* Whether the caller may make a name in `dir`: -EACCES, or -ENOENT as the directory was removed. */
long tree_may_create(const struct node *dir) must_check;
/* Whether the caller may take `victim` away: -EACCES, -EPERM, and whether it is a directory or must
 * not be one. */
long tree_may_delete(const struct node *victim, bool is_directory) must_check;

/* --- processes ------------------------------------------------------------------ */

/*
 * Makes the tree from the initial RAM disk, with what is mounted in it, for process 1, which is the
 * current one from then on to look-ups. -ENOENT: there is no RAM disk; -EINVAL: it is malformed;
 * -ENOMEM.
 */
long tree_init(struct proc *proc) must_check;
void tree_forget_anonymous(void);
/* A place for an open file that has none, so that it can be named in /proc: held. -ENOMEM. */
long tree_place_of(struct open_file *file, struct place *place) must_check;
/* Gives up all of it, when process 1 cannot be started: nothing is open or mapped. */
void tree_forget(struct proc *proc);
/* It runs now: the current process is who it is everywhere. */
void tree_begun(void);
/* fork: the child begins where its parent is: -ENOMEM. With tree_share() they stay at one place
 * (CLONE_FS). */
long tree_fork(const struct proc *parent, struct proc *child) must_check;
void tree_share(const struct proc *parent, struct proc *child);
/* A copy of what several have of the tree, or NULL if it is one's own already. -ENOMEM. */
long tree_unshare(struct proc_tree *tree, struct proc_tree **copy) must_check;
/* One less has it. */
void tree_drop(struct proc_tree *tree);
void tree_exit(struct proc *proc);
/* openat2(), with its arguments fetched; `resolve` has been looked at. A descriptor. */
long tree_openat_within(int dirfd, vaddr_t path, u64 flags, u64 mode, u32 resolve) must_check;
/* Opens a file for the services: -errno, or 0. */
long tree_open(const char *path, u32 flags, struct open_file **file) must_check;
/* An open file of the inode at `place`, whose references it takes over on success. */
long tree_open_place(struct place place, u32 flags, struct open_file **file) must_check;
