/* rights: descriptors on their way from one process to another. */
#include <services/identity/identity.h>
#include <services/sockets/sockets.h>

struct list flying_sockets;
u32 flying_count;

static u32 files_in_flight;

long rights_add(struct rights **rights, const s32 *fds, u32 count)
{
	if (count == 0)
		return 0;
	if (!*rights) {
		*rights = kalloc(sizeof(**rights));
		if (!*rights)
			return -ENOMEM;
		(*rights)->count = 0;
		(*rights)->fly = false;
	}
	if ((*rights)->count + count > SCM_MAX_FD)
		return -EINVAL;
	for (u32 i = 0; i < count; i++) {
		struct open_file *file = files_find(fds[i]);

		if (!file)
			return -EBADF;
		file->refs++;
		(*rights)->files[(*rights)->count++] = file;
	}
	if (files_in_flight > process_current()->limits.of[LIMIT_NOFILE].soft &&
		!identity_may(CAP_SYS_RESOURCE) && !identity_may(CAP_SYS_ADMIN))
		return -ETOOMANYREFS;
	return 0;
}

void rights_free(struct rights *rights)
{
	if (!rights)
		return;
	assert(!rights->fly);
	for (u32 i = 0; i < rights->count; i++)
		file_unref(rights->files[i]);
	kfree(rights, sizeof(*rights));
}

struct rights *rights_copy(const struct rights *rights)
{
	struct rights *copy = kalloc(sizeof(*copy));

	if (!copy)
		return NULL;
	copy->count = rights->count;
	copy->fly = false;
	for (u32 i = 0; i < rights->count; i++) {
		copy->files[i] = rights->files[i];
		copy->files[i]->refs++;
	}
	return copy;
}

void rights_launch(struct rights *rights)
{
	rights->fly = true;
	files_in_flight += rights->count;
	for (u32 i = 0; i < rights->count; i++) {
		struct unix_socket *socket;

		if (rights->files[i]->ops != &socket_ops)
			continue;
		socket = socket_of(rights->files[i]);
		if (socket->in_flight++ == 0) {
			list_push_back(&flying_sockets, &socket->flying);
			flying_count++;
		}
	}
}

void rights_land(struct rights *rights)
{
	if (!rights->fly)
		return;
	rights->fly = false;
	files_in_flight -= rights->count;
	for (u32 i = 0; i < rights->count; i++) {
		struct unix_socket *socket;

		if (rights->files[i]->ops != &socket_ops)
			continue;
		socket = socket_of(rights->files[i]);
		if (--socket->in_flight == 0) {
			list_remove(&socket->flying);
			flying_count--;
		}
	}
}

void cycles_init(void)
{
	list_init(&flying_sockets);
	flying_count = 0;
	files_in_flight = 0;
}
