/* text: what stands in the files of procfs. */
#pragma once

#include <services/process/process.h>
#include <services/procfs/procfs.h>
#include <services/tree/status.h>

#define TEXT_BYTES 8176u

struct text {
	size_t length;
	char bytes[TEXT_BYTES];
};

/* Appends; what does not fit is cut off. */
void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes the text of one file; `proc` is NULL for those of the system. */
typedef void proc_text(struct text *text, struct proc *proc);
proc_text text_command_line, text_cpuinfo, text_filesystems, text_loadavg, text_meminfo,
	text_system_stat, text_uptime, text_version;
proc_text text_maps, text_arguments, text_comm, text_mounts, text_stat, text_statm, text_status;
