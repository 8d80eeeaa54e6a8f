/*
 * The first serial port of a PC. A newline of the kernel's own texts goes out as carriage return
 * and newline; what a terminal sends goes out as it is.
 */
#include <arch/arch.h>
#include <console/console.h>

#define UART_DATA       0x3f8
#define UART_INTERRUPTS 0x3f9
#define UART_FIFO       0x3fa
#define UART_LINE       0x3fb
#define UART_MODEM      0x3fc
#define UART_STATUS     0x3fd

#define LINE_8N1        0x03
#define FIFO_ON_CLEARED 0x07
#define MODEM_DTR_RTS   0x03
#define STATUS_RECEIVED 0x01
#define STATUS_CAN_SEND 0x20
#define SEND_TRIES      100000 /* a line that takes no byte for this long is not there */

void console_init(void)
{
	port_write8(UART_INTERRUPTS, 0);
	port_write8(UART_LINE, LINE_8N1);
	port_write8(UART_FIFO, FIFO_ON_CLEARED);
	port_write8(UART_MODEM, MODEM_DTR_RTS);
}

static void send(char byte)
{
	for (unsigned tries = 0; !(port_read8(UART_STATUS) & STATUS_CAN_SEND); tries++)
		if (tries == SEND_TRIES)
			return;
	port_write8(UART_DATA, (u8)byte);
}

void console_send(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		send(bytes[i]);
}

void console_write(const char *text, size_t length)
{
	write_lines(console_send, text, length);
}

int console_read_byte(void)
{
	return port_read8(UART_STATUS) & STATUS_RECEIVED ? port_read8(UART_DATA) : -1;
}
