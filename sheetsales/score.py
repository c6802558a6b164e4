"""Scores by points, with reasons that add up to them: one rule table, for one row and for a million.

Points are whole hundredths, so that sums are exact. A rule either has levels (an answer and its points)
or takes an amount of points worked out before (decayed engagement). An answer that is missing is
Unknown and counts 0. Groups may have a cap; the total is kept between `low` and `high`. Caps and limits
are lines of their own, so that the lines always add up to the score.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from sheetsales.errors import WrongUse
from sheetsales.values import canonical_number

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Whole = NDArray[np.integer]
    Texts = NDArray[np.object_]

LUT_ENTRIES: Final = 65_536  # one look-up table: what 16 bits can say, and what a core's cache holds
CHUNK: Final = 65_536  # rows worked on at a time, for the same reason
DENSE_SPACE: Final = 1 << 24  # values this near to each other are told apart by a table instead of by sorting
SEPARATOR: Final = "; "
MASK_BITS: Final = 32  # columns of reasons that are told apart as spoken or blank; more are joined as they are
LIMIT_LINE: Final = "Limit of the scale"


class Line(NamedTuple):
    """One reason: what was looked at, the answer ("" for an amount or a limit), and its points in hundredths."""

    name: str
    answer: str
    points: int

    def __str__(self) -> str:
        about = f"{self.name}: {self.answer}" if self.answer else self.name
        return f"{about} ({'+' if self.points > 0 else ''}{format(points_of(self.points), 'f')})"


@dataclass(frozen=True)
class Rule:
    """One criterion.

    levels: the answers with their points in hundredths; none where the points come as an amount.
    knock_out: answers that disqualify whatever the points. again: all below the best answer stays to
        be asked (else only Unknown does).
    """

    name: str
    group: str
    levels: tuple[tuple[str, int], ...] = ()
    knock_out: frozenset[str] = frozenset()
    again: bool = False

    @cached_property
    def points(self) -> dict[str, int]:
        """Points by answer."""
        return dict(self.levels)

    @cached_property
    def best(self) -> int:
        """The most points an answer can bring."""
        return max((points for _, points in self.levels), default=0)


@dataclass(frozen=True)
class RuleTable:
    """All rules with the upper limits of their groups, the limits of the total, and a version of the whole."""

    rules: tuple[Rule, ...]
    caps: Mapping[str, int] = field(default_factory=dict)
    low: int = 0
    high: int = 10_000
    version: str = ""

    @cached_property
    def groups(self) -> tuple[tuple[str, tuple[Rule, ...]], ...]:
        """The rules by group, groups and rules in the order of the table."""
        names = dict.fromkeys(rule.group for rule in self.rules)
        return tuple((name, tuple(rule for rule in self.rules if rule.group == name)) for name in names)


@dataclass(frozen=True)
class Scored:
    """A score in hundredths with the lines that add up to it, and the part of each group after its cap."""

    score: int
    lines: tuple[Line, ...]
    groups: Mapping[str, int]

    @property
    def text(self) -> str:
        """All reasons in one cell."""
        return SEPARATOR.join(map(str, self.lines))

    def heaviest(self, n: int = 3) -> list[str]:
        """Give the n reasons of greatest weight, positive or negative; ties in the order of the table."""
        return [str(line) for line in sorted(self.lines, key=lambda line: -abs(line.points))[:n]]


def points_of(hundredths: int) -> Decimal:
    """Give points for people from hundredths."""
    return canonical_number(Decimal(hundredths) / 100)


def hundredths_of(points: Decimal) -> int:
    """Give whole hundredths, rounded half up."""
    return int((points * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


# ── one row ──────────────────────────────────────────────────────────────────────────────────────


def score_row(table: RuleTable, answers: Mapping[str, str | None], amounts: Mapping[str, int] | None = None) -> Scored:
    """Score one row.

    answers: by rule, the level as it is called in the rule; anything else is Unknown. amounts: by rule
    without levels, hundredths of points.
    """
    amounts = amounts or {}
    lines: list[Line] = []
    parts: dict[str, int] = {}
    for group, rules in table.groups:
        total = 0
        for rule in rules:
            answer = (answers.get(rule.name) or "") if rule.levels else ""
            points = rule.points.get(answer, 0) if rule.levels else amounts.get(rule.name, 0)
            if points:
                lines.append(Line(rule.name, answer, points))
                total += points
        cap = table.caps.get(group)
        if cap is not None and total > cap:
            lines.append(Line(f"{group} cap", "", cap - total))
            total = cap
        parts[group] = total
    total = sum(parts.values())
    score = min(max(total, table.low), table.high)
    if score != total:
        lines.append(Line(LIMIT_LINE, "", score - total))
    return Scored(score, tuple(lines), parts)


def still_open(table: RuleTable, answers: Mapping[str, str | None]) -> list[tuple[Rule, int]]:
    """Give the rules worth asking about with the hundredths still to be won, the greatest first.

    Ties: the lower present points first, then the order of the table.
    """
    found = []
    for rule in table.rules:
        answer = answers.get(rule.name) or ""
        known = answer in rule.points
        have = rule.points.get(answer, 0)
        if rule.levels and rule.best > have and (not known or rule.again):
            found.append((rule, rule.best - have, have))
    found.sort(key=lambda entry: (-entry[1], entry[2]))
    return [(rule, gap) for rule, gap, _ in found]


# ── whole columns ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class ScoredColumns:
    """Scores of many rows; the reasons stay codes until somebody wants to read them.

    score: int32 hundredths, shape (n,). answers, amounts: the columns they were made from.
    """

    table: RuleTable
    score: NDArray[np.int32]
    answers: Mapping[str, Whole]
    amounts: Mapping[str, Whole]

    def row(self, i: int) -> Scored:
        """Give one row with its reasons."""
        answers = {rule.name: level_of(rule, int(self.answers[rule.name][i])) for rule in self.table.rules if rule.levels}
        return score_row(self.table, answers, {name: int(column[i]) for name, column in self.amounts.items()})

    def texts(self) -> NDArray[np.object_]:
        """Give the reasons of every row as one text, as `row` does, shape (n,).

        Where all rules have levels and their outcomes are few, each outcome is written once. Else what the
        answers of a group say is looked up whole, and amounts, caps and limits come piece by piece.
        """
        import numpy as np

        n = len(self.score)
        if _whole_in_one(self.table.rules):
            return self._outcomes(_code(self.table.rules, self.answers, slice(None)))
        pieces: list[tuple[Texts, Whole]] = []
        total = np.zeros(n, np.int32)
        for group, rules in self.table.groups:
            part = np.zeros(n, np.int32)
            for run in _runs(rules):
                if run[0].levels:
                    code = _code(run, self.answers, slice(None))
                    pieces.append((_sayings(run), code))
                    part += _sums(run)[code]
                else:
                    column = self.amounts[run[0].name]
                    pieces.append(_pieces(run[0].name, column))
                    part += column
            if group in self.table.caps:
                over = np.minimum(part, np.int32(self.table.caps[group])) - part
                pieces.append(_pieces(f"{group} cap", over))
                part += over
            total += part
        pieces.append(_pieces(LIMIT_LINE, self.score - total))
        return _joined(pieces, n)

    def _outcomes(self, code: Whole) -> Texts:
        """Give the reasons of every row, made once for each code."""
        import numpy as np

        which, codes = distinct(code)
        somewhere = np.zeros(len(codes), np.int64)
        somewhere[which] = np.arange(len(code))
        return np.array([self.row(int(i)).text for i in somewhere], dtype=object)[which]


def _runs(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Divide the rules of a group, in their order: those with levels as many together as one look-up holds."""
    runs: list[list[Rule]] = []
    for rule in rules:
        if runs and rule.levels and runs[-1][0].levels and _radix([*runs[-1], rule]) <= LUT_ENTRIES:
            runs[-1].append(rule)
        else:
            runs.append([rule])
    return runs


