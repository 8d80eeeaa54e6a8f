/* mounts: mounts, mountinfo and mountstats, a record for each mount that the process can name. */
#include <objects/objects.h>
#include <services/procfs/internal.h>

/* Mount numbers grow, and so does the cursor: a number behind the last that was told. */
static struct mount *next_mount(u64 cursor)
{
	struct mount *mount, *next = NULL;

	list_for_each(mount, &mounts, link)
	{
		if ((u64)mount->id >= cursor && (!next || mount->id < next->id))
			next = mount;
	}
	return next;
}

static void add_flags(struct text *text, const struct mount *mount)
{
	static const char *const names[8] = {"", ",nosuid", ",nodev", ",nosuid,nodev", ",noexec",
		",nosuid,noexec", ",nodev,noexec", ",nosuid,nodev,noexec"};

	text_add(text, "%s%s,relatime", mount->flags & MOUNT_READ_ONLY ? "ro" : "rw",
		names[mount->flags >> 1 & 7]);
}

static const char *volume_flags(const struct mount *mount)
{
	return mount->volume->read_only ? "ro" : "rw";
}

/* `at`: where it is seen; `buffer`: PATH_MAX bytes. */
typedef void mount_line(struct text *text, const struct mount *mount, const char *at, char *buffer);

/* The next that can be seen from the process's root, as a line. */
static bool add_next(struct text *text, struct proc *proc, u64 *cursor, mount_line *line)
{
	char *path = kalloc(2 * PATH_MAX);
	struct mount *mount;
	bool told = false;

	if (!path) {
		text->cut = true; /* the reader is told that memory is out */
		return true;
	}
	while (!told && proc->tree && (mount = next_mount(*cursor))) {
		bool reachable = false;
		char *at = tree_path((struct place){mount, mount->root}, proc->tree->root, path,
			PATH_MAX, false, &reachable);

		*cursor = (u64)mount->id + 1;
		told = at && reachable;
		if (told)
			line(text, mount, at, path + PATH_MAX);
	}
	kfree(path, 2 * PATH_MAX);
	return told;
}

static void mounts_line(struct text *text, const struct mount *mount, const char *at, char *buffer)
{
	(void)buffer;
	text_add_word(text, mount->source);
	text_add(text, " ");
	text_add_word(text, at);
	text_add(text, " %s ", mount->volume->type->name);
	add_flags(text, mount);
	text_add(text, " 0 0\n");
}

/* From the root of its volume to what is mounted of it, the names being put before one another. */
static void add_root(struct text *text, const struct node *node, char *buffer)
{
	char *at = buffer + PATH_MAX - 1;

	*at = '\0';
	for (; node->parent != node; node = node->parent) {
		if ((size_t)(at - buffer) < (size_t)node->length + 1)
			break;
		at -= node->length;
		memcpy(at, node->name, node->length);
		*--at = '/';
	}
	text_add_word(text, *at ? at : "/");
}

static void mountinfo_line(
	struct text *text, const struct mount *mount, const char *at, char *buffer)
{
	u32 device = mount->volume->device;

	text_add(text, "%d %d %u:%u ", mount->id, mount->parent ? mount->parent->id : 1,
		DEVICE_MAJOR(device), DEVICE_MINOR(device));
	add_root(text, mount->root, buffer);
	text_add(text, " ");
	text_add_word(text, at);
	text_add(text, " ");
	add_flags(text, mount);
	text_add(text, " - %s ", mount->volume->type->name);
	text_add_word(text, mount->source);
	text_add(text, " %s\n", volume_flags(mount));
}

static void mountstats_line(
	struct text *text, const struct mount *mount, const char *at, char *buffer)
{
	(void)buffer;
	text_add(text, "device ");
	text_add_word(text, mount->source);
	text_add(text, " mounted on ");
	text_add_word(text, at);
	text_add(text, " with fstype %s\n", mount->volume->type->name);
}

bool records_mounts(struct text *text, struct proc *proc, u64 *cursor)
{
	return add_next(text, proc, cursor, mounts_line);
}

bool records_mountinfo(struct text *text, struct proc *proc, u64 *cursor)
{
	return add_next(text, proc, cursor, mountinfo_line);
}

bool records_mountstats(struct text *text, struct proc *proc, u64 *cursor)
{
	return add_next(text, proc, cursor, mountstats_line);
}
