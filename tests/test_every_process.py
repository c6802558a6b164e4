"""What holds for every process, also for one that a team drops into the folder: run over whatever is found."""

from __future__ import annotations

import copy
import pkgutil
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sheetsales.processes
from sheetsales.cells import reader
from sheetsales.columns import TYPES, Column
from sheetsales.errors import UnknownName
from sheetsales.playbook import build_playbook, schema_document
from sheetsales.process import (
    ACTION_HEADER,
    KINDS,
    Action,
    Check,
    Figure,
    Measure,
    Patch,
    Process,
    Request,
    Row,
    Table,
    Tables,
    Todo,
)
from sheetsales.processes import found
from sheetsales.typed_text import Bad
from sheetsales.validate import validate
from sheetsales.values import Value, fold

BOOK = build_playbook({})
NOW = datetime(2026, 5, 13, 9, 0)
MEMBERS = ("kim@example.com", "lee@example.com")
TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["", " ", "=1+1", "{owner}", "%s", "Acme", "Won", "Yes", "No", "Held", "2026-Q2", "0", *MEMBERS]),
    st.sampled_from(["x" * 2_000, "ß" * 300, "a\n" * 400]),
)
NUMBERS = st.decimals(min_value=-(10**14), max_value=10**14, allow_nan=False, allow_infinity=False, places=6)
DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(9999, 12, 31))
MOMENTS = st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(9999, 12, 31))
ANY = st.one_of(st.none(), TEXTS, st.integers(-(10**14), 10**14), NUMBERS, DAYS, MOMENTS)
NEAR = st.dates(min_value=date(2026, 1, 1), max_value=date(2026, 12, 31))
COMPLETELY = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

PROCESSES = [pytest.param(process, id=process.key) for process in BOOK.processes]
SEVEN = [pytest.param(process, id=process.key) for process in found()]
TABLES = [pytest.param(table, id=table.name) for table in BOOK.tables.values()]
COLUMNS = [pytest.param(t, c, id=f"{t.name}.{c.name}") for t in BOOK.tables.values() for c in t.columns]
CHECKS = [pytest.param(check, id=check.code) for process in BOOK.processes for check in process.checks]
MEASURES = [pytest.param(m, id=f"{p.key}.{m.name}") for p in BOOK.processes for m in p.measures]
ACTIONS = [pytest.param(action, id=action.name) for action in BOOK.actions.values()]


# ── rows that a spreadsheet can hold ─────────────────────────────────────────────────────────────


def fitting(table: Table, column: Column) -> st.SearchStrategy[Value]:
    """Values that the column may hold, references among them that hit a row of the generated tables."""
    if column.choices:
        return st.sampled_from([None, *column.choices])
    if column.target == "people":
        return st.sampled_from([None, *MEMBERS])
    if column.target or column.choices_from:
        target = BOOK.tables[column.target or column.choices_from]
        starting = [str(row[target.label]) for row in BOOK.process_of[target.name].defaults.get(target.name, ()) if row.get(target.label)]
        return st.sampled_from([None, f"{target.prefix}-0", f"{target.prefix}-1", "Acme", *starting[:7]])
    low, high = column.minimum, column.maximum
    whole = st.integers(int(low if low is not None else -9), int(high if high is not None else 1_000))
    amounts = st.decimals(int(low if low is not None else 0), int(high if high is not None else 10_000), places=2, allow_nan=False)
    shares = st.decimals(0, 1, places=3, allow_nan=False)
    by_type: dict[str, st.SearchStrategy[Any]] = {
        "integer": whole, "number": amounts, "money": amounts, "percent": shares, "date": NEAR,
        "datetime": st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)), "email": st.sampled_from(MEMBERS),
    }  # fmt: skip
    name = st.sampled_from(["Acme", "Beta", "Something long enough to be a goal", f"{table.prefix}-0"])
    return st.one_of(st.none(), by_type.get(column.type, name))


