/*
 * sleep: sleeping in a call that signals break off.
 *
 * A signal breaks off the sleep of a thread that is asleep. One that was woken for another reason
 * and has not run since is not: when it finds that it was woken in vain and sleeps again, nobody
 * would tell it any more. So before such a sleep one looks.
 */
#pragma once

#include <services/services.h>

/* Whether the call being served is to be broken off: a signal is due, or the process stops or ends.
 * Then the thread is seen to when it is over. */
bool call_is_broken_off(void);

/* env_sleep(), which does not even begin where the call is to be broken off: K_INTERRUPTED. */
enum kstatus must_check call_sleep(struct env_queue *queue, u64 deadline);
