/* Pipes against a model: a queue of slots of up to a page, as Linux has it. */
#include <services/files/files.h>

#include "services_test.h"

#define ATOMIC       4096
#define F_SETPIPE_SZ 1031
#define MOST_SLOTS   32u

struct ends {
	long read, write;
};

static struct ends make_pipe(int flags)
{
	vaddr_t fds = host_alloc(8);
	struct ends ends;

	if (host_sys(SYS_pipe2, fds, flags) != 0)
		host_die("no pipe");
	ends.read = peek32(fds);
	ends.write = peek32(fds + 4);
	return ends;
}

/* The byte with number n of the stream that the model expects. */
static u8 stream(u64 n)
{
	return (u8)(n * 131 + n / 256 * 7 + 3);
}

static void fill_stream(vaddr_t at, u64 from, size_t n)
{
	u8 bytes[256];

	for (size_t done = 0; done < n;) {
		size_t piece = MIN(n - done, sizeof(bytes));

		for (size_t i = 0; i < piece; i++)
			bytes[i] = stream(from + done + i);
		host_poke(at + done, bytes, piece);
		done += piece;
	}
}

static bool is_stream(vaddr_t at, u64 from, size_t n)
{
	u8 bytes[256];

	for (size_t done = 0; done < n;) {
		size_t piece = MIN(n - done, sizeof(bytes));

		host_peek(bytes, at + done, piece);
		for (size_t i = 0; i < piece; i++) {
			if (bytes[i] != stream(from + done + i))
				return false;
		}
		done += piece;
	}
	return true;
}

struct model {
	u32 head, tail, slots;
	struct {
		u64 begin, end; /* in its page */
	} of[MOST_SLOTS];
};

/* What a write of `n` bytes that does not wait gives. */
static long model_write(struct model *m, u64 n)
{
	u64 rest = n % PAGE_SIZE, done = 0;
	u64 *end = &m->of[(m->head - 1) % MOST_SLOTS].end;

	if (m->head != m->tail && rest > 0 && *end + rest <= PAGE_SIZE) {
		*end += rest;
		done = rest;
	}
	while (done < n && m->head - m->tail < m->slots) {
		u64 piece = MIN(n - done, (u64)PAGE_SIZE);

		m->of[m->head % MOST_SLOTS].begin = 0;
		m->of[m->head++ % MOST_SLOTS].end = piece;
		done += piece;
	}
	return n > 0 && done == 0 ? -EAGAIN : (long)done;
}

static long model_read(struct model *m, u64 n)
{
	u64 done = 0;

	if (n > 0 && m->head == m->tail)
		return -EAGAIN;
	while (done < n && m->head != m->tail) {
		u64 *begin = &m->of[m->tail % MOST_SLOTS].begin;
		u64 left = m->of[m->tail % MOST_SLOTS].end - *begin;

		*begin += MIN(left, n - done);
		m->tail += left <= n - done;
		done += MIN(left, n - done);
	}
	return (long)done;
}

static long model_resize(struct model *m, u64 bytes)
{
	u32 slots = 1;

	while ((u64)slots * PAGE_SIZE < bytes)
		slots *= 2;
	if (m->head - m->tail > slots)
		return -EBUSY;
	m->slots = slots;
	return (long)slots * (long)PAGE_SIZE;
}

