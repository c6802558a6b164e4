from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from import_stand import PLAYBOOK, StillClock, edit, new_store

from sheetsales.errors import UnknownName, WrongUse
from sheetsales.values import Value, canonical_number, canonical_text, has_control_characters
from sheetsales_sync.exporting import export_table
from sheetsales_sync.importing import import_file
from sheetsales_sync.state import Change, Op

if TYPE_CHECKING:
    from sheetsales_sync.store.transaction import Store

NASTY = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1",
    "'=1",
    "\uff1d1",
    "-5",
    "+44 20 7946 0958",
    "MAR1",
    "00123",
    'a","=1+1',
    " x ",
    "1e5",
    "TRUE",
]
SAMPLE: dict[str, Value] = {
    "name": "=cmd|' /C calc'!A0", "pieces": -5, "weight": Decimal("0.125"), "share": Decimal("0.35"), "price": Decimal("-12.50"),
    "day": date(2024, 2, 29), "moment": datetime(2024, 2, 29, 13, 5, 7), "phone": "-5", "tasted": "Unknown", "colour": "Red",
    "account": "Acme", "note": "two\nlines", "external_id": "00123",
}  # fmt: skip


def add(store: Store, clock: StillClock, values: dict[str, Value]) -> str:
    record = clock.new_id("SA")
    op = Op(clock.new_key(), "import", "op@x.com", clock.now())
    changes = [Change("samples", record, name, None, value, "create") for name, value in values.items() if value is not None]
    store.transact(lambda tx: (tx.begin_op(op), tx.apply(op, changes)))
    return record


class Shelf:
    """A store of one test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = StillClock()
        self.store: Store = new_store(folder, self.clock)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(tmp_path)
    yield made
    made.store.close()


def test_json_keeps_each_type(shelf: Shelf) -> None:
    record = add(shelf.store, shelf.clock, SAMPLE)
    edit(shelf.store, shelf.clock, "samples", record, colour="Green")
    document = export_table(shelf.store, PLAYBOOK, "samples", zone=ZoneInfo("Europe/Berlin"))
    assert isinstance(document, dict)
    assert document["table"] == "samples"
    (row,) = json.loads(json.dumps(document))["records"]
    assert (row["id"], row["version"], row["external_id"]) == (record, 2, "00123")
    assert (row["pieces"], row["weight"], row["share"], row["price"]) == (-5, 0.125, 0.35, "-12.50")
    assert (row["day"], row["moment"], row["updated_at"]) == (
        "2024-02-29",
        "2024-02-29T13:05:07+01:00",
        "2024-05-06T08:00:00+00:00",
    )
    assert (row["name"], row["phone"], row["colour"], row["note"]) == (SAMPLE["name"], "-5", "Green", "two\nlines")


def test_csv_guards_texts_and_never_numbers(shelf: Shelf) -> None:
    add(shelf.store, shelf.clock, SAMPLE)
    text = export_table(shelf.store, PLAYBOOK, "samples", "csv")
    assert isinstance(text, bytes)
    line = text.decode().split("\r\n", 1)[1]
    assert "\"'=cmd|' /C calc'!A0\"" in line and '"-5"' in line and '"-12.50"' in line and '"\'-5"' in line


def test_a_workbook_holds_texts_as_texts_and_numbers_as_numbers(shelf: Shelf) -> None:
    for number, text in enumerate(NASTY):
        add(shelf.store, shelf.clock, {**SAMPLE, "name": f"{number}{text}", "phone": canonical_text(text)})
    data = export_table(shelf.store, PLAYBOOK, "samples", "xlsx")
    assert isinstance(data, bytes)
    assert data == export_table(shelf.store, PLAYBOOK, "samples", "xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    rows: list[Any] = list(sheet.iter_rows())
    heads = {cell.value: place for place, cell in enumerate(rows[0])}
    cells = [row[heads["phone"]] for row in rows[1:]]
    assert [cell.value for cell in cells] == NASTY
    assert {cell.data_type for cell in cells} == {"s"}
    first = rows[1]
    assert (first[heads["price"]].value, first[heads["price"]].number_format) == (-12.5, "#,##0.00")
    assert first[heads["day"]].value == datetime(2024, 2, 29)
    assert first[heads["external_id"]].value == "00123"


def test_unknown_tables_and_formats_are_wrong_use(shelf: Shelf) -> None:
    with pytest.raises(UnknownName, match="sample") as unknown:
        export_table(shelf.store, PLAYBOOK, "sample")
    assert "Did you mean 'samples'?" in unknown.value.hint
    with pytest.raises(WrongUse, match="pdf"):
        export_table(shelf.store, PLAYBOOK, "samples", "pdf")


SPECIAL = st.sampled_from("=+-@'\"\t\n ,;|\\aÄ\uff1d") | st.characters(exclude_categories=["Cs", "Cc"])
TEXT = st.text(SPECIAL, max_size=10).map(canonical_text)
TEXTS = TEXT.filter(lambda text: text is not None and bool(text.strip()) and not has_control_characters(text))
NUMBERS = st.decimals(-10_000, 10_000, places=4).map(canonical_number)
ROWS = st.fixed_dictionaries({
    "note": TEXTS, "phone": TEXTS, "account": TEXTS, "pieces": st.integers(-(10**14), 10**14), "weight": NUMBERS,
    "share": st.integers(0, 1000).map(lambda n: canonical_number(Decimal(n) / 1000)),
    "price": st.decimals(-(10**9), 10**9, places=2), "day": st.dates(date(1900, 1, 1)),
    "moment": st.datetimes(datetime(1900, 1, 1)).map(lambda moment: moment.replace(microsecond=0)),
    "tasted": st.sampled_from(["Yes", "No", "Unknown"]), "colour": st.sampled_from(["Red", "Green"]),
})  # fmt: skip


@pytest.mark.slow
@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(ROWS, min_size=3, max_size=8))
def test_what_is_exported_as_csv_comes_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Value]]
) -> None:
    folder = tmp_path_factory.mktemp("round")
    one, two = Shelf(folder / "one"), Shelf(folder / "two")
    for number, row in enumerate(rows):
        add(one.store, one.clock, {**row, "name": f"row {number}"})
    path = folder / "samples.csv"
    data = export_table(one.store, PLAYBOOK, "samples", "csv")
    assert isinstance(data, bytes)
    path.write_bytes(data)
    result = import_file(two.store, PLAYBOOK, "samples", path, clock=two.clock, actor="op@x.com")
    assert (result.created, result.rejected) == (len(rows), [])
    again = import_file(one.store, PLAYBOOK, "samples", path, clock=one.clock, actor="op@x.com")
    assert (again.unchanged, again.op) == (len(rows), "")
    assert two.store.read(lambda tx: [r.values for r in tx.records("samples")]) == one.store.read(
        lambda tx: [r.values for r in tx.records("samples")]
    )
    one.store.close()
    two.store.close()
