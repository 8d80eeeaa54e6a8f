/* exec: what a new program finds, what hostile files get, and that a failure changes nothing. */
#include <services/exec/elf.h>
#include <services/exec/exec.h>

#include "services_test.h"

/* --- what a program finds --------------------------------------------------- */

/* Puts strings and a NULL-terminated array of pointers to them into the client; the array's
 * address. */
static vaddr_t make_array(const char *const *strings, size_t n)
{
	vaddr_t array = host_alloc(PAGE_SIZE);
	vaddr_t text = host_alloc(PAGE_SIZE);

	for (size_t i = 0; i < n; i++) {
		size_t size = strlen(strings[i]) + 1;

		host_poke(text, strings[i], size);
		host_poke(array + 8 * i, &text, 8);
		text += size;
	}
	return array;
}

static u64 peek64(vaddr_t at)
{
	u64 value;

	host_peek(&value, at, sizeof(value));
	return value;
}

/* Whether the client has that string at `at`. */
static bool is_string(vaddr_t at, const char *string)
{
	char text[200];
	size_t n = strlen(string) + 1;

	return host_try_peek(text, at, n) && memcmp(text, string, n) == 0;
}

/* The value of an entry of the auxiliary vector; -1: absent. */
static u64 auxiliary(vaddr_t vector, u64 type)
{
	for (; peek64(vector) != 0; vector += 16) {
		if (peek64(vector) == type)
			return peek64(vector + 8);
	}
	return (u64)-1;
}

static const char *const words[] = {"one", "", "three and more"};
static const char *const settings[] = {"A=b", "PATH=/bin"};

/* The stack as the ABI has it, from the stack pointer. */
static void check_stack(const char *path)
{
	vaddr_t at = host_stack();
	vaddr_t strings;

	tap_eq(at % 16, 0, "the stack pointer is a multiple of 16");
	tap_eq(peek64(at), 3, "argc is there");
	at += 8;
	strings = peek64(at);
	for (size_t i = 0; i < 3; i++, at += 8) {
		tap_ok(is_string(peek64(at), words[i]), "an argument is there");
		tap_eq(peek64(at), strings, "right behind the one before");
		strings += strlen(words[i]) + 1;
	}
	tap_eq(peek64(at), 0, "then a null pointer");
	at += 8;
	for (size_t i = 0; i < 2; i++, at += 8)
		tap_ok(is_string(peek64(at), settings[i]), "a variable is there");
	tap_eq(peek64(at), 0, "then a null pointer again");
	at += 8;
	tap_eq(auxiliary(at, 3), 0x400040, "AT_PHDR: the program headers");
	tap_eq(auxiliary(at, 4), 56, "AT_PHENT: the size of one");
	tap_eq(auxiliary(at, 5), 2, "AT_PHNUM: their number");
	tap_eq(auxiliary(at, 6), 4096, "AT_PAGESZ");
	tap_eq(auxiliary(at, 9), TEST_ELF_ENTRY, "AT_ENTRY");
	tap_eq(auxiliary(at, 11), 0, "AT_UID: root");
	tap_eq(auxiliary(at, 12), 0, "AT_EUID");
	tap_eq(auxiliary(at, 13), 0, "AT_GID");
	tap_eq(auxiliary(at, 14), 0, "AT_EGID");
	tap_eq(auxiliary(at, 23), 0, "AT_SECURE: not");
	tap_ok(host_may_access(auxiliary(at, 25), 16, ENV_PROT_READ), "AT_RANDOM: sixteen bytes");
	tap_ok(is_string(auxiliary(at, 31), path), "AT_EXECFN: the path as it was given");
	tap_ok(is_string(auxiliary(at, 15), "x86_64"), "AT_PLATFORM");
}

