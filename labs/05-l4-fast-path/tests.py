"""Lab 5: the tests of a fast path.

What a message is to do does not depend on the way it goes, so almost every test plays the same scene in two machines, with the student's
part and with the reference (``stage.py``), and holds all threads to look alike after each step. Besides that it may ask for the fast way.
"""

from __future__ import annotations

from lab_stage import ALIEN, AT_ONCE, EX_POINTER, IPC, LONG, SLOW, SLOTS, XMM_BYTES, Actor, Pair, Stage, tag, timeouts

from kit.lab_bench import Bench
from kit.guest import Program

FLAGS = 1 << 12
"""A bit of the tag that no fast path knows: such a message goes the slow way, and means what it meant without."""
PRIORITIES = "l4_priorities"
URGENT, MIDDLE, LATE = 8, 16, 24
MOST_SLOW = 100_000


def test_boots(bench: Bench) -> None:
    """A Linux program whose every system call and page fault is an IPC computes what it should."""
    bench.agrees("chatter", "chatter_done")


def test_delivers(bench: Bench) -> None:
    """A call and its answer, whatever way they go."""
    pair = Pair(bench)
    for space in ("", "A"):
        pair.begin("in one address space" if space else "in two address spaces", "A", Actor("B", space))
        pair.ipc("B", "nobody", "anybody")
        for words in (0, 1, 3):
            pair.ipc("A", "B", "B", tag(words, label=7))
            pair.ipc("B", "A", "anybody", tag(words + 1))


def test_direct(bench: Bench) -> None:
    """Messages that are simple enough go the fast way: calls and answers between two that wait for each other."""
    pair = Pair(bench)
    pair.begin("B waits for anybody", "A", "B", "C")
    pair.ipc("B", "nobody", "anybody")
    pair.ipc("A", "B", "B", fast=True)
    pair.ipc("B", "A", "anybody", fast=True)
    pair.ipc("A", "B", "anybody", tag(2), fast=True)
    pair.before = "B waits for A, and C waits for B to hear it"
    pair.ipc("C", "B", "B", tag(1))
    pair.ipc("B", "A", "A", tag(7))
    pair.ipc("A", "B", "B", tag(3), fast=True)
    pair.begin("a time-out of the send phase is nothing to whom need not wait for it", "A", "B")
    pair.ipc("B", "nobody", "A")
    for limit in (AT_ONCE, LONG):
        pair.ipc("A", "B", "B", tag(4), timeouts(send=limit), fast=True)
        pair.ipc("B", "A", "A", tag(4), timeouts(send=limit), fast=True)
    pair.begin("in one address space", "A", Actor("B", "A"))
    pair.ipc("B", "nobody", "A")
    pair.ipc("A", "B", "B", tag(5), fast=True)
    pair.begin("A may send to B only, its redirector", "A", "B")
    pair.tell("A is redirected to B", "space", "A", 0, pair.id("B"))
    pair.ipc("B", "nobody", "anybody")
    pair.ipc("A", "B", "B", tag(1), fast=True)
    _direct_answer_to_a_trap(pair)


def _direct_answer_to_a_trap(pair: Pair) -> None:
    trapping(pair, "A answers a trap of B")
    pair.ipc("A", "B", "anybody", tag(1), fast=True)


def trapping(pair: Pair, title: str) -> None:
    """B, of another system, has made a system call, and A, its handler, has the message."""
    pair.begin(title, "A", Actor("B", handler="A"))
    pair.tell("B becomes an alien", "space", "B", ALIEN, 0)
    pair.ipc("A", "nobody", "anybody")
    pair.step("B", "makes a system call of another system", "probe_call", rax=39, rdi=1, rsi=2, rdx=3, r10=4)


def test_words(bench: Bench) -> None:
    """Exactly as many words as the tag says: not one less, and no register of the sender's besides."""
    pair = Pair(bench)
    pair.begin("both have a UTCB", "A", "B")
    pair.ipc("B", "nobody", "anybody")
    for words in (*range(10), 20, 63):
        for name in ("A", "B"):
            content = [bench.random.getrandbits(64) for _ in range(64)]
            pair.tell(f"{name}'s UTCB is filled", "fill", name, 0, content)
        pair.ipc("A", "B", "B", tag(words, label=words), fast=True)
        pair.ipc("B", "A", "anybody", tag(63 - words, label=words), fast=True)
    pair.begin("neither has a UTCB", Actor("A", utcb=False), Actor("B", utcb=False))
    pair.ipc("B", "nobody", "anybody")
    pair.ipc("A", "B", "B", tag(7), fast=True)


