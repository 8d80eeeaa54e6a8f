"""Lab 4: the tests of port rights. What they work with is in ``ports.py``."""

from __future__ import annotations

from lab_ports import (
    ARRIVES, COMPLEX, COPY_SEND, DEAD, DEAD_NAME, DISPOSITIONS, HEADER, INTEGER_64, INVALID_DEST, INVALID_REPLY, INVALID_RIGHT,
    KERN_INVALID_NAME, KERN_INVALID_RIGHT, KERN_INVALID_VALUE, KERN_OVERFLOW, MAKE_SEND, MAKE_SEND_ONCE, MAY, MOVE_RECEIVE, MOVE_SEND,
    MOVE_SEND_ONCE, Message, NOTIFY_DEAD_NAME, NOTIFY_DELETED, NOTIFY_NO_SENDERS, NOTIFY_SEND_ONCE, NULL, PORT_DEAD, PORT_SET, Port, Ports,
    RECEIVE, REQUESTED, RIGHT_DEAD_NAME, RIGHT_NAMES, RIGHT_PORT_SET, RIGHT_SEND, RIGHT_SEND_ONCE, SEND, SEND_ONCE, SUCCESS, Task, UREFS_MAX,
)  # fmt: skip

from kit.lab_bench import Bench
from kit.guest import shown


def test_boots(bench: Bench) -> None:
    """The kernel's own use of it: a server, an emulation library, children that come and go."""
    bench.agrees("errands")


def test_taking(bench: Bench) -> None:
    """Every disposition on every kind of name: allowed or not, and what is counted."""
    ports = Ports(bench, 1)
    (task,) = ports.tasks
    port, name = ports.port(task)
    entry = ports.entry(task, name).address
    for kind in (SEND, RECEIVE, SEND | RECEIVE, SEND_ONCE, DEAD_NAME, PORT_SET, SEND | REQUESTED):
        ports.put(entry, "ipc_entry.type", kind)
        what = " and ".join(words for bit, words in RIGHT_NAMES.items() if kind & bit)
        for disposition in (*DISPOSITIONS, 0, 8, 15, 22, 255):
            allowed = bool(kind & MAY.get(disposition, 0))
            answer = ports.guest.call("ipc_right_check", entry, disposition) & 0xFF
            called = DISPOSITIONS.get(disposition, f"the disposition {disposition}")
            bench.expect(bool(answer) == allowed, f"{called} {'to be allowed' if allowed else 'not to be allowed'} on {what}", f"ipc_right_check answers {bool(answer)}")
            if allowed:
                _take(bench, ports, port, entry, disposition, f"{called} from {what}")


def _take(bench: Bench, ports: Ports, port: Port, entry: int, disposition: int, what: str) -> None:
    """Take a right and undo it; look at the counts between."""
    dead = bool(ports.get(entry, "ipc_entry.type") & DEAD_NAME)
    if dead:
        ports.put(entry, "ipc_entry.port", 0, 8)
    before, made = ports.counts(port), ports.made(port)
    taken = ports.guest.call("ipc_right_take", entry, disposition)
    bench.equal(taken, PORT_DEAD if dead else port.address, f"the port that ipc_right_take gives for {what}")
    kind = ARRIVES[disposition]
    more = (0, 0, 0) if dead else (1, kind == MOVE_SEND, kind == MOVE_SEND_ONCE)
    for number, name in enumerate(("refs", "srights", "sorights")):
        bench.equal(ports.counts(port)[number] - before[number], int(more[number]), f"how much more {name} is after {what}")
        ports.put(port.address, f"ipc_port.{name}", before[number] + (number == 0))
    bench.equal(ports.made(port) - made, int(disposition == MAKE_SEND), f"how much more mscount (send rights made) is after {what}")
    ports.put(port.address, "ipc_port.mscount", made)
    ports.put(entry, "ipc_entry.port", port.address, 8)


