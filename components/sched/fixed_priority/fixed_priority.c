/* The queues of fixed_priority. */
#include <sched/sched.h>

struct levels fixed_priority_levels;
