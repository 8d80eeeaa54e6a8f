"""What the dashboard's tests share: a filled store, a client over it, and what a page's markup holds."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import dashboard_fixture as fixture  # noqa: E402

from dashboard import create_app  # noqa: E402
from kit import results  # noqa: E402

PAGES = ["/", "/runs", "/runs/5", "/runs/8", "/runs/5/series/getpid", "/diff", "/diff?run=2&run=5", "/method", "/architecture"]
DOWNLOADS = {
    "/compare.json": "application/json",
    "/compare.csv": "text/csv",
    "/runs/5.json": "application/json",
    "/runs/5.csv": "text/csv",
    "/runs/5/config": "text/plain",
    "/runs/5/console": "text/plain",
}


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """A store as a class would have it after a while."""
    url = f"sqlite:///{tmp_path_factory.mktemp('store')}/mortise.db"
    store = results.open_store(url)
    fixture.fill(store)
    store.close()
    return url


@pytest.fixture(scope="module")
def store(url):
    return results.open_store(url)


@pytest.fixture(scope="module")
def client(url):
    return create_app(url).test_client()


def client_over(path: Path):
    return create_app(f"sqlite:///{path}").test_client()


class Cells(HTMLParser):
    """Every element that carries data-value: (its attributes), and whatever looks active."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[dict[str, str]] = []
        self.tags: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag, attrs):
        found = {name: value or "" for name, value in attrs}
        self.tags.append((tag, found))
        if "data-value" in found:
            self.cells.append(found)


def parse(response) -> Cells:
    parser = Cells()
    parser.feed(response.get_data(as_text=True))
    return parser
