/*
 * My own tests of port rights. They run inside the kernel, before its first task:
 * name spaces and ports are theirs to make. make mutants tries them on the kit's
 * rights, which must pass, and on faulty ones, which should not.
 *
 * tap_ok(condition, "what holds") and tap_eq(actual, expected, "what") state
 * a finding and go on.
 */
#include <ipc.h>
#include <tap.h>

void contract_test_ipc(void);

static struct ipc_space home, away;

/* A right taken from a name here becomes a name there. */
static mach_port_t carry(
	struct ipc_space *from, mach_port_t name, unsigned disposition, struct ipc_space *to)
{
	struct ipc_entry *entry = ipc_right_lookup(from, name);
	mach_port_t got = MACH_PORT_NULL;

	if (!entry || !ipc_right_check(entry, disposition))
		return MACH_PORT_NULL;
	struct ipc_port *port = ipc_right_take(entry, disposition);
	ipc_right_drop_moved(from, entry, disposition);
	check(ipc_right_copyout(to, port, ipc_arriving_type(disposition), &got) == K_OK);
	return got;
}

static void test_making(void)
{
	mach_port_t receive;

	check(ipc_port_allocate_name(&home, MACH_PORT_RIGHT_RECEIVE, &receive) == KERN_SUCCESS);
	struct ipc_port *port = ipc_right_lookup(&home, receive)->port;
	mach_port_t send = carry(&home, receive, MACH_MSG_TYPE_MAKE_SEND, &away);
	tap_eq(port->srights, 1, "a send right that was made is counted");
	tap_eq(port->mscount, 1, "and that it was made is, too");
	tap_eq(carry(&home, receive, MACH_MSG_TYPE_MAKE_SEND, &away), send,
		"a second one gets the same name");
	tap_eq(port->srights, 1, "and the name is one right still");
}

void contract_test_ipc(void)
{
	ipc_space_init(&home);
	ipc_space_init(&away);
	test_making();
	ipc_space_destroy(&away);
	ipc_space_destroy(&home);
}