def rows(table: Table, *, wild: bool, size: int = 3) -> st.SearchStrategy[list[Row]]:
    """Up to `size` rows of a table with ids of its prefix; wild ones hold any value in any column."""
    cells = {c.name: ANY if wild else fitting(table, c) for c in table.columns if c.name != "id"}
    row = st.fixed_dictionaries({}, optional=cells) if wild else st.fixed_dictionaries(cells)
    return st.lists(row, max_size=size).map(lambda found: [{**one, "id": f"{table.prefix}-{n}"} for n, one in enumerate(found)])


def views(names: Iterable[str], *, wild: bool) -> st.SearchStrategy[Tables]:
    """Views over these tables, by a member or by nobody."""
    chosen = {name: rows(BOOK.tables[name], wild=wild) for name in names}
    whole = st.tuples(st.fixed_dictionaries(chosen), st.sampled_from(["", *MEMBERS]))
    return whole.map(lambda drawn: BOOK.view(drawn[0], NOW, drawn[1]))


def neighbours(process: Process) -> list[str]:
    """The tables of a process, those they refer to, and those that refer to them."""
    own = {table.name for table in process.tables}
    near = {c.target or c.choices_from for t in process.tables for c in t.columns}
    others = {t.name for t in BOOK.tables.values() for c in t.columns if c.target in own}
    return sorted((own | near | others) & set(BOOK.tables))


# ── discovery ────────────────────────────────────────────────────────────────────────────────────


def test_the_processes_found_are_exactly_the_seven_in_their_order() -> None:
    assert [p.key for p in found()] == ["calls", "leads", "opportunities", "accounts", "territory", "deals", "automation"]
    assert found() == sheetsales.processes.PROCESSES


def test_every_file_of_the_folder_is_a_process_of_its_name() -> None:
    files = {m.name for m in pkgutil.iter_modules(sheetsales.processes.__path__) if not m.name.startswith("_")}
    assert files == {process.key for process in found()}


