"""In which order to work leads: chance × value ÷ hours, with chances learned or shrunk from the history of a tier."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from sheetsales.process import Edit, Patch, Request, Row, Tables
from sheetsales.qualification import number
from sheetsales.score import shrunk
from sheetsales.values import Value, cents, fold, number_of, words_of

TIERS: Final = ("A", "B", "C", "D")
WORKED: Final = ("New", "Working", "Qualified")  # statuses of leads that are still to be won
USUAL_HOURS: Final = Decimal(10)  # of work where a lead says nothing
SPOKEN: Final = 3  # leads named in the message


def is_mine(row: Row, tables: Tables) -> bool:
    """Say whether a row is the member's at work, or nobody's."""
    return not tables.me or row.get("owner") is None or fold(row["owner"]) == fold(tables.me)


def chance_of(row: Row, tables: Tables) -> Decimal:
    """Give the chance that a lead converts: learned if there is a model, else the shrunk rate of its tier."""
    learned = number_of(row.get("p_convert"))
    if learned is not None:
        return learned
    rates = tables.once("lead tier rates", _tier_rates)
    return rates.get(words_of(row.get("tier")), rates["D"])


def said_of(row: Row, tables: Tables) -> Decimal:
    """Give the chance that was given to a lead: the model's, else that with which its tier started."""
    learned = number_of(row.get("p_convert"))
    tier = words_of(row.get("tier"))
    return learned if learned is not None else number(tables, f"rate_{tier.lower() if tier in TIERS else 'd'}")


def _tier_rates(tables: Tables) -> dict[str, Decimal]:
    rates = {}
    for tier in TIERS:
        closed = [row for row in tables.where("leads", "tier", tier) if row.get("status") in ("Converted", "Disqualified")]
        won = sum(row.get("status") == "Converted" for row in closed)
        rates[tier] = shrunk(won, len(closed), number(tables, f"rate_{tier.lower()}"), number(tables, "shrink_k"))
    return rates


def worth_per_hour(row: Row, tables: Tables) -> Decimal:
    """Give p × value ÷ hours, in money per hour of work; 0 where no value is given."""
    value, hours = number_of(row.get("expected_value")) or Decimal(0), number_of(row.get("hours_to_close"))
    hours = hours if hours is not None and hours > 0 else USUAL_HOURS
    return cents(chance_of(row, tables) * value / hours)


def most_likely(tables: Tables) -> list[tuple[Row, Decimal]]:
    """Give the open leads, the greatest worth per hour first; ties by chance, then by id."""
    rows = [row for row in tables.rows("leads") if row.get("status") in WORKED]
    ranked = [(row, worth_per_hour(row, tables)) for row in rows]
    return sorted(ranked, key=lambda entry: (-entry[1], -chance_of(entry[0], tables), str(entry[0]["id"])))


def rank_leads(tables: Tables, request: Request) -> Patch:  # noqa: ARG001 (a rank is one among all)
    """Rank the open leads of each owner by what an hour of work brings: chance × value ÷ hours; clear the rank of the others."""
    edits: list[Edit] = []
    places: dict[str, int] = {}
    said: list[str] = []
    ranked = most_likely(tables)
    wanted: dict[str, dict[str, Value]] = {}
    for row, worth in ranked:
        owner = fold(row.get("owner") or "")
        places[owner] = places.get(owner, 0) + 1
        wanted[str(row["id"])] = {"work_rank": places[owner], "worth_per_hour": worth}
        if len(said) < SPOKEN and is_mine(row, tables):
            said.append(f"{words_of(row.get('company')) or row['id']} ({chance_of(row, tables):.0%}, {worth:,.2f} an hour)")
    for row in tables.rows("leads"):
        values = wanted.get(str(row["id"]), {"work_rank": None, "worth_per_hour": None})
        edits += [Edit("leads", str(row["id"]), name, value) for name, value in values.items() if row.get(name) != value]
    blank = sum(not number_of(row.get("expected_value")) for row, _ in ranked)
    message = f"{len(ranked)} open leads ranked" + (f"; first: {'; '.join(said)}." if said else ".")
    if blank:
        message += f" {blank} have no expected value, so they come last."
    return Patch(tuple(edits), message=message, rows_read=len(tables.rows("leads")))
