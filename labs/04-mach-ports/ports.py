"""Lab 4: the kernel's ports and rights in the tests' hands.

The machine is stopped before the kernel starts its first task. From there on the tests are the tasks: they make name spaces and ports, take
rights, put them into messages and receive those, all by calling the kernel's functions. At any time the whole of it can be counted from
outside (``Ports.audit``): every name, every message, every request, and what each port says of itself must be the sum of what was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from kit.lab_bench import Bench, Finding
from kit.guest import shown

SEND, RECEIVE, SEND_ONCE, PORT_SET, DEAD_NAME = (0x10000 << right for right in range(5))
ANY_PORT = SEND | RECEIVE | SEND_ONCE
REQUESTED = 1
RIGHT_SEND, RIGHT_RECEIVE, RIGHT_SEND_ONCE, RIGHT_PORT_SET, RIGHT_DEAD_NAME = range(5)
RIGHT_NAMES = {SEND: "a send right", RECEIVE: "the receive right", SEND_ONCE: "a send-once right", PORT_SET: "a port set", DEAD_NAME: "a dead name"}
MOVE_RECEIVE, MOVE_SEND, MOVE_SEND_ONCE, COPY_SEND, MAKE_SEND, MAKE_SEND_ONCE = range(16, 22)
DISPOSITIONS = {16: "MOVE_RECEIVE", 17: "MOVE_SEND", 18: "MOVE_SEND_ONCE", 19: "COPY_SEND", 20: "MAKE_SEND", 21: "MAKE_SEND_ONCE"}
ARRIVES = {16: 16, 17: 17, 18: 18, 19: 17, 20: 17, 21: 18}
INTEGER_64 = 11
MAY = {
    COPY_SEND: SEND | DEAD_NAME, MOVE_SEND: SEND | DEAD_NAME, MOVE_SEND_ONCE: SEND_ONCE | DEAD_NAME,
    MAKE_SEND: RECEIVE, MAKE_SEND_ONCE: RECEIVE, MOVE_RECEIVE: RECEIVE,
}  # fmt: skip
"""What must be there for a right to be taken."""
NULL, DEAD, PORT_DEAD = 0, 0xFFFFFFFF, (1 << 64) - 1
UREFS_MAX = 65535
COMPLEX = 0x80000000
HEADER = 24
NOTE_BYTES = 40
SUCCESS, INVALID_DEST, INVALID_REPLY, INVALID_RIGHT, IPC_SPACE = 0, 0x10000003, 0x10000009, 0x1000000A, 0x2000
KERN_INVALID_NAME, KERN_INVALID_RIGHT, KERN_INVALID_VALUE, KERN_OVERFLOW = 15, 17, 18, 19
NOTIFY_DELETED, NOTIFY_NO_SENDERS, NOTIFY_SEND_ONCE, NOTIFY_DEAD_NAME = 65, 70, 71, 72
ENTRIES_MAX = 8192
FIELDS = {
    "ipc_space": ("active", "limit", "free", "chunks", "buckets"),
    "ipc_entry": ("port", "name", "type", "urefs", "next"),
    "ipc_port": ("refs", "srights", "sorights", "mscount", "active", "msgcount", "name", "receiver", "destination", "queue", "own", "set", "requests", "no_senders"),
    "ipc_request": ("link", "entry", "note"),
    "ipc_kmsg": ("link", "remote", "local", "header"),
    "object_cache": ("live",),
}
CHUNK_ENTRIES, BUCKETS, GENERATION_BITS = 128, 64, 12


@dataclass(frozen=True)
class Entry:
    """What a name stands for, as it lies in the task's table."""

    address: int
    name: int
    port: int
    type: int
    urefs: int
    next: int


@dataclass(frozen=True)
class Port:
    """A port, by the number that the tests call it."""

    number: int
    address: int

    def __str__(self) -> str:
        return f"port {self.number}"


@dataclass(frozen=True)
class Task:
    """A name space."""

    letter: str
    address: int

    def __str__(self) -> str:
        return f"task {self.letter}"


@dataclass
class Message:
    """A message inside the kernel, in the tests' hands."""

    address: int
    size: int


@dataclass
class Found:
    """What refers to a port, as words."""

    refs: list[str] = field(default_factory=list)
    srights: list[str] = field(default_factory=list)
    sorights: list[str] = field(default_factory=list)
    receivers: list[str] = field(default_factory=list)

    def add(self, right: int, where: str) -> None:
        """A right, by its arriving type or a name's type bits."""
        self.refs.append(where)
        if right in (MOVE_SEND, SEND):
            self.srights.append(where)
        elif right in (MOVE_SEND_ONCE, SEND_ONCE):
            self.sorights.append(where)