def _sayings(rules: Sequence[Rule]) -> Texts:
    """Give the lines of every combination of answers, numbered as `_sums` numbers them."""
    import numpy as np

    lut = np.array([""], dtype=object)
    for rule in rules:
        lines = [Line(rule.name, answer, points) for answer, points in rule.levels]
        lut = (lut[:, None] + np.array(["", *map(_piece, lines)], dtype=object)[None, :]).ravel()
    return lut


def _piece(line: Line) -> str:
    return f"{SEPARATOR}{line}" if line.points else ""


def _pieces(name: str, points: Whole) -> tuple[Texts, Whole]:
    """Give the lines of a column of points, each distinct one written once ("" for 0), and which of them each row has."""
    import numpy as np

    index, values = distinct(points)
    return np.array([_piece(Line(name, "", int(value))) for value in values], dtype=object), index


def _joined(pieces: Sequence[tuple[Texts, Whole]], n: int) -> Texts:
    """Join the pieces of each row, less the separator before the first.

    Rows with something to say in the same columns are joined together, so that blanks are not joined
    at all and only the first piece goes without its separator.
    """
    import numpy as np

    prefixed = [lines for lines, _ in pieces]
    bare = [np.array([text[len(SEPARATOR) :] for text in lines], dtype=object) for lines, _ in pieces[:MASK_BITS]]
    spoken = np.zeros(n, np.uint64)
    for bit, (lines, index) in enumerate(pieces[:MASK_BITS]):
        spoken |= (np.array([text != "" for text in lines], np.uint64) << np.uint64(bit))[index]
    which, masks = distinct(spoken)
    order = np.argsort(which.astype(np.uint16) if len(masks) <= LUT_ENTRIES else which, kind="stable")
    ends = np.cumsum(np.bincount(which, minlength=len(masks)))
    said = np.full(n, "", dtype=object)
    for mask, start, end in zip(masks.tolist(), [0, *ends.tolist()], ends.tolist(), strict=False):
        rows = order[start:end]
        columns = [bit for bit in range(len(pieces)) if bit >= MASK_BITS or mask >> bit & 1]
        if columns:
            texts = [(bare if mask and bit == columns[0] else prefixed)[bit][pieces[bit][1][rows]].tolist() for bit in columns]
            joined = list(map("".join, zip(*texts, strict=True)))
            said[rows] = joined if mask else [text[len(SEPARATOR) :] for text in joined]
    return said


