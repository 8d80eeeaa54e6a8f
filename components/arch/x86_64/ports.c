/* QEMU's two helper devices: the debug console, which carries results, and the exit device. */
#include <arch/arch.h>

#define PORT_RESULTS 0xe9
#define PORT_EXIT    0x501

static u64 user_start; /* 0 once it has been reported */

void arch_mark_user_start(void)
{
	user_start = arch_now();
}

static void send_results(const void *bytes, size_t length)
{
	__asm__ volatile("rep outsb"
			 : "+S"(bytes), "+c"(length)
			 : "d"((u16)PORT_RESULTS)
			 : "memory");
}

void arch_result_write(const void *bytes, size_t length)
{
	if (user_start) {
		char line[80];
		size_t n = format_string(line, sizeof(line),
			"{\"type\":\"mark\",\"name\":\"boot_user\",\"value\":%lu}\n", user_start);
		user_start = 0;
		send_results(line, n);
	}
	send_results(bytes, length);
}

noreturn void arch_exit(unsigned code)
{
	port_write8(PORT_EXIT, (u8)code);
	for (;;)
		__asm__ volatile("cli; hlt");
}
