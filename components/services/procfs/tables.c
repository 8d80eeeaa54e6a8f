/* tables: the names in /proc and in the directory of a process. */
#include <services/procfs/internal.h>
#include <services/procfs/sysctl.h>
#include <services/sysv/sysv.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define TEXT(name_, mode_, text_)                                                                  \
	{                                                                                          \
		.name = (name_), .mode = S_IFREG | (mode_), .ops = &text_inode_ops,                \
		.text = (text_)                                                                    \
	}
#define RECORDS(name_, mode_, records_)                                                            \
	{                                                                                          \
		.name = (name_), .mode = S_IFREG | (mode_), .ops = &text_inode_ops,                \
		.records = (records_)                                                              \
	}
#define LINK(name_, ops_)                                                                          \
	{                                                                                          \
		.name = (name_), .mode = S_IFLNK | 0777, .ops = &(ops_)                            \
	}
#define BELOW(name_, table_)                                                                       \
	{                                                                                          \
		.name = (name_), .mode = S_IFDIR | 0555, .ops = &table_ops, .below = &(table_)     \
	}

/* A text of a part that may be left out. */
#define SYSVIPC(text) (IS_ENABLED(CONFIG_SERVICES_SYSV) ? (text) : NULL)

static const struct entry sysvipc_entries[] = {
	TEXT("msg", 0444, SYSVIPC(text_queues)),
	TEXT("sem", 0444, SYSVIPC(text_semaphores)),
	TEXT("shm", 0444, SYSVIPC(text_segments)),
};
static const struct table sysvipc_table = {sysvipc_entries, COUNT(sysvipc_entries), 64};

static const struct entry system_entries[] = {
	TEXT("cmdline", 0444, text_command_line), TEXT("cpuinfo", 0444, text_cpuinfo),
	TEXT("devices", 0444, text_devices), TEXT("diskstats", 0444, text_diskstats),
	TEXT("filesystems", 0444, text_filesystems), TEXT("interrupts", 0444, text_interrupts),
	TEXT("loadavg", 0444, text_loadavg), TEXT("meminfo", 0444, text_meminfo),
	LINK("mounts", self_ops), TEXT("partitions", 0444, text_partitions), LINK("self", self_ops),
	TEXT("stat", 0444, text_system_stat), TEXT("swaps", 0444, text_swaps),
	BELOW("sys", sysctl_table), LINK("thread-self", self_ops),
	TEXT("uptime", 0444, text_uptime), TEXT("version", 0444, text_proc_version),
	TEXT("vmstat", 0444, text_vmstat),
	BELOW("sysvipc", sysvipc_table), /* the last: it may be left out */
};
const struct table system_table = {
	system_entries, COUNT(system_entries) - !IS_ENABLED(CONFIG_SERVICES_SYSV), 0};

static const struct entry process_entries[] = {
	{"auxv", S_IFREG | 0400, &text_inode_ops, .text = text_auxiliary, .secret = true},
	TEXT("cgroup", 0444, text_cgroup), TEXT("cmdline", 0444, text_arguments),
	{"comm", S_IFREG | 0644, &text_inode_ops, .text = text_comm, .write = write_comm},
	LINK("cwd", link_ops),
	{"environ", S_IFREG | 0400, &text_inode_ops, .text = text_environment, .secret = true},
	LINK("exe", link_ops), {.name = "fd", .mode = S_IFDIR | 0500, .ops = &fds_ops},
	{.name = "fdinfo", .mode = S_IFDIR | 0555, .ops = &fdinfos_ops},
	TEXT("limits", 0444, text_limits), TEXT("loginuid", 0444, text_nobody),
	{"maps", S_IFREG | 0444, &text_inode_ops, .records = records_maps, .secret = true},
	RECORDS("mountinfo", 0444, records_mountinfo), RECORDS("mounts", 0444, records_mounts),
	RECORDS("mountstats", 0400, records_mountstats),
	{"oom_adj", S_IFREG | 0644, &text_inode_ops, .text = text_oom_adj, .write = write_oom_adj},
	TEXT("oom_score", 0444, text_oom_score),
	{"oom_score_adj", S_IFREG | 0644, &text_inode_ops, .text = text_oom_score_adj,
		.write = write_oom_score_adj},
	{"personality", S_IFREG | 0400, &text_inode_ops, .text = text_personality, .secret = true},
	LINK("root", link_ops), TEXT("sessionid", 0444, text_nobody),
	{"smaps", S_IFREG | 0444, &text_inode_ops, .records = records_smaps, .secret = true},
	{"smaps_rollup", S_IFREG | 0444, &text_inode_ops, .text = text_smaps_rollup,
		.secret = true},
	TEXT("stat", 0444, text_stat), TEXT("statm", 0444, text_statm),
	TEXT("status", 0444, text_status),
	{"timerslack_ns", S_IFREG | 0666, &text_inode_ops, .text = text_timer_slack,
		.write = write_timer_slack},
	TEXT("wchan", 0444, text_wchan),
	{.name = "task",
		.mode = S_IFDIR | 0555,
		.ops = &threads_ops}, /* the last: a thread has none */
};
const struct table process_table = {process_entries, COUNT(process_entries), 0};

const struct entry fdinfo_entry = {
	"fdinfo", S_IFREG | 0400, &text_inode_ops, .text = text_fdinfo, .secret = true};
