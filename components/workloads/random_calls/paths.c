/* paths: names to walk, most of which exist now and then. */
#include <string.h>

#include <workloads/random_calls/arguments.h>

static char *draw_name(struct draw *draw, char *at)
{
	static const char *const names[] = {
		"a", "b", "c", "d", "e", "a", "b", "c", "f", "link", "..", "."};
	const char *name = DRAW_FROM(draw, names);
	size_t n = strlen(name);

	memcpy(at, name, n);
	return at + n;
}

static size_t long_path(struct draw *draw, char *path)
{
	static const size_t lengths[] = {255, 256, 4095, 4096, 5000};
	size_t n = lengths[draw_below(draw, 5)];

	for (size_t i = 0; i < n; i++)
		path[i] = n > 256 && i % 2 ? '/' : n > 256 ? '.' : 'n';
	path[n] = '\0';
	return n;
}

void draw_path(struct draw *draw, char *path)
{
	char *at = path;
	uint64_t odd = draw_below(draw, 80);

	if (odd == 0) {
		long_path(draw, path);
		return;
	}
	if (odd < 20)
		*at++ = '/';
	if (odd != 21) {
		at = draw_name(draw, at);
		for (uint64_t n = draw_below(draw, 4) / 2 + draw_below(draw, 2); n > 0; n--) {
			*at++ = '/';
			at = draw_name(draw, at);
		}
		if (odd > 74)
			*at++ = '/';
	}
	*at = '\0';
}
