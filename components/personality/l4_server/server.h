/* What the files of the server know of each other. */
#pragma once

#include <l4_user.h>
#include <services/services.h>

/* Its one kernel thread; handler and pager of every client. */
extern u64 server_id;
extern const struct l4_kip *server_kip;

/* Of a kernel call that can fail only by a mistake of ours, or for want of the kernel's memory
 * where that cannot be mended. */
void must(s64 result);

/* The process whose thread has this id; NULL if there is none. */
struct proc *client_find(u64 id);
void clients_init(void);
