"""The course on the dashboard: every handout is there, and no handout can bring markup or scripts of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from dashboard import create_app, handouts
from kit import lab as labs


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return create_app(f"sqlite:///{tmp_path}/empty.db").test_client()


def test_every_lab_has_its_page(client: FlaskClient) -> None:
    """With its handout, its pictures and its tests."""
    index = client.get("/labs").get_data(as_text=True)
    for name in labs.names():
        lab = labs.load(labs.LABS / name)
        assert lab.title in index and f"/labs/{lab.number}" in index
        page = client.get(f"/labs/{lab.number}")
        text = page.get_data(as_text=True)
        assert page.status_code == 200 and text.count("<h1>") == 1 and '<pre tabindex="0">' in text and "<pre>" not in text
        for test in lab.tests:
            assert f"<code>{test.name}</code>" in text
        for picture in (lab.folder / "pictures").iterdir():
            address = f"/labs/{lab.number}/pictures/{picture.name}"
            assert f'src="{address}"' in text
            answer = client.get(address)
            assert answer.status_code == 200 and answer.mimetype == "image/svg+xml"


@pytest.mark.parametrize(
    "address", ["/labs/99", "/labs/1", "/labs/..", "/labs/01/pictures/none.svg", "/labs/01/pictures/..%2Flab.toml", "/labs/01/pictures/../lab.toml"]
)
def test_nothing_else_is_served(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404


ATTACKS = [
    "<script>alert(1)</script>",
    "text <img src=x onerror=alert(1)> text",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x]( data:text/html,<script>alert(1)</script>)",
    "[x](//elsewhere.example/)",
    "![x](https://elsewhere.example/x.svg)",
    "![x](pictures/../../x.svg)",
    '![x](pictures/x.svg" onerror="alert(1))',
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    "<div onclick='x'>\n\n# h\n\n</div>",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "```html\n<script>alert(1)</script>\n```",
]


@pytest.mark.parametrize("text", ATTACKS)
def test_a_handout_is_text(text: str, tmp_path: Path) -> None:
    """Whatever it says, no element or address of its own gets through."""
    path = tmp_path / "handout.md"
    path.write_text(f"# Title\n\n{text}\n")
    html = str(handouts.render(path, lambda name: f"/labs/01/pictures/{name}"))
    lowered = html.lower()
    assert "<script" not in lowered and "<div" not in lowered and 'onerror="' not in lowered and "<img src=x" not in lowered
    assert 'href="javascript' not in lowered and 'href="data' not in lowered and 'href="//' not in lowered
    assert 'src="http' not in lowered and "../" not in lowered.partition("src=")[2].partition('"')[2].partition('"')[0]
