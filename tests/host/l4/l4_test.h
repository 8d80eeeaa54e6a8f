/* What the tests of the L4 mapping database and pager share. */
#pragma once

#include <lib/lib.h>

struct l4_space;
struct l4_utcb;

extern struct l4_utcb server_utcb;

u64 next_random(void);

/* The kernel's side (kernel.c), besides what mapping_model.h declares. */
void kernel_init(void);
struct l4_space *kernel_root_space(void);
struct l4_space *kernel_space(void);
void kernel_space_end(struct l4_space *space);
bool kernel_look(struct l4_space *space, u64 address, u64 *frame, unsigned *rights);
unsigned kernel_map(
	struct l4_space *from, u64 source, struct l4_space *to, u64 target, unsigned rights);
void kernel_unmap(struct l4_space *space, u64 address, unsigned rights, bool own);
void kernel_unmap_all(struct l4_space *space);

void test_mapping(void);
void test_pager(void);
