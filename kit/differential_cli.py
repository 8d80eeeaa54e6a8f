"""The command ``differential`` (see kit.differential)."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import tempfile
import time
from pathlib import Path

from kit import built as building
from kit import differential

ROUNDS = 60
"""In one go: a few seconds of a boot."""


def register(subparsers: argparse._SubParsersAction) -> None:  # type: ignore[type-arg]
    """Add the subcommand."""
    one: argparse.ArgumentParser = subparsers.add_parser("differential", help="make random calls on Linux and on a kernel, until the two differ")
    one.add_argument("--preset", default=os.environ.get("PRESET") or "monolithic")
    one.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or secrets.randbelow(1 << 40)))
    one.add_argument("--minutes", type=float, default=float(os.environ.get("MINUTES") or 5))
    one.set_defaults(handler=search)


def search(arguments: argparse.Namespace) -> int:
    """Handler of ``differential``: 0 where the time was up before any difference."""
    try:
        return _search(building.load(arguments.preset), arguments.seed, arguments.minutes)
    except (building.BuiltError, differential.DifferentialError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _search(built: building.Built, seed: int, minutes: float) -> int:
    end, calls = time.monotonic() + minutes * 60, 0
    with tempfile.TemporaryDirectory(prefix="mortise-") as folder:
        linux, kernel = differential.on_linux(differential.extract(built, Path(folder))), differential.on_kernel(built)
        while time.monotonic() < end:
            differing, made = differential.compare(linux, kernel, seed, ROUNDS)
            calls += made
            print(f"{built.preset}: seeds {seed} to {seed + ROUNDS - 1}, {calls} calls, {len(differing)} rounds differ", flush=True)
            for one in differing[:1]:
                print(differential.explain(differential.shrink(linux, kernel, one)))
                return 1
            seed += ROUNDS
    return 0
