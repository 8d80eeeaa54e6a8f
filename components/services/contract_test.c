/*
 * What every choice of services keeps: the call table, and what can be held against it without a
 * client. The calls themselves are tested on the simulated placement (tests/host/services), and in
 * user mode by the self-test workload.
 */
#include <tap.h>

#include <services/errno.h>
#include <services/exec/elf.h>
#include <services/initramfs/cpio.h>
#include <services/initramfs/path.h>
#include <services/services.h>
#include <services/terminal/discipline.h>

/* --- the table --------------------------------------------------------------- */

static void test_table(void)
{
	u32 known = 0;
	bool named = true;

	for (u32 i = 0; i < SERVICE_CALLS; i++) {
		known += service_calls[i] != NULL;
		named = named && (!service_calls[i] || service_call_names[i]);
	}
	tap_ok(known >= 1, "there are calls in the table");
	tap_ok(named, "every call has a name");
	tap_ok(strcmp(service_call_names[0], "read") == 0 &&
			strcmp(service_call_names[59], "execve") == 0 &&
			strcmp(service_call_names[231], "exit_group") == 0,
		"names and numbers are Linux's");
	tap_ok(!service_calls[154] && strcmp(service_call_names[154], "modify_ldt") == 0,
		"a call that is absent has a name too");
	tap_eq(service_calls[39] != NULL, IS_ENABLED(CONFIG_SERVICES_PROCESS),
		"getpid is there if processes are");
	tap_eq(service_calls[22] != NULL, IS_ENABLED(CONFIG_SERVICES_PIPES),
		"pipe is there if pipes are");
	tap_eq(errno_of(K_OK), 0, "success is no error");
	tap_eq(errno_of(K_FAULT), -EFAULT, "a fault is EFAULT");
	tap_eq(errno_of(K_RANGE), -ENAMETOOLONG, "the last status has a number too");
}

/* --- archives ------------------------------------------------------------------ */

static void put_hex(char *at, u32 value)
{
	for (int i = 7; i >= 0; i--, value >>= 4)
		at[i] = "0123456789abcdef"[value & 15];
}

/* A member at `at`; where it ends. The sizes stated may be lies. */
static size_t put_member(
	char *archive, size_t at, const char *name, u32 name_size, const char *bytes, u32 size)
{
	char *header = archive + at;

	memset(header, '0', CPIO_HEADER_SIZE);
	memcpy(header, "070701", 6);
	put_hex(header + 6 + 8, CPIO_REGULAR | 0755);
	put_hex(header + 6 + 8 * 6, size);
	put_hex(header + 6 + 8 * 11, name_size);
	at += CPIO_HEADER_SIZE;
	memcpy(archive + at, name, strlen(name) + 1);
	at = ALIGN_UP(at + strlen(name) + 1, (size_t)4);
	memcpy(archive + at, bytes, strlen(bytes));
	return ALIGN_UP(at + strlen(bytes), (size_t)4);
}

static void test_archive(void)
{
	static char archive[1024];
	struct cpio_entry entry;
	u64 at = 0;
	size_t first = put_member(archive, 0, "bin/a", 6, "hello", 5);
	size_t size = put_member(archive, first, "TRAILER!!!", 11, "", 0);
	const u8 *bytes = (const u8 *)archive;

	tap_eq(cpio_next(bytes, size, &at, &entry), K_OK, "a member is read");
	tap_ok(strcmp(entry.name, "bin/a") == 0 && entry.size == 5 &&
			memcmp(entry.bytes, "hello", 5) == 0,
		"as it is");
	tap_eq(at, first, "the next one is where it ends");
	tap_eq(cpio_next(bytes, size, &at, &entry), K_NOENT, "the trailer ends the archive");
	for (size_t cut = 0; cut < first; cut++) {
		at = 0;
		if (cpio_next(bytes, cut, &at, &entry) == K_OK &&
			entry.bytes + entry.size > bytes + cut) {
			tap_ok(false, "a member never reaches beyond the archive");
			return;
		}
	}
	tap_ok(true, "a member never reaches beyond the archive");
	at = 0;
	put_member(archive, 0, "bin/a", 6, "hello", 0xffffffff);
	tap_eq(cpio_next(bytes, size, &at, &entry), K_INVAL,
		"a size beyond the archive is refused");
	put_member(archive, 0, "bin/a", 0xffffffff, "hello", 5);
	tap_eq(cpio_next(bytes, size, &at, &entry), K_INVAL, "so is a name beyond it");
	put_member(archive, 0, "bin/a", 5, "hello", 5);
	tap_eq(cpio_next(bytes, size, &at, &entry), K_INVAL, "one that does not end where it says");
	put_member(archive, 0, "bin/a", 1, "hello", 5);
	tap_eq(cpio_next(bytes, size, &at, &entry), K_INVAL, "and one of no characters");
	put_member(archive, 0, "bin/a", 6, "hello", 5);
	archive[20] = 'g';
	tap_eq(cpio_next(bytes, size, &at, &entry), K_INVAL, "a digit that is none is refused");
	put_member(archive, 0, "bin/a", 6, "hello", 5);
	archive[5] = '7';
	tap_eq(cpio_next(bytes, size, &at, &entry), K_INVAL, "so is another magic number");
}

