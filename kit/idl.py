"""The interface language: one description of the system calls, C for each transport.

``components/services/unix.idl`` explains the language to its readers. Here it is
parsed (with lark), checked, and turned into C through the templates ``templates/idl_*``::

    /usr/bin/python3 -m kit.idl unix.idl --out build/x/gen --transport direct

The output is deterministic: it depends on nothing but the input text and the transport.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import jinja2
import lark

TRANSPORTS: tuple[str, ...] = ("direct", "mach", "l4")
MAX_PARAMETERS = 6
"""What the Linux x86_64 convention passes in registers."""

SCALARS: dict[str, str] = {
    "int": "int",
    "uint": "unsigned int",
    "long": "long",
    "size": "size_t",
    "address": "vaddr_t",
    "pointer": "vaddr_t",
}
"""IDL type -> C type of what is passed in a register and not carried."""
COUNTS = ("int", "uint", "long", "size")
"""The scalar types that may give the size of a buffer."""
ATTRIBUTES = ("control", "cached")

_GRAMMAR = r"""
start: "interface" NAME "(" NUMBER ")" ";" group+
?group: service | absent
service: "service" NAME "{" call+ "}"
absent: "absent" "{" missing+ "}"
missing: NUMBER NAME ";"
call: NUMBER NAME "(" [parameter ("," parameter)*] ")" NAME* ";"
parameter: [DIRECTION] NAME ":" type [NULLABLE]
type: NAME [ "(" operand ("," operand)* ")" ]
operand: NUMBER | NAME

DIRECTION.2: /(in|out|inout)(?=\s)/
NULLABLE: "?"
NAME: /[a-zA-Z_][a-zA-Z0-9_]*/
NUMBER: /[0-9]+/
COMMENT: /\/\/[^\n]*/
%import common.WS
%ignore WS
%ignore COMMENT
"""

_FILES: dict[str, tuple[str, ...]] = {
    "direct": ("{}_calls.h", "{}_calls.c"),
    "mach": ("{}_calls.h", "{}_calls.c", "{}_mach.h", "{}_mach_shapes.h", "{}_mach_client.h", "{}_mach_server.h"),
    "l4": ("{}_calls.h", "{}_calls.c", "{}_l4.h"),
}


class IdlError(ValueError):
    """The input breaks a rule of the language; the text says where (``name:line:column``), what, and what to do."""


@dataclass(frozen=True)
class Parameter:
    """One parameter. ``unit`` bytes, times the parameter ``counted_by`` (an index) where there is one."""

    name: str
    kind: str
    direction: str = ""
    nullable: bool = False
    unit: int = 0
    counted_by: int | None = None

    @property
    def c_type(self) -> str:
        """The type in the C prototype; memory of the client is an address there."""
        return SCALARS.get(self.kind, "vaddr_t")

    @property
    def is_memory(self) -> bool:
        """Whether a transport may carry what it points to."""
        return self.kind not in SCALARS

    @property
    def flags(self) -> str:
        """The C flags of ``struct unix_buffer`` (only of memory)."""
        names = [f"UNIX_{d.upper()}" for d in ("in", "out") if self.direction in (d, "inout")]
        if self.kind == "string":
            names.append("UNIX_STRING")
        if self.nullable:
            names.append("UNIX_NULLABLE")
        return " | ".join(names)


@dataclass(frozen=True)
class Call:
    """One call. ``text`` is how the input spells it, less its line breaks."""

    number: int
    name: str
    parameters: tuple[Parameter, ...]
    attributes: tuple[str, ...]
    text: str

    @property
    def prototype(self) -> str:
        """The C prototype, without a semicolon."""
        inside = ", ".join(f"{p.c_type} {p.name}" for p in self.parameters) or "void"
        return f"long sys_{self.name}({inside})"

    @property
    def arguments(self) -> str:
        """The six registers, converted to the parameters' types."""
        return ", ".join(f"({p.c_type})a{i}" for i, p in enumerate(self.parameters))

    @property
    def buffers(self) -> tuple[tuple[int, Parameter], ...]:
        """(parameter index, parameter) of what a message may carry."""
        return tuple((i, p) for i, p in enumerate(self.parameters) if p.is_memory)