class Ports:
    """The halted kernel, its tasks played by the tests."""

    def __init__(self, bench: Bench, tasks: int = 2, reference: bool = False) -> None:
        self.bench = bench
        preset = bench.presets[0]
        self.at = bench.layout(preset, FIELDS, reference=True, slot="ipc", more=("ipc.h",))
        self.guest = bench.reference(preset) if reference else bench.mine(preset)
        self.guest.run_until("bootstrap_start")
        self.word = self.guest.call("kalloc", 64)
        self.ports: list[Port] = []
        self.held: list[tuple[Port, int]] = []
        self.messages: list[Message] = []
        self.tasks = [self.task("ABCDEF"[number]) for number in range(tasks)]

    # --- memory ----------------------------------------------------------------------------------------------------------

    def get(self, address: int, name: str, length: int = 4) -> int:
        """A field, as ``ipc_port.refs``."""
        return self.guest.number(address + self.at[name], length)

    def put(self, address: int, name: str, value: int, length: int = 4) -> None:
        """Change a field."""
        self.guest.write(address + self.at[name], value.to_bytes(length, "little"))

    def counts(self, port: Port) -> tuple[int, int, int]:
        """(refs, srights, sorights) of a port, the tests' own reference left out."""
        data = self.guest.read(port.address, self.at["ipc_port"])
        refs, srights, sorights = (self._of(data, f"ipc_port.{name}", 4) for name in ("refs", "srights", "sorights"))
        return refs - 1, srights, sorights

    def made(self, port: Port) -> int:
        """How many send rights were made since the receive right came to where it is."""
        return self.get(port.address, "ipc_port.mscount")

    def is_alive(self, port: Port) -> bool:
        """Whether anybody can still receive from it."""
        return self.get(port.address, "ipc_port.active", 1) != 0

    def port_objects(self) -> int:
        """How many ports there are in the whole kernel."""
        return self.guest.number(self.guest.symbols["port_cache"] + self.at["object_cache.live"])

    def _of(self, data: bytes, name: str, length: int = 8) -> int:
        at = self.at[name]
        return int.from_bytes(data[at : at + length], "little")

    # --- tasks and ports -------------------------------------------------------------------------------------------------

    def task(self, letter: str) -> Task:
        """A task without names."""
        task = Task(letter, self.guest.call("kalloc", self.at["ipc_space"]))
        self.guest.call("ipc_space_init", task.address, void=True)
        return task

    def port(self, task: Task) -> tuple[Port, int]:
        """A new port, and its receive right's name in the task."""
        name = self.allocate(task, RIGHT_RECEIVE)
        return self.watch(self.entry(task, name).port), name

    def allocate(self, task: Task, right: int) -> int:
        """``mach_port_allocate``: the new name."""
        result = self.guest.call("ipc_port_allocate_name", task.address, right, self.word)
        self.bench.equal(result, SUCCESS, f"what allocating {RIGHT_NAMES[0x10000 << right]} answers")
        return self.guest.number(self.word, 4)

    def watch(self, address: int) -> Port:
        """Keep a reference of our own: so a port that dies can still be looked at."""
        port = Port(len(self.ports) + 1, address)
        self.put(address, "ipc_port.refs", self.get(address, "ipc_port.refs") + 1)
        self.ports.append(port)
        return port

    def table(self, task: Task) -> list[Entry]:
        """Every entry of a task's table, free ones too."""
        data = self.guest.read(task.address, self.at["ipc_space"])
        limit, entries = self._of(data, "ipc_space.limit", 4), []
        for number in range(0, min(limit, ENTRIES_MAX), CHUNK_ENTRIES):
            at = self.at["ipc_space.chunks"] + number // CHUNK_ENTRIES * 8
            chunk = int.from_bytes(data[at : at + 8], "little")
            size = self.at["ipc_entry"]
            page = self.guest.read(chunk, min(limit - number, CHUNK_ENTRIES) * size)
            entries += [self._entry(chunk + at, page[at : at + size]) for at in range(0, len(page), size)]
        return entries

    def _entry(self, address: int, data: bytes) -> Entry:
        port, next_one = self._of(data, "ipc_entry.port"), self._of(data, "ipc_entry.next")
        return Entry(address, *(self._of(data, "ipc_entry.name", 4), port), self._of(data, "ipc_entry.type", 4), self._of(data, "ipc_entry.urefs", 4), next_one)

    def names(self, task: Task) -> dict[int, Entry]:
        """What each name of the task stands for."""
        return {entry.name: entry for entry in self.table(task) if entry.type != 0}

    def entry(self, task: Task, name: int) -> Entry:
        """What one name stands for. Raises Finding where it means nothing."""
        found = self._look(task, name)
        if found is None or found.type == 0:
            raise Finding(f"{shown(name)} to be a name of {task}", "it means nothing there")
        return found

    def _look(self, task: Task, name: int) -> Entry | None:
        index = name >> GENERATION_BITS
        if index >= self.get(task.address, "ipc_space.limit"):
            return None
        chunk = self.guest.number(task.address + self.at["ipc_space.chunks"] + index // CHUNK_ENTRIES * 8)
        address = chunk + index % CHUNK_ENTRIES * self.at["ipc_entry"]
        entry = self._entry(address, self.guest.read(address, self.at["ipc_entry"]))
        return entry if entry.name == name else None

    def is_name(self, task: Task, name: int) -> bool:
        """Whether it means anything there."""
        found = self._look(task, name)
        return found is not None and found.type != 0

    def look(self, task: Task, name: int) -> int:
        """``ipc_right_lookup``: the entry's address, or 0."""
        return self.guest.call("ipc_right_lookup", task.address, name)

    # --- rights ----------------------------------------------------------------------------------------------------------

    def hand(self, port: Port, kind: int) -> None:
        """A right of an arriving type, in the tests' hands, as if a message had brought it."""
        for name in {MOVE_SEND: ("refs", "srights"), MOVE_SEND_ONCE: ("refs", "sorights")}[kind]:
            self.put(port.address, f"ipc_port.{name}", self.get(port.address, f"ipc_port.{name}") + 1)
        self.held.append((port, kind))

    def arrive(self, task: Task, port: Port, kind: int) -> int:
        """A right arrives in the task: the name that it gets."""
        self.hand(port, kind)
        status = self.guest.call("ipc_right_copyout", task.address, port.address, kind, self.word)
        self.bench.equal(status, 0, "what ipc_right_copyout answers, with room for a name")
        self.held.remove((port, kind))
        return self.guest.number(self.word, 4)

    def deallocate(self, task: Task, name: int) -> int:
        """``mach_port_deallocate``."""
        return self.guest.call("ipc_port_deallocate", task.address, name)

    def mod_refs(self, task: Task, name: int, right: int, delta: int) -> int:
        """``mach_port_mod_refs``."""
        return self.guest.call("ipc_port_mod_refs", task.address, name, right, delta & 0xFFFFFFFF)

    def destroy_port(self, task: Task, name: int) -> None:
        """Give the receive right up."""
        self.bench.equal(self.mod_refs(task, name, RIGHT_RECEIVE, -1), SUCCESS, "what giving the receive right up answers")

    def tell(self, task: Task, name: int, note: int, notify: Port, sync: int = 0) -> int:
        """``mach_port_request_notification``, with a send-once right to ``notify``."""
        self.hand(notify, MOVE_SEND_ONCE)
        result = self.guest.call("ipc_port_request_notification", task.address, name, note, sync, notify.address, self.word)
        if result == SUCCESS:
            self.held.remove((notify, MOVE_SEND_ONCE))
        return result

    # --- messages --------------------------------------------------------------------------------------------------------

    def send(self, task: Task, remote: tuple[int, int], local: tuple[int, int] = (NULL, 0), rights: Sequence[tuple[int, int]] = (), number: int = 7) -> int | Message:
        """Names become rights: the message, or why not. ``remote``, ``local`` and each of ``rights`` are (name, disposition)."""
        size = HEADER + 16 * len(rights)
        body = b"".join((kind | 64 << 8 | 1 << 29).to_bytes(4, "little") + (1).to_bytes(4, "little") + name.to_bytes(8, "little") for name, kind in rights)
        words = (remote[1] | local[1] << 8 | (COMPLEX if rights else 0), size, remote[0], local[0], 0, number)
        message = Message(self.guest.call("ipc_kmsg_alloc", size), size)
        self.guest.write(message.address + self.at["ipc_kmsg.header"], b"".join(word.to_bytes(4, "little") for word in words) + body)
        result = self.guest.call("ipc_kmsg_copyin", message.address, task.address) & 0xFFFFFFFF
        if result != SUCCESS:
            self.guest.call("ipc_kmsg_free", message.address, void=True)
            return result
        self.messages.append(message)
        return message

    def sent(self, task: Task, remote: tuple[int, int], local: tuple[int, int] = (NULL, 0), rights: Sequence[tuple[int, int]] = ()) -> Message:
        """The same, which must succeed."""
        message = self.send(task, remote, local, rights)
        if not isinstance(message, Message):
            raise Finding(f"a message with {self._words(remote, local, rights)} to be sent", f"it is refused: {message:#x}")
        return message

    @staticmethod
    def _words(*rights: object) -> str:
        flat = [right for one in rights for right in (one if isinstance(one, list) else [one])]
        return ", ".join(f"{DISPOSITIONS[kind]} of {shown(name)}" for name, kind in flat if kind in DISPOSITIONS)  # type: ignore[misc]

    def receive(self, task: Task, message: Message) -> tuple[int, list[int]]:
        """Rights become names: (result, the reply's name and those in the body). The message is used up."""
        result = self.guest.call("ipc_kmsg_copyout", message.address, task.address) & 0xFFFFFFFF
        data = self.guest.read(message.address + self.at["ipc_kmsg.header"], message.size)
        names = [int.from_bytes(data[8:12], "little")] + [int.from_bytes(data[at + 8 : at + 16], "little") for at in range(HEADER, message.size, 16)]
        self.messages.remove(message)
        self.guest.call("ipc_kmsg_free", message.address, void=True)
        return result, names

    def drop(self, message: Message) -> None:
        """The message is destroyed with all that is in it."""
        self.messages.remove(message)
        self.guest.call("ipc_kmsg_destroy", message.address, void=True)

    def queue(self, message: Message) -> None:
        """The message waits at its port."""
        self.messages.remove(message)
        self.bench.equal(self.guest.call("ipc_mqueue_send", message.address, 0, self.word), SUCCESS, "what queueing a message answers")

    def notes(self, port: Port) -> list[tuple[int, int]]:
        """(what, about which) for each notification that waits at a port."""
        found = []
        for kmsg in self._queued(port.address):
            header = kmsg + self.at["ipc_kmsg.header"]
            size, what = self.guest.number(header + 4, 4), self.guest.number(header + 20, 4)
            found.append((what, self.guest.number(header + HEADER + 8, 4) if size == NOTE_BYTES else 0))
        return found

    # --- counting --------------------------------------------------------------------------------------------------------

    def audit(self, when: str) -> None:
        """Hold every port's counts against what is found to refer to it. Raises Finding."""
        found = {port.address: Found() for port in self.ports}
        for task in self.tasks:
            self._audit_table(task, found, when)
        for number, message in enumerate(self.messages, 1):
            self._add_message(found, message.address, f"message {number} that is under way")
        for held, kind in self.held:
            found[held.address].add(kind, "what the test holds")
        for port in self.ports:
            self._add_kept(found, port)
        for port in self.ports:
            self._audit_port(port, found[port.address], when)

    def _audit_table(self, task: Task, found: dict[int, Found], when: str) -> None:
        data = self.guest.read(task.address, self.at["ipc_space"])
        table = self.table(task)
        by_address = {entry.address: entry for entry in table}
        hashed = set(self._chain(by_address, [int.from_bytes(data[at : at + 8], "little") for at in self._buckets()], task, when))
        free = set(self._chain(by_address, [self._of(data, "ipc_space.free")], task, when))
        shared: dict[int, int] = {}
        for entry in table[1:]:
            what = f"name {shown(entry.name)} of {task}"
            self._state((entry.type == 0) == (entry.address in free), f"{what} to be free exactly if it means nothing", f"its type is {entry.type:#x}", when)
            found_by_port = bool(entry.type & (SEND | RECEIVE)) == (entry.address in hashed)
            self._state(found_by_port, f"{what} to be found by its port exactly if it is a send or receive right", f"its type is {entry.type:#x}", when)
            if not entry.type & ANY_PORT:
                self._state(not entry.type & DEAD_NAME or 0 < entry.urefs <= UREFS_MAX, f"{what}, a dead name, to have user references", f"it has {entry.urefs}", when)
                continue
            self._state(entry.port in found, f"{what} to stand for a port that there is", f"it stands for {entry.port:#x}", when)
            if entry.type & SEND_ONCE:
                found[entry.port].add(SEND_ONCE, what)
                continue
            other = shared.setdefault(entry.port, entry.name)
            self._state(other == entry.name, f"{what} and name {shown(other)} to be one name, for they are rights to one port", "they are two", when)
            found[entry.port].add(SEND if entry.type & SEND else RECEIVE, what)
            self._state(not entry.type & SEND or 0 < entry.urefs <= UREFS_MAX, f"{what}, a send right, to have user references", f"it has {entry.urefs}", when)
            if entry.type & RECEIVE:
                found[entry.port].receivers.append(what)
                here = (self.get(entry.port, "ipc_port.receiver", 8), self.get(entry.port, "ipc_port.name"))
                known = here == (task.address, entry.name)
                self._state(known, f"the port of {what} to know {task} for its receiver, and that name", f"it has {shown(here[1])} of the space at {here[0]:#x}", when)

    def _buckets(self) -> Iterator[int]:
        return iter(range(self.at["ipc_space.buckets"], self.at["ipc_space.buckets"] + 8 * BUCKETS, 8))

    def _chain(self, entries: dict[int, Entry], heads: Sequence[int], task: Task, when: str) -> Iterator[int]:
        """The entries of some lists, none of them twice."""
        seen = set()
        for head in heads:
            while head:
                self._state(head in entries and head not in seen, f"the lists of {task}'s table to hold each entry once", f"{head:#x} is there twice, or is none", when)
                seen.add(head)
                yield head
                head = entries[head].next

    def _add_kept(self, found: dict[int, Found], port: Port) -> None:
        """Messages in the port's queue, and notes that wait for its end."""
        data = self.guest.read(port.address, self.at["ipc_port"])
        for number, kmsg in enumerate(self._queued(port.address), 1):
            self._add_message(found, kmsg, f"message {number} in the queue of {port}")
        if self._of(data, "ipc_port.no_senders"):
            self._add_message(found, self._of(data, "ipc_port.no_senders"), f"the note that {port} has no senders")
        for request in self._list(port.address + self.at["ipc_port.requests"]):
            self._add_message(found, self.get(request - self.at["ipc_request.link"], "ipc_request.note", 8), f"a note that {port} died")

    def _queued(self, port: int) -> list[int]:
        queue = self.get(port, "ipc_port.queue", 8)
        every = [link - self.at["ipc_kmsg.link"] for link in self._list(queue)]
        return [kmsg for kmsg in every if self.get(kmsg, "ipc_kmsg.remote", 8) == port]

    def _list(self, head: int) -> list[int]:
        links, here = [], self.guest.number(head)
        while here != head and len(links) < 1000:
            links.append(here)
            here = self.guest.number(here)
        return links

    def _add_message(self, found: dict[int, Found], kmsg: int, where: str) -> None:
        for port, kind in self.rights_in(kmsg):
            if port in found:
                found[port].add(kind, where)
                if kind == MOVE_RECEIVE:
                    found[port].receivers.append(where)

    def rights_in(self, kmsg: int) -> list[tuple[int, int]]:
        """(port, arriving type) of each right in a message of the kernel's."""
        header = kmsg + self.at["ipc_kmsg.header"]
        bits, size = self.guest.number(header, 4), self.guest.number(header + 4, 4)
        rights = [(self.get(kmsg, "ipc_kmsg.remote", 8), bits & 0xFF), (self.get(kmsg, "ipc_kmsg.local", 8), bits >> 8 & 0xFF)]
        body = self.guest.read(header + HEADER, size - HEADER) if bits & COMPLEX else b""
        for at in range(0, len(body), 16):
            if body[at] in DISPOSITIONS and int.from_bytes(body[at + 4 : at + 8], "little"):
                rights.append((int.from_bytes(body[at + 8 : at + 16], "little"), body[at]))
        return rights

    def _audit_port(self, port: Port, found: Found, when: str) -> None:
        refs, srights, sorights = self.counts(port)
        for name, value, places in (("refs", refs, found.refs), ("srights", srights, found.srights), ("sorights", sorights, found.sorights)):
            where = f" ({', '.join(places[:4])}{', …' if len(places) > 4 else ''})" if places else ""
            self._state(value == len(places), f"{name} of {port} to be {len(places)}{where}", f"it is {shown(value if value < 1 << 31 else value - (1 << 32))}", when)
        alive = self.is_alive(port)
        happened = f"it {'lives' if alive else 'is dead'}; places: {', '.join(found.receivers) or 'none'}"
        self._state(len(found.receivers) == alive, f"the receive right of {port} to be in one place exactly as long as the port lives", happened, when)

    def _state(self, holds: bool, expected: str, happened: str, when: str) -> None:
        if not holds:
            raise Finding(f"{expected}, {when}", happened)
