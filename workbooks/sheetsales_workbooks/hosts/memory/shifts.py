"""Inserting and deleting cells: what stands below or to the right moves, with tables, names and merged cells.

Formulas are not rewritten: nothing is calculated here, and a formula's text stays what it was.
"""

from __future__ import annotations

import re

from openpyxl.utils import column_index_from_string, quote_sheetname
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.worksheet import Worksheet

from sheetsales_workbooks.hosts.memory.areas import LAST_COLUMN, LAST_ROW, Area, stored, used

_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d+)(?::\$?([A-Z]{1,3})\$?(\d+))?")


def insert(ws: Worksheet, area: Area, shift: str) -> None:
    """Make room for an area; shift: "down" or "right"."""
    rows, columns = (area.shape[0], 0) if shift == "down" else (0, area.shape[1])
    _move(ws, _behind(area, shift, opening=True), rows, columns)


def delete(ws: Worksheet, area: Area, shift: str) -> None:
    """Take an area out; shift: "up" or "left"."""
    for cell in list(stored(ws, area)):
        del ws._cells[cell.row, cell.column]
    rows, columns = (-area.shape[0], 0) if shift == "up" else (0, -area.shape[1])
    _move(ws, _behind(area, "down" if shift == "up" else "right", opening=False), rows, columns)


def _behind(area: Area, shift: str, *, opening: bool) -> Area:
    if shift == "down":
        return Area(area.top if opening else area.bottom + 1, area.left, LAST_ROW, area.right)
    return Area(area.top, area.left if opening else area.right + 1, area.bottom, LAST_COLUMN)


def _move(ws: Worksheet, area: Area, rows: int, columns: int) -> None:
    moving = list(stored(ws, Area(*area[:2], min(area.bottom, used(ws).bottom), min(area.right, used(ws).right))))
    for cell in moving:
        del ws._cells[cell.row, cell.column]
    for cell in moving:
        cell.row, cell.column = cell.row + rows, cell.column + columns
        ws._cells[cell.row, cell.column] = cell
    if area.whole_rows or area.whole_columns:
        _move_heights(ws, area, rows)
    _move_references(ws, area, rows, columns)


def _move_heights(ws: Worksheet, area: Area, rows: int) -> None:
    if not rows:
        return
    moving = {number: ws.row_dimensions[number] for number in list(ws.row_dimensions) if number >= area.top}
    for number in moving:
        del ws.row_dimensions[number]
    for number, dimension in moving.items():
        dimension.index = number + rows
        ws.row_dimensions[number + rows] = dimension


def _move_references(ws: Worksheet, area: Area, rows: int, columns: int) -> None:
    for table in ws.tables.values():
        table.ref = _moved(table.ref, area, rows, columns)
        if table.autoFilter is not None and table.autoFilter.ref:
            table.autoFilter.ref = _moved(table.autoFilter.ref, area, rows, columns)
    if ws.auto_filter.ref:
        ws.auto_filter.ref = _moved(ws.auto_filter.ref, area, rows, columns)
    ws.merged_cells.ranges = {CellRange(_moved(str(merged), area, rows, columns)) for merged in ws.merged_cells.ranges}
    for rule in ws.data_validations.dataValidation:
        rule.sqref = type(rule.sqref)(" ".join(_moved(str(one), area, rows, columns) for one in rule.sqref.ranges))
    assert ws.parent is not None
    for scope in (ws.parent.defined_names, *(sheet.defined_names for sheet in ws.parent.worksheets)):
        for name in scope.values():
            _move_name(name, ws.title, area, rows, columns)


def _move_name(name: DefinedName, title: str, area: Area, rows: int, columns: int) -> None:
    tab, _, reference = (name.attr_text or "").rpartition("!")
    if tab in (title, quote_sheetname(title)) and _REFERENCE.fullmatch(reference):
        name.attr_text = f"{tab}!{_moved(reference, area, rows, columns, absolute=True)}"


def _moved(reference: str, area: Area, rows: int, columns: int, *, absolute: bool = False) -> str:
    """Give a reference as it is after the move; one that the area cuts across grows or shrinks with it."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        return reference
    top, left = int(match[2]), column_index_from_string(match[1])
    bottom, right = int(match[4] or match[2]), column_index_from_string(match[3] or match[1])
    if rows and area.left <= left and right <= area.right:
        top, bottom = top + (rows if top >= area.top else 0), bottom + (rows if bottom >= area.top else 0)
    if columns and area.top <= top and bottom <= area.bottom:
        left, right = left + (columns if left >= area.left else 0), right + (columns if right >= area.left else 0)
    sign = "$" if absolute else ""
    return Area(max(top, 1), max(left, 1), max(bottom, top, 1), max(right, left, 1)).reference(row=sign, column=sign)
