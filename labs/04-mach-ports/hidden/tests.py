"""Lab 4, the instructor's tests: a model of rights that walks along with the kernel at random, and assemblies that nobody planned for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Optional, Union

from lab_ports import (
    ANY_PORT, ARRIVES, COPY_SEND, DEAD, DEAD_NAME, DISPOSITIONS, INVALID_DEST, INVALID_REPLY, INVALID_RIGHT, KERN_INVALID_NAME, KERN_INVALID_RIGHT,
    KERN_INVALID_VALUE, KERN_OVERFLOW, MAKE_SEND, MAKE_SEND_ONCE, MAY, MOVE_RECEIVE, MOVE_SEND, MOVE_SEND_ONCE, NOTIFY_DEAD_NAME, NOTIFY_DELETED,
    NOTIFY_NO_SENDERS, NOTIFY_SEND_ONCE, NULL, RECEIVE, REQUESTED, RIGHT_DEAD_NAME, RIGHT_RECEIVE, RIGHT_SEND, RIGHT_SEND_ONCE, SEND, SEND_ONCE,
    SUCCESS, UREFS_MAX, Message, Port, Ports, Task,
)  # fmt: skip

from kit.lab_bench import Bench
from kit.guest import shown

INVALID_HEADER = 0x10000010
QUEUE_LIMIT = 5
STEPS = 240
LIVING = 9
"""Ports at a time."""


@dataclass
class Name:
    """What the model knows of a name."""

    bits: int
    urefs: int
    port: Optional[Model.End] = None
    asked: bool = False


Right = tuple[Union["Model.End", int, None], int]
"""A port, or DEAD, or None, and the arriving type."""


@dataclass
class Letter:
    """A message: the rights of its header, then those of its body. One from the kernel has no other rights."""

    rights: list[Right]
    body: list[Right] = field(default_factory=list)
    real: Message | None = None
    note: tuple[int, int] = (0, 0)


class Model:
    """Spaces, rights and messages as the theory has them. It knows nothing of tables, hashes and counts of references."""

    @dataclass(eq=False)
    class End:
        """A port."""

        real: Port
        alive: bool = True
        senders: int = 0
        made: int = 0
        home: str = ""
        name: int = 0
        toward: Optional[Model.End] = None
        queue: list[Letter] = field(default_factory=list)
        asked: list[tuple[str, int]] = field(default_factory=list)
        no_senders: bool = False

    def __init__(self, letters: str) -> None:
        self.names: dict[str, dict[int, Name]] = {letter: {} for letter in letters}
        self.listener: Model.End | None = None
        self.condemned: list[Letter] = []
        self.destroying = False

    # --- what goes -------------------------------------------------------------------------------------------------------

    def tell(self, what: int, which: int) -> None:
        """A note to the listener."""
        assert self.listener
        self.listener.queue.append(Letter([(self.listener, MOVE_SEND_ONCE)], note=(what, which)))

    def uncount(self, port: End) -> None:
        """A send right less."""
        port.senders -= 1
        if port.senders == 0 and port.no_senders:
            port.no_senders = False
            self.tell(NOTIFY_NO_SENDERS, port.made)

    def release_once(self, port: End) -> None:
        """A send-once right that was not used says so."""
        if port.alive:
            port.queue.append(Letter([(port, MOVE_SEND_ONCE)], note=(NOTIFY_SEND_ONCE, 0)))

    def destroy_right(self, right: Right) -> None:
        """A right in a message."""
        port, kind = right
        if not isinstance(port, Model.End):
            return
        if kind == MOVE_SEND:
            self.uncount(port)
        elif kind == MOVE_SEND_ONCE:
            self.release_once(port)
        elif port.alive:
            self.kill(port)

    def destroy(self, letter: Letter) -> None:
        """A message with all that is in it; messages inside of it after it."""
        self.condemned.append(letter)
        if self.destroying:
            return
        self.destroying = True
        while self.condemned:
            one = self.condemned.pop(0)
            for right in one.rights + one.body:
                self.destroy_right(right)
        self.destroying = False

    def kill(self, port: End) -> None:
        """The receive right is gone."""
        port.alive, port.home, port.name, port.toward = False, "", NULL, None
        for letter, name in port.asked:
            entry = self.names[letter][name]
            self.die(entry)
            entry.urefs += entry.urefs < UREFS_MAX
            self.tell(NOTIFY_DEAD_NAME, name)
        port.asked = []
        for names in self.names.values():
            for entry in names.values():
                if entry.port is port:
                    self.die(entry)
        if port.no_senders:
            port.no_senders = False
            assert self.listener
            self.release_once(self.listener)
        queue, port.queue = port.queue, []
        for letter_ in queue:
            self.destroy(letter_)

    def die(self, entry: Name) -> None:
        """A name of a dead port. (The send right goes unnoticed: who would be told is dead.)"""
        if entry.bits & SEND and entry.port:
            entry.port.senders -= 1
        entry.urefs = 1 if entry.bits & SEND_ONCE else entry.urefs
        entry.bits, entry.port, entry.asked = DEAD_NAME, None, False

    def forget(self, letter: str, name: int) -> Name:
        """A name goes; who asked about it is told."""
        entry = self.names[letter].pop(name)
        if entry.asked and entry.port:
            entry.port.asked.remove((letter, name))
            self.tell(NOTIFY_DELETED, name)
        return entry

    def lose(self, letter: str, name: int, bit: int) -> None:
        """A right leaves a name."""
        entry = self.names[letter][name]
        entry.bits &= ~bit
        if not entry.bits:
            self.forget(letter, name)

    def drop_reference(self, letter: str, name: int) -> None:
        """A user reference is used up."""
        entry = self.names[letter][name]
        if entry.urefs == UREFS_MAX:
            return
        entry.urefs -= 1
        if entry.urefs:
            return
        port = entry.port
        self.lose(letter, name, entry.bits & (SEND | DEAD_NAME))
        if port:
            self.uncount(port)

    def destroy_name(self, letter: str, name: int) -> None:
        """All that a name stands for."""
        entry = self.forget(letter, name)
        port = entry.port
        if entry.bits & SEND_ONCE and port:
            self.release_once(port)
        if entry.bits & SEND and port:
            self.uncount(port)
        if entry.bits & RECEIVE and port:
            self.kill(port)

    # --- what moves ------------------------------------------------------------------------------------------------------

    def may(self, letter: str, name: int, disposition: int) -> bool:
        """Whether the right can be taken."""
        entry = self.names[letter].get(name)
        return entry is not None and bool(entry.bits & MAY.get(disposition, 0))

    def take(self, letter: str, name: int, disposition: int) -> Right:
        """The new right is counted."""
        entry = self.names[letter][name]
        kind = ARRIVES[disposition]
        if entry.bits & DEAD_NAME or entry.port is None:
            return DEAD, kind
        entry.port.senders += kind == MOVE_SEND
        entry.port.made += disposition == MAKE_SEND
        return entry.port, kind

    def moved(self, letter: str, name: int, disposition: int) -> None:
        """What was moved away leaves its name."""
        entry = self.names[letter].get(name)
        if entry is None:
            return
        if disposition == MOVE_SEND_ONCE and entry.bits & SEND_ONCE:
            self.forget(letter, name)
        elif disposition in (MOVE_SEND, MOVE_SEND_ONCE):
            self.drop_reference(letter, name)
        elif disposition == MOVE_RECEIVE and entry.port:
            entry.port.home, entry.port.name, entry.port.made = "", NULL, 0
            self.lose(letter, name, RECEIVE)

    def arrive(self, letter: str, right: Right) -> int | None:
        """The name that a right will get: None for a new one, which ``named`` is told of."""
        port, kind = right
        if not isinstance(port, Model.End):
            return NULL if port is None else DEAD
        if not port.alive:
            self.destroy_right(right)
            return DEAD
        if kind == MOVE_SEND_ONCE:
            return None
        known = next((name for name, entry in self.names[letter].items() if entry.port is port and entry.bits & (SEND | RECEIVE)), None)
        if known is not None:
            self.named(letter, known, right)
        return known

    def named(self, letter: str, name: int, right: Right) -> None:
        """A right has the name."""
        port, kind = right
        assert isinstance(port, Model.End)
        if kind == MOVE_SEND_ONCE:
            self.names[letter][name] = Name(SEND_ONCE, 0, port)
            return
        entry = self.names[letter].setdefault(name, Name(0, 0, port))
        if kind == MOVE_RECEIVE:
            entry.bits |= RECEIVE
            port.home, port.name, port.toward = letter, name, None
            return
        if entry.bits & SEND:
            port.senders -= 1  # it is one with that of the name
            entry.urefs += entry.urefs < UREFS_MAX
        else:
            entry.bits, entry.urefs = entry.bits | SEND, 1

    def send(self, letter: str, remote: tuple[int, int], local: tuple[int, int], rights: list[tuple[int, int]]) -> int | Letter:
        """A message, or why it cannot be."""
        names = self.names[letter]
        if not self.may(letter, *remote) or names[remote[0]].bits & DEAD_NAME:
            return INVALID_DEST
        if local[1]:
            both = remote[1] == local[1] and remote[0] == local[0]
            if not self.may(letter, *local) or (both and (local[1] == MOVE_SEND_ONCE or (local[1] == MOVE_SEND and names[local[0]].urefs < 2))):
                return INVALID_REPLY
        header = [self.take(letter, *one) for one in (remote, local) if one[1]]
        for one in (remote, local):
            if one[1]:
                self.moved(letter, *one)
        made = Letter(header if local[1] else [*header, (None, 0)])
        for name, disposition in rights:
            if name in (NULL, DEAD):
                made.body.append((None if name == NULL else DEAD, ARRIVES[disposition]))
            elif not self.may(letter, name, disposition):
                for right in made.body + made.rights[1:] + made.rights[:1]:
                    self.destroy_right(right)
                return INVALID_RIGHT
            else:
                made.body.append(self.take(letter, name, disposition))
                self.moved(letter, name, disposition)
                self._point(made.body[-1], made.rights[0][0])
        return made

    def _point(self, right: Right, dest: object) -> None:
        port, kind = right
        if kind == MOVE_RECEIVE and isinstance(port, Model.End) and isinstance(dest, Model.End):
            port.toward = None if self.inside(port, dest) else dest

    @staticmethod
    def inside(port: End, dest: End) -> bool:
        """Whether a receive right on its way to ``dest`` would travel inside itself."""
        here: Model.End | None = dest
        while here is not None and here is not port:
            here = None if here.home else here.toward
        return here is not None


class Walk:
    """The kernel and the model, step by step."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.chance = bench, bench.random
        self.ports = Ports(bench, 3)
        self.tasks = {task.letter: task for task in self.ports.tasks}
        self.model = Model("".join(self.tasks))
        self.hand: list[Letter] = []
        self.stale: list[int] = [NULL, DEAD, 0x7F, 0x00FFF000]
        listener, name = self.ports.port(self.tasks["A"])
        self.listener = self.model.listener = Model.End(listener, home="A", name=name)
        self.hidden = {"A": name}
        self.ends = [self.listener]

    # --- choices ---------------------------------------------------------------------------------------------------------

    def letter(self) -> str:
        """A task."""
        return self.chance.choice("ABC")

    def name(self, letter: str) -> int:
        """A name of the task, seldom one that means nothing."""
        names = [name for name in self.model.names[letter] if name != self.hidden.get(letter)]
        return self.chance.choice(self.stale) if not names or self.chance.random() < 0.06 else self.chance.choice(names)

    def suited(self, letter: str, name: int) -> int:
        """A disposition that mostly suits the name."""
        fit = [kind for kind in DISPOSITIONS if self.model.may(letter, name, kind)]
        return self.chance.choice(list(DISPOSITIONS)) if not fit or self.chance.random() < 0.2 else self.chance.choice(fit)

    # --- steps -----------------------------------------------------------------------------------------------------------

    def allocate(self) -> str:
        """A new port."""
        if sum(end.alive for end in self.ends) >= LIVING:
            return self.give_up()
        letter = self.letter()
        port, name = self.ports.port(self.tasks[letter])
        self.ends.append(Model.End(port, home=letter, name=name))
        self.model.names[letter][name] = Name(RECEIVE, 0, self.ends[-1])
        return f"after {port} was allocated"

    def insert(self) -> str:
        """A right from task to task, as ``mach_port_insert_right`` takes and names it."""
        here, there = self.letter(), self.letter()
        name = self.name(here)
        kind = self.suited(here, name)
        if not self.model.may(here, name, kind):
            return self.refuse(here, name, kind)
        guest, space = self.ports.guest, self.tasks[here].address
        entry = self.ports.look(self.tasks[here], name)
        taken = guest.call("ipc_right_take", entry, kind)
        guest.call("ipc_right_drop_moved", space, entry, kind, void=True)
        right = self.model.take(here, name, kind)
        self.model.moved(here, name, kind)
        wanted = self.model.arrive(there, right)
        status = guest.call("ipc_right_copyout", self.tasks[there].address, taken, ARRIVES[kind], self.ports.word)
        self.bench.equal(status, 0, "what ipc_right_copyout answers, with room for a name")
        self.check_name(there, right, wanted, guest.number(self.ports.word, 4))
        return f"after {DISPOSITIONS[kind]} of {shown(name)} from task {here} to task {there}"

    def refuse(self, letter: str, name: int, kind: int) -> str:
        """What cannot be taken."""
        entry = self.ports.look(self.tasks[letter], name)
        if name in self.model.names[letter]:
            answer = bool(self.ports.guest.call("ipc_right_check", entry, kind) & 0xFF)
            self.bench.expect(not answer, f"{DISPOSITIONS[kind]} of {shown(name)} in task {letter} to be refused", "ipc_right_check answers true")
        else:
            self.bench.equal(entry, 0, f"the entry of {shown(name)}, which means nothing in task {letter}")
        return f"after {DISPOSITIONS[kind]} of {shown(name)} was refused in task {letter}"

    def check_name(self, letter: str, right: Right, wanted: int | None, found: int) -> None:
        """The name that a right got."""
        if wanted is not None:
            self.bench.equal(found, wanted, f"the name of a right that came to task {letter}")
            return
        self.bench.expect(found not in (NULL, DEAD, *self.model.names[letter]), f"a right that came to task {letter} to get a new name", f"it is called {shown(found)}")
        self.model.named(letter, found, right)

    def deallocate(self) -> str:
        """``mach_port_deallocate``."""
        letter = self.letter()
        name = self.name(letter)
        entry = self.model.names[letter].get(name)
        if entry is None:
            wanted = KERN_INVALID_NAME
        elif entry.bits & (SEND_ONCE | SEND | DEAD_NAME):
            wanted = SUCCESS
        else:
            wanted = KERN_INVALID_RIGHT
        found = self.ports.deallocate(self.tasks[letter], name)
        self.bench.equal(found, wanted, f"what deallocating {shown(name)} in task {letter} answers")
        if entry and wanted == SUCCESS:
            self.model.destroy_name(letter, name) if entry.bits & SEND_ONCE else self.model.drop_reference(letter, name)
        return f"after deallocating {shown(name)} in task {letter}"

    def mod_refs(self) -> str:
        """User references up and down, sometimes to their limit."""
        letter = self.letter()
        name = self.name(letter)
        entry = self.model.names[letter].get(name)
        right = RIGHT_DEAD_NAME if entry and entry.bits & DEAD_NAME else self.chance.choice((RIGHT_SEND, RIGHT_SEND, RIGHT_SEND_ONCE))
        delta = self.chance.randint(-3, 4)
        if right == RIGHT_SEND_ONCE:
            delta = -1
        elif entry and self.chance.random() < 0.25:
            delta = UREFS_MAX - entry.urefs
        found = self.ports.mod_refs(self.tasks[letter], name, right, delta)
        self.bench.equal(found, self._modified(letter, name, right, delta), f"what changing right {right} of {shown(name)} in task {letter} by {delta} answers")
        return f"after changing right {right} of {shown(name)} in task {letter} by {delta}"

    def _modified(self, letter: str, name: int, right: int, delta: int) -> int:
        entry = self.model.names[letter].get(name)
        if entry is None:
            return KERN_INVALID_NAME
        if not entry.bits & 0x10000 << right:
            return KERN_INVALID_RIGHT
        if right == RIGHT_SEND_ONCE:
            self.model.destroy_name(letter, name)
            return SUCCESS
        if not 0 <= entry.urefs + delta <= UREFS_MAX:
            return KERN_INVALID_VALUE if delta < 0 else KERN_OVERFLOW
        entry.urefs += delta
        if entry.urefs == 0:
            entry.urefs = 1
            self.model.drop_reference(letter, name)
        return SUCCESS

    def send(self) -> str:
        """A message with rights in header and body; it waits in a queue, or is under way."""
        letter = self.letter()
        remote, local = ((name, self.suited(letter, name)) for name in (self.name(letter), self.name(letter)))
        if self.chance.random() < 0.2:
            local = (remote[0], local[1])
        if self.chance.random() < 0.4:
            local = (NULL, 0)
        if MOVE_RECEIVE in (remote[1], local[1]):
            return self.insert()
        rights = [(name, self.suited(letter, name)) for name in (self.name(letter) for _ in range(self.chance.randint(0, 3)))]
        words = ", ".join(f"{DISPOSITIONS[kind]} of {shown(name)}" for name, kind in (remote, local, *rights) if kind)
        what = f"sending {words} from task {letter}"
        if len(self.hand) > 6:
            return self.receive()
        wanted = self.model.send(letter, remote, local, rights)
        found = self.ports.send(self.tasks[letter], remote, local, rights)
        code = found if isinstance(found, int) else SUCCESS
        self.bench.equal(code, wanted if isinstance(wanted, int) else SUCCESS, f"what {what} answers")
        if isinstance(wanted, Letter) and isinstance(found, Message):
            wanted.real = found
            self._post(wanted)
        return f"after {what}"

    def _post(self, letter: Letter) -> None:
        """A message that holds itself goes to nobody; others are queued, or held."""
        assert letter.real
        port, kind = letter.rights[0]
        assert isinstance(port, Model.End)
        lost = any(kind == MOVE_RECEIVE and isinstance(one, Model.End) and one.toward is None for one, kind in letter.body)
        if lost:
            self.ports.drop(letter.real)
            self.model.destroy(letter)
        elif self.chance.random() < 0.4 and (kind == MOVE_SEND_ONCE or len(port.queue) < QUEUE_LIMIT):
            self.ports.queue(letter.real)
            if port.alive:
                port.queue.append(letter)
            else:
                self.model.destroy(letter)
        else:
            self.hand.append(letter)

    def receive(self) -> str:
        """A message that is under way arrives, or is destroyed."""
        if not self.hand:
            return self.dequeue()
        letter = self.hand.pop(self.chance.randrange(len(self.hand)))
        assert letter.real
        if self.chance.random() < 0.25:
            self.ports.drop(letter.real)
            self.model.destroy(letter)
            return "after a message under way was destroyed"
        return self._arrives(letter)

    def _arrives(self, letter: Letter) -> str:
        assert letter.real
        port, kind = letter.rights[0]
        assert isinstance(port, Model.End)
        there = port.home or self.letter()
        result, names = self.ports.receive(self.tasks[there], letter.real)
        self.bench.equal(result, SUCCESS, "what receiving a message answers, with room for its names")
        for number, right in enumerate([letter.rights[1], *letter.body]):
            wanted = self.model.arrive(there, right)
            self.check_name(there, right, wanted, names[number])
            if number == 0 and kind == MOVE_SEND:
                self.model.uncount(port)
        return f"after a message came to task {there}"

    def dequeue(self) -> str:
        """A message leaves a queue and arrives; a note is read and gone."""
        waiting = [end for end in self.ends if end.queue and end.home and any(one.real for one in end.queue)]
        if not waiting:
            return self.send_something()
        end = self.chance.choice(waiting)
        number = next(number for number, one in enumerate(end.queue) if one.real)
        letter = end.queue.pop(number)
        assert letter.real
        self._unlink(end, letter.real)
        self.ports.messages.append(letter.real)
        return self._arrives(letter)

    def _unlink(self, end: Model.End, message: Message) -> None:
        ports = self.ports
        link = message.address + ports.at["ipc_kmsg.link"]
        after, before = ports.guest.number(link), ports.guest.number(link + 8)
        ports.guest.write(before, after.to_bytes(8, "little"))
        ports.guest.write(after + 8, before.to_bytes(8, "little"))
        ports.put(end.real.address, "ipc_port.msgcount", ports.get(end.real.address, "ipc_port.msgcount") - 1)

    def send_something(self) -> str:
        """There is nothing to receive."""
        return self.insert() if self.chance.random() < 0.5 else self.allocate()

    def give_up(self) -> str:
        """A receive right is given up by its name, or with everything else of a task."""
        ends = [end for end in self.ends[1:] if end.alive and end.home]
        if not ends or self.chance.random() < 0.4:
            return self.end_task()
        end = self.chance.choice(ends)
        letter, name = end.home, end.name
        found = self.ports.mod_refs(self.tasks[letter], name, RIGHT_RECEIVE, -1)
        self.bench.equal(found, SUCCESS, f"what giving the receive right {shown(name)} of task {letter} up answers")
        self.model.lose(letter, name, RECEIVE)
        self.model.kill(end)
        return f"after the receive right {shown(name)} of task {letter} was given up"

    def end_task(self) -> str:
        """All names of a task, in the order of its table; another task begins in its place."""
        letter = self.chance.choice("BC")
        task = self.tasks[letter]
        self.ports.guest.call("ipc_space_destroy", task.address, void=True)
        for name in sorted(self.model.names[letter]):
            self.model.destroy_name(letter, name)
        self.ports.guest.call("ipc_space_init", task.address, void=True)
        return f"after task {letter} ended"

    def ask(self) -> str:
        """Somebody wants to be told."""
        letter = self.letter()
        name = self.name(letter)
        entry = self.model.names[letter].get(name)
        if entry is None or entry.port is None or entry.asked or len(self.listener.queue) > 40:
            return self.insert()
        if entry.bits & RECEIVE and not entry.port.no_senders and self.chance.random() < 0.7:
            self.bench.equal(self.ports.tell(self.tasks[letter], name, NOTIFY_NO_SENDERS, self.listener.real, sync=1 << 30), SUCCESS, "what asking about senders answers")
            entry.port.no_senders = True
            return f"after asking to be told when {entry.port.real} has no senders"
        self.bench.equal(self.ports.tell(self.tasks[letter], name, NOTIFY_DEAD_NAME, self.listener.real), SUCCESS, "what asking about a name answers")
        entry.asked = True
        entry.port.asked.append((letter, name))
        return f"after asking to be told when {shown(name)} of task {letter} dies"

    # --- comparing -------------------------------------------------------------------------------------------------------

    def compare(self, when: str) -> None:
        """Names, ports, notes, and the counts of all."""
        for letter, task in self.tasks.items():
            wanted = self.model.names[letter]
            for name in [name for name, entry in wanted.items() if entry.bits & DEAD_NAME]:
                self.ports.look(task, name)
            found = self.ports.names(task)
            self.bench.equal(sorted(found.keys() - {self.hidden.get(letter)}), sorted(wanted), f"the names of task {letter} {when}")
            for name, entry in wanted.items():
                one = found[name]
                expected = (entry.bits, entry.urefs if entry.bits & (SEND | DEAD_NAME) else 0, entry.asked)
                shown_ = (one.type & ~REQUESTED, one.urefs if one.type & (SEND | DEAD_NAME) else 0, bool(one.type & REQUESTED))
                self.bench.equal(shown_, expected, f"(type, user references, asked about) of {shown(name)} in task {letter} {when}")
                if one.type & ANY_PORT and entry.port:
                    self.bench.equal(one.port, entry.port.real.address, f"the port of {shown(name)} in task {letter} {when}")
        for end in self.ends:
            self.bench.equal(self.ports.is_alive(end.real), end.alive, f"whether {end.real} lives {when}")
            if end.alive:
                self.bench.equal(self.ports.made(end.real), end.made, f"mscount (send rights made) of {end.real} {when}")
                waiting = self.ports.get(end.real.address, "ipc_port.msgcount")
                self.bench.equal(waiting, len(end.queue), f"the messages, notifications among them, that wait at {end.real} {when}")
        self.bench.equal(self._notes(self.ports.notes(self.listener.real)), self._notes([one.note for one in self.listener.queue]), f"the notifications sent {when}")
        self.ports.audit(when)

    @staticmethod
    def _notes(notes: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Which of the last sender and of its port went first, when both went at once, is nobody's business."""
        return sorted((what, which) if what in (NOTIFY_DELETED, NOTIFY_DEAD_NAME) else (0, 0) for what, which in notes)


def test_walk(bench: Bench) -> None:
    """Random steps, each compared."""
    walk = Walk(bench)
    steps: list[tuple[Callable[[], str], int]] = [
        (walk.allocate, 3), (walk.insert, 10), (walk.deallocate, 4), (walk.mod_refs, 4), (walk.send, 10), (walk.receive, 6), (walk.dequeue, 3), (walk.give_up, 3), (walk.ask, 3),
    ]  # fmt: skip
    for number in range(1, STEPS + 1):
        (step,) = bench.random.choices([one for one, _ in steps], [weight for _, weight in steps])
        walk.compare(f"{step()} (step {number})")
    for letter in "CB":
        walk.ports.guest.call("ipc_space_destroy", walk.tasks[letter].address, void=True)
        for name in sorted(walk.model.names[letter]):
            walk.model.destroy_name(letter, name)
        walk.ports.guest.call("ipc_space_init", walk.tasks[letter].address, void=True)
        walk.compare(f"after task {letter} ended at last")


def test_assemblies(bench: Bench) -> None:
    """Random configurations of the kernel, with another scheduler, other options."""
    program = bench.program("errands")
    argument = str(bench.random.getrandbits(62))
    expected = bench.computed(bench.presets[0], program, argument, "probe_done", bench.bound("instructions"), reference=True)
    for name in bench.random_configurations():
        found = bench.computed(name, program, argument, "probe_done", bench.bound("instructions"))
        bench.equal(found, expected, f"what errands {argument} computes on the random assembly {name}")
