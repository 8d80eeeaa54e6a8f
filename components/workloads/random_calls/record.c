/*
 * record: chance, and what is told. See random_calls.h.
 */
#include <string.h>

#include <workloads/random_calls/random_calls.h>

struct record *record;

/* splitmix64 (Steele, Lea and Flood, 2014): any two streams are as good as independent. */
uint64_t draw_next(struct draw *draw)
{
	uint64_t z = draw->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

struct draw draw_begin(uint64_t seed, uint64_t step)
{
	struct draw mixed = {seed};

	mixed.state = draw_next(&mixed) + step;
	return (struct draw){draw_next(&mixed)};
}

uint64_t draw_below(struct draw *draw, uint64_t bound)
{
	return draw_next(draw) % bound;
}

static void note_raw(const char *bytes, size_t n)
{
	if (n > RECORD_SIZE - record->length) {
		record->cut = true;
		return;
	}
	memcpy(record->text + record->length, bytes, n);
	record->length += n;
}

void note(const char *text)
{
	note_raw(text, strlen(text));
}

static void note_unsigned(uint64_t number, unsigned base)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number != 0);
	note_raw(digits + at, sizeof(digits) - at);
}

void note_number(int64_t number)
{
	if (number < 0)
		note("-");
	note_unsigned(number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 10);
}

void note_hex(uint64_t number)
{
	note("0x");
	note_unsigned(number, 16);
}

uint64_t digest_of(const void *bytes, size_t n)
{
	const uint8_t *at = bytes;
	uint64_t digest = 0xcbf29ce484222325 ^ n, word;

	for (; n >= sizeof(word); n -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		digest = (digest ^ word) * 0x9e3779b97f4a7c15;
		digest ^= digest >> 29;
	}
	while (n-- > 0)
		digest = (digest ^ *at++) * 0x100000001b3;
	return digest;
}

void note_bytes(const void *bytes, size_t n)
{
	note_number((int64_t)n);
	note(":");
	note_unsigned(digest_of(bytes, n) >> 32, 16);
}

void note_string(const char *string)
{
	size_t n = strlen(string);

	note("\"");
	note_raw(string, n < 48 ? n : 48);
	if (n > 48) {
		note("...");
		note_number((int64_t)n);
	}
	note("\"");
}
