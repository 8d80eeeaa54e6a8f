"""A student's folder, read with suspicion.

Compiling must not run a command of theirs, nor read a file that is not theirs or the kit's. So only plain files with plain names are taken,
the manifest is checked key by key and written anew, and the sources may include nothing but headers of the kit, of the compiler and their
own. What the preprocessor and the assembler really opened is asked of both afterwards (``opened``): text can be disguised, their lists not.
Messages of a compiler that opened anything else are never shown, for they quote what was read.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from kit import jail
from kit.jail import Done
from kit.lab import ROOT, Lab
from kit.lab_tree import BuildError, LabTree, complaint
from kit.toml import ManifestError, Table, tomllib

FILE_NAME = re.compile(r"[a-z][a-z0-9_]*\.(c|h|S|inc)\Z")
PLAIN_TEXT = re.compile(r"[^\"\\$\n\x00-\x1f]*\Z")
FILE_BYTES = 256 << 10
FILES = 32
ANSWERS_BYTES = 64 << 10
OPTION_NAME = re.compile(r"[A-Z][A-Z0-9_]*\Z")
MANIFEST_KEYS = ("title", "summary", "help", "source", "requires", "files", "option", "kernels", "extends")
COMPILERS_OWN = re.compile(r"/usr/(lib(64|exec)?/gcc|include/stdc-predef\.h\Z)")
DIRECTIVE = re.compile(r"^[ \t\v\f]*(?:#|%:|\?\?=)[ \t\v\f]*(\w+)(.*)$", re.MULTILINE)
INCLUDE = re.compile(r"\s*(?:<([^<>\"]+)>|\"([^<>\"]+)\")\s*(?:/[/*].*)?\Z")
PRAGMA = re.compile(r"\s*(once|GCC\s+(push_options|pop_options|optimize\s*\([^)]*\)))\s*\Z")
FORBIDDEN_DIRECTIVES = ("include_next", "import", "embed", "ident", "sccs", "assert", "unassert", "line")
ASSEMBLER_FILES = re.compile(r"\.\s*(incbin|include)\b")


class Refused(Exception):
    """A folder that is not graded; the text says which file breaks which rule."""


@dataclass(frozen=True)
class Submission:
    """What is taken of a student's folder: the part's files by name, the answers, and the student's own tests by name."""

    folder: Path
    files: dict[str, str]
    answers: dict[str, object]
    tests: dict[str, str]


def read(lab: Lab, folder: Path) -> Submission:
    """Read and vet ``folder``. Raises Refused."""
    part = folder / lab.slot / lab.part
    _real_folder(folder / lab.slot)
    files = _texts(part)
    if "part.toml" not in files:
        raise Refused(f"{part}/part.toml is missing: make lab LAB={lab.number} DIR={folder} writes a new folder")
    sources = {name: text for name, text in files.items() if name != "part.toml"}
    for name, text in sources.items():
        vet_source(name, text, set(sources))
    files["part.toml"] = manifest(lab, part / "part.toml", files["part.toml"], set(sources))
    tests = _texts(folder / "tests") if (folder / "tests").is_dir() else {}
    for name, text in tests.items():
        vet_source(f"tests/{name}", text, set(tests))
    return Submission(folder, files, _answers(folder / "answers.toml"), tests)


def _real_folder(folder: Path) -> None:
    if folder.is_symlink() or not folder.is_dir():
        raise Refused(f"{folder} must be a folder (not a link to one)")


def _texts(folder: Path) -> dict[str, str]:
    """The plain files of a folder, opened without following links."""
    _real_folder(folder)
    found: dict[str, str] = {}
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        if entry.name.startswith(".") or entry.name.endswith(("~", ".orig", ".rej")) or entry.name == "README.md":
            continue  # what editors and git leave there is not taken along
        if entry.name != "part.toml" and not FILE_NAME.match(entry.name):
            raise Refused(f"{folder / entry.name}: only part.toml and files such as name.c, name.h, name.S are taken")
        found[entry.name] = _text(Path(entry.path), FILE_BYTES)
        if len(found) > FILES:
            raise Refused(f"{folder}: more than {FILES} files")
    return found


