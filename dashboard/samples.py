"""Raw samples made visible: counts of equal values, a histogram, a strip of the samples in the order taken.

Exact counts repeat, so a series of a thousand samples often holds three values; the table of values then says more than any
quantile. All geometry is in the units of a small SVG view box and is computed here, so that it shows without scripts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from kit.results import Series

STRIP_WIDTH = 240
STRIP_HEIGHT = 28
BINS = 32


@dataclass(frozen=True)
class Bin:
    """A histogram bin: samples in [low, high), the last one closed."""

    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Summary:
    """A series in figures, all in the series' unit; raw, the timing overhead not subtracted."""

    series: Series
    maximum: int
    distinct: int
    at_median: int
    """How many samples equal the median."""
    common: tuple[tuple[int, int], ...]
    """(value, count), most frequent first, at most twelve."""

    @property
    def constant(self) -> bool:
        """Every sample has the same value."""
        return self.distinct == 1


def summarise(series: Series) -> Summary:
    """Count what a series holds. The series must have a sample."""
    counts = Counter(series.samples)
    common = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:12]
    return Summary(series, max(series.samples), len(counts), counts.get(series.median, 0), tuple(common))


def histogram(samples: Sequence[int]) -> list[Bin]:
    """At most `BINS` bins of equal width over the samples' range; one bin a value where there are few values."""
    values = sorted(set(samples))
    if len(values) <= BINS // 2:
        counts = Counter(samples)
        return [Bin(value, value, counts[value]) for value in values]
    low, high = values[0], values[-1]
    width = (high - low) / BINS
    counts = Counter(min(int((sample - low) / width), BINS - 1) for sample in samples)
    return [Bin(low + width * bin_, low + width * (bin_ + 1), counts[bin_]) for bin_ in range(BINS)]


def strip(samples: Sequence[int]) -> str:
    """SVG path data: one vertical tick for each column of the strip, from its least to its greatest sample."""
    if not samples:
        return ""
    low, high = min(samples), max(samples)
    columns = min(len(samples), STRIP_WIDTH // 2)
    path = []
    for column in range(columns):
        part = samples[column * len(samples) // columns : (column + 1) * len(samples) // columns]
        x = round((column + 0.5) * STRIP_WIDTH / columns, 1)
        top, bottom = (_height(max(part), low, high), _height(min(part), low, high))
        path.append(f"M{x} {top - 1:g}V{bottom + 1:g}")
    return "".join(path)


def strip_stroke(samples: Sequence[int]) -> float:
    """How wide the strip's ticks are: as wide as their columns, so that few samples show as well as many."""
    return round(min(6.0, STRIP_WIDTH / max(1, min(len(samples), STRIP_WIDTH // 2)) * 0.8), 1)


def _height(value: int, low: int, high: int) -> float:
    """Vertical place of a sample; a series with one value only runs along the middle."""
    if high == low:
        return STRIP_HEIGHT / 2
    return round(2 + (STRIP_HEIGHT - 4) * (1 - (value - low) / (high - low)), 1)


def thin(samples: Sequence[int], limit: int = 2000) -> list[tuple[int, int]]:
    """(position, value) of at most `limit` samples: of each stretch its least and greatest, so that no outlier is lost."""
    if len(samples) <= limit:
        return list(enumerate(samples))
    stretches = limit // 2
    kept: set[int] = set()
    for stretch in range(stretches):
        part = range(stretch * len(samples) // stretches, (stretch + 1) * len(samples) // stretches)
        kept.add(min(part, key=lambda place: samples[place]))
        kept.add(max(part, key=lambda place: samples[place]))
    return [(place, samples[place]) for place in sorted(kept)]
