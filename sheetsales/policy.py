"""The numbers of the processes that a team may replace: what is written in `[policy]`, checked against what is declared."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from sheetsales.errors import BadConfiguration
from sheetsales.process import Playbook, Policy

Setting = Decimal | int | str
EXAMPLE: Final = 'For example [policy.leads] with half_life_days = 45 below it, or "leads.half_life_days" = 45.'
SETTING_LIMIT: Final = 255  # characters of a word or promise; longer ones do not fit where they are shown


def checked_policy(playbook: Playbook, policy: object) -> dict[str, Setting]:
    """Give the team's own numbers by "process.name", in their exact types.

    policy: what stands under `[policy]` in sheetsales.toml, by process or with a dot in the name. Raises
    BadConfiguration, which names the setting, what it may be with its unit, and the nearest known names.
    """
    if not isinstance(policy, Mapping):
        raise BadConfiguration("[policy] must hold settings.", EXAMPLE)
    return {name: _checked(playbook, name, value) for name, value in _flat(playbook, policy).items()}


def nearest(name: object, known: Sequence[str]) -> str:
    """Give the known names that are most like this one, as a question; the first known ones where none is alike."""
    near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.5)
    return f"Did you mean {', '.join(near)}?" if near else f"Known are: {', '.join(list(known)[:30])}."


def exact_number(value: object) -> Decimal | None:
    """Give a number of the configuration exactly; None for what is none, infinite ones among them."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)) or not math.isfinite(value):
        return None
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def policy_document(playbook: Playbook) -> list[dict[str, Any]]:
    """Give every setting with the value in force, its standard, what it may be, and why; numbers as text, exact."""

    def plain(value: Setting | None) -> str | None:
        return None if value is None else str(value)

    return [
        {
            "name": name,
            "value": plain(playbook.policy[name]),
            "standard": plain(entry.value),
            "unit": entry.unit,
            "minimum": None if isinstance(entry.value, str) else plain(entry.minimum),
            "maximum": None if isinstance(entry.value, str) else plain(entry.highest),
            "choices": [str(choice) for choice in entry.choices],
            "reason": entry.reason,
        }
        for name, entry in playbook.policies.items()
    ]


def _flat(playbook: Playbook, policy: Mapping[str, object]) -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in policy.items():
        if not isinstance(value, Mapping):
            pairs: dict[str, object] = {name: value}
        elif name in playbook.by_key:
            pairs = {f"{name}.{inner}": v for inner, v in value.items()}
        else:
            raise BadConfiguration(f"[policy.{name}]: there is no process {name}.", nearest(name, _with_policy(playbook)))
        for full, one in pairs.items():
            if full in flat:
                raise BadConfiguration(f"[policy]: {full} is set twice.", "Keep one of the two.")
            flat[full] = one
    return flat


def _with_policy(playbook: Playbook) -> list[str]:
    return [process.key for process in playbook.processes if process.policy]


def _checked(playbook: Playbook, name: str, value: object) -> Setting:
    entry = playbook.policies.get(name)
    if entry is None:
        process, _, inner = name.partition(".")
        inside = [known for known in playbook.policies if known.startswith(f"{process}.")]
        raise BadConfiguration(
            f"[policy]: there is no setting {name}.", nearest(name, inside if inner and inside else list(playbook.policies))
        )
    found = value if isinstance(entry.value, str) else exact_number(value)
    fits = _is_words(found) if isinstance(entry.value, str) else _in_range(entry, found)
    if fits and isinstance(found, (Decimal, str)) and (not entry.choices or found in entry.choices):
        whole = isinstance(entry.value, int) and isinstance(found, Decimal) and found == found.to_integral_value()
        return int(found) if whole else found
    unit = f" {entry.unit}" if entry.unit and entry.unit != "share" else ""
    raise BadConfiguration(
        f"[policy]: {name} must be {wanted(entry)}, not {value!r}.", f"It is {entry.value}{unit} unless you say otherwise."
    )


def _is_words(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= SETTING_LIMIT and value.isprintable()


def _in_range(entry: Policy, number: object) -> bool:
    if not isinstance(number, Decimal) or (entry.whole and number != number.to_integral_value()):
        return False
    return (entry.minimum is None or number >= entry.minimum) and (entry.highest is None or number <= entry.highest)


def wanted(entry: Policy) -> str:
    """Say what a setting may be, in words: type, unit and range."""
    if entry.choices:
        return f"one of {', '.join(str(choice) for choice in entry.choices)}"
    if isinstance(entry.value, str):
        return f"a text in quotes, at most {SETTING_LIMIT} characters on one line"
    kind = "a whole number" if entry.whole else "a number"
    unit = " (a share: 0.8 is 80 %)" if entry.unit == "share" else f" ({entry.unit})" if entry.unit else ""
    low, high = entry.minimum, entry.highest
    span = "" if low is None else f" from {low} on" if high is None else f" from {low} to {high}"
    return f"{kind}{unit}{span}"
