"""The door to distributed SQL stays open: only what such databases understand is used."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable
from store_stand import CUSTOM, playbook

import sheetsales_sync.store
from sheetsales_sync.store.schema import IDENTIFIER_BYTES, Generic, Schema

STORE = Path(sheetsales_sync.store.__file__).parent
FORBIDDEN = re.compile(
    r"\b(LISTEN|NOTIFY|pg_advisory\w*|nextval|setval|BIGSERIAL|SERIAL|SEQUENCE|TRIGGER|LOCK\s+TABLE|DEFERRABLE|EXCLUDE\s+USING|"
    r"INHERITS|xmin|ctid|WITH\s+HOLD|PREPARE\s+TRANSACTION|JSONB|XML)\b"
)
GLUED = {"execute", "exec_driver_sql", "executemany", "text", "scalar"}


def sources() -> Iterator[Path]:
    yield from sorted(STORE.rglob("*.py"))


@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in sources()])
def test_no_word_that_distributed_databases_lack(path: Path) -> None:
    assert FORBIDDEN.findall(path.read_text("utf-8")) == []


def _strings(tree: ast.AST) -> Iterator[ast.expr]:
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and call.args:
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name in GLUED:
                yield call.args[0]


@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in sources()])
def test_no_statement_is_glued_from_values(path: Path) -> None:
    for first in _strings(ast.parse(path.read_text("utf-8"))):
        assert not isinstance(first, ast.BinOp), f"{path.name}:{first.lineno}"
        if isinstance(first, ast.JoinedStr):
            start = first.values[0]
            assert isinstance(start, ast.Constant) and str(start.value).startswith("PRAGMA "), f"{path.name}:{first.lineno}"


@pytest.mark.parametrize("name", [pytest.param(n, id=n) for n in sorted(Schema(playbook()).metadata.tables)])
def test_every_key_begins_with_the_tenant(name: str) -> None:
    table = Schema(playbook()).metadata.tables[name]
    assert next(column.name for column in table.primary_key) == "tenant_id"
    assert all(index.columns.keys()[0] == "tenant_id" for index in table.indexes)


@pytest.mark.parametrize(
    "dialect", [pytest.param(postgresql.dialect(), id="PostgreSQL"), pytest.param(sqlite.dialect(), id="SQLite")]
)
def test_tables_use_plain_types_only(dialect: object) -> None:
    plain = {
        "TEXT",
        "BIGINT",
        "INTEGER",
        "NUMERIC",
        "DATE",
        "TIMESTAMP",
        "DECIMAL_TEXT",
        "DATE_TEXT",
        "DATETIME_TEXT",
        "MOMENT_TEXT",
    }
    for table in Schema(playbook()).metadata.tables.values():
        assert not FORBIDDEN.search(str(CreateTable(table).compile(dialect=dialect)))  # type: ignore[arg-type]
        for column in table.columns:
            assert column.type.compile(dialect=dialect).split()[0] in plain, column  # type: ignore[arg-type]
            assert column.default is None and column.server_default is None


def test_names_fit_every_database_and_stay_apart() -> None:
    for table in Schema(playbook()).metadata.tables.values():
        names = [column.name for column in table.columns]
        assert all(len(name.encode()) <= IDENTIFIER_BYTES + 3 for name in names)
        assert len({name.casefold() for name in names}) == len(names)
    stored = {s.column.name: s for s in Schema(playbook()).typed["deals"].stored}
    assert {stored[column.name].column for column in CUSTOM} == set(CUSTOM)
    assert (stored["account"].id_name, stored["account_id"].name, stored["tenant_id"].name) == (
        "account_id",
        "account_id_",
        "tenant_id_",
    )


def test_no_two_generic_tables_or_indexes_share_a_name() -> None:
    metadata = MetaData()
    Generic(metadata)
    names = [*metadata.tables, *(index.name for table in metadata.tables.values() for index in table.indexes)]
    assert len(set(names)) == len(names)
