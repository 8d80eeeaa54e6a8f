/*
 * Intrusive doubly linked lists.
 *
 * A list is a ring through `struct list` links embedded in the elements, with
 * one more link as its head. A link that is in no list points to itself, so
 * list_is_linked() can tell and list_remove() may be called once only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next, *prev;
};

static inline void list_init(struct list *head)
{
	head->next = head;
	head->prev = head;
}

static inline bool list_is_empty(const struct list *head)
{
	return head->next == head;
}

static inline bool list_is_linked(const struct list *link)
{
	return link->next != link;
}

static inline void list_insert_before(struct list *where, struct list *link)
{
	link->next = where;
	link->prev = where->prev;
	where->prev->next = link;
	where->prev = link;
}

static inline void list_push_back(struct list *head, struct list *link)
{
	list_insert_before(head, link);
}

static inline void list_push_front(struct list *head, struct list *link)
{
	list_insert_before(head->next, link);
}

static inline void list_remove(struct list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	list_init(link);
}

/* The element that holds the first link, or NULL. */
#define list_first(head, type, member)                                                             \
	(list_is_empty(head) ? NULL : list_entry((head)->next, type, member))
#define list_entry(link, type, member) ((type *)((char *)(link)-offsetof(type, member)))

#define list_for_each(item, head, member)                                                          \
	for (item = list_entry((head)->next, __typeof__(*item), member); &item->member != (head);  \
		item = list_entry(item->member.next, __typeof__(*item), member))

/* The same, when the body may remove `item` (and nothing else). */
#define list_for_each_safe(item, after, head, member)                                              \
	for (item = list_entry((head)->next, __typeof__(*item), member),                           \
	    after = list_entry(item->member.next, __typeof__(*item), member);                      \
		&item->member != (head);                                                           \
		item = after, after = list_entry(item->member.next, __typeof__(*item), member))