/* --- paths ----------------------------------------------------------------------- */

static long any_directory(const char *path, size_t length)
{
	return length == 4 && memcmp(path, "file", 4) == 0 ? -ENOTDIR : 0;
}

static void test_path(const char *path, const char *tidy, long error)
{
	char copy[64];
	long result;

	memcpy(copy, path, strlen(path) + 1);
	result = path_tidy(copy, any_directory);
	tap_eq(result, error, path);
	if (error == 0)
		tap_ok(strcmp(copy, tidy) == 0 && path_is_tidy(copy), tidy);
}

static void test_paths(void)
{
	test_path("bin/hello", "bin/hello", 0);
	test_path("/bin//hello", "bin/hello", 0);
	test_path("/./bin/./hello", "bin/hello", 0);
	test_path("/bin/../../../bin/x/../hello", "bin/hello", 0);
	test_path("/", "", 0);
	test_path("..", "", 0);
	test_path("...", "...", 0);
	test_path("a/", "a", 0);
	test_path("file", "file", 0);
	test_path("file/", "", -ENOTDIR);
	test_path("/file/.", "", -ENOTDIR);
	test_path("/file/../x", "", -ENOTDIR);
	tap_ok(!path_is_tidy("/a") && !path_is_tidy("a/") && !path_is_tidy("a//b") &&
			!path_is_tidy("a/.") && !path_is_tidy(".."),
		"what is not tidy is told");
}

/* --- programs ---------------------------------------------------------------------- */

static void test_program(void)
{
	static u8 bytes[64 + 56 + 16];
	struct elf_header header = {
		.ident = {0x7f, 'E', 'L', 'F', 2, 1, 1},
		.type = ELF_TYPE_EXEC,
		.machine = ELF_MACHINE_X86_64,
		.version = 1,
		.entry = 0x400080,
		.phoff = 64,
		.phentsize = 56,
		.phnum = 1,
	};
	struct elf_program_header segment = {ELF_PT_LOAD, ELF_READ | ELF_EXEC, 0, 0x400000, 0,
		sizeof(bytes), sizeof(bytes), 4096};
	struct elf_image image;

	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + 64, &segment, sizeof(segment));
	tap_ok(elf_read(bytes, sizeof(bytes), 0x500000, &image), "a program is read");
	tap_ok(image.count == 1 && image.start == 0x400000 && image.end == 0x401000,
		"with what it asks to be mapped");
	tap_eq(image.headers_address, 0x400040, "and where its headers will be");
	tap_ok(!elf_read(bytes, sizeof(bytes), 0x400000, &image), "it must lie below the limit");
	tap_ok(!elf_read(bytes, sizeof(bytes) - 1, 0x500000, &image), "and within its file");
}

/* --- line editing -------------------------------------------------------------------- */

static char echoed[128];
static size_t echoed_length;

static void keep_echo(struct discipline *d, const char *bytes, size_t n)
{
	(void)d;
	n = MIN(n, sizeof(echoed) - echoed_length);
	memcpy(echoed + echoed_length, bytes, n);
	echoed_length += n;
}

/* Types a text; states what line results and what was shown. */
static void test_typing(const char *typed, const char *line, const char *shown)
{
	static struct discipline d;
	char text[64];
	u32 used;
	size_t n;

	discipline_init(&d);
	d.send = keep_echo;
	echoed_length = 0;
	for (size_t i = 0; typed[i] != '\0'; i++)
		discipline_take(&d, typed[i]);
	n = discipline_peek(&d, text, sizeof(text), &used);
	tap_ok(used > 0 && n == strlen(line) && memcmp(text, line, n) == 0,
		"typing gives the line");
	tap_ok(echoed_length == strlen(shown) && memcmp(echoed, shown, echoed_length) == 0,
		"and shows it");
}

static void test_discipline(void)
{
	test_typing("hi\n", "hi\n", "hi\r\n");
	test_typing("hi\r", "hi\n", "hi\r\n");
	test_typing("hx\x7fi\n", "hi\n", "hx\b \bi\r\n");
	test_typing("\x7f\x7fi\n", "i\n", "i\r\n");
	test_typing("no\x15yes\n", "yes\n", "no\b \b\b \byes\r\n");
	test_typing("\x04", "", "");
	test_typing("part\x04", "part", "part");
	test_typing("\x01\x7f\n", "\n", "^A\b \b\b \b\r\n");
	test_typing("two words\x17\n", "two \n", "two words\b \b\b \b\b \b\b \b\b \b\r\n");
	test_typing("a\tb\x7f\x7f\n", "a\n", "a\tb\b \b\b\b\b\b\b\b\b\r\n");
	test_typing("x\x16\x04\n", "x\x04\n", "x^\b^D\r\n");
}

void contract_test_services(void);
void contract_test_services(void)
{
	test_table();
	test_archive();
	test_program();
	if (IS_ENABLED(CONFIG_SERVICES_INITRAMFS))
		test_paths();
	if (IS_ENABLED(CONFIG_SERVICES_TERMINAL))
		test_discipline();
}
