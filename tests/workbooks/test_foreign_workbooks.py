"""Any workbook, read with true addresses and exact values, beside openpyxl and over odd files of other projects."""

from __future__ import annotations

import io
import warnings
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hand_made import CLOCK, DAY, ELAPSED, MAIN, MOMENT, PERCENT, STRICT, ZIP_CODE, parts_of, sheet, workbook, zipped
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsales.errors import FileOldFormat, FileProtected, FileRefused, FileUnsafe, Refused
from sheetsales.values import CellError, Formula, ShownNumber
from sheetsales_workbooks.hosts.excel_file import read_sheets
from sheetsales_workbooks.reading.cell_formats import Format, read_format
from sheetsales_workbooks.reading.guard import package
from sheetsales_workbooks.reading.sheet_cells import Meaning, UnusualFormError, unescape
from sheetsales_workbooks.reading.sheet_scan import scan_sheet
from sheetsales_workbooks.reading.sheet_xml import parse_sheet
from sheetsales_workbooks.reading.workbook_read import ForeignBook, pack_book, read_book_parts, unpack_book
from sheetsales_workbooks.reading.workbook_xml import decoded, read_meaning, read_shared, read_workbook

DATA = Path(__file__).resolve().parents[2] / "../shared/data"
FILES = sorted(DATA.glob("xlsx_*/**/*.xls*"))
# What these hold is said one by one below; openpyxl is wrong about them, or cannot read them.
SPECIAL = {
    "OOM_alloc2.xls", "too_small.xls", "pass_protected.xlsx", "zipbomb_300MB_sheet.xlsx", "strict_iso_paths.xlsx",
    "minimal_package.xlsx", "pivots.xlsx", "empty_s_attribute.xlsx", "issue_174.xlsx", "far_cell.xlsx",
    "encoded_entities.xlsx", "whitespace_trim.xlsx", "Ekaterinburg_IP_9.xlsx", "duplicate_cells_and_rows.xlsx",
    "dates-leap-year-1900-xlsx.xlsx",
}  # fmt: skip


def here(data: bytes) -> ForeignBook:
    parts = package(data)
    return read_book_parts(parts, read_workbook(parts))


def cells(rows: str, **more: object) -> dict[int, dict[int, object]]:
    return here(workbook(rows, **more)).sheets[0].rows


def only(cell: str, **more: object) -> object:
    """Give what is read of one cell A1, by both parsers."""
    data = workbook(f'<row r="1">{cell}</row>', **more)
    parts = package(data)
    about = read_workbook(parts)
    meaning = read_meaning(parts, about)
    text = decoded(parts.read(about.tabs[0].part))
    exact = parse_sheet(text, meaning, exact=True)
    assert parse_sheet(text, meaning).rows == exact.rows
    return exact.rows.get(1, {}).get(1)


# ── one cell ─────────────────────────────────────────────────────────────────────────────────────

