/* Options on a command line: words of the form key=value, between single spaces. */
#include <lib/lib.h>

bool option_value(const char *line, const char *key, char *out, size_t size)
{
	size_t key_length = strlen(key);

	for (const char *word = line; *word;) {
		const char *end = word;
		while (*end && *end != ' ')
			end++;
		size_t length = (size_t)(end - word);
		if (length > key_length && word[key_length] == '=' &&
			strncmp(word, key, key_length) == 0) {
			length -= key_length + 1;
			if (length >= size)
				return false;
			memcpy(out, word + key_length + 1, length);
			out[length] = '\0';
			return true;
		}
		word = *end ? end + 1 : end;
	}
	return false;
}
