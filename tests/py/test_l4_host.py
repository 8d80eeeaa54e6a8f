"""The L4 mapping database and pager on the host: builds ``tests/host/l4`` under ASan and UBSan and runs it. ``L4_SEED`` picks the seed."""

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
    "tests/host/l4", "components/ipc/l4", "components/pager/l4_pager", "components/pmap/radix", "components/arch/x86_64",
    "components/sched/round_robin", "components/thread/process_model", "components", "tests/host",
)  # fmt: skip
"""Where headers are found; the first stands in for the user-mode stubs."""
SERVER = (
    "tests/host/l4/main.c", "tests/host/l4/test_mapping.c", "tests/host/l4/test_pager.c", "tests/host/main.c", "tests/host/tap.c",
    "components/pager/l4_pager/l4_pager.c", "components/pmap/radix/radix.c", "components/frames/bitmap/bitmap.c",
    "components/objects/slab/slab.c", "components/objects/slab/sizes.c", "components/lib/base/format.c", "components/lib/base/host.c",
    *(f"components/vm/maps/{name}.c" for name in ("map", "fault", "object", "fork")),
)  # fmt: skip
KERNEL = ("tests/host/l4/kernel.c", "components/ipc/l4/mapping.c")
"""Compiled with a ``pmap_changed`` of their own: a kernel and a server each have one."""
SEEN = ("ipc/l4", "sched/round_robin", "thread/process_model")
"""The parts whose options the kernel's headers mention."""


def symbols() -> list[str]:
    """Preprocessor options: a host, with the defaults of the parts' options."""
    tree = manifest.load_tree(ROOT)
    options = [o for id in SEEN for o in (*tree.part(id).options, *tree.slots[id.partition("/")[0]].options)]
    return ["-DCONFIG_HOST=1", "-DCONFIG_ASSERT=1", *(f"-DCONFIG_{o.symbol}={o.default}" for o in options)]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built test program."""
    folder = tmp_path_factory.mktemp("l4")
    options = [*FLAGS, *symbols(), *(f"-I{ROOT / f}" for f in FOLDERS)]

    def build(source: str) -> str:
        made = folder / (source.replace("/", "_") + ".o")
        own = ["-Dpmap_changed=kernel_pmap_changed"] if source in KERNEL else []
        subprocess.run(["gcc", *options, *own, "-c", str(ROOT / source), "-o", str(made)], check=True)
        return str(made)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(build, [*SERVER, *KERNEL]))
    subprocess.run(["gcc", "-fsanitize=address,undefined", *objects, "-o", str(folder / "l4")], check=True)
    return folder / "l4"


@pytest.mark.parametrize("seed", [os.environ.get("L4_SEED", "1"), "2", "3"])
def test_mapping_and_paging(program: Path, seed: str) -> None:
    run = subprocess.run([program], capture_output=True, text=True, timeout=300, env={**os.environ, "L4_SEED": seed})
    outcome = tap.judge("l4", run.stdout, run.returncode)
    assert outcome.ok, f"L4_SEED={seed}\n{outcome.trouble}\n{run.stdout}\n{run.stderr}"
