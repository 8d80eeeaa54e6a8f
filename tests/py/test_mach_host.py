"""Mach ports and rights on the host: builds ``tests/host/mach`` under ASan and UBSan and runs it. ``MACH_SEED`` picks the seed."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kit import manifest, tap

ROOT = Path(__file__).resolve().parents[2]
FLAGS = (
    "-std=gnu11 -O1 -g -Wall -Wextra -Werror -fno-strict-aliasing -fno-omit-frame-pointer "
    "-fsanitize=address,undefined -fno-sanitize-recover=all"
).split()
FOLDERS = (
    "tests/host/mach", "components/ipc/mach", "components/arch/x86_64", "components/sched/round_robin",
    "components/thread/process_model", "components", "tests/host",
)  # fmt: skip
SOURCES = (
    *(f"tests/host/mach/{name}.c" for name in ("main", "walk", "count", "threads")), "tests/host/main.c", "tests/host/tap.c",
    *(f"components/ipc/mach/{name}.c" for name in ("port", "space", "right", "kmsg", "body", "mqueue", "port_calls", "notify")),
    "components/frames/bitmap/bitmap.c", "components/objects/slab/slab.c", "components/objects/slab/sizes.c",
    "components/lib/base/format.c", "components/lib/base/host.c",
)  # fmt: skip
SEEN = ("ipc/mach", "sched/round_robin", "thread/process_model")
"""The parts whose options the kernel's headers mention."""


def symbols() -> list[str]:
    """Preprocessor options: a host, with the defaults of the parts' options."""
    tree = manifest.load_tree(ROOT)
    options = [o for id in SEEN for o in (*tree.part(id).options, *tree.slots[id.partition("/")[0]].options)]
    return ["-DCONFIG_HOST=1", "-DCONFIG_ASSERT=1", *(f"-DCONFIG_{o.symbol}={o.default}" for o in options)]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built test program."""
    folder = tmp_path_factory.mktemp("mach")
    options = [*FLAGS, *symbols(), *(f"-I{ROOT / f}" for f in FOLDERS)]

    def build(source: str) -> str:
        made = folder / (source.replace("/", "_") + ".o")
        subprocess.run(["gcc", *options, "-c", str(ROOT / source), "-o", str(made)], check=True)
        return str(made)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(build, SOURCES))
    subprocess.run(["gcc", "-fsanitize=address,undefined", *objects, "-o", str(folder / "mach")], check=True)
    return folder / "mach"


@pytest.mark.parametrize("seed", [os.environ.get("MACH_SEED", "1"), "2", "3"])
def test_rights_are_counted(program: Path, seed: str) -> None:
    run = subprocess.run([program], capture_output=True, text=True, timeout=300, env={**os.environ, "MACH_SEED": seed})
    outcome = tap.judge("mach", run.stdout, run.returncode)
    assert outcome.ok, f"MACH_SEED={seed}\n{outcome.trouble}\n{run.stdout}\n{run.stderr}"
