"""What a person's spreadsheet program does: it holds a whole workbook in memory, changes it, and saves all of it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable

from sheetsales_workbooks.host import BookPatch, BookRead, CellWrite
from sheetsales_workbooks.hosts.excel_file import read_book
from sheetsales_workbooks.patch import patch_book

TOKEN = re.compile(rb"tk\d{6}z")
NUMBER = re.compile(rb"<v>(7\d{6})(?:\.0+)?</v>")
_ROW = re.compile(r'<row r="(\d+)"[^>]*?(?:/>|>.*?</row>)', re.S)


def token(number: int) -> str:
    """Give a text that stands nowhere else."""
    return f"tk{number:06d}z"


def amount(number: int) -> int:
    """Give an amount that stands nowhere else."""
    return 7_000_000 + number


def tokens_in(data: bytes) -> set[str]:
    """Give every token that stands anywhere in a workbook."""
    found: set[str] = set()
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        for name in packed.namelist():
            if name.startswith("xl/") and name.endswith(".xml"):
                content = packed.read(name)
                found.update(match.decode() for match in TOKEN.findall(content))
                found.update(match.decode() for match in NUMBER.findall(content))
    return found


class Memory:
    """One workbook in memory. data: its bytes as they would be saved now."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._read: BookRead | None = None

    @property
    def read(self) -> BookRead:
        """What stands in it."""
        if self._read is None:
            self._read = read_book(self.data)
        return self._read

    def put(self, cells: Iterable[tuple[str, int, int, object]]) -> None:
        """Type values into cells: tab, row, column, value."""
        patch = BookPatch()
        for tab, row, column, value in cells:
            patch.sheet(tab).cells.append(CellWrite(row, column, value, text=isinstance(value, str)))
        self._become(patch_book(self.data, patch))

    def rows(self, tab: str, change: Callable[[dict[int, str]], dict[int, str]]) -> None:
        """Change the rows of a tab as text: by number before, by number after."""

        def edit(xml: str) -> str:
            head, found, tail = xml.partition("</sheetData>")
            rows = {int(m[1]): m[0] for m in _ROW.finditer(head)}
            first = _ROW.search(head)
            start = first.start() if first else len(head)
            after = change(dict(rows))
            return head[:start] + "".join(after[n] for n in sorted(after)) + found + tail

        self.edit(tab, edit)

    def edit(self, tab: str, change: Callable[[str], str]) -> None:
        """Change the part of a tab as text."""
        with zipfile.ZipFile(io.BytesIO(self.data)) as packed:
            parts = {name: packed.read(name) for name in packed.namelist()}
        name = _part_of(parts, tab)
        parts[name] = change(parts[name].decode()).encode()
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
            for one, content in parts.items():
                packed.writestr(one, content)
        self._become(out.getvalue())

    def _become(self, data: bytes) -> None:
        self.data = data
        self._read = None


def _part_of(parts: dict[str, bytes], tab: str) -> str:
    relation = re.search(rf'<sheet name="{re.escape(tab)}"[^>]*r:id="(\w+)"', parts["xl/workbook.xml"].decode())
    assert relation is not None, tab
    rels = parts["xl/_rels/workbook.xml.rels"].decode()
    for one in re.findall(r"<Relationship [^>]*>", rels):
        if f'Id="{relation[1]}"' in one:
            target = re.search(r'Target="([^"]+)"', one)
            assert target is not None
            return "xl/" + target[1].removeprefix("/xl/")
    raise AssertionError(tab)


def renumbered(row: str, old: int, new: int) -> str:
    """Give a row as it stands after a move: its own number, those of its cells, and its formulas' own row."""
    row = row.replace(f'<row r="{old}"', f'<row r="{new}"', 1)
    row = re.sub(rf'(<c r="[A-Z]+){old}"', rf'\g<1>{new}"', row)
    return re.sub(
        r"(<f[^>]*>)(.*?)(</f>)", lambda m: m[1] + re.sub(rf"(\$?[A-Z]{{1,3}}\$?){old}\b", rf"\g<1>{new}", m[2]) + m[3], row
    )


def permuted(rows: dict[int, str], order: dict[int, int]) -> dict[int, str]:
    """Give the rows after some have changed places: old number -> new number."""
    after = {n: xml for n, xml in rows.items() if n not in order}
    after.update({new: renumbered(rows[old], old, new) for old, new in order.items() if old in rows})
    return after


def without_row(rows: dict[int, str], gone: int) -> dict[int, str]:
    """Give the rows after one was deleted and those below moved up."""
    after = {n: xml for n, xml in rows.items() if n < gone}
    after.update({n - 1: renumbered(xml, n, n - 1) for n, xml in rows.items() if n > gone})
    return after


def pasted(rows: dict[int, str], source: int, target: int, erased: str = "") -> dict[int, str]:
    """Give the rows after one was pasted over another; erased: letters of a column that was left out."""
    copy = renumbered(rows[source], source, target)
    if erased:
        copy = re.sub(rf'<c r="{erased}{target}"[^>]*?(?:/>|>.*?</c>)', "", copy, flags=re.S)
    return {**rows, target: copy}
