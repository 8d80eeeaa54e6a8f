/* header: struct msghdr, in which sendmsg and recvmsg say what they are about. */
#include <services/sockets/header.h>

long header_fetch(struct socket_header *header, vaddr_t at, struct message_vector *vector)
{
	long total;

	if (env_copyin(header, at, sizeof(*header)) != K_OK)
		return -EFAULT;
	if (header->name == 0)
		header->name_length = 0;
	if (header->name_length < 0)
		return -EINVAL;
	header->name_length = MIN(header->name_length, (s32)ADDRESS_STORAGE);
	if (header->vectors > IO_VECTOR_MAX)
		return -EMSGSIZE;
	vector->count = header->vectors;
	total = io_fetch_vector(vector->few, &vector->first, header->vector, header->vectors);
	if (total < 0) {
		io_free_vector(vector->few, vector->first, vector->count);
		return total;
	}
	vector->io = (struct io){vector->first, (u64)total};
	return 0;
}

void header_end(struct message_vector *vector)
{
	io_free_vector(vector->few, vector->first, vector->count);
}
