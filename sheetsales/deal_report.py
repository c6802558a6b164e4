"""The lines in which the deal buttons answer: what, how much, why; written where the last answer stood."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sheetsales.pipeline import amount_of
from sheetsales.process import Edit, NewRow, Patch, Row, Tables
from sheetsales.values import Value, cents, fold, number_of, words_of

STAND, FORECAST, MOVED, NEED, MONTH, ELSEWHERE = QUESTIONS = (
    "Where do I stand",
    "Forecast",
    "What moved",
    "What do I need",
    "Map my month",
    "Where else to sell",
)
TABLE: Final = "deal_report"
SHOWN: Final = 10  # names in a sentence, so that it stays readable
WHY_LIMIT: Final = 1_000  # characters of a reason that can still be read in a cell
PLACES: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an answer. number: a count, or how many times; share: a fraction."""

    what: str
    amount: Decimal | None = None
    number: Decimal | int | None = None
    share: Decimal | float | None = None
    why: str = ""

    def values(self) -> dict[str, Value]:
        """Give the columns of `deal_report` that say it."""
        return {
            "what": self.what or None,
            "amount": None if self.amount is None else cents(self.amount),
            "number": None if self.number is None else Decimal(self.number).quantize(Decimal("0.01")),
            "share": None if self.share is None else Decimal(repr(self.share) if isinstance(self.share, float) else self.share).quantize(PLACES),
            "why": _cut(self.why) or None,
        }  # fmt: skip


def _cut(text: str) -> str:
    return text if len(text) <= WHY_LIMIT else text[: WHY_LIMIT - 1] + "…"


def answered(question: str, lines: Sequence[Line], tables: Tables, *, period: str, message: str) -> Patch:
    """Give the patch that writes an answer over the member's last one to the same question.

    Lines that are left over from a longer answer are blanked: nothing is deleted by a button. The same answer
    on the same day writes nothing.
    """
    mine = tables.where(TABLE, "owner", tables.me) if tables.me else list(tables.rows(TABLE))
    old = sorted((row for row in mine if fold(row.get("question") or "") == fold(question)), key=_place)
    edits: list[Edit] = []
    new: list[NewRow] = []
    blank = dict.fromkeys(("what", "amount", "number", "share", "why"))
    for place in range(max(len(lines), len(old))):
        values: dict[str, Value] = {**(lines[place].values() if place < len(lines) else blank)}
        values |= {"period": period or None, "as_of": tables.today}
        if place < len(old):
            row = old[place]
            edits += [Edit(TABLE, str(row["id"]), name, value) for name, value in values.items() if row.get(name) != value]
        else:
            new.append(NewRow(TABLE, {"question": question, "line": place + 1, **values, "owner": tables.me or None}))
    return Patch(tuple(edits), tuple(new), message=message, rows_read=len(tables.rows("opportunities")))


def _place(row: Row) -> tuple[Decimal, str]:
    return number_of(row.get("line")) or Decimal(0), str(row["id"])


def listed(what: str, deals: Iterable[Row]) -> str:
    """Give a sentence that counts and names deals, the largest first."""
    names = named(deals)
    return f"{what}: {names}." if names else f"{what}: none."


def named(deals: Iterable[Row]) -> str:
    """Name deals, the largest first; "" where there is none."""
    rows = sorted(deals, key=lambda row: (-amount_of(row), str(row["id"])))
    names = [words_of(row.get("name")) or words_of(row.get("opportunity")) or str(row["id"]) for row in rows]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more}" if names else ""


def percent(share: float | Decimal | None) -> str:
    """Write a share as people read it; 100 % and 0 % only where it is certain."""
    if share is None:
        return "–"
    rounded = round(float(share) * 100)
    if rounded in (0, 100) and 0 < share < 1:
        return "under 1 %" if rounded == 0 else "over 99 %"
    return f"{rounded} %"
