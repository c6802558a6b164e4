"""Opportunities: which purchases are being won, stage by stage, and what each still lacks.

Run by reps, weekly. In: qualified leads, touches, stakeholders, competitors. Out: what is missing to go on,
single threads, stalled and pushed deals, win rates, the pipeline that deals and roll-ups count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from sheetsales.columns import (
    Choice,
    Date,
    DateTime,
    Integer,
    Money,
    Number,
    Percent,
    Reference,
    Text,
    Tick,
    YesNoUnknown,
)
from sheetsales.libraries.currencies import CURRENCIES
from sheetsales.process import Figure, Measure, Policy, Process, Row, Table, Tables, Tile, Todo, check, share
from sheetsales.stage_gates import (
    ENGAGED_PEOPLE,
    days_in_stage,
    engaged,
    last_activity,
    median_days,
    missing_to_leave,
    order_of,
    shrunk,
    stage_row,
    stall_limit,
    with_role,
)
from sheetsales.values import Value, cents, day_of, fold, number_of, ratio, words_of

# ── policy ───────────────────────────────────────────────────────────────────────────────────────

POLICY: Final = (
    Policy("pushed_flag", 3, "times", "A date moved three times is a wish."),
    Policy("due_soon_days", 3, "days", "What the Start tab shows ahead."),
    Policy("shrinkage", 10, "opportunities", "How many of the team's stand behind every own rate."),
    Policy("prior_win_rate", Decimal("0.50"), "share", "Until own history speaks."),
)
SOURCES: Final = ("Inbound web", "Inbound call", "Referral", "Event", "Outbound", "Partner", "Purchased list", "Existing customer", "Other")
LOST_REASONS: Final = ("Price", "Competitor", "No decision", "Product gap", "Timing", "Budget withdrawn", "Relationship", "Other")
CATEGORIES: Final = ("Pipeline", "Best case", "Commit", "Closed", "Omitted")
ROLES: Final = ("Economic buyer", "Champion", "Technical buyer", "User", "Legal/Procurement", "Influencer", "Blocker")
POSITIONS: Final = ("Incumbent", "Shortlisted", "Rumoured", "None", "Do nothing")
METHODS: Final = ("Call", "Email", "Meeting", "Demo", "Trial", "Reference", "Proposal", "Event")
TACTICS: Final = ("Business case", "Executive contact", "Reference visit", "Pilot", "Joint plan", "Deadline", "Bundle", "Workshop")
OUTCOMES: Final = ("Open", "Won", "Lost")
MONTHS_A_QUARTER: Final = 3


def _number(tables: Tables, name: str) -> Decimal:
    standard = next(p.value for p in POLICY if p.name == name)
    return number_of(tables.policy.get(f"opportunities.{name}")) or Decimal(str(standard))


# ── tables ───────────────────────────────────────────────────────────────────────────────────────

OPPORTUNITIES: Final = Table("opportunities", "Opportunities", "OP", (
    Text("name", "Name", required=True, help="What is to be bought; blank takes account and product."),
    Reference("account", "Account", target="accounts", help="Who buys."),
    Money("amount", "Amount", help="What it is worth, without tax."),
    Choice("stage", (), "Stage", required=True, default="Discover", choices_from="stages", help="Where it stands."),
    Date("close_date", "Close date", help="The day you expect the signature."),
    Text("next_step", "Next step", help="What happens next, in a few words."),
    Date("next_step_date", "Next step on", help="By when."),
    Choice("forecast_category", CATEGORIES, "Forecast category", help="Follows the stage until you choose one."),
    Reference("product", "Product", target="products", help="What it is about."),
    Choice("outcome", OUTCOMES, "Outcome", computed="row", help="Follows from the stage.",
           formula='IF({stage}="","",IF({stage}="Won","Won",IF({stage}="Lost","Lost","Open")))'),
    Percent("p_win", "Chance", computed="row", help="Of the stage; 0 once lost."),
    Money("weighted", "Weighted", computed="row", help="Amount times chance; 0 once lost.",
          formula='IF({amount}="","",ROUND({amount}*{p_win},2))'),
    Text("missing_exit", "Missing to go on", computed="row", help="What the stage still asks for."),
    Tick("stalled", "Stalled", computed="row", help="Longer in the stage than won deals were, and no next step ahead."),
    Tick("single_threaded", "Single thread", computed="row", help="Fewer than two people engaged in 30 days."),
    Date("stage_since", "In stage since", computed="row", help="The day it came into this stage."),
    Integer("push_count", "Pushed", computed="row", help="How often the close date moved into a later quarter."),
    Date("created_on", "Created on", default="today", help="The day it was found; blank takes today."),
    Choice("source", SOURCES, "Source", help="Where it came from."),
    Text("business_problem", "Business problem", help="What it solves for the buyer, in at least 20 characters."),
    YesNoUnknown("budget", "Budget", help="Is the money there?"),
    Text("decision_process", "Decision process", help="How they decide, and who signs."),
    Money("value_to_customer", "Value to the customer", help="What solving the problem is worth to them."),
    YesNoUnknown("terms_agreed", "Terms agreed", help="Are price and conditions agreed?"),
    Date("signature_date", "Signature date", help="The day agreed for signing."),
    Text("win_theme", "Win theme", help="Why they should choose us, in one sentence."),
    Choice("lost_reason", LOST_REASONS, "Lost reason", help="Why it was lost."),
    Reference("lost_to", "Lost to", target="competitors", help="Which competitor won it."),
    Text("override_reason", "Override reason", help="Why a stage was left without its criteria, at least 10 characters."),
    Text("ccy", "Currency", limit=3, help="Three letters; blank is the workspace's."),
    Reference("lead", "Lead", target="leads", help="The lead it came from."),
    DateTime("last_activity_at", "Last activity", computed="row", help="The newest touch or held call."),
    Date("first_close_date", "First close date", computed="row", help="The first one given; never changes."),
    Date("last_close_date", "Close date counted", computed="row", help="The one up to which pushes are counted."),
    Tick("forecast_overridden", "Category chosen", computed="row", help="Yes once you chose the category yourself."),
    Choice("stage_category", CATEGORIES, "Category of the stage", computed="row", help="What the stage would say."),
    Text("stage_counted", "Stage counted", computed="row", help="The stage for which the days are counted."),
), key=(("account", "name", "created_on"),), help="Every purchase you work on, from first talk to signature.")

STAKEHOLDERS: Final = Table("stakeholders", "Stakeholders", "SH", (
    Reference("opportunity", "Opportunity", required=True, target="opportunities", help="Which purchase."),
    Text("person", "Person", required=True, help="Name of the person."),
    Choice("role", ROLES, "Role", help="What the person is in this decision."),
    Integer("influence", "Influence", help="1 little to 5 decisive."),
    Integer("stance", "Stance", help="−2 against us to +2 for us."),
    Date("engaged_on", "Engaged on", help="The last day we spoke with the person."),
), kind="detail", key=(("opportunity", "person"),), label="person", help="Who decides, who helps, who can stop it.")

COMPETITORS: Final = Table("competitors", "Competitors", "CP", (
    Reference("opportunity", "Opportunity", required=True, target="opportunities", help="Which purchase."),
    Text("name", "Competitor", required=True, help="Who else, or Do nothing."),
    Choice("status", POSITIONS, "Status", help="How near they are; None where there is nobody."),
    Text("their_strength", "Their strength", help="Why somebody would choose them."),
    Text("our_position", "Our position", help="What we set against it."),
    Text("trap", "Question to raise", help="The question that shows our strength."),
), kind="detail", key=(("opportunity", "name"),), help="Against whom, and how we stand.")

TOUCHES: Final = Table("touches", "Touches", "TO", (
    Reference("opportunity", "Opportunity", required=True, target="opportunities", help="Which purchase."),
    DateTime("at", "When", required=True, help="Day and time."),
    Choice("method", METHODS, "Method", required=True, help="How."),
    Choice("tactic", TACTICS, "Tactic", help="With what idea."),
    Tick("two_way", "Two-way", help="Did they answer?"),
    Text("stage_at", "Stage then", computed="row", help="The stage at that moment."),
), kind="detail", key=(("opportunity", "at", "method"),), label="opportunity", help="Every contact, so that what works becomes visible.")

STAGE_EVENTS: Final = Table("stage_events", "Stage log", "SE", (
    Reference("opportunity", "Opportunity", target="opportunities", computed="service", help="Which purchase."),
    Text("from", "From", computed="service", help="The stage it left."),
    Text("to", "To", computed="service", help="The stage it came to."),
    DateTime("at", "When", computed="service", help="The moment of the move."),
    Text("by", "By", computed="service", help="Who moved it."),
    Number("days_in_stage", "Days in stage", computed="service", help="How long it had been there."),
    Text("override_reason", "Override reason", computed="service", help="Why criteria were left out."),
), kind="log", label="opportunity", help="Every move between stages, kept by the service.")


# ── what follows from the row ────────────────────────────────────────────────────────────────────


def outcome(row: Row) -> str:
    """Give Won or Lost for those stages, else Open."""
    word = fold(row.get("stage") or "").capitalize()
    return word if word in ("Won", "Lost") else "Open"


def _quarter(day: date) -> tuple[int, int]:
    return day.year, (day.month - 1) // MONTHS_A_QUARTER


def fill(row: Row) -> Mapping[str, Value]:
    """Give the name of a new row: account and product, else its key in the other system."""
    parts = [words_of(row.get(name)) for name in ("account", "product")]
    return {"name": " · ".join(p for p in parts if p) or words_of(row.get("external_id")) or None}


def compute(row: Row, tables: Tables) -> Mapping[str, Value]:
    """Give the computed columns; what is frozen or counted is taken from the row as it stood."""
    state = outcome(row)
    stage = stage_row(row, tables)
    chance = number_of(stage.get("probability")) if stage is not None else None
    chance = Decimal(0) if state == "Lost" else chance
    amount = number_of(row.get("amount"))
    found: dict[str, Value] = {
        "outcome": state,
        "p_win": chance,
        "weighted": cents(amount * chance) if amount is not None and chance is not None else None,
        "last_activity_at": last_activity(row, tables),
    }
    found.update(_dates(row))
    found.update(_stage_clock(row, tables, state))
    found.update(_category(row, stage))
    open_row: Row = {**row, **found}
    alone = state == "Open" and engaged(row, tables) < ENGAGED_PEOPLE
    missing = missing_to_leave(row, order_of(row, tables), tables) if state == "Open" else ()
    found["missing_exit"] = ", ".join(missing) or None
    found["single_threaded"] = "Yes" if alone else "No"
    found["stalled"] = "Yes" if _stall(open_row, tables) is not None and not _step_ahead(row, tables) else "No"
    return found


def _dates(row: Row) -> dict[str, Value]:
    """Count a push each time the close date moves into a later quarter; the first date stays for good."""
    now, before = day_of(row.get("close_date")), day_of(row.get("last_close_date"))
    pushes = int(number_of(row.get("push_count")) or 0)
    if now is not None and before is not None and _quarter(now) > _quarter(before):
        pushes += 1
    first = day_of(row.get("first_close_date")) or now
    return {"first_close_date": first, "last_close_date": now or before, "push_count": pushes}


def _stage_clock(row: Row, tables: Tables, state: str) -> dict[str, Value]:
    """Start the clock when the stage changes; of a row that came in with its stage the day is known only if it is new today."""
    stage, before = row.get("stage"), row.get("stage_counted")
    if before is not None and fold(before) == fold(stage or ""):
        return {"stage_counted": before, "stage_since": row.get("stage_since")}
    if before is not None:
        return {"stage_counted": stage, "stage_since": tables.today}
    ended = day_of(row.get("close_date")) if state != "Open" else None
    fresh = tables.today if day_of(row.get("created_on")) == tables.today else None
    return {"stage_counted": stage, "stage_since": ended or fresh}


def _category(row: Row, stage: Row | None) -> dict[str, Value]:
    """Let the category follow the stage until the rep chooses another; then it stays."""
    of_stage = stage.get("category") if stage is not None else None
    before, now = row.get("stage_category"), row.get("forecast_category")
    chosen = row.get("forecast_overridden") == "Yes"
    if now is not None and not chosen:
        chosen = fold(now) != fold((before if before is not None else of_stage) or "")
    category = now if chosen else of_stage
    return {"forecast_category": category, "forecast_overridden": "Yes" if chosen else "No", "stage_category": of_stage}


def compute_touch(row: Row, tables: Tables) -> Mapping[str, Value]:
    """Give the stage at which a touch was made, frozen once known."""
    if row.get("stage_at") is not None:
        return {"stage_at": row["stage_at"]}
    deal = tables.find("opportunities", row.get("opportunity"))
    return {"stage_at": deal.get("stage") if deal is not None else None}


def _stall(row: Row, tables: Tables) -> tuple[int, Decimal, Decimal] | None:
    """Give days, usual days and limit of an open opportunity that is beyond it."""
    days = days_in_stage(row, tables.today)
    if outcome(row) != "Open" or days is None:
        return None
    usual, limit = stall_limit(row.get("stage"), order_of(row, tables), tables)
    return (days, usual, limit) if days > limit else None


def _step_ahead(row: Row, tables: Tables) -> bool:
    day = day_of(row.get("next_step_date"))
    return bool(words_of(row.get("next_step"))) and day is not None and day >= tables.today


# ── checks ───────────────────────────────────────────────────────────────────────────────────────


@check("OPP-01", "gate", "opportunities", "stage", "override_reason", hint="Fill what is missing, or give an override reason.")
def criteria_of_stages_behind_are_met(row: Row, tables: Tables) -> object:
    """Cannot move to {stage}. Missing: {list}."""
    # Only for moves that were made here: of a deal that came in with its stage nothing is known to be missing.
    moved_here = day_of(row.get("stage_since")) is not None and day_of(row.get("stage_since")) != day_of(row.get("created_on"))
    if outcome(row) == "Lost" or not moved_here or len(words_of(row.get("override_reason"))) >= 10:
        return None
    missing = missing_to_leave(row, order_of(row, tables) - 1, tables)
    return {"stage": words_of(row.get("stage")), "list": ", ".join(missing)} if missing else None


@check("OPP-02", "warning", "opportunities", "close_date", hint="Put the day you expect the signature.")
def close_date_is_known(row: Row, _tables: Tables) -> object:
    """Close date is empty."""
    return row.get("close_date") is None


@check("OPP-03", "warning", "opportunities", "close_date", "stage", hint="Close it, or put a new date.")
def close_date_lies_ahead(row: Row, tables: Tables) -> object:
    """Close date {date} has passed and the opportunity is open."""
    day = day_of(row.get("close_date"))
    return {"date": day.isoformat()} if day is not None and day < tables.today and outcome(row) == "Open" else None


@check("OPP-04", "gate", "opportunities", "lost_reason", "stage", hint="Pick the main reason.")
def lost_has_a_reason(row: Row, _tables: Tables) -> object:
    """Lost needs a reason."""
    return outcome(row) == "Lost" and row.get("lost_reason") is None


@check("OPP-05", "gate", "opportunities", "lost_to", "lost_reason", "stage", hint="Name the competitor.")
def lost_to_a_competitor_names_it(row: Row, _tables: Tables) -> object:
    """Lost to a competitor: which one?"""
    return outcome(row) == "Lost" and row.get("lost_reason") == "Competitor" and row.get("lost_to") is None


@check("OPP-06", "warning", "opportunities", "next_step_date", "next_step", "stage", hint="Agree a step and its day.")
def next_step_lies_ahead(row: Row, tables: Tables) -> object:
    """No next step in the future."""
    return outcome(row) == "Open" and not _step_ahead(row, tables)


@check("OPP-07", "warning", "opportunities", "stage", hint="Bring a second person in.")
def more_than_one_person_is_engaged(row: Row, tables: Tables) -> object:
    """Only {n} person engaged in 30 days: single-thread risk."""
    n = engaged(row, tables)
    known = bool(tables.children("stakeholders", "opportunity", "opportunities", row))
    return {"n": n} if known and outcome(row) == "Open" and n < ENGAGED_PEOPLE else None


@check("OPP-08", "warning", "opportunities", "stage", "stage_since", hint="Move it on, or let it go.")
def not_longer_in_stage_than_won_deals(row: Row, tables: Tables) -> object:
    """In {stage} for {d} days; won deals took {m} (limit {l})."""
    found = _stall(row, tables)
    if found is None:
        return None
    return {"stage": words_of(row.get("stage")), "d": found[0], "m": f"{found[1].normalize():f}", "l": f"{found[2].normalize():f}"}


@check("OPP-09", "warning", "opportunities", "close_date", "push_count", hint="Agree a date that holds.")
def close_date_was_not_pushed_often(row: Row, tables: Tables) -> object:
    """Close date pushed {n} times."""
    n = number_of(row.get("push_count"))
    return {"n": int(n)} if n is not None and n >= _number(tables, "pushed_flag") and outcome(row) == "Open" else None


@check("OPP-10", "error", "opportunities", "amount", hint="Type the amount without a sign.")
def amount_is_not_below_zero(row: Row, _tables: Tables) -> object:
    """Amount below zero."""
    amount = number_of(row.get("amount"))
    return amount is not None and amount < 0


@check("OPP-10", "error", "opportunities", "ccy", hint="Use three letters such as EUR.")
def currency_is_one(row: Row, _tables: Tables) -> object:
    """'{ccy}' is not a currency."""
    ccy = words_of(row.get("ccy"))
    return {"ccy": ccy} if ccy and ccy.upper() not in CURRENCIES else None


@check("OPP-11", "warning", "opportunities", "close_date", "created_on", hint="Correct one of the two dates.")
def closes_after_it_was_created(row: Row, _tables: Tables) -> object:
    """Close date {date} lies before the day it was created ({created})."""
    close, created = day_of(row.get("close_date")), day_of(row.get("created_on"))
    return {"date": close.isoformat(), "created": created.isoformat()} if close and created and close < created else None


@check("OPP-12", "error", "stakeholders", "influence", "stance", hint="Use whole numbers in these bounds.")
def influence_and_stance_in_bounds(row: Row, _tables: Tables) -> object:
    """Influence 1–5, stance −2…+2."""
    influence, stance = number_of(row.get("influence")), number_of(row.get("stance"))
    found = []
    if influence is not None and not 1 <= influence <= 5:
        found.append({"column": "influence"})
    if stance is not None and not -2 <= stance <= 2:
        found.append({"column": "stance"})
    return found


# ── measures ─────────────────────────────────────────────────────────────────────────────────────


def _open(tables: Tables) -> list[Row]:
    return [row for row in tables.rows("opportunities") if outcome(row) == "Open"]


def _closed(tables: Tables, start: date, end: date) -> list[Row]:
    return [row for row in tables.rows("opportunities")
            if outcome(row) != "Open" and (day := day_of(row.get("close_date"))) is not None and start <= day <= end]


def with_future_step(tables: Tables, _start: date, _end: date) -> Figure:
    """Open opportunities with a next step ahead ÷ open."""
    rows = _open(tables)
    return share((row for row in rows if _step_ahead(row, tables)), rows)


def touches_a_week(tables: Tables, start: date, end: date) -> Figure:
    """Touches in these days per open opportunity and week."""
    rows = _open(tables)
    made = [t for t in tables.rows("touches") if (day := day_of(t.get("at"))) is not None and start <= day <= end]
    weeks = Decimal((end - start).days + 1) / 7
    return Figure(ratio(Decimal(len(made)), len(rows) * weeks) if rows else None, len(rows), tuple(str(t["id"]) for t in made))


def moves_without_override(tables: Tables, start: date, end: date) -> Figure:
    """Stage moves without an override ÷ all moves."""
    rows = [e for e in tables.rows("stage_events") if (day := day_of(e.get("at"))) is not None and start <= day <= end]
    return share((e for e in rows if not words_of(e.get("override_reason"))), rows)


def buyer_and_champion_known(tables: Tables, _start: date, _end: date) -> Figure:
    """Open opportunities with economic buyer and champion ÷ open."""
    rows = _open(tables)
    return share((r for r in rows if with_role(r, tables, "Economic buyer") and with_role(r, tables, "Champion")), rows)


def not_single_threaded(tables: Tables, _start: date, _end: date) -> Figure:
    """Open opportunities with two people engaged in 30 days ÷ open."""
    rows = _open(tables)
    return share((r for r in rows if engaged(r, tables) >= ENGAGED_PEOPLE), rows)


def win_rate(tables: Tables, start: date, end: date) -> Figure:
    """Won ÷ closed by count, drawn towards the prior."""
    rows = _closed(tables, start, end)
    won = [r for r in rows if outcome(r) == "Won"]
    if not rows:
        return Figure(None, 0)
    rate = shrunk(len(won), len(rows), _number(tables, "prior_win_rate"), int(_number(tables, "shrinkage")))
    return Figure(rate, len(rows), tuple(str(r["id"]) for r in won))


def win_rate_by_value(tables: Tables, start: date, end: date) -> Figure:
    """Amount won ÷ amount closed."""
    rows = _closed(tables, start, end)
    won = [r for r in rows if outcome(r) == "Won"]
    return Figure(ratio(_sum(won), _sum(rows)), len(rows), tuple(str(r["id"]) for r in won))


def _sum(rows: Iterable[Row]) -> Decimal:
    return sum((number_of(r.get("amount")) or Decimal(0) for r in rows), Decimal(0))


def cycle(tables: Tables, start: date, end: date) -> Figure:
    """Median days from creation to winning."""
    won = [r for r in _closed(tables, start, end) if outcome(r) == "Won"]
    pairs = [(day_of(r.get("created_on")), day_of(r.get("close_date"))) for r in won]
    return Figure(median_days((b - a).days for a, b in pairs if a is not None and b is not None), len(won), tuple(str(r["id"]) for r in won))


# ── today ────────────────────────────────────────────────────────────────────────────────────────


def today(tables: Tables) -> Sequence[Todo]:
    """Next steps due, and open opportunities whose close date has passed."""
    lines: list[Todo] = []
    ahead = tables.today + timedelta(days=int(_number(tables, "due_soon_days")))
    for row in _open(tables):
        worth = number_of(row.get("amount")) or Decimal(0)
        step, day, close = words_of(row.get("next_step")), day_of(row.get("next_step_date")), day_of(row.get("close_date"))
        if step and day is not None and day <= ahead:
            late = f"{(tables.today - day).days} days late" if day < tables.today else "agreed for this day"
            lines.append(Todo("opportunities", str(row["id"]), day, step, late, worth))
        elif close is not None and close < tables.today:
            lines.append(Todo("opportunities", str(row["id"]), close, "Close it, or agree a new date", "the close date has passed", worth))
    return lines


PROCESS: Final = Process(
    key="opportunities",
    name="Opportunity management",
    title="Opportunities",
    order=3,
    definition="Win one qualified purchase, stage by stage.",
    purpose="Source and follow purchases that are likely to come, plan each one, and record what moves it, so that the methods and "
            "tactics that win become visible.",
    question="Rep: which business problem do I solve, whom must I engage, how do I stand against the competition? "
             "Manager: what is really in the pipeline, what works at which stage?",
    owner_role="Rep",
    cadence="weekly",
    inputs="Qualified leads; stakeholders, competitors and touches as they come.",
    outputs="What is missing to go on, single threads, stalled and pushed deals, win rates, sources.",
    stages=("Discover", "Qualify", "Solution", "Proposal", "Negotiate", "Won", "Lost"),
    tables=(OPPORTUNITIES, STAKEHOLDERS, COMPETITORS, TOUCHES, STAGE_EVENTS),
    checks=(criteria_of_stages_behind_are_met, close_date_is_known, close_date_lies_ahead, lost_has_a_reason, lost_to_a_competitor_names_it,
            next_step_lies_ahead, more_than_one_person_is_engaged, not_longer_in_stage_than_won_deals, close_date_was_not_pushed_often,
            amount_is_not_below_zero, currency_is_one, closes_after_it_was_created, influence_and_stance_in_bounds),
    measures=(
        Measure("activity", "with_future_step", "Open opportunities with a next step ahead ÷ open", "share", with_future_step),
        Measure("activity", "touches_a_week", "Touches per open opportunity and week", "touches", touches_a_week),
        Measure("quality", "moves_without_override", "Stage moves without an override ÷ all moves", "share", moves_without_override),
        Measure("quality", "buyer_and_champion_known", "Open ones with economic buyer and champion ÷ open", "share", buyer_and_champion_known),
        Measure("quality", "not_single_threaded", "Open ones with two people engaged ÷ open", "share", not_single_threaded),
        Measure("result", "win_rate", "Won ÷ closed, drawn towards the prior", "share", win_rate),
        Measure("result", "win_rate_by_value", "Amount won ÷ amount closed", "share", win_rate_by_value),
        Measure("result", "cycle", "Median days from creation to winning", "days", cycle),
    ),
    policy=POLICY,
    compute={"opportunities": compute, "touches": compute_touch},
    fill={"opportunities": fill},
    today=today,
    tiles=(
        Tile("Open opportunities", "opportunities", (("outcome", "is", "Open"),)),
        Tile("Open amount", "opportunities", (("outcome", "is", "Open"),), total="amount"),
        Tile("Next steps overdue", "opportunities", (("outcome", "is", "Open"), ("next_step_date", "before", "today"))),
    ),
)
