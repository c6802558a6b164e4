"""What waits for a person: conflicts, and cells or rows that were turned down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, Table, select

from sheetsales.values import to_text
from sheetsales_sync.state import Conflict, Rejection, Scope
from sheetsales_sync.store.scope import scoped
from sheetsales_sync.store.types import read_text, utc
from sheetsales_sync.store.unit import Unit


class Reviews(Unit):
    """The part of `Tx` that keeps conflicts and rejections."""

    def conflicts(self, *, book_id: str | None = None, state: str | None = "open", scope: Scope | None = None) -> list[Conflict]:
        """Give conflicts in the order in which they arose. state None: whatever became of them."""
        table = self.schema.generic.conflict
        found = []
        for row in self.all(self._filed(table, book_id, state, scope)):
            kind = self.schema.kind(row.table_name, row.column_id)
            found.append(Conflict(
                row.id, row.book_id, row.table_name, row.record_id, row.column_id, read_text(row.base, kind),
                read_text(row.mine, kind), read_text(row.theirs, kind), row.theirs_by, row.theirs_at, row.author, row.state,
                row.reason, row.op_id, row.place,
            ))  # fmt: skip
        return found

    def save_conflicts(self, rows: Sequence[Conflict]) -> None:
        """Keep conflicts: new ones, and new states of known ones."""
        self.put(self.schema.generic.conflict, [
            {
                "id": c.id, "book_id": c.book, "table_name": c.table, "record_id": c.record, "column_id": c.column,
                "base": to_text(c.base), "mine": to_text(c.mine), "theirs": to_text(c.theirs), "theirs_by": c.theirs_by,
                "theirs_at": None if c.theirs_at is None else utc(c.theirs_at), "author": c.author, "state": c.state,
                "reason": c.reason, "op_id": c.op, "place": c.place, "filed": self.mark,
            }
            for c in rows
        ], keep={"filed": lambda old, _new: old})  # fmt: skip

    def rejections(
        self, *, book_id: str | None = None, state: str | None = "open", scope: Scope | None = None
    ) -> list[Rejection]:
        """Give what was turned down, in that order. state None: whatever became of it."""
        table = self.schema.generic.rejected
        return [
            Rejection(
                row.id, row.book_id, row.table_name, row.record_id, row.column_id, row.raw, row.code, row.reason, row.hint,
                row.author, row.state, row.op_id, row.place,
            )
            for row in self.all(self._filed(table, book_id, state, scope))
        ]  # fmt: skip

    def save_rejections(self, rows: Sequence[Rejection]) -> None:
        """Keep what was turned down: new cells and rows, and new states of known ones."""
        self.put(self.schema.generic.rejected, [
            {
                "id": r.id, "book_id": r.book, "table_name": r.table, "record_id": r.record, "column_id": r.column, "raw": r.raw,
                "code": r.code, "reason": r.reason, "hint": r.hint, "author": r.author, "state": r.state, "op_id": r.op,
                "place": r.place, "filed": self.mark,
            }
            for r in rows
        ], keep={"filed": lambda old, _new: old})  # fmt: skip

    def _filed(self, table: Table, book_id: str | None, state: str | None, scope: Scope | None) -> Select[Any]:
        query = scoped(select(table), table, self.schema, self.tenant, scope)
        if book_id is not None:
            query = query.where(table.c.book_id == book_id)
        if state is not None:
            query = query.where(table.c.state == state)
        return query.order_by(table.c.filed, table.c.id)