def test_finding_the_processes_loads_no_calculator_and_no_spreadsheet_library() -> None:
    code = (
        "import sys, sheetsales.processes as p; p.found(); "
        "print([m for m in ('numpy', 'pandas', 'openpyxl', 'xlwings', 'gspread', 'click', 'sqlite3') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_a_name_the_folder_does_not_have_is_no_attribute() -> None:
    with pytest.raises(AttributeError):
        _ = sheetsales.processes.RENEWALS  # type: ignore[attr-defined]


# ── the dictionary ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("process", PROCESSES)
def test_all_fields_of_the_dictionary_are_filled(process: Process) -> None:
    for name in ("key", "name", "title", "definition", "purpose", "question", "owner_role", "cadence", "inputs", "outputs", "version"):
        assert str(getattr(process, name)).strip(), name
    assert process.stages
    assert all(stage.strip() for stage in process.stages)
    assert process.tables


def test_orders_keys_tables_prefixes_tabs_actions_and_codes_are_used_once() -> None:
    tables = [table for process in BOOK.processes for table in process.tables]
    for names in (
        [process.order for process in BOOK.processes],
        [process.key for process in BOOK.processes],
        [table.name for table in tables],
        [table.prefix for table in tables],
        [fold(table.title) for table in tables],
        [action.name for process in BOOK.processes for action in process.actions],
        [check.code for process in BOOK.processes for check in process.checks],
    ):
        assert [name for name, count in Counter(names).items() if count > 1] == []


@pytest.mark.parametrize("process", SEVEN)
def test_every_process_has_measures_of_all_three_kinds(process: Process) -> None:
    assert {measure.kind for measure in process.measures} == {"activity", "quality", "result"}
    assert len({measure.name for measure in process.measures}) == len(process.measures)
    assert all(measure.text and measure.unit for measure in process.measures)


@pytest.mark.parametrize("process", PROCESSES)
def test_every_number_of_the_policy_has_a_reason(process: Process) -> None:
    assert len({entry.name for entry in process.policy}) == len(process.policy)
    assert all(entry.reason for entry in process.policy)


# ── tables and columns ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("table", TABLES)
def test_names_and_headers_are_unique_within_a_table(table: Table) -> None:
    assert len({column.name for column in table.columns}) == len(table.columns)
    headers = [fold(ACTION_HEADER), *(fold(column.header) for column in table.columns)]
    assert [header for header, count in Counter(headers).items() if count > 1] == []


@pytest.mark.parametrize("table", TABLES)
def test_a_table_can_be_a_tab_and_a_table_of_the_store(table: Table) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", table.name)
    assert re.fullmatch(r"[A-Z]{2,4}", table.prefix)
    assert len(table.title) <= 31
    assert not set(table.title) & set("[]:*?/\\")
    assert table.kind in KINDS
    assert table.help


@pytest.mark.parametrize("table", TABLES)
def test_labels_and_natural_keys_are_columns(table: Table) -> None:
    assert table.label in table.by_name
    assert all(name in table.by_name for key in table.key for name in key)
    assert all(key for key in table.key)


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_every_column_is_complete(table: Table, column: Column) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", column.name)
    assert column.type in TYPES
    assert column.computed in ("", "row", "action", "service")
    assert column.computed or column.help, f"{table.name}.{column.name} does not say what to type"
    assert len({fold(choice) for choice in column.choices}) == len(column.choices)
    assert column.type != "choice" or column.choices or column.choices_from
    assert column.minimum is None or column.maximum is None or column.minimum <= column.maximum


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_references_and_lists_point_to_tables_that_exist(table: Table, column: Column) -> None:
    assert not column.target or column.target in BOOK.tables
    assert not column.choices_from or column.choices_from in BOOK.tables
    assert column.type != "reference" or column.target, table.name


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_formulas_name_columns_of_their_table_and_stand_in_computed_columns(table: Table, column: Column) -> None:
    assert not column.formula or column.computed
    assert not column.formula.startswith("=")
    assert set(re.findall(r"\{(\w*)\}", column.formula)) <= set(table.by_name)


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_what_is_required_can_be_filled(table: Table, column: Column) -> None:
    assert not (column.required and column.computed), f"nobody can type {table.name}.{column.name}"


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_default_is_a_value_of_its_column(table: Table, column: Column) -> None:
    if column.default is None or (column.default == "today" and column.type in ("date", "datetime")):
        return
    if column.choices_from:
        starting = BOOK.process_of[column.choices_from].defaults[column.choices_from]
        assert column.default in [row[BOOK.labels[column.choices_from]] for row in starting], table.name
    assert not isinstance(reader(column)(column.default), Bad)


@pytest.mark.parametrize("process", PROCESSES)
def test_rows_that_a_new_workspace_starts_with_break_no_rule(process: Process) -> None:
    starting = {name: [{**row, "id": f"{name}-{n}"} for n, row in enumerate(some)] for name, some in process.defaults.items()}
    everything = {name: [{**row, "id": f"{name}-{n}"} for n, row in enumerate(some)]
                  for one in BOOK.processes for name, some in one.defaults.items()}  # fmt: skip
    for name, some in starting.items():
        table = BOOK.tables[name]
        assert all(set(row) <= set(table.by_name) for row in some)
        for row in some:
            for column, value in row.items():
                assert not isinstance(reader(table.column(column))(value), Bad), f"{name}.{column}"
        assert [f for f in validate(BOOK, table, some, BOOK.view(everything, NOW)) if f.severity == "error"] == []


@pytest.mark.parametrize("process", PROCESSES)
def test_what_is_computed_from_the_row_is_declared_so(process: Process) -> None:
    own = {table.name for table in process.tables}
    assert set(process.compute) <= own
    assert set(process.fill) <= own
    for name, rule in process.compute.items():
        row = {column.name: None for column in BOOK.tables[name].columns} | {"id": "XX-0"}
        computed = rule(row, BOOK.view({name: [row]}, NOW))
        columns = {column: BOOK.tables[name].column(column) for column in computed}
        assert {c.name for c in columns.values() if not c.computed and c.name not in open_to_rules(process)} == set()


def open_to_rules(process: Process) -> set[str]:
    """Input columns that a process may set by rule until the rep chooses: the default of a choice."""
    return {c.name for t in process.tables for c in t.columns if f"{c.name.split('_')[0]}_overridden" in t.by_name}


@pytest.mark.parametrize("process", PROCESSES)
def test_tiles_count_over_columns_that_exist(process: Process) -> None:
    for tile in process.tiles:
        table = BOOK.tables[tile.table]
        assert {name for name, _, _ in tile.where} <= set(table.by_name)
        assert all(how in ("is", "is not", "before", "filled", "blank") for _, how, _ in tile.where)
        assert not tile.total or tile.total in table.by_name
        assert tile.value([], NOW.date()) == 0


def test_the_schema_has_every_table_and_column() -> None:
    document = {t["name"]: [c["name"] for c in t["columns"]] for t in schema_document(BOOK)["tables"]}
    assert document == {name: [c.name for c in table.columns] for name, table in BOOK.tables.items()}


# ── checks ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("rule", CHECKS)
def test_every_code_has_a_message_a_severity_and_columns_it_reads(rule: Check) -> None:
    assert re.fullmatch(r"[A-Z]+-\d\d[a-z]?", rule.code)
    assert rule.message.strip()
    assert rule.severity in ("error", "warning", "note", "gate")
    assert rule.table in BOOK.tables
    assert rule.reads
    assert set(rule.reads) <= set(BOOK.tables[rule.table].by_name)


def holds(rule: Check, tables: Tables) -> None:
    """Apply a check to every row of its table: findings, never an exception, twice the same."""
    for row in tables.rows(rule.table):
        kept = copy.deepcopy(dict(row))
        found_now = rule.findings(row, tables)
        assert found_now == rule.findings(row, tables)
        assert dict(row) == kept
        for finding in found_now:
            assert (finding.table, finding.record, finding.code) == (rule.table, row["id"], rule.code)
            assert finding.column in BOOK.tables[rule.table].by_name
            assert finding.message
            assert not re.search(r"\{[a-z_]+\}", rule.message) or finding.message != rule.message
            assert finding.severity in ("error", "warning", "note")


@pytest.mark.parametrize("rule", CHECKS)
@COMPLETELY
@given(data=st.data())
def test_every_check_is_total_over_whatever_a_sheet_can_hold(rule: Check, data: st.DataObject) -> None:
    holds(rule, data.draw(views(neighbours(BOOK.process_of[rule.table]), wild=True)))


@pytest.mark.parametrize("rule", CHECKS)
@COMPLETELY
@given(data=st.data())
def test_every_check_is_total_over_rows_of_the_right_types(rule: Check, data: st.DataObject) -> None:
    holds(rule, data.draw(views(neighbours(BOOK.process_of[rule.table]), wild=False)))


@pytest.mark.parametrize("rule", CHECKS)
def test_every_check_is_total_over_a_row_of_nothing(rule: Check) -> None:
    blank: Row = {"id": "XX-0"}
    holds(rule, BOOK.view({rule.table: [blank]}, NOW))
    holds(rule, BOOK.view({rule.table: [blank]}, datetime(9999, 12, 31), MEMBERS[0]))


# ── columns computed from the row, and today's lines ─────────────────────────────────────────────


@pytest.mark.parametrize("process", PROCESSES)
@COMPLETELY
@given(data=st.data())
def test_computed_columns_and_the_lines_of_today_are_total_and_pure(process: Process, data: st.DataObject) -> None:
    tables = data.draw(views(neighbours(process), wild=data.draw(st.booleans())))
    before = {name: copy.deepcopy(list(tables.rows(name))) for name in BOOK.tables}
    for name, rule in process.compute.items():
        for row in tables.rows(name):
            computed = rule(row, tables)
            assert computed == rule(row, tables)
            assert set(computed) <= set(BOOK.tables[name].by_name)
            readable(name, computed)
    for name, fill in process.fill.items():
        for row in tables.rows(name):
            assert set(fill(row)) <= set(BOOK.tables[name].by_name)
    if process.today is not None:
        lines = list(process.today(tables))
        assert lines == list(process.today(tables))
        for line in lines:
            assert isinstance(line, Todo)
            assert tables.get(line.table, line.record) is not None
            assert line.text
    assert {name: list(tables.rows(name)) for name in BOOK.tables} == before


def readable(table: str, values: Mapping[str, Value]) -> None:
    """A computed value must be one that its own column can hold, or a sheet could not read it back."""
    for name, value in values.items():
        column = BOOK.tables[table].column(name)
        if column.computed:
            assert not isinstance(reader(column)(value), Bad), f"{table}.{name} = {value!r}"


# ── measures ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_of_nothing_is_blank_or_nought(measure: Measure) -> None:
    figure = measure.compute(BOOK.view({}, NOW), date(2026, 4, 1), date(2026, 6, 30))
    assert isinstance(figure, Figure)
    assert not figure.value
    assert (figure.n, figure.records) == (0, ())


@pytest.mark.parametrize("process", SEVEN)
@COMPLETELY
@given(data=st.data())
def test_every_measure_is_total_and_opens_rows_that_exist(process: Process, data: st.DataObject) -> None:
    tables = data.draw(views(BOOK.tables, wild=False) if data.draw(st.booleans()) else views(neighbours(process), wild=True))
    known = {str(row["id"]) for name in BOOK.tables for row in tables.rows(name)}
    for measure in process.measures:
        figure = measure.compute(tables, date(2026, 4, 1), date(2026, 6, 30))
        assert figure == measure.compute(tables, date(2026, 4, 1), date(2026, 6, 30))
        assert figure.value is None or (isinstance(figure.value, (Decimal, int)) and Decimal(figure.value).is_finite())
        assert figure.n >= 0
        assert set(figure.records) <= known


# ── actions ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_is_named_for_its_process_and_says_what_it_does(action: Action) -> None:
    key, _, verb = action.name.partition(".")
    assert action in BOOK.by_key[key].actions
    assert re.fullmatch(r"[a-z][a-z0-9_]*", verb)
    assert action.label
    assert action.help
    assert action.tables
    assert set(action.tables) <= set(BOOK.tables)
    for parameter in action.parameters:
        assert parameter.type in TYPES
        assert parameter.help or parameter.unit, parameter.name


@pytest.mark.parametrize("action", ACTIONS)
@COMPLETELY
@given(data=st.data())
def test_an_action_is_pure_and_writes_only_columns_and_rows_that_exist(action: Action, data: st.DataObject) -> None:
    process = BOOK.by_key[action.name.partition(".")[0]]
    tables = data.draw(views(sorted({*neighbours(process), *action.tables}), wild=False))
    ids = [str(row["id"]) for name in action.tables for row in tables.rows(name)]
    picked = data.draw(st.sets(st.sampled_from(ids))) if ids else set()
    request = Request(tuple(sorted(picked)), {p.name: p.default for p in action.parameters})
    before = {name: copy.deepcopy(list(tables.rows(name))) for name in BOOK.tables}
    try:
        patch = action.plan(tables, request)
    except UnknownName as refused:  # a button that works on one row says which it was not given
        assert str(refused)
        return
    assert isinstance(patch, Patch)
    assert patch == action.plan(tables, request)
    assert {name: list(tables.rows(name)) for name in BOOK.tables} == before
    assert patch.message
    for edit in patch.edits:
        assert tables.get(edit.table, edit.record) is not None
        assert BOOK.tables[edit.table].column(edit.column).computed != "service"
        assert edit.column != "note", "the note belongs to the rep"
    for new in patch.new:
        assert set(new.values) <= set(BOOK.tables[new.table].by_name) - {"id", "version", "updated_at"}
    assert all(refusal.message for refusal in patch.refused)
