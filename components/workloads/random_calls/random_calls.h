/*
 * random_calls: the same random system calls on Linux and on a kernel of the kit, told so that two
 * tellings can be compared byte by byte.
 *
 * The calls come in rounds. A round begins with a fresh tmpfs as its root and a fresh process, the
 * actor, and depends on nothing but its seed; so a round that differs can be repeated alone. Step n
 * of a round draws from a stream of its own, made of the seed and n: a step that is left out
 * changes no other, which is what makes shrinking work.
 *
 * What a step did is written to the *record*: the call with its arguments, its result, what it gave
 * back. Nothing in it depends on process numbers, inode numbers, addresses that the kernel chose or
 * the time. The record lies in memory that all processes of a round share, so that no call of
 * another kind has to stand between two steps.
 *
 * Only one process of a round runs at a time: a parent waits until its child has ended.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <workloads/common/sys.h>

#define PAGE 4096UL

/* --- chance ---------------------------------------------------------------------- */

struct draw {
	uint64_t state;
};

/* The stream of step `step` in the round of that seed. */
struct draw draw_begin(uint64_t seed, uint64_t step);
uint64_t draw_next(struct draw *draw);
uint64_t draw_below(struct draw *draw, uint64_t bound);
static inline bool draw_one_in(struct draw *draw, uint64_t n)
{
	return draw_below(draw, n) == 0;
}
#define DRAW_FROM(draw, table) ((table)[draw_below(draw, sizeof(table) / sizeof((table)[0]))])

/* --- the record ------------------------------------------------------------------- */

#define RECORD_SIZE (1UL << 20)

struct record {
	size_t length;
	uint64_t calls;     /* system calls that steps have made */
	uint64_t resume_at; /* the step to go on with: what a child was left is left out */
	bool cut;           /* it did not fit */
	char text[RECORD_SIZE];
};

extern struct record *record;

void note(const char *text);
void note_number(int64_t number);
void note_hex(uint64_t number);
/* Bytes, told by their number and a digest. */
void note_bytes(const void *bytes, size_t n);
/* A string, quoted, cut where it is long. */
void note_string(const char *string);
uint64_t digest_of(const void *bytes, size_t n);

/* --- arguments ---------------------------------------------------------------------- */

/* What an argument may be. Lists of values are in choices.c, ranges in scalars.c, what lies in
 * memory in shapes.c. */
