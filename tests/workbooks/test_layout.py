"""A playbook laid out as tabs: what stands where, before any file is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import invented
import pytest

from sheetsales.columns import Column, Integer, Text
from sheetsales.process import Playbook, Row, Table, Tile, Todo
from sheetsales_workbooks.dropdowns import record_names
from sheetsales_workbooks.host import ColumnSpec, TableSpec
from sheetsales_workbooks.layout import SPARE_ROWS, book_spec, column_width, formula_in_row, process_color, table_order

SPEC = invented.spec()
TABLES = {table.table: table for table in SPEC.tables}


def column(table: str, name: str) -> ColumnSpec:
    return next(column for column in TABLES[table].columns if column.name == name)


def test_tabs_stand_by_kind_and_within_a_kind_by_process() -> None:
    assert [table.table for table in SPEC.tables] == ["bargains", "visits", "accounts", "stages", "bargain_events"]
    assert table_order(invented.playbook(), ["stages", "visits", "bargains"]) == ["bargains", "visits", "stages"]


@pytest.mark.parametrize("table", SPEC.tables, ids=lambda t: t.table)
def test_every_tab_begins_with_the_hidden_id_and_the_action_column(table: TableSpec) -> None:
    first, second = table.columns[:2]
    assert (first.name, first.header, first.hidden) == ("id", "ID", True)
    assert (second.name, second.header) == ("", "Action")
    declared = [c.name for c in invented.playbook().table(table.table).columns if c.name != "id"]
    assert [c.name for c in table.columns[2:]] == declared


@pytest.mark.parametrize("table", SPEC.tables, ids=lambda t: t.table)
def test_headers_are_unique_within_a_tab_even_for_excel(table: TableSpec) -> None:
    headers = [c.header.casefold() for c in table.columns]
    assert len(headers) == len(set(headers))


def test_what_the_service_writes_stands_folded_at_the_right_end() -> None:
    assert [c.name for c in TABLES["bargains"].columns if c.grouped] == ["updated_at", "version"]
    assert TABLES["bargains"].columns[-1].name == "version"


def test_every_table_has_its_actions_then_check_and_undo() -> None:
    assert TABLES["bargains"].actions == ("Score bargains", "Close", "Check", "Undo last")
    assert [b.action for b in TABLES["visits"].buttons] == ["visits.plan", "check", "undo_last"]
    assert SPEC.lists["actions_bargains"] == ("Score bargains", "Close", "Check", "Undo last")


def test_a_log_is_for_reading_and_a_library_too_unless_one_may_write_it() -> None:
    assert TABLES["bargain_events"].read_only
    assert TABLES["bargain_events"].buttons == ()
    assert TABLES["stages"].read_only
    assert all(c.style in ("computed", "id", "action") and not c.list_name for c in TABLES["stages"].columns)
    keeper = {t.table: t for t in invented.spec(writes_library=True).tables}
    assert not keeper["stages"].read_only


@pytest.mark.parametrize(
    ("name", "list_name", "strict"),
    [
        pytest.param("stage", "ss_list_stages", True, id="choices from a library"),
        pytest.param("budget", "ss_list_yes_no_unknown", True, id="yes no unknown"),
        pytest.param("account", "ss_list_accounts", False, id="a reference takes unknown names"),
        pytest.param("owner", "ss_list_people", False, id="the owner by e-mail"),
        pytest.param("outcome", "", True, id="computed has no list"),
        pytest.param("name", "", True, id="free text has no list"),
    ],
)
def test_every_choice_has_its_list(name: str, list_name: str, strict: bool) -> None:
    assert (column("bargains", name).list_name, column("bargains", name).strict) == (list_name, strict)


def test_lists_hold_the_words_and_stages_keep_their_order() -> None:
    assert SPEC.lists["stages"] == ("Discover", "Qualify", "Proposal", "Won", "Lost")
    assert SPEC.lists["yes_no"] == ("Yes", "No")
    assert SPEC.lists["people"] == ("maria@example.com",)
    assert SPEC.open_lists == {"accounts", "people", "bargains"}


def test_two_records_of_one_name_are_told_apart_by_their_external_id() -> None:
    assert SPEC.lists["accounts"][3:5] == ("Account 03 [X-2]", "account 03 [X-1]")
    assert record_names([{"name": "b"}, {"name": None}, {"name": "A"}], "name") == ("A", "b")


@pytest.mark.parametrize(
    ("name", "look"),
    [
        ("close_date", "due"),
        ("next_step_date", "due"),
        ("tier", "tier"),
        ("score", "score"),
        ("outcome", "outcome"),
        ("seats", ""),
    ],
)
def test_columns_get_their_colours_by_what_they_hold(name: str, look: str) -> None:
    assert column("bargains", name).look == look


def test_a_day_is_not_overdue_once_the_row_is_done_with() -> None:
    assert column("bargains", "close_date").closed == ("outcome", ("Won", "Lost"))
    assert column("visits", "due").closed == ("done", ("Yes",))


def test_only_needed_inputs_are_marked_as_needed() -> None:
    assert column("bargains", "close_date").required
    assert "Needed." in column("bargains", "close_date").prompt
    assert not column("bargains", "outcome").required


def test_a_formula_names_the_cells_of_its_own_row() -> None:
    letters = {"a": "F", "b_2": "AA"}
    assert formula_in_row('IF({a}="","",{a}*{b_2})', letters, 7) == 'IFERROR(IF($F7="","",$F7*$AA7),"")'
    assert formula_in_row("SUM({1,2})+{unknown}", letters, 7) == 'IFERROR(SUM({1,2})+{unknown},"")'


@pytest.mark.parametrize(
    "column_",
    [
        Text("name", "An extraordinarilylongword here"),
        Integer("n", "Internationalisation"),
        Text("note", "Note"),
        Text("x", "X", width=7),
    ],
    ids=lambda c: c.header,
)
def test_a_column_is_as_wide_as_the_longest_word_of_its_header(column_: Column) -> None:
    width = column_width(column_, first=False)
    longest = max(len(word) for word in column_.header.split())
    assert width == 7 if column_.width else width >= longest + 4


def test_each_process_has_its_colour_and_shared_tables_are_grey() -> None:
    book = invented.playbook()
    colors = [process_color(book, process) for process in book.processes]
    assert colors[0] == "#6A7480"
    assert len(set(colors)) == 3


def test_the_start_tab_shows_the_first_fifteen_things_the_earliest_first() -> None:
    lines = SPEC.start.today
    assert len(lines) == 15
    assert [line.due for line in lines] == sorted(line.due for line in lines if line.due)
    assert all(line.record and line.sheet == "Bargains" for line in lines)


def test_of_one_day_the_weightier_comes_first_and_days_without_date_last() -> None:
    row = {"id": "BG-1", "name": "Lot"}
    day = date(2026, 11, 6)
    todos = [Todo("bargains", "BG-1", None, "any time", "", Decimal(9)), Todo("bargains", "BG-1", day, "light", "", Decimal(1)),
             Todo("bargains", "BG-1", day, "heavy", "", Decimal(2)), Todo("nowhere", "X", day, "its tab is not there", "")]  # fmt: skip
    spec = book_spec(invented.playbook(), invented.MARKERS, owner_email="", owner_name="", currency="EUR", now=invented.NOW,
                     tables=["bargains"], rows={"bargains": [row]}, todos=todos)  # fmt: skip
    assert [line.text for line in spec.start.today] == ["heavy", "light", "any time"]


def test_figures_count_and_add_up_over_the_rows_that_meet_their_conditions() -> None:
    tiles = {tile.label: tile for tile in SPEC.start.tiles}
    rows = invented.rows()["bargains"]
    still_open = [row for row in rows if row["outcome"] == "Open"]
    assert tiles["open bargains"].value == len(still_open)
    assert Decimal(str(tiles["open amount"].value)) == sum(row["amount"] for row in still_open)  # type: ignore[misc]
    assert tiles["visits to make"].value == 5


def test_a_figure_of_a_table_that_is_not_in_the_book_is_left_out() -> None:
    spec = book_spec(invented.playbook(), invented.MARKERS, owner_email="", owner_name="", currency="EUR", now=invented.NOW,
                     tables=["visits"])  # fmt: skip
    assert [tile.label for tile in spec.start.tiles] == ["visits to make"]


@pytest.mark.parametrize(
    ("where", "hits"),
    [
        pytest.param((("stage", "is", " open "),), 1, id="trimmed and case-folded"),
        pytest.param((("stage", "is not", "Open"),), 2, id="a blank is not it either"),
        pytest.param((("due", "before", "today"),), 1, id="before today"),
        pytest.param((("due", "blank", ""),), 1, id="blank"),
        pytest.param((("due", "filled", ""), ("stage", "is", "Open")), 1, id="all must hold"),
    ],
)
def test_a_figures_conditions(where: tuple[tuple[str, str, str], ...], hits: int) -> None:
    days = (("Open", date(2026, 11, 5)), ("Won", date(2026, 11, 6)), (None, None))
    rows: list[Row] = [{"stage": stage, "due": due} for stage, due in days]
    assert Tile("x", "t", where).value(rows, date(2026, 11, 6)) == hits


def test_the_buttons_are_explained_once_and_those_of_every_tab_last() -> None:
    captions = [line.caption for line in SPEC.start.buttons]
    assert captions == ["Score bargains", "Close", "Plan visits", "Check", "Undo last"]
    assert [line.sheet for line in SPEC.start.buttons][-2:] == ["every tab", "every tab"]


def test_the_dictionary_names_every_column_of_the_tabs_that_are_there() -> None:
    heads = [line[1] for line in SPEC.readme if line[0] == "table"]
    assert heads == ["Bargains", "Bargain events", "Visits to make", "Accounts", "Stages"]
    named = [line[1] for line in SPEC.readme if line[0] == "line"]
    for table in SPEC.tables:
        assert {c.header for c in table.columns if c.name} <= set(named)
    assert {len(line) for line in SPEC.readme if line[0] in ("head", "line")} == {7}


def test_a_team_s_own_columns_stand_like_ours() -> None:
    book = Playbook(invented.playbook().processes, custom={"bargains": [Text("colour", "Colour", custom=True)]})
    spec = book_spec(book, invented.MARKERS, owner_email="", owner_name="", currency="EUR", now=invented.NOW, tables=["bargains"])
    assert "colour" in [c.name for c in spec.tables[0].columns]


def test_a_long_title_is_cut_to_what_a_tab_can_hold() -> None:
    process = invented.playbook().by_key["visits"]
    table = replace(process.tables[0], title="Visits that have to be made in the coming week")
    book = Playbook([replace(process, tables=(table,))])
    spec = book_spec(book, invented.MARKERS, owner_email="", owner_name="", currency="EUR", now=invented.NOW, tables=["visits"])
    assert len(spec.tables[0].sheet) == 31


def test_a_new_book_waits_with_a_hundred_rows() -> None:
    assert len(TABLES["bargains"].spare_ids) == SPARE_ROWS == 100
    assert isinstance(invented.ACCOUNTS, Table)
