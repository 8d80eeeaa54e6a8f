/*
 * linux_init: the first program when a stock Linux kernel is the reference.
 *
 * It gives the very binaries that the kernels of this kit run what those
 * kernels give them: a console, file descriptor 3 as the result channel, and a
 * machine that powers off with a status. On Linux that takes port I/O, asked for
 * only when bench has ended: a right to ports would be inherited.
 *
 *	qemu … -kernel vmlinuz -initrd initrd.cpio -append "rdinit=/bin/linux_init [args=a,b]"
 *
 * Linux hands words it does not know to the first program: `args=a,b` arrives
 * as an environment variable, words after `--` as arguments; both name the
 * workloads that bench is to run.
 *
 * The results go to a file in the initial RAM file system while bench runs, and
 * to port 0xe9 when it has ended: a process that copied them meanwhile would
 * disturb the next workload on the only processor.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#include <workloads/common/bench.h>
#include <workloads/common/child.h>
#include <workloads/common/sys.h>

#define RESULT_PORT       0xe9  /* isa-debugcon */
#define EXIT_PORT         0x501 /* isa-debug-exit, four bytes wide */
#define EXIT_SUCCESS_CODE 0x10  /* QEMU ends with 33 */
#define EXIT_FAILURE_CODE 0x12  /* 37 */

#define WORKLOADS_MAX 32

const char bench_workload[] = "linux_init"; /* for messages */

static const char results_path[] = "/results";
static char *const no_environment[] = {NULL};

/* Ends the machine, by the exit device if there is one. */
static _Noreturn void power_off(int code)
{
	if (ioperm(EXIT_PORT, 4, 1) == 0)
		outb((unsigned char)code, EXIT_PORT);
	text_put(2, "linux_init: there is no exit device: powering off instead\n");
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static _Noreturn void give_up(const char *what)
{
	char line[256];
	struct text text = TEXT(line);

	text_string(&text, "linux_init: cannot ");
	text_string(&text, what);
	text_string(&text, ": error ");
	text_number(&text, errno);
	text_string(&text, "\n");
	text_write(&text, 2);
	power_off(EXIT_FAILURE_CODE);
}

/* The initrd has no /dev/console, so Linux started us with no open file. */
static void open_console(void)
{
	int console;

	if (mkdir("/dev", 0755) < 0 && errno != EEXIST)
		give_up("create /dev");
	if (mount("devtmpfs", "/dev", "devtmpfs", 0, NULL) < 0 && errno != EBUSY)
		give_up("mount /dev");
	console = open("/dev/console", O_RDWR);
	if (console < 0)
		give_up("open /dev/console");
	for (int fd = 0; fd < 3; fd++)
		if (console != fd && dup2(console, fd) < 0)
			give_up("duplicate the console");
	if (console > 2)
		close(console);
}

static void open_channel(void)
{
	int results = open(results_path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);

	if (results < 0)
		give_up("create the file for the results");
	if (results != BENCH_CHANNEL) {
		if (dup2(results, BENCH_CHANNEL) < 0)
			give_up("open the result channel");
		close(results);
	}
}

/* The time stamp of the first instructions in user mode (C library start-up apart, some hundred).
 */
static void mark_boot(uint64_t now)
{
	char line[128];
	struct text text = TEXT(line);

	text_string(&text, "{\"type\":\"mark\",\"name\":\"boot_user\",\"value\":");
	text_number(&text, (int64_t)now);
	text_string(&text, "}\n");
	if (text_write(&text, BENCH_CHANNEL) < 0)
		give_up("write to the result channel");
}

static void mark_end(int status)
{
	char line[64];
	struct text text = TEXT(line);

	text_string(&text, "{\"type\":\"end\",\"status\":");
	text_number(&text, status);
	text_string(&text, "}\n");
	if (text_write(&text, BENCH_CHANNEL) < 0)
		give_up("write to the result channel");
}

static void send_results(void)
{
	static char buffer[4096];
	ssize_t got;

	if (ioperm(RESULT_PORT, 1, 1) < 0)
		give_up("get access to the port of the result channel");
	if (lseek(BENCH_CHANNEL, 0, SEEK_SET) < 0)
		give_up("read the results again");
	while ((got = read(BENCH_CHANNEL, buffer, sizeof(buffer))) > 0)
		for (ssize_t i = 0; i < got; i++)
			outb((unsigned char)buffer[i], RESULT_PORT);
	if (got < 0)
		give_up("read the results again");
}

/* Fills in the names of the workloads from our own arguments and `args=`. */
static void collect_arguments(char **out, size_t room, int argc, char **argv)
{
	char *list = getenv("args");

	for (int i = 1; i < argc && room > 1; i++, room--)
		*out++ = argv[i];
	for (char *name = list ? strtok(list, ",") : NULL; name && room > 1; room--) {
		*out++ = name;
		name = strtok(NULL, ",");
	}
	if (room <= 1)
		text_put(2, "linux_init: too many workloads named: the rest is left out\n");
	*out = NULL;
}

int main(int argc, char **argv)
{
	uint64_t now = bench_now();
	char path[] = "/bin/bench", *arguments[WORKLOADS_MAX] = {path};
	int status = 0;

	if (getpid() != 1) {
		text_put(2,
			"linux_init: run me as the first program of a virtual machine (rdinit=)\n");
		return 1;
	}
	open_console();
	open_channel();
	mark_boot(now);
	collect_arguments(arguments + 1, WORKLOADS_MAX - 1, argc, argv);
	errno = (int)-child_run(path, arguments, no_environment, &status);
	if (errno != 0)
		give_up("run /bin/bench");
	mark_end(status == 0 ? 0 : 1);
	send_results();
	power_off(status == 0 ? EXIT_SUCCESS_CODE : EXIT_FAILURE_CODE);
}
