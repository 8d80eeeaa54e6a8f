/*
 * names: what the machine is called, and as which Linux a program wants to see it (personality).
 *
 * The release is that of the Linux whose behaviour is followed; C libraries refuse one that is too
 * old. A program from before version 3, which takes it for an error that there are two numbers
 * only, may ask to be told of a 2.6.
 */
#include <services/identity/identity.h>
#include <services/system/system.h>

#include <unix_calls.h>

#define RELEASE_26 "2.6.61-mortise" /* as Linux counts on: 60 and the second number */

#define PERSONALITY_ASK  UINT32_MAX
#define PERSONALITY_KIND 0xffu

static const struct utsname first_names = {
	.system = "Linux",
	.node = "mortise",
	.release = "6.1.0-mortise",
	.version = "#1",
	.machine = "x86_64",
	.domain = "(none)",
};

static struct utsname names;

void system_init(void)
{
	names = first_names;
}

const struct utsname *system_names(void)
{
	return &names;
}

long sys_uname(vaddr_t name)
{
	u32 personality = env_current()->settings.personality;
	struct utsname seen = names;

	if (personality & PERSONALITY_UNAME_26)
		memcpy(seen.release, RELEASE_26, sizeof(RELEASE_26));
	if ((personality & PERSONALITY_KIND) == PERSONALITY_32_BITS)
		memcpy(seen.machine, "i686", sizeof("i686"));
	return errno_of(env_copyout(name, &seen, sizeof(seen)));
}

void system_set_name(const char *name, bool domain)
{
	char *field = domain ? names.domain : names.node;

	memset(field, 0, NAME_LENGTH + 1);
	memcpy(field, name, strnlen(name, NAME_LENGTH));
}

static long set_name(char field[NAME_LENGTH + 1], vaddr_t name, int length)
{
	char fresh[NAME_LENGTH + 1] = "";

	if (!identity_may(CAP_SYS_ADMIN))
		return -EPERM;
	if (length < 0 || length > NAME_LENGTH)
		return -EINVAL;
	if (env_copyin(fresh, name, (size_t)length) != K_OK)
		return -EFAULT;
	memcpy(field, fresh, sizeof(fresh));
	return 0;
}

long sys_sethostname(vaddr_t name, int length)
{
	return set_name(names.node, name, length);
}

long sys_setdomainname(vaddr_t name, int length)
{
	return set_name(names.domain, name, length);
}

long sys_personality(unsigned int fresh)
{
	struct settings *settings = &env_current()->settings;
	u32 old = settings->personality;

	if (fresh != PERSONALITY_ASK)
		settings->personality = fresh;
	return old;
}
