/*
 * share: one table for several threads, and files that are held for the length of a call.
 *
 * A thread with a shared table may be blocked on a file while another closes its descriptor. So
 * each file that its call finds gets a reference, which is given up when the call is over
 * (services_call_over). The table is shared as long as it has two users; the last one takes it back
 * into its own structure, where nothing need be held.
 */
#include <services/files/table.h>

static struct shared_files *make_shared(struct proc *proc)
{
	struct shared_files *shared = kalloc(sizeof(*shared));

	if (!shared)
		return NULL;
	shared->refs = 1;
	list_init(&shared->users);
	list_push_back(&shared->users, &proc->files_link);
	file_table_move(&shared->table, &proc->files);
	proc->files_shared = shared;
	return shared;
}

long files_share(struct proc *parent, struct proc *child)
{
	struct shared_files *shared = parent->files_shared;

	if (!shared)
		shared = make_shared(parent);
	if (!shared)
		return -ENOMEM;
	shared->refs++;
	list_push_back(&shared->users, &child->files_link);
	child->files_shared = shared;
	return 0;
}

/* The one user that is left has a table of its own again. */
static void make_own(struct shared_files *shared)
{
	struct proc *last = list_first(&shared->users, struct proc, files_link);

	list_remove(&last->files_link);
	last->files_shared = NULL;
	file_table_move(&last->files, &shared->table);
	kfree(shared, sizeof(*shared));
}

void files_leave(struct proc *proc)
{
	struct shared_files *shared = proc->files_shared;

	list_remove(&proc->files_link);
	proc->files_shared = NULL;
	if (--shared->refs == 1)
		make_own(shared);
}

long files_unshare(struct proc *proc)
{
	long error = 0;

	if (proc->files_shared)
		error = file_table_copy(&proc->files, &proc->files_shared->table);
	if (error == 0 && proc->files_shared)
		files_leave(proc);
	return error;
}

/* --- held files ---------------------------------------------------------------------- */

static bool make_room(struct held_files *held)
{
	u32 room = held->room * 4;
	struct open_file **files = kalloc(room * sizeof(files[0]));

	if (!files)
		return false;
	memcpy(files, held->files, held->count * sizeof(files[0]));
	if (held->files != held->few)
		kfree(held->files, held->room * sizeof(files[0]));
	held->files = files;
	held->room = room;
	return true;
}

static bool hold(struct proc *proc, struct open_file *file)
{
	struct held_files *held = &proc->files_held;

	if (held->count == held->room && !make_room(held))
		return false;
	if (held->count == 0)
		env_call_over(proc);
	held->files[held->count++] = file;
	file->refs++;
	return true;
}

struct open_file *files_find_shared(int fd)
{
	struct proc *proc = env_current();
	struct shared_files *shared = proc->files_shared;
	struct open_file *file =
		shared && (u32)fd < shared->table.used ? shared->table.files[fd] : NULL;

	return file && hold(proc, file) ? file : NULL;
}

void files_let_go(struct proc *proc)
{
	struct held_files *held = &proc->files_held;

	while (held->count > 0)
		file_unref(held->files[--held->count]);
	if (held->files != held->few)
		kfree(held->files, held->room * sizeof(held->files[0]));
	held->files = held->few;
	held->room = ARRAY_SIZE(held->few);
}

void services_call_over(struct proc *proc)
{
	files_let_go(proc);
}