static void check_image(void)
{
	static u8 elf[TEST_ELF_SIZE];
	u8 byte[4];
	u8 rest[0x2800 - 0x80];
	bool zero = true;

	make_elf(elf);
	tap_eq(host_entry(), TEST_ELF_ENTRY, "it begins at the entry");
	host_peek(byte, TEST_ELF_ENTRY, 4);
	tap_ok(memcmp(byte, elf + 0x100, 4) == 0, "its text is there");
	host_peek(byte, TEST_ELF_DATA + 0x7c, 4);
	tap_ok(memcmp(byte, elf + 0x207c, 4) == 0, "its data is there");
	host_peek(rest, TEST_ELF_DATA + 0x80, sizeof(rest));
	for (size_t i = 0; i < sizeof(rest); i++)
		zero = zero && rest[i] == 0;
	tap_ok(zero, "its bss is zero");
	tap_ok(host_may_access(TEST_ELF_ENTRY, 1, ENV_PROT_EXEC), "text can be executed");
	tap_ok(!host_may_access(TEST_ELF_ENTRY, 1, ENV_PROT_WRITE), "but not written");
	tap_ok(host_may_access(TEST_ELF_END - 1, 1, ENV_PROT_WRITE), "bss can be written");
	tap_ok(!host_may_access(TEST_ELF_DATA, 1, ENV_PROT_EXEC), "but not executed");
	tap_ok(!host_may_access(host_stack(), 1, ENV_PROT_EXEC), "nor can the stack");
	tap_ok(host_may_access(ENV_STACK_TOP - 32 * PAGE_SIZE, 1, ENV_PROT_WRITE),
		"which begins as large as Linux's");
	tap_ok(!host_may_access(ENV_STACK_TOP - STACK_SIZE, 1, ENV_PROT_READ),
		"and has nothing below");
	host_fault(ENV_STACK_TOP - STACK_SIZE, ENV_PROT_WRITE);
	tap_ok(host_may_access(ENV_STACK_TOP - STACK_SIZE, 1, ENV_PROT_WRITE),
		"before it is touched: it grows to its limit");
	tap_eq(host_sys(SYS_brk, 0), TEST_ELF_END, "the heap begins behind the bss");
}

static void test_good(void *argument)
{
	vaddr_t old = host_alloc(PAGE_SIZE);
	vaddr_t path = client_string("//bin/./../bin/init");
	vaddr_t argv = make_array(words, 3);
	vaddr_t envp = make_array(settings, 2);

	(void)argument;
	host_sys(SYS_arch_prctl, 0x1002, 0x1000);
	host_sys(SYS_fcntl, 2, 2, 1);
	tap_eq(host_sys(SYS_execve, path, argv, envp), 0, "a good file is executed");
	tap_ok(!host_may_access(old, 1, ENV_PROT_READ), "the old memory is gone");
	tap_eq(host_sys(SYS_fcntl, 2, 1), -EBADF, "what was to be closed is closed");
	tap_eq(host_sys(SYS_fcntl, 1, 1), 0, "what was not is open");
	check_stack("//bin/./../bin/init");
	check_image();
	path = client_string("bin/init");
	tap_eq(host_sys(SYS_execve, path, 0, 0), 0, "null vectors are empty ones");
	tap_eq(peek64(host_stack()), 1, "but a program has one argument at least");
	tap_ok(is_string(peek64(host_stack() + 8), ""), "if only an empty one");
	tap_eq(peek64(host_stack() + 24), 0, "and an empty environment");
}

static void exec_child(void *argument)
{
	bool *executed = argument;

	host_sys(SYS_execve, client_string("/bin/init"), 0, 0);
	*executed = true;
	for (int i = 0; i < 50; i++)
		host_sys(SYS_sched_yield);
	host_fault(0x5000, ENV_PROT_READ);
}

static void test_vfork(void *argument)
{
	bool executed = false;
	long child = host_fork(SYS_vfork, exec_child, &executed);

	(void)argument;
	tap_eq(host_sys(SYS_wait4, child, 0, 1), 0,
		"vfork comes back when the child has executed, not when it ends");
	tap_eq(host_sys(SYS_wait4, child), child, "it ends later");
	tap_ok(executed, "having executed");
}

/* --- refusals ------------------------------------------------------------------ */

