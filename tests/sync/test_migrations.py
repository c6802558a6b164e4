"""Stores of yesterday: new columns and tables are added, nothing is dropped, newer stores are refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, inspect, text
from store_stand import CUSTOM, FULL, START, Opener, Writer, close_all, new_database, opener, playbook, sqlite_address

from sheetsales.columns import Integer, Money, Reference, Text
from sheetsales.errors import BadConfiguration, StoreTooNew
from sheetsales.process import Playbook, Table
from sheetsales.processes import found
from sheetsales.shared import SHARED
from sheetsales_sync.state import Book
from sheetsales_sync.store.migrate import configuration
from sheetsales_sync.store.schema import HEAD, Generic, Schema
from sheetsales_sync.store.verify import verify


@pytest.fixture(params=["sqlite", "postgres"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    open_one, stores = opener(sqlite_address(tmp_path) if request.param == "sqlite" else new_database())
    yield open_one
    close_all(stores)


def test_the_scripts_make_exactly_the_generic_tables(opened: Opener) -> None:
    metadata = MetaData()
    Generic(metadata)
    with opened().engine.connect() as connection:
        typed = {"deals", "accounts", "people", "select"}
        context = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, kind, _parents: kind != "table" or name not in typed, "compare_type": False},
        )
        assert compare_metadata(context, metadata) == []


def test_the_newest_script_is_the_one_the_store_asks_for() -> None:
    assert ScriptDirectory.from_config(configuration()).get_heads() == [HEAD]


def test_a_store_of_the_first_script_goes_on_with_what_came_later(opened: Opener) -> None:
    old = Writer(opened())
    old.create("DL-1", name="One")
    with old.store.engine.begin() as connection:
        for table in ("service_token", "service_answer", "service_audit"):
            connection.execute(text(f"DROP TABLE {table}"))
        connection.execute(text("ALTER TABLE book DROP COLUMN copies"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        connection.execute(text("UPDATE setting SET value = 'of the first script' WHERE name = 'schema'"))
    old.store.close()
    new = Writer(opened(), "second")
    assert new.get("DL-1") == {"name": "One"}
    new.store.transact(lambda tx: tx.audit(START, "127.0.0.1", "", "GET /v1/status", "no_token"))
    assert [row.refused for row in new.store.read(lambda tx: tx.refusals())] == ["no_token"]
    new.store.transact(lambda tx: tx.save_book(Book("B1", "W1", "ana@example.com", "Ana.xlsx", 1, copies=("Ana 2.xlsx",))))
    assert new.store.read(lambda tx: tx.book("B1").copies) == ("Ana 2.xlsx",)
    assert verify(new.store) == []


def test_a_new_custom_column_is_added_and_old_values_stay(opened: Opener) -> None:
    old = Writer(opened(playbook(CUSTOM[:1])))
    old.create("DL-1", **{"name": "One", CUSTOM[0].name: "yes"})
    more = (*CUSTOM, Money("deals_budget", custom=True), Reference("partner", target="accounts", custom=True))
    new = Writer(opened(playbook(more)), "second")
    assert new.get("DL-1") == {"name": "One", CUSTOM[0].name: "yes"}
    new.set("DL-1", "deals_budget", None, Decimal("5.00"))
    assert new.get("DL-1")["deals_budget"] == Decimal("5.00")
    assert verify(new.store) == []


def test_a_withdrawn_column_keeps_its_values_and_may_come_back(opened: Opener) -> None:
    Writer(opened()).create("DL-1", **FULL)
    without = opened(playbook(()))
    assert set(without.read(lambda tx: tx.records("deals")[0].values)) == set(FULL) - {column.name for column in CUSTOM}
    assert verify(without) == []
    assert opened().read(lambda tx: tx.records("deals")[0].values) == FULL


def test_a_new_table_is_made(opened: Opener) -> None:
    opened()
    more = opened(playbook(CUSTOM, Table("visits", "Visits", "VI", (Text("place"),))))
    Writer(more).create("VI-1", "visits", place="Ghent")
    assert Writer(more).get("VI-1", "visits") == {"place": "Ghent"}


def test_a_column_cannot_change_into_another_type(opened: Opener) -> None:
    opened(playbook((Text("size", custom=True),)))
    with pytest.raises(BadConfiguration, match="'size' of 'deals' is stored as text"):
        opened(playbook((Integer("size", custom=True),)))


@pytest.mark.parametrize("custom", [
    pytest.param((Text("Name", custom=True),), id="one of ours in capitals"),
    pytest.param((Text("size", custom=True), Text("SIZE", custom=True)), id="two of their own"),
])  # fmt: skip
def test_columns_that_differ_by_capitals_only_are_refused(custom: tuple[object, ...]) -> None:
    with pytest.raises(BadConfiguration, match="no database tells apart"):
        Schema(playbook(custom))  # type: ignore[arg-type]


def test_a_table_of_ours_cannot_be_taken_over() -> None:
    with pytest.raises(BadConfiguration, match="'history'"):
        Schema(playbook((), Table("history", "History", "HI", (Text("x"),))))


def test_a_custom_column_never_moves_what_is_stored_already() -> None:
    def names(custom: tuple[object, ...]) -> dict[str, tuple[str, str]]:
        stored = Schema(playbook(custom)).typed["deals"].stored  # type: ignore[arg-type]
        return {s.column.name: (s.name, s.id_name) for s in stored if not s.column.custom}

    assert names(()) == names(CUSTOM)


def test_a_store_of_a_newer_version_is_refused_untouched(opened: Opener) -> None:
    store = opened()
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("UPDATE setting SET value = 'another'"))
    with pytest.raises(StoreTooNew):
        opened()
    with store.engine.connect() as connection:
        assert connection.scalar(text("SELECT value FROM setting")) == "another"


def test_a_migration_that_was_killed_goes_on(opened: Opener) -> None:
    store = opened()
    with store.engine.begin() as connection:
        connection.execute(text("DROP TABLE people"))
        connection.execute(text("DELETE FROM setting"))
    assert inspect(opened().engine).has_table("people")


def test_every_process_of_the_product_has_a_place_in_the_store(opened: Opener) -> None:
    store = opened(Playbook([SHARED, *found()]))
    for table in store.playbook.tables:
        assert store.read(lambda tx, t=table: tx.records(t)) == []


def test_a_store_that_is_up_to_date_opens_without_alembic(tmp_path: Path) -> None:
    address = sqlite_address(tmp_path)
    open_one, stores = opener(address)
    open_one(Playbook([SHARED]))
    close_all(stores)
    script = (
        "import sys; from sheetsales_sync.store import open_store; assert 'sqlalchemy' not in sys.modules\n"
        "from sheetsales.process import Playbook; from sheetsales.shared import SHARED\n"
        f"open_store({address!r}, Playbook([SHARED])).close(); assert 'alembic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parent)
