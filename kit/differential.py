"""The same random system calls on this machine's Linux and on a kernel: where do the two differ?

The workload ``random_calls`` makes rounds of calls; a line tells a round's digest, and ``tell`` what was recorded. A round that differs is made again on both sides
with its record, and then shrunk to the fewest steps that still differ (Zeller and Hildebrandt's ddmin, by halves down to single steps).
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kit import cpio
from kit.built import Built
from kit.qemu import Job, Machine, boot

PROGRAM = "bin/random_calls"
STEPS = 300
WALL_SECONDS = 600.0
CONSOLE_BYTES = 64 << 20
TRIALS = 120
"""Boots that shrinking one round may take."""

_ROUND = re.compile(r"round (\d+) calls (\d+) status (0x[0-9a-f]+) digest (0x[0-9a-f]+)")
_OWN_LINE = re.compile(r"(?m)^\S*\[\d+\]: .*\n")
"""What a kernel says of a program that it ends: not the program's words."""


class DifferentialError(Exception):
    """One of the two sides cannot run; the text says why and what to do."""


@dataclass(frozen=True)
class Told:
    """What one side said: the digest of each round by its seed, the calls in all, and the text of the last round where it was asked for."""

    digests: dict[int, str]
    calls: int
    text: str


@dataclass(frozen=True)
class Difference:
    """A round that differs, as small as it could be made."""

    seed: int
    steps: int
    keep: str
    """The steps that are needed, as the program's ``keep`` wants them."""
    linux: str
    kernel: str

    def command(self) -> str:
        """The arguments that repeat it."""
        return f"seed={self.seed} steps={self.steps} keep={self.keep} tell"


Side = Callable[[Sequence[str]], Told]
"""Runs the program with arguments. Raises DifferentialError."""


def parse(output: str) -> Told:
    """What a run of the program has printed."""
    text = _OWN_LINE.sub("", output.replace("\r\n", "\n"))
    rounds = list(_ROUND.finditer(text))
    digests = {int(one[1]): f"{one[3]} {one[4]}" for one in rounds}
    return Told(digests, sum(int(one[2]) for one in rounds), text[: rounds[-1].start()] if rounds else text)


def on_linux(program: Path) -> Side:
    """This machine's Linux; it takes user 0."""

    def run(arguments: Sequence[str]) -> Told:
        with tempfile.TemporaryDirectory(prefix="mortise-") as root:
            try:
                done = subprocess.run([program, "host", f"root={root}", *arguments], capture_output=True, timeout=WALL_SECONDS, check=False)
            except (OSError, subprocess.TimeoutExpired) as error:
                raise DifferentialError(f"on Linux: {error}") from error
        output = done.stdout.decode(errors="replace")
        if done.returncode != 0:
            raise DifferentialError(f"on Linux random_calls ends with status {done.returncode}: {output[-300:]}")
        return parse(output)

    return run


def on_kernel(built: Built) -> Side:
    """The kernel of a preset, booted anew for each run."""

    def run(arguments: Sequence[str]) -> Told:
        append = f"init=/{PROGRAM} args={','.join(arguments)}"
        job = Job(built.kernel_elf, built.initrd, append, Machine(), wall_seconds=WALL_SECONDS, console_bytes=CONSOLE_BYTES)
        outcome = boot(job)
        if not outcome.ok:
            raise DifferentialError(f"{built.preset} with {append}: {outcome.describe()}\n{outcome.console_tail()}")
        return parse(outcome.console)

    return run


def extract(built: Built, folder: Path) -> Path:
    """The program itself, taken out of the initrd: the very bytes that the kernel runs."""
    found = [member for member in cpio.read(built.initrd.read_bytes()) if member.name == PROGRAM]
    if not found:
        raise DifferentialError(f"{built.preset}'s initrd has no {PROGRAM}; choose the workload random_calls")
    path = folder / "random_calls"
    path.write_bytes(found[0].data)
    path.chmod(0o755)
    return path


def compare(linux: Side, kernel: Side, seed: int, rounds: int, steps: int = STEPS) -> tuple[list[int], int]:
    """The seeds of the rounds that differ, and how many calls were made on one side."""
    arguments = [f"seed={seed}", f"rounds={rounds}", f"steps={steps}"]
    expected, actual = linux(arguments), kernel(arguments)
    return [one for one, digest in expected.digests.items() if actual.digests.get(one) != digest], expected.calls


def mask(kept: Sequence[int], steps: int) -> str:
    """Step numbers as hexadecimal digits, the first step in the lowest bit of the first."""
    digits = [0] * ((steps + 3) // 4)
    for step in kept:
        digits[step // 4] |= 1 << step % 4
    return "".join(f"{digit:x}" for digit in digits)


def shrink(linux: Side, kernel: Side, seed: int, steps: int = STEPS, trials: int = TRIALS) -> Difference:
    """The fewest steps of a round that differ still, found within so many trials. Raises DifferentialError where none differs."""

    def sides(kept: Sequence[int]) -> tuple[str, str]:
        arguments = [f"seed={seed}", f"steps={steps}", f"keep={mask(kept, steps)}", "tell"]
        return linux(arguments).text, kernel(arguments).text

    kept = list(range(steps))
    texts = sides(kept)
    if texts[0] == texts[1]:
        raise DifferentialError(f"round {seed} does not differ when it is made again: something there is not the same every time")
    kept = [step for step in kept if step <= last_step(*texts)]
    piece = max(1, len(kept) // 2)
    while trials > 0:
        smaller = None
        for start in range(0, len(kept), piece):
            trial = kept[:start] + kept[start + piece :]
            trials -= 1
            tried = sides(trial)
            if tried[0] != tried[1]:
                smaller = trial
                break
            if trials <= 0:
                break
        if smaller is not None:
            kept = smaller
        elif piece == 1:
            break
        else:
            piece //= 2
    texts = sides(kept)
    return Difference(seed, steps, mask(kept, steps), *texts)


def last_step(linux: str, kernel: str) -> int:
    """The step in which two records begin to differ; a round's looking around at its end counts as its last."""
    step = 0
    for one, other in zip(linux.splitlines(), kernel.splitlines()):
        begins = re.match(r"(\d+) ", one)
        if begins:
            step = int(begins[1])
        elif one.startswith("at the end"):
            return 1 << 30
        if one != other:
            return step
    return 1 << 30


def explain(difference: Difference) -> str:
    """For people: what is needed, and the two records from where they part."""
    lines = [f"{difference.seed}: repeat with random_calls {difference.command()}"]
    for one, other in zip(difference.linux.splitlines(), difference.kernel.splitlines()):
        if one == other:
            lines.append(f"  {one}")
        else:
            return "\n".join([*lines, f"  on Linux   {one}", f"  on kernel  {other}"])
    return "\n".join(lines)
