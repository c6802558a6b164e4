"""Workbooks for the patch tests, and what must hold of every patched one."""

from __future__ import annotations

import io
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Mapping

import defusedxml.ElementTree
import openpyxl
import xlsxwriter

from sheetsales_workbooks.host import MARKER_KEYS, BookPatch, CellWrite, Mark, SheetPatch

HEADERS = ("ID", "Name", "Stage", "Amount", "Close date", "Score", "Phone", "Note")
FIRST, ROWS = 6, 20
PALETTE = (("", None), ("", "error"), ("", "warning"), ("", "note"), ("", "conflict"))
FILLS = {"error": "#FFC7CE", "warning": "#FFEB9C", "note": "#DDEBF7", "conflict": "#E4DFEC"}
NUMBER_FORMATS = ("General", "@", "#,##0.00", "yyyy-mm-dd")


def picture() -> io.BytesIO:
    """Draw a red dot as PNG."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return io.BytesIO(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b"")
    )


def rich_book(*, rows: int = ROWS, date_1904: bool = False, extras: bool = True, generation: int = 7) -> bytes:
    """Build a book with a managed table and everything a patch must not touch."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "date_1904": date_1904})
    formats = {
        (code, kind): book.add_format({"num_format": code} | ({"bg_color": FILLS[kind]} if kind else {"border": 1}))
        for code in NUMBER_FORMATS
        for kind in (None, *FILLS)
    }
    leads = book.add_worksheet("Leads")
    _fill_leads(book, leads, formats, rows)
    dash = book.add_worksheet("Dash")
    dash.write_formula("A1", "=SUM(Leads!D6:D200)", None, 1234)
    dash.write_formula("A2", "=COUNTA(Leads!B6:B200)", None, 5)
    dash.write_comment("B2", "Mine, not yours", {"author": "Ana"})
    markers = book.add_worksheet("_ss")
    values = dict(zip(MARKER_KEYS, ("wb-1", "book-1", generation, "1", "UTC", "ana@x.eu", "EUR"), strict=True))
    for row, (key, value) in enumerate(values.items()):
        markers.write(row, 0, key)
        markers.write(row, 1, value)
    at = len(values) + 1
    markers.write(at, 0, "columns")
    markers.write_row(at + 1, 0, ["leads", "Leads", 5, "generation", "A", "ID"])
    markers.write(at + 2, 0, "end columns")
    markers.write(at + 3, 0, "palette")
    for line, code in enumerate(NUMBER_FORMATS):
        for column, kind in enumerate((None, *FILLS), 1):
            markers.write_blank(at + 4 + line, column, None, formats[code, kind])
    markers.write(at + 4 + len(NUMBER_FORMATS), 0, "end palette")
    markers.very_hidden()
    book.set_custom_property("ss_workbook_id", "wb-1")
    book.set_custom_property("ss_generation", generation)
    if extras:
        _extras(book, leads, dash, rows)
        book.add_vba_project(io.BytesIO(b"macro bytes"), True)
    book.close()
    return _with_slicer(out.getvalue()) if extras else out.getvalue()


def _fill_leads(book: xlsxwriter.Workbook, leads: object, formats: Mapping[tuple[str, str | None], object], rows: int) -> None:
    leads.write("A1", "Leads")
    leads.write_comment("A1", "How to use this tab")
    last = FIRST - 1 + rows
    leads.add_table(FIRST - 2, 0, last - 1, len(HEADERS) - 1, {"name": "LeadsTable", "columns": [{"header": h} for h in HEADERS]})
    kinds = ("General", "@", "General", "#,##0.00", "yyyy-mm-dd", "General", "@", "General")
    for row in range(FIRST - 1, last):
        values = (f"LD-{row}", f"Firm {row}", "Open", row * 10.5, 45000 + row, None, "+44 20", "mine" if row % 3 else None)
        for column, (value, code) in enumerate(zip(values, kinds, strict=True)):
            leads.write(row, column, value, formats[code, None])
        leads.write_formula(row, 9, f"=D{row + 1}*2", None, row * 21)
    leads.set_row(FIRST - 1, 24)
    leads.set_column(0, 0, 8, None, {"hidden": True})
    leads.data_validation(FIRST - 1, 2, last - 1, 2, {"validate": "list", "source": ["Open", "Won", "Lost"]})
    leads.data_validation("M1:M3", {"validate": "integer", "criteria": ">", "value": 0})
    leads.conditional_format(
        FIRST - 1, 3, last - 1, 3, {"type": "cell", "criteria": ">", "value": 100, "format": book.add_format()}
    )


def _extras(book: xlsxwriter.Workbook, leads: object, dash: object, rows: int) -> None:
    last = FIRST - 1 + rows
    leads.conditional_format(FIRST - 1, 5, last - 1, 5, {"type": "data_bar", "data_bar_2010": True})
    leads.insert_button("C2", {"caption": "Score", "macro": "score"})
    leads.write_comment(FIRST, 7, "The user's own note", {"author": "Ana"})
    leads.insert_textbox("P2", "A box")
    leads.add_sparkline("K6", {"range": "Leads!D6:D10"})
    leads.insert_image("P8", "dot.png", {"image_data": picture()})
    leads.freeze_panes(FIRST - 1, 0)
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=Leads!$D$6:$D$10"})
    dash.insert_chart("D2", chart)


