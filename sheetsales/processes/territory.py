"""Territory management: which accounts deserve how much of the hours there are.

Run by field reps: a plan per quarter, calls weekly. In: accounts with potential, fit, hours per call.
Out: two ranked lists, tiers with their level of attention, accounts below their minimum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from sheetsales import territory_measures as measured
from sheetsales.attention import (
    POLICY,
    answers,
    expected_calls,
    hours_of_a_call,
    is_below_minimum,
    key_of,
    least_calls,
    minimum_calls,
    number,
    points_of,
    service_level,
)
from sheetsales.balance import BALANCED, balance_territories
from sheetsales.call_calendar import held_calls, make_calendar
from sheetsales.call_plan import plan_calls, shortfall
from sheetsales.columns import Choice, Date, Email, Integer, Money, Number, Percent, Reference, Text
from sheetsales.curve_fitting import fit_curves
from sheetsales.curves import TODAY, can_be_fitted, fit_points, rises
from sheetsales.effort import LEAST_CALL_HOURS
from sheetsales.hour_worth import hour_worth
from sheetsales.periods import monday, period_around
from sheetsales.plan_comparison import COMPARED, compare_plans
from sheetsales.process import (
    Action,
    Edit,
    Measure,
    Parameter,
    Patch,
    Process,
    Refusal,
    Request,
    Row,
    Table,
    Tables,
    Tile,
    Todo,
    check,
)
from sheetsales.rank import TIERS, Place, counts, place, worth_of
from sheetsales.territory_measures import accounts_by_key
from sheetsales.values import Value, canonical_number, cents, day_of, fold, number_of, ratio, words_of

# ── policy: the table stands at the top of attention.py, beside the rules that read it ───────────


# ── tables ───────────────────────────────────────────────────────────────────────────────────────

ACCOUNTS: Final = Table(
    "territory_accounts",
    "Territory accounts",
    "TA",
    (
        Reference("account", "Account", required=True, target="accounts", help="The customer or prospect."),
        Choice("type", ("Customer", "Prospect"), "Type", required=True, help="Customers and prospects are ranked apart."),
        Integer("rank", "Rank", computed="action", help="1 is best, among your customers or your prospects."),
        Choice("tier", TIERS, "Tier", computed="action", help="By potential × fit, over customers and prospects together."),
        Integer("calls_recommended", "Calls recommended", computed="action", help="Calls in a period, by Recommend calls."),
        Text("reason", "Reason", computed="action", help="Why it stands where it stands."),
        Text("region", "Region", help="Accounts of one region are called on the same days."),
        Text("postcode", "Postcode", help="Kept as text; it groups accounts that lie close together."),
        Money(
            "potential", "Potential", required=True, help="What the account could buy of such products in a year, from anybody."
        ),
        Money(
            "current_sales",
            "Current sales",
            required=True,
            default=Decimal(0),
            minimum=0,
            help="What it buys from us in a year; 0 for a prospect.",
        ),
        Percent("margin", "Margin", help="Share of the sales that is left after direct cost. Blank: the team's."),
        Number(
            "share_of_wallet",
            "Share of wallet",
            computed="row",
            formula='IF(OR({current_sales}="",{potential}=""),"",IF({potential}>0,ROUND({current_sales}/{potential},6),""))',
            help="Current sales ÷ potential.",
        ),
        Integer("access", "Access", minimum=1, maximum=5, help="How easily you get to the people who decide, 1 to 5."),
        Integer(
            "fit",
            "Fit",
            required=True,
            minimum=1,
            maximum=5,
            help="How well we serve what it needs, 1 to 5; 5 counts the whole potential.",
        ),
        Integer("calls_current", "Calls now", required=True, default=0, minimum=0, help="Calls you make in a period today."),
        Number("call_hours", "Call hours", required=True, default=Decimal(1), help="Hours of one call, 0.25 or more."),
        Number("travel_hours", "Travel hours", default=Decimal(0), minimum=0, help="Hours of travel for one call."),
        Number("r0", "Sales without calls", minimum=0, help="Sales if you stopped calling, where today's sales are 100."),
        Number("r1", "Sales at today's calls", default=Decimal(TODAY), help="100: the scale of the other answers."),
        Number("r15", "Sales at +50 % calls", minimum=0, help="Sales if you called half as often again, today's being 100."),
        Number("rmax", "Sales without limit", minimum=0, help="Sales if you called without limit, today's being 100."),
        Text(
            "further_answers",
            "Further answers",
            help="Calls and sales in per cent of today, such as 25:53; 200:132. With five points in all the curve goes near each.",
        ),
        Integer("min_calls", "Minimum calls", minimum=0, help="Calls in a period that you must make. Blank: by tier."),
        Integer(
            "max_calls",
            "Maximum calls",
            minimum=0,
            help="Most calls in a period. Blank: twice the larger of today's calls and the tier's frequency.",
        ),
        Integer("my_calls", "My calls", minimum=0, help="Your own plan for a period. Blank: as recommended."),
        Integer("pinned_calls", "Pinned calls", minimum=0, help="A number of calls that no plan may change."),
        Text("service_level", "Service level", help="The promise to this account. Blank: filled with the tier's when you rank."),
        Choice("sales_tier", TIERS, "Tier by sales", computed="action", help="By present sales alone; it overlooks prospects."),
        Text("attention", "Attention", computed="action", help="Calls a year that the tier deserves, and the least."),
        Text(
            "curve",
            "Response curve",
            computed="action",
            help="What your four answers say, by Fit curves; today's sales are 100.",
            width=44,
        ),
        Text("more_hours", "With more hours", computed="action", help="Which calls one and two hours more would fund.", width=44),
        Number("marginal_next", "Return of the next call", computed="action", help="Per hour, if you made one call more."),
        Number("marginal_last", "Return of the last call", computed="action", help="Per hour, of the last call in the plan."),
    ),
    key=(("account", "owner"),),
    label="account",
    help="One row per account you look after, customer or prospect.",
)

CALENDAR: Final = Table(
    "call_calendar",
    "Call calendar",
    "CC",
    (
        Date("week", "Week", required=True, help="Any day of the week; it counts from Monday."),
        Reference("account", "Account", required=True, target="accounts", help="Whom you call."),
        Integer("calls_planned", "Calls planned", required=True, default=1, minimum=0, help="Calls planned in that week."),
        Integer("calls_done", "Calls done", computed="row", help="Your held calls with the account in that week."),
        Text("region", "Region", computed="row", help="The account's region; filter by it to plan a round trip."),
        Choice("tier", TIERS, "Tier", computed="row", help="The account's tier."),
        Integer(
            "calls_suggested",
            "Calls suggested",
            computed="action",
            help="By Make calendar. While it equals Calls planned the button may move the calls; change them and they stay.",
        ),
    ),
    kind="detail",
    key=(("week", "account"),),
    label="account",
    help="The plan brought to weeks.",
)

TERRITORIES: Final = Table(
    "territories",
    "Territories",
    "TR",
    (
        Text("name", "Name", required=True, unique=True, help="What the territory is called."),
        Email("owner", "Owner", required=True, target="people", help="E-mail of the member who works it."),
        Number("hours_per_period", "Hours per period", required=True, minimum=0, help="Hours of work in a period."),
        Percent(
            "selling_share",
            "Selling share",
            required=True,
            default=Decimal("0.5"),
            help="Share of the hours that is left for calls.",
        ),
    ),
    kind="library",
    key=(("name",),),
    help="The hours there are; calls are planned within hours × selling share.",
)


# ── columns computed from the row ────────────────────────────────────────────────────────────────


def compute_account(row: Row, _tables: Tables) -> Mapping[str, Value]:
    """Give the share of wallet; blank where potential or sales are."""
    sales, potential = number_of(row.get("current_sales")), number_of(row.get("potential"))
    part = ratio(sales, potential) if sales is not None and potential is not None and potential > 0 else None
    return {"share_of_wallet": None if part is None else canonical_number(part)}


def compute_week(row: Row, tables: Tables) -> Mapping[str, Value]:
    """Give the calls held with the account in that week by the owner of the row, and the account's region and tier."""
    week, key = day_of(row.get("week")), key_of(row, tables)
    account = tables.once("territory accounts by key", accounts_by_key).get(key, {})
    done = None if week is None else held_calls(tables).get((*key, monday(week)), 0)
    return {"calls_done": done, "region": words_of(account.get("region")) or None, "tier": account.get("tier")}


