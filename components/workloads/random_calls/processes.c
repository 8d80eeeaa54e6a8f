/*
 * processes: what calls on processes, signals and their rights read from memory and write there.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include <workloads/random_calls/arguments.h>

/* What the kernel takes and gives, which is not what the library has. */
struct kernel_action {
	uintptr_t handler;
	unsigned long flags;
	uintptr_t restorer;
	uint64_t mask;
};

void fill_set(struct draw *draw, char *at)
{
	static const uint64_t sets[] = {0, 1UL << (SIGUSR1 - 1), 1UL << (SIGUSR2 - 1), 1UL << 33,
		1UL << (SIGCHLD - 1), 0x0000000200000a00, ~0UL};
	uint64_t set = DRAW_FROM(draw, sets) &
		       ~(1UL << (SIGALRM - 1) | 1UL << (SIGSEGV - 1) | 1UL << (SIGBUS - 1));

	memcpy(at, &set, sizeof(set));
	note_hex(set);
}

void fill_action(struct draw *draw, char *at)
{
	static const unsigned long flags[] = {
		0, 0, SA_RESTART, SA_NODEFER, SA_RESETHAND, SA_NOCLDWAIT, SA_NOCLDSTOP, SA_ONSTACK};
	struct kernel_action *action = (struct kernel_action *)at;
	uint64_t which = draw_below(draw, 8);

	memset(action, 0, sizeof(*action));
	if (which < 2) {
		action->handler = which; /* SIG_DFL, SIG_IGN */
	} else {
		action->handler = (uintptr_t)handler_tell;
		action->flags = DRAW_FROM(draw, flags) | SA_SIGINFO | 0x04000000;
		action->restorer = (uintptr_t)signal_restorer;
	}
	action->mask = draw_one_in(draw, 3) ? 1UL << (SIGUSR2 - 1) : 0;
	note(which < 2 ? which == 0 ? "default" : "ignore" : "handler ");
	note_hex(action->flags);
}

void fill_limit(struct draw *draw, char *at)
{
	static const rlim_t limits[] = {0, 1, 5, 16, 1024, 4096, 65536, 1 << 20, RLIM_INFINITY};
	struct rlimit *limit = (struct rlimit *)at;

	limit->rlim_cur = DRAW_FROM(draw, limits);
	limit->rlim_max = RLIM_INFINITY;
	note_pair((int64_t)limit->rlim_cur, (int64_t)limit->rlim_max);
}

/* A stack that is large enough for any processor's registers, or too small for every one's. */
void fill_stack(struct draw *draw, char *at)
{
	static const uint64_t sizes[] = {65536, 65536, 0, 1000, 2047};
	static const int flags[] = {0, 0, 0, SS_DISABLE, SS_ONSTACK, 4, -1};
	stack_t stack = {.ss_sp = (void *)STACK, .ss_flags = DRAW_FROM(draw, flags)};

	stack.ss_size = DRAW_FROM(draw, sizes);
	memcpy(at, &stack, sizeof(stack));
	note_pair(stack.ss_flags, (int64_t)stack.ss_size);
}

void fill_groups(struct draw *draw, char *at)
{
	for (int i = 0; i < 4; i++)
		((uint32_t *)at)[i] = (uint32_t)draw_below(draw, 3) + 1000;
}

/* For rt_sigqueueinfo: codes that are the caller's to choose, and others. */
void fill_info(struct draw *draw, char *at)
{
	static const int codes[] = {SI_QUEUE, SI_QUEUE, SI_MESGQ, SI_USER, SI_TKILL, 0x80};
	siginfo_t info = {.si_code = DRAW_FROM(draw, codes)};

	info.si_pid = (pid_t)sys_getpid();
	info.si_value.sival_int = (int)draw_below(draw, 100);
	memcpy(at, &info, 128);
	note_pair(info.si_code, info.si_value.sival_int);
}

void fill_priority(struct draw *draw, char *at)
{
	static const int priorities[] = {0, 0, 0, 1, -1};

	*(int *)at = DRAW_FROM(draw, priorities);
	note_number(*(int *)at);
}

/* struct sched_attr, as far as it is filled. */
struct attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t zero[3];
};