def test_state(bench: Bench) -> None:
    """Vector registers and thread pointer belong to a thread, whatever way the processor changes hands."""
    stage = Stage(bench, bench.presets[0])
    stage.cast([Actor("A"), Actor("B")])
    vectors = {name: bench.random.randbytes(XMM_BYTES) for name in ("A", "B")}
    pointers = {name: bench.random.randrange(1 << 46) for name in ("A", "B")}
    for name in ("B", "A"):
        stage.exchange(name, EX_POINTER, "gives a thread pointer to", pointer=pointers[name])
        stage.turn(name)
        stage.vectors(vectors[name])
        stage.ipc(name, f"{name} waits for {'A' if name == 'B' else 'nobody'}", 0, stage.id("A") if name == "B" else 0)
    for who, to in (("A", "B"), ("B", "A"), ("A", "B")):
        stage.ipc(who, f"{who} calls {to}", stage.id(to), stage.id(to), tag(2), r8=1, r9=2)
        bench.equal(stage.current(), to, f"who runs after {who} called {to}, which waited for it,")
        bench.equal(stage.pointer(), pointers[to], f"{to}'s thread pointer (fs base) after {who} called it")
        for name in ("A", "B"):
            bench.equal(stage.vectors_of(name), vectors[name], f"{name}'s vector registers after {who} called {to}")


# --- one condition after the other does not hold -----------------------------------------------------------------------------


def busy_receiver(pair: Pair) -> None:
    """B computes: it waits for nobody."""
    pair.begin("B does not wait for a message", "A", "B")
    pair.special("A", "B", "B", tag(3))
    pair.ipc("B", "nobody", "anybody")


def closed_receiver(pair: Pair) -> None:
    """B waits, but for C."""
    pair.begin("B waits for C only", "A", "B", "C")
    pair.ipc("B", "nobody", "C")
    pair.special("A", "B", "B", tag(3))
    pair.ipc("C", "B", "nobody", tag(1))
    pair.ipc("B", "nobody", "anybody")


def old_version(pair: Pair) -> None:
    """A thread of B's number, but an older one."""
    pair.begin("the id is that of a thread before B, of the same number", "A", "B")
    pair.ipc("B", "nobody", "anybody")
    pair.special("A", pair.id("B") - 1, pair.id("B") - 1, tag(2))
    pair.special("A", pair.id("B") + (SLOTS << 32), pair.id("B"), tag(2))


def own_queue(pair: Pair) -> None:
    """C waits to send to A, which answers B and is ready for anybody: it must hear C at once."""
    pair.begin("C waits in A's queue", "A", "B", "C")
    pair.ipc("B", "nobody", "A")
    pair.ipc("C", "A", "A", tag(5))
    pair.special("A", "B", "anybody", tag(1))
    pair.turn("B")


def limited_wait(pair: Pair) -> None:
    """A will wait for the answer, but not for ever."""
    pair.begin("A's wait for the answer has a time-out", "A", "B")
    pair.ipc("B", "nobody", "A")
    pair.special("A", "B", "B", tag(1), timeouts(receive=LONG))
    pair.turn("director")
    pair.tell("its time runs out", "pass_time")
    pair.turn("A")


def limited_receiver(pair: Pair) -> None:
    """B's time-out must not go on running when it has its message."""
    pair.begin("B's own wait has a time-out", "A", "B")
    pair.ipc("B", "nobody", "A", 0, timeouts(receive=LONG))
    pair.special("A", "B", "B", tag(1))
    pair.tell("time passes", "pass_time")
    pair.turn("B")


def typed_item(pair: Pair) -> None:
    """A message that is more than words, and for which B has no room."""
    pair.begin("the message has a string, and B no buffer for it", "A", "B")
    pair.ipc("B", "nobody", "A")
    pair.special("A", "B", "B", tag(1, 2), r9=0)