# ── checks ───────────────────────────────────────────────────────────────────────────────────────


@check("TER-01", "error", "territory_accounts", "potential", hint="Type what the account could buy in a year.")
def potential_is_known(row: Row, _tables: Tables) -> object:
    """Potential is empty or below zero."""
    potential = number_of(row.get("potential"))
    return potential is None or potential < 0


@check("TER-02", "warning", "territory_accounts", "current_sales", "potential", hint="Raise the potential, or correct the sales.")
def sales_lie_within_potential(row: Row, _tables: Tables) -> object:
    """Current sales exceed potential: raise the potential."""
    sales, potential = number_of(row.get("current_sales")), number_of(row.get("potential"))
    return sales is not None and potential is not None and sales > potential


@check(
    "TER-03",
    "error",
    "territory_accounts",
    "r0",
    "r1",
    "r15",
    "rmax",
    hint="Today is 100; each answer is larger than the one before.",
)
def answers_rise(row: Row, _tables: Tables) -> object:
    """Answers must rise: no calls < today (100) < +50 % < no limit."""
    return not rises(*answers(row))


@check(
    "TER-03",
    "error",
    "territory_accounts",
    "further_answers",
    hint="Separate the pairs by semicolons; both in per cent of today.",
)
def further_answers_are_pairs(row: Row, _tables: Tables) -> object:
    """Further answers must be pairs of calls and sales, such as 25:53; 200:132."""
    return points_of(row) is None


