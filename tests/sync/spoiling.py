"""What people and the world do to a workbook: cells, rows and parts changed from outside, by text alone."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.sax.saxutils import escape

from team_stand import Team

from sheetsales_workbooks.host import CellWrite, RowRead

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
Edit = Callable[[str], str]


def letters(column: int) -> str:
    """Give the letters of a column."""
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = LETTERS[rest] + text
    return text


def parts(path: Path) -> dict[str, bytes]:
    """Give the parts of a workbook."""
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def rebuild(path: Path, edits: Mapping[str, Edit], added: Mapping[str, bytes] | None = None) -> None:
    """Edit parts of a workbook as text, and add others."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts(path).items():
            packed.writestr(name, edits[name](content.decode()).encode() if name in edits else content)
        for name, content in (added or {}).items():
            packed.writestr(name, content)
    path.write_bytes(out.getvalue())


def sheet_part(path: Path, tab: str) -> str:
    """Give the name of the part of a tab."""
    found = parts(path)
    book = found["xl/workbook.xml"].decode()
    relation = re.search(rf'<sheet name="{re.escape(escape(tab))}"[^>]*r:id="(\w+)"', book)
    assert relation is not None, tab
    target = re.search(rf'<Relationship Id="{relation[1]}"[^>]*Target="([^"]+)"', found["xl/_rels/workbook.xml.rels"].decode())
    assert target is not None
    return "xl/" + target[1].removeprefix("/xl/")


def in_sheet(team: Team, who: str, tab: str, edit: Edit) -> None:
    """Edit the part of a tab as text."""
    rebuild(team.book(who), {sheet_part(team.book(who), tab): edit})


def address(team: Team, who: str, table: str, external_id: str, column: str) -> str:
    """Give the address of a cell."""
    return f"{letters(team.tab(who, table).columns[column])}{team.row(who, table, external_id).row}"


def put_xml(
    team: Team, who: str, table: str, external_id: str, column: str, kind: str, inner: str, style: str | None = None
) -> None:
    """Put raw XML into a cell: its type (`t`, "" for a number) and what stands in it; the format stays."""
    place = address(team, who, table, external_id, column)

    def edit(xml: str) -> str:
        cell = re.search(rf'<c r="{place}"(?: s="(\d+)")?[^>]*?(?:/>|>.*?</c>)', xml)
        assert cell is not None, place
        format_ = style or cell[1]
        mine = f'<c r="{place}"' + (f' s="{format_}"' if format_ else "") + (f' t="{kind}"' if kind else "") + f">{inner}</c>"
        return xml[: cell.start()] + mine + xml[cell.end() :]

    in_sheet(team, who, team.tab(who, table).sheet, edit)


def put_formula(team: Team, who: str, table: str, external_id: str, column: str, formula: str, cached: str | None) -> None:
    """Put a formula into a cell, with the number that was calculated, or without."""
    value = "" if cached is None else f"<v>{cached}</v>"
    put_xml(team, who, table, external_id, column, "", f"<f>{escape(formula)}</f>{value}")


def own_column(team: Team, who: str, table: str, row: int, xml: str) -> str:
    """Put a cell of the rep's own to the right of a table; give its address."""
    tab = team.tab(who, table)
    place = f"{letters(max(tab.columns.values()) + 6)}{row}"

    def edit(text: str) -> str:
        line = re.search(rf'<row r="{row}"[^>]*>.*?</row>', text)
        assert line is not None
        return text[: line.end() - len("</row>")] + f'<c r="{place}"{xml}</c>' + text[line.end() - len("</row>") :]

    in_sheet(team, who, tab.sheet, edit)
    return place


def number_format(team: Team, who: str, code: str) -> str:
    """Add a number format to a workbook; give its style number."""
    found: list[str] = []

    def edit(xml: str) -> str:
        formats = re.search(r'<numFmts count="(\d+)">', xml)
        styles = re.search(r'<cellXfs count="(\d+)">(.*?)</cellXfs>', xml, re.S)
        assert formats is not None and styles is not None
        found.append(styles[1])
        one = '<xf numFmtId="999" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        xml = xml.replace(styles[0], f'<cellXfs count="{int(styles[1]) + 1}">{styles[2]}{one}</cellXfs>')
        return xml.replace(formats[0], f'<numFmts count="{int(formats[1]) + 1}"><numFmt numFmtId="999" formatCode="{code}"/>')

    rebuild(team.book(who), {"xl/styles.xml": edit})
    return found[0]


def put_row(team: Team, who: str, table: str, cells: RowRead, *, identity: object) -> int:
    """Paste a row's cells under an id into the first waiting row; give where."""
    tab = team.tab(who, table)
    row = team.waiting(who, table).row
    writes = [
        CellWrite(row, tab.columns[n], v, text=isinstance(v, str))
        for n, v in cells.cells.items()
        if v is not None and n in INPUTS[table]
    ]
    team.patch(who, tab.sheet, [*writes, CellWrite(row, tab.id_column, identity, text=True)])
    return row


INPUTS = {
    "opportunities": ("name", "account", "product", "amount", "stage", "close_date", "owner", "created_on"),
    "leads": ("company", "contact_name", "email", "phone", "source", "status", "owner"),
}


def clear_row(team: Team, who: str, table: str, external_id: str) -> None:
    """Delete a row as a spreadsheet does when its cells are cleared, the id with them."""
    row = team.row(who, table, external_id).row

    def edit(xml: str) -> str:
        return re.sub(rf'<row r="{row}"[^>]*>.*?</row>', "", xml)

    in_sheet(team, who, team.tab(who, table).sheet, edit)


def mentions(path: Path, text: str) -> bool:
    """Say whether any part of a workbook holds a text."""
    needles = (text.encode(), escape(text).encode())
    return any(needle in content for content in parts(path).values() for needle in needles)


def store_mentions(team: Team, text: str) -> bool:
    """Say whether the store holds a text anywhere in its files, the journal too."""
    return any(text.encode() in path.read_bytes() for path in team.root.glob("sheetsales.db*"))
