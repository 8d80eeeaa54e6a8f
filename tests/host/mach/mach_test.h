/* What the files of this test share. */
#pragma once

#include <ipc.h>

#define SPACES 3
#define PORTS  32

extern struct ipc_space spaces[SPACES];
/* Every port that was ever made by the walk and not yet seen to be dead and unreferenced. The test
 * holds a reference on each. */
extern struct ipc_port *ports[PORTS];

u64 next_random(void);
static inline u32 roll(u32 sides)
{
	return (u32)(next_random() % sides);
}

/* Begins to watch a port, if there is room. */
void watch(struct ipc_port *port);
/* Counts everything anew; NULL if all is as the ports say, else what is wrong. */
const char *recount(void);
/* Copies of memory that are in messages. */
extern u32 memories;

void walk(void);