def _text(path: Path, most: int) -> str:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Refused(f"{path}: must be a plain file, not a link ({error.strerror})") from None
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise Refused(f"{path}: must be a plain file")
        data = file.read(most + 1)
    if len(data) > most:
        raise Refused(f"{path}: larger than {most >> 10} KiB")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(f"{path}: is not UTF-8 text") from None
    if "\0" in text:
        raise Refused(f"{path}: holds a zero byte")
    return text


def vet_source(name: str, text: str, own: set[str]) -> None:
    """Refuse a source that could make the compiler read something else. ``own`` are the names beside it. Raises Refused."""
    joined = re.sub(r"(?:\\|\?\?/)[ \t]*\r?\n", "", text)
    plain = re.sub(r"/\*.*?\*/", " ", joined, flags=re.DOTALL)
    for one in (joined, plain):  # a comment mark inside a string hides nothing from the first of them
        for match in DIRECTIVE.finditer(one):
            _vet_directive(name, match[1], match[2], own)
    if re.search(r"\b_Pragma\b|__has_(include|embed)", plain):
        raise Refused(f"{name}: _Pragma and __has_include are not allowed in a part")
    if ASSEMBLER_FILES.search(re.sub(r"\"\s*\"", "", plain)):
        raise Refused(f"{name}: .incbin and .include are not allowed: a part is made of its own files")


def _vet_directive(name: str, word: str, rest: str, own: set[str]) -> None:
    if word in FORBIDDEN_DIRECTIVES:
        raise Refused(f"{name}: #{word} is not allowed in a part")
    if word == "pragma" and not PRAGMA.match(rest):
        raise Refused(f"{name}: of pragmas only #pragma once and GCC optimize are allowed")
    if word != "include":
        return
    found = INCLUDE.match(rest)
    if not found:
        raise Refused(f"{name}: #include must name its file plainly, not {rest.strip()!r}")
    wanted = found[1] or found[2]
    if wanted.startswith("/") or ".." in wanted.split("/") or not re.fullmatch(r"[A-Za-z0-9_./-]+", wanted):
        raise Refused(f"{name}: #include {rest.strip()} leads out of the kit")


def manifest(lab: Lab, path: Path, text: str, names: set[str]) -> str:
    """The manifest written anew from what was checked. Raises Refused."""
    try:
        t = Table(path, tomllib.loads(text))
        for key in t.values:
            if key not in MANIFEST_KEYS:
                raise Refused(f"{path}: {key} is not allowed in a lab's part; it may say {', '.join(MANIFEST_KEYS)}")
        title, summary = t.line("title", required=True), t.line("summary", required=True)
        requires, base = t.texts("requires"), t.text("extends")
        files = {key: t.table("files").texts(key) for key in t.table("files").values}
        options = t.each("option", _option)
    except (tomllib.TOMLDecodeError, ManifestError) as error:
        raise Refused(f"{path}: {error}") from None
    except RecursionError:
        raise Refused(f"{path}: is nested too deeply") from None
    if not PLAIN_TEXT.match(title) or not PLAIN_TEXT.match(summary):
        raise Refused(f"{path}: title and summary must be plain words")
    for name in requires:
        if name not in lab.requires:
            raise Refused(f"{path}: a part of this lab may require {', '.join(lab.requires) or 'nothing'}, not {name}")
    if base != lab.extends:
        raise Refused(f"{path}: " + (f'a part of this lab says extends = "{lab.extends}"' if lab.extends else "a part of this lab extends no other"))
    _vet_replaced(lab, path, names)
    if set(files) - {"kernel", "all", "host"}:
        raise Refused(f"{path}: files may be listed for kernel, all and host only")
    for name in {name for listed in files.values() for name in listed}:
        if name not in names:
            raise Refused(f"{path}: there is no file {name} beside it")
    lines = [f'title = "{title}"', f'summary = "{summary}"', f"requires = {_list(requires)}"]
    lines += [f'extends = "{base}"'] if base else []
    lines += ["", "[files]"]
    lines += [f"{key} = {_list(listed)}" for key, listed in sorted(files.items())]
    return "\n".join([*lines, *options, ""])


