/*
 * main: rounds of random calls, one after another, each told by a line.
 *
 *	random_calls [host] [seed=N] [rounds=N] [steps=N] [keep=HEX] [tell] [quick] [root=PATH]
 *
 * A line is
 *
 *	round SEED calls N status HEX digest HEX
 *
 * where the digest is one of all that the round has recorded; `tell` prints that before it; a
 * `quick` round looks at files and memory neither now and then nor at its end. With
 * `host`, on someone's own Linux, all of it happens in namespaces of its own, on a tmpfs of its own
 * that is the root of whatever makes a call: nothing outside can be reached. It takes user 0.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include <workloads/common/child.h>
#include <workloads/common/text.h>
#include <workloads/random_calls/random_calls.h>

#define STEPS_MOST    800
#define UNMOUNT_TRIES 200

#define CAP_SYS_RESOURCE 24
#define OBJECT_SLOTS     128 /* Linux goes round in so many, unless more are in use */
#define MSG_STAT         11
#define SHM_STAT         13
#define SEM_STAT         18

static struct {
	bool host, tell, quick;
	uint64_t seed, rounds, steps;
	const char *keep, *root;
} options = {.seed = 1, .rounds = 1, .steps = 300, .root = "/random_calls"};

static _Noreturn void give_up(const char *what, long error)
{
	char line[200];
	struct text text = TEXT(line);

	text_string(&text, "random_calls: ");
	text_string(&text, what);
	text_string(&text, ": ");
	text_number(&text, error);
	text_string(&text, "\n");
	text_write(&text, 1);
	sys_exit(1);
}

static void must(long result, const char *what)
{
	if (result < 0)
		give_up(what, result);
}

/* --- options ------------------------------------------------------------------------ */

static bool option_is(const char *word, const char *key, const char **value)
{
	size_t n = strlen(key);

	if (strncmp(word, key, n) != 0)
		return false;
	*value = word + n;
	return true;
}

static uint64_t number_of(const char *digits)
{
	uint64_t number = 0;

	for (; *digits >= '0' && *digits <= '9'; digits++)
		number = number * 10 + (uint64_t)(*digits - '0');
	return number;
}

static void option_take(const char *word)
{
	const char *value;

	if (strcmp(word, "host") == 0)
		options.host = true;
	else if (strcmp(word, "tell") == 0)
		options.tell = true;
	else if (strcmp(word, "quick") == 0)
		options.quick = true;
	else if (option_is(word, "seed=", &value))
		options.seed = number_of(value);
	else if (option_is(word, "rounds=", &value))
		options.rounds = number_of(value);
	else if (option_is(word, "steps=", &value))
		options.steps = number_of(value) < STEPS_MOST ? number_of(value) : STEPS_MOST;
	else if (option_is(word, "keep=", &value))
		options.keep = value;
	else if (option_is(word, "root=", &value))
		options.root = value;
	else
		give_up(word, -EINVAL);
}

/* --- a private corner of a host -------------------------------------------------------- */

/* Goes on as process 1 of namespaces of its own; the process that stays outside hands out the
 * status. */
static void host_leave(void)
{
	int status = -1;
	long pid;

	must(sys_call3(SYS_unshare,
		     CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET, 0, 0),
		"unshare (this needs user 0)");
	must(sys_call6(SYS_mount, 0, (long)"/", 0, MS_REC | MS_PRIVATE, 0, 0), "private mounts");
	pid = sys_fork();
	must(pid, "fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		return;
	}
	sys_wait4(pid, &status, 0);
	sys_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* What the processes of a round inherit is the same everywhere. */
static void settle(void)
{
	static const struct {
		int resource;
		struct rlimit limit;
	} limits[] = {
		{RLIMIT_CORE, {0, 0}},
		{RLIMIT_NOFILE, {1024, 4096}},
		{RLIMIT_FSIZE, {RLIM_INFINITY, RLIM_INFINITY}},
		{RLIMIT_CPU, {RLIM_INFINITY, RLIM_INFINITY}},
		{RLIMIT_DATA, {RLIM_INFINITY, RLIM_INFINITY}},
		{RLIMIT_STACK, {8 << 20, RLIM_INFINITY}},
		{RLIMIT_SIGPENDING, {500, 500}},
		{RLIMIT_MEMLOCK, {65536, 65536}},
		{RLIMIT_NICE, {0, 0}},
		{RLIMIT_RTPRIO, {0, 0}},
	};
	sigset_t none;

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		must(sys_call3(SYS_setrlimit, limits[i].resource, (long)&limits[i].limit, 0),
			"setrlimit");
	must(sys_call3(SYS_setpriority, PRIO_PROCESS, 0, 0), "setpriority");
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int number = 1; number <= 64;
		number++) /* with those that the C library keeps for itself */
		sys_call4(SYS_rt_sigaction, number, (long)&(uintptr_t[4]){0}, 0, 8);
}

/* --- rounds ----------------------------------------------------------------------------- */

