/*
 * notify: the hook by which the tree tells what happens to files.
 *
 * Each function is for one kind of news, as Linux's fsnotify has them; none of them sleeps, but for
 * notify_gone() and notify_unmount(), which may let go of the last reference to an inode. While
 * nobody watches anything they are one look at a word.
 */
#pragma once

#include <lib/lib.h>

#define IN_ACCESS        0x00000001u
#define IN_MODIFY        0x00000002u
#define IN_ATTRIB        0x00000004u
#define IN_CLOSE_WRITE   0x00000008u
#define IN_CLOSE_NOWRITE 0x00000010u
#define IN_OPEN          0x00000020u
#define IN_MOVED_FROM    0x00000040u
#define IN_MOVED_TO      0x00000080u
#define IN_CREATE        0x00000100u
#define IN_DELETE        0x00000200u
#define IN_DELETE_SELF   0x00000400u
#define IN_MOVE_SELF     0x00000800u

struct inode;
struct node;
struct volume;

extern u32 inotify_watches; /* in the whole system */

void inotify_init(void);

static inline bool notify_is_on(void)
{
	return IS_ENABLED(CONFIG_SERVICES_INOTIFY) && unlikely(inotify_watches > 0);
}

void inotify_tell_file(const struct node *node, u32 events, bool by_path);
void inotify_tell_inode(struct inode *inode, u32 events);
void inotify_tell_name(const struct node *node, u32 event);
void inotify_tell_move(const struct node *node, struct inode *from, const char *old_name,
	size_t length, struct inode *target);
void inotify_tell_gone(struct inode *inode);
void inotify_tell_unmount(struct volume *volume);

/* Who has the file open has done that. Told by name to the directory's watchers, and to its own. */
static inline void notify_use(const struct node *node, u32 event)
{
	if (notify_is_on())
		inotify_tell_file(node, event, true);
}

/* The same, of what was done to the file under its name. */
static inline void notify_file(const struct node *node, u32 events)
{
	if (notify_is_on())
		inotify_tell_file(node, events, false);
}

/* To the file's own watchers alone: its links have changed. */
static inline void notify_links(struct inode *inode)
{
	if (notify_is_on())
		inotify_tell_inode(inode, IN_ATTRIB);
}

/* A name has come (IN_CREATE) or gone (IN_DELETE): to the directory's watchers. */
static inline void notify_name(const struct node *node, u32 event)
{
	if (notify_is_on())
		inotify_tell_name(node, event);
}

/*
 * A name has become what `node` says now; it was the old one, in `from`. `target`: what had the
 * name until now, or NULL.
 */
static inline void notify_move(const struct node *node, struct inode *from, const char *old_name,
	size_t length, struct inode *target)
{
	if (notify_is_on())
		inotify_tell_move(node, from, old_name, length, target);
}

/* Nothing leads to the file any more, of which there is no link either. */
static inline void notify_gone(struct inode *inode)
{
	if (notify_is_on())
		inotify_tell_gone(inode);
}

/* Nobody sees the volume any more. */
static inline void notify_unmount(struct volume *volume)
{
	if (notify_is_on())
		inotify_tell_unmount(volume);
}
