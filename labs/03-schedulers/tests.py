"""Lab 3: the tests of four schedulers.

The machine is stopped before the kernel has a scheduler. From there on nothing of the kernel runs: the tests are the thread slot. They
make threads of their own, tick whoever runs, put it back where it belongs and pick the next, all by calling the policies' functions; and
they hold what comes of it to what the policy promises.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kit.lab_bench import Bench, Finding
from kit.guest import Guest

DIRECT_MAP = 0xFFFF800000000000
NODES = DIRECT_MAP + (64 << 20)
"""Where the tests' threads are: memory that the kernel has not touched when it is stopped."""
NODE = 64
BASE_AT, CURRENT_AT, SLICE_AT = 16, 20, 24
BACK, FRONT = 0, 1
POLICIES = ("mlfq", "stride", "lottery", "edf")

LEVELS, ALLOTMENT, BOOST = 4, 4, 100
SLICE, BUDGET = 2, 4
SHORT = 2
"""Short jobs that are kept waiting in a flood of them."""
DEFAULT = 16


def tickets(base: int) -> int:
    """What a base priority is worth in the stride and lottery policies."""
    return 32 - base


def period(base: int) -> int:
    """What it means to the deadline policy, in ticks."""
    return 4 * (base + 1)


@dataclass
class Thread:
    """A thread of the tests: where its node is, and what became of it."""

    number: int
    base: int
    ran: list[int] = field(default_factory=list)
    """The ticks at which it ran."""
    queued: bool = False

    @property
    def node(self) -> int:
        return NODES + self.number * NODE


class Machine:
    """The thread slot, played by the test. Time is in ticks."""

    def __init__(self, bench: Bench, guest: Guest, policy: str) -> None:
        self.bench, self.guest, self.policy = bench, guest, policy
        self.threads: list[Thread] = []
        self.running: Thread | None = None
        self.now = 0
        self.call("init", void=True)

    def call(self, function: str, *arguments: int, void: bool = False) -> int:
        """A function of the policy."""
        return self.guest.call(f"{self.policy}_{function}", *arguments, void=void)

    def new(self, base: int = DEFAULT, ready: bool = True) -> Thread:
        """A new thread; it is queued if ``ready``."""
        thread = Thread(len(self.threads), base)
        self.threads.append(thread)
        self.guest.write(thread.node, b"\xa5" * NODE)  # as memory is: full of rubbish
        self.call("attach", thread.node, base, void=True)
        if ready:
            self.enqueue(thread, BACK)
        return thread

    def slice(self, thread: Thread) -> int:
        """What it has left."""
        return self.guest.number(thread.node + SLICE_AT, 4)

    def enqueue(self, thread: Thread, place: int) -> None:
        """It is ready."""
        self.call("enqueue", thread.node, place, void=True)
        thread.queued = True

    def wake(self, thread: Thread) -> None:
        """It slept and is ready now; if that is more urgent than who runs, that one makes room."""
        self.enqueue(thread, BACK)
        if self.running and self.call("preempts", thread.node, self.running.node) & 1:
            self.give_way()

    def give_way(self) -> None:
        """Who runs goes back to where it belongs."""
        assert self.running
        self.enqueue(self.running, FRONT if self.slice(self.running) else BACK)
        self.running = None

    def pick(self) -> Thread | None:
        """The policy's choice, which is taken out. Raises Finding where it is none of those that wait."""
        node = self.call("pick")
        if node == 0:
            waiting = [thread.number for thread in self.threads if thread.queued]
            self.bench.expect(not waiting, f"{self.policy}_pick() to find one of the {len(waiting)} threads that wait", "it answers NULL")
            return None
        thread = next((one for one in self.threads if one.node == node), None)
        if thread is None or not thread.queued:
            raise Finding(f"{self.policy}_pick() to answer a thread that waits", f"it answers {node:#x}" if thread is None else "that one was picked before, and not queued since")
        thread.queued = False
        return thread

    def tick(self) -> Thread | None:
        """One tick passes: who ran through it."""
        if self.running is None:
            self.running = self.pick()
        ran = self.running
        self.now += 1
        if ran is None:
            self.call("tick_idle", void=True)
            return None
        ran.ran.append(self.now)
        if self.call("tick", ran.node) & 1:
            self.give_way()
        return ran

    def sleep(self) -> Thread:
        """Who runs (or would run now) goes to sleep."""
        if self.running is None:
            self.running = self.pick()
        thread, self.running = self.running, None
        assert thread
        return thread