def test_arriving(bench: Bench) -> None:
    """What names rights get, and that each is counted once."""
    ports = Ports(bench)
    home, away = ports.tasks
    first, receive = ports.port(home)
    other, _ = ports.port(home)
    sends = [ports.arrive(away, first, MOVE_SEND) for _ in range(3)]
    for number, name in enumerate(sends[1:], 2):
        bench.equal(name, sends[0], f"the name of send right {number} to one port, where the first has a name already")
    bench.equal(ports.entry(away, sends[0]).type, SEND, "the type of a name to which send rights came")
    bench.equal(ports.entry(away, sends[0]).urefs, 3, "the user references of a send right that came three times")
    ports.audit("after a send right came to one task three times")
    bench.equal(ports.arrive(home, first, MOVE_SEND), receive, "the name of a send right, where the receive right has a name already")
    entry = ports.entry(home, receive)
    bench.equal((entry.type, entry.urefs), (SEND | RECEIVE, 1), "(type, user references) of that name")
    ports.audit("after a send right came to its receiver")
    once = [ports.arrive(away, first, MOVE_SEND_ONCE) for _ in range(2)]
    bench.expect(len({*once, sends[0]}) == 3, "two send-once rights to have names of their own", f"they are {shown(once[0])} and {shown(once[1])}")
    bench.expect(ports.arrive(away, other, MOVE_SEND) not in (*once, sends[0]), "a right to another port to have another name", "it has one that was there")
    ports.audit("after two send-once rights and one to another port came")
    for address, wanted in ((0, NULL), (PORT_DEAD, DEAD)):
        status = ports.guest.call("ipc_right_copyout", away.address, address, MOVE_SEND, ports.word)
        bench.equal((status, ports.guest.number(ports.word, 4)), (0, wanted), f"(status, name) of {'no right' if not address else 'a right that died under way'}")


def test_references(bench: Bench) -> None:
    """User references of one send right, to the end and at the limit."""
    ports = Ports(bench)
    home, away = ports.tasks
    port, receive = ports.port(home)
    listener, _ = ports.port(home)
    bench.equal(ports.tell(home, receive, NOTIFY_NO_SENDERS, listener, sync=1), SUCCESS, "what asking to be told of the last sender answers")
    name = ports.arrive(away, port, MOVE_SEND)
    bench.equal(ports.mod_refs(away, name, RIGHT_SEND, 4), SUCCESS, "what adding 4 user references answers")
    for left in (4, 3):
        bench.equal(ports.deallocate(away, name), SUCCESS, "what mach_port_deallocate answers")
        bench.equal(ports.entry(away, name).urefs, left, "the user references left after one was given up")
    ports.audit("after some user references were given up")
    bench.equal(ports.mod_refs(away, name, RIGHT_SEND, -4), KERN_INVALID_VALUE, "what taking 4 of 3 away answers")
    bench.equal(ports.notes(listener), [], "notifications while there is a sender")
    bench.equal(ports.mod_refs(away, name, RIGHT_SEND, -3), SUCCESS, "what taking all of them away answers")
    bench.expect(not ports.is_name(away, name), f"{shown(name)} to mean nothing after its last user reference", "it still does")
    ports.audit("after the last user reference of a send right was given up")
    bench.equal(ports.notes(listener), [(NOTIFY_NO_SENDERS, 0)], "notifications (what, how many were made) after the last send right has gone")
    again = ports.arrive(away, port, MOVE_SEND)
    bench.expect(again != name, "a name that was given back to come again with another generation", f"it is {shown(again)} as before")
    bench.equal(ports.deallocate(away, name), KERN_INVALID_NAME, "what using the old name answers")
    _limit(bench, ports, away, again, port)
    entry = ports.arrive(home, port, MOVE_SEND)
    bench.equal(ports.deallocate(home, entry), SUCCESS, "what giving up the send right of a name that receives, too, answers")
    bench.equal(ports.entry(home, receive).type, RECEIVE, "the type of a name that was send and receive right, after its last user reference")
    bench.equal(ports.deallocate(home, receive), KERN_INVALID_RIGHT, "what mach_port_deallocate answers on a receive right")
    ports.audit("after a send right left a name that stays")


