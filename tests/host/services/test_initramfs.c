/* The initial RAM disk: random archives against a model, and damaged ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <services/initramfs/initramfs.h>

#include "services_test.h"

#define FILES 12

/* Names that get in each other's way. */
static const char *const names[] = {"bin/a", "bin/ab", "bin/b/c", "b", "bin", "bin/b", "./x", "/y",
	".", "lib/x/y/z", "lib", "a"};

struct model {
	const char *name; /* tidy */
	u32 mode;
	size_t size;
};

static const char *tidy(const char *name)
{
	if (strcmp(name, ".") == 0)
		return "";
	return name[0] == '.' ? name + 2 : name[0] == '/' ? name + 1 : name;
}

/* What the model says of a path: the latest file of that name wins; a longer name makes it a
 * directory. */
static long look_up(
	const struct model *files, size_t n, const char *path, const struct model **found)
{
	size_t length = strlen(path);

	*found = NULL;
	if (length == 0)
		return -EACCES;
	for (size_t i = n; i-- > 0;) {
		if (strncmp(files[i].name, path, length) != 0)
			continue;
		if (files[i].name[length] == '/')
			return -EACCES;
		if (files[i].name[length] == '\0') {
			if ((files[i].mode & 0170000) == 0040000)
				return -EACCES;
			*found = &files[i];
			return 0;
		}
	}
	return -ENOENT;
}

/* One random archive: every name, and some that nobody has, are looked up. */
static bool agrees_with_model(void)
{
	static struct archive archive;
	struct model files[FILES];
	const struct model *expected;
	size_t n = host_random() % FILES;

	archive_begin(&archive);
	for (size_t i = 0; i < n; i++) {
		const char *name = names[host_random() % ARRAY_SIZE(names)];

		files[i] = (struct model){
			tidy(name), host_chance(4) ? 0040755 : 0100755, host_random() % 50};
		archive_add(&archive, name, files[i].mode, names, files[i].size);
	}
	archive_end(&archive);
	if (initramfs_init(archive.bytes, archive.size) != K_OK)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[64];
		struct file_image *image;
		long error = 0;

		snprintf(path, sizeof(path), "/%s", tidy(names[i]));
		for (char *c = path + 1; error == 0 && (c = strchr(c, '/')) != NULL; c++) {
			char folder[64] = "";

			memcpy(folder, path + 1, (size_t)(c - path - 1));
			error = look_up(files, n, folder, &expected);
			error = error == -EACCES ? 0 : error == 0 ? -ENOTDIR : error;
		}
		if (error == 0)
			error = look_up(files, n, path + 1, &expected);
		if (initramfs_find(path, &image) != error)
			return false;
		if (error == 0 && (image->size != expected->size || image->mode != expected->mode))
			return false;
	}
	return true;
}

static void test_model(void *argument)
{
	u32 wrong = 0;

	(void)argument;
	for (int i = 0; i < 1000; i++)
		wrong += !agrees_with_model();
	tap_eq(wrong, 0, "random archives agree with the model");
	initramfs_forget();
}

/* Every byte of the files that are found lies in the archive; a sanitizer sees what does not. */
static u64 touch_all(void)
{
	u64 sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[64];
		struct file_image *image;

		snprintf(path, sizeof(path), "%s", tidy(names[i]));
		if (initramfs_find(path, &image) != 0)
			continue;
		for (u64 j = 0; j < image->size; j++)
			sum += image->bytes[j];
		sum += strlen(image->name);
	}
	return sum;
}

static void test_damage(void *argument)
{
	static struct archive archive;
	u32 good = 0, bad = 0;
	u64 live = host_live_objects(), sum = 0;

	(void)argument;
	initramfs_forget();
	live = host_live_objects();
	for (int round = 0; round < 20000; round++) {
		enum kstatus status;
		size_t size;
		u8 *cut;

		archive_begin(&archive);
		for (u64 i = host_random() % 4; i > 0; i--)
			archive_add(&archive, names[host_random() % ARRAY_SIZE(names)], 0100755,
				names, host_random() % 60);
		archive_end(&archive);
		for (u64 i = host_random() % 4; i > 0; i--)
			archive.bytes[host_random() % archive.size] =
				host_chance(2) ? (u8) "0123456789abcdef\0/"[host_random() % 18]
					       : (u8)host_random();
		size = host_chance(3) ? host_random() % archive.size : archive.size;
		cut = malloc(size + 1);
		if (!cut)
			host_die("the host is out of memory");
		memcpy(cut + 1, archive.bytes, size); /* of any alignment */
		status = initramfs_init(cut + 1, size);
		if (status == K_OK) {
			good++;
			sum += touch_all();
		} else {
			bad++;
			if (status != K_INVAL || host_live_objects() != live)
				host_die("a damaged archive is refused oddly");
		}
		initramfs_forget();
		free(cut);
	}
	tap_ok(good > 1000 && bad > 1000 && sum > 0,
		"damaged archives are refused, or give files that are all there");
	tap_eq(initramfs_init(NULL, 0), K_NOENT, "no archive is said to be none");
}

static void nobody(void *argument)
{
	(void)argument;
}

void test_initramfs(void);
void test_initramfs(void)
{
	test_run_plain(test_model, "the model");
	test_run_plain(test_damage, "damage");
	host_set_initrd(NULL, 0);
	tap_eq(host_run("/bin/init", "", nobody, NULL, (struct host_chances){0}), HOST_REFUSED,
		"without an archive nothing starts");
	tap_eq(host_start_status, K_NOENT, "and the placement hears why");
	host_set_initrd("garbage", 7);
	tap_eq(host_run("/bin/init", "", nobody, NULL, (struct host_chances){0}), HOST_REFUSED,
		"nor with garbage");
	tap_eq(host_start_status, K_INVAL, "and the placement hears that too");
}
