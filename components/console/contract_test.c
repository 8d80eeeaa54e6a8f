/* console: output of every length is taken, and nothing was typed in a test. */
#include <console/console.h>
#include <tap.h>

void contract_test_console(void);

void contract_test_console(void)
{
	console_write("", 0);
	console_write("# a line by the driver under test\n", 34);
	tap_eq(console_read_byte(), -1, "nothing was typed, and reading does not wait");
	console_init();
	console_write("# and one after it was set up again\n", 36);
	tap_eq(console_read_byte(), -1, "setting it up leaves no stray byte");
}
