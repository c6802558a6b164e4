"""From the cells of a book of ours, whatever host handed them over, to its managed content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sheetsales_workbooks.host import (
    CONFLICT_COLUMNS,
    CONFLICTS_SHEET,
    LOG_FIRST_ROW,
    MARKER_SHEET,
    NOTICE_ROWS,
    REMOVED_SHEET,
    BookRead,
    ConflictRow,
    Markers,
    TableRead,
)
from sheetsales_workbooks.reading.find_tables import MappedTable, Place, Sheet, named_places, read_table, sheet_of
from sheetsales_workbooks.reading.workbook_read import ForeignBook, ForeignSheet

NOTICES: Final = "ss_notices"


def _tabs(book: ForeignBook) -> dict[str, str]:
    return {name.casefold(): name for name in book.tab_names if name != MARKER_SHEET}


def tabs_needed(book: ForeignBook, mapped: Sequence[MappedTable], *, alone: bool = False) -> set[str]:
    """Name the tabs that hold the managed content; alone: those of these tables and no others."""
    places = named_places(book.names)
    tabs = _tabs(book)
    tables = {name for table in mapped if (name := sheet_of(table, tabs, places))}
    if alone:
        return tables
    notices = {places[NOTICES][0]} if NOTICES in places else set()
    return tables | {CONFLICTS_SHEET, REMOVED_SHEET} | notices


def book_read(book: ForeignBook, mapped: Sequence[MappedTable], markers: Markers, owner: str, digest: str) -> BookRead:
    """Give the managed content of a book of ours from the cells of its tabs; tabs that are gone are remarked on."""
    places = named_places(book.names)
    tabs = _tabs(book)
    tables: dict[str, TableRead] = {}
    remarks: list[str] = []
    for table in mapped:
        name = sheet_of(table, tabs, places)
        sheet = book.sheet(name) if name is not None else None
        if sheet is None:
            remarks.append(
                f"The tab {table.sheet} is not in the workbook any more; its rows were not read and nothing was deleted."
            )
            continue
        read = read_table(table, Sheet(sheet.name, sheet.rows, sheet.hidden, sheet.merged), places)
        renamed = (
            (f"The tab {table.sheet} is now called {sheet.name}; it is read as before.",) if sheet.name != table.sheet else ()
        )
        repeated = tuple(f"{sheet.name}!{remark}" for remark in sheet.remarks)
        read.remarks = (*renamed, *read.remarks, *repeated)
        tables[table.table] = read
    return BookRead(
        markers,
        tables,
        _conflicts(book.sheet(CONFLICTS_SHEET)),
        digest,
        _counts(book, tables),
        tuple(remarks),
        book.tab_names,
        dict(places),
        _notices(book, places),
        _free_row(book.sheet(REMOVED_SHEET)),
        owner,
        {table: text for table in tables if (text := _text_at(book, places.get(f"ss_status_{table}")))},
    )


def _counts(book: ForeignBook, tables: Mapping[str, TableRead]) -> dict[str, int]:
    return {
        "sheets": len(book.sheets),
        "rows": sum(len(table.rows) for table in tables.values()),
        "cells": sum(sheet.cells - sheet.replaced for sheet in book.sheets),
        "skipped": sum(sheet.replaced for sheet in book.sheets),
        "hidden_rows": sum(table.hidden_rows for table in tables.values()),
        "recalculate": int(book.recalculate),
    }


def _conflicts(sheet: ForeignSheet | None) -> list[ConflictRow]:
    decision, other = CONFLICT_COLUMNS.index("Decision") + 1, CONFLICT_COLUMNS.index("Other value") + 1
    rows = sheet.rows if sheet is not None else {}
    return [
        ConflictRow(number, str(cells[1]).strip(), cells.get(decision), cells.get(other))
        for number, cells in rows.items()
        if number >= LOG_FIRST_ROW and str(cells.get(1) or "").strip()
    ]


def _notices(book: ForeignBook, places: Mapping[str, Place]) -> tuple[str, ...]:
    """Give the sentences of the Start tab in their order; the blank ones at the end are left out."""
    if NOTICES not in places:
        return ()
    name, first, column = places[NOTICES]
    sheet = book.sheet(name)
    if sheet is None:
        return ()
    texts = [str(sheet.rows.get(row, {}).get(column) or "") for row in range(first, first + NOTICE_ROWS)]
    while texts and not texts[-1]:
        texts.pop()
    return tuple(texts)


def _text_at(book: ForeignBook, place: Place | None) -> str:
    sheet = book.sheet(place[0]) if place is not None else None
    return str(sheet.rows.get(place[1], {}).get(place[2]) or "") if sheet is not None and place is not None else ""


def _free_row(sheet: ForeignSheet | None) -> int:
    rows = sheet.rows if sheet is not None else {}
    return max([LOG_FIRST_ROW, *(number + 1 for number in rows if number >= LOG_FIRST_ROW)])
