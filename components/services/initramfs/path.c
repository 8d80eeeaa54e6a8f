/* path: see path.h. */
#include <services/initramfs/path.h>

static bool is_part(const char *part, size_t length, const char *name)
{
	return length == strlen(name) && memcmp(part, name, length) == 0;
}

static size_t part_length(const char *path)
{
	size_t n = 0;

	while (path[n] != '\0' && path[n] != '/')
		n++;
	return n;
}

bool path_is_tidy(const char *path)
{
	if (*path == '\0')
		return true;
	for (;;) {
		size_t n = part_length(path);

		if (n == 0 || is_part(path, n, ".") || is_part(path, n, ".."))
			return false;
		if (path[n] == '\0')
			return true;
		path += n + 1;
	}
}

/* Where the tidy path of that length ends when its last part is taken away. */
static size_t without_last(const char *path, size_t length)
{
	while (length > 0 && path[length - 1] != '/')
		length--;
	return length > 0 ? length - 1 : 0;
}

long path_tidy(char *path, long (*check_directory)(const char *path, size_t length))
{
	const char *from = path;
	size_t length = 0; /* of the tidy path so far, which never overtakes `from` */
	bool slash = false;

	for (;;) {
		size_t n;
		long error;

		for (; *from == '/'; from++)
			slash = true;
		if (slash || *from != '\0') {
			error = check_directory(path, length);
			if (error != 0)
				return error;
		}
		if (*from == '\0')
			break;
		n = part_length(from);
		if (is_part(from, n, "..")) {
			length = without_last(path, length);
		} else if (!is_part(from, n, ".")) {
			if (length > 0)
				path[length++] = '/';
			memmove(path + length, from, n);
			length += n;
		}
		from += n;
		slash = false;
	}
	path[length] = '\0';
	return 0;
}
