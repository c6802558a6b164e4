"""Balance territories: how much work each member's accounts deserve, against the mean and the hours there are.

Workload is accounts × frequency × hours of a call; the index is workload ÷ mean of the team. Accounts are proposed
to move, one at a time, until every index lies within the band; nothing is moved by the button.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sheetsales.attention import hours_of_a_call, number
from sheetsales.call_plan import shown
from sheetsales.columns import Choice, Email, Integer, Number, Text
from sheetsales.effort import TABLE, by_owner
from sheetsales.process import Edit, NewRow, Patch, Request, Row, Table, Tables
from sheetsales.rank import TIERS, place
from sheetsales.values import NUMBER_LIMIT, Value, canonical_number, fold, number_of, ratio, words_of

BALANCE: Final = "territory_balance"
IN_BAND, TOO_LARGE, TOO_SMALL = STATES = ("In balance", "Too large", "Too small")
MOST_MOVES: Final = 50  # proposals of one press; beyond, borders should be drawn anew
ACROSS: Final = 1.25  # a move across regions must balance a quarter better than one within
SPOKEN: Final = 10  # moves named in a sentence

BALANCED: Final = Table(
    BALANCE,
    "Territory balance",
    "TB",
    (
        Email("rep", "Member", target="people", computed="action", help="Whose accounts these are."),
        Text("territories", "Territories", computed="action", help="The territories the member works."),
        Integer("accounts", "Accounts", computed="action", help="Customers and prospects."),
        Number(
            "workload", "Workload (hours a year)", computed="action", help="Accounts × frequency of the tier × hours of a call."
        ),
        Number("capacity", "Capacity (hours a year)", computed="action", help="Hours per period × selling share × periods."),
        Number("load", "Workload ÷ capacity", computed="action", help="1 is full; blank without a territory."),
        Number("balance_index", "Balance index", computed="action", help="Workload ÷ mean of the team; 1 is the mean."),
        Choice("state", STATES, "State", computed="action", help="Within the band around 1, or not."),
        Number("index_after", "Index after the moves", computed="action", help="If the proposed moves were made."),
        Text(
            "proposal", "Proposal", computed="action", help="Which accounts to give to whom; nothing is moved for you.", width=90
        ),
    ),
    kind="log",
    key=(("rep", "owner"),),
    label="rep",
    help="How evenly the work is divided over the team, with proposals; by Balance territories.",
    for_managers=True,
)


@dataclass(frozen=True, slots=True)
class Holding:
    """One account as a load on its owner. hours: a year. cut: whether a move would part a customer from its seller."""

    id: str
    name: str
    region: str
    hours: float
    cut: bool


@dataclass(frozen=True, slots=True)
class Move:
    """One proposal: an account from one owner to another."""

    holding: Holding
    giver: str
    taker: str


@dataclass(frozen=True, slots=True)
class Balanced:
    """A balance: the columns of `territory_balance` by owner, and what they come to in a sentence."""

    lines: Mapping[str, Mapping[str, Value]]
    message: str


# ── the index ────────────────────────────────────────────────────────────────────────────────────


def balance_indices(workloads: Mapping[str, float]) -> dict[str, float]:
    """Give workload ÷ mean of each; 1 for all where nobody has any work."""
    mean = sum(workloads.values()) / len(workloads) if workloads else 0.0
    return {owner: load / mean if mean > 0 else 1.0 for owner, load in workloads.items()}


def out_of_band(indices: Mapping[str, float], band: float) -> list[str]:
    """Give those whose index lies outside 1 ± band, in order."""
    return [owner for owner, index in indices.items() if abs(index - 1) > band + 1e-9]


def propose_moves(holdings: Mapping[str, Sequence[Holding]], band: float) -> list[Move]:
    """Propose moves from the largest territory until all lie within the band, or none helps.

    Each step takes the move after which fewest are out of balance, then the squares of the distances to the mean
    are least; moves within a region the taker already visits go before others, prospects before customers, ties
    by id. Every move lowers the squares, so it ends.
    """
    held = {owner: {one.id: one for one in some} for owner, some in sorted(holdings.items())}
    loads = {owner: sum(one.hours for one in some.values()) for owner, some in held.items()}
    mean = sum(loads.values()) / len(loads) if loads else 0.0
    moves: list[Move] = []
    while mean > 0 and len(moves) < MOST_MOVES and out_of_band(balance_indices(loads), band):
        best = _best_move(held, loads, mean, band)
        if best is None:
            break
        moves.append(best)
        held[best.taker][best.holding.id] = held[best.giver].pop(best.holding.id)
        loads[best.giver] -= best.holding.hours
        loads[best.taker] += best.holding.hours
    return moves


def _best_move(held: Mapping[str, Mapping[str, Holding]], loads: Mapping[str, float], mean: float, band: float) -> Move | None:
    """Give the best move away from the largest territory, or to the smallest; None where nothing gets better."""
    top = max(loads, key=lambda owner: (loads[owner], owner))
    low = min(loads, key=lambda owner: (loads[owner], owner))
    pairs = {(top, taker) for taker in loads if loads[taker] < mean} | {(giver, low) for giver in loads if loads[giver] > mean}
    regions = {owner: {one.region for one in some.values() if one.region} for owner, some in held.items()}
    found: list[tuple[tuple[int, float, bool, str, str], Move]] = []
    for giver, taker in sorted(pairs):
        before = (loads[giver] - mean) ** 2 + (loads[taker] - mean) ** 2
        for one in held[giver].values():
            given, taken = loads[giver] - one.hours, loads[taker] + one.hours
            after = (given - mean) ** 2 + (taken - mean) ** 2
            if one.hours <= 0 or after >= before - 1e-9:
                continue
            fewer = sum((abs(now / mean - 1) > band + 1e-9) - (abs(was / mean - 1) > band + 1e-9)
                        for was, now in ((loads[giver], given), (loads[taker], taken)))  # fmt: skip
            within = not one.region or one.region in regions[taker]
            squares = (after - before) / (1.0 if within else ACROSS)
            found.append(((fewer, round(squares, 6), one.cut, one.id, taker), Move(one, giver, taker)))
    return min(found, key=lambda entry: entry[0])[1] if found else None


# ── the action ───────────────────────────────────────────────────────────────────────────────────


def balance_territories(tables: Tables, request: Request) -> Patch:  # noqa: ARG001 (a balance is of all)
    """Write one line per member with accounts or a territory: workload, capacity, balance index, proposals.

    The rows are those the member at work may see: a manager's team. Frequencies are those of the tiers; an account
    without a tier has the one that ranking would give it. Accounts are never moved.
    """
    found = balanced(tables)
    if not found.lines:
        return Patch(message="There are no territories and no territory accounts to balance.")
    edits: list[Edit] = []
    new: list[NewRow] = []
    for owner, values in found.lines.items():
        there = _there(owner, tables)
        if there is None:
            new.append(NewRow(BALANCE, {**values, "owner": tables.me or None}))
        else:
            edits += [Edit(BALANCE, str(there["id"]), name, value) for name, value in values.items() if there.get(name) != value]
    return Patch(tuple(edits), tuple(new), (), found.message, len(tables.rows(TABLE)))


def balanced(tables: Tables) -> Balanced:
    """Give how evenly the work of these rows is divided, by owner, and what would make it more even."""
    rows = by_owner(tables)
    names = {fold(one.get("owner") or "") for one in tables.rows("territories")} | set(rows)
    owners = sorted(name for name in names if name)
    holdings = {owner: _holdings(rows.get(owner, []), tables) for owner in owners}
    band = float(number(tables, "balance_band"))
    loads = {owner: sum(one.hours for one in some) for owner, some in holdings.items()}
    indices = balance_indices(loads)
    moves = propose_moves(holdings, band)
    for move in moves:
        loads[move.giver] -= move.holding.hours
        loads[move.taker] += move.holding.hours
    after = balance_indices(loads)
    lines: dict[str, dict[str, Value]] = {}
    for owner in owners:
        values = _line(owner, holdings[owner], indices[owner], after[owner], band, moves, tables)
        lines[owner] = {"rep": _email(owner, rows, tables), **values}
    return Balanced(lines, _message(indices, after, moves, band, tables))


def _holdings(rows: Sequence[Row], tables: Tables) -> list[Holding]:
    places = place(rows, (number(tables, "a_below"), number(tables, "b_below")))
    found = []
    for row in sorted(rows, key=lambda one: str(one["id"])):
        record = str(row["id"])
        tier = row.get("tier") if row.get("tier") in TIERS else (places[record].tier if record in places else None)
        calls = number(tables, f"calls_{str(tier).casefold()}") if tier is not None else Decimal(0)
        hours = float(max(hours_of_a_call(row), Decimal(0)) * calls)
        name = words_of(row.get("account")) or record
        found.append(Holding(record, name, fold(row.get("region") or ""), hours, row.get("type") == "Customer"))
    return found


def _email(owner: str, rows: Mapping[str, Sequence[Row]], tables: Tables) -> Value:
    given = rows.get(owner) or tables.where("territories", "owner", owner)
    return given[0].get("owner")


def _there(owner: str, tables: Tables) -> Row | None:
    lines = [row for row in tables.where(BALANCE, "rep", owner) if fold(row.get("owner") or "") == fold(tables.me)]
    return min(lines, key=lambda row: str(row["id"]), default=None)


def _person(owner: str, tables: Tables) -> str:
    person = tables.person(owner)
    return (words_of(person.get("name")) if person is not None else "") or owner


def _line(
    owner: str, holdings: Sequence[Holding], index: float, after: float, band: float, moves: Sequence[Move], tables: Tables
) -> dict[str, Value]:
    territories = tables.where("territories", "owner", owner)
    workload = sum(one.hours for one in holdings)
    capacity = sum(
        ((number_of(one.get("hours_per_period")) or Decimal(0)) * (number_of(one.get("selling_share")) or Decimal(0)) for one in territories),
        Decimal(0),
    ) * number(tables, "periods_a_year")  # fmt: skip
    given = [f"give {m.holding.name} ({m.holding.hours:,.0f} h) to {_person(m.taker, tables)}" for m in moves if m.giver == owner]
    taken = [
        f"take {m.holding.name} ({m.holding.hours:,.0f} h) from {_person(m.giver, tables)}" for m in moves if m.taker == owner
    ]
    state = IN_BAND if abs(index - 1) <= band + 1e-9 else TOO_LARGE if index > 1 else TOO_SMALL
    load = ratio(Decimal(repr(workload)), capacity) if capacity > 0 else None
    words = "; ".join((*given, *taken))[:1_999]
    return {
        "territories": ", ".join(words_of(one.get("name")) for one in territories)[:1_999] or None,
        "accounts": len(holdings),
        "workload": _rounded(workload, 2),
        "capacity": canonical_number(capacity) if 0 < capacity < NUMBER_LIMIT else None,
        "load": _rounded(float(load), 4) if load is not None else None,
        "balance_index": _rounded(index, 4),
        "state": state,
        "index_after": _rounded(after, 4),
        "proposal": f"{words[0].upper()}{words[1:]}." if words else None,
    }


def _rounded(value: float, places: int) -> Decimal | None:
    return canonical_number(round(Decimal(repr(value)), places)) if abs(value) < NUMBER_LIMIT else None


def _message(indices: Mapping[str, float], after: Mapping[str, float], moves: Sequence[Move], band: float, tables: Tables) -> str:
    out, still = out_of_band(indices, band), out_of_band(after, band)
    within = shown(Decimal(repr(band)) * 100)
    said = [f"{len(out)} of {len(indices)} territories lie more than {within} % from the mean."]
    if moves:
        names = "; ".join(
            f"{m.holding.name} from {_person(m.giver, tables)} to {_person(m.taker, tables)}" for m in moves[:SPOKEN]
        )
        more = f" and {len(moves) - SPOKEN} more" if len(moves) > SPOKEN else ""
        said.append(f"Proposed, nothing is moved for you: {names}{more}.")
        said.append("Then all are in balance." if not still else f"Then {len(still)} would still be out of balance.")
    elif out:
        said.append("No single account could be moved to make it better.")
    return " ".join(said)