SHARED = (
    '<si><t>plain</t></si><si><r><t>rich </t></r><r><rPr><b/></rPr><t xml:space="preserve"> text</t></r>'
    '<rPh sb="0" eb="1"><t>reading</t></rPh></si><si><t xml:space="preserve"> a  b </t></si><si><t/></si>'
    "<si><t>a_x000D_b &amp; _x005F_x000D_</t></si><si><t>=1+1</t></si>"
)
CELL_CASES = [
    pytest.param('<c r="A1"><v>5</v></c>', 5, id="whole number"),
    pytest.param('<c r="A1"><v>-5.25</v></c>', -5.25, id="4 negative number"),
    pytest.param('<c r="A1"><v>0.30000000000000004</v></c>', 0.1 + 0.2, id="42 sum of tenths"),
    pytest.param('<c r="A1"><v>1E+308</v></c>', 1e308, id="42 large"),
    pytest.param('<c r="A1"><v>1e-320</v></c>', 1e-320, id="42 small"),
    pytest.param('<c r="A1"><v>NaN</v></c>', "NaN", id="42 no number stays text"),
    pytest.param('<c r="A1"><v>1_000</v></c>', "1_000", id="42 underscore"),
    pytest.param('<c r="A1" t="b"><v>1</v></c>', True, id="true"),
    pytest.param('<c r="A1" t="s"><v>0</v></c>', "plain", id="shared text"),
    pytest.param('<c r="A1" t="s"><v>1</v></c>', "rich text", id="rich text without its reading"),
    pytest.param('<c r="A1" t="s"><v>2</v></c>', " a  b ", id="spaces kept where they are to be"),
    pytest.param('<c r="A1" t="s"><v>3</v></c>', "", id="empty text"),
    pytest.param('<c r="A1" t="s"><v>4</v></c>', "a\rb & _x000D_", id="6 escapes"),
    pytest.param('<c r="A1" t="s"><v>5</v></c>', "=1+1", id="1 text that looks like a formula"),
    pytest.param('<c r="A1" t="inlineStr"><is><t>&lt;a&gt;&#233;</t></is></c>', "<a>é", id="inline text with entities"),
    pytest.param('<c r="A1" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c>', "ab", id="inline rich text"),
    pytest.param('<c r="A1" t="inlineStr"><is><t><![CDATA[<c r="B1">]]></t></is></c>', '<c r="B1">', id="inline CDATA"),
    pytest.param('<c r="A1" t="str"><v>text</v></c>', "text", id="text of a formula that is gone"),
    pytest.param('<c r="A1" t="e"><v>#REF!</v></c>', CellError("#REF!"), id="12 error"),
    pytest.param('<c r="A1" t="e"><v>#FIELD!</v></c>', CellError("#FIELD!"), id="12 newer error"),
    pytest.param('<c r="A1"><f>1+1</f><v>2</v></c>', Formula("1+1", 2), id="10 formula with its result"),
    pytest.param('<c r="A1"><f>1+1</f></c>', Formula("1+1", None, False), id="11 formula without result"),
    pytest.param('<c r="A1"><f>1+1</f><v></v></c>', Formula("1+1", None, False), id="11 formula with an empty result"),
    pytest.param('<c r="A1"><f>1+1</f><v/></c>', Formula("1+1", None, False), id="11 formula with an empty element"),
    pytest.param('<c r="A1" t="str"><f>""</f><v></v></c>', Formula('""', ""), id="formula that gives empty text"),
    pytest.param('<c r="A1" t="e"><f>B1</f><v>#N/A</v></c>', Formula("B1", CellError("#N/A")), id="12 formula with an error"),
    pytest.param('<c r="A1" t="b"><f>1=1</f><v>1</v></c>', Formula("1=1", True), id="formula with a truth"),
    pytest.param('<c r="A1" s="1"><f>B1</f><v>45000</v></c>', Formula("B1", date(2023, 3, 15)), id="formula with a day"),
    pytest.param('<c r="A1"><f t="array" ref="A1:A2">B1:B2</f><v>3</v></c>', Formula("B1:B2", 3), id="array formula"),
    pytest.param('<c r="A1"><f>HYPERLINK("http://x?"&amp;B1)</f><v>1</v></c>', Formula('HYPERLINK("http://x?"&B1)', 1), id="8"),
    pytest.param('<c r="A1"><f>[1]Sheet1!A1</f><v>1</v></c>', Formula("[1]Sheet1!A1", 1), id="13 external link"),
    pytest.param(f'<c r="A1" s="{DAY}"><v>45000</v></c>', date(2023, 3, 15), id="day"),
    pytest.param(f'<c r="A1" s="{MOMENT}"><v>45000.5</v></c>', datetime(2023, 3, 15, 12), id="moment"),
    pytest.param(f'<c r="A1" s="{DAY}"><v>59</v></c>', date(1900, 2, 28), id="before the day that never was"),
    pytest.param(f'<c r="A1" s="{DAY}"><v>60</v></c>', ShownNumber(60, "1900-02-29"), id="the day that never was"),
    pytest.param(f'<c r="A1" s="{DAY}"><v>-1</v></c>', -1, id="negative day"),
    pytest.param(f'<c r="A1" s="{DAY}"><v>1e9</v></c>', 1e9, id="day beyond the calendar"),
    pytest.param(f'<c r="A1" s="{CLOCK}"><v>0.25</v></c>', time(6), id="time of day"),
    pytest.param(f'<c r="A1" s="{ELAPSED}"><v>1.5</v></c>', timedelta(hours=36), id="duration"),
    pytest.param(f'<c r="A1" s="{PERCENT}"><v>0.35</v></c>', 0.35, id="41 percent"),
    pytest.param('<c r="A1" t="d"><v>2024-02-29</v></c>', date(2024, 2, 29), id="ISO day"),
    pytest.param('<c r="A1" t="d"><v>2024-02-29T10:30:00Z</v></c>', datetime(2024, 2, 29, 10, 30), id="ISO moment"),
    pytest.param(f'<c r="A1" s="{ZIP_CODE}"><v>123</v></c>', ShownNumber(123, "00123"), id="39 leading zeros"),
    pytest.param(f'<c r="A1" s="{ZIP_CODE}"><v>12345</v></c>', 12345, id="39 no zero to show"),
    pytest.param('<c r="A1" s="99"><v>1</v></c>', 1, id="style that is not there"),
    pytest.param('<c r="A1" s=""><v>1</v></c>', 1, id="empty style"),
    pytest.param('<c r="A1"></c>', None, id="blank"),
    pytest.param('<c r="A1" s="1"/>', None, id="23 blank with a style"),
    pytest.param('<c><v>7</v></c>', 7, id="cell without reference"),
    pytest.param('<c t="n" r="A1"><v>7</v></c>', 7, id="attributes in another order"),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "wanted"), CELL_CASES)
