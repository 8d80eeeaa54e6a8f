"""Where a lab's kernels are built: a pristine copy of the kit with one part laid over it.

The copy holds what a build needs and nothing of ``labs/``. It is kept from one grading to the next, and begins with what the kit itself has
built, because what does not depend on the part need not be compiled again: every submission lies under the same name,
``lab/<slot>/<part>/``, so that only its own files differ.
Whatever reads the student's files runs in a jail, and writes nowhere but the copy's ``build/``.

``built.json`` in the copy, where the jail cannot write, names for each configuration what it was built of and what came out. A configuration
whose inputs are the same, and whose kernel still is what came out, is not built again; the reference kernels are built without the student's
part anywhere near, so they are built once for a whole class.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kit import jail
from kit.files import write_if_changed
from kit.jail import Done, Jail, Limits
from kit.lab import ROOT, Lab
from kit.manifest import symbol_of

COPIED = ("Kconfig", "Makefile", "components", "configs", "kernels", "kit", "tests/host")
PARTS = "lab"
ASIDE = "aside"
"""Where the parts of other slots wait: a lab that is graded in turn with another finds its part, and the times of its files, as they were."""
TRACE = "Traceback (most recent call last)"
"""How a tool of the kit ends that did not expect what it met."""
BUILD_LIMITS = Limits(wall_seconds=1800, cpu_seconds=60, memory=1 << 30, file_bytes=256 << 20, processes=512)


class BuildError(Exception):
    """A part does not build; the text is what the compiler said, or what is wrong with the part."""


class TreeError(Exception):
    """The copy of the kit is broken, or its tools are: no part is to blame."""


@dataclass(frozen=True)
class Kernel:
    """A kernel that was built."""

    name: str
    elf: Path
    initrd: Path


class LabTree:
    """The copy of the kit for one lab. ``place`` is the jail that its builds run in."""

    def __init__(self, lab: Lab, root: Path, worker: int = 0) -> None:
        self.lab = lab
        self.root = root / f"tree-{worker}"
        self.place = Jail(lab.hidden(), BUILD_LIMITS)
        self.kit_digest = ""
        """Of all files of the copy, the laid part left out, and of the compiler; known while it is held."""
        self._laid = ""

    @contextmanager
    def held(self) -> Iterator[LabTree]:
        """The copy, brought up to date, for us alone. Raises TreeError."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root.parent / f"{self.root.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._refresh()
            if not jail.run(["test", "-r", "Makefile"], self.root, self.place).ok:
                raise TreeError(f"{self.root} is out of reach for the user that builds run as: let others enter the folders above it, or name another with LAB_WORK=")
            yield self

    def _refresh(self) -> None:
        """Make the copy like the kit: files that changed, came or went.

        A file that changes gets the time of now, not its own: an object in the copy may be newer than that and yet of the text before.
        """
        new = not (self.root / "build").exists()
        wanted = {path.relative_to(ROOT): path for name in COPIED for path in _files(ROOT / name)}
        wanted |= {Path("configs") / path.name: path for path in self.lab.configs()}
        present = {path.relative_to(self.root): path for name in COPIED for path in _files(self.root / name)}
        for name in present.keys() - wanted.keys():
            present[name].unlink()
        made = hashlib.sha256(_compiler().encode())
        for name, path in sorted(wanted.items()):
            data = path.read_bytes()
            if name.parts[0] != "configs":  # what is built of them has its configuration in its own digest
                made.update(f"{name}\0{len(data)}\0".encode() + data)
            copy = self.root / name
            if name not in present or data != copy.read_bytes():
                copy.parent.mkdir(parents=True, exist_ok=True)
                (shutil.copy2 if new else shutil.copyfile)(path, copy)
                copy.chmod(0o755 if os.access(path, os.X_OK) else 0o644)
        for folder in {self.root, *(self.root / parent for name in wanted for parent in name.parents)}:
            folder.chmod(0o755)
        self.kit_digest = made.hexdigest()
        if new:
            self._begin_with(ROOT / "build")
        jail.give(self.root / "build")

    def _begin_with(self, built: Path) -> None:
        """Take over objects and programs of the kit's own builds: their names say what they were made of, so none can be a wrong one.

        The folder appears whole, and as the unprivileged user's: one that was left half made would fail every build in it.
        """
        scratch = self.root / "build.new"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        for name in ("obj", "gen", "programs"):
            if (built / name).is_dir():
                shutil.copytree(built / name, scratch / name)
        who = jail.user()
        if who:
            for folder, _, files in os.walk(scratch):
                os.chown(folder, *who)
                for file in files:
                    os.chown(os.path.join(folder, file), *who)
        scratch.rename(self.root / "build")

    def lay(self, files: Mapping[str, str]) -> None:
        """Put a part in (its files by name), in the place of the last one."""
        own = Path(self.lab.slot) / self.lab.part
        folder = self.root / PARTS / own
        for other in (self.root / PARTS).glob("*/*"):
            if other != folder:
                _move(other, self.root / ASIDE / other.relative_to(self.root / PARTS))
        if not folder.exists() and (self.root / ASIDE / own).exists():
            _move(self.root / ASIDE / own, folder)
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if old.name not in files:
                old.unlink()
        for name, text in files.items():
            write_if_changed(folder / name, text)
        self._laid = _digest({"part": str(own), "files": dict(files)})

    def exchange(self, part: str, files: Mapping[str, str], contract_test: str | None) -> None:
        """Put ``files`` in the place of those of one of the kit's parts, until the copy is held the next time.

        ``contract_test`` replaces all of the kit's contract tests.
        """
        for name, text in files.items():
            write_if_changed(self.root / "components" / part / name, text)
        self._laid = _digest({"part": part, "files": dict(files), "test": contract_test})
        if contract_test is not None:
            for test in (self.root / "components").glob("*/contract_test.c"):
                if test.parent.name != self.lab.slot:
                    test.unlink(missing_ok=True)
            write_if_changed(self.root / "components" / self.lab.slot / "contract_test.c", contract_test)

    def stale(self, names: Sequence[str], laid: bool = True) -> list[str]:
        """Those of the configurations that have to be built: they were not, or of something else, or what came out has changed.

        ``laid`` tells whether they hold the laid part.
        """
        built = self._built()
        return [name for name in names if built.get(name) != [self._inputs(name, laid), self._outputs(name)]]

    def build(self, names: Sequence[str], laid: bool = True) -> list[Kernel]:
        """Build configurations, all with the laid part in them or all without. Raises BuildError with the compiler's first complaint."""
        todo = self.stale(names, laid)
        if todo:
            done = self.make(["all", f"PRESETS={' '.join(todo)}"], PARTS if laid else "")
            if not done.ok:
                raise BuildError(complaint(done))
            made = {name: [self._inputs(name, laid), self._outputs(name)] for name in todo}
            write_if_changed(self.root / "built.json", json.dumps(self._built() | made, indent=1))
        return [self.kernel(name) for name in names]

    def _built(self) -> dict[str, list[str]]:
        """What is remembered of builds, by configuration: what it was made of, and what came out."""
        try:
            return dict(json.loads((self.root / "built.json").read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}  # never written, or not to its end: everything is built again

    def _inputs(self, name: str, laid: bool) -> str:
        path = self.root / "build" / name / "defconfig"
        return _digest([self.kit_digest, path.read_text(encoding="utf-8") if path.is_file() else "", self._laid if laid else ""])

    def _outputs(self, name: str) -> str:
        kernel = self.kernel(name)
        found = [hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "" for path in (kernel.elf, kernel.initrd)]
        return _digest(found) if all(found) else ""

    def kernel(self, name: str) -> Kernel:
        """A configuration's kernel as it lies there."""
        home = self.root / "build" / name
        return Kernel(name, home / "kernel.elf", home / "initrd.cpio")

    def configure(self, preset: str, part: str = "", extra: str = "") -> str:
        """A preset with a part in the lab's slot (the lab's own one by default), put aside; its name."""
        name, part = self.name_of(preset, part), part or self.lab.part
        prefix = f"CONFIG_{symbol_of(self.lab.slot)}_"
        lines = [line for line in self.preset_text(preset).splitlines() if prefix not in line]
        return self.put_aside(name, "\n".join([*lines, f"{prefix}{symbol_of(part)}=y", extra, ""]))

    def name_of(self, preset: str, part: str = "") -> str:
        """What a preset with a part in the lab's slot is called here: labs that are graded in turn do not undo each other's builds."""
        return f"{preset}-{self.lab.slot}-{part or self.lab.part}"

    def put_aside(self, name: str, text: str) -> str:
        """Make a configuration known by name."""
        write_if_changed(jail.give(self.root / "build" / name) / "defconfig", text)
        return name

    def preset_text(self, preset: str) -> str:
        """A preset's defconfig."""
        return (self.root / "configs" / f"{preset}_defconfig").read_text(encoding="utf-8")

    def random(self, seed: int) -> str:
        """A random configuration that the laid part fits into, put aside; its name. Raises BuildError where there is none."""
        name = f"random-{self.lab.slot}-{seed}"
        path = self.root / "random.json"
        drawn = dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
        made_of = _digest([self.kit_digest, (self.root / PARTS / self.lab.slot / self.lab.part / "part.toml").read_text(encoding="utf-8")])
        if drawn.get(name, [""])[0] != made_of:
            done = self.kit(["randconfig", "--seed", str(seed), "--name", name, "--with", f"{self.lab.slot}/{self.lab.part}"])
            if not done.ok:
                raise BuildError(complaint(done))
            drawn[name] = [made_of, (self.root / "build" / name / "defconfig").read_text(encoding="utf-8")]
            write_if_changed(path, json.dumps(drawn, indent=1))
        return self.put_aside(name, drawn[name][1])

    def generate(self, name: str) -> None:
        """Make the generated headers that the laid part's files include. Raises BuildError."""
        folders = {word[2:] for command in self.compile_commands(name) for word in command if word.startswith("-Ibuild/gen/")}
        text = (self.root / "build" / name / "build.mk").read_text(encoding="utf-8")
        targets = sorted(set(re.findall(r"^(build/gen/\S+?/(?:offsets\.h|\.made))\b", text, re.MULTILINE)))
        wanted = [target for target in targets if os.path.dirname(target) in folders]
        if wanted:
            done = self.make(["products", *wanted, f"PRESETS={name}"])
            if not done.ok:
                raise BuildError(complaint(done))

    def emit(self, name: str) -> None:
        """Write a configuration's makefile, unless it is there and true. Raises BuildError."""
        done = self.make(["products", f"PRESETS={name}"])
        if not done.ok:
            raise BuildError(complaint(done))

    def make(self, arguments: Sequence[str], parts: str = PARTS) -> Done:
        """Run make in the copy; ``parts`` is where it looks for parts besides the kit's own."""
        return jail.run(["make", "--no-print-directory", "-s", *arguments], self.root, self.place, {"PARTS": parts})

    def kit(self, arguments: Sequence[str]) -> Done:
        """Run a command of the copy's kit."""
        return jail.run(["/usr/bin/python3", "-m", "kit", *arguments], self.root, self.place, {"PARTS": PARTS, "PYTHONDONTWRITEBYTECODE": "1"})

    def command_of(self, name: str, prefix: str) -> list[str]:
        """The command that compiles the first file whose path begins so; none where there is no such file."""
        text = (self.root / "build" / name / "compile_commands.json").read_text(encoding="utf-8")
        return next((entry["arguments"] for entry in json.loads(text) if entry["file"].startswith(prefix)), [])

    def compile_commands(self, name: str) -> list[list[str]]:
        """The commands that compile the laid part's files in a configuration, as lists of words."""
        text = (self.root / "build" / name / "compile_commands.json").read_text(encoding="utf-8")
        own = f"{PARTS}/{self.lab.slot}/"
        return [entry["arguments"] for entry in json.loads(text) if entry["file"].startswith(own)]


def work_root() -> Path:
    """Where the copies lie: under ``build/``, or where the unprivileged user may go if we are root."""
    chosen = os.environ.get("LAB_WORK")
    if chosen:
        return Path(chosen)
    if jail.user() is None:
        return ROOT / "build" / "labs"
    return Path("/var/tmp") / f"mortise-labs-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]}"


@lru_cache(maxsize=None)
def _compiler() -> str:
    """What the compilers say they are."""
    found = (subprocess.run([name, "--version"], capture_output=True, text=True, check=False).stdout for name in ("gcc", "musl-gcc", "ld"))
    return "".join(text.partition("\n")[0] for text in found)


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _move(old: Path, new: Path) -> None:
    """A folder, to where another may be."""
    if new.exists():
        shutil.rmtree(new)
    new.parent.mkdir(parents=True, exist_ok=True)
    old.rename(new)


def complaint(done: Done) -> str:
    """What went wrong, from the first error on, at most 20 lines. Raises TreeError where it was not the part."""
    if TRACE in done.output:
        raise TreeError(f"the kit failed while it built a part:\n{done.output.strip()[-2000:]}")
    if done.why:
        return f"the build was {done.why}"
    lines = [line for line in done.output.splitlines() if not line.startswith("make")]
    first = next((n for n, line in enumerate(lines) if "error" in line.lower() or "undefined" in line.lower()), 0)
    return "\n".join(lines[max(0, first - 1) : first + 20]) or f"make ended with status {done.status}"


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from (one for one in path.rglob("*") if one.is_file() and "__pycache__" not in one.parts and not one.name.startswith("."))

