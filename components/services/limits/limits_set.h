/* limits_set: the resource limits of a process, as data. */
#pragma once

#include <lib/lib.h>

#define LIMIT_CPU        0
#define LIMIT_FSIZE      1
#define LIMIT_DATA       2
#define LIMIT_STACK      3
#define LIMIT_CORE       4
#define LIMIT_RSS        5
#define LIMIT_NPROC      6
#define LIMIT_NOFILE     7
#define LIMIT_MEMLOCK    8
#define LIMIT_AS         9
#define LIMIT_SIGPENDING 11
#define LIMIT_MSGQUEUE   12
#define LIMIT_NICE       13
#define LIMIT_RTPRIO     14
#define LIMIT_COUNT      16
#define LIMIT_NONE       UINT64_MAX

struct limit {
	u64 soft, hard;
};

struct limits {
	struct limit of[LIMIT_COUNT];
};
