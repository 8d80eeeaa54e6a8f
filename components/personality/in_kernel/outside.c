/* The world beyond: console, results, initial RAM disk, randomness, power. */
#include <block/block.h>
#include <console/console.h>
#include <services/services.h>

#define CONSOLE_POLL_NS 10000000ull /* a key press is noticed this late at most */

void env_console_write(const char *bytes, size_t n)
{
	console_write(bytes, n);
}

size_t env_console_read(char *bytes, size_t n)
{
	static struct wait_queue nobody = {{&nobody.waiters, &nobody.waiters}};
	size_t got = 0;

	for (;;) {
		int byte;
		while (got < n && (byte = console_read_byte()) >= 0)
			bytes[got++] = (char)byte;
		if (got > 0 || n == 0)
			return got;
		if (thread_wait(&nobody, arch_now() + CONSOLE_POLL_NS) == K_INTERRUPTED)
			return 0;
	}
}

void env_result_write(const char *bytes, size_t n)
{
	arch_result_write(bytes, n);
}

u64 env_disk_size(void)
{
	return block_size();
}

enum kstatus env_disk_read(u64 sector, u32 count, void *buffer)
{
	return block_read(sector, count, buffer);
}

enum kstatus env_disk_write(u64 sector, u32 count, const void *buffer)
{
	return block_write(sector, count, buffer);
}

enum kstatus env_disk_flush(void)
{
	return block_flush();
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

void env_memory(struct env_memory *memory)
{
	memory->total_pages = boot_information()->memory_end >> PAGE_SHIFT;
	memory->free_pages = frames_count_free();
}

u64 env_random(void)
{
	return arch_random();
}

noreturn void env_power_off(int status)
{
	arch_exit(status == 0 ? ARCH_EXIT_OK : ARCH_EXIT_FAILED);
}
