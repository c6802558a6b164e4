"""Books: open, add, save, close, print to PDF; what is active and selected; calculation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import uno

from .desk import Area, Desk, NoSuchThing

FILTERS = {
    ".xlsx": "Calc MS Excel 2007 XML",
    ".xlsm": "Calc MS Excel 2007 VBA XML",
    ".xls": "MS Excel 97",
    ".ods": "calc8",
    ".csv": "Text - txt - csv (StarCalc)",
    ".html": "HTML (StarCalc)",
    ".pdf": "calc_pdf_Export",
}
NEVER_RUN_MACROS = 0  # com.sun.star.document.MacroExecMode.NEVER_EXECUTE
NO_LINKS = 0  # com.sun.star.document.UpdateDocMode.NO_UPDATE
UTF8 = 76
VETO: Any = uno.getClass("com.sun.star.util.CloseVetoException")


def properties(**values: object) -> tuple[Any, ...]:
    """Give named values as the office wants them."""
    made = []
    for name, value in values.items():
        item = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
        item.Name, item.Value = name, value
        made.append(item)
    return tuple(made)


def listed(desk: Desk) -> list[tuple[str, str]]:
    """Give id and path (or the title of a book never saved) of every open book."""
    return [(uid, desk.path(uid)) for uid, _ in desk.books()]


def path(desk: Desk, uid: str) -> str:
    """Give where a book is saved, or its title."""
    return desk.path(uid)


def add(desk: Desk, visible: bool) -> str:
    """Make an empty book."""
    document = desk.desktop.loadComponentFromURL("private:factory/scalc", "_blank", 0, properties(Hidden=not visible))
    return str(next(uid for uid, other in desk.books() if other == document))


def opened(desk: Desk, file: str, visible: bool, read_only: bool, password: str, separator: str) -> str:
    """Open a file; its macros do not run and its links are not followed."""
    wanted = {
        "Hidden": not visible,
        "MacroExecutionMode": NEVER_RUN_MACROS,
        "UpdateDocMode": NO_LINKS,
        **({"ReadOnly": True} if read_only else {}),
        **({"Password": password} if password else {}),
    }
    if file.lower().endswith((".csv", ".txt")):
        wanted.update(FilterName=FILTERS[".csv"], FilterOptions=f"{ord(separator)},34,{UTF8},1")
    document = desk.desktop.loadComponentFromURL(Path(file).as_uri(), "_blank", 0, properties(**wanted))
    if document is None:
        raise ValueError("LibreOffice did not open it: it may be in use, damaged or protected by a password")
    for uid, other in desk.books():
        if other == document:
            return uid
    document.close(True)
    raise ValueError("it is not a workbook")


def save(desk: Desk, uid: str, to: str, password: str) -> None:
    """Save in place, or under a new path in the format that its ending names."""
    document = desk.book(uid)
    if not to:
        document.store()
        return
    wanted = {"FilterName": _filter(to), "Overwrite": True}
    if password:
        wanted["Password"] = password
    document.storeAsURL(Path(to).as_uri(), properties(**wanted))
    desk.look_where(uid)


def copy_to(desk: Desk, uid: str, to: str, handle: int = 0, area: Area = ()) -> None:
    """Write a copy in another format; of a sheet's area alone where one is named (PDF)."""
    document = desk.book(uid)
    wanted = {"FilterName": _filter(to), "Overwrite": True}
    if handle:
        data = properties(Selection=desk.range(handle, area) if area else desk.sheet(handle))
        wanted["FilterData"] = uno.Any("[]com.sun.star.beans.PropertyValue", data)
    document.storeToURL(Path(to).as_uri(), properties(**wanted))


def _filter(file: str) -> str:
    ending = Path(file).suffix.lower()
    if ending not in FILTERS:
        raise ValueError("it cannot be saved as '{}'; use one of {}".format(ending, ", ".join(FILTERS)))
    return FILTERS[ending]


def close(desk: Desk, uid: str) -> None:
    """Close a book without saving. Where something holds it, as a dialog does, it stays as it was."""
    document = desk.book(uid)
    changes = document.isModified()
    document.setModified(False)
    try:
        document.close(False)
    except VETO:
        document.setModified(changes)
        raise
    desk.closed(uid)


def active(desk: Desk) -> str:
    """Give the id of the book in front, or "" where none has the focus (hidden books never have)."""
    document = desk.desktop.getCurrentComponent()
    if document is None or not document.supportsService("com.sun.star.sheet.SpreadsheetDocument"):
        return ""
    desk.books()
    return desk.known(document)


def activate(desk: Desk, uid: str) -> None:
    """Bring a book to the front."""
    controller = desk.book(uid).CurrentController
    if controller is not None:
        controller.Frame.activate()


def selection(desk: Desk, uid: str) -> tuple[int, tuple[int, int, int, int]]:
    """Give sheet and area of what is selected."""
    chosen = desk.book(uid).CurrentController.getSelection()
    if chosen.supportsService("com.sun.star.sheet.SheetCellRanges"):
        chosen = chosen.getByIndex(0)
    if not hasattr(chosen, "RangeAddress"):
        raise NoSuchThing("selection")
    return desk.place(uid, chosen.RangeAddress)


def select(desk: Desk, handle: int, area: Area) -> None:
    """Select a range and show its sheet."""
    _, document = desk.owner(handle)
    document.CurrentController.setActiveSheet(desk.sheet(handle))
    document.CurrentController.select(desk.range(handle, area))


def calculate(desk: Desk) -> None:
    """Calculate every formula of every book."""
    for _, document in desk.books():
        document.calculateAll()


def automatic(desk: Desk) -> bool:
    """Say whether all books calculate by themselves."""
    return all(document.isAutomaticCalculationEnabled() for _, document in desk.books())


def set_automatic(desk: Desk, value: bool) -> None:
    """Switch automatic calculation of all books."""
    for _, document in desk.books():
        document.enableAutomaticCalculation(value)


def lock_screen(desk: Desk, locked: bool) -> None:
    """Hold back the drawing of all books, or let it go on."""
    for _, document in desk.books():
        if locked:
            document.lockControllers()
        while not locked and document.hasControllersLocked():
            document.unlockControllers()


def status(desk: Desk, uid: str, text: str) -> None:
    """Show a sentence in a book's status bar; an empty one gives the bar back."""
    controller = desk.book(uid).CurrentController
    if controller is not None:
        indicator = controller.StatusIndicator
        indicator.start(text, 1) if text else indicator.end()


def changed(desk: Desk, uid: str) -> bool:
    """Say whether a book has changes that are not saved."""
    return bool(desk.book(uid).isModified())


def user_properties(desk: Desk, uid: str) -> dict[str, str]:
    """Give the document properties of the user's own as texts; whole numbers without a point."""
    held = desk.book(uid).DocumentProperties.UserDefinedProperties
    found = {}
    for known in held.PropertySetInfo.Properties:
        value = held.getPropertyValue(known.Name)
        found[known.Name] = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return found


def set_user_property(desk: Desk, uid: str, name: str, value: str) -> None:
    """Set a document property of the user's own that is there, in its own type; one that is not stays away."""
    held = desk.book(uid).DocumentProperties.UserDefinedProperties
    if held.PropertySetInfo.hasPropertyByName(name):
        kind = type(held.getPropertyValue(name))
        held.setPropertyValue(name, kind(value) if kind in (int, float, str) else value)
