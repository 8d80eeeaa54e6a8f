/*
 * operation: FUTEX_WAKE_OP, which changes a word and wakes those on another, and on this one if it
 * held what is asked for.
 *
 * The operation is packed into a word: 4 bits of operation, 4 of comparison, 12 of operand and 12
 * of what is compared with, both signed.
 */
#include <services/futex/futex.h>

#define OPERAND_IS_SHIFT 8u

static s32 sign_extend_12(u32 bits)
{
	return (s32)(bits << 20) >> 20;
}

static bool apply(u32 operation, u32 operand, u32 word, u32 *fresh)
{
	switch (operation) {
	case 0:
		*fresh = operand;
		return true;
	case 1:
		*fresh = word + operand;
		return true;
	case 2:
		*fresh = word | operand;
		return true;
	case 3:
		*fresh = word & ~operand;
		return true;
	case 4:
		*fresh = word ^ operand;
		return true;
	default:
		return false;
	}
}

/* 1: it holds, 0: not, -ENOSYS: there is no such comparison. */
static long compare(u32 comparison, s32 word, s32 with)
{
	switch (comparison) {
	case 0:
		return word == with;
	case 1:
		return word != with;
	case 2:
		return word < with;
	case 3:
		return word <= with;
	case 4:
		return word > with;
	case 5:
		return word >= with;
	default:
		return -ENOSYS;
	}
}

/* Carries it out on the word; whether the comparison with what was there before holds. */
static long change(vaddr_t at, u32 encoded)
{
	u32 operation = encoded >> 28, operand = (u32)sign_extend_12(encoded >> 12 & 0xfff);
	u32 before, fresh, seen;

	if (operation & OPERAND_IS_SHIFT)
		operand = 1u << (operand & 31);
	if (env_copyin(&seen, at, sizeof(seen)) != K_OK)
		return -EFAULT;
	do {
		before = seen;
		if (!apply(operation & ~OPERAND_IS_SHIFT, operand, before, &fresh))
			return -ENOSYS;
		if (env_exchange_word(at, &seen, fresh) != K_OK)
			return -EFAULT;
	} while (seen != before);
	return compare(encoded >> 24 & 0xf, (s32)before, sign_extend_12(encoded & 0xfff));
}

long futex_wake_operation(
	vaddr_t first, vaddr_t second, bool private, s32 wake, s32 wake_second, u32 operation)
{
	struct futex_key key, second_key;
	long holds, woken, more = 0, error = futex_key_of(first, private, &key);

	if (error == 0)
		error = futex_key_of(second, private, &second_key);
	if (error != 0)
		return error;
	holds = change(second, operation);
	if (holds < 0)
		return holds;
	woken = futex_wake(&key, wake, FUTEX_ANY);
	if (woken >= 0 && holds)
		more = futex_wake(&second_key, wake_second, FUTEX_ANY);
	return woken < 0 ? woken : more < 0 ? more : woken + more;
}
