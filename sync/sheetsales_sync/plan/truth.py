"""The merge of one cell: what was last seen here, what stands here now, what the store holds."""

from __future__ import annotations

from enum import Enum
from typing import Final

from sheetsales.columns import Column, same
from sheetsales.values import Value


class Outcome(Enum):
    """What becomes of one cell."""

    NOTHING = "nothing"  # not an edit, or both sides typed the same
    ACCEPT = "accept"  # an edit here, none in the store: it is shared
    CONFLICT = "conflict"  # edits on both sides: the store keeps its value, both are kept


class Unknown:
    """The parent of a cell of which nothing is known any more; not the same as a blank parent."""


UNKNOWN: Final = Unknown()
Parent = Value | Unknown


def merge_cell(column: Column, parent: Parent, mine: Value, theirs: Value, *, unclear: bool = False) -> Outcome:
    """Merge one cell three ways: `parent` last seen here, `mine` here now, `theirs` in the store.

    unclear: the row's identity is a guess, so that an edit is never accepted (it is a conflict).
    """
    if same(column, mine, theirs):
        return Outcome.NOTHING
    if isinstance(parent, Unknown):
        return Outcome.CONFLICT
    if same(column, mine, parent):
        return Outcome.NOTHING
    if unclear or not same(column, theirs, parent):
        return Outcome.CONFLICT
    return Outcome.ACCEPT
