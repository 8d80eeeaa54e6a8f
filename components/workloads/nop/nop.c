/*
 * nop: a program that only exits.
 *
 * What `proc` executes: an ordinary static program, C library start-up and all,
 * that does nothing.
 */
int main(void)
{
	return 0;
}
