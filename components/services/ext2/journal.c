/*
 * journal: the log's place on the disk, and the running transaction.
 *
 * What a transaction has changed stays in memory until its commit; what a commit has put into the
 * log stays in memory until the checkpoint that writes it home. Both are bounded by the log: a
 * transaction by a quarter of it, all that is in it by a half, so that there is always room for the
 * next one.
 */
#include <services/ext2/ext2.h>

#define RUNS_MAX      2048u
#define BLOCKS_MIN    256u /* of a log that is worth using */
#define COMMIT_SOON   (5ull * 1000000000)
#define LOGGED_PLAIN  1024u /* without a journal: buffers until a commit */
#define REVOKED_FIRST 64u
#define REVOKED_MAX   8192u

/* --- the running transaction --- */

static bool is_logged(const struct buffer *buffer)
{
	return buffer->state & BUFFER_LOGGED;
}

void ext2_log(struct ext2 *v, struct buffer *buffer)
{
	assert(!v->committing);
	if (is_logged(buffer))
		return;
	if (buffer->state & BUFFER_IN_LOG) {
		list_remove(&buffer->user);
		v->journal.in_log_count--;
	} else {
		buffer_ref(buffer);
	}
	buffer->state |= BUFFER_LOGGED;
	list_push_back(&v->logged, &buffer->user);
	v->logged_count++;
	ext2_commit_soon(v);
}

/* Neither the running transaction nor the log's checkpoint needs the buffer any more. */
static void forget(struct ext2 *v, struct buffer *buffer)
{
	if (buffer->state == 0)
		return;
	if (is_logged(buffer))
		v->logged_count--;
	else
		v->journal.in_log_count--;
	list_remove(&buffer->user);
	buffer->state = 0;
	buffer_forget(&v->buffers, buffer);
	buffer_put(&v->buffers, buffer);
}

static long grow_revoked(struct journal *journal)
{
	u32 room = journal->revoked_room ? 2 * journal->revoked_room : REVOKED_FIRST;
	u32 *revoked = room <= REVOKED_MAX ? kalloc(room * sizeof(u32)) : NULL;

	if (!revoked)
		return -ENOMEM;
	if (journal->revoked_room > 0) {
		memcpy(revoked, journal->revoked, journal->revoked_count * sizeof(u32));
		kfree(journal->revoked, journal->revoked_room * sizeof(u32));
	}
	journal->revoked = revoked;
	journal->revoked_room = room;
	return 0;
}

long ext2_revoke(struct ext2 *v, u32 block)
{
	struct buffer *buffer = buffer_peek(&v->buffers, block);
	struct journal *journal = &v->journal;
	long error = 0;

	if (!buffer)
		return 0; /* what is in the log is in memory too */
	if (buffer->state & BUFFER_IN_LOG) {
		if (journal->revoked_count == journal->revoked_room)
			error = grow_revoked(journal);
		if (error == 0)
			journal->revoked[journal->revoked_count++] = block;
	}
	if (error == 0)
		forget(v, buffer);
	buffer_put(&v->buffers, buffer);
	return error;
}

long ext2_room(struct ext2 *v, u32 buffers)
{
	if (v->failed || v->volume.read_only)
		return -EROFS;
	if (v->logged_count + buffers <= v->logged_max &&
		v->journal.revoked_count < REVOKED_MAX / 2)
		return 0;
	return ext2_commit(v);
}

/* --- some time later --- */

static void commit_later(struct service_timer *timer)
{
	struct ext2 *v = container_of(timer, struct ext2, timer);
	long error;

	if (!volume_try_lock(&v->volume)) {
		ext2_commit_soon(v);
		return;
	}
	ext2_sweep_mapped(v);
	error = ext2_write_all(v, false);
	if (error == 0)
		error = ext2_commit(v);
	if (error != 0)
		kprintf("ext2: changes could not be written: error %ld\n", -error);
	if (!list_is_empty(&v->mapped))
		ext2_commit_soon(v);
	volume_unlock(&v->volume);
}

void ext2_commit_soon(struct ext2 *v)
{
	if (!service_timer_is_set(&v->timer) && !v->failed)
		service_timer_set(&v->timer, env_now() + COMMIT_SOON);
}

void ext2_timer_init(struct ext2 *v)
{
	service_timer_init(&v->timer, commit_later);
}

/* --- the log's blocks --- */

static long add_run(struct journal *journal, u32 at, u32 block)
{
	struct journal_run *last =
		journal->runs_count > 0 ? &journal->runs[journal->runs_count - 1] : NULL;

	if (last && last->block + last->count == block) {
		last->count++;
		return 0;
	}
	if (journal->runs_count == journal->runs_room) {
		kprintf("ext2: cannot mount: the journal lies in too many pieces\n");
		return -EINVAL;
	}
	journal->runs[journal->runs_count++] =
		(struct journal_run){.at = at, .block = block, .count = 1};
	return 0;
}

/* The place of each block of the log, from its inode. */
static long find_runs(struct ext2 *v, struct ext2_inode *inode)
{
	struct journal *journal = &v->journal;
	u64 blocks = inode->inode.size >> v->block_shift;
	long error = 0;

	if (blocks < BLOCKS_MIN || blocks > v->blocks_count || inode->inode.links == 0 ||
		!inode_is(&inode->inode, S_IFREG)) {
		kprintf("ext2: cannot mount: the journal is no file of that kind\n");
		return -EINVAL;
	}
	journal->blocks = (u32)blocks;
	journal->runs_room = RUNS_MAX;
	journal->runs = kalloc(RUNS_MAX * sizeof(journal->runs[0]));
	if (!journal->runs)
		return -ENOMEM;
	for (u32 i = 0; error == 0 && i < blocks; i++) {
		u32 block;

		error = ext2_map(inode, i, false, &block, NULL);
		if (error == 0 && block == 0)
			error = ext2_corrupt(v, "the journal has a hole at its block", i);
		if (error == 0)
			error = add_run(journal, i, block);
	}
	return error;
}