/* One process, non-blocking ends: after each step the model says what must come out. */
static void test_model(void *argument)
{
	static const u64 resizes[] = {0, 1, 4096, 4097, 10000, 65536, 65536, 131072};
	u64 live = host_live_objects();
	struct ends ends = make_pipe(04000);
	vaddr_t buf = host_alloc(100000);
	vaddr_t count = host_alloc(4);
	struct model model = {.slots = 16};
	u64 written = 0, taken = 0;

	(void)argument;
	for (int step = 0; step < 5000; step++) {
		size_t n = host_chance(3) ? host_random() % 90000 : host_random() % 5000;
		long expected, got;

		if (host_chance(20)) {
			u64 bytes = resizes[host_random() % ARRAY_SIZE(resizes)];

			expected = model_resize(&model, bytes);
			got = host_sys(SYS_fcntl, ends.read, F_SETPIPE_SZ, bytes);
		} else if (host_chance(2)) {
			fill_stream(buf, written, n);
			expected = model_write(&model, n);
			got = host_sys(SYS_write, ends.write, buf, n);
			written += got > 0 ? (u64)got : 0;
		} else {
			expected = model_read(&model, n);
			got = host_sys(SYS_read, ends.read, buf, n);
			if (got > 0 && !is_stream(buf, taken, (size_t)got))
				host_die("other bytes come out than went in");
			taken += got > 0 ? (u64)got : 0;
		}
		if (got != expected)
			host_die("a transfer differs from the model");
		if (host_sys(SYS_ioctl, ends.read, 0x541b, count) != 0 ||
			peek32(count) != (s32)(written - taken))
			host_die("FIONREAD differs from the model");
	}
	tap_ok(written > 1000000, "a random sequence of transfers agrees with the model");
	while (host_sys(SYS_read, ends.read, buf, 100000) > 0)
		;
	tap_ok(host_live_objects() <= live + 5, "an empty pipe keeps one page");
	tap_eq(host_sys(SYS_close, ends.write), 0, "the write end can be closed");
	tap_eq(host_sys(SYS_read, ends.read, buf, 1), 0, "then comes the end of the file");
	tap_eq(host_sys(SYS_close, ends.read), 0, "and the read end can be");
	tap_eq(host_live_objects(), live, "then nothing is left of the pipe");
}

/* --- two processes, blocking --- */

struct conversation {
	struct ends ends;
	u64 bytes;
};

static void writer(void *argument)
{
	struct conversation *c = argument;
	vaddr_t buf = host_alloc(70000);
	u64 written = 0;

	host_sys(SYS_close, c->ends.read);
	while (written < c->bytes) {
		size_t n = 1 + host_random() % (host_chance(4) ? 70000 : 300);

		n = MIN(n, c->bytes - written);
		fill_stream(buf, written, n);
		if (host_sys(SYS_write, c->ends.write, buf, n) != (long)n)
			host_die("a blocking write is cut short");
		written += n;
	}
}

static void test_two(void *argument)
{
	struct conversation c = {make_pipe(0), 400000};
	vaddr_t buf = host_alloc(70000);
	u64 taken = 0;
	long got;

	(void)argument;
	host_fork(SYS_fork, writer, &c);
	host_sys(SYS_close, c.ends.write);
	for (;;) {
		got = host_sys(SYS_read, c.ends.read, buf,
			host_chance(3) ? 70000 : 1 + host_random() % 500);
		if (got <= 0)
			break;
		if (!is_stream(buf, taken, (size_t)got))
			host_die("other bytes come out than went in");
		taken += (u64)got;
	}
	tap_eq(taken, c.bytes,
		"all bytes of a process arrive at another, in order, and then the end");
	tap_ok(host_sys(SYS_wait4, -1) > 0, "the writer ends");
}

/* --- atomicity: many writers of small records, one reader --- */

#define WRITERS 5
#define RECORDS 60

struct record_writer {
	long fd;
	u8 name;
};

static void record_writer(void *argument)
{
	struct record_writer *w = argument;
	vaddr_t buf = host_alloc(ATOMIC);
	vaddr_t iov = host_alloc(32);

	for (int i = 0; i < RECORDS; i++) {
		u16 n = (u16)(4 + host_random() % (ATOMIC - 3));
		u64 vector[4];
		u8 bytes[ATOMIC];
		size_t cut = 1 + host_random() % (n - 1u);

		memset(bytes, w->name, sizeof(bytes));
		memcpy(bytes, &n, sizeof(n));
		host_poke(buf, bytes, n);
		vector[0] = buf;
		vector[1] = cut;
		vector[2] = buf + cut;
		vector[3] = n - cut;
		host_poke(iov, vector, sizeof(vector));
		if (host_chance(2) ? host_sys(SYS_writev, w->fd, iov, 2) != n
				   : host_sys(SYS_write, w->fd, buf, n) != n)
			host_die("a small write is cut short");
	}
}

