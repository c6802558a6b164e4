"""What the office tells by itself: cells that change, buttons that are pressed, books that open, are saved and close.

The office calls a listener from a thread of its own, in the middle of its work; so a listener asks
nothing of the office. It leaves a task in the queue, and the main thread does it between two requests.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import uno
import unohelper

from .desk import NO_ELEMENT, Area, Desk, NoSuchThing, area_of

DOCUMENTS = "/singletons/com.sun.star.frame.theGlobalEventBroadcaster"
TOLD = {
    "OnLoad": "opened",
    "OnNew": "opened",
    "OnSaveDone": "saved",
    "OnSaveAsDone": "saved",
    "OnUnload": "closed",
}
CONTROL = "com.sun.star.drawing.ControlShape"
BUTTON = "com.sun.star.form.component.CommandButton"

_Document: Any = uno.getClass("com.sun.star.document.XDocumentEventListener")
_Modify: Any = uno.getClass("com.sun.star.util.XModifyListener")
_Action: Any = uno.getClass("com.sun.star.awt.XActionListener")
_Activation: Any = uno.getClass("com.sun.star.sheet.XActivationEventListener")


class DocumentListener(unohelper.Base, _Document):  # type: ignore[misc]
    """Hears of every document."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def documentEventOccured(self, event: Any) -> None:  # noqa: N802
        """Take down what happened to which document."""
        word = TOLD.get(event.EventName)
        if word:
            document = event.Source
            self._desk.tasks.put(lambda: _document(self._desk, word, document))

    def disposing(self, source: Any) -> None:
        """Nothing is left to hear of."""


