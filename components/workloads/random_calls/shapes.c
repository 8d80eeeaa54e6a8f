/* shapes: what lies in memory, by kind. See struct shape. */
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>

#include <workloads/random_calls/arguments.h>

#define IN(size, name)                                                                             \
	{                                                                                          \
		size, false, fill_##name, 0                                                        \
	}
#define IN_ANY(size, name)                                                                         \
	{                                                                                          \
		size, true, fill_##name, 0                                                         \
	} /* or NULL */
#define OUT(size, name)                                                                            \
	{                                                                                          \
		size, false, 0, tell_##name                                                        \
	}
#define OUT_ANY(size, name)                                                                        \
	{                                                                                          \
		size, true, 0, tell_##name                                                         \
	}
#define INOUT(size, name)                                                                          \
	{                                                                                          \
		size, false, fill_##name, tell_##name                                              \
	}

const struct shape shapes[KINDS] = {
	[IN_TIMES] = IN_ANY(32, times),
	[IN_SECONDS] = IN_ANY(16, seconds),
	[IN_MICROSECONDS] = IN_ANY(32, microseconds),
	[IN_SET] = IN_ANY(8, set),
	[IN_ACTION] = IN_ANY(32, action),
	[IN_STACK] = IN_ANY(24, stack),
	[IN_LIMIT] = IN_ANY(16, limit),
	[IN_GROUPS] = IN(16, groups),
	[IN_INFO] = IN(128, info),
	[IN_SHORT_TIME] = IN(16, short_time),
	[IN_NO_TIME] = IN(16, no_time),
	[IN_TIMER] = IN_ANY(32, timer),
	[IN_ITIMER] = IN_ANY(32, itimer),
	[IN_EVENT] = IN_ANY(64, event),
	[IN_EPOLL] = IN_ANY(12, epoll),
	[IN_PRIORITY] = IN_ANY(4, priority),
	[IN_ATTRIBUTES] = IN_ANY(48, attributes),
	[IN_PROCESSORS] = IN(16, processors),
	[IN_CAPABILITIES] = IN_ANY(24, capabilities),
	[IN_WORD] = IN(16, word),
	[IN_ADDRESS] = IN_ANY(110, address),
	[IN_MESSAGE] = IN(MESSAGE_BYTES, message_out),
	[IN_OPTION] = IN_ANY(16, option),
	[IN_OPERATIONS] = IN(18, operations),
	[IN_SEMAPHORES] = IN(8, semaphores),
	[IN_LETTERS_STATUS] = IN(120, letters_status),
	[IN_SHARED_STATUS] = IN(112, shared_status),
	[IN_SEMAPHORES_STATUS] = IN(104, semaphores_status),
	[OUT_UNTOLD] = {256, true, 0, 0},
	[OUT_STATUS] = OUT(sizeof(struct stat), stat),
	[OUT_STATX] = OUT(256, statx),
	[OUT_VOLUME] = OUT(120, volume),
	[OUT_PAIR] = OUT(8, pair),
	[OUT_ENTRIES] = OUT(0, entries),
	[OUT_PATH] = OUT(64, path),
	[OUT_WAIT] = OUT_ANY(4, number),
	[OUT_INFO] = OUT_ANY(128, info),
	[OUT_SET] = OUT_ANY(8, long),
	[OUT_ACTION] = OUT_ANY(32, action),
	[OUT_STACK] = OUT_ANY(24, stack),
	[OUT_LIMIT] = OUT_ANY(16, limit),
	[OUT_GROUPS] = OUT(64, groups),
	[OUT_ID] = OUT(4, number),
	[OUT_INT] = OUT(4, number),
	[OUT_WORD] = OUT(16, word),
	[OUT_CAPABILITIES] = OUT_ANY(24, capabilities),
	[OUT_ATTRIBUTES] = OUT(64, attributes),
	[OUT_TIMER] = OUT_ANY(32, timer),
	[OUT_ITIMER] = OUT_ANY(32, itimer),
	[OUT_EPOLL] = OUT(48, epoll),
	[OUT_ADDRESS] = OUT_ANY(128, address),
	[OUT_OPTION] = OUT(16, option),
	[OUT_PEER] = OUT(16, peer),
	[OUT_SEMAPHORES] = OUT(16, semaphores),
	[OUT_LETTER] = OUT(0, letter),
	[OUT_LETTERS_STATUS] = OUT(120, letters_status),
	[OUT_SHARED_STATUS] = OUT(112, shared_status),
	[OUT_SEMAPHORES_STATUS] = OUT(104, semaphores_status),
	[INOUT_OFFSET] = {8, true, fill_offset, tell_long},
	[INOUT_LOCK] = INOUT(32, lock),
	[INOUT_POLL] = INOUT(3 * sizeof(struct pollfd), poll),
	[INOUT_FDS] = {8, true, fill_fds, tell_fds},
	[INOUT_LENGTH] = {4, true, fill_address_length, tell_address_length},
	[INOUT_MESSAGE] = {MESSAGE_BYTES, false, fill_message_in, tell_message},
	[INOUT_CAP_HEADER] = INOUT(8, cap_header),
};
