/* The world beyond: console, results, initial RAM disk, randomness, power. */
#include <console/console.h>
#include <services/services.h>

#define CONSOLE_POLL_NS 10000000ull /* a key press is noticed this late at most */

void env_console_write(const char *bytes, size_t n)
{
	console_send(bytes, n);
}

/* Deadlines are threads' in this kernel: these two never run, they only have one. */
static struct thread timer, listener;

static void timer_expired(struct thread *thread)
{
	(void)thread;
	services_timer();
}

void env_timer(u64 deadline)
{
	if (!timer.timeout_link.next)
		list_init(&timer.timeout_link);
	thread_clear_deadline(&timer);
	thread_set_deadline(&timer, deadline, timer_expired);
}

/* The kernel is not preemptible: when the timer interrupts, nobody is in the services. */
static void listen(struct thread *thread)
{
	char bytes[64];
	size_t got = 0;
	int byte;

	while (got < sizeof(bytes) && (byte = console_read_byte()) >= 0)
		bytes[got++] = (char)byte;
	thread_set_deadline(thread, arch_now() + CONSOLE_POLL_NS, listen);
	if (got > 0)
		services_input(bytes, got);
}

void env_console_listen(void)
{
	list_init(&listener.timeout_link);
	thread_set_deadline(&listener, arch_now(), listen);
}

void env_result_write(const char *bytes, size_t n)
{
	arch_result_write(bytes, n);
}

const void *env_initrd(size_t *size)
{
	const struct boot_info *boot = boot_information();

	*size = boot->initrd_end - boot->initrd_start;
	return *size ? phys_to_virt(boot->initrd_start) : NULL;
}

bool env_option(const char *key, char *out, size_t size)
{
	return boot_option(key, out, size);
}

u64 env_random(void)
{
	return arch_random();
}

/* The kernel has had all of it from the start, and the services no threads of their own. */
s64 env_given_frames(void)
{
	return 0;
}

noreturn void env_power_off(int status)
{
	arch_exit(status == 0 ? ARCH_EXIT_OK : ARCH_EXIT_FAILED);
}
