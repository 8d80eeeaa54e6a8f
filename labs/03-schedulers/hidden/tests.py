"""Lab 3: what only the instructor's copy tests. A model of each policy, as the handout states it, is given the same random events."""

from __future__ import annotations

from lab_tests import ALLOTMENT, BACK, BOOST, BUDGET, FRONT, LEVELS, SLICE, Machine, begin, period, tickets

from kit.lab_bench import Bench

STRIDE_ONE = 1 << 20


class Model:
    """What all three have in common: nodes by number, and the order in which they were queued."""

    full = SLICE

    def __init__(self) -> None:
        self.base: dict[int, int] = {}
        self.slice: dict[int, int] = {}
        self.queue: list[int] = []

    def attach(self, number: int, base: int) -> None:
        """A new thread."""
        self.base[number], self.slice[number] = base, self.full

    def key(self, number: int) -> int:
        """Smaller runs first; equals in the order of the queue."""
        raise NotImplementedError

    def pick(self) -> int:
        """Who must be next."""
        best = min(self.queue, key=lambda number: (self.key(number), self.queue.index(number)))
        self.queue.remove(best)
        self.slice[best] = self.slice[best] or self.full
        return best

    def spend(self, number: int) -> None:
        """A tick of the slice."""
        self.slice[number] = max(self.slice[number] - 1, 0)


class Levels(Model):
    """Multi-level feedback."""

    def __init__(self) -> None:
        super().__init__()
        self.level: dict[int, int] = {}
        self.used: dict[int, int] = {}
        self.ticks = 0

    def attach(self, number: int, base: int) -> None:
        super().attach(number, base)
        self.level[number] = self.used[number] = 0

    def key(self, number: int) -> int:
        return self.level[number]

    def enqueue(self, number: int, place: int) -> None:
        """In front of its equals, or behind them."""
        self.queue.insert(0 if place == FRONT else len(self.queue), number)

    def tick(self, number: int) -> bool:
        """A tick while ``number`` runs."""
        self.clock()
        self.spend(number)
        self.used[number] += 1
        if self.used[number] >= ALLOTMENT:
            self.used[number] = 0
            self.level[number] = min(self.level[number] + 1, LEVELS - 1)
        best = min((self.level[one] for one in self.queue), default=LEVELS)
        if self.slice[number] == 0 and best > self.level[number]:
            self.slice[number] = self.full
        return self.slice[number] == 0 or best < self.level[number]

    def clock(self) -> None:
        """A tick, and the boost that may come with it: levels one after the other go behind the first."""
        self.ticks += 1
        if self.ticks % BOOST == 0:
            self.queue.sort(key=lambda number: self.level[number])
            for number in self.level:
                self.level[number] = self.used[number] = 0


class Strides(Model):
    """Stride."""

    def __init__(self) -> None:
        super().__init__()
        self.passed: dict[int, int] = {}
        self.front = 0

    def attach(self, number: int, base: int) -> None:
        super().attach(number, base)
        self.passed[number] = self.front

    def key(self, number: int) -> int:
        return self.passed[number]

    def enqueue(self, number: int, place: int) -> None:
        """Who comes from the back begins no further behind than who ran last."""
        if place == BACK:
            self.passed[number] = max(self.passed[number], self.front)
        self.queue.insert(0 if place == FRONT else len(self.queue), number)

    def pick(self) -> int:
        number = super().pick()
        self.front = self.passed[number]
        return number

    def tick(self, number: int) -> bool:
        """A tick while ``number`` runs."""
        self.passed[number] += STRIDE_ONE // tickets(self.base[number])
        self.spend(number)
        if self.slice[number] == 0 and not self.queue:
            self.slice[number] = self.full
        return self.slice[number] == 0

    def clock(self) -> None:
        """Idle time is nobody's."""


