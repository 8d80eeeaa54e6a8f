/* The host's surroundings of a contract test: findings go to standard output, failures into the
 * exit status. */
#include <stdio.h>

#include <tap.h>

void tap_print(const char *text)
{
	fputs(text, stdout);
}

int main(void)
{
	/* A sanitizer's report ends the program at once: what was found before it has to be out by
	 * then. */
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	return contract_tests_run() ? 1 : 0;
}
