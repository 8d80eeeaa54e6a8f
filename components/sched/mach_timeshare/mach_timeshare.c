/* What mach_timeshare does once a period: ageing. See sched_impl.h. */
#include <sched/sched.h>

struct timeshare timeshare;

void timeshare_age(struct sched_node *node)
{
	for (u64 periods = timeshare.period - node->stamp; periods > 0 && node->usage > 0;
		periods--)
		node->usage = (u32)((u64)node->usage * 5 / 8); /* 0 after some twenty */
	node->stamp = timeshare.period;
	node->current =
		MIN(node->base + (s32)(node->usage >> TIMESHARE_SHIFT), SCHED_PRIORITY_LOWEST);
}

/* Levels from the most urgent on: a thread only ever moves to one that has been done, so none is
 * met twice. */
void timeshare_begin_period(void)
{
	struct sched_node *node, *after;

	timeshare.ticks = 0;
	timeshare.period++;
	for (s32 level = 0; level < LEVELS; level++)
		list_for_each_safe(node, after, &timeshare.levels.queue[level], link)
		{
			s32 risen = MAX(level - TIMESHARE_RISE, 0);

			timeshare_age(node);
			node->current = MIN(node->current, risen);
			if (node->current == level)
				continue;
			levels_remove(&timeshare.levels, &node->link, level);
			levels_push(&timeshare.levels, &node->link, node->current, false);
		}
}
