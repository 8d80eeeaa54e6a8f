"""A stage for threads that send messages to each other, played by the grader from outside of the machine.

The root task of ``programs/ipc_probe.c`` is everybody's pager; its director makes and ends the actors A, B, C and D by privileged calls. All
of them stand in user mode at ``probe_after``, or wait in the kernel. The grader sets the registers of whoever is current, lets it go on, and
stops the machine when somebody comes to ``probe_after`` again: the same one, or whom the kernel has let run. Then it looks at everybody.

A ``Pair`` is two such machines that are told the same, one with the reference part. After each step both must look alike.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from kit.gdbstub import REGISTERS, Registers
from kit.lab_bench import Bench, Finding
from kit.guest import CR3_AT, Fault, Guest
from kit.threads import STATES, Layout

NIL, ANY = 0, (1 << 64) - 1
IPC, THREAD_CONTROL, SPACE_CONTROL, EXCHANGE_REGISTERS, THREAD_SWITCH, SYSTEM_CLOCK = 1, 3, 4, 5, 6, 7
AT_ONCE, LONG = 1, (1 << 32) - 1
"""Time-outs: none, and one that does not run out here."""
EX_IP, EX_POINTER, EX_CANCEL, EX_INTERRUPT, EX_RUN = 0x04, 0x20, 0x80, 0x1000, 0x2000
ALIEN = 1
MESSAGE = ("r8", "r9", "rbx", "r12", "r13", "r14", "r15")
"""The registers of MR1 to MR7; MR8 and on are in the UTCB."""
FRAME = ("r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi", "rdi")
FRAME_BYTES, RIP_AT, FLAGS_AT, RSP_AT = 176, 136, 152, 160
UTCB_WORDS, BUFFERS_AT, ACCEPTOR_AT = 64, 65 * 8, 64 * 8
XMM_AT, XMM_BYTES = 348, 256
"""The vector registers in the stub's packet; in memory they begin 160 bytes into a thread's XSAVE area."""
XSAVE_XMM = 160
FS_AT, CPU_STACK_AT = 164, 8
"""The thread pointer in the stub's packet; the stack of the next trap in the kernel's variable cpu."""
USER_FLAGS = 0xCD5
KINDS = ("an IPC call", "a trap", "a page fault", "an exception", "an interrupt")
PHASES = ("idle", "sending", "receiving")
FIELDS = {
    "thread": (
        *("state", "frame", "timeout_link", "deadline", "sched.link", "sched.current", "arch.fpu", "arch.root", "arch.stack_top"),
        *(f"ipc.{name}" for name in ("id", "waiting_for", "redirector", "utcb", "senders", "kind", "phase", "send_link")),
    )
}
ROOT_TASK, DIRECTOR = 1 << 32 | 1, 2 << 32 | 1
SLOTS = 2048
SLOW = "l4_ipc_slow"
FIRST_NUMBER = 3
UTCBS = 0x7100_0000_0000
PRIORITY = 16
BOUND = 500_000
QUEUE_MOST = 64

Look = dict[str, object]
"""What a machine looks like from outside: a value for each thing that has a name."""


@dataclass(frozen=True)
class Actor:
    """How a thread is made: in a space of its own, or in another's; with a UTCB or without."""

    name: str
    space: str = ""
    utcb: bool = True
    priority: int = PRIORITY
    pager: str = "root"
    handler: str = "root"
    runs: bool = True


def tag(untyped: int = 0, typed: int = 0, label: int = 0) -> int:
    """A message tag."""
    return label << 16 | typed << 6 | untyped


def timeouts(send: int = 0, receive: int = 0) -> int:
    """Both time-outs in one word; 0 is never."""
    return receive << 32 | send


