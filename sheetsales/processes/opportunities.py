"""Opportunity management: what does the customer need, whom do we engage, how do we stand, what is next?

Run by reps, weekly. In: qualified leads and known accounts. Out: the pipeline by stage with what is
missing to move on, risks, and what won and lost deals teach.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from sheetsales.columns import Choice, Date, DateTime, Email, Integer, Money, Percent, Reference, Text, Tick, YesNoUnknown
from sheetsales.exit_criteria import engaged_since, missing_behind, missing_exit, outcome_of, people_engaged, stage_row
from sheetsales.libraries.currencies import CURRENCIES
from sheetsales.libraries.qualification import SOURCES
from sheetsales.opportunity_measures import (
    buyers_known,
    clean_moves,
    cycle_days,
    next_steps,
    touches_a_week,
    well_connected,
    win_rate,
    win_rate_by_value,
)
from sheetsales.periods import PERIODS_A_YEAR, period_around
from sheetsales.process import (
    Action,
    Measure,
    Parameter,
    Patch,
    Policy,
    Process,
    Request,
    Row,
    Table,
    Tables,
    Tile,
    Todo,
    check,
    numbers,
)
from sheetsales.qualification import overrides
from sheetsales.stage_log import log_stage, stage_clock, stage_on, stall_of
from sheetsales.stage_moves import advance, check_opportunities, close, log_touch, reopen
from sheetsales.stakeholder_map import coverage, has_next_step, is_mine, is_single_threaded, position, risks
from sheetsales.values import Value, cents, day_of, moment_of, number_of, words_of
from sheetsales.what_works import KINDS, READINGS, STAGE, show_what_works

# ── policy ───────────────────────────────────────────────────────────────────────────────────────

POLICY: Final = (
    Policy("engaged_days", 30, "days", "A person not met for so long is not engaged.", 1, 3650),
    Policy("engaged_people", 2, "people", "One person can leave; fewer than two is a single thread."),
    Policy("stall_factor", Decimal("1.5"), "times", "Of the median days that won deals took in the stage.", minimum=1),
    Policy("stall_minimum", 5, "deals", "Fewer won deals say nothing; then the default below.", minimum=1),
    Policy("stall_default", 30, "days", "Limit in a stage until own history speaks."),
    Policy("push_flag", 3, "times", "A close date pushed so often is a wish.", minimum=1),
    Policy("periods_a_year", 4, "periods", "Quarters: a close date moved into a later one is a push.", choices=PERIODS_A_YEAR),
    Policy("prior_win", Decimal("0.50"), "share", "Expected win rate until own history speaks."),
    Policy("shrink_k", 10, "deals", "A rate is drawn towards the expected one as if so many deals had been seen before."),
    Policy("few_deals", 5, "deals", "A share of fewer closed deals says nothing about a method."),
    Policy("worth_telling", Decimal("0.05"), "share", "A win rate nearer to that of all deals is as usual."),
    Policy("problem_length", 20, "characters", "Shorter is a topic, not a business problem."),
    Policy("touch_again", 10, "minutes", "The same touch noted again within so long was one touch."),
)
number = numbers("opportunities", POLICY)
CATEGORIES: Final = ("Pipeline", "Best case", "Commit", "Closed", "Omitted")
LOST_REASONS: Final = (
    "Price", "Competitor", "No decision", "Product gap", "Timing", "Budget withdrawn", "Relationship", "Other",
)  # fmt: skip
ROLES: Final = ("Economic buyer", "Champion", "Technical buyer", "User", "Legal/Procurement", "Influencer", "Blocker")
METHODS: Final = ("Call", "Email", "Meeting", "Demo", "Trial", "Reference", "Proposal", "Event")
TACTICS: Final = (
    "Business case", "Executive contact", "Reference visit", "Pilot", "Joint plan", "Deadline", "Bundle", "Workshop",
)  # fmt: skip
COMPETITION: Final = ("Incumbent", "Shortlisted", "Rumoured", "None", "Do nothing")

# ── tables ───────────────────────────────────────────────────────────────────────────────────────

_OUTCOME: Final = 'IF({stage}="","",IF(TRIM({stage})="Won","Won",IF(TRIM({stage})="Lost","Lost","Open")))'
_WEIGHTED: Final = 'IF(OR({amount}="",{p_win}=""),"",ROUND({amount}*{p_win},2))'
_OPPORTUNITY: Final = Reference("opportunity", required=True, target="opportunities", help="The opportunity it belongs to.")

OPPORTUNITIES: Final = Table("opportunities", "Opportunities", "OP", (
    Text("name", required=True, help="Blank takes account and product."),
    Reference("account", wanted=True, target="accounts", help="The company that may buy."),
    Reference("product", target="products", help="What it may buy."),
    Money("amount", minimum=0, range_code="OPP-10", range_message="Amount below zero.", help="What the sale is worth."),
    Text("ccy", "Currency", help="Three letters, such as EUR; blank is the workspace's."),
    Choice("stage", choices_from="stages", required=True, default="Discover", help="Where the purchase stands."),
    Date("close_date", "Close date", help="When it will be signed, or was closed."),
    Text("next_step", "Next step", help="Who does what next."),
    Date("next_step_date", "Next step date", help="By when."),
    Choice("forecast_category", CATEGORIES, "Forecast category", help="Follows the stage until you choose; blank it to follow again."),
    Choice("outcome", ("Open", "Won", "Lost"), computed="row", formula=_OUTCOME, help="From the stage."),
    Percent("p_win", "P win", computed="row", help="The stage's probability."),
    Money("weighted", computed="row", formula=_WEIGHTED, help="Amount times probability."),
    Text("missing_exit", "Missing exit", computed="row", width=44, help="What is missing to leave the stage forward."),
    Choice("stalled", ("Yes", "No"), computed="row", help="Yes if it stands longer in its stage than won deals did."),
    Choice("single_threaded", ("Yes", "No"), "Single-threaded", computed="row", help="Yes if fewer than two people are engaged."),
    Text("coverage", "Coverage", computed="row", width=44, help="Who decides, who is for us, and how many are engaged."),
    Text("position", "Position", computed="row", width=40, help="Against whom we stand, and with what."),
    Text("risks", "Risks", computed="row", width=50, help="What endangers it, each with its figure."),
    Text("business_problem", "Business problem", help="20 characters or more, in the customer's words."),
    Choice("source", SOURCES, help="Where it came from."),
    YesNoUnknown("budget", help="Is there money for it?"),
    Text("decision_process", "Decision process", help="Who decides, in which steps."),
    Money("value_to_customer", "Value to customer", help="What the customer gains, in money."),
    Text("win_theme", "Win theme", help="Why they should choose us, in one sentence."),
    Tick("terms_agreed", "Terms agreed", help="Yes once price and terms are agreed."),
    Date("signature_date", "Signature date", help="The day agreed for the signature."),
    Choice("lost_reason", LOST_REASONS, "Lost reason", help="Needed when Lost."),
    Text("lost_to", "Lost to", help="The competitor, as named in Competitors."),
    Text("override_reason", "Override reason", help="10 characters or more, to move on with something missing."),
    Reference("lead", target="leads", help="The lead it came from."),
    Date("created_on", "Created on", default="today", help="The day it was found; blank is today."),
    Integer("push_count", "Push count", computed="row", help="How often the close date went into a later quarter."),
    Date("stage_since", "Stage since", computed="row", help="Since when it stands in its stage."),
    DateTime("last_activity_at", "Last activity at", computed="row", help="The last touch or held call."),
    Date("first_close_date", "First close date", computed="row", help="The first close date given; never changes."),
    Choice("forecast_overridden", ("Yes", "No"), "Forecast overridden", computed="row", help="Yes once you chose the category."),
    Choice("stage_category", CATEGORIES, "Stage category", computed="row", help="The category that the stage gives."),
    Text("stage_counted", "Stage counted", computed="row", help="The stage whose days are counted."),
    Text("entry_stage", "Entry stage", computed="row", help="The stage in which it was first seen here."),
    Date("close_period", "Close period", computed="row", help="First day of the quarter of the close date."),
), key=(("account", "name", "created_on"),),
    help="One row per purchase. Move the stage forward when nothing is missing; keep a next step in the future.")  # fmt: skip

STAKEHOLDERS: Final = Table("stakeholders", "Stakeholders", "SH", (
    _OPPORTUNITY,
    Text("person", required=True, help="First and last name."),
    Choice("role", ROLES, help="The part the person plays in the purchase."),
    Integer("influence", minimum=1, maximum=5, range_code="OPP-12", range_message="Influence 1–5, stance −2…+2.",
            help="From 1 (little) to 5 (decides)."),
    Integer("stance", minimum=-2, maximum=2, range_code="OPP-12", range_message="Influence 1–5, stance −2…+2.",
            help="From -2 (against us) to 2 (for us)."),
    Date("engaged_on", "Engaged on", help="When you last spoke."),
), kind="detail", key=(("opportunity", "person"),), label="person", help="Who takes part in the purchase, and how they stand to us.")  # fmt: skip

COMPETITORS: Final = Table("competitors", "Competitors", "CP", (
    _OPPORTUNITY,
    Text("name", help="Blank where there is none."),
    Choice("status", COMPETITION, required=True, default="Rumoured", help="Pick None when you know that there is none."),
    Text("their_strength", "Their strength", help="What the customer likes about them."),
    Text("our_position", "Our position", help="Where we are better."),
    Text("trap", help="A question that shows their weakness."),
), kind="detail", key=(("opportunity", "name"), ("opportunity", "status")), help="Against whom we stand, doing nothing included.")  # fmt: skip

STAGE_EVENTS: Final = Table("stage_events", "Stage events", "SE", (
    Reference("opportunity", target="opportunities", computed="service"),
    Text("from", computed="service"),
    Text("to", computed="service"),
    DateTime("at", computed="service"),
    Email("by", computed="service", target="people"),
    Integer("days_in_stage", "Days in stage", computed="service", help="Days spent in the stage that was left."),
    Text("override_reason", "Override reason", computed="service"),
), kind="log", key=(("opportunity", "to", "at"),), label="opportunity", help="Every move between stages; written by the service.")  # fmt: skip

TOUCHES: Final = Table("touches", "Touches", "TO", (
    _OPPORTUNITY,
    DateTime("at", required=True, help="When it was."),
    Choice("method", METHODS, required=True, default="Call", help="How you were in touch."),
    Choice("tactic", TACTICS, help="The tactic used, if there was one."),
    Tick("two_way", "Two-way", help="Yes if they answered."),
    Text("stage_at", "Stage at", computed="row", help="The stage at that time."),
), kind="detail", key=(("opportunity", "at", "method"),), label="method", help="What you did to win, so that it can be seen what works.")  # fmt: skip

WHAT_WORKS: Final = Table("what_works", "What works", "WW", (
    Choice("kind", (*KINDS, STAGE), computed="action", help="Method, tactic, or the chance of a stage."),
    Text("used", "Method or tactic", computed="action", help="What was used."),
    Text("stage", computed="action", help="The stage in which it was used."),
    Integer("n", "Closed deals", computed="action", help="How many closed deals stand behind the figure."),
    Integer("won", computed="action", help="How many of them were won."),
    Percent("rate", "Win rate", computed="action", help="Drawn towards the rate beside it while deals are few."),
    Percent("whole", "Drawn towards", computed="action", help="Of all closed deals; for a stage its probability."),
    Choice("reading", READINGS, computed="action", help="Fewer than five deals say nothing."),
    Text("reason", computed="action", width=52, help="The figures in words."),
), kind="log", key=(("kind", "used", "stage", "owner"),), label="used",
    help="Which methods and tactics win at each stage, from closed deals; press What works to bring it up to date.")  # fmt: skip

# ── computed columns ─────────────────────────────────────────────────────────────────────────────


def fill_opportunity(row: Row) -> Mapping[str, Value]:
    """Give a new opportunity a name where it has none: account and product, else its external id."""
    parts = [str(row[name]) for name in ("account", "product") if row.get(name) is not None]
    return {"name": " - ".join(parts) or row.get("external_id")} if row.get("name") is None else {}


def compute_opportunity(row: Row, tables: Tables) -> Mapping[str, Value]:
    """Give the computed columns, and the forecast category while the rep has not chosen one.

    What is frozen or counted needs what stands in the row: first close date, pushes, period, category.
    """
    outcome = outcome_of(row)
    chance = chance_of(row, tables)
    amount = number_of(row.get("amount"))
    is_open = outcome == "Open"
    clock = stage_clock(row, tables)
    counted = pushes(row, tables)
    return {
        "outcome": outcome,
        "p_win": chance,
        "weighted": cents(amount * chance) if amount is not None and chance is not None else None,
        "missing_exit": "; ".join(missing_exit(row, tables, row.get("stage"), engaged_since(tables))) or None
        if is_open
        else None,
        **clock,
        "stalled": "Yes" if is_open and stall_of({**row, **clock}, tables) is not None else "No",
        "single_threaded": "Yes" if is_open and is_single_threaded(row, tables) else "No",
        "coverage": coverage(row, tables) if is_open else None,
        "position": position(row, tables),
        "last_activity_at": last_activity(row, tables),
        "first_close_date": row.get("first_close_date") or row.get("close_date"),
        **counted,
        "risks": "; ".join(risks({**row, **clock, **counted}, tables)) or None,
        **_category(row, tables),
    }


def chance_of(row: Row, tables: Tables) -> Decimal | None:
    """Give the chance to win by the stage: Won 1, Lost 0, else the stage's; None where it is not known."""
    outcome = outcome_of(row)
    stage = stage_row(tables, row.get("stage"))
    return Decimal(outcome == "Won") if outcome != "Open" else number_of(stage.get("probability")) if stage is not None else None


