"""The parts of the LibreOffice engine that need no office: formulas, values, addresses, what is loaded, what the page says."""

from __future__ import annotations

import ast
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from engine_members import PAGE, table, written
from hypothesis import given
from hypothesis import strategies as st

from sheetsales_workbooks.hosts.libreoffice import addresses, formulas, looks, values

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "workbooks/sheetsales_workbooks/hosts/libreoffice"


@pytest.mark.parametrize(
    ("excel", "calc"),
    [
        ("=SUM(A1,B2)", "=SUM(A1;B2)"),
        ('=IF(A1="x,y";1,2)', '=IF(A1="x,y";1;2)'),
        ("=Sheet1!A1+'My, Sheet'!B2", "=$Sheet1.A1+$'My, Sheet'.B2"),
        ("='It''s'!A1", "=$'It''s'.A1"),
        ("=SUM(Jan:Mar!B2)", "=SUM($Jan.B2:$Mar.B2)"),
        ("=SUM('Q 1:Q 2'!B2:C3)", "=SUM($'Q 1'.B2:$'Q 2'.C3)"),
        ("=IF(TRUE,FALSE)", "=IF(TRUE();FALSE())"),
        ("=TRUE()", "=TRUE()"),
        ("={1,2;3,4}", "={1;2|3;4}"),
        ("=SUM((A1,B2))", "=SUM((A1~B2))"),
        ("=SUM(A1:B2 B1:C3)", "=SUM(A1:B2!B1:C3)"),
        ("=_xlfn.IFS(A1,1)", "=IFS(A1;1)"),
        ("=_xlfn._xlws.SORT(A1)", "=SORT(A1)"),
        ("=@A1", "=A1"),
        ("=Leads[Budget]", "=Leads[Budget]"),
        ("=Leads[[#This Row],[Budget]]", "=Leads[[#This Row];[Budget]]"),
        ("=Leads[@Budget]", "=Leads[[#This Row];[Budget]]"),
        ("=Leads[@[Net, total]]", "=Leads[[#This Row];[Net, total]]"),
        ("=Leads[#All]", "=Leads[[#All]]"),
        ("=COUNTA(Leads)", "=COUNTA(Leads[])"),
        ("=[@Budget]", "=Leads[[#This Row];[Budget]]"),
        ("=SUM([Budget])", "=SUM(Leads[Budget])"),
        ("=1E+3+.5", "=1E+3+.5"),
        ("=IFERROR(#REF!,#N/A)", "=IFERROR(#REF!;#N/A)"),
    ],
)
def test_a_formula_is_translated_for_libreoffice(excel: str, calc: str) -> None:
    assert formulas.to_calc(excel, lambda: "Leads", lambda: frozenset({"leads"})) == calc


@pytest.mark.parametrize(
    ("calc", "excel"),
    [
        ("=SUM(A1;B2)", "=SUM(A1,B2)"),
        ("=$Sheet1.A1+$'My Sheet'.$B$2", "=Sheet1!A1+'My Sheet'!$B$2"),
        ("=$'A1'.B2", "='A1'!B2"),
        ("=SUM($Jan.B2:$Mar.B2)", "=SUM(Jan:Mar!B2)"),
        ("=SUM($'Q 1'.B2:$'Q 2'.C3)", "=SUM('Q 1:Q 2'!B2:C3)"),
        ("=IF(TRUE();FALSE())", "=IF(TRUE,FALSE)"),
        ("={1;2|3;4}", "={1,2;3,4}"),
        ('=IF(A1="a;b";1;2)', '=IF(A1="a;b",1,2)'),
        ("=xlookup(1;A1)", "=XLOOKUP(1,A1)"),
        ("=STDEV.S(1;2)", "=STDEV.S(1,2)"),
        ("=Leads[[#This Row];[Budget]]", "=Leads[[#This Row],[Budget]]"),
        ("=Leads[[#All]]", "=Leads[#All]"),
    ],
)
def test_a_formula_is_translated_for_excel(calc: str, excel: str) -> None:
    assert formulas.to_excel(calc) == excel


_cells = st.from_regex(r"\$?[A-Z]{1,2}\$?[1-9][0-9]{0,3}", fullmatch=True)
_places = st.one_of(
    _cells, st.builds("{}:{}".format, _cells, _cells), _cells.map("Tab!{}".format), _cells.map("'My; tab'!{}".format)
)
_leaves = st.one_of(
    _places, st.just("TRUE"), st.integers(0, 99).map(str), st.sampled_from(['"a,b;c"', "Leads[Net]", "Leads[[#All],[A]:[B]]"])
)
_formulas = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"SUM({','.join(parts)})"),
        st.tuples(inner, st.sampled_from("+-*/&"), inner).map("".join),
    ),
    max_leaves=8,
)


