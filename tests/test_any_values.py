"""Actions with any value in a parameter, measures over any span of days, keys of the rows a workspace starts with."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from random import Random

import pytest

from sheetsales.cells import reader
from sheetsales.columns import Column
from sheetsales.errors import WrongUse
from sheetsales.playbook import build_playbook
from sheetsales.process import Request, Row, Tables
from sheetsales.typed_text import Bad
from sheetsales.values import Value, fold

BOOK = build_playbook({})
NOW = datetime(2026, 5, 13, 9, 30)
REP = "rep@example.com"
VALUES: tuple[Value, ...] = (
    None, " ", "x" * 2_000, "{n} {0} %s =1+1", 0, -1, 7, 10**15 - 1, Decimal("0.005"), Decimal(-3), Decimal("999999999999999"),
    date(1900, 1, 1), date(9999, 12, 31), datetime(2026, 5, 12, 8, 0), "Acme", REP, "Won", "Yes", "EUR", "2026-Q2",
)  # fmt: skip
SPANS = {"all days": (date(1900, 1, 1), date(9999, 12, 31)), "the wrong way round": (date(2026, 6, 30), date(2026, 4, 1))}
MEASURES = [pytest.param(m, id=f"{p.key}.{m.name}") for p in BOOK.processes for m in p.measures]
PARAMETERS = [pytest.param(a.name, p.name, id=f"{a.name} {p.name}") for a in BOOK.actions.values() for p in a.parameters]


def world(seed: int) -> Tables:
    """Three rows of every table with any value in any column; the same seed gives the same rows."""
    draw = Random(seed)
    rows: dict[str, list[Row]] = {
        table.name: [
            {**{c.name: draw.choice(c.choices or VALUES) for c in table.columns}, "id": f"{table.prefix}-{n}"} for n in range(3)
        ]
        for table in BOOK.tables.values()
    }
    return BOOK.view(rows, NOW, draw.choice(["", REP]))


@pytest.mark.parametrize(("action", "name"), PARAMETERS)
def test_an_action_takes_any_value_of_a_parameter_or_says_what_is_wrong_with_it(action: str, name: str) -> None:
    parameter = next(p for p in BOOK.actions[action].parameters if p.name == name)
    for seed, value in enumerate(VALUES):
        read = reader(Column(name, name, parameter.type))(value)
        if isinstance(read, Bad):
            continue
        try:
            patch = BOOK.actions[action].plan(world(seed), Request((), {name: read}))
        except WrongUse as refused:
            assert str(refused)
            continue
        assert patch == BOOK.actions[action].plan(world(seed), Request((), {name: read}))


@pytest.mark.parametrize("span", SPANS.values(), ids=SPANS)
@pytest.mark.parametrize("measure", MEASURES)
def test_a_measure_takes_any_span_of_days(measure: object, span: tuple[date, date]) -> None:
    compute = next(m.compute for p in BOOK.processes for m in p.measures if m is measure)
    for seed in range(6):
        figure = compute(world(seed), *span)
        assert figure.value is None or Decimal(figure.value).is_finite()


@pytest.mark.parametrize("table", [name for process in BOOK.processes for name in process.defaults])
def test_no_two_rows_of_a_new_workspace_have_the_same_key(table: str) -> None:
    rows = BOOK.process_of[table].defaults[table]
    for key in BOOK.tables[table].key:
        filled = [tuple(fold(row[c]) for c in key) for row in rows if all(row.get(c) is not None for c in key)]
        assert [parts for parts, count in Counter(filled).items() if count > 1] == []


def test_a_code_belongs_to_one_process_with_one_severity() -> None:
    uses = {(check.code, process.key, check.severity) for process in BOOK.processes for check in process.checks}
    assert [code for code, count in Counter(code for code, _, _ in uses).items() if count > 1] == []
