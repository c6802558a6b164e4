"""A file to import, as one table: headers and rows of raw values, whatever program wrote it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sheetsales.errors import BadImport, FileRefused
from sheetsales.process import Table
from sheetsales.values import fold
from sheetsales_sync.intake.mapping import NO_MAPPING, ImportMapping
from sheetsales_workbooks.csv_file import TITLE_ROWS, FileRow, header_index, read_csv
from sheetsales_workbooks.reading.workbook_read import ForeignSheet

MAX_COLUMNS: Final = 1_000  # of one table to import
MAX_BYTES: Final = 200_000_000  # of one file to import
WORKBOOK_SUFFIXES: Final = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"


@dataclass(slots=True)
class FileTable:
    """A file as a table. rows: raw values with their row as a spreadsheet counts (the header is row 1).

    name: the file's name without its folder. remarks: what was found out about the file, in sentences.
    """

    name: str
    headers: list[str]
    rows: list[FileRow]
    header_row: int = 1
    remarks: list[str] = field(default_factory=list)


def expected_headers(table: Table, mapping: ImportMapping = NO_MAPPING) -> frozenset[str]:
    """Give the folded headers that a file for this table is likely to have."""
    own = {fold(name) for column in table.columns for name in (column.name, column.header)}
    return frozenset(own | set(mapping.columns))


def read_table_file(
    path: Path | str, *, mapping: ImportMapping = NO_MAPPING, expected: frozenset[str] = frozenset()
) -> FileTable:
    """Read a CSV or Excel file as one table.

    expected: folded headers that settle the separator, the sheet and the header row where they are in
    doubt. Raises BadImport where there is no table, FileRefused where the file cannot be used.
    """
    where = Path(path)
    if where.is_dir() or not where.exists():
        raise BadImport(f"There is no file {where}." if not where.is_dir() else f"{where} is a folder.", "Look at the path.")
    try:
        if where.stat().st_size > MAX_BYTES:
            raise FileRefused(f"{where.name} is larger than {MAX_BYTES // 1_000_000} MB.", "Split it into smaller files.")
        with where.open("rb") as file:
            start = file.read(4)
            data = b"" if _is_workbook(where, start) else start + file.read()
    except OSError as error:
        raise FileRefused(f"{where.name} cannot be read ({error.strerror}).", "Look at its permissions.") from error
    expected = expected | set(mapping.columns)
    if _is_workbook(where, start):
        return _workbook_table(where, mapping, expected)
    found = read_csv(
        data,
        expected=expected,
        encoding=mapping.encoding,
        separator=mapping.separator,
        header_row=mapping.header_row,
        repair=mapping.repair,
    )
    return FileTable(where.name, found.headers, found.rows, found.header_row, found.remarks)


def _is_workbook(path: Path, start: bytes) -> bool:
    return start in (_ZIP, _OLE) or (path.suffix.lower() in WORKBOOK_SUFFIXES)


def _workbook_table(path: Path, mapping: ImportMapping, expected: frozenset[str]) -> FileTable:
    """Read the sheet of a workbook that looks most like the table: most expected headers, else the first."""
    from sheetsales_workbooks.hosts.excel_file import read_sheets

    sheets = [sheet for sheet in read_sheets(path).sheets if sheet.rows]
    if mapping.sheet:
        sheets = [sheet for sheet in sheets if sheet.name.casefold() == mapping.sheet.casefold()]
        if not sheets:
            raise BadImport(
                f"{path.name} has no filled sheet called '{mapping.sheet}'.", "Look at [parse] sheet of the mapping file."
            )
    if not sheets:
        raise BadImport(f"{path.name} has no filled sheet.", "Export it again; it needs a header row and records.")
    found = [_sheet_table(path.name, sheet, mapping, expected) for sheet in sheets]
    hits = [sum(fold(header) in expected for header in table.headers) for table in found]
    best = hits.index(max(hits))
    table = found[best]
    if len(found) > 1:
        others = ", ".join(sheet.name for sheet in sheets if sheet is not sheets[best])
        table.remarks.insert(0, f"Read from the sheet {sheets[best].name}; not read: {others}.")
    return table


def sheets_as_tables(path: Path, expected: frozenset[str]) -> list[tuple[str, FileTable | BadImport]]:
    """Read every visible, filled sheet of a workbook as a table of its own; one that is none gives the reason.

    expected: folded headers that show which row is the header.
    """
    from sheetsales_workbooks.hosts.excel_file import read_sheets

    found: list[tuple[str, FileTable | BadImport]] = []
    for sheet in read_sheets(path).sheets:
        if sheet.state != "visible" or not sheet.rows:
            continue
        try:
            found.append((sheet.name, _sheet_table(path.name, sheet, NO_MAPPING, expected)))
        except BadImport as error:
            found.append((sheet.name, error))
    return found


def _sheet_table(name: str, sheet: ForeignSheet, mapping: ImportMapping, expected: frozenset[str]) -> FileTable:
    numbers = sorted(sheet.rows)
    wide = max(max(cells, default=0) for cells in sheet.rows.values())
    left = min(min(cells, default=1) for cells in sheet.rows.values())
    if wide - left >= MAX_COLUMNS:
        raise BadImport(f"{name}: the sheet {sheet.name} spans {wide:,} columns.", "Delete the stray cells far to the right.")

    def cells_of(number: int) -> list[object]:
        return [sheet.rows[number].get(column) for column in range(left, wide + 1)]

    first = [cells_of(number) for number in numbers[:TITLE_ROWS]]
    head = numbers.index(mapping.header_row) if mapping.header_row in sheet.rows else header_index(first, expected)
    headers = ["" if cell is None else str(cell) for cell in cells_of(numbers[head])]
    remarks = list(sheet.remarks)
    if head:
        remarks.append(f"The header is row {numbers[head]}; what stands above it was left out.")
    hidden = sum(number in sheet.hidden for number in numbers[head + 1 :])
    if hidden:
        remarks.append(f"{hidden} rows are hidden in the sheet; they are read like the others.")
    rows = [FileRow(number, number, cells_of(number)) for number in numbers[head + 1 :]]
    return FileTable(name, headers, [row for row in rows if any(c not in (None, "") for c in row.cells)], numbers[head], remarks)