@check(
    "TER-04",
    "error",
    "territory_accounts",
    "r15",
    "r0",
    "r1",
    "rmax",
    hint="Raise the answer for +50 % calls, or lower the one for no limit.",
)
def curve_can_be_fitted(row: Row, _tables: Tables) -> object:
    """The curve cannot be fitted: your +50 % answer is too low."""
    low, today, more, high = answers(row)
    if low is None or more is None or high is None or not low < today < high or more >= high:
        return None
    return not can_be_fitted(low, today, more, high)


@check("TER-05", "error", "territory_accounts", "min_calls", "max_calls", hint="Lower the minimum or raise the maximum.")
def minimum_lies_below_maximum(row: Row, _tables: Tables) -> object:
    """Minimum calls exceed maximum."""
    least, most = number_of(row.get("min_calls")), number_of(row.get("max_calls"))
    return least is not None and most is not None and least > most


@check("TER-06", "gate", "territories", "hours_per_period", "selling_share", "owner", hint="Lower minimums, or give more hours.")
def minimums_fit_the_hours(row: Row, tables: Tables) -> object:
    """Minimums alone need {h} h; you have {t} h. Lower: {list}."""
    hours, part = number_of(row.get("hours_per_period")), number_of(row.get("selling_share"))
    if hours is None or part is None:
        return None
    needed = {
        str(one["id"]): least_calls(one, tables) * hours_of_a_call(one)
        for one in tables.where("territory_accounts", "owner", row.get("owner"))
    }
    return shortfall(needed, hours * part, tables)


@check(
    "TER-07",
    "warning",
    "territory_accounts",
    "r15",
    "r0",
    "rmax",
    "further_answers",
    hint="Answer for no calls, +50 % and no limit, on the scale today = 100.",
)
def has_answers(row: Row, tables: Tables) -> object:
    """No response answers: default curve used (elasticity {elasticity})."""
    low, _today, more, high = answers(row)
    if fit_points(points_of(row) or ()) is not None:
        return None
    return {"elasticity": number(tables, "elasticity")} if low is None or more is None or high is None else None


@check(
    "TER-08",
    "warning",
    "territory_accounts",
    "min_calls",
    "tier",
    "calls_current",
    hint="Plan calls for them in the call calendar.",
)
def minimums_are_met(row: Row, tables: Tables) -> object:
    """{n} accounts below their minimum this period."""
    if not is_below_minimum(row, tables):
        return None
    first, n = tables.once("territory below minimum", _below_minimum).get(fold(row.get("owner") or ""), ("", 0))
    return {"n": n} if first == str(row["id"]) else None


def _below_minimum(tables: Tables) -> dict[str, tuple[str, int]]:
    """For each owner the first account below its minimum (where the finding stands), and how many there are."""
    found: dict[str, tuple[str, int]] = {}
    for row in tables.rows("territory_accounts"):
        if is_below_minimum(row, tables):
            owner, record = fold(row.get("owner") or ""), str(row["id"])
            first, n = found.get(owner, (record, 0))
            found[owner] = (min(first, record), n + 1)
    return found


