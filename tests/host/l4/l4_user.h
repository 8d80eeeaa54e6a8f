/* In the place of the user-mode stubs: the kernel's side is in the same program. */
#pragma once

#include <l4_abi.h>

struct l4_message {
	u64 tag;
	u64 mr[L4_REGISTER_MRS];
};

/* The server's unmap call (test_pager.c); the kernel has a function of the stub's name. */
s64 server_unmap(unsigned count, bool own);

static inline s64 l4_unmap(unsigned count, bool own)
{
	return server_unmap(count, own);
}
