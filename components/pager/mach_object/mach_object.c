/* Memory objects: from port to vm object, page requests, and the end of either side. */
#include <memory_object.h>
#include <objects/objects.h>
#include <pager/pager.h>

/* A page that was asked for. It stays until it is answered, even when nobody waits any more. */
struct page_request {
	struct list link;
	u64 index;
	u32 waiting;
	bool answered;
	enum kstatus status;
	struct wait_queue queue;
};

static struct object_cache request_cache, object_cache;

void memory_object_init(void)
{
	object_cache_init(&request_cache, "page request", sizeof(struct page_request), 8);
	object_cache_init(&object_cache, "memory object", sizeof(struct memory_object), 8);
}

static enum kstatus create(u64 pages, struct memory_object **out)
{
	struct memory_object *memory = object_alloc(&object_cache);

	if (!memory)
		return K_NOMEM;
	memset(memory, 0, sizeof(*memory));
	list_init(&memory->requests);
	enum kstatus status = vm_object_create(&memory->object, pages, memory);
	if (status != K_OK) {
		object_free(&object_cache, memory);
		return status;
	}
	*out = memory;
	return K_OK;
}

/* The port's association holds one reference on the object: that is what keeps its pages cached. */
enum kstatus memory_object_enter(struct ipc_port *port, struct vm_object **out)
{
	struct memory_object *memory = port->kobject;

	if (port->kotype == IKOT_NONE && port->receiver != &ipc_space_kernel) {
		struct ipc_port *control = ipc_port_alloc_kernel(IKOT_PAGING_REQUEST, NULL);
		if (!control)
			return K_NOMEM;
		enum kstatus status = create(MEMORY_OBJECT_PAGES_MAX, &memory);
		if (status != K_OK) {
			ipc_port_dealloc_kernel(control);
			return status;
		}
		memory->control = control;
		memory->port = ipc_port_make_send(port);
		control->kobject = memory;
		port->kotype = IKOT_PAGER;
		port->kobject = memory;
	} else if (port->kotype != IKOT_PAGER) {
		return K_INVAL;
	}
	vm_object_ref(memory->object);
	*out = memory->object;
	return K_OK;
}

enum kstatus memory_object_physical(paddr_t start, u64 pages, struct vm_object **out)
{
	struct memory_object *memory;
	enum kstatus status = create(pages, &memory);

	if (status != K_OK)
		return status;
	memory->physical = true;
	memory->start = start;
	*out = memory->object;
	return K_OK;
}

/* --- the end --------------------------------------------------------------------------- */

/* Whoever waits goes on with `status`; the last of them frees the request. */
static void answer(struct page_request *request, enum kstatus status)
{
	list_remove(&request->link);
	request->answered = true;
	request->status = status;
	if (request->waiting == 0)
		object_free(&request_cache, request);
	else
		thread_wake_all(&request->queue);
}

void memory_object_pager_died(struct memory_object *memory)
{
	struct page_request *request;
	struct ipc_port *port = memory->port;

	memory->port = NULL;
	while ((request = list_first(&memory->requests, struct page_request, link)))
		answer(request, K_DEAD);
	ipc_port_release_send(port);
	vm_object_unref(memory->object);
}

void pager_object_gone(struct vm_object *object)
{
	struct memory_object *memory = object->pager;

	/* A living port keeps the object: so there is no port, and nobody waits. */
	assert(!memory->port && list_is_empty(&memory->requests));
	if (memory->control)
		ipc_port_dealloc_kernel(memory->control);
	object_free(&object_cache, memory);
}

/* --- asking ------------------------------------------------------------------------------ */

static struct page_request *find_request(const struct memory_object *memory, u64 index)
{
	struct page_request *request;

	list_for_each(request, &memory->requests, link) if (request->index == index) return request;
	return NULL;
}

static struct ipc_kmsg *data_request(struct memory_object *memory, u64 index)
{
	struct ipc_kmsg *kmsg = ipc_kmsg_kernel(sizeof(struct memory_object_data_request),
		MEMORY_OBJECT_DATA_REQUEST, memory->port, MACH_MSG_TYPE_PORT_SEND, memory->control,
		MACH_MSG_TYPE_PORT_SEND);

	if (!kmsg)
		return NULL;
	ipc_port_make_send(memory->port);
	ipc_port_make_send(memory->control);
	struct memory_object_data_request *request =
		(struct memory_object_data_request *)&kmsg->header;
	request->type = MACH_TYPE(MACH_MSG_TYPE_INTEGER_64, 64, 3);
	request->offset = index << PAGE_SHIFT;
	request->length = PAGE_SIZE;
	request->desired_access = VM_PROT_READ;
	return kmsg;
}