def test_a_cell_is_read_as_what_it_is_by_both_parsers(cell: str, wanted: object) -> None:
    found = only(cell, shared=SHARED)
    assert found == wanted
    assert type(found) is type(wanted)


@pytest.mark.parametrize(
    ("day", "wanted"), [("0", date(1904, 1, 1)), ("43543", date(2023, 3, 20)), ("0.5", datetime(1904, 1, 1, 12))]
)
def test_days_of_a_1904_book_have_its_epoch(day: str, wanted: object) -> None:
    assert only(f'<c r="A1" s="{MOMENT}"><v>{day}</v></c>', date_1904=True) == wanted


def test_text_beyond_the_limit_of_a_cell_is_not_cut() -> None:
    assert only(f'<c r="A1" t="inlineStr"><is><t>{"x" * 100_000}</t></is></c>') == "x" * 100_000


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("General", ""), ("0.00", ""), ("#,##0 [$€-407]", ""), ('0 "days"', ""), ("[Red]0;-0", ""), ("@", ""), ("0.00E+00", ""),
        ("yyyy-mm-dd", "moment"), ("[$-407]d. mmmm yyyy", "moment"), ('"due" dd/mm', "moment"), ("mmm", "moment"),
        ("hh:mm AM/PM", "clock"), ("mm:ss.0", "clock"), ("[mm]:ss", "elapsed"), ("00000", "zeros"), ("000\\-00\\-0000", "zeros"),
        ("00.0", "zeros"), ("0", ""), ("#,##000", ""),
    ],
)  # fmt: skip
def test_a_number_format_says_what_a_number_is(code: str, kind: str) -> None:
    form = read_format(164, code)
    assert (form.kind if form else "") == kind


def test_built_in_formats_are_known() -> None:
    assert [read_format(number, None) for number in (0, 2, 14, 20, 22, 46, 49)] == [
        None, None, Format("moment"), Format("clock"), Format("moment"), Format("elapsed"), None,
    ]  # fmt: skip


# ── a sheet ──────────────────────────────────────────────────────────────────────────────────────


def test_followers_of_a_shared_formula_have_the_text_of_their_master_even_before_it() -> None:
    master = '<c r="A2"><f t="shared" ref="A1:A3" si="0">B2*2</f><v>4</v></c>'
    rows = ['<c r="A1"><f t="shared" si="0"/><v>2</v></c>', master, '<c r="A3"><f t="shared" si="0"/><v>6</v></c>']
    found = cells("".join(f'<row r="{n}">{cell}</row>' for n, cell in enumerate(rows, 1)))
    assert found == {1: {1: Formula("B2*2", 2)}, 2: {1: Formula("B2*2", 4)}, 3: {1: Formula("B2*2", 6)}}


