"""make mutants: every mutant can be caught, and not by the tests that a student is given to begin with."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab_fixture import LABS

from kit import mutants
from kit.lab import Lab
from kit.lab_vet import Refused, Submission

each_lab = pytest.mark.parametrize("lab", LABS, ids=[lab.name for lab in LABS])


def tried(lab: Lab, folder: Path) -> tuple[mutants.Try, list[mutants.Try]]:
    """What the tests in a folder say of the reference and of the mutants."""
    tests = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*"))}
    return mutants.try_all(lab, Submission(folder, {}, {}, tests), lambda _: None)


@each_lab
def test_good_tests_catch_every_mutant(lab: Lab) -> None:
    """Those that the instructor's copy keeps pass the reference part and fail each faulty one."""
    good, tries = tried(lab, lab.folder / "hidden" / "own_tests")
    assert not good.caught, good.how
    assert len(tries) == len(lab.mutants()) >= 5
    assert [one.name for one in tries if not one.caught] == []


@each_lab
def test_the_frame_of_own_tests_catches_none(lab: Lab) -> None:
    """It is right of the reference part, and there is everything left to do."""
    good, tries = tried(lab, lab.folder / "own_tests")
    assert not good.caught, good.how
    assert [one.name for one in tries if one.caught] == []
    said = mutants.report(lab, good, tries)
    assert f"0 of {len(tries)} faulty parts are caught" in said and said.count("missed") == len(tries)


def test_tests_that_are_wrong_or_missing() -> None:
    """A test that fails the reference part is refused itself; a folder without tests is told where they belong."""
    lab = LABS[0]
    wrong = "#include <frames/frames.h>\n#include <tap.h>\nvoid contract_test_frames(void);\nvoid contract_test_frames(void)\n{\n\ttap_ok(false, \"never\");\n}\n"
    good, tries = mutants.try_all(lab, Submission(Path("."), {}, {}, {"contract_test.c": wrong}), lambda _: None)
    assert good.caught and "wrong itself" in mutants.report(lab, good, tries)
    with pytest.raises(Refused, match="your own tests belong there"):
        mutants.try_all(lab, Submission(Path("."), {}, {}, {}), lambda _: None)
