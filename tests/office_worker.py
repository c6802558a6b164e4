"""Runs a real headless LibreOffice for tests; for the Python that brings `uno`, not for the one of the tests.

Reads one JSON request a line from standard input and answers one JSON line each. LibreOffice has a
profile of its own and ends with this process, and this process ends when its input does: nothing
is left running when the tests are killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import uno  # type: ignore[import-not-found]
from com.sun.star.beans import PropertyValue  # type: ignore[import-not-found]

SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Common/Misc"><prop oor:name="UseLocking"><value>false</value></prop>
<prop oor:name="FirstRun"><value>false</value></prop><prop oor:name="ShowTipOfTheDay"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode"><value>0</value></prop></item>
</oor:items>
"""
FILTERS = {"xlsx": "Calc MS Excel 2007 XML", "ods": "calc8", "pdf": "calc_pdf_Export", "csv": "Text - txt - csv (StarCalc)"}
START_LIMIT = 90  # seconds until LibreOffice has to answer
TALLEST = 26_000  # hundredths of a millimetre
FORMULAS = 16  # com.sun.star.sheet.CellFlags.FORMULA
ERRORS = 4  # com.sun.star.sheet.FormulaResult.ERROR
HEADER_ROW = 5  # rows of the head of a table tab, where no lines are drawn


