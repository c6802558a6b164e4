"""Make proposal and Fill e-mail on real workbooks by the real command line: what stands in the store, in the book, in the files."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from xml.etree.ElementTree import Element

import office
import openpyxl
import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st
from needing import needs
from team_stand import ANA, Team, made, put_csv

from sheetsales_sync.documents import NAME_BYTES, safe_name

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
HOSTILE = ("=1+1", "+41 spare", '@"b" <c> & d', "http://evil.example/x", "-2")
HEADS = [
    ("external_id", "opportunity", "proposal_version", "owner", "customer_address", "contact", "our_name", "our_address", "date",
     "valid_until", "business_problem", "scope", "payment_terms", "term_months"),
    ("PR-1", "Pumps for Alder", 1, ANA, "Mill Lane 4\n8001 Zürich", "Ida Roth", "Fjord Pumps Ltd", "Harbour Road 12", "2026-11-20",
     "2026-12-20", "The old pumps stop the line.", "Delivery and fitting.\nTraining of six people.", "30 days.", 12),
    ("PR-2", "Valves for Birch", 1, ANA, None, None, None, None, "2026-11-20", None, '=HYPERLINK("http://evil.example","x")', None, None, None),
]  # fmt: skip
LINES = [
    ("external_id", "proposal", "order", "sku", "description", "qty", "unit_price", "discount", "tax_rate", "owner"),
    ("L-1", "Pumps for Alder v1", 1, "P-1", "Seal kit", "3", "19.99", "10%", "20%", ANA),
    ("L-2", "Pumps for Alder v1", 2, "", "Hose", "7", "4.35", "0%", "20%", ANA),
    *((f"L-{n + 3}", "Valves for Birch v1", n, "", text, "1", "0.67", "50%", "0%", ANA) for n, text in enumerate(HOSTILE[:3], 1)),
]  # fmt: skip
STEM = "Proposal Pumps for Alder v1"


def load(team: Team, table: str, rows: list[tuple[Any, ...]]) -> None:
    path = put_csv(team.root / f"{table}.csv", rows)
    said = team.ok("import", table, path)
    assert said["rejected"] == [], said
    path.unlink()


@pytest.fixture(scope="module")
def offered() -> Iterator[Path]:
    """A team with two proposals in Ana's workbook, made once."""
    root = Path(mkdtemp(prefix="offers-")) / "team"
    team = Team(Path(shutil.copytree(made(), root)))
    load(team, "contacts", [("external_id", "account", "name", "title", "email", "opted_out"),
                            ("C-1", "Alder Mills", "Ida Roth", "Buyer", "ida@alder.example", "No")])  # fmt: skip
    load(team, "proposals", HEADS)
    load(team, "proposal_lines", LINES)
    team.sync()
    yield root
    shutil.rmtree(root.parent)


@pytest.fixture
def team(offered: Path, tmp_path: Path) -> Team:
    return Team(Path(shutil.copytree(offered, tmp_path / "team")))


def press(team: Team, *words: object, action: str = "automation.proposal") -> dict[str, Any]:
    (book,) = team.ok("run", action, team.book(ANA), *words)["books"]
    found: dict[str, Any] = book
    return found


def only(team: Team, external_id: str = "PR-1") -> tuple[str, str]:
    return ("--row", team.records("proposals")[external_id]["id"])


def names(team: Team) -> list[str]:
    return sorted(path.name for path in (team.root / "proposals").glob("*")) if (team.root / "proposals").exists() else []


def word(path: Path) -> Element:
    with zipfile.ZipFile(path) as parts:
        for name in parts.namelist():
            root: Element = fromstring(parts.read(name))
            assert root is not None
        found: Element = fromstring(parts.read("word/document.xml"))
    return found


def words_in(path: Path) -> list[str]:
    return ["".join(t.text or "" for t in paragraph.iter(f"{W}t")) for paragraph in word(path).iter(f"{W}p")]


# ── Make proposal ────────────────────────────────────────────────────────────────────────────────


def test_the_files_hold_the_totals_of_the_store_to_the_cent(team: Team) -> None:
    said = press(team)
    records = team.records("proposals")
    assert [records["PR-1"][name] for name in ("net", "tax", "total")] == ["84.42", "16.88", "101.30"]
    assert records["PR-2"]["total"] == "1.02"
    for external_id, stem, parts in (("PR-1", STEM, ["84.42", "16.88"]), ("PR-2", "Proposal Valves for Birch v1", ["1.02"])):
        total = records[external_id]["total"]
        book = openpyxl.load_workbook(team.root / "proposals" / f"{stem}.xlsx")
        rows = [[cell.value for cell in row if cell.value is not None] for row in book.active.iter_rows()]
        assert ["Total EUR", float(total)] in rows
        text = words_in(team.root / "proposals" / f"{stem}.docx")
        assert text[text.index("Total EUR") + 1] == total
        assert [text[text.index("Net") + 1]] == parts[:1]
        assert set(parts) <= set(text)
    assert f"{STEM} 101.30" in said["message"]
    assert "AUTO-06: Proposal total 101.30 differs from the deal 12000.00 by -11898.70." in said["message"]
    assert set(said["documents"]) >= {f"proposals/{STEM}.xlsx", f"proposals/{STEM}.docx"}


