"""The services on the simulated placement: builds ``tests/host/services`` under ASan and UBSan and runs it.

It compares the services with models, with the Linux that the tests run on, and with
themselves behind the Mach messages that ``kit.idl`` makes. ``SERVICES_SEED`` picks the seed.
"""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kit import idl, manifest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ROOT / "components/services"
FLAGS = (
    "-std=gnu11 -O1 -g -Wall -Wextra -Werror -fno-strict-aliasing -fno-omit-frame-pointer "
    "-fsanitize=address,undefined -fno-sanitize-recover=all"
).split()


FEATURES = ("file_objects", "registers")
"""What the simulated placement provides, as the manifests of placements put it."""


def parts() -> list[manifest.Part]:
    """The parts of the slot that fit the simulated placement: every one whose requirements it and the others meet."""
    chosen = list(manifest.load_tree(ROOT).slots["services"].parts)
    while True:
        names = {p.id for p in chosen} | {f"feature:{f}" for p in chosen for f in p.provides} | {f"feature:{f}" for f in FEATURES}
        fitting = [p for p in chosen if all(r in names for r in p.requires if r.startswith(("services/", "feature:")))]
        if fitting == chosen:
            return chosen
        chosen = fitting


def autoconf(path: Path) -> None:
    """These parts, with the options' defaults."""
    lines = ["#define CONFIG_ASSERT 1", "#define CONFIG_HOST 1"]
    for part in parts():
        lines.append(f"#define CONFIG_{part.symbol} 1")
        lines += [f"#define CONFIG_{option.symbol} {option.default}" for option in part.options]
    path.write_text("\n".join(lines) + "\n")


def sources(generated: Path) -> list[Path]:
    """All C files of the test program."""
    services = [part.folder / name for part in parts() for name in part.files_for("host")]
    rest = [path for folder in ("components/personality/host", "tests/host/services") for path in sorted((ROOT / folder).glob("*.c"))]
    alone = ["components/services/contract_test.c", "components/lib/base/format.c", "components/lib/base/option.c", "tests/host/main.c", "tests/host/tap.c"]
    return [*services, *rest, *(ROOT / name for name in alone), *generated.glob("*.c")]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built test program."""
    folder = tmp_path_factory.mktemp("services")
    idl.write(SERVICES / "unix.idl", folder / "gen", "mach")
    autoconf(folder / "autoconf.h")
    includes = [folder / "gen", ROOT / "components/personality/host", ROOT / "components", ROOT / "tests/host"]
    options = [*FLAGS, "-include", str(folder / "autoconf.h"), *(f"-I{i}" for i in includes)]

    def build(source: Path) -> str:
        made = folder / ("_".join(source.parts[-3:]) + ".o")
        subprocess.run(["gcc", *options, "-c", str(source), "-o", str(made)], check=True)
        return str(made)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(build, sources(folder / "gen")))
    subprocess.run(["gcc", "-fsanitize=address,undefined", *objects, "-lpthread", "-o", str(folder / "services")], check=True)
    return folder / "services"


def test_services(program: Path) -> None:
    seed = os.environ.get("SERVICES_SEED", "1")
    print(f"SERVICES_SEED={seed}")
    done = subprocess.run([program], env={**os.environ, "SERVICES_SEED": seed}, capture_output=True, text=True, timeout=300, check=False)
    failed = [line for line in done.stdout.splitlines() if not line.startswith("ok ")]
    assert done.returncode == 0, "\n".join([*failed, done.stderr])
    assert f"1..{done.stdout.count(chr(10) + 'ok ')}" in failed, "every finding is counted, and all hold"
