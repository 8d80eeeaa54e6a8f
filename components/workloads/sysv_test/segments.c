/* segments: memory that is shared by number. */
#include "sysv_test.h"

static struct shmid_ds status;
static long id;
static volatile int *shared;

static void make(size_t size)
{
	be_alone();
	id = get_segment(IPC_PRIVATE, size, 0600);
	CHECK(id >= 0);
	shared = (void *)attach(id, NULL, 0);
	CHECK((long)shared > 0);
	CHECK_EQ((long)shared % 4096, 0);
}

static long attached(void)
{
	CHECK_EQ(control_segment(id, IPC_STAT, &status), 0);
	return (long)status.shm_nattch;
}

static void drop(void)
{
	CHECK_EQ(control_segment(id, IPC_RMID, NULL), 0);
}

static void writes(void)
{
	volatile int *other = (void *)attach(id, NULL, 0);

	CHECK_EQ(other[1000], 0);
	other[1000] = 7;
	CHECK_EQ(attached(), 3);
	CHECK_EQ(status.shm_lpid, sys_getpid());
}

static void is_shared(void)
{
	make(5000);
	CHECK_EQ(shared[1100], 0); /* zeroes, up to the page's end */
	CHECK_EQ(attached(), 1);
	CHECK_EQ(status.shm_segsz, 5000);
	CHECK_EQ(status.shm_cpid, sys_getpid());
	CHECK(status.shm_atime != 0 && status.shm_dtime == 0 && status.shm_ctime != 0);
	expect_exit(spawn(writes), 0);
	CHECK_EQ(shared[1000], 7);
	CHECK_EQ(attached(), 1);
	CHECK(status.shm_lpid != sys_getpid());
	CHECK(status.shm_dtime != 0);
	CHECK_EQ(detach((void *)shared), 0);
	CHECK_EQ(detach((void *)shared), -EINVAL);
	CHECK(!is_readable((void *)shared, 1));
	shared = (void *)attach(id, NULL, 0);
	CHECK_EQ(shared[1000], 7); /* it outlives who attached it */
	drop();
}

static void goes_with_the_last(void)
{
	make(4096);
	shared[0] = 5;
	drop();
	CHECK_EQ(attached(), 1);
	CHECK_EQ(status.shm_perm.mode, 01600);
	CHECK_EQ(status.shm_perm.__ipc_perm_key, IPC_PRIVATE);
	volatile int *more = (void *)attach(id, NULL, 0); /* still */
	CHECK_EQ(more[0], 5);
	CHECK_EQ(detach((void *)shared), 0);
	CHECK_EQ(more[0], 5);
	CHECK_EQ(sys_munmap((void *)more, 4096), 0);
	CHECK_EQ(control_segment(id, IPC_STAT, &status), -EINVAL);
	CHECK_EQ(attach(id, NULL, 0), -EINVAL);
}

static void key_is_freed(void)
{
	be_alone();
	id = get_segment(KEY, 100, IPC_CREAT | 0600);
	shared = (void *)attach(id, NULL, 0);
	drop();
	CHECK_EQ(get_segment(KEY, 100, 0), -ENOENT);
	long fresh = get_segment(KEY, 100, IPC_CREAT | 0600);
	CHECK(fresh >= 0 && fresh != id);
	CHECK_EQ(control_segment(fresh, IPC_RMID, NULL), 0);
	CHECK_EQ(detach((void *)shared), 0);
}

static void just_ends(void)
{
}

static void executes(void)
{
	char *arguments[] = {(char *)own_path, (char *)"--child-x", NULL};

	CHECK_EQ(attached(), 2);
	sys_call3(SYS_execve, (long)own_path, (long)arguments, 0);
}

static void counted(void)
{
	make(3 * 4096);
	expect_exit(spawn(just_ends), 0);
	CHECK_EQ(attached(), 1);
	expect_exit(spawn(executes), 0);
	CHECK_EQ(attached(), 1);
	CHECK_EQ(sys_call3(SYS_mprotect, (long)shared + 4096, 4096, PROT_READ), 0);
	CHECK_EQ(attached(), 3); /* as many as pieces */
	CHECK_EQ(sys_munmap((char *)shared + 4096, 4096), 0);
	CHECK_EQ(attached(), 2);
	CHECK_EQ(detach((char *)shared + 8192), -EINVAL);
	CHECK_EQ(detach((void *)shared), 0); /* all that is left of it */
	CHECK_EQ(attached(), 0);
	drop();
}

static void addresses(void)
{
	char *hole = map_pages(8, PROT_READ | PROT_WRITE);

	make(4096);
	CHECK_EQ(attach(id, hole, 0), -EINVAL); /* something is there */
	CHECK_EQ(attach(id, hole + 1, 0), -EINVAL);
	CHECK_EQ(attach(id, hole + 4095, SHM_RND), -EINVAL);
	CHECK_EQ(attach(id, NULL, SHM_REMAP), -EINVAL);
	CHECK_EQ(attach(id, (void *)1, SHM_REMAP | SHM_RND), -EINVAL);
	hole[0] = 1;
	CHECK_EQ(attach(id, hole, SHM_REMAP), (long)hole);
	CHECK_EQ(hole[0], 0);
	hole[0] = 3;
	CHECK_EQ(*(char *)shared, 3);
	CHECK_EQ(sys_munmap(hole + 4096, 4096), 0);
	CHECK_EQ(attach(id, hole + 4096 + 100, SHM_RND), (long)hole + 4096);
	CHECK_EQ(hole[4096], 3);
	CHECK_EQ(attached(), 3);
	drop();
}

