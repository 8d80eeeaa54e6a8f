/*
 * identity: the user and group numbers of a process.
 *
 * The rules are those of Linux's kernel/sys.c; where it asks for a capability, effective user 0 has
 * it. The file-system numbers follow the effective ones.
 */
#include <services/identity/identity.h>

#include <unix_calls.h>

#define KEEP UINT32_MAX /* a number that is not to be changed */

#define MODE_SET_UID 04000u
#define MODE_SET_GID                                                                               \
	02010u /* with the group's right to execute: else the bit means something else */

void identity_fork(const struct proc *parent, struct proc *child)
{
	child->identity = parent->identity;
	if (child->identity.groups)
		child->identity.groups->refs++;
}

void identity_exec(struct credentials *who, u32 mode, u32 uid, u32 gid)
{
	if (mode & MODE_SET_UID)
		who->euid = uid;
	if ((mode & MODE_SET_GID) == MODE_SET_GID)
		who->egid = gid;
	who->suid = who->euid;
	who->fsuid = who->euid;
	who->sgid = who->egid;
	who->fsgid = who->egid;
}

static struct credentials *me(void)
{
	return &env_current()->identity;
}

long sys_getuid(void)
{
	return me()->uid;
}

long sys_geteuid(void)
{
	return me()->euid;
}

long sys_getgid(void)
{
	return me()->gid;
}

long sys_getegid(void)
{
	return me()->egid;
}

static bool is_uid_of_mine(u32 uid)
{
	return uid == me()->uid || uid == me()->euid || uid == me()->suid;
}

static bool is_gid_of_mine(u32 gid)
{
	return gid == me()->gid || gid == me()->egid || gid == me()->sgid;
}

static bool is_privileged(void)
{
	return me()->euid == 0;
}

long sys_setresuid(unsigned int uid, unsigned int euid, unsigned int suid)
{
	struct credentials *who = me();

	if (!is_privileged() &&
		((uid != KEEP && !is_uid_of_mine(uid)) || (euid != KEEP && !is_uid_of_mine(euid)) ||
			(suid != KEEP && !is_uid_of_mine(suid))))
		return -EPERM;
	who->uid = uid != KEEP ? uid : who->uid;
	who->euid = euid != KEEP ? euid : who->euid;
	who->suid = suid != KEEP ? suid : who->suid;
	who->fsuid = who->euid;
	return 0;
}

long sys_setresgid(unsigned int gid, unsigned int egid, unsigned int sgid)
{
	struct credentials *who = me();

	if (!is_privileged() &&
		((gid != KEEP && !is_gid_of_mine(gid)) || (egid != KEEP && !is_gid_of_mine(egid)) ||
			(sgid != KEEP && !is_gid_of_mine(sgid))))
		return -EPERM;
	who->gid = gid != KEEP ? gid : who->gid;
	who->egid = egid != KEEP ? egid : who->egid;
	who->sgid = sgid != KEEP ? sgid : who->sgid;
	who->fsgid = who->egid;
	return 0;
}

long sys_setuid(unsigned int uid)
{
	struct credentials *who = me();

	if (uid == KEEP)
		return -EINVAL;
	if (is_privileged()) {
		who->uid = uid;
		who->suid = uid;
	} else if (uid != who->uid && uid != who->suid) {
		return -EPERM;
	}
	who->euid = uid;
	who->fsuid = uid;
	return 0;
}

long sys_setgid(unsigned int gid)
{
	struct credentials *who = me();

	if (gid == KEEP)
		return -EINVAL;
	if (is_privileged()) {
		who->gid = gid;
		who->sgid = gid;
	} else if (gid != who->gid && gid != who->sgid) {
		return -EPERM;
	}
	who->egid = gid;
	who->fsgid = gid;
	return 0;
}

long sys_setreuid(unsigned int uid, unsigned int euid)
{
	struct credentials *who = me();

	if (!is_privileged() && ((uid != KEEP && uid != who->uid && uid != who->euid) ||
					(euid != KEEP && !is_uid_of_mine(euid))))
		return -EPERM;
	if (uid != KEEP || (euid != KEEP && euid != who->uid))
		who->suid = euid != KEEP ? euid : who->euid;
	who->uid = uid != KEEP ? uid : who->uid;
	who->euid = euid != KEEP ? euid : who->euid;
	who->fsuid = who->euid;
	return 0;
}

long sys_setregid(unsigned int gid, unsigned int egid)
{
	struct credentials *who = me();

	if (!is_privileged() && ((gid != KEEP && gid != who->gid && gid != who->egid) ||
					(egid != KEEP && !is_gid_of_mine(egid))))
		return -EPERM;
	if (gid != KEEP || (egid != KEEP && egid != who->gid))
		who->sgid = egid != KEEP ? egid : who->egid;
	who->gid = gid != KEEP ? gid : who->gid;
	who->egid = egid != KEEP ? egid : who->egid;
	who->fsgid = who->egid;
	return 0;
}

/* These two answer what it was, whatever becomes of it. */
long sys_setfsuid(unsigned int uid)
{
	struct credentials *who = me();
	u32 old = who->fsuid;

	if (uid != KEEP && (is_privileged() || is_uid_of_mine(uid) || uid == who->fsuid))
		who->fsuid = uid;
	return old;
}

long sys_setfsgid(unsigned int gid)
{
	struct credentials *who = me();
	u32 old = who->fsgid;

	if (gid != KEEP && (is_privileged() || is_gid_of_mine(gid) || gid == who->fsgid))
		who->fsgid = gid;
	return old;
}

static long put_three(const u32 values[3], vaddr_t a, vaddr_t b, vaddr_t c)
{
	const vaddr_t to[3] = {a, b, c};

	for (int i = 0; i < 3; i++) {
		if (env_copyout(to[i], &values[i], sizeof(values[i])) != K_OK)
			return -EFAULT;
	}
	return 0;
}

long sys_getresuid(vaddr_t uid, vaddr_t euid, vaddr_t suid)
{
	const u32 values[3] = {me()->uid, me()->euid, me()->suid};

	return put_three(values, uid, euid, suid);
}

long sys_getresgid(vaddr_t gid, vaddr_t egid, vaddr_t sgid)
{
	const u32 values[3] = {me()->gid, me()->egid, me()->sgid};

	return put_three(values, gid, egid, sgid);
}
