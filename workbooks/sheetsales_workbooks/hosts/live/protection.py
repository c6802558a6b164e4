"""Whether a tab of an open workbook is protected, for which xlwings has no word of its own."""

from __future__ import annotations

import xlwings

from sheetsales.errors import FileRefused


def check_unprotected(sheet: xlwings.Sheet) -> None:
    """Raise FileRefused for a protected tab: a write would stop in the middle. In Excel this was not run by us."""
    if _protected(sheet):
        raise FileRefused(
            f"The tab {sheet.name} is protected, so nothing was written into it.",
            "Take the protection off (in Excel: Review > Unprotect Sheet; in LibreOffice: Tools > Protect Sheet).",
            sheet=sheet.name,
        )


def _protected(sheet: xlwings.Sheet) -> bool:
    if hasattr(sheet.impl, "protected"):
        return bool(sheet.impl.protected)
    if sheet.book.app.engine.name != "excel":
        return False
    api = sheet.api
    return bool(api.ProtectContents if hasattr(api, "ProtectContents") else api.protect_contents.get())
