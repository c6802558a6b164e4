"""Columns of any export as codes: levels of a text, bins of a number, blank apart, the rest unknown.

Code 0 is blank, 1 what is rare (or no number among numbers), 2 and up the levels or bins. What was not
there when the column was learned has the code after the last one, which nothing is known about.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from sheetsales.typed_text import parse_number
from sheetsales.values import fold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NULL_WORDS: Final = ("", "select", "na", "n/a", "null")  # folded; "unknown" is a level
BINS: Final = 10  # of a number, about as many rows in each
MAX_LEVELS: Final = 60  # of a text; the less frequent are merged
RARE_MOST: Final = 20  # a level with fewer rows is merged, but
RARE_LEAST: Final = 5  # in a small file already this many rows stand for themselves,
RARE_PART: Final = 100  # one row in so many deciding in between
MOSTLY: Final = 0.9  # share of the filled cells that makes a column one of numbers, or of dates
OWN_TEXT: Final = 0.5  # share of distinct texts from which nearly every row has its own
DISTINCT: Final = 0.95  # share of distinct whole numbers from which a column may be an identifier
FEW: Final = 20  # distinct texts that are levels whatever their share
BLANK, RARE, FIRST = 0, 1, 2

_PLAIN = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?")
_CODE = re.compile(r"0\d+")
_COMMA = re.compile(r"-?\d+,\d{1,2}|-?\d{1,3}(?:[.\u00a0\u202f' ]\d{3})+,\d+|-?0,\d+|-?\d{4,},\d+")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_CLOCK = r"(?:[t ]+\d{1,2}:\d{2}.*)?"
_TIME = re.compile(
    rf"\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}{_CLOCK}|(?:19|20)\d{{2}}[-/]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.](?:\d{{4}}|\d{{2}}){_CLOCK}"
    rf"|(?:\d{{1,2}}[-/. ]+)?{_MONTH}(?:[-/. ]+\d{{1,2}}(?:st|nd|rd|th)?)?,?(?:[-/. ]+(?:\d{{4}}|\d{{2}}))?{_CLOCK}"
    r"|q[1-4](?:[-/ ]*\d{4})?|\d{4}[-/ ]*(?:q[1-4]|w\d{1,2})|\d{1,2}:\d{2}(?::\d{2})?"
    r"|mon|tues?|wed|thu(?:rs?)?|fri|sat|sun|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
)
_TIME_NAME = re.compile(r"(?:^|[^a-z])(?:month|quarter|week|weekday|calendar ?week)$")
_ID_NAME = re.compile(r"(?:^|[^a-z])(?:id|key|no|nr|number|code|phone|mobile|zip|postcode)\.?$")


@dataclass(frozen=True)
class Encoding:
    """How one column is read. levels: as shown, by code from 2. edges: of the bins, each belonging to the bin below.

    rare: folded texts that share the code 1. decimal: how numbers are written, "" for a column of levels.
    """

    name: str
    levels: tuple[str, ...]
    rare: tuple[str, ...] = ()
    edges: tuple[float, ...] = ()
    decimal: str = ""

    @property
    def is_number(self) -> bool:
        """Say whether the column holds numbers."""
        return self.decimal != ""

    @property
    def size(self) -> int:
        """Number of codes, without the one for what was never seen."""
        return len(self.levels) + FIRST

    @cached_property
    def _codes(self) -> dict[str, int]:
        known = dict.fromkeys(self.rare, RARE)
        known.update({fold(level): code for code, level in enumerate(self.levels, FIRST)})
        return known

    def code_of(self, text: str, nulls: frozenset[str]) -> int:
        """Give the code of one text."""
        key = fold(text)
        if key in nulls:
            return BLANK
        if not self.is_number:
            return self._codes.get(key, self.size)
        number = number_in(text, self.decimal)
        if number is None:
            return RARE if self.rare else self.size
        return FIRST + sum(edge < number for edge in self.edges)

    def label(self, code: int) -> str:
        """Give the words for a code."""
        if code >= FIRST:
            return self.levels[code - FIRST] if code < self.size else "not seen when learning"
        return "blank" if code == BLANK else "not a number" if self.is_number else "other"


def null_words(more: Iterable[str] = ()) -> frozenset[str]:
    """Give the folded words that mean blank: the defaults, and these."""
    return frozenset({*NULL_WORDS, *map(fold, more)})


def number_in(text: str, decimal: str) -> float | None:
    """Read a number with this decimal separator, currency and percent signs aside; None where it is none."""
    plain = text.strip()
    if decimal == "." and _PLAIN.fullmatch(plain):
        return float(plain)
    found = parse_number(plain.removesuffix("%"), decimal)
    number = float(found) if isinstance(found, Decimal) else math.nan
    return number if math.isfinite(number) else None


def encode(encoding: Encoding, texts: Sequence[str], nulls: frozenset[str]) -> tuple[NDArray[np.intp], list[str]]:
    """Give the codes of a column, shape (n,), and the distinct texts that were not seen when learning, sorted."""
    import numpy as np

    codes = {text: encoding.code_of(text, nulls) for text in set(texts)}
    unseen = sorted(text.strip() for text, code in codes.items() if code == encoding.size)
    return np.fromiter((codes[text] for text in texts), np.intp, len(texts)), unseen


def look_at(name: str, texts: Sequence[str], nulls: frozenset[str]) -> Encoding | str:
    """Decide how a column is read from all its texts, or say in words why it is left out."""
    counts = Counter({text: n for text, n in Counter(texts).items() if fold(text) not in nulls})
    filled = counts.total()
    if filled == 0:
        return "blank in every row"
    if len({fold(text) for text in counts}) == 1 and filled == len(texts):
        return "the same in every row"
    if _is_time(name, counts, filled):
        return "a date or time: seasons and ages learned from an export are mostly artefacts of when it was cut"
    decimal = _decimal(counts)
    numbers = {text: number_in(text, decimal) for text in counts}
    numeric = sum(counts[text] for text, number in numbers.items() if number is not None)
    if numeric >= MOSTLY * filled and not any(_CODE.fullmatch(text.strip()) for text in counts):
        if _is_identifier(name, texts, counts, numbers):
            return "an identifier: every row has its own number"
        return _numbers(name, counts, numbers, decimal)
    return _levels(name, counts, len(texts))


def _is_time(name: str, counts: Counter[str], filled: int) -> bool:
    times = sum(n for text, n in counts.items() if _TIME.fullmatch(fold(text)))
    if times >= MOSTLY * filled:
        return True
    small = all(_PLAIN.fullmatch(text.strip()) and 0 <= float(text) <= 53 for text in counts)
    return small and _TIME_NAME.search(fold(name).replace("_", " ")) is not None


def _decimal(counts: Counter[str]) -> str:
    commas = [text for text in counts if _COMMA.fullmatch(text.strip())]
    points = [text for text in counts if re.fullmatch(r"-?\d+\.(?:\d{1,2}|\d{4,})", text.strip())]
    return "," if commas and not points else "."


def _is_identifier(name: str, texts: Sequence[str], counts: Counter[str], numbers: dict[str, float | None]) -> bool:
    if len(counts) < max(FEW, DISTINCT * counts.total()):
        return False
    values = [number for text in texts if (number := numbers.get(text)) is not None]
    if any(value != int(value) for value in values):
        return False
    rising = all(a <= b for a, b in pairwise(values))
    falling = all(a >= b for a, b in pairwise(values))
    return rising or falling or _ID_NAME.search(fold(name).replace("_", " ")) is not None


def _numbers(name: str, counts: Counter[str], numbers: dict[str, float | None], decimal: str) -> Encoding:
    import numpy as np

    values = np.array(
        sorted(number for text, n in counts.items() if (number := numbers[text]) is not None for _ in range(n)), np.float64
    )
    distinct = np.unique(values)
    if len(distinct) <= BINS:
        edges = distinct[:-1]
    else:
        edges = np.unique(np.quantile(values, np.arange(1, BINS) / BINS, method="inverted_cdf"))
        edges = edges[edges < distinct[-1]] if (edges < distinct[-1]).any() else distinct[-2:-1]
    cuts = tuple(float(edge) for edge in edges)
    odd = tuple(sorted({fold(text) for text, number in numbers.items() if number is None}))
    return Encoding(name, tuple(_bin_names(cuts)), odd, cuts, decimal)


def _bin_names(edges: Sequence[float]) -> list[str]:
    shown = [f"{edge:.15g}" for edge in edges]
    if not shown:
        return ["any number"]
    between = [f"over {low} up to {high}" for low, high in pairwise(shown)]
    return [f"up to {shown[0]}", *between, f"over {shown[-1]}"]


def _levels(name: str, counts: Counter[str], rows: int) -> Encoding | str:
    spellings: dict[str, Counter[str]] = {}
    for text, n in counts.items():
        spellings.setdefault(fold(text), Counter())[text.strip()] += n
    if len(spellings) > FEW and len(spellings) > OWN_TEXT * counts.total():
        return "nearly every row has a text of its own"
    least = min(RARE_MOST, max(RARE_LEAST, rows // RARE_PART))
    ranked = sorted(spellings, key=lambda key: (-spellings[key].total(), key))
    kept = sorted(key for key in ranked[:MAX_LEVELS] if spellings[key].total() >= least)
    shown = [min(spellings[key].items(), key=lambda entry: (-entry[1], entry[0]))[0] for key in kept]
    return Encoding(name, tuple(shown), tuple(sorted(set(ranked) - set(kept))))