def test_a_cell_stored_twice_and_rows_out_of_order_are_read_last_one_wins_with_a_remark() -> None:
    book = here(workbook('<row r="5"><c r="A5"><v>1</v></c></row><row r="2"><c r="B2"><v>2</v></c><c r="B2"><v>3</v></c></row>'))
    assert book.sheets[0].rows == {2: {2: 3}, 5: {1: 1}}
    assert book.sheets[0].remarks == ("B2 is stored twice; the last one was read.",)
    assert (book.sheets[0].cells, book.sheets[0].replaced) == (3, 1)


def test_prefixed_elements_and_missing_references_are_read() -> None:
    text = (
        f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row><x:c><x:v>1</x:v></x:c><x:c t="inlineStr"><x:is><x:t>a</x:t></x:is></x:c>'
        "</x:row><x:row><x:c><x:v>2</x:v></x:c></x:row></x:sheetData></x:worksheet>"
    )
    assert here(zipped(parts_of({"Sheet1": text}))).sheets[0].rows == {1: {1: 1, 2: "a"}, 2: {1: 2}}


def test_elements_of_other_namespaces_are_no_cells() -> None:
    row = '<row r="1"><c r="A1"><v>1</v></c></row><y:row xmlns:y="urn:y" r="2"><y:c><y:v>5</y:v></y:c></y:row>'
    assert cells(row) == {1: {1: 1}}


def test_cells_that_would_be_lost_are_a_refusal() -> None:
    with pytest.raises(FileRefused, match="stores 2 cells, but 1"):
        cells('<row r="1"><c r="A1"><v>1</v></c></row><row r="2" xmlns="urn:y"><c r="A2"><v>5</v></c></row>')


@pytest.mark.parametrize("reference", ["A0", "XFE1", "A1048577", "1A", "AAAA1", "", "A1:B2"])
def test_a_cell_without_a_place_is_a_refusal(reference: str) -> None:
    with pytest.raises(FileRefused):
        cells(f'<row r="1"><c r="{reference}"><v>1</v></c></row>')


def test_a_shared_text_that_is_not_there_is_a_refusal() -> None:
    with pytest.raises(FileRefused, match="not there"):
        cells('<row r="1"><c r="A1" t="s"><v>7</v></c></row>', shared=SHARED)


@pytest.mark.parametrize("dimension", ["A1:XFD1048576", "A1:B2"], ids=["21 too large", "22 too small"])
def test_a_false_dimension_does_not_matter(dimension: str) -> None:
    rows = "".join(f'<row r="{n}"><c r="D{n}"><v>{n}</v></c></row>' for n in (1, 7, 90))
    book = here(workbook(sheet(rows, before=f'<dimension ref="{dimension}"/>')))
    assert book.sheets[0].rows == {1: {4: 1}, 7: {4: 7}, 90: {4: 90}}


def test_a_lone_far_cell_is_read_sparsely() -> None:
    assert cells('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>') == {1048576: {16384: 1}}


def test_hidden_rows_and_merged_areas_are_told() -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="2" hidden="1"><c r="A2"><v>2</v></c></row>'
    book = here(workbook(sheet(rows, after='<mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells>')))
    assert (book.sheets[0].hidden, book.sheets[0].merged) == (frozenset({2}), ((1, 1, 1, 2),))


def test_strict_workbooks_are_read() -> None:
    text = sheet('<row r="1"><c r="A1"><v>1</v></c></row>', space=STRICT)
    assert here(zipped(parts_of({"Sheet1": text}, space=STRICT))).sheets[0].rows == {1: {1: 1}}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "iso-8859-1"])
