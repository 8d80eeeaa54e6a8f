/*
 * events: times, timers, what waits for several things at once, and what tells of them.
 *
 * Times here are now or far away: a timer rings before the call that set it has ended (see
 * SETTLES), or not in this round. So what is left of a time is told as one of three words.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <time.h>

#include <workloads/random_calls/arguments.h>

#define FAR 4000000000L /* seconds; further than any clock has come */

/* --- read by calls ------------------------------------------------------------------ */

void fill_short_time(struct draw *draw, char *at)
{
	static const struct timespec times[] = {
		{0, 0}, {0, 1}, {0, 1000}, {0, 100000}, {0, 1000000000}, {-1, 0}, {0, -1}};
	struct timespec time = DRAW_FROM(draw, times);

	memcpy(at, &time, sizeof(time));
	note_pair(time.tv_sec, time.tv_nsec);
}

/* For calls that read it as seconds and nano- or microseconds alike. */
void fill_no_time(struct draw *draw, char *at)
{
	static const struct timespec times[] = {{0, 0}, {0, 0}, {0, 0}, {0, 100}, {-1, 0}, {0, -1}};
	struct timespec time = DRAW_FROM(draw, times);

	memcpy(at, &time, sizeof(time));
	note_pair(time.tv_sec, time.tv_nsec);
}

void fill_timer(struct draw *draw, char *at)
{
	static const struct timespec values[] = {{0, 0}, {0, 1}, {0, 1}, {1, 0}, {FAR, 0}, {FAR, 0},
		{FAR, 999999999}, {-1, 0}, {0, 1000000000}, {FAR, -1}};
	static const struct timespec intervals[] = {
		{0, 0}, {0, 0}, {0, 0}, {FAR, 5}, {0, 1000000000}, {-1, 0}};
	struct itimerspec timer = {DRAW_FROM(draw, intervals), DRAW_FROM(draw, values)};

	if (timer.it_value.tv_sec == 1) /* may be relative */
		timer.it_value.tv_sec = draw_one_in(draw, 2) ? 0 : 100000;
	memcpy(at, &timer, sizeof(timer));
	note_pair(timer.it_interval.tv_sec, timer.it_interval.tv_nsec);
	note_pair(timer.it_value.tv_sec, timer.it_value.tv_nsec);
}

/* Of processor time: nobody uses as much as the shortest. */
void fill_itimer(struct draw *draw, char *at)
{
	static const struct timeval values[] = {
		{0, 0}, {0, 0}, {100000, 0}, {5000000, 999999}, {0, 1000000}, {-1, 0}, {5, -1}};
	struct itimerval timer = {DRAW_FROM(draw, values), DRAW_FROM(draw, values)};

	memcpy(at, &timer, sizeof(timer));
	note_pair(timer.it_interval.tv_sec, timer.it_interval.tv_usec);
	note_pair(timer.it_value.tv_sec, timer.it_value.tv_usec);
}

void fill_event(struct draw *draw, char *at)
{
	static const int how[] = {SIGEV_SIGNAL, SIGEV_SIGNAL, SIGEV_SIGNAL, SIGEV_NONE,
		SIGEV_THREAD, 4 /* SIGEV_THREAD_ID */, 3, -1};
	static const int signals[] = {SIGUSR1, SIGUSR1, SIGUSR2, SIGUSR2, 34, 40, 0, 65, -1};
	struct sigevent event;

	memset(&event, 0, sizeof(event));
	event.sigev_notify = DRAW_FROM(draw, how);
	event.sigev_signo = DRAW_FROM(draw, signals);
	event.sigev_value.sival_int = (int)draw_below(draw, 100);
	event.sigev_notify_thread_id =
		(int)(draw_one_in(draw, 4) ? draw_process(draw, false) : sys_getpid());
	memcpy(at, &event, sizeof(event));
	note_pair(event.sigev_notify, event.sigev_signo);
	note_number(event.sigev_value.sival_int);
	note_process(event.sigev_notify_thread_id);
}

