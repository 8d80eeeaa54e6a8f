/* privileges: capabilities, what takes them away and what brings them back, prctl, personality. */
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <workloads/conform_test/conform.h>

/* As in Linux's include/uapi/linux/capability.h, which not every C library brings. */
#define VERSION_1 0x19980330
#define VERSION_3 0x20080522
enum {
	CAP_CHOWN = 0,
	CAP_DAC_OVERRIDE = 1,
	CAP_DAC_READ_SEARCH = 2,
	CAP_FOWNER = 3,
	CAP_KILL = 5,
	CAP_SETGID = 6,
	CAP_SETUID = 7,
	CAP_SETPCAP = 8,
	CAP_SYS_CHROOT = 18,
	CAP_SYS_ADMIN = 21,
	CAP_SYS_NICE = 23,
	CAP_MKNOD = 27,
};

struct sets {
	unsigned effective, permitted, inheritable;
};

#define DATA            (BUF + 16)
#define BIT(capability) (1U << ((capability)&31))

static void version(unsigned number, int pid)
{
	((unsigned *)BUF)[0] = number;
	((int *)BUF)[1] = pid;
}

static void version_3(void)
{
	version(VERSION_3, 0);
}

static void version_1(void)
{
	version(VERSION_1, 0);
}

static void version_0(void)
{
	version(0, 0);
}

static void of_nobody(void)
{
	version(VERSION_3, 99999);
}

static void of_minus_one(void)
{
	version(VERSION_3, -1);
}

static struct sets *sets(void)
{
	return (void *)DATA;
}

static void get(void)
{
	version_3();
	CHECK_EQ(sys_call3(SYS_capget, BUF, DATA, 0), 0);
}

static long put(void)
{
	version_3();
	return sys_call3(SYS_capset, BUF, DATA, 0);
}

/* What is left effective of those two. */
static unsigned effective(void)
{
	get();
	return sets()->effective & (BIT(CAP_CHOWN) | BIT(CAP_KILL));
}

static void none_effective(void)
{
	get();
	sets()[0].effective = 0;
	sets()[1].effective = 0;
	CHECK_EQ(put(), 0);
}

static void none_permitted(void)
{
	none_effective();
	sets()[0].permitted = 0;
	sets()[1].permitted = 0;
	CHECK_EQ(put(), 0);
}

static void without(int capability)
{
	get();
	sets()[capability / 32].effective &= ~BIT(capability);
	CHECK_EQ(put(), 0);
}

static void without_chown(void)
{
	without(CAP_CHOWN);
}

static void without_kill(void)
{
	without(CAP_KILL);
}

static void without_override(void)
{
	without(CAP_DAC_OVERRIDE);
	without(CAP_DAC_READ_SEARCH);
}

static void without_override_alone(void)
{
	without(CAP_DAC_OVERRIDE);
}

static void without_owner(void)
{
	without(CAP_FOWNER);
}

static void without_setuid(void)
{
	without(CAP_SETUID);
}

static void without_setgid(void)
{
	without(CAP_SETGID);
}

static void without_chroot(void)
{
	without(CAP_SYS_CHROOT);
}

static void without_admin(void)
{
	without(CAP_SYS_ADMIN);
}

static void without_mknod(void)
{
	without(CAP_MKNOD);
}

static void without_nice(void)
{
	without(CAP_SYS_NICE);
}

static void without_setpcap(void)
{
	without(CAP_SETPCAP);
}

static void more_than_permitted(void)
{
	none_permitted();
	sets()[0].permitted = BIT(CAP_CHOWN);
	CHECK_EQ(put(), -EPERM);
}

static void effective_beyond_permitted(void)
{
	get();
	sets()[0].permitted &= ~BIT(CAP_CHOWN);
	CHECK_EQ(put(), -EPERM);
}

