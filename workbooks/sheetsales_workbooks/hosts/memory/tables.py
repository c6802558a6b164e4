"""Tables on a sheet: their ranges, headers and style."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from typing import Any

from openpyxl.utils.cell import range_boundaries
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.table import Table as Stored
from openpyxl.worksheet.table import TableColumn, TableStyleInfo
from xlwings import base_classes

from sheetsales_workbooks.hosts.memory.areas import Area, filled
from sheetsales_workbooks.hosts.memory.tab import Document, Tab
from sheetsales_workbooks.hosts.memory.unsupported import names_what_is_missing

MakeRange = Callable[[Tab, Area], base_classes.Range]


def area_of(stored: Stored) -> Area:
    """Give the whole area of a table, headers and totals included."""
    left, top, right, bottom = range_boundaries(stored.ref)
    return Area(int(top or 1), int(left or 1), int(bottom or 1), int(right or 1))


@names_what_is_missing
class Table(base_classes.Table):
    """One table of a sheet."""

    def __init__(self, sheet: Tab, stored: Stored, make_range: MakeRange) -> None:
        self._sheet = sheet
        self._stored = stored
        self._make_range = make_range

    @property
    def api(self) -> Any:
        """The table."""
        return self._stored

    @property
    def parent(self) -> Tab:
        """The sheet it stands on."""
        return self._sheet

    @property
    def name(self) -> str:
        """What formulas call it."""
        return str(self._stored.displayName)

    @name.setter
    def name(self, value: str) -> None:
        del self._sheet.ws.tables[self._stored.name]
        self._stored.name = self._stored.displayName = value
        self._sheet.ws.tables[value] = self._stored

    display_name = name

    @property
    def _area(self) -> Area:
        return area_of(self._stored)

    @property
    def range(self) -> base_classes.Range:
        """All of it."""
        return self._make_range(self._sheet, self._area)

    @property
    def header_row_range(self) -> base_classes.Range | None:
        """Its header row, None where it has none."""
        area = self._area
        return self._make_range(self._sheet, Area(area.top, area.left, area.top, area.right)) if self.show_headers else None

    @property
    def data_body_range(self) -> base_classes.Range | None:
        """Its rows without headers and totals, None where there are none."""
        area = self._area
        body = Area(area.top + int(self.show_headers), area.left, area.bottom - int(self.show_totals), area.right)
        return self._make_range(self._sheet, body) if body.bottom >= body.top and not self._waits() else None

    def _waits(self) -> bool:
        """Say whether it is a table of one blank row that waits for a first record."""
        area = self._area
        row = area.top + int(self.show_headers)
        columns = range(area.left, area.right + 1)
        return row == area.bottom and not any(filled(self._sheet.ws, row, column) for column in columns)

    @property
    def insert_row_range(self) -> base_classes.Range | None:
        """The blank row that waits for a first record, None where there are records."""
        area = self._area
        row = Area(area.bottom, area.left, area.bottom, area.right)
        return self._make_range(self._sheet, row) if self._waits() else None

    @property
    def totals_row_range(self) -> base_classes.Range | None:
        """Its row of totals, None where it has none."""
        area = self._area
        return self._make_range(self._sheet, Area(area.bottom, area.left, area.bottom, area.right)) if self.show_totals else None

    @property
    def show_headers(self) -> bool:
        """Whether it has a header row."""
        return self._stored.headerRowCount != 0

    @show_headers.setter
    def show_headers(self, value: bool) -> None:
        self._stored.headerRowCount = 1 if value else 0

    @property
    def show_totals(self) -> bool:
        """Whether it has a row of totals."""
        return bool(self._stored.totalsRowCount)

    @show_totals.setter
    def show_totals(self, value: bool) -> None:
        if value == self.show_totals:
            return
        area = self._area
        self._stored.totalsRowCount = 1 if value else None
        bottom = area.bottom + (1 if value else -1)
        self._stored.ref = Area(area.top, area.left, bottom, area.right).reference(row="", column="")

    @property
    def show_autofilter(self) -> bool:
        """Whether its headers have filter buttons."""
        return self._stored.autoFilter is not None

    @show_autofilter.setter
    def show_autofilter(self, value: bool) -> None:
        self._stored.autoFilter = AutoFilter(ref=self._stored.ref) if value else None

    def _style(self) -> TableStyleInfo:
        if self._stored.tableStyleInfo is None:
            self._stored.tableStyleInfo = TableStyleInfo()
        return self._stored.tableStyleInfo

    @property
    def table_style(self) -> str | None:
        """The name of its style."""
        return self._style().name

    @table_style.setter
    def table_style(self, value: str) -> None:
        self._style().name = value

    @property
    def show_table_style_row_stripes(self) -> bool:
        """Whether every other row is darker."""
        return bool(self._style().showRowStripes)

    @show_table_style_row_stripes.setter
    def show_table_style_row_stripes(self, value: bool) -> None:
        self._style().showRowStripes = value

    @property
    def show_table_style_column_stripes(self) -> bool:
        """Whether every other column is darker."""
        return bool(self._style().showColumnStripes)

    @show_table_style_column_stripes.setter
    def show_table_style_column_stripes(self, value: bool) -> None:
        self._style().showColumnStripes = value

    @property
    def show_table_style_first_column(self) -> bool:
        """Whether its first column stands out."""
        return bool(self._style().showFirstColumn)

    @show_table_style_first_column.setter
    def show_table_style_first_column(self, value: bool) -> None:
        self._style().showFirstColumn = value

    @property
    def show_table_style_last_column(self) -> bool:
        """Whether its last column stands out."""
        return bool(self._style().showLastColumn)

    @show_table_style_last_column.setter
    def show_table_style_last_column(self, value: bool) -> None:
        self._style().showLastColumn = value

    def resize(self, range: base_classes.Range) -> None:
        """Let it cover another area; columns are added and dropped at its right end."""
        area = Area(range.row, range.column, range.row + range.shape[0] - 1, range.column + range.shape[1] - 1)
        self._stored.ref = area.reference(row="", column="")
        if self._stored.autoFilter is not None:
            self._stored.autoFilter.ref = self._stored.ref
        _name_columns(self._sheet, self._stored)


def _name_columns(sheet: Tab, stored: Stored) -> None:
    """Let the columns of a table be those that its header row says."""
    area = area_of(stored)
    taken: set[str] = set()
    columns = []
    for number, column in enumerate(range(area.left, area.right + 1), start=1):
        found = sheet.ws.cell(area.top, column).value if stored.headerRowCount != 0 else None
        text = str(found) if found not in (None, "") and str(found).casefold() not in taken else f"Column{number}"
        taken.add(text.casefold())
        if stored.headerRowCount != 0 and found in (None, ""):
            sheet.ws.cell(area.top, column).value = text
        columns.append(TableColumn(id=number, name=text))
    stored.tableColumns = columns


class Tables(base_classes.Tables, base_classes.Collection):
    """The tables of a sheet."""

    def __init__(self, sheet: Tab, make_range: MakeRange) -> None:
        self._sheet = sheet
        self._make_range = make_range

    def _all(self) -> list[Table]:
        return [Table(self._sheet, stored, self._make_range) for stored in self._sheet.ws.tables.values()]

    @property
    def api(self) -> Any:
        """The tables."""
        return self._sheet.ws.tables

    @property
    def parent(self) -> Tab:
        """The sheet they stand on."""
        return self._sheet

    def __call__(self, key: int | str) -> Table:
        """Give one by its name or its number, which counts from 1."""
        if isinstance(key, int):
            return self._all()[key - 1]
        for table in self._all():
            if table.name.casefold() == key.casefold():
                return table
        raise KeyError(key)

    def __len__(self) -> int:
        return len(self._sheet.ws.tables)

    def __iter__(self) -> Iterator[Table]:
        return iter(self._all())

    def __contains__(self, key: object) -> bool:
        return any(table.name.casefold() == str(key).casefold() for table in self._all())

    def add(
        self,
        source_type: object = None,  # noqa: ARG002
        source: Any = None,
        link_source: object = None,  # noqa: ARG002
        has_headers: bool = True,
        destination: object = None,  # noqa: ARG002
        table_style_name: str = "TableStyleMedium2",
        name: str | None = None,
    ) -> Table:
        """Make a table of a range; without headers a row of them is put in above."""
        area = Area(source.row, source.column, source.row + source.shape[0] - 1, source.column + source.shape[1] - 1)
        if not has_headers:
            source.impl.insert("down")
            area = Area(area.top, area.left, area.bottom + 1, area.right)
        if area.shape[0] == 1:
            area = Area(area.top, area.left, area.bottom + 1, area.right)
        name = name or _free_name(self._sheet.document)
        reference = area.reference(row="", column="")
        stored = Stored(
            id=_free_id(self._sheet.document), name=name, displayName=name, ref=reference, autoFilter=AutoFilter(ref=reference)
        )
        stored.tableStyleInfo = TableStyleInfo(name=table_style_name, showRowStripes=True)
        _name_columns(self._sheet, stored)
        self._sheet.ws.add_table(stored)
        return Table(self._sheet, stored, self._make_range)


def _stored(document: Document) -> list[Stored]:
    return [table for ws in document.wb.worksheets for table in ws.tables.values()]


def _free_name(document: Document) -> str:
    taken = {str(table.name).casefold() for table in _stored(document)}
    return next(f"Table{number}" for number in range(1, len(taken) + 2) if f"table{number}" not in taken)


def _free_id(document: Document) -> int:
    return max([0, *(table.id for table in _stored(document))]) + 1


def copied(document: Document, stored: Stored) -> Stored:
    """Give the table for a copy of its sheet, under a name and number that are free in the book."""
    name = _free_name(document)
    twin = Stored(id=_free_id(document), name=name, displayName=name, ref=stored.ref)
    twin.headerRowCount, twin.totalsRowCount = stored.headerRowCount, stored.totalsRowCount
    twin.autoFilter = AutoFilter(ref=stored.autoFilter.ref) if stored.autoFilter is not None else None
    twin.tableColumns = [TableColumn(id=column.id, name=column.name) for column in stored.tableColumns]
    twin.tableStyleInfo = copy(stored.tableStyleInfo)
    return twin


def table_around(sheet: Tab, row: int, column: int, make_range: MakeRange) -> Table | None:
    """Give the table that a cell lies in."""
    for stored in sheet.ws.tables.values():
        if area_of(stored).holds(row, column):
            return Table(sheet, stored, make_range)
    return None
