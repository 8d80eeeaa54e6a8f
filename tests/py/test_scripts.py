"""Scripts for other people's programs: what a script says of itself, what counts as the same, and a run that ends early."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kit import packages, unmodified
from kit.results import Said


def script(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")


def line(name: str, status: int, output: str) -> bytes:
    return json.dumps({"type": "script", "name": name, "status": status, "output": output}).encode() + b"\n"


def test_a_script_names_its_packages_and_its_status(tmp_path: Path) -> None:
    script(tmp_path, "b.lua", "#!/usr/bin/lua5.4\n-- packages: lua5.4 coreutils\n-- status: 3\nos.exit(3)\n")
    script(tmp_path, "a.sh", "#!/bin/sh\n# packages: dash\n")
    (tmp_path / "README.md").write_text("no script")
    one, two = unmodified.scripts(tmp_path)
    assert (one.name, one.packages, one.status) == ("a.sh", ("dash",), 0)
    assert (two.name, two.packages, two.status) == ("b.lua", ("lua5.4", "coreutils"), 3)
    assert [found.name for found in unmodified.scripts(tmp_path, ["b.lua"])] == ["b.lua"]


@pytest.mark.parametrize("text", ["echo no interpreter\n# packages: dash\n", "#!/bin/sh\necho no packages\n"])
def test_a_script_that_does_not_say_what_it_needs_is_refused(text: str, tmp_path: Path) -> None:
    script(tmp_path, "a.sh", text)
    with pytest.raises(unmodified.UnmodifiedError, match="a.sh"):
        unmodified.scripts(tmp_path)


def test_a_name_that_is_no_script_is_told_with_those_there_are(tmp_path: Path) -> None:
    script(tmp_path, "a.sh", "#!/bin/sh\n# packages: dash\n")
    with pytest.raises(unmodified.UnmodifiedError, match="there are: a.sh"):
        unmodified.scripts(tmp_path, ["b.sh"])


def test_the_projects_own_scripts_say_what_they_need() -> None:
    found = unmodified.scripts()
    assert found
    assert all(packages.PACKAGE_NAME.fullmatch(name) for one in found for name in one.packages)


def test_scripts_whose_packages_are_not_here_are_left_out_and_named(tmp_path: Path) -> None:
    script(tmp_path, "a.sh", "#!/bin/sh\n# packages: no-such-package-anywhere\n")
    assert unmodified.runnable(unmodified.scripts(tmp_path)) == ([], ["no-such-package-anywhere"])


@pytest.mark.parametrize(
    ("kernel", "same"),
    [
        (Said("a", 0, b"x\n"), True),
        (Said("a", 256, b"x\n"), False),
        (Said("a", 0, b"x"), False),
        (Said("a", -1, b"x\n"), False),
        (None, False),
    ],
)
def test_the_same_is_every_byte_and_the_same_end(kernel: Said | None, same: bool) -> None:
    verdict = unmodified.Verdict("a", Said("a", 0, b"x\n"), kernel)
    assert verdict.same == same
    assert bool(verdict.difference()) != same


def test_bytes_arrive_as_they_are() -> None:
    everything = bytes(range(256))
    found = unmodified.scripts_of(line("a", 9, everything.decode("latin-1")) + b'{"type":"end","status":0}\n')
    assert found == {"a": Said("a", 9, everything)}


def test_a_run_that_ends_early_still_tells_of_the_scripts_before() -> None:
    cut = line("a", 0, "whole") + line("b", 0, "cut short")[:-9]
    assert unmodified.scripts_of(cut) == {"a": Said("a", 0, b"whole")}
    (one,) = [v for v in unmodified.compare([unmodified.Script("b", b"", (), 0)], {"b": Said("b", 0, b"")}, unmodified.scripts_of(cut))]
    assert not one.same and "was not run" in one.difference()


def test_how_a_script_ended_is_told_in_words() -> None:
    assert [Said("a", status, b"").ending for status in (0, 3 << 8, 11, -1)] == [
        "exited with status 0",
        "exited with status 3",
        "killed by signal 11",
        "took too long, stopped",
    ]
