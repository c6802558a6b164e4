"""The shared tables: what they hold, and what a new workspace starts with."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from sheetsales.cells import reader
from sheetsales.periods import days_of_code
from sheetsales.process import Playbook, Row
from sheetsales.processes import found
from sheetsales.roles import PROCESS_KEYS
from sheetsales.shared import DEFAULT_ROLES, DEFAULT_STAGES, SHARED, periods_of
from sheetsales.typed_text import Bad
from sheetsales.validate import natural_key, validate
from sheetsales.values import Value

TABLES = {table.name: table for table in SHARED.tables}


def test_the_shared_tables_are_no_process() -> None:
    assert SHARED.order == 0
    assert SHARED.key not in {process.key for process in found()}


@pytest.mark.parametrize(
    ("table", "kind", "prefix", "label", "columns"),
    [
        pytest.param("people", "library", "PE", "name", "email name role manager team active", id="people"),
        pytest.param("roles", "library", "RO", "name", "name manages field_based geographic call_work", id="roles"),
        pytest.param(
            "accounts", "shared", "AC", "name", "name industry region revenue employees owner external_id", id="accounts"
        ),
        pytest.param("contacts", "shared", "CN", "name", "account name title email phone opted_out", id="contacts"),
        pytest.param("stages", "library", "ST", "name", "order name probability category exit_criteria", id="stages"),
        pytest.param("products", "library", "PR", "name", "sku name list_price margin max_discount active", id="products"),
        pytest.param("periods", "library", "PD", "code", "code start end kind", id="periods"),
        pytest.param("fx_rates", "library", "FX", "ccy", "ccy to_ccy rate as_of", id="exchange rates"),
    ],
)
def test_every_shared_table_has_its_columns(table: str, kind: str, prefix: str, label: str, columns: str) -> None:
    shared = TABLES[table]
    assert (shared.kind, shared.prefix, shared.label) == (kind, prefix, label)
    assert set(columns.split()) <= set(shared.by_name)


def test_the_owner_of_an_account_may_be_blank() -> None:
    assert not TABLES["accounts"].column("owner").required
    assert not TABLES["contacts"].column("owner").required


@pytest.mark.parametrize("name", ["people", "roles", "stages", "products", "periods", "fx_rates"])
def test_tables_of_the_workspace_have_no_owner(name: str) -> None:
    assert "owner" not in TABLES[name].by_name


@pytest.mark.parametrize("key", PROCESS_KEYS)
def test_people_and_roles_say_of_each_process_whether_it_is_assigned(key: str) -> None:
    for table in ("people", "roles"):
        assert TABLES[table].column(f"assign_{key}").choices == ("Required", "Offered", "Off")


def test_the_seven_default_stages_carry_probability_and_category() -> None:
    assert [(row["order"], row["name"], row["probability"], row["category"]) for row in DEFAULT_STAGES] == [
        (1, "Discover", Decimal("0.10"), "Pipeline"),
        (2, "Qualify", Decimal("0.25"), "Pipeline"),
        (3, "Solution", Decimal("0.50"), "Pipeline"),
        (4, "Proposal", Decimal("0.75"), "Best case"),
        (5, "Negotiate", Decimal("0.90"), "Commit"),
        (6, "Won", Decimal(1), "Closed"),
        (7, "Lost", Decimal(0), "Omitted"),
    ]


def test_the_six_default_roles_are_those_of_the_contract() -> None:
    assert [row["name"] for row in DEFAULT_ROLES] == [
        "inside_rep", "field_rep", "key_account_manager", "sdr", "sales_manager", "operations",
    ]  # fmt: skip


@pytest.mark.parametrize("table", sorted(SHARED.defaults))
def test_every_default_cell_reads_back_as_itself(table: str) -> None:
    for row in SHARED.defaults[table]:
        for name, value in row.items():
            read = reader(TABLES[table].column(name))(value)
            assert not isinstance(read, Bad)
            assert read == value


def test_a_year_has_twelve_months_four_quarters_and_itself() -> None:
    rows = periods_of(2028)
    assert [sum(row["kind"] == kind for row in rows) for kind in ("Month", "Quarter", "Year")] == [12, 4, 1]
    for row in rows:
        assert days_of_code(str(row["code"])) == (row["start"], row["end"])


def test_the_months_of_a_leap_year_follow_each_other_without_a_gap() -> None:
    months = [row for row in periods_of(2028) if row["kind"] == "Month"]
    for one, following in itertools.pairwise(months):
        assert isinstance(one["end"], date)
        assert one["end"] + timedelta(days=1) == following["start"]
    assert months[1]["end"] == date(2028, 2, 29)


# ── keys, headers, looking up ────────────────────────────────────────────────────────────────────

BOOK = Playbook([SHARED])
NOW = datetime(2026, 5, 13, 9, 0)
STAGES: list[Row] = [{"id": f"ST-{n}", **row} for n, row in enumerate(DEFAULT_STAGES)]
PEOPLE: list[Row] = [
    {"id": "PE-1", "email": "Ana@x.example", "name": "Ana Bell", "external_id": "7"},
    {"id": "PE-2", "email": "ben@x.example", "name": "Ben Cole"},
    {"id": "PE-3", "email": "ben2@x.example", "name": "Ben Cole"},
]
VIEW = BOOK.view({"stages": STAGES, "people": PEOPLE}, NOW)


@pytest.mark.parametrize("name", list(TABLES))
def test_headers_are_unique_within_a_table_with_the_common_columns(name: str) -> None:
    headers = [column.header.casefold() for column in TABLES[name].columns]
    assert sorted(set(headers)) == sorted(headers)
    assert [column.name for column in TABLES[name].columns][-4:] == ["note", "external_id", "updated_at", "version"]


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
        ("fx_rates", {"ccy": "USD", "to_ccy": "EUR", "as_of": date(2026, 1, 2)}, ("ccy+to_ccy+as_of", ("usd", "eur", "2026-01-02"))),
    ],
)  # fmt: skip
def test_the_first_natural_key_whose_columns_are_filled_identifies_a_row(
    table: str, row: dict[str, Value], key: tuple[str, tuple[str, ...]] | None
) -> None:
    assert natural_key(TABLES[table], row) == key


@pytest.mark.parametrize(
    ("text", "record"), [("ana@X.example ", "PE-1"), ("nobody@x.example", None), ("Ana Bell", None), (None, None), (7, None)]
)
def test_a_person_is_looked_up_by_e_mail(text: Value, record: str | None) -> None:
    person = VIEW.person(text)
    assert (person and person["id"]) == record


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
    row = VIEW.find(table, text)
    assert (row and row["id"]) == record


def test_an_unknown_manager_or_role_of_a_person_is_a_warning() -> None:
    person: Row = {"id": "PE-9", "email": "new@x.example", "manager": "boss@x.example", "role": "pilot"}
    findings = validate(BOOK, TABLES["people"], [person], BOOK.view({"people": [person]}, NOW))
    assert [(f.column, f.code, f.severity) for f in findings] == [
        ("role", "REFERENCE", "warning"),
        ("manager", "REFERENCE", "warning"),
    ]


def test_two_people_cannot_share_an_address_nor_two_stages_a_name() -> None:
    people: list[Row] = [{"id": "PE-1", "email": "a@x.example"}, {"id": "PE-2", "email": "A@X.example"}]
    findings = validate(BOOK, TABLES["people"], people, BOOK.view({"people": people}, NOW))
    assert [(f.record, f.code, f.severity) for f in findings] == [("PE-1", "UNIQUE", "error"), ("PE-2", "UNIQUE", "error")]
    twice: Row = {**STAGES[0], "id": "ST-9"}
    findings = validate(BOOK, TABLES["stages"], [twice], BOOK.view({"stages": [*STAGES, twice]}, NOW))
    assert [(f.column, f.code) for f in findings] == [("name", "UNIQUE")]
