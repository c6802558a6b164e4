"""Who takes part in a purchase and how we stand: coverage of the map, the single thread, competitors, risks. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sheetsales.exit_criteria import engaged_since, outcome_of, people_engaged
from sheetsales.process import Row, Tables, policy_number
from sheetsales.stage_log import stall_of
from sheetsales.values import day_of, fold, number_of, words_of

KEY_ROLES: Final = ("Economic buyer", "Champion")
NO_RIVAL: Final = "None"


def people_of(row: Row, tables: Tables) -> Sequence[Row]:
    """Give the stakeholders of an opportunity that have a name."""
    people = tables.children("stakeholders", "opportunity", "opportunities", row)
    return [person for person in people if words_of(person.get("person"))]


def is_single_threaded(row: Row, tables: Tables) -> bool:
    """Say whether fewer people are engaged than a deal needs to live on when one leaves."""
    return people_engaged(row, tables, engaged_since(tables)) < policy_number(tables, "opportunities.engaged_people")


def coverage(row: Row, tables: Tables) -> str:
    """Say who the economic buyer and the champion are, and how many people are engaged: the map in one line."""
    people, parts = people_of(row, tables), []
    for role in KEY_ROLES:
        named = [words_of(person.get("person")) for person in people if person.get("role") == role]
        parts.append(f"{role}: {', '.join(dict.fromkeys(named)) or 'not known'}")
    days = policy_number(tables, "opportunities.engaged_days")
    return "; ".join([*parts, f"{people_engaged(row, tables, engaged_since(tables))} engaged in {days} days"])


def is_covered(row: Row, tables: Tables) -> bool:
    """Say whether economic buyer and champion are both named."""
    roles = {person.get("role") for person in people_of(row, tables)}
    return roles.issuperset(KEY_ROLES)


def position(row: Row, tables: Tables) -> str | None:
    """Say against whom we stand, and with which position of ours; None where no line says anything."""
    parts = []
    for rival in tables.children("competitors", "opportunity", "opportunities", row):
        name, status, ours = words_of(rival.get("name")), words_of(rival.get("status")), words_of(rival.get("our_position"))
        if status == NO_RIVAL:
            parts.append("nobody else")
        elif name or status:
            who = f"{name} ({status})" if name and status else name or status
            parts.append(f"{who}: {ours or 'our position is not written'}")
    return "; ".join(parts) or None


def risks(row: Row, tables: Tables) -> list[str]:
    """Name what endangers an open opportunity, each with its figure; nothing for a closed one."""
    if outcome_of(row) != "Open":
        return []
    found = []
    engaged = people_engaged(row, tables, engaged_since(tables))
    if is_single_threaded(row, tables):
        found.append(f"single thread: {engaged} engaged")
    against = [words_of(p.get("person")) for p in people_of(row, tables) if (number_of(p.get("stance")) or 0) < 0]
    if against:
        found.append(f"against us: {', '.join(against)}")
    stall = stall_of(row, tables)
    if stall is not None:
        found.append(f"{stall.days} days in {words_of(row.get('stage'))}, limit {stall.limit_in_words}")
    pushes = number_of(row.get("push_count")) or 0
    if pushes >= policy_number(tables, "opportunities.push_flag"):
        found.append(f"close date pushed {pushes} times")
    close = day_of(row.get("close_date"))
    if close is not None and close < tables.today:
        found.append(f"close date {close} has passed")
    if not has_next_step(row, tables):
        found.append("no next step in the future")
    return found


def has_next_step(row: Row, tables: Tables) -> bool:
    """Say whether a step is agreed for today or later."""
    step = day_of(row.get("next_step_date"))
    return bool(words_of(row.get("next_step"))) and step is not None and step >= tables.today


def open_rows(tables: Tables) -> list[Row]:
    """Give the opportunities that have a stage and are neither won nor lost."""
    return [row for row in tables.rows("opportunities") if row.get("stage") is not None and outcome_of(row) == "Open"]


def is_mine(row: Row, tables: Tables) -> bool:
    """Say whether a row is the member's own to work on; without a member at work every row is."""
    return not tables.me or row.get("owner") is None or fold(row["owner"]) == fold(tables.me)
