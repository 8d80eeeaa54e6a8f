"""The class on the dashboard: right numbers, and nobody sees it who should not."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import class_fixture
import pytest
from flask.testing import FlaskClient

from dashboard import classes, create_app
from kit import grades
from kit import lab as labs

LAB = labs.find("01")
ROOT = Path(__file__).resolve().parents[2]


def client_of(folder: Path | None) -> FlaskClient:
    return create_app("sqlite:////nonexistent/none.db", ["lab.test"], folder).test_client()


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    class_fixture.write(tmp_path, class_fixture.records())
    return client_of(tmp_path)


def test_never_unless_asked_for() -> None:
    """Without GRADES= there is no such page, and no word of it in the menu."""
    plain = client_of(None)
    assert plain.get("/class").status_code == plain.get("/class/01").status_code == 404
    assert 'href="/class"' not in plain.get("/labs").get_data(as_text=True)


def test_for_this_machine_alone(client: FlaskClient) -> None:
    """Not by another name that the server answers to, and not for a browser elsewhere."""
    for address in ("/class", "/class/01"):
        assert client.get(address).status_code == 200
        assert client.get(address, headers={"Host": "lab.test"}).status_code == 404
        assert client.get(address, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 404
    assert client.get("/labs", headers={"Host": "lab.test"}).status_code == 200


@pytest.mark.parametrize("more", [["--host", "0.0.0.0"], ["--allow-host", "lab.test"]])
def test_not_served_to_a_network(tmp_path: Path, more: list[str]) -> None:
    """A server that others can reach does not start with grades."""
    command = [sys.executable, "-m", "kit", "serve", "--port", "0", "--grades", str(tmp_path), *more]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "on this machine only" in done.stderr


def test_no_such_folder(tmp_path: Path) -> None:
    """It says what is missing."""
    done = subprocess.run([sys.executable, "-m", "kit", "serve", "--grades", str(tmp_path / "none")], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "no folder of grades" in done.stderr


def test_the_numbers(client: FlaskClient) -> None:
    """Those of the records: every submission with every test, the spread, what failed most."""
    found = class_fixture.records()
    view = classes.view(LAB, found)
    assert sum(bin.count for bin in view.bins) == len(found) and view.bins[-1].high == LAB.points
    assert view.hardest and view.hardest.failed == max(sum(record.tests[test.name] == "failed" for record in found) for test in LAB.tests)
    assert view.seconds == 8.5 * (len(found) - 1), "one was like another"
    text = client.get("/class/01").get_data(as_text=True)
    table = text.partition('id="submissions-title"')[2].partition("</table>")[0]
    rows = re.findall(r"<tr.*?</tr>", table, re.DOTALL)[1:]
    assert len(rows) == len(found)
    for row, record in zip(rows, found):
        cells = re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
        assert record.name in row and cells[0] == f"{record.points:g}"
        for test, cell in zip(LAB.tests, cells[1:]):
            wanted = {"passed": str(test.points), "failed": "failed"}.get(record.tests[test.name], "not made")
            assert wanted in cell, (record.name, test.name)
    assert view.hardest.name in text.partition("Most failed")[2][:60]


def test_the_leaderboard_names_who_asked(client: FlaskClient) -> None:
    """Under the chosen name, beside the reference; whoever fails a test, or did not ask, is not on it."""
    text = client.get("/class/01").get_data(as_text=True).partition('id="board-title"')[2]
    able = [record for record in class_fixture.records() if record.nickname and set(record.tests.values()) == {"passed"}]
    assert able and "frames/bitmap, the reference" in text
    for record in class_fixture.records():
        assert record.name not in text
        assert (f">{record.nickname}<" in text) == (record in able) or not record.nickname
    (board, _) = grades.boards(able)
    assert board.figure == "frame_pair" and board.reference == 84 and board.ranked == sorted(board.ranked)


def test_names_are_text(tmp_path: Path) -> None:
    """Students choose their folders' names; none becomes markup."""
    class_fixture.write(tmp_path, class_fixture.hostile())
    text = client_of(tmp_path).get("/class/01").get_data(as_text=True)
    assert "<script>window" not in text and "<img src=x" not in text and "\x1b" not in text and "&lt;script&gt;" in text


def test_an_empty_class_and_broken_records(tmp_path: Path) -> None:
    """Both are pages, not errors."""
    home = class_fixture.write(tmp_path, [])
    assert "No submission is graded yet" in client_of(tmp_path).get("/class/01").get_data(as_text=True)
    (home / "half.json").write_text('{"record": {"name": "half')
    old = replace(class_fixture.records()[0], tests={"a_test_of_old": "passed"})
    class_fixture.write(tmp_path, [old])
    page = client_of(home).get("/class/01")
    assert page.status_code == 200 and old.name in page.get_data(as_text=True)
    assert client_of(tmp_path).get("/class/02").status_code == client_of(tmp_path).get("/class/..").status_code == 404
