"""A `BookSpec` written as an .xlsx, tab by tab, the same bytes each time."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime, time
from typing import Final

import xlsxwriter

from sheetsales_workbooks.host import BookSpec
from sheetsales_workbooks.xlsx.logs import write_conflicts, write_readme, write_removed
from sheetsales_workbooks.xlsx.looks import Looks
from sheetsales_workbooks.xlsx.markers import write_lists, write_markers, write_properties
from sheetsales_workbooks.xlsx.start import write_start
from sheetsales_workbooks.xlsx.tables import write_table

EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the day of every part in the zip, so that bytes repeat
_MACRO: Final = re.compile(rb"\s*<x:FmlaMacro>[^<]*</x:FmlaMacro>")
_EMPTY_RESULT: Final = re.compile(rb"(<c r=\"[A-Z]+[0-9]+\"(?: s=\"[0-9]+\")?)(><f>[^<]*</f><v></v>)")


def write_book(spec: BookSpec) -> bytes:
    """Give the bytes of the workbook; the same spec gives the same bytes."""
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(
        buffer,
        {
            "in_memory": True,
            "use_future_functions": True,
            "date_1904": spec.date_1904,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    day = spec.start.day
    workbook.set_properties(
        {
            "title": spec.title,
            "author": spec.owner_name or "sheetsales",
            "company": "",
            "comments": "",
            "created": datetime.combine(day, time()),
        }
    )
    write_properties(workbook, spec)
    looks = Looks(workbook)
    write_start(workbook, looks, spec)
    for table in spec.tables:
        write_table(workbook, looks, spec, table)
    write_conflicts(workbook, looks, spec)
    write_removed(workbook, looks)
    write_readme(workbook, looks, spec)
    write_lists(workbook, spec)
    write_markers(workbook, looks, spec)
    workbook.close()
    return _finished(buffer.getvalue())


def _finished(data: bytes) -> bytes:
    """Mend what the writing library cannot say, and zip the parts again in a way that repeats.

    Buttons lose the names of macros: there are none here, and Excel would complain at each click. A
    formula whose result is an empty text says that it is text, as spreadsheet programs write it.
    """
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name.endswith(".vml"):
                part = _MACRO.sub(b"", part)
            elif name.startswith("xl/worksheets/sheet"):
                part = _EMPTY_RESULT.sub(rb'\1 t="str"\2', part)
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o600 << 16
            new.writestr(info, part)
    return result.getvalue()
