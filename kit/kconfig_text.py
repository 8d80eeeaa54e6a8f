"""The manifests as Kconfig text.

Every clause of ``kit.constraints`` is attached to the last of its variables (in ``Model.order``), so the text never has a
circle of dependencies: a part that an earlier answer rules out is not offered, one that an earlier answer demands is not asked.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from pathlib import Path

import jinja2

from kit.constraints import KERNEL, Clause, Literal, Model, chosen
from kit.manifest import Option, Part, Slot, symbol_of

NONE = "NONE"
Attached = dict[str, list[Clause]]
TEMPLATES = Path(__file__).resolve().parent / "templates"


def environment() -> jinja2.Environment:
    """The Jinja2 environment of all templates of ``kit``: an undefined name is an error."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@dataclass
class Entry:
    """A bool of the text: a kernel, a part, or "none"."""

    symbol: str
    title: str
    help: str
    depends: list[str] = field(default_factory=list)
    defaults: list[str] = field(default_factory=list)
    prompt_if: str = ""
    settings: list[dict[str, object]] = field(default_factory=list)


def none_symbol(slot: Slot) -> str:
    """The symbol that stands for "no part" in an optional slot."""
    return f"{slot.symbol}_{NONE}"


def symbols_of(model: Model) -> dict[str, Literal]:
    """Which literal each symbol of a kernel or part states."""
    result = {k.symbol: Literal(KERNEL, k.name) for k in model.tree.kernels.values()}
    for slot in model.tree.slots.values():
        if slot.choice == "optional":
            result[none_symbol(slot)] = Literal(slot.name, "")
    result.update({part.symbol: chosen(model.tree, part) for part in model.tree.parts()})
    return result


def render(model: Model) -> str:
    """The text of the generated Kconfig file."""
    attached = _by_last(model)
    blocks = [_kernel_block(model)] + [_slot_block(model, attached, model.tree.slots[s]) for s in model.order[1:]]
    return environment().get_template("Kconfig.j2").render(slots=[b for b in blocks if b["entries"] or b["settings"]])


def _symbol(model: Model, literal: Literal) -> str:
    if literal.var == KERNEL:
        return symbol_of(KERNEL, literal.value)
    return symbol_of(*literal.var.split("/"), *([] if "/" in literal.var else [literal.value]))


def _expression(model: Model, literal: Literal) -> str:
    """A literal in Kconfig's language."""
    if literal.value == "" and "/" not in literal.var:
        parts = [p.symbol for p in model.tree.slots[literal.var].parts]
        some = "(" + " || ".join(parts) + ")"
        return some if not literal.positive else f"!{some}"
    plain = (literal.value == "y") == literal.positive if "/" in literal.var else literal.positive
    return ("" if plain else "!") + _symbol(model, literal)


def _any_of(model: Model, literals: tuple[Literal, ...]) -> str:
    return " || ".join(_expression(model, literal) for literal in literals) or "n"


def _last(model: Model, clause: Clause) -> str:
    return max(clause.literals, key=lambda x: model.rank[x.var]).var


def _by_last(model: Model) -> dict[str, list[Clause]]:
    """The clauses by their last variable, and for each member of an "any" slot what they imply for the variables before it.

    A member that one clause demands and another rules out is a conflict between earlier answers; their resolvent says so
    there, and the menu never leads to it (Davis and Putnam 1960, for those variables alone).
    """
    result: dict[str, list[Clause]] = {var: [] for var in model.domains}
    for clause in model.clauses:
        result[_last(model, clause)].append(clause)
    for var in reversed([v for v in model.domains if "/" in v]):
        yes, no = Literal(var, "y"), Literal(var, "y", False)
        for demand in [c for c in result[var] if yes in c.literals]:
            for veto in [c for c in result[var] if no in c.literals]:
                rest = dict.fromkeys(x for c in (demand, veto) for x in c.literals if x.var != var)
                implied = Clause(tuple(rest), f"{demand.reason}, and {veto.reason}")
                if rest and not any(~x in rest for x in rest):
                    place = result[_last(model, implied)]
                    if not any(set(known.literals) <= set(rest) for known in place):
                        place.append(implied)
    return result


def _others(clause: Clause, var: str) -> tuple[Literal, ...]:
    return tuple(x for x in clause.literals if x.var != var)


def _help(*paragraphs: str) -> str:
    lines: list[str] = []
    for paragraph in [p for text in paragraphs if text for p in textwrap.dedent(text).split("\n\n")]:
        lines += ([""] if lines else []) + textwrap.wrap(" ".join(paragraph.split()), 76)
    return "\n".join(f"\t  {line}" if line else "" for line in lines)


