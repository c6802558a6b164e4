from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsales.errors import BadImport
from sheetsales_workbooks.csv_file import FileRows, read_csv, write_csv

DATA = Path(__file__).resolve().parents[2] / "../shared/data"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="the shared test data are not here")


def cells(table: FileRows) -> list[list[object]]:
    return [row.cells for row in table.rows]


PLAIN = [["Ünal", "1"], ["Čech", "2"]]


@pytest.mark.parametrize(
    "encoding",
    [
        "utf-8",
        "utf-8-sig",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "utf-32-le",
        "utf-32-be",
    ],
)
def test_every_unicode_encoding_is_read_with_and_without_its_mark(encoding: str) -> None:
    table = read_csv("name,n\r\nÜnal,1\r\nČech,2\r\n".encode(encoding))
    assert table.headers == ["name", "n"]
    assert cells(table) == PLAIN
    assert table.remarks == []


def test_wide_encodings_without_a_mark_are_known_from_the_smallest_files() -> None:
    assert read_csv("Å,1\r\n2,3\r\n".encode("utf-16-be")).headers == ["Å", "1"]
    assert read_csv("Å,1\r\n2,3\r\n".encode("utf-32-le")).headers == ["Å", "1"]
    assert read_csv("имя;город\nИван;Москва\n".encode("utf-16-le")).headers == ["имя", "город"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param("name,n\nMüller – Söhne,1\n".encode("cp1252"), "CP1252", id="Windows-1252"),
        pytest.param(b"name,n\nM\xfcller \x81,1\n", "ISO-8859-1", id="a byte that Windows-1252 does not know"),
    ],
)
def test_one_byte_encodings_are_read_and_said(data: bytes, said: str) -> None:
    table = read_csv(data)
    assert str(table.rows[0].cells[0]).startswith("Müller")
    assert said in table.remarks[0]


def test_a_few_broken_bytes_do_not_turn_a_whole_file_into_garbage() -> None:
    with pytest.raises(BadImport, match="line 3 holds a broken character"):
        read_csv("name\nÜnal Čech\n".encode() + b"caf\xe9\n")


