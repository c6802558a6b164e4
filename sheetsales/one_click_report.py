"""One-click report: where the deals, leads, calls and the territory stand, from the rows of the store and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from sheetsales.document import Document, Entry, Grid, Heading, Section, Total
from sheetsales.errors import WrongUse
from sheetsales.periods import days_of_code, monday, period_around
from sheetsales.pipeline import ZERO, amount_of, state_of
from sheetsales.process import Patch, Request, Row, Tables
from sheetsales.standing import probability_of
from sheetsales.values import cents, day_of, fold, number_of, words_of

FOLDER: Final = "reports"
QUARTERS: Final = 4
SHOWN: Final = 15  # overdue deals that are printed
WIDTHS: Final = (28.0, 12.0, 18.0, 18.0, 18.0)
ENDED: Final = ("Converted", "Disqualified", "Recycled")


def make_report(tables: Tables, request: Request) -> Patch:
    """Print the report of a period over the rows that the member may see: own ones, and for a manager the team's.

    Parameter: period, such as 2026-Q2 (blank: the quarter). Amounts of two currencies are never added up. Changes no
    row; the same rows on the same day give the same document. Raises WrongUse for a text that is no period.
    """
    code = words_of(request.parameters.get("period"))
    days = days_of_code(code) if code else period_around(tables.today, QUARTERS)
    if days is None:
        raise WrongUse(f"'{code}' is no period.", "Write 2026-Q3, 2026-07 or 2026, or leave it out for the quarter.")
    deals = tables.rows("opportunities")
    running = [deal for deal in deals if state_of(deal) == "Open"]
    won = _closed(deals, "Won", days)
    lost = _closed(deals, "Lost", days)
    who = words_of((tables.person(tables.me) or {}).get("name")) or tables.me
    document = Document(
        name=f"Report {who} {tables.today.isoformat()}".replace("  ", " "), kind=FOLDER, title="Sales report", subtitle=who,
        day=tables.today, currency="", parties=(),
        facts=(("Period", f"{days[0].isoformat()} to {days[1].isoformat()}"), ("Open deals", len(running)), ("Won", len(won)), ("Lost", len(lost)),
               ("Won of closed", f"{len(won)} of {len(won) + len(lost)}" if won or lost else "none closed")),
        sections=(Section("", "Every figure is counted from the rows of the store on this day."),),
        headings=_headings(("Stage", "text"), ("Deals", "number"), ("Amount", "money"), ("Weighted", "money"), ("Without a next step", "number")),
        rows=tuple(_stages(running, tables)) or (("No open deal.", None, None, None, None),),
        totals=(*_totals("Open", running), *_totals("Won in the period", won)), closing=(), signatures=(),
        grids=tuple(grid for grid in (_overdue(running, tables), _work(tables, days), _members(running, won, tables, days)) if grid.rows),
    )  # fmt: skip
    rows = sum(len(tables.rows(name)) for name in ("opportunities", "leads", "calls", "proposals", "call_calendar"))
    message = f"Report made: {len(running)} open deals, {len(won)} won and {len(lost)} lost from {days[0].isoformat()} to {days[1].isoformat()}."
    return Patch(message=message, rows_read=rows, documents=(document,))


def _headings(*words: tuple[str, str]) -> tuple[Heading, ...]:
    return tuple(Heading(word, look, width) for (word, look), width in zip(words, WIDTHS, strict=True))  # type: ignore[arg-type]


def _closed(deals: Iterable[Row], how: str, days: tuple[date, date]) -> list[Row]:
    return [
        deal
        for deal in deals
        if state_of(deal) == how and (close := day_of(deal.get("close_date"))) is not None and days[0] <= close <= days[1]
    ]


def _currency(deal: Row) -> str:
    return words_of(deal.get("ccy")).upper()


def _labelled(words: str, currency: str) -> str:
    return f"{words} ({currency})" if currency else words


def _totals(words: str, deals: Sequence[Row]) -> tuple[Total, ...]:
    """Give the sum of each currency apart; nought where there is no deal."""
    sums: dict[str, Decimal] = {}
    for deal in deals:
        sums[_currency(deal)] = sums.get(_currency(deal), ZERO) + amount_of(deal)
    return tuple(Total(_labelled(words, ccy), cents(amount)) for ccy, amount in sorted((sums or {"": ZERO}).items()))


def _stages(running: Sequence[Row], tables: Tables) -> list[tuple[Entry, ...]]:
    """Give a line per stage and currency, in the order of the stages; unknown ones last."""
    order = {fold(row.get("name") or ""): number_of(row.get("order")) or ZERO for row in tables.rows("stages")}
    groups: dict[tuple[Decimal, str, str], list[Row]] = {}
    for deal in running:
        stage = words_of(deal.get("stage")) or "No stage"
        groups.setdefault((order.get(fold(stage), Decimal(10**9)), stage, _currency(deal)), []).append(deal)
    return [
        (
            _labelled(stage, ccy),
            len(deals),
            cents(sum((amount_of(deal) for deal in deals), ZERO)),
            cents(sum((amount_of(deal) * probability_of(deal, tables) for deal in deals), ZERO)),
            sum(not words_of(deal.get("next_step")) for deal in deals),
        )
        for (_, stage, ccy), deals in sorted(groups.items(), key=lambda entry: entry[0])
    ]


def _overdue(running: Sequence[Row], tables: Tables) -> Grid:
    """Give the open deals whose next step or close date lies back, the largest first."""
    late = [
        deal
        for deal in running
        if any((day := day_of(deal.get(name))) is not None and day < tables.today for name in ("next_step_date", "close_date"))
    ]
    late.sort(key=lambda deal: (-amount_of(deal), str(deal["id"])))
    rows = tuple(
        (
            words_of(deal.get("name")) or str(deal["id"]),
            _currency(deal),
            cents(amount_of(deal)),
            words_of(deal.get("next_step")),
            _days_back(deal, tables.today),
        )
        for deal in late[:SHOWN]
    )
    title = "Open deals with a day that lies back" + (f": the largest {SHOWN} of {len(late)}" if len(late) > SHOWN else "")
    headings = _headings(
        ("Deal", "text"), ("Currency", "text"), ("Amount", "money"), ("Next step", "text"), ("Which day", "text")
    )
    return Grid(title, headings, rows)


def _days_back(deal: Row, today: date) -> str:
    names = (("next_step_date", "next step"), ("close_date", "close"))
    days = [(day_of(deal.get(column)), words) for column, words in names]
    return ", ".join(f"{words} {day.isoformat()}" for day, words in days if day is not None and day < today)


# ── what was done ────────────────────────────────────────────────────────────────────────────────


def _work(tables: Tables, days: tuple[date, date]) -> Grid:
    """Give what was done this week and in the period."""
    week = (monday(tables.today), monday(tables.today) + timedelta(days=6))
    counted: tuple[tuple[str, Callable[[tuple[date, date]], int]], ...] = (
        ("Calls held", lambda span: len(_held(tables.rows("calls"), span))),
        ("Calls planned that were not held", lambda span: len(_not_held(tables, span))),
        ("Leads that came in", lambda span: _within(tables.rows("leads"), "created_on", span)),
        ("Opportunities that came in", lambda span: _within(tables.rows("opportunities"), "created_on", span)),
        ("Territory calls planned", lambda span: _summed(tables.rows("call_calendar"), "calls_planned", span)),
        ("Territory calls done", lambda span: _summed(tables.rows("call_calendar"), "calls_done", span)),
        ("Proposals dated", lambda span: _within(tables.rows("proposals"), "date", span)),
    )
    rows: list[tuple[Entry, ...]] = [(words, count(week), count(days), None, None) for words, count in counted]
    waiting = sum(row.get("status") not in ENDED for row in tables.rows("leads"))
    rows.append(("Leads open now", waiting, None, None, None))
    return Grid("Work", _headings(("What", "text"), ("This week", "number"), ("Period", "number"), ("", "text"), ("", "text")), tuple(rows))  # fmt: skip


def _held(calls: Iterable[Row], span: tuple[date, date]) -> list[Row]:
    return [
        call
        for call in calls
        if call.get("status") == "Held" and (day := day_of(call.get("held_at"))) is not None and span[0] <= day <= span[1]
    ]


def _not_held(tables: Tables, span: tuple[date, date]) -> list[Row]:
    last = min(span[1], tables.today - timedelta(days=1))
    return [
        call
        for call in tables.rows("calls")
        if call.get("status") == "Planned" and (day := day_of(call.get("planned_at"))) is not None and span[0] <= day <= last
    ]


def _within(rows: Iterable[Row], column: str, span: tuple[date, date]) -> int:
    return sum((day := day_of(row.get(column))) is not None and span[0] <= day <= span[1] for row in rows)


def _summed(rows: Iterable[Row], column: str, span: tuple[date, date]) -> int:
    """Add up a column of the weeks that lie in a span."""
    found = [row for row in rows if (day := day_of(row.get("week"))) is not None and span[0] <= day <= span[1]]
    return int(sum((number_of(row.get(column)) or ZERO for row in found), ZERO))


def _members(running: Sequence[Row], won: Sequence[Row], tables: Tables, days: tuple[date, date]) -> Grid:
    """Give a line per member and currency, where the rows are those of several members."""
    owners = sorted({fold(row.get("owner") or "") for row in (*running, *won)} - {""})
    held = _held(tables.rows("calls"), days)
    rows: list[tuple[Entry, ...]] = []
    for owner in owners if len(owners) > 1 else ():
        name = words_of((tables.person(owner) or {}).get("name")) or owner
        mine, theirs = ([deal for deal in some if fold(deal.get("owner") or "") == owner] for some in (running, won))
        calls: int | None = sum(fold(call.get("owner") or "") == owner for call in held)
        for ccy in sorted({_currency(deal) for deal in (*mine, *theirs)}):
            open_sum, won_sum = (
                cents(sum((amount_of(deal) for deal in some if _currency(deal) == ccy), ZERO)) for some in (mine, theirs)
            )
            rows.append((_labelled(name, ccy), sum(_currency(deal) == ccy for deal in mine), open_sum, won_sum, calls))
            calls = None  # told once
    headings = _headings(
        ("Member", "text"), ("Open deals", "number"), ("Open", "money"), ("Won", "money"), ("Calls held", "number")
    )
    return Grid("By member", headings, tuple(rows))