@check("TER-09", "error", "territory_accounts", "call_hours", hint="Type hours: 0.25 is a quarter of an hour.")
def call_takes_time(row: Row, _tables: Tables) -> object:
    """Call hours must be at least 0.25."""
    hours = number_of(row.get("call_hours"))
    return hours is not None and hours < LEAST_CALL_HOURS


# ── actions ──────────────────────────────────────────────────────────────────────────────────────


def rank_accounts(tables: Tables, request: Request) -> Patch:
    """Rank every owner's customers and prospects, and tier them; write the places of the selected rows.

    Places are always counted over all rows of an owner, also where only some are selected. A service
    level is written where the cell is blank or holds a default of another tier, never over own words.
    """
    rows = tables.rows("territory_accounts")
    cuts = number(tables, "a_below"), number(tables, "b_below")
    places = place(rows, cuts)
    chosen = frozenset(request.records) or None
    edits: list[Edit] = []
    refused: list[Refusal] = []
    for row in rows:
        record = str(row["id"])
        if chosen is not None and record not in chosen:
            continue
        if record not in places:
            refused.append(Refusal("territory_accounts", record, "Not ranked: fill type, potential and fit."))
            continue
        for name, value in _written(row, places[record], tables).items():
            if row.get(name) != value:
                edits.append(Edit("territory_accounts", record, name, value))
    tiers = ", ".join(f"{n} {tier}" for tier, n in counts(places).items())
    left_out = f"; {len(refused)} not ranked" if refused else ""
    message = f"Ranked {len(places)} accounts: {tiers}{left_out}."
    return Patch(tuple(edits), refused=tuple(refused), rows_read=len(rows), message=message)


def _written(row: Row, where: Place, tables: Tables) -> dict[str, Value]:
    letter = where.tier.casefold()
    most, least = number(tables, f"calls_{letter}"), number(tables, f"minimum_{letter}")
    written: dict[str, Value] = {
        "rank": where.rank,
        "tier": where.tier,
        "sales_tier": where.sales_tier,
        "attention": f"{most} calls a year, at least {least}",
        "reason": _reason(row, where, tables),
    }
    level = words_of(row.get("service_level"))
    if not level or level in (service_level(tier, tables) for tier in TIERS):
        written["service_level"] = service_level(where.tier, tables)
    return written


def _reason(row: Row, where: Place, tables: Tables) -> str:
    a, b = (int(number(tables, name) * 100) for name in ("a_below", "b_below"))
    part = {"A": f"the first {a} %", "B": f"the next {b - a} %", "C": f"the last {100 - b} %"}[where.tier]
    potential = cents(number_of(row.get("potential")) or Decimal(0))
    return (
        f"Potential {potential:,.2f} × fit {row.get('fit')} of 5 counts {where.worth:,.2f} a year; "
        f"it lies in {part} of your total: {where.tier}."
    )


# ── today ────────────────────────────────────────────────────────────────────────────────────────


def today(tables: Tables) -> Sequence[Todo]:
    """Give the accounts of the member whose calls of this period will not reach their minimum."""
    rows = tables.where("territory_accounts", "owner", tables.me) if tables.me else tables.rows("territory_accounts")
    end = period_around(tables.today, int(number(tables, "periods_a_year")))[1]
    lines = []
    for row in sorted(rows, key=lambda one: str(one["id"])):
        expected, least = expected_calls(row, tables), minimum_calls(row, tables)
        if expected < least:
            tier = f", tier {row['tier']}" if row.get("tier") in TIERS else ""
            lines.append(
                Todo(
                    "territory_accounts",
                    str(row["id"]),
                    end,
                    f"Plan a call with {words_of(row.get('account'))}",
                    f"{expected} of at least {least} calls this period{tier}",
                    Decimal(worth_of(row) or 0) / 500,
                )
            )
    return lines


# ── the process ──────────────────────────────────────────────────────────────────────────────────