/* A new request, sent. *next: the pager's thread that holds it and waits for the processor, or
 * NULL. */
static enum kstatus ask(
	struct memory_object *memory, u64 index, struct page_request **out, struct thread **next)
{
	struct page_request *request = object_alloc(&request_cache);

	if (!request)
		return K_NOMEM;
	struct ipc_kmsg *kmsg = data_request(memory, index);
	if (!kmsg) {
		object_free(&request_cache, request);
		return K_NOMEM;
	}
	*request = (struct page_request){.index = index};
	wait_queue_init(&request->queue);
	list_push_back(&memory->requests, &request->link);
	*out = request;
	*next = ipc_kernel_send(kmsg);
	return K_OK;
}

/* The frame lies outside what the allocator knows; its label is filled in when it is first asked
 * for. */
static enum kstatus physical_page(struct memory_object *memory, u64 index)
{
	struct page *page = phys_page(memory->start + (index << PAGE_SHIFT));

	page->refs = 2; /* the object's, and one that is never given up: the frame is not the
			   allocator's */
	return vm_object_insert(memory->object, index, page);
}

enum kstatus pager_page_in(struct vm_object *object, u64 index)
{
	struct memory_object *memory = object->pager;
	struct thread *next = NULL;

	if (memory->physical)
		return physical_page(memory, index);
	if (!memory->port)
		return K_DEAD;
	struct page_request *request = find_request(memory, index);
	if (!request) {
		enum kstatus status = ask(memory, index, &request, &next);
		if (status != K_OK)
			return status;
	}
	request->waiting++;
	u64 deadline = thread_current->ipc.page_deadline;
	enum kstatus waited =
		ipc_wait_hand_off(&request->queue, deadline ? deadline : THREAD_FOREVER, next);
	request->waiting--;
	if (!request->answered)
		return waited; /* broken off, or in vain; the answer may still come */
	enum kstatus status = waited == K_INTERRUPTED ? waited : request->status;
	if (request->waiting == 0)
		object_free(&request_cache, request);
	return status;
}

/* --- the pager's answers ------------------------------------------------------------------- */

static enum kstatus store(struct memory_object *memory, u64 index, const void *data)
{
	struct page *page = frame_alloc();

	if (!page)
		return K_NOMEM;
	if (data)
		page_copy(page_bytes(page), data);
	else
		page_zero(page_bytes(page));
	enum kstatus status = vm_object_insert(memory->object, index, page);
	if (status != K_OK)
		page_unref(page);
	return status;
}

/* Looks at the message as closely as a MIG stub would: size and descriptors must be exactly those
 * of its id. */
static bool well_formed(const struct mach_msg_header *header)
{
	const struct memory_object_data_provided *message = (const void *)header;
	struct mach_msg_type offset = MACH_TYPE(MACH_MSG_TYPE_INTEGER_64, 64, 1);
	struct mach_msg_type data = MACH_TYPE(MACH_MSG_TYPE_BYTE, 8, MEMORY_OBJECT_PAGE_SIZE);
	bool provided = header->msgh_id == MEMORY_OBJECT_DATA_PROVIDED;

	if (header->msgh_size != (provided ? sizeof(*message) : sizeof(message->answer)))
		return false;
	if (memcmp(&message->answer.type, &offset, sizeof(offset)) != 0)
		return false;
	return !provided || memcmp(&message->data_type, &data, sizeof(data)) == 0;
}

/* Data that nobody has asked for are dropped, as in Mach. */
void memory_object_control(struct memory_object *memory, struct ipc_kmsg *kmsg)
{
	const struct memory_object_data_provided *message = (const void *)&kmsg->header;
	s32 id = kmsg->header.msgh_id;

	if (id >= MEMORY_OBJECT_DATA_PROVIDED && id <= MEMORY_OBJECT_DATA_ERROR &&
		well_formed(&kmsg->header)) {
		u64 index = message->answer.offset >> PAGE_SHIFT;
		struct page_request *request = find_request(memory, index);
		if (request && (message->answer.offset & VM_PAGE_MASK) == 0) {
			if (id == MEMORY_OBJECT_DATA_ERROR)
				answer(request, K_FAULT);
			else
				answer(request,
					store(memory, index,
						id == MEMORY_OBJECT_DATA_PROVIDED ? message->data
										  : NULL));
		}
	}
	ipc_kmsg_destroy(kmsg);
}
