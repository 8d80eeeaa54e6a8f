"""The catalogue of parts (``docs/parts.md``), written from the manifests: every slot, part and option with its help."""

from __future__ import annotations

from kit.kconfig_text import environment
from kit.manifest import Option, Tree

CHOICES = {"one": "exactly one part", "optional": "one part or none", "any": "any of its parts"}


def catalog(tree: Tree) -> str:
    """The page as Markdown."""
    return environment().get_template("parts.md.j2").render(
        kernels=tree.kernels.values(), slots=tree.slots.values(), choices=CHOICES, values=values, one_line=one_line
    )


def values(option: Option) -> str:
    """What an option can be, for a reader."""
    if option.choices:
        return " or ".join(option.choices)
    if option.range:
        form = hex if option.type == "hex" else str
        return f"{form(option.range[0])} to {form(option.range[1])}"
    return {"bool": "y or n"}.get(option.type, option.type)


def one_line(text: str) -> str:
    """A text without its line breaks, so that it fits a list or a table."""
    return " ".join(text.split())