def level_of(rule: Rule, code: int) -> str | None:
    """Give the answer that a code stands for: 0 is Unknown, k the k-th level."""
    return rule.levels[code - 1][0] if code else None


def encode(rule: Rule, answers: Iterable[str | None]) -> NDArray[np.uint8]:
    """Give the codes of a column of answers; what is no level of the rule is Unknown."""
    import numpy as np

    codes: dict[str | None, int] = {answer: number for number, (answer, _) in enumerate(rule.levels, start=1)}
    return np.fromiter((codes.get(answer, 0) for answer in answers), dtype=np.uint8)


def score_columns(table: RuleTable, answers: Mapping[str, Whole], amounts: Mapping[str, Whole] | None = None) -> ScoredColumns:
    """Score whole columns by the same rules as `score_row`.

    answers: by rule with levels, uint8 codes of shape (n,), see `encode`. amounts: by rule without
    levels, hundredths of shape (n,). WrongUse where a column is missing or holds a code of no level.
    """
    import numpy as np

    amounts = amounts or {}
    _check_columns(table, answers, amounts)
    n = len(next(iter((*answers.values(), *amounts.values()))))
    blocks = _blocks(table)
    score = np.zeros(n, np.int32)
    for start in range(0, n, CHUNK):
        part = slice(start, start + CHUNK)
        total = score[part]
        looked_up: dict[str, list[Whole]] = {}
        for groups, rules, capped, lut in blocks:
            code = _code(rules, answers, part)
            if capped:
                total += lut[code]
            else:
                looked_up.setdefault(groups[0], []).append(lut[code])
        for group, rules in table.groups:
            if not _whole_in_one(rules):
                pieces = looked_up.get(group, []) + [amounts[rule.name][part] for rule in rules if not rule.levels]
                total += _group_total(pieces, table.caps.get(group))
        np.clip(total, table.low, table.high, out=total)
    return ScoredColumns(table, score, answers, amounts)


_Block = tuple[tuple[str, ...], tuple[Rule, ...], bool, "NDArray[np.int32]"]


def _code(rules: Sequence[Rule], answers: Mapping[str, Whole], part: slice) -> NDArray[np.uint16]:
    """Number the answers of each row to these rules, the last rule counting fastest."""
    import numpy as np

    code = np.zeros(len(answers[rules[0].name][part]), np.uint16)
    for rule in rules:
        code *= np.uint16(len(rule.levels) + 1)
        code += answers[rule.name][part].astype(np.uint16, copy=False)
    return code


def _radix(rules: Iterable[Rule]) -> int:
    size = 1
    for rule in rules:
        size *= len(rule.levels) + 1
    return size


def _whole_in_one(rules: Sequence[Rule]) -> bool:
    """Say whether a group can be looked up with its cap: it has levels only, and not too many."""
    return all(rule.levels for rule in rules) and _radix(rules) <= LUT_ENTRIES


