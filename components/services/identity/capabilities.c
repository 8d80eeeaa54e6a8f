/*
 * capabilities: capget, capset, and what prctl tells of and changes in them.
 *
 * The checks and their order are those of Linux's kernel/capability.c and security/commoncap.c.
 */
#include <services/identity/identity.h>
#include <services/process/process.h>

#include <unix_calls.h>

/* How a header says how long the sets behind it are. */
#define VERSION_1 0x19980330u /* 32 bits */
#define VERSION_2 0x20071026u /* 64, as in */
#define VERSION_3 0x20080522u

/* struct __user_cap_header_struct and, once or twice, struct __user_cap_data_struct. */
struct header {
	u32 version;
	s32 pid;
};
struct sets {
	u32 effective, permitted, inheritable;
};

/* How many struct sets follow. -EFAULT; -EINVAL: no version, and the caller is told of one. */
static long read_version(vaddr_t at)
{
	const u32 preferred = VERSION_3;
	u32 version;

	if (env_copyin(&version, at, sizeof(version)) != K_OK)
		return -EFAULT;
	switch (version) {
	case VERSION_1:
		return 1;
	case VERSION_2:
	case VERSION_3:
		return 2;
	default:
		if (env_copyout(at, &preferred, sizeof(preferred)) != K_OK)
			return -EFAULT;
		return -EINVAL;
	}
}

long sys_capget(vaddr_t header, vaddr_t data)
{
	long count = read_version(header);
	const struct credentials *who;
	const struct proc *proc;
	struct sets sets[2];
	s32 pid;

	if (data == 0 || count < 0)
		return data == 0 && (count == -EINVAL || count > 0) ? 0 : count;
	if (env_copyin(&pid, header + offsetof(struct header, pid), sizeof(pid)) != K_OK)
		return -EFAULT;
	if (pid < 0)
		return -EINVAL;
	proc = pid == 0 ? env_current() : process_find_thread(pid);
	if (!proc)
		return -ESRCH;
	who = &proc->identity;
	for (unsigned i = 0; i < ARRAY_SIZE(sets); i++)
		sets[i] = (struct sets){(u32)(who->effective >> 32 * i),
			(u32)(who->permitted >> 32 * i), (u32)(who->inheritable >> 32 * i)};
	return errno_of(env_copyout(data, sets, (size_t)count * sizeof(sets[0])));
}

static long set_capabilities(struct credentials *who, const struct sets sets[2])
{
	u64 effective = (sets[0].effective | (u64)sets[1].effective << 32) & CAPABILITIES_ALL;
	u64 permitted = (sets[0].permitted | (u64)sets[1].permitted << 32) & CAPABILITIES_ALL;
	u64 inheritable = (sets[0].inheritable | (u64)sets[1].inheritable << 32) & CAPABILITIES_ALL;

	if (!identity_has(who, CAP_SETPCAP) &&
		(inheritable & ~(who->inheritable | who->permitted)) != 0)
		return -EPERM;
	if ((inheritable & ~(who->inheritable | who->bounding)) != 0)
		return -EPERM;
	if ((permitted & ~who->permitted) != 0 || (effective & ~permitted) != 0)
		return -EPERM;
	who->effective = effective;
	who->permitted = permitted;
	who->inheritable = inheritable;
	who->ambient &= permitted & inheritable;
	return 0;
}

long sys_capset(vaddr_t header, vaddr_t data)
{
	long count = read_version(header);
	struct sets sets[2] = {{0, 0, 0}, {0, 0, 0}};
	s32 pid;

	if (count < 0)
		return count;
	if (env_copyin(&pid, header + offsetof(struct header, pid), sizeof(pid)) != K_OK)
		return -EFAULT;
	if (pid != 0 && pid != env_current()->tid)
		return -EPERM;
	if (env_copyin(sets, data, (size_t)count * sizeof(sets[0])) != K_OK)
		return -EFAULT;
	return set_capabilities(&env_current()->identity, sets);
}

/* --- prctl ------------------------------------------------------------------------------ */

