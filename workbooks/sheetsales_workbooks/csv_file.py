"""CSV files, whoever wrote them: bytes to rows of text, and rows to bytes that no spreadsheet runs.

Reading guesses nothing silently: what was found out about the file stands in `remarks`, and a line
that does not fit the header is repaired only where the repair is certain, or named as a problem.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from sheetsales.errors import BadImport
from sheetsales.values import Value, fold, to_text

SEPARATORS: Final = (",", ";", "\t", "|")
GUARDED: Final = "_guarded"  # header of the column that says which cells of its row got a `'`
HEADER: Final = "header"  # in that column's own header: the headers that got one
SAMPLE_CHARACTERS: Final = 65_536  # of a file, for guesses
SAMPLE_LINES: Final = 60
TITLE_ROWS: Final = 20  # how far down a header row is looked for
MAX_ROWS: Final = 1_048_576  # what a spreadsheet can hold
MAX_FIELD: Final = 16_000_000  # characters; the cell rules turn down what is over 32,767
NAMED_LINES: Final = 12  # how many line numbers a remark spells out
_BOMS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_QUOTED = re.compile(r'"[^"]*"')
_LINE_END = re.compile(r"\r\n|\n|\r")
# What a spreadsheet may take for a formula, also after white space or quotes.
_DANGEROUS = re.compile("[\\s\"'\u2018\u2019\u201c\u201d]*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


@dataclass(slots=True)
class FileRow:
    """One row of a file. row: as a spreadsheet counts, the header being 1. line: its first text line.

    cells: raw values, one per header, or more where a row is too long. problem: a sentence where
    the row cannot be trusted; it must not be imported.
    """

    row: int
    line: int
    cells: list[object]
    problem: str = ""


@dataclass(slots=True)
class FileRows:
    """A file's table: headers, the row they stand in, the rows below, and what was noticed."""

    headers: list[str]
    header_row: int
    rows: list[FileRow]
    remarks: list[str] = field(default_factory=list)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────


def decode(data: bytes, encoding: str = "") -> tuple[str, str]:
    """Give the text of a file and the name of its encoding; raises BadImport where it is no text.

    Order of evidence: the encoding that is asked for, a byte order mark, zero bytes (UTF-16/32
    without a mark), UTF-8 if every byte obeys it, then Windows-1252, then ISO-8859-1.
    """
    for mark, name in _BOMS:
        if data.startswith(mark) and (not encoding or encoding.lower().replace("_", "-").startswith(name[:6])):
            return _decoded(data[len(mark) :], name), name
    if encoding:
        return _decoded(data, encoding), encoding
    if b"\x00" in data:
        name = _wide_encoding(data)
        return _decoded(data, name), name
    for name in ("utf-8", "cp1252"):
        try:
            return data.decode(name), name
        except UnicodeDecodeError as error:
            if name == "utf-8":
                _refuse_broken_utf8(data, error.start)
    return data.decode("iso-8859-1"), "iso-8859-1"


