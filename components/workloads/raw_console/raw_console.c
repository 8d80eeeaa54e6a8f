/* raw_console: the same line with and without output processing; the line's other end sees which.
 */
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int put(const char *text)
{
	return write(1, text, strlen(text)) != (ssize_t)strlen(text);
}

int main(void)
{
	struct termios settings;

	if (put("cooked\nline\n") || tcgetattr(1, &settings) != 0)
		return 1;
	settings.c_oflag &= ~(tcflag_t)OPOST;
	if (tcsetattr(1, TCSADRAIN, &settings) != 0)
		return 1;
	return put("raw\nline\n\r\nend\n");
}
