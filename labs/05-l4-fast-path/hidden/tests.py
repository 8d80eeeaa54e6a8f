"""Lab 5, the instructor's tests: every condition of the fast way violated one by one, then everything at once."""

from __future__ import annotations

from collections.abc import Callable

from lab_stage import ACCEPTOR_AT, ANY, AT_ONCE, BUFFERS_AT, EX_CANCEL, EX_INTERRUPT, LONG, NIL, SLOTS, THREAD_SWITCH, Actor, Pair, tag, timeouts
from lab_tests import FLAGS, LATE, MIDDLE, PRIORITIES, SCENES, URGENT, trapping

from kit.lab_bench import Bench

PAGE = 4096
AWAY = 0x4000_0000
"""An address where nobody has memory until a pager maps some."""
STRING_AT, BUFFER_AT = PAGE + 0x100, PAGE + 0x800
"""Offsets in the page that all threads see."""
COMPLETE = 2
READ_WRITE = 3

Scene = Callable[[Pair], None]


def string_item(length: int) -> int:
    """The first word of a string item."""
    return length << 10


def map_item(base: int) -> int:
    """The first word of a map item."""
    return base | 8


def fpage(base: int, rights: int = READ_WRITE) -> int:
    """One page."""
    return base | 12 << 4 | rights


# --- the receiver ------------------------------------------------------------------------------------------------------------


def nobody_there(pair: Pair) -> None:
    """Ids of nobody, of oneself, of anybody, and such as cannot be."""
    pair.begin("the id is nobody's", "A", "B")
    pair.ipc("B", "nobody", "anybody")
    for wrong in (NIL + 1, 77 << 32 | 1, pair.id("B") + 1, pair.id("B") | 1 << 63, pair.id("A"), ANY, 0xFFFF_FFFF_8010_0000, SLOTS << 32):
        pair.special("A", wrong, wrong, tag(2))
        pair.special("A", wrong, "anybody", tag(2), timeouts(receive=AT_ONCE))


def sending_receiver(pair: Pair) -> None:
    """B does wait, but to be heard."""
    pair.begin("B waits in C's queue", "A", "B", "C")
    pair.ipc("B", "C", "A", tag(1))
    pair.special("A", "B", "B", tag(2))
    pair.ipc("C", "nobody", "B")
    pair.turn("C")


def new_receiver(pair: Pair) -> None:
    """B has been made and not been started."""
    pair.begin("B does not run yet", "A", Actor("B", runs=False))
    pair.special("A", "B", "B", tag(1), timeouts(send=AT_ONCE))
    pair.special("A", "B", "B", tag(1))


def ended_receiver(pair: Pair) -> None:
    """B is deleted while it waits for A."""
    pair.begin("B was deleted while it waited for A", "A", "B")
    pair.ipc("B", "nobody", "A")
    pair.tell("B is deleted", "end", "B")
    pair.special("A", "B", "B", tag(1))
    pair.special("A", "nobody", "B")


def ended_caller(pair: Pair) -> None:
    """A, which has called, waits for B's answer when B is deleted; C waits in B's queue."""
    pair.begin("B is deleted after it was called", "A", "B", "C")
    pair.ipc("B", "nobody", "anybody")
    pair.special("A", "B", "B", tag(1))
    pair.special("C", "B", "B", tag(1))
    pair.tell("B is deleted", "end", "B")
    pair.turn("A")
    pair.turn("C")


def canceled_receiver(pair: Pair) -> None:
    """B's wait was broken off."""
    pair.begin("B's wait was broken off", "A", "B")
    pair.ipc("B", "nobody", "A")
    pair.tell("B's IPC is broken off", "exchange", "B", EX_CANCEL, "breaks off the IPC of")
    pair.special("A", "B", "B", tag(1), timeouts(send=AT_ONCE))
    pair.special("A", "B", "B", tag(1))
    pair.ipc("B", "nobody", "anybody")


def receiver_twice(pair: Pair) -> None:
    """B has a message and has not asked for another."""
    pair.begin("B has just got a message", "A", "B", "C")
    pair.ipc("B", "nobody", "anybody")
    pair.special("A", "B", "B", tag(1))
    pair.special("C", "B", "B", tag(2))
    pair.ipc("B", "A", "anybody", tag(3))
    pair.ipc("B", "C", "anybody", tag(4))


def timed_out_receiver(pair: Pair) -> None:
    """B's time ran out before."""
    pair.begin("B's time ran out", "A", "B")
    pair.ipc("B", "nobody", "anybody", 0, timeouts(receive=LONG))
    pair.tell("time passes", "pass_time")
    pair.special("A", "B", "B", tag(1), timeouts(send=AT_ONCE))
    pair.special("A", "B", "B", tag(1), timeouts(send=LONG))
    pair.tell("time passes", "pass_time")


