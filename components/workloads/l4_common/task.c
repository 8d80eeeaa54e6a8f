/* l4_common: paging, threads, console. See task.h. */
#include <workloads/l4_common/task.h>

#define STACK_SIZE 16384

extern char l4_image_start[], l4_rodata_start[], l4_data_start[], l4_image_end[];

static u8 stacks[TASK_STACKS][STACK_SIZE] aligned(4096);
static u64 fresh, fresh_end; /* free memory */

static void print(const char *bytes, size_t length)
{
	l4_debugger(L4_DEBUGGER_CONSOLE, bytes, length);
}

void console_write(const char *text, size_t length)
{
	write_lines(print, text, length);
}

noreturn void panic(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	kvprintf(format, ap);
	va_end(ap);
	kprintf("\n");
	l4_power_off(0x12);
}

void task_must(s64 result, const char *what)
{
	if (result < 0)
		panic("%s: error %ld", what, (long)-result);
}

void task_init(const struct l4_kip *kip)
{
	for (unsigned i = 0; i < kip->ranges_count; i++) {
		if (kip->ranges[i].end - kip->ranges[i].start > fresh_end - fresh) {
			fresh = kip->ranges[i].start;
			fresh_end = kip->ranges[i].end;
		}
	}
}

u64 task_page(void)
{
	if (fresh == fresh_end)
		panic("out of memory");
	fresh += PAGE;
	return fresh - PAGE;
}

/* --- threads ------------------------------------------------------------- */

void task_make(u64 id, u64 space, unsigned stack)
{
	task_must(l4_thread_control(id, space, TASK_ROOT, TASK_ROOT, (u64)task_utcb(stack), 16),
		"making a thread");
}

void task_start(u64 id, unsigned stack, void (*body)(void *), void *argument)
{
	struct l4_registers r = {
		.ip = (u64)body,
		.sp = (u64)stacks[stack] + STACK_SIZE - 8, /* as after a call */
		.arg = (u64)argument,
	};

	task_must(l4_exchange_registers(
			  id, L4_EXREGS_IP | L4_EXREGS_SP | L4_EXREGS_ARG | L4_EXREGS_RUN, &r),
		"starting a thread");
}

void task_delete(u64 id)
{
	task_must(l4_thread_control(id, L4_NIL, 0, 0, 0, 0), "deleting a thread");
}

noreturn void task_done(u64 value)
{
	struct l4_message m = {.tag = l4_tag(0, 1, 0), .mr = {value}};

	for (;;)
		l4_call(TASK_ROOT, &m);
}

/* --- paging -------------------------------------------------------------- */

/* The image's page itself, with the rights that it was linked with. */
static u64 image_page(u64 page)
{
	if (page < (u64)l4_image_start || page >= (u64)l4_image_end)
		return 0;
	if (page < (u64)l4_rodata_start)
		return l4_fpage(page, L4_FPAGE_MIN, PROT_READ | PROT_EXEC);
	return l4_fpage(
		page, L4_FPAGE_MIN, page < (u64)l4_data_start ? PROT_READ : PROT_READ | PROT_WRITE);
}

static struct task_event event_of(u64 thread, const struct l4_message *m)
{
	u64 label = l4_label(m->tag);

	if ((label & ~7ull) == L4_LABEL_FAULT)
		return (struct task_event){TASK_FAULT, thread, m->mr[0], label & 7, m->mr[1]};
	if (label == L4_LABEL_EXCEPTION)
		return (struct task_event){TASK_EXCEPTION, thread, m->mr[0], 0, m->mr[2]};
	return (struct task_event){TASK_DONE, thread, m->mr[0], 0, 0};
}

static always_inline struct task_event wait_with(
	u64 (*supply)(u64 address, u64 access), u64 timeouts)
{
	struct l4_message m = {0};
	u64 to = L4_NIL;

	for (;;) {
		s64 from = l4_ipc(to, L4_ANY, timeouts, &m);
		if (from == -(2 * L4_ERROR_TIMEOUT + 1))
			return (struct task_event){TASK_DONE, 0, 0, 0, 0};
		task_must(from, "waiting for an event");
		struct task_event event = event_of((u64)from, &m);
		if (event.kind != TASK_FAULT)
			return event;
		u64 page = event.value & ~(PAGE - 1),
		    fpage = supply ? supply(page, event.access) : 0;
		if (!fpage)
			fpage = image_page(page);
		if (!fpage || (event.access & ~l4_fpage_rights(fpage)))
			return event;
		m.tag = l4_tag(0, 0, 2);
		m.mr[0] = l4_map_item(page);
		m.mr[1] = fpage;
		to = (u64)from;
	}
}

struct task_event task_wait(u64 (*supply)(u64 address, u64 access))
{
	return wait_with(supply, 0);
}

struct task_event task_wait_for(u64 (*supply)(u64 address, u64 access), u32 ns)
{
	return wait_with(supply, l4_timeouts(L4_FOREVER, ns));
}
