/* places: mounts that are moved, pivot_root, unshare, and calls that tell of file systems. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <workloads/common/test.h>

#define ROOT "/tmp/calls_places"

static long mount_(const char *source, const char *target, const char *type, long flags)
{
	return sys_call6(SYS_mount, (long)source, (long)target, (long)type, flags, 0, 0);
}

static long make_folder(const char *path)
{
	return sys_call3(SYS_mkdir, (long)path, 0755, 0);
}

static long exists(const char *path)
{
	return sys_call3(SYS_access, (long)path, F_OK, 0);
}

static void make_file(const char *path)
{
	long fd = sys_call3(SYS_open, (long)path, O_CREAT | O_WRONLY, 0600);

	CHECK(fd >= 0);
	sys_close((int)fd);
}

/* A file system of its own, at ROOT. On somebody's Linux: in a name space of its own. */
static void begin(void)
{
	if (on_host) {
		CHECK_EQ(sys_call3(SYS_unshare, CLONE_NEWNS, 0, 0), 0);
		CHECK_EQ(mount_(NULL, "/", NULL, MS_REC | MS_PRIVATE), 0);
	}
	make_folder(ROOT);
	CHECK_EQ(mount_("root", ROOT, "tmpfs", 0), 0);
	CHECK_EQ(sys_call3(SYS_chdir, (long)ROOT, 0, 0), 0);
	CHECK_EQ(make_folder("a"), 0);
	CHECK_EQ(make_folder("b"), 0);
	CHECK_EQ(mount_("inner", "a", "tmpfs", 0), 0);
	make_file("a/inside");
	make_file("plain");
}

static void end(void)
{
	CHECK_EQ(sys_call3(SYS_chdir, (long)"/", 0, 0), 0);
	CHECK_EQ(sys_call3(SYS_umount2, (long)ROOT, MNT_DETACH, 0), 0);
}

static void moved(void)
{
	long fd;

	begin();
	fd = sys_call3(SYS_open, (long)"a/inside", O_RDONLY, 0);
	CHECK_EQ(mount_("a", "b", NULL, MS_MOVE), 0);
	CHECK_EQ(exists("a/inside"), -ENOENT);
	CHECK_EQ(exists("b/inside"), 0);
	CHECK_EQ(sys_call3(SYS_umount2, (long)"b", 0, 0), -EBUSY);
	sys_close((int)fd);
	CHECK_EQ(mount_("a", "b", NULL, MS_MOVE), -EINVAL); /* nothing is mounted there */
	CHECK_EQ(mount_("b", "plain", NULL, MS_MOVE), -EINVAL);
	CHECK_EQ(mount_("b", "none", NULL, MS_MOVE), -ENOENT);
	CHECK_EQ(mount_("none", "a", NULL, MS_MOVE), -ENOENT);
	CHECK_EQ(mount_("", "a", NULL, MS_MOVE), -EINVAL);
	CHECK_EQ(mount_(NULL, "a", NULL, MS_MOVE), -EINVAL);
	CHECK_EQ(make_folder("b/deep"), 0);
	CHECK_EQ(mount_("b", "b/deep", NULL, MS_MOVE), -ELOOP);
	CHECK_EQ(mount_("b", "b", NULL, MS_MOVE), -ELOOP);
	CHECK_EQ(mount_("second", "b/deep", "tmpfs", 0), 0);
	make_file("b/deep/below");
	CHECK_EQ(mount_("b", "a", NULL, MS_MOVE), 0); /* with what is mounted in it */
	CHECK_EQ(exists("a/deep/below"), 0);
	CHECK_EQ(sys_call3(SYS_umount2, (long)"a/deep", 0, 0), 0);
	CHECK_EQ(sys_call3(SYS_umount2, (long)"a", 0, 0), 0);
	end();
}

static void stacked(void)
{
	begin();
	CHECK_EQ(mount_("over", "a", "tmpfs", 0), 0);
	CHECK_EQ(exists("a/inside"), -ENOENT);
	make_file("a/over");
	CHECK_EQ(mount_("a", "b", NULL, MS_MOVE), 0); /* the topmost */
	CHECK_EQ(exists("b/over"), 0);
	CHECK_EQ(exists("a/inside"), 0);
	CHECK_EQ(mount_("a", "b", NULL, MS_MOVE), 0);
	CHECK_EQ(exists("b/inside"), 0);
	CHECK_EQ(sys_call3(SYS_umount2, (long)"b", 0, 0), 0);
	CHECK_EQ(exists("b/over"), 0);
	end();
}