SCENES = (busy_receiver, closed_receiver, old_version, own_queue, limited_wait, limited_receiver, typed_item)


def test_conditions(bench: Bench) -> None:
    """Scenes in which one condition of the fast way does not hold: they end as they do without a fast path."""
    pair = Pair(bench)
    for scene in SCENES:
        scene(pair)


def test_untouched(bench: Bench) -> None:
    """The same scenes, stopped where the slow path begins: nothing has been changed by then."""
    pair = Pair(bench)
    pair.stops_before_slow = True
    for scene in SCENES:
        scene(pair)


def test_goes_on(bench: Bench) -> None:
    """A message after which the sender goes on: the receiver can run, and does so when its turn comes."""
    for preset in bench.presets:
        pair = Pair(bench, preset)
        cast = (Actor("A", priority=MIDDLE), Actor("B", priority=URGENT), Actor("C", priority=LATE))
        pair.begin(f"on {preset}: B is more urgent than A, C less", *cast)
        for name in ("B", "C"):
            pair.ipc(name, "nobody", "A")
        pair.ipc("A", "C", "nobody", tag(3), fast=True)
        pair.ipc("A", "B", "nobody", tag(3), fast=True)
        for name in ("A", "B", "C"):
            pair.turn(name)
        pair.begin(f"on {preset}: B does not wait", *cast)
        pair.ipc("A", "B", "nobody", tag(1), timeouts(send=AT_ONCE))
        pair.ipc("A", "C", "nobody", tag(1))
        pair.ipc("C", "nobody", "anybody")


def test_costs(bench: Bench) -> None:
    """Instructions from the sender's SYSCALL to the receiver's next instruction."""
    stages = [Stage(bench, bench.presets[0], reference) for reference in (True, False)]
    for name, words, space in (("oneway", 0, ""), ("oneway_3", 3, ""), ("oneway_8", 8, ""), ("oneway_same", 0, "A")):
        best, mine = (_cost(stage, words, space) for stage in stages)
        bench.record(name, mine)
        bench.record(f"{name}_reference", best)
        most = best * bench.bound("percent") // 100
        where = "to a thread of the same address space" if space else "to another address space"
        bound = f"at most {most} instructions ({bench.bound('percent')} % of the reference's {best})"
        bench.expect(mine <= most, f"a message of {words} words {where} to take {bound}", f"it takes {mine}")
    bench.record("oneway_slow", _cost(stages[1], 0, "", FLAGS))


def _cost(stage: Stage, words: int, space: str, flags: int = 0) -> int:
    """Of a call to a thread that waits for anybody."""
    stage.cast([Actor("A"), Actor("B", space)])
    stage.ipc("B", "B waits for anybody", 0, stage.id("anybody"))
    stage.turn("A")
    values = {"rax": -IPC, "rdi": stage.id("B"), "rsi": stage.id("B"), "rdx": 0, "r10": tag(words) | flags}
    registers = stage.here.changed(rip=stage.program.symbols["probe_call"], eflags=stage.flags, **values)
    return stage.guest.steps(f"A calls B with {words} words", registers, stage.after)


def test_often(bench: Bench) -> None:
    """In a program's life: how many of its messages go the slow way."""
    program = bench.program("chatter")
    for preset in bench.presets:
        best = _slow_calls(bench, preset, program, True, MOST_SLOW)
        most = best + best * bench.bound("more_percent") // 100
        mine = _slow_calls(bench, preset, program, False, most + 1)
        bench.record(f"slow_{preset}", mine)
        expected = f"at most {most} calls of l4_ipc_slow() while chatter runs on {preset} (the reference makes {best})"
        bench.expect(mine <= most, expected, "there are more")


def _slow_calls(bench: Bench, preset: str, program: Program, reference: bool, most: int) -> int:
    """How often the slow path is entered between chatter_begin() and chatter_done(); counted up to ``most``."""
    with bench.with_program(preset, program, "12345", reference) as guest:
        guest.run_to_user(program, "chatter_begin", bench.bound("instructions"))
        slow, done = guest.symbols[SLOW], program.symbols["chatter_done"]
        for count in range(most):
            if guest.run_to([slow, done], bench.bound("instructions"), "chatter")["rip"] == done:
                return count
    return most
