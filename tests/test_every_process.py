"""What holds for every process, also for one that a team drops into the folder: run over whatever is found."""

from __future__ import annotations

import pkgutil
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sheetsales.processes
from sheetsales.cells import reader
from sheetsales.columns import TYPES, Column
from sheetsales.errors import WrongUse
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
TEXTS = ("", " ", "=1+1", "{owner}", "%s", "Acme", "Acme 2026-Q2", "Won", "Yes", "No", "Held", "2026-Q2", "0", "1:ab 9:x 3", "ß" * 300,
         "x" * 2_000, "a\n" * 400, "\u0130 \u200b", "Acme [X-1]", *MEMBERS)  # fmt: skip
NUMBERS = (0, 1, -1, 5, 31, 10**14, -(10**14), Decimal("0.000001"), Decimal("-0.5"), Decimal(10**14), Decimal("33.333333"))
DAYS = (date(1900, 1, 1), date(9999, 12, 31), date(2026, 5, 13), date(2026, 2, 28), datetime(1900, 1, 1), datetime(9999, 12, 31, 23, 59),
        datetime(2026, 5, 13, 9, 0))  # fmt: skip
ANY: tuple[Value, ...] = (None, None, *TEXTS, *NUMBERS, *DAYS)
NAMES = ("Acme", "Beta", "Something long enough to be a goal", "Acme 2026-Q2", None)
SEEDS = st.integers(0, 2**32)
MANY = settings(max_examples=60, deadline=None)

PROCESSES = [pytest.param(process, id=process.key) for process in BOOK.processes]
SEVEN = [pytest.param(process, id=process.key) for process in found()]
TABLES = [pytest.param(table, id=table.name) for table in BOOK.tables.values()]
COLUMNS = [pytest.param(t, c, id=f"{t.name}.{c.name}") for t in BOOK.tables.values() for c in t.columns]
KEYS = [process.key for process in BOOK.processes]
SEVEN_KEYS = [process.key for process in found()]
CHECKS = [pytest.param(check, id=check.code) for process in BOOK.processes for check in process.checks]
MEASURES = [pytest.param(m, id=f"{p.key}.{m.name}") for p in BOOK.processes for m in p.measures]
ACTION_NAMES = list(BOOK.actions)
ACTIONS = [pytest.param(action, id=action.name) for action in BOOK.actions.values()]


# ── rows that a spreadsheet can hold ─────────────────────────────────────────────────────────────