_HOURS: Final = Parameter(
    "hours",
    "number",
    None,
    "hours",
    "Hours for calls in a period, of each rep. Blank: those of the territory, else those of today's calls.",
)
_PENALTY: Final = Parameter(
    "change_penalty",
    "money",
    None,
    "per call changed",
    "What a plan must bring more for each call that it changes. Blank: the team's, usually nothing.",
)
_PERIOD: Final = Parameter("period", "text", None, "", "Such as 2026-Q3 or 2026-07. Blank: the present period.")
ACTIONS: Final = (
    Action("territory.rank", "Rank accounts", ("territory_accounts",), rank_accounts,
           help="Ranks customers and prospects apart by potential × fit, and says which tier and attention each deserves."),
    Action("territory.fit_curves", "Fit curves", ("territory_accounts",), fit_curves,
           help="Turns your four answers about an account into its response curve, or says why they fit none."),
    Action("territory.plan_calls", "Recommend calls", ("territory_accounts",), plan_calls, (_HOURS, _PENALTY),
           "Divides the hours over the calls so that the expected return is the greatest, minimums kept."),
    Action("territory.hour_worth", "What is an hour worth", ("territory_accounts",), hour_worth, (_HOURS, _PENALTY),
           "Says what one and two hours more would bring in a year, and to whom they would go."),
    Action("territory.make_calendar", "Make calendar", ("call_calendar", "territory_accounts"), make_calendar, (_PERIOD,),
           "Brings the calls of the period to weeks, evenly and regions together; what is done or yours stays."),
    Action("territory.compare_plans", "Compare plans", ("territory_plans", "territory_accounts"), compare_plans, (_HOURS,),
           "Puts today's calls, the recommended ones and yours side by side: hours, return, minimums missed."),
    Action("territory.balance", "Balance territories", ("territory_balance",), balance_territories,
           help="Says whose territory is too large or too small, and which accounts would even it out; moves nothing."),
)  # fmt: skip

PROCESS: Final = Process(
    key="territory",
    name="Territory management",
    title="Territory",
    order=5,
    definition="Divide limited hours over many accounts.",
    purpose="Put effort where it pays: rank customers and prospects by what they could be worth, and lay out calls that bring "
    "the greatest return. Meant for field sellers.",
    question="Who are my top customers and my top prospects? How much attention does each deserve? How do I make sure that "
    "each gets the right service?",
    owner_role="Field rep",
    cadence="plan per quarter, calls weekly",
    inputs="Accounts with potential, fit, present sales, hours per call; judgements of the response; hours per period.",
    outputs="Top customers and top prospects, tiers with levels of attention, accounts below their minimum, calls per week.",
    stages=("List", "Judge", "Rank", "Plan calls", "Call", "Review"),
    tables=(ACCOUNTS, CALENDAR, COMPARED, BALANCED, TERRITORIES),
    checks=(
        potential_is_known,
        sales_lie_within_potential,
        answers_rise,
        further_answers_are_pairs,
        curve_can_be_fitted,
        minimum_lies_below_maximum,
        minimums_fit_the_hours,
        has_answers,
        minimums_are_met,
        call_takes_time,
    ),
    actions=ACTIONS,
    measures=(
        Measure("activity", "calls_done", "Calls done ÷ planned", "share", measured.calls_done()),
        *(
            Measure(
                "activity",
                f"calls_done_{tier.casefold()}",
                f"Calls done ÷ planned, tier {tier}",
                "share",
                measured.calls_done(tier),
            )
            for tier in TIERS
        ),
        Measure(
            "quality", "minimum_met", "Accounts whose minimum is met ÷ accounts with a minimum", "share", measured.minimum_met
        ),
        Measure(
            "quality",
            "return_reached",
            "Expected return of the calls done ÷ of those recommended",
            "share",
            measured.return_reached,
        ),
        Measure("result", "sales_per_hour", "Sales per selling hour", "money", measured.sales_per_hour),
        Measure("result", "margin_per_hour", "Margin per selling hour", "money", measured.margin_per_hour),
        Measure("result", "a_accounts_reached", "Sales ÷ potential of A accounts", "share", measured.a_accounts_reached),
    ),
    policy=POLICY,
    compute={"territory_accounts": compute_account, "call_calendar": compute_week},
    today=today,
    tiles=(
        Tile("A accounts", "territory_accounts", (("tier", "is", "A"),)),
        Tile("Not ranked yet", "territory_accounts", (("rank", "blank", ""),)),
        Tile("Potential", "territory_accounts", total="potential"),
    ),
)
