"""The Start tab: what is due, the live figures, which tabs and buttons there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from sheetsales.process import Playbook, Row, Table, Tile, Todo
from sheetsales_workbooks.host import (
    CONFLICTS_SHEET,
    README_SHEET,
    REMOVED_SHEET,
    TODAY_ROWS,
    ButtonLine,
    StartSpec,
    TableSpec,
    TabLine,
    TileSpec,
    TodayLine,
)

PLAIN_COLOR: Final = "#6A7480"
TILE_LIMIT: Final = 7  # figures that fit beside the list of today
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
FOOTER: Final = (
    "This workbook works without the service: drop-downs, formulas and filters go on as they are, "
    "and the next sync picks up whatever you typed. Your own columns, notes and formulas are never touched."
)
SUBTITLE: Final = "A sales workbook, ready to be filled. A service that syncs it is not needed to use it."
FIRST_NOTICE: Final = "Nothing to report. What the sync has to tell you will stand here."
OTHER_TABS: Final = (
    (CONFLICTS_SHEET, "Two edits of one cell, and what was not accepted; you decide there."),
    (REMOVED_SHEET, "Rows that left this workbook, and what stood in your own columns."),
    (README_SHEET, "The processes, tables and columns explained."),
)


def start_spec(
    playbook: Playbook,
    tables: Sequence[TableSpec],
    *,
    owner_name: str,
    currency: str,
    day: date,
    rows: Mapping[str, Sequence[Row]],
    todos: Sequence[Todo],
) -> StartSpec:
    """Make the Start tab of a book from its tables, the rows and the lines of today."""
    sheets = {spec.table: spec.sheet for spec in tables}
    weekday = f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"
    return StartSpec(
        greeting=f"Hello {owner_name}" if owner_name else "Hello",
        subtitle=f"Your sales workbook · as of {weekday} · amounts in {currency}" if owner_name else SUBTITLE,
        day=day,
        today=today_lines(playbook, sheets, rows, todos),
        tiles=tiles_of(playbook, sheets, rows, day),
        notices=(FIRST_NOTICE,),
        buttons=button_lines(tables),
        tabs=(
            *(TabLine(spec.sheet, spec.help, spec.color) for spec in tables),
            *(TabLine(sheet, text, PLAIN_COLOR) for sheet, text in OTHER_TABS),
        ),
        footer=FOOTER,
    )


def today_lines(
    playbook: Playbook, sheets: Mapping[str, str], rows: Mapping[str, Sequence[Row]], todos: Sequence[Todo]
) -> tuple[TodayLine, ...]:
    """Give the first fifteen things to do, the earliest first and by weight within a day."""
    ordered = sorted(
        (todo for todo in todos if todo.table in sheets), key=lambda t: (t.due or date.max, -t.weight, t.table, t.record, t.text)
    )[:TODAY_ROWS]
    wanted = {(todo.table, todo.record) for todo in ordered}
    names = {
        (table, str(row["id"])): str(row.get(playbook.labels[table]) or "")
        for table in {table for table, _ in wanted}
        for row in rows.get(table, ())
        if (table, str(row["id"])) in wanted
    }
    return tuple(
        TodayLine(todo.due, todo.text, names.get((todo.table, todo.record), ""), todo.why, sheets[todo.table]) for todo in ordered
    )


def tiles_of(playbook: Playbook, sheets: Mapping[str, str], rows: Mapping[str, Sequence[Row]], day: date) -> tuple[TileSpec, ...]:
    """Give the live figures of the processes whose table is in the book, with what they come to today.

    Where there are more than fit, each process gives its first one, then its second, and so on.
    """
    groups = [[tile for tile in process.tiles if tile.table in sheets] for process in playbook.processes]
    places = sorted((rank, number) for number, group in enumerate(groups) for rank in range(len(group)))[:TILE_LIMIT]
    chosen = [groups[number][rank] for number, rank in sorted((number, rank) for rank, number in places)]
    return tuple(_tile(playbook.table(tile.table), tile, rows.get(tile.table, ()), day) for tile in chosen)


def _tile(table: Table, tile: Tile, rows: Sequence[Row], day: date) -> TileSpec:
    key = next((column.name for column in table.inputs if column.required), table.inputs[0].name)
    whole = Tile(tile.label, tile.table, ((key, "filled", ""), *tile.where), tile.total)
    value = whole.value(rows, day)
    kind = table.column(tile.total).type if tile.total else "integer"
    return TileSpec(tile.label, tile.table, kind, whole.where, tile.total, float(value) if isinstance(value, Decimal) else value)


def button_lines(tables: Sequence[TableSpec]) -> tuple[ButtonLine, ...]:
    """List what each button does, once, at the first tab that has it; those of every tab come last."""
    lines: dict[str, ButtonLine] = {}
    everywhere: dict[str, ButtonLine] = {}
    for spec in tables:
        for button in spec.buttons:
            if "." not in button.action:
                everywhere.setdefault(button.action, ButtonLine("every tab", button.caption, button.help))
            else:
                lines.setdefault(button.action, ButtonLine(spec.sheet, button.caption, button.help))
    return (*lines.values(), *everywhere.values())
