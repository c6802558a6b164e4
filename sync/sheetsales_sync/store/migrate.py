"""Bringing a database up to the playbook: scripts for the generic tables, additions to the typed ones.

Nothing is ever dropped: a column or table that the playbook no longer names stays as it is. Every step
is harmless when it was done already, so that a killed migration goes on where it stopped.
"""

from __future__ import annotations

from importlib import resources
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, PrimaryKeyConstraint, inspect, text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from sheetsales.errors import BadConfiguration, StoreTooNew
from sheetsales_sync.store import chain
from sheetsales_sync.store.schema import HEAD, Schema, Typed
from sheetsales_sync.store.types import family
from sheetsales_sync.store.unit import HISTORY, add_new, put

ATTEMPTS: Final = 3  # two programs may bring up one PostgreSQL at the same moment
WORDS: Final = {"text": "text", "integer": "whole number", "decimal": "number", "date": "date", "datetime": "date with time"}


def migrate(engine: Engine, schema: Schema, tenant: str) -> None:
    """Make or complete all tables.

    Raises StoreTooNew where a newer version made the store, BadConfiguration where a column is stored
    as another type than the playbook says now.
    """
    for attempt in range(ATTEMPTS):
        try:
            with engine.begin() as connection:
                upgrade_generic(connection)
            for typed in schema.typed.values():
                with engine.begin() as connection:
                    complete(connection, typed)
            with engine.begin() as connection:
                _sign(connection, schema, tenant)
        except (IntegrityError, OperationalError, ProgrammingError):
            if attempt == ATTEMPTS - 1 or engine.dialect.name == "sqlite":
                raise
        else:
            return


def configuration(connection: Connection | None = None) -> Config:
    """Give Alembic's configuration for our scripts."""
    config = Config()
    config.set_main_option("script_location", str(resources.files("sheetsales_sync.store") / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade_generic(connection: Connection) -> None:
    """Run the scripts that are still to be run."""
    config = configuration(connection)
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and found not in {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}:
        raise StoreTooNew
    if found != HEAD:
        command.upgrade(config, "head")


def complete(connection: Connection, typed: Typed) -> None:
    """Make a typed table, or add the columns it lacks."""
    operations = Operations(MigrationContext.configure(connection))
    if not inspect(connection).has_table(typed.name):
        key = PrimaryKeyConstraint("tenant_id", "id")
        operations.create_table(typed.name, *typed.fresh_columns(), key, sqlite_with_rowid=False)
        return
    there = stored_families(connection, typed.name)
    kinds = {stored.name: family(stored.column.type) for stored in typed.stored}
    for column in typed.fresh_columns():
        if column.name not in there:
            operations.add_column(typed.name, column)
        elif column.name in kinds and kinds[column.name] != there[column.name]:
            was, now = WORDS[there[column.name]], WORDS[kinds[column.name]]
            raise BadConfiguration(
                f"The column '{column.name}' of '{typed.name}' is stored as {was} and is now declared as {now}.",
                "Give the new column another name; the old one and its values stay.")  # fmt: skip


def stored_families(connection: Connection, table: str) -> dict[str, str]:
    """Give the columns of a table as the database has them, each with its family."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text("SELECT name, type FROM pragma_table_info(:table)"), {"table": table})
        types = {
            "BIGINT": "integer",
            "INTEGER": "integer",
            "DECIMAL_TEXT": "decimal",
            "DATE_TEXT": "date",
            "DATETIME_TEXT": "datetime",
        }
        return {name: types.get(kind, "text") for name, kind in rows}
    names = {"BIGINT": "integer", "INTEGER": "integer", "NUMERIC": "decimal", "DATE": "date", "TIMESTAMP": "datetime"}
    return {column["name"]: names.get(type(column["type"]).__name__, "text") for column in inspect(connection).get_columns(table)}


def _sign(connection: Connection, schema: Schema, tenant: str) -> None:
    add_new(connection, schema.generic.counter, {"tenant_id": tenant, "name": HISTORY, "value": 0, "head": chain.START})
    put(connection, schema.generic.setting, [{"tenant_id": tenant, "name": "schema", "value": schema.fingerprint()}])