def _limit(bench: Bench, ports: Ports, task: Task, name: int, port: Port) -> None:
    """At the limit nobody knows how many there are: they stay."""
    bench.equal(ports.mod_refs(task, name, RIGHT_SEND, UREFS_MAX - 1), SUCCESS, "what going up to the limit answers")
    bench.equal(ports.mod_refs(task, name, RIGHT_SEND, 1), KERN_OVERFLOW, "what going beyond the limit answers")
    ports.arrive(task, port, MOVE_SEND)
    bench.equal(ports.entry(task, name).urefs, UREFS_MAX, "the user references at the limit, after one more send right came")
    ports.audit("after a send right came to a name at its limit")
    ports.deallocate(task, name)
    bench.equal(ports.entry(task, name).urefs, UREFS_MAX, "the user references at the limit, after one was given up")
    bench.equal(ports.mod_refs(task, name, RIGHT_SEND, -UREFS_MAX), SUCCESS, "what taking all of the limit away answers")
    bench.expect(not ports.is_name(task, name), f"{shown(name)} to mean nothing after that", "it still does")
    ports.audit("after all user references at the limit were taken away")


def test_moving(bench: Bench) -> None:
    """Two rights of one name, in each mixture; then of two names."""
    ports = Ports(bench)
    home, away = ports.tasks
    for urefs in (1, 2, 3):
        for remote in range(MOVE_SEND, MAKE_SEND_ONCE + 1):
            for local in (0, *range(MOVE_SEND, MAKE_SEND_ONCE + 1)):
                _mixture(bench, ports, home, urefs, remote, local)
    for kinds in ((MOVE_SEND_ONCE, MOVE_SEND_ONCE), (MOVE_SEND_ONCE, COPY_SEND), (COPY_SEND, COPY_SEND)):
        port, _ = ports.port(home)
        once = ports.arrive(away, port, MOVE_SEND_ONCE)
        result = ports.send(away, (once, kinds[0]), (once, kinds[1]))
        wanted = INVALID_DEST if kinds[0] != MOVE_SEND_ONCE else INVALID_REPLY
        bench.equal(result, wanted, f"what sending {DISPOSITIONS[kinds[0]]} and {DISPOSITIONS[kinds[1]]} of one send-once right answers")
        bench.expect(ports.is_name(away, once), "a send-once right to stay where a message was refused", "its name means nothing")
    _in_bodies(bench, ports, home, away)


def _mixture(bench: Bench, ports: Ports, task: Task, urefs: int, remote: int, local: int) -> None:
    """A header with ``remote`` and ``local`` of one name, a send right with so many user references and the receive right."""
    port, name = ports.port(task)
    ports.arrive(task, port, MOVE_SEND)
    ports.mod_refs(task, name, RIGHT_SEND, urefs - 1)
    what = f"a header with {DISPOSITIONS[remote]}{f' and {DISPOSITIONS[local]}' if local else ''} of one name with {urefs} user references"
    moved = (remote == MOVE_SEND) + (local == MOVE_SEND)
    wanted = INVALID_DEST if remote == MOVE_SEND_ONCE else INVALID_REPLY if local == MOVE_SEND_ONCE or moved > urefs else SUCCESS
    message = ports.send(task, (name, remote), (name, local) if local else (NULL, 0))
    bench.equal(message if isinstance(message, int) else SUCCESS, wanted, f"what sending {what} answers")
    left = urefs - moved if wanted == SUCCESS else urefs
    entry = ports.entry(task, name)
    bench.equal((entry.type, entry.urefs if left else 0), (RECEIVE | (SEND if left else 0), left), f"(type, user references) of the name after {what}")
    ports.audit(f"after {what}")
    if isinstance(message, Message):
        ports.drop(message)
        ports.audit(f"after {what} was sent and destroyed")
    ports.destroy_port(task, name)
    if left:
        ports.look(task, name)  # so that a dead name becomes one
        ports.mod_refs(task, name, RIGHT_DEAD_NAME, -left)
    ports.ports.remove(port)