def pushes(row: Row, tables: Tables) -> Mapping[str, Value]:
    """Count a push where the close date lies in a later period than the one that stands in the row."""
    count, was, close = int(number_of(row.get("push_count")) or 0), day_of(row.get("close_period")), day_of(row.get("close_date"))
    if close is None:
        return {"push_count": count, "close_period": was}
    period = period_around(close, int(number(tables, "periods_a_year")))[0]
    pushed = was is not None and period > was and outcome_of(row) == "Open"
    return {"push_count": count + pushed, "close_period": period}


def _category(row: Row, tables: Tables) -> Mapping[str, Value]:
    """Let the category follow the stage until the rep has chosen another; a blank follows again."""
    stage = stage_row(tables, row.get("stage"))
    by_stage = stage.get("category") if stage is not None else row.get("stage_category")
    mine, before = row.get("forecast_category"), row.get("stage_category") or by_stage
    chosen = mine is not None and (row.get("forecast_overridden") == "Yes" or mine != before)
    return {
        "stage_category": by_stage,
        "forecast_overridden": "Yes" if chosen else "No",
        "forecast_category": mine if chosen else by_stage,
    }


def last_activity(row: Row, tables: Tables) -> Value:
    """Give the moment of the last touch or held call; None where there was none."""
    moments = [moment_of(touch.get("at")) for touch in tables.children("touches", "opportunity", "opportunities", row)]
    moments += [
        moment_of(call.get("held_at"))
        for call in tables.children("calls", "opportunity", "opportunities", row)
        if call.get("status") == "Held"
    ]
    return max((moment for moment in moments if moment is not None), default=None)


