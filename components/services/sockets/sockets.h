/*
 * sockets: UNIX-domain sockets.
 *
 * A socket is what the two ends of a conversation share knowledge of: its queue holds the messages
 * that were sent to it, `peer` is where its own go. It is counted: by its open file, by those whose
 * peer it is, by the messages that it sent and that are not read yet, and by a connection that
 * nobody has accepted yet, which waits in the queue of a listening socket as a message without
 * bytes. A socket without its open file is *dead*; its peer finds that out.
 *
 * How many bytes are under way is counted as Linux counts them (message_charge()), so that a writer
 * is held up after just as many.
 *
 * A copy from or to a client may give the monitor up. So a message is complete before it is put
 * into a queue, and a read holds the socket (`reading`).
 */
#pragma once

#include <services/files/files.h>
#include <services/files/watch.h>
#include <services/tree/tree.h>

#define AF_UNSPEC 0
#define AF_UNIX   1
#define AF_LAST   45 /* Linux 6.1 knows of none above */

#define SOCK_STREAM    1
#define SOCK_DGRAM     2
#define SOCK_RAW       3
#define SOCK_SEQPACKET 5

#define MSG_OOB          0x1u
#define MSG_PEEK         0x2u
#define MSG_CTRUNC       0x8u
#define MSG_TRUNC        0x20u
#define MSG_DONTWAIT     0x40u
#define MSG_EOR          0x80u
#define MSG_WAITALL      0x100u
#define MSG_NOSIGNAL     0x4000u
#define MSG_WAITFORONE   0x10000u
#define MSG_CMSG_CLOEXEC 0x40000000u
#define MSG_CMSG_COMPAT  0x80000000u

#define SOL_SOCKET      1
#define SCM_RIGHTS      1
#define SCM_CREDENTIALS 2
#define SCM_MAX_FD      253

#define SHUT_RECEIVE 1u
#define SHUT_SEND    2u
#define SHUT_BOTH    3u

#define ADDRESS_PATH    2u   /* where the name begins, behind the family */
#define ADDRESS_MAX     110u /* struct sockaddr_un */
#define ADDRESS_STORAGE 128u /* struct sockaddr_storage */
#define NOBODY          65534u

/* A name, shared by the socket that was bound to it and those that were accepted there. */
struct address {
	u32 refs;
	u32 length; /* of `bytes`: family and name */
	u8 bytes[ADDRESS_MAX + 1];
};

/* struct ucred. */
struct peer_identity {
	s32 pid;
	u32 uid, gid;
};

enum socket_state {
	SOCKET_CLOSED,
	SOCKET_CONNECTED,
	SOCKET_LISTENING,
};

struct unix_socket {
	u32 refs;
	u8 type;
	u8 shutdown; /* SHUT_… */
	bool dead;
	bool reading; /* somebody is */
	bool pass_credentials;
	bool in_table; /* can be found by its name */
	enum socket_state state;
	s32 error;   /* to be reported once */
	u32 backlog; /* how many more than that may not wait in the queue */
	u64 number;
	struct unix_socket *peer; /* held */
	struct address *address;  /* held; NULL: no name */
	struct place place;       /* of a name in the tree, held */
	struct list named;        /* in the table of names */
	struct list messages;     /* the oldest first */
	u32 queued;
	u32 charged, send_limit, receive_limit; /* bytes under way, as Linux counts them */
	s32 peek_offset;                        /* SO_PEEK_OFF; -1: off */
	struct peer_identity its;               /* who it was connected to */
	struct list senders; /* sockets whose peer this one is, through `sender` */
	struct list sender;
	struct env_queue readable; /* until a message, or none to come */
	struct env_queue writable; /* until fewer bytes are under way */
	struct env_queue room;     /* until a sender's message finds room in the queue */
	struct env_queue idle;     /* until nobody reads */
	struct watch_list watches;
	/* Options (SOL_SOCKET). */
	u64 receive_timeout, send_timeout; /* ns; 0: none */
	u32 low_water;
	u32 flags; /* those that are only kept: bits by number of the option */
	s32 linger[2];
	s32 priority;
	u32 mark;
	/* Files in flight. */
	struct open_file *file; /* NULL: not accepted yet, or dead */
	u32 uid, gid;       /* who made that: what fstat tells until it has a place of its own */
	struct place own;   /* where it is found in /proc and changed by fchmod, once it was */
	u32 in_flight;      /* how often its file is in messages */
	struct list flying; /* in the list of those with in_flight > 0 */
	bool suspect;       /* while cycles are looked for */
	u32 proofs;         /* that it is none */
};

