"""The tables of the store: the generic ones, and one typed table per table of the playbook."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text
from sqlalchemy.types import TypeEngine

from sheetsales import columns, process
from sheetsales.errors import BadConfiguration
from sheetsales.process import Playbook
from sheetsales_sync.store.types import AnyText, Kinds, family, moment, typed

HEAD: Final = "0002"  # the newest migration script; a test compares it with the folder
SERVICE: Final = ("id", "updated_at", "version")  # columns of the playbook that the store writes
RESERVED: Final = ("tenant_id", "id", "version", "updated_at", "created_seq", "deleted_op", "last_op")
IDENTIFIER_BYTES: Final = 60  # PostgreSQL cuts names after 63 bytes without a word
STILL_SHOWN: Final = 2**31 - 1  # image.gen_to of a row that the newest generation still shows
OPEN_KINDS: Final = ("shared", "library")  # tables whose records everybody may read


def _key(name: str, type_: TypeEngine[Any] | type[TypeEngine[Any]] = Text) -> Column[Any]:
    return Column(name, type_, primary_key=True, autoincrement=False, nullable=False)


def _need(name: str, type_: TypeEngine[Any] | type[TypeEngine[Any]] = Text) -> Column[Any]:
    return Column(name, type_, nullable=False)


def _generic(metadata: MetaData, name: str, *parts: Column[Any] | Index) -> Table:
    return Table(name, metadata, _key("tenant_id"), *parts, sqlite_with_rowid=False)


class Generic:
    """The tables that are the same whatever the playbook says; see the migration scripts."""

    def __init__(self, metadata: MetaData) -> None:
        text, whole = Text, Integer
        self.setting = _generic(metadata, "setting", _key("name"), Column("value", text))
        self.counter = _generic(metadata, "counter", _key("name"), _need("value", BigInteger), Column("head", text))
        self.record = _generic(
            metadata, "record", _key("id"), _need("table_name"), _need("owner_key"),
            Index("record_by_owner", "tenant_id", "table_name", "owner_key"),
        )  # fmt: skip
        self.touched = _generic(
            metadata, "touched", _key("table_name"), _key("owner_key"), _need("seq", BigInteger),
            Index("touched_by_seq", "tenant_id", "seq"),
        )  # fmt: skip
        self.op = _generic(
            metadata, "op", _key("id"), _need("began_seq", BigInteger), _need("kind"), Column("actor", text),
            Column("at", moment()), Column("book_id", text), Column("path", AnyText), Column("gen_in", whole),
            Column("content_hash", text), Column("action", text), Column("result", AnyText), Column("undone_by", text),
            Index("op_by_content", "tenant_id", "book_id", "content_hash"),
        )  # fmt: skip
        self.history = _generic(
            metadata, "history", _key("seq", BigInteger), _need("op_id"),
            _need("table_name"), _need("record_id"), Column("column_id", text),
            _need("kind"), Column("old", text), Column("new", text), Column("book_id", text),
            Column("place", text), Column("base_gen", whole), Column("actor", text), Column("at", moment()),
            Column("previous_hash", text), _need("hash"),
            Index("history_by_record", "tenant_id", "record_id", "seq"), Index("history_by_op", "tenant_id", "op_id", "seq"),
        )  # fmt: skip
        self.book = _generic(
            metadata, "book", _key("id"), Column("workbook_id", text), Column("owner", text), Column("path", AnyText),
            _need("generation", whole), Column("state", text), Column("reason", AnyText), Column("tables", text),
            Column("last_hash", text), Column("seen_seq", BigInteger), Column("synced_at", moment()), Column("template", text),
            Column("copies", AnyText),
        )  # fmt: skip
        self.image_generation = _generic(
            metadata, "image_generation", _key("book_id"), _key("gen", whole), Column("saved_at", moment()),
            _need("order_gen", whole), Column("record_order", text), _need("pruned", whole),
        )  # fmt: skip
        self.image = _generic(
            metadata, "image", _key("book_id"), _key("record_id"), _key("gen_from", whole), _need("gen_to", whole),
            _need("content"), Index("image_by_end", "tenant_id", "book_id", "gen_to"),
        )  # fmt: skip
        self.absorbed = _generic(
            metadata, "absorbed", _key("book_id"), _key("gen", whole), _key("path", AnyText()), _key("record_id"),
            _need("content"),
        )  # fmt: skip
        self.issued_id = _generic(
            metadata, "issued_id", _key("id"), _need("book_id"),
            Index("issued_by_book", "tenant_id", "book_id"),
        )  # fmt: skip
        self.alias = _generic(metadata, "alias", _key("book_id"), _key("gen", whole), _key("label"), _key("record_id"))
        self.conflict = _generic(
            metadata, "conflict", _key("id"), Column("book_id", text), Column("table_name", text), Column("record_id", text),
            Column("column_id", text), Column("base", AnyText), Column("mine", AnyText), Column("theirs", AnyText),
            Column("theirs_by", text), Column("theirs_at", moment()), Column("author", text), Column("state", text),
            Column("reason", AnyText), Column("op_id", text), Column("place", text), Column("filed", BigInteger),
            Index("conflict_by_state", "tenant_id", "state", "book_id"),
        )  # fmt: skip
        self.rejected = _generic(
            metadata, "rejected", _key("id"), Column("book_id", text), Column("table_name", text), Column("record_id", text),
            Column("column_id", text), Column("raw", AnyText), Column("code", text), Column("reason", AnyText),
            Column("hint", AnyText), Column("author", text), Column("state", text), Column("op_id", text), Column("place", text),
            Column("filed", BigInteger), Index("rejected_by_state", "tenant_id", "state", "book_id"),
        )  # fmt: skip
        self.lease = _generic(
            metadata, "lease", _key("book_id"), _need("holder"), _need("fence", BigInteger),
            _need("expires", moment()),
        )  # fmt: skip
        self._of_the_service(metadata)

    def _of_the_service(self, metadata: MetaData) -> None:
        self.service_token = _generic(
            metadata, "service_token", _key("id"), _need("secret_hash"), _need("member"), Column("device", AnyText),
            _need("made", moment()), _need("expires", moment()), Column("revoked", moment()), Column("used", moment()),
            Index("service_token_by_member", "tenant_id", "member"),
        )  # fmt: skip
        self.service_answer = _generic(
            metadata, "service_answer", _key("member"), _key("key"), _need("digest"), _need("state"), _need("holder"),
            _need("at", moment()), Column("status", Integer), Column("answer", AnyText),
            Index("service_answer_by_time", "tenant_id", "at"),
        )  # fmt: skip
        self.service_audit = _generic(
            metadata, "service_audit", _key("seq", BigInteger), _need("at", moment()), _need("caller"), _need("member"),
            _need("asked", AnyText), _need("refused"), _need("previous_hash"), _need("hash"),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """One column of a typed table. name: in the database. id_name: of a reference's id, or ""."""

    column: columns.Column
    name: str
    id_name: str = ""