def _in_bodies(bench: Bench, ports: Ports, home: Task, away: Task) -> None:
    """Moves and copies in a body, to where the port is known already and to where it is not."""
    carrier, door = ports.port(home)
    way = ports.arrive(away, carrier, MOVE_SEND)
    port, receive = ports.port(home)
    name = ports.arrive(away, port, MOVE_SEND)
    ports.mod_refs(away, name, RIGHT_SEND, 2)
    message = ports.sent(away, (way, COPY_SEND), rights=[(name, MOVE_SEND), (name, COPY_SEND), (name, MOVE_SEND)])
    bench.equal(ports.entry(away, name).urefs, 1, "the user references left of 3, after a body with two moves and a copy of it")
    ports.audit("with two moves and a copy of a send right in one body")
    result, names = ports.receive(home, message)
    bench.equal((result, names[1:]), (SUCCESS, [receive] * 3), "(result, names) where they arrive: the name of the receive right, which is there")
    bench.equal(ports.entry(home, receive).urefs, 3, "the user references of the three that arrived")
    ports.audit("after two moves and a copy of a send right came to their receiver")
    once = ports.arrive(away, port, MOVE_SEND_ONCE)
    result, names = ports.receive(home, ports.sent(away, (way, COPY_SEND), rights=[(once, MOVE_SEND_ONCE), (name, MOVE_SEND)]))
    bench.expect(not ports.is_name(away, once) and not ports.is_name(away, name), "names to go with the rights that were moved away", "they still mean something")
    bench.equal(ports.entry(home, names[1]).type, SEND_ONCE, "the type of the send-once right's new name")
    ports.audit("after a send-once and a send right were moved to another task")
    refused = ports.send(away, (way, COPY_SEND), rights=[(way, COPY_SEND), (once, MOVE_SEND_ONCE)])
    bench.equal(refused, INVALID_RIGHT, "what sending a name answers that was given back")
    ports.audit("after a message was refused half-way: what was taken is given up")
    bench.equal(ports.entry(home, door).type, RECEIVE, "the type of the carrier's name, which nothing was sent to")


def test_receivers(bench: Bench) -> None:
    """A receive right moves from task to task, and into itself."""
    ports = Ports(bench, 3)
    home, away, third = ports.tasks
    carrier, _ = ports.port(away)
    way = ports.arrive(home, carrier, MOVE_SEND)
    port, receive = ports.port(home)
    ports.arrive(home, port, MOVE_SEND)
    ports.queue(ports.sent(home, (receive, MAKE_SEND)))
    bench.equal(ports.made(port), 1, "the send rights made (mscount) before the receive right moves")
    message = ports.sent(home, (way, COPY_SEND), rights=[(receive, MOVE_RECEIVE)])
    bench.equal(ports.entry(home, receive).type, SEND, "the type of the name that the receive right left, where a send right stays")
    bench.equal(ports.made(port), 0, "the send rights made (mscount) since the receive right left")
    state = (ports.get(port.address, "ipc_port.receiver", 8), ports.get(port.address, "ipc_port.name"))
    bench.equal(state, (0, NULL), "(receiver, name) of a port whose receive right is under way")
    bench.equal(ports.get(port.address, "ipc_port.destination", 8), carrier.address, "the port that it is under way to")
    ports.audit("while a receive right is under way")
    known = ports.arrive(away, port, MOVE_SEND)
    _, names = ports.receive(away, message)
    bench.equal(names[1], known, "the name of a receive right, where a send right has a name already")
    bench.equal(ports.entry(away, known).type, SEND | RECEIVE, "the type of that name")
    bench.equal(ports.get(port.address, "ipc_port.msgcount"), 1, "the messages that wait at the port, which came along")
    bench.equal(ports.get(port.address, "ipc_port.destination", 8), 0, "where the port is under way to, after it has arrived")
    ports.audit("after a receive right came to where its send right is")
    onward = ports.arrive(away, ports.port(third)[0], MOVE_SEND)
    ports.deallocate(away, known)
    message = ports.sent(away, (onward, COPY_SEND), rights=[(known, MOVE_RECEIVE)])
    bench.expect(not ports.is_name(away, known), "a name to go with the receive right, where it was nothing else", "it still means something")
    _, names = ports.receive(third, message)
    bench.equal(ports.entry(third, names[1]).type, RECEIVE, "the type of a receive right's name, where nothing of the port was known")
    ports.audit("after a receive right went on to a third task")
    _sets(bench, ports, home)


