"""A playbook's tables laid out as the tabs of a workbook: what stands where, for any host.

Pure: nothing is read or written here. The places that reader, builder and patcher share are the
constants of `host`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from sheetsales.columns import Column
from sheetsales.process import ACTION_HEADER, DELETE, Action, Playbook, Process, Row, Table, Todo
from sheetsales.values import fold
from sheetsales_workbooks.dictionary import dictionary_lines
from sheetsales_workbooks.dropdowns import ACTIONS_LIST, DECISION_LIST, DELETE_LIST, Dropdowns
from sheetsales_workbooks.host import (
    DECISIONS,
    HEADER_ROW,
    ID_HEADER,
    BookSpec,
    ButtonSpec,
    ColumnSpec,
    Markers,
    TableSpec,
)
from sheetsales_workbooks.start import start_spec

TEMPLATE_VERSION: Final = "1"  # goes up when the places of things in a workbook change
SPARE_ROWS: Final = 100  # blank rows with ids already in them, for a caller to draw
COLORS: Final = ("#1F6F8B", "#3B5B92", "#2F7A5A", "#94651B", "#75508A", "#9A4A40", "#4B5C70")  # one per process
SHARED_COLOR: Final = "#6A7480"
TAB_LIMIT: Final = 31  # characters; every spreadsheet program cuts or refuses longer names
KIND_ORDER: Final = {"record": 0, "detail": 1, "shared": 2, "library": 3, "log": 4}

# Captions and sentences of the two buttons that belong to every table.
CHECK: Final = ButtonSpec("Check", "check", "Looks at every row and marks what is missing or wrong, with a note that says why.")
UNDO: Final = ButtonSpec("Undo last", "undo_last", "Takes back what the last button did here; what you typed since stays.")

# fmt: off
# Days that a rep acts on: red once they are past, unless the row is done with.
DUE_COLUMNS: Final = frozenset({
    "next_step_date", "close_date", "due", "due_on", "due_date", "revisit_on", "check_date", "next_touch", "renewal_date",
    "valid_until", "planned_at",
})
STANDING_WORDS: Final = frozenset({"Too few", "White"})  # choices of a computed column whose whole row is greyed by some words
CLOSED_COLUMNS: Final = ("outcome", "status", "result", "done")
CLOSED_WORDS: Final = frozenset({
    "won", "lost", "done", "not done", "held", "no-show", "cancelled", "moved", "converted", "disqualified", "closed", "dropped",
    "skipped", "accepted", "rejected", "expired", "yes",
})

# Widths in characters: by name, else by type; a column may say its own.
WIDTHS: Final = {
    "integer": 9.0, "number": 10.0, "money": 14.0, "percent": 9.0, "date": 11.5, "datetime": 16.5, "yes_no_unknown": 11.0,
    "email": 25.0, "phone": 17.0, "url": 24.0, "reference": 22.0, "text": 24.0, "id": 18.0,
}
NAMED_WIDTHS: Final = {
    "team": 12.0, "external_id": 14.0, "note": 30.0, "country": 9.0, "ccy": 7.0, "to_ccy": 8.0, "title": 20.0, "contact_name": 20.0,
    "industry": 18.0, "region": 14.0, "postcode": 11.0, "domain": 20.0, "sku": 14.0, "code": 11.0, "language": 10.0, "who": 24.0,
    "person": 20.0, "score_rule_version": 12.0, "verdict": 30.0, "ask_next": 36.0, "reason_1": 32.0, "reason_2": 32.0,
    "reason_3": 32.0, "score_reasons": 36.0, "prepared_by": 20.0, "approved_by": 20.0, "customer_name": 24.0, "our_name": 22.0,
}
LABEL_WIDTH: Final = 28.0            # of the first column, which stays in sight
LONG_TEXT_WIDTH: Final = 34.0        # of text that may be long
GROUPED_COLUMNS: Final = frozenset({"updated_at", "version"})
_PLACEHOLDER: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
# fmt: on


def sheet_of(table: Table) -> str:
    """Give the name of the tab of a table."""
    return table.title[:TAB_LIMIT]


def table_order(playbook: Playbook, tables: Iterable[str]) -> list[str]:
    """Order tables as their tabs stand: by kind (records, details, shared, libraries, logs), then by process."""
    place = {name: number for number, name in enumerate(playbook.tables)}
    return sorted(tables, key=lambda name: (KIND_ORDER[playbook.table(name).kind], place[name]))


def formula_in_row(formula: str, letters: Mapping[str, str], row: int) -> str:
    """Give a column's formula as it stands in one row: each `{column}` becomes that column's cell, such as `$F6`.

    letters: column letters by column name. Braces around anything else stay as they are. What cannot be
    calculated, because a word stands where a number belongs, shows a blank and not an error.
    """
    placed = _PLACEHOLDER.sub(lambda match: f"${letters[match[1]]}{row}" if match[1] in letters else match[0], formula)
    return f'IFERROR({placed.removeprefix("=")},"")'


def process_color(playbook: Playbook, process: Process) -> str:
    """Give the colour of a process: by its place among those that a person works in, grey for the rest."""
    working = [p for p in playbook.processes if any(t.kind in ("record", "detail") for t in p.tables)]
    return COLORS[working.index(process) % len(COLORS)] if process in working else SHARED_COLOR


def actions_of(playbook: Playbook, table: str) -> list[Action]:
    """Give the actions of the processes whose button stands on this table's tab."""
    return [action for action in playbook.actions.values() if table in action.tables]


