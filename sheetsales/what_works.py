"""Which methods and tactics win, stage by stage: shares of closed deals, drawn towards the whole, each with its n. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sheetsales.exit_criteria import LOST, WON, order_of, outcome_of
from sheetsales.process import Edit, NewRow, Patch, Request, Row, Tables, policy_number
from sheetsales.score import shrunk
from sheetsales.values import Value, fold, number_of, words_of

KINDS: Final = {"Method": "method", "Tactic": "tactic"}  # how it is called in the table, and the column of a touch
STAGE: Final = "Stage"  # how the rows are called that propose a probability for a stage
REACHED: Final = "Reached"
ALL_STAGES: Final = "All stages"  # the row of a method wherever it was used; also where the stage is not known
READINGS: Final = ("Works", "As usual", "Costs deals", "Too few")
FIGURES: Final = ("n", "won", "rate", "whole", "reading", "reason")
Key = tuple[str, str, str]  # kind, method or tactic, stage


@dataclass(frozen=True, slots=True)
class Worked:
    """How deals ended in which something was used at a stage. whole: the win rate of all closed deals, shrunk."""

    n: int
    won: int
    rate: Decimal
    whole: Decimal


def win_rate_of_all(tables: Tables) -> Decimal:
    """Give the win rate of all closed deals, drawn towards the expected one: towards this every row is drawn."""
    ends = [outcome_of(row) for row in tables.rows("opportunities")]
    won, lost = ends.count("Won"), ends.count("Lost")
    return shrunk(
        won, won + lost, policy_number(tables, "opportunities.prior_win"), policy_number(tables, "opportunities.shrink_k")
    )


def what_works(tables: Tables) -> dict[Key, Worked]:
    """Count every closed deal once for each method and tactic used at each stage, in the order of the stages.

    A touch whose stage is not known counts for all stages alone, one after the close not at all.
    """
    whole, k = win_rate_of_all(tables), policy_number(tables, "opportunities.shrink_k")
    deals: dict[Key, set[str]] = {}
    won: dict[Key, set[str]] = {}
    for row in tables.rows("opportunities"):
        if outcome_of(row) == "Open":
            continue
        for key in _used(row, tables):
            deals.setdefault(key, set()).add(str(row["id"]))
            if outcome_of(row) == "Won":
                won.setdefault(key, set()).add(str(row["id"]))
    found = {}
    for key in sorted(deals, key=lambda key: (list(KINDS).index(key[0]), order_of(tables, key[2]) or 0, key[2], key[1])):
        n, wins = len(deals[key]), len(won.get(key, ()))
        found[key] = Worked(n, wins, shrunk(wins, n, whole, k), whole)
    return found


def proposed_chances(tables: Tables) -> dict[Key, Worked]:
    """Count, for each open stage, the closed deals that stood in it by the log, and those of them that were won.

    Drawn towards the probability that the stage has: a proposal for operations, never put into `stages` in silence.
    """
    k, counts = policy_number(tables, "opportunities.shrink_k"), dict[str, tuple[int, int]]()
    for row in tables.rows("opportunities"):
        if outcome_of(row) == "Open":
            continue
        events = tables.children("stage_events", "opportunity", "opportunities", row)
        for stage in {fold(word) for event in events for word in (event.get("from"), event.get("to")) if word is not None}:
            n, won = counts.get(stage, (0, 0))
            counts[stage] = (n + 1, won + (outcome_of(row) == "Won"))
    found: dict[Key, Worked] = {}
    for row in sorted(tables.rows("stages"), key=lambda row: (number_of(row.get("order")) or 0, str(row["id"]))):
        name, chance = words_of(row.get("name")), number_of(row.get("probability"))
        n, won = counts.get(fold(name), (0, 0))
        if chance is not None and n and fold(name) not in (WON, LOST):
            found[STAGE, REACHED, name] = Worked(n, won, shrunk(won, n, chance, k), chance)
    return found


def _used(row: Row, tables: Tables) -> set[Key]:
    used: set[Key] = set()
    for touch in tables.children("touches", "opportunity", "opportunities", row):
        stage = words_of(touch.get("stage_at"))
        for kind, column in KINDS.items():
            word = words_of(touch.get(column))
            if word and fold(stage) not in (WON, LOST):
                used.update((kind, word, place) for place in (ALL_STAGES, stage) if place)
    return used


def reading(worked: Worked, tables: Tables) -> str:
    """Say what the figure means: with fewer deals than `few_deals` (5) nothing, else whether it differs from the whole."""
    if worked.n < policy_number(tables, "opportunities.few_deals"):
        return "Too few"
    apart = worked.rate - worked.whole
    if abs(apart) < policy_number(tables, "opportunities.worth_telling"):
        return "As usual"
    return "Works" if apart > 0 else "Costs deals"


def figures(worked: Worked, tables: Tables) -> Mapping[str, Value]:
    """Give the cells of one row of the table."""
    reason = f"{worked.won} of {worked.n} won; drawn towards {worked.whole:.0%} that makes {worked.rate:.0%}"
    return {"n": worked.n, "won": worked.won, "rate": worked.rate, "whole": worked.whole,
            "reading": reading(worked, tables), "reason": reason}  # fmt: skip


def show_what_works(tables: Tables, _request: Request) -> Patch:
    """Write the table What works anew, one row for each method and tactic at each stage; rows without deals are blanked."""
    used = what_works(tables)
    found = {_place(*key): (key, worked) for key, worked in {**used, **proposed_chances(tables)}.items()}
    edits: list[Edit] = []
    seen: set[Key] = set()
    for row in tables.rows("what_works"):
        if fold(row.get("owner") or "") != fold(tables.me):
            continue
        place = _place(*(words_of(row.get(name)) for name in ("kind", "used", "stage")))
        here = found.get(place) if place not in seen else None
        seen.add(place)
        after = figures(here[1], tables) if here is not None else {**dict.fromkeys(FIGURES), "n": 0}
        edits += [Edit("what_works", str(row["id"]), name, value) for name, value in after.items() if row.get(name) != value]
    new = [
        NewRow(
            "what_works", {"kind": key[0], "used": key[1], "stage": key[2], "owner": tables.me or None, **figures(worked, tables)}
        )
        for place, (key, worked) in found.items()
        if place not in seen
    ]
    closed = sum(outcome_of(row) != "Open" for row in tables.rows("opportunities"))
    return Patch(tuple(edits), tuple(new), message=_told(used, tables, closed), rows_read=closed)


def _place(kind: str, used: str, stage: str) -> Key:
    return fold(kind), fold(used), fold(stage)


def _told(used: Mapping[Key, Worked], tables: Tables, closed: int) -> str:
    best = sorted(
        ((key, worked) for key, worked in used.items() if reading(worked, tables) == "Works"),
        key=lambda pair: (-pair[1].rate, pair[0]),
    )
    words = "; ".join(f"{key[1]} in {key[2]} ({worked.rate:.0%}, n = {worked.n})" for key, worked in best[:3])
    whole = f"{closed} closed deals read, win rate drawn towards the expected one {win_rate_of_all(tables):.0%}."
    return f"{whole} Above it: {words}." if words else f"{whole} No method or tactic stands out."