def test_an_encoding_that_is_asked_for_is_taken() -> None:
    assert cells(read_csv("имя,n\nИван,1\n".encode("cp1251"), encoding="cp1251")) == [["Иван", "1"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR alone"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
def test_line_ends_and_separators(end: str, separator: str) -> None:
    text = end.join(separator.join(row) for row in [["a", "b", "c"], ["1", "2", "3"], ["4", "", "6"]]) + end
    table = read_csv(text.encode())
    assert table.headers == ["a", "b", "c"]
    assert [(row.row, row.cells) for row in table.rows] == [(2, ["1", "2", "3"]), (3, ["4", "", "6"])]


LOOK_ALIKES = [
    pytest.param(
        '"-7","2.345","98.765,43"\n"765,4321","0,99","1"\n',
        ["-7", "2.345", "98.765,43"],
        [["765,4321", "0,99", "1"]],
        id="quoted numbers with both kinds of separators",
    ),
    pytest.param(
        '"One";"<b class=\'x\'>Two</b>";"Three"', ["One", "<b class='x'>Two</b>", "Three"], [], id="markup and no final line end"
    ),
    pytest.param(
        '"When","who"\n"11/30/2019 09:15","ana",\n"12/01/2019 08:00","ben",\n',
        ["When", "who"],
        [["11/30/2019 09:15", "ana"], ["12/01/2019 08:00", "ben"]],
        id="an empty field more than the header has",
    ),
    pytest.param(
        'x\\"one;two;three;\\",y\\"one;two\\"\nx\\"four;five;six;\\",z\\"seven;eight\\"\n',
        ['x\\"one;two;three;\\"', 'y\\"one;two\\"'],
        [['x\\"four;five;six;\\"', 'z\\"seven;eight\\"']],
        id="backslashes before quotes, semicolons inside",
    ),
    pytest.param(
        'Name,Text\r\nAna,"one\r\ntwo\r\nthree"\r\nBen,"x"\r\n',
        ["Name", "Text"],
        [["Ana", "one\r\ntwo\r\nthree"], ["Ben", "x"]],
        id="line breaks inside quotes",
    ),
    pytest.param("B,7\r8,9\r", ["B", "7"], [["8", "9"]], id="old Macintosh line ends"),
    pytest.param(
        "One;Two;Three\r\nA2;decimal comma;17,5\r\nA3;B|3;:,:\r\n",
        ["One", "Two", "Three"],
        [["A2", "decimal comma", "17,5"], ["A3", "B|3", ":,:"]],
        id="fields that mislead a guess",
    ),
    pytest.param("sep=|\na;b|c\n1;2|3\n", ["a;b", "c"], [["1;2", "3"]], id="a line that names the separator"),
    pytest.param("name\nAna\nBen\n", ["name"], [["Ana"], ["Ben"]], id="no separator at all"),
    pytest.param('"a,b"\n"1,""x,y"""\n', ["a", "b"], [["1", "x,y"]], id="every line quoted as a whole"),
    pytest.param('a,b\n"say \\"hi\\" now",2\n', ["a", "b"], [['say "hi" now', "2"]], id="quotes escaped by backslash"),
    pytest.param("Export of Monday\n\nname,stage\nAna,New\n", ["name", "stage"], [["Ana", "New"]], id="a title above the header"),
]


@pytest.mark.parametrize(("text", "headers", "rows"), LOOK_ALIKES)
def test_odd_files_are_read_as_a_person_would(text: str, headers: list[str], rows: list[list[str]]) -> None:
    table = read_csv(text.encode())
    assert table.headers == headers
    assert cells(table) == rows


def test_rows_count_as_a_spreadsheet_counts_them() -> None:
    table = read_csv(b'a,b\n"one\ntwo",1\n\nthree,2\n')
    assert [(row.row, row.line) for row in table.rows] == [(2, 2), (4, 5)]


def test_expected_headers_settle_separator_and_header_row() -> None:
    data = b"crm_export_v2,2024,x\nname; first,owner\nA; b,c\n"
    assert read_csv(data, expected=frozenset({"name; first", "owner"})).headers == ["name; first", "owner"]


def test_lines_quoted_as_a_whole_are_split_again_and_named() -> None:
    data = b'id,name,field\n1,Ana,x\n"2,Ben,""Banking, Insurance"""\n"3,Cy,""Law, Tax"""\n'
    table = read_csv(data)
    assert cells(table) == [["1", "Ana", "x"], ["2", "Ben", "Banking, Insurance"], ["3", "Cy", "Law, Tax"]]
    assert table.remarks == ["2 lines (3, 4) are quoted as a whole and split again into 3 fields."]
    kept = read_csv(data, repair=False)
    assert [row.problem for row in kept.rows] == [
        "",
        "Line 3 is quoted as a whole: one field where the header has 3.",
        "Line 4 is quoted as a whole: one field where the header has 3.",
    ]


def test_a_whole_line_whose_repair_does_not_fit_is_a_problem() -> None:
    table = read_csv(b'id,name,field\n1,Ana,x\n"2,Ben"\n')
    assert table.rows[1].problem.startswith("Line 3 is quoted as a whole")


def test_too_many_fields_are_a_problem_and_too_few_are_said() -> None:
    table = read_csv(b"a,b,c\n1,2,3\n1,2,3,4\n1,2\n")
    assert [row.problem for row in table.rows] == ["", "Line 3 has 4 fields where the header has 3.", ""]
    assert table.rows[2].cells == ["1", "2", ""]
    assert "1 line (4) is shorter" in table.remarks[0]


def test_a_quote_inside_a_quoted_field_spoils_only_its_own_line() -> None:
    table = read_csv(b'a,b\n"5" pipe",1\n"ok",2\n')
    assert [bool(row.problem) for row in table.rows] == [True, False]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"", "empty", id="no bytes"),
        pytest.param(b"\xef\xbb\xbf\r\n\r\n", "empty", id="only a mark and line ends"),
        pytest.param(b'a,b\n1,"never closed\n2,3\n', "line 2", id="an open quote"),
        pytest.param(b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\xff" + bytes(range(1, 200)), "no text", id="a picture"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(data: bytes, words: str) -> None:
    with pytest.raises(BadImport, match=words):
        read_csv(data)


def test_an_impossible_encoding_is_refused() -> None:
    with pytest.raises(BadImport, match="no text encoding"):
        read_csv(b"a,b\n", encoding="klingon")
    with pytest.raises(BadImport, match="byte 3"):
        read_csv(b"a,\xff\n", encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(1)",
        "\t=1",
        "\n=1",
        "  =1",
        "\u00a0=1",
        '"=1',
        "'=1",
        "''=1",
        "\uff1d1",
        "\uff0b1",
        "\uff0d1",
        "\uff201",
        "-5",
        "+44 20 7946 0958",
        "- a note",
        "=cmd|' /C calc'!A0",
        "\u201c=1",
    ],
)
def test_text_that_could_run_gets_one_apostrophe_and_loses_it_again(text: str) -> None:
    data = write_csv(["n", "text"], [["x", text], ["y", "plain"]])
    raw = list(csv.reader(io.StringIO(data.decode(), newline="")))
    assert raw[0] == ["n", "text", "_guarded"]
    assert raw[1] == ["x", "'" + text, "2"]
    assert cells(read_csv(data)) == [["x", text], ["y", "plain"]]


@pytest.mark.parametrize("text", ["MAR1", "00123", "a=1", "1/2", "(5)", "2-3", "'quoted'", "x'=1", ""])
def test_harmless_text_is_written_as_it_is(text: str) -> None:
    assert b"_guarded" not in write_csv(["n", "text"], [["x", text]])


def test_numbers_and_dates_are_never_guarded() -> None:
    data = write_csv(["a", "b", "c"], [[Decimal("-5.00"), -3, date(2024, 2, 29)]])
    assert data == b'"a","b","c"\r\n"-5.00","-3","2024-02-29"\r\n'


def test_a_header_that_could_run_comes_back_too() -> None:
    data = write_csv(["=a", "'b'", "c"], [["1", "=2", "3"]])
    table = read_csv(data)
    assert (table.headers, cells(table)) == (["=a", "'b'", "c"], [["1", "=2", "3"]])


def test_an_apostrophe_that_the_file_does_not_claim_stays() -> None:
    assert cells(read_csv(b"""a,b\n'=1,'-2\n""")) == [["'=1", "'-2"]]


SPECIAL = "=+-@'\"\t\n ,;|\\aÄ１\u00a0\uff1d\u2028\x85sep"
NASTY = st.text(st.sampled_from(SPECIAL) | st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)


@given(st.lists(st.lists(NASTY, min_size=3, max_size=3), min_size=1, max_size=6))
def test_any_text_comes_back_exactly_from_our_own_csv(rows: list[list[str]]) -> None:
    rows = [["row", *row] for row in rows]
    table = read_csv(write_csv(["id", "one", "two", "three"], rows))
    assert table.headers == ["id", "one", "two", "three"]
    assert cells(table) == rows
    assert not [row.problem for row in table.rows if row.problem]


# ── the real files ───────────────────────────────────────────────────────────────────────────────


@needs_data
@pytest.mark.parametrize(
    ("name", "headers", "first"),
    [
        ("NumberFormatTest.de.csv", ["-123", "1.234", "12.345,67"], ["123,4567", "123,456789012"]),
        ("contains_html.csv", ["Column A", "<a href=''>Link</a>", "Column C"], None),
        ("enclosure.csv", ["Date/Time", "task", "username"], ["12/17/2017 14:35", "viewpage", "username1"]),
        ("encoding.utf16be.csv", ["Å", "1"], ["2", "3"]),
        ("encoding.utf32le.csv", ["Å", "1"], ["2", "3"]),
        ("linend.mac.csv", ["A", "1"], ["2", "3"]),
        ("premiere.utf16lebom.csv", ["première", "second", "troisième"], ["Quatrième", "cinquième", "sixième"]),
        ("semicolon_separated.csv", ["This", "Are", "Headers"], ["Cell A2", "Number with comma", "25,5"]),
    ],
)
def test_the_parser_corpus_is_read(name: str, headers: list[str], first: list[str] | None) -> None:
    table = read_csv((DATA / "csv_nasty" / name).read_bytes())
    assert table.headers == headers
    assert (table.rows[0].cells[: len(first)] if first else [row.cells for row in table.rows]) == (first or [])


@needs_data
def test_the_two_hard_ones_of_the_corpus_are_read() -> None:
    escape = read_csv((DATA / "csv_nasty/escape.csv").read_bytes())
    assert escape.headers[0] == 'a\\"hello;hello;hello;\\"' and len(escape.headers) == 3
    assert "4 fields" in escape.rows[0].problem
    breaks = read_csv((DATA / "csv_nasty/line_break_in_enclosure.csv").read_bytes())
    assert breaks.headers == ["Name", "Copy", "URL"]
    assert breaks.rows[0].cells[1] == "This is a test\r\nwith line breaks\r\nthat breaks the\r\ndelimiters"


@needs_data
def test_known_attacks_are_guarded_and_known_harmless_texts_come_back() -> None:
    table = read_csv((DATA / "csv_injection/payloads.csv").read_bytes())
    texts = [str(row.cells[2]) for row in table.rows]
    assert len(texts) == 33
    data = write_csv(["n", "text"], [["x", text] for text in texts])
    assert [row.cells[1] for row in read_csv(data).rows] == texts
    for _, written, *_ in csv.reader(io.StringIO(data.decode(), newline="")):
        assert not written.lstrip(' \u00a0"').startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@needs_data
def test_the_damaged_export_equals_the_clean_one_as_a_set() -> None:
    clean = read_csv((DATA / "leads_xeducation/xedu_train.csv").read_bytes())
    damaged = read_csv((DATA / "leads_xeducation/xedu_train_damaged.csv").read_bytes())
    assert len(damaged.rows) == 7_392
    assert {tuple(row.cells) for row in damaged.rows} == {tuple(row.cells) for row in clean.rows}
    assert damaged.remarks[0].startswith("273 lines (2, 3, 31,")