/* What an initial RAM disk does at its end: the new root covers the old. */
static void change_root(void)
{
	CHECK_EQ(sys_call3(SYS_chdir, (long)"a", 0, 0), 0);
	CHECK_EQ(mount_(".", ROOT, NULL, MS_MOVE), 0);
	CHECK_EQ(sys_call3(SYS_chroot, (long)".", 0, 0), 0);
	CHECK_EQ(exists("/inside"), 0);
	CHECK_EQ(exists("/../inside"), 0);
	CHECK_EQ(exists("/plain"), -ENOENT);
}

static void covered(void)
{
	begin();
	expect_exit(spawn(change_root), 0);
	CHECK_EQ(exists(ROOT "/inside"), 0);
	CHECK_EQ(exists("plain"), 0); /* who is there stays there */
	CHECK_EQ(sys_call3(SYS_umount2, (long)ROOT, 0, 0), 0);
	end();
}

static long pivot(const char *new_root, const char *put_old)
{
	return sys_call3(SYS_pivot_root, (long)new_root, (long)put_old, 0);
}

static void pivots(void)
{
	CHECK_EQ(sys_call3(SYS_chroot, (long)ROOT, 0, 0), 0);
	CHECK_EQ(sys_call3(SYS_chdir, (long)"/", 0, 0), 0);
	CHECK_EQ(make_folder("/a/old"), 0);
	CHECK_EQ(pivot("/b", "/b"), -EBUSY);
	CHECK_EQ(pivot("/a", "/b"), -EBUSY);
	CHECK_EQ(pivot("/a/old", "/a/old"), -EINVAL);
	CHECK_EQ(pivot("/plain", "/a/old"), -ENOTDIR);
	CHECK_EQ(pivot("/a", "/plain"), -ENOTDIR);
	CHECK_EQ(pivot("/none", "/a/old"), -ENOENT);
	CHECK_EQ(pivot("/a", "/none"), -ENOENT);
	CHECK_EQ(pivot((char *)16, "/a/old"), -EFAULT);
	CHECK_EQ(pivot("/a", "/a/old"), 0);
	CHECK_EQ(exists("/inside"), 0);
	CHECK_EQ(exists("/old/plain"), 0);
	CHECK_EQ(exists("/old/a/inside"), -ENOENT);
	CHECK_EQ(exists("inside"), 0); /* the directory that we were in was the root */
	CHECK_EQ(exists("/old/../inside"), 0);
	CHECK_EQ(sys_call3(SYS_umount2, (long)"/old", MNT_DETACH, 0), 0);
	CHECK_EQ(exists("/old/plain"), -ENOENT);
	CHECK_EQ(sys_call3(SYS_setresuid, 1000, 1000, 1000), 0);
	CHECK_EQ(pivot("/none", "/none"), -EPERM);
}

static void pivoted(void)
{
	begin();
	CHECK_EQ(sys_call3(SYS_chdir, (long)"/", 0, 0), 0);
	expect_exit(spawn(pivots), 0);
	CHECK_EQ(exists(ROOT "/inside"), 0);
	CHECK_EQ(sys_call3(SYS_umount2, (long)ROOT, MNT_DETACH, 0), 0);
	CHECK_EQ(exists(ROOT "/inside"), -ENOENT);
}

/* --- unshare -------------------------------------------------------------------------------- */

static long unshare_(long flags)
{
	return sys_call3(SYS_unshare, flags, 0, 0);
}

/* A child that shares its places and descriptors with us. */
static long spawn_sharing(void (*body)(void))
{
	long pid = sys_call6(SYS_clone, CLONE_FS | CLONE_FILES | SIGCHLD, 0, 0, 0, 0, 0);

	CHECK(pid >= 0);
	if (pid > 0)
		return pid;
	body();
	sys_exit(0);
}

static void go_away(void)
{
	CHECK_EQ(sys_call3(SYS_chdir, (long)"/proc", 0, 0), 0);
	CHECK_EQ(sys_close(50), 0);
}

