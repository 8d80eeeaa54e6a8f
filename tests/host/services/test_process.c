/* Processes: who is whose child, who waits for whom, and what each hears. */
#include <services/process/process.h>

#include "services_test.h"

#define WNOHANG 1

static void exit_with(void *argument)
{
	host_sys(SYS_exit, (long)argument);
}

static void test_one_child(void *argument)
{
	vaddr_t status = host_alloc(4);
	long child = host_fork(SYS_fork, exit_with, (void *)0x1234);

	(void)argument;
	tap_eq(host_sys(SYS_getpid), 1, "the first process is number 1");
	tap_eq(host_sys(SYS_gettid), 1, "its thread has the same number");
	tap_eq(host_sys(SYS_getppid), 0, "it has no parent");
	tap_eq(child, 2, "its first child is number 2");
	tap_eq(host_sys(SYS_wait4, child + 1, status), -ECHILD,
		"a number that is no child of one's own cannot be waited for");
	tap_eq(host_sys(SYS_wait4, -1, status, 0x10), -EINVAL, "unknown options are refused");
	tap_eq(host_sys(SYS_wait4, INT32_MIN), -ESRCH, "-INT_MIN is no process group");
	tap_eq(host_sys(SYS_wait4, -7), -ECHILD, "there is no process group 7");
	tap_eq(host_sys(SYS_wait4, -1, status, WNOHANG), 0, "nobody has ended yet");
	tap_eq(host_sys(SYS_wait4, -1, status), child, "wait4 waits for the child");
	tap_eq(peek32(status), 0x3400, "the status holds the low byte of the exit code");
	tap_eq(host_sys(SYS_wait4, -1, status), -ECHILD, "a child is waited for once");
	tap_eq(host_sys(SYS_wait4, child), -ECHILD, "also by its number");
	child = host_fork(SYS_fork, exit_with, (void *)3);
	tap_eq(host_sys(SYS_wait4, child, 0x10, 0), -EFAULT, "a bad status address is an error");
	tap_eq(host_sys(SYS_wait4, child), -ECHILD, "but the child is gone, as on Linux");
	tap_eq(host_sys(SYS_set_tid_address, status), 1,
		"set_tid_address gives the thread's number");
}

static void test_prctl(void *argument)
{
	vaddr_t word = host_alloc(8);
	u64 base;

	(void)argument;
	tap_eq(host_sys(SYS_arch_prctl, 0x1002, 0x123456), 0, "the thread pointer can be set");
	tap_eq(host_sys(SYS_arch_prctl, 0x1003, word), 0, "and read");
	host_peek(&base, word, sizeof(base));
	tap_eq(base, 0x123456, "and is what it was set to");
	tap_eq(host_sys(SYS_arch_prctl, 0x1002, 0x800000000000), -EPERM,
		"it cannot be a kernel address");
	tap_eq(host_sys(SYS_arch_prctl, 0x1003, 8), -EFAULT, "it is not stored at a bad address");
	tap_eq(host_sys(SYS_arch_prctl, 0x9999, word), -EINVAL, "other codes are refused");
}

static void fault(void *argument)
{
	(void)argument;
	host_fault(0xdead000, ENV_PROT_WRITE);
}

static void except(void *argument)
{
	host_exception((unsigned)(long)argument);
}

static void test_signals(void *argument)
{
	static const struct {
		unsigned vector;
		int signal;
	} cases[] = {{0, 8}, {1, 5}, {3, 5}, {6, 4}, {11, 7}, {12, 7}, {13, 11}, {16, 8}, {17, 7},
		{19, 8}};
	vaddr_t status = host_alloc(4);

	(void)argument;
	host_fork(SYS_fork, fault, NULL);
	tap_eq(host_sys(SYS_wait4, -1, status), 2, "a child that touches what it may not ends");
	tap_eq(peek32(status), 11, "with SIGSEGV");
	tap_ok(strcmp(host_console(), "init[2]: segmentation fault (writing 0xdead000)\n") == 0,
		"and a line on the console says so");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		host_fork(SYS_fork, except, (void *)(long)cases[i].vector);
		tap_ok(host_sys(SYS_wait4, -1, status) > 0,
			"a child that raises an exception ends");
		tap_eq(peek32(status), cases[i].signal, "with Linux's signal for it");
	}
}

/* --- vfork --- */

static void vfork_child(void *argument)
{
	int *steps = argument;

	for (int i = 0; i < 20; i++) {
		host_sys(SYS_sched_yield);
		++*steps;
	}
}

