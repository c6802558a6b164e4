"""Deal management: where the open deals stand against the quota, and what has to be put in.

Run by reps and managers, weekly. In: opportunities, quotas, forecasts, touches. Out: the standing and the
forecast as a range, what moved, what is needed to be comfortable, whom to keep warm, whom to coach on what.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Final

from sheetsales.attainment import attainment, forecast_error, forecasts_on_time, quota_streak, slip_rate, slip_rate_by_value
from sheetsales.bridge import last_bridge
from sheetsales.coaching_log import CHECKS as COACHING_CHECKS
from sheetsales.coaching_log import COACHING_CARDS, COACHING_LOG, coach, due_checks, fill_log
from sheetsales.columns import Choice, Column, Date, DateTime, Integer, Money, Number, Percent, Reference, Text
from sheetsales.conversion import STEPS
from sheetsales.deal_report import QUESTIONS
from sheetsales.deal_review import forecast, inputs, review
from sheetsales.deal_weeks import adjust, month_map, moved, snapshot, submit
from sheetsales.nurture import cadence, compute_nurture, elsewhere, is_due_today, is_in_touch, last_touch, nurture, subject
from sheetsales.periods import PERIODS_A_YEAR, monday, period_around
from sheetsales.pipeline import ZERO, amount_of, booked, cycle_days, deals_of, period_days, rate_between, state_of
from sheetsales.process import (
    Action,
    Figure,
    Measure,
    Parameter,
    Policy,
    Process,
    Row,
    Table,
    Tables,
    Tile,
    Todo,
    check,
    numbers,
    share,
)
from sheetsales.standing import is_running
from sheetsales.values import Value, day_of, fold, number_of, words_of

# ── policy ───────────────────────────────────────────────────────────────────────────────────────

POLICY: Final = (
    Policy(
        "periods_a_year", 4, "periods", "Quotas are looked at by quarter where no period says otherwise.", choices=PERIODS_A_YEAR
    ),
    Policy("cadence_1", 14, "days", "Between touches of a deal in the first stage."),
    Policy("cadence_2", 14, "days", "The same in the second stage."),
    Policy("cadence_3", 7, "days", "From the third stage on a week without contact is long."),
    Policy("cadence_4", 7, "days", "The same in the fourth stage."),
    Policy("cadence_5", 3, "days", "Close to the signature things move by the day."),
    Policy("cadence_client", 45, "days", "A client without an open deal, so that needs are heard early."),
    Policy("forecast_every", 7, "days", "A forecast older than a week no longer says where we stand."),
    Policy("forecast_due", 1, "days", "Forecasts of a week are in by the end of Tuesday."),
    Policy("forecast_lead", 28, "days", "Forecast error is judged on the forecast four weeks before the end."),
    Policy("pushed_flag", 3, "pushes", "A close date moved three times is no date."),
    Policy("comfortable", Decimal("0.80"), "share", "A chance to reach the quota that lets one sleep."),
    Policy("enough_won", 5, "deals", "With fewer won deals a median cycle says nothing."),
    Policy(
        "correlation",
        Decimal("0.10"),
        "share",
        "Deals hang together: a bad quarter hits all. 0 takes them as independent.",
        maximum=Decimal("0.95"),
    ),
    Policy("prior_win", Decimal("0.25"), "share", "Win rate by value expected before own deals are closed."),
    Policy("shrink_k", 10, "rows", "A rate is drawn towards the expected one as if so many rows had been seen before."),
    Policy("prior_lead", Decimal("0.30"), "share", "Decided leads that become opportunities, before own rows speak."),
    Policy("prior_proposal", Decimal("0.60"), "share", "Opportunities that get a proposal, before own rows speak."),
    Policy("prior_proposal_won", Decimal("0.40"), "share", "Proposals that are won, before own rows speak."),
    Policy("prior_calls", 6, "calls", "Held calls for an opportunity, before own rows speak."),
    Policy("proposal_stage", "Proposal", "stage", "The stage in which a proposal is out; the conversion rates look at it."),
    Policy("prior_cross", Decimal("0.10"), "share", "Clients that take one more product, before own rows speak."),
    Policy("upsell_after", 90, "days", "A purchase so old can be spoken about again."),
    Policy("upsell_part", Decimal("0.50"), "share", "Of the last purchase, what an up-sell is counted at."),
    Policy("coach_days", 365, "days", "Coaching compares a year: a quarter has too few closed deals."),
    Policy("coach_minimum", 10, "deals", "With fewer closed deals nothing is compared."),
)
number: Final = numbers("deals", POLICY)

# ── tables: logs are written by the service and by actions alone, so all their columns are computed ──


def _ccy(computed: str = "") -> Column:
    return Text("ccy", "Currency", limit=3, computed=computed, help="Three letters, such as EUR. Blank: the workspace's.")


SNAPSHOTS: Final = Table(
    "deal_week",
    "Deal weeks",
    "DW",
    (
        Date("week", "Week", computed="service", help="Monday of the week."),
        Reference("opportunity", "Opportunity", target="opportunities", computed="service", help="The deal."),
        Text("stage", "Stage", computed="service", help="As it stood when the snapshot was taken."),
        Money("amount", "Amount", computed="service", help="As it stood when the snapshot was taken."),
        _ccy("service"),
        Text("category", "Category", computed="service", help="Forecast category at that time."),
        Date("close_date", "Close date", computed="service", help="Close date at that time."),
        Percent("p", "Probability", computed="service", help="Probability of winning at that time."),
        Text("deal_id", "Deal ID", limit=40, computed="service", help="The deal's ID, so that it is found when it is renamed."),
    ),
    kind="log",
    key=(("week", "opportunity"),),
    label="opportunity",
    help="One row per deal and week; never edited.",
)

QUOTAS: Final = Table(
    "quotas",
    "Quotas",
    "QU",
    (
        Text("who", "Who", required=True, help="E-mail of a member, or the name of a team."),
        Reference("period", "Period", required=True, target="periods", help="Such as 2026-Q1."),
        Money("amount", "Quota", required=True, minimum=0, help="What is to be booked in the period."),
        _ccy(),
    ),
    kind="library",
    key=(("who", "period"),),
    label="who",
    help="One quota per member or team and period.",
)

ACTUALS: Final = Table(
    "actuals",
    "Actuals",
    "AU",
    (
        Text("who", "Who", computed="service", help="Member or team."),
        Reference("period", "Period", target="periods", computed="service", help="Such as 2026-Q1."),
        Money("booked", "Booked", computed="row", help="Amount of the deals won in the period."),
    ),
    kind="log",
    key=(("who", "period"),),
    label="who",
    help="What was booked, from won deals.",
)

FORECASTS: Final = Table(
    "forecast_calls",
    "Forecasts",
    "FC",
    (
        Text("who", "Who", required=True, help="E-mail of a member, or the name of a team."),
        Reference("period", "Period", required=True, target="periods", help="The period that is forecast, such as 2026-Q1."),
        Date("week", "Week", required=True, help="Week in which the forecast was given; any day of it."),
        Money("commit", "Commit", help="What you promise to book in the period, what is closed included."),
        Money("best", "Best case", help="What it comes to if things go well."),
        DateTime("submitted_at", "Submitted at", help="When the forecast was given."),
        Money(
            "manager_adjustment",
            "Manager's adjustment",
            help="Added by the manager; it stands beside your figure, never over it.",
        ),
        Text("adjustment_reason", "Reason of the adjustment", help="Needed with every adjustment."),
    ),
    kind="detail",
    key=(("who", "period", "week"),),
    label="who",
    help="One forecast per week, the adjustment apart.",
)

NURTURE: Final = Table(
    "nurture",
    "Nurture",
    "NU",
    (
        Reference("opportunity", "Opportunity", target="opportunities", help="The open deal to keep warm; or name a client."),
        Reference("account", "Account", target="accounts", help="The client to keep in touch with, where there is no deal."),
        Date("last_touch", "Last touch", computed="row", help="Newest touch or held call."),
        Integer("cadence_days", "Cadence (days)", minimum=1, help="Days between touches. Blank: by stage, 45 for clients."),
        Date("next_touch", "Next touch", computed="row", help="When to be in touch again."),
    ),
    kind="detail",
    key=(("opportunity",), ("account",)),
    label="opportunity",
    help="What must not fall asleep.",
)

RATES: Final = Table(
    "conversion_rates",
    "Conversion rates",
    "CV",
    (
        Choice("step", STEPS, "Step", computed="action", help="From what to what."),
        Number(
            "rate",
            "Rate",
            computed="action",
            help="Share that goes on, or calls per opportunity; drawn towards the team's with few rows.",
        ),
        Integer("n", "n", computed="action", help="How many rows stand behind it."),
    ),
    kind="log",
    key=(("step", "owner"),),
    label="step",
    help="Own conversion rates, by What do I need.",
)

REPORT: Final = Table(
    "deal_report",
    "Deal report",
    "DR",
    (
        Choice("question", QUESTIONS, "Question", computed="action", help="The button that answered; filter by it."),
        Text("what", "What", computed="action", help="What the figure is, or which deal or account.", width=36),
        Money("amount", "Amount", computed="action", help="In money; what takes away from the open amount is below zero."),
        Number("number", "Number", computed="action", help="How many, or how many times."),
        Percent("share", "Chance or share", computed="action", help="A chance, or a part of the whole."),
        Text("why", "Why", computed="action", help="How it comes about, and the deals behind it.", width=90),
        Integer("line", "Line", computed="action", help="Its place in the answer."),
        Text("period", "Period", computed="action", help="The period it is about."),
        Date("as_of", "As of", computed="action", help="The day it was answered."),
    ),
    kind="log",
    key=(("question", "line", "owner"),),
    label="what",
    help="What the deal buttons answered, line by line with the reason; the next answer is written over the last.",
)


# ── what follows from the rows ───────────────────────────────────────────────────────────────────


def compute_actual(row: Row, tables: Tables) -> Mapping[str, Value]:
    """Give what was booked."""
    return {"booked": booked(row.get("who"), row.get("period"), tables)}


# ── checks ───────────────────────────────────────────────────────────────────────────────────────


@check("DEAL-01", "error", "quotas", "who", "period", hint="Keep one of them, or change the period.")
def one_quota_each(row: Row, tables: Tables) -> object:
    """Two quotas for {who} in {period}."""
    who, period = words_of(row.get("who")), row.get("period")
    same = tables.same_key("periods", period)
    twins = [
        other
        for other in tables.where("quotas", "who", who)
        if other["id"] != row["id"] and tables.same_key("periods", other.get("period")) == same
    ]
    return {"who": who, "period": period} if who and same and twins else None


@check("DEAL-02", "error", "quotas", "ccy", "who", "period", hint="Add the rate with its date to Exchange rates.")
def currencies_have_rates(row: Row, tables: Tables) -> object:
    """Currencies differ and no dated rate exists for {ccy} → {to}."""
    to, days = words_of(row.get("ccy")), period_days(row.get("period"), tables)
    if not to or days is None:
        return None
    due = [
        deal
        for deal in deals_of(row.get("who"), tables)
        if (day := day_of(deal.get("close_date"))) is not None and days[0] <= day <= days[1]
    ]
    others = {words_of(deal.get("ccy")).upper() for deal in due} - {"", to.upper()}
    rates = tables.rows("fx_rates")
    return [{"ccy": ccy, "to": to.upper()} for ccy in sorted(others) if not rate_between(ccy, to, rates)]


def _is_commit(row: Row) -> bool:
    return state_of(row) == "Open" and fold(row.get("forecast_category") or "") == "commit"


@check(
    "DEAL-03",
    "warning",
    "opportunities",
    "next_step",
    "forecast_category",
    "stage",
    hint="Write what happens next, or take it out of Commit.",
)
def commit_has_a_next_step(row: Row, _tables: Tables) -> object:
    """Commit deal without a next step."""
    return _is_commit(row) and not words_of(row.get("next_step"))


@check(
    "DEAL-04",
    "warning",
    "opportunities",
    "close_date",
    "forecast_category",
    "stage",
    hint="Take it out of Commit, or correct the date.",
)
def commit_closes_in_time(row: Row, tables: Tables) -> object:
    """Commit deal closes after the period ends."""
    close = day_of(row.get("close_date"))
    end = period_around(tables.today, int(number(tables, "periods_a_year")))[1]
    return _is_commit(row) and close is not None and close > end


@check("DEAL-05", "error", "forecast_calls", "adjustment_reason", "manager_adjustment", hint="Say in a few words why.")
def adjustment_has_a_reason(row: Row, _tables: Tables) -> object:
    """Manager adjustment needs a reason."""
    return bool(number_of(row.get("manager_adjustment"))) and not words_of(row.get("adjustment_reason"))


@check(
    "DEAL-06",
    "error",
    "deal_week",
    "week",
    "opportunity",
    "stage",
    "amount",
    "category",
    "close_date",
    hint="The snapshot stays as it was taken.",
)
def snapshot_is_as_taken(row: Row, tables: Tables) -> object:
    """A snapshot cannot be edited; correct the opportunity."""
    week, version = day_of(row.get("week")), number_of(row.get("version"))
    if week is None or week != monday(week) or week > tables.today or row.get("opportunity") is None:
        return True
    return version is not None and version > 1


@check(
    "DEAL-07", "warning", "deal_week", "amount", "week", "opportunity", hint="Look at the rows: a deal stands twice in a week."
)
def bridge_reconciles(row: Row, tables: Tables) -> object:
    """Bridge does not reconcile: {difference}. Rows: {list}."""
    found = tables.once("deals last bridge", last_bridge)
    if found is None or not found.difference or not found.repeated or found.repeated[0] != str(row["id"]):
        return None
    return {"difference": f"{found.difference:.2f}", "list": ", ".join(found.repeated)}


@check("DEAL-08", "warning", "quotas", "who", "period", hint="Submit a forecast for the week.")
def forecast_is_fresh(row: Row, tables: Tables) -> object:
    """No forecast from {who} for {days} days."""
    days = period_days(row.get("period"), tables)
    if days is None or not is_running(days, tables) or not words_of(row.get("who")):
        return None
    same = tables.same_key("periods", row.get("period"))
    given = [
        day
        for one in tables.where("forecast_calls", "who", row.get("who"))
        if tables.same_key("periods", one.get("period")) == same
        and (day := day_of(one.get("submitted_at"))) is not None
        and day <= tables.today
    ]
    silent = (tables.today - max([days[0], *given])).days
    return {"who": words_of(row.get("who")), "days": silent} if silent > number(tables, "forecast_every") else None


@check("DEAL-09", "warning", "quotas", "period", "who", "amount", hint="Work on the deals that are open.")
def new_deals_close_in_time(row: Row, tables: Tables) -> object:
    """New opportunities opened now close after the period ends (median cycle {d} days): the gap must come from open deals."""
    days, quota = period_days(row.get("period"), tables), number_of(row.get("amount"))
    if days is None or quota is None or not is_running(days, tables):
        return None
    cycles = cycle_days(deals_of(row.get("who"), tables))
    done = booked(row.get("who"), row.get("period"), tables)
    if len(cycles) < number(tables, "enough_won") or (done is not None and done >= quota):
        return None
    cycle = int(Decimal(median(cycles)))
    return {"d": cycle} if (days[1] - tables.today).days < cycle else None


# ── measures and today ───────────────────────────────────────────────────────────────────────────


def _open(tables: Tables) -> list[Row]:
    return [row for row in tables.rows("opportunities") if state_of(row) == "Open"]


def touched_within_cadence(tables: Tables, _start: date, _end: date) -> Figure:
    """Give the share of open deals whose newest touch is not older than the cadence of their stage."""
    deals = _open(tables)
    return share([deal for deal in deals if is_in_touch(deal, tables)], deals)


def hygiene(tables: Tables, _start: date, _end: date) -> Figure:
    """Give the share of open deals with close date and next step not in the past, and not stalled."""
    deals = _open(tables)
    return share(
        [
            deal
            for deal in deals
            if deal.get("stalled") != "Yes"
            and all(
                (day := day_of(deal.get(name))) is not None and day >= tables.today for name in ("close_date", "next_step_date")
            )
        ],
        deals,
    )


def _mine(table: str, tables: Tables) -> list[Row]:
    rows = tables.where(table, "owner", tables.me) if tables.me else tables.rows(table)
    return sorted(rows, key=lambda row: str(row["id"]))


def today(tables: Tables) -> Sequence[Todo]:
    """Give stalled and pushed deals, whom to be in touch with again, and agreed actions to look at."""
    lines: list[Todo] = []
    for deal in _mine("opportunities", tables):
        name, pushes = words_of(deal.get("name")), number_of(deal.get("push_count")) or ZERO
        if state_of(deal) != "Open":
            continue
        if deal.get("stalled") == "Yes":
            lines.append(
                Todo(
                    "opportunities",
                    str(deal["id"]),
                    None,
                    f"Move {name} on, or let it go",
                    f"stalled in {words_of(deal.get('stage'))}",
                    amount_of(deal),
                )
            )
        if pushes >= number(tables, "pushed_flag"):
            lines.append(
                Todo(
                    "opportunities",
                    str(deal["id"]),
                    None,
                    f"Agree a date that holds for {name}",
                    f"close date pushed {pushes} times",
                    amount_of(deal),
                )
            )
    for row in _mine("nurture", tables):
        deal_or_none = tables.find("opportunities", row.get("opportunity"))
        if is_due_today(row, tables) and (deal_or_none is None or state_of(deal_or_none) == "Open"):
            last, every = last_touch(row, tables), f"every {cadence(row, tables)} days"
            why = f"nobody was in touch yet, {every}" if last is None else f"last touch {last.isoformat()}, {every}"
            due = day_of(compute_nurture(row, tables)["next_touch"])
            lines.append(Todo("nurture", str(row["id"]), due, f"Be in touch about {subject(row)}", why))
    return [*lines, *due_checks(tables)]


ACTIONS: Final = (
    Action("deals.review", "Where do I stand", ("opportunities", "nurture"), review,
           help="Booked, commit, best case and weighted against the quota, with the chance to reach it; stalled and pushed deals."),
    Action("deals.forecast", "Forecast", ("deal_report",), forecast,
           (Parameter("correlation", "percent", None, "share", "How much deals hang together; blank takes the policy's."),),
           help="The period as a range with the chance to reach the quota, and the deals that decide it."),
    Action("deals.inputs", "What do I need", ("deal_report",), inputs,
           (Parameter("goal", "money", None, "money", "Instead of the quota."),
            Parameter("win_rate", "percent", None, "share", "Instead of your own win rate by value."),
            Parameter("size", "money", None, "money", "Instead of the size of your own deals.")),
           help="The gap to the quota as new opportunities, leads, proposals and calls, by your own conversion rates."),
    Action("deals.bridge", "What moved", ("deal_report", "deal_week"), moved,
           (Parameter("since", "date", None, "day", "The snapshot of that week; blank takes the last of an earlier week."),),
           help="How the open amount went from the last snapshot to now: new, pulled in, pushed out, changed, lost, won."),
    Action("deals.month", "Map my month", ("deal_report",), month_map,
           (Parameter("month", "text", None, "month", "Such as 2026-05; blank is the running one."),),
           help="The weeks of the month with deals due to close, calls planned, proposals to send and renewals."),
    Action("deals.elsewhere", "Where else to sell", ("deal_report",), elsewhere,
           help="Your accounts without an open deal, and clients that could take more, each by its worth and why."),
    Action("deals.snapshot", "Take weekly snapshot", ("deal_week",), snapshot,
           help="Keeps how every open deal stands this week; pressed again it adds only what is missing."),
    Action("deals.nurture", "Who is due", ("nurture",), nurture,
           help="Puts open deals and clients on the list, and names those with whom it is time to be in touch."),
    Action("deals.submit", "Submit forecast", ("forecast_calls",), submit,
           (Parameter("commit", "money", None, "money", "Blank: what is booked and in Commit."),
            Parameter("best", "money", None, "money", "Blank: commit and best case.")),
           help="Hands in commit and best case of the running period for this week."),
    Action("deals.adjust", "Adjust with reason", ("coaching_cards",), adjust,
           (Parameter("who", "text", None, "e-mail", "Whose forecast."),
            Parameter("amount", "money", None, "money", "By how much; may be below zero."),
            Parameter("reason", "text", None, "words", "Why.")),
           help="For managers: puts an adjustment with its reason beside a member's forecast; the member's figure stays."),
    Action("deals.coach", "Coaching cards", ("coaching_cards", "coaching_log"), coach,
           help="For managers: what explains each member's distance to the team, three records that show it, what was agreed."),
)  # fmt: skip

PROCESS: Final = Process(
    key="deals",
    name="Deal management",
    title="Deals",
    order=6,
    definition="Steer all open deals towards the quota.",
    purpose="Follow deals from start to end in one way, know every week where they stand, and which inputs are needed to be "
    "comfortable.",
    question="Rep: where do I stand this week, what must I put in? Manager: will we make it, what moved, whom do I help?",
    owner_role="Rep and manager",
    cadence="weekly",
    inputs="Opportunities with stage, amount and close date; quotas; forecasts; touches and calls.",
    outputs="Booked against quota, what moved since last week, deals stalled or pushed, nurture due, slip rate, streak.",
    stages=("Snapshot", "See what moved", "Say where we stand", "Decide the inputs", "Forecast", "Nurture"),
    tables=(FORECASTS, NURTURE, COACHING_LOG, COACHING_CARDS, REPORT, SNAPSHOTS, QUOTAS, ACTUALS, RATES),
    checks=(
        one_quota_each,
        currencies_have_rates,
        commit_has_a_next_step,
        commit_closes_in_time,
        adjustment_has_a_reason,
        snapshot_is_as_taken,
        bridge_reconciles,
        forecast_is_fresh,
        new_deals_close_in_time,
        *COACHING_CHECKS,
    ),
    actions=ACTIONS,
    measures=(
        Measure(
            "activity",
            "touched_within_cadence",
            "Open deals touched within their cadence ÷ open deals",
            "share",
            touched_within_cadence,
        ),
        Measure("activity", "forecasts_on_time", "Forecasts given in time ÷ forecasts", "share", forecasts_on_time),
        Measure("quality", "hygiene", "Open deals not stalled, with dates to come ÷ open deals", "share", hygiene),
        Measure("quality", "forecast_error", "Distance of the forecast four weeks ahead ÷ booked", "share", forecast_error),
        Measure("result", "attainment", "Booked ÷ quota", "share", attainment),
        Measure("result", "streak", "Periods in a row with quota reached", "periods", quota_streak),
        Measure("result", "slip_rate", "Deals pushed beyond the period ÷ deals due", "share", slip_rate),
        Measure("result", "slip_rate_by_value", "Amount pushed beyond the period ÷ amount due", "share", slip_rate_by_value),
    ),
    policy=POLICY,
    compute={"actuals": compute_actual, "nurture": compute_nurture},
    fill={"coaching_log": fill_log},
    today=today,
    tiles=(Tile("Nurture due", "nurture", (("next_touch", "before", "today"),)),),
)
