/*
 * commit: the running transaction becomes durable.
 *
 * In this order: the pages of files, so that no structure ever leads to old bytes; the
 * transaction's blocks into the log; a flush; the commit block; a flush. Behind that the
 * transaction counts. No other runs meanwhile, for the volume is locked, so buffers hold what was
 * committed until they have gone home.
 */
#include <services/ext2/ext2.h>

/* The disk or the journal cannot be relied on: from now on the volume is only read. */
static long fail(struct ext2 *v, long error)
{
	v->failed = true;
	v->volume.read_only = true;
	kprintf("ext2: the disk cannot be written: the volume is read-only from now on\n");
	return error;
}

static long flush(void)
{
	return errno_of(env_disk_flush()) == 0 ? 0 : -EIO;
}

/* The superblock counts what is free. */
static void update_super(struct ext2 *v)
{
	if (!v->super_changed)
		return;
	v->super_changed = false;
	v->super->free_blocks = (u32)v->free_blocks;
	v->super->free_inodes = (u32)v->free_inodes;
	v->super->written = (u32)tree_now().seconds;
	ext2_log(v, v->super_buffer);
}

/* --- the log --- */

/* Puts one block at the head of the log. */
static long append(struct ext2 *v, const void *bytes)
{
	struct journal *journal = &v->journal;
	long error;

	if (journal->used + 1 >= journal->blocks - journal->first)
		return -ENOSPC; /* of what the bounds promise, nothing more fits */
	error = journal_write(v, journal->head, bytes);
	journal->head = journal_next(journal, journal->head);
	journal->used++;
	return error;
}

static struct journal_header *begin_block(struct ext2 *v, u32 type)
{
	struct journal_header *header = (struct journal_header *)v->journal.staging;

	memset(header, 0, v->block_size);
	header->magic = be32(JOURNAL_MAGIC);
	header->type = be32(type);
	header->sequence = be32(v->journal.sequence);
	return header;
}

static long append_revocations(struct ext2 *v)
{
	struct journal *journal = &v->journal;
	u32 most = (v->block_size - sizeof(struct journal_revocations)) / sizeof(u32);
	long error = 0;

	for (u32 done = 0; error == 0 && done < journal->revoked_count;) {
		u32 n = MIN(most, journal->revoked_count - done);
		struct journal_revocations *block =
			(struct journal_revocations *)begin_block(v, JOURNAL_REVOKE);

		block->size = be32((u32)(sizeof(*block) + n * sizeof(u32)));
		for (u32 i = 0; i < n; i++)
			block->blocks[i] = be32(journal->revoked[done + i]);
		error = append(v, block);
		done += n;
	}
	return error;
}

static bool needs_escape(const struct buffer *buffer)
{
	u32 word;

	memcpy(&word, buffer->bytes, sizeof(word));
	return word == be32(JOURNAL_MAGIC);
}

/* Describes buffers from `first` on in one block, as many as fit. *next: the first that did not. */
static void describe(struct ext2 *v, struct list *first, struct list **next)
{
	u8 *at = (u8 *)begin_block(v, JOURNAL_DESCRIPTOR) + sizeof(struct journal_header);
	u8 *end = v->journal.staging + v->block_size;
	struct journal_tag *tag = NULL;
	struct list *link = first;

	while (link != &v->logged && at + sizeof(*tag) + JOURNAL_UUID_SIZE <= end) {
		struct buffer *buffer = list_entry(link, struct buffer, user);
		u32 flags = (tag ? TAG_SAME_UUID : 0) | (needs_escape(buffer) ? TAG_ESCAPED : 0);

		tag = (struct journal_tag *)at;
		tag->block = be32((u32)buffer->block);
		tag->flags = be16((u16)flags);
		at += sizeof(*tag);
		if (!(flags & TAG_SAME_UUID)) {
			memcpy(at, ((struct journal_super *)v->journal.super)->uuid,
				JOURNAL_UUID_SIZE);
			at += JOURNAL_UUID_SIZE;
		}
		link = link->next;
	}
	tag->flags |= be16(TAG_LAST);
	*next = link;
}

