/*
 * control: what goes beside the bytes: descriptors and credentials, in control messages.
 *
 * A control message is a length (with the header), a level and a type, and then data; the next
 * begins at a multiple of 8 (struct cmsghdr). The order of the checks is that of Linux's
 * net/core/scm.c.
 */
#include <services/identity/identity.h>
#include <services/process/process.h>
#include <services/sockets/sockets.h>

#define CONTROL_MAX 20480u /* net.core.optmem_max */

struct control_header {
	u64 length;
	s32 level, type;
};

/* --- what is sent ---------------------------------------------------------------------------- */

static long check_identity(const struct peer_identity *given)
{
	const struct credentials *own = &env_current()->identity;
	s32 pid = process_current()->pid;

	if (given->pid != pid && !identity_has(own, CAP_SYS_ADMIN))
		return -EPERM;
	if (!identity_has(own, CAP_SETUID) && given->uid != own->uid && given->uid != own->euid &&
		given->uid != own->suid)
		return -EPERM;
	if (!identity_has(own, CAP_SETGID) && given->gid != own->gid && given->gid != own->egid &&
		given->gid != own->sgid)
		return -EPERM;
	return given->pid == pid || process_find(given->pid) ? 0 : -ESRCH;
}

/* One message, of `size` bytes behind its header. */
static long read_one(
	struct socket_extra *extra, const struct control_header *header, const u8 *data, u64 size)
{
	struct peer_identity given;
	long error;

	if (header->level != SOL_SOCKET)
		return 0;
	switch (header->type) {
	case SCM_RIGHTS:
		if (size / sizeof(s32) > SCM_MAX_FD)
			return -EINVAL;
		return rights_add(&extra->rights, (const s32 *)data, (u32)(size / sizeof(s32)));
	case SCM_CREDENTIALS:
		if (size != sizeof(given))
			return -EINVAL;
		memcpy(&given, data, sizeof(given));
		error = check_identity(&given);
		if (error != 0)
			return error;
		if (given.uid == UINT32_MAX || given.gid == UINT32_MAX)
			return -EINVAL;
		extra->identity = given;
		return 0;
	default:
		return -EINVAL;
	}
}

static long read_all(struct socket_extra *extra, const u8 *bytes, u64 length)
{
	u64 at = 0;
	long error = 0;

	while (error == 0 && length - at >= sizeof(struct control_header)) {
		struct control_header header;

		memcpy(&header, bytes + at, sizeof(header));
		if (header.length < sizeof(header) || header.length > length - at)
			return -EINVAL;
		error = read_one(extra, &header, bytes + at + sizeof(header),
			header.length - sizeof(header));
		at += MIN(ALIGN_UP(header.length, 8), length - at);
	}
	return error;
}

long control_read(struct socket_extra *extra, vaddr_t control, u64 length)
{
	u8 *bytes;
	long error;

	if (length > CONTROL_MAX)
		return -ENOBUFS;
	if (length == 0)
		return 0;
	bytes = kalloc(length);
	if (!bytes)
		return -ENOBUFS;
	error = env_copyin(bytes, control, length) == K_OK ? read_all(extra, bytes, length)
							   : -EFAULT;
	kfree(bytes, length);
	return error;
}

/* --- what is received --------------------------------------------------------------------------
 */

/* The room for a message, with what aligns the next, is used up. */
static void advance(struct socket_extra *extra, u64 length)
{
	u64 space = MIN(ALIGN_UP(length, 8), extra->control_left);

	extra->control += space;
	extra->control_left -= space;
}

static void write_identity(struct socket_extra *extra)
{
	struct {
		struct control_header header;
		struct peer_identity identity;
	} message = {{0, SOL_SOCKET, SCM_CREDENTIALS}, extra->identity};
	u64 length = sizeof(message.header) + sizeof(message.identity);

	if (extra->identity.pid == 0) {
		message.identity.uid = NOBODY;
		message.identity.gid = NOBODY;
	}
	if (extra->control == 0 || extra->control_left < sizeof(message.header)) {
		extra->flags_out |= MSG_CTRUNC;
		return;
	}
	if (extra->control_left < length) {
		extra->flags_out |= MSG_CTRUNC;
		length = extra->control_left;
	}
	message.header.length = length;
	if (env_copyout(extra->control, &message, length) == K_OK)
		advance(extra, ALIGN_UP(sizeof(message.header) + sizeof(message.identity), 8));
}

/* Gives one descriptor for each file that there is room for; how many. */
static u32 install(struct socket_extra *extra, u32 room)
{
	bool cloexec = extra->flags & MSG_CMSG_CLOEXEC;
	u32 done = 0;

	while (done < MIN(room, extra->rights->count)) {
		struct open_file *file = extra->rights->files[done];
		vaddr_t to = extra->control + sizeof(struct control_header) + done * sizeof(s32);
		long fd = files_install(env_current(), file, cloexec);
		s32 number = (s32)fd;

		if (fd < 0)
			break;
		file->refs++;
		if (env_copyout(to, &number, sizeof(number)) != K_OK) {
			check(files_close(env_current(), number) == 0);
			break;
		}
		done++;
	}
	return done;
}

static void write_rights(struct socket_extra *extra)
{
	u64 left = extra->control_left;
	u32 room = left > sizeof(struct control_header)
			   ? (u32)MIN((left - sizeof(struct control_header)) / sizeof(s32),
				     (u64)SCM_MAX_FD)
			   : 0;
	u32 done = install(extra, room);
	struct control_header header = {
		sizeof(header) + done * sizeof(s32), SOL_SOCKET, SCM_RIGHTS};

	if (done > 0 && env_copyout(extra->control, &header, sizeof(header)) == K_OK)
		advance(extra, header.length);
	if (done < extra->rights->count)
		extra->flags_out |= MSG_CTRUNC;
}

void control_write(struct unix_socket *socket, struct socket_extra *extra)
{
	if (extra->control == 0) {
		if (socket->pass_credentials || extra->rights)
			extra->flags_out |= MSG_CTRUNC;
		return;
	}
	if (socket->pass_credentials)
		write_identity(extra);
	if (extra->rights)
		write_rights(extra);
}
