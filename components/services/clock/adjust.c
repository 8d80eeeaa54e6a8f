/*
 * adjust: adjtimex and clock_adjtime.
 *
 * They are made for a clock that is slowly brought to the right time. This one is set at once, and
 * its rate, which is the machine's, cannot be changed: EINVAL. The checks and their order are those
 * of Linux's kernel/time/timekeeping.c and ntp.c.
 */
#include <services/clock/clock.h>
#include <services/identity/identity.h>

#include <unix_calls.h>

#define ADJ_OFFSET            0x0001u
#define ADJ_FREQUENCY         0x0002u
#define ADJ_MAXERROR          0x0004u
#define ADJ_ESTERROR          0x0008u
#define ADJ_STATUS            0x0010u
#define ADJ_TIMECONST         0x0020u
#define ADJ_TAI               0x0080u
#define ADJ_SETOFFSET         0x0100u
#define ADJ_MICRO             0x1000u
#define ADJ_NANO              0x2000u
#define ADJ_TICK              0x4000u
#define ADJ_ADJTIME           0x8000u
#define ADJ_OFFSET_SINGLESHOT 0x0001u /* with ADJ_ADJTIME */
#define ADJ_OFFSET_READONLY   0x2000u

#define STATE_OK    0
#define STATE_ERROR 5

#define TICK_USEC       10000
#define TOLERANCE       32768000 /* 500 millionths, in Linux's unit */
#define MICROS_PER_TURN 1000000ll

/* struct timex of Linux, include/uapi/linux/timex.h. */
struct adjustment {
	u32 modes, pad;
	s64 offset, frequency, max_error, error;
	s32 status, pad2;
	s64 constant, precision, tolerance;
	struct timespec time;
	s64 tick, pulses[8];
	s32 tai, reserved[11];
};
_Static_assert(sizeof(struct adjustment) == 208 && offsetof(struct adjustment, tai) == 160,
	"struct timex");

/* What adjtimex says of how good the clock is; it is not looked at. */
static struct {
	s64 max_error, error, constant;
	s32 status;
} quality;

#define ERROR_MAX     16000000 /* microseconds: nobody has set the clock */
#define STA_UNSYNC    0x0040
#define STA_NANO      0x2000
#define STA_READ_ONLY 0xff00

void clock_quality_init(void)
{
	quality.max_error = ERROR_MAX;
	quality.error = ERROR_MAX;
	quality.constant = 2;
	quality.status = STA_UNSYNC;
}

static long check_adjustment(const struct adjustment *a)
{
	s64 whole = a->modes & ADJ_NANO ? NSEC_PER_SEC : MICROS_PER_TURN;
	bool may = identity_may(CAP_SYS_TIME);

	if (a->modes & ADJ_ADJTIME) {
		if (!(a->modes & ADJ_OFFSET_SINGLESHOT))
			return -EINVAL;
		return a->modes & ADJ_OFFSET_READONLY || may ? 0 : -EPERM;
	}
	if (a->modes != 0 && !may)
		return -EPERM;
	if (a->modes & ADJ_TICK && a->tick != TICK_USEC)
		return -EINVAL;
	if (a->modes & ADJ_FREQUENCY && a->frequency != 0)
		return -EINVAL;
	if (a->modes & ADJ_SETOFFSET && (a->time.nanoseconds < 0 || a->time.nanoseconds >= whole))
		return -EINVAL;
	return 0;
}

/* The clock is put forward, if it stays one that can be told. */
static long move_by(s64 seconds, s64 ns)
{
	u64 now = clock_epoch + env_now();
	struct timespec to = {.nanoseconds = (s64)(now % NSEC_PER_SEC) + ns};

	if (seconds > CLOCK_SECONDS_MAX || seconds < -CLOCK_SECONDS_MAX)
		return -EINVAL;
	to.seconds = (s64)(now / NSEC_PER_SEC) + seconds + to.nanoseconds / NSEC_PER_SEC;
	to.nanoseconds %= NSEC_PER_SEC;
	if (to.nanoseconds < 0) {
		to.nanoseconds += NSEC_PER_SEC;
		to.seconds--;
	}
	return clock_move_to(&to);
}

/* What is off is put right at once: no clock here goes faster or slower for it. */
static long adjust(const struct adjustment *a)
{
	s64 unit = a->modes & ADJ_NANO ? 1 : NSEC_PER_USEC;
	long error = 0;

	if (a->modes & ADJ_ADJTIME) {
		if (a->modes & ADJ_OFFSET_READONLY)
			return 0;
		return move_by(
			a->offset / MICROS_PER_TURN, a->offset % MICROS_PER_TURN * NSEC_PER_USEC);
	}
	if (a->modes & ADJ_SETOFFSET)
		error = move_by(a->time.seconds, a->time.nanoseconds * unit);
	if (error != 0)
		return error;
	if (a->modes & ADJ_STATUS)
		quality.status = (quality.status & STA_READ_ONLY) | (a->status & ~STA_READ_ONLY);
	if (a->modes & ADJ_NANO)
		quality.status |= STA_NANO;
	if (a->modes & ADJ_MICRO)
		quality.status &= ~STA_NANO;
	if (a->modes & ADJ_MAXERROR)
		quality.max_error = a->max_error;
	if (a->modes & ADJ_ESTERROR)
		quality.error = a->error;
	if (a->modes & ADJ_TIMECONST)
		quality.constant = a->constant;
	if (a->modes & ADJ_TAI && a->constant >= 0 && a->constant <= INT32_MAX)
		clock_tai_offset = (s32)a->constant;
	return 0;
}

static void describe(struct adjustment *a)
{
	u64 now = clock_epoch + env_now();
	s64 unit = quality.status & STA_NANO ? 1 : NSEC_PER_USEC;

	*a = (struct adjustment){.modes = a->modes,
		.max_error = quality.max_error,
		.error = quality.error,
		.status = quality.status,
		.constant = quality.constant,
		.precision = 1,
		.tolerance = TOLERANCE,
		.time = {(s64)(now / NSEC_PER_SEC), (s64)(now % NSEC_PER_SEC) / unit},
		.tick = TICK_USEC,
		.tai = clock_tai_offset};
}

long sys_adjtimex(vaddr_t adjustment)
{
	struct adjustment a;
	long error;

	if (env_copyin(&a, adjustment, sizeof(a)) != K_OK)
		return -EFAULT;
	error = check_adjustment(&a);
	if (error == 0)
		error = adjust(&a);
	if (error != 0)
		return error;
	describe(&a);
	if (env_copyout(adjustment, &a, sizeof(a)) != K_OK)
		return -EFAULT;
	return quality.status & STA_UNSYNC ? STATE_ERROR : STATE_OK;
}

long sys_clock_adjtime(int clock, vaddr_t adjustment)
{
	static const int known[] = {CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME, CLOCK_THREAD_CPUTIME,
		CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME,
		CLOCK_TAI};
	struct adjustment a;

	if (env_copyin(&a, adjustment, sizeof(a)) != K_OK)
		return -EFAULT;
	if (clock == CLOCK_REALTIME)
		return sys_adjtimex(adjustment);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (known[i] == clock)
			return -EOPNOTSUPP;
	}
	return -EINVAL;
}