static long append_buffer(struct ext2 *v, const struct buffer *buffer)
{
	if (!needs_escape(buffer))
		return append(v, buffer->bytes);
	memcpy(v->journal.staging, buffer->bytes, v->block_size);
	memset(v->journal.staging, 0, sizeof(u32));
	return append(v, v->journal.staging);
}

static long append_buffers(struct ext2 *v)
{
	struct list *link = v->logged.next;
	long error = 0;

	while (error == 0 && link != &v->logged) {
		struct list *next;

		describe(v, link, &next);
		error = append(v, v->journal.staging);
		for (; error == 0 && link != next; link = link->next)
			error = append_buffer(v, list_entry(link, struct buffer, user));
	}
	return error;
}

static long write_transaction(struct ext2 *v)
{
	long error = append_revocations(v);

	if (error == 0)
		error = append_buffers(v);
	if (error == 0)
		error = flush();
	if (error == 0)
		error = append(v, begin_block(v, JOURNAL_COMMIT));
	return error == 0 ? flush() : error;
}

/* The buffers are in the log now, and must go home before it is written over. */
static void settle(struct ext2 *v)
{
	struct buffer *buffer;

	while ((buffer = list_first(&v->logged, struct buffer, user))) {
		list_remove(&buffer->user);
		buffer_forget(&v->buffers, buffer);
		buffer->state = BUFFER_IN_LOG;
		list_push_back(&v->journal.in_log, &buffer->user);
		v->journal.in_log_count++;
	}
	v->logged_count = 0;
	v->journal.revoked_count = 0;
	v->journal.sequence++;
}

/* Writes the buffers of a list home; nobody needs them any more then. */
static long go_home(struct ext2 *v, struct list *list, u32 *count)
{
	struct buffer *buffer;

	while ((buffer = list_first(list, struct buffer, user))) {
		long error = buffer_write(&v->buffers, buffer);

		if (error != 0)
			return error;
		list_remove(&buffer->user);
		buffer->state = 0;
		(*count)--;
		buffer_forget(&v->buffers, buffer);
		buffer_put(&v->buffers, buffer);
	}
	return flush();
}

static long checkpoint(struct ext2 *v)
{
	struct journal *journal = &v->journal;
	long error = go_home(v, &journal->in_log, &journal->in_log_count);

	if (error == 0)
		error = journal_mark(v, false);
	if (error == 0)
		error = flush();
	if (error == 0)
		journal->used = 0;
	return error;
}

long journal_checkpoint(struct ext2 *v)
{
	long error;

	assert(v->logged_count == 0);
	v->committing = true;
	error = v->journal.present && !v->failed ? checkpoint(v) : 0;
	v->committing = false;
	if (error != 0)
		return fail(v, error);
	ext2_inode_flush_stale(v);
	return 0;
}

/* With the log half full, the next transaction might not fit. */
static long commit_to_log(struct ext2 *v)
{
	struct journal *journal = &v->journal;
	long error = write_transaction(v);

	if (error != 0)
		return error;
	settle(v);
	if (journal->used >= (journal->blocks - journal->first) / 2)
		error = checkpoint(v);
	return error;
}

long ext2_commit(struct ext2 *v)
{
	long error;

	if (v->failed)
		return -EROFS;
	error = ext2_write_all(v, false);
	if (error != 0)
		return error;
	update_super(v);
	if (v->logged_count == 0)
		return flush() == 0 ? 0 : fail(v, -EIO);
	v->committing = true;
	error = v->journal.present ? commit_to_log(v) : go_home(v, &v->logged, &v->logged_count);
	v->committing = false;
	if (error != 0)
		return fail(v, error);
	ext2_inode_flush_stale(v);
	return 0;
}