def _vet_replaced(lab: Lab, path: Path, names: set[str]) -> None:
    """Of the part that is extended, the files of the lab may be replaced and no others. Raises Refused."""
    if not lab.extends:
        return
    taken = {one.name for one in (ROOT / "components" / lab.extends).iterdir()}
    for name in sorted(names & taken - set(lab.replaced())):
        raise Refused(f"{path.parent / name}: {lab.extends} has a file of this name, and this lab replaces {', '.join(lab.replaced())} only")


def _option(t: Table) -> str:
    """An option of the part written anew: a number within a range. Raises ManifestError."""
    name, kind = t.text("name", required=True), t.text("type", required=True)
    if not OPTION_NAME.match(name):
        raise t.error("name", f"{name!r} must be of capital letters, digits and _")
    if kind != "int":
        raise t.error("type", "the options of a lab's part are numbers: int")
    default, bounds = t.get("default", int, "a number", required=True), t.get("range", list, "two numbers", required=True)
    if len(bounds) != 2 or not all(type(bound) is int for bound in bounds) or not bounds[0] <= default <= bounds[1]:
        raise t.error("range", "must be two numbers, with the default between them")
    title, explanation = t.line("title", required=True), t.line("help", required=True)
    for text in (title, explanation):
        if not PLAIN_TEXT.match(text):
            raise t.error("title", "title and help must be plain words")
    lines = ["", "[[option]]", f'name = "{name}"', 'type = "int"', f"default = {default}", f"range = [{bounds[0]}, {bounds[1]}]"]
    return "\n".join([*lines, f'title = "{title}"', f'help = "{explanation}"'])


def _list(names: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def _answers(path: Path) -> dict[str, object]:
    if not path.exists() and not path.is_symlink():
        return {}
    try:
        return dict(tomllib.loads(_text(path, ANSWERS_BYTES)))
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"{path}: not valid TOML: {error}") from None
    except RecursionError:
        raise Refused(f"{path}: is nested too deeply") from None


def opened(tree: LabTree, name: str) -> None:
    """Compile the laid part by itself and ask which files were opened. Raises Refused, or BuildError with the compiler's words."""
    with tempfile.TemporaryDirectory(prefix="mortise-vet-") as folder:
        place = jail.give(Path(folder))
        listing, output = place / "list.d", str(place / "out.o")
        for command in tree.compile_commands(name):
            flags, source = command[: command.index("-c")], command[-1]
            _ask(tree, listing, [*flags, "-E", "-o", output, "-MD", "-MF", str(listing), source])
            done = _ask(tree, listing, [*flags, "-c", "-o", output, f"-Wa,--MD,{listing}", source])
            if not done.ok:
                raise BuildError(complaint(Done(done.status, _quotable(done.output), done.why)))


def _ask(tree: LabTree, listing: Path, command: list[str]) -> Done:
    """Run a step of the compiler and look at its list of files. Raises Refused."""
    listing.unlink(missing_ok=True)
    done = jail.run(command, tree.root, tree.place)
    trusted = [tree.root.resolve() / part for part in ("components", "kernels", "lab", "build", "tests/host")]
    for name in sorted(_listed(listing)):
        path = (tree.root / name).resolve()
        if not path.exists():
            continue  # the assembler also lists the names that debugging information gives, and those were not opened
        if path.suffix in (".o", ".s", ".S") and path.parent == Path("/tmp") or any(path.is_relative_to(one) for one in trusted):
            continue  # its own passes talk through files in /tmp
        if not COMPILERS_OWN.match(str(path)):
            raise Refused("the part makes the compiler open a file outside of the kit")
    return done


def _quotable(output: str) -> str:
    """The messages about files of the part and of the kit: others might quote what they were read from."""
    lines, ours = [], True
    for line in output.splitlines():
        place = re.match(r"(?:In file included from |\s+from )?([^\s:]+):", line)
        if place:
            ours = place[1].startswith(("lab/", "components/", "kernels/", "build/"))
        if ours:
            lines.append(line)
    return "\n".join(lines)


def _listed(listing: Path) -> set[str]:
    """The files of a dependency list, its target left out."""
    if not listing.exists():
        return set()
    text = listing.read_text(encoding="utf-8", errors="replace").replace("\\\n", " ")
    return {word for word in text.partition(":")[2].split() if word not in ("{standard", "input}")}
