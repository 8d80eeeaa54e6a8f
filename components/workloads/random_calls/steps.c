/*
 * steps: drawing and making them, and the actor that does.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>

#include <workloads/random_calls/arguments.h>

#define NUDGE_US  8000    /* after which a call that sleeps is broken off, again and again */
#define SETTLE_NS 2000000 /* within which what is due now has happened */

long children[CHILDREN];
bool blocks_told;
uintptr_t break_start;

/* --- processes by name --------------------------------------------------------------- */

void note_process(long pid)
{
	long self = sys_getpid(), parent = sys_getppid();

	if (pid > -10 && pid <= 1) {
		note_number(pid);
		return;
	}
	if (pid < 0) {
		note("-");
		pid = -pid;
	}
	if (pid == self) {
		note("self");
		return;
	}
	for (unsigned i = 0; i < CHILDREN; i++)
		if (children[i] == pid) {
			note("child");
			note_number(i);
			return;
		}
	if (pid == parent)
		note("parent");
	else if (pid == 12345 || pid == 0x7fffffff)
		note("nobody");
	else
		note("somebody");
}

void child_add(long pid)
{
	static unsigned next;

	children[next++ % CHILDREN] = pid;
}

/* --- signals ----------------------------------------------------------------------------- */

void handler_tell(int number, siginfo_t *info, void *context)
{
	(void)context;
	note(" [signal ");
	note_number(number);
	note(" code ");
	note_number(info->si_code);
	if (info->si_code == SI_USER || info->si_code == SI_TKILL || number == SIGCHLD) {
		note(" of ");
		note_process(info->si_pid);
	}
	if (info->si_code == SI_TIMER || info->si_code == SI_QUEUE) {
		note(" value ");
		note_number(info->si_value.sival_int);
	}
	note("]");
}

static void nudged(int number)
{
	(void)number;
}

void signals_settle(void)
{
	static const int told[] = {SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ, SIGURG, 34};
	struct sigaction action = {.sa_sigaction = handler_tell, .sa_flags = SA_SIGINFO};
	struct sigaction nudge = {.sa_handler = nudged};

	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		sigaction(told[i], &action, NULL);
	sigaction(SIGALRM, &nudge, NULL);
}

/* From now on signals come that break a sleep off; or no more. */
static void nudge(bool on)
{
	struct itimerval timer = {{0, on ? NUDGE_US : 0}, {0, on ? NUDGE_US : 0}};

	sys_call3(SYS_setitimer, ITIMER_REAL, (long)&timer, 0);
}

/* --- one step ------------------------------------------------------------------------------ */

/* Results that are numbers of the kernel's own choice. */
static void note_result(const struct drawn *drawn, long result)
{
	switch (drawn->call->number) {
	case SYS_getpid:
	case SYS_getppid:
	case SYS_getpgid:
	case SYS_getsid:
	case SYS_setsid:
	case SYS_wait4:
		note_process(result);
		break;
	case SYS_brk:
		note("break+");
		note_number(result - (long)break_start);
		break;
	case SYS_mmap:
	case SYS_mremap:
		if (result >= (long)ARENA && result < (long)(ARENA + ARENA_PAGES * PAGE))
			note_hex((uint64_t)result);
		else
			note_number(result > 0 ? 1 : result);
		break;
	case SYS_shmget:
	case SYS_semget:
	case SYS_msgget:
		note_number(result > 0 ? 0 : result);
		break;
	case SYS_semctl:
		if (drawn->values[2] == 11) /* GETPID */
			note_process(result);
		else
			note_number(result);
		break;
	case SYS_times:
	case SYS_sched_getaffinity: /* as many bytes as the kernel was built for processors */
		note_number(result > 0 ? 0 : result);
		break;
	default:
		note_number(result);
	}
}

/* A timer rings where it has to: what it starts is told with the call that set it. */
static void let_settle(void)
{
	struct timespec moment = {0, SETTLE_NS};

	sys_call3(SYS_nanosleep, (long)&moment, 0, 0);
}

static void step_call(const struct call *call, struct draw *draw)
{
	struct drawn drawn = {.call = call};
	const long *v = drawn.values;
	long result;

	note(call->name);
	note("(");
	for (unsigned i = 0; i < ARGUMENTS; i++) {
		if (call->arguments[i] == NONE)
			continue;
		note(i > 0 ? ", " : "");
		argument_draw(draw, &drawn, i, call->arguments[i]);
	}
	note(") = ");
	if (is_left_out(&drawn)) {
		note("left out");
		return;
	}
	record->calls++;
	if (call->how == SLEEPS) {
		nudge(true);
		record->calls += 2;
	}
	result = sys_call6(call->number, v[0], v[1], v[2], v[3], v[4], v[5]);
	if (call->how == SLEEPS)
		nudge(false);
	if (call->how == SETTLES)
		let_settle();
	note_result(&drawn, result);
	made_add(&drawn, result);
	for (unsigned i = 0; i < ARGUMENTS; i++)
		argument_tell(&drawn, i, call->arguments[i], result);
}

