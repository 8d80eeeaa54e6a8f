/* objects: keys, numbers, permissions, which are alike for all three; and what the suites share. */
#include "sysv_test.h"

#include <sched.h>

#include <workloads/common/text.h>

extern const struct test_suite objects, segments, semaphores, messages;

const struct test_suite *const test_suites[] = {&objects, &segments, &semaphores, &messages, NULL};

void be_alone(void)
{
	if (on_host && sys_call3(SYS_unshare, CLONE_NEWIPC, 0, 0) != 0)
		skip("no IPC name space of our own: this needs user 0");
}

void become_user(void)
{
	CHECK_EQ(sys_call3(SYS_setgroups, 0, 0, 0), 0);
	CHECK_EQ(sys_call3(SYS_setresgid, 1000, 1000, 1000), 0);
	CHECK_EQ(sys_call3(SYS_setresuid, 1000, 1000, 1000), 0);
}

bool proc_has(const char *path, const char *expected)
{
	static char bytes[8192];
	int fd = (int)sys_call3(SYS_open, (long)path, 0, 0);
	long n = 0, more;

	CHECK(fd >= 0);
	while ((more = sys_read(fd, bytes + n, sizeof(bytes) - 1 - (size_t)n)) > 0)
		n += more;
	sys_close(fd);
	bytes[n] = '\0';
	if (strstr(bytes, expected) != NULL)
		return true;
	text_put(1, "# ");
	text_put(1, bytes);
	return false;
}

/* --- all three alike --------------------------------------------------------------------- */

static long get(int kind, int key, int flags)
{
	return kind == 0   ? get_segment(key, 4096, flags)
	       : kind == 1 ? get_set(key, 1, flags)
			   : get_queue(key, flags);
}

static long control(int kind, long id, int command, void *buffer)
{
	return kind == 0   ? control_segment(id, command, buffer)
	       : kind == 1 ? control_set(id, 0, command, (long)buffer)
			   : control_queue(id, command, buffer);
}

/* All three statuses begin alike. */
static char status_bytes[256] __attribute__((aligned(8)));
static struct ipc_perm *const status = (void *)status_bytes;

static void keys(int kind)
{
	long id, other;

	CHECK_EQ(get(kind, KEY, 0), -ENOENT);
	id = get(kind, KEY, IPC_CREAT | 0640);
	CHECK(id >= 0);
	CHECK_EQ(get(kind, KEY, 0), id);
	CHECK_EQ(get(kind, KEY, IPC_CREAT | 0777), id);
	CHECK_EQ(get(kind, KEY, IPC_CREAT | IPC_EXCL), -EEXIST);
	CHECK_EQ(get(kind, KEY, IPC_EXCL), id);
	other = get(kind, IPC_PRIVATE, 0600);
	CHECK(other >= 0 && other != id);
	CHECK_EQ(control(kind, id, IPC_STAT, status), 0);
	CHECK_EQ(status->__ipc_perm_key, KEY);
	CHECK_EQ(status->mode, 0640);
	CHECK_EQ(status->uid, 0);
	CHECK_EQ(status->cgid, 0);
	CHECK_EQ(control(kind, id, IPC_STAT, (void *)8), -EFAULT);
	CHECK_EQ(control(kind, id, IPC_SET, (void *)8), -EFAULT);
	CHECK_EQ(control(kind, id, 99, status), -EINVAL);
	CHECK_EQ(control(kind, -1, IPC_STAT, status), -EINVAL);
	CHECK_EQ(control(kind, id, -1, status), -EINVAL);
	CHECK_EQ(control(kind, id, IPC_RMID, NULL), 0);
	CHECK_EQ(control(kind, id, IPC_RMID, NULL), -EINVAL);
	CHECK_EQ(get(kind, KEY, 0), -ENOENT);
	CHECK_EQ(control(kind, other, IPC_RMID, NULL), 0);
}

/* Numbers do not come back soon, and are the same on each Linux that begins. */
static void numbers(int kind)
{
	long id = -1;

	for (int i = 0; i < 64; i++) {
		id = get(kind, IPC_PRIVATE, 0600);
		CHECK_EQ(id, i);
		CHECK_EQ(control(kind, id, IPC_RMID, NULL), 0);
	}
	CHECK_EQ(get(kind, IPC_PRIVATE, 0600), 32768);
	CHECK_EQ(get(kind, IPC_PRIVATE, 0600), 32769);
	CHECK_EQ(control(kind, 0, IPC_STAT, status), -EINVAL);
	CHECK_EQ(control(kind, 32768, IPC_RMID, NULL), 0);
	CHECK_EQ(get(kind, IPC_PRIVATE, 0600), 32770);
	CHECK_EQ(control(kind, 0,
			 kind == 0   ? SHM_INFO
			 : kind == 1 ? SEM_INFO
				     : MSG_INFO,
			 status),
		2);
	CHECK_EQ(control(kind, 1,
			 kind == 0   ? SHM_STAT
			 : kind == 1 ? SEM_STAT
				     : MSG_STAT,
			 status),
		32769);
	CHECK_EQ(control(kind, 0,
			 kind == 0   ? SHM_STAT
			 : kind == 1 ? SEM_STAT
				     : MSG_STAT,
			 status),
		-EINVAL);
	CHECK_EQ(control(kind, 32769, IPC_RMID, NULL), 0);
	CHECK_EQ(control(kind, 32770, IPC_RMID, NULL), 0);
}