enum kind {
	NONE,
	/* Descriptors: any; or one of what was made last. */
	FD,
	DIRFD,
	FD_PIPE,
	FD_EPOLL,
	FD_TIMER,
	FD_SIGNAL,
	FD_PIDFD,
	FD_INOTIFY,
	FD_SOCKET,
	FD_MEMORY,
	/* Scalars. */
	PATH,
	TARGET, /* of a symbolic link */
	OPEN_FLAGS,
	MODE,
	MKNOD_MODE,
	DEVICE,
	SMALL,
	LENGTH,
	OFFSET,
	SIZE, /* of a file */
	WHENCE,
	AT_FLAGS,
	STATX_MASK,
	DUP_FLAGS,
	RENAME_FLAGS,
	FALLOCATE_MODE,
	RW_FLAGS,
	FLOCK,
	USER,
	ACCESS_MODE,
	FCNTL_PLAIN, /* commands without a structure */
	FCNTL_VALUE,
	FCNTL_LOCK,
	FCNTL_SEALS,
	SEALS,
	CLOSE_FROM,
	CLOSE_TO,
	CLOSE_FLAGS,
	PIECES, /* of a vector */
	POLL_COUNT,
	POLL_TIMEOUT,
	IOCTL,
	ADDRESS,
	PAGES,
	PROT,
	MAP_FLAGS,
	MAP_OFFSET,
	REMAP_FLAGS,
	LOCK_FLAGS,
	BREAK,
	ADVICE,
	FILE_ADVICE,
	PROCESS,
	PROCESS_OWN, /* processes of the round only, never a group */
	GROUP,
	WAIT_OPTIONS,
	WAITID_TYPE,
	WAITID_PIDFD,
	MEMFD_FLAGS,
	WAITID_OPTIONS,
	SIGNAL,
	HOW,
	SET_SIZE,
	RESOURCE,
	NICE_WHICH,
	NICE,
	POLICY,
	POLICY_ANY,
	ATTRIBUTES_SIZE,
	SET_BYTES, /* the size of a set of processors */
	IOPRIO_WHICH,
	IOPRIO,
	PRCTL_PLAIN,
	PRCTL_VALUE,
	PRCTL_TO_INT,
	PRCTL_SET_NAME,
	PRCTL_GET_NAME,
	PRCTL_AMBIENT,
	PRCTL_DROP,
	CAP_OPERATION,
	CAPABILITY,
	WHOSE_USAGE,
	RANDOM_FLAGS,
	CLOCK,
	CLOCK_TO_SLEEP_BY,
	CLOCK_OF_TIMER,
	TIMER,
	TIMER_FLAGS,
	TIMERFD_CLOCK,
	TIMERFD_FLAGS,
	TIMERFD_SET,
	ITIMER,
	ALARM_SECONDS,
	SIGNALFD_FD,
	CLOSE_ON_EXEC,
	EPOLL_OP,
	EVENTS_MOST,
	INOTIFY_FLAGS,
	WATCH_MASK,
	WATCH,
	PIDFD_FLAGS,
	PIDFD_SIGNAL_FLAGS,
	SPLICE_FLAGS,
	SHORT_LENGTH, /* of a message */
	SOCKET_FAMILY,
	SOCKET_TYPE,
	SOCKET_PROTOCOL,
	ACCEPT_FLAGS,
	ADDRESS_LENGTH,
	BACKLOG,
	SHUTDOWN,
	SEND_FLAGS,
	RECEIVE_FLAGS,
	OPTION_LEVEL,
	OPTION,
	OPTION_PEER,
	OPTION_BYTES,
	KEY,
	GET_FLAGS,
	SHARED_SIZE,
	SHARED_ID,
	SHARED_ADDRESS,
	SHARED_FLAGS,
	SHARED_STAT,
	SHARED_SET,
	SHARED_DO,
	SEMAPHORES,
	SEMAPHORES_ID,
	SEMAPHORE,
	SEMAPHORE_STAT,
	SEMAPHORE_SET,
	SEMAPHORE_GET_ALL,
	SEMAPHORE_SET_ALL,
	SEMAPHORE_DO,
	SEMAPHORE_VALUE,
	OPERATIONS,
	LETTERS_ID,
	LETTERS_STAT,
	LETTERS_SET,
	LETTERS_DO,
	LETTER_SIZE,
	LETTER_TYPE,
	LETTER_SEND,
	LETTER_RECEIVE,
	/* Memory that the call reads. */
	IN_BYTES,
	IN_VECTOR,
	IN_TIMES,
	IN_SECONDS,
	IN_MICROSECONDS,
	IN_SET,
	IN_ACTION,
	IN_STACK,
	IN_LIMIT,
	IN_GROUPS,
	IN_INFO,
	IN_SHORT_TIME,
	IN_NO_TIME, /* how long to wait: hardly */
	IN_TIMER,
	IN_ITIMER,
	IN_EVENT,
	IN_EPOLL,
	IN_PRIORITY,
	IN_ATTRIBUTES,
	IN_PROCESSORS,
	IN_CAPABILITIES,
	IN_WORD,
	IN_ADDRESS,
	IN_MESSAGE,
	IN_OPTION,
	IN_OPERATIONS,
	IN_SEMAPHORES,
	IN_LETTER,
	IN_LETTERS_STATUS,
	IN_SHARED_STATUS,
	IN_SEMAPHORES_STATUS,
	/* That it writes. */
	OUT_BYTES,
	OUT_VECTOR,
	OUT_UNTOLD, /* what is there depends on the machine */
	OUT_STATUS,
	OUT_STATX,
	OUT_VOLUME,
	OUT_PAIR,
	OUT_ENTRIES,
	OUT_PATH,
	OUT_WAIT,
	OUT_INFO,
	OUT_SET,
	OUT_ACTION,
	OUT_STACK,
	OUT_LIMIT,
	OUT_GROUPS,
	OUT_ID,
	OUT_INT,
	OUT_WORD,
	OUT_CAPABILITIES,
	OUT_ATTRIBUTES,
	OUT_TIMER,
	OUT_ITIMER,
	OUT_EPOLL,
	OUT_ADDRESS,
	OUT_OPTION,
	OUT_PEER,
	OUT_SEMAPHORES,
	OUT_LETTER,
	OUT_LETTERS_STATUS,
	OUT_SHARED_STATUS,
	OUT_SEMAPHORES_STATUS,
	/* Both. */
	INOUT_OFFSET,
	INOUT_LOCK,
	INOUT_POLL,
	INOUT_FDS,
	INOUT_LENGTH,
	INOUT_MESSAGE,
	INOUT_CAP_HEADER,
	KINDS
};