def compute_touch(row: Row, tables: Tables) -> Mapping[str, Value]:
    """Give the stage the opportunity stood in at the time of the touch, by the log; once known it stays."""
    deal = tables.find("opportunities", row.get("opportunity"))
    found = stage_on(deal, moment_of(row.get("at")), tables) if deal is not None else None
    return {"stage_at": row.get("stage_at") or found}


# ── checks ───────────────────────────────────────────────────────────────────────────────────────


def _is_open(row: Row) -> bool:
    return row.get("stage") is not None and outcome_of(row) == "Open"


@check("OPP-01", "gate", "opportunities", "stage", "override_reason", hint="Fill what is missing, or give an override reason.")
def stage_is_earned(row: Row, tables: Tables) -> object:
    """Cannot move to {stage}. Missing: {list}."""
    if overrides(row.get("override_reason")):
        return None
    missing = missing_behind(row, tables)
    return {"stage": row.get("stage"), "list": ", ".join(missing)} if missing else None


@check("OPP-02", "warning", "opportunities", "close_date", hint="Type the day you expect the signature.")
def close_date_is_there(row: Row, _tables: Tables) -> object:
    """Close date is empty."""
    return row.get("close_date") is None


@check("OPP-03", "warning", "opportunities", "close_date", "stage", hint="Close it, or move the date.")
def close_date_is_ahead(row: Row, tables: Tables) -> object:
    """Close date {date} has passed and the opportunity is open."""
    close = day_of(row.get("close_date"))
    return {"date": close} if _is_open(row) and close is not None and close < tables.today else None


