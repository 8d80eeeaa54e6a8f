"""make grade-all: a class is graded whole, once, and whatever happens on the way loses nothing. (labs/README.md has the same for 200.)"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import lab_class
import pytest

from kit import batch, grades
from kit import lab as labs
from kit.lab import Lab

HERE = Path(__file__).resolve().parent
RUN = """
import sys
sys.path[:0] = [{here!r}, {root!r}]
import test_lab_batch
test_lab_batch.main({folder!r})
"""


def short() -> Lab:
    """Lab 1 in one kernel, with some of its tests: what is tried here is the batch."""
    lab = labs.find("01")
    tests = [replace(test, presets=("monolithic",)) for test in lab.tests if test.name in ("builds", "boots", "single", "costs")]
    return replace(lab, presets=("monolithic",), tests=tuple(tests), questions=())


def main(folder: str) -> None:
    """What the processes that are killed run."""
    try:
        done = batch.grade_all(short(), Path(folder), 1, 0, 2, lambda text: print(text, flush=True))
    except batch.BatchError as error:
        sys.exit(f"error: {error}")
    sys.exit(1 if done.missing else 0)


def started(folder: Path) -> subprocess.Popen[str]:
    """A batch over ``folder``, in a session of its own."""
    command = [sys.executable, "-c", RUN.format(here=str(HERE), root=str(HERE.parents[1]), folder=str(folder))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)


def records(folder: Path) -> dict[str, float]:
    """The records that there are, by name, with the time of each; every one of them is whole."""
    found = {}
    for path in (folder / "grades-01").glob("*.json"):
        value = json.loads(path.read_text())
        assert value["record"]["name"] == path.stem and value["gradescope"]["tests"]
        found[path.stem] = path.stat().st_mtime_ns
    return found


def graded(folder: Path) -> batch.Batch:
    """What a batch in this process finds."""
    return batch.grade_all(short(), folder, 1, 0, 2, lambda _: None)


@pytest.fixture(scope="module")
def small_class(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two that are right, one of them twice; the starter; one mistake; and attacks."""
    folder = tmp_path_factory.mktemp("class")
    lab = short()
    lab_class.hand_in(lab, folder / "anne", lab.solution(), "", "ace")
    lab_class.hand_in(lab, folder / "bert", lab.solution(), "")
    lab_class.hand_in(lab, folder / "cleo", lab.solution(), "mine", "bee")
    lab_class.hand_in(lab, folder / "dora", lab.solution(), "", "ace")
    lab_class.hand_in(lab, folder / "emil", lab.starter(), "")
    slow = next(variant for variant in lab.wrong() if variant.name == "searches_all")
    lab_class.hand_in(lab, folder / "fred", slow.apply(lab.solution()), "", "slow")
    for attack in lab_class.ATTACKS:
        part = lab_class.hand_in(lab, folder / f"x{attack.__name__}", lab.solution(), "", "villain")
        attack(lab, part)
    (folder / "no folder").write_text("left here by somebody")
    (folder / "a link").symlink_to("anne")
    return folder


def test_killed_at_random_it_goes_on(small_class: Path) -> None:
    """SIGKILL, again and again: records are whole, none is made twice, none is missing in the end."""
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1, 1_000_000))
    print(f"SEED={seed}")
    chance = random.Random(seed)
    seen: dict[str, float] = {}
    said: list[str] = []
    for kills in range(40):
        process = started(small_class)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0.5, 9) if kills < 6 else 600)
        over = process.poll() is not None
        process.kill()
        text = process.communicate()[0]
        said += [line.split(": ")[1].split(" ")[0] for line in text.splitlines() if " of " in line]
        now = records(small_class)
        for name, made in seen.items():
            assert now[name] == made, f"{name} was graded again"
        seen = now
        if over:
            break
    assert over and process.returncode == 0, text
    assert len(seen) == len(batch.submissions(small_class)) == 6 + len(lab_class.ATTACKS)
    assert len(said) == len(set(said))
    home = small_class / "grades-01"
    assert sorted(path.name for path in home.iterdir()) == sorted([".lock", *(f"{name}.json" for name in seen)])


