/*
 * The first serial port of a PC. A newline goes out as carriage return and newline; where a
 * terminal has put the carriage return already, none is added.
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

void console_write(const char *text, size_t length)
{
	static char last;

	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\n' && last != '\r')
			send('\r');
		last = text[i];
		send(last);
	}
}

int console_read_byte(void)
{
	return port_read8(UART_STATUS) & STATUS_RECEIVED ? port_read8(UART_DATA) : -1;
}