/* Reads exactly n bytes; false at the end. */
static bool read_all(long fd, vaddr_t to, size_t n)
{
	while (n > 0) {
		long got = host_sys(SYS_read, fd, to, n);

		if (got <= 0)
			return false;
		to += (u64)got;
		n -= (size_t)got;
	}
	return true;
}

static void test_records(void *argument)
{
	struct ends ends = make_pipe(0);
	struct record_writer writers[WRITERS];
	vaddr_t buf = host_alloc(ATOMIC);
	int records = 0;

	(void)argument;
	for (int i = 0; i < WRITERS; i++) {
		writers[i] = (struct record_writer){ends.write, (u8)('a' + i)};
		host_fork(SYS_fork, record_writer, &writers[i]);
	}
	host_sys(SYS_close, ends.write);
	while (read_all(ends.read, buf, 4)) {
		u8 bytes[ATOMIC];
		u16 n;

		host_peek(&n, buf, sizeof(n));
		if (n < 4 || n > ATOMIC || !read_all(ends.read, buf + 4, n - 4u))
			host_die("a record is torn");
		host_peek(bytes, buf, n);
		for (int i = 3; i < n; i++) {
			if (bytes[i] != bytes[2])
				host_die("two records are mixed");
		}
		records++;
	}
	tap_eq(records, WRITERS * RECORDS,
		"writes of up to PIPE_BUF bytes are whole, from write and from writev");
	while (host_sys(SYS_wait4, -1) > 0)
		;
}

/* --- ends --- */

static void write_to_nobody(void *argument)
{
	struct ends *ends = argument;
	vaddr_t buf = host_alloc(8);

	host_sys(SYS_close, ends->read);
	host_sys(SYS_write, ends->write, buf, 1);
	host_die("a process outlives SIGPIPE");
}

static void write_until_it_ends(void *argument)
{
	struct ends *ends = argument;
	vaddr_t buf = host_alloc(80000);

	host_sys(SYS_close, ends->read);
	host_sys(SYS_write, ends->write, buf, 80000);
	host_die("a process outlives SIGPIPE");
}

static void test_broken(void *argument)
{
	struct ends ends = make_pipe(0);
	vaddr_t status = host_alloc(4);
	vaddr_t buf = host_alloc(8);

	(void)argument;
	host_fork(SYS_fork, write_until_it_ends, &ends);
	host_sys(SYS_read, ends.read, buf, 1);
	host_sys(SYS_close, ends.read);
	host_sys(SYS_wait4, -1, status);
	tap_eq(peek32(status), 13,
		"a blocked writer is woken when the last reader goes, and ends with SIGPIPE");
	host_fork(SYS_fork, write_to_nobody, &ends);
	host_sys(SYS_wait4, -1, status);
	tap_eq(peek32(status), 13, "a write without a reader ends the writer with SIGPIPE");
}

