"""Record ids: a prefix, ten random characters and two check characters, `LD-7F3K9QWX2M-4T`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Final

ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32 characters, none that looks like another
_SHAPE = re.compile(rf"([A-Z]{{2,4}})-([{ALPHABET}]{{10}})-([{ALPHABET}]{{2}})")


def check_characters(prefix: str, body: str) -> str:
    """Give the two check characters of an id; 1 in 1,024 typed junk passes the shape and them."""
    digest = hashlib.blake2b(f"{prefix}-{body}".encode(), digest_size=2).digest()
    number = int.from_bytes(digest, "big")
    return ALPHABET[number >> 11] + ALPHABET[number >> 6 & 31]


def make_id(prefix: str, random_below: Callable[[int], int]) -> str:
    """Draw an id; `random_below(n)` gives a whole number from 0 to n - 1."""
    body = "".join(ALPHABET[random_below(32)] for _ in range(10))
    return f"{prefix}-{body}-{check_characters(prefix, body)}"


def is_id(text: object, prefix: str | None = None) -> bool:
    """Say whether text is a well-formed id with right check characters (of that prefix, if given)."""
    if not isinstance(text, str):
        return False
    match = _SHAPE.fullmatch(text)
    if match is None or (prefix is not None and match[1] != prefix):
        return False
    return check_characters(match[1], match[2]) == match[3]