def buttons_of(playbook: Playbook, table: Table) -> tuple[ButtonSpec, ...]:
    """Give the buttons of a tab: the table's actions, then `Check` and `Undo last`; none over a log without actions."""
    own = tuple(ButtonSpec(a.label, a.name, a.help) for a in actions_of(playbook, table.name))
    return (*own, CHECK, UNDO) if own or table.kind != "log" else ()


# ── columns ──────────────────────────────────────────────────────────────────────────────────────


def cell_format(column: Column) -> str:
    """Give the number format of a column as a word: "text" for all that must stay text."""
    return "text" if column.is_text else column.type


def column_width(column: Column, *, first: bool) -> float:
    """Give a width in characters that shows usual content and the longest word of the header."""
    if column.width:
        return float(column.width)
    if first:
        return LABEL_WIDTH
    width = NAMED_WIDTHS.get(column.name) or WIDTHS.get(column.type, 0.0)
    if column.type == "choice" and not column.choices_from:
        width = min(max((len(choice) for choice in column.choices), default=10) + 4.0, 24.0)
    elif column.choices_from:
        width = 16.0
    elif column.type == "text" and column.name not in NAMED_WIDTHS and column.limit >= 500:
        width = LONG_TEXT_WIDTH if not column.computed else WIDTHS["text"]
    longest = max(len(word) for word in re.split(r"[\s-]", column.header))
    return max(width, longest + 4.0, (len(column.header) + 6.0) / 2)


def column_look(column: Column) -> str:
    """Say which colours a column gets by its content: "due", "tier", "score", "outcome", "standing" or ""."""
    if column.type in ("date", "datetime") and column.name in DUE_COLUMNS:
        return "due"
    if column.computed and not STANDING_WORDS.isdisjoint(column.choices):
        return "standing"
    if column.name.endswith("tier"):
        return "tier"
    if column.name == "outcome" or (column.choices[:1] == ("Open",) and "Won" in column.choices):
        return "outcome"
    if column.computed and column.type in ("integer", "number") and column.name.endswith("score"):
        return "score"
    return ""


def closed_rule(table: Table) -> tuple[str, tuple[str, ...]]:
    """Give the column that says whether a row is done with, and its words for that; no words: any value does."""
    for name in CLOSED_COLUMNS:
        column = table.by_name.get(name)
        if column is None:
            continue
        if column.type in ("date", "datetime"):
            return name, ()
        words = tuple(choice for choice in column.choices if fold(choice) in CLOSED_WORDS)
        if words:
            return name, words
    return "", ()


def prompt_of(column: Column) -> str:
    """Give the sentence shown while a cell is selected: help, whether it is needed, its limits."""
    parts = [column.help.strip()]
    if column.required:
        parts.append("Needed.")
    if column.type in ("integer", "number", "money") and (column.minimum is not None or column.maximum is not None):
        low, high = column.minimum, column.maximum
        parts.append(
            f"{low} to {high}."
            if low is not None and high is not None
            else (f"{low} or more." if low is not None else f"Up to {high}.")
        )
    return " ".join(part for part in parts if part)


