/*
 * arguments: between the two halves that make and tell arguments.
 */
#pragma once

#include <workloads/random_calls/random_calls.h>

#define BUFFER   0x100000000UL
#define CONSTANT 0x100100000UL
#define STACK    0x100180000UL /* another for signals, 16 pages */
#define ROOM(n)  (0x100200000UL + (n)*0x10000UL)

#define MESSAGE_BYTES 328 /* a message's header with what it points to */

/* As much of the buffer is set before a call and told after it, unless the call says that it moved
 * more. */
#define WINDOW 512UL

/* What lies in memory: its size, whether NULL means something, how it is filled and told. */
struct shape {
	unsigned short size;
	bool may_be_null;
	void (*fill)(struct draw *draw, char *at);
	void (*tell)(const char *at, long result);
};
/* Of kinds from IN_BYTES on; those with a size of 0 are placed by arguments.c itself. */
extern const struct shape shapes[KINDS];

/* A scalar, and whether it is drawn from a list. */
long draw_scalar(struct draw *draw, enum kind kind);
bool draw_choice(struct draw *draw, enum kind kind, long *value);
long draw_fd(struct draw *draw);
long draw_length(struct draw *draw);
long draw_process(struct draw *draw, bool groups);
/* A path of the kind that the calls are given, at `path`: PATH_ROOM bytes. */
void draw_path(struct draw *draw, char *path);
/* A descriptor, or the number of an object, of what was made last. */
long draw_made(struct draw *draw, enum kind kind);
bool is_object(enum kind kind);

void note_pair(int64_t a, int64_t b);
/* Whether it is a time of the clock, not one that was set; of numbers, a short one as it is. */
void note_time(int64_t seconds, int64_t nanoseconds);
void describe_number(long value);

/* Whether the descriptor is of an eventfd, timerfd, signalfd, inotify, epoll or process. */
bool is_anonymous(long fd);
/* What was read from such a one, where a part of it is the machine's own. */
void tell_anonymous(char *bytes, long n);

/* What structures.c, processes.c, events.c, messages.c and objects.c have for shapes.c. */
#define FILL(name) void fill_##name(struct draw *draw, char *at)
#define TELL(name) void tell_##name(const char *at, long result)
FILL(times);
FILL(seconds);
FILL(microseconds);
FILL(set);
FILL(action);
FILL(stack);
FILL(limit);
FILL(groups);
FILL(offset);
FILL(lock);
FILL(poll);
FILL(fds);
FILL(info);
FILL(short_time);
FILL(no_time);
FILL(timer);
FILL(itimer);
FILL(event);
FILL(epoll);
FILL(priority);
FILL(attributes);
FILL(processors);
FILL(capabilities);
FILL(cap_header);
FILL(word);
FILL(address);
FILL(address_length);
FILL(message_out);
FILL(message_in);
FILL(option);
FILL(operations);
FILL(semaphores);
FILL(letter);
FILL(letters_status);
FILL(shared_status);
FILL(semaphores_status);
TELL(stat);
TELL(statx);
TELL(volume);
TELL(pair);
TELL(path);
TELL(number);
TELL(long);
TELL(info);
TELL(action);
TELL(limit);
TELL(stack);
TELL(groups);
TELL(lock);
TELL(poll);
TELL(entries);
TELL(fds);
TELL(capabilities);
TELL(cap_header);
TELL(attributes);
TELL(timer);
TELL(itimer);
TELL(epoll);
TELL(word);
TELL(address);
TELL(address_length);
TELL(message);
TELL(option);
TELL(peer);
TELL(semaphores);
TELL(letter);
TELL(letters_status);
TELL(shared_status);
TELL(semaphores_status);