static int kind_tried;
static long closed, readable;

static void tries_as_user(void)
{
	int any = kind_tried == 0 ? 15 : kind_tried == 1 ? 20 : 13; /* …_STAT_ANY */

	become_user();
	CHECK_EQ(get(kind_tried, KEY, 0), closed); /* which asks for nothing */
	CHECK_EQ(get(kind_tried, KEY, 0400), -EACCES);
	CHECK_EQ(get(kind_tried, KEY, 0004), -EACCES);
	CHECK_EQ(get(kind_tried, KEY, IPC_CREAT | 0600), -EACCES);
	CHECK_EQ(get(kind_tried, KEY, IPC_CREAT | IPC_EXCL | 0600), -EEXIST);
	CHECK_EQ(get(kind_tried, KEY + 1, 0444), readable);
	CHECK_EQ(get(kind_tried, KEY + 1, 0666), -EACCES);
	CHECK_EQ(control(kind_tried, closed, IPC_STAT, status), -EACCES);
	CHECK_EQ(control(kind_tried, readable, IPC_STAT, status), 0);
	CHECK_EQ(control(kind_tried, closed & 32767, any, status), closed);
	CHECK_EQ(control(kind_tried, readable, IPC_SET, status), -EPERM);
	CHECK_EQ(control(kind_tried, readable, IPC_RMID, NULL), -EPERM);
}

static void owns_as_user(void)
{
	become_user();
	CHECK_EQ(control(kind_tried, closed, IPC_STAT, status), 0);
	CHECK_EQ(status->uid, 1000);
	CHECK_EQ(status->cuid, 0);
	status->mode = 07666;
	CHECK_EQ(control(kind_tried, closed, IPC_SET, status), 0);
	CHECK_EQ(control(kind_tried, closed, IPC_STAT, status), 0);
	CHECK_EQ(status->mode, 0666);
	status->uid = (uid_t)-1;
	CHECK_EQ(control(kind_tried, closed, IPC_SET, status), -EINVAL);
	CHECK_EQ(control(kind_tried, closed, IPC_RMID, NULL), 0);
}

static void permissions(int kind)
{
	kind_tried = kind;
	if (sys_call0(SYS_getuid) != 0)
		skip("this needs user 0");
	closed = get(kind, KEY, IPC_CREAT | 0600);
	readable = get(kind, KEY + 1, IPC_CREAT | 0644);
	expect_exit(spawn(tries_as_user), 0);
	CHECK_EQ(control(kind, closed, IPC_STAT, status), 0);
	status->uid = 1000;
	CHECK_EQ(control(kind, closed, IPC_SET, status), 0);
	expect_exit(spawn(owns_as_user), 0);
	CHECK_EQ(control(kind, closed, IPC_STAT, status), -EINVAL);
	CHECK_EQ(control(kind, readable, IPC_RMID, NULL), 0);
}

static void all_keys(void)
{
	be_alone();
	for (int kind = 0; kind < 3; kind++)
		keys(kind);
}

static void all_numbers(void)
{
	be_alone();
	if (!on_host && get_queue(IPC_PRIVATE, 0600) > 0)
		skip("others have had objects");
	if (on_host)
		control_queue(get_queue(IPC_PRIVATE, 0600), IPC_RMID, NULL);
	else
		control_queue(0, IPC_RMID, NULL);
	for (int kind = 0; kind < 2; kind++)
		numbers(kind);
}

static void all_permissions(void)
{
	be_alone();
	for (int kind = 0; kind < 3; kind++)
		permissions(kind);
}

static void limits(void)
{
	struct seminfo sets;
	struct msginfo queues;
	struct shminfo shared;

	be_alone();
	CHECK_EQ(control_queue(0, IPC_INFO, &queues), 0);
	CHECK(queues.msgmax == 8192 && queues.msgmnb == 16384 && queues.msgmni == 32000);
	CHECK(queues.msgpool == 512000 && queues.msgmap == 16384 && queues.msgssz == 16);
	CHECK(queues.msgtql == 16384 && queues.msgseg == 65535);
	CHECK_EQ(control_set(0, 0, IPC_INFO, (long)&sets), 0);
	CHECK(sets.semmni == 32000 && sets.semmns == 1024000000 && sets.semmsl == 32000);
	CHECK(sets.semopm == 500 && sets.semvmx == 32767 && sets.semaem == 32767);
	CHECK(sets.semmap == 1024000000 && sets.semmnu == 1024000000 && sets.semume == 500);
	CHECK_EQ(sets.semusz, 20);
	CHECK_EQ(control_segment(0, IPC_INFO, &shared), 0);
	CHECK(shared.shmmax == -1UL - (1UL << 24) && shared.shmmin == 1 && shared.shmmni == 4096);
	CHECK(shared.shmseg == 4096 && shared.shmall == shared.shmmax);
}

static const struct test_case cases[] = {
	CASE("numbers", all_numbers),
	CASE("keys", all_keys),
	CASE("permissions", all_permissions),
	CASE("limits", limits),
};
TEST_SUITE(objects, cases);
