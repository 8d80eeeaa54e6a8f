/* The one queue of round_robin. */
#include <sched/sched.h>

struct list round_robin_queue;