@dataclass(frozen=True)
class Service:
    """The calls that one part answers, in the order of their numbers."""

    name: str
    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Interface:
    """A whole file: ``limit`` is the size of the call table, ``absent`` pairs of number and name."""

    name: str
    limit: int
    services: tuple[Service, ...]
    absent: tuple[tuple[int, str], ...]

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every call, by number."""
        return tuple(sorted((c for s in self.services for c in s.calls), key=lambda c: c.number))

    @property
    def names(self) -> tuple[tuple[int, str], ...]:
        """(number, name) of every call, absent ones too, by number."""
        return tuple(sorted([(c.number, c.name) for c in self.calls] + list(self.absent)))

    @property
    def max_buffers(self) -> int:
        """The most buffers that any call has."""
        return max((len(c.buffers) for c in self.calls), default=0)


class _Reader:
    """Walks the parse tree; every complaint names the place."""

    def __init__(self, text: str, source: str) -> None:
        self.text = text
        self.source = source

    def error(self, where: lark.Token, message: str) -> IdlError:
        return IdlError(f"{self.source}:{where.line}:{where.column}: {message}")

    def number(self, token: lark.Token, limit: int, what: str) -> int:
        value = int(token)
        if value >= limit:
            raise self.error(token, f"{what} {value} is not below {limit}")
        return value

    def interface(self, tree: lark.Tree) -> Interface:
        name, limit = tree.children[0], self.number(tree.children[1], 65536, "the table size")
        services: list[Service] = []
        absent: list[tuple[int, str]] = []
        seen: dict[object, str] = {}

        def claim(key: object, token: lark.Token, what: str) -> None:
            if key in seen:
                raise self.error(token, f"{what} {key} is taken already, by {seen[key]}")
            seen[key] = f"line {token.line}"

        for group in tree.children[2:]:
            if group.data == "absent":
                for missing in group.children:
                    number, missing_name = missing.children
                    value = self.number(number, limit, "call number")
                    claim(value, number, "call number")
                    claim(str(missing_name), missing_name, "the name")
                    absent.append((value, str(missing_name)))
                continue
            service_name, *calls = group.children
            if any(s.name == service_name for s in services):
                raise self.error(service_name, f"service {service_name} stands here twice: join the two")
            read = []
            for call in calls:
                number, call_name = call.children[0], call.children[1]
                claim(self.number(number, limit, "call number"), number, "call number")
                claim(str(call_name), call_name, "the name")
                read.append(self.call(call))
            services.append(Service(str(service_name), tuple(sorted(read, key=lambda c: c.number))))
        return Interface(str(name), limit, tuple(services), tuple(sorted(absent)))

    def call(self, tree: lark.Tree) -> Call:
        number, name, *rest = tree.children
        trees = [item for item in rest if isinstance(item, lark.Tree)]
        names: dict[str, tuple[int, str]] = {}
        for index, item in enumerate(trees):
            token = item.children[1]
            if index == MAX_PARAMETERS:
                raise self.error(token, f"{name} has more than {MAX_PARAMETERS} parameters: pass a structure instead")
            if token in names:
                raise self.error(token, f"parameter {token} stands in {name} twice")
            names[str(token)] = (index, str(item.children[2].children[0]))
        attributes = []
        for token in rest:
            if not isinstance(token, lark.Token):
                continue
            if token not in ATTRIBUTES:
                raise self.error(token, f"unknown attribute {token}: use {' or '.join(ATTRIBUTES)}")
            if token in attributes:
                raise self.error(token, f"attribute {token} stands here twice")
            attributes.append(str(token))
        text = " ".join(self.text[number.start_pos : tree.meta.end_pos].split())
        parameters = tuple(self.parameter(item, names) for item in trees)
        return Call(int(number), str(name), parameters, tuple(attributes), text)

    def parameter(self, tree: lark.Tree, names: dict[str, tuple[int, str]]) -> Parameter:
        direction, name, type_tree, nullable = tree.children
        kind, *operands = (child for child in type_tree.children if child is not None)
        if kind in SCALARS:
            if direction is not None:
                raise self.error(direction, f"{name} is passed by value: leave out “{direction}”")
            if nullable is not None:
                raise self.error(nullable, f"{name} is passed by value and cannot be null: leave out “?”")
            if operands:
                raise self.error(kind, f"type {kind} takes nothing in brackets")
            return Parameter(str(name), str(kind))
        arity = {"string": 0, "bytes": 1, "array": 2}
        if kind not in arity:
            known = ", ".join([*SCALARS, *arity])
            raise self.error(kind, f"unknown type {kind}: use one of {known}")
        if len(operands) != arity[kind]:
            raise self.error(kind, f"type {kind} takes {arity[kind]} things in brackets, not {len(operands)}")
        if direction is None:
            raise self.error(name, f"{name} is memory of the client: say in, out or inout")
        if kind == "string" and direction != "in":
            raise self.error(direction, "a string can only be read: use bytes for what is written")
        unit, counted_by = self.size(str(kind), operands, names)
        return Parameter(str(name), str(kind), str(direction), nullable is not None, unit, counted_by)

    def size(self, kind: str, operands: list[lark.Tree], names: dict[str, tuple[int, str]]) -> tuple[int, int | None]:
        """(unit, index of the counting parameter) of a memory type."""
        tokens = [operand.children[0] for operand in operands]
        if kind == "string":
            return 0, None
        if kind == "array":
            if tokens[1].type != "NUMBER":
                raise self.error(tokens[1], "the size of an element must be a number")
            unit = self.number(tokens[1], 1 << 16, "element size")
        elif tokens[0].type == "NUMBER":
            unit = self.number(tokens[0], 1 << 16, "size")
        else:
            unit = 1
        if unit == 0:
            raise self.error(tokens[-1], "a size of 0 carries nothing: use pointer")
        if tokens[0].type == "NUMBER":
            if kind == "array":
                raise self.error(tokens[0], "array counts by a parameter: use bytes(…) for a fixed size")
            return unit, None
        if tokens[0] not in names:
            raise self.error(tokens[0], f"there is no parameter {tokens[0]} to count with")
        index, count_kind = names[str(tokens[0])]
        if count_kind not in COUNTS:
            raise self.error(tokens[0], f"parameter {tokens[0]} is no count: it must be {', '.join(COUNTS)}")
        return unit, index


def parse(text: str, source: str = "<text>") -> Interface:
    """The interface that ``text`` describes; ``source`` is what errors call it.

    Raises ``IdlError`` at the first thing that is wrong.
    """
    parser = lark.Lark(_GRAMMAR, parser="lalr", propagate_positions=True, maybe_placeholders=True)
    try:
        tree = parser.parse(text)
    except lark.exceptions.UnexpectedEOF as e:
        raise IdlError(f"{source}: ends too early: a “}}” or “;” is missing") from e
    except lark.exceptions.UnexpectedToken as e:
        what = "the end of the file" if e.token.type == "$END" else f"“{e.token}”"
        raise IdlError(f"{source}:{e.line}:{e.column}: {what} stands where {_expected(parser, e.accepts or e.expected)} must") from e
    except lark.exceptions.UnexpectedCharacters as e:
        raise IdlError(f"{source}:{e.line}:{e.column}: the character {e.char!r} has no meaning here") from e
    return _Reader(text, source).interface(tree)


def _expected(parser: lark.Lark, terminals: object) -> str:
    """The terminals a parser would have taken, as a reader writes them."""
    shown = {"NAME": "a name", "NUMBER": "a number", "DIRECTION": "in/out/inout", "$END": "the end of the file"}
    by_name = {t.name: t.pattern.value for t in parser.terminals}
    names = sorted(shown.get(t) or f"“{by_name.get(t, t)}”".replace("\\", "") for t in terminals)  # type: ignore[union-attr]
    return " or ".join(names)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["prefixed"] = lambda text, prefix: prefix + text
    return environment


def outputs(path: Path | str, transport: str = "direct") -> tuple[str, ...]:
    """The names of the files that ``generate`` makes of the IDL file ``path`` (which need not exist yet).

    Only ``.c`` files are compiled on their own: into each image that has the slot of the IDL.
    """
    if transport not in TRANSPORTS:
        raise IdlError(f"unknown transport {transport}: use one of {', '.join(TRANSPORTS)}")
    stem = Path(path).stem
    return tuple(name.format(stem) for name in _FILES[transport])


def generate(path: Path, transport: str) -> dict[str, str]:
    """File name -> C text, for the IDL file ``path``. Raises ``IdlError``, or ``OSError`` when it cannot be read."""
    names = outputs(path, transport)
    interface = parse(path.read_text(encoding="utf-8"), str(path))
    if interface.name != path.stem:
        raise IdlError(f"{path}: describes interface {interface.name}: name the file {interface.name}.idl")
    environment = _environment()
    made = {}
    for name, pattern in zip(names, _FILES[transport]):
        template = environment.get_template("idl" + pattern.format("") + ".j2")
        made[name] = template.render(idl=interface, source=path.name, prefix=interface.name.upper())
    return made


def write(path: Path, out: Path, transport: str) -> list[Path]:
    """Writes what ``generate`` makes into the folder ``out`` (made if absent); files that are the same are not touched."""
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in generate(path, transport).items():
        target = out / name
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")
        written.append(target)
    return written


def main(arguments: list[str] | None = None) -> int:
    """The command line: 0, or 1 with the reason on stderr."""
    parser = argparse.ArgumentParser(prog="kit.idl", description="Makes C of an interface description.")
    parser.add_argument("idl", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder for the generated files")
    parser.add_argument("--transport", choices=TRANSPORTS, default="direct")
    options = parser.parse_args(arguments)
    try:
        write(options.idl, options.out, options.transport)
    except (IdlError, OSError) as e:
        print(e, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
