"""The document for a customer in both formats: any words in it, exact amounts, the same bytes twice."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsales.document import Document, Heading, Party, Section, Total
from sheetsales.values import has_control_characters
from sheetsales_workbooks.build import write_document

T = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}t"
WORDS = st.text(max_size=60).filter(lambda text: not has_control_characters(text))
HEADINGS = (
    Heading("No."),
    Heading("Description"),
    Heading("Quantity", "number"),
    Heading("Unit price", "money"),
    Heading("Amount", "money"),
)


def document(text: str = "Words", amount: Decimal = Decimal("84.42"), lines: int = 1) -> Document:
    return Document(
        "Name", "proposals", "Proposal", text, date(2026, 5, 1), "EUR", (Party("For", (text, "Town")),), (("Proposal", text), ("Date", date(2026, 5, 1))),
        (Section("Scope", text),), HEADINGS, tuple((str(n), text, Decimal(1), amount, amount) for n in range(lines)),
        (Total("Net", amount), Total("Total", amount, strong=True)), (Section("", text),), (f"Place, date, {text}", "us"),
    )  # fmt: skip


def printed(files: dict[str, bytes]) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(files[".docx"])) as parts:
        return [node.text or "" for node in fromstring(parts.read("word/document.xml")).iter(T)]


def test_the_same_document_gives_the_same_bytes() -> None:
    assert write_document(document()) == write_document(document())


@settings(max_examples=40, deadline=None)
@given(WORDS)
def test_any_words_make_files_that_open_and_say_them(text: str) -> None:
    files = write_document(document(text))
    whole = "".join(printed(files))
    assert all(piece in whole for line in text.split("\n") for piece in line.split("\t"))
    sheet = openpyxl.load_workbook(io.BytesIO(files[".xlsx"])).active
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f" or cell.hyperlink]


@pytest.mark.parametrize("amount", ["0.01", "101.30", "-5.00", "9999999999999.99", "123456789012345.67", "9999999999999999.12"])
def test_an_amount_is_exact_in_both_formats_however_large(amount: str) -> None:
    files = write_document(document(amount=Decimal(amount)))
    assert printed(files).count(f"{Decimal(amount):,.2f}") == 4
    sheet = openpyxl.load_workbook(io.BytesIO(files[".xlsx"])).active
    (total,) = [row[4].value for row in sheet.iter_rows() if row[2].value == "Total EUR"]
    assert Decimal(str(total).replace(",", "")) == Decimal(amount)


def test_a_long_text_is_kept_whole_over_several_rows() -> None:
    text = "A sentence that says what it costs every week. " * 150
    sheet = openpyxl.load_workbook(io.BytesIO(write_document(document(text.strip()))[".xlsx"])).active
    cells = [cell.value for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    rows = cells[cells.index("Scope") + 1 : cells.index("No.")]
    assert " ".join(rows) == text.strip()
    assert max(dimension.height or 0 for dimension in sheet.row_dimensions.values()) < 409


def test_the_head_of_a_long_table_stands_on_every_page() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(write_document(document(lines=40))[".xlsx"])).active
    assert sheet.print_title_rows
    assert b"w:tblHeader" in zipfile.ZipFile(io.BytesIO(write_document(document(lines=40))[".docx"])).read("word/document.xml")
