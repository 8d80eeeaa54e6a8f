/*
 * reboot: the end of the machine.
 *
 * However it is asked for, the machine is switched off: it was started for one run, and whoever
 * started it may start another. File systems are closed first.
 */
#include <services/accounting/accounting.h>
#include <services/identity/identity.h>

#include <unix_calls.h>

#define MAGIC 0xfee1dead

#define COMMAND_OFF      0x4321fedcu
#define COMMAND_HALT     0xcdef0123u
#define COMMAND_RESTART  0x01234567u
#define COMMAND_RESTART2 0xa1b2c3d4u /* with a word for the firmware */
#define COMMAND_KEYS_ON  0x89abcdefu /* whether Ctrl-Alt-Del restarts: no keyboard has it here */
#define COMMAND_KEYS_OFF 0x00000000u

#define WORD_MAX 256

static bool is_magic(u32 first, u32 second)
{
	static const u32 birthdays[] = {0x28121969, 0x05121996, 0x16041998, 0x20112000};

	for (size_t i = 0; i < ARRAY_SIZE(birthdays); i++) {
		if (second == birthdays[i])
			return first == MAGIC;
	}
	return false;
}

long sys_reboot(unsigned int first, unsigned int second, unsigned int command, vaddr_t word)
{
	char text[WORD_MAX];
	size_t length;

	if (!identity_may(CAP_SYS_BOOT))
		return -EPERM;
	if (!is_magic(first, second))
		return -EINVAL;
	switch (command) {
	case COMMAND_KEYS_ON:
	case COMMAND_KEYS_OFF:
		return 0;
	case COMMAND_RESTART2:
		if (env_copyin_string(text, word, sizeof(text), &length) == K_FAULT)
			return -EFAULT;
		services_end(0);
	case COMMAND_RESTART:
	case COMMAND_HALT:
	case COMMAND_OFF:
		services_end(0);
	default:
		return -EINVAL;
	}
}
