/* Ports and port sets: life and death. */
#include <ipc.h>
#include <objects/objects.h>

static struct object_cache port_cache, pset_cache;
struct ipc_space ipc_space_kernel;

void ipc_mqueue_init(struct ipc_mqueue *queue)
{
	list_init(&queue->messages);
	list_init(&queue->receivers);
}

void ipc_port_cache_init(void);
void ipc_port_cache_init(void)
{
	object_cache_init(&port_cache, "port", sizeof(struct ipc_port), 8);
	object_cache_init(&pset_cache, "port set", sizeof(struct ipc_pset), 8);
}

struct ipc_port *ipc_port_alloc(void)
{
	struct ipc_port *port = object_alloc(&port_cache);

	if (!port)
		return NULL;
	memset(port, 0, sizeof(*port));
	port->refs = 1;
	port->active = true;
	port->qlimit = MACH_PORT_QLIMIT_DEFAULT;
	port->queue = &port->own;
	ipc_mqueue_init(&port->own);
	list_init(&port->set_link);
	wait_queue_init(&port->senders);
	list_init(&port->requests);
	return port;
}

struct ipc_port *ipc_port_alloc_kernel(enum ipc_kotype type, void *object)
{
	struct ipc_port *port = ipc_port_alloc();

	if (port) {
		port->receiver = &ipc_space_kernel;
		port->kotype = type;
		port->kobject = object;
	}
	return port;
}

void ipc_port_free(struct ipc_port *port)
{
	if (port->kotype == IKOT_MEMORY) /* it lives as long as somebody can name it */
		ipc_port_destroy(port);
	assert(!port->active && port->srights == 0 && port->sorights == 0);
	object_free(&port_cache, port);
}

static void abort_receivers(struct ipc_mqueue *queue, s64 result)
{
	struct thread *thread;

	while ((thread = list_first(&queue->receivers, struct thread, wait_link)))
		check(ipc_receive_abort(thread, result));
}

void ipc_port_destroy(struct ipc_port *port)
{
	struct ipc_kmsg *kmsg;

	assert(port->active);
	if (port->set)
		ipc_pset_remove(port);
	port->active = false;
	port->receiver = NULL;
	port->destination = NULL;
	if (port->kotype == IKOT_PAGER || port->kotype == IKOT_MEMORY)
		ipc_kobject_died(port);
	port->kotype = IKOT_NONE;
	abort_receivers(&port->own, MACH_RCV_PORT_DIED);
	thread_wake_all(&port->senders);
	ipc_requests_fulfil(port);
	ipc_port_forget_no_senders(port);
	while ((kmsg = list_first(&port->own.messages, struct ipc_kmsg, link))) {
		list_remove(&kmsg->link);
		ipc_kmsg_destroy(kmsg);
	}
}

void ipc_port_dealloc_kernel(struct ipc_port *port)
{
	ipc_port_destroy(port);
	ipc_port_unref(port);
}

/* --- port sets ------------------------------------------------------------------ */

struct ipc_pset *ipc_pset_alloc(void)
{
	struct ipc_pset *set = object_alloc(&pset_cache);

	if (set) {
		ipc_mqueue_init(&set->queue);
		list_init(&set->members);
	}
	return set;
}

/* Receivers wait where messages have just arrived: pair them. */
static void deliver_waiting(struct ipc_mqueue *queue)
{
	while (!list_is_empty(&queue->messages) && !list_is_empty(&queue->receivers)) {
		struct ipc_kmsg *kmsg = list_first(&queue->messages, struct ipc_kmsg, link);
		struct thread *thread = list_first(&queue->receivers, struct thread, wait_link);

		list_remove(&kmsg->link);
		kmsg->remote->msgcount--;
		thread->ipc.kmsg = kmsg;
		kmsg->header.msgh_seqno = kmsg->remote->seqno++;
		thread_wake_one(&kmsg->remote->senders);
		thread_wake(thread, K_OK);
	}
}

static void move_messages(
	struct ipc_mqueue *from, struct ipc_mqueue *to, const struct ipc_port *port)
{
	struct ipc_kmsg *kmsg, *after;

	list_for_each_safe(kmsg, after, &from->messages, link)
	{
		if (kmsg->remote == port) {
			list_remove(&kmsg->link);
			list_push_back(&to->messages, &kmsg->link);
		}
	}
}

void ipc_pset_add(struct ipc_pset *set, struct ipc_port *port)
{
	if (port->set)
		ipc_pset_remove(port);
	abort_receivers(&port->own, MACH_RCV_PORT_CHANGED);
	port->set = set;
	port->queue = &set->queue;
	list_push_back(&set->members, &port->set_link);
	move_messages(&port->own, &set->queue, port);
	deliver_waiting(&set->queue);
}

void ipc_pset_remove(struct ipc_port *port)
{
	move_messages(&port->set->queue, &port->own, port);
	list_remove(&port->set_link);
	port->set = NULL;
	port->queue = &port->own;
}

void ipc_pset_destroy(struct ipc_pset *set)
{
	struct ipc_port *port;

	while ((port = list_first(&set->members, struct ipc_port, set_link)))
		ipc_pset_remove(port);
	abort_receivers(&set->queue, MACH_RCV_PORT_DIED);
	object_free(&pset_cache, set);
}