@given(_formulas)
def test_a_formula_comes_back_from_libreoffices_words(formula: str) -> None:
    assert formulas.to_excel(formulas.to_calc("=" + formula)) == "=" + formula


@pytest.mark.parametrize(
    ("formula", "rows", "columns", "there"),
    [
        ("=A1+$B$2+C$3+$D4", 2, 1, "=B3+$B$2+D$3+$D6"),
        ('=SUM(A:A,"A1",Tab!A1)', 1, 1, '=SUM(B:B,"A1",Tab!B2)'),
        ("=A1", -1, 0, "=#REF!"),
        ("=XFD1", 0, 1, "=#REF!"),
        ("=LOG10(A1)", 1, 0, "=LOG10(A2)"),
    ],
)
def test_a_formula_moves_as_it_is_copied(formula: str, rows: int, columns: int, there: str) -> None:
    assert formulas.moved(formula, rows, columns) == there


@given(st.datetimes(datetime(1900, 3, 1), datetime(2200, 1, 1)))
def test_a_moment_survives_as_a_number(moment: datetime) -> None:
    assert abs(values.moment(values.serial(moment)) - moment) <= timedelta(microseconds=10)


@given(st.sets(st.tuples(st.integers(1, 6), st.integers(1, 6))))
def test_rectangles_cover_their_places_and_no_other(places: set[tuple[int, int]]) -> None:
    covered = [
        (r, c)
        for top, left, bottom, right in values.rectangles(sorted(places))
        for r in range(top, bottom + 1)
        for c in range(left, right + 1)
    ]
    assert sorted(covered) == sorted(places)


@given(st.integers(1, 16384))
def test_letters_and_numbers_of_columns_agree(column: int) -> None:
    assert addresses.number(addresses.letters(column)) == column


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("B2", (2, 2, 2, 2)),
        ("$C$3:A1", (1, 1, 3, 3)),
        ("A:C", (1, 1, 1048576, 3)),
        ("2:3", (2, 1, 3, 16384)),
        ("A0", None),
        ("XFE1", None),
        ("Leads", None),
        ("A", None),
    ],
)
def test_addresses_are_read(text: str, area: addresses.Area | None) -> None:
    assert addresses.parse(text) == area
    if area is not None:
        assert addresses.parse(addresses.a1(*area)) == area


@pytest.mark.parametrize("width", [0.5, 1, 8.43, 10, 33.57, 40, 255])
def test_a_column_is_as_wide_as_it_was_set(width: float) -> None:
    assert abs(looks.digits(looks.column_hundredths(width)) - width) <= 0.5 / looks.PIXELS_IN_DIGIT


@pytest.mark.parametrize("number", [0x0000FF, 0x00FF00, 0xFFFF00])
def test_numbers_of_colours_have_blue_first_as_in_excel(number: int) -> None:
    red, green, blue = number & 255, number >> 8 & 255, number >> 16 & 255
    assert looks.color_out(looks.color_in(number)) == (red, green, blue)


def test_a_missing_module_is_still_a_missing_module() -> None:
    script = (
        "from sheetsales_workbooks.hosts.libreoffice import engine\n"
        "engine.activate()\n"
        "try:\n    import nothing_of_that_name\n"
        "except ModuleNotFoundError: print('as it should be')\n"
        "import sys; print(sorted(m for m in sys.modules if m.startswith('xlwings.pro.') or m in ('uno', 'xlwings.server', 'xlwings.reports')))"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    own = subprocess.run(
        [sys.executable, "-c", "import xlwings, sys; " + script.rsplit("; ", 1)[1]], check=True, capture_output=True, text=True
    )
    assert done.stdout == "as it should be\n" + own.stdout, "nothing is loaded but what xlwings loads by itself"
    assert "uno" not in done.stdout


@pytest.mark.parametrize("path", sorted(ENGINE.rglob("*.py")), ids=lambda path: str(path.relative_to(ENGINE)))
def test_the_side_that_speaks_uno_stands_alone(path: Path) -> None:
    inside = path.parent.name == "uno_process"
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            root = name.split(".")[0]
            if inside:
                assert root in sys.stdlib_module_names | {"uno", "unohelper"}
            else:
                assert root not in ("uno", "unohelper", "com")


def test_the_page_says_what_the_engine_can() -> None:
    assert written(PAGE.read_text("utf-8")) == table(), f"run `python {Path(__file__).with_name('engine_members.py').name}`"
