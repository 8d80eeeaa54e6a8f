/* lib: string functions against plain loops, formatted output against what C says it is, lists. */
#include <lib/lib.h>
#include <tap.h>

void contract_test_lib(void);

static u64 random_state = 0x6d6f7274;

static u64 next_random(void)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return random_state >> 33;
}

static void test_moves(void)
{
	static u8 area[300], model[300];
	bool same = true;

	for (unsigned round = 0; round < 2000 && same; round++) {
		for (unsigned i = 0; i < sizeof(area); i++)
			area[i] = model[i] = (u8)next_random();
		size_t n = next_random() % 100, to = next_random() % 200,
		       from = next_random() % 200;
		memmove(area + to, area + from, n);
		u8 hold[100];
		for (size_t i = 0; i < n; i++)
			hold[i] = model[from + i];
		for (size_t i = 0; i < n; i++)
			model[to + i] = hold[i];
		size_t fill = next_random() % 100, at = next_random() % 200;
		memset(area + at, (int)round, fill);
		for (size_t i = 0; i < fill; i++)
			model[at + i] = (u8)round;
		same = memcmp(area, model, sizeof(area)) == 0;
	}
	tap_ok(same, "memmove and memset do what plain loops do, at every alignment and overlap");
}

static void test_strings(void)
{
	tap_eq(strlen("mortise"), 7, "strlen counts up to the NUL");
	tap_eq(strnlen("mortise", 3), 3, "strnlen stops at its bound");
	tap_ok(strcmp("a", "b") < 0 && strcmp("b", "a") > 0 && strcmp("ab", "ab") == 0,
		"strcmp orders");
	tap_ok(strcmp("a", "ab") < 0, "a prefix comes first");
	tap_ok(strncmp("abc", "abd", 2) == 0, "strncmp looks no further than told");
	tap_ok(strcmp("\x7f", "\x80") < 0, "strcmp compares unsigned bytes");
}

static bool formats_as(const char *expected, const char *format, ...)
{
	char text[64];
	va_list ap;

	va_start(ap, format);
	size_t length = format_vstring(text, sizeof(text), format, ap);
	va_end(ap);
	return length == strlen(expected) && strcmp(text, expected) == 0;
}

static void test_formats(void)
{
	char small[5];

	tap_ok(formats_as("-7 7 ff", "%d %u %x", -7, 7u, 255u), "%d %u %x");
	tap_ok(formats_as("[   7][7   ][0007][-007]", "[%4d][%-4d][%04d][%04d]", 7, 7, 7, -7),
		"width, - and 0");
	tap_ok(formats_as("-9223372036854775808", "%ld", (long)INT64_MIN), "the smallest long");
	tap_ok(formats_as("18446744073709551615", "%lu", ~0ul), "the largest unsigned long");
	tap_ok(formats_as("a<  b>c%", "%c<%3s>%s%%", 'a', "b", "c"), "%c %s %%");
	tap_ok(formats_as("(null)", "%s", (const char *)NULL), "a NULL string is said to be one");
	tap_eq(format_string(small, sizeof(small), "%s", "too long"), 8,
		"the whole length is returned");
	tap_ok(strcmp(small, "too ") == 0, "what does not fit is cut, with a NUL");
}

struct item {
	int value;
	struct list link;
};

static void test_lists(void)
{
	struct list head;
	struct item items[4], *item, *after;
	int sum = 0;

	list_init(&head);
	tap_ok(list_is_empty(&head) && list_first(&head, struct item, link) == NULL,
		"a new list is empty");
	for (int i = 0; i < 4; i++) {
		items[i].value = 1 << i;
		list_push_back(&head, &items[i].link);
	}
	list_remove(&items[1].link);
	tap_ok(!list_is_linked(&items[1].link), "a removed element knows that it is in no list");
	list_push_front(&head, &items[1].link);
	tap_eq(list_first(&head, struct item, link)->value, 2, "push_front puts first");
	list_for_each(item, &head, link) sum = sum * 2 + item->value;
	tap_eq(sum, ((2 * 2 + 1) * 2 + 4) * 2 + 8, "for_each goes in order");
	list_for_each_safe(item, after, &head, link) list_remove(&item->link);
	tap_ok(list_is_empty(&head), "for_each_safe lets its body remove");
}

static void test_options(void)
{
	static const char line[] = "init=/bin/a args=b,c initial=no last=z";
	char value[8] = "kept";

	tap_ok(!option_value(line, "no", value, sizeof(value)) && strcmp(value, "kept") == 0,
		"an option that is absent changes nothing");
	tap_ok(option_value(line, "args", value, sizeof(value)) && strcmp(value, "b,c") == 0,
		"one in the middle is found");
	tap_ok(option_value(line, "last", value, sizeof(value)) && strcmp(value, "z") == 0,
		"the last one too");
	tap_ok(option_value(line, "init", value, sizeof(value)) && strcmp(value, "/bin/a") == 0,
		"by its whole key");
	tap_ok(!option_value(line, "init", value, 6), "one that is too long is refused");
	tap_ok(option_value(line, "init", value, 7), "one that just fits is not");
	tap_ok(!option_value("", "init", value, sizeof(value)), "an empty line holds none");
}

void contract_test_lib(void)
{
	test_options();
	tap_ok(IS_ENABLED(CONFIG_LIB_NO_SUCH_SYMBOL) == 0,
		"IS_ENABLED of what Kconfig never wrote is 0");
	test_moves();
	test_strings();
	test_formats();
	test_lists();
}
