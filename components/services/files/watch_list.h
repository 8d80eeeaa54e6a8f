/* watch_list: a list of watches, for structures that hold one; see watch.h. */
#pragma once

#include <lib/lib.h>

struct watch_list {
	struct list watches;
};

static inline void watch_list_init(struct watch_list *list)
{
	list_init(&list->watches);
}