@check("OPP-04", "gate", "opportunities", "lost_reason", "stage", hint="Pick the reason.")
def lost_has_reason(row: Row, _tables: Tables) -> object:
    """Lost needs a reason."""
    return outcome_of(row) == "Lost" and row.get("lost_reason") is None


@check("OPP-05", "gate", "opportunities", "lost_to", "lost_reason", hint="Name the competitor.")
def competitor_is_named(row: Row, _tables: Tables) -> object:
    """Lost to a competitor: which one?"""
    return outcome_of(row) == "Lost" and row.get("lost_reason") == "Competitor" and row.get("lost_to") is None


@check("OPP-06", "warning", "opportunities", "next_step", "next_step_date", "stage", hint="Agree a step and its day.")
def next_step_is_ahead(row: Row, tables: Tables) -> object:
    """No next step in the future."""
    return _is_open(row) and not has_next_step(row, tables)


@check("OPP-07", "warning", "opportunities", "single_threaded", "stage", hint="Meet a second person.")
def several_are_engaged(row: Row, tables: Tables) -> object:
    """Only {n} person engaged in {d} days: single-thread risk."""
    known = tables.children("stakeholders", "opportunity", "opportunities", row)
    alone = known and _is_open(row) and is_single_threaded(row, tables)
    days = number(tables, "engaged_days")
    return {"n": people_engaged(row, tables, engaged_since(tables)), "d": days} if alone else None