def _sets(bench: Bench, ports: Ports, task: Task) -> None:
    """A port that moves leaves its set."""
    port, name = ports.port(task)
    carrier, way = ports.port(task)
    ports.arrive(task, carrier, MOVE_SEND)
    whole = ports.allocate(task, RIGHT_PORT_SET)
    bench.equal(ports.guest.call("ipc_port_move_member", task.address, name, whole), SUCCESS, "what putting a port into a set answers")
    message = ports.sent(task, (way, COPY_SEND), rights=[(name, MOVE_RECEIVE)])
    bench.equal(ports.get(port.address, "ipc_port.set", 8), 0, "the set of a port whose receive right is under way")
    ports.drop(message)
    bench.expect(not ports.is_alive(port), "a port to die with the message that its receive right is in", "it lives")
    ports.audit("after a message with a receive right was destroyed")


def test_dying(bench: Bench) -> None:
    """A port dies, and everybody finds out in time."""
    ports = Ports(bench)
    home, away = ports.tasks
    port, receive = ports.port(home)
    carrier, _ = ports.port(home)
    listener, _ = ports.port(home)
    way, name = ports.arrive(away, carrier, MOVE_SEND), ports.arrive(away, port, MOVE_SEND)
    ports.mod_refs(away, name, RIGHT_SEND, 2)
    once = [ports.arrive(away, port, MOVE_SEND_ONCE) for _ in range(2)]
    told, lost = ports.arrive(home, port, MOVE_SEND), ports.arrive(away, port, MOVE_SEND_ONCE)
    bench.equal(ports.tell(away, once[1], NOTIFY_DEAD_NAME, listener), SUCCESS, "what asking to be told of a name's death answers")
    bench.equal(ports.tell(away, lost, NOTIFY_DEAD_NAME, listener), SUCCESS, "what asking about a second name answers")
    message = ports.sent(away, (way, COPY_SEND), rights=[(name, COPY_SEND), (lost, MOVE_SEND_ONCE)])
    bench.equal(ports.notes(listener), [(NOTIFY_DELETED, lost)], "notifications after a name went whose death was asked about")
    ports.audit("with rights to a port in a message and in two tasks")
    ports.destroy_port(home, receive)
    bench.equal(ports.notes(listener)[1:], [(NOTIFY_DEAD_NAME, once[1])], "notifications after the port died")
    bench.equal(ports.look(away, name), ports.entry(away, name).address, "the entry that ipc_right_lookup finds for a name of a dead port")
    for what, one, urefs in (("a send right", name, 3), ("a send-once right", once[0], 1), ("a send-once right whose owner was told", once[1], 2)):
        ports.look(away, one)
        entry = ports.entry(away, one)
        bench.equal((entry.type, entry.urefs), (DEAD_NAME, urefs), f"(type, user references) of {what} whose port died")
    ports.look(home, told)
    ports.audit("after a port died and its names were looked at")
    _, names = ports.receive(home, message)
    bench.equal(names[1:], [DEAD, DEAD], "the names of rights that arrive after their port died")
    ports.audit("after rights to a dead port arrived")
    _dead_names(bench, ports, home, away, name, way, once)
    bench.equal(ports.counts(port), (0, 0, 0), "(refs, srights, sorights) of a dead port that nobody refers to any more")