/* More bytes of a message than fit behind it. */
struct piece {
	struct piece *next;
	u32 size; /* of `bytes` */
	u8 bytes[];
};

/* Descriptors on their way. */
struct rights {
	u32 count;
	bool fly;                            /* they are in a queue */
	struct open_file *files[SCM_MAX_FD]; /* held */
};

struct message {
	struct list link;
	u32 refs;          /* the queue's, and of who peeks at it */
	u32 length, taken; /* bytes; how many a stream's reader has had */
	u32 room;          /* of `bytes` */
	u32 charge;
	struct unix_socket *sender; /* held */
	struct unix_socket *waits;  /* the new end of a connection that is to be accepted, held */
	struct rights *rights;      /* NULL: none */
	struct peer_identity from;  /* pid 0: nobody said */
	struct piece *more;
	u8 bytes[];
};

/* What a call sends or receives beside the bytes. */
struct socket_extra {
	u32 flags;                     /* of the call */
	u8 name[ADDRESS_STORAGE];      /* address to send to, or of the sender */
	u32 name_length;               /* 0: none */
	bool wants_name;               /* of the sender */
	struct rights *rights;         /* to be sent, or received; owned */
	struct peer_identity identity; /* pid 0: none was given */
	vaddr_t control;               /* where control messages go; 0: nowhere */
	u64 control_left;
	u32 flags_out;
};

/* --- sockets (socket.c, create.c) --- */

extern const struct file_ops socket_ops;

struct unix_socket *socket_create(u8 type) must_check;
static inline struct unix_socket *socket_ref(struct unix_socket *socket)
{
	socket->refs++;
	return socket;
}
void socket_unref(struct unix_socket *socket);
/* `peer` (or NULL) becomes where it sends to; takes over the reference. */
void socket_set_peer(struct unix_socket *socket, struct unix_socket *peer);
/* The socket behind a descriptor, whose file is held until socket_put(): -EBADF, -ENOTSOCK. */
long socket_get(int fd, struct open_file **file) must_check;
static inline void socket_put(struct open_file *file)
{
	file_unref(file);
}
static inline struct unix_socket *socket_of(const struct open_file *file)
{
	return file->object;
}
static inline bool socket_is_connected_type(const struct unix_socket *socket)
{
	return socket->type != SOCK_DGRAM;
}
/* An open file of a socket that has none. NULL: memory is out. */
struct open_file *socket_file(struct unix_socket *socket, u32 flags) must_check;
/* The end of its last open file, or of a connection that nobody accepted. */
void socket_die(struct unix_socket *socket, bool was_accepted);
/* Reports what went wrong, once: 0 or -errno. */
long socket_take_error(struct unix_socket *socket);
/* Something about it may be possible now. */
void socket_changed(struct unix_socket *socket, u32 events);
/* Who is served now. */
struct peer_identity socket_own_identity(void);
struct peer_identity socket_effective_identity(void);
u32 socket_poll(struct open_file *file, struct watch *watch);
long socket_ioctl(struct open_file *file, unsigned request, vaddr_t argument);
struct place *socket_place(struct open_file *file);
void socket_status(const struct open_file *file, struct file_status *status);

/* How long a call may sleep: 0 if not at all. */
u64 socket_deadline(const struct open_file *file, u32 flags, u64 timeout);
/* Sleeps; what an interrupted call returns depends on whether it could go on as long. */
long socket_sleep(struct env_queue *queue, u64 deadline) must_check;

/* --- names (address.c, bind.c) --- */