def test_the_lines_of_the_files_add_up_to_their_net(team: Team) -> None:
    press(team)
    book = openpyxl.load_workbook(team.root / "proposals" / f"{STEM}.xlsx")
    rows = [[cell.value for cell in row] for row in book.active.iter_rows()]
    head = next(n for n, row in enumerate(rows) if row[0] == "No.")
    assert [(row[1], row[-1]) for row in rows[head + 1 : head + 3]] == [("Seal kit", 53.97), ("Hose", 30.45)]
    assert sum(Decimal(str(row[-1])) for row in rows[head + 1 : head + 3]) == Decimal("84.42")


def test_a_text_never_becomes_a_formula_or_a_link(team: Team) -> None:
    press(team)
    path = team.root / "proposals" / "Proposal Valves for Birch v1"
    sheet = openpyxl.load_workbook(path.with_suffix(".xlsx")).active
    texts = {cell.value: cell.data_type for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)}
    for text in (*HOSTILE[:3], '=HYPERLINK("http://evil.example","x")'):
        assert texts[text] == "s"
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.hyperlink or cell.data_type == "f"]
    assert set(HOSTILE[:3]) <= set(words_in(path.with_suffix(".docx")))
    with zipfile.ZipFile(path.with_suffix(".docx")) as parts:
        assert not [name for name in parts.namelist() if b"TargetMode" in parts.read(name) or b"<w:hyperlink" in parts.read(name)]


def test_a_dry_run_says_it_and_writes_nothing(team: Team) -> None:
    before = team.bytes()
    said = press(team, "--dry-run")
    assert "2 ready" in said["message"]
    assert said["documents"] == []
    assert team.bytes() == before
    assert names(team) == []


def test_pressing_twice_writes_nothing_and_leaves_every_byte(team: Team) -> None:
    first = press(team, *only(team))
    before, seq = team.bytes(store=False), team.seq()
    said = press(team, *only(team))
    assert (said["changed"], said["state"], said["message"]) == ([], "unchanged", first["message"])
    assert (team.bytes(store=False), team.seq()) == (before, seq)


def test_a_file_that_somebody_changed_is_never_overwritten(team: Team) -> None:
    press(team, *only(team))
    mine = team.root / "proposals" / f"{STEM}.docx"
    mine.write_bytes(b"my own words")
    said = press(team, *only(team))
    assert mine.read_bytes() == b"my own words"
    assert f"proposals/{STEM} (2).docx" in said["documents"]
    again = press(team, *only(team))
    assert again["documents"] == said["documents"]
    assert not [name for name in names(team) if "(3)" in name]


def test_a_price_that_changed_makes_a_version_of_its_own(team: Team) -> None:
    press(team, *only(team))
    team.type(ANA, "proposal_lines", "L-2", qty=8)
    said = press(team, *only(team))
    assert f"proposals/{STEM} (2).docx" in said["documents"]
    total = team.records("proposals")["PR-1"]["total"]
    assert total in words_in(team.root / "proposals" / f"{STEM} (2).docx")
    assert "101.30" in words_in(team.root / "proposals" / f"{STEM}.docx")


def test_a_discount_above_the_limit_waits_for_an_approval_and_makes_no_file(team: Team) -> None:
    load(team, "products", [("sku", "name", "max_discount"), ("P-1", "Pump", "5%")])
    team.type(ANA, "proposals", "PR-1", status="Sent")
    said = press(team, *only(team))
    assert team.records("proposals")["PR-1"]["status"] == "Needs approval"
    assert team.row(ANA, "proposals", "PR-1").cells["status"] == "Needs approval"
    assert "AUTO-05: Discount 10 % exceeds the limit 5 % for P-1: approval needed." in said["message"]
    assert names(team) == []
    team.type(ANA, "proposals", "PR-1", approved_by="Mara")
    press(team, *only(team))
    assert team.records("proposals")["PR-1"]["status"] == "Approved"
    assert f"{STEM}.docx" in names(team)


def test_a_folder_that_cannot_be_made_is_told_and_the_figures_are_in_the_store(team: Team) -> None:
    (team.root / "proposals").write_text("a file of this name", "utf-8")
    said = press(team)
    assert "Not all files could be written" in said["message"]
    assert team.records("proposals")["PR-1"]["total"] == "101.30"


