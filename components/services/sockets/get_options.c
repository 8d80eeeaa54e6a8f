/* get_options: getsockopt. */
#include <services/clock/clock.h>
#include <services/sockets/options.h>
#include <services/sockets/sockets.h>

#include <unix_calls.h>

/* An option's value, of whatever kind. */
struct answer {
	u32 size;
	union {
		s32 numbers[3];
		s64 words[2];
	};
};

static void answer_number(struct answer *answer, s32 number)
{
	answer->size = sizeof(number);
	answer->numbers[0] = number;
}

static void answer_time(struct answer *answer, u64 timeout)
{
	answer->size = sizeof(answer->words);
	answer->words[0] = (s64)(timeout / NSEC_PER_SEC);
	answer->words[1] = (s64)(timeout % NSEC_PER_SEC) / NSEC_PER_USEC;
}

/* What was set, as it was. */
static long get_setting(struct unix_socket *socket, int option, struct answer *answer)
{
	switch (option) {
	case SO_SNDBUF:
		answer_number(answer, (s32)socket->send_limit);
		return 0;
	case SO_RCVBUF:
		answer_number(answer, (s32)socket->receive_limit);
		return 0;
	case SO_PRIORITY:
		answer_number(answer, socket->priority);
		return 0;
	case SO_MARK:
		answer_number(answer, (s32)socket->mark);
		return 0;
	case SO_PASSCRED:
		answer_number(answer, socket->pass_credentials);
		return 0;
	case SO_RCVLOWAT:
		answer_number(answer, (s32)socket->low_water);
		return 0;
	case SO_SNDLOWAT:
		answer_number(answer, 1);
		return 0;
	case SO_PEEK_OFF:
		answer_number(answer, socket->peek_offset);
		return 0;
	case SO_LINGER:
		answer->size = sizeof(socket->linger);
		memcpy(answer->numbers, socket->linger, sizeof(socket->linger));
		return 0;
	case SO_RCVTIMEO:
		answer_time(answer, socket->receive_timeout);
		return 0;
	case SO_SNDTIMEO:
		answer_time(answer, socket->send_timeout);
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* What it is. */
static long get_fact(struct unix_socket *socket, int option, struct answer *answer)
{
	switch (option) {
	case SO_TYPE:
		answer_number(answer, socket->type);
		return 0;
	case SO_DOMAIN:
		answer_number(answer, AF_UNIX);
		return 0;
	case SO_PROTOCOL:
		answer_number(answer, 0);
		return 0;
	case SO_ACCEPTCONN:
		answer_number(answer, socket->state == SOCKET_LISTENING);
		return 0;
	case SO_ERROR:
		answer_number(answer, (s32)-socket_take_error(socket));
		return 0;
	case SO_PEERCRED:
		answer->size = sizeof(socket->its);
		memcpy(answer->numbers, &socket->its, sizeof(socket->its));
		return 0;
	default:
		return get_setting(socket, option, answer);
	}
}

static long get(struct unix_socket *socket, int level, int option, vaddr_t at, vaddr_t length_at)
{
	struct answer answer;
	s32 room;
	long error = 0;

	if (level != SOL_SOCKET)
		return -EOPNOTSUPP;
	if (env_copyin(&room, length_at, sizeof(room)) != K_OK)
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	if (option < 32 && option > 0 && (OPTIONS_KEPT | 1u << SO_DEBUG) >> option & 1)
		answer_number(&answer, socket->flags >> option & 1);
	else
		error = get_fact(socket, option, &answer);
	if (error != 0)
		return error;
	room = (s32)MIN((u32)room, answer.size);
	if (room > 0 && env_copyout(at, answer.numbers, (size_t)room) != K_OK)
		return -EFAULT;
	return errno_of(env_copyout(length_at, &room, sizeof(room)));
}

long sys_getsockopt(int fd, int level, int option, vaddr_t at, vaddr_t length_at)
{
	struct open_file *file;
	long error = socket_get(fd, &file);

	if (error != 0)
		return error;
	error = get(socket_of(file), level, option, at, length_at);
	socket_put(file);
	return error;
}
