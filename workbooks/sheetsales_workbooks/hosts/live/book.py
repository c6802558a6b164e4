"""One open workbook as a `Host`, through any engine of xlwings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import xlwings

from sheetsales.errors import BookBusy, NotOurBook, NotSupported, SheetsalesError
from sheetsales_workbooks.host import MARKER_SHEET, BookPatch, BookRead, CellWrite, Markers, SheetPatch
from sheetsales_workbooks.hosts.live import marking, properties, writing
from sheetsales_workbooks.hosts.live.grid import places_of_names, read_tab
from sheetsales_workbooks.hosts.live.placing import placed
from sheetsales_workbooks.hosts.live.protection import check_unprotected
from sheetsales_workbooks.hosts.live.snapshot import Snapshot, digest, dumped, understood
from sheetsales_workbooks.reading.book_read import tabs_needed
from sheetsales_workbooks.reading.find_tables import agree, named_places, read_marker_rows, sheet_of
from sheetsales_workbooks.reading.sheet_cells import column_letters
from sheetsales_workbooks.reading.workbook_read import ForeignBook, ForeignSheet

GENERATION: Final = "generation"
GENERATION_PROPERTY: Final = "ss_generation"
TRIES: Final = 2  # how often a cell that a program took for something else is written again
QUIET: Final = {"screen_updating": False, "interactive": False}  # nothing flickers, nobody types into the write


class LiveBook:
    """An open workbook. It is changed in place and not saved: that is its owner's to do."""

    def __init__(self, book: xlwings.Book) -> None:
        self._book = book
        self._recalculates = bool(getattr(book.app.engine.impl, "recalculates", True))
        self._last: Snapshot | None = None
        words = {"formulas", "notes", "user_columns", "live"}
        self.capabilities: frozenset[str] = frozenset(words | ({"recalculates"} if self._recalculates else set()))

    @property
    def path(self) -> str:
        """The full path of the workbook, or its name where it was never saved."""
        return self._book.fullname

    # ── reading ──────────────────────────────────────────────────────────────────────────────────

    def markers(self) -> Markers:
        """Say whose book it is, by its marker sheet alone; raises NotOurBook or MarkersDisagree."""
        with boundary():
            return read_marker_rows(self._marker_tab().rows)[0]

    def _marker_tab(self) -> ForeignSheet:
        names = {sheet.name for sheet in self._book.sheets}
        if MARKER_SHEET not in names:
            raise NotOurBook
        return read_tab(self._book.sheets[MARKER_SHEET], recalculates=self._recalculates)

    def read(self) -> BookRead:
        """Read the whole managed content, results of formulas as the program shows them now."""
        self._last = self.snapshot()
        return self._last.read

    def snapshot(self) -> Snapshot:
        """Read the tabs that hold managed content as they are now.

        Raises NotOurBook, MarkersDisagree or another Refused; BookBusy while the program answers nobody.
        """
        with boundary():
            marker = self._marker_tab()
            names = tuple(sheet.name for sheet in self._book.sheets)
            markers, _, mapped = read_marker_rows(marker.rows)
            cells = ForeignBook([marker], dict(places_of_names(self._book)), properties.read_properties(self._book))
            agree(markers, cells.properties)
            cells.tab_names = names
            places, tabs = named_places(cells.names), {name.casefold(): name for name in names}
            heads = {sheet_of(table, tabs, places): table.header_row for table in mapped}
            needed = tabs_needed(cells, mapped)
            for name in names:
                if name in needed and name != MARKER_SHEET:
                    tab = self._book.sheets[name]
                    cells.sheets.append(read_tab(tab, recalculates=self._recalculates, head=heads.get(name, 0)))
            cells.content_hash = digest(dumped(cells))
            return understood(cells)

    # ── writing ──────────────────────────────────────────────────────────────────────────────────

    def apply(self, patch: BookPatch) -> None:
        """Write a patch made from what `read` gave last; see `write`."""
        self.write(patch, self._last if self._last is not None else self.snapshot())
        self._last = None

    def write(self, patch: BookPatch, since: Snapshot) -> tuple[str, ...]:
        """Write what changed since a state was read, the generation last, and read it back.

        Gives the addresses that do not hold what was written: somebody edited them meanwhile, on the
        new generation. Raises BookEdited, and writes nothing, where a cell to be written was edited
        before; NotSupported where the program keeps the book's properties to itself.
        """
        if not patch and patch.generation is None:
            return ()
        if patch.generation is not None and not properties.can_write(self._book):
            raise NotSupported("This spreadsheet program cannot mark the workbook as synced while it is open.", "Close it.")
        with boundary(), _quiet(self._book.app):
            now = self.snapshot()
            here = placed(patch, since, now)
            looks = self._looks(here, now)
            for name, sheet in here.sheets.items():
                check_unprotected(self._book.sheets[name])
                writing.check(name, sheet.cells)
            for name, sheet in here.sheets.items():
                self._write_sheet(name, sheet, looks)
            edited = self._read_back(here)
            if here.generation is not None:
                self._set_generation(now, here.generation)
            return edited

    def _looks(self, patch: BookPatch, now: Snapshot) -> tuple[marking.Look, ...]:
        if not any(sheet.marks or sheet.last_row for sheet in patch.sheets.values()):
            return ()
        marker = now.cells.sheet(MARKER_SHEET)
        return marking.palette(self._book, marker.rows if marker is not None else {})

    def _write_sheet(self, name: str, patch: SheetPatch, looks: tuple[marking.Look, ...]) -> None:
        sheet = self._book.sheets[name]
        if patch.last_row:
            for row in writing.grow(sheet, patch.like_row, patch.last_row):
                for column in {write.column for write in patch.cells if write.row == row}:
                    marking.make_plain(sheet.range((row, column)), looks)
        writing.write_cells(sheet, patch.cells)
        for mark in patch.marks:
            marking.put_mark(sheet, mark, looks)

    def _read_back(self, patch: BookPatch) -> tuple[str, ...]:
        """Compare what stands there with what was written; what the program took for something else is written again."""
        edited: list[str] = []
        for name, sheet_patch in patch.sheets.items():
            sheet = self._book.sheets[name]
            waiting = list({(write.row, write.column): write for write in sheet_patch.cells}.values())
            for attempt in range(TRIES + 1):
                if not waiting:
                    break
                rows = read_tab(sheet, recalculates=self._recalculates).rows
                found = {write: rows.get(write.row, {}).get(write.column) for write in waiting}
                waiting = [write for write in waiting if not writing.shows(write, found[write])]
                taken = [write for write in waiting if writing.was_taken_otherwise(write, found[write])]
                edited += [self._address(name, write) for write in waiting if write not in taken or attempt == TRIES]
                waiting = taken
                for write in taken if attempt < TRIES else ():
                    writing.write_again(sheet, write, writing.day_formats(sheet, rows, write.column))
        return tuple(edited)

    @staticmethod
    def _address(name: str, write: CellWrite) -> str:
        return f"{name}!{column_letters(write.column)}{write.row}"

    def _set_generation(self, now: Snapshot, generation: int) -> None:
        marker = now.cells.sheet(MARKER_SHEET)
        rows = marker.rows if marker is not None else {}
        row = next((row for row, cells in rows.items() if cells.get(1) == GENERATION), 0)
        if not row:
            raise NotOurBook("The marker sheet of the workbook lacks the marker 'generation'.")
        cell = self._book.sheets[MARKER_SHEET].range((row, 2))
        cell.value = str(generation) if isinstance(rows[row].get(2), str) else float(generation)
        properties.write_property(self._book, GENERATION_PROPERTY, str(generation))

    def status(self, table: str, text: str) -> None:
        """Show a sentence in the status cell of a table tab."""
        with boundary(), _quiet(self._book.app):
            place = named_places(places_of_names(self._book)).get(f"ss_status_{table}".casefold())
            if place is not None:
                check_unprotected(self._book.sheets[place[0]])
                writing.write_cells(self._book.sheets[place[0]], [CellWrite(place[1], place[2], text, text=True)])


@contextmanager
def _quiet(app: xlwings.App) -> Iterator[None]:
    """Hold the screen and the keyboard for the moment of the write, where the program can."""
    before: dict[str, object] = {}
    for name, value in QUIET.items():
        try:
            before[name] = getattr(app, name)
            setattr(app, name, value)
        except (NotImplementedError, AttributeError):
            before.pop(name, None)
    try:
        yield
    finally:
        for name, setting in before.items():
            setattr(app, name, setting)


@contextmanager
def boundary() -> Iterator[None]:
    """Turn what Excel says while it answers nobody into one sentence; its errors have no class that can be imported."""
    try:
        yield
    except SheetsalesError:
        raise
    except Exception as problem:
        if type(problem).__name__ != "com_error":
            raise
        raise BookBusy("Excel does not answer just now, so nothing more was written.") from problem
