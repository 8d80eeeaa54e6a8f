/* options: the numbers of SOL_SOCKET's options (asm-generic/socket.h). */
#pragma once

#define SO_DEBUG       1
#define SO_REUSEADDR   2
#define SO_TYPE        3
#define SO_ERROR       4
#define SO_DONTROUTE   5
#define SO_BROADCAST   6
#define SO_SNDBUF      7
#define SO_RCVBUF      8
#define SO_KEEPALIVE   9
#define SO_OOBINLINE   10
#define SO_PRIORITY    12
#define SO_LINGER      13
#define SO_REUSEPORT   15
#define SO_PASSCRED    16
#define SO_PEERCRED    17
#define SO_RCVLOWAT    18
#define SO_SNDLOWAT    19
#define SO_RCVTIMEO    20
#define SO_SNDTIMEO    21
#define SO_ACCEPTCONN  30
#define SO_SNDBUFFORCE 32
#define SO_RCVBUFFORCE 33
#define SO_MARK        36
#define SO_PROTOCOL    38
#define SO_DOMAIN      39
#define SO_PEEK_OFF    42
#define SO_PEERGROUPS  59

/* Those that are only kept: whether they are on. */
#define OPTIONS_KEPT                                                                               \
	(1u << SO_REUSEADDR | 1u << SO_DONTROUTE | 1u << SO_BROADCAST | 1u << SO_KEEPALIVE |       \
		1u << SO_OOBINLINE | 1u << SO_REUSEPORT)
