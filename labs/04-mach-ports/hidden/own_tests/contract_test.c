/*
 * Tests of port rights as a student might write them at the end: they catch every
 * mutant of this lab. After each step everything that refers to a port is counted.
 */
#include <ipc.h>
#include <tap.h>

void contract_test_ipc(void);

static struct ipc_space home, away;

static const struct ipc_entry *entry_of(struct ipc_space *space, mach_port_t name)
{
	static const struct ipc_entry none;
	const struct ipc_entry *entry = ipc_entry_lookup(space, name);

	return entry ? entry : &none;
}

/* A right taken from a name, as it is in a message; NULL: it cannot be taken. */
static struct ipc_port *take(struct ipc_space *space, mach_port_t name, unsigned disposition)
{
	struct ipc_entry *entry = ipc_right_lookup(space, name);

	if (!entry || !ipc_right_check(entry, disposition))
		return NULL;
	struct ipc_port *port = ipc_right_take(entry, disposition);
	ipc_right_drop_moved(space, entry, disposition);
	return port;
}

static mach_port_t carry(
	struct ipc_space *from, mach_port_t name, unsigned disposition, struct ipc_space *to)
{
	struct ipc_port *port = take(from, name, disposition);
	mach_port_t got = MACH_PORT_NULL;

	if (port)
		check(ipc_right_copyout(to, port, ipc_arriving_type(disposition), &got) == K_OK);
	return got;
}

static u32 counted(struct ipc_space *space, const struct ipc_port *port, u32 right)
{
	u32 count = 0;

	for (u32 i = 1; i < space->limit; i++) {
		const struct ipc_entry *entry =
			&space->chunks[i / IPC_CHUNK_ENTRIES][i % IPC_CHUNK_ENTRIES];
		count += (entry->type & right) && entry->port == port;
	}
	return count;
}

/* What a port that no message holds says of itself, against what there is. */
static void audit(const struct ipc_port *port, u32 more, const char *when)
{
	u32 all = IPC_ANY_PORT;

	tap_note(when);
	tap_eq(port->refs, counted(&home, port, all) + counted(&away, port, all) + 1 + more,
		"references");
	tap_eq(port->srights,
		counted(&home, port, IPC_SEND) + counted(&away, port, IPC_SEND) + more,
		"send rights");
	tap_eq(port->sorights,
		counted(&home, port, IPC_SEND_ONCE) + counted(&away, port, IPC_SEND_ONCE),
		"send-once rights");
}

static struct ipc_port *new_port(mach_port_t *receive)
{
	check(ipc_port_allocate_name(&home, MACH_PORT_RIGHT_RECEIVE, receive) == KERN_SUCCESS);
	struct ipc_port *port = ipc_right_lookup(&home, *receive)->port;
	ipc_port_ref(port); /* to look at it when it is dead */
	return port;
}

static void test_names(void)
{
	mach_port_t receive, send;
	struct ipc_port *port = new_port(&receive);

	send = carry(&home, receive, MACH_MSG_TYPE_MAKE_SEND, &away);
	tap_eq(carry(&home, receive, MACH_MSG_TYPE_MAKE_SEND, &away), send, "one name");
	tap_eq(entry_of(&away, send)->urefs, 2, "two user references");
	audit(port, 0, "after two send rights came");
	carry(&home, receive, MACH_MSG_TYPE_MAKE_SEND_ONCE, &away);
	audit(port, 0, "after a send-once right came");
	carry(&away, send, MACH_MSG_TYPE_COPY_SEND, &home);
	tap_eq(entry_of(&away, send)->urefs, 2, "a copy leaves what there was");
	carry(&away, send, MACH_MSG_TYPE_MOVE_SEND, &home);
	tap_eq(entry_of(&away, send)->urefs, 1, "a move does not");
	check(ipc_port_mod_refs(&away, send, MACH_PORT_RIGHT_SEND, MACH_PORT_UREFS_MAX - 1) ==
		KERN_SUCCESS);
	carry(&home, receive, MACH_MSG_TYPE_MAKE_SEND, &away);
	tap_eq(entry_of(&away, send)->urefs, MACH_PORT_UREFS_MAX, "the limit is the limit");
	audit(port, 0, "at the limit");
}

static void test_receive_right(void)
{
	mach_port_t receive, there;
	struct ipc_port *port = new_port(&receive);

	carry(&home, receive, MACH_MSG_TYPE_MAKE_SEND, &home);
	there = carry(&home, receive, MACH_MSG_TYPE_MOVE_RECEIVE, &away);
	tap_eq(entry_of(&home, receive)->type, IPC_SEND, "the receive right has left");
	tap_eq(entry_of(&away, there)->type, IPC_RECEIVE, "and is there");
	audit(port, 0, "after a receive right moved");
	struct ipc_port *moving = take(&away, there, MACH_MSG_TYPE_MOVE_RECEIVE);
	ipc_right_destroy(moving, MACH_MSG_TYPE_PORT_RECEIVE);
	tap_ok(!port->active, "a port dies with its receive right");
	if (port->active)
		return; /* the rest would be about another port */
	ipc_right_lookup(&home, receive);
	tap_eq(entry_of(&home, receive)->type, IPC_DEAD_NAME, "its names do, too");
	audit(port, 0, "after a port died");
}

static void test_death_under_way(void)
{
	mach_port_t receive, got = 7;
	struct ipc_port *port = new_port(&receive);

	check(take(&home, receive, MACH_MSG_TYPE_MAKE_SEND) == port);
	check(ipc_port_mod_refs(&home, receive, MACH_PORT_RIGHT_RECEIVE, -1) == KERN_SUCCESS);
	audit(port, 1, "with a send right under way");
	check(ipc_right_copyout(&away, port, MACH_MSG_TYPE_PORT_SEND, &got) == K_OK);
	tap_eq(got, MACH_PORT_DEAD, "what arrives dead is dead");
	audit(port, 0, "after a dead right arrived");
}

void contract_test_ipc(void)
{
	ipc_space_init(&home);
	ipc_space_init(&away);
	test_names();
	test_receive_right();
	test_death_under_way();
}
