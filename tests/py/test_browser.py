"""The dashboard in a real browser: runs `tests/browser/run.mjs` and reports each of its checks.

Where there is no browser, or JavaScript's packages were not installed, the test is skipped with a warning that pytest prints at
its end: a page that was never opened is not a page that works.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
PACKAGES = ("playwright-core", "axe-core", "chart.js")
TIME_LIMIT = 600
"""Seconds; a bound against hanging, several times what a slow machine needs."""


def _missing() -> str | None:
    """What is not there to test with, with what to do; None where everything is."""
    if not Path(CHROMIUM).exists():
        return f"no browser at {CHROMIUM}: install chromium (make install), or name one with CHROMIUM=…"
    if shutil.which("node") is None:
        return "no node on PATH: install nodejs (make install)"
    absent = [name for name in PACKAGES if not (ROOT / "node_modules" / name).is_dir()]
    return f"{', '.join(absent)} not in node_modules: make install" if absent else None


def test_dashboard_in_a_browser():
    missing = _missing()
    if missing:
        warnings.warn(f"THE DASHBOARD WAS NOT TESTED IN A BROWSER: {missing}", stacklevel=1)
        pytest.skip(missing)
    ran = subprocess.run(
        ["node", str(ROOT / "tests" / "browser" / "run.mjs")],
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT,
        env={**os.environ, "PYTHON": sys.executable},
        check=False,
    )
    plan = re.search(r"^1\.\.(\d+)$", ran.stdout, flags=re.M)
    failed = re.findall(r"^not ok .*(?:\n#.*)*", ran.stdout, flags=re.M)
    assert not failed, "\n\n".join(failed)
    assert ran.returncode == 0 and plan, f"the run broke off:\n{ran.stdout[-3000:]}\n{ran.stderr[-3000:]}"
    assert len(re.findall(r"^ok ", ran.stdout, flags=re.M)) == int(plan[1]) > 40
