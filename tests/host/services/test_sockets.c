/*
 * Sockets of the UNIX domain, and epoll on them, against the Linux that the tests run on: the same
 * random calls by one process that never blocks. Then memory that runs out at every allocation of a
 * run over all kinds of descriptors.
 */
#include <unistd.h>

#include "twin.h"

#define AF_UNIX        1
#define SOCK_STREAM    1
#define SOCK_DGRAM     2
#define SOCK_SEQPACKET 5
#define SOCK_NONBLOCK  04000
#define SOCK_CLOEXEC   02000000
#define MSG_PEEK       0x2
#define MSG_TRUNC      0x20
#define MSG_DONTWAIT   0x40
#define MSG_EOR        0x80
#define MSG_NOSIGNAL   0x4000
#define SOL_SOCKET     1
#define FIONREAD       0x541b
#define EPOLL_CTL_ADD  1
#define EPOLL_CTL_DEL  2
#define EPOLL_CTL_MOD  3

/* The buffer: where answers go, then what the calls are given. */
#define ANSWERS        4096
#define ADDRESSES      4096 /* of 128 bytes each: NAMES names */
#define NAMES          4
#define EVENTS         5120 /* of 16 bytes each */
#define WANTED         16
#define POLLS          5632 /* three struct pollfd each, 32 bytes */
#define POLL_SETS      16
#define LENGTHS        6400 /* of 4 bytes each, for value-result arguments */
#define LENGTH_COUNT   8
#define ADDRESS_LENGTH 20

static const long types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
static u8 names[NAMES][ADDRESS_LENGTH];

/* The same bytes on both sides, by the names that this run of the tests made up. */
static void fill(u8 *buffer)
{
	static const u32 masks[] = {0x1, 0x4, 0x5, 0x2005, 0x80000001u, 0x80000005u, 0x40000001, 0};

	for (size_t i = 0; i < NAMES; i++)
		memcpy(buffer + ADDRESSES + 128 * i, names[i], ADDRESS_LENGTH);
	for (u32 i = 0; i < WANTED; i++) {
		u32 event[3] = {masks[i % 8], 1000 + i, i};
		memcpy(buffer + EVENTS + 16 * i, event, sizeof(event));
	}
	for (u32 i = 0; i < POLL_SETS * 4; i++) {
		s32 fd = (s32)(i * 7 % 13) - 1;
		u16 wanted = (u16)(masks[i % 4] | (i % 3 ? 0x2 : 0));
		memcpy(buffer + POLLS + 8 * i, &fd, sizeof(fd));
		memcpy(buffer + POLLS + 8 * i + 4, &wanted, sizeof(wanted));
	}
	for (u32 i = 0; i < LENGTH_COUNT; i++)
		memcpy(buffer + LENGTHS + 4 * i, &(u32){i * 18}, 4);
}

static long place(void)
{
	return (long)(host_random() % (ANSWERS - 2048));
}

static long an_address(void)
{
	return ADDRESSES + 128 * (long)(host_random() % NAMES);
}

static long an_address_length(void)
{
	static const long odd[] = {
		0, 1, 3, 19, 110, 111, -1}; /* 2 makes up a name of Linux's own */

	return host_chance(12) ? twin_pick(odd, 7) : ADDRESS_LENGTH;
}

static long a_length(void)
{
	return LENGTHS + 4 * (long)(host_random() % LENGTH_COUNT);
}

static struct step make_socket(void)
{
	static const long extra[] = {SOCK_NONBLOCK, SOCK_NONBLOCK | SOCK_CLOEXEC};
	long type = twin_pick(types, 3) | twin_pick(extra, 2);

	if (host_chance(3))
		return (struct step){SYS_socket, {AF_UNIX, type}, 0};
	if (host_chance(20))
		return (struct step){SYS_socketpair, {AF_UNIX, 77, 0, place()}, 8};
	return (struct step){SYS_socketpair, {AF_UNIX, type, 0, place()}, 8};
}

/* The few calls that name or connect. */
static struct step meet(void)
{
	switch (host_random() % 8) {
	case 0:
	case 1:
		return (struct step){SYS_bind, {twin_fd(), an_address(), an_address_length()}, 2};
	case 2:
		return (struct step){SYS_listen, {twin_fd(), (long)(host_random() % 4) - 1}, 0};
	case 3:
	case 4:
	case 5:
		return (struct step){
			SYS_connect, {twin_fd(), an_address(), an_address_length()}, 2};
	default:
		return (struct step){
			SYS_accept4, {twin_fd(), place(), a_length(), SOCK_NONBLOCK}, 6};
	}
}

/* Nothing of no length is sent: a record like that, left unread, resets the connection in Linux 6.1
 * and does not in 6.18. */
static struct step transfer(void)
{
	static const long sizes[] = {0, 1, 7, 100, 100, 1000}, some[] = {1, 7, 100, 1000};
	static const long receive[] = {0, 0, 0, MSG_PEEK, MSG_TRUNC, MSG_PEEK | MSG_TRUNC};
	static const long send[] = {0, 0, 0, MSG_EOR};

