/*
 * messages: addresses, messages and options of sockets.
 *
 * An address that the kernel has chosen is a name of five digits in the abstract space; it is not
 * told.
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <workloads/random_calls/arguments.h>

#define CONTROL_BYTES 128UL

/* A message header with all it points to, as it lies in an argument's room. */
struct letter_case {
	struct msghdr header;
	struct iovec vector[2];
	struct sockaddr_un address;
	_Alignas(8) char control[CONTROL_BYTES];
};

_Static_assert(sizeof(struct letter_case) == MESSAGE_BYTES, "shapes.c places it");

/* --- addresses ------------------------------------------------------------------------ */

static void draw_name(struct draw *draw, struct sockaddr_un *address)
{
	static const short families[] = {1, 1, 1, 1, 1, 1, 1, 1, 0, 2};
	static char path[PATH_ROOM];

	memset(address, 0, sizeof(*address));
	address->sun_family = (sa_family_t)DRAW_FROM(draw, families);
	if (draw_one_in(draw, 3)) {
		address->sun_path[1] = (char)('a' + draw_below(draw, 4));
		note("abstract ");
	} else {
		draw_path(draw, path);
		memcpy(address->sun_path, path, strnlen(path, sizeof(address->sun_path)));
		note(" ");
	}
	note_string(address->sun_path + (address->sun_path[0] == '\0'));
}

void fill_address(struct draw *draw, char *at)
{
	struct sockaddr_un address;

	draw_name(draw, &address);
	note_number(address.sun_family);
	memcpy(at, &address, sizeof(address));
}

void fill_address_length(struct draw *draw, char *at)
{
	static const int lengths[] = {110, 110, 110, 110, 128, 16, 8, 4, 2, 1, 0, -1};

	*(int *)at = DRAW_FROM(draw, lengths);
	note_number(*(int *)at);
}

static void note_address(const char *at, size_t n)
{
	static const char chosen[3] = {1, 0, 0};

	if (n == 8 && memcmp(at, chosen, 3) == 0 && at[3] >= '0' && at[3] <= 'f')
		note("chosen");
	else
		note_bytes(at, n);
}

void tell_address(const char *at, long result)
{
	size_t n = sizeof(struct sockaddr_un);

	(void)result;
	while (n > 0 && at[n - 1] == 0x5a) /* not written */
		n--;
	note_address(at, n);
}

void tell_address_length(const char *at, long result)
{
	(void)result;
	note_number(*(const int *)at);
}

/* --- messages --------------------------------------------------------------------------- */

