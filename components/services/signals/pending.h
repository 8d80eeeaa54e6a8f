/* pending: the signals that wait for a thread, or for a process as a whole. */
#pragma once

#include <services/errno.h>
#include <services/signals/state.h>

void pending_init(struct signal_pending *pending);
/* What is pending of `set` is forgotten. */
void pending_discard(struct signal_pending *pending, u64 set);
/* What timers have sent is forgotten. */
void pending_discard_timers(struct signal_pending *pending);
/* Takes the first of `set`: what the thread has done itself, then the lowest number, and of that
 * the oldest. false: there is none. */
bool pending_take(struct signal_pending *pending, u64 set, struct signal_info *info) must_check;
/* A standard signal waits once. K_NOMEM. */
enum kstatus must_check pending_add(struct signal_pending *pending, const struct signal_info *info);
/* The same with an element of the caller's, which waits as often as it is sent. */
void pending_add_item(struct signal_pending *pending, struct signal_queued *item);
