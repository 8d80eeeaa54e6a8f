"""Lab 1, the instructor's tests: long random sequences, and assemblies that nobody planned for."""

from __future__ import annotations

from lab_tests import MAX_ORDER, begin

from kit.lab_bench import Bench


def test_model(bench: Bench) -> None:
    """Single frames mostly, runs of all lengths now and then, refusals included."""
    one = begin(bench)
    chance = bench.random
    held: list[tuple[int, int, bool]] = []
    for step in range(700):
        filling = step // 180 % 2 == 0
        if held and chance.random() < (0.25 if filling else 0.65):
            number, order, single = held.pop(chance.randrange(len(held)))
            one.give(number, order, single)
        else:
            single = chance.random() < 0.6
            order = 0 if single else chance.randrange(MAX_ORDER + 1)
            number_or_none = one.take(order, single)
            if number_or_none is not None:
                held.append((number_or_none, order, single))
        if step % 10 == 0:
            one.check_count(f"after {step + 1} random requests")
    for number, order, single in held:
        one.give(number, order, single)
    one.check_count("when everything was given back")


def test_assemblies(bench: Bench) -> None:
    """Random configurations start with it, too."""
    program = bench.program("memory_probe")
    argument = str(bench.random.getrandbits(62))
    expected = bench.computed("monolithic", program, argument, "probe_done", bench.bound("instructions"), reference=True)
    for name in bench.random_configurations():
        found = bench.computed(name, program, argument, "probe_done", bench.bound("instructions"), jitter=bench.jitter())
        bench.equal(found, expected, f"what memory_probe {argument} computes on the random assembly {name}")
