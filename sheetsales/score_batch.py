"""Many leads given as columns and rows of plain values, scored by the rules as one by one, every wrong value listed.

What a row answers is looked up whole: the answers of all criteria with levels are one key, whose points and
reasons are written once. Only points of events, caps and limits are put together row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter
from typing import Any, Final

from sheetsales.errors import WrongUse
from sheetsales.libraries.qualification import FREE_MAIL, FREE_MAIL_PENALTY, PENALTY
from sheetsales.qualification import COLUMN_OF, as_level
from sheetsales.score import LIMIT_LINE, SEPARATOR, Line, Rule, RuleTable, hundredths_of, points_of
from sheetsales.values import fold

ID, EMAIL = "id", "email"
KEPT: Final = 50_000  # looked-up answers kept; far more than any rule table has
MOST_POINTS: Final = 1_000_000  # of one criterion of a row, up or down
SHOWN: Final = 80  # characters of a wrong value that are said back

Cells = Sequence[Any]
Scored = tuple[Any, ...]


@dataclass(frozen=True)
class WrongCell:
    """What cannot be scored. row counts from 1; 0 is the list of columns."""

    row: int
    column: str
    value: object
    reason: str

    def document(self) -> dict[str, object]:
        """Give it for JSON."""
        value = self.value[:SHOWN] if isinstance(self.value, str) else self.value
        shown = value if value is None or isinstance(value, (str, int, float)) else type(value).__name__
        return {"row": self.row, "column": self.column, "value": shown, "reason": self.reason}


class _NotScored(Exception):
    """A row of these cannot be scored; which and why is looked for then."""


@dataclass(frozen=True)
class _Said:
    """What the answers of a row say: its result without events; points, and the reasons before and after those of events."""

    result: tuple[float, str, str]
    points: int
    before: str
    after: str


class Batch:
    """One list of columns under one rule table. tier: the letter of a score in points.

    A column is named as its criterion or as the column of `leads` that answers it, in any case; `email` tells
    free-mail addresses, `id` is given back. A criterion of events takes the points that its events bring; all of
    them are in one group. Values are texts, numbers and None: no truth values, which Python takes for 0 and 1.
    """

    def __init__(self, rules: RuleTable, columns: Sequence[str], tier: Callable[[Decimal], str]) -> None:
        self.rules = rules
        self.columns = list(columns)
        self.wrong: list[WrongCell] = []
        self._tier = tier
        self._said: dict[tuple[Any, ...], _Said] = {}
        self._numbers: dict[int, tuple[float, str]] = {}
        place_of = self._places()
        self._id, self._email = place_of.get(ID), place_of.get(EMAIL)
        self._levels = [r for r in rules.rules if r.levels and r.name in place_of]
        self._places_of_levels = [place_of[r.name] for r in self._levels]
        groups = [group for group, held in rules.groups if any(not r.levels for r in held)]
        if len(groups) > 1:
            raise WrongUse(f"Points of events stand in one group of criteria, not in {', '.join(groups)}.")
        self._group = groups[0] if groups else ""
        self._cap = rules.caps.get(self._group)
        self._events: list[tuple[int, Rule, dict[Any, tuple[int, str]]]] = [
            (place_of[r.name], r, {}) for r in rules.rules if not r.levels and r.name in place_of
        ]

    def _places(self) -> dict[str, int]:
        """Say which column answers which criterion; note columns that answer none, or one twice."""
        meaning: dict[str, str] = {ID: ID, EMAIL: EMAIL}
        for rule in self.rules.rules:
            meaning[_plain(rule.name)] = rule.name
            column = COLUMN_OF.get(fold(rule.name))
            if column is not None:
                meaning.setdefault(_plain(column), rule.name)
        found: dict[str, int] = {}
        for place, column in enumerate(self.columns):
            name = meaning.get(_plain(column))
            if name is None:
                reason = f"There is no criterion of that name. Criteria: {', '.join(r.name for r in self.rules.rules)}."
                self.wrong.append(WrongCell(0, column, None, reason))
            elif name in found:
                self.wrong.append(WrongCell(0, column, None, f"{self.columns[found[name]]} says the same."))
            else:
                found[name] = place
        if EMAIL in found and FREE_MAIL_PENALTY in found:
            self.wrong.append(WrongCell(0, self.columns[found[FREE_MAIL_PENALTY]], None, "The e-mail says it already."))
        return found

    # ── scoring ──────────────────────────────────────────────────────────────────────────────────

    def score(self, rows: Sequence[Cells]) -> list[Scored] | None:
        """Give id (where there is such a column), score in points, tier and reasons of each row; None where any is wrong."""
        if self.wrong:
            return None
        try:
            return self._score(rows)
        except (_NotScored, TypeError, AttributeError):
            return None

    def _score(self, rows: Sequence[Cells]) -> list[Scored]:
        width, said, id_, email = len(self.columns), self._said, self._id, self._email
        levels, events = _getter(self._places_of_levels), _getter([place for place, _, _ in self._events])
        out: list[Scored] = []
        for row in rows:
            if len(row) != width:
                raise _NotScored
            key = levels(row)
            if email is not None and row[email]:
                key = (*key, row[email].rpartition("@")[2].strip().casefold() in FREE_MAIL)
            found = said.get(key)
            if found is None:
                found = self._look_up(key)
            result = found.result if not any(events(row)) else self._with_events(row, found)
            out.append(result if id_ is None else (row[id_], *result))
        return out

    def _look_up(self, key: tuple[Any, ...]) -> _Said:
        """Work out what answers say, once; the last of the key may be whether the address is a free one."""
        answers: dict[str, str | None] = {}
        for rule, value in zip(self._levels, key, strict=False):
            answers[rule.name] = _level(value, rule)
        if len(key) > len(self._levels) and key[-1]:
            answers[FREE_MAIL_PENALTY] = "Yes"
        total = 0
        before: list[str] = []
        after: list[str] = []
        for group, held in self.rules.groups:
            lines = [Line(r.name, a, r.points[a]) for r in held if r.levels and (a := answers.get(r.name)) is not None]
            points, cap = sum(line.points for line in lines), self.rules.caps.get(group)
            texts = [str(line) for line in lines if line.points]
            if cap is not None and points > cap:
                texts.append(str(Line(f"{group} cap", "", cap - points)))
                points = cap
            total += points
            (after if self._group in self._names_up_to(group) else before).extend(texts)
        if len(self._said) >= KEPT:
            self._said.clear()
        texts = [SEPARATOR.join(part) for part in (before, after)]
        result = self._whole(total, [text for text in texts if text])
        found = self._said[key] = _Said(result, total, *texts)
        return found

    def _names_up_to(self, group: str) -> list[str]:
        names = [name for name, _ in self.rules.groups]
        return names[: names.index(group) + 1]

    def _with_events(self, row: Cells, said: _Said) -> tuple[float, str, str]:
        lines = [said.before] if said.before else []
        total = 0
        for place, rule, known in self._events:
            value = row[place]
            if value:
                points, text = known.get(value) or _amount(known, rule, value)
                if points:
                    total += points
                    lines.append(text)
        if self._cap is not None and total > self._cap:
            lines.append(str(Line(f"{self._group} cap", "", self._cap - total)))
            total = self._cap
        if said.after:
            lines.append(said.after)
        return self._whole(said.points + total, lines)

    def _whole(self, total: int, lines: list[str]) -> tuple[float, str, str]:
        score = min(max(total, self.rules.low), self.rules.high)
        if score != total:
            lines.append(str(Line(LIMIT_LINE, "", score - total)))
        known = self._numbers.get(score)
        if known is None:
            points = points_of(score)
            known = self._numbers[score] = float(points), self._tier(points)
        return (*known, SEPARATOR.join(lines))

    # ── what is wrong ────────────────────────────────────────────────────────────────────────────

    def every_wrong_cell(self, rows: Sequence[Any]) -> list[WrongCell]:
        """List everything that keeps these rows from being scored, by row and column."""
        found = list(self.wrong)
        if self.wrong:
            return found
        readers = self._readers()
        for number, row in enumerate(rows, 1):
            if not isinstance(row, (list, tuple)):
                found.append(WrongCell(number, "", row, "A row is a list of values."))
            elif len(row) != len(self.columns):
                found.append(WrongCell(number, "", len(row), f"The row has {len(row)} values for {len(self.columns)} columns."))
            else:
                for column, reader, value in zip(self.columns, readers, row, strict=True):
                    reason = reader(value)
                    if reason:
                        found.append(WrongCell(number, column, value, reason))
        return found

    def _readers(self) -> list[Callable[[object], str]]:
        """Give for each column what says why a value is wrong, "" where it is right."""
        readers: dict[int, Callable[[object], str]] = {}
        if self._id is not None:
            readers[self._id] = lambda v: (
                ""
                if v is None or (isinstance(v, (str, int, float)) and not isinstance(v, bool))
                else "An id is a text or a number."
            )
        if self._email is not None:
            readers[self._email] = lambda v: "" if v is None or isinstance(v, str) else "An e-mail address is a text."
        for place, rule in zip(self._places_of_levels, self._levels, strict=True):
            readers[place] = _level_reader(rule)
        for place, _, _ in self._events:
            readers[place] = _points_wrong
        return [readers[place] for place in range(len(self.columns))]


def _amount(known: dict[Any, tuple[int, str]], rule: Rule, value: Any) -> tuple[int, str]:
    """Give points of events as hundredths with their line, and keep it."""
    if isinstance(value, (str, bool)) or abs(value) > MOST_POINTS:
        raise _NotScored
    points = hundredths_of(Decimal(str(value)))
    if len(known) >= KEPT:
        known.clear()
    found = known[value] = points, str(Line(rule.name, "", points))
    return found


def _plain(name: str) -> str:
    return fold(name).replace("_", " ").replace("-", " ")


def _getter(places: Sequence[int]) -> Callable[[Cells], tuple[Any, ...]]:
    """Give what takes these cells out of a row, as a tuple however many they are."""
    if len(places) > 1:
        return itemgetter(*places)
    return (lambda row: (row[places[0]],)) if places else (lambda _row: ())


def _level(value: Any, rule: Rule) -> str | None:
    """Give the level that a value names, None for Unknown; raises _NotScored for anything else."""
    if value is None:
        return None
    if isinstance(value, bool):
        raise _NotScored
    if isinstance(value, float):
        value = int(value) if value.is_integer() else str(value)
    level = as_level(value, rule)
    if level is not None:
        return level
    word = fold(str(value))
    for name in rule.points:
        if fold(name) == word:
            return name
    if word in ("", "unknown") or (rule.group == PENALTY and word == "no"):
        return None
    level = as_level(word.capitalize(), rule)
    if level is None:
        raise _NotScored
    return level


def _level_reader(rule: Rule) -> Callable[[object], str]:
    choices = ", ".join((*rule.points, *(("No",) if rule.group == PENALTY and "No" not in rule.points else ()), "Unknown"))

    def wrong(value: object) -> str:
        try:
            _level(value, rule)
        except _NotScored:
            return f"This is none of: {choices}."
        return ""

    return wrong


def _points_wrong(value: object) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "Points are a number."
    return "" if abs(value) <= MOST_POINTS else f"Points are at most {MOST_POINTS:,} up or down."
