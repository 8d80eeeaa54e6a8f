/*
 * privileges: what a program gets for being executed, and who may look into whom.
 *
 * The rules are those of Linux's security/commoncap.c and kernel/ptrace.c. No file here has
 * capabilities of its own, so a program gets them from user 0 or from the ambient set.
 */
#include <services/identity/identity.h>
#include <services/memory/mappings.h>

#define MODE_SET_UID 04000u
#define MODE_SET_GID                                                                               \
	02010u /* with the group's right to execute: else the bit means something else */

/* The numbers that the file gives; whether they are others than the caller's own. */
static bool take_owner(struct credentials *who, u32 mode, u32 uid, u32 gid)
{
	if (!who->no_new_privileges) {
		if (mode & MODE_SET_UID)
			who->euid = uid;
		if ((mode & MODE_SET_GID) == MODE_SET_GID)
			who->egid = gid;
	}
	return who->euid != who->uid || who->egid != who->gid;
}

bool identity_exec(struct credentials *who, u32 mode, u32 uid, u32 gid)
{
	bool set_id = take_owner(who, mode, uid, gid),
	     is_root = !(who->secure_bits & SECURE_NOROOT);
	bool acts_as_root = is_root && who->euid == 0;
	u64 had = who->permitted, gets = 0;

	if (is_root && (who->euid == 0 || who->uid == 0))
		gets = who->bounding | who->inheritable;
	if (who->no_new_privileges && (set_id || (gets & ~had) != 0)) {
		who->euid = who->uid;
		who->egid = who->gid;
		gets &= had;
	}
	who->suid = who->euid;
	who->fsuid = who->euid;
	who->sgid = who->egid;
	who->fsgid = who->egid;
	if (set_id)
		who->ambient = 0;
	who->permitted = gets | who->ambient;
	who->effective = acts_as_root ? who->permitted : who->ambient;
	who->secure_bits &= ~SECURE_KEEP_CAPS;
	return set_id || (who->uid != 0 && (acts_as_root || (who->permitted & ~who->ambient) != 0));
}

void identity_real(const struct credentials *who, struct credentials *real)
{
	*real = *who;
	real->fsuid = who->uid;
	real->fsgid = who->gid;
	if (!(who->secure_bits & SECURE_NO_SETUID_FIXUP))
		real->effective = who->uid == 0 ? who->permitted : 0;
}

bool identity_may_look_into(const struct proc *proc, bool for_files)
{
	const struct credentials *mine = &env_current()->identity, *its = &proc->identity;
	u32 uid = for_files ? mine->fsuid : mine->uid, gid = for_files ? mine->fsgid : mine->gid;
	u64 has = for_files ? mine->effective : mine->permitted;

	if (proc->leader == env_current()->leader || identity_has(mine, CAP_SYS_PTRACE))
		return true;
	return uid == its->euid && uid == its->suid && uid == its->uid && gid == its->egid &&
	       gid == its->sgid && gid == its->gid && !(proc->memory && proc->memory->hidden) &&
	       (its->permitted & ~has) == 0;
}