void fill_epoll(struct draw *draw, char *at)
{
	static const uint32_t also[] = {
		0, 0, 0, EPOLLET, EPOLLONESHOT, EPOLLET | EPOLLONESHOT, EPOLLRDHUP, EPOLLEXCLUSIVE};
	struct epoll_event event = {.events = (uint32_t)draw_below(draw, 0x20)};

	event.events |= DRAW_FROM(draw, also);
	event.data.u64 = draw_below(draw, 1000);
	memcpy(at, &event, sizeof(event));
	note_hex(event.events);
	note(" ");
	note_number((int64_t)event.data.u64);
}

void fill_fds(struct draw *draw, char *at)
{
	uint64_t fds = draw_next(draw) & draw_next(draw) & 0xfff;

	memcpy(at, &fds, sizeof(fds));
	note_hex(fds);
}

/* --- written by calls ---------------------------------------------------------------- */

static void note_left(int64_t seconds, int64_t rest)
{
	note(seconds == 0 && rest == 0 ? "off " : seconds < 1000 ? "soon " : "far ");
}

void tell_timer(const char *at, long result)
{
	struct itimerspec timer;

	(void)result;
	memcpy(&timer, at, sizeof(timer));
	note_left(timer.it_value.tv_sec, timer.it_value.tv_nsec);
	note_pair(timer.it_interval.tv_sec, timer.it_interval.tv_nsec);
}

void tell_itimer(const char *at, long result)
{
	struct itimerval timer;

	(void)result;
	memcpy(&timer, at, sizeof(timer));
	note_left(timer.it_value.tv_sec, timer.it_value.tv_usec);
	note_pair(timer.it_interval.tv_sec, timer.it_interval.tv_usec);
}

void tell_epoll(const char *at, long result)
{
	for (long i = 0; i < result && i < 4; i++) {
		struct epoll_event event;

		memcpy(&event, at + i * (long)sizeof(event), sizeof(event));
		note_hex(event.events);
		note(" ");
		note_number((int64_t)event.data.u64);
		note(" ");
	}
}

void tell_fds(const char *at, long result)
{
	(void)result;
	note_hex(*(const uint64_t *)at);
}

/* --- read from descriptors ----------------------------------------------------------- */

static void tell_signal(const struct signalfd_siginfo *info)
{
	note_pair(info->ssi_signo, info->ssi_code);
	if (info->ssi_code == SI_TIMER)
		note_pair(info->ssi_tid, info->ssi_overrun);
	else
		note_process((int)info->ssi_pid);
	note_number(info->ssi_int);
	note(" ");
}

static void tell_watched(const char *bytes, long n)
{
	uint32_t last = 0;

	for (long at = 0; at + (long)sizeof(struct inotify_event) <= n;) {
		struct inotify_event event;

		memcpy(&event, bytes + at, sizeof(event));
		note_number(event.wd);
		note(":");
		note_hex(event.mask);
		if (event.cookie != 0)
			note(event.cookie == last ? " same" : " cookie");
		last = event.cookie;
		note_string(event.len > 0 ? bytes + at + sizeof(event) : "");
		note(" ");
		at += (long)sizeof(event) + event.len;
	}
}

/* The second word of a signal is 0, of an event never. The bytes go: process numbers are in them.
 */
void tell_anonymous(char *bytes, long n)
{
	uint32_t words[2] = {0, 0};

	memcpy(words, bytes, n < 8 ? (size_t)n : 8);
	if (n <= 8)
		note_pair(words[0], words[1]);
	else if (words[1] == 0)
		for (long at = 0; at + 128 <= n; at += 128) {
			struct signalfd_siginfo info;

			memcpy(&info, bytes + at, sizeof(info));
			tell_signal(&info);
		}
	else
		tell_watched(bytes, n);
	memset(bytes, 0x5a, (size_t)n);
}
