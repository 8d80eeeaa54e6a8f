"""Lab 2, the instructor's tests: everything at once, and assemblies that nobody planned for."""

from __future__ import annotations

from lab_tests import ALIGNMENT, DIRECTION, FREE, GETCWD, GETPID, NESTED, UNAME, Caller, kept_all, no_leak, shown_result

from kit.lab_bench import Bench

HARMLESS = (GETPID, UNAME, GETCWD, 1000, 513, -77777, (1 << 40) + 39)


def test_hostile(bench: Bench) -> None:
    """Random everything, beside the reference."""
    chance = bench.random
    reference, mine = Caller(bench, "monolithic", reference=True), Caller(bench, "monolithic")
    for _ in range(60):
        number = chance.choice(HARMLESS)
        values = {name: chance.choice((0, chance.getrandbits(64), 1 << 63, mine.page)) for name in FREE}
        values["rsp"] = chance.choice((mine.start["rsp"], chance.getrandbits(64)))
        more = sum(flag for flag in (DIRECTION, ALIGNMENT, NESTED) if chance.random() < 0.4)
        expected = reference.call(number, more, **values)
        found = mine.call(number, more, **values)
        bench.expect(
            found["rax"] == expected["rax"],
            f"system call {number} to answer {shown_result(expected['rax'])} as the reference does",
            f"it answers {shown_result(found['rax'])}",
        )
        kept_all(values, found, f"system call {number}")
        no_leak(mine, found, mine.flags | more)


def test_assemblies(bench: Bench) -> None:
    """Random configurations start with it, too."""
    program = bench.program("small_probe")
    argument = str(bench.random.getrandbits(62))
    expected = bench.computed("monolithic", program, argument, "probe_done", bench.bound("instructions"), reference=True)
    for name in bench.random_configurations():
        found = bench.computed(name, program, argument, "probe_done", bench.bound("instructions"), jitter=bench.jitter())
        bench.equal(found, expected, f"what small_probe {argument} computes on the random assembly {name}")
