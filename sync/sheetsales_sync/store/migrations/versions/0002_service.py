"""The tables of the HTTP service: tokens, answers given, what was refused; and where copies of a book were seen."""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, Text

from sheetsales_sync.store.migrate import stored_families
from sheetsales_sync.store.types import AnyText, moment

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make them."""
    if "copies" not in stored_families(op.get_bind(), "book"):  # the first script made stores without it for a while
        op.add_column("book", Column("copies", AnyText))
    _make(
        "service_token", ("id",), _text("id"), _text("secret_hash"), _text("member"), Column("device", AnyText),
        Column("made", moment(), nullable=False), Column("expires", moment(), nullable=False), Column("revoked", moment()),
        Column("used", moment()),
    )  # fmt: skip
    op.create_index("service_token_by_member", "service_token", ["tenant_id", "member"])
    _make(
        "service_answer", ("member", "key"), _text("member"), _text("key"), _text("digest"), _text("state"), _text("holder"),
        Column("at", moment(), nullable=False), Column("status", Integer), Column("answer", AnyText),
    )  # fmt: skip
    op.create_index("service_answer_by_time", "service_answer", ["tenant_id", "at"])
    _make(
        "service_audit", ("seq",), Column("seq", BigInteger, nullable=False), Column("at", moment(), nullable=False),
        _text("caller"), _text("member"), Column("asked", AnyText, nullable=False), _text("refused"), _text("previous_hash"),
        _text("hash"),
    )  # fmt: skip


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _make(name: str, key: tuple[str, ...], *columns: Column[Any]) -> None:
    op.create_table(
        name,
        Column("tenant_id", Text, nullable=False),
        *columns,
        PrimaryKeyConstraint("tenant_id", *key),
        sqlite_with_rowid=False,
    )