/* Checks an address that was fetched: -EINVAL. */
long address_check(const u8 *name, u32 length) must_check;
long address_bind_free(struct unix_socket *socket) must_check; /* a name that nobody has */
void address_unref(struct address *address);
/* The socket of that name and type, held: -ECONNREFUSED, -EPROTOTYPE, -EACCES, what a look-up says.
 */
long address_find(const u8 *name, u32 length, u8 type, struct unix_socket **out) must_check;
void address_forget(struct unix_socket *socket);
bool address_is_free(const struct address *address, u8 type);
void address_publish(struct unix_socket *socket, struct address *address);
struct address *address_create(const u8 *name, u32 length) must_check;
/* An address as getsockname() gives it. */
u32 address_of(const struct unix_socket *socket, u8 *to);
long address_fetch(u8 *to, vaddr_t from, int length) must_check;
long address_store(const u8 *name, u32 length, vaddr_t to, vaddr_t length_at) must_check;

/* --- messages (message.c) --- */

/* Makes room for a message of `length` bytes, which counts `charge`. NULL: memory is out. */
struct message *message_create(struct unix_socket *sender, u32 length, u32 charge) must_check;
u32 message_charge(u32 head, u32 data);
long message_fill(struct message *message, struct io *io) must_check;
/* Copies `n` bytes from `at` on to the client. */
enum kstatus message_copy(
	const struct message *message, u32 at, struct io *io, u32 n, size_t *moved) must_check;
/* Its last owner needs it no more; files in it are closed. */
void message_free(struct message *message);
void message_queue(struct unix_socket *to, struct message *message);
void message_remove(struct unix_socket *from, struct message *message);
static inline struct message *message_first(struct unix_socket *socket)
{
	return list_first(&socket->messages, struct message, link);
}
bool socket_is_writable(const struct unix_socket *socket);
static inline bool socket_is_full(const struct unix_socket *socket)
{
	return socket->queued > socket->backlog;
}
/* Waits until `socket` may have more under way. */
long socket_wait_for_buffer(struct open_file *file, u64 deadline) must_check;
/* What a message carries beside its bytes. `first`: rights go along. */
void message_add_extra(struct message *message, struct socket_extra *extra);
void message_add_sender(struct message *message, const struct unix_socket *to);

/* --- transfers --- */

/* What a sequenced packet's sender hears before anything of the message is looked at: -ENOTCONN. */
long socket_may_send(struct unix_socket *socket) must_check;
long socket_send(struct open_file *file, struct io *io, struct socket_extra *extra) must_check;
long datagram_send(struct open_file *file, struct io *io, struct socket_extra *extra) must_check;
long socket_receive(struct open_file *file, struct io *io, struct socket_extra *extra) must_check;
long stream_receive(struct open_file *file, struct io *io, struct socket_extra *extra) must_check;
/* One reader at a time. */
long socket_begin_reading(struct unix_socket *socket) must_check;
void socket_end_reading(struct unix_socket *socket);
/* The name of who sent a message, if it has one. */
void socket_name_sender(struct socket_extra *extra, const struct message *message);
/* A socket's other end was changed or closed: what it sent before is forgotten. */
void datagram_disconnect(struct unix_socket *socket, struct unix_socket *former);
/* A socket's queue has room: for its senders. */
void datagram_room(struct unix_socket *socket);

/* --- descriptors under way (control.c, rights.c, cycles.c) --- */

/* Reads control messages that are to be sent. */
long control_read(struct socket_extra *extra, vaddr_t control, u64 length) must_check;
/* Writes those that were received; what does not fit is lost, and flags_out says so. */
void control_write(struct unix_socket *socket, struct socket_extra *extra);
long rights_add(struct rights **rights, const s32 *fds, u32 count) must_check;
/* NULL: none. */
void rights_free(struct rights *rights);
/* They fly, or have landed. */
void rights_launch(struct rights *rights);
void rights_land(struct rights *rights);
struct rights *rights_copy(const struct rights *rights) must_check;
extern struct list flying_sockets;
extern u32 flying_count;
/* Closes what can be reached only from itself; later, while messages are freed. */
void cycles_collect(void);
void cycles_collect_if_wanted(void);
bool messages_are_freed(void);

void cycles_init(void);
void sockets_init(void);
