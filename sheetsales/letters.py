"""Fields in double braces inside texts: which a text names, and which of them are unknown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_FIELD: Final = re.compile(r"\{\{([^{}\n]{0,80})\}\}")


def fields_in(*texts: str) -> list[str]:
    """Give the names between double braces in these texts, trimmed, each once, in the order they appear."""
    return list(dict.fromkeys(name.strip() for text in texts for name in _FIELD.findall(text)))


def unknown_fields(names: Iterable[str], known: Iterable[str]) -> list[str]:
    """Give the names that are not known; capitals do not count."""
    folded = {name.casefold() for name in known}
    return [name for name in names if name.casefold() not in folded]

