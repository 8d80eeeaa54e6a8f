/* segments: shared memory, as the files of this part know it. */
#pragma once

#include <services/sysv/objects.h>
#include <services/tree/place.h>

#define SHM_DEST   01000u /* of a mode: it goes with who detaches it last */
#define SHM_LOCKED 02000u

#define SHM_SIZE_MAX (UINT64_MAX - (1ull << 24))
#define SHM_MOST     4096u

struct segment {
	struct ipc_object object;
	struct place place; /* the file, held */
	u64 size;           /* in bytes, as asked for */
	s64 atime, dtime, ctime;
	s32 creator, last; /* processes */
	u64 attached;      /* mappings */
};

extern struct ipc_table segments;
extern u64 segments_pages; /* of all */

/* Pages of it that are in memory. */
u64 segment_resident(const struct segment *segment);
/* Nobody has it attached: it goes. */
void segment_destroy(struct segment *segment);
