"""The generic tables."""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, Text

from sheetsales_sync.store.types import AnyText, moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    _state()
    _past()
    _books()
    _reviews()


def _make(name: str, key: tuple[str, ...], *columns: Column[Any]) -> None:
    whole = ("tenant_id", *key)
    op.create_table(
        name, Column("tenant_id", Text, nullable=False), *columns, PrimaryKeyConstraint(*whole), sqlite_with_rowid=False
    )


def _need(name: str, kind: Any = Text) -> Column[Any]:
    return Column(name, kind, nullable=False)


def _texts(*names: str) -> list[Column[Any]]:
    return [Column(name, Text) for name in names]


def _state() -> None:
    _make("setting", ("name",), _need("name"), Column("value", Text))
    _make("counter", ("name",), _need("name"), _need("value", BigInteger), Column("head", Text))
    _make("record", ("id",), _need("id"), _need("table_name"), _need("owner_key"))
    op.create_index("record_by_owner", "record", ["tenant_id", "table_name", "owner_key"])
    _make("touched", ("table_name", "owner_key"), _need("table_name"), _need("owner_key"), _need("seq", BigInteger))
    op.create_index("touched_by_seq", "touched", ["tenant_id", "seq"])


def _past() -> None:
    _make(
        "op", ("id",), _need("id"), _need("began_seq", BigInteger), _need("kind"), Column("actor", Text), Column("at", moment()),
        Column("book_id", Text), Column("path", AnyText), Column("gen_in", Integer), *_texts("content_hash", "action"),
        Column("result", AnyText), Column("undone_by", Text),
    )  # fmt: skip
    op.create_index("op_by_content", "op", ["tenant_id", "book_id", "content_hash"])
    _make(
        "history", ("seq",), _need("seq", BigInteger), _need("op_id"), _need("table_name"), _need("record_id"),
        Column("column_id", Text), _need("kind"), *_texts("old", "new", "book_id", "place"), Column("base_gen", Integer),
        Column("actor", Text), Column("at", moment()), Column("previous_hash", Text), _need("hash"),
    )  # fmt: skip
    op.create_index("history_by_record", "history", ["tenant_id", "record_id", "seq"])
    op.create_index("history_by_op", "history", ["tenant_id", "op_id", "seq"])


def _books() -> None:
    _make(
        "book", ("id",), _need("id"), *_texts("workbook_id", "owner"), Column("path", AnyText), _need("generation", Integer),
        Column("state", Text), Column("reason", AnyText), *_texts("tables", "last_hash"), Column("seen_seq", BigInteger),
        Column("synced_at", moment()), Column("template", Text), Column("copies", AnyText),
    )  # fmt: skip
    _make(
        "image_generation", ("book_id", "gen"), _need("book_id"), _need("gen", Integer), Column("saved_at", moment()),
        _need("order_gen", Integer), Column("record_order", Text), _need("pruned", Integer),
    )  # fmt: skip
    _make(
        "image", ("book_id", "record_id", "gen_from"), _need("book_id"), _need("record_id"), _need("gen_from", Integer),
        _need("gen_to", Integer), _need("content"),
    )  # fmt: skip
    op.create_index("image_by_end", "image", ["tenant_id", "book_id", "gen_to"])
    _make(
        "absorbed", ("book_id", "gen", "path", "record_id"), _need("book_id"), _need("gen", Integer), _need("path", AnyText),
        _need("record_id"), _need("content"),
    )  # fmt: skip
    _make("issued_id", ("id",), _need("id"), _need("book_id"))
    op.create_index("issued_by_book", "issued_id", ["tenant_id", "book_id"])
    _make(
        "alias",
        ("book_id", "gen", "label", "record_id"),
        _need("book_id"),
        _need("gen", Integer),
        _need("label"),
        _need("record_id"),
    )
    _make("lease", ("book_id",), _need("book_id"), _need("holder"), _need("fence", BigInteger), _need("expires", moment()))


def _reviews() -> None:
    _make(
        "conflict", ("id",), _need("id"), *_texts("book_id", "table_name", "record_id", "column_id"),
        *(Column(name, AnyText) for name in ("base", "mine", "theirs")), Column("theirs_by", Text), Column("theirs_at", moment()),
        *_texts("author", "state"), Column("reason", AnyText), *_texts("op_id", "place"), Column("filed", BigInteger),
    )  # fmt: skip
    op.create_index("conflict_by_state", "conflict", ["tenant_id", "state", "book_id"])
    _make(
        "rejected", ("id",), _need("id"), *_texts("book_id", "table_name", "record_id", "column_id"), Column("raw", AnyText),
        Column("code", Text), Column("reason", AnyText), Column("hint", AnyText), *_texts("author", "state", "op_id", "place"),
        Column("filed", BigInteger),
    )  # fmt: skip
    op.create_index("rejected_by_state", "rejected", ["tenant_id", "state", "book_id"])