#define PR_GET_KEEPCAPS     7
#define PR_SET_KEEPCAPS     8
#define PR_CAPBSET_READ     23
#define PR_CAPBSET_DROP     24
#define PR_GET_SECUREBITS   27
#define PR_SET_SECUREBITS   28
#define PR_SET_NO_NEW_PRIVS 38
#define PR_GET_NO_NEW_PRIVS 39
#define PR_CAP_AMBIENT      47
#define AMBIENT_IS_SET      1
#define AMBIENT_RAISE       2
#define AMBIENT_LOWER       3
#define AMBIENT_CLEAR_ALL   4

static long keep(struct credentials *who, u64 on)
{
	if (on > 1)
		return -EINVAL;
	if (who->secure_bits & SECURE_KEEP_CAPS_LOCKED)
		return -EPERM;
	who->secure_bits = (who->secure_bits & ~SECURE_KEEP_CAPS) | (on ? SECURE_KEEP_CAPS : 0);
	return 0;
}

static long drop_from_bounding(struct credentials *who, u64 capability)
{
	if (!identity_has(who, CAP_SETPCAP))
		return -EPERM;
	if (capability >= CAPABILITIES)
		return -EINVAL;
	who->bounding &= ~capability_bit((unsigned)capability);
	return 0;
}

/* A bit that is locked stays as it is, and so does the lock. */
static long set_secure_bits(struct credentials *who, u64 bits)
{
	u32 locked = (who->secure_bits & SECURE_LOCKS) >> 1;

	if (((locked & (who->secure_bits ^ bits)) | (who->secure_bits & SECURE_LOCKS & ~bits) |
		    (bits & ~(u64)(SECURE_LOCKS | SECURE_BITS))) != 0 ||
		!identity_has(who, CAP_SETPCAP))
		return -EPERM;
	who->secure_bits = (u32)bits;
	return 0;
}

static long control_ambient(struct credentials *who, u64 what, u64 capability, u64 a3, u64 a4)
{
	u64 bit;

	if (what == AMBIENT_CLEAR_ALL) {
		if ((capability | a3 | a4) != 0)
			return -EINVAL;
		who->ambient = 0;
		return 0;
	}
	if (capability >= CAPABILITIES || (a3 | a4) != 0)
		return -EINVAL;
	bit = capability_bit((unsigned)capability);
	if (what == AMBIENT_IS_SET)
		return (who->ambient & bit) != 0;
	if (what != AMBIENT_RAISE && what != AMBIENT_LOWER)
		return -EINVAL;
	if (what == AMBIENT_RAISE && ((who->permitted & who->inheritable & bit) == 0 ||
					     who->secure_bits & SECURE_NO_AMBIENT_RAISE))
		return -EPERM;
	who->ambient = what == AMBIENT_RAISE ? who->ambient | bit : who->ambient & ~bit;
	return 0;
}

long identity_control(int option, u64 a1, u64 a2, u64 a3, u64 a4)
{
	struct credentials *who = &env_current()->identity;

	switch (option) {
	case PR_GET_KEEPCAPS:
		return (who->secure_bits & SECURE_KEEP_CAPS) != 0;
	case PR_SET_KEEPCAPS:
		return keep(who, a1);
	case PR_CAPBSET_READ:
		return a1 < CAPABILITIES ? (long)(who->bounding >> a1 & 1) : -EINVAL;
	case PR_CAPBSET_DROP:
		return drop_from_bounding(who, a1);
	case PR_GET_SECUREBITS:
		return who->secure_bits;
	case PR_SET_SECUREBITS:
		return set_secure_bits(who, a1);
	case PR_SET_NO_NEW_PRIVS:
		if (a1 != 1 || (a2 | a3 | a4) != 0)
			return -EINVAL;
		who->no_new_privileges = true;
		return 0;
	case PR_GET_NO_NEW_PRIVS:
		return (a1 | a2 | a3 | a4) != 0 ? -EINVAL : who->no_new_privileges;
	case PR_CAP_AMBIENT:
		return control_ambient(who, a1, a2, a3, a4);
	default:
		return -ENOSYS;
	}
}
