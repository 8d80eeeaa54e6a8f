/* limits_set: the resource limits of a process, as data. */
#pragma once

#include <lib/lib.h>

#define RLIMIT_CPU    0
#define RLIMIT_FSIZE  1
#define RLIMIT_DATA   2
#define RLIMIT_STACK  3
#define RLIMIT_CORE   4
#define RLIMIT_NPROC  6
#define RLIMIT_NOFILE 7
#define RLIMIT_AS     9
#define RLIMIT_COUNT  16
#define RLIM_INFINITY UINT64_MAX

struct limit {
	u64 soft, hard;
};

struct limits {
	struct limit of[RLIMIT_COUNT];
};
