/*
 * tap: counting and printing findings (see tap.h).
 *
 * The counters are plain: contract tests run one after another, in one thread.
 */
#include <tap.h>

static unsigned findings;
static unsigned failures;

static void print_number(uint64_t number, unsigned base)
{
	char text[24];
	char *at = text + sizeof(text);

	*--at = '\0';
	do {
		*--at = "0123456789abcdef"[number % base];
		number /= base;
	} while (number);
	tap_print(at);
}

static void print_place(const char *expression, const char *file, unsigned line)
{
	tap_print("#   ");
	tap_print(file);
	tap_print(":");
	print_number(line, 10);
	tap_print(": ");
	tap_print(expression);
	tap_print("\n");
}

static void print_result(bool ok, const char *what)
{
	findings++;
	tap_print(ok ? "ok " : "not ok ");
	print_number(findings, 10);
	tap_print(" - ");
	tap_print(what);
}

bool tap_report(bool ok, const char *what, const char *expression, const char *file, unsigned line)
{
	print_result(ok, what);
	tap_print("\n");
	if (!ok) {
		failures++;
		print_place(expression, file, line);
	}
	return ok;
}

bool tap_compare(uint64_t actual, uint64_t expected, const char *what, const char *expression,
	const char *file, unsigned line)
{
	bool ok = tap_report(actual == expected, what, expression, file, line);

	if (!ok) {
		tap_print("#   is 0x");
		print_number(actual, 16);
		tap_print(", should be 0x");
		print_number(expected, 16);
		tap_print("\n");
	}
	return ok;
}

void tap_skip(const char *what, const char *why)
{
	print_result(true, what);
	tap_print(" # SKIP ");
	tap_print(why);
	tap_print("\n");
}

void tap_note(const char *text)
{
	tap_print("# ");
	tap_print(text);
	tap_print("\n");
}

int contract_tests_run(void)
{
	tap_print("TAP version 13\n");
	for (unsigned i = 0; i < contract_tests_count; i++) {
		unsigned before = findings;

		tap_note(contract_tests[i].name);
		contract_tests[i].run();
		if (findings == before)
			tap_report(false, contract_tests[i].name, "the test finds something",
				__FILE__, __LINE__);
	}
	tap_print("1..");
	print_number(findings, 10);
	tap_print("\n");
	return (int)failures;
}