static void test_vfork(void *argument)
{
	int steps = 0;
	long child = host_fork(SYS_vfork, vfork_child, &steps);

	(void)argument;
	tap_eq(steps, 20, "vfork comes back only after the child has ended");
	tap_eq(host_sys(SYS_wait4, child), child, "which can then be waited for");
}

/* --- orphans --- */

static void grandchild(void *argument)
{
	(void)argument;
	while (host_sys(SYS_getppid) != 1)
		host_sys(SYS_sched_yield);
	host_sys(SYS_exit, 7);
}

static void parent_of_orphans(void *argument)
{
	(void)argument;
	host_fork(SYS_fork, exit_with, (void *)1); /* a zombie when its parent ends, or an orphan */
	host_fork(SYS_fork, grandchild, NULL);
	host_sys(SYS_exit, 0);
}

static void test_orphans(void *argument)
{
	u64 live = host_live_objects();
	u64 spaces = host_live_spaces();
	int ended = 0;

	(void)argument;
	host_fork(SYS_fork, parent_of_orphans, NULL);
	while (host_sys(SYS_wait4, -1) > 0)
		ended++;
	tap_eq(ended, 3, "process 1 inherits orphans and zombies, and can wait for them");
	tap_eq(host_live_objects(), live, "nothing is left of processes that were waited for");
	tap_eq(host_live_spaces(), spaces, "nor of their memory");
}

/* A zombie comes to process 1 while its former grandparent lives on, until process 1 has taken it
 * away. */

struct early {
	long read, write;
};

static void parent_of_zombie(void *argument)
{
	(void)argument;
	host_fork(SYS_fork, exit_with, (void *)9);
	for (int i = 0; i < 10; i++)
		host_sys(SYS_sched_yield);
}

static void grandparent(void *argument)
{
	struct early *early = argument;

	host_fork(SYS_fork, parent_of_zombie, NULL);
	host_sys(SYS_read, early->read, host_alloc(8), 1);
}

static void test_early_orphan(void *argument)
{
	vaddr_t buf = host_alloc(8);
	struct early early;

	(void)argument;
	host_sys(SYS_pipe, buf);
	early = (struct early){peek32(buf), peek32(buf + 4)};
	host_fork(SYS_fork, grandparent, &early);
	host_sys(SYS_wait4, -1, buf);
	tap_eq(peek32(buf), 9 << 8, "process 1 is woken for a zombie that it inherits");
	host_sys(SYS_write, early.write, buf, 1);
	tap_ok(host_sys(SYS_wait4, -1, 0) > 0, "and then for its own child");
}

/* --- limits --- */

static void sleeper(void *argument)
{
	(void)argument;
	while (host_sys(SYS_getppid) == 1)
		host_sys(SYS_sched_yield);
}

static void test_limits(void *argument)
{
	int children = 0;
	u64 live = host_live_objects();

	(void)argument;
	while (host_fork(SYS_fork, exit_with, NULL) > 0)
		children++;
	tap_eq(children, CONFIG_SERVICES_PROCESS_CHILDREN_MAX,
		"a process has so many children and no more");
	tap_eq(host_fork(SYS_fork, sleeper, NULL), -EAGAIN, "the next fork says EAGAIN");
	while (host_sys(SYS_wait4, -1) > 0)
		children--;
	tap_eq(children, 0, "all of them can be waited for");
	tap_eq(host_live_objects(), live, "and leave nothing behind");
	tap_ok(host_fork(SYS_fork, exit_with, NULL) > 0, "then fork works again");
	tap_ok(host_sys(SYS_wait4, -1) > 0, "and wait4");
}

/* The system as a whole has a limit too, whoever asks. */
static void test_system_limit(void *argument)
{
	static struct proc *all[CONFIG_SERVICES_PROCESS_MAX];
	u32 count = 0;
	long error;

	(void)argument;
	while ((all[count] = process_create(NULL, NULL, false, &error)) != NULL)
		count++;
	tap_eq(count, CONFIG_SERVICES_PROCESS_MAX - 1, "there are so many processes and no more");
	tap_eq(error, -EAGAIN, "beyond them it says EAGAIN");
	tap_eq(host_fork(SYS_fork, exit_with, NULL), -EAGAIN, "and so does fork");
	while (count > 0)
		process_free(all[--count]);
	tap_ok(host_fork(SYS_fork, exit_with, NULL) > 0, "which works again when they are gone");
	host_sys(SYS_wait4, -1);
}