static void test_refusals(void *argument)
{
	static char big[ARGUMENT_MAX + 10];
	vaddr_t good = client_string("/bin/init");
	vaddr_t array = host_alloc(2 << 20);
	vaddr_t text = host_alloc(sizeof(big));
	u64 live = host_live_objects(), spaces = host_live_spaces();
	char path[PATH_MAX + 1];

	(void)argument;
	tap_eq(host_sys(SYS_execve, 0x100, 0, 0), -EFAULT, "a bad path address");
	tap_eq(host_sys(SYS_execve, client_string(""), 0, 0), -ENOENT, "an empty path");
	tap_eq(host_sys(SYS_execve, client_string("/bin/nothing"), 0, 0), -ENOENT,
		"a file that is not there");
	tap_eq(host_sys(SYS_execve, client_string("/nowhere/../bin/init"), 0, 0), -ENOENT,
		"a folder that is not there");
	tap_eq(host_sys(SYS_execve, client_string("/bin/init/x"), 0, 0), -ENOTDIR,
		"a file that is no folder");
	tap_eq(host_sys(SYS_execve, client_string("/bin/init/"), 0, 0), -ENOTDIR,
		"nor with a slash alone");
	tap_eq(host_sys(SYS_execve, client_string("/bin"), 0, 0), -EACCES, "a folder");
	tap_eq(host_sys(SYS_execve, client_string("/"), 0, 0), -EACCES, "the root");
	tap_eq(host_sys(SYS_execve, client_string("/bin/data"), 0, 0), -EACCES,
		"a file without the right to be executed");
	memset(path, 'a', sizeof(path) - 1);
	path[PATH_MAX] = '\0';
	tap_eq(host_sys(SYS_execve, client_string(path), 0, 0), -ENAMETOOLONG,
		"a path of 4096 characters");
	path[PATH_MAX - 1] = '\0';
	tap_eq(host_sys(SYS_execve, client_string(path), 0, 0), -ENAMETOOLONG,
		"one of 4095 in one piece");
	for (size_t i = 1; i < PATH_MAX - 1; i += 2)
		path[i] = '/';
	tap_eq(host_sys(SYS_execve, client_string(path), 0, 0), -ENOENT,
		"one of 4095 is only not there");
	tap_eq(host_sys(SYS_execve, good, 0x100, 0), -EFAULT, "a bad vector");
	tap_eq(host_sys(SYS_execve, good, 0, 0x100), -EFAULT, "a bad environment");
	host_poke(array, &(u64){0x100}, 8);
	tap_eq(host_sys(SYS_execve, good, array, 0), -EFAULT, "a bad argument");
	memset(big, 'x', sizeof(big));
	host_poke(text, big, sizeof(big));
	host_poke(text + ARGUMENT_MAX, "", 1);
	host_poke(array, &text, 8);
	tap_eq(host_sys(SYS_execve, good, array, 0), -E2BIG, "an argument of 128 KiB");
	for (u64 i = 0; i < (2 << 20) / 8 - 1; i++)
		host_poke(array + 8 * i, &(u64){text + ARGUMENT_MAX}, 8);
	tap_eq(host_sys(SYS_execve, good, array, 0), -E2BIG,
		"a quarter of a million empty arguments");
	text++;
	for (u64 i = 0; i < 20; i++)
		host_poke(array + 8 * i, &text, 8);
	host_poke(array + 8 * 20, &(u64){0}, 8);
	tap_eq(host_sys(SYS_execve, good, array, array), -E2BIG, "arguments of 5 MiB in all");
	tap_eq(host_live_objects(), live, "nothing is left of what was refused");
	tap_eq(host_live_spaces(), spaces, "nor any memory");
	host_poke(array + 8 * 10, &(u64){0}, 8);
	tap_eq(host_sys(SYS_execve, good, array, 0), 0, "arguments of 1.3 MB work");
	vaddr_t at = host_stack() + 8 + 8 * 9;
	static char seen[ARGUMENT_MAX];

	host_peek(seen, peek64(at), ARGUMENT_MAX);
	tap_ok(memcmp(seen, big + 1, ARGUMENT_MAX - 1) == 0 && seen[ARGUMENT_MAX - 1] == '\0',
		"to the last byte of the last");
}

/* --- programs that may lie anywhere ---------------------------------------------- */

static void run_dynamic(void *argument)
{
	(void)argument;
	tap_eq(host_entry(), 0x555555554100,
		"a position-independent program is put where Linux puts it");
	tap_ok(host_may_access(0x555555554100, 1, ENV_PROT_EXEC), "its text is there");
	tap_ok(host_may_access(0x555555556000, 0x2800, ENV_PROT_WRITE), "and its data");
	tap_eq(host_sys(SYS_brk, 0), 0x555555559000, "and the heap is behind it");
}

