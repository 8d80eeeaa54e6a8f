/*
 * sysctl: /proc/sys, what is constant of the kernel, and the few things that can be changed.
 *
 * A number stands where it is decided: limits of these services as they are, or Linux's default
 * where the behaviour is that of it.
 */
#include <services/identity/identity.h>
#include <services/limits/limits.h>
#include <services/memory/mappings.h>
#include <services/mqueue/sysctl.h>
#include <services/procfs/state.h>
#include <services/procfs/sysctl.h>
#include <services/system/system.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define NUMBER(name_, value_)                                                                      \
	static void text_##name_(struct text *text, struct proc *proc)                             \
	{                                                                                          \
		(void)proc;                                                                        \
		text_add(text, "%llu\n", (unsigned long long)(value_));                            \
	}
#define STRING(name_, value_)                                                                      \
	static void text_##name_(struct text *text, struct proc *proc)                             \
	{                                                                                          \
		(void)proc;                                                                        \
		text_add(text, "%s\n", value_);                                                    \
	}
#define ROW(name_)                                                                                 \
	{                                                                                          \
		.name = #name_, .mode = S_IFREG | 0444, .ops = &text_inode_ops,                    \
		.text = text_##name_                                                               \
	}
#define BELOW(name_, table_)                                                                       \
	{                                                                                          \
		.name = (name_), .mode = S_IFDIR | 0555, .ops = &table_ops, .below = &(table_)     \
	}

/* --- kernel/random ------------------------------------------------------------------ */

#define ENTROPY 256 /* bits: Linux's pool, which is always full */

NUMBER(entropy_avail, ENTROPY)
NUMBER(poolsize, ENTROPY)
NUMBER(urandom_min_reseed_secs, 60)

/* A version 4 UUID of these bits (RFC 4122). */
static void add_uuid(struct text *text, u64 high, u64 low)
{
	high = (high & ~0xf000ull) | 0x4000;
	low = (low & ~(3ull << 62)) | 1ull << 63;
	text_add(text, "%08lx-%04lx-%04lx-%04lx-%04lx%08lx\n", high >> 32, high >> 16 & 0xffff,
		high & 0xffff, low >> 48, low >> 32 & 0xffff, low & 0xffffffff);
}

static void text_uuid(struct text *text, struct proc *proc)
{
	(void)proc;
	add_uuid(text, env_random(), env_random());
}

/* The same until the next reset. */
static void text_boot_id(struct text *text, struct proc *proc)
{
	static u64 words[2];

	(void)proc;
	if (words[0] == 0) {
		words[0] = env_random() | 1;
		words[1] = env_random();
	}
	add_uuid(text, words[0], words[1]);
}

static const struct entry random_entries[] = {
	ROW(boot_id), ROW(entropy_avail), ROW(poolsize), ROW(urandom_min_reseed_secs), ROW(uuid)};
static const struct table random_table = {random_entries, COUNT(random_entries), 110};

/* --- kernel --------------------------------------------------------------------------- */

#define PID_MAX 32768 /* process.c: PID_LIMIT */

NUMBER(cap_last_cap, CAPABILITIES - 1)
NUMBER(ngroups_max, 65536)
NUMBER(overflowgid, 65534)
NUMBER(overflowuid, 65534)
NUMBER(panic, 0)
NUMBER(pid_max, PID_MAX)
NUMBER(randomize_va_space, 0)
NUMBER(tainted, 0)
NUMBER(threads_max, CONFIG_SERVICES_PROCESS_MAX)
STRING(core_pattern, "core")
STRING(domainname, system_names()->domain)
STRING(hostname, system_names()->node)
STRING(osrelease, system_names()->release)
STRING(ostype, system_names()->system)
STRING(version, system_names()->version)

/* As a shell writes it: up to the end of the line. */
static long write_name(char *bytes, size_t n, bool domain)
{
	size_t length = 0;

	while (length < n && bytes[length] != '\n' && bytes[length] != '\0')
		length++;
	bytes[MIN(length, (size_t)NAME_LENGTH)] = '\0';
	if (!identity_may(CAP_SYS_ADMIN))
		return -EPERM;
	system_set_name(bytes, domain);
	return 0;
}

static long write_hostname(struct proc *proc, char *bytes, size_t n)
{
	(void)proc;
	return write_name(bytes, n, false);
}

static long write_domainname(struct proc *proc, char *bytes, size_t n)
{
	(void)proc;
	return write_name(bytes, n, true);
}