class Typed:
    """The typed table of one table of the playbook."""

    def __init__(self, definition: process.Table, metadata: MetaData) -> None:
        self.definition = definition
        self.name = definition.name
        self.stored = tuple(_stored_columns(definition))
        self.by_name = {stored.column.name: stored for stored in self.stored}
        self.kinds: Kinds = {column.name: column.type for column in definition.columns}
        self.table = Table(definition.name, metadata, *self.fresh_columns(), sqlite_with_rowid=False)

    def fresh_columns(self) -> list[Column[Any]]:
        """Give the columns as new objects, for a new table or to add one."""
        found: list[Column[Any]] = [
            _key("tenant_id"),
            _key("id"),
            Column("version", Integer),
            Column("updated_at", typed("datetime")),
            Column("created_seq", BigInteger),
            Column("deleted_op", Text),
            Column("last_op", Text),
        ]
        for stored in self.stored:
            found.append(Column(stored.name, typed(stored.column.type)))
            if stored.id_name:
                found.append(Column(stored.id_name, Text))
        return found

    @cached_property
    def open(self) -> bool:
        """Say whether everybody may read every record."""
        return self.definition.kind in OPEN_KINDS

    @cached_property
    def owned(self) -> bool:
        """Say whether a record of it has an owner."""
        return "owner" in self.by_name


def _stored_columns(definition: process.Table) -> list[StoredColumn]:
    """Give each stored column a name that no database folds, cuts or takes for one of ours.

    The names of the process' own columns never depend on what a team adds, so that a further custom
    column cannot move what is stored already.
    """
    ours = {name.casefold() for name in RESERVED}
    taken: dict[str, str] = {}
    found: dict[str, StoredColumn] = {}
    for custom in (False, True):
        batch = [c for c in definition.columns if c.name not in SERVICE and (c in definition.custom_columns) == custom]
        for column in batch:
            name = identifier(column.name)
            name += "_" if name.casefold() in ours else ""
            if name.casefold() in taken:
                raise BadConfiguration(
                    f"The table '{definition.name}' has two columns, '{taken[name.casefold()]}' and '{column.name}', that no "
                    "database tells apart.", "Give one of them another name in sheetsales.toml.")  # fmt: skip
            taken[name.casefold()] = column.name
            found[column.name] = StoredColumn(column, name)
        for column in batch:
            if column.type == "reference" and column.target:
                id_name = identifier(column.name + "_id")
                while id_name.casefold() in taken or id_name.casefold() in ours:
                    id_name += "_"
                ours.add(id_name.casefold())
                found[column.name] = StoredColumn(column, found[column.name].name, id_name)
    return [found[c.name] for c in definition.columns if c.name in found]


def identifier(name: str) -> str:
    """Give a name that fits every database: long ones are cut and told apart by a digest."""
    if len(name.encode()) <= IDENTIFIER_BYTES:
        return name
    digest = hashlib.blake2b(name.encode(), digest_size=4).hexdigest()
    return name.encode()[: IDENTIFIER_BYTES - 9].decode("utf-8", "ignore") + "_" + digest


class Schema:
    """All tables of one playbook.

    Raises BadConfiguration where a table of the playbook has the name of a table of the store.
    """

    def __init__(self, playbook: Playbook) -> None:
        self.metadata = MetaData()
        self.generic = Generic(self.metadata)
        ours = set(self.metadata.tables) | {"alembic_version"}
        self.typed: dict[str, Typed] = {}
        for name, definition in playbook.tables.items():
            if name.casefold() in ours:
                raise BadConfiguration(f"A table cannot be called '{name}': the store has a table of that name.")
            self.typed[name] = Typed(definition, self.metadata)
        self.prefixes = playbook.prefixes
        self.open_tables = sorted(name for name, table in self.typed.items() if table.open)

    def kind(self, table: str, column: str) -> str:
        """Give the type of a column; text where the playbook does not know it (any more)."""
        known = self.typed.get(table)
        return known.kinds.get(column, "text") if known is not None else "text"

    def table_of_id(self, record: str) -> str:
        """Give the table to which an id's prefix belongs; "" where none has it."""
        return self.prefixes.get(record.partition("-")[0], "")

    def fingerprint(self) -> str:
        """Give a digest of everything that a migration would have to bring about."""
        lines = [HEAD]
        for table in self.typed.values():
            lines.append(table.name)
            lines.extend(f"{s.name}\t{family(s.column.type)}\t{s.id_name}" for s in table.stored)
        return hashlib.blake2b("\n".join(lines).encode(), digest_size=16).hexdigest()