def test_parts_in_other_encodings_are_read(encoding: str) -> None:
    name = {"utf-8-sig": "UTF-8", "utf-16-le": "UTF-16", "utf-16": "UTF-16"}.get(encoding, encoding)
    text = sheet('<row r="1"><c r="A1" t="inlineStr"><is><t>é</t></is></c></row>').replace("UTF-8", name)
    parts = parts_of({"Sheet1": ""}) | {"xl/worksheets/sheet1.xml": text.encode(encoding)}
    assert here(zipped(parts)).sheets[0].rows == {1: {1: "é"}}


def test_extensions_do_not_speak_for_the_workbook() -> None:
    extra = '<extLst><ext><y:workbookPr xmlns:y="http://schemas.microsoft.com/office/spreadsheetml/2010/11/main" date1904="1"/></ext></extLst>'
    assert here(workbook("", extra=extra)).date_1904 is False


def test_zeros_of_a_workbook_that_was_never_calculated_are_not_believed() -> None:
    row = '<row r="1"><c r="A1"><f>B1</f><v>0</v></c><c r="B1"><f>1+1</f><v>2</v></c></row>'
    assert cells(row, extra='<calcPr fullCalcOnLoad="1"/>') == {1: {1: Formula("B1", None, False), 2: Formula("1+1", 2)}}
    assert cells(row) == {1: {1: Formula("B1", 0), 2: Formula("1+1", 2)}}


@pytest.mark.parametrize("text", ["<sheetData><row>", '<sheetData><c r="A1"></sheetData></worksheet>', "<sheetData></sheetData>"])
def test_a_part_that_is_cut_or_unbalanced_is_refused_with_the_name_of_the_tab(text: str) -> None:
    with pytest.raises(FileRefused, match="The sheet 'Sheet1'"):
        here(zipped(parts_of({"Sheet1": f'<worksheet xmlns="{MAIN}">{text}'})))


# ── both parsers, and other programs ─────────────────────────────────────────────────────────────

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), max_size=12).map(
    lambda text: "".join(c for c in text if c >= " " or c in "\t\n")
)
NUMBERS = st.one_of(st.integers(-(10**17), 10**17), st.floats(-1e300, 1e300))  # openpyxl rounds the largest up to infinity
DAYS = st.dates(date(1900, 3, 1), date(9999, 12, 31))
MOMENTS = st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 30)).map(lambda moment: moment.replace(microsecond=0))
VALUES = st.one_of(TEXTS, NUMBERS, st.booleans(), DAYS, MOMENTS, TEXTS.map(lambda text: "=" + text))
GRIDS = st.dictionaries(st.tuples(st.integers(0, 60), st.integers(0, 30)), VALUES, min_size=1, max_size=40)


def same_by_both(data: bytes) -> ForeignBook:
    parts = package(data)
    about = read_workbook(parts)
    meaning = read_meaning(parts, about)
    strings = about.targets.get("sharedStrings")
    if strings is not None:
        text = decoded(parts.read(strings))
        assert read_shared(text) == read_shared(text, exact=True)
    for tab in about.tabs:
        text = decoded(parts.read(tab.part))
        exact = parse_sheet(text, meaning, exact=True)
        try:
            plain = scan_sheet(text, meaning)
        except UnusualFormError:
            continue
        assert (plain.rows, plain.hidden, plain.merged) == (exact.rows, exact.hidden, exact.merged)
    return read_book_parts(parts, about)


@settings(max_examples=60, deadline=None)
@given(GRIDS, st.booleans())
def test_what_xlsxwriter_wrote_is_read_the_same_by_both_parsers_and_is_what_was_written(
    grid: dict[tuple[int, int], object], date_1904: bool
) -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "date_1904": date_1904})
    tab = book.add_worksheet()
    day, moment = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    wanted: dict[tuple[int, int], object] = {}
    for (row, column), given_ in grid.items():
        value = given_
        if isinstance(value, datetime):
            value = max(value, datetime(1904, 1, 2)) if date_1904 else value
            tab.write_datetime(row, column, value, moment)
        elif isinstance(value, date):
            value = max(value, date(1904, 1, 2)) if date_1904 else value
            tab.write_datetime(row, column, value, day)
        elif isinstance(value, bool):
            tab.write_boolean(row, column, value)
        elif isinstance(value, str):
            tab.write_string(row, column, value)
        else:
            tab.write_number(row, column, value)
        wanted[row + 1, column + 1] = value
    book.close()
    found = same_by_both(out.getvalue()).sheets[0].rows
    for (row, column), value in wanted.items():
        assert alike(found.get(row, {}).get(column), value)
    assert {(row, column) for row, line in found.items() for column in line} <= wanted.keys()


