"""Numbers and sentences as a reader meets them: grouping, ratios, sizes, headline sentences.

Everything here is pure text: no Flask, no database. A sentence is a sequence of plain strings and `Strong` ones, so that
a template can set the numbers in bold while the same words serve as a chart's accessible name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

#: Narrow no-break space: groups thousands without ever breaking a number across two lines.
THIN = "\u202f"
MINUS = "\u2212"
TIMES = "\u00d7"


class Strong(str):
    """A piece of a sentence that carries the number or name the sentence is about."""


@dataclass(frozen=True)
class Sentence:
    """A sentence made of plain and strong pieces."""

    pieces: tuple[str, ...]

    def __str__(self) -> str:
        return "".join(self.pieces)

    def __iter__(self) -> Iterator[tuple[str, bool]]:
        """Pairs (text, is strong), in reading order."""
        return iter([(str(piece), isinstance(piece, Strong)) for piece in self.pieces])


def sentence(*pieces: str) -> Sentence:
    """A sentence from its pieces."""
    return Sentence(tuple(pieces))


def number(value: float | int | None) -> str:
    """A number with grouped thousands; at most three decimals, none where it is whole. `None` is a dash."""
    if value is None:
        return "–"
    rounded = round(float(value), 3)
    text = f"{abs(rounded):,.3f}".rstrip("0").rstrip(".") if rounded % 1 else f"{abs(rounded):,.0f}"
    return (MINUS if rounded < 0 else "") + text.replace(",", THIN)


def short(value: float) -> str:
    """A number for the middle of a sentence: above ten million "12.3 million", otherwise in full and whole."""
    if abs(value) >= 1e7:
        return f"{value / 1e6:.1f} million"
    return number(round(value) if abs(value) >= 100 else value)


def ratio(value: float | None) -> str:
    """A ratio to three significant digits with its sign: "1.00×", "12.4×", "258×". `None` is a dash."""
    if value is None:
        return "–"
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{digits}f}".replace(",", THIN) + TIMES


def times(value: float) -> str:
    """The same ratio inside a sentence: "9.3 times", "258 times"."""
    digits = 2 if value < 2 else 1 if value < 100 else 0
    text = f"{value:,.{digits}f}".replace(",", THIN)
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text} times"


def size(count: int | None) -> str:
    """A size in bytes as KiB or MiB, with the exact number of bytes left to the caller."""
    if count is None:
        return "–"
    if count < 1024:
        return f"{count} B"
    if count < 1024 * 1024:
        return f"{count / 1024:.1f} KiB"
    return f"{count / 1024 / 1024:.1f} MiB"


def listing(items: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return ", ".join(items[:-1]) + " and " + items[-1]


def join(sentences: Iterable[Sentence]) -> Sentence:
    """Several sentences as one, a space between them."""
    pieces: list[str] = []
    for one in sentences:
        if pieces:
            pieces.append(" ")
        pieces.extend(one.pieces)
    return Sentence(tuple(pieces))