def _dead_names(bench: Bench, ports: Ports, home: Task, away: Task, name: int, way: int, once: list[int]) -> None:
    """What can be done with a dead name: it can be counted, moved (nothing comes of it), and given back."""
    result = ports.send(away, (name, COPY_SEND))
    bench.equal(result, INVALID_DEST, "what sending to a dead name answers")
    _, names = ports.receive(home, ports.sent(away, (way, COPY_SEND), rights=[(name, MOVE_SEND), (name, COPY_SEND), (once[0], MOVE_SEND_ONCE)]))
    bench.equal(names[1:], [DEAD] * 3, "what arrives of dead names")
    bench.equal(ports.entry(away, name).urefs, 2, "the user references left of a dead name's 3, after a move and a copy")
    bench.expect(not ports.is_name(away, once[0]), "a dead name to go with its last user reference", "it still means something")
    bench.equal(ports.send(away, (way, COPY_SEND), rights=[(name, MAKE_SEND)]), INVALID_RIGHT, "what making a right from a dead name answers")
    bench.equal(ports.mod_refs(away, name, RIGHT_SEND, -1), KERN_INVALID_RIGHT, "what changing the send references of a dead name answers")
    bench.equal(ports.mod_refs(away, name, RIGHT_DEAD_NAME, -2), SUCCESS, "what giving a dead name back answers")
    bench.equal(ports.deallocate(away, once[1]), SUCCESS, "what mach_port_deallocate of a dead name answers")
    bench.expect(not ports.is_name(away, name), "a dead name to mean nothing after that", "it still does")
    ports.audit("after dead names were moved, copied and given back")


def test_ending(bench: Bench) -> None:
    """Messages and whole tasks are destroyed; nothing stays, and nothing goes twice."""
    ports = Ports(bench, 3)
    home, away, third = ports.tasks
    before = ports.port_objects()
    carrier, door = ports.port(home)
    port, receive = ports.port(away)
    way = ports.arrive(away, carrier, MOVE_SEND)
    ports.arrive(home, port, MOVE_SEND)
    wait = ports.arrive(third, port, MOVE_SEND_ONCE)
    message = ports.sent(away, (way, COPY_SEND), (receive, MAKE_SEND_ONCE), rights=[(receive, MAKE_SEND), (way, MOVE_SEND)])
    ports.drop(message)
    ports.audit("after a message with four rights was destroyed")
    bench.equal(ports.notes(port), [(NOTIFY_SEND_ONCE, 0)], "notifications at a port whose send-once right was destroyed unused")
    bench.equal(ports.mod_refs(third, wait, RIGHT_SEND_ONCE, -1), SUCCESS, "what giving a send-once right up by name answers")
    bench.equal(len(ports.notes(port)), 2, "notifications after the second was given up by its name")
    _nested(bench, ports, home, door, third)
    ports.arrive(third, port, MOVE_SEND_ONCE)
    ports.arrive(third, port, MOVE_SEND)
    ports.arrive(third, carrier, MOVE_SEND_ONCE)
    ports.arrive(home, carrier, MOVE_SEND)
    for task in (third, away, home):
        ports.guest.call("ipc_space_destroy", task.address, void=True)
        ports.tasks.remove(task)
        for other in ports.tasks:
            for name in ports.names(other):
                ports.look(other, name)
        ports.audit(f"after {task} ended")
    for one in ports.ports:
        bench.equal(ports.counts(one), (0, 0, 0), f"(refs, srights, sorights) of {one} after all tasks ended")
    bench.equal(ports.port_objects() - before, len(ports.ports), "ports that there still are after all tasks ended: those that the test keeps to look at")


def _nested(bench: Bench, ports: Ports, home: Task, door: int, third: Task) -> None:
    """A port whose receive right waits in a message at another port, which dies."""
    outer, holder = ports.port(third)
    inner, name = ports.port(third)
    ports.arrive(third, outer, MOVE_SEND)
    ports.arrive(home, inner, MOVE_SEND)
    ports.queue(ports.sent(third, (holder, COPY_SEND), rights=[(name, MOVE_RECEIVE)]))
    ports.audit("with a receive right in a queue")
    ports.destroy_port(third, holder)
    bench.expect(not ports.is_alive(inner), "a port to die whose receive right was in the queue of one that died", "it lives")
    ports.look(third, holder)
    for one in ports.names(home):
        ports.look(home, one)
    ports.audit("after a port died with a receive right in its queue")