/* What it replaces is the last that holds it. */
static void over_itself(void)
{
	make(4096);
	*(char *)shared = 5;
	drop();
	CHECK_EQ(attach(id, (void *)shared, SHM_REMAP), (long)shared);
	CHECK_EQ(*(char *)shared, 5);
	CHECK_EQ(attached(), 1);
	CHECK_EQ(detach((void *)shared), 0);
	CHECK_EQ(attach(id, NULL, 0), -EINVAL);
}

static void high_addresses(void)
{
	make(4096);
	CHECK_EQ(attach(id, (void *)0xffff888000000000UL, 0), -ENOMEM);
	CHECK_EQ(attach(id, (void *)-4096L, 0), -EINVAL);
	CHECK_EQ(attach(-1, NULL, 0), -EINVAL);
	CHECK_EQ(attach(id + 1, NULL, 0), -EINVAL);
	CHECK_EQ(detach((char *)shared + 1), -EINVAL);
	CHECK_EQ(detach((void *)0), -EINVAL);
	drop();
}

static void stores(void)
{
	shared[0] = 1;
}

static void read_only(void)
{
	make(4096);
	volatile int *reader = (void *)attach(id, NULL, SHM_RDONLY);
	shared[0] = 9;
	CHECK_EQ(reader[0], 9);
	CHECK_EQ(sys_call3(SYS_mprotect, (long)reader, 4096, PROT_READ | PROT_WRITE), -EACCES);
	shared = reader;
	expect_death(stores, SIGSEGV);
	drop();
}

static void attaches_as_user(void)
{
	become_user();
	CHECK_EQ(attach(id, NULL, 0), -EACCES);
	CHECK_EQ(attach(id, NULL, SHM_RDONLY | SHM_EXEC), -EACCES);
	CHECK(attach(id, NULL, SHM_RDONLY) > 0);
	CHECK_EQ(control_segment(id, SHM_LOCK, NULL), -EPERM);
}

static void permitted(void)
{
	if (sys_call0(SYS_getuid) != 0)
		skip("this needs user 0");
	make(4096);
	CHECK_EQ(control_segment(id, IPC_STAT, &status), 0);
	status.shm_perm.mode = 0644;
	CHECK_EQ(control_segment(id, IPC_SET, &status), 0);
	expect_exit(spawn(attaches_as_user), 0);
	CHECK_EQ(control_segment(id, SHM_LOCK, NULL), 0);
	CHECK_EQ(control_segment(id, IPC_STAT, &status), 0);
	CHECK_EQ(status.shm_perm.mode, 02644);
	CHECK_EQ(control_segment(id, SHM_UNLOCK, NULL), 0);
	drop();
}

static void sizes(void)
{
	be_alone();
	CHECK_EQ(get_segment(IPC_PRIVATE, 0, 0600), -EINVAL);
	CHECK_EQ(get_segment(IPC_PRIVATE, -1UL, 0600), -EINVAL);
	CHECK_EQ(get_segment(IPC_PRIVATE, 1UL << 50, 0600), -ENOMEM);
	id = get_segment(KEY, 5000, IPC_CREAT | 0600);
	CHECK_EQ(get_segment(KEY, 5001, 0), -EINVAL);
	CHECK_EQ(get_segment(KEY, 5000, 0), id);
	CHECK_EQ(get_segment(KEY, 1, 0), id);
	CHECK_EQ(get_segment(KEY, 0, 0), id);
	drop();
}

static void shown(void)
{
	struct {
		int used;
		unsigned long pages, resident, swapped, attempts, successes;
	} totals;

	make(5000);
	shared[0] = 1;
	CHECK(proc_has("/proc/sysvipc/shm",
		"       key      shmid perms                  size  cpid  lpid nattch   uid   gid  "
		"cuid  cgid      atime      dtime      ctime                   rss                 "
		" "
		"swap\n"));
	CHECK(proc_has("/proc/sysvipc/shm", "   600                  5000 "));
	CHECK(proc_has("/proc/sysvipc/shm", "                  4096                     0\n"));
	CHECK(proc_has("/proc/self/maps", "/SYSV00000000 (deleted)\n"));
	CHECK(control_segment(0, SHM_INFO, &totals) >= 0);
	CHECK_EQ(totals.used, 1);
	CHECK_EQ(totals.pages, 2);
	CHECK_EQ(totals.resident, 1);
	drop();
	CHECK(proc_has("/proc/sysvipc/shm", "  1600                  5000 "));
}

static void too_many(void)
{
	static long ids[5000];
	int count = 0;

	be_alone();
	while (count < 5000 && (ids[count] = get_segment(IPC_PRIVATE, 1, 0600)) >= 0)
		count++;
	CHECK_EQ(count, 4096);
	CHECK_EQ(ids[count], -ENOSPC);
	while (count-- > 0)
		CHECK_EQ(control_segment(ids[count], IPC_RMID, NULL), 0);
}

static const struct test_case cases[] = {
	CASE("two see the same", is_shared),
	CASE("removed, it goes with the last", goes_with_the_last),
	CASE("its key is free at once", key_is_freed),
	CASE("fork, exec, mprotect and munmap count", counted),
	CASE("where it goes", addresses),
	CASE("removed, over itself", over_itself),
	CASE("where it cannot go", high_addresses),
	CASE("for reading", read_only),
	CASE("permissions", permitted),
	CASE("sizes", sizes),
	CASE("what is shown", shown),
	CASE("too many", too_many),
};
TEST_SUITE(segments, cases);
