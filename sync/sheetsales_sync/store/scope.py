"""Whose rows a query may see: the one function through which every query for a member goes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Table, func, or_, select

from sheetsales_sync.state import Scope
from sheetsales_sync.store.schema import Schema


def scoped(query: Select[Any], rows: Table, schema: Schema, tenant: str, scope: Scope | None) -> Select[Any]:
    """Narrow a query over `rows` to one tenant and to the records inside the scope.

    rows: a typed table, or a generic one with table_name and record_id. Shared and library tables are
    everybody's to read. Something turned down is also its author's to see, wherever the record went.
    """
    query = query.where(rows.c.tenant_id == tenant)
    if scope is None or scope.owners is None:
        return query
    record = schema.generic.record
    mine = select(record.c.id).where(record.c.tenant_id == tenant, record.c.owner_key.in_(sorted(scope.owners | {""})))
    known = schema.typed.get(rows.name)
    if known is not None:
        return query if known.open else query.where(rows.c.id.in_(mine.where(record.c.table_name == rows.name)))
    allowed = [rows.c.table_name.in_(schema.open_tables), rows.c.record_id.in_(mine)]
    if rows is schema.generic.rejected:
        allowed.append(func.lower(rows.c.author).in_(sorted(scope.owners)))
    return query.where(or_(*allowed))
