"""Deal management: where the open deals stand against the quota, and what has to be put in.

Run by reps and managers, weekly. In: opportunities, quotas, forecasts, touches. Out: the week's standing,
deals that stalled or were pushed, what is due to be nurtured.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from statistics import median
from typing import Final

from sheetsales.attainment import attainment, quota_streak, slip_rate, slip_rate_by_value
from sheetsales.columns import Choice, Column, Date, DateTime, Integer, Money, Number, Percent, Reference, Text
from sheetsales.periods import PERIODS_A_YEAR, monday, period_around
from sheetsales.pipeline import (
    ZERO,
    amount_of,
    booked,
    cycle_days,
    deals_of,
    last_bridge,
    period_days,
    rate_between,
    state_of,
)
from sheetsales.process import (
    Action,
    Figure,
    Measure,
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
    share,
)
from sheetsales.standing import standing
from sheetsales.values import Value, day_of, fold, number_of, ratio, words_of

# ── policy ───────────────────────────────────────────────────────────────────────────────────────

POLICY: Final = (
    Policy("periods_a_year", 4, "periods", "Quotas are looked at by quarter where no period says otherwise.", choices=PERIODS_A_YEAR),
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
)
STAGES_WITH_CADENCE: Final = 5
SHOWN: Final = 10  # names in a message, so that it stays readable
number: Final = numbers("deals", POLICY)
STEPS: Final = ("Lead to opportunity", "Opportunity to proposal", "Proposal to won", "Calls per opportunity")

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


# ── what follows from the rows ───────────────────────────────────────────────────────────────────


def compute_actual(row: Row, tables: Tables) -> Mapping[str, Value]:
    """Give what was booked."""
    return {"booked": booked(row.get("who"), row.get("period"), tables)}


def cadence(row: Row, tables: Tables) -> int:
    """Give the days between touches: the row's own, else by the stage of its deal, else a client's."""
    own = number_of(row.get("cadence_days"))
    if own is not None and own >= 1:
        return int(own)
    deal = tables.find("opportunities", row.get("opportunity"))
    if deal is None:
        return int(number(tables, "cadence_client"))
    stage = tables.find("stages", deal.get("stage"))
    place = number_of(stage.get("order")) if stage is not None else None
    step = min(max(int(place or 1), 1), STAGES_WITH_CADENCE)
    return int(number(tables, f"cadence_{step}"))


def last_touch(row: Row, tables: Tables) -> date | None:
    """Give the day of the newest touch or held call of the deal, or of the account where no deal is named."""
    deal = tables.find("opportunities", row.get("opportunity"))
    if deal is not None:
        days = _days_of_deal(deal, tables)
    else:
        account = tables.find("accounts", row.get("account"))
        if account is None:
            return None
        days = _days(tables.children("calls", "account", "accounts", account), "held_at")
        for one in tables.children("opportunities", "account", "accounts", account):
            days += _days_of_deal(one, tables)
    return max((day for day in days if day <= tables.today), default=None)


def _days_of_deal(deal: Row, tables: Tables) -> list[date]:
    touches = tables.children("touches", "opportunity", "opportunities", deal)
    calls = tables.children("calls", "opportunity", "opportunities", deal)
    return _days(touches, "at") + _days(calls, "held_at")


def _days(rows: Iterable[Row], name: str) -> list[date]:
    return [day for row in rows if (day := day_of(row.get(name))) is not None]


def compute_nurture(row: Row, tables: Tables) -> Mapping[str, Value]:
    """Give last touch and next touch; blank where nobody was in touch yet."""
    last = last_touch(row, tables)
    return {"last_touch": last, "next_touch": None if last is None else _later(last, cadence(row, tables))}


def _later(day: date, days: int) -> date:
    return day + timedelta(days=days) if (date.max - day).days >= days else date.max


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


def _is_running(days: tuple[date, date] | None, tables: Tables) -> bool:
    return days is not None and days[0] <= tables.today <= days[1]


@check("DEAL-08", "warning", "quotas", "who", "period", hint="Submit a forecast for the week.")
def forecast_is_fresh(row: Row, tables: Tables) -> object:
    """No forecast from {who} for {days} days."""
    days = period_days(row.get("period"), tables)
    if days is None or not _is_running(days, tables) or not words_of(row.get("who")):
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
    if days is None or quota is None or not _is_running(days, tables):
        return None
    cycles = cycle_days(deals_of(row.get("who"), tables))
    done = booked(row.get("who"), row.get("period"), tables)
    if len(cycles) < number(tables, "enough_won") or (done is not None and done >= quota):
        return None
    cycle = int(Decimal(median(cycles)))
    return {"d": cycle} if (days[1] - tables.today).days < cycle else None


# ── actions ──────────────────────────────────────────────────────────────────────────────────────


def review(tables: Tables, _request: Request) -> Patch:
    """Say where the member stands in the running period, and which deals stalled or were pushed.

    Looks at all deals of the member whatever is selected, and changes no row: the answer is the message.
    """
    quota, days = _running_quota(tables)
    who = words_of(quota.get("who")) if quota is not None else tables.me
    now = standing(who, days, quota, tables)
    begun = f"{days[0].isoformat()} to {days[1].isoformat()}"
    parts = [
        f"{begun}: booked {now.closed:,.2f}, commit {now.commit:,.2f}, best case {now.best_case:,.2f}; "
        f"open {now.open_amount:,.2f}, weighted {now.weighted:,.2f}; likely {now.low:,.2f} to {now.high:,.2f}."
    ]
    if quota is not None and now.quota is not None and now.gap is not None and now.chance is not None:
        cover = "reached" if now.coverage is None else f"coverage {now.coverage:.1f}"
        needed = "" if now.needed is None or now.coverage is None else f" of {now.needed:.1f} needed"
        comfort = "comfortable" if now.chance >= number(tables, "comfortable") else "not comfortable yet"
        parts.append(f"Quota {now.quota:,.2f}: gap {now.gap:,.2f}, {cover}{needed}, chance {now.chance:.0%}: {comfort}.")
    open_deals = [deal for deal in deals_of(who, tables) if state_of(deal) == "Open"]
    flag = number(tables, "pushed_flag")
    parts.append(_listed("Stalled", [deal for deal in open_deals if deal.get("stalled") == "Yes"]))
    parts.append(_listed("Pushed", [deal for deal in open_deals if (number_of(deal.get("push_count")) or ZERO) >= flag]))
    if now.left_out:
        parts.append(_listed("Left out, no dated exchange rate", list(now.left_out)))
    return Patch(message=" ".join(parts), rows_read=len(tables.rows("opportunities")))


def _running_quota(tables: Tables) -> tuple[Row | None, tuple[date, date]]:
    """The quota of the shortest running period: the member's own, else the team's; with the days of the period."""
    person = tables.person(tables.me)
    for who in (tables.me, person.get("team") if person is not None else None):
        running = [
            ((days[1] - days[0]).days, str(row["id"]), row, days)
            for row in tables.where("quotas", "who", who)
            if (days := period_days(row.get("period"), tables)) is not None and _is_running(days, tables)
        ]
        if running:
            return min(running, key=lambda one: one[:2])[2:]
    return None, period_around(tables.today, int(number(tables, "periods_a_year")))


def _listed(what: str, deals: Sequence[Row]) -> str:
    """A sentence that counts and names deals, the largest first."""
    names = [words_of(row.get("name")) or str(row["id"]) for row in sorted(deals, key=lambda r: (-amount_of(r), str(r["id"])))]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{what}: {', '.join(names[:SHOWN])}{more}." if names else f"{what}: none."


# ── measures and today ───────────────────────────────────────────────────────────────────────────


def _ids(rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple(str(row["id"]) for row in rows)


def _open(tables: Tables) -> list[Row]:
    return [row for row in tables.rows("opportunities") if state_of(row) == "Open"]


def touched_within_cadence(tables: Tables, _start: date, _end: date) -> Figure:
    """Give the share of open deals whose newest touch is not older than the cadence of their stage."""
    deals = _open(tables)
    return share([deal for deal in deals if _is_touched(deal, tables)], deals)


def _is_touched(deal: Row, tables: Tables) -> bool:
    one = {"id": "", "opportunity": str(deal["id"])}
    last = last_touch(one, tables)
    return last is not None and (tables.today - last).days <= cadence(one, tables)


def forecasts_on_time(tables: Tables, start: date, end: date) -> Figure:
    """Give the share of forecasts of the weeks from start to end that were given in time."""
    whole = [
        (row, week)
        for row in tables.rows("forecast_calls")
        if (week := day_of(row.get("week"))) is not None and start <= week <= end
    ]
    grace = timedelta(days=int(number(tables, "forecast_due")))
    return share(
        [row for row, week in whole if (day := day_of(row.get("submitted_at"))) is not None and day <= monday(week) + grace],
        [row for row, _ in whole],
    )


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


def forecast_error(tables: Tables, start: date, end: date) -> Figure:
    """Give the distance of the commits given four weeks before the end from what was booked, ÷ booked.

    Over the periods that ended from start to end; of each the newest commit that was early enough.
    """
    lead = timedelta(days=int(number(tables, "forecast_lead")))
    newest: dict[tuple[str, str], tuple[date, Decimal, Row]] = {}
    for row in sorted(tables.rows("forecast_calls"), key=lambda one: str(one["id"])):
        days, day = period_days(row.get("period"), tables), day_of(row.get("submitted_at"))
        commit = number_of(row.get("commit"))
        if days is None or day is None or commit is None:
            continue
        if not start <= days[1] <= min(end, tables.today) or day > days[1] - lead:
            continue
        key = fold(row.get("who") or ""), tables.same_key("periods", row.get("period"))
        if key not in newest or newest[key][0] <= day:
            newest[key] = day, commit, row
    rows = [row for _, _, row in newest.values()]
    actual = {str(row["id"]): booked(row.get("who"), row.get("period"), tables) or ZERO for row in rows}
    error = sum((abs(commit - actual[str(row["id"])]) for _, commit, row in newest.values()), ZERO)
    return Figure(ratio(error, sum(actual.values(), ZERO)), len(rows), _ids(rows))


def _mine(table: str, tables: Tables) -> list[Row]:
    rows = tables.where(table, "owner", tables.me) if tables.me else tables.rows(table)
    return sorted(rows, key=lambda row: str(row["id"]))


def today(tables: Tables) -> Sequence[Todo]:
    """Give stalled and pushed deals, and whom to be in touch with again."""
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
        due = day_of(compute_nurture(row, tables)["next_touch"])
        deal_or_none = tables.find("opportunities", row.get("opportunity"))
        if (due is None or due <= tables.today) and (deal_or_none is None or state_of(deal_or_none) == "Open"):
            last = last_touch(row, tables)
            every = f"every {cadence(row, tables)} days"
            why = f"nobody was in touch yet, {every}" if last is None else f"last touch {last.isoformat()}, {every}"
            lines.append(Todo("nurture", str(row["id"]), due, f"Be in touch about {_subject(row)}", why))
    return lines


def _subject(row: Row) -> str:
    return words_of(row.get("opportunity")) or words_of(row.get("account")) or "this row"


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
    tables=(SNAPSHOTS, QUOTAS, ACTUALS, FORECASTS, NURTURE, RATES),
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
    ),
    actions=(
        Action(
            "deals.review",
            "Where do I stand",
            ("opportunities", "nurture"),
            review,
            help="Booked, commit, best case and weighted against the quota, with the chance to reach it; stalled and pushed deals.",
        ),
    ),
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
    today=today,
    tiles=(Tile("Nurture due", "nurture", (("next_touch", "before", "today"),)),),
)