static void keeps_what_the_user_was(void)
{
	CHECK_EQ(effective(), BIT(CAP_CHOWN) | BIT(CAP_KILL));
	CHECK_EQ(sys_call3(SYS_setresuid, -1, 5, -1), 0);
	CHECK_EQ(effective(), 0);
	CHECK_EQ(sets()->permitted & BIT(CAP_CHOWN), BIT(CAP_CHOWN));
	CHECK_EQ(sys_call3(SYS_setresuid, -1, 0, -1), 0);
	CHECK_EQ(effective(), BIT(CAP_CHOWN) | BIT(CAP_KILL));
}

static void loses_all(void)
{
	CHECK_EQ(sys_call3(SYS_setuid, 5, 0, 0), 0);
	CHECK_EQ(effective(), 0);
	CHECK_EQ(sets()->permitted, 0);
}

static void keeps_permitted(void)
{
	CHECK_EQ(sys_call3(SYS_prctl, PR_SET_KEEPCAPS, 1, 0), 0);
	CHECK_EQ(sys_call3(SYS_setuid, 5, 0, 0), 0);
	CHECK_EQ(effective(), 0);
	CHECK_EQ(sets()->permitted & BIT(CAP_CHOWN), BIT(CAP_CHOWN));
	sets()->effective = BIT(CAP_CHOWN);
	CHECK_EQ(put(), 0);
	CHECK_EQ(sys_call3(SYS_chown, (long)"file", 7, 7), 0);
}

static void file_user(void)
{
	CHECK_EQ(sys_call3(SYS_setfsuid, 5, 0, 0), 0);
	CHECK_EQ(effective(), BIT(CAP_KILL));
	CHECK_EQ(sys_call3(SYS_setfsuid, 0, 0, 0), 5);
	CHECK_EQ(effective(), BIT(CAP_CHOWN) | BIT(CAP_KILL));
}

static void no_fixup(void)
{
	CHECK_EQ(sys_call3(SYS_prctl, PR_SET_SECUREBITS, 4, 0), 0);
	CHECK_EQ(sys_call3(SYS_setuid, 5, 0, 0), 0);
	CHECK_EQ(effective(), BIT(CAP_CHOWN) | BIT(CAP_KILL));
}

static void ambient(void)
{
	CHECK_EQ(sys_call6(SYS_prctl, PR_CAP_AMBIENT, 2, CAP_KILL, 0, 0, 0), -EPERM);
	get();
	sets()->inheritable = BIT(CAP_KILL);
	CHECK_EQ(put(), 0);
	CHECK_EQ(sys_call6(SYS_prctl, PR_CAP_AMBIENT, 2, CAP_KILL, 0, 0, 0), 0);
	CHECK_EQ(sys_call6(SYS_prctl, PR_CAP_AMBIENT, 1, CAP_KILL, 0, 0, 0), 1);
	get();
	sets()->inheritable = 0;
	CHECK_EQ(put(), 0);
	CHECK_EQ(sys_call6(SYS_prctl, PR_CAP_AMBIENT, 1, CAP_KILL, 0, 0, 0), 0);
}

static void signal_another(void)
{
	long pid = sys_fork();

	if (pid == 0) {
		sys_call3(SYS_setresuid, 1000, 1000, 1000);
		for (;;)
			sys_call0(SYS_pause);
	}
	sleep_ms(20);
	CHECK_EQ(sys_call3(SYS_setresuid, 5, 0, -1), 0);
	without_kill();
	CHECK_EQ(sys_call3(SYS_kill, pid, 9, 0), -EPERM);
	CHECK_EQ(sys_call3(SYS_setresuid, 0, 0, -1), 0);
	sets()->effective |= BIT(CAP_KILL);
	CHECK_EQ(put(), 0);
	CHECK_EQ(sys_call3(SYS_kill, pid, 9, 0), 0);
}

