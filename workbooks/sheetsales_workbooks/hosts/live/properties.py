"""The custom document properties of an open workbook, for which xlwings has no word of its own.

Our engines bring two methods on their books. Excel on Windows is reached through COM; on a Mac there
is no way to them, so there a book is not written while it is open.
"""

from __future__ import annotations

from typing import Any

import xlwings

from sheetsales.errors import NotSupported


def read_properties(book: xlwings.Book) -> dict[str, str]:
    """Give the custom document properties as text; none where the program keeps them to itself."""
    if hasattr(book.impl, "custom_properties"):
        found: dict[str, str] = book.impl.custom_properties()
        return found
    held = _excel(book)
    return {} if held is None else {str(one.Name): str(one.Value) for one in held}


def can_write(book: xlwings.Book) -> bool:
    """Say whether the program lets its document properties be changed."""
    return hasattr(book.impl, "set_custom_property") or _excel(book) is not None


def write_property(book: xlwings.Book, name: str, value: str) -> None:
    """Set a custom document property that is there; raises NotSupported where that cannot be done."""
    if hasattr(book.impl, "set_custom_property"):
        book.impl.set_custom_property(name, value)
        return
    held = _excel(book)
    if held is None:
        raise NotSupported(
            "This spreadsheet program does not let the properties of a workbook be changed.",
            "Close the workbook: it is synced as a file.",
        )
    for one in held:
        if one.Name == name:
            one.Value = type(one.Value)(value)


def _excel(book: xlwings.Book) -> Any:
    """Give the collection that Excel on Windows has; None elsewhere."""
    return getattr(book.api, "CustomDocumentProperties", None) if book.app.engine.name == "excel" else None
