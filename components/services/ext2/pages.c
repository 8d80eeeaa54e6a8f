/*
 * pages: what is known of the pages of a file.
 *
 * Three bits for each page (PAGE_…, ext2.h), in pieces of 512 pages that exist where a bit was ever
 * set. The environment's object cannot say it: a client that maps a file makes pages in it.
 */
#include <services/ext2/ext2.h>

#define PIECE_PAGES 512u
#define WORDS       (PIECE_PAGES / 64)
#define PIECES_MAX  4096u
#define MARKS       3u

struct piece {
	u64 bits[MARKS][WORDS];
};

struct ext2_pages {
	u32 room;
	struct piece *pieces[];
};

static size_t size_for(u32 room)
{
	return sizeof(struct ext2_pages) + room * sizeof(struct piece *);
}

static struct piece *piece_of(const struct ext2_inode *inode, u64 index)
{
	u64 number = index / PIECE_PAGES;

	return inode->pages && number < inode->pages->room ? inode->pages->pieces[number] : NULL;
}

bool ext2_page_is(const struct ext2_inode *inode, u64 index, unsigned mark)
{
	const struct piece *piece = piece_of(inode, index);

	return piece && piece->bits[mark][index % PIECE_PAGES / 64] >> index % 64 & 1;
}

static long grow(struct ext2_inode *inode, u64 number)
{
	u32 room = inode->pages ? 2 * inode->pages->room : 1;
	struct ext2_pages *pages;

	while (room <= number)
		room *= 2;
	room = MIN(room, PIECES_MAX - 1); /* with its head it is what kalloc() can give */
	pages = number < room ? kalloc(size_for(room)) : NULL;
	if (!pages)
		return -ENOMEM;
	memset(pages, 0, size_for(room));
	pages->room = room;
	if (inode->pages) {
		memcpy(pages->pieces, inode->pages->pieces,
			inode->pages->room * sizeof(struct piece *));
		kfree(inode->pages, size_for(inode->pages->room));
	}
	inode->pages = pages;
	return 0;
}

long ext2_page_set(struct ext2_inode *inode, u64 index, unsigned mark)
{
	struct piece *piece = piece_of(inode, index);
	u64 number = index / PIECE_PAGES;

	if (!piece) {
		if (!(inode->pages && number < inode->pages->room) && grow(inode, number) != 0)
			return -ENOMEM;
		piece = kalloc(sizeof(*piece));
		if (!piece)
			return -ENOMEM;
		memset(piece, 0, sizeof(*piece));
		inode->pages->pieces[number] = piece;
	}
	piece->bits[mark][index % PIECE_PAGES / 64] |= 1ull << index % 64;
	return 0;
}

void ext2_page_clear(struct ext2_inode *inode, u64 index, unsigned mark)
{
	struct piece *piece = piece_of(inode, index);

	if (piece)
		piece->bits[mark][index % PIECE_PAGES / 64] &= ~(1ull << index % 64);
}

u64 ext2_page_next(const struct ext2_inode *inode, u64 index, unsigned mark)
{
	u64 end = inode->pages ? (u64)inode->pages->room * PIECE_PAGES : 0;

	while (index < end) {
		const struct piece *piece = piece_of(inode, index);
		u64 word = piece ? piece->bits[mark][index % PIECE_PAGES / 64] >> index % 64 : 0;

		if (word != 0)
			return index + (u64)__builtin_ctzll(word);
		index = piece ? ALIGN_DOWN(index, 64ull) + 64
			      : ALIGN_DOWN(index, (u64)PIECE_PAGES) + PIECE_PAGES;
	}
	return UINT64_MAX;
}

static void free_all(struct ext2_inode *inode)
{
	if (inode->pages)
		kfree(inode->pages, size_for(inode->pages->room));
	inode->pages = NULL;
}

void ext2_pages_cut(struct ext2_inode *inode, u64 first)
{
	u32 room = inode->pages ? inode->pages->room : 0;
	u64 number = first / PIECE_PAGES;

	if (number < room && first % PIECE_PAGES != 0) {
		for (u64 i = first; i < (number + 1) * PIECE_PAGES; i++) {
			for (unsigned mark = 0; mark < MARKS; mark++)
				ext2_page_clear(inode, i, mark);
		}
		number++;
	}
	for (; number < room; number++) {
		if (inode->pages->pieces[number])
			kfree(inode->pages->pieces[number], sizeof(struct piece));
		inode->pages->pieces[number] = NULL;
	}
	if (first == 0)
		free_all(inode);
}