static void step_act(
	const struct round *round, const struct act *act, struct draw *draw, uint64_t step)
{
	note(act->name);
	if (act->looks && round->quick)
		return;
	record->calls++;
	act->run(round, draw, step);
}

/* Draws a line of one of the two tables by weight. */
static void step_run(const struct round *round, uint64_t step)
{
	static uint64_t totals[FOCI];
	struct draw draw = draw_begin(round->seed, step);
	uint64_t at;

	if (totals[round->focus] == 0) {
		for (size_t i = 0; i < calls_count; i++)
			totals[round->focus] += calls[i].weight[round->focus];
		for (size_t i = 0; i < acts_count; i++)
			totals[round->focus] += acts[i].weight[round->focus];
	}
	at = draw_below(&draw, totals[round->focus]);
	note("\n");
	note_number((int64_t)step);
	note(" ");
	for (size_t i = 0; i < calls_count; i++) {
		if (at < calls[i].weight[round->focus]) {
			step_call(&calls[i], &draw);
			return;
		}
		at -= calls[i].weight[round->focus];
	}
	for (size_t i = 0; i < acts_count; i++) {
		if (at < acts[i].weight[round->focus]) {
			step_act(round, &acts[i], &draw, step);
			return;
		}
		at -= acts[i].weight[round->focus];
	}
}

static bool is_kept(const struct round *round, uint64_t step)
{
	size_t length = round->keep == NULL ? 0 : strlen(round->keep);
	char digit;

	if (round->keep == NULL)
		return true;
	if (step / 4 >= length)
		return false;
	digit = round->keep[step / 4];
	return (digit >= 'a' ? digit - 'a' + 10 : digit - '0') >> step % 4 & 1;
}

void steps_run(const struct round *round, uint64_t from, uint64_t to)
{
	while (from < to) {
		record->resume_at = from + 1;
		if (is_kept(round, from))
			step_run(round, from);
		from = record->resume_at;
	}
}

/* --- the actor ---------------------------------------------------------------------------- */

static void must(long result)
{
	if (result >= 0)
		return;
	note("\nthe round cannot begin: ");
	note_number(result);
	sys_exit(2);
}

/* What a round finds in its root. */
static void furnish(void)
{
	static const char text[] = "what every round finds in its first file, and may write over";

	must(sys_call3(SYS_mkdir, (long)"/a", 0777, 0));
	must(sys_call3(SYS_mkdir, (long)"/a/b", 0755, 0));
	must(sys_call3(SYS_mkdir, (long)"/b", 0777, 0));
	must(sys_call3(SYS_open, (long)"/c", O_CREAT | O_RDWR, 0666));
	must(sys_write(0, text, sizeof(text)));
	must(sys_call3(SYS_open, (long)"/a/c", O_CREAT | O_RDWR, 0644));
	must(sys_call3(SYS_symlink, (long)"../a", (long)"/b/link", 0));
	must(sys_call3(SYS_mknod, (long)"/d", S_IFCHR | 0666, 0x105));
	must(sys_call3(SYS_chmod, (long)"/a", 0777, 0));
	/* Sticky, but not everybody's: what a distribution adds to those does not matter here. */
	must(sys_call3(SYS_chown, (long)"/b", 0, 1000));
	must(sys_call3(SYS_chmod, (long)"/b", 01775, 0));
	must(sys_call3(SYS_chmod, (long)"/c", 0666, 0));
}

/* Every other round is not user 0's. */
static void become_somebody(struct draw *draw)
{
	static const uint32_t groups[] = {1000, 1001};

	must(sys_call3(SYS_setgroups, 2, (long)groups, 0));
	if (draw_one_in(draw, 2)) {
		must(sys_call3(SYS_setresgid, 1000, 1000, 1000));
		must(sys_call3(SYS_setresuid, 1000, 1000, 1000));
	}
}

_Noreturn void actor_run(const struct round *round)
{
	struct draw draw = draw_begin(round->seed, UINT64_MAX);

	sys_call3(SYS_close_range, 0, PROGRAM_FD - 1, 0);
	arguments_map();
	break_start = (uintptr_t)sys_brk(NULL);
	sys_call3(SYS_umask, 022, 0, 0);
	furnish();
	signals_settle();
	become_somebody(&draw);
	blocks_told = round->focus == FILES;
	steps_run(round, 0, round->steps);
	note("\nat the end:");
	if (!round->quick) {
		tell_tree();
		note("\n  ");
		tell_arena();
	}
	sys_exit(0);
}
