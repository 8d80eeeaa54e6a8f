/*
 * What a thread says of itself with prctl and personality, and nobody but the kernel looks at. Data
 * types only, for struct proc. A child has what its creator has, but for what is marked (n).
 */
#pragma once

#include <lib/lib.h>

struct settings {
	s32 death_signal;      /* (n) that it gets when its parent ends; 0: none */
	u32 personality;       /* as personality(2) has it */
	u64 slack, slack_born; /* nanoseconds that a timer may be late, now and at first */
	u8 memory_errors;      /* 0: as the system does, 1: late, 2: early */
	bool adopts;           /* (n) of a leader: orphans below it become its children */
	bool small_pages;      /* memory in large pages is not wanted */
};

#define SLACK_DEFAULT 50000u /* Linux's */

#define PERSONALITY_RANDOM_OFF    0x0040000u
#define PERSONALITY_ZERO_PAGE     0x0100000u
#define PERSONALITY_COMPAT_LAYOUT 0x0200000u
#define PERSONALITY_READ_EXECUTES 0x0400000u
#define PERSONALITY_UNAME_26      0x0020000u
#define PERSONALITY_32_BITS       0x0008u /* of the lowest byte */
/* What a program that makes its caller somebody else does not inherit. */
#define PERSONALITY_UNSAFE                                                                         \
	(PERSONALITY_RANDOM_OFF | PERSONALITY_ZERO_PAGE | PERSONALITY_COMPAT_LAYOUT |              \
		PERSONALITY_READ_EXECUTES)
