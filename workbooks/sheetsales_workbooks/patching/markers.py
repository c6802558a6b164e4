"""The marker sheet `_ss` and the document properties: generation, identity, palette."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sheetsales.errors import FileRefused, NotOurBook
from sheetsales_workbooks.host import (
    COLUMN_BLOCK,
    MARKER_SHEET,
    PALETTE_BLOCK,
    PALETTE_BLOCK_END,
    CellWrite,
)
from sheetsales_workbooks.patching.cells import Change, SheetPart
from sheetsales_workbooks.patching.marks import PALETTE_COLUMNS, Palette
from sheetsales_workbooks.patching.relations import Workbook, relations
from sheetsales_workbooks.patching.xml_bytes import attributes, cell_string, escaped, plain
from sheetsales_workbooks.patching.zip_file import ZipPatch
from sheetsales_workbooks.reading.sheet_xml import cell_place

PROPERTY_PREFIX: Final = "ss_"


class MarkerSheet:
    """The marker sheet of one book. Raises NotOurBook where there is none."""

    def __init__(self, package: ZipPatch, book: Workbook) -> None:
        part = book.sheet(MARKER_SHEET)
        if part is None:
            raise NotOurBook
        self._package = package
        self._book = book
        self._part = part
        self._sheet = SheetPart(package.read(part), MARKER_SHEET)
        self._numbers: dict[int, str] = {}

    def _rows(self, words: set[str]) -> dict[str, int]:
        """Give the first row of each word in column A."""
        numbers = self._shared_numbers(words)
        prefix = re.escape(self._sheet.prefix)
        pattern = re.compile(rb"<%sc\s+r=[\"'](A[1-9][0-9]*)[\"']([^>]*)(?<!/)>(.*?)</%sc\s*>" % (prefix, prefix), re.S)
        found: dict[str, int] = {}
        for match in pattern.finditer(self._sheet.xml):
            stated = attributes(match[2], MARKER_SHEET)
            text = self._text(stated.get(b"t", b""), match[3], numbers)
            if text in words:
                found.setdefault(text, cell_place(match[1].decode())[0])
        if len(found) < len(words):
            self._rows_by_cell(words, numbers, found)
        return found

    def _rows_by_cell(self, words: set[str], numbers: Mapping[int, str], found: dict[str, int]) -> None:
        """Look again cell by cell, for sheets whose addresses are left out or written otherwise."""
        for row in self._sheet.numbers:
            stored = self._sheet.row(row)
            cell = stored.cells.get(1) if stored is not None else None
            if cell is None:
                continue
            head, _, inner = cell.partition(b">")
            kind = attributes(head[len(self._sheet.prefix) + 2 :].rstrip(b"/"), MARKER_SHEET).get(b"t", b"")
            text = self._text(kind, inner, numbers)
            if text in words:
                found.setdefault(text, row)

    def _text(self, kind: bytes, inner: bytes, numbers: Mapping[int, str]) -> str:
        value = re.search(rb"<(?:\w+:)?(v|t)\b[^>]*>([^<]*)<", inner)
        if value is None:
            return ""
        if kind == b"s":
            return numbers.get(int(value[2]), "")
        return plain(value[2])

    def _shared_numbers(self, words: set[str]) -> dict[int, str]:
        """Give the places of some words in the shared texts, without reading the others."""
        part = self._book.one("sharedStrings")
        if part is None or part not in self._package:
            return {}
        xml = self._package.read(part)
        found: dict[int, str] = {}
        for word in words:
            text = cell_string(word)
            pattern = re.compile(rb"<(\w+:)?si>\s*<(?:\w+:)?t\b[^>]*>%s</(?:\w+:)?t>\s*</(?:\w+:)?si>" % re.escape(text))
            at = xml.find(b">" + text + b"<")
            while at >= 0:
                start = max(xml.rfind(b"si>", 0, at), 0)
                match = pattern.search(xml, max(0, start - 80), at + 200)
                if match is not None:
                    found[_items_before(xml, match.start(), match[1] or b"")] = word
                at = xml.find(b">" + text + b"<", at + 1)
        return found

    def palette(self) -> Palette:
        """Give the palette of the book; an empty one where it has no palette block."""
        rows = self._rows({PALETTE_BLOCK, PALETTE_BLOCK_END})
        if PALETTE_BLOCK not in rows:
            return Palette()
        first, stop = rows[PALETTE_BLOCK] + 1, rows.get(PALETTE_BLOCK_END, 0)
        if stop < first:
            raise FileRefused(
                "The marker sheet of the workbook is damaged: its palette has no end.",
                "Restore the workbook from a backup, or make a new one with `book new`.",
            )
        styles = (self._sheet.styles(row) for row in range(first, stop))
        return Palette.of([[found.get(column, 0) for column in PALETTE_COLUMNS] for found in styles if found])

    def set(self, values: Mapping[str, str | int]) -> None:
        """Set markers by key, in the sheet and, where they are there, in the document properties.

        Raises NotOurBook where the sheet lacks a key.
        """
        rows = self._rows({*values, COLUMN_BLOCK})
        stop = rows.get(COLUMN_BLOCK, 1 << 21)
        changes = {}
        for key, value in values.items():
            row = rows.get(key, stop)
            if row >= stop:
                raise NotOurBook(f"The marker sheet of the workbook lacks the marker '{key}'.")
            changes[row] = {2: Change(write=CellWrite(row, 2, value, text=self._is_text(row)))}
        self._package.write(self._part, self._sheet.apply(changes))
        _set_properties(self._package, values)

    def _is_text(self, row: int) -> bool:
        """Say whether the marker stands there as text, so that its kind stays."""
        stored = self._sheet.row(row)
        cell = stored.cells.get(2, b"") if stored is not None else b""
        return re.search(rb"""\st=["'](?:s|str|inlineStr)["']""", cell[: cell.find(b">") + 1]) is not None


def _items_before(xml: bytes, stop: int, prefix: bytes) -> int:
    opening = b"<" + prefix + b"si"
    return sum(xml.count(opening + end, 0, stop) for end in (b">", b"/>", b" "))


def _set_properties(package: ZipPatch, values: Mapping[str, str | int]) -> None:
    """Set the document properties that exist; the type of each stays."""
    part = next((r.target for r in relations(package, "") if r.kind == "custom-properties"), None)
    if part is None or part not in package:
        return
    xml = package.read(part)
    for key, value in values.items():
        pattern = re.compile(
            rb"""(<(?:\w+:)?property\b[^>]*\sname\s*=\s*["']%s["'][^>]*>\s*<((?:\w+:)?(\w+))>)[^<]*(</\2>)"""
            % re.escape((PROPERTY_PREFIX + key).encode())
        )
        match = pattern.search(xml)
        if match is None:
            continue
        if match[3] not in (b"lpwstr", b"lpstr", b"bstr") and not str(value).isdigit():
            raise FileRefused(f"The document property '{PROPERTY_PREFIX}{key}' of the workbook holds a number, not a text.")
        xml = xml[: match.start()] + match[1] + escaped(str(value)) + match[4] + xml[match.end() :]
    package.write(part, xml)