def _with_slicer(data: bytes) -> bytes:
    """Put a slicer part in, as XlsxWriter has none."""
    uri = '<ext uri="{3A4CF648-6AED-40f4-86FF-DC5316D8AED3}" xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main">'
    extension = uri.encode() + b'<x14:slicerList><x14:slicer r:id="rId77"/></x14:slicerList></ext></extLst></worksheet>'
    relation = b'<Relationship Id="rId77" Type="http://schemas.microsoft.com/office/2007/relationships/slicer" Target="../slicers/slicer1.xml"/>'
    return rebuilt(
        data,
        {
            "xl/worksheets/sheet1.xml": lambda xml: xml.replace(b"</extLst></worksheet>", extension),
            "xl/worksheets/_rels/sheet1.xml.rels": lambda xml: xml.replace(b"</Relationships>", relation + b"</Relationships>"),
        },
        {"xl/slicers/slicer1.xml": b'<slicers xmlns="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"/>'},
    )


def rebuilt(
    data: bytes, edits: Mapping[str, object], added: Mapping[str, bytes] | None = None, *, without: tuple[str, ...] = ()
) -> bytes:
    """Give the zip with parts edited, added or left out, by Python's own zip module."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            if info.filename in without:
                continue
            content = old.read(info)
            edit = edits.get(info.filename)
            new.writestr(info, edit(content) if callable(edit) else content)
        for name, content in (added or {}).items():
            new.writestr(name, content)
    return out.getvalue()


def one_sheet(rows: str, *, before: str = "", after: str = "", tag: str = "sheetData", prefix: str = "") -> bytes:
    """Build a small book around hand-written rows of its one sheet S."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.add_worksheet("S")
    book.close()
    name = f"xmlns:{prefix.rstrip(':')}" if prefix else "xmlns"
    xml = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{prefix}worksheet {name}="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        f'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">{before}<{prefix}{tag}>{rows}</{prefix}{tag}>'
        f"{after}</{prefix}worksheet>"
    ).replace(f"<{prefix}{tag}></{prefix}{tag}>", f"<{prefix}{tag}/>")
    return rebuilt(out.getvalue(), {"xl/worksheets/sheet1.xml": lambda _: xml.encode()})


def patch_of(
    sheet: str, *cells: CellWrite, marks: tuple[Mark, ...] = (), generation: int | None = None, **more: int
) -> BookPatch:
    """Build the patch of one sheet."""
    return BookPatch({sheet: SheetPatch(list(cells), list(marks), **more)}, generation)


def parts(data: bytes) -> dict[str, bytes]:
    """Give the content of all parts."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return {name: book.read(name) for name in book.namelist()}


def sound(data: bytes) -> bytes:
    """Prove that the zip is whole, each XML part well-formed and each part declared; give the data back."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        assert book.testzip() is None
        names = book.namelist()
        assert len(names) == len(set(names))
        types = book.read("[Content_Types].xml").decode()
        for name in names:
            if name.endswith((".xml", ".rels", ".vml")):
                defusedxml.ElementTree.fromstring(book.read(name))
            assert f'"/{name}"' in types or f'Extension="{name.rpartition(".")[2]}"' in types, name
    return data


def changed_parts(before: bytes, after: bytes) -> set[str]:
    """Give the names of parts whose content or packed bytes differ, of new and of lost ones."""

    def packed(data: bytes) -> dict[str, tuple[bytes, object]]:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            found = {}
            for info in book.infolist():
                start = info.header_offset + 30 + sum(struct.unpack_from("<HH", data, info.header_offset + 26))
                facts = (
                    info.date_time,
                    info.external_attr,
                    info.create_system,
                    info.flag_bits,
                    info.CRC,
                    info.extra,
                    info.comment,
                )
                found[info.filename] = (data[start : start + info.compress_size], facts)
            return found

    old, new = packed(before), packed(after)
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


def opened(data: bytes, *, data_only: bool = False) -> openpyxl.Workbook:
    """Open a book with openpyxl, which warns of what it does not know."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return openpyxl.load_workbook(io.BytesIO(data), data_only=data_only, keep_vba=False)


def values(data: bytes, sheet: str) -> dict[str, object]:
    """Give what openpyxl reads of a sheet, formulas as text, by address; escapes resolved."""
    book = opened(data)
    found = {cell.coordinate: cell.value for row in book[sheet] for cell in row if cell.value is not None}
    book.close()
    return {
        place: re.sub("_x([0-9A-F]{4})_", lambda m: chr(int(m[1], 16)), v) if isinstance(v, str) else v
        for place, v in found.items()
    }


def differences(before: bytes, after: bytes, sheet: str) -> dict[str, object]:
    """Give the cells of a sheet whose values differ, with their new values (None: gone)."""
    old, new = values(before, sheet), values(after, sheet)
    return {place: new.get(place) for place in old.keys() | new.keys() if old.get(place) != new.get(place)}