def alike(found: object, written: object) -> bool:
    if isinstance(written, datetime) and written.time() == time():
        written = written.date()
    if isinstance(written, (int, float)) and not isinstance(written, bool) and isinstance(found, (int, float)):
        return found == written or abs(found - written) <= 1e-15 * abs(written)
    if isinstance(written, str):
        return (found or "") == written
    return found == written and type(found) is type(written)


@settings(max_examples=30, deadline=None)
@given(GRIDS)
def test_what_openpyxl_wrote_is_read_the_same_by_both_parsers_and_by_openpyxl(grid: dict[tuple[int, int], object]) -> None:
    book = openpyxl.Workbook()
    tab = book.active
    assert tab is not None
    for (row, column), value in grid.items():
        cell = tab.cell(row + 1, column + 1)
        cell.value = value if not isinstance(value, str) else f"x{value}"  # type: ignore[assignment]
    out = io.BytesIO()
    book.save(out)
    assert found_by_us(same_by_both(out.getvalue())) == found_by_openpyxl(out.getvalue())


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ['<c r="{l}{r}"><v>{r}</v></c>', '<c r="{l}{r}" s="1"><v>4{r}</v></c>', '<c r="{l}{r}" t="s"><v>0</v></c>', "<c><v>1</v></c>",
             '<c r="{l}{r}"/>', '<c r="{l}{r}" t="inlineStr"><is><t> a&amp;b </t></is></c>', '<c r="{l}{r}"><f>A1</f><v>2</v></c>',
             "</row><row>", '</row><row r="{r}">', '</row><row r="{r}" hidden="1">', "<!-- <c> -->", "\n", '<c r="{l}{r}" t="e"><v>#N/A</v></c>',
             "<c r='{l}{r}'><v>3</v></c>", '<c r="{l}{r}" t="str"><v>_x0041_</v></c>', '<c r="{l}{r}" cm="1"><v>9</v></c>', "<c></c>"]
        ),
        max_size=25,
    ),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_the_plain_scan_equals_the_exact_parser_on_odd_sheets_or_gives_way(pieces: list[str], draw: object) -> None:
    body, row, column = "", 1, 0
    for piece in pieces:
        step = draw.choice([1, 1, 1, 2, 0])  # type: ignore[attr-defined]
        row, column = (row + step, 0) if "row" in piece else (row, column + step)
        body += piece.format(l="ABCDEFGHIJKLMNOPQRSTUVWXYZ"[min(max(column - 1, 0), 25)], r=row)
    text = sheet(f'<row r="1">{body}</row>').partition("?>")[2]
    meaning = Meaning(["text"], {1: Format("moment")})
    exact = parse_sheet(text, meaning, exact=True)
    fast = parse_sheet(text, meaning)
    assert (fast.rows, fast.hidden) == (exact.rows, exact.hidden)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.integers(1, 50), st.dictionaries(st.integers(1, 20), st.one_of(
    TEXTS, NUMBERS, st.booleans(), DAYS, MOMENTS, st.times(), st.timedeltas(), st.builds(CellError, TEXTS),
    st.builds(ShownNumber, st.floats(allow_nan=False), TEXTS),
    st.builds(Formula, TEXTS, st.one_of(TEXTS, DAYS, st.builds(CellError, TEXTS)), st.booleans())))))  # fmt: skip
def test_a_book_comes_out_of_the_process_as_it_went_in(rows: dict[int, dict[int, object]]) -> None:
    book = here(workbook(""))
    book.sheets[0].rows = rows
    copy = unpack_book(pack_book(book))
    assert copy == book


# ── odd files of other projects ──────────────────────────────────────────────────────────────────


