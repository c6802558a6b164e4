"""The cells above the tables of an open workbook in which a person chooses an action."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import xlwings

from sheetsales_workbooks.hosts.live.book import boundary
from sheetsales_workbooks.hosts.live.grid import places_of_names
from sheetsales_workbooks.reading.find_tables import named_places

PREFIX: Final = "ss_action_"


def action_cells(book: xlwings.Book) -> dict[str, xlwings.Range]:
    """Give the Action cell of each table as it stands now. Raises BookBusy while the program answers nobody."""
    with boundary():
        places = named_places(places_of_names(book))
        tabs = {sheet.name.casefold(): sheet for sheet in book.sheets}
        return {
            name.removeprefix(PREFIX): tabs[tab.casefold()].range((row, column))
            for name, (tab, row, column) in places.items()
            if name.startswith(PREFIX) and tab.casefold() in tabs
        }


def chosen(cells: Mapping[str, xlwings.Range]) -> dict[str, str]:
    """Give what is chosen, by table; a cell that is empty is left out. Raises BookBusy."""
    with boundary():
        words = {table: str(cell.value or "").strip() for table, cell in cells.items()}
        return {table: word for table, word in words.items() if word}


def cleared(cell: xlwings.Range) -> None:
    """Take the choice away, so that it is carried out once. Raises BookBusy."""
    with boundary():
        cell.value = None


def calling_book() -> xlwings.Book:
    """Give the workbook from which xlwings runs this program. Raises what xlwings raises where there is none."""
    return xlwings.Book.caller()


def shown_tab(book: xlwings.Book) -> str:
    """Give the name of the tab that is shown."""
    with boundary():
        return str(book.sheets.active.name)
