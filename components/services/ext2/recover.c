/*
 * recover: what a crash has left in the log.
 *
 * Three times through it, as Tweedie has it: first to find its end, which is where a transaction
 * does not end in a commit block; then to collect revocations; then to write home each block that
 * no later revocation names. A crash meanwhile is no harm: the same is done again. The log is not
 * trusted: it is walked once around at most, and what it says of places is looked at.
 */
#include <services/ext2/ext2.h>

#define BUCKETS 256u

/* A block that transactions up to `sequence` must not bring back. */
struct revocation {
	struct revocation *next;
	u32 block, sequence;
};

enum pass { PASS_SCAN, PASS_REVOKE, PASS_REPLAY };

struct recovery {
	struct ext2 *v;
	enum pass pass;
	u32 start, end; /* sequence numbers: of the first, and behind the last transaction */
	u32 at, left;   /* the next block of the log; how many there can be */
	u32 sequence;
	u32 replayed;
	u8 *block, *data;
	struct revocation *revocations[BUCKETS];
};

/* Sequence numbers wrap around. */
static bool is_before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

static struct revocation *find(struct recovery *r, u32 block)
{
	struct revocation *revocation = r->revocations[block % BUCKETS];

	while (revocation && revocation->block != block)
		revocation = revocation->next;
	return revocation;
}

static long revoke(struct recovery *r, u32 block)
{
	struct revocation *revocation = find(r, block);

	if (!revocation) {
		revocation = kalloc(sizeof(*revocation));
		if (!revocation)
			return -ENOMEM;
		revocation->block = block;
		revocation->next = r->revocations[block % BUCKETS];
		r->revocations[block % BUCKETS] = revocation;
	}
	revocation->sequence = r->sequence; /* they come in order */
	return 0;
}

static void free_revocations(struct recovery *r)
{
	for (u32 i = 0; i < BUCKETS; i++) {
		struct revocation *revocation;

		while ((revocation = r->revocations[i])) {
			r->revocations[i] = revocation->next;
			kfree(revocation, sizeof(*revocation));
		}
	}
}

/* The next block of the log; false: it has been walked around. */
static bool step(struct recovery *r, u32 *at)
{
	if (r->left == 0)
		return false;
	r->left--;
	*at = r->at;
	r->at = journal_next(&r->v->journal, r->at);
	return true;
}

/* One block of a transaction that counts: home, unless it was revoked. */
static long replay(struct recovery *r, u32 at, u32 block, u32 flags)
{
	const struct revocation *revocation = find(r, block);
	u32 magic = be32(JOURNAL_MAGIC);
	long error;

	if (revocation && !is_before(revocation->sequence, r->sequence))
		return 0;
	if (block < r->v->first_data_block || block >= r->v->blocks_count)
		return ext2_corrupt(r->v, "the journal has a block that is not there", block);
	error = journal_read(r->v, at, r->data);
	if (error != 0)
		return error;
	if (flags & TAG_ESCAPED)
		memcpy(r->data, &magic, sizeof(magic));
	r->replayed++;
	return buffers_write(&r->v->buffers, block, r->data);
}

/* The tags of a descriptor, and the blocks behind it. -EUCLEAN: the log ends before they do. */
static long walk_tags(struct recovery *r)
{
	const u8 *at = r->block + sizeof(struct journal_header);
	const u8 *end = r->block + r->v->block_size;
	u32 flags = 0;

	while (!(flags & TAG_LAST) && at + sizeof(struct journal_tag) <= end) {
		const struct journal_tag *tag = (const struct journal_tag *)at;
		long error = 0;
		u32 block;

		flags = be16(tag->flags);
		at += sizeof(*tag) + (flags & TAG_SAME_UUID ? 0 : JOURNAL_UUID_SIZE);
		if (!step(r, &block))
			return -EUCLEAN;
		if (r->pass == PASS_REPLAY)
			error = replay(r, block, be32(tag->block), flags);
		if (error != 0)
			return error;
	}
	return 0;
}

static long read_revocations(struct recovery *r)
{
	const struct journal_revocations *block = (const struct journal_revocations *)r->block;
	u32 size = be32(block->size);
	long error = 0;

	if (size < sizeof(*block) || size > r->v->block_size)
		return ext2_corrupt(
			r->v, "the journal has bad revocations in transaction", r->sequence);
	for (u32 i = 0; error == 0 && i < (size - sizeof(*block)) / sizeof(u32); i++)
		error = revoke(r, be32(block->blocks[i]));
	return error;
}

/* Whether a pass goes on with the block that was read, and what it does with it. 1: it ends here.
 */
static long take_block(struct recovery *r)
{
	const struct journal_header *header = (const struct journal_header *)r->block;
	long error;

	if (be32(header->magic) != JOURNAL_MAGIC || be32(header->sequence) != r->sequence)
		return 1;
	switch (be32(header->type)) {
	case JOURNAL_DESCRIPTOR:
		error = walk_tags(r);
		return error == -EUCLEAN && r->pass == PASS_SCAN ? 1 : error;
	case JOURNAL_REVOKE:
		return r->pass == PASS_REVOKE ? read_revocations(r) : 0;
	case JOURNAL_COMMIT:
		r->sequence++;
		if (r->pass == PASS_SCAN)
			r->end = r->sequence;
		return 0;
	default:
		return 1;
	}
}

static long run_pass(struct recovery *r, enum pass pass, u32 start)
{
	const struct journal *journal = &r->v->journal;
	long result = 0;

	r->pass = pass;
	r->at = start;
	r->left = journal->blocks - journal->first;
	r->sequence = r->start;
	while (result == 0 && (pass == PASS_SCAN || r->sequence != r->end)) {
		u32 at;

		if (!step(r, &at))
			break;
		result = journal_read(r->v, at, r->block);
		if (result == 0)
			result = take_block(r);
	}
	return result == 1 ? 0 : result;
}

static long run(struct recovery *r, u32 start)
{
	long error = run_pass(r, PASS_SCAN, start);

	if (error == 0)
		error = run_pass(r, PASS_REVOKE, start);
	if (error == 0)
		error = run_pass(r, PASS_REPLAY, start);
	if (error == 0)
		error = errno_of(env_disk_flush()) == 0 ? 0 : -EIO;
	return error;
}

long journal_recover(struct ext2 *v, u32 start, u32 sequence)
{
	struct recovery *r = kalloc(sizeof(*r));
	long error = -ENOMEM;

	if (!r)
		return -ENOMEM;
	memset(r, 0, sizeof(*r));
	r->v = v;
	r->start = sequence;
	r->end = sequence;
	r->block = buffers_memory(&v->buffers);
	r->data = buffers_memory(&v->buffers);
	if (r->block && r->data)
		error = run(r, start);
	if (error == 0) {
		v->journal.sequence = r->end + 1;
		kprintf("ext2: recovered %u transactions, %u blocks\n", r->end - r->start,
			r->replayed);
	}
	free_revocations(r);
	if (r->block)
		buffers_memory_free(&v->buffers, r->block);
	if (r->data)
		buffers_memory_free(&v->buffers, r->data);
	kfree(r, sizeof(*r));
	return error;
}
