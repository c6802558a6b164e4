"""The shared tables: keys, what a new workspace starts with, headers, looking up people, stages and periods."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from sheetsales.process import Playbook, Row, Table
from sheetsales.shared import DEFAULT_ROLES, DEFAULT_STAGES, SHARED, periods_of
from sheetsales.validate import natural_key, validate
from sheetsales.values import Value

BOOK = Playbook([SHARED])
NOW = datetime(2026, 5, 13, 9, 0)
STAGES: list[Row] = [{"id": f"ST-{n}", **row} for n, row in enumerate(DEFAULT_STAGES)]
PEOPLE: list[Row] = [
    {"id": "PE-1", "email": "Ana@x.example", "name": "Ana Bell", "external_id": "7"},
    {"id": "PE-2", "email": "ben@x.example", "name": "Ben Cole"},
    {"id": "PE-3", "email": "ben2@x.example", "name": "Ben Cole"},
]
VIEW = BOOK.view({"stages": STAGES, "people": PEOPLE}, NOW)
tables = pytest.mark.parametrize("table", SHARED.tables, ids=lambda table: table.name)


def test_the_shared_tables_are_these_and_no_process() -> None:
    names = ["people", "roles", "accounts", "contacts", "stages", "products", "periods", "fx_rates"]
    assert [table.name for table in SHARED.tables] == names
    assert (SHARED.key, SHARED.order) == ("shared", 0)


@tables
def test_headers_and_names_are_unique_within_a_table(table: Table) -> None:
    headers = [column.header.casefold() for column in table.columns]
    assert sorted(set(headers)) == sorted(headers)
    assert len(table.by_name) == len(table.columns)


@tables
def test_every_table_carries_the_common_columns(table: Table) -> None:
    names = [column.name for column in table.columns]
    assert names[0] == "id"
    assert names[-4:] == ["note", "external_id", "updated_at", "version"]
    assert ("owner" in names) == (table.name in ("accounts", "contacts"))
    assert not any(column.required for column in table.columns if column.name == "owner")


def test_prefixes_are_two_letters_and_unique() -> None:
    prefixes = [table.prefix for table in SHARED.tables]
    assert len(set(prefixes)) == len(prefixes)
    assert all(len(prefix) == 2 and prefix.isupper() for prefix in prefixes)


@pytest.mark.parametrize(
    ("table", "row", "key"),
    [
        ("people", {"email": " Ana@X.example"}, ("email", ("ana@x.example",))),
        ("people", {"name": "Ana"}, None),
        ("accounts", {"name": "ACME  Ltd "}, ("name", ("acme ltd",))),
        ("contacts", {"account": "Acme", "email": "C@x.example", "name": "Cy"}, ("account+email", ("acme", "c@x.example"))),
        ("contacts", {"account": "Acme", "name": "Cy"}, ("account+name", ("acme", "cy"))),
        ("contacts", {"name": "Cy"}, None),
        ("products", {"sku": "A-1", "name": "Pump"}, ("sku", ("a-1",))),
        ("products", {"name": "Pump"}, ("name", ("pump",))),
        ("stages", {"name": "Won"}, ("name", ("won",))),
        ("roles", {"name": "sdr"}, ("name", ("sdr",))),
        ("periods", {"code": "2026-Q1"}, ("code", ("2026-q1",))),
        (
            "fx_rates",
            {"ccy": "USD", "to_ccy": "EUR", "as_of": date(2026, 1, 2)},
            ("ccy+to_ccy+as_of", ("usd", "eur", "2026-01-02")),
        ),
    ],
)
def test_the_first_natural_key_whose_columns_are_filled_identifies_a_row(
    table: str, row: dict[str, Value], key: tuple[str, tuple[str, ...]] | None
) -> None:
    assert natural_key(BOOK.tables[table], row) == key


def test_seven_stages_with_probabilities_and_categories() -> None:
    found = [(row["order"], row["name"], row["probability"], row["category"]) for row in DEFAULT_STAGES]
    assert found == [
        (1, "Discover", Decimal("0.10"), "Pipeline"),
        (2, "Qualify", Decimal("0.25"), "Pipeline"),
        (3, "Solution", Decimal("0.50"), "Pipeline"),
        (4, "Proposal", Decimal("0.75"), "Best case"),
        (5, "Negotiate", Decimal("0.90"), "Commit"),
        (6, "Won", Decimal(1), "Closed"),
        (7, "Lost", Decimal(0), "Omitted"),
    ]
    assert all(row["exit_criteria"] for row in DEFAULT_STAGES if row["name"] != "Won")


def test_six_default_roles_with_full_profiles() -> None:
    names = ["inside_rep", "field_rep", "key_account_manager", "sdr", "sales_manager", "operations"]
    assert [row["name"] for row in DEFAULT_ROLES] == names
    assert all(value is not None for row in DEFAULT_ROLES for value in row.values())
    assert [row["name"] for row in DEFAULT_ROLES if row["manages"] == "Yes"] == ["sales_manager"]


@pytest.mark.parametrize(("table", "rows"), list(SHARED.defaults.items()), ids=lambda one: one if isinstance(one, str) else "")
def test_the_rows_of_a_new_workspace_pass_their_own_checks(table: str, rows: tuple[dict[str, Value], ...]) -> None:
    numbered: list[Row] = [{"id": f"X-{n}", **row} for n, row in enumerate(rows)]
    assert validate(BOOK, BOOK.tables[table], numbered, BOOK.view({table: numbered}, NOW)) == []


def test_a_year_has_twelve_months_four_quarters_and_itself() -> None:
    rows = {row["code"]: (row["start"], row["end"], row["kind"]) for row in periods_of(2024)}
    assert len(rows) == 17
    assert rows["2024-02"] == (date(2024, 2, 1), date(2024, 2, 29), "Month")
    assert rows["2024-Q4"] == (date(2024, 10, 1), date(2024, 12, 31), "Quarter")
    assert rows["2024"] == (date(2024, 1, 1), date(2024, 12, 31), "Year")
    numbered: list[Row] = [{"id": f"PD-{n}", **row} for n, row in enumerate(periods_of(2024))]
    assert validate(BOOK, BOOK.tables["periods"], numbered, BOOK.view({"periods": numbered}, NOW)) == []


@pytest.mark.parametrize(
    ("text", "record"),
    [("ana@X.example ", "PE-1"), ("nobody@x.example", None), ("Ana Bell", None), (None, None), (7, None)],
)
def test_a_person_is_looked_up_by_e_mail(text: Value, record: str | None) -> None:
    found = VIEW.person(text)
    assert (found and found["id"]) == record


@pytest.mark.parametrize(
    ("table", "text", "record"),
    [
        ("people", "PE-2", "PE-2"),
        ("people", "ana bell", "PE-1"),
        ("people", "7", "PE-1"),
        ("people", "Whoever [7]", "PE-1"),
        ("people", "Ben Cole", None),
        ("people", "ben2@x.example", "PE-3"),
        ("stages", " negotiate", "ST-4"),
        ("stages", "Signed", None),
        ("products", "Pump", None),
    ],
)
def test_references_are_looked_up_by_id_external_id_key_or_name(table: str, text: str, record: str | None) -> None:
    found = VIEW.find(table, text)
    assert (found and found["id"]) == record


def test_an_unknown_manager_or_role_of_a_person_is_a_warning() -> None:
    person: Row = {"id": "PE-9", "email": "new@x.example", "manager": "boss@x.example", "role": "pilot"}
    findings = validate(BOOK, BOOK.tables["people"], [person], BOOK.view({"people": [person]}, NOW))
    assert [(f.column, f.code, f.severity) for f in findings] == [
        ("role", "REFERENCE", "warning"),
        ("manager", "REFERENCE", "warning"),
    ]


def test_two_people_cannot_share_an_address_nor_two_stages_a_name() -> None:
    people: list[Row] = [{"id": "PE-1", "email": "a@x.example"}, {"id": "PE-2", "email": "A@X.example"}]
    findings = validate(BOOK, BOOK.tables["people"], people, BOOK.view({"people": people}, NOW))
    assert [(f.record, f.code, f.severity) for f in findings] == [("PE-1", "UNIQUE", "error"), ("PE-2", "UNIQUE", "error")]
    twice: Row = {**STAGES[0], "id": "ST-9"}
    findings = validate(BOOK, BOOK.tables["stages"], [twice], BOOK.view({"stages": [*STAGES, twice]}, NOW))
    assert [(f.column, f.code) for f in findings] == [("name", "UNIQUE")]
