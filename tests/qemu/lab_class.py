"""A class that never was: submissions of a lab for trying out make grade-all.

    /usr/bin/python3 tests/qemu/lab_class.py LAB DIR COUNT [SEED]

writes COUNT folders below DIR: solutions, starters and every wrong solution, each in a wording of its own, some word for word alike, and some
of people who would rather not be graded. Then: time make grade-all LAB=… DIR=…
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from kit import lab as labs  # noqa: E402
from kit.lab import Lab  # noqa: E402

COPIED, HOSTILE = 0.1, 0.1
"""Parts of the class that hand in another's work as it is, and that attack the grader."""


def _main_file(lab: Lab, part: Path) -> Path:
    return part / next(name for name in sorted(lab.solution()) if name.endswith(".c"))


def _link(lab: Lab, part: Path) -> None:
    _main_file(lab, part).unlink()
    _main_file(lab, part).symlink_to("/etc/passwd")


def _linked_folder(lab: Lab, part: Path) -> None:
    part.rename(part.parent / "elsewhere")
    part.symlink_to("elsewhere")


def _missing(lab: Lab, part: Path) -> None:
    _main_file(lab, part).unlink()


def _no_manifest(_: Lab, part: Path) -> None:
    (part / "part.toml").unlink()


def _large(lab: Lab, part: Path) -> None:
    with _main_file(lab, part).open("a") as file:
        file.write("/* " + "x" * (1 << 20) + " */\n")


def _no_text(lab: Lab, part: Path) -> None:
    _main_file(lab, part).write_bytes(b"\xff\xfe\x00int x;\n")


def _pipe(lab: Lab, part: Path) -> None:
    _main_file(lab, part).unlink()
    os.mkfifo(_main_file(lab, part))


def _nested_answers(_: Lab, part: Path) -> None:
    (part.parents[1] / "answers.toml").write_text("x = " + "[" * 20000 + "]" * 20000 + "\n")


def _includes_itself(lab: Lab, part: Path) -> None:
    (part / "again.h").write_text('#include "again.h"\n#include "again.h"\n')
    _prepend(lab, part, '#include "again.h"\n')


def _explodes(lab: Lab, part: Path) -> None:
    lines = ["#define A0 1,1,1,1,1,1,1,1,1,1", *(f"#define A{n} {','.join([f'A{n - 1}'] * 10)}" for n in range(1, 7))]
    _prepend(lab, part, "\n".join([*lines, "static const char a_lot[] = {A6};\n"]))


def _floods(lab: Lab, part: Path) -> None:
    text = 'static void __attribute__((constructor)) never(void);\nstatic void never(void)\n{\n\tfor (;;)\n\t\t__asm__ volatile("outb %0, $0xe9" : : "a"((char)1));\n}\n'
    _prepend(lab, part, text)


def _prepend(lab: Lab, part: Path, text: str) -> None:
    main = _main_file(lab, part)
    main.write_text(text + main.read_text())


ATTACKS: tuple[Callable[[Lab, Path], None], ...] = (
    _link, _linked_folder, _missing, _no_manifest, _large, _no_text, _pipe, _nested_answers, _includes_itself, _explodes, _floods,
)  # fmt: skip
REFUSED = (_link, _linked_folder, _missing, _no_manifest, _large, _no_text, _pipe, _nested_answers)
"""Of those, the ones that are refused before anything is compiled."""


def hand_in(lab: Lab, folder: Path, files: dict[str, str], remark: str, nickname: str = "") -> Path:
    """Write a submission; ``remark`` tells it from others of the same kind. The part's folder."""
    part = folder / lab.slot / lab.part
    part.mkdir(parents=True)
    for name, text in files.items():
        own = f"\n/* {remark} */\n" if remark and name.endswith(".c") else ""
        (part / name).write_text(text + own)
    (folder / "answers.toml").write_text(f'leaderboard = "{nickname}"\n' if nickname else "# nothing answered\n")
    return part


def make_class(lab: Lab, folder: Path, count: int, seed: int) -> None:
    """Write a class of ``count``."""
    chance = random.Random(seed)
    kinds = [lab.solution(), lab.starter(), *(variant.apply(lab.solution()) for variant in lab.wrong())]
    for number in range(count):
        home = folder / f"student-{number:03}"
        kind, remark = kinds[number % len(kinds)], f"handed in by number {number}, {chance.getrandbits(32):08x}"
        what = chance.random()
        if what < COPIED:
            kind, remark = kinds[number % 2], ""
        part = hand_in(lab, home, kind, remark, f"number {number}" if number % 3 == 0 and remark else "")
        if what > 1 - HOSTILE:
            ATTACKS[number % len(ATTACKS)](lab, part)


if __name__ == "__main__":
    make_class(labs.find(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]) if len(sys.argv) > 4 else 1)