class Stage:
    """One machine, and whom it holds."""

    def __init__(self, bench: Bench, kernel: str, reference: bool = False, where: Layout | None = None) -> None:
        """``where`` is the layout of the kernel's structures if it is known: it is the same in both, for no header is a student's."""
        self.program = bench.program("ipc_probe")
        self.guest: Guest = bench.with_root_task(kernel, self.program, reference)
        self.where = where or bench.layout(kernel, FIELDS, reference)
        self.after = self.program.symbols["probe_after"]
        self.guest.without_timer()
        self.here: Registers = self.guest.run_to_user(self.program, "probe_after")
        self.flags = self.here.flags
        self.page = self.program.symbols["probe_page"]
        self.version = 0
        self.ids = {"root": ROOT_TASK, "director": DIRECTOR, "nobody": NIL, "anybody": ANY}
        self.made: list[str] = []
        self.slow = 0
        """How often the slow path was entered in the last step, where it is watched."""
        self.at_slow: Callable[[], None] | None = None
        """What is to be looked at when it is."""

    # --- who is who ------------------------------------------------------------------------------------------------------

    def id(self, name: str) -> int:
        """A thread's id: of an actor (even one that is gone), or of ``root``, ``director``, ``nobody``, ``anybody``."""
        return self.ids[name]

    def name(self, id: int) -> str:
        """The other way round."""
        return next((name for name, one in self.ids.items() if one == id), f"{id:#x}")

    def current(self) -> str:
        """Who has the processor."""
        return self.name(self.guest.number(self.guest.variable("thread_current") + self.where["thread.ipc.id"]))

    def thread(self, name: str) -> int:
        """The address of a thread in the kernel."""
        return self.guest.number(self.guest.symbols["l4_threads"] + 8 * (self.id(name) >> 32))

    def utcb(self, name: str) -> int:
        """Where the kernel sees a thread's UTCB; 0 if it has none."""
        return self.guest.number(self.thread(name) + self.where["thread.ipc.utcb"])

    # --- one step --------------------------------------------------------------------------------------------------------

    def go(self, text: str, start: str = "probe_call", **values: int) -> None:
        """Let the current thread go on at ``start`` with these registers, until somebody is at ``probe_after``. Raises Fault."""
        registers = self.here.changed(rip=self.program.symbols[start], eflags=self.flags, **values)
        self.slow = 0
        self.here = self.guest.operation(text, registers, [self.after], BOUND)
        while self.here["rip"] != self.after:
            if self.here["rip"] != self.guest.symbols[SLOW]:
                raise Fault("ended", f"the root task powers off after {text}: a thread did what it cannot do", self.guest.backtrace(self.here))
            self.slow += 1
            if self.at_slow:
                self.at_slow()
            self.here = self.guest.run_to([self.after], BOUND, text)

    def call(self, text: str, number: int, *arguments: int) -> int:
        """A native call of the current thread other than IPC; its answer."""
        values = dict(zip(("rdi", "rsi", "rdx", "r10", "r8", "r9"), (*arguments, 0, 0, 0, 0, 0, 0)))
        self.go(text, rax=-number, **values)
        return self.here["rax"]

    def turn(self, name: str) -> None:
        """Make a thread that can run the current one: whoever is gives way to it."""
        if self.current() != name:
            self.call(f"{self.current()} gives the processor to {name}", THREAD_SWITCH, self.id(name))
        if self.current() != name:
            raise Finding(f"{name} to be able to run", f"it is {self.state(name)}: {self.current()} gave the processor to it in vain")

    def state(self, name: str) -> str:
        """In a word."""
        return STATES[self.guest.number(self.thread(name) + self.where["thread.state"], 4)]

    def ipc(self, who: str, text: str, to: int, source: int, label: int = 0, limits: int = 0, **values: int) -> None:
        """``who``, which can run, makes an IPC call; ``values`` are its other registers."""
        self.turn(who)
        self.go(text, rax=-IPC, rdi=to, rsi=source, rdx=limits, r10=label, **values)

    # --- the director's work ---------------------------------------------------------------------------------------------

    def _direct(self, text: str, number: int, *arguments: int) -> None:
        self.turn("director")
        self.call(text, number, *arguments)

    def cast(self, actors: Sequence[Actor]) -> None:
        """End all actors and make new ones: their numbers are the same, their versions are not."""
        for name in self.made:
            self._direct(f"the director ends {name}", THREAD_CONTROL, self.id(name), NIL)
        self.version += 1
        self.made = [actor.name for actor in actors]
        for number, actor in enumerate(actors):
            self.ids[actor.name] = (FIRST_NUMBER + number) << 32 | self.version
        for number, actor in enumerate(actors):
            self.make(actor, number)

    def make(self, actor: Actor, number: int) -> None:
        """One thread; if it ``runs`` it comes to ``probe_after``."""
        space = self.id(actor.space or actor.name)
        utcb = UTCBS + number * 4096 if actor.utcb else 0
        arguments = (self.id(actor.name), space, self.id(actor.pager), self.id(actor.handler), utcb, actor.priority)
        self._direct(f"the director makes {actor.name}", THREAD_CONTROL, *arguments)
        if actor.runs:
            self.exchange(actor.name, EX_IP | EX_RUN, "starts", ip=self.program.symbols["probe_begin"])
            self.turn(actor.name)

    def end(self, name: str) -> None:
        """Delete an actor."""
        self._direct(f"the director ends {name}", THREAD_CONTROL, self.id(name), NIL)
        self.made.remove(name)

    def control(self, name: str, **words: str) -> None:
        """Another pager or handler for an actor."""
        pager, handler = (self.id(words.get(key, "root")) for key in ("pager", "handler"))
        self._direct(f"the director changes {name}'s pager or handler", THREAD_CONTROL, self.id(name), self.id(name), pager, handler, 0, PRIORITY)

    def exchange(self, name: str, control: int, what: str, ip: int = 0, pointer: int = 0) -> None:
        """ExchangeRegisters: to start an actor, to break off its IPC, to make it report, to give it another thread pointer."""
        self.turn("director")
        self.guest.write(self.page, b"".join(word.to_bytes(8, "little") for word in (0, ip, 0, 0, pointer, 0, 0, 0)))
        self.call(f"the director {what} {name}", EXCHANGE_REGISTERS, self.id(name), control, self.page)

    def space(self, name: str, control: int, redirector: int) -> None:
        """SpaceControl."""
        self._direct(f"the director sets {name}'s space to control {control}, redirector {self.name(redirector)}", SPACE_CONTROL, self.id(name), control, redirector)

    def pass_time(self) -> None:
        """Let every time-out that runs come to its end: what the timer would do, in the middle of a call of the director's."""
        self.turn("director")
        text = "the director asks for the time"
        registers = self.here.changed(rip=self.program.symbols["probe_call"], eflags=self.flags, rax=-SYSTEM_CLOCK)
        inside = self.guest.operation(text, registers, [self.guest.symbols["l4_call_system_clock"]], BOUND)
        for name in ("root", "director", *self.made):
            self.guest.write(self.thread(name) + self.where["thread.deadline"], bytes(8))
        self.guest.call("thread_timer", 0, void=True)
        self.here = self.guest.operation(text, inside, [self.after], BOUND)

    def fill(self, name: str, at: int, words: Sequence[int]) -> None:
        """Put words into an actor's UTCB, from byte ``at`` on."""
        self.guest.write(self.utcb(name) + at, b"".join(word.to_bytes(8, "little") for word in words))

    def vectors(self, content: bytes) -> None:
        """Give the current thread other vector registers."""
        raw = bytearray(self.guest.registers().raw)
        raw[XMM_AT : XMM_AT + XMM_BYTES] = content
        self.here = Registers(self.here.values, self.here.flags, self.here.cs, bytes(raw))

    # --- looking ---------------------------------------------------------------------------------------------------------

    def look(self) -> Look:
        """Everybody as they are now."""
        found: Look = {}
        names = ("root", "director", *self.made)
        table = self.guest.read(self.guest.symbols["l4_threads"], 8 * (FIRST_NUMBER + len(names)))
        threads = {name: int.from_bytes(table[8 * (self.id(name) >> 32) :][:8], "little") for name in names}
        bodies = {name: self.guest.read(address, self.where["thread"]) for name, address in threads.items()}
        links = {threads[name] + self.where["thread.ipc.send_link"]: name for name in threads}
        running = self.guest.variable("thread_current")
        found["who runs"] = next((name for name, address in threads.items() if address == running), "nobody")
        for name, body in bodies.items():
            found |= self._thread(name, body, threads[name], links)
        payer = self.guest.variable("thread_payer")
        found["who pays for the time"] = next((name for name, address in threads.items() if address == payer), "nobody")
        found["the queues of those that can run"] = self._ready(threads, bodies)
        spaces = self.guest.registers().raw[CR3_AT : CR3_AT + 8]
        found["whose memory is seen"] = tuple(name for name in bodies if self._word(bodies[name], "arch.root") == int.from_bytes(spaces, "little"))
        stack = self.guest.number(self.guest.symbols["cpu"] + CPU_STACK_AT)
        found["whose kernel stack the next trap uses"] = tuple(name for name in bodies if self._word(bodies[name], "arch.stack_top") == stack)
        for name in self.made:
            found |= self._registers(name, bodies[name], found["who runs"] == name)
        return found

    def _word(self, body: bytes, field: str, length: int = 8) -> int:
        at = self.where[f"thread.{field}"]
        return int.from_bytes(body[at : at + length], "little")

    def _thread(self, name: str, body: bytes, address: int, links: dict[int, str]) -> Look:
        state = _named(STATES, self._word(body, "state", 4))
        timed = self._word(body, "timeout_link") not in (0, address + self.where["thread.timeout_link"])
        found: Look = {
            f"{name}'s state": state,
            f"{name}'s phase of IPC": _named(PHASES, self._word(body, "ipc.phase", 4)),
            f"whom {name} waits for": self.name(self._word(body, "ipc.waiting_for")),
            f"who waits in {name}'s queue": self._queue(address + self.where["thread.ipc.senders"], self._word(body, "ipc.senders"), links),
            f"whether {name}'s time can run out": timed,
        }
        if state == "blocked":
            found[f"why {name} waits"] = _named(KINDS, self._word(body, "ipc.kind", 4))
        return found

    def _queue(self, head: int, at: int, links: dict[int, str]) -> tuple[str, ...]:
        """Names from ``at`` on to the head of a list of senders."""
        names: list[str] = []
        while at != head and at and len(names) < QUEUE_MOST:
            names.append(links.get(at, f"something at {at:#x}"))
            at = self.guest.number(at)
        return tuple(names)

    def _ready(self, threads: dict[str, int], bodies: dict[str, bytes]) -> tuple[tuple[str, ...], ...]:
        """Names in the scheduler's queues, the most urgent queue first; whatever the scheduler, its queues are lists of sched.link."""
        links = {address + self.where["thread.sched.link"]: name for name, address in threads.items()}
        left = {link: name for link, name in links.items() if self._word(bodies[name], "sched.link") not in (0, link)}
        found: list[tuple[int, tuple[str, ...]]] = []
        while left:
            at = next(iter(left))
            urgency = self._word(bodies[left[at]], "sched.current", 4)
            for _ in range(QUEUE_MOST):  # to the head, which is nobody's link
                if at not in links:
                    break
                at = self.guest.number(at)
            queue: list[str] = []
            at = self.guest.number(at)
            while at in left:
                queue.append(left.pop(at))
                at = self.guest.number(at)
            if not queue:
                left.clear()
                queue = ["a list that does not hold together"]
            found.append((urgency, tuple(queue)))
        return tuple(queue for _, queue in sorted(found))

    def _registers(self, name: str, body: bytes, live: bool) -> Look:
        if live:
            values = {**self.here.values, "eflags": self.here.flags & USER_FLAGS}
        else:
            frame = self.guest.read(self._word(body, "frame"), FRAME_BYTES)
            values = {register: int.from_bytes(frame[8 * n : 8 * n + 8], "little") for n, register in enumerate(FRAME)}
            for register, at in (("rip", RIP_AT), ("rsp", RSP_AT), ("eflags", FLAGS_AT)):
                values[register] = int.from_bytes(frame[at : at + 8], "little")
            values["eflags"] &= USER_FLAGS
        found: Look = {f"{name}'s {_meaning(register)}": values[register] for register in (*REGISTERS, "eflags")}
        utcb = self._word(body, "ipc.utcb")
        if utcb:
            words = self.guest.read(utcb, 8 * UTCB_WORDS)
            found |= {f"{name}'s MR{n}": int.from_bytes(words[8 * n : 8 * n + 8], "little") for n in range(len(MESSAGE) + 1, UTCB_WORDS)}
        return found

    def pointer(self) -> int:
        """The current thread's thread pointer, as the processor has it."""
        return int.from_bytes(self.guest.registers().raw[FS_AT : FS_AT + 8], "little")

    def vectors_of(self, name: str) -> bytes:
        """The vector registers of a thread, wherever they are now."""
        if self.current() == name:
            return self.guest.registers().raw[XMM_AT : XMM_AT + XMM_BYTES]
        return self.guest.read(self.guest.number(self.thread(name) + self.where["thread.arch.fpu"]) + XSAVE_XMM, XMM_BYTES)