class CellListener(unohelper.Base, _Modify):  # type: ignore[misc]
    """Hears of changes in one range."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed

    def modified(self, event: Any) -> None:  # noqa: ARG002
        """Take down that something changed."""
        self._changed()

    def disposing(self, source: Any) -> None:
        """The range is gone."""


class ButtonListener(unohelper.Base, _Action):  # type: ignore[misc]
    """Hears of one button."""

    def __init__(self, pressed: Callable[[], None]) -> None:
        self._pressed = pressed

    def actionPerformed(self, event: Any) -> None:  # noqa: ARG002, N802
        """Take down that the button was pressed."""
        self._pressed()

    def disposing(self, source: Any) -> None:
        """The button is gone."""


class SheetListener(unohelper.Base, _Activation):  # type: ignore[misc]
    """Hears which sheet of a book is shown; the buttons of a sheet live only while it is."""

    def __init__(self, shown: Callable[[], None]) -> None:
        self._shown = shown

    def activeSpreadsheetChanged(self, event: Any) -> None:  # noqa: ARG002, N802
        """Take down that another sheet is shown."""
        self._shown()

    def disposing(self, source: Any) -> None:
        """The window is gone."""


# ── documents ────────────────────────────────────────────────────────────────────────────────────


def listen(desk: Desk) -> None:
    """Hear of every document from now on."""
    broadcaster = desk.program.context.getValueByName(DOCUMENTS)
    broadcaster.addDocumentEventListener(DocumentListener(desk))


def _document(desk: Desk, word: str, document: Any) -> None:
    if word != "closed":
        for uid, other in desk.books():
            if other == document:
                desk.look_where(uid)
                desk.tell(word, uid, desk.path(uid))
        return
    uid = desk.known(document)
    if uid:
        desk.closed(uid)


# ── cells ────────────────────────────────────────────────────────────────────────────────────────


def watch_cells(desk: Desk, handle: int, area: Area) -> None:
    """Tell of each change in a range; a range is watched once, however often it is asked."""
    uid, _ = desk.owner(handle)
    key = (uid, "cells", handle, tuple(area))
    if key in desk.watches:
        return
    held = desk.range(handle, area)

    def told() -> None:
        with contextlib.suppress(Exception):  # the sheet may have been deleted since
            desk.tell("changed", uid, handle, str(desk.sheet(handle).Name), area_of(held.RangeAddress))

    listener = CellListener(lambda: desk.tasks.put(told))
    held.addModifyListener(listener)
    desk.watches[key] = (held, listener)


def unwatch_cells(desk: Desk, handle: int, area: Area) -> None:
    """Stop telling of a range."""
    uid, _ = desk.owner(handle)
    held, listener = desk.watches.pop((uid, "cells", handle, tuple(area)), (None, None))
    if held is not None:
        held.removeModifyListener(listener)


def unwatch_all(desk: Desk) -> None:
    """Stop listening to everything. An office of another person that still calls a cell listener of a
    process that ended crashes when the book is closed (seen in LibreOffice 7.4).
    """
    for key, watch in list(desk.watches.items()):
        with contextlib.suppress(Exception):  # a book that is gone takes its listeners along
            if key[1] == "cells":  # type: ignore[index]
                watch[0].removeModifyListener(watch[1])
                continue
            watch[0].removeActivationEventListener(watch[1])
            for control, listener in watch[2].values():
                control.removeActionListener(listener)
    desk.watches.clear()


# ── buttons ──────────────────────────────────────────────────────────────────────────────────────


def _models(sheet: Any) -> list[Any]:
    page = sheet.DrawPage
    shapes = [page.getByIndex(number) for number in range(page.Count)]
    controls = [shape.Control for shape in shapes if shape.supportsService(CONTROL)]
    return [model for model in controls if model is not None and model.supportsService(BUTTON)]


def buttons(desk: Desk, handle: int) -> list[str]:
    """Give the captions of the buttons of a sheet."""
    return [str(model.Label) for model in _models(desk.sheet(handle))]


def watch_buttons(desk: Desk, uid: str) -> None:
    """Tell of every press of a button of a book, whatever sheet is shown. The macros that the file
    ties to its buttons are let go, so that they do not run as well.
    """
    key = (uid, "buttons")
    document = desk.book(uid)
    if key not in desk.watches:
        controller = document.CurrentController
        listener = SheetListener(lambda: desk.tasks.put(lambda: _attach(desk, uid)))
        controller.addActivationEventListener(listener)
        desk.watches[key] = (controller, listener, {})
    _attach(desk, uid)


def _attach(desk: Desk, uid: str) -> None:
    """Listen to the buttons of the sheet that is shown, each of them once."""
    watch = desk.watches.get((uid, "buttons"))
    if watch is None:
        return
    controller, _, listeners = watch
    sheet = controller.ActiveSheet
    handle = desk.handle(uid, sheet)
    document = desk.book(uid)
    changes = document.isModified()
    _let_macros_go(sheet)
    document.setModified(changes)  # nobody is to be asked to save that
    with contextlib.suppress(AttributeError):
        controller.setFormDesignMode(False)
    for number, model in enumerate(_models(sheet)):
        caption = str(model.Label)
        for pane, control in enumerate(_controls(controller, model)):
            place = (handle, number, caption, pane)
            if listeners.get(place, (None, None))[0] != control:  # the window makes new ones when the sheet is shown again
                listener = ButtonListener(_teller(desk, uid, handle, caption))
                control.addActionListener(listener)
                listeners[place] = (control, listener)


def _controls(controller: Any, model: Any) -> list[Any]:
    """Give what a button is on the screen: one control in each pane of a window with frozen rows or columns."""
    found: list[Any] = []
    for pane in (controller.getByIndex(number) for number in range(controller.Count)):
        with contextlib.suppress(NO_ELEMENT):
            control = pane.getControl(model)
            if control is not None and control not in found:
                found.append(control)
    return found


def _teller(desk: Desk, uid: str, handle: int, caption: str) -> Callable[[], None]:
    def told() -> None:
        with contextlib.suppress(NoSuchThing):
            desk.tell("pressed", uid, handle, str(desk.sheet(handle).Name), caption)

    return lambda: desk.tasks.put(told)


def _let_macros_go(sheet: Any) -> None:
    forms = sheet.DrawPage.Forms
    for form in (forms.getByIndex(number) for number in range(forms.Count)):
        for number in range(form.Count):
            if form.getScriptEvents(number):
                form.revokeScriptEvents(number)


def _control(desk: Desk, handle: int, caption: str) -> Any:
    uid, document = desk.owner(handle)
    controller = document.CurrentController
    if controller.ActiveSheet.Name != desk.sheet(handle).Name:
        controller.setActiveSheet(desk.sheet(handle))
        _attach(desk, uid)  # the office tells of the other sheet only later
    for model in _models(desk.sheet(handle)):
        if model.Label == caption:
            return controller.getControl(model)
    raise NoSuchThing("button")


def place_on_screen(desk: Desk, handle: int, caption: str) -> tuple[int, int, int, int]:
    """Show a button's sheet and give where the button is on the screen: left, top, width, height."""
    seen = _control(desk, handle, caption).AccessibleContext
    corner, size = seen.getLocationOnScreen(), seen.getSize()
    return corner.X, corner.Y, size.Width, size.Height


def press(desk: Desk, handle: int, caption: str) -> None:
    """Press a button as an assistive program would, without a pointer."""
    _control(desk, handle, caption).AccessibleContext.doAccessibleAction(0)
