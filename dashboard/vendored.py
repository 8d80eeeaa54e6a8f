"""The files of other projects that a page may load: named one by one, served from node_modules, nothing else of it."""

from __future__ import annotations

from pathlib import Path

NODE_MODULES = Path(__file__).resolve().parent.parent / "node_modules"

#: Name in a page -> file below node_modules.
FILES = {"chart.js": "chart.js/dist/chart.umd.js"}


def path_of(name: str) -> Path | None:
    """Where a vendored file is, None where the name is not one of them or the file was not installed."""
    if name not in FILES:
        return None
    path = NODE_MODULES / FILES[name]
    return path if path.is_file() else None


def charts_available() -> bool:
    """Chart.js was installed (`make install`); pages draw their bars in the tables where it was not."""
    return path_of("chart.js") is not None