static void go_alone(void)
{
	CHECK_EQ(unshare_(CLONE_FS | CLONE_FILES), 0);
	CHECK_EQ(exists("version"), 0);
	CHECK_EQ(sys_call3(SYS_chdir, (long)"/tmp", 0, 0), 0);
	CHECK_EQ(sys_close(51), 0);
}

static void alone(void)
{
	CHECK_EQ(sys_dup2(1, 50), 50);
	CHECK_EQ(sys_dup2(1, 51), 51);
	expect_exit(spawn_sharing(go_away), 0);
	CHECK_EQ(exists("version"), 0);
	CHECK_EQ(sys_call3(SYS_fcntl, 50, F_GETFD, 0), -EBADF);
	expect_exit(spawn_sharing(go_alone), 0);
	CHECK_EQ(exists("version"), 0);
	CHECK_EQ(sys_call3(SYS_fcntl, 51, F_GETFD, 0), 0);
}

static void nothing_shared(void)
{
	CHECK_EQ(unshare_(0), 0);
	CHECK_EQ(unshare_(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM), 0);
	CHECK_EQ(unshare_(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD), 0);
	CHECK_EQ(unshare_(CLONE_PARENT), -EINVAL);
	CHECK_EQ(unshare_(SIGCHLD), -EINVAL);
	CHECK_EQ(unshare_(1L << 40), -EINVAL);
	CHECK_EQ(sys_call3(SYS_setresuid, 1000, 1000, 1000), 0);
	CHECK_EQ(unshare_(CLONE_NEWUTS), -EPERM);
	CHECK_EQ(unshare_(CLONE_NEWNS | CLONE_FS), -EPERM);
	CHECK_EQ(unshare_(CLONE_FILES), 0);
}

/* --- kinds of file systems --------------------------------------------------------------- */

static void kinds(void)
{
	char name[64] = "";
	long count = sys_call3(SYS_sysfs, 3, 0, 0), proc;

	CHECK(count >= 2);
	proc = sys_call3(SYS_sysfs, 1, (long)"proc", 0);
	CHECK(proc >= 0 && proc < count);
	CHECK_EQ(sys_call3(SYS_sysfs, 2, proc, (long)name), 0);
	CHECK_EQ(strcmp(name, "proc"), 0);
	CHECK_EQ(sys_call3(SYS_sysfs, 2, count, (long)name), -EINVAL);
	CHECK_EQ(sys_call3(SYS_sysfs, 2, -1, (long)name), -EINVAL);
	CHECK_EQ(sys_call3(SYS_sysfs, 2, proc, 16), -EFAULT);
	CHECK_EQ(sys_call3(SYS_sysfs, 1, (long)"none", 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_sysfs, 1, (long)"", 0), -ENOENT);
	CHECK_EQ(sys_call3(SYS_sysfs, 1, 16, 0), -EFAULT);
	CHECK_EQ(sys_call3(SYS_sysfs, 4, 0, 0), -EINVAL);
}

static void room(void)
{
	struct {
		int blocks;
		unsigned long files;
		char names[12];
	} u;
	struct stat status;

	CHECK_EQ(sys_call3(SYS_stat, (long)"/proc", (long)&status, 0), 0);
	memset(&u, 1, sizeof(u));
	CHECK_EQ(sys_call3(SYS_ustat, (long)status.st_dev, (long)&u, 0), 0);
	CHECK(u.blocks == 0 && u.files == 0 && u.names[0] == 0 && u.names[11] == 0);
	CHECK_EQ(sys_call3(SYS_ustat, (long)status.st_dev, 16, 0), -EFAULT);
	CHECK_EQ(sys_call3(SYS_ustat, 0xffffff, (long)&u, 0), -EINVAL);
	CHECK_EQ(sys_call3(SYS_ustat, 0xffffff, 16, 0), -EINVAL);
}

static const struct test_case cases[] = {
	CASE("a mount is moved", moved),
	CASE("mounts upon mounts", stacked),
	CASE("a mount covers the root", covered),
	CASE("the root changes its place", pivoted),
	CASE("places and descriptors of one's own", alone),
	CASE("nothing that is shared, and what nobody makes anew", nothing_shared),
	CASE("the kinds of file systems have numbers", kinds),
	CASE("the room on a device", room),
};

TEST_SUITE(places, cases);