/* A power that user 0 of a host may lack, and so lacks here. */
static void give_up_resources(void)
{
	uint32_t header[2] = {0x20080522, 0}, words[6];

	must(prctl(PR_CAPBSET_DROP, CAP_SYS_RESOURCE), "the bounding set");
	must(sys_call3(SYS_capget, (long)header, (long)words, 0), "capget");
	words[0] &= ~(1U << CAP_SYS_RESOURCE);
	words[1] &= ~(1U << CAP_SYS_RESOURCE);
	must(sys_call3(SYS_capset, (long)header, (long)words, 0), "capset");
}

static _Noreturn void round_act(const struct round *round)
{
	must(sys_call3(SYS_setsid, 0, 0, 0), "setsid");
	must(sys_call3(SYS_chroot, (long)options.root, 0, 0), "chroot");
	must(sys_call3(SYS_chdir, (long)"/", 0, 0), "chdir");
	give_up_resources();
	actor_run(round);
}

/* System V's objects outlive who made them. They lie in as many slots at most. */
static void objects_remove(void)
{
	char status[256];

	for (long slot = 0; slot < OBJECT_SLOTS; slot++) {
		long shared = sys_call3(SYS_shmctl, slot, SHM_STAT, (long)status);
		long letters = sys_call3(SYS_msgctl, slot, MSG_STAT, (long)status);
		long semaphores = sys_call4(SYS_semctl, slot, 0, SEM_STAT, (long)status);

		if (shared >= 0)
			sys_call3(SYS_shmctl, shared, IPC_RMID, 0);
		if (letters >= 0)
			sys_call3(SYS_msgctl, letters, IPC_RMID, 0);
		if (semaphores >= 0)
			sys_call4(SYS_semctl, semaphores, 0, IPC_RMID, 0);
	}
}

/* Files that were sent to nobody are let go a little later. */
static long unmount(void)
{
	struct timespec moment = {0, 10000000};
	long error = -EBUSY;

	for (unsigned i = 0; i < UNMOUNT_TRIES && error == -EBUSY; i++) {
		if (i > 0)
			sys_call3(SYS_nanosleep, (long)&moment, 0, 0);
		error = sys_call3(SYS_umount2, (long)options.root, 0, 0);
	}
	return error;
}

/* Runs one; the actor's wait status. */
static int round_run(const struct round *round)
{
	int status = -1;
	long pid;

	must(sys_call6(SYS_mount, (long)"round", (long)options.root, (long)"tmpfs", 0,
		     (long)"size=4m,nr_inodes=200,mode=755", 0),
		"mount");
	record->length = 0;
	record->calls = 0;
	record->cut = false;
	record->resume_at = 0;
	pid = sys_fork();
	must(pid, "fork");
	if (pid == 0)
		round_act(round);
	while (sys_wait4(pid, &status, 0) == -EINTR)
		;
	sys_call3(SYS_kill, -1, SIGKILL, 0); /* what is left of it */
	while (sys_wait4(-1, NULL, 0) > 0)
		;
	if (round->focus == MEMORY || round->focus == MESSAGES)
		objects_remove();
	must(unmount(), "umount");
	return status;
}

static void round_tell(const struct round *round, int status)
{
	char line[200];
	struct text text = TEXT(line);

	if (options.tell) {
		struct text all = {record->text, record->length, record->length, record->cut};

		must(text_write(&all, 1), "the record");
	}
	text_string(&text, options.tell ? "\nround " : "round ");
	text_number(&text, (int64_t)round->seed);
	text_string(&text, " calls ");
	text_number(&text, (int64_t)record->calls);
	text_string(&text, " status ");
	text_hex(&text, (uint64_t)status);
	text_string(&text, " digest ");
	text_hex(&text, digest_of(record->text, record->length));
	text_string(&text, record->cut ? " cut\n" : "\n");
	must(text_write(&text, 1), "the report");
}

/* The program, to be executed from a root where it is not. */
static void open_itself(const char *path)
{
	long fd = sys_call3(SYS_open, (long)path, O_RDONLY, 0);

	must(fd, path);
	must(sys_call3(SYS_dup3, fd, PROGRAM_FD, O_CLOEXEC), "dup3");
	sys_close((int)fd);
}

int main(int argc, char **argv)
{
	long memory;

	if (argc == 2 && strcmp(argv[1], "--state") == 0)
		return report_state();
	for (int i = 1; i < argc; i++)
		option_take(argv[i]);
	open_itself(argv[0]);
	if (options.host)
		host_leave();
	else
		must(sys_call3(SYS_mkdir, (long)options.root, 0755, 0), options.root);
	settle();
	memory =
		sys_mmap(NULL, sizeof(*record), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
	must(memory, "mmap");
	record = (struct record *)memory;
	memset(record, 1, sizeof(*record)); /* all of it is there from the start: see the soak */
	for (uint64_t i = 0; i < options.rounds; i++) {
		struct round round = {.seed = options.seed + i,
			.steps = options.steps,
			.keep = options.keep,
			.quick = options.quick,
			.focus = (options.seed + i) % FOCI};

		round_tell(&round, round_run(&round));
	}
	return 0;
}