class Pair:
    """The student's machine and the reference's, told the same and held to look alike."""

    def __init__(self, bench: Bench, kernel: str = "") -> None:
        self.bench = bench
        self.random = bench.random
        kernel = kernel or bench.presets[0]
        self.reference = Stage(bench, kernel, reference=True)
        self.mine = Stage(bench, kernel, where=self.reference.where)
        self.both = (self.reference, self.mine)
        self.before = ""
        """What is so already, in words, for the reader of a finding."""
        self.stops_before_slow = False
        """Whether ``special`` calls are stopped where the slow path begins: nothing may have been changed by then."""

    def id(self, name: str) -> int:
        """A thread's id, in both."""
        return self.mine.id(name)

    def begin(self, title: str, *actors: Actor | str) -> None:
        """New actors; ``title`` says what is tried with them."""
        self.before = title
        cast = [Actor(actor) if isinstance(actor, str) else actor for actor in actors]
        self._tell(lambda stage: stage.cast(cast), "the actors are made")

    def anything(self) -> dict[str, int]:
        """A random word for each register that a call leaves alone, and for the message's."""
        return {name: self.random.getrandbits(64) for name in (*MESSAGE, "rbp")}

    def ipc(self, who: str, to: str | int, source: str | int, label: int = 0, limits: int = 0, fast: bool = False, **values: int) -> None:
        """One IPC call of an actor in both machines. ``fast``: the student's may not enter the slow path."""
        target, origin = (self.id(one) if isinstance(one, str) else one for one in (to, source))
        text = f"{who} {_phases(self.mine.name(target), self.mine.name(origin))}{_shape(label)}{_limits(limits)}"
        registers = {**self.anything(), **values}
        self.turn(who)
        with self.watched() if fast else contextlib.nullcontext():
            self._tell(lambda stage: stage.ipc(who, text, target, origin, label, limits, **registers), text)
        if fast:
            self.bench.expect(self.mine.slow == 0, f"this to go the fast way: {text}{self._where()}", "it enters l4_ipc_slow()")

    def special(self, who: str, to: str | int, source: str | int, label: int = 0, limits: int = 0, **values: int) -> None:
        """The same, of a call for which a condition of the fast way does not hold."""
        if not self.stops_before_slow:
            self.ipc(who, to, source, label, limits, **values)
            return
        registers = {**self.anything(), **values}
        self.turn(who)
        before = self.mine.look()
        self.mine.at_slow = lambda: self._is_untouched(who, before, {**registers, "r10": label, "rdx": limits})
        try:
            with self.watched():
                self.ipc(who, to, source, label, limits, **registers)
        finally:
            self.mine.at_slow = None

    def _is_untouched(self, who: str, before: Look, given: dict[str, int]) -> None:
        """Raises Finding if anybody is not as before the call; who makes it has its registers in its frame now."""
        now = self.mine.look()
        own = {f"{who}'s {_meaning(register)}" for register in (*REGISTERS, "eflags")}
        for what, value in before.items():
            if what not in own and now[what] != value:
                raise Finding(f"{what} to be {_shown(value)} still where l4_ipc_slow() begins{self._where()}", f"it is {_shown(now[what])} already")
        frame = self.mine.guest.number(self.mine.thread(who) + self.mine.where["thread.frame"])
        for register, value in given.items():
            found = self.mine.guest.number(frame + 8 * FRAME.index(register))
            if found != value:
                raise Finding(f"{register} in {who}'s frame to be {_shown(value)} still where l4_ipc_slow() begins{self._where()}", f"it is {_shown(found)} already")

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Count, in each step of the student's machine, how often the slow path is entered."""
        guest = self.mine.guest
        guest.stop_at(guest.symbols[SLOW])
        try:
            yield
        finally:
            if guest.process.poll() is None:
                guest.pass_by(guest.symbols[SLOW])

    def step(self, who: str, text: str, start: str, **values: int) -> None:
        """Something else that an actor does: it goes on at ``start``."""
        registers = {**self.anything(), **values}
        self.turn(who)
        self._tell(lambda stage: stage.go(f"{who} {text}", start, **registers), f"{who} {text}")

    def tell(self, text: str, method: str, *arguments: object, **words: object) -> None:
        """Anything else, by the name of a Stage's method."""
        self._tell(lambda stage: getattr(stage, method)(*arguments, **words), text)

    def turn(self, name: str) -> None:
        """Somebody who can run becomes the current one."""
        if any(stage.current() != name for stage in self.both):
            self.tell(f"it is {name}'s turn", "turn", name)

    def _tell(self, act: Callable[[Stage], None], text: str) -> None:
        for stage in self.both:
            act(stage)
        self.compare(text)

    def compare(self, text: str) -> None:
        """Raises Finding for the first thing that is not as it is in the reference's machine."""
        expected, found = self.reference.look(), self.mine.look()
        for what, value in expected.items():
            if found.get(what) != value:
                raise Finding(f"{what} to be {_shown(value)} after {text}{self._where()}", f"it is {_shown(found.get(what))}")

    def _where(self) -> str:
        return f" ({self.before})" if self.before else ""