@cache
def fitting(table: Table, column: Column) -> tuple[Value, ...]:
    """Values that the column may hold, references among them that hit a row of the drawn tables."""
    if column.choices:
        return (None, *column.choices)
    if column.target == "people":
        return (None, *MEMBERS)
    if column.target or column.choices_from:
        target = BOOK.tables[column.target or column.choices_from]
        starting = BOOK.process_of[target.name].defaults.get(target.name, ())
        return (None, f"{target.prefix}-0", f"{target.prefix}-1", "Acme", *(row.get(target.label) for row in starting[:7]))
    low, high = int(column.minimum or 0), int(column.maximum if column.maximum is not None else 1_000)
    by_type: dict[str, tuple[Value, ...]] = {
        "integer": (None, low, high, (low + high) // 2, min(low + 1, high)),
        "number": (None, Decimal(low), Decimal(high), Decimal(low + high) / 2),
        "money": (None, Decimal(low), Decimal(high), Decimal("0.01") + low),
        "percent": (None, Decimal(0), Decimal(1), Decimal("0.35")),
        "date": (None, *(NOW.date() + timedelta(days=days) for days in (-400, -91, -30, -1, 0, 1, 6, 45, 119, 300))),
        "datetime": (None, *(NOW + timedelta(hours=hours) for hours in (-9_000, -700, -25, -1, 0, 1, 30, 700))),
        "email": (None, *MEMBERS),
    }  # fmt: skip
    return by_type.get(column.type, (*NAMES, f"{table.prefix}-0"))


def drawn(names: Iterable[str], seed: int, *, wild: bool, size: int = 3) -> Tables:
    """Draw a view over up to `size` rows of these tables, by a member or by nobody; wild ones hold anything anywhere."""
    dice = Random(seed)
    rows: dict[str, list[Row]] = {}
    for name in sorted(names):
        table = BOOK.tables[name]
        rows[name] = []
        for number in range(dice.randint(0, size)):
            row: dict[str, Value] = {"id": f"{table.prefix}-{number}"}
            for column in table.columns[1:]:
                if not wild or dice.random() < 0.8:
                    row[column.name] = dice.choice(ANY if wild and dice.random() < 0.7 else fitting(table, column))
            rows[name].append(row)
    return BOOK.view(rows, NOW, dice.choice(("", *MEMBERS)))


def neighbours(process: Process) -> list[str]:
    """The tables of a process, those they refer to, and those that refer to them."""
    own = {table.name for table in process.tables}
    near = {c.target or c.choices_from for t in process.tables for c in t.columns}
    others = {t.name for t in BOOK.tables.values() for c in t.columns if c.target in own}
    return sorted((own | near | others) & set(BOOK.tables))


def picture(tables: Tables) -> dict[str, list[dict[str, Value]]]:
    """Copy what a view holds, to see that a rule has left it as it was."""
    return {name: [dict(row) for row in tables.rows(name)] for name in BOOK.tables}


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
    for name in (
        "key",
        "name",
        "title",
        "definition",
        "purpose",
        "question",
        "owner_role",
        "cadence",
        "inputs",
        "outputs",
        "version",
    ):
        assert str(getattr(process, name)).strip(), name
    assert process.stages
    assert all(stage.strip() for stage in process.stages)
    assert process.tables


def test_orders_keys_tables_prefixes_tabs_and_actions_are_used_once() -> None:
    tables = [table for process in BOOK.processes for table in process.tables]
    for names in (
        [process.order for process in BOOK.processes],
        [process.key for process in BOOK.processes],
        [table.name for table in tables],
        [table.prefix for table in tables],
        [fold(table.title) for table in tables],
        [action.name for process in BOOK.processes for action in process.actions],
    ):
        assert [name for name, count in Counter(names).items() if count > 1] == []


def test_a_code_belongs_to_one_process_and_one_message_stands_once() -> None:
    rules = [(check.code, process.key) for process in BOOK.processes for check in process.checks]
    assert len({code for code, _ in rules}) == len(set(rules))
    messages = [(check.code, check.table, check.message) for process in BOOK.processes for check in process.checks]
    assert [message for message, count in Counter(messages).items() if count > 1] == []


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
        kept = dict(row)
        found_now = rule.findings(row, tables)
        assert found_now == rule.findings(row, tables)
        assert dict(row) == kept
        for finding in found_now:
            assert (finding.table, finding.record, finding.code) == (rule.table, row["id"], rule.code)
            assert finding.column in BOOK.tables[rule.table].by_name
            assert finding.message
            assert not re.search(r"\{[a-z_]+\}", rule.message) or finding.message != rule.message
            assert finding.severity in ("error", "warning", "note")


@pytest.mark.parametrize(
    "wild", [pytest.param(True, id="whatever a sheet can hold"), pytest.param(False, id="values of the right types")]
)
@pytest.mark.parametrize("key", KEYS)
@MANY
@given(seed=SEEDS)
def test_every_check_is_total(key: str, wild: bool, seed: int) -> None:
    process = BOOK.by_key[key]
    tables = drawn(neighbours(process), seed, wild=wild)
    for rule in process.checks:
        holds(rule, tables)


@pytest.mark.parametrize("rule", CHECKS)
def test_every_check_is_total_over_a_row_of_nothing(rule: Check) -> None:
    blank: Row = {"id": "XX-0"}
    holds(rule, BOOK.view({rule.table: [blank]}, NOW))
    holds(rule, BOOK.view({rule.table: [blank]}, datetime(9999, 12, 31), MEMBERS[0]))


# ── columns computed from the row, and today's lines ─────────────────────────────────────────────


@pytest.mark.parametrize("key", KEYS)
@MANY
@given(seed=SEEDS)
def test_computed_columns_and_the_lines_of_today_are_total_and_pure(key: str, seed: int) -> None:
    process = BOOK.by_key[key]
    wild = seed % 2 == 0
    tables = drawn(neighbours(process), seed, wild=wild)
    before = picture(tables)
    for name, rule in process.compute.items():
        for row in tables.rows(name):
            computed = rule(row, tables)
            assert computed == rule(row, tables)
            assert set(computed) <= set(BOOK.tables[name].by_name)
            if not wild:
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
    assert picture(tables) == before


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


@pytest.mark.parametrize("key", SEVEN_KEYS)
@MANY
@given(seed=SEEDS)
def test_every_measure_is_total_and_opens_rows_that_exist(key: str, seed: int) -> None:
    process = BOOK.by_key[key]
    tables = drawn(BOOK.tables, seed, wild=seed % 2 == 0)
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


@pytest.mark.parametrize("name", ACTION_NAMES)
@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, share=st.sampled_from([0, 2, 1]))
def test_an_action_is_pure_and_writes_only_columns_and_rows_that_exist(name: str, seed: int, share: int) -> None:
    action = BOOK.actions[name]
    tables = drawn(BOOK.tables, seed, wild=False)
    ids = [str(row["id"]) for table in action.tables for row in tables.rows(table)]
    request = Request(tuple(ids[::share]) if share else (), {p.name: p.default for p in action.parameters})
    before = picture(tables)
    try:
        patch = action.plan(tables, request)
    except WrongUse as refused:  # a button that works on one row says which it was not given
        assert str(refused)
        return
    assert isinstance(patch, Patch)
    assert patch == action.plan(tables, request)
    assert picture(tables) == before
    assert patch.message
    for edit in patch.edits:
        assert tables.get(edit.table, edit.record) is not None
        assert BOOK.tables[edit.table].column(edit.column).computed != "service"
        assert edit.column != "note", "the note belongs to the rep"
    for new in patch.new:
        assert set(new.values) <= set(BOOK.tables[new.table].by_name) - {"id", "version", "updated_at"}
    assert all(refusal.message for refusal in patch.refused)


