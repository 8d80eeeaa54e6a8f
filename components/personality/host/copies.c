/* copies: between the services and a client's memory, and a client's own accesses to it. */
#include <sys/mman.h>
#include <sys/syscall.h>

#include <host.h>

static u32 block_in_copy; /* see struct host_chances */

void host_block_in_copy(u32 once_in)
{
	block_in_copy = once_in;
}

static bool access(vaddr_t at, void *bytes, size_t n, unsigned rights)
{
	return n <= ENV_USER_MAX && at <= ENV_USER_MAX - n &&
	       host_space_access(host_current->client.space, at, bytes, n, rights, true);
}

/* As if the client's pager had to be asked. */
static void maybe_block(void)
{
	if (host_chance(block_in_copy))
		host_give_way();
}

enum kstatus host_copyin(void *to, vaddr_t from, size_t n)
{
	maybe_block();
	if (host_transport && host_transport->copyin(to, from, n))
		return K_OK;
	while (!access(from, to, n, ENV_PROT_READ)) {
		if (!services_copy_failed(from, n, K_FAULT))
			return K_FAULT;
	}
	return K_OK;
}

enum kstatus host_copyout(vaddr_t to, const void *from, size_t n)
{
	maybe_block();
	if (host_transport && host_transport->copyout(to, from, n))
		return K_OK;
	while (!access(to, (void *)from, n, ENV_PROT_WRITE)) {
		if (!services_copy_failed(to, n, K_FAULT))
			return K_FAULT;
	}
	return K_OK;
}

enum kstatus env_exchange_word(vaddr_t at, u32 *expected, u32 fresh)
{
	u32 held;

	maybe_block();
	check(at % sizeof(held) == 0);
	if (!access(at, &held, sizeof(held), ENV_PROT_READ) ||
		!access(at, NULL, sizeof(held), ENV_PROT_WRITE))
		return K_FAULT;
	if (held == *expected && !access(at, &fresh, sizeof(fresh), ENV_PROT_WRITE))
		return K_FAULT;
	*expected = held;
	return K_OK;
}

enum kstatus env_copyin_string(char *to, vaddr_t from, size_t size, size_t *length)
{
	for (size_t i = 0; i < size; i++) {
		if (host_copyin(to + i, from + i, 1) != K_OK)
			return K_FAULT;
		if (to[i] == '\0') {
			*length = i;
			return K_OK;
		}
	}
	return K_RANGE;
}

bool host_try_peek(void *to, vaddr_t from, size_t n)
{
	return access(from, to, n, ENV_PROT_READ);
}

bool host_try_poke(vaddr_t to, const void *from, size_t n)
{
	return access(to, (void *)from, n, ENV_PROT_WRITE);
}

bool host_may_access(vaddr_t at, size_t n, unsigned rights)
{
	return access(at, NULL, n, rights);
}

void host_peek(void *to, vaddr_t from, size_t n)
{
	if (!host_try_peek(to, from, n))
		host_die("a client reads what it may not");
}

void host_poke(vaddr_t to, const void *from, size_t n)
{
	if (!host_try_poke(to, from, n))
		host_die("a client writes what it may not");
}

vaddr_t host_alloc(size_t n)
{
	long at = host_sys(
		SYS_mmap, 0, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at < 0)
		host_die("no memory for a client");
	return (vaddr_t)at;
}