def column_spec(table: Table, column: Column, dropdowns: Dropdowns, *, first: bool, read_only: bool) -> ColumnSpec:
    """Lay out one column of a table."""
    computed = bool(column.computed) or read_only
    look = column_look(column)
    return ColumnSpec(
        name=column.name,
        header=column.header,
        style="computed" if computed else "input",
        format=cell_format(column),
        width=column_width(column, first=first),
        required=column.required and not computed,
        list_name="" if computed else dropdowns.name_for(table, column),
        strict=not (column.type == "reference" or bool(column.target)),
        prompt="" if computed else prompt_of(column),
        formula="" if read_only else column.formula,
        minimum=column.minimum,
        maximum=column.maximum,
        limit=column.limit if column.type in ("text", "url", "phone", "email", "reference") else 0,
        look=look,
        closed=closed_rule(table) if look == "due" else ("", ()),
        grouped=column.name in GROUPED_COLUMNS,
    )


def table_spec(
    playbook: Playbook,
    table: Table,
    dropdowns: Dropdowns,
    *,
    rows: Sequence[Row],
    spare_ids: Sequence[str],
    read_only: bool,
) -> TableSpec:
    """Lay out one table tab: the id and Action columns, then the table's columns in their order."""
    read_only = read_only or table.kind == "log"
    buttons = buttons_of(playbook, table)
    captions = tuple(button.caption for button in buttons)
    own = [column for column in table.columns if column.name != "id"]
    columns = [
        ColumnSpec("id", ID_HEADER, "id", "text", 18.0, hidden=True),
        ColumnSpec(
            "",
            ACTION_HEADER,
            "action",
            "text",
            9.5,
            list_name="" if read_only else dropdowns.add(DELETE_LIST, (DELETE,)),
            prompt=f"Choose {DELETE} to remove the row at the next sync.",
        ),
        *(column_spec(table, column, dropdowns, first=number == 0, read_only=read_only) for number, column in enumerate(own)),
    ]
    if captions:
        dropdowns.add(ACTIONS_LIST + table.name, captions)
    return TableSpec(
        table=table.name,
        sheet=sheet_of(table),
        title=table.title,
        help=table.help,
        color=process_color(playbook, playbook.process_of[table.name]),
        header_row=HEADER_ROW,
        columns=tuple(columns),
        rows=rows,
        spare_ids=() if read_only else spare_ids,
        buttons=buttons,
        actions=captions,
        read_only=read_only,
    )


# ── the book ─────────────────────────────────────────────────────────────────────────────────────


def book_spec(
    playbook: Playbook,
    markers: Markers,
    *,
    owner_email: str,
    owner_name: str,
    currency: str,
    now: datetime,
    tables: Sequence[str],
    rows: Mapping[str, Sequence[Row]] | None = None,
    spare_ids: Mapping[str, Sequence[str]] | None = None,
    todos: Sequence[Todo] = (),
    lists: Mapping[str, Sequence[Row]] | None = None,
    writes_library: bool = False,
) -> BookSpec:
    """Lay out a whole workbook.

    tables: names of the tables it gets. rows: canonical values with "id", by table, in the order in
    which they are to stand. spare_ids: ids that wait in blank rows, by table. todos: the lines for
    the list of today; the first fifteen are shown. lists: rows whose names are drop-down choices
    (people, accounts, stages, products, …); where a table is missing there, `rows` serve.
    writes_library: whether this member may change libraries. now: local time of the build.
    """
    rows, spare_ids = rows or {}, spare_ids or {}
    ordered = table_order(playbook, tables)
    dropdowns = Dropdowns(playbook, {**rows, **(lists or {})})
    dropdowns.add(DECISION_LIST, DECISIONS)
    specs = tuple(
        table_spec(
            playbook,
            playbook.table(name),
            dropdowns,
            rows=rows.get(name, ()),
            spare_ids=spare_ids.get(name, ()),
            read_only=playbook.table(name).kind == "library" and not writes_library,
        )
        for name in ordered
    )
    return BookSpec(
        markers=markers,
        title=f"Sales workbook of {owner_name or owner_email}" if owner_name or owner_email else "Sales workbook",
        owner=owner_email,
        owner_name=owner_name,
        currency=currency,
        tables=specs,
        start=start_spec(playbook, specs, owner_name=owner_name, currency=currency, day=now.date(), rows=rows, todos=todos),
        lists=dropdowns.lists,
        open_lists=frozenset(dropdowns.open),
        readme=dictionary_lines(playbook, ordered),
    )
