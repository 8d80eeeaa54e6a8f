"""Lab 1: the tests of a frame allocator.

The machine is stopped where the kernel first asks the allocator for anything. From there on nothing of the kernel runs any more: the
tests call the allocator's functions themselves, with a window, labels and ranges of their own, and hold every answer to a model.
"""

from __future__ import annotations

from collections.abc import Iterable

from kit.lab_bench import Bench, Finding
from kit.guest import Fault, Guest

PAGE = 4096
LABEL = 32
DIRECT_MAP = 0xFFFF800000000000
METADATA = DIRECT_MAP + (96 << 20)
WINDOW = DIRECT_MAP + (32 << 20)
"""Frame 0 of a test is seen here: memory that the kernel has not touched when it is stopped."""
MAX_ORDER = 9


class Allocator:
    """The allocator under test, begun anew on frames of our own, and the model that it must agree with."""

    def __init__(self, bench: Bench, guest: Guest, frames: int, ranges: Iterable[tuple[int, int]]) -> None:
        self.bench = bench
        self.guest = guest
        self.frames = frames
        self.free: set[int] = set()
        guest.run_until("frames_init")
        size = guest.call("frames_metadata_size", frames)
        bench.expect(
            frames * LABEL <= size <= frames * LABEL * 3 + 65536,
            f"frames_metadata_size({frames}) to hold {frames} labels of {LABEL} bytes and some bookkeeping",
            f"it is {size}",
        )
        guest.write(METADATA, bytes(bench.random.randbytes(1024)) * (size // 1024 + 1))  # nothing may be taken for zero
        guest.call("frames_init", frames, METADATA, WINDOW, void=True)
        bench.equal(guest.variable("frames_limit"), frames, "frames_limit")
        bench.equal(guest.variable("frames_window"), WINDOW, "frames_window")
        self.labels = guest.variable("frames_pages")
        bench.expect(
            METADATA <= self.labels and self.labels + frames * LABEL <= METADATA + size,
            "frames_pages to lie in the metadata that frames_init() was given",
            f"it is {self.labels:#x}",
        )
        self.check_count("right after frames_init()")
        for start, end in ranges:
            self.add(start, end)

    def add(self, start: int, end: int) -> None:
        """Hand over a range of physical addresses."""
        self.guest.call("frames_add", start, end, void=True)
        self.free |= set(range(-(-start // PAGE), min(end // PAGE, self.frames)))

    def check_count(self, when: str) -> None:
        """frames_count_free() says what the model says."""
        count = self.guest.call("frames_count_free")
        self.bench.expect(
            count == len(self.free), f"{len(self.free)} free frames {when}", f"frames_count_free() says {count}", f"off by {count - len(self.free)}"
        )

    def label(self, number: int) -> int:
        """The address of a frame's label."""
        return self.labels + number * LABEL

    def runs(self, order: int) -> list[int]:
        """The model's free aligned runs."""
        length = 1 << order
        return [at for at in range(0, self.frames - length + 1, length) if all(at + i in self.free for i in range(length))]

    def take(self, order: int = 0, single: bool = True) -> int | None:
        """Ask for a frame, or a run; its number, or None. Raises Finding where the answer is wrong."""
        pointer = self.guest.call("frame_alloc") if single else self.guest.call("frames_alloc", order)
        asked = "frame_alloc()" if single else f"frames_alloc({order})"
        if pointer == 0:
            runs = self.runs(order)
            if runs:
                raise Finding(
                    f"{asked} to find one of the {len(runs)} free runs of {1 << order}, for example at frame {runs[0]}", "it answers NULL"
                )
            return None
        offset = pointer - self.labels
        if offset % LABEL or not 0 <= offset // LABEL < self.frames:
            raise Finding(f"{asked} to answer a label in frames_pages[0..{self.frames - 1}]", f"it answers {pointer:#x}")
        number, length = offset // LABEL, 1 << order
        if number % length:
            raise Finding(f"{asked} to be aligned to {length} frames", f"it begins at frame {number}", f"{number} % {length} = {number % length}")
        for at in range(number, number + length):
            if at not in self.free:
                raise Finding(f"{asked} to be of free frames only", f"it is frames {number} to {number + length - 1}", self._why_not(at))
        refs = self.guest.number(self.label(number), 4)
        self.bench.equal(refs, 1, f"refs of frame {number} after {asked}")
        self.free -= set(range(number, number + length))
        return number

    def _why_not(self, at: int) -> str:
        if at >= self.frames:
            return f"frame {at} is beyond the limit {self.frames}"
        return f"frame {at} is in use: it was handed out before, or never given to frames_add()"

    def give(self, number: int, order: int = 0, single: bool = True) -> None:
        """Give a frame or a run back."""
        self.guest.write(self.label(number), bytes(4))  # refs come to 0 before a frame is freed
        if single:
            self.guest.call("frame_free", self.label(number), void=True)
        else:
            self.guest.call("frames_free", self.label(number), order, void=True)
        self.free |= set(range(number, number + (1 << order)))


def begin(bench: Bench, preset: str = "monolithic", holes: bool = True, frames: int = 0) -> Allocator:
    """An allocator over memory with holes, whose sizes chance decides."""
    random = bench.random
    frames = frames or random.randrange(2000, 2600)
    ranges = [(random.randrange(1, 40) * PAGE, frames * PAGE)]
    if holes:
        middle = random.randrange(600, 1400)
        ranges = [(random.randrange(1, 40) * PAGE, middle * PAGE), ((middle + random.randrange(3, 70)) * PAGE, frames * PAGE)]
    return Allocator(bench, bench.mine(preset), frames, ranges)


def test_boots(bench: Bench) -> None:
    """Each kernel starts with it and runs a small program."""
    bench.agrees("small_probe")


def test_programs(bench: Bench) -> None:
    """A program that leans on memory computes what it should: pages are nobody else's, and come back."""
    bench.agrees("memory_probe")


def test_ranges(bench: Bench) -> None:
    """Ranges are rounded inwards, cut at the limit, and all of them are kept."""
    frames = bench.random.randrange(700, 900)
    one = Allocator(bench, bench.mine("monolithic"), frames, [])
    bench.expect(one.take() is None, "no frame to be had before frames_add()", "there is one")
    one.add(1, 2 * PAGE - 1)
    one.check_count("after a range that holds no whole frame")
    one.add(2 * PAGE + 1, 40 * PAGE - 1)
    one.check_count("after a range whose ends are not aligned: it is rounded inwards")
    one.add(300 * PAGE, 301 * PAGE)
    one.add(301 * PAGE, 303 * PAGE)
    one.check_count("after two ranges that touch")
    one.add(500 * PAGE, (frames + 50) * PAGE)
    one.check_count("after a range that is cut at the limit")
    expected, taken = len(one.free), 0
    while one.take() is not None:
        taken += 1
    bench.equal(taken, expected, "the number of frames that can be had one by one")


def test_single(bench: Bench) -> None:
    """Single frames: distinct, with one reference, and free again when they are given back."""
    one = begin(bench, holes=False, frames=300)
    taken = [one.take() for _ in range(200)]
    for number in bench.random.sample(taken, 120):
        assert number is not None
        one.give(number)
    one.check_count("after 120 of 200 were given back")
    while one.free:
        one.take()
    bench.expect(one.take() is None, "NULL when there is no frame left", "there still is one")
    one = begin(bench, holes=False, frames=300)
    taken = []
    while (number := one.take()) is not None:
        taken.append(number)
    one.check_count("when all are taken")
    bench.expect(one.take() is None, "NULL when there is no frame left", "there still is one")
    bench.random.shuffle(taken)
    for number in taken[:150]:
        one.give(number)
    one.check_count("after 150 were given back")
    for _ in range(150):
        bench.expect(one.take() is not None, "what was given back to be had again", "frame_alloc() answers NULL")
    one.check_count("after they were taken again")


def test_runs(bench: Bench) -> None:
    """Runs: aligned, and found whenever there is one."""
    one = begin(bench)
    for order in (bench.random.randrange(1, 4), bench.random.randrange(4, 7), 8, MAX_ORDER):
        taken = []
        while (number := one.take(order, single=False)) is not None:
            taken.append(number)
        one.check_count(f"when all runs of {1 << order} are taken")
        bench.random.shuffle(taken)
        for number in taken:
            one.give(number, order, single=False)
        one.check_count(f"after all runs of {1 << order} were given back")


def test_labels(bench: Bench) -> None:
    """Labels and bytes of frames in use are their owner's."""
    one = begin(bench)
    held: dict[int, bytes] = {}
    for _ in range(120):
        number = one.take()
        assert number is not None
        mark = bench.random.randbytes(24)
        one.guest.write(one.label(number) + 8, mark)
        one.guest.write(WINDOW + number * PAGE, mark)
        held[number] = mark
        if len(held) > 60:
            back = bench.random.choice(sorted(held))
            _still_ours(bench, one, back, held.pop(back))
            one.give(back)
    for number, mark in sorted(held.items()):
        _still_ours(bench, one, number, mark)


def _still_ours(bench: Bench, one: Allocator, number: int, mark: bytes) -> None:
    bench.equal(one.guest.read(one.label(number) + 8, 24), mark, f"link and owner in the label of frame {number}, which is in use")
    bench.equal(one.guest.read(WINDOW + number * PAGE, 24), mark, f"the first bytes of frame {number}, which is in use")


MISUSES = (
    ("freeing a frame twice", False),
    ("freeing a frame that is still referred to", False),
    ("freeing a run twice", True),
    ("freeing the middle of a run", True),
    ("asking for more than 2^9 frames", True),
)


def test_misuse(bench: Bench) -> None:
    """What only a bug can do panics."""
    for number, (what, _) in enumerate(MISUSES):
        one = begin(bench, holes=False, frames=600)
        frame, run = one.take(), one.take(3, single=False)
        assert frame is not None and run is not None
        try:
            if number == 0:
                one.give(frame)
                one.give(frame)
            elif number == 1:
                one.guest.call("frame_free", one.label(frame), void=True)
            elif number == 2:
                one.give(run, 3, single=False)
                one.give(run, 3, single=False)
            elif number == 3:
                one.give(run + 1, 3, single=False)
            else:
                one.guest.call("frames_alloc", MAX_ORDER + 1)
        except Fault as fault:
            if fault.kind == "panic":
                continue
            raise
        raise Finding(f"{what} to panic (assert() what the contract demands)", "it went unnoticed")


def test_short(bench: Bench) -> None:
    """What is kept back stays there, and NULL comes only after more was asked for in vain."""
    one = begin(bench, holes=False, frames=600)
    kept = bench.random.randrange(100, 200)
    one.guest.write(one.guest.symbols["frames_reserve"], kept.to_bytes(8, "little"))
    while one.free and one.guest.call("frame_alloc"):
        one.free.pop()  # only how many there are is of interest here
    left, slack = one.guest.call("frames_count_free"), bench.bound("slack")
    bench.expect(
        kept - slack <= left <= kept,
        f"frame_alloc() to answer NULL when {kept} frames are free, which frames_reserve keeps back (or up to {slack} fewer, for a fast path's sake)",
        f"{left} are free when it does",
    )
    one.guest.write(one.guest.symbols["frames_reserve"], bytes(8))
    for _ in range(left):
        bench.expect(one.guest.call("frame_alloc") != 0, f"the {left} frames that were kept back to be had when frames_reserve is 0", "frame_alloc() answers NULL")
    for order in (0, 4):
        _grows(bench, order)


def _grows(bench: Bench, order: int) -> None:
    """With no frame at all: what frames_grow() brings is handed out, and it is asked again when that is gone."""
    one = Allocator(bench, bench.mine("monolithic"), 600, [])
    asked = one.guest.symbols["boot_high"]  # as an address of a function that nobody else calls
    one.guest.write(one.guest.symbols["frames_grow"], asked.to_bytes(8, "little"))
    what, arguments = ("frames_alloc", (order,)) if order else ("frame_alloc", ())
    first = bench.random.randrange(2, 30) * 16
    more, questions = [(first * PAGE, (first + 16) * PAGE)], 0

    def answer() -> tuple[str, tuple[int, int]] | None:
        nonlocal questions
        questions += 1
        return ("frames_add", more.pop()) if more else None

    for turn in range(16 >> order):
        label = one.guest.call_asked(what, asked, answer, *arguments)
        number = (label - one.labels) // LABEL
        bench.expect(
            label != 0 and first <= number < first + 16,
            f"{what}() to hand out what frames_grow() has added, frames {first} to {first + 15}",
            f"it answers {'NULL' if label == 0 else f'frame {number}'} {'' if questions else 'and has not asked'}",
        )
        bench.equal(questions, 1, f"how often frames_grow() was asked after {turn + 1} calls of {what}()")
    label = one.guest.call_asked(what, asked, answer, *arguments)
    bench.equal((label, questions > 1), (0, True), f"what {what}() answers when there is no more, and whether frames_grow() was asked")


def test_costs(bench: Bench) -> None:
    """Taking and giving single frames costs what it does in the reference, within a bound."""
    mine, reference = (_cost(bench, guest) for guest in (bench.mine("monolithic"), bench.reference("monolithic")))
    bench.record("frame_pair", mine["pair"])
    bench.record("frame_pair_reference", reference["pair"])
    bench.record("start", mine["start"])
    for name, what in (("pair", "taking and giving back a frame, on average"), ("start", "starting up with 65536 frames")):
        most = reference[name] * bench.bound(f"{name}_percent") // 100
        bench.expect(
            mine[name] <= most, f"{what} to cost at most {most} instructions ({bench.bound(f'{name}_percent')} % of the reference's {reference[name]})", f"it costs {mine[name]}"
        )


def _cost(bench: Bench, guest: Guest) -> dict[str, int]:
    """Instructions of a start-up, and of a pair among many. The same requests for both: chance is asked only once."""
    import random

    chance = random.Random(f"{bench.grader.seed} cost")
    guest.run_until("frames_init")
    before = guest.instructions()
    guest.call("frames_init", 65536, METADATA, DIRECT_MAP, void=True)
    guest.call("frames_add", 128 << 20, 240 << 20, void=True)
    started = guest.instructions()
    held = [guest.call("frame_alloc") for _ in range(300)]
    ready = guest.instructions()
    for _ in range(300):
        label = held.pop(chance.randrange(len(held)))
        guest.write(label, bytes(4))
        guest.call("frame_free", label, void=True)
        held.append(guest.call("frame_alloc"))
    done = guest.instructions()
    assert before is not None and started is not None and ready is not None and done is not None
    return {"start": started - before - 1, "pair": (done - ready - 1) // 300}
