"""Stock Linux under the same QEMU, as a row of the comparison.

The kernel is Debian's cloud kernel, taken from its package without installing it; the programs are the very files that our kernels run,
plus ``linux_init``, which gives them their result channel through port I/O. ``mitigations=off`` because our kernels have none either;
the processor is ``max,-erms`` so that Linux clears and copies pages eight bytes at a time, as ``zero_page`` and ``copy_page`` do.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from kit import bench as benching
from kit import cpio
from kit.built import Built, Progress, build, build_root, measure, programs, sha256
from kit.qemu import Machine
from kit.results import Run, Store

PRESET = "linux"
CPU = "max,-erms"
META_PACKAGE = "linux-image-cloud-amd64"
SOURCE_PRESET = "monolithic"
"""The preset whose programs are run."""

DOWNLOAD_SECONDS = 600
_PROGRAMS = ("bench", "linux_init", "getpid", "pagefault", "pipe", "proc", "latency", "macro", "nop", "hello")


class ReferenceError(Exception):  # noqa: A001 - Python's own means something else
    """Stock Linux cannot be had; the text says why and what to do."""


@dataclass(frozen=True)
class LinuxKernel:
    """An unpacked kernel package."""

    image: Path
    config: Path
    package: str
    """Name and version."""

    @property
    def release(self) -> str:
        """As ``uname -r`` says."""
        return self.image.name.removeprefix("vmlinuz-")


def fetch(progress: Progress, folder: Path | None = None) -> LinuxKernel:
    """The unpacked kernel in ``folder`` (default ``build/reference``), fetched with apt where it is missing. Raises ReferenceError."""
    folder = folder or build_root() / "reference"
    found = _unpacked(folder)
    if found is not None:
        return found
    _require_apt()
    package = _real_package()
    progress(f"fetching {package} (27 MB)")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        _unpack(_download(package, Path(scratch)), Path(scratch))
        for path in [*Path(scratch).glob("vmlinuz-*"), *Path(scratch).glob("config-*"), Path(scratch) / "package"]:
            os.replace(path, folder / path.name)  # the note comes last: with it the folder is complete
    found = _unpacked(folder)
    if found is None:
        raise ReferenceError(f"{package} holds no kernel image and configuration under /boot")
    return found


def obtain(kernel: LinuxKernel, machine: Machine, store: Store, progress: Progress, fresh: bool = True) -> Run:
    """Bench stock Linux with the programs of the monolithic preset and store the run. Raises BuiltError, BenchError."""
    (source,) = build([SOURCE_PRESET], progress)
    return benching.obtain(assemble(kernel, source), replace(machine, cpu=CPU), store, progress, fresh)


def assemble(kernel: LinuxKernel, source: Built) -> Built:
    """Write an initrd that holds the Linux programs of ``source``, and describe the whole as a build. Raises ReferenceError."""
    wanted = [f"bin/{name}" for name in _PROGRAMS]
    chosen = [member for member in programs(source.initrd) if member.name in wanted]
    missing = {"bin/bench", "bin/linux_init"} - {member.name for member in chosen}
    if missing:
        raise ReferenceError(f"{source.initrd} lacks {', '.join(sorted(missing))}; choose these workloads and build again")
    initrd = kernel.image.parent / "initrd.cpio"
    content = cpio.write([cpio.Member("bin", stat.S_IFDIR | 0o755), *chosen])
    initrd.write_bytes(content)
    config_text = f"# package: {kernel.package}\n# -cpu {CPU}\n# command line: {benching.LINUX_APPEND}\n{kernel.config.read_text()}"
    return Built(
        preset=PRESET,
        folder=kernel.image.parent,
        kernel=PRESET,
        title=f"Linux {kernel.release}, as Debian ships it",
        config_text=config_text,
        images={"kernel": measure(kernel.image.read_bytes()), "initrd": measure(content)},
        programs={member.name: sha256(member.data) for member in chosen},
        compiler=_compiler(config_text),
        kernel_elf=kernel.image,
        initrd=initrd,
    )


def _unpacked(folder: Path) -> LinuxKernel | None:
    images, note = sorted(folder.glob("vmlinuz-*")), folder / "package"
    if not images or not note.exists():
        return None
    config = folder / images[-1].name.replace("vmlinuz-", "config-")
    return LinuxKernel(images[-1], config, note.read_text().strip()) if config.exists() else None


def _require_apt() -> None:
    missing = [tool for tool in ("apt-get", "apt-cache", "dpkg-deb") if shutil.which(tool) is None]
    if missing:
        raise ReferenceError(
            f"the reference kernel is a Debian package, and {', '.join(missing)} is not here; put vmlinuz-<release>, config-<release> and a "
            f"file 'package' with its name and version into {build_root() / 'reference'} by hand"
        )


def _real_package() -> str:
    """The package that the meta package stands for today."""
    done = subprocess.run(["apt-cache", "depends", META_PACKAGE], capture_output=True, text=True, check=False)
    found = re.search(r"Depends: (linux-image-\S+)", done.stdout)
    if found is None:
        raise ReferenceError(
            f"apt does not know {META_PACKAGE} (Debian's cloud kernel): run apt-get update first; other distributions do not ship it"
        )
    return found.group(1)


def _download(package: str, scratch: Path) -> Path:
    """Fetch the package file without installing anything."""
    # apt warns about a folder that its own user cannot enter; as root let it stay root instead.
    command = ["apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", package]
    try:
        done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False, timeout=DOWNLOAD_SECONDS)
    except subprocess.TimeoutExpired:
        raise ReferenceError(f"fetching {package} took more than {DOWNLOAD_SECONDS} s, given up; is the network up?") from None
    files = list(scratch.glob("*.deb"))
    if done.returncode != 0 or len(files) != 1:
        raise ReferenceError(f"apt-get download {package} failed; is the network up, is apt-get update recent?\n{done.stderr.strip()}")
    return files[0]


def _unpack(package: Path, scratch: Path) -> None:
    """Take kernel image and configuration out of the package; its hundred megabytes of modules stay inside."""
    show = ["dpkg-deb", "--show", "--showformat", "${Package} ${Version}\n", str(package)]
    try:
        fields = subprocess.run(show, capture_output=True, text=True, check=True)
        (scratch / "package").write_text(fields.stdout)
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE) as process:
            with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
                _take(archive, scratch)
    except (subprocess.CalledProcessError, tarfile.TarError) as error:
        raise ReferenceError(f"{package.name} cannot be unpacked ({error}); fetch it again") from error


def _take(archive: tarfile.TarFile, scratch: Path) -> None:
    for member in archive:
        name = Path(member.name).name
        if member.isfile() and member.name.startswith("./boot/") and name.startswith(("vmlinuz-", "config-")):
            content = archive.extractfile(member)
            assert content is not None  # it is a regular file
            (scratch / name).write_bytes(content.read())


def _compiler(config_text: str) -> str:
    found = re.search(r'^CONFIG_CC_VERSION_TEXT="(.*)"$', config_text, re.MULTILINE)
    return found.group(1) if found else "unknown"