class Deadlines(Model):
    """Earliest deadline first, in constant-bandwidth servers."""

    full = BUDGET

    def __init__(self) -> None:
        super().__init__()
        self.due: dict[int, int] = {}
        self.now = 0

    def attach(self, number: int, base: int) -> None:
        super().attach(number, base)
        self.due[number] = self.now + period(base)

    def key(self, number: int) -> int:
        return self.due[number]

    def enqueue(self, number: int, place: int) -> None:
        """A used-up budget moves the deadline on; what was saved up by sleeping is void."""
        left = self.due[number] - self.now
        if self.slice[number] == 0:
            self.due[number] += period(self.base[number])
            self.slice[number] = BUDGET
        elif place == BACK and (left <= 0 or self.slice[number] * period(self.base[number]) > left * BUDGET):
            self.due[number] = self.now + period(self.base[number])
            self.slice[number] = BUDGET
        self.queue.append(number)

    def tick(self, number: int) -> bool:
        """A tick while ``number`` runs."""
        earliest = min((self.due[one] for one in self.queue), default=None)
        self.clock()
        self.spend(number)
        if self.slice[number] > 0:
            return False
        if earliest is None or earliest > self.due[number] + period(self.base[number]):
            self.due[number] += period(self.base[number])
            self.slice[number] = BUDGET
        return self.slice[number] == 0

    def clock(self) -> None:
        """Time passes."""
        self.now += 1


def test_model(bench: Bench) -> None:
    """Random events: ticks, sleeps, wake-ups, new threads."""
    for policy, model in (("mlfq", Levels()), ("stride", Strides()), ("edf", Deadlines())):
        _compare(bench, begin(bench, policy), model)


def _compare(bench: Bench, machine: Machine, model: Levels | Strides | Deadlines) -> None:
    chance = bench.random
    asleep: list[int] = []
    running: int | None = None
    for step in range(400):
        where = f"at step {step} of {machine.policy}"
        what = chance.randrange(10)
        if what == 0 and len(machine.threads) < 12:
            base = chance.choice((0, 2, 5, 16, 16, 31))
            thread = machine.new(base, ready=False)
            model.attach(thread.number, base)
            asleep.append(thread.number)
        elif what in (1, 2) and asleep:
            number = asleep.pop(chance.randrange(len(asleep)))
            machine.enqueue(machine.threads[number], BACK)
            model.enqueue(number, BACK)
        elif what == 3 and running is not None:
            asleep.append(running)
            running = None
        elif running is None and model.queue:
            running, found = model.pick(), machine.pick()
            bench.equal(found.number if found else None, running, f"the thread that {machine.policy}_pick() answers {where}")
        elif running is None:
            machine.call("tick_idle", void=True)
            model.clock()
        else:
            expected = model.tick(running)
            found_true = bool(machine.call("tick", machine.threads[running].node) & 1)
            bench.equal(found_true, expected, f"what {machine.policy}_tick() answers {where}")
            bench.equal(machine.slice(machine.threads[running]), model.slice[running], f"the slice that is left {where}")
            if expected:
                place = FRONT if model.slice[running] else BACK
                machine.enqueue(machine.threads[running], place)
                model.enqueue(running, place)
                running = None


def test_assemblies(bench: Bench) -> None:
    """Random configurations run programs under it, too, and all kernels do when ticks come at odd times."""
    program = bench.program("crowd")
    argument = str(bench.random.getrandbits(62))
    expected = bench.computed("monolithic", program, argument, "probe_done", bench.bound("instructions"), reference=True)
    for name in bench.random_configurations():
        found = bench.computed(name, program, argument, "probe_done", bench.bound("instructions"), jitter=bench.jitter())
        bench.equal(found, expected, f"what crowd {argument} computes on the random assembly {name}")
    for preset in bench.presets:
        jitter = bench.jitter()
        found = bench.computed(preset, program, argument, "probe_done", bench.bound("instructions"), jitter=jitter)
        bench.equal(found, expected, f"what crowd {argument} computes on {preset} with jitter={jitter}")