/* Numbers start over, and none is given twice: some processes stay, others come and go. */
static void test_numbers(void *argument)
{
	struct proc *staying[5];
	s32 last = 1, first_again = 0;
	bool taken_twice = false;
	long error;

	(void)argument;
	for (int i = 0; i < 5; i++)
		staying[i] = process_create(NULL, NULL, false, &error);
	last = staying[4]->pid;
	for (int i = 0; i < 70000; i++) {
		struct proc *proc = process_create(NULL, NULL, false, &error);

		for (int j = 0; j < 5; j++)
			taken_twice |= staying[j]->pid == proc->pid;
		if (proc->pid < last && first_again == 0)
			first_again = proc->pid;
		last = proc->pid;
		if (i % 1000 == 0) {
			struct proc *other = staying[i / 1000 % 5];

			staying[i / 1000 % 5] = proc;
			proc = other;
		}
		process_free(proc);
	}
	for (int i = 0; i < 5; i++)
		process_free(staying[i]);
	tap_eq(first_again, 300, "after the largest number they start over at 300");
	tap_ok(!taken_twice, "no number is given while it is taken");
}

/* --- a random tree against a model --- */

/* What a process of the tree does: has children, waits for some, ends with a code that says how
 * many it waited for. */
struct tree_node {
	u64 seed;
	int depth;
};

static void tree_process(void *argument)
{
	struct tree_node node = *(struct tree_node *)argument;
	struct tree_node children[4];
	long pids[4];
	vaddr_t status = host_alloc(4);
	int count = node.depth > 0 ? (int)(host_random() % 5) : 0;
	bool waited[4] = {0};

	for (int i = 0; i < count; i++) {
		children[i] = (struct tree_node){host_random(), node.depth - 1};
		pids[i] = host_fork(
			host_chance(3) ? SYS_vfork : SYS_fork, tree_process, &children[i]);
		if (pids[i] <= 0)
			host_die("fork fails in a small tree");
		if (host_sys(SYS_getpid) == pids[i])
			host_die("parent and child have one number");
	}
	for (int i = 0; i < count; i++) {
		int pick = (int)(host_random() % (u64)count);
		bool by_number = host_chance(2);
		long expected = by_number ? (waited[pick] ? -ECHILD : pids[pick]) : 0;
		long got = host_sys(SYS_wait4, by_number ? pids[pick] : -1, status);

		if (by_number && got != expected)
			host_die("wait4 by number differs from the model");
		for (int j = 0; j < count; j++) {
			if (got != pids[j])
				continue;
			if (waited[j])
				host_die("a child was waited for twice");
			waited[j] = true;
			if (peek32(status) != (int)(children[j].seed % 200) << 8)
				host_die("the status is another child's");
		}
	}
	for (int j = 0; j < count; j++) {
		if (!waited[j] && host_sys(SYS_wait4, pids[j], status) != pids[j])
			host_die("a child that was not waited for is gone");
	}
	if (host_sys(SYS_wait4, -1, status) != -ECHILD)
		host_die("there is a child too many");
	host_sys(SYS_exit_group, (long)(node.seed % 200));
}

static void test_tree(void *argument)
{
	static struct tree_node root;
	u64 live = host_live_objects();

	(void)argument;
	for (int i = 0; i < 10; i++) {
		root = (struct tree_node){host_random(), 3};
		host_fork(SYS_fork, tree_process, &root);
		if (host_sys(SYS_wait4, -1) < 0)
			host_die("the root of the tree is gone");
	}
	tap_eq(host_live_objects(), live,
		"a random tree of processes agrees with the model and leaves nothing behind");
}

static bool ends_with(const char *text, const char *end)
{
	return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

void test_process(void);
void test_process(void)
{
	test_run_plain(test_one_child, "one child");
	test_run_plain(test_prctl, "thread pointer");
	test_run_plain(test_signals, "fatal signals");
	test_run_plain(test_vfork, "vfork");
	for (u64 seed = 0; seed < 20; seed++) {
		struct host_chances chances = {test_seed() * 1000 + seed, 2, 4};

		test_run(test_orphans, NULL, chances, "orphans");
		test_run(test_early_orphan, NULL, chances, "an early orphan");
		test_run(test_tree, NULL, chances, "tree");
	}
	test_run_plain(test_limits, "limits");
	test_run_plain(test_system_limit, "the system's limit");
	test_run_plain(test_numbers, "numbers");
	tap_eq(host_run("/bin/init", "", exit_with, (void *)42, (struct host_chances){0}), 42,
		"the machine ends with the status of process 1");
	tap_ok(ends_with(host_results(), "{\"type\":\"end\",\"status\":42}\n"),
		"and the result channel says so last");
	tap_eq(host_run("/bin/init", "", fault, NULL, (struct host_chances){0}), 139,
		"a signal shows as a shell shows it");
}
