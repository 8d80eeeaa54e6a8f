/*
 * l4_ipc: the threads that are timed.
 *
 * The payload of a message is in message registers up to 64 bytes (eight
 * words, of which the last is in the UTCB), else in a string item, copied once
 * by the kernel. The echo sends back what it got. One way is from the client's reading of the clock
 * before its call to the echo's after it; a round trip, the client's before and after.
 */
#include <workloads/l4_ipc/l4_ipc.h>

static u8 client_buffer[PAGE] aligned(4096), echo_buffer[PAGE] aligned(4096);
static volatile u64 arrival; /* when the echo had the message */

/* A call without payload: no message register is loaded, and none kept. */
static always_inline s64 ipc_empty(u64 to, u64 from)
{
	s64 result = -L4_CALL_IPC;
	register u64 r10 __asm__("r10") = 0;

	__asm__ volatile("syscall"
			 : "+a"(result), "+r"(r10)
			 : "D"(to), "S"(from), "d"(0ull)
			 : "rcx", "r8", "r9", "r11", "rbx", "r12", "r13", "r14", "r15", "memory");
	return result;
}

/* One word: MR1 both ways. */
static always_inline s64 ipc_word(u64 to, u64 from, u64 *word)
{
	s64 result = -L4_CALL_IPC;
	register u64 r10 __asm__("r10") = 1;
	register u64 r8 __asm__("r8") = *word;

	__asm__ volatile("syscall"
			 : "+a"(result), "+r"(r10), "+r"(r8)
			 : "D"(to), "S"(from), "d"(0ull)
			 : "rcx", "r9", "r11", "rbx", "r12", "r13", "r14", "r15", "memory");
	*word = r8;
	return result;
}

/* --- the client ---------------------------------------------------------- */

static struct l4_message message_of(const struct trial *trial, u64 seed)
{
	struct l4_message m = {0};

	if (trial->bytes > 64) {
		for (unsigned i = 0; i < trial->bytes; i++)
			client_buffer[i] = (u8)(seed + i * 7);
		m.tag = l4_tag(0, 0, 2);
		m.mr[0] = l4_string_item(trial->bytes);
		m.mr[1] = (u64)client_buffer;
		return m;
	}
	m.tag = l4_tag(0, trial->bytes / 8, 0);
	for (unsigned i = 0; i < trial->bytes / 8 && i < L4_REGISTER_MRS; i++)
		m.mr[i] = seed * 1000 + i;
	if (trial->bytes == 64)
		task_utcb(CLIENT)->mr[8] = seed * 1000 + 7;
	return m;
}

/* Did the echo send back what it was sent? */
static bool intact(const struct trial *trial, const struct l4_message *m, u64 seed)
{
	if (trial->bytes > 64) {
		if (m->tag != l4_tag(0, 0, 2) || l4_string_length(m->mr[0]) != trial->bytes)
			return false;
		for (unsigned i = 0; i < trial->bytes; i++)
			if (client_buffer[i] != (u8)(seed + i * 7) ||
				echo_buffer[i] != (u8)(seed + i * 7))
				return false;
		return true;
	}
	if (m->tag != l4_tag(0, trial->bytes / 8, 0))
		return false;
	for (unsigned i = 0; i < trial->bytes / 8 && i < L4_REGISTER_MRS; i++)
		if (m->mr[i] != seed * 1000 + i)
			return false;
	return trial->bytes < 64 || task_utcb(CLIENT)->mr[8] == seed * 1000 + 7;
}

/* One call; the sample, or 0 if it went wrong. */
static u64 sample(const struct trial *trial, u64 seed)
{
	struct l4_message m = message_of(trial, seed);
	u64 echo = trial->echo, begin, end;
	s64 from;

	arrival = 0;
	if (trial->bytes == 0) {
		begin = bench_now();
		from = ipc_empty(echo, echo);
		end = bench_now();
	} else if (trial->bytes == 8) {
		begin = bench_now();
		from = ipc_word(echo, echo, &m.mr[0]);
		end = bench_now();
	} else {
		begin = bench_now();
		from = l4_ipc(echo, echo, 0, &m);
		end = bench_now();
	}
	if ((u64)from != echo || !intact(trial, &m, seed))
		return 0;
	return (trial->round_trip ? end : arrival) - begin;
}

static void accept_string(struct l4_utcb *utcb, void *buffer)
{
	utcb->buffers[0].address = (u64)buffer;
	utcb->buffers[0].size = PAGE;
}

void trial_client(void *argument)
{
	const struct trial *trial = argument;
	struct bench_series *series = trial->series;
	u64 failures = 0;

	accept_string(task_utcb(CLIENT), client_buffer);
	client_buffer[0] = echo_buffer[0] =
		0; /* a page that is missing would end the first transfer */
	series->count = BENCH_SAMPLES;
	for (u64 i = 0; i < BENCH_WARMUP + BENCH_SAMPLES; i++) {
		u64 ticks = sample(trial, i + 1);
		series->samples[i < BENCH_WARMUP ? 0 : i - BENCH_WARMUP] = ticks;
		failures += ticks == 0;
	}
	task_done(failures);
}

/* --- the echo ------------------------------------------------------------ */

/* Loops of their own, so that a round trip does not pay for a clock that nobody reads. */
static noreturn void echo_empty(bool timed)
{
	u64 to = L4_NIL;

	if (timed) {
		for (;;) {
			to = (u64)ipc_empty(to, L4_ANY);
			arrival = bench_now();
		}
	}
	for (;;)
		to = (u64)ipc_empty(to, L4_ANY);
}

static noreturn void echo_word(bool timed)
{
	u64 to = L4_NIL, word = 0;

	if (timed) {
		for (;;) {
			to = (u64)ipc_word(to, L4_ANY, &word);
			arrival = bench_now();
		}
	}
	for (;;)
		to = (u64)ipc_word(to, L4_ANY, &word);
}

static noreturn void echo_message(bool timed)
{
	struct l4_message m = {0};
	u64 to = L4_NIL;

	if (timed) {
		for (;;) {
			to = (u64)l4_ipc(to, L4_ANY, 0, &m);
			arrival = bench_now();
		}
	}
	for (;;)
		to = (u64)l4_ipc(to, L4_ANY, 0, &m);
}

void trial_echo(void *argument)
{
	const struct trial *trial = argument;

	accept_string(task_utcb(ECHO), echo_buffer);
	echo_buffer[0] = 0;
	if (trial->bytes == 0)
		echo_empty(!trial->round_trip);
	if (trial->bytes == 8)
		echo_word(!trial->round_trip);
	echo_message(!trial->round_trip);
}

/* --- page faults --------------------------------------------------------- */

static inline u64 timed_read(const u8 *byte, u8 *value)
{
	u64 begin = bench_now();

	*value = *(const volatile u8 *)byte;
	return bench_now() - begin;
}

void fault_client(void *argument)
{
	const struct trial *trial = argument;
	struct bench_series *series = trial->series;
	u64 failures = 0;

	series->count = BENCH_SAMPLES;
	for (u64 i = 0; i < FAULT_PAGES; i++) {
		u8 value;
		series->samples[i < BENCH_WARMUP ? 0 : i - BENCH_WARMUP] =
			timed_read((const u8 *)FAULT_BASE + i * PAGE, &value);
		failures += value != FAULT_MARK;
	}
	task_done(failures);
}
