"""The engine, its program instances, and their books."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook, load_workbook
from openpyxl.packaging.custom import StringProperty
from xlwings import base_classes

from sheetsales.errors import NotSupported
from sheetsales.values import CellError, Formula
from sheetsales_workbooks.hosts.memory.cell_values import ErrorText, cleaned, prepared
from sheetsales_workbooks.hosts.memory.names import Names
from sheetsales_workbooks.hosts.memory.ranges import Range
from sheetsales_workbooks.hosts.memory.sheet import Sheets
from sheetsales_workbooks.hosts.memory.tab import Document, Results
from sheetsales_workbooks.hosts.memory.unsupported import names_what_is_missing
from sheetsales_workbooks.reading.guard import package
from sheetsales_workbooks.reading.workbook_read import read_book_parts
from sheetsales_workbooks.reading.workbook_xml import read_workbook

VERSION: Final = "16.0"  # of the Excel whose object model this is
MACRO_ENDINGS: Final = (".xlsm", ".xltm")
_pids = itertools.count(1)


class Engine:
    """The engine as xlwings asks for it. recalculates: whether formulas get new results here."""

    name = "memory"
    type = "desktop"
    recalculates = False

    def __init__(self) -> None:
        self.apps = Apps(self)

    @staticmethod
    def prepare_xl_data_element(x: object, options: object) -> object:  # noqa: ARG004
        """Give one element as a cell can hold it."""
        return prepared(x)

    @staticmethod
    def clean_value_data(
        data: Sequence[Sequence[object]],
        datetime_builder: Callable[..., object],
        empty_as: object,
        number_builder: Callable[[Any], object] | None,
        err_to_str: bool,
    ) -> list[list[object]]:
        """Give a block of raw values as the reader asked for them."""
        return cleaned(data, datetime_builder, empty_as, number_builder, errors_as_text=err_to_str)


class Apps(base_classes.Apps):
    """The program instances, the active one first."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.running: list[App] = []

    def keys(self) -> list[int]:
        """Give the numbers of the instances."""
        return [app.pid for app in self.running]

    def add(self, spec: object = None, add_book: object = None, xl: object = None, visible: object = None) -> App:  # noqa: ARG002
        """Start an instance; it becomes the active one."""
        app = App(self._engine)
        self.running.insert(0, app)
        if add_book:
            app.books.add()
        return app

    def __iter__(self) -> Iterator[App]:
        return iter(list(self.running))

    def __len__(self) -> int:
        return len(self.running)

    def __getitem__(self, pid: int) -> App:
        for app in self.running:
            if app.pid == pid:
                return app
        raise KeyError(pid)


@names_what_is_missing
class App(base_classes.App):
    """One program instance: its books and its settings, which change nothing here."""

    visible = True
    screen_updating = True
    display_alerts = True
    enable_events = True
    interactive = True
    calculation = "automatic"
    cut_copy_mode = False
    status_bar: str | bool = False

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._books = Books(self)
        self._pid = next(_pids)

    @property
    def engine(self) -> Engine:
        """The engine it belongs to."""
        return self._engine

    @property
    def api(self) -> Any:
        """There is no program behind it: the books."""
        return self._books.open_books

    @property
    def books(self) -> Books:
        """Its books."""
        return self._books

    @property
    def pid(self) -> int:
        """Its number."""
        return self._pid

    @property
    def version(self) -> str:
        """The Excel whose object model this is."""
        return VERSION

    @property
    def selection(self) -> Range | None:
        """What is selected in front."""
        if not self._books.open_books:
            return None
        sheet = self._books.active.sheets.active
        return sheet.range(str(sheet.ws.sheet_view.selection[0].sqref).split(" ")[0])

    def activate(self, steal_focus: bool = False) -> None:  # noqa: ARG002
        """Make it the active instance."""
        running = self._engine.apps.running
        running.remove(self)
        running.insert(0, self)

    def calculate(self) -> None:
        """Nothing is calculated in memory: formulas keep the results they have."""

    def run(self, macro: str, args: object) -> None:  # noqa: ARG002
        """Refuse a macro."""
        raise NotSupported(f"The spreadsheet in memory does not have App.run: it cannot run the macro {macro}.")

    def quit(self) -> None:
        """End it; books that were not saved are gone."""
        if self in self._engine.apps.running:
            self._engine.apps.running.remove(self)
        self._books.open_books.clear()

    kill = quit


