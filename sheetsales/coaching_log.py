"""The manager's side of coaching: the cards and the log of what was agreed, their rules and the button. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from sheetsales.coaching import FACTORS, RECORDS, TOPICS, Card, cards, reports_of
from sheetsales.columns import Choice, Date, Email, Integer, Percent, Text
from sheetsales.deal_report import PLACES, named
from sheetsales.process import Check, Edit, NewRow, Patch, Request, Row, Table, Tables, Todo, check
from sheetsales.standing import setting
from sheetsales.values import Value, day_of, fold, number_of, words_of

RESULTS: Final = ("Open", "Done", "Not done")
CARDS, LOG = "coaching_cards", "coaching_log"

COACHING_CARDS: Final = Table(
    CARDS,
    "Coaching cards",
    "CK",
    (
        Email("rep", "Member", target="people", computed="action", help="Whom the card is about."),
        Text("open_actions", "Agreed before", computed="action", help="What is open from earlier talks; begin with it."),
        Choice("weakest", FACTORS, "Weakest factor", computed="action", help="The factor that lies furthest below the team."),
        Percent("share", "Share of the gap", computed="action", help="How much of the distance to the team it explains."),
        Text("why", "Split of the gap", computed="action", help="Each factor's part, or why nothing is said.", width=74),
        Text("compared", "Compared", computed="action", help="The member's figures beside the team's on average.", width=84),
        *(
            Text(f"record_{n}", f"Record {n}", computed="action", help="A case that shows it.", width=36)
            for n in range(1, RECORDS + 1)
        ),
        Integer("open_debriefs", "Open debriefs", computed="action", help="Calls held more than a day ago, not looked back on."),
        Text("stalled", "Stalled deals", computed="action", help="Deals that stand longer in their stage than won ones did."),
        Text("pushed", "Pushed deals", computed="action", help="Deals whose close date was moved three times or more."),
        Integer("n", "n", computed="action", help="Closed deals behind the comparison."),
        Date("as_of", "As of", computed="action", help="The day the card was made."),
    ),
    kind="log",
    key=(("rep", "owner"),),
    label="rep",
    help="One card per member who reports to you, made by the button; begin the talk with what is still open.",
    for_managers=True,
)

COACHING_LOG: Final = Table(
    LOG,
    "Coaching log",
    "CL",
    (
        Email("rep", "Member", required=True, target="people", help="Whom you talked with."),
        Date("date", "Date", required=True, default="today", help="The day of the talk."),
        Choice("topic", TOPICS, "Topic", required=True, default="Other", help="What it was about."),
        Text("records", "Records", help="The deals, leads or calls you looked at, separated by semicolons."),
        Text("agreed_action", "Agreed action", help="What the member will do. Needed."),
        Date("check_date", "Check date", help="The day on which you look at it together, after the talk. Needed."),
        Choice("result", RESULTS, "Result", required=True, default="Open", help="Done or Not done once you have looked."),
        Email("manager", "Manager", target="people", help="Who coached; blank is you."),
    ),
    kind="detail",
    key=(("rep", "date", "topic"),),
    label="rep",
    help="What was agreed in each talk, and when it is checked. The next card begins with what is still open.",
    for_managers=True,
)  # fmt: skip


def fill_log(row: Row) -> Mapping[str, Value]:
    """Give the manager of a new entry: whose row it is."""
    return {"manager": row.get("owner")}


@check("COACH-01", "error", LOG, "agreed_action", "check_date", "date", hint="Both belong to every talk; the day lies after it.")
def agreement_is_whole(row: Row, _tables: Tables) -> object:
    """Write the agreed action and the day to check it."""
    if not words_of(row.get("agreed_action")):
        return True
    day, talk = day_of(row.get("check_date")), day_of(row.get("date"))
    return {"column": "check_date"} if day is None or (talk is not None and day <= talk) else None


@check("COACH-02", "warning", LOG, "check_date", "result", hint="Set the result, or agree another day.")
def agreement_was_checked(row: Row, tables: Tables) -> object:
    """Check date passed {d} days ago: how did it go?"""
    day = day_of(row.get("check_date"))
    is_open = fold(row.get("result") or "open") == "open"
    return {"d": (tables.today - day).days} if is_open and day is not None and day < tables.today else None


@check("COACH-03", "note", CARDS, "n", hint="Look at single records instead.")
def enough_to_compare(row: Row, tables: Tables) -> object:
    """n = {n}: too few to compare."""  # noqa: D403 (the message begins with the letter)
    n = number_of(row.get("n"))
    return {"n": n} if n is not None and n < setting(tables, "coach_minimum") else None


CHECKS: Final[tuple[Check, ...]] = (agreement_is_whole, agreement_was_checked, enough_to_compare)


def coach(tables: Tables, _request: Request) -> Patch:
    """Make the coaching card of every member who reports to the one who asks; written over the last ones."""
    members = reports_of(tables.me, tables)
    if not members:
        return Patch(message="Nobody reports to you in the team file, so there is nobody to coach.")
    made = cards(members, tables)
    old = {fold(row.get("rep") or ""): row for row in tables.where(CARDS, "owner", tables.me)}
    edits: list[Edit] = []
    new: list[NewRow] = []
    for one in made:
        values = {**card_values(one), "as_of": tables.today}
        row = old.get(fold(one.rep))
        if row is None:
            new.append(NewRow(CARDS, {"rep": one.rep, **values, "owner": tables.me}))
        else:
            edits += [Edit(CARDS, str(row["id"]), name, value) for name, value in values.items() if row.get(name) != value]
    words = "; ".join(f"{_name(one.rep, tables)}: {one.weakest.lower() or one.why.rstrip('.')}" for one in made)
    waiting = sum(len(one.open_actions) for one in made)
    return Patch(
        tuple(edits),
        tuple(new),
        message=f"{len(made)} cards. {words}. {waiting} agreed actions are open.",
        rows_read=len(tables.rows("opportunities")),
    )


def _name(email: str, tables: Tables) -> str:
    person = tables.person(email)
    return words_of(person.get("name")) or email if person is not None else email


def card_values(one: Card) -> dict[str, Value]:
    """Give the columns of `coaching_cards` that say what a card says."""
    shares = {part.factor: part.share for part in one.distance.parts} if one.distance is not None else {}
    share = shares.get(one.weakest)
    records: Sequence[str] = [name for _, _, name in one.records]
    return {
        "open_actions": one.agreed or None,
        "weakest": one.weakest or None,
        "share": None if share is None else Decimal(repr(share)).quantize(PLACES),
        "why": one.why,
        "compared": one.compared if one.distance is not None else None,
        **{f"record_{n}": records[n - 1] if n <= len(records) else None for n in range(1, RECORDS + 1)},
        "open_debriefs": one.open_debriefs,
        "stalled": named(one.stalled) or None,
        "pushed": named(one.pushed) or None,
        "n": one.n,
    }


def due_checks(tables: Tables) -> list[Todo]:
    """Give the agreements whose day to look at them has come, for the list of today."""
    mine = tables.where(LOG, "owner", tables.me) if tables.me else tables.rows(LOG)
    return [
        Todo(
            LOG,
            str(row["id"]),
            day,
            f"Look at it with {words_of(row.get('rep'))}: {words_of(row.get('agreed_action'))}",
            "The check date has come.",
        )
        for row in sorted(mine, key=lambda row: str(row["id"]))
        if fold(row.get("result") or "open") == "open"
        and (day := day_of(row.get("check_date"))) is not None
        and day <= tables.today
    ]
