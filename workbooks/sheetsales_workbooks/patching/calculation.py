"""What the workbook part says about calculation: results that may be old are worked out on opening.

The calculation chain is taken out as soon as a formula comes or goes: a chain that names a cell
without a formula is damage to Excel, a workbook without a chain is not, and it is made again at the
next calculation.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from sheetsales.errors import FileRefused
from sheetsales_workbooks.patching.relations import Workbook, drop_part
from sheetsales_workbooks.patching.xml_bytes import attributes, children, root_head, with_attribute
from sheetsales_workbooks.patching.zip_file import ZipPatch

BEFORE_CALCULATION: Final = (  # the children of a workbook that stand before calcPr
    b"fileVersion",
    b"fileSharing",
    b"workbookPr",
    b"workbookProtection",
    b"bookViews",
    b"sheets",
    b"functionGroups",
    b"externalReferences",
    b"definedNames",
    b"AlternateContent",
)


def drop_chain(package: ZipPatch, book: Workbook) -> None:
    """Take the calculation chain out of the workbook, if it has one."""
    part = book.one("calcChain")
    if part is not None and part in package:
        drop_part(package, book.part, part)


def calculate_on_opening(package: ZipPatch, book: Workbook, changed: Collection[str]) -> None:
    """Ask for a full calculation on opening, unless asked already or no sheet holds a formula.

    changed: parts of the sheets whose cells changed; they are looked at first. Formulas of other
    sheets count too: what they show may follow from a changed cell.
    """
    xml = package.read(book.part)
    p = re.escape(book.prefix)
    match = re.search(rb"<%scalcPr\b([^>]*?)/?>" % p, xml)
    if match is not None and attributes(match[1], book.part).get(b"fullCalcOnLoad") in (b"1", b"true"):
        return
    chain = book.one("calcChain")
    if not (chain is not None and chain in package) and not _any_formula(package, book, changed):
        return
    if match is not None:
        xml = xml[: match.start()] + with_attribute(match[0], b"fullCalcOnLoad", b"1") + xml[match.end() :]
    else:
        at = _calculation_place(xml, book.part)
        xml = xml[:at] + b'<%scalcPr fullCalcOnLoad="1"/>' % book.prefix + xml[at:]
    package.write(book.part, xml)


def _any_formula(package: ZipPatch, book: Workbook, changed: Collection[str]) -> bool:
    parts = [*changed, *(part for part in book.sheets.values() if part not in changed)]
    for part in parts:
        if part in package:
            xml = package.read(part)
            if b"<f>" in xml or b"<f " in xml or re.search(rb"<\w+:f[\s>]", xml):
                return True
    return False


def _calculation_place(xml: bytes, part: str) -> int:
    name, _, inner = root_head(xml, part)
    stop = xml.rfind(b"</" + name)
    if stop < 0:
        raise FileRefused("The file cannot be used: its workbook part has no end.")
    at = inner
    for element in children(xml, inner, stop, part):
        if element.name.rpartition(b":")[2] in BEFORE_CALCULATION:
            at = element.end
    return at