def _source(text: str) -> str:
    return f"Source: {text}" if text else ""


def _kernel_block(model: Model) -> dict[str, object]:
    kernels = model.tree.kernels.values()
    return {
        "choice": "KERNEL",
        "title": "Kernel",
        "active": "",
        "help": _help("The structure that the parts are put together in."),
        "defaults": [symbol_of(KERNEL, model.default(KERNEL))] if kernels else [],
        "entries": [Entry(k.symbol, k.title, _help(k.summary, k.help, _source(k.source))) for k in kernels],
        "settings": [_setting(o, k.symbol, k.title) for k in kernels for o in k.options],
    }


def _slot_block(model: Model, attached: Attached, slot: Slot) -> dict[str, object]:
    entries = [_entry(model, attached, slot, part) for part in slot.parts]
    defaults = [slot.part(name).symbol for name in slot.defaults]
    if slot.choice == "optional":
        none = Entry(none_symbol(slot), "None", _help(f"Leaves the slot {slot.name} empty."))
        none.depends, _ = _conditions(model, attached, slot, Literal(slot.name, ""))
        entries.append(none)
        defaults.append(none.symbol)
    return {
        "choice": "" if slot.choice == "any" else f"SLOT_{slot.symbol}",
        "title": slot.title,
        "active": _any_of(model, model.switches(slot.name)),
        "help": _help(slot.summary, slot.help),
        "defaults": [] if slot.choice == "any" else defaults,
        "entries": entries,
        "settings": [_setting(o, "", "" if slot.choice == "any" else slot.title) for o in slot.options]
        + [_setting(o, _bearers(model, p), slot.title) for p in slot.parts for o in p.options if slot.choice != "any"],
    }


def _conditions(model: Model, attached: Attached, slot: Slot, me: Literal) -> tuple[list[str], list[str]]:
    """(what a value depends on, what must hold for it to be asked at all) by the clauses attached to its variable.

    That the slot is there is said once, by its choice or menu, and left out here.
    """
    depends: set[str] = set()
    asked: set[str] = set()
    switches = set(model.switches(slot.name))
    for clause in attached[me.var]:
        others = _others(clause, me.var)
        own = [x for x in clause.literals if x.var == me.var]
        if set(others) == switches:
            continue
        if not any((x.value == me.value) == x.positive for x in own):
            depends.add(_any_of(model, others))
        elif slot.choice == "any":
            asked.add(_any_of(model, others))
    return sorted(depends), sorted(asked)


def _entry(model: Model, attached: Attached, slot: Slot, part: Part) -> Entry:
    base = f"Replaces files of {part.extends}, and is all the rest of it." if part.extends else ""
    entry = Entry(part.symbol, part.title, _help(part.summary, part.help, base, _source(part.source)))
    entry.depends, asked = _conditions(model, attached, slot, chosen(model.tree, part))
    if slot.choice == "any":
        entry.prompt_if = " && ".join(f"({a})" for a in asked)
        entry.defaults = [f"y if !({a})" for a in asked]
        entry.defaults.append("y" if part.name in slot.defaults else "n")
        entry.settings = [_setting(o, _bearers(model, part), "") for o in part.options]  # a menu shows them below the part
    return entry


def _bearers(model: Model, part: Part) -> str:
    """The condition of a part's options: it, or one that extends it, is chosen."""
    return " || ".join(p.symbol for p in model.tree.standing_for(part))


def _setting(option: Option, depends: str, where: str) -> dict[str, object]:
    """An option as the template wants it. ``where`` stands before its title in a menu that does not show where it belongs."""
    default = {
        "bool": "y" if option.default else "n",
        "int": str(option.default),
        "hex": hex(option.default) if isinstance(option.default, int) else "",
        "string": f'"{option.default}"',
        "choice": f"{option.symbol}_{option.default}",
    }[option.type]
    form = hex if option.type == "hex" else str
    return {
        "symbol": option.symbol,
        "type": option.type,
        "title": f"{where}: {option.title}" if where else option.title,
        "help": _help(option.help),
        "default": default,
        "range": " ".join(form(n) for n in option.range) if option.range else "",
        "depends": depends,
        "choices": [
            {"symbol": f"{option.symbol}_{c}", "title": c.replace("_", " ").capitalize()} for c in option.choices
        ],
    }
