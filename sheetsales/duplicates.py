"""Leads that may be one and the same: by e-mail, by phone, by domain and company."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from itertools import combinations
from typing import Final

from sheetsales.process import Row
from sheetsales.qualification import domain_of
from sheetsales.values import Value, fold, words_of

PORTAL: Final = 50  # companies at one domain; beyond, it is a portal and says nothing about the company
LEGAL_FORMS: Final = frozenset({"inc", "incorporated", "corp", "corporation", "co", "company", "ltd", "limited", "llc", "plc",
                                "gmbh", "ag", "kg", "se", "sa", "sas", "sarl", "srl", "spa", "bv", "nv", "ab", "as", "oy"})  # fmt: skip


def duplicates(rows: Iterable[Row], alike: float) -> Mapping[str, Row]:
    """Give for each lead that may be another one the first other row, by id; never merged alone.

    Same e-mail, same phone whatever its spelling, or same domain with companies alike by this share.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        digits = "".join(filter(str.isdecimal, words_of(row.get("phone")))).lstrip("0")
        for kind, key in (("mail", fold(row.get("email") or "")), ("phone", digits), ("domain", domain_of(row))):
            if key:
                groups.setdefault((kind, key), []).append(row)
    found: dict[str, Row] = {}
    for (kind, _), group in sorted(groups.items()):
        for cluster in _similar(group, alike) if kind == "domain" else [group]:
            ordered = sorted(cluster, key=lambda row: str(row["id"]))
            for row in ordered[1:]:
                found.setdefault(str(row["id"]), ordered[0])
            if len(ordered) > 1:
                found.setdefault(str(ordered[0]["id"]), ordered[1])
    return found


def _similar(rows: Iterable[Row], alike: float) -> list[list[Row]]:
    """Divide the leads of one domain by company; names that are much alike come together."""
    named: dict[str, list[Row]] = {}
    for row in rows:
        named.setdefault(company_core(row.get("company")), []).append(row)
    clusters = list(named.values())
    pairs = combinations(named, 2) if len(named) <= PORTAL else ()
    clusters += [named[a] + named[b] for a, b in pairs if SequenceMatcher(None, a, b).ratio() >= alike]
    return clusters


def company_core(name: Value) -> str:
    """Give a company's name folded, without its legal form and marks."""
    words = [word.strip(".,&()") for word in fold(name or "").split()]
    return " ".join(word for word in words if word and word.replace(".", "") not in LEGAL_FORMS)[:100]
