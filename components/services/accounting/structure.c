/* structure: see structure.h. */
#include <services/accounting/structure.h>

/* Piece by piece, none over the border of a page: what differs from zero counts before what cannot
 * be read behind it. */
static long check_rest(vaddr_t at, size_t n)
{
	u8 more[64];

	while (n > 0) {
		size_t piece = MIN(n, sizeof(more) - at % sizeof(more));

		if (env_copyin(more, at, piece) != K_OK)
			return -EFAULT;
		for (size_t i = 0; i < piece; i++) {
			if (more[i] != 0)
				return -E2BIG;
		}
		at += piece;
		n -= piece;
	}
	return 0;
}

long structure_read(void *to, size_t known, vaddr_t at, size_t size)
{
	long error = size > known ? check_rest(at + known, size - known) : 0;

	if (error != 0)
		return error;
	memset(to, 0, known);
	return errno_of(env_copyin(to, at, MIN(size, known)));
}