def _refuse_broken_utf8(data: bytes, place: int) -> None:
    """Refuse a UTF-8 file with a few broken bytes: in another encoding all its accents would be garbage."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if sum(not character.isascii() for character in text) - broken > broken:
        line = data.count(b"\n", 0, place) + 1
        raise BadImport(
            f"The file is UTF-8, but line {line} holds a broken character.",
            'Mend it, or say encoding = "cp1252" (or the like) under [parse] of the mapping file.',
        )


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except LookupError as error:
        raise BadImport(f"There is no text encoding called '{encoding}'.", "Use for example utf-8 or cp1252.") from error
    except UnicodeDecodeError as error:
        raise BadImport(f"The file is not text in {encoding}: byte {error.start + 1:,} cannot be read.") from error


def _wide_encoding(data: bytes) -> str:
    zeros = [data[place::4].count(0) for place in range(4)]
    quarter = len(data) // 4
    if len(data) % 4 == 0 and quarter and min(zeros[2], zeros[3]) == quarter:
        return "utf-32-le"
    if len(data) % 4 == 0 and quarter and min(zeros[0], zeros[1]) == quarter:
        return "utf-32-be"
    if len(data) % 2 == 0 and data.count(0) > len(data) // 16:
        return "utf-16-le" if zeros[1] + zeros[3] > zeros[0] + zeros[2] else "utf-16-be"
    raise BadImport("The file holds zero bytes and is no text file.")


def read_csv(
    data: bytes,
    *,
    expected: frozenset[str] = frozenset(),
    encoding: str = "",
    separator: str = "",
    header_row: int = 0,
    repair: bool = True,
) -> FileRows:
    """Read a CSV file into headers and rows of text.

    expected: folded headers that are likely; they settle which separator and which header row.
    encoding, separator, header_row (counted from 1): given, they are not guessed.
    repair: split lines that are quoted as a whole; without it they are named as problems.
    Raises BadImport where the bytes are no table.
    """
    if not data.strip(b"\x00\r\n\t \xef\xbb\xbf\xff\xfe"):
        raise BadImport("The file is empty.", "Export it again; it needs a header row and records.")
    text, found = decode(data, encoding)
    remarks = [f"The text is read as {found.upper()}, not UTF-8."] if not encoding and found in ("cp1252", "iso-8859-1") else []
    text, separator = _separator_line(text, separator)
    separator = separator or guess_separator(text, expected)
    rows = _numbered(_records(text, separator or ",", remarks))
    if not rows:
        raise BadImport("The file is empty.", "Export it again; it needs a header row and records.")
    rows = _unwrap_every_line(rows, expected, remarks) if not separator and repair else rows
    head = _find_header(rows, expected, header_row, remarks)
    headers = [str(cell) for cell in head.cells]
    body = rows[rows.index(head) + 1 :]
    _check_field_counts(headers, body, separator, repair, remarks)
    headers = _take_off_guards(headers, body)
    return FileRows(headers, head.row, body, remarks)


def _separator_line(text: str, separator: str) -> tuple[str, str]:
    match = re.match(r'"?sep=(.)"?(?:\r\n|\n|\r)', text, re.I)
    return (text[match.end() :], separator or match[1]) if match else (text, separator)


def guess_separator(text: str, expected: frozenset[str] = frozenset()) -> str:
    """Give the separator that splits the lines most evenly, or "" where there is none.

    Separators between quotes do not count. Expected headers decide before evenness.
    """
    sample = text[:SAMPLE_CHARACTERS]
    lines = [line for line in _LINE_END.split(_QUOTED.sub('""', sample)) if line.strip()][:SAMPLE_LINES]
    if len(text) > SAMPLE_CHARACTERS and len(lines) > 1 and len(lines) < SAMPLE_LINES:
        lines.pop()
    best: tuple[tuple[int, bool, float, int], str] | None = None
    for separator in SEPARATORS:
        counts = Counter(line.count(separator) for line in lines)
        usual, times = max(((n, c) for n, c in counts.items() if n), key=lambda nc: (nc[1], nc[0]), default=(0, 0))
        if not usual:
            continue
        head = islice(csv.reader(io.StringIO(sample, newline=""), delimiter=separator), TITLE_ROWS)
        hits = max((sum(fold(name) in expected for name in fields) for fields in head), default=0)
        rank = (hits, lines[0].count(separator) > 0, times / len(lines), usual)
        if best is None or rank > best[0]:
            best = (rank, separator)
    return best[1] if best else ""


def _records(text: str, separator: str, remarks: list[str]) -> list[FileRow]:
    """Split text into rows; `row` is still 0. Doubled quotes first, then backslashes, then line by line."""
    csv.field_size_limit(MAX_FIELD)
    try:
        return _strict(text, separator)
    except csv.Error:
        pass
    if '\\"' in text:
        rows = _strict(text, separator, backslash=True)
        if len({len(row.cells) for row in rows if row.cells}) == 1:
            remarks.append("Quotes inside fields are written with a backslash; they are read so.")
            return rows
    return _lenient(text, separator)


def _strict(text: str, separator: str, backslash: bool = False) -> list[FileRow]:
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=separator,
        strict=True,
        doublequote=not backslash,
        escapechar="\\" if backslash else None,
    )
    rows: list[FileRow] = []
    line = 1
    for fields in reader:
        rows.append(FileRow(0, line, list(fields)))
        line = reader.line_num + 1
        if len(rows) > MAX_ROWS:
            raise BadImport(f"The file has more than {MAX_ROWS:,} rows.", "Split it into smaller files.")
    return rows


def _lenient(text: str, separator: str) -> list[FileRow]:
    lines = list(io.StringIO(text, newline=""))
    try:
        reader = csv.reader(iter(lines), delimiter=separator)
        rows: list[FileRow] = []
        line = 0
        for fields in reader:
            rows.append(FileRow(0, line + 1, list(fields)))
            try:
                _strict("".join(lines[line : reader.line_num]), separator)
            except csv.Error as error:
                if "unexpected end" in str(error):
                    raise BadImport(
                        f"A quote that opens in line {line + 1} is never closed.", "Close it and try again."
                    ) from error
                rows[-1].problem = f"Line {line + 1} has a quote in the middle of a quoted field."
            line = reader.line_num
    except csv.Error as error:
        raise BadImport(f"Line {line + 1} cannot be read as CSV.") from error
    return rows


def _numbered(rows: list[FileRow]) -> list[FileRow]:
    for number, row in enumerate(rows, 1):
        row.row = number
    return [row for row in rows if any(row.cells)]


def _unwrap_every_line(rows: list[FileRow], expected: frozenset[str], remarks: list[str]) -> list[FileRow]:
    """Split a file whose lines, the header too, are all quoted as a whole."""
    inner = "\n".join(str(row.cells[0]) for row in rows)
    separator = guess_separator(inner, expected)
    if not separator:
        return rows
    split = [_split_again(row, separator) for row in rows]
    if len({len(fields) for fields in split}) != 1 or len(split[0]) < 2:
        return rows
    remarks.append("Every line is quoted as a whole; the lines were split again.")
    return [FileRow(row.row, row.line, list(fields), row.problem) for row, fields in zip(rows, split, strict=True)]


def _split_again(row: FileRow, separator: str) -> list[str]:
    try:
        parsed = list(csv.reader(io.StringIO(str(row.cells[0]), newline=""), delimiter=separator, strict=True))
    except csv.Error:
        return []
    return parsed[0] if len(parsed) == 1 else []


def _find_header(rows: list[FileRow], expected: frozenset[str], wanted: int, remarks: list[str]) -> FileRow:
    if wanted:
        for row in rows:
            if row.row == wanted:
                return row
        raise BadImport(f"Row {wanted}, named as the header row, is blank or not there.")
    found = rows[header_index([row.cells for row in rows[:TITLE_ROWS]], expected)]
    if found is not rows[0]:
        remarks.append(f"The header is row {found.row}; what stands above it was left out.")
    return found


def header_index(rows: Sequence[Sequence[object]], expected: frozenset[str]) -> int:
    """Give the place of the header among the first rows: most expected names, else the first full row."""
    hits = [sum(isinstance(cell, str) and fold(cell) in expected for cell in cells) for cells in rows]
    filled = [sum(cell is not None and cell != "" for cell in cells) for cells in rows]
    if max(hits, default=0) > max(hits[0], 1):
        return hits.index(max(hits))
    if hits[0] == 0 and filled[0] == 1 and max(filled, default=0) > 1:
        return next(place for place, count in enumerate(filled) if count > 1)
    return 0


def _check_field_counts(headers: list[str], rows: list[FileRow], separator: str, repair: bool, remarks: list[str]) -> None:
    wide = len(headers)
    repaired: list[int] = []
    short: list[int] = []
    for row in rows:
        count = len(row.cells)
        if count == wide or row.problem:
            continue
        if count == 1 and wide > 1 and separator and separator in str(row.cells[0]):
            fields = _split_again(row, separator)
            if len(fields) == wide and repair:
                row.cells = list(fields)
                repaired.append(row.line)
                continue
            row.problem = f"Line {row.line} is quoted as a whole: one field where the header has {wide}."
        elif count > wide and any(row.cells[wide:]):
            row.problem = f"Line {row.line} has {count} fields where the header has {wide}."
        elif count > wide:
            del row.cells[wide:]
        else:
            short.append(row.line)
            row.cells += [""] * (wide - count)
    if repaired:
        remarks.append(f"{_lines(repaired)} quoted as a whole and split again into {wide} fields.")
    if short:
        remarks.append(f"{_lines(short)} shorter than the header; the missing fields are read as blank.")


def _lines(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:NAMED_LINES])) + (", …" if len(numbers) > NAMED_LINES else "")
    return f"1 line ({shown}) is" if len(numbers) == 1 else f"{len(numbers)} lines ({shown}) are"


def _take_off_guards(headers: list[str], rows: list[FileRow]) -> list[str]:
    place = next((n for n, name in enumerate(headers) if name.split(":")[0] == GUARDED), None)
    if place is None:
        return headers
    plain = headers[:place] + headers[place + 1 :]
    if headers[place] == f"{GUARDED}:{HEADER}":
        plain = [name[1:] if name.startswith("'") and _DANGEROUS.match(name) else name for name in plain]
    for row in rows:
        listed = row.cells.pop(place) if len(row.cells) > place else ""
        for number in str(listed).split():
            column = int(number) - 1 if number.isdecimal() else -1
            if 0 <= column < len(row.cells) and str(row.cells[column]).startswith("'"):
                row.cells[column] = str(row.cells[column])[1:]
    return plain


# ── writing ──────────────────────────────────────────────────────────────────────────────────────


def needs_guard(text: str) -> bool:
    """Say whether a spreadsheet that opens a CSV file could take this text for a formula."""
    return _DANGEROUS.match(text) is not None


def write_csv(headers: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """Write rows as CSV (UTF-8, CRLF, every field quoted) that `read_csv` gives back exactly.

    A text that a spreadsheet could run gets one `'` in front, and the last column `_guarded` (there
    only if needed) names the fields of the row, counted from 1, that got one. Numbers never do.
    """
    names, guarded_header = _guard(headers)
    written: list[list[str]] = []
    guards: list[str] = []
    for row in rows:
        cells, numbers = _guard(row)
        written.append(cells)
        guards.append(" ".join(map(str, numbers)))
    if guarded_header or any(guards):
        names.append(f"{GUARDED}:{HEADER}" if guarded_header else GUARDED)
        for cells, guard in zip(written, guards, strict=True):
            cells.append(guard)
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows(written)
    return out.getvalue().encode()


def _guard(row: Sequence[Value]) -> tuple[list[str], list[int]]:
    cells: list[str] = []
    guarded: list[int] = []
    for number, value in enumerate(row, 1):
        text = to_text(value) or ""
        if isinstance(value, str) and needs_guard(value):
            text = "'" + text
            guarded.append(number)
        cells.append(text)
    return cells, guarded