/* The block of the disk that block `at` of the log is. */
static u32 block_of(const struct journal *journal, u32 at)
{
	u32 low = 0, high = journal->runs_count;

	assert(at < journal->blocks);
	while (high - low > 1) {
		u32 middle = (low + high) / 2;

		if (journal->runs[middle].at <= at)
			low = middle;
		else
			high = middle;
	}
	return journal->runs[low].block + (at - journal->runs[low].at);
}

long journal_read(struct ext2 *v, u32 at, void *bytes)
{
	return buffers_read(&v->buffers, block_of(&v->journal, at), bytes);
}

long journal_write(struct ext2 *v, u32 at, const void *bytes)
{
	return buffers_write(&v->buffers, block_of(&v->journal, at), bytes);
}

/* --- opening and closing --- */

long journal_mark(struct ext2 *v, bool empty)
{
	struct journal_super *super = (struct journal_super *)v->journal.super;

	super->start = be32(empty ? 0 : v->journal.head);
	super->sequence = be32(v->journal.sequence);
	super->incompat |= be32(JOURNAL_INCOMPAT_REVOKE);
	return journal_write(v, 0, super);
}

static long check_super(struct ext2 *v)
{
	const struct journal_super *super = (const struct journal_super *)v->journal.super;
	u32 first = be32(super->first), blocks = be32(super->blocks);

	if (be32(super->header.magic) != JOURNAL_MAGIC ||
		be32(super->header.type) != JOURNAL_SUPER ||
		be32(super->block_size) != v->block_size || blocks > v->journal.blocks ||
		blocks < BLOCKS_MIN || first == 0 || first > blocks - BLOCKS_MIN / 2 ||
		(be32(super->incompat) & ~JOURNAL_INCOMPAT_REVOKE) != 0 || super->ro_compat != 0 ||
		(super->start != 0 &&
			(be32(super->start) < first || be32(super->start) >= blocks))) {
		kprintf("ext2: cannot mount: the journal is of no kind that is supported\n");
		return -EINVAL;
	}
	v->journal.blocks = blocks;
	v->journal.size = blocks;
	v->journal.first = first;
	return 0;
}

/* Bounds: what is in the log is in memory too. */
static void set_bounds(struct ext2 *v)
{
	u32 room = MIN(v->journal.blocks - v->journal.first, v->buffers.count_max);

	v->journal.blocks = v->journal.first + MAX(room, BLOCKS_MIN / 2);
	v->logged_max = (v->journal.blocks - v->journal.first) / 4;
}

long journal_begin(struct ext2 *v)
{
	struct journal *journal = &v->journal;
	long error;

	if (!journal->present)
		return 0;
	set_bounds(v);
	journal->head = journal->first;
	journal->used = 0;
	error = journal_mark(v, false);
	return error == 0 && env_disk_flush() != K_OK ? -EIO : error;
}

static long load(struct ext2 *v, struct ext2_inode *inode)
{
	struct journal *journal = &v->journal;
	const struct journal_super *super;
	long error = find_runs(v, inode);

	if (error != 0)
		return error;
	journal->super = buffers_memory(&v->buffers);
	journal->staging = buffers_memory(&v->buffers);
	if (!journal->super || !journal->staging)
		return -ENOMEM;
	error = journal_read(v, 0, journal->super);
	if (error == 0)
		error = check_super(v);
	if (error != 0)
		return error;
	super = (const struct journal_super *)journal->super;
	journal->sequence = be32(super->sequence);
	if (super->start != 0)
		error = journal_recover(v, be32(super->start), journal->sequence);
	return error;
}

long journal_open(struct ext2 *v)
{
	struct inode *inode;
	long error;

	if (v->volume.type == &ext2_type) {
		v->logged_max = LOGGED_PLAIN;
		return 0;
	}
	if (v->super->journal_inode == 0 || v->super->journal_device != 0) {
		kprintf("ext2: cannot mount: the journal is not in the file system\n");
		return -EINVAL;
	}
	error = ext2_inode_get(v, v->super->journal_inode, &inode);
	if (error != 0)
		return error;
	error = load(v, ext2_inode_of(inode));
	v->journal.present = error == 0;
	inode_unref(inode);
	return error;
}

static void drop_list(struct ext2 *v, struct list *list)
{
	struct buffer *buffer;

	while ((buffer = list_first(list, struct buffer, user)))
		forget(v, buffer);
}

void journal_drop(struct ext2 *v)
{
	drop_list(v, &v->logged);
	drop_list(v, &v->journal.in_log);
}

void journal_close(struct ext2 *v)
{
	struct journal *journal = &v->journal;

	if (journal->runs)
		kfree(journal->runs, journal->runs_room * sizeof(journal->runs[0]));
	if (journal->revoked)
		kfree(journal->revoked, journal->revoked_room * sizeof(u32));
	if (journal->super)
		buffers_memory_free(&v->buffers, journal->super);
	if (journal->staging)
		buffers_memory_free(&v->buffers, journal->staging);
	*journal = (struct journal){.present = false};
	list_init(&journal->in_log);
}