def _blocks(table: RuleTable) -> list[_Block]:
    """Divide the rules with levels into look-up tables; a capped block holds whole groups only."""
    blocks: list[_Block] = []
    whole: list[tuple[str, tuple[Rule, ...]]] = []
    for group, rules in table.groups:
        if not _whole_in_one(rules):
            blocks.extend(_split(group, [rule for rule in rules if rule.levels]))
            continue
        if _radix(rule for _, held in [*whole, (group, rules)] for rule in held) > LUT_ENTRIES:
            blocks.append(_capped(table, whole))
            whole = []
        whole.append((group, rules))
    if whole:
        blocks.append(_capped(table, whole))
    return blocks


def _split(group: str, rules: Sequence[Rule]) -> list[_Block]:
    """Give uncapped look-up tables for the rules of one group, each small enough."""
    blocks: list[_Block] = []
    held: list[Rule] = []
    for rule in [*rules, None]:
        if held and (rule is None or _radix([*held, rule]) > LUT_ENTRIES):
            blocks.append(((group,), tuple(held), False, _sums(held)))
            held = []
        if rule is not None:
            held.append(rule)
    return blocks


def _sums(rules: Sequence[Rule]) -> NDArray[np.int32]:
    """Give the points of every combination of answers, the last rule counting fastest."""
    import numpy as np

    lut = np.zeros(1, np.int32)
    for rule in rules:
        points = np.array([0, *(points for _, points in rule.levels)], np.int32)
        lut = (lut[:, None] + points[None, :]).ravel()
    return lut


def _capped(table: RuleTable, groups: Sequence[tuple[str, tuple[Rule, ...]]]) -> _Block:
    import numpy as np

    lut = np.zeros(1, np.int32)
    for group, rules in groups:
        part = _sums(rules)
        if group in table.caps:
            part = np.minimum(part, np.int32(table.caps[group]))
        lut = (lut[:, None] + part[None, :]).ravel()
    return tuple(group for group, _ in groups), tuple(rule for _, rules in groups for rule in rules), True, lut


def _group_total(pieces: Sequence[Whole], cap: int | None) -> NDArray[np.int32]:
    import numpy as np

    total = pieces[0].astype(np.int32)
    for piece in pieces[1:]:
        total += piece
    return total if cap is None else np.minimum(total, np.int32(cap))


def _check_columns(table: RuleTable, answers: Mapping[str, Whole], amounts: Mapping[str, Whole]) -> None:
    if not table.rules:
        raise WrongUse("There are no criteria to score by.")
    for rule in table.rules:
        column = (answers if rule.levels else amounts).get(rule.name)
        if column is None:
            raise WrongUse(f"There is no column for the criterion '{rule.name}'.")
        if len(rule.levels) >= LUT_ENTRIES or (rule.levels and len(column) and int(column.max()) > len(rule.levels)):
            raise WrongUse(f"The column of '{rule.name}' holds a code above {len(rule.levels)}.")


def distinct(column: Whole) -> tuple[Whole, Whole]:
    """Number the distinct values of a column: for each row the number of its value, and the values."""
    import numpy as np

    if not len(column):
        return np.zeros(0, np.int64), column
    low = int(column.min())
    span = int(column.max()) - low + 1
    if span > DENSE_SPACE:
        values, index = np.unique(column, return_inverse=True)
        return index, values
    key = (column.astype(np.int64) - low).astype(np.int32)
    there = np.zeros(span, bool)
    there[key] = True
    return (np.cumsum(there, dtype=np.int32) - 1)[key], np.flatnonzero(there) + low


# ── decay, rates, calibration ────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=4096)
def decay(age_days: int, half_life: Decimal) -> Decimal:
    """Give what is left of a point after so many days: 0.5 ** (age / half-life)."""
    return Decimal("0.5") ** (Decimal(age_days) / half_life)


def shrunk(won: Decimal | int, n: Decimal | int, prior: Decimal, k: Decimal) -> Decimal:
    """Give a rate drawn towards what was expected before: (won + k·prior) / (n + k), to six places."""
    return ((won + k * prior) / (n + k)).quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)


def calibration_error(bands: Mapping[str, Sequence[tuple[Decimal, bool]]]) -> Decimal | None:
    """Give the expected calibration error: Σ n_b / n · |mean said - mean happened| over bands of (said, happened)."""
    n = sum(len(band) for band in bands.values())
    if not n:
        return None
    gaps = [abs(sum((said for said, _ in band), Decimal(0)) - sum(happened for _, happened in band)) for band in bands.values()]
    gap = sum(gaps, Decimal(0))
    return (gap / n).quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)
