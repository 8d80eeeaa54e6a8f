/*
 * text: what stands in the files of procfs, and how it gets to a reader.
 *
 * A text is made record by record as it is read, as Linux's seq_file does: an open file keeps the
 * records around its position, and where the next one begins. So a text has any length, and takes
 * the memory of its longest record. Read from its beginning again it is made anew.
 */
#pragma once

#include <services/files/files.h>
#include <services/process/process.h>

struct text {
	size_t length, room;
	bool cut;       /* something did not fit: the record is made again, with more room */
	bool of_thread; /* it is about that thread alone, not its process */
	s32 pid;        /* whose it is, or 0 */
	u32 fd;         /* of /proc/PID/fdinfo */
	char *bytes;
};

/* Appends; what does not fit is cut off. */
void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_add_bytes(struct text *text, const void *bytes, size_t n);
/* In octal, with a leading 0. */
void text_add_octal(struct text *text, u64 value);
/* With spaces, tabs, newlines and backslashes as \040: in tables of words. */
void text_add_word(struct text *text, const char *word);

/* Makes all of it as one record; `proc` is NULL for those of the system. */
typedef void proc_text(struct text *text, struct proc *proc);
/* Makes the record that *cursor stands for (0: the first), and moves it on; false: there is none.
 */
typedef bool proc_records(struct text *text, struct proc *proc, u64 *cursor);
/* What a program wrote, with a zero byte behind; 0 or -errno. */
typedef long proc_write(struct proc *proc, char *bytes, size_t n);
#define TEXT_WRITE_MAX 127u

proc_text text_command_line, text_cpuinfo, text_devices, text_filesystems, text_interrupts,
	text_loadavg, text_meminfo, text_partitions, text_diskstats, text_swaps, text_system_stat,
	text_uptime, text_proc_version, text_vmstat;
proc_text text_auxiliary, text_arguments, text_cgroup, text_comm, text_environment, text_fdinfo,
	text_limits, text_nobody, text_oom_adj, text_oom_score, text_oom_score_adj,
	text_personality, text_smaps_rollup, text_stat, text_statm, text_status, text_timer_slack,
	text_wchan;
proc_records records_maps, records_mountinfo, records_mounts, records_mountstats, records_smaps;
proc_write write_comm, write_oom_adj, write_oom_score_adj, write_timer_slack;
