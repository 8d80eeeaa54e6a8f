/* Sleeping, and the world beyond: console, results, initial RAM disk, options, power. */
#include <console/console.h>
#include <server.h>

#define CONSOLE_POLL_NS 10000000ull /* a key press is noticed this late at most */

u64 server_id;
const struct l4_kip *server_kip;

/* --- sleeping ------------------------------------------------------------ */

void env_queue_init(struct env_queue *queue)
{
	cthread_queue_init(&queue->queue);
}

enum kstatus env_sleep(struct env_queue *queue, u64 deadline)
{
	struct proc *proc = env_current();

	proc->client.waits++;
	proc->client.sleeper = cthread_self();
	enum kstatus status = cthread_wait(&queue->queue, deadline);
	proc->client.sleeper = NULL;
	if (status != K_NOMEM)
		return status;
	if (env_now() >= deadline)
		return K_TIMEDOUT;
	proc->client.attention =
		true; /* no worker is left to take over: the call must be made again */
	return K_INTERRUPTED;
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

/* Others are the other clients: the kernel lets them run before it comes back to us. */
void env_yield(void)
{
	l4_thread_switch(L4_NIL);
}

/* --- devices ------------------------------------------------------------- */

void env_console_write(const char *bytes, size_t n)
{
	console_send(bytes, n);
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
	size_t got = 0;
	int byte;

	while (got < sizeof(bytes) && (byte = console_read_byte()) >= 0)
		bytes[got++] = (char)byte;
	cthread_timer_set(expired, env_now() + CONSOLE_POLL_NS, listen);
	if (got > 0)
		services_input(bytes, got);
}

void env_console_listen(void)
{
	cthread_timer_init(&listener);
	cthread_timer_set(&listener, env_now(), listen);
}

/* The kernel's debugger writes them: it puts its mark of the first user instruction before. */
void env_result_write(const char *bytes, size_t n)
{
	if (l4_debugger(L4_DEBUGGER_RESULT, bytes, n) < 0)
		panic("the kernel does not take the results");
}

const void *env_initrd(size_t *size)
{
	*size = server_kip->initrd.end - server_kip->initrd.start;
	return *size ? (const void *)server_kip->initrd.start : NULL;
}

bool env_option(const char *key, char *out, size_t size)
{
	return option_value(server_kip->command_line, key, out, size);
}

u64 env_random(void)
{
	return arch_random();
}

/* It has all memory from the start. */
s64 env_given_frames(void)
{
	return -(s64)cthreads_frames();
}

noreturn void env_power_off(int status)
{
	l4_power_off(status == 0 ? ARCH_EXIT_OK : ARCH_EXIT_FAILED);
}

noreturn void panic(const char *format, ...)
{
	va_list ap;

	kprintf("\nthe server panics: ");
	va_start(ap, format);
	kvprintf(format, ap);
	va_end(ap);
	kprintf("\n");
	l4_power_off(ARCH_EXIT_PANIC);
}

/* --- a client's memory --------------------------------------------------- */

enum kstatus env_copyin_string(char *to, vaddr_t from, size_t size, size_t *length)
{
	struct vm_map *map = &env_current()->client.space->map;
	enum kstatus status = vm_map_copyin_string(map, to, from, size, length);

	return status == K_DENIED ? K_FAULT : status;
}

enum kstatus server_copyin(void *to, vaddr_t from, size_t n)
{
	struct vm_map *map = &env_current()->client.space->map;
	enum kstatus status;

	do
		status = vm_map_copyin(map, to, from, n);
	while (unlikely(status != K_OK) && services_copy_failed(from, n, status));
	return status == K_OK || status == K_NOMEM ? status : K_FAULT;
}

enum kstatus server_copyout(vaddr_t to, const void *from, size_t n)
{
	struct vm_map *map = &env_current()->client.space->map;
	enum kstatus status;

	do
		status = vm_map_copyout(map, to, from, n);
	while (unlikely(status != K_OK) && services_copy_failed(to, n, status));
	return status == K_OK || status == K_NOMEM ? status : K_FAULT;
}
