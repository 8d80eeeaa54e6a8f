/* Sleeping, and the world beyond: console, results, initial RAM disk, options, power. */
#include <arch/arch.h>
#include <server.h>

#define CONSOLE_POLL_NS 10000000ull /* a key press is noticed this late at most */

const struct mach_boot *server_boot;

/* --- sleeping -------------------------------------------------------------------------------- */

void env_queue_init(struct env_queue *queue)
{
	cthread_queue_init(&queue->queue);
}

static enum kstatus sleep(struct cthread_queue *queue, u64 deadline)
{
	struct env_client *client = &env_current()->client;

	client->waits++;
	client->sleeper = cthread_self();
	enum kstatus status = cthread_wait(queue, deadline);
	client->sleeper = NULL;
	if (status != K_NOMEM)
		return status;
	if (env_now() >= deadline)
		return K_TIMEDOUT;
	client->attention = true; /* no worker is left to take over: the call must be made again */
	return K_INTERRUPTED;
}

enum kstatus env_sleep(struct env_queue *queue, u64 deadline)
{
	return sleep(&queue->queue, deadline);
}

void env_wakeup_one(struct env_queue *queue)
{
	cthread_wake_one(&queue->queue);
}

void env_wakeup_all(struct env_queue *queue)
{
	cthread_wake_all(&queue->queue);
}

void env_interrupt(struct proc *proc)
{
	if (proc->client.sleeper)
		cthread_wake(proc->client.sleeper, K_INTERRUPTED);
}

/* The caller's own task yields the processor once its answer is there (emulator.c): it is not ours
 * to give up for it. */
void env_yield(void)
{
}

/* --- devices ---------------------------------------------------------------------------------- */

void env_console_write(const char *bytes, size_t n)
{
	device_write(server_boot->console, bytes, n);
}

void console_write(const char *text, size_t length)
{
	write_lines(env_console_write, text, length);
}

static struct cthread_timer timer, listener;

static void timer_expired(struct cthread_timer *expired)
{
	(void)expired;
	services_timer();
}

void env_timer(u64 deadline)
{
	if (!timer.link.next)
		cthread_timer_init(&timer);
	cthread_timer_clear(&timer);
	if (deadline != ENV_FOREVER)
		cthread_timer_set(&timer, deadline, timer_expired);
}

static void listen(struct cthread_timer *expired)
{
	char bytes[64];
	u64 got = 0;

	must(device_read(server_boot->console, bytes, sizeof(bytes), &got), "to read the console");
	cthread_timer_set(expired, env_now() + CONSOLE_POLL_NS, listen);
	if (got > 0)
		services_input(bytes, got);
}

void env_console_listen(void)
{
	cthread_timer_init(&listener);
	cthread_timer_set(&listener, env_now(), listen);
}

void env_result_write(const char *bytes, size_t n)
{
	must(device_write(server_boot->results, bytes, n), "to write results");
}

void env_memory(struct env_memory *memory)
{
	struct mach_host_memory machine;

	must(host_memory(server_boot->host, &machine), "to ask for the machine's memory");
	*memory = (struct env_memory){machine.total_pages, machine.free_pages};
}

/* --- the disk --------------------------------------------------------------------------------- */

static enum kstatus disk_status(long result)
{
	switch (result) {
	case KERN_SUCCESS:
		return K_OK;
	case KERN_INVALID_ARGUMENT:
		return K_RANGE;
	case KERN_PROTECTION_FAILURE:
		return K_DENIED;
	case KERN_RESOURCE_SHORTAGE:
		return K_NOMEM;
	case KERN_FAILURE:
		return K_FAULT;
	default:
		panic("the kernel refuses the server its disk: code %lx", result);
	}
}

u64 env_disk_size(void)
{
	struct mach_disk_status status;

	if (server_boot->disk == MACH_PORT_NULL)
		return 0;
	must(device_status(server_boot->disk, &status), "to look at the disk");
	return status.sectors;
}

enum kstatus env_disk_read(u64 sector, u32 count, void *buffer)
{
	if (server_boot->disk == MACH_PORT_NULL)
		return K_NOENT;
	return disk_status(device_read_at(server_boot->disk, sector, buffer, count));
}

enum kstatus env_disk_write(u64 sector, u32 count, const void *buffer)
{
	if (server_boot->disk == MACH_PORT_NULL)
		return K_NOENT;
	return disk_status(device_write_at(server_boot->disk, sector, buffer, count));
}

enum kstatus env_disk_flush(void)
{
	if (server_boot->disk == MACH_PORT_NULL)
		return K_NOENT;
	return disk_status(device_flush(server_boot->disk));
}

const void *env_initrd(size_t *size)
{
	*size = server_boot->initrd_size;
	return *size ? (const void *)server_boot->initrd : NULL;
}

/* The value of `key=value` among the words of the kernel's command line. */
bool env_option(const char *key, char *out, size_t size)
{
	return option_value(server_boot->command_line, key, out, size);
}

u64 env_random(void)
{
	return arch_random();
}

noreturn void env_power_off(int status)
{
	for (;;)
		host_reboot(server_boot->host, status == 0 ? 0 : 1);
}

noreturn void panic(const char *format, ...)
{
	va_list ap;

	kprintf("\nthe server panics: ");
	va_start(ap, format);
	kvprintf(format, ap);
	va_end(ap);
	kprintf("\n");
	env_power_off(1);
}