static const struct entry kernel_entries[] = {
	ROW(cap_last_cap),
	ROW(core_pattern),
	{"domainname", S_IFREG | 0644, &text_inode_ops, .text = text_domainname,
		.write = write_domainname},
	{"hostname", S_IFREG | 0644, &text_inode_ops, .text = text_hostname,
		.write = write_hostname},
	ROW(ngroups_max),
	ROW(osrelease),
	ROW(ostype),
	ROW(overflowgid),
	ROW(overflowuid),
	ROW(panic),
	ROW(pid_max),
	BELOW("random", random_table),
	ROW(randomize_va_space),
	ROW(tainted),
	{"threads-max", S_IFREG | 0444, &text_inode_ops, .text = text_threads_max},
	ROW(version),
};
static const struct table kernel_table = {kernel_entries, COUNT(kernel_entries), 80};

/* --- vm, fs ------------------------------------------------------------------------------- */

NUMBER(max_map_count, MAPPINGS_MAX)
NUMBER(mmap_min_addr, ENV_USER_MIN)
NUMBER(overcommit_memory, 0)
NUMBER(overcommit_ratio, 50)
NUMBER(swappiness, 60)

static const struct entry vm_entries[] = {ROW(max_map_count), ROW(mmap_min_addr),
	ROW(overcommit_memory), ROW(overcommit_ratio), ROW(swappiness)};
static const struct table vm_table = {vm_entries, COUNT(vm_entries), 130};

/* Open files are bounded by memory alone. */
NUMBER(file_max, INT64_MAX)
NUMBER(nr_open, PROC_FILES_MAX)
NUMBER(pipe_max_size, 1048576)
NUMBER(pipe_user_pages_hard, 0)
NUMBER(pipe_user_pages_soft, 16384)
NUMBER(suid_dumpable, 0)

/* --- fs/mqueue ------------------------------------------------------------------------ */

#if IS_ENABLED(CONFIG_SERVICES_MQUEUE)
static long write_bound(char *bytes, enum mq_bound which)
{
	s64 value;

	return text_number(bytes, &value) ? mq_set_bound(which, value) : -EINVAL;
}

#define BOUND(name_, which_)                                                                       \
	NUMBER(name_, mq_bound(which_))                                                            \
	static long write_##name_(struct proc *proc, char *bytes, size_t n)                        \
	{                                                                                          \
		(void)proc, (void)n;                                                               \
		return write_bound(bytes, which_);                                                 \
	}
#define BOUND_ROW(name_)                                                                           \
	{                                                                                          \
		.name = #name_, .mode = S_IFREG | 0644, .ops = &text_inode_ops,                    \
		.text = text_##name_, .write = write_##name_                                       \
	}

BOUND(msg_default, MQ_MOST_USUAL)
BOUND(msg_max, MQ_MOST)
BOUND(msgsize_default, MQ_SIZE_USUAL)
BOUND(msgsize_max, MQ_SIZE)
BOUND(queues_max, MQ_QUEUES)

static const struct entry mqueue_entries[] = {BOUND_ROW(msg_default), BOUND_ROW(msg_max),
	BOUND_ROW(msgsize_default), BOUND_ROW(msgsize_max), BOUND_ROW(queues_max)};
static const struct table mqueue_table = {mqueue_entries, COUNT(mqueue_entries), 160};
#endif

static const struct entry fs_entries[] = {
	{"file-max", S_IFREG | 0444, &text_inode_ops, .text = text_file_max},
#if IS_ENABLED(CONFIG_SERVICES_MQUEUE)
	BELOW("mqueue", mqueue_table),
#endif
	ROW(nr_open),
	ROW(overflowgid),
	ROW(overflowuid),
	{"pipe-max-size", S_IFREG | 0444, &text_inode_ops, .text = text_pipe_max_size},
	{"pipe-user-pages-hard", S_IFREG | 0444, &text_inode_ops,
		.text = text_pipe_user_pages_hard},
	{"pipe-user-pages-soft", S_IFREG | 0444, &text_inode_ops,
		.text = text_pipe_user_pages_soft},
	ROW(suid_dumpable),
};
static const struct table fs_table = {fs_entries, COUNT(fs_entries), 150};

static const struct entry sysctl_entries[] = {
	BELOW("fs", fs_table), BELOW("kernel", kernel_table), BELOW("vm", vm_table)};
const struct table sysctl_table = {sysctl_entries, COUNT(sysctl_entries), 70};
