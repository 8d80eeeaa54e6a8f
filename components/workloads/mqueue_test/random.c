/* random: random calls on some queues, against a model. */
#include "mqueue_test.h"

#define QUEUES 3
#define MOST   9
#define STEPS  6000

struct model {
	int fd, most, size, count;
	struct {
		unsigned priority;
		int length;
		unsigned char first;
	} of[MOST];
};

static struct model models[QUEUES];
static uint64_t state = 88172645463325252u;

static unsigned random_below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % n;
}

static void step_send(struct model *m)
{
	unsigned char bytes[64];
	int length = (int)random_below((unsigned)m->size + 3), at;
	unsigned priority = random_below(4) ? random_below(3) : random_below(32770);
	long expected = priority >= 32768     ? -EINVAL
			: length > m->size    ? -EMSGSIZE
			: m->count == m->most ? -EAGAIN
					      : 0;

	bytes[0] = (unsigned char)random_below(256);
	CHECK_EQ(post(m->fd, bytes, length, priority), expected);
	if (expected != 0)
		return;
	for (at = m->count++; at > 0 && m->of[at - 1].priority < priority; at--)
		m->of[at] = m->of[at - 1];
	m->of[at].priority = priority;
	m->of[at].length = length;
	m->of[at].first = bytes[0];
}

static void step_receive(struct model *m)
{
	unsigned char bytes[64];
	unsigned priority = 99999;
	int room = m->size + 1 - (int)random_below(3);
	long expected = room < m->size ? -EMSGSIZE : m->count == 0 ? -EAGAIN : m->of[0].length;

	CHECK_EQ(fetch(m->fd, bytes, room, &priority), expected);
	if (expected < 0)
		return;
	CHECK_EQ(priority, m->of[0].priority);
	if (expected > 0)
		CHECK_EQ(bytes[0], m->of[0].first);
	m->count--;
	for (int i = 0; i < m->count; i++)
		m->of[i] = m->of[i + 1];
}

static void look(const struct model *m)
{
	struct attributes now = attributes_of(m->fd);

	CHECK(now.count == m->count && now.most == m->most && now.size == m->size);
	CHECK_EQ(poll_now(m->fd), (m->count > 0 ? POLLIN : 0) | (m->count < m->most ? POLLOUT : 0));
}

static void random_calls(void)
{
	begin();
	for (int i = 0; i < QUEUES; i++) {
		struct model *m = &models[i];

		*m = (struct model){
			.most = 1 + (int)random_below(MOST), .size = 1 + (int)random_below(60)};
		m->fd = make("r", O_RDWR | O_NONBLOCK, m->most, m->size);
		CHECK_EQ(unlink_("r"), 0);
	}
	for (int i = 0; i < STEPS; i++) {
		struct model *m = &models[random_below(QUEUES)];

		switch (random_below(5)) {
		case 0:
		case 1:
			step_send(m);
			break;
		case 2:
		case 3:
			step_receive(m);
			break;
		default:
			look(m);
		}
	}
}

static const struct test_case cases[] = {
	CASE("random calls give what a model says", random_calls),
};

TEST_SUITE(random_, cases);
