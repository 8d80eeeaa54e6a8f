/* header: struct msghdr and what becomes of it. */
#pragma once

#include <services/sockets/sockets.h>

struct socket_header {
	vaddr_t name;
	s32 name_length;
	u32 padding;
	vaddr_t vector;
	u64 vectors;
	vaddr_t control;
	u64 control_length;
	u32 flags;
	u32 more_padding;
};
_Static_assert(sizeof(struct socket_header) == 56, "struct msghdr");

/* struct mmsghdr. */
struct socket_header_many {
	struct socket_header header;
	u32 length;
	u32 padding;
};
_Static_assert(sizeof(struct socket_header_many) == 64, "struct mmsghdr");

/* The client's vector, and where a transfer through it stands. */
struct message_vector {
	struct iovec few[IO_VECTOR_FAST];
	struct iovec *first;
	size_t count;
	struct io io;
};

/* Reads it and the vector that it names; header_end() once that worked. */
long header_fetch(
	struct socket_header *header, vaddr_t at, struct message_vector *vector) must_check;
void header_end(struct message_vector *vector);