def comparable(value: object) -> object:
    """Give a value in the form in which ours and openpyxl's can be compared."""
    if isinstance(value, Formula):
        return comparable(value.value)
    if isinstance(value, CellError):
        return value.code
    if isinstance(value, ShownNumber):
        return value.value
    if isinstance(value, datetime):
        return (value + timedelta(milliseconds=500)).replace(microsecond=0)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    return unescape(value) or None if isinstance(value, str) else value


def found_by_us(book: ForeignBook) -> dict[tuple[str, int, int], object]:
    found = {
        (tab.name, row, column): comparable(value)
        for tab in book.sheets
        for row, line in tab.rows.items()
        for column, value in line.items()
    }
    return {place: value for place, value in found.items() if value is not None}


def found_by_openpyxl(data: bytes) -> dict[tuple[str, int, int], object]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    found = {
        (tab.title, cell.row, cell.column): comparable(cell.value)
        for tab in book.worksheets
        for line in tab.iter_rows()
        for cell in line
        if cell.value is not None
    }
    return {place: value for place, value in found.items() if value is not None}


needs_data = pytest.mark.skipif(not FILES, reason="the collection of odd workbooks is not here")


@needs_data
@pytest.mark.parametrize("path", [path for path in FILES if path.name not in SPECIAL], ids=lambda path: path.name)
def test_every_cell_of_an_odd_file_is_what_openpyxl_reads(path: Path) -> None:
    data = path.read_bytes()
    assert found_by_us(same_by_both(data)) == found_by_openpyxl(data)


@needs_data
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_an_odd_file_is_read_by_the_process_or_refused_by_name(path: Path) -> None:
    try:
        book = read_sheets(path)
    except Refused as refusal:
        assert str(refusal) and refusal.hint
        assert path.name in SPECIAL
    else:
        assert book.sheets
        assert book.content_hash


def of(name: str) -> bytes:
    return next(path for path in FILES if path.name == name).read_bytes()


@needs_data
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("OOM_alloc2.xls", FileOldFormat),
        ("too_small.xls", FileOldFormat),
        ("pass_protected.xlsx", FileProtected),
        ("zipbomb_300MB_sheet.xlsx", FileUnsafe),
    ],
)
def test_these_files_are_refused(name: str, kind: type[Refused]) -> None:
    with pytest.raises(kind):
        here(of(name))


@needs_data
@pytest.mark.parametrize(
    ("name", "filled"),
    [
        ("strict_iso_paths.xlsx", 1368),
        ("errors.xlsx", 7),
        ("encoded_entities.xlsx", 1),
        ("minimal_package.xlsx", 5083),
        ("empty_s_attribute.xlsx", 10),
        ("issue_174.xlsx", 22),
        ("far_cell.xlsx", 2),
        ("duplicate_cells_and_rows.xlsx", 3),
        ("huge_dimension.xlsx", 4),
    ],
)
def test_these_files_hold_as_many_cells_as_they_store(name: str, filled: int) -> None:
    assert len(found_by_us(same_by_both(of(name)))) == filled


@needs_data
def test_only_spaces_that_are_not_to_be_kept_differ_from_openpyxl() -> None:
    for name in ("whitespace_trim.xlsx", "Ekaterinburg_IP_9.xlsx"):
        data = of(name)
        theirs = {
            place: value.strip(" \t\r\n") if isinstance(value, str) else value for place, value in found_by_openpyxl(data).items()
        }
        ours = {
            place: value.strip(" \t\r\n") if isinstance(value, str) else value for place, value in found_by_us(here(data)).items()
        }
        assert ours == {place: value for place, value in theirs.items() if value != "" or place in ours}


@needs_data
def test_only_the_day_that_never_was_differs_from_openpyxl() -> None:
    data = of("dates-leap-year-1900-xlsx.xlsx")
    ours, theirs = found_by_us(here(data)), found_by_openpyxl(data)
    assert {place: ours[place] for place in theirs if ours[place] != theirs[place]} == {
        ("for_testing", 5, 1): pytest.approx(60 + 1 / 3), ("for_human_eyes", 8, 1): pytest.approx(60 + 1 / 3),
    }  # fmt: skip