def begin(bench: Bench, policy: str) -> Machine:
    """A machine under one policy, with nobody in it."""
    guest = bench.mine("monolithic")
    guest.run_until("frames_init")
    return Machine(bench, guest, policy)


def longest_gap(thread: Thread, now: int) -> int:
    """The longest time that it waited, in ticks."""
    marks = [0, *thread.ran, now]
    return max(after - before for before, after in zip(marks, marks[1:]))


def test_boots(bench: Bench) -> None:
    """Each kernel runs processes that compute, sleep and talk to each other."""
    bench.agrees("crowd")


def test_keeps(bench: Bench) -> None:
    """What is queued can be picked, once; what is taken out cannot."""
    for policy in POLICIES:
        machine = begin(bench, policy)
        bench.expect(machine.pick() is None, f"{policy}_pick() to answer NULL while nobody waits", "it answers a thread")
        threads = [machine.new(bench.random.randrange(32)) for _ in range(24)]
        for thread in threads:
            bench.expect(machine.slice(thread) > 0, f"{policy}_attach() to give a thread a slice", "slice is 0")
            bench.equal(machine.guest.number(thread.node + BASE_AT, 4), thread.base, f"base after {policy}_attach(node, {thread.base})")
        for thread in bench.random.sample(threads, 9):
            machine.call("dequeue", thread.node, void=True)
            thread.queued = False
        picked = 0
        while machine.pick():
            picked += 1
        bench.equal(picked, 15, f"the number of threads that {policy}_pick() gives back, of 24 queued and 9 taken out,")
        for base, kept in ((-5, 0), (1000, 31)):
            odd = machine.new(base, ready=False)
            bench.equal(machine.guest.number(odd.node + BASE_AT, 4), kept, f"base after {policy}_attach(node, {base}): priorities are kept in their range")