def start(profile: Path) -> tuple[subprocess.Popen[bytes], Any]:
    """Start LibreOffice on a private pipe and give its process and its desktop."""
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(SETTINGS, encoding="utf-8")
    pipe = f"sheetsales{os.getpid()}"
    process = subprocess.Popen(
        [
            "soffice",
            "--headless",
            "--norestore",
            "--nologo",
            f"-env:UserInstallation={profile.as_uri()}",
            f"--accept=pipe,name={pipe};urp;",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    context = uno.getComponentContext()
    resolver = context.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", context)
    until = time.monotonic() + START_LIMIT
    while True:
        try:
            remote = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            return process, remote.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", remote)
        except Exception:
            if time.monotonic() > until or process.poll() is not None:
                raise
            time.sleep(0.1)


def stop(process: subprocess.Popen[bytes], desktop: Any) -> None:
    """End this LibreOffice, politely first, then the whole of its process group."""
    with contextlib.suppress(Exception):
        desktop.terminate()
        process.wait(10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def properties(**values: object) -> tuple[Any, ...]:
    """Give named values as UNO wants them."""
    return tuple(PropertyValue(Name=name, Value=value) for name, value in values.items())


def opened(desktop: Any, path: str) -> Any:
    """Open a document, or say that LibreOffice would not."""
    document = desktop.loadComponentFromURL(Path(path).as_uri(), "_blank", 0, properties(Hidden=True))
    if document is None:
        raise RuntimeError(f"LibreOffice did not open {path}")
    return document


def save(document: Any, path: str) -> None:
    """Save a copy in the format that the ending names."""
    ending = path.rsplit(".", 1)[1]
    text = document.supportsService("com.sun.star.text.TextDocument")
    name = "writer_pdf_Export" if text and ending == "pdf" else FILTERS[ending]
    document.storeToURL(Path(path).as_uri(), properties(FilterName=name, Overwrite=True))


def edit(document: Any, edits: list[list[Any]]) -> None:
    """Type values into cells: text as text, numbers as numbers, `{"formula": …}` as a formula, None clears."""
    for sheet, address, value in edits:
        cell = document.Sheets.getByName(sheet).getCellRangeByName(address)
        if value is None:
            cell.setString("")
        elif isinstance(value, dict):
            cell.setFormula("=" + value["formula"])
        elif isinstance(value, str):
            cell.setString(value)
        else:
            cell.setValue(float(value))
    if document.supportsService("com.sun.star.sheet.SpreadsheetDocument"):
        document.calculateAll()


def dump(document: Any) -> dict[str, Any]:
    """Give what stands in a document, sheet by sheet, and what hangs on it."""
    sheets = {}
    for sheet in document.Sheets:
        controls = [
            shape.Control.Label
            for shape in sheet.DrawPage
            if shape.supportsService("com.sun.star.drawing.ControlShape") and hasattr(shape.Control, "Label")
        ]
        sheets[sheet.Name] = {
            **cells(sheet),
            "visible": bool(sheet.IsVisible),
            "buttons": controls,
            "notes": {address(note.Position): note.String for note in sheet.Annotations},
        }
    ranges = document.DatabaseRanges
    return {
        "sheets": sheets,
        "names": {name.Name: name.Content for name in document.NamedRanges},
        "tables": {item.Name: bool(item.AutoFilter) for item in (ranges.getByIndex(n) for n in range(ranges.Count))},
        "properties": {
            item.Name: getattr(document.DocumentProperties.UserDefinedProperties, item.Name)
            for item in document.DocumentProperties.UserDefinedProperties.PropertySetInfo.Properties
        },
    }


def cells(sheet: Any) -> dict[str, Any]:
    """Give the values, formulas and errors of a sheet by address, read in blocks."""
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(False)
    last = cursor.RangeAddress
    area = sheet.getCellRangeByPosition(0, 0, last.EndColumn, last.EndRow)
    names = [letters(column) for column in range(last.EndColumn + 1)]
    typed = {
        f"{names[column]}{row}": value
        for row, line in enumerate(area.getFormulaArray(), 1)
        for column, value in enumerate(line)
        if value != ""
    }
    values = {
        f"{names[column]}{row}": value
        for row, line in enumerate(area.getDataArray(), 1)
        for column, value in enumerate(line)
        if f"{names[column]}{row}" in typed
    }
    formulas, errors = {}, {}
    for block in area.queryContentCells(FORMULAS).RangeAddresses:
        for row in range(block.StartRow, block.EndRow + 1):
            for column in range(block.StartColumn, block.EndColumn + 1):
                formulas[f"{names[column]}{row + 1}"] = typed[f"{names[column]}{row + 1}"]
    for block in area.queryFormulaCells(ERRORS).RangeAddresses:
        for row in range(block.StartRow, block.EndRow + 1):
            for column in range(block.StartColumn, block.EndColumn + 1):
                errors[f"{names[column]}{row + 1}"] = sheet.getCellByPosition(column, row).getError()
    return {"values": values, "formulas": formulas, "errors": errors, "validated": validated(sheet)}


def validated(sheet: Any) -> dict[str, str]:
    """Give what each validated cell range asks for: its formula, by its first cell."""
    found = {}
    for group in sheet.UniqueCellFormatRanges:
        rule = group.Validation
        if rule.Type.value != "ANY":
            first = group.getByIndex(0).RangeAddress
            found[letters(first.StartColumn) + str(first.StartRow + 1)] = f"{rule.Type.value} {rule.Formula1}".strip()
    return found


def render(document: Any, path: str, grid: list[str], rows: int, widest: int) -> list[str]:
    """Print each visible sheet on one page of its own, as wide as it is, and give the names of the sheets."""
    styles = document.StyleFamilies.getByName("PageStyles")
    shown = []
    for number, sheet in enumerate(document.Sheets):
        if not sheet.IsVisible:
            sheet.setPrintAreas(())
            continue
        cursor = sheet.createCursor()
        cursor.gotoEndOfUsedArea(False)
        area = sheet.getCellRangeByPosition(0, 0, cursor.RangeAddress.EndColumn, min(cursor.RangeAddress.EndRow, rows - 1))
        column, row = area.RangeAddress.EndColumn, area.RangeAddress.EndRow
        while area.Size.Width > widest and column > 1:
            column -= 1
            area = sheet.getCellRangeByPosition(0, 0, column, row)
        while area.Size.Height > TALLEST and row > 1:
            row -= 1
            area = sheet.getCellRangeByPosition(0, 0, column, row)
        name = f"picture{number}"
        styles.insertByName(name, document.createInstance("com.sun.star.style.PageStyle"))
        style = styles.getByName(name)
        for key, value in (
            ("HeaderIsOn", False),
            ("FooterIsOn", False),
            ("TopMargin", 300),
            ("BottomMargin", 300),
            ("LeftMargin", 300),
            ("RightMargin", 300),
            ("Width", area.Size.Width + 700),
            ("Height", area.Size.Height + 700),
            ("ScaleToPagesX", 1),
            ("ScaleToPagesY", 1),
        ):
            setattr(style, key, value)
        if sheet.Name in grid:
            draw_grid(sheet.getCellRangeByPosition(1, HEADER_ROW, column, max(row, HEADER_ROW)))
        for shape in sheet.DrawPage:
            if shape.supportsService("com.sun.star.drawing.ControlShape"):
                shape.Control.Printable = True
        sheet.PageStyle = name
        sheet.setPrintAreas((area.RangeAddress,))
        sheet.setPrintTitleRows(False)
        sheet.setPrintTitleColumns(False)
        shown.append(sheet.Name)
    save(document, path)
    return shown


def draw_grid(cells: Any) -> None:
    """Draw the pale lines that a screen shows between cells and a print does not."""
    border = cells.TableBorder2
    for name in ("HorizontalLine", "VerticalLine", "BottomLine", "RightLine", "LeftLine"):
        line = getattr(border, name)
        line.Color, line.LineWidth, line.OuterLineWidth = 0xD9DEE4, 9, 9
        setattr(border, name, line)
        setattr(border, f"Is{name}Valid", True)
    cells.TableBorder2 = border


def letters(column: int) -> str:
    """Give the letters of a column counted from 0."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def address(position: Any) -> str:
    """Give a cell address as text."""
    return letters(position.Column) + str(position.Row + 1)


def answer(desktop: Any, request: dict[str, Any]) -> object:
    """Do one request."""
    document = opened(desktop, request["path"])
    try:
        edit(document, request.get("edits", []))
        if request["do"] == "dump":
            return dump(document)
        if request["do"] == "render":
            return render(document, request["to"], request["grid"], request["rows"], request["widest"])
        save(document, request["to"])
        return request["to"]
    finally:
        document.close(True)


def main() -> None:
    """Answer requests until the input ends."""
    with tempfile.TemporaryDirectory(prefix="office") as folder:
        process, desktop = start(Path(folder) / "profile")
        try:
            for line in sys.stdin:
                try:
                    reply = {"answer": answer(desktop, json.loads(line))}
                except Exception as error:
                    reply = {"error": f"{type(error).__name__}: {error}"}
                print(json.dumps(reply), flush=True)
        finally:
            stop(process, desktop)


main()