static size_t draw_rights(struct draw *draw, char *at)
{
	unsigned n = 1 + (unsigned)draw_below(draw, 3);
	struct cmsghdr header = {.cmsg_len = (socklen_t)CMSG_LEN(n * sizeof(int)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS};

	if (draw_one_in(draw, 12))
		header.cmsg_len = (socklen_t)draw_below(draw, 40);
	memcpy(at, &header, sizeof(header));
	note(" rights");
	note_number((int64_t)header.cmsg_len);
	for (unsigned i = 0; i < n; i++) {
		int fd = draw_one_in(draw, 10) ? (int)draw_fd(draw) : (int)draw_below(draw, 6);

		memcpy(at + CMSG_LEN(i * sizeof(int)), &fd, sizeof(fd));
		note(" ");
		note_number(fd);
	}
	return CMSG_SPACE(n * sizeof(int));
}

static size_t draw_credentials(struct draw *draw, char *at)
{
	static const uid_t users[] = {0, 0, 1000, 1000, 65534};
	struct cmsghdr header = {.cmsg_len = (socklen_t)CMSG_LEN(sizeof(struct ucred)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = draw_one_in(draw, 10) ? 77 : SCM_CREDENTIALS};
	struct ucred who = {
		(pid_t)draw_process(draw, false), DRAW_FROM(draw, users), DRAW_FROM(draw, users)};

	memcpy(at, &header, sizeof(header));
	memcpy(at + CMSG_LEN(0), &who, sizeof(who));
	note(" credentials ");
	note_process(who.pid);
	note_pair(who.uid, who.gid);
	return CMSG_SPACE(sizeof(who));
}

static void draw_control(struct draw *draw, struct letter_case *at)
{
	uint64_t which = draw_below(draw, 8);
	size_t n = 0;

	at->header.msg_control = which < 4 ? at->control : NULL;
	if (which == 0 || which == 1)
		n = draw_rights(draw, at->control);
	if (which == 1 || which == 2)
		n += draw_credentials(draw, at->control + n);
	if (which == 3)
		n = draw_below(draw, 20); /* of zeros */
	at->header.msg_controllen = (socklen_t)n;
}

static void draw_vector(struct draw *draw, struct letter_case *at)
{
	uint64_t pattern = draw_next(draw), *words = (uint64_t *)BUFFER;

	for (size_t i = 0; i < WINDOW / sizeof(*words); i++)
		words[i] = pattern + i * 0x0101010101010101;
	for (int i = 0; i < 2; i++) {
		at->vector[i].iov_base = (void *)(BUFFER + (size_t)i * 4096);
		at->vector[i].iov_len = (size_t)draw_scalar(draw, SHORT_LENGTH);
		note(" ");
		note_number((int64_t)at->vector[i].iov_len);
	}
	at->header.msg_iov = at->vector;
	at->header.msg_iovlen = (int)draw_below(draw, 3);
	note(" in ");
	note_number((int64_t)at->header.msg_iovlen);
}

void fill_message_out(struct draw *draw, char *place)
{
	struct letter_case at;

	memset(&at, 0, sizeof(at));
	if (draw_one_in(draw, 4)) {
		draw_name(draw, &at.address);
		at.header.msg_namelen = (socklen_t)draw_scalar(draw, ADDRESS_LENGTH);
		note_number((int)at.header.msg_namelen);
	}
	draw_vector(draw, &at);
	draw_control(draw, &at);
	memcpy(place, &at, sizeof(at));
	/* The pointers are into what was copied. */
	((struct letter_case *)place)->header.msg_iov = ((struct letter_case *)place)->vector;
	if (at.header.msg_namelen != 0)
		((struct letter_case *)place)->header.msg_name =
			&((struct letter_case *)place)->address;
	if (at.header.msg_control)
		((struct letter_case *)place)->header.msg_control =
			((struct letter_case *)place)->control;
}

void fill_message_in(struct draw *draw, char *place)
{
	static const socklen_t rooms[] = {0, 0, 4, 16, 20, 24, 28, 48, 64, 128, 128, 128};
	struct letter_case *at = (struct letter_case *)place;

	memset(at, 0, sizeof(*at));
	draw_vector(draw, at);
	memset((char *)BUFFER, 0x5a, 2 * 4096);
	memset(at->control, 0x5a, sizeof(at->control));
	memset(&at->address, 0x5a, sizeof(at->address));
	at->header.msg_control = at->control;
	at->header.msg_controllen = DRAW_FROM(draw, rooms);
	note(" control ");
	note_number((int64_t)at->header.msg_controllen);
	if (draw_one_in(draw, 3)) {
		at->header.msg_name = &at->address;
		at->header.msg_namelen = draw_one_in(draw, 4) ? 4 : 110;
		note(" named");
	}
}

/* One control message, and where the next begins. */
static size_t tell_control(const char *at, size_t n)
{
	struct cmsghdr header;
	struct ucred who;

	memcpy(&header, at, sizeof(header));
	note(" control ");
	note_pair(header.cmsg_level, header.cmsg_type);
	note_number((int64_t)header.cmsg_len);
	if (header.cmsg_type == SCM_CREDENTIALS && header.cmsg_len >= CMSG_LEN(sizeof(who)) &&
		n >= CMSG_LEN(sizeof(who))) {
		memcpy(&who, at + CMSG_LEN(0), sizeof(who));
		note_process(who.pid);
		note_pair((int)who.uid, (int)who.gid);
	} else if (header.cmsg_len > CMSG_LEN(0) && header.cmsg_len <= n &&
		   header.cmsg_type == SCM_RIGHTS) {
		note_bytes(at + CMSG_LEN(0), header.cmsg_len - CMSG_LEN(0));
	}
	return header.cmsg_len < CMSG_LEN(0) ? n : CMSG_ALIGN(header.cmsg_len);
}

void tell_message(const char *place, long result)
{
	const struct letter_case *at = (const struct letter_case *)place;
	size_t n = at->header.msg_controllen;

	(void)result;
	note_hex((uint32_t)at->header.msg_flags);
	note(" name ");
	note_number((int)at->header.msg_namelen);
	if (at->header.msg_name && at->header.msg_namelen <= sizeof(at->address))
		note_address((const char *)&at->address, at->header.msg_namelen);
	note(" bytes ");
	note_bytes((const char *)BUFFER, 2 * 4096);
	note(" room used ");
	note_number((int64_t)n);
	for (size_t done = 0; n <= CONTROL_BYTES && done + CMSG_LEN(0) <= n;)
		done += tell_control(at->control + done, n - done);
}

/* --- options ------------------------------------------------------------------------------ */

void fill_option(struct draw *draw, char *at)
{
	static const int values[] = {0, 1, 1, 2, 100, -1};

	memset(at, 0, 16);
	*(int *)at = DRAW_FROM(draw, values);
	note_number(*(int *)at);
}

void tell_option(const char *at, long result)
{
	(void)result;
	note_bytes(at, 16);
}

void tell_peer(const char *at, long result)
{
	struct ucred who;

	(void)result;
	memcpy(&who, at, sizeof(who));
	if (at[11] == 0x5a) { /* there was not room for all */
		note("a part");
		return;
	}
	note_process(who.pid);
	note_pair((int)who.uid, (int)who.gid);
}