RECEIVER: tuple[Scene, ...] = (
    *SCENES,
    *(nobody_there, sending_receiver, new_receiver, ended_receiver, ended_caller, canceled_receiver, receiver_twice, timed_out_receiver),
)


def test_receiver(bench: Bench) -> None:
    """All that may be wrong with whom the message is for."""
    _play(bench, RECEIVER)


# --- the sender --------------------------------------------------------------------------------------------------------------


def waits_for_third(pair: Pair) -> None:
    """A sends to B and waits for somebody else, who may not exist."""
    pair.begin("A waits for another than it sends to", "A", "B", "C")
    pair.ipc("B", "nobody", "A")
    pair.special("A", "B", "C", tag(1))
    pair.ipc("B", "nobody", "A")
    pair.ipc("C", "A", "nobody", tag(2))
    for missing in (77 << 32 | 1, pair.id("C") + 1, ANY - 1):
        pair.special("A", "B", missing, tag(1))
        pair.ipc("B", "nobody", "A")
    pair.special("A", "B", "A", tag(1), timeouts(receive=AT_ONCE))


def hears_at_once(pair: Pair) -> None:
    """Others wait in A's queue: the one that it wants to hear, or another."""
    pair.begin("C and D wait in A's queue", "A", "B", "C", "D")
    for name in ("C", "D"):
        pair.ipc(name, "A", "A", tag(6))
    pair.ipc("B", "nobody", "A")
    pair.special("A", "B", "B", tag(1))
    pair.special("B", "A", "anybody", tag(2))
    pair.special("A", "B", "C", tag(3))
    pair.ipc("B", "nobody", "anybody")
    pair.special("A", "B", "anybody", tag(4))


def no_time_to_receive(pair: Pair) -> None:
    """A does not wait at all, or C is there already."""
    pair.begin("A's wait has no time at all", "A", "B", "C")
    pair.ipc("B", "nobody", "A")
    pair.special("A", "B", "B", tag(1), timeouts(receive=AT_ONCE))
    pair.ipc("B", "nobody", "A")
    pair.ipc("C", "A", "nobody", tag(5))
    pair.special("A", "B", "anybody", tag(1), timeouts(AT_ONCE, AT_ONCE))


def redirected(pair: Pair) -> None:
    """A may send to C only."""
    pair.begin("A's space is redirected to C", "A", "B", "C")
    for name in ("B", "C"):
        pair.ipc(name, "nobody", "anybody")
    pair.tell("A is redirected to C", "space", "A", 0, pair.id("C"))
    pair.special("A", "B", "B", tag(1))
    pair.special("A", "B", "nobody", tag(1))
    pair.special("A", "B", "anybody", tag(1))
    pair.special("A", "C", "anybody", tag(2))


def only_sends(pair: Pair) -> None:
    """Each condition again, of a message after which A goes on."""
    pair.begin("A sends and goes on", "A", "B", "C", Actor("D", utcb=False))
    pair.special("A", "B", "nobody", tag(1), timeouts(send=AT_ONCE))
    pair.ipc("B", "nobody", "C")
    pair.special("A", "B", "nobody", tag(1), timeouts(send=AT_ONCE))
    pair.special("A", pair.id("B") + 1, "nobody", tag(1))
    pair.ipc("D", "nobody", "anybody")
    pair.special("A", "D", "nobody", tag(9))
    pair.special("A", "D", "nobody", tag(1, 2), timeouts(send=AT_ONCE))
    pair.ipc("C", "nobody", "A", 0, timeouts(receive=LONG))
    pair.special("A", "C", "nobody", tag(1), timeouts(receive=LONG))
    pair.tell("time passes", "pass_time")
    pair.special("A", "A", "nobody", tag(1))
    pair.special("A", "nobody", "nobody", tag(1))


def more_urgent(pair: Pair) -> None:
    """Somebody more urgent than both can run: that changes nothing here."""
    pair.begin("C is more urgent than both, and can run", Actor("A", priority=MIDDLE), Actor("B", priority=LATE), Actor("C", priority=URGENT))
    pair.ipc("B", "nobody", "anybody")
    pair.turn("A")
    pair.ipc("A", "B", "B", tag(1), fast=True)
    pair.ipc("B", "A", "anybody", tag(1), fast=True)


SENDER: tuple[Scene, ...] = (waits_for_third, hears_at_once, no_time_to_receive, redirected, only_sends)