void fill_attributes(struct draw *draw, char *at)
{
	static const uint32_t sizes[] = {48, 48, 48, 0, 47, 4};
	static const uint32_t policies[] = {0, 0, 3, 5, 8};
	static const uint64_t flags[] = {0, 0, 0, 1, 8, 0x10, 0x80};
	struct attributes attributes = {DRAW_FROM(draw, sizes), DRAW_FROM(draw, policies),
		DRAW_FROM(draw, flags), (int)draw_below(draw, 50) - 25, draw_one_in(draw, 9), {0}};

	memcpy(at, &attributes, sizeof(attributes));
	note_pair(attributes.size, attributes.policy);
	note_pair((int64_t)attributes.flags, attributes.nice);
}

/* Every machine has the first. */
void fill_processors(struct draw *draw, char *at)
{
	static const uint64_t sets[] = {1, 1, 1, ~0UL, 0};
	uint64_t set = DRAW_FROM(draw, sets);

	memset(at, 0, 16);
	memcpy(at, &set, sizeof(set));
	note_hex(set);
}

void fill_cap_header(struct draw *draw, char *at)
{
	static const uint32_t versions[] = {
		0x20080522, 0x20080522, 0x20080522, 0x20080522, 0x19980330, 0x20071026, 0};
	uint32_t version = DRAW_FROM(draw, versions);
	int process = draw_one_in(draw, 2) ? 0 : (int)draw_process(draw, false);

	memcpy(at, &version, sizeof(version));
	memcpy(at + 4, &process, sizeof(process));
	note_hex(version);
	note(" of ");
	note_process(process);
}

/* Effective, permitted and inheritable, and the same of the upper half. */
void fill_capabilities(struct draw *draw, char *at)
{
	static const uint32_t low[] = {0, 0, 0xfeffffff, 0xfeffffff, 0xfeffff00, 0x3, 1 << 5, ~0U};
	static const uint32_t high[] = {0, 0x1ff, 0x1ff, 0x3ff};
	uint32_t *words = (uint32_t *)at;

	for (int i = 0; i < 6; i++) {
		words[i] = i < 3 ? DRAW_FROM(draw, low) : DRAW_FROM(draw, high);
		note_hex(words[i]);
	}
}

void fill_word(struct draw *draw, char *at)
{
	static const char *const words[] = {
		"a", "some-program", "exactly-15-long", "sixteen-is-more"};
	const char *word = DRAW_FROM(draw, words);

	strcpy(at, word);
	note_string(word);
}

/* --- written by calls ---------------------------------------------------------------- */

void tell_action(const char *at, long result)
{
	const struct kernel_action *action = (const struct kernel_action *)at;

	(void)result;
	note(action->handler < 2 ? action->handler == 0 ? "default " : "ignore " : "handler ");
	note_hex(action->flags);
	note(" ");
	note_hex(action->mask);
}

void tell_info(const char *at, long result)
{
	const siginfo_t *info = (const siginfo_t *)at;

	(void)result;
	note_pair(info->si_signo, info->si_code);
	if (info->si_code == SI_TIMER) {
		note_pair(info->si_timerid, info->si_overrun);
		note_number(info->si_value.sival_int);
	} else {
		note_process(info->si_pid);
		note_number(info->si_status);
	}
}

void tell_number(const char *at, long result)
{
	(void)result;
	note_hex(*(const uint32_t *)at);
}

void tell_long(const char *at, long result)
{
	(void)result;
	note_hex(*(const uint64_t *)at);
}

void tell_limit(const char *at, long result)
{
	(void)result;
	note_pair(((const int64_t *)at)[0], ((const int64_t *)at)[1]);
}

void tell_stack(const char *at, long result)
{
	const stack_t *stack = (const stack_t *)at;

	(void)result;
	note_pair(stack->ss_flags, (int64_t)stack->ss_size);
}

void tell_groups(const char *at, long result)
{
	(void)result;
	note_bytes(at, 16);
}

void tell_capabilities(const char *at, long result)
{
	(void)result;
	for (int i = 0; i < 6; i++)
		note_hex(((const uint32_t *)at)[i]);
}

void tell_cap_header(const char *at, long result)
{
	(void)result;
	note_hex(*(const uint32_t *)at);
}

/* What a newer kernel says of the length of a turn is its own affair. */
void tell_attributes(const char *at, long result)
{
	struct attributes attributes;

	(void)result;
	memcpy(&attributes, at, sizeof(attributes));
	note_pair(attributes.policy, (int64_t)attributes.flags);
	note_pair(attributes.nice, attributes.priority);
}

void tell_word(const char *at, long result)
{
	(void)result;
	note_bytes(at, 16);
}