	switch (host_random() % 6) {
	case 0:
		return (struct step){SYS_sendto,
			{twin_fd(), place(), twin_pick(some, 4), MSG_NOSIGNAL | twin_pick(send, 4),
				an_address(), an_address_length()},
			2 | 16};
	case 1:
	case 2:
		return (struct step){SYS_sendto,
			{twin_fd(), place(), twin_pick(some, 4), MSG_NOSIGNAL | twin_pick(send, 4)},
			2};
	case 3:
		return (struct step){SYS_recvfrom,
			{twin_fd(), place(), twin_pick(sizes, 6), twin_pick(receive, 6), place(),
				a_length()},
			2 | 16 | 32};
	case 4:
		return (struct step){SYS_recvfrom,
			{twin_fd(), place(), 2000, MSG_DONTWAIT | twin_pick(receive, 6)}, 2};
	default:
		return (struct step){SYS_read, {twin_fd(), place(), 2000}, 2};
	}
}

/* What is asked of a socket without changing it. */
static struct step ask(void)
{
	/* SO_TYPE, SO_ERROR, SO_ACCEPTCONN, SO_PROTOCOL, SO_DOMAIN, SO_PASSCRED, none */
	static const long options[] = {3, 4, 30, 38, 39, 16, 9999};

	switch (host_random() % 6) {
	case 0:
		return (struct step){SYS_getsockname, {twin_fd(), place(), a_length()}, 6};
	case 1:
		return (struct step){SYS_getpeername, {twin_fd(), place(), a_length()}, 6};
	case 2:
		return (struct step){SYS_getsockopt,
			{twin_fd(), SOL_SOCKET, twin_pick(options, 7), place(), a_length()},
			8 | 16};
	case 3:
		return (struct step){SYS_ioctl, {twin_fd(), FIONREAD, place()}, 4};
	default:
		return (struct step){SYS_poll,
			{POLLS + 32 * (long)(host_random() % POLL_SETS), (long)(host_random() % 4)},
			1};
	}
}

static struct step watch(void)
{
	static const long operations[] = {
		EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, 9};

	switch (host_random() % 6) {
	case 0:
		return (struct step){SYS_epoll_create1, {host_chance(8) ? 1 : 0}, 0};
	case 1:
	case 2:
	case 3:
		return (struct step){SYS_epoll_ctl,
			{twin_fd(), twin_pick(operations, 6), twin_fd(),
				EVENTS + 16 * (long)(host_random() % WANTED)},
			8};
	default:
		return (struct step){
			SYS_epoll_wait, {twin_fd(), place(), 1 + (long)(host_random() % 8), 0}, 2};
	}
}

static struct step random_step(void)
{
	switch (host_random() % 16) {
	case 0:
	case 1:
		return make_socket();
	case 2:
	case 3:
	case 4:
		return meet();
	case 5:
		return (struct step){SYS_shutdown, {twin_fd(), (long)(host_random() % 4)}, 0};
	case 6:
		return host_chance(2) ? (struct step){SYS_dup, {twin_fd()}, 0}
				      : (struct step){SYS_dup2, {twin_fd(), twin_fd()}, 0};
	case 7:
	case 8:
		return (struct step){SYS_close, {(long)(host_random() % 16)}, 0};
	case 9:
	case 10:
		return ask();
	case 11:
	case 12:
		return watch();
	default:
		return transfer();
	}
}

/* Linux 6.1, which we follow, looks for the receiver of a datagram before it looks whether the
 * sender was shut down, and knows no requests to an epoll; 6.18 sees both otherwise. */
static bool both_good(const struct step *step, long here, long on_linux)
{
	if (step->number == SYS_sendto)
		return here == -ENOTCONN && on_linux == -EPIPE;
	return step->number == SYS_ioctl && here == -ENOTTY && on_linux == -EINVAL;
}

static const struct twin sockets = {
	.what = "random calls on sockets and epoll are answered as Linux answers them",
	.step = random_step,
	.fill = fill,
	.both_good = both_good,
};

/* Abstract names, which Linux has one name space of: the tests' own. */
static void make_names(u64 seed)
{
	for (u32 i = 0; i < NAMES; i++) {
		u64 own = seed << 32 | (u32)getpid();

		memset(names[i], 0, ADDRESS_LENGTH);
		names[i][0] = AF_UNIX;
		memcpy(names[i] + 3, "mortise", 7);
		names[i][10] = (u8)('a' + i);
		memcpy(names[i] + 11, &own, sizeof(own));
	}
}

void test_sockets(void);
void test_sockets(void)
{
	for (u64 seed = 0; seed < 8; seed++) {
		make_names(test_seed() * 1000 + seed);
		twin_compare(&sockets, test_seed() * 1000 + seed);
	}
}