@check("OPP-08", "warning", "opportunities", "stalled", "stage", "next_step_date", hint="Agree a next step, or close it.")
def stage_is_moving(row: Row, tables: Tables) -> object:
    """In {stage} for {d} days; won deals took {m} (limit {l})."""
    stall = stall_of(row, tables) if _is_open(row) else None
    if stall is None:
        return None
    return {"stage": row.get("stage"), "d": stall.days, "m": stall.usual_in_words, "l": stall.limit_in_words}


@check("OPP-09", "warning", "opportunities", "push_count", "close_date", hint="Ask what really decides the date.")
def close_date_holds(row: Row, tables: Tables) -> object:
    """Close date pushed {n} times."""
    pushes = number_of(row.get("push_count"))
    return {"n": pushes} if _is_open(row) and pushes is not None and pushes >= number(tables, "push_flag") else None


@check("OPP-10", "error", "opportunities", "amount", hint="Type an amount of 0 or more.")
def amount_is_not_negative(row: Row, _tables: Tables) -> object:
    """Amount below zero."""
    return (number_of(row.get("amount")) or Decimal(0)) < 0


@check("OPP-10", "error", "opportunities", "ccy", hint="Type three letters, such as EUR.")
def currency_exists(row: Row, _tables: Tables) -> object:
    """'{ccy}' is not a currency."""
    ccy = row.get("ccy")
    return {"ccy": ccy} if ccy is not None and words_of(ccy).upper() not in CURRENCIES else None


@check("OPP-11", "warning", "opportunities", "close_date", "created_on", hint="Mend one of the two dates.")
def close_follows_creation(row: Row, _tables: Tables) -> object:
    """Close date {date} lies before the day it was created ({created})."""
    close, created = day_of(row.get("close_date")), day_of(row.get("created_on"))
    return {"date": close, "created": created} if close is not None and created is not None and close < created else None


@check("OPP-12", "error", "stakeholders", "influence", "stance", hint="Type whole numbers in these ranges.")
def weights_are_in_range(row: Row, _tables: Tables) -> object:
    """Influence 1–5, stance −2…+2."""
    ranges = {"influence": range(1, 6), "stance": range(-2, 3)}
    return [
        {"column": name} for name, held in ranges.items() if row.get(name) is not None and number_of(row.get(name)) not in held
    ]


# ── today, and buttons ───────────────────────────────────────────────────────────────────────────


def today_lines(tables: Tables) -> list[Todo]:
    """Give the open opportunities whose next step is due or missing, or whose close date has passed."""
    lines = []
    for row in tables.rows("opportunities"):
        if not _is_open(row) or not is_mine(row, tables):
            continue
        record, name, amount = str(row["id"]), words_of(row.get("name")), number_of(row.get("amount")) or Decimal(0)
        step, close = day_of(row.get("next_step_date")), day_of(row.get("close_date"))
        if close is not None and close < tables.today:
            why = f"The close date {close} has passed."
            lines.append(Todo("opportunities", record, close, f"Close {name}, or move its date", why, amount))
        elif step is not None and step <= tables.today and words_of(row.get("next_step")):
            lines.append(
                Todo("opportunities", record, step, f"{name}: {words_of(row.get('next_step'))}", "The next step is due.", amount)
            )
        elif not has_next_step(row, tables):
            lines.append(Todo("opportunities", record, None, f"Agree a next step: {name}", "No next step in the future.", amount))
    return lines


def _check(tables: Tables, request: Request) -> Patch:
    """Check the selected opportunities, or all open ones of the member."""
    return check_opportunities(tables, request, compute_opportunity)


def _log_touch(tables: Tables, request: Request) -> Patch:
    """Note a touch by the methods and tactics of this process."""
    return log_touch(tables, request, METHODS, TACTICS)