def test_sender(bench: Bench) -> None:
    """All that may be wrong with who sends, and with what it wants afterwards."""
    _play(bench, SENDER)
    if PRIORITIES in bench.presets:
        more_urgent(Pair(bench, PRIORITIES))


# --- the message -------------------------------------------------------------------------------------------------------------


def no_utcb(pair: Pair) -> None:
    """Eight words, and no place for the last of them."""
    for with_a, with_b in ((False, True), (True, False), (False, False)):
        for words in (8, 63):
            pair.begin(f"A has {'a' if with_a else 'no'} UTCB, B has {'one' if with_b else 'none'}", Actor("A", utcb=with_a), Actor("B", utcb=with_b))
            pair.ipc("B", "nobody", "anybody")
            pair.special("A", "B", "B", tag(words), timeouts(receive=AT_ONCE))
            pair.special("A", "B", "B", tag(words))


def strings(pair: Pair) -> None:
    """Strings: without a buffer, into one, too long, two of them, from and to where nothing is."""
    page = pair.mine.page
    pair.begin("B has no buffer for strings", "A", "B")
    pair.ipc("B", "nobody", "anybody")
    pair.special("A", "B", "B", tag(0, 2), r8=string_item(8), r9=page + STRING_AT)
    for address, size in ((page + BUFFER_AT, 64), (page + 2 * PAGE - 32, 64), (AWAY, 64), (1 << 63, 64)):
        for length, source in ((16, page + STRING_AT), (65, page + PAGE - 8), (16, 1 << 47)):
            pair.begin(f"B has a buffer of {size} bytes at {address:#x}", "A", "B")
            pair.tell("B offers its buffer", "fill", "B", BUFFERS_AT, [address, size])
            pair.ipc("B", "nobody", "anybody")
            pair.special("A", "B", "B", tag(0, 2), timeouts(receive=AT_ONCE), r8=string_item(length), r9=source)


def items(pair: Pair) -> None:
    """Map items, items of no kind, odd numbers of words, more words than there are, bits that mean nothing."""
    shapes = ((tag(0, 2), map_item(AWAY)), (tag(0, 2), 4), (tag(2, 2), 0), (tag(0, 1), 0), (tag(63, 63), 0), (tag(62, 2), 0), (tag(1) | FLAGS, 0), (tag(9) | FLAGS * 8, 0))
    for label, first in shapes:
        pair.begin("the tag asks for more than words", "A", "B")
        pair.tell("B accepts mappings anywhere", "fill", "B", ACCEPTOR_AT, [COMPLETE])
        pair.ipc("B", "nobody", "anybody")
        pair.special("A", "B", "B", label, timeouts(receive=AT_ONCE), r8=first, r9=fpage(pair.mine.page))


MESSAGE_SCENES: tuple[Scene, ...] = (no_utcb, strings, items)


def test_message(bench: Bench) -> None:
    """All that a message may be besides a few words."""
    _play(bench, MESSAGE_SCENES)


# --- why the receiver waits --------------------------------------------------------------------------------------------------


def in_a_trap(pair: Pair) -> None:
    """B has made a system call of another system: MR1 of the answer is its result, and nothing else."""
    for words in (0, 1, 5, 9):
        trapping(pair, "B waits in a trap")
        pair.special("A", "B", "anybody", tag(words))
        pair.step("B", "makes a system call of another system", "probe_call", rax=60)
        pair.special("A", "B", "nobody", tag(words))
        pair.turn("B")
    trapping(pair, "B waits in a trap")
    pair.special("A", "B", "anybody", tag(0, 2), r8=string_item(8), r9=pair.mine.page)


def in_a_fault(pair: Pair) -> None:
    """B touches what it has not: an answer without a mapping lets it try again, one with a mapping lets it go on."""
    pair.begin("B waits in a page fault", "A", Actor("B"))
    pair.tell("A becomes B's pager", "control", "B", pager="A")
    pair.ipc("A", "nobody", "anybody")
    pair.step("B", "touches an address without memory", "probe_load", rdi=AWAY + 5)
    for words in (0, 1, 7):
        pair.special("A", "B", "anybody", tag(words))
    pair.special("A", "B", "anybody", tag(0, 2), r8=string_item(8), r9=pair.mine.page)
    pair.special("A", "B", "anybody", tag(0, 2), r8=map_item(AWAY), r9=fpage(pair.mine.page + PAGE))


def in_an_exception(pair: Pair) -> None:
    """B executes what is no instruction, again and again."""
    pair.begin("B waits in an exception", "A", Actor("B", handler="A"))
    pair.ipc("A", "nobody", "anybody")
    pair.step("B", "executes an undefined instruction", "probe_undefined")
    for words in (0, 1, 3):
        pair.special("A", "B", "anybody", tag(words))
    pair.special("A", "B", "nobody", tag(2))
    pair.tell("B has its turn", "call", "A gives the processor to B", THREAD_SWITCH, pair.id("B"))