static void test_dynamic(void)
{
	static struct archive archive;
	static u8 elf[TEST_ELF_SIZE] aligned(16);

	make_elf(elf);
	header_of(elf)->type = ELF_TYPE_DYN;
	header_of(elf)->entry = 0x100;
	segment_of(elf, 0)->vaddr = 0;
	segment_of(elf, 1)->vaddr = 0x2000;
	archive_begin(&archive);
	archive_add(&archive, "bin/init", 0100755, elf, TEST_ELF_SIZE);
	archive_end(&archive);
	host_set_initrd(archive.bytes, archive.size);
	tap_eq(host_run("/bin/init", "", run_dynamic, NULL, (struct host_chances){0}), 0,
		"it runs");
	segment_of(elf, 1)->memsz = 0x2aaaaaaab000;
	archive_begin(&archive);
	archive_add(&archive, "bin/init", 0100755, elf, TEST_ELF_SIZE);
	archive_end(&archive);
	tap_eq(host_run("/bin/init", "", run_dynamic, NULL, (struct host_chances){0}), HOST_REFUSED,
		"one that would reach the stack does not");
}

static void first_arguments(void *argument)
{
	vaddr_t at = host_stack();

	(void)argument;
	tap_eq(peek64(at), 4, "process 1 gets its path and what stands between the commas");
	tap_ok(is_string(peek64(at + 8), "/bin/init"), "the path first");
	tap_ok(is_string(peek64(at + 16), "a"), "then an argument");
	tap_ok(is_string(peek64(at + 24), ""), "an empty one");
	tap_ok(is_string(peek64(at + 32), "b=c"), "and another");
	tap_ok(is_string(peek64(at + 48), "HOME=/"), "and an environment as on Linux");
}

static void nobody(void *argument)
{
	(void)argument;
}

static void test_start(void)
{
	static struct archive archive;
	static u8 elf[TEST_ELF_SIZE];

	archive_begin(&archive);
	archive_add(&archive, "bin/init", 0100755, elf, make_elf(elf));
	archive_add(&archive, "bin/text", 0100755, "text", 4);
	archive_end(&archive);
	host_set_initrd(archive.bytes, archive.size);
	tap_eq(host_run("/bin/init", "a,,b=c", first_arguments, NULL, (struct host_chances){0}), 0,
		"it runs");
	tap_eq(host_run("/bin/none", "", nobody, NULL, (struct host_chances){0}), HOST_REFUSED,
		"a first program must be there");
	tap_eq(host_start_status, K_NOENT, "or the placement hears why");
	tap_eq(host_run("/bin/text", "", nobody, NULL, (struct host_chances){0}), HOST_REFUSED,
		"and must be a program");
	tap_eq(host_start_status, K_INVAL, "or the placement hears why");
	tap_eq(host_live_objects(), 0, "and nothing is left");
}

/* A root whose first program's name leads through `first` and `second`, both links, to `folder`. */
static int start_behind_links(const char *first, const char *second, const char *folder)
{
	static struct archive archive;
	static u8 elf[TEST_ELF_SIZE];

	archive_begin(&archive);
	archive_add(&archive, folder, 0040755, NULL, 0);
	archive_add(&archive, "bin", 0120777, first, strlen(first));
	archive_add(&archive, "sbin", 0120777, second, strlen(second));
	archive_add(&archive, "bin/init", 0100755, elf, make_elf(elf));
	archive_end(&archive);
	host_set_initrd(archive.bytes, archive.size);
	return host_run("/usr/bin/init", "", nobody, NULL, (struct host_chances){0});
}

static void test_links(void)
{
	tap_eq(start_behind_links("sbin", "usr/bin", "usr/bin"), 0,
		"a file's name in the archive leads through links");
	tap_eq(start_behind_links("/sbin", "/usr/bin", "usr/bin"), 0, "absolute ones too");
	tap_eq(start_behind_links("usr/bin", "usr/bin", "usr"), 0,
		"and makes the folder that they lead to");
	tap_eq(start_behind_links("sbin", "bin", "usr/bin"), HOST_REFUSED, "but not in a circle");
	tap_eq(start_behind_links("../usr/bin", "usr/bin", "usr/bin"), HOST_REFUSED,
		"and not upwards");
	tap_eq(start_behind_links("usr/init", "usr/init", "usr/init/"), HOST_REFUSED,
		"a name that ends in a slash is none");
	tap_eq(host_live_objects(), 0, "and nothing is left");
}

void test_exec(void);
void test_exec(void)
{
	test_run_plain(test_good, "a good file");
	test_run_plain(test_vfork, "vfork and exec");
	test_run_plain(test_refusals, "refusals");
	test_dynamic();
	test_start();
	test_links();
}