class Books(base_classes.Books):
    """The open books of an instance, the active one last."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.open_books: list[Book] = []
        self.order: list[Book] = []  # the active one last

    @property
    def api(self) -> Any:
        """The open books."""
        return self.open_books

    @property
    def app(self) -> App:
        """The instance they belong to."""
        return self._app

    @property
    def active(self) -> Book:
        """The book in front."""
        if not self.order:
            raise IndexError("No book is open.")
        return self.order[-1]

    def __call__(self, name_or_index: int | str) -> Book:
        """Give one by its name or its number, which counts from 1."""
        if isinstance(name_or_index, int):
            return self.open_books[name_or_index - 1]
        wanted = name_or_index.casefold()
        for book in self.open_books:
            if wanted in (book.name.casefold(), book.fullname.casefold()):
                return book
        raise KeyError(name_or_index)

    def __len__(self) -> int:
        return len(self.open_books)

    def __iter__(self) -> Iterator[Book]:
        return iter(list(self.open_books))

    def _add(self, book: Book) -> Book:
        self.open_books.append(book)
        self.order.append(book)
        return book

    def add(self) -> Book:
        """Make a book that was never saved."""
        names = {book.name for book in self.open_books}
        name = next(f"Book{number}" for number in itertools.count(1) if f"Book{number}" not in names)
        wb = Workbook()
        wb.worksheets[0].title = "Sheet1"
        return self._add(Book(self, wb, {}, name))

    def open(self, fullname: str, *_how: object, **_settings: object) -> Book:
        """Open a file; its formulas keep the results they were saved with."""
        path = Path(fullname).absolute()
        keep = path.suffix.lower() in MACRO_ENDINGS
        with _quietly():
            wb = load_workbook(path, keep_vba=keep)
        return self._add(Book(self, wb, _results(path), str(path)))


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep openpyxl's remarks on what it leaves out of a file to itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _results(path: Path) -> dict[str, Results]:
    """Give what the formulas of a file were saved with; openpyxl itself does not tell a blank text from no result."""
    parts = package(path.read_bytes())
    book = read_book_parts(parts, read_workbook(parts), ours=True)
    return {
        sheet.name: {
            (row, column): ErrorText(cell.value.code) if isinstance(cell.value, CellError) else cell.value
            for row, cells in sheet.rows.items()
            for column, cell in cells.items()
            if isinstance(cell, Formula) and cell.calculated
        }
        for sheet in book.sheets
    }


@names_what_is_missing
class Book(Document):
    """One open book. fullname: its path, or its name where it was never saved."""

    def __init__(self, books: Books, wb: Workbook, results: dict[str, Results], fullname: str) -> None:
        super().__init__(wb, results)
        self._books = books
        self._fullname = fullname

    @property
    def app(self) -> App:
        """The instance it is open in."""
        return self._books.app

    @property
    def name(self) -> str:
        """The name of its file."""
        return Path(self._fullname).name

    @property
    def fullname(self) -> str:
        """Its path."""
        return self._fullname

    @property
    def sheets(self) -> Sheets:
        """Its worksheets."""
        return Sheets(self)

    @property
    def names(self) -> Names:
        """Its defined names, those of its sheets included."""
        return Names(self)

    def activate(self) -> None:
        """Bring it, and its instance, to the front."""
        self._books.order.remove(self)
        self._books.order.append(self)
        self.app.activate()

    def save(self, path: str | None = None, password: str | None = None) -> None:
        """Write it to its path, or to another one that becomes its own; a book never saved goes into the present folder."""
        if password is not None:
            raise NotSupported("The spreadsheet in memory does not have Book.save with a password.")
        target = Path(path or (self._fullname if Path(self._fullname).suffix else f"{self._fullname}.xlsx")).absolute()
        self.wb.save(target)
        self._fullname = str(target)

    def close(self) -> None:
        """Close it; what was not saved is gone."""
        self._books.open_books.remove(self)
        self._books.order.remove(self)

    # ── document properties, which xlwings has no word for ───────────────────────────────────────

    def custom_properties(self) -> dict[str, str]:
        """Give the custom document properties as text."""
        return {prop.name: str(prop.value) for prop in self.api.custom_doc_props.props}

    def set_custom_property(self, name: str, value: str) -> None:
        """Set a custom document property that is there; one that is not stays away."""
        for prop in self.api.custom_doc_props.props:
            if prop.name == name:
                prop.value = value if isinstance(prop, StringProperty) else type(prop.value)(value)