static const struct conform_case privileges_cases[] = {
	{"capget tells whoever knows no version of one",
		{DO(version_0), FAILS(EINVAL, capget, BUF, DATA), WORD(BUF, VERSION_3),
			GIVES(0, capget, BUF, 0)}},
	{"capget without data only checks the version",
		{DO(version_3), GIVES(0, capget, BUF, 0), FAILS(EFAULT, capget, BAD, 0),
			GIVES(0, capget, END(4), 0)}},
	{"capget reads the version before the process",
		{DO(version_3), FAILS(EFAULT, capget, BAD, DATA), FAILS(EFAULT, capget, BUF, BAD),
			FAILS(EFAULT, capget, RO, DATA)}},
	{"capget of nobody gives ESRCH", {DO(of_nobody), FAILS(ESRCH, capget, BUF, DATA)}},
	{"capget of process -1 gives EINVAL", {DO(of_minus_one), FAILS(EINVAL, capget, BUF, DATA)}},
	{"capget of version 1 gives 12 bytes", {DO(version_1), GIVES(0, capget, BUF, END(12)),
						       FAILS(EFAULT, capget, BUF, END(8))}},
	{"capset of another gives EPERM", {DO(of_nobody), FAILS(EPERM, capset, BUF, BAD)}},
	{"capset from a bad address gives EFAULT",
		{DO(version_3), FAILS(EFAULT, capset, BUF, BAD)}},
	{"what is not permitted cannot be had again", {DO(more_than_permitted)}},
	{"what is effective must be permitted", {DO(effective_beyond_permitted)}},
	{"capabilities come and go with effective user 0", {DO(keeps_what_the_user_was)}},
	{"and go for good with the last of the three", {DO(loses_all)}},
	{"PR_SET_KEEPCAPS keeps what is permitted", {DO(keeps_permitted)}},
	{"the file-system user has those of files", {DO(file_user)}},
	{"SECURE_NO_SETUID_FIXUP leaves them alone", {DO(no_fixup)}},
	{"what is ambient must be permitted and inheritable", {DO(ambient)}},
	{"user 0 without CAP_CHOWN may not chown",
		{DO(without_chown), FAILS(EPERM, chown, "file", 7, 7),
			GIVES(0, chown, "file", -1, 0)}},
	{"nor without CAP_FOWNER chmod another's file",
		{DO(without_owner), FAILS(EPERM, chmod, "mine/own", 0600),
			GIVES(0, chmod, "file", 0600)}},
	{"nor without CAP_DAC_OVERRIDE open what he may not",
		{DO(without_override), FAILS(EACCES, open, "closed/inside", O_RDONLY),
			FAILS(EACCES, open, "mine/new", O_CREAT | O_WRONLY, 0644)}},
	{"CAP_DAC_READ_SEARCH is enough to read and to search",
		{DO(without_override_alone), WORKS(open, "closed/inside", O_RDONLY),
			FAILS(EACCES, open, "closed/new", O_CREAT | O_WRONLY, 0644),
			GIVES(0, chmod, "file", 0), WORKS(open, "file", O_RDONLY),
			FAILS(EACCES, open, "file", O_RDWR)}},
	{"nor without CAP_SETUID be another",
		{DO(without_setuid), FAILS(EPERM, setresuid, 5, 5, 5), GIVES(0, setuid, 0)}},
	{"nor without CAP_SETGID be of another group",
		{DO(without_setgid), FAILS(EPERM, setresgid, 5, 5, 5),
			FAILS(EPERM, setgroups, 0, 0)}},
	{"nor without CAP_SYS_CHROOT chroot", {DO(without_chroot), FAILS(EPERM, chroot, "dir")}},
	{"nor without CAP_SYS_ADMIN mount",
		{DO(without_admin), FAILS(EPERM, mount, "x", "dir", "tmpfs", 0, 0),
			FAILS(EPERM, umount2, "dir", 0), FAILS(EPERM, sethostname, "x", 1)}},
	{"nor without CAP_MKNOD make a device",
		{DO(without_mknod), FAILS(EPERM, mknod, "device", 020600, 0x103),
			GIVES(0, mknod, "pipe", 010600, 0)}},
	{"nor without CAP_SYS_NICE have precedence",
		{DO(without_nice), GIVES(0, setpriority, 0, 0, 5),
			FAILS(EACCES, setpriority, 0, 0, 0)}},
	{"nor without CAP_KILL signal another's process", {DO(signal_another)}},
	{"access asks for the real user, who has what is permitted",
		{DO(none_effective), GIVES(0, access, "closed/inside", 4),
			FAILS(EACCES, faccessat2, AT_FDCWD, "closed/inside", 4, AT_EACCESS)}},
	{"PR_CAPBSET_READ tells of the bounding set",
		{GIVES(1, prctl, PR_CAPBSET_READ, CAP_CHOWN), GIVES(0, prctl, PR_CAPBSET_DROP, 0),
			GIVES(0, prctl, PR_CAPBSET_READ, CAP_CHOWN),
			FAILS(EINVAL, prctl, PR_CAPBSET_READ, 64),
			FAILS(EINVAL, prctl, PR_CAPBSET_DROP, 64)}},
	{"PR_CAPBSET_DROP needs CAP_SETPCAP",
		{DO(without_setpcap), FAILS(EPERM, prctl, PR_CAPBSET_DROP, 64)}},
	{"PR_SET_KEEPCAPS takes 0 and 1",
		{GIVES(0, prctl, PR_GET_KEEPCAPS), GIVES(0, prctl, PR_SET_KEEPCAPS, 1),
			GIVES(1, prctl, PR_GET_KEEPCAPS), FAILS(EINVAL, prctl, PR_SET_KEEPCAPS, 2),
			GIVES(0x10, prctl, PR_GET_SECUREBITS)}},
	{"PR_SET_SECUREBITS locks",
		{GIVES(0, prctl, PR_SET_SECUREBITS, 0x20), FAILS(EPERM, prctl, PR_SET_KEEPCAPS, 1),
			FAILS(EPERM, prctl, PR_SET_SECUREBITS, 0x30),
			FAILS(EPERM, prctl, PR_SET_SECUREBITS, 0),
			FAILS(EPERM, prctl, PR_SET_SECUREBITS, 0x10020)}},
	{"PR_SET_NO_NEW_PRIVS is for ever",
		{GIVES(0, prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
			FAILS(EINVAL, prctl, PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0),
			FAILS(EINVAL, prctl, PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0),
			GIVES(0, prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
			GIVES(1, prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
			FAILS(EINVAL, prctl, PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0)}},
	{"PR_CAP_AMBIENT checks what it takes",
		{FAILS(EINVAL, prctl, PR_CAP_AMBIENT, 5, 0, 0, 0),
			FAILS(EINVAL, prctl, PR_CAP_AMBIENT, 1, 64, 0, 0),
			FAILS(EINVAL, prctl, PR_CAP_AMBIENT, 1, 0, 1, 0),
			FAILS(EINVAL, prctl, PR_CAP_AMBIENT, 4, 1, 0, 0),
			GIVES(0, prctl, PR_CAP_AMBIENT, 4, 0, 0, 0)}},
};
SUITE(privileges, privileges_cases);

/* --- prctl and personality ------------------------------------------------------------------- */

static void fork_forgets_death(void)
{
	long pid;
	int status, signal = -1;

	CHECK_EQ(sys_call3(SYS_prctl, PR_SET_PDEATHSIG, 15, 0), 0);
	pid = sys_fork();
	if (pid == 0) {
		sys_call3(SYS_prctl, PR_GET_PDEATHSIG, (long)&signal, 0);
		sys_exit(signal);
	}
	CHECK_EQ(sys_wait4(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* A grandchild comes to whoever said so. */
static void adopts(void)
{
	int status;
	long pid;

	CHECK_EQ(sys_call3(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1, 0), 0);
	pid = sys_fork();
	if (pid == 0) {
		if (sys_fork() == 0) {
			sleep_ms(30);
			sys_exit(9);
		}
		sys_exit(0);
	}
	expect_exit(pid, 0);
	CHECK(sys_wait4(-1, &status, 0) > 0);
	CHECK_EQ(status, 9 << 8);
}

/* A child is told that its parent has ended. */
static void death(void)
{
	int ends[2], status;
	long pid;
	char byte;

	CHECK_EQ(sys_pipe(ends), 0);
	CHECK_EQ(sys_call3(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1, 0), 0);
	pid = sys_fork();
	if (pid == 0) {
		if (sys_fork() == 0) {
			sys_call3(SYS_prctl, PR_SET_PDEATHSIG, 12, 0);
			sys_write(ends[1], "x", 1);
			for (;;)
				sys_call0(SYS_pause);
		}
		sys_read(ends[0], &byte, 1);
		sys_exit(0);
	}
	expect_exit(pid, 0);
	CHECK(sys_wait4(-1, &status, 0) > 0);
	CHECK_EQ(status, 12);
}

static void becomes_hidden(void)
{
	CHECK_EQ(sys_call3(SYS_prctl, PR_GET_DUMPABLE, 0, 0), 1);
	CHECK_EQ(sys_call3(SYS_setresuid, 5, 5, 5), 0);
	CHECK_EQ(sys_call3(SYS_prctl, PR_GET_DUMPABLE, 0, 0), 0);
}

static void uname_26(void)
{
	CHECK_EQ(sys_call3(SYS_personality, UNAME26, 0, 0), 0);
	CHECK_EQ(sys_call3(SYS_uname, BUF, 0, 0), 0);
	CHECK(((char *)BUF)[130] == '2' && ((char *)BUF)[132] == '6');
	CHECK_EQ(sys_call3(SYS_personality, PER_LINUX32, 0, 0), UNAME26);
	CHECK_EQ(sys_call3(SYS_uname, BUF, 0, 0), 0);
	CHECK_EQ(*(int *)(BUF + 4 * 65), 'i' | '6' << 8 | '8' << 16 | '6' << 24);
}

static const struct conform_case settings_cases[] = {
	{"an unknown option of prctl gives EINVAL", {FAILS(EINVAL, prctl, 9999, 0, 0, 0, 0)}},
	{"PR_SET_PDEATHSIG takes a signal",
		{GIVES(0, prctl, PR_SET_PDEATHSIG, 64), GIVES(0, prctl, PR_GET_PDEATHSIG, BUF),
			WORD(BUF, 64), FAILS(EINVAL, prctl, PR_SET_PDEATHSIG, 65),
			FAILS(EINVAL, prctl, PR_SET_PDEATHSIG, -1),
			FAILS(EFAULT, prctl, PR_GET_PDEATHSIG, BAD)}},
	{"a child is not told of its parent's end", {DO(fork_forgets_death)}},
	{"unless it asks", {DO(death)}},
	{"a subreaper gets its grandchildren", {DO(adopts)}},
	{"PR_GET_CHILD_SUBREAPER stores 0 or 1",
		{GIVES(0, prctl, PR_SET_CHILD_SUBREAPER, 7),
			GIVES(0, prctl, PR_GET_CHILD_SUBREAPER, BUF), WORD(BUF, 1),
			FAILS(EFAULT, prctl, PR_GET_CHILD_SUBREAPER, BAD)}},
	{"PR_SET_DUMPABLE takes 0 and 1",
		{GIVES(0, prctl, PR_SET_DUMPABLE, 0), GIVES(0, prctl, PR_GET_DUMPABLE),
			FAILS(EINVAL, prctl, PR_SET_DUMPABLE, 2),
			GIVES(0, prctl, PR_SET_DUMPABLE, 1), GIVES(1, prctl, PR_GET_DUMPABLE)}},
	{"who becomes another is not dumpable", {DO(becomes_hidden)}},
	{"PR_SET_TIMERSLACK of 0 goes back",
		{GIVES(50000, prctl, PR_GET_TIMERSLACK), GIVES(0, prctl, PR_SET_TIMERSLACK, 7),
			GIVES(7, prctl, PR_GET_TIMERSLACK), GIVES(0, prctl, PR_SET_TIMERSLACK, 0),
			GIVES(50000, prctl, PR_GET_TIMERSLACK)}},
	{"PR_SET_TIMING takes statistics only",
		{GIVES(0, prctl, PR_GET_TIMING), GIVES(0, prctl, PR_SET_TIMING, 0),
			FAILS(EINVAL, prctl, PR_SET_TIMING, 1)}},
	{"PR_MCE_KILL keeps a policy", {GIVES(2, prctl, PR_MCE_KILL_GET, 0, 0, 0, 0),
					       GIVES(0, prctl, PR_MCE_KILL, 1, 1, 0, 0),
					       GIVES(1, prctl, PR_MCE_KILL_GET, 0, 0, 0, 0),
					       FAILS(EINVAL, prctl, PR_MCE_KILL, 1, 3, 0, 0),
					       FAILS(EINVAL, prctl, PR_MCE_KILL, 0, 1, 0, 0),
					       FAILS(EINVAL, prctl, PR_MCE_KILL_GET, 1, 0, 0, 0)}},
	{"PR_SET_THP_DISABLE takes no more",
		{GIVES(0, prctl, PR_SET_THP_DISABLE, 1, 0, 0, 0),
			GIVES(1, prctl, PR_GET_THP_DISABLE, 0, 0, 0, 0),
			FAILS(EINVAL, prctl, PR_GET_THP_DISABLE, 1, 0, 0, 0)}},
	{"PR_SET_NAME cuts after 15 bytes", {GIVES(0, prctl, PR_SET_NAME, "a name that is long"),
						    GIVES(0, prctl, PR_GET_NAME, END(16)),
						    WORD(END(4), 'i' | 's' << 8 | ' ' << 16),
						    FAILS(EFAULT, prctl, PR_SET_NAME, BAD),
						    FAILS(EFAULT, prctl, PR_GET_NAME, BAD)}},
	{"personality gives the old one",
		{GIVES(0, personality, 0xffffffff), GIVES(0, personality, ADDR_NO_RANDOMIZE),
			GIVES(ADDR_NO_RANDOMIZE, personality, 0xffffffff),
			GIVES(ADDR_NO_RANDOMIZE, personality, 0), GIVES(0, personality, -1)}},
	{"personality changes what uname says", {DO(uname_26)}},
};
SUITE(settings, settings_cases);

static const struct conform_case privileges_user_cases[] = {
	{"who is not user 0 has none",
		{DO(version_3), GIVES(0, capget, BUF, DATA), WORD(DATA, 0), WORD(DATA + 4, 0)}},
	{"his bounding set is full, and he cannot drop of it",
		{GIVES(1, prctl, PR_CAPBSET_READ, CAP_CHOWN),
			FAILS(EPERM, prctl, PR_CAPBSET_DROP, 0)}},
	{"he may set nothing of SECUREBITS",
		{FAILS(EPERM, prctl, PR_SET_SECUREBITS, 0), GIVES(0, prctl, PR_SET_KEEPCAPS, 1)}},
	{"PR_CAP_AMBIENT raises nothing for him",
		{FAILS(EPERM, prctl, PR_CAP_AMBIENT, 2, CAP_KILL, 0, 0),
			GIVES(0, prctl, PR_CAP_AMBIENT, 3, CAP_KILL, 0, 0)}},
	{"sethostname gives EPERM first", {FAILS(EPERM, sethostname, BAD, -1)}},
};
USER_SUITE(privileges_user, privileges_user_cases);
