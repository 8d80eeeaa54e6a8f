/*
 * identity: the user and group numbers of a process.
 *
 * The rules are those of Linux's kernel/sys.c. The file-system numbers follow the effective ones,
 * and capabilities follow user 0 (security/commoncap.c): who stops being him loses them.
 */
#include <services/identity/identity.h>
#include <services/memory/mappings.h>

#include <unix_calls.h>

#define KEEP UINT32_MAX /* a number that is not to be changed */

/* What goes with the file-system user 0. */
#define FILE_CAPABILITIES                                                                          \
	(capability_bit(CAP_CHOWN) | capability_bit(CAP_MKNOD) |                                   \
		capability_bit(CAP_DAC_OVERRIDE) | capability_bit(CAP_DAC_READ_SEARCH) |           \
		capability_bit(CAP_FOWNER) | capability_bit(CAP_FSETID) |                          \
		capability_bit(CAP_LINUX_IMMUTABLE) | capability_bit(CAP_MAC_OVERRIDE))

void identity_first(struct credentials *who)
{
	*who = (struct credentials){.permitted = CAPABILITIES_ALL,
		.effective = CAPABILITIES_ALL,
		.bounding = CAPABILITIES_ALL};
}

void identity_fork(const struct proc *parent, struct proc *child)
{
	child->identity = parent->identity;
	if (child->identity.groups)
		child->identity.groups->refs++;
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

void identity_changed(struct proc *proc, const struct credentials *before)
{
	const struct credentials *now = &proc->identity;

	if (now->euid == before->euid && now->egid == before->egid && now->fsuid == before->fsuid &&
		now->fsgid == before->fsgid && (now->permitted & ~before->permitted) == 0)
		return;
	proc->memory->hidden = true;
	proc->settings.death_signal = 0;
}

static bool is_root_among(const struct credentials *who)
{
	return who->uid == 0 || who->euid == 0 || who->suid == 0;
}

/* The user numbers have changed: capabilities go with user 0. */
static void users_changed(const struct credentials *before, struct credentials *who)
{
	if (who->secure_bits & SECURE_NO_SETUID_FIXUP)
		return;
	if (is_root_among(before) && !is_root_among(who)) {
		if (!(who->secure_bits & SECURE_KEEP_CAPS)) {
			who->permitted = 0;
			who->effective = 0;
		}
		who->ambient = 0;
	}
	if (before->euid == 0 && who->euid != 0)
		who->effective = 0;
	if (before->euid != 0 && who->euid == 0)
		who->effective = who->permitted;
}

/* The caller is `who` from now on, with other user numbers, or only other groups. */
static long become(struct credentials *who, bool users)
{
	struct credentials before = *me();

	if (users)
		users_changed(&before, who);
	*me() = *who;
	identity_changed(env_current(), &before);
	return 0;
}

long sys_setresuid(unsigned int uid, unsigned int euid, unsigned int suid)
{
	struct credentials now = *me(), *who = &now;

	if (!identity_may(CAP_SETUID) &&
		((uid != KEEP && !is_uid_of_mine(uid)) || (euid != KEEP && !is_uid_of_mine(euid)) ||
			(suid != KEEP && !is_uid_of_mine(suid))))
		return -EPERM;
	who->uid = uid != KEEP ? uid : who->uid;
	who->euid = euid != KEEP ? euid : who->euid;
	who->suid = suid != KEEP ? suid : who->suid;
	who->fsuid = who->euid;
	return become(who, true);
}

long sys_setresgid(unsigned int gid, unsigned int egid, unsigned int sgid)
{
	struct credentials now = *me(), *who = &now;

	if (!identity_may(CAP_SETGID) &&
		((gid != KEEP && !is_gid_of_mine(gid)) || (egid != KEEP && !is_gid_of_mine(egid)) ||
			(sgid != KEEP && !is_gid_of_mine(sgid))))
		return -EPERM;
	who->gid = gid != KEEP ? gid : who->gid;
	who->egid = egid != KEEP ? egid : who->egid;
	who->sgid = sgid != KEEP ? sgid : who->sgid;
	who->fsgid = who->egid;
	return become(who, false);
}

long sys_setuid(unsigned int uid)
{
	struct credentials now = *me(), *who = &now;

	if (uid == KEEP)
		return -EINVAL;
	if (identity_may(CAP_SETUID)) {
		who->uid = uid;
		who->suid = uid;
	} else if (uid != who->uid && uid != who->suid) {
		return -EPERM;
	}
	who->euid = uid;
	who->fsuid = uid;
	return become(who, true);
}

long sys_setgid(unsigned int gid)
{
	struct credentials now = *me(), *who = &now;

	if (gid == KEEP)
		return -EINVAL;
	if (identity_may(CAP_SETGID)) {
		who->gid = gid;
		who->sgid = gid;
	} else if (gid != who->gid && gid != who->sgid) {
		return -EPERM;
	}
	who->egid = gid;
	who->fsgid = gid;
	return become(who, false);
}

long sys_setreuid(unsigned int uid, unsigned int euid)
{
	struct credentials now = *me(), *who = &now;

	if (!identity_may(CAP_SETUID) && ((uid != KEEP && uid != who->uid && uid != who->euid) ||
						 (euid != KEEP && !is_uid_of_mine(euid))))
		return -EPERM;
	if (uid != KEEP || (euid != KEEP && euid != who->uid))
		who->suid = euid != KEEP ? euid : who->euid;
	who->uid = uid != KEEP ? uid : who->uid;
	who->euid = euid != KEEP ? euid : who->euid;
	who->fsuid = who->euid;
	return become(who, true);
}

long sys_setregid(unsigned int gid, unsigned int egid)
{
	struct credentials now = *me(), *who = &now;

	if (!identity_may(CAP_SETGID) && ((gid != KEEP && gid != who->gid && gid != who->egid) ||
						 (egid != KEEP && !is_gid_of_mine(egid))))
		return -EPERM;
	if (gid != KEEP || (egid != KEEP && egid != who->gid))
		who->sgid = egid != KEEP ? egid : who->egid;
	who->gid = gid != KEEP ? gid : who->gid;
	who->egid = egid != KEEP ? egid : who->egid;
	who->fsgid = who->egid;
	return become(who, false);
}

/* These two answer what it was, whatever becomes of it. */
long sys_setfsuid(unsigned int uid)
{
	struct credentials now = *me();
	u32 old = now.fsuid;

	if (uid == KEEP || uid == old || !(identity_may(CAP_SETUID) || is_uid_of_mine(uid)))
		return old;
	now.fsuid = uid;
	if (!(now.secure_bits & SECURE_NO_SETUID_FIXUP)) {
		if (old == 0)
			now.effective &= ~FILE_CAPABILITIES;
		if (uid == 0)
			now.effective |= now.permitted & FILE_CAPABILITIES;
	}
	(void)become(&now, false);
	return old;
}

long sys_setfsgid(unsigned int gid)
{
	struct credentials now = *me();
	u32 old = now.fsgid;

	if (gid != KEEP && (identity_may(CAP_SETGID) || is_gid_of_mine(gid) || gid == old)) {
		now.fsgid = gid;
		(void)become(&now, false);
	}
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
