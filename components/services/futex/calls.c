/*
 * calls: futex(2), and what its arguments mean.
 *
 * The order of the checks is Linux's: the time-out before the operation itself.
 */
#include <services/clock/clock.h>
#include <services/futex/futex.h>

#include <unix_calls.h>

#define FUTEX_WAIT            0
#define FUTEX_WAKE            1
#define FUTEX_REQUEUE         3
#define FUTEX_CMP_REQUEUE     4
#define FUTEX_WAKE_OP         5
#define FUTEX_LOCK_PI         6
#define FUTEX_UNLOCK_PI       7
#define FUTEX_TRYLOCK_PI      8
#define FUTEX_WAIT_BITSET     9
#define FUTEX_WAKE_BITSET     10
#define FUTEX_WAIT_REQUEUE_PI 11
#define FUTEX_LOCK_PI2        13

#define FUTEX_PRIVATE  128
#define FUTEX_REALTIME 256

static bool has_timeout(int command)
{
	return command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET || command == FUTEX_LOCK_PI ||
	       command == FUTEX_LOCK_PI2 || command == FUTEX_WAIT_REQUEUE_PI;
}

/* The end of the wait: FUTEX_WAIT says how long, the others until when, and by which clock. */
static long read_deadline(int command, bool realtime, vaddr_t at, u64 *deadline)
{
	struct timespec time;
	u64 ns;

	*deadline = ENV_FOREVER;
	if (at == 0 || !has_timeout(command))
		return 0;
	if (env_copyin(&time, at, sizeof(time)) != K_OK)
		return -EFAULT;
	if (time.seconds < 0 || time.nanoseconds < 0 || time.nanoseconds >= NSEC_PER_SEC)
		return -EINVAL;
	if (time.seconds >= INT64_MAX / NSEC_PER_SEC)
		return 0;
	ns = (u64)(time.seconds * NSEC_PER_SEC + time.nanoseconds);
	if (command == FUTEX_WAIT)
		*deadline = env_now() + ns;
	else if (realtime || command == FUTEX_LOCK_PI)
		*deadline = ns > clock_epoch ? ns - clock_epoch : 0;
	else
		*deadline = ns;
	return 0;
}

long futex_read_deadline(bool realtime, vaddr_t at, u64 *deadline)
{
	return read_deadline(FUTEX_WAIT_BITSET, realtime, at, deadline);
}

static long wake(vaddr_t address, bool private, s32 count, u32 bits)
{
	struct futex_key key;
	long error;

	if (bits == 0)
		return -EINVAL;
	error = futex_key_of(address, private, &key);
	return error == 0 ? futex_wake(&key, count, bits) : error;
}

/* `second` is the time-out's address or, where there is none, a number. */
long sys_futex(vaddr_t address, int operation, u32 value, vaddr_t second, vaddr_t other, u32 value3)
{
	int command = operation & ~(FUTEX_PRIVATE | FUTEX_REALTIME);
	bool private = operation & FUTEX_PRIVATE, realtime = operation & FUTEX_REALTIME;
	u64 deadline;
	long error = read_deadline(command, realtime, second, &deadline);

	if (error != 0)
		return error;
	if (realtime && command != FUTEX_WAIT_BITSET && command != FUTEX_WAIT_REQUEUE_PI &&
		command != FUTEX_LOCK_PI2)
		return -ENOSYS;
	switch (command) {
	case FUTEX_WAIT:
		return futex_wait(address, private, value, FUTEX_ANY, deadline, second != 0);
	case FUTEX_WAIT_BITSET:
		return futex_wait(address, private, value, value3, deadline, second != 0);
	case FUTEX_WAKE:
		return wake(address, private, (s32)value, FUTEX_ANY);
	case FUTEX_WAKE_BITSET:
		return wake(address, private, (s32)value, value3);
	case FUTEX_REQUEUE:
		return futex_requeue(address, other, private, (s32)value, (s32)second, NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(address, other, private, (s32)value, (s32)second, &value3);
	case FUTEX_WAKE_OP:
		return futex_wake_operation(
			address, other, private, (s32)value, (s32)second, value3);
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2:
		return futex_lock(address, private, deadline, false);
	case FUTEX_TRYLOCK_PI:
		return futex_lock(address, private, ENV_FOREVER, true);
	case FUTEX_UNLOCK_PI:
		return futex_unlock(address, private);
	default:
		return -ENOSYS;
	}
}