static void test_errors(void *argument)
{
	struct ends ends = make_pipe(0);
	vaddr_t buf = host_alloc(PAGE_SIZE);
	vaddr_t readonly = host_alloc(PAGE_SIZE);

	(void)argument;
	host_sys(SYS_mprotect, readonly, PAGE_SIZE, 1);
	tap_eq(host_sys(SYS_fcntl, ends.read, F_SETPIPE_SZ, (1u << 31) + 1), -EINVAL,
		"a pipe of more than two gigabytes is an error");
	tap_eq(host_sys(SYS_pipe, 0x100), -EFAULT,
		"pipe does not store descriptors at a bad address");
	tap_eq(host_sys(SYS_pipe, readonly), -EFAULT, "nor in memory that may only be read");
	tap_eq(make_pipe(0).read, ends.write + 1, "and then gives their numbers back");
	tap_eq(host_sys(SYS_pipe2, buf, 1), -EINVAL, "pipe2 refuses unknown flags");
	tap_eq(host_sys(SYS_read, ends.write, buf, 1), -EBADF, "the write end cannot be read");
	tap_eq(host_sys(SYS_write, ends.read, buf, 1), -EBADF, "the read end cannot be written");
	tap_eq(host_sys(SYS_write, ends.write, 0x100, 4), -EFAULT,
		"a write from a bad address is an error");
	tap_eq(host_sys(SYS_write, ends.write, 0xffff800000000000, 4), -EFAULT,
		"so is one from a kernel address");
	tap_eq(host_sys(SYS_write, ends.write, buf, -1), -EFAULT,
		"and one of more bytes than there are");
	tap_eq(host_sys(SYS_write, ends.write, buf, 6), 6, "a good one works");
	tap_eq(host_sys(SYS_read, ends.read, 0x100, 4), -EFAULT,
		"a read to a bad address is an error");
	tap_eq(host_sys(SYS_read, ends.read, readonly, 4), -EFAULT,
		"so is one to memory that may only be read");
	tap_eq(host_sys(SYS_read, ends.read, buf, 100), 6, "and neither has taken anything");
	tap_eq(host_sys(SYS_read, ends.read, buf, 0), 0, "a read of nothing does not wait");
	tap_eq(host_sys(SYS_write, ends.write, 0, 0), 0, "nor does a write of nothing");
	tap_eq(host_sys(SYS_ioctl, ends.read, 0x5413, buf), -ENOTTY, "a pipe is no terminal");
}

/* With O_DIRECT each write is a packet, and a read takes one. */
static void test_packets(void *argument)
{
	struct ends ends = make_pipe(040000 | 04000);
	vaddr_t buf = host_alloc(PAGE_SIZE * 2);

	(void)argument;
	tap_eq(host_sys(SYS_write, ends.write, buf, 10), 10, "a packet is written");
	tap_eq(host_sys(SYS_write, ends.write, buf, PAGE_SIZE + 5), PAGE_SIZE + 5,
		"and one that makes two");
	tap_eq(host_sys(SYS_read, ends.read, buf, 4), 4, "what a read leaves of a packet");
	tap_eq(host_sys(SYS_read, ends.read, buf, 2 * PAGE_SIZE), PAGE_SIZE, "is lost");
	tap_eq(host_sys(SYS_read, ends.read, buf, 2 * PAGE_SIZE), 5, "and then comes the rest");
	tap_eq(host_sys(SYS_read, ends.read, buf, 1), -EAGAIN, "and no more");
}

static void deadlock(void *argument)
{
	struct ends ends = make_pipe(0);
	vaddr_t buf = host_alloc(8);

	(void)argument;
	host_sys(SYS_read, ends.read, buf, 1);
}

void test_pipes(void);
void test_pipes(void)
{
	test_run_plain(test_errors, "errors");
	test_run_plain(test_model, "the model");
	test_run_plain(test_packets, "packets");
	test_run_plain(test_broken, "broken pipes");
	for (u64 seed = 0; seed < 10; seed++) {
		struct host_chances chances = {test_seed() * 1000 + seed, 3, seed % 2 ? 3 : 0};

		test_run(test_two, NULL, chances, "two processes");
		test_run(test_records, NULL, chances, "records");
		test_run(test_broken, NULL, chances, "broken pipes, by chance");
	}
	tap_eq(host_run("/bin/init", "", deadlock, NULL, (struct host_chances){0}), HOST_DEADLOCK,
		"one who reads his own empty pipe waits for ever");
}
