/*
 * capabilities: the powers of user 0, one by one (capabilities(7)).
 *
 * Their numbers are Linux's, include/uapi/linux/capability.h. Whoever checks one asks for it by
 * name; nobody compares a user number with 0.
 */
#pragma once

#include <services/services.h>

#define CAP_CHOWN            0
#define CAP_DAC_OVERRIDE     1
#define CAP_DAC_READ_SEARCH  2
#define CAP_FOWNER           3
#define CAP_FSETID           4
#define CAP_KILL             5
#define CAP_SETGID           6
#define CAP_SETUID           7
#define CAP_SETPCAP          8
#define CAP_LINUX_IMMUTABLE  9
#define CAP_NET_BIND_SERVICE 10
#define CAP_NET_ADMIN        12
#define CAP_NET_RAW          13
#define CAP_IPC_LOCK         14
#define CAP_IPC_OWNER        15
#define CAP_SYS_MODULE       16
#define CAP_SYS_RAWIO        17
#define CAP_SYS_CHROOT       18
#define CAP_SYS_PTRACE       19
#define CAP_SYS_PACCT        20
#define CAP_SYS_ADMIN        21
#define CAP_SYS_BOOT         22
#define CAP_SYS_NICE         23
#define CAP_SYS_RESOURCE     24
#define CAP_SYS_TIME         25
#define CAP_SYS_TTY_CONFIG   26
#define CAP_MKNOD            27
#define CAP_LEASE            28
#define CAP_SETFCAP          31
#define CAP_MAC_OVERRIDE     32
#define CAP_SYSLOG           34
#define CAP_WAKE_ALARM       35
#define CAPABILITIES         41 /* there are no more */

#define CAPABILITIES_ALL (((u64)1 << CAPABILITIES) - 1)

/* secure_bits; each has a lock, the bit above it. */
#define SECURE_NOROOT           0x01u /* programs of user 0 get nothing for being his */
#define SECURE_NO_SETUID_FIXUP  0x04u /* capabilities do not follow the user numbers */
#define SECURE_KEEP_CAPS        0x10u /* what is permitted stays so when user 0 becomes another */
#define SECURE_KEEP_CAPS_LOCKED 0x20u
#define SECURE_NO_AMBIENT_RAISE 0x40u
#define SECURE_BITS             0x55u
#define SECURE_LOCKS            0xaau

static inline u64 capability_bit(unsigned capability)
{
	return (u64)1 << capability;
}

static inline bool identity_has(const struct credentials *who, unsigned capability)
{
	return who->effective >> capability & 1;
}

/* Whether the thread being served has it. */
static inline bool identity_may(unsigned capability)
{
	return identity_has(&env_current()->identity, capability);
}
