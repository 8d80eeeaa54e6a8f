"""The seed of the random configurations is chosen once, and shown."""

from __future__ import annotations

import os
import random

import pytest

RANDOM_CONFIGURATIONS = int(os.environ.get("RANDOM_CONFIGURATIONS", "20"))


def first_seed() -> int:
    """``$SEED``, or one drawn for this session."""
    return int(os.environ["SEED"]) if os.environ.get("SEED") else random.SystemRandom().randrange(1, 1_000_000)


def pytest_configure(config: pytest.Config) -> None:
    """Draw the seed before any test is collected."""
    config.mortise_seed = first_seed()  # type: ignore[attr-defined]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how to repeat the random part, also where all went well."""
    seed = terminalreporter.config.mortise_seed  # type: ignore[attr-defined]
    terminalreporter.write_line(f"random configurations: SEED={seed} RANDOM_CONFIGURATIONS={RANDOM_CONFIGURATIONS}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each random configuration; the seed stands in its name."""
    if "seed" in metafunc.fixturenames:
        start = metafunc.config.mortise_seed  # type: ignore[attr-defined]
        metafunc.parametrize("seed", range(start, start + RANDOM_CONFIGURATIONS))
