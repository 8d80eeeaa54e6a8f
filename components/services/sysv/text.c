/* text: /proc/sysvipc, in Linux's columns. */
#include <services/procfs/text.h>
#include <services/sysv/messages.h>
#include <services/sysv/segments.h>
#include <services/sysv/semaphores.h>
#include <services/sysv/sysv.h>

/* Key, number and permissions, the last in octal with a column of four. */
static void add_object(struct text *text, const struct ipc_object *object)
{
	char mode[8];
	u32 at = sizeof(mode) - 1, value = object->mode;

	mode[at] = '\0';
	do
		mode[--at] = (char)('0' + value % 8);
	while ((value /= 8) != 0);
	text_add(text, "%10d %10d  %4s ", object->key, object->id, mode + at);
}

static void add_owners(struct text *text, const struct ipc_object *object)
{
	text_add(text, "%5u %5u %5u %5u ", object->uid, object->gid, object->cuid, object->cgid);
}

static void add_segment(struct text *text, const struct segment *segment)
{
	add_object(text, &segment->object);
	text_add(text, "%21lu %5d %5d  %5lu ", (unsigned long)segment->size, segment->creator,
		segment->last, (unsigned long)segment->attached);
	add_owners(text, &segment->object);
	text_add(text, "%10ld %10ld %10ld %21lu %21u\n", (long)segment->atime, (long)segment->dtime,
		(long)segment->ctime, (unsigned long)(segment_resident(segment) * PAGE_SIZE), 0);
}

void text_segments(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text,
		"       key      shmid perms                  size  cpid  lpid nattch   uid   "
		"gid  cuid  cgid      atime      dtime      ctime                   rss      "
		"            swap\n");
	for (u32 i = 0; i < segments.room; i++) {
		if (segments.slots[i])
			add_segment(text, container_of(segments.slots[i], struct segment, object));
	}
}

void text_semaphores(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text, "       key      semid perms      nsems   uid   gid  cuid  cgid      otime  "
		       "    ctime\n");
	for (u32 i = 0; i < semaphore_sets.room; i++) {
		const struct semaphore_set *set;

		if (!semaphore_sets.slots[i])
			continue;
		set = container_of(semaphore_sets.slots[i], struct semaphore_set, object);
		add_object(text, &set->object);
		text_add(text, "%10u ", set->count);
		add_owners(text, &set->object);
		text_add(text, "%10ld %10ld\n", (long)set->otime, (long)set->ctime);
	}
}

void text_queues(struct text *text, struct proc *proc)
{
	(void)proc;
	text_add(text,
		"       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  "
		"cuid  cgid      stime      rtime      ctime\n");
	for (u32 i = 0; i < message_queues.room; i++) {
		const struct message_queue *queue;

		if (!message_queues.slots[i])
			continue;
		queue = container_of(message_queues.slots[i], struct message_queue, object);
		add_object(text, &queue->object);
		text_add(text, " %10lu %10lu %5d %5d ", (unsigned long)queue->bytes,
			(unsigned long)queue->count, queue->sender, queue->receiver);
		add_owners(text, &queue->object);
		text_add(text, "%10ld %10ld %10ld\n", (long)queue->stime, (long)queue->rtime,
			(long)queue->ctime);
	}
}
