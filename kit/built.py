"""A built configuration as it lies in its build folder, and how to have it built.

What runs is read from what will be booted (the kernel, the initrd, ``.config``), not from what the build was asked for.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import stat
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kit import cpio
from kit.results import Image

ROOT = Path(__file__).resolve().parent.parent
KERNELS = {"MONOLITHIC": "monolithic", "MACH_LIKE": "mach-like", "L4_LIKE": "l4-like"}

Progress = Callable[[str], None]
"""Called with a short sentence whenever a long step moves on."""


class BuiltError(Exception):
    """There is no usable build; the text says what to do."""


@dataclass(frozen=True)
class Built:
    """One build folder."""

    preset: str
    folder: Path
    kernel: str
    title: str
    config_text: str
    images: dict[str, Image]
    programs: dict[str, str]
    """Path in the initrd -> SHA-256, of every file there."""
    compiler: str
    kernel_elf: Path
    initrd: Path

    @property
    def config_hash(self) -> str:
        """SHA-256 of the whole configuration."""
        return sha256(self.config_text.encode())


def build_root() -> Path:
    """The folder that holds a build folder per configuration (``$BUILD``, default ``build``)."""
    return ROOT / (os.environ.get("BUILD") or "build")


def load(preset: str, folder: Path | None = None) -> Built:
    """Read the build of ``preset``. Raises BuiltError."""
    folder = folder or build_root() / preset
    config_text = _bytes(folder / ".config", preset).decode()
    kernel_elf, initrd = folder / "kernel.elf", folder / "initrd.cpio"
    return Built(
        preset=preset,
        folder=folder,
        kernel=_kernel(config_text, folder),
        title=preset_title(preset),
        config_text=config_text,
        images={"kernel": measure(_bytes(kernel_elf, preset)), "initrd": measure(_bytes(initrd, preset))},
        programs={member.name: sha256(member.data) for member in programs(initrd)},
        compiler=compiler_version(),
        kernel_elf=kernel_elf,
        initrd=initrd,
    )


def programs(initrd: Path) -> list[cpio.Member]:
    """The files of an initrd, in its order. Raises BuiltError."""
    try:
        return [member for member in cpio.read(initrd.read_bytes()) if stat.S_ISREG(member.mode)]
    except (OSError, cpio.CpioError) as error:
        raise BuiltError(f"{initrd}: {error}; build it anew") from error


def measure(data: bytes) -> Image:
    """Size and digest of a file's content."""
    return Image(len(data), sha256(data))


def build(presets: Sequence[str], progress: Progress) -> list[Built]:
    """Configure and build all ``presets`` in one call of make, then read them. Raises BuiltError with make's last lines."""
    progress(f"building {', '.join(presets)}")
    command = ["make", "--no-print-directory", "-s", "all", f"PRESETS={' '.join(presets)}"]
    # This may itself run under make, whose own choice of presets and jobs is not meant for the make below.
    environment = {name: value for name, value in os.environ.items() if name not in _MAKES_OWN}
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    except OSError as error:
        raise BuiltError(f"make cannot be run: {error}; install make") from error
    if done.returncode != 0:
        tail = "\n".join(done.stdout.splitlines()[-30:])
        raise BuiltError(f"{', '.join(presets)}: the build fails; repeat with: {shlex.join(['make', *command[3:]])}\n{tail}")
    return [load(preset) for preset in presets]


_MAKES_OWN = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PRESET", "PRESETS")


def preset_title(preset: str) -> str:
    """The first comment line of the preset's defconfig, or the preset's name."""
    path = ROOT / "configs" / f"{preset}_defconfig"
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("#") and line.strip("# "):
                return line.strip("# ").rstrip(".")
    return preset


def preset_names() -> list[str]:
    """Every preset of ``configs/``, in alphabetical order."""
    return sorted(path.name.removesuffix("_defconfig") for path in (ROOT / "configs").glob("*_defconfig"))


def sha256(data: bytes) -> str:
    """Hexadecimal SHA-256."""
    return hashlib.sha256(data).hexdigest()


def source_revision() -> tuple[str, bool]:
    """(commit, whether the tree differs from it); ``("unknown", True)`` where there is no git history."""
    head = _git("rev-parse", "HEAD")
    if head is None:
        return "unknown", True
    status = _git("status", "--porcelain")
    return head.strip(), status is None or bool(status.strip())


@lru_cache(maxsize=None)
def compiler_version() -> str:
    """First line of ``$CC --version`` (default gcc). Raises BuiltError."""
    compiler = os.environ.get("CC") or "gcc"
    try:
        done = subprocess.run([*compiler.split(), "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise BuiltError(f"{compiler} --version failed: {error}; install gcc or set CC") from error
    return done.stdout.splitlines()[0].strip()


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def _bytes(path: Path, preset: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise BuiltError(f"{path} is missing; build it first: make PRESET={preset}") from None
    except OSError as error:
        raise BuiltError(f"cannot read {path}: {error}") from error


def _kernel(config_text: str, folder: Path) -> str:
    found = re.findall(r"^CONFIG_KERNEL_(\w+)=y$", config_text, re.MULTILINE)
    known = [KERNELS.get(name, name.lower().replace("_", "-")) for name in found]
    if len(known) != 1:
        raise BuiltError(f"{folder / '.config'} chooses {len(known)} kernels instead of one ({', '.join(known) or 'none'})")
    return known[0]