#define ARGUMENTS 6

struct call;

/* A call with its arguments drawn. */
struct drawn {
	const struct call *call;
	long values[ARGUMENTS];
	bool good[ARGUMENTS]; /* of a pointer: it points to memory */
};

/* Memory that arguments point to, once for each process image. */
void arguments_map(void);
void argument_draw(struct draw *draw, struct drawn *drawn, unsigned index, enum kind kind);
/* Tells what the call has left where the argument points. */
void argument_tell(const struct drawn *drawn, unsigned index, enum kind kind, long result);
/* Remembers what the call has made, for arguments of later calls. */
void made_add(const struct drawn *drawn, long result);

#define ARENA        0x200000000UL /* where mmap and its kin play */
#define ARENA_PAGES  32UL
#define PATH_ROOM    8192
#define BUFFER_BYTES (16 * PAGE)

/* --- processes ------------------------------------------------------------------------ */

#define CHILDREN 8

/* Descriptors that no step touches: the program itself, and where a program that was executed tells
 * its state. */
#define PROGRAM_FD 1000
#define STATE_FD   1001

extern long children[CHILDREN]; /* that the actor has made, by slot; 0: none */
extern uintptr_t break_start;   /* where the actor's break was at first */
/* A process number as the record names it. */
void note_process(long pid);
void children_forget(long pid);
void child_add(long pid);

/* --- steps ---------------------------------------------------------------------------- */

enum focus { FILES, MEMORY, PROCESSES, EVENTS, MESSAGES, FOCI };

struct round {
	uint64_t seed;
	uint64_t steps;
	const char *keep; /* hexadecimal digits, the first step is the lowest bit of the first;
			   * NULL: all */
	enum focus focus;
	bool quick; /* look at nothing: many calls matter, not what they leave */
};

enum how {
	STAYS,
	SLEEPS,  /* it may sleep for ever, and has to be broken off */
	SETTLES, /* what it starts happens at once, but not before it returns */
};

struct call {
	const char *name;
	short number;
	unsigned char weight[FOCI];
	unsigned char how; /* of enum how */
	unsigned char arguments[ARGUMENTS];
};

extern const struct call calls[];
extern const size_t calls_count;

/* Whether the call would be one that the world around the round could tell, or that kernels after
 * Linux 6.1 answer otherwise. */
bool is_left_out(const struct drawn *drawn);

/* Something other than one call. */
struct act {
	const char *name;
	unsigned char weight[FOCI];
	bool looks; /* left out of a quick round */
	void (*run)(const struct round *round, struct draw *draw, uint64_t step);
};

extern const struct act acts[];
extern const size_t acts_count;

/* Runs steps [from, to) of the round; the record says where to go on. */
void steps_run(const struct round *round, uint64_t from, uint64_t to);

/* The actor's life. */
_Noreturn void actor_run(const struct round *round);

/* Installs `handler`s with what a round begins with. */
void signals_settle(void);
void handler_tell(int number, siginfo_t *info, void *context);

/* Where a handler returns to: the kernel wants it given. */
void signal_restorer(void);

/* Runs `body` with faults caught: 0, or the number of the signal that it got. */
int faults_catch(void (*body)(void *argument), void *argument, siginfo_t *info);

/* What is in the root directory and below, and in the arena. */
void tell_tree(void);
/* Whether that includes the blocks of files: not where memory that maps a file may give it some. */
extern bool blocks_told;
void tell_arena(void);
struct stat;
void tell_status(const struct stat *status);

/* What a program says of the state that it was executed with; its exit status. */
int report_state(void);
