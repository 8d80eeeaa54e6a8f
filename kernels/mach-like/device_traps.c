/* Devices stay in the kernel, as in Mach; each is a port. And the power switch, which is the host's
 * port. */
#include <console/console.h>
#include <device.h>
#include <objects/objects.h>

#define CHUNK 256u

TRAP(trap_device_write)
{
	struct ipc_port *port = ipc_port_named(ipc_current_space(), (mach_port_t)a, IKOT_DEVICE);
	char chunk[CHUNK];

	UNUSED3;
	if (!port)
		return KERN_INVALID_CAPABILITY;
	u64 device = (u64)port->kobject; /* the number, not the port: a copy may block */
	if (device == DEVICE_DISK)
		return KERN_INVALID_ARGUMENT;
	for (u64 done = 0; done < (u64)c;) {
		size_t n = MIN((u64)c - done, (u64)CHUNK);
		if (copy_from_user(chunk, (vaddr_t)b + done, n) != K_OK)
			return KERN_INVALID_ADDRESS;
		if (device == DEVICE_CONSOLE)
			console_send(chunk, n);
		else
			arch_result_write(chunk, n);
		done += n;
	}
	return KERN_SUCCESS;
}

/* What was typed so far; the caller polls. */
TRAP(trap_device_read)
{
	struct ipc_port *port = ipc_port_named(ipc_current_space(), (mach_port_t)a, IKOT_DEVICE);
	char chunk[CHUNK];
	u64 count = 0;
	int byte;

	UNUSED2;
	if (!port || (u64)port->kobject != DEVICE_CONSOLE)
		return KERN_INVALID_CAPABILITY;
	if (put_result((vaddr_t)d, &count, sizeof(count)) != KERN_SUCCESS)
		return KERN_INVALID_ADDRESS;
	while (count < MIN((u64)c, (u64)CHUNK) && (byte = console_read_byte()) >= 0)
		chunk[count++] = (char)byte;
	if (copy_to_user((vaddr_t)b, chunk, count) != K_OK)
		return KERN_INVALID_ADDRESS;
	return put_result((vaddr_t)d, &count, sizeof(count));
}

static void write_line(const char *line, size_t length)
{
	arch_result_write(line, length);
}

/* What is left of the kernel's objects, if that is asked for on the command line. */
static void tell_counts(void)
{
	char word[8];

	if (boot_option("counts", word, sizeof(word)))
		object_caches_tell("kernel", 0, write_line);
}

TRAP(trap_host_reboot)
{
	(void)c, UNUSED3;
	if (!ipc_port_named(ipc_current_space(), (mach_port_t)a, IKOT_HOST))
		return KERN_INVALID_CAPABILITY;
	tell_counts();
	arch_exit(b == 0 ? ARCH_EXIT_OK : ARCH_EXIT_FAILED);
}