@pytest.mark.parametrize("name", ACTION_NAMES)
@settings(max_examples=30, deadline=None)
@given(seed=SEEDS)
def test_an_action_takes_any_rows_and_any_value_of_its_parameters_or_says_what_is_wrong(name: str, seed: int) -> None:
    action, tables, dice = BOOK.actions[name], drawn(BOOK.tables, seed, wild=True), Random(seed)
    typed = {p.name: reader(Column(p.name, p.name, p.type))(dice.choice(ANY)) for p in action.parameters}
    request = Request((), {name: value for name, value in typed.items() if not isinstance(value, Bad)})
    try:
        patch = action.plan(tables, request)
    except WrongUse as refused:
        assert str(refused)
        return
    assert patch == action.plan(tables, request)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    ("start", "end"), [(date(1900, 1, 1), date(9999, 12, 31)), (date(2026, 6, 30), date(2026, 4, 1))], ids=["all", "none"]
)
def test_a_measure_takes_any_span_of_days(measure: Measure, start: date, end: date) -> None:
    assert measure.compute(BOOK.view({}, NOW), start, end).n == 0


@pytest.mark.parametrize("process", PROCESSES)
def test_no_two_rows_of_a_new_workspace_have_the_same_key(process: Process) -> None:
    for name, some in process.defaults.items():
        for key in BOOK.tables[name].key:
            filled = [tuple(fold(row[c]) for c in key) for row in some if all(row.get(c) is not None for c in key)]
            assert [parts for parts, count in Counter(filled).items() if count > 1] == []
