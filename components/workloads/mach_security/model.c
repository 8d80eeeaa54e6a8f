/*
 * A random walk over rights, each step compared with a model.
 *
 * The model of a port is what names can be asked for: whether the receive right is here, how many
 * user references the send right or dead name has. Every step is one kernel call (or a message to
 * ourselves that carries a right) with its expected effect; after each, all ports are compared.
 */
#include "security.h"

#define PORTS 12
#define STEPS 3000

static struct {
	mach_port_t name; /* MACH_PORT_NULL: nothing is left of it */
	u32 send, dead;
	bool receive;
} model[PORTS];

static mach_port_t carrier;
static u64 seed = 20261120;
static unsigned wrong;

static u32 roll(u32 sides)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(seed >> 33) % sides;
}

static void expect(bool holds, const char *what, unsigned which)
{
	if (!holds && wrong++ < 5)
		kprintf("# %s, port %u\n", what, which);
}

static void forget_if_empty(unsigned i)
{
	if (!model[i].receive && model[i].send == 0 && model[i].dead == 0)
		model[i].name = MACH_PORT_NULL;
}

static void step_make(unsigned i)
{
	long result =
		mach_port_insert_right(self, model[i].name, model[i].name, MACH_MSG_TYPE_MAKE_SEND);

	expect((result == KERN_SUCCESS) == model[i].receive, "making a send right", i);
	model[i].send += model[i].receive;
}

static void step_copy(unsigned i)
{
	long result =
		mach_port_insert_right(self, model[i].name, model[i].name, MACH_MSG_TYPE_COPY_SEND);

	expect((result == KERN_SUCCESS) == (model[i].send > 0), "copying a send right", i);
	model[i].send += model[i].send > 0;
}

static void step_drop(unsigned i)
{
	long result = mach_port_deallocate(self, model[i].name);

	expect((result == KERN_SUCCESS) == (model[i].send > 0 || model[i].dead > 0), "deallocating",
		i);
	if (model[i].send > 0)
		model[i].send--;
	else if (model[i].dead > 0)
		model[i].dead--;
}

static void step_modify(unsigned i)
{
	s32 delta = (s32)roll(9) - 4;
	u32 *count = model[i].dead > 0 ? &model[i].dead : &model[i].send;
	u32 right = model[i].dead > 0 ? MACH_PORT_RIGHT_DEAD_NAME : MACH_PORT_RIGHT_SEND;
	long result = mach_port_mod_refs(self, model[i].name, right, delta);
	bool works = *count > 0 && (s32)*count + delta >= 0;

	expect((result == KERN_SUCCESS) == works, "changing references", i);
	if (works)
		*count = (u32)((s32)*count + delta);
}

static void step_destroy(unsigned i)
{
	long result = mach_port_mod_refs(self, model[i].name, MACH_PORT_RIGHT_RECEIVE, -1);

	expect((result == KERN_SUCCESS) == model[i].receive, "destroying a receive right", i);
	if (model[i].receive) {
		model[i].dead = model[i].send;
		model[i].send = 0;
		model[i].receive = false;
	}
}

/* A right goes out and comes back in a message. */
static void step_carry(unsigned i)
{
	static const u32 dispositions[] = {MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_COPY_SEND,
		MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MOVE_RECEIVE};
	u32 disposition = dispositions[roll(ARRAY_SIZE(dispositions))];
	bool of_send =
		disposition == MACH_MSG_TYPE_MOVE_SEND || disposition == MACH_MSG_TYPE_COPY_SEND;
	struct {
		struct mach_msg_header head;
		struct mach_msg_type type;
		u64 right;
	} message = {
		.head = {.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) |
				      MACH_MSGH_BITS_COMPLEX,
			.msgh_remote_port = carrier},
		.type = MACH_TYPE(disposition, 64, 1),
		.right = model[i].name,
	};
	long result = send(&message, sizeof(message));
	bool works = of_send ? model[i].send > 0 || model[i].dead > 0 : model[i].receive;

	expect((result == MACH_MSG_SUCCESS) == works, "sending a right", i);
	if (!works)
		return;
	expect(receive(&message, sizeof(message), carrier) == MACH_MSG_SUCCESS, "receiving a right",
		i);
	if (model[i].dead > 0) { /* it arrives as MACH_PORT_DEAD: a moved reference is gone */
		expect(message.right == MACH_PORT_DEAD, "the arrival of a dead name", i);
		model[i].dead -= disposition == MACH_MSG_TYPE_MOVE_SEND;
		return;
	}
	model[i].send +=
		disposition == MACH_MSG_TYPE_COPY_SEND || disposition == MACH_MSG_TYPE_MAKE_SEND;
	model[i].name =
		(mach_port_t)message
			.right; /* a name that was left by all its rights comes back as another */
}

static void compare(unsigned i)
{
	mach_port_t name = model[i].name;

	if (name == MACH_PORT_NULL)
		return;
	expect(refs(name, MACH_PORT_RIGHT_RECEIVE) == model[i].receive, "a receive right differs",
		i);
	expect(refs(name, MACH_PORT_RIGHT_SEND) == model[i].send, "send references differ", i);
	expect(refs(name, MACH_PORT_RIGHT_DEAD_NAME) == model[i].dead, "dead references differ", i);
}

void test_model(void)
{
	static void (*const steps[])(unsigned) = {
		step_make, step_copy, step_drop, step_modify, step_carry, step_carry, step_carry};

	carrier = new_port(true);
	for (unsigned n = 0; n < STEPS; n++) {
		unsigned i = roll(PORTS);
		if (model[i].name == MACH_PORT_NULL) {
			model[i].name = new_port(false);
			model[i].receive = true;
		} else if (roll(40) == 0) {
			step_destroy(i);
		} else {
			steps[roll(ARRAY_SIZE(steps))](i);
		}
		forget_if_empty(i);
		for (unsigned j = 0; j < PORTS; j++)
			compare(j);
	}
	eq(wrong, 0, "3000 random steps over rights and references agree with the model");
	for (unsigned i = 0; i < PORTS; i++)
		if (model[i].name != MACH_PORT_NULL)
			destroy_port(model[i].name);
	eq(refs(carrier, MACH_PORT_RIGHT_SEND), 1, "and leave nothing behind");
	destroy_port(carrier);
}