PROCESS: Final = Process(
    key="opportunities",
    name="Opportunity management",
    title="Opportunities",
    order=3,
    definition="Win one qualified purchase, stage by stage.",
    purpose="Source and follow opportunities through the pipeline, plan each one, and record what moves them.",
    question="Which problem do I solve, whom must I engage, how do I stand against the competition? What is really in the pipeline?",
    owner_role="Rep",
    cadence="weekly",
    inputs="Qualified leads, accounts, stakeholders, competitors, touches.",
    outputs="What is missing to move on, who is not known, single threads, stalled and pushed deals, what works, win rates, cycle days.",
    stages=("Discover", "Qualify", "Solution", "Proposal", "Negotiate", "Won", "Lost"),
    tables=(OPPORTUNITIES, STAKEHOLDERS, COMPETITORS, TOUCHES, STAGE_EVENTS, WHAT_WORKS),
    checks=(stage_is_earned, close_date_is_there, close_date_is_ahead, lost_has_reason, competitor_is_named, next_step_is_ahead,
            several_are_engaged, stage_is_moving, close_date_holds, amount_is_not_negative, currency_exists,
            close_follows_creation, weights_are_in_range),
    measures=(
        Measure("activity", "next_step", "Open opportunities with a next step in the future ÷ open", "share", next_steps),
        Measure("activity", "touches", "Touches per open opportunity and week", "touches", touches_a_week),
        Measure("quality", "clean_moves", "Stage moves without override ÷ all moves", "share", clean_moves),
        Measure("quality", "buyers_known", "Open opportunities with economic buyer and champion", "share", buyers_known),
        Measure("quality", "well_connected", "Open opportunities that are not single-threaded", "share", well_connected),
        Measure("result", "win_rate", "Won ÷ closed, shrunk", "share", win_rate),
        Measure("result", "win_rate_by_value", "Won value ÷ closed value, shrunk", "share", win_rate_by_value),
        Measure("result", "cycle_days", "Median days from creation to won", "days", cycle_days),
    ),
    actions=(
        Action("opportunities.advance", "Advance stage", ("opportunities",), advance,
               (Parameter("stage", "text", help="Blank: the next stage."),
                Parameter("reason", "text", help="10 characters or more, to go on with something missing.")),
               help="Moves the selected opportunities on, or says exactly what is missing."),
        Action("opportunities.close", "Close won or lost", ("opportunities",), close,
               (Parameter("outcome", "text", "Won", help="Won or Lost."),
                Parameter("on", "date", help="The day; blank is today."),
                Parameter("lost_reason", "text", help=f"One of: {', '.join(LOST_REASONS)}."),
                Parameter("lost_to", "text", help="The competitor."),
                Parameter("reason", "text", help="10 characters or more, to close with something missing.")),
               help="Closes the selected opportunities; lost asks why."),
        Action("opportunities.reopen", "Reopen", ("opportunities",), reopen,
               (Parameter("stage", "text", help="Blank: the stage it stood in before."),),
               help="Opens the selected closed opportunities again; the log keeps what was."),
        Action("opportunities.check", "Check opportunity", ("opportunities",), _check,
               help="Says what is missing, who is not known and what is at risk, the largest first."),
        Action("opportunities.log_touch", "Log touch", ("opportunities",), _log_touch,
               (Parameter("method", "text", "Call", help=f"One of: {', '.join(METHODS)}."),
                Parameter("tactic", "text", help=f"One of: {', '.join(TACTICS)}."),
                Parameter("two_way", "text", help="Yes if they answered."),
                Parameter("person", "text", help="A stakeholder, who then counts as engaged today.")),
               help="Notes a touch of the selected opportunities now."),
        Action("opportunities.what_works", "What works", ("what_works", "opportunities"), show_what_works,
               help="Counts which methods and tactics win at each stage, with n."),
    ),
    policy=POLICY,
    compute={"opportunities": compute_opportunity, "touches": compute_touch},
    log={"opportunities": log_stage},
    fill={"opportunities": fill_opportunity},
    today=today_lines,
    tiles=(
        Tile("Open opportunities", "opportunities", (("outcome", "is", "Open"),)),
        Tile("Open amount", "opportunities", (("outcome", "is", "Open"),), total="amount"),
        Tile("Next steps overdue", "opportunities", (("outcome", "is", "Open"), ("next_step_date", "before", "today"))),
    ),
)  # fmt: skip
