"""The hash chain of the history: every row carries the hash of the row before it.

hash = BLAKE2b (20 bytes, hex) over the previous hash and the row as a compact JSON array, in the order
of `content`. Whoever changes, drops or inserts a row breaks every hash after it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final

START: Final = "0" * 40  # what stands before the first row
_encode = json.JSONEncoder(separators=(",", ":")).encode

COLUMNS: Final = (
    "tenant_id", "seq", "op_id", "table_name", "record_id", "column_id", "kind", "old", "new", "book_id", "place", "base_gen",
    "actor", "at",
)  # fmt: skip


def link(previous: str, content: Sequence[str | int | None]) -> str:
    """Give the hash of a row; content: its values in the order of COLUMNS, `at` as ISO text."""
    return hashlib.blake2b((previous + _encode(content)).encode(), digest_size=20).hexdigest()


def moment_text(at: datetime) -> str:
    """Give a moment as it is hashed."""
    return at.isoformat(timespec="microseconds")