def test_each_gets_what_it_deserves(small_class: Path) -> None:
    """Whoever is beside whom; copies are recognised, and the leaderboard names who asked for it."""
    done = graded(small_class)
    assert done.missing == {}
    found = {record.name: record for record in done.records}
    full = sum(test.points for test in short().tests)
    assert found["anne"].points == found["bert"].points == found["cleo"].points == found["dora"].points == full
    assert found["emil"].points < full and found["fred"].tests["costs"] == "failed"
    assert {found["anne"].like, found["dora"].like} == {"", "anne"} or {found["anne"].like, found["dora"].like} == {"", "dora"}
    assert found["bert"].like == "" and found["cleo"].like == "", "other answers are other submissions"
    for attack in lab_class.ATTACKS:
        record = found[f"x{attack.__name__}"]
        assert bool(record.refused) == (attack in lab_class.REFUSED), record
    assert found["x_floods"].points == full, "a function that nobody calls harms nobody"
    assert found["x_includes_itself"].points == found["x_explodes"].points == 0
    said = grades.overview(short(), done.records)
    boards = {board.figure: board for board in grades.boards(done.records)}
    assert {name for _, name in boards["frame_pair"].ranked} >= {"ace", "bee"} and boards["frame_pair"].reference
    assert "slow" not in said.partition("frame_pair")[2] and "anne" not in said.partition("frame_pair")[2]


def test_only_what_changed_is_graded_again(small_class: Path) -> None:
    """The others' records stay as they are."""
    graded(small_class)
    before = records(small_class)
    with (small_class / "emil/frames/mine/mine.c").open("a") as file:
        file.write("/* a second thought */\n")
    graded(small_class)
    after = records(small_class)
    assert [name for name in before if before[name] != after[name]] == ["emil"]


def test_two_at_once_are_refused(small_class: Path) -> None:
    """The second says why, and the first goes on."""
    with (small_class / "cleo/frames/mine/mine.c").open("a") as file:
        file.write("/* new */\n")
    first = started(small_class)
    time.sleep(0.1)
    for _ in range(200):
        if (small_class / "grades-01/.lock").exists() and "FLOCK" in Path("/proc/locks").read_text():
            break
        time.sleep(0.05)
    assert first.stdout and "submissions" in first.stdout.readline()
    with pytest.raises(batch.BatchError, match="another make grade-all is at work"):
        graded(small_class)
    first.communicate()
    assert first.returncode == 0


@contextlib.contextmanager
def little_disk(place: Path, size: str) -> Iterator[Path]:
    """A file system of a few bytes, or the test is left out where the system gives none."""
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], capture_output=True).returncode != 0:
        pytest.skip("this system does not let us mount a small disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_loses_nothing(tmp_path: Path, small_class: Path) -> None:
    """No room for a record: an error that says so, whole records only; with room, the same command goes on."""
    with little_disk(tmp_path / "disk", "256k") as disk:
        for name in ("anne", "cleo", "emil"):
            shutil.copytree(small_class / name, disk / name)
        filler = disk / ".filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(b"x" * 4096):
                pass
        with pytest.raises(batch.BatchError, match="No space left.*the same command goes on|cannot be made"):
            graded(disk)
        assert records(disk) == {}
        filler.unlink()
        assert len(graded(disk).records) == 3 and len(records(disk)) == 3


def test_a_full_disk_of_builds_blames_nobody(tmp_path: Path, small_class: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a compiler could not write is no fault of the student's: nothing is recorded."""
    with little_disk(tmp_path / "work", "4m") as work:
        monkeypatch.setenv("LAB_WORK", str(work))
        shutil.copytree(small_class / "anne", tmp_path / "class/anne")
        with pytest.raises(batch.BatchError, match="less than .* left"):
            graded(tmp_path / "class")
        assert records(tmp_path / "class") == {}


def test_a_submission_that_brings_the_grader_down(tmp_path: Path, small_class: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no record, which is said, and the others have theirs."""
    for name in ("anne", "xmissing"):
        if (small_class / name).exists():
            shutil.copytree(small_class / name, tmp_path / name)
    lab_class.hand_in(short(), tmp_path / "zoe", short().starter(), "")
    read = batch.lab_vet.read

    def fatal(lab: Lab, folder: Path) -> object:
        if folder.name == "zoe":
            os.kill(os.getpid(), signal.SIGKILL)
        return read(lab, folder)

    monkeypatch.setattr(batch.lab_vet, "read", fatal)
    done = graded(tmp_path)
    assert list(done.missing) == ["zoe"] and "zoe" not in records(tmp_path)
    assert [record.name for record in done.records] == ["anne"]