def test_room(bench: Bench) -> None:
    """A table that is full: what needs no new name still arrives, and what does is handed back as it was."""
    ports = Ports(bench)
    home, away = ports.tasks
    known, _ = ports.port(home)
    fresh, _ = ports.port(home)
    name = ports.arrive(away, known, MOVE_SEND)
    free = ports.get(away.address, "ipc_space.free", 8)
    ports.put(away.address, "ipc_space.active", 0, 1)  # it does not grow any more
    ports.put(away.address, "ipc_space.free", 0, 8)
    bench.equal(ports.arrive(away, known, MOVE_SEND), name, "the name of a right that needs no new one, in a full table")
    for kind, what in ((MOVE_SEND, "a send right"), (MOVE_SEND_ONCE, "a send-once right")):
        ports.hand(fresh, kind)
        before = ports.counts(fresh)
        status = ports.guest.call("ipc_right_copyout", away.address, fresh.address, kind, ports.word)
        bench.expect(status != 0, f"{what} without room for a name to be refused", "ipc_right_copyout answers K_OK")
        bench.equal(ports.counts(fresh), before, f"(refs, srights, sorights) after {what} found no room")
        ports.held.remove((fresh, kind))
        ports.guest.call("ipc_right_destroy", fresh.address, kind, void=True)
    ports.put(away.address, "ipc_space.active", 1, 1)
    ports.put(away.address, "ipc_space.free", free, 8)
    ports.audit("after rights found no room and were given up")


def _price(bench: Bench, reference: bool) -> dict[str, int]:
    """Instructions of the kernel's part of some messages, in and out."""
    ports = Ports(bench, reference=reference)
    home, away = ports.tasks
    carrier, _ = ports.port(home)
    way = ports.arrive(away, carrier, MOVE_SEND)
    prices = {}
    for what, kind, known in (("new", MOVE_SEND, False), ("known", MOVE_SEND, True), ("once", MOVE_SEND_ONCE, False), ("number", INTEGER_64, False)):
        port, _ = ports.port(away)
        if known:
            ports.arrive(home, port, MOVE_SEND)
        name = ports.arrive(away, port, MOVE_SEND_ONCE if kind == MOVE_SEND_ONCE else MOVE_SEND)
        message = ports.guest.call("ipc_kmsg_alloc", HEADER + 16)
        words = (COPY_SEND | COMPLEX, HEADER + 16, way, 0, 0, 7, kind | 64 << 8 | 1 << 29, 1, name, 0)
        ports.guest.write(message + ports.at["ipc_kmsg.header"], b"".join(word.to_bytes(4, "little") for word in words))
        (result, inwards), (_, outwards) = ports.guest.cost("ipc_kmsg_copyin", message, away.address), ports.guest.cost("ipc_kmsg_copyout", message, home.address)
        bench.equal(result & 0xFFFFFFFF, SUCCESS, f"what sending a message with {DISPOSITIONS.get(kind, 'a number')} in it answers")
        prices[what] = inwards + outwards
    return prices


def _call(bench: Bench, reference: bool) -> int:
    """Instructions of a program's system call that the Unix server answers: a remote procedure call, and what is around it."""
    program = bench.program("errands")
    guest = bench.with_program(bench.presets[0], program, "1", reference)
    guest.without_timer()
    times = []
    for _ in range(2):
        guest.run_to_user(program, "probe_mark", bench.bound("instructions"))
        times.append(guest.instructions() or 0)
    return times[1] - times[0] - 1  # the RDTSC itself


def test_costs(bench: Bench) -> None:
    """A message with a right in it, and a remote procedure call, beside the reference's."""
    mine, best = _price(bench, False), _price(bench, True)
    mine["call"], best["call"] = _call(bench, False), _call(bench, True)
    bench.record("server_call", mine["call"])
    bench.record("right_move", mine["new"] - mine["number"])
    bench.record("right_move_reference", best["new"] - best["number"])
    words = {
        "new": "a message with a send right that moves to a new name",
        "known": "a message with a send right that moves to a name that is there",
        "once": "a message with a send-once right that moves",
        "number": "a message without a right in it",
        "call": "a system call that the Unix server answers",
    }
    for what, text in words.items():
        most = best[what] * bench.bound("percent") // 100
        bench.expect(
            mine[what] <= most,
            f"{text} to cost at most {most} instructions, all in all ({bench.bound('percent')} % of the reference's {best[what]})",
            f"it costs {mine[what]}",
            f"{mine[what] - most} too many",
        )
