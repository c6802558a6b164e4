"""Growth downwards: the table's range, its filter, and the rules that new rows share with their model."""

from __future__ import annotations

import re
from typing import Final

from sheetsales.errors import FileRefused
from sheetsales_workbooks.patching.relations import Workbook, relations
from sheetsales_workbooks.patching.xml_bytes import attributes, main_prefix, plain, root_head, with_attribute
from sheetsales_workbooks.patching.zip_file import ZipPatch
from sheetsales_workbooks.reading.sheet_xml import Area, area_places, column_letters

_VALUE: Final = rb"""(?:"[^"<]*"|'[^'<]*')"""
_OTHERS: Final = rb"(?:\s+[\w:.-]+\s*=\s*" + _VALUE + rb")*?"
_EXTENDED = re.compile(rb"<(\w+:)(dataValidation|conditionalFormatting)\b.*?</\1\2\s*>", re.S)
_EXTENDED_RANGE = re.compile(rb"(<\w+:sqref>)([^<]*)(</\w+:sqref>)")


def area_text(area: Area) -> str:
    """Give an area as a reference, B2:D7 or B2."""
    top, left, bottom, right = area
    first, last = f"{column_letters(left)}{top}", f"{column_letters(right)}{bottom}"
    return first if first == last else f"{first}:{last}"


def grow_table(package: ZipPatch, part: str, sheet: str, like_row: int, last_row: int) -> int:
    """Let the table around `like_row` reach `last_row`; give its last row before, 0 if there is none.

    Without a like row the only table of the sheet is meant. Raises FileRefused for a table with a
    totals row, or where another table is in the way.
    """
    tables: dict[str, Area] = {}
    for relation in relations(package, part):
        if relation.kind == "table":
            name, raw, _ = root_head(package.read(relation.target), relation.target)
            main_prefix(name, raw, b"table", relation.target)
            tables[relation.target] = area_places(plain(attributes(raw, relation.target).get(b"ref", b"")))
    meant = [found for found, area in tables.items() if area[0] <= like_row <= area[2]] if like_row else list(tables)
    if len(meant) != 1:
        return 0
    top, left, bottom, right = tables[meant[0]]
    if bottom >= last_row:
        return bottom
    for other_part, other in tables.items():
        if other_part != meant[0] and other[0] <= last_row and other[2] > bottom and other[1] <= right and other[3] >= left:
            raise FileRefused(
                f"The sheet '{sheet}' cannot be changed: another table stands in the rows below the table.",
                "Move the other table to the side or to another tab, then save.",
                sheet=sheet,
            )
    _write_table(package, meant[0], sheet, (top, left, bottom, right), last_row)
    return bottom


def _write_table(package: ZipPatch, part: str, sheet: str, area: Area, last_row: int) -> None:
    xml = package.read(part)
    name, raw, inner = root_head(xml, part)
    if attributes(raw, part).get(b"totalsRowCount", b"0") != b"0":
        raise FileRefused(
            f"The sheet '{sheet}' cannot be changed: its table has a totals row.",
            "Switch the totals row off (Table Design > Total Row), then save.",
            sheet=sheet,
        )
    start = xml.rfind(b"<" + name, 0, inner)
    ref = area_text((area[0], area[1], last_row, area[3])).encode()
    grown = with_attribute(xml[start:inner], b"ref", ref)
    rest = _with_filter(xml[inner:], name[: -len(b"table")], area, last_row)
    package.write(part, xml[:start] + grown + rest)


def _with_filter(xml: bytes, prefix: bytes, area: Area, last_row: int) -> bytes:
    """Let the first filter of a text reach the last row where it covers the table."""
    match = re.search(rb"<%sautoFilter\b[^>]*>" % re.escape(prefix), xml)
    if match is None:
        return xml
    stated = attributes(match[0][len(prefix) + 11 :].rstrip(b"/>"), "autoFilter").get(b"ref")
    if stated is None:
        return xml
    top, left, bottom, right = area_places(stated.decode().replace("$", ""))
    if not (top <= area[2] <= bottom < last_row) or right < area[1] or left > area[3]:
        return xml
    grown = with_attribute(match[0], b"ref", area_text((top, left, last_row, right)).encode())
    return xml[: match.start()] + grown + xml[match.end() :]


def grow_rules(xml: bytes, prefix: bytes, start: int, like_row: int, old_last: int, last_row: int) -> bytes:
    """Let validations, conditional formats and the sheet's own filter reach the new rows.

    start: behind the cell data. A rule that covers the like row and reaches the table's old end
    grows; one that covers the like row but ends before gets the new rows as a range of their own.
    """
    head, tail = xml[:start], xml[start:]
    plain_rule = re.compile(
        rb"(<%s(?:dataValidation|conditionalFormatting)%s\s+sqref\s*=\s*[\"'])([^\"'<]*)([\"'])" % (re.escape(prefix), _OTHERS)
    )

    def grown(match: re.Match[bytes]) -> bytes:
        return match[1] + grown_ranges(match[2].decode(), like_row, old_last, last_row).encode() + match[3]

    tail = plain_rule.sub(grown, tail)
    if b":sqref>" in tail:
        tail = _EXTENDED.sub(lambda rule: _EXTENDED_RANGE.sub(grown, rule[0]), tail)
    return head + _with_filter(tail, prefix, (like_row, 1, old_last, 1 << 14), last_row)


def grown_ranges(ranges: str, like_row: int, old_last: int, last_row: int) -> str:
    """Give a list of ranges as it is after the growth; never smaller."""
    areas = [area_places(text.replace("$", "")) for text in ranges.split()]
    found: list[Area] = []
    for top, left, bottom, right in areas:
        covers = top <= like_row <= bottom
        reaches = covers and old_last <= bottom < last_row
        found.append((top, left, last_row if reaches else bottom, right))
        new = (old_last + 1, left, last_row, right)
        if (
            covers
            and bottom < old_last
            and not any(t <= new[0] and bt >= last_row and le <= left and ri >= right for t, le, bt, ri in areas)
        ):
            found.append(new)
    return " ".join(area_text(area) for area in found) if found != areas else ranges


def grow_filter_name(package: ZipPatch, book: Workbook, part: str, like_row: int, old_last: int, last_row: int) -> None:
    """Let the hidden name behind a sheet's own filter follow it."""
    xml = package.read(book.part)
    if b"_FilterDatabase" not in xml:
        return
    position = next((n for n, other in enumerate(book.sheets.values()) if other == part), -1)
    pattern = re.compile(
        rb"(<%sdefinedName\b[^>]*_xlnm\._FilterDatabase[^>]*>[^<]*!\$?[A-Z]{1,3}\$?)(\d+)(:\$?[A-Z]{1,3}\$?)(\d+)(?=<)"
        % re.escape(book.prefix)
    )

    def grown(match: re.Match[bytes]) -> bytes:
        local = re.search(rb"""localSheetId\s*=\s*["'](\d+)""", match[1])
        top, bottom = int(match[2]), int(match[4])
        if local is None or int(local[1]) != position or not (top <= like_row and old_last <= bottom < last_row):
            return match[0]
        return match[1] + match[2] + match[3] + b"%d" % last_row

    package.write(book.part, pattern.sub(grown, xml))
