/*
 * procfs: processes as files.
 *
 * Nothing is kept: a directory is asked for a name and makes an inode that says what it is about, a
 * process's number and a row of a table. A process may be gone behind its directory: then look-ups
 * and opening answer ENOENT, and reading ESRCH.
 *
 * tables.c names the files, directories.c and links.c find them, text.c makes what stands in them
 * of what the other files say.
 */
#include <objects/objects.h>
#include <services/procfs/internal.h>
#include <services/procfs/procfs.h>

#define PROC_MAGIC 0x9fa0u

static struct object_cache cache;

long proc_inode_create(struct volume *volume, const struct inode_ops *ops, u32 mode, u32 kind,
	const struct proc_inode *model, struct inode **out)
{
	struct proc_inode *made = object_alloc(&cache);
	const struct proc *proc = model->pid > 0 ? process_find_thread(model->pid) : NULL;

	if (!made)
		return -ENOMEM;
	inode_init(&made->inode, ops, volume, mode);
	made->inode.number = proc_number(model->pid, kind, model->fd);
	made->inode.file_ops = (mode & S_IFMT) == S_IFDIR   ? directory_ops
			       : (mode & S_IFMT) == S_IFREG ? text_ops
							    : NULL;
	made->inode.links = (mode & S_IFMT) == S_IFDIR ? 2 : 1;
	made->inode.uid = proc ? proc->identity.euid : 0;
	made->inode.gid = proc ? proc->identity.egid : 0;
	made->pid = model->pid;
	made->entry = model->entry;
	made->fd = model->fd;
	made->of_thread = model->of_thread;
	*out = &made->inode;
	return 0;
}

void proc_inode_release(struct inode *inode)
{
	inode_fini(inode);
	object_free(&cache, proc_inode_of(inode));
}

struct open_file *proc_open_file(s32 pid, u32 fd)
{
	struct proc *proc = process_find_thread(pid);

	return proc && fd < files_table(proc)->used ? files_table(proc)->files[fd] : NULL;
}

static void volume_release(struct volume *volume)
{
	kfree(volume, sizeof(*volume));
}

static long volume_create(struct volume **out, const char *source, const char *options)
{
	static const struct proc_inode nobody;
	struct volume *volume = kalloc(sizeof(*volume));
	struct node *root = node_create(NULL, "", 0);
	long error = -ENOMEM;

	(void)source;
	(void)options; /* hidepid and its like: nothing is hidden */
	object_cache_init(
		&cache, "proc_inode", sizeof(struct proc_inode), _Alignof(struct proc_inode));
	if (volume && root) {
		*volume = (struct volume){
			.type = &procfs_type, .refs = 1, .device = volume_number(), .root = root};
		error = proc_inode_create(
			volume, &root_ops, S_IFDIR | 0555, KIND_ROOT, &nobody, &root->inode);
	}
	if (error == 0) {
		*out = volume;
		return 0;
	}
	if (root)
		node_unref(root);
	if (volume)
		volume_release(volume);
	return error;
}

const struct volume_type procfs_type = {
	.name = "proc",
	.magic = PROC_MAGIC,
	.create = volume_create,
	.release = volume_release,
};