def test_without_libreoffice_there_is_no_pdf_and_the_message_says_so(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    said = press(team, *only(team))
    assert said["message"].endswith("No .pdf: LibreOffice is not installed here.")
    assert names(team) == [f"{STEM}.docx", f"{STEM}.xlsx"]


@needs("soffice", "pdftotext")
def test_the_pdf_says_the_same_total(team: Team) -> None:
    said = press(team, *only(team))
    assert f"proposals/{STEM}.pdf" in said["documents"]
    text = _text_of(team.root / "proposals" / f"{STEM}.pdf")
    assert "101.30" in text
    assert "Fjord Pumps Ltd" in text


@pytest.mark.slow
@needs("soffice", "pdftotext")
def test_libreoffice_opens_the_word_file_and_shows_every_word(team: Team, tmp_path: Path) -> None:
    press(team)
    for stem, expected in ((STEM, ("Seal kit", "84.42", "16.88", "101.30", "Zürich", "Training of six people.")),
                           ("Proposal Valves for Birch v1", (*HOSTILE[:3], "1.02"))):  # fmt: skip
        text = _text_of(office.convert(team.root / "proposals" / f"{stem}.docx", tmp_path / "word.pdf"))
        assert [words for words in expected if words not in text] == []


def _text_of(pdf: Path) -> str:
    return subprocess.run(["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True, text=True).stdout


# ── file names ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Proposal A v1", "Proposal A v1"), ("../../etc/passwd", "etc passwd"), ('a<b>:"c"/d\\e|f?g*h', "a b c d e f g h"),
        ("CON", "CON_"), ("lpt1.txt", "lpt1.txt_"), (" . ", "Document"), ("a\u202egnp.exe", "agnp.exe"), ("tab\tand\nline", "tab and line"),
        ("ends with a dot.", "ends with a dot"),
    ],
)  # fmt: skip
def test_a_file_name_is_one_that_every_system_takes(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.text(max_size=300))
def test_any_name_stays_inside_its_folder(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert len(safe.encode()) <= NAME_BYTES + 1
    assert not set(safe) & set('<>:"/\\|?*\n\r\t\x00')
    assert safe not in (".", "..") and not safe.endswith((".", " "))
    assert safe_name(safe) == safe


# ── Fill e-mail ──────────────────────────────────────────────────────────────────────────────────


def test_a_letter_stands_as_a_draft_in_the_tab_emails_and_is_made_once(team: Team) -> None:
    words = ("--set", "template=First contact after an enquiry", "--set", "record=Dune Bakery", "--set", "product==Pump")
    press(team, *words, action="automation.write_email")
    (letter,) = team.records("emails").values()
    assert (letter["to"], letter["subject"], letter["status"]) == ("ida@dune.example", "Your enquiry about =Pump", "Draft")
    assert letter["body"].startswith("Dear Ida,\n\nthank you for asking about =Pump.")
    (row,) = [r for r in team.tab(ANA, "emails").rows if r.id == letter["id"]]
    assert row.cells["body"] == letter["body"]
    before, seq = team.bytes(store=False), team.seq()
    again = press(team, *words, action="automation.write_email")
    assert (again["changed"], again["state"]) == ([], "unchanged")
    assert (team.bytes(store=False), team.seq()) == (before, seq)


def test_an_unfilled_field_refuses_the_record_and_leaves_store_and_book_alone(team: Team) -> None:
    said = press(
        team, "--set", "template=First contact after an enquiry", "--set", "record=Dune Bakery", action="automation.write_email"
    )
    assert "Dune Bakery: AUTO-03: Template field {{product}} is not filled; nothing was sent." in said["message"]
    assert said["changed"] == []
    assert team.records("emails") == {}


def test_what_a_rep_writes_into_a_draft_is_never_overwritten(team: Team) -> None:
    words = ("--set", "template=Asking why after losing", "--row", team.records("opportunities")["O-1"]["id"])
    press(team, *words, action="automation.write_email")
    (letter,) = team.records("emails").values()
    (row,) = [r for r in team.tab(ANA, "emails").rows if r.id == letter["id"]]
    tab = team.tab(ANA, "emails")
    team.put(ANA, tab.sheet, row.row, tab.columns["body"], "In my own words.")
    team.type(ANA, "opportunities", "O-1", name="Pumps for Alder, second lot")
    press(team, *words, action="automation.write_email")
    bodies = [one["body"] for one in team.records("emails").values()]
    assert "In my own words." in bodies
    assert len(bodies) == 2


def test_no_template_is_wrong_use_with_the_names_to_choose_from(team: Team) -> None:
    said = team.run("run", "automation.write_email", team.book(ANA), "--set", "record=Dune Bakery", "--json")
    assert said.code == 2
    assert "Thanks after winning" in said.out["error"]["hint"]