def _named(names: Sequence[str], number: int) -> str:
    return names[number] if number < len(names) else f"the unknown number {number}"


def _meaning(register: str) -> str:
    if register in MESSAGE:
        return f"{register} (MR{MESSAGE.index(register) + 1})"
    return {"rax": "rax (the result)", "r10": "r10 (the tag)"}.get(register, register)


def _phases(to: str, source: str) -> str:
    if to == "nobody":
        return f"waits for {source}"
    if source == "nobody":
        return f"sends to {to} and goes on"
    return f"calls {to}" if to == source else f"sends to {to}, then waits for {source}"


def _shape(label: int) -> str:
    untyped, typed, flags = label & 63, label >> 6 & 63, label >> 12 & 15
    words = [f"{untyped} words"] * (untyped > 0) + [f"{typed} words of typed items"] * (typed > 0) + [f"flags {flags}"] * (flags > 0)
    return f" with {', '.join(words)}" if words else ""


def _limits(limits: int) -> str:
    names = {0: "", AT_ONCE: "none"}
    send, receive = (names.get(part, f"{part} ns") for part in (limits & 0xFFFFFFFF, limits >> 32))
    parts = [f"time to send: {send}"] * bool(send) + [f"time to receive: {receive}"] * bool(receive)
    return f" ({', '.join(parts)})" if parts else ""


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value - (1 << 64)}" if value >= (1 << 64) - 64 else f"{value:#x}" if value >= 4096 else str(value)
    if isinstance(value, tuple):
        return ", ".join(_shown(one) for one in value) or "empty"
    return str(value)
