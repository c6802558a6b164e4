"""Fields in double braces inside texts: which a text names, which of them are unknown, and filling them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

_FIELD: Final = re.compile(r"\{\{([^{}\n]{0,80})\}\}")


def fields_in(*texts: str) -> list[str]:
    """Give the names between double braces in these texts, trimmed, each once, in the order they appear."""
    return list(dict.fromkeys(name.strip() for text in texts for name in _FIELD.findall(text)))


def unknown_fields(names: Iterable[str], known: Iterable[str]) -> list[str]:
    """Give the names that are not known; capitals do not count."""
    folded = {name.casefold() for name in known}
    return [name for name in names if name.casefold() not in folded]


def filled(text: str, values: Mapping[str, str]) -> str:
    """Put values (by lower-case name) in place of the fields; what a value itself holds is not filled again.

    A field without a value stays as it stands.
    """
    return _FIELD.sub(lambda found: values.get(found[1].strip().casefold(), found[0]), text)