def test_levels(bench: Bench) -> None:
    """A thread that computes sinks below one that mostly sleeps; equals take turns."""
    machine = begin(bench, "mlfq")
    one, other = machine.new(), machine.new()
    ran = [machine.tick() for _ in range(2 * SLICE)]
    bench.equal([thread.number if thread else None for thread in ran], [one.number] * SLICE + [other.number] * SLICE, "who runs, of two new threads, tick by tick")
    sleeper = machine.new(ready=False)
    for _ in range(BOOST // 2):
        machine.tick()
    while machine.running is None:
        machine.tick()  # into the middle of a turn
    machine.wake(sleeper)
    ran_now = machine.tick()
    bench.expect(ran_now is sleeper, "a thread that has only slept to run at once before two that compute", f"thread {ran_now.number if ran_now else None} runs")
    machine.sleep()
    fresh = machine.new()
    machine.running = machine.running or machine.pick()
    bench.expect(machine.running is fresh, "a new thread to run before two that have sunk", "another runs")


def test_gaming(bench: Bench) -> None:
    """A thread that always sleeps just before its slice ends has used its allotment all the same."""
    machine = begin(bench, "mlfq")
    gamer = machine.new(ready=False)
    honest = machine.new()
    for _ in range(ALLOTMENT + 1):
        machine.tick()  # the honest one sinks by one
    naps = bench.random.randrange(ALLOTMENT * LEVELS + 2, ALLOTMENT * LEVELS + 6)
    for _ in range(naps):
        machine.wake(gamer)
        while machine.running is not gamer and machine.now < BOOST - 10:
            machine.tick()
            machine.running = machine.running or machine.pick()
        machine.tick()
        if machine.running is gamer:
            machine.running = None
        elif gamer.queued:
            machine.call("dequeue", gamer.node, void=True)
            gamer.queued = False
    machine.wake(gamer)
    fresh = machine.new(ready=False)
    machine.wake(fresh)
    machine.running = machine.running or machine.pick()
    bench.expect(
        machine.running is fresh,
        f"a thread that ran for {naps} ticks, and slept after each of them, to have sunk below a new one: what it used is summed up",
        "it still runs before the new one" if machine.running is gamer else f"thread {machine.running.number if machine.running else None} runs ({honest.number} is the one that computes)",
    )


def test_starvation(bench: Bench) -> None:
    """A computing thread among others, and under a flood of short jobs, has a turn from boost to boost."""
    machine = begin(bench, "mlfq")
    computing = [machine.new() for _ in range(20)]
    for _ in range(3 * BOOST):
        if sum(thread.queued for thread in machine.threads[len(computing) :]) < SHORT:
            machine.new()
        ran = machine.tick()
        if ran is machine.running and ran not in computing and len(ran.ran) == ALLOTMENT - 1:
            machine.running = None  # it has done its work, and is no more
    longest = max(longest_gap(thread, machine.now) for thread in computing)
    bench.record("longest_wait", longest)
    most = BOOST + (len(computing) + SHORT + 1) * SLICE
    bench.expect(
        longest <= most,
        f"each of 20 computing threads to run within {most} ticks under a flood of short jobs: a boost comes every {BOOST}, and then all take turns",
        f"one waited for {longest} ticks",
    )


def run_mix(machine: Machine, ticks: int) -> None:
    """Nobody sleeps."""
    for _ in range(ticks):
        machine.tick()


def test_shares(bench: Bench) -> None:
    """After any time each has had its share, to within a slice or two."""
    machine = begin(bench, "stride")
    bases = [0, 16, 24, bench.random.randrange(8, 24), 30]
    threads = [machine.new(base) for base in bases]
    total = sum(map(tickets, bases))
    for _ in range(4):
        run_mix(machine, bench.random.randrange(90, 160))
        for thread in threads:
            due = machine.now * tickets(thread.base) / total
            bench.expect(
                abs(len(thread.ran) - due) <= 2 * SLICE,
                f"a thread with {tickets(thread.base)} of {total} tickets to have run for {due:.0f} of {machine.now} ticks, give or take {2 * SLICE}",
                f"it ran for {len(thread.ran)}",
            )


def test_sleepers(bench: Bench) -> None:
    """Sleeping saves nothing up, and being new is no advantage."""
    machine = begin(bench, "stride")
    sleeper = machine.new()
    others = [machine.new() for _ in range(3)]
    for thread in (sleeper,):
        machine.call("dequeue", thread.node, void=True)
        thread.queued = False
    run_mix(machine, 300)
    machine.wake(sleeper)
    _catch_up(bench, machine, sleeper, others, "a thread that slept for 300 ticks")
    newcomer = machine.new()
    _catch_up(bench, machine, newcomer, [*others, sleeper], "a new thread")


def _catch_up(bench: Bench, machine: Machine, late: Thread, others: list[Thread], who: str) -> None:
    before, start = len(late.ran), machine.now
    run_mix(machine, 80)
    had, due = len(late.ran) - before, 80 / (len(others) + 1)
    bench.expect(abs(had - due) <= 2 * SLICE, f"{who} to run from then on as others with as many tickets do: {due:.0f} of {machine.now - start} ticks, give or take {2 * SLICE}", f"it ran for {had}")


def test_lottery(bench: Bench) -> None:
    """Each draw goes to a thread with a chance that is its part of the tickets; nobody is left out, and the order is not."""
    machine = begin(bench, "lottery")
    machine.guest.write(machine.guest.symbols["mine_random_state"], (bench.random.getrandbits(63) | 1).to_bytes(8, "little"))
    bases = [0, 8, 16, 24, 31]
    bench.random.shuffle(bases)
    threads = [machine.new(base) for base in bases]
    draws, total = 1200, sum(map(tickets, bases))
    won: list[Thread] = []
    for _ in range(draws):
        thread = machine.pick()
        assert thread
        won.append(thread)
        machine.enqueue(thread, BACK)
    for thread in threads:
        chance = tickets(thread.base) / total
        due, spread = draws * chance, 4.5 * (draws * chance * (1 - chance)) ** 0.5
        bench.expect(
            abs(won.count(thread) - due) <= spread,
            f"a thread with {tickets(thread.base)} of {total} tickets to win {due:.0f} of {draws} draws, give or take {spread:.0f}",
            f"it won {won.count(thread)}",
        )
    pairs = sum(1 for one, after in zip(won, won[1:]) if one is after)
    due = (draws - 1) * sum((tickets(base) / total) ** 2 for base in bases)
    bench.expect(
        abs(pairs - due) <= 5 * due**0.5,
        f"the same thread to win twice in a row about {due:.0f} times: draws do not know of each other",
        f"it happened {pairs} times",
    )


@dataclass
class Job:
    """Work that is due: of a thread, with ticks still to do, by a tick."""

    thread: Thread
    left: int
    due: int


def run_jobs(machine: Machine, wants: dict[int, int], ticks: int) -> dict[int, int]:
    """Periodic threads: number -> ticks of work wanted in each period. Runs; how often each was late, by number."""
    late = dict.fromkeys(wants, 0)
    jobs: dict[int, Job] = {}
    for _ in range(ticks):
        for thread in machine.threads:
            if thread.number not in wants or machine.now % period(thread.base):
                continue
            if thread.number in jobs:
                late[thread.number] += 1
                jobs[thread.number].left += wants[thread.number]
                jobs[thread.number].due += period(thread.base)
                continue
            jobs[thread.number] = Job(thread, wants[thread.number], machine.now + period(thread.base))
            machine.wake(thread)
        ran = machine.tick()
        if ran is None:
            continue
        job = jobs[ran.number]
        job.left -= 1
        if job.left > 0:
            continue
        del jobs[ran.number]
        if machine.running is ran:
            machine.running = None
        else:
            machine.call("dequeue", ran.node, void=True)
            ran.queued = False
    return late


def test_deadlines(bench: Bench) -> None:
    """Periodic threads that want the whole processor together, each its budget, are never late."""
    machine = begin(bench, "edf")
    bases = bench.random.choice([(2, 3, 3, 5), (2, 3, 5, 7, 7), (3, 3, 5, 5, 5)])  # sets that shortest-period-first fails on
    threads = [machine.new(base, ready=False) for base in reversed(bases)]  # in order of arrival the shortest would be late
    late = run_jobs(machine, dict.fromkeys((thread.number for thread in threads), BUDGET), 240)
    for thread in threads:
        bench.expect(
            late[thread.number] == 0,
            f"threads with periods of {', '.join(str(period(base)) for base in bases)} ticks and {BUDGET} ticks of work in each to meet all deadlines: together that is 100 %",
            f"the one with a period of {period(thread.base)} was late {late[thread.number]} times",
        )


def test_overload(bench: Bench) -> None:
    """A thread that wants more than its budget does not make others late, nor is it shut out."""
    machine = begin(bench, "edf")
    hog = machine.new(1, ready=False)
    modest = [machine.new(base, ready=False) for base in (3, 7)]
    wants = {hog.number: period(hog.base)} | dict.fromkeys((thread.number for thread in modest), BUDGET)
    late = run_jobs(machine, wants, 320)
    for thread in modest:
        bench.expect(
            late[thread.number] == 0,
            f"a thread that wants {BUDGET} of {period(thread.base)} ticks to have them, though another wants all",
            f"it was late {late[thread.number]} times",
        )
    bench.expect(
        len(hog.ran) >= machine.now // 2 - BUDGET, f"the one that wants all to get at least its share, {machine.now // 2} of {machine.now} ticks", f"it got {len(hog.ran)}"
    )


def test_costs(bench: Bench) -> None:
    """Picking from many costs what picking from few does."""
    few, many = _pick_cost(bench, 4), _pick_cost(bench, 200)
    bench.record("mlfq_pick", few)
    most = few * bench.bound("growth_percent") // 100
    bench.expect(many <= most, f"mlfq_pick() with 200 threads that wait to cost at most {most} instructions, as with 4 ({few})", f"it costs {many}")


def _pick_cost(bench: Bench, count: int) -> int:
    machine = begin(bench, "mlfq")
    for _ in range(count):
        machine.new()
    return machine.guest.cost("mlfq_pick")[1]
