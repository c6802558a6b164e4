"""The engine: switch it on, and the offices and their apps as xlwings sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

import xlwings as xw
from xlwings import base_classes

from sheetsales_workbooks.hosts.libreoffice import values
from sheetsales_workbooks.hosts.libreoffice.books import Books
from sheetsales_workbooks.hosts.libreoffice.office import Office
from sheetsales_workbooks.hosts.libreoffice.ranges import Range
from sheetsales_workbooks.hosts.libreoffice.sheets import Sheet
from sheetsales_workbooks.hosts.libreoffice.unsupported import complete

NAME: Final = "libreoffice"
VERSION: Final = "16.0"  # of the Excel whose object model this speaks; code asks for it to choose its ways


class Engine:
    """What xlwings asks of an engine."""

    name = NAME
    type = "desktop"

    def __init__(self) -> None:
        self.apps = Apps()

    prepare_xl_data_element = staticmethod(values.for_cells)

    @staticmethod
    def clean_value_data(
        data: list[list[Any]],
        datetime_builder: Callable[..., Any] = datetime,
        empty_as: Any = None,
        number_builder: Callable[[float], Any] | None = None,
        err_to_str: bool = False,
    ) -> list[list[Any]]:
        """Give what was read as the options of a range ask for it."""
        return values.cleaned(data, datetime_builder, empty_as, number_builder, err_to_str)


class Apps(base_classes.Apps):
    """The offices that this process started or found, the active one first."""

    def __init__(self) -> None:
        self.started: list[App] = []

    def _alive(self) -> list[App]:
        """Give the offices that are still there; one that crashed is let go of."""
        for app in [app for app in self.started if app.office.ended]:
            app.quit()
        return list(self.started)

    def keys(self) -> list[int]:
        """Give the process ids of the offices."""
        return [app.pid for app in self._alive()]

    def add(self, spec: str | None = None, add_book: bool | None = None, xl: object = None, visible: bool | None = None) -> App:
        """Start an office, or take the one that listens on the pipe `spec`; it becomes the active one."""
        del xl
        app = App(self, Office(pipe=spec or "", visible=bool(visible)))
        self.started.insert(0, app)
        if add_book:
            app.books.add()
        return app

    @staticmethod
    def cleanup() -> None:
        """Do nothing: an office of ours ends with its process."""

    def __iter__(self) -> Iterator[App]:
        return iter(self._alive())

    def __len__(self) -> int:
        return len(self._alive())

    def __getitem__(self, pid: int) -> App:
        for app in self._alive():
            if app.pid == pid:
                return app
        raise KeyError(pid)


@complete
class App(base_classes.App):
    """One office."""

    def __init__(self, apps: Apps, office: Office) -> None:
        self._apps = apps
        self.office = office
        self._books = Books(self)
        self._screen_updating = True
        self._status: str | None = None
        self.copied: Range | None = None  # what a copy without a destination waits with
        self.display_alerts = True
        self.enable_events = True
        self.interactive = True

    display_alerts: bool = True
    enable_events: bool = True
    interactive: bool = True
    cut_copy_mode: bool = False
    startup_path: str = ""
    path: str = ""
    hwnd: None = None

    @property
    def engine(self) -> Engine:
        """Give the engine."""
        return engine

    @property
    def api(self) -> Office:
        """Give the office; there is no native object of it in this process."""
        return self.office

    @property
    def books(self) -> Books:
        """Give the open books."""
        return self._books

    @property
    def pid(self) -> int:
        """Give the process id of the office, or of its helper where the office is a person's."""
        return self.office.pid

    @property
    def version(self) -> str:
        """Give the version of Excel whose object model this is."""
        return VERSION

    @property
    def visible(self) -> bool:
        """Say whether the office has windows; it is decided when it is started."""
        return self.office.visible

    @visible.setter
    def visible(self, value: bool) -> None:
        del value  # xlwings sets what it asked for at the start; windows cannot be made later

    @property
    def screen_updating(self) -> bool:
        """Say whether changes are drawn at once."""
        return self._screen_updating

    @screen_updating.setter
    def screen_updating(self, value: bool) -> None:
        self._screen_updating = value
        self.office.ask("books", "lock_screen", not value)

    @property
    def calculation(self) -> str:
        """Give "automatic" or "manual"."""
        return "automatic" if self.office.ask("books", "automatic") else "manual"

    @calculation.setter
    def calculation(self, value: str) -> None:
        self.office.ask("books", "set_automatic", value != "manual")

    def calculate(self) -> None:
        """Calculate all formulas of all books."""
        self.office.ask("books", "calculate")

    @property
    def status_bar(self) -> str | bool:
        """Give the sentence in the status bar, False where it is the program's own."""
        return self._status if self._status is not None else False

    @status_bar.setter
    def status_bar(self, value: str | bool | None) -> None:
        self._status = str(value) if value else None
        for book in self.books:
            self.office.ask("books", "status", book.uid, self._status or "")

    @property
    def selection(self) -> Range | None:
        """Give the selected range of the active book."""
        return self.books.active.selection

    def activate(self, steal_focus: bool = False) -> None:
        """Make this the app that `xw.apps.active` is."""
        del steal_focus
        self._apps.started.remove(self)
        self._apps.started.insert(0, self)

    def quit(self) -> None:
        """End an office of ours without saving; let go of a person's."""
        self.office.end()
        if self in self._apps.started:
            self._apps.started.remove(self)

    def kill(self) -> None:
        """End the office, as `quit` does."""
        self.quit()


engine = Engine()


def activate(pipe: str = "", *, visible: bool = False) -> xw.Engine:
    """Make LibreOffice the program that xlwings speaks to, and give the xlwings engine.

    pipe: take the office that listens there, and make it the active app. Without it an office is
    started when the first book is opened (hidden), or at once where `visible` is set.
    Raises OfficeMissing or OfficeGone.
    """
    if NAME not in xw.engines.engines_by_name:
        xw.engines.add(xw.Engine(impl=engine))
    made = xw.engines[NAME]
    made.activate()
    if pipe or visible:
        engine.apps.add(spec=pipe or None, visible=visible)
    return made


def deactivate() -> None:
    """End the offices that were started here and let go of those that were found."""
    for app in engine.apps:
        app.quit()


def office(app: xw.App | None = None) -> Office:
    """Give the office of an app (without one: of the active app), with its events."""
    held = app.impl if app is not None else next(iter(engine.apps))
    found: Office = held.office
    return found


__all__ = ["App", "Apps", "Engine", "Sheet", "activate", "deactivate", "engine", "office"]