def in_an_interrupt(pair: Pair) -> None:
    """B's handler wants to hear of it before it goes on."""
    pair.begin("B reports to its handler", "A", Actor("B", handler="A"))
    pair.ipc("A", "nobody", "anybody")
    pair.tell("B is interrupted", "exchange", "B", EX_INTERRUPT, "interrupts")
    pair.tell("B has its turn", "call", "the director gives the processor to B", THREAD_SWITCH, pair.id("B"))
    pair.special("A", "B", "anybody", tag(4))
    pair.turn("B")


def after_a_fault(pair: Pair) -> None:
    """B has been in a fault, and has got over it: its next call is a call."""
    in_a_fault(pair)
    pair.before = "B was in a page fault before"
    pair.turn("B")
    pair.special("B", "A", "A", tag(2))
    pair.special("A", "B", "anybody", tag(7))
    pair.turn("B")


KINDS: tuple[Scene, ...] = (in_a_trap, in_a_fault, in_an_exception, in_an_interrupt, after_a_fault)


def test_kinds(bench: Bench) -> None:
    """A receiver that waits for the answer to a message which the kernel sent for it."""
    _play(bench, KINDS)


def _play(bench: Bench, scenes: tuple[Scene, ...]) -> None:
    """Each scene, with a look at everybody where the slow path begins."""
    pair = Pair(bench)
    pair.stops_before_slow = True
    for scene in scenes:
        scene(pair)


# --- everything at once ------------------------------------------------------------------------------------------------------

ACTORS = (Actor("A"), Actor("B"), Actor("C", utcb=False), Actor("D", "A"))
NAMES = tuple(actor.name for actor in ACTORS)
STEPS = 200


def test_model(bench: Bench) -> None:
    """Random calls of four threads that know nothing of each other, and a director that breaks off, ends and redirects."""
    pair = Pair(bench)
    pair.begin("at random", *ACTORS)
    for number in range(STEPS):
        pair.before = f"step {number} of a random play"
        who = pair.reference.current()
        if who == "director":
            _direct_at_random(pair)
        else:
            _call_at_random(pair, who)


def _call_at_random(pair: Pair, who: str) -> None:
    chance = pair.random
    partner = chance.choice([name for name in NAMES if name != who])
    to = chance.choice((partner, partner, partner, partner, "nobody", chance.choice(NAMES), pair.id(partner) - 1))
    source = chance.choice((to, to, "anybody", "anybody", "nobody", chance.choice(NAMES), pair.id(partner) + 1))
    if to == "nobody" and source == "nobody":
        source = "anybody"
    words = chance.choice((0, 1, 2, 5, 7, 7, 8, 12, 63))
    label = tag(words, chance.choice((0, 0, 0, 0, 0, 0, 1, 2)), chance.getrandbits(48)) | chance.choice((0, 0, 0, 0, FLAGS))
    limits = timeouts(chance.choice((0, 0, 0, AT_ONCE, LONG)), chance.choice((0, 0, 0, 0, AT_ONCE, LONG)))
    pair.ipc(who, to, source, label, limits)


def _direct_at_random(pair: Pair) -> None:
    """What wakes somebody, mostly: else nobody would go on."""
    chance = pair.random
    name = chance.choice(NAMES)
    act = chance.randrange(10)
    ready = [one for one in NAMES if pair.reference.state(one) == "ready"]
    if ready:
        pair.turn(chance.choice(ready))
    elif act == 0:
        pair.tell("time passes", "pass_time")
    elif act == 1:
        pair.tell("somebody is redirected", "space", name, 0, chance.choice((NIL, NIL, pair.id(chance.choice(NAMES)))))
    elif act == 2:
        pair.begin("at random", *ACTORS)
    else:
        pair.tell(f"{name}'s IPC is broken off", "exchange", name, EX_CANCEL, "breaks off the IPC of")


def test_assemblies(bench: Bench) -> None:
    """Random configurations run programs with it, too, and threads that are preempted where they seldom are."""
    program = bench.program("chatter")
    argument = str(bench.random.getrandbits(62))
    expected = bench.computed("l4linux", program, argument, "chatter_done", bench.bound("instructions"), reference=True)
    for name in (*bench.presets, *bench.random_configurations()):
        found = bench.computed(name, program, argument, "chatter_done", bench.bound("instructions"), jitter=bench.jitter())
        bench.equal(found, expected, f"what chatter {argument} computes on the assembly {name}")
