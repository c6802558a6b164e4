"""Lead qualification: is this lead worth the time, and what is to be asked next?

Run by reps on arrival of a lead and then weekly. In: leads from anywhere, the answers and events of each.
Out: score with reasons, verdict by fixed criteria, the next question, the order of work.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from sheetsales.columns import (
    Choice,
    Date,
    DateTime,
    Email,
    Integer,
    Money,
    Number,
    Percent,
    Phone,
    Reference,
    Text,
    Tick,
    YesNoUnknown,
)
from sheetsales.duplicates import duplicates
from sheetsales.errors import WrongUse
from sheetsales.libraries.qualification import (
    ANSWERED,
    ATTEMPT,
    CRITERIA,
    ENGAGEMENT,
    EVENT_KINDS,
    FIT,
    ICP_ATTRIBUTES,
    OPT_OUT,
    PENALTY,
    QUESTION_BANK,
    SOURCES,
    STANDARD,
)
from sheetsales.process import (
    Action,
    Edit,
    Figure,
    Measure,
    Parameter,
    Patch,
    Policy,
    Process,
    Refusal,
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
from sheetsales.qualification import Judgement, Limits, current_rules, domain_of, icp_proposal, judge, overrides
from sheetsales.score import calibration_error, points_of, shrunk
from sheetsales.values import Value, day_of, fold, moment_of, number_of, words_of

# ── policy ───────────────────────────────────────────────────────────────────────────────────────

POLICY: Final = (
    Policy("set", STANDARD, "", "The set of criteria in force; see the table of criteria."),
    Policy("half_life_days", 30, "days", "After so many days an event counts half; 14 to 60 are usual.", minimum=1),
    Policy("fit_cap", 70, "points", "Fit alone makes an A, and no more."),
    Policy("engagement_cap", 30, "points", "Clicks alone never make a good lead."),
    Policy("attempts", 6, "attempts", "So many without an answer are a sign."),
    Policy("tier_a", 70, "points", "From here on A."),
    Policy("tier_b", 50, "points", "From here on B."),
    Policy("tier_c", 30, "points", "From here on C, below D."),
    Policy("rate_a", Decimal("0.40"), "share", "Start of the conversion rate of A until own history speaks."),
    Policy("rate_b", Decimal("0.20"), "share", "The same of B."),
    Policy("rate_c", Decimal("0.10"), "share", "The same of C."),
    Policy("rate_d", Decimal("0.05"), "share", "The same of D."),
    Policy("shrink_k", 10, "leads", "A rate is drawn towards its start as if so many leads had been seen before."),
    Policy("prior_conversion", Decimal("0.50"), "share", "Expected share of qualified leads that convert."),
    Policy("prior_win", Decimal("0.50"), "share", "Expected share of converted leads that are won."),
    Policy("first_touch_hours", 24, "hours", "A lead cools within a day."),
    Policy("similar_company", Decimal("0.85"), "share", "Two company names this alike, at one domain, may be one."),
)
number = numbers("leads", POLICY)
TIERS: Final = ("A", "B", "C", "D")
OPEN: Final = ("New", "Working")
STATUSES: Final = ("New", "Working", "Qualified", "Disqualified", "Recycled", "Converted")
REASONS: Final = (
    "No fit", "No authority", "No budget", "No need", "Bad timing", "Competitor", "Duplicate", "Unreachable", "Other",
)  # fmt: skip
EMPLOYEES: Final = ("1-10", "11-50", "51-200", "201-500", "501-1000", "1000+")
TOUCHES: Final = (ATTEMPT, ANSWERED)

# ── tables ───────────────────────────────────────────────────────────────────────────────────────

_ANSWER: Final = {"minimum": 0, "maximum": 2, "range_code": "LEAD-10"}
_BY_SCORE = "Written by Score leads."

LEADS: Final = Table("leads", "Leads", "LD", (
    Text("company", required=True, help="The company; blank takes the contact's name."),
    Text("contact_name", wanted=True, help="Whom we speak to."),
    Text("title", help="The contact's job."),
    Email("email", "E-mail", help="E-mail or phone is needed."),
    Phone("phone", help="Kept as text; + and leading zeros stay."),
    Choice("source", SOURCES, required=True, default="Other", help="Where the lead came from."),
    YesNoUnknown("icp_fit", "ICP fit", help="Does the company match the customers we serve best?"),
    YesNoUnknown("decision_maker", "Decision-maker", help="Do we speak with the one who decides?"),
    YesNoUnknown("budget", help="Is there money for it?"),
    Integer("need", **_ANSWER, range_message="Need must be 0, 1, 2 or empty.", help="0 none, 1 some, 2 strong."),
    Integer("timing", **_ANSWER, range_message="Timing must be 0, 1, 2 or empty.", help="0 none, 1 this year, 2 soon."),
    Choice("status", STATUSES, required=True, default="New", help="Qualify, Disqualify and Recycle set it, or you do."),
    Number("score", computed="action", help=_BY_SCORE),
    Choice("tier", TIERS, computed="action", help=_BY_SCORE),
    Text("verdict", computed="action", limit=4_000, help=_BY_SCORE),
    Text("ask_next", "Ask next", computed="action", help=_BY_SCORE),
    Text("reason_1", computed="action", help=_BY_SCORE),
    Text("reason_2", computed="action", help=_BY_SCORE),
    Text("reason_3", computed="action", help=_BY_SCORE),
    Choice("buying_role", ("Decision maker", "Influencer", "User", "Blocker", "Unknown"),
           help="The contact's part in the purchase."),
    Money("budget_amount", minimum=0, help="How much money there is."),
    Money("expected_value", minimum=0, help="What a sale may be worth."),
    Number("hours_to_close", minimum=Decimal("0.01"), default=10, help="Hours of work a sale may take."),
    Text("industry", help="The trade the company is in."),
    Choice("employees", EMPLOYEES, help="How many people work there."),
    Text("country", limit=2, help="Two letters, such as DE."),
    Choice("disqualify_reason", REASONS, help="Needed when Disqualified."),
    Date("revisit_on", help="Needed when Recycled: a day in the future."),
    Text("override_reason", help="10 characters or more, to go against the verdict."),
    Reference("account", target="accounts", help="Filled when the lead is converted."),
    Reference("contact", target="contacts", help="Filled when the lead is converted."),
    Reference("opportunity", target="opportunities", help="Filled when the lead is converted."),
    Text("domain", computed="row", help="From the e-mail; blank for free-mail."),
    Choice("icp_proposal", ("Yes", "No", "Unknown"), "ICP proposal", computed="row", help="By the ICP definition; you decide."),
    Text("score_reasons", computed="action", limit=4_000, help="All reasons; they add up to the score."),
    Number("fit_points", computed="action", help="The part of the score that is fit."),
    Number("engagement_points", computed="action", help="The part of the score that is engagement."),
    Percent("completeness", computed="action", help="Share of the criteria that are known."),
    Text("set_says", computed="action", help="What the set in force says by its own rule; the verdict stands beside it."),
    Text("score_rule_version", computed="action", help="The rules the score was made by."),
    DateTime("scored_at", computed="action", help="When the score last changed."),
    Percent("p_convert", "P convert", computed="action", help="Only with a learnt model."),
    DateTime("created_at", computed="row", help="When the lead was first seen here."),
), key=(("email",), ("phone",), ("company", "contact_name")), label="company",
    help="One row per lead. Answer the three questions; the score, its reasons and the next question follow.")  # fmt: skip

ICP_DEFINITION: Final = Table("icp_definition", "ICP definition", "IC", (
    Text("attribute", required=True, unique=True, help="A column of leads: industry, employees, country, ..."),
    Text("accepted_values", help="The values that fit, separated by ; (blank: any)."),
    Tick("must", default="No", help="Yes if a lead without it never fits."),
), kind="library", key=(("attribute",),), label="attribute", help="The customers we serve best.")  # fmt: skip

LEAD_CRITERIA: Final = Table("lead_criteria", "Lead criteria", "LC", (
    Text("set", required=True, default=STANDARD, help="The framework it belongs to."),
    Text("criterion", required=True, help="What is judged."),
    Text("group", required=True, default=FIT, help="Fit, Engagement and Penalty are counted apart."),
    Number("weight", required=True, default=0, help="Points of the best answer."),
    Text("scale", help="Levels with points (Yes 20; No -20), or 0-2, 0-3, or each."),
    Tick("knock_out", "Knock-out", default="No", help="Yes if No or 0 disqualifies."),
), kind="library", key=(("set", "criterion"),), label="criterion",
    help="The rules of the score. Each change makes a new version.")  # fmt: skip

BANK: Final = Table("question_bank", "Question bank", "QB", (
    Text("set", required=True, default=STANDARD, help="The framework it belongs to."),
    Text("criterion", required=True, help="The criterion it answers."),
    Text("question", required=True, help="What to ask, in plain words."),
    Text("good_answer", help="What a good answer holds."),
), kind="library", key=(("set", "criterion", "question"),), label="question", help="Consistent questions, by criterion.")  # fmt: skip

LEAD_ANSWERS: Final = Table("lead_answers", "Lead answers", "LA", (
    Reference("lead", required=True, target="leads", help="The lead that answered."),
    Text("question", required=True, help="The question, as in the question bank."),
    Text("answer", help="What was said."),
    Integer("value", minimum=0, maximum=3, range_code="LEAD-10", range_message="Value must be 0, 1, 2 or empty.",
            help="0, 1 or 2; up to 3 for MEDDPICC."),
    Date("asked_on", default="today", help="The day it was asked."),
), kind="detail", key=(("lead", "question"),), label="question", help="What leads answered, question by question.")  # fmt: skip

LEAD_EVENTS: Final = Table("lead_events", "Lead events", "LE", (
    Reference("lead", required=True, target="leads", help="The lead it is about."),
    Choice("kind", EVENT_KINDS, required=True, help="What happened."),
    DateTime("at", required=True, help="When it happened."),
    Number("points", help="Blank takes the weight of the kind."),
), kind="detail", key=(("lead", "kind", "at"),), label="kind", help="What leads did; it counts half after 30 days.")  # fmt: skip

# ── computed columns ─────────────────────────────────────────────────────────────────────────────


def fill_lead(row: Row) -> Mapping[str, Value]:
    """Give a new lead a name where the company is blank: the contact's, else its external id."""
    return {"company": row.get("contact_name") or row.get("external_id")} if row.get("company") is None else {}


def compute_lead(row: Row, tables: Tables) -> Mapping[str, Value]:
    """Give domain, ICP proposal and the moment the lead was first seen."""
    return {
        "domain": domain_of(row) or None,
        "icp_proposal": icp_proposal(row, tables),
        "created_at": row.get("created_at") or tables.now,
    }


# ── checks ───────────────────────────────────────────────────────────────────────────────────────


@check("LEAD-01", "error", "leads", "company", hint="Type the company, or the contact's name.")
def company_is_there(row: Row, _tables: Tables) -> object:
    """Company is empty."""
    return not words_of(row.get("company")) and not number_of(row.get("company"))


@check("LEAD-02", "error", "leads", "email", "phone", hint="Type one of the two.")
def can_be_reached(row: Row, _tables: Tables) -> object:
    """Neither e-mail nor phone: the lead cannot be reached."""
    return row.get("email") is None and row.get("phone") is None


@check(
    "LEAD-03",
    "gate",
    "leads",
    "status",
    "icp_fit",
    "decision_maker",
    "budget",
    "override_reason",
    hint="Find out what is missing, or give an override reason.",
)
def qualified_is_known(row: Row, tables: Tables) -> object:
    """Cannot qualify yet: {list}."""
    verdict = _verdict_against(row, tables)
    return {"list": ", ".join(verdict.verdict.about)} if verdict and verdict.verdict.kind == "Not yet qualified" else None


@check("LEAD-04", "error", "leads", "disqualify_reason", "status", hint="Pick the reason.")
def disqualified_has_reason(row: Row, _tables: Tables) -> object:
    """Disqualified needs a reason."""
    return row.get("status") == "Disqualified" and row.get("disqualify_reason") is None


@check("LEAD-05", "error", "leads", "revisit_on", "status", hint="Type the day, or set another status.")
def recycled_has_date(row: Row, tables: Tables) -> object:
    """Recycled needs a revisit date in the future."""
    return row.get("status") == "Recycled" and (day_of(row.get("revisit_on")) or date.min) <= tables.today


@check(
    "LEAD-06",
    "gate",
    "leads",
    "status",
    "icp_fit",
    "decision_maker",
    "budget",
    "override_reason",
    hint="Give an override reason of 10 characters or more, or disqualify the lead.",
)
def qualified_is_not_knocked_out(row: Row, tables: Tables) -> object:
    """Verdict is Disqualified ({reason}). Give an override reason to go on."""
    verdict = _verdict_against(row, tables)
    return {"reason": ", ".join(verdict.verdict.about)} if verdict and verdict.verdict.kind == "Disqualified" else None


def _verdict_against(row: Row, tables: Tables) -> Judgement | None:
    """Judge a lead that stands at Qualified or Converted without an override reason."""
    if row.get("status") not in ("Qualified", "Converted") or overrides(row.get("override_reason")):
        return None
    return judge(row, tables, limits(tables))


@check("LEAD-07", "warning", "leads", "company", "email", "phone", hint="Work in one of them, or disqualify one as Duplicate.")
def is_alone(row: Row, tables: Tables) -> object:
    """Possible duplicate of {id} ({company})."""
    found = tables.once("lead duplicates", lambda view: duplicates(view.rows("leads"), float(number(view, "similar_company"))))
    other = found.get(str(row["id"]))
    return {"id": other["id"], "company": other.get("company")} if other else None


@check("LEAD-08", "warning", "leads", "buying_role", "decision_maker", hint="Mend one of the two.")
def roles_agree(row: Row, _tables: Tables) -> object:
    """Decision-maker is Yes but buying role is {role}."""
    role = row.get("buying_role")
    return {"role": role} if row.get("decision_maker") == "Yes" and role not in (None, "Decision maker", "Unknown") else None


@check("LEAD-09", "warning", "leads", "budget", "budget_amount", hint="Mend one of the two.")
def budgets_agree(row: Row, _tables: Tables) -> object:
    """Budget is No but an amount is given."""
    return row.get("budget") == "No" and (number_of(row.get("budget_amount")) or 0) > 0


@check("LEAD-10", "error", "leads", "need", "timing", hint="0 none, 1 some, 2 strong; empty if not known.")
def answers_are_in_range(row: Row, _tables: Tables) -> object:
    """{col} must be 0, 1, 2 or empty."""
    return [
        {"column": name, "col": name.capitalize()}
        for name in ("need", "timing")
        if row.get(name) is not None and number_of(row.get(name)) not in (0, 1, 2)
    ]


@check("LEAD-10", "error", "lead_answers", "value", "question", hint="0, 1 or 2; 3 only where the criterion has it.")
def values_are_in_range(row: Row, tables: Tables) -> object:
    """{col} must be 0, 1, 2 or empty."""
    value = row.get("value")
    if value is None or number_of(value) in (0, 1, 2):
        return None
    text = fold(row.get("question") or "")
    names = {fold(entry.get("criterion") or "") for entry in tables.where("question_bank", "question", text)} | {text}
    graded = any(
        fold(entry.get("scale") or "") == "0-3" for name in names for entry in tables.where("lead_criteria", "criterion", name)
    )
    return None if graded and number_of(value) == 3 else {"col": "Value"}


@check("LEAD-11", "warning", "leads", "score_rule_version", hint="Press Score leads.")
def score_is_current(row: Row, tables: Tables) -> object:
    """Scored with rules v{a}; current rules are v{b}. Score again."""
    scored = words_of(row.get("score_rule_version"))
    if not scored or not tables.rows("lead_criteria"):
        return None
    current = current_rules(tables, limits(tables)).version
    return {"a": scored, "b": current} if scored != current else None


@check("LEAD-12", "note", "leads", "email", hint="Use the phone, or ask for consent.")
def contact_takes_mail(row: Row, tables: Tables) -> object:
    """Contact opted out: e-mail templates are switched off for this lead."""
    people = [tables.find("contacts", row.get("contact")), *tables.where("contacts", "email", row.get("email"))]
    events = tables.children("lead_events", "lead", "leads", row)
    return any(person and person.get("opted_out") == "Yes" for person in people) or any(e.get("kind") == OPT_OUT for e in events)


# ── actions ──────────────────────────────────────────────────────────────────────────────────────


def limits(tables: Tables, half_life: Decimal | None = None) -> Limits:
    """Give the numbers of the policy that the judgement needs; WrongUse for a half-life that is not above 0."""
    days = number(tables, "half_life_days") if half_life is None else half_life
    if days <= 0:
        raise WrongUse("The half-life must be above 0 days.", "Set half_life_days to 30, for example.")
    return Limits(
        str(tables.policy.get("leads.set", STANDARD)),
        days,
        number(tables, "fit_cap"),
        number(tables, "engagement_cap"),
        number(tables, "attempts"),
    )


def tier_of(score: Decimal, tables: Tables) -> str:
    """Give the tier of a score in points."""
    return next((tier for tier in "ABC" if score >= number(tables, f"tier_{tier.lower()}")), "D")


def selected(tables: Tables, request: Request, statuses: tuple[str, ...]) -> list[Row]:
    """Give the leads a button works on: those selected, else all in these statuses."""
    if request.records:
        return [row for row in (tables.get("leads", record) for record in request.records) if row is not None]
    return [row for row in tables.rows("leads") if row.get("status") in statuses]


def score_leads(tables: Tables, request: Request) -> Patch:
    """Score the selected leads, or all: score, tier, reasons, verdict, next question, version and time."""
    rules = limits(tables, number_of(request.parameters.get("half_life_days")))
    edits: list[Edit] = []
    rows = selected(tables, request, (*STATUSES,))
    for row in rows:
        values = _score_values(judge(row, tables, rules), tables)
        changed = {name: value for name, value in values.items() if row.get(name) != value}
        if changed or row.get("scored_at") is None:
            changed["scored_at"] = tables.now
        edits += [Edit("leads", str(row["id"]), name, value) for name, value in changed.items()]
    count = len({edit.record for edit in edits})
    return Patch(tuple(edits), message=f"{len(rows)} leads scored, {count} changed.", rows_read=len(rows))


def _score_values(said: Judgement, tables: Tables) -> dict[str, Value]:
    score, heaviest, groups = points_of(said.scored.score), said.scored.heaviest(), said.scored.groups
    engagement = groups.get(ENGAGEMENT, 0)
    return {
        "score": score,
        "tier": tier_of(score, tables),
        "verdict": str(said.verdict),
        "ask_next": said.ask_next or None,
        **{f"reason_{i + 1}": heaviest[i] if i < len(heaviest) else None for i in range(3)},
        "score_reasons": said.scored.text or None,
        "fit_points": points_of(sum(groups.values()) - engagement - groups.get(PENALTY, 0)),
        "engagement_points": points_of(engagement),
        "completeness": said.completeness,
        "set_says": said.set_says or None,
        "score_rule_version": said.version,
    }


def qualify_leads(tables: Tables, request: Request) -> Patch:
    """Set the status of the selected leads, or of all open ones, by their verdict, or to the one asked for.

    Without `to`: Qualified and Disqualified as the verdict says; what cannot be qualified yet is refused.
    """
    to = words_of(request.parameters.get("to"))
    if to not in ("", "Qualified", "Disqualified", "Recycled"):
        raise WrongUse(f"'{to}' is no status to set.", "Use Qualified, Disqualified or Recycled, or leave it out.")
    rows = [row for row in selected(tables, request, OPEN) if row.get("status") != "Converted"]
    edits: list[Edit] = []
    refused: list[Refusal] = []
    for row in rows:
        outcome = _status_for(row, tables, request, to)
        if isinstance(outcome, str):
            refused.append(Refusal("leads", str(row["id"]), outcome))
        else:
            edits += [Edit("leads", str(row["id"]), name, value) for name, value in outcome.items() if row.get(name) != value]
    count = len({edit.record for edit in edits})
    message = f"{len(rows)} leads looked at, {count} changed, {len(refused)} refused."
    return Patch(tuple(edits), refused=tuple(refused), message=message, rows_read=len(rows))


def _status_for(row: Row, tables: Tables, request: Request, to: str) -> dict[str, Value] | str:
    """Give the cells to write for one lead, or the sentence of the gate that is closed."""
    override = request.parameters.get("override_reason")
    given: dict[str, Value] = {"override_reason": override} if overrides(override) and not row.get("override_reason") else {}
    verdict = judge({**row, **given}, tables, limits(tables)).verdict
    about = ", ".join(verdict.about)
    if to == "Recycled":
        day = day_of(request.parameters.get("revisit_on")) or day_of(row.get("revisit_on"))
        if day is None or day <= tables.today:
            return recycled_has_date.message
        return {"status": to, "revisit_on": day}
    if to == "Disqualified" or (not to and verdict.kind == "Disqualified"):
        reason = (
            row.get("disqualify_reason")
            or request.parameters.get("reason")
            or (about if verdict.kind == "Disqualified" else None)
        )
        if reason not in REASONS:
            return disqualified_has_reason.message
        return {"status": "Disqualified", "disqualify_reason": reason}
    if verdict.kind == "Disqualified":
        return qualified_is_not_knocked_out.message.format(reason=about)
    if verdict.kind == "Not yet qualified" and not (to and overrides(given.get("override_reason") or row.get("override_reason"))):
        return qualified_is_known.message.format(list=about)
    return {"status": "Qualified", **given}


# ── the order of work, and measures ──────────────────────────────────────────────────────────────


def chance_of(row: Row, tables: Tables) -> Decimal:
    """Give the chance that a lead converts: learnt if there is a model, else the shrunk rate of its tier."""
    learnt = number_of(row.get("p_convert"))
    if learnt is not None:
        return learnt
    rates = tables.once("lead tier rates", _tier_rates)
    return rates.get(words_of(row.get("tier")), rates["D"])


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
    hours = hours if hours is not None and hours > 0 else Decimal(10)
    return (chance_of(row, tables) * value / hours).quantize(Decimal("0.01"))


def most_likely(tables: Tables) -> list[tuple[Row, Decimal]]:
    """Give the open leads, the greatest worth per hour first; ties by chance, then by id."""
    rows = [row for row in tables.rows("leads") if row.get("status") in (*OPEN, "Qualified")]
    ranked = [(row, worth_per_hour(row, tables)) for row in rows]
    return sorted(ranked, key=lambda entry: (-entry[1], -chance_of(entry[0], tables), str(entry[0]["id"])))


def touched_at(row: Row, tables: Tables) -> Value:
    """Give the moment of the first touch of a lead: an attempt or an answer; None if there is none."""
    moments = [
        moment_of(event.get("at"))
        for event in tables.children("lead_events", "lead", "leads", row)
        if event.get("kind") in TOUCHES
    ]
    return min((moment for moment in moments if moment is not None), default=None)


def today_lines(tables: Tables) -> list[Todo]:
    """Give the leads to touch, to score or qualify, and to revisit."""
    lines = []
    for row in tables.rows("leads"):
        if tables.me and row.get("owner") is not None and fold(row["owner"]) != fold(tables.me):
            continue
        record, name, status, due = str(row["id"]), words_of(row.get("company")), row.get("status"), day_of(row.get("revisit_on"))
        worth = worth_per_hour(row, tables)
        if status == "Recycled" and due is not None and due <= tables.today:
            lines.append(Todo("leads", record, due, f"Revisit {name}", "The revisit date has come.", worth))
        elif status == "New" and touched_at(row, tables) is None:
            lines.append(Todo("leads", record, tables.today, f"First touch: {name}", "New; nobody called or wrote yet.", worth))
        elif status in OPEN:
            verdict, question = words_of(row.get("verdict")), words_of(row.get("ask_next"))
            step, why = (
                ("Score", "Not scored yet.")
                if not verdict
                else ("Qualify", verdict)
                if verdict.startswith("Qualified")
                else ("Disqualify or overrule", verdict)
                if verdict.startswith("Disqualified")
                else (f"Ask: {question}" if question else "Find out more", verdict)
            )
            lines.append(Todo("leads", record, None, f"{step}: {name}" if not question else f"{name}: {step}", why, worth))
    return lines


def _new(tables: Tables, start: date, end: date) -> list[Row]:
    """Give the leads first seen from start to end; all measures follow them."""
    return [row for row in tables.rows("leads") if start <= (day_of(row.get("created_at")) or date.min) <= end]


def first_touch(tables: Tables, start: date, end: date) -> Figure:
    """Give the share of new leads touched in time."""
    rows, wait = _new(tables, start, end), timedelta(hours=float(number(tables, "first_touch_hours")))

    def in_time(row: Row) -> bool:
        made, touch = moment_of(row.get("created_at")), moment_of(touched_at(row, tables))
        return made is not None and touch is not None and touch - made <= wait

    return share(filter(in_time, rows), rows)


def answers_per_lead(tables: Tables, start: date, end: date) -> Figure:
    """Give the mean number of answered questions of the new leads."""
    rows = _new(tables, start, end)
    counts = [len(tables.children("lead_answers", "lead", "leads", row)) for row in rows]
    value = (Decimal(sum(counts)) / len(rows)).quantize(Decimal("0.000001")) if rows else None
    return Figure(value, len(rows), tuple(str(row["id"]) for row in rows))


def completeness_of_qualified(tables: Tables, start: date, end: date) -> Figure:
    """Give the mean completeness of the new leads that were qualified."""
    rows = [row for row in _new(tables, start, end) if row.get("status") in ("Qualified", "Converted")]
    known = [value for row in rows if (value := number_of(row.get("completeness"))) is not None]
    value = (sum(known, Decimal(0)) / len(known)).quantize(Decimal("0.000001")) if known else None
    return Figure(value, len(known), tuple(str(row["id"]) for row in rows))


def reasons_given(tables: Tables, start: date, end: date) -> Figure:
    """Give the share of disqualifications with a reason other than Other."""
    rows = [row for row in _new(tables, start, end) if row.get("status") == "Disqualified"]
    return share((row for row in rows if row.get("disqualify_reason") not in (None, "Other")), rows)


def score_error(tables: Tables, start: date, end: date) -> Figure:
    """Give the calibration error of the chances against what happened, by tier, over the new leads that are closed."""
    rows = [row for row in _new(tables, start, end) if row.get("status") in ("Converted", "Disqualified") and row.get("tier")]
    bands: dict[str, list[tuple[Decimal, bool]]] = {}
    for row in rows:
        tier = str(row["tier"])
        said = number_of(row.get("p_convert"))
        said = number(tables, f"rate_{tier.lower()}" if tier in TIERS else "rate_d") if said is None else said
        bands.setdefault(tier, []).append((said, row.get("status") == "Converted"))
    return Figure(calibration_error(bands), len(rows), tuple(str(row["id"]) for row in rows))


def conversion(tables: Tables, start: date, end: date) -> Figure:
    """Give converted ÷ qualified of the new leads, shrunk; n is the qualified ones."""
    rows = [row for row in _new(tables, start, end) if row.get("status") in ("Qualified", "Converted")]
    done = [row for row in rows if row.get("status") == "Converted"]
    value = shrunk(len(done), len(rows), number(tables, "prior_conversion"), number(tables, "shrink_k")) if rows else None
    return Figure(value, len(rows), tuple(str(row["id"]) for row in done))


def won_of_converted(tables: Tables, start: date, end: date) -> Figure:
    """Give won ÷ converted of the new leads whose opportunity is closed, shrunk; n is the closed ones."""
    pairs = [
        (row, tables.find("opportunities", row.get("opportunity")))
        for row in _new(tables, start, end)
        if row.get("status") == "Converted"
    ]
    closed = [(row, deal.get("outcome")) for row, deal in pairs if deal is not None and deal.get("outcome") in ("Won", "Lost")]
    won = [row for row, outcome in closed if outcome == "Won"]
    value = shrunk(len(won), len(closed), number(tables, "prior_win"), number(tables, "shrink_k")) if closed else None
    return Figure(value, len(closed), tuple(str(row["id"]) for row in won))


DEFAULTS: Final[Mapping[str, tuple[Mapping[str, Value], ...]]] = {
    "lead_criteria": tuple(
        {"set": name, "group": group, "criterion": criterion, "weight": number_of(weight) or Decimal(str(weight)), "scale": scale, "knock_out": out}
        for name, group, criterion, weight, scale, out in CRITERIA),
    "question_bank": tuple(
        {"set": name, "criterion": criterion, "question": question, "good_answer": good}
        for name, bank in QUESTION_BANK.items() for criterion, questions in bank.items() for question, good in questions),
    "icp_definition": tuple({"attribute": attribute, "must": "No"} for attribute in ICP_ATTRIBUTES),
}  # fmt: skip

PROCESS: Final = Process(
    key="leads",
    name="Lead qualification",
    title="Leads",
    order=2,
    definition="Decide by fixed criteria whether a lead deserves effort.",
    purpose="Judge leads early and in the same way every time, pursue the right people with confidence and drop the wrong ones.",
    question="Is this lead worth my time, and what do I ask next? Are we judging alike, and does the score hold true?",
    owner_role="Rep",
    cadence="on arrival, then weekly",
    inputs="Leads from forms, lists, events and imports; answers to the questions; what the lead did.",
    outputs="Score with tier and reasons, verdict, the next question, leads in order of worth per hour.",
    stages=STATUSES,
    tables=(LEADS, LEAD_ANSWERS, LEAD_EVENTS, ICP_DEFINITION, LEAD_CRITERIA, BANK),
    checks=(company_is_there, can_be_reached, qualified_is_known, disqualified_has_reason, recycled_has_date,
            qualified_is_not_knocked_out, is_alone, roles_agree, budgets_agree, answers_are_in_range, values_are_in_range,
            score_is_current, contact_takes_mail),
    actions=(
        Action("leads.score", "Score leads", ("leads",), score_leads,
               (Parameter("half_life_days", "number", None, "days", "Instead of the policy's half-life."),),
               "Scores the selected leads, or all, with reasons, verdict and the next question."),
        Action("leads.qualify", "Qualify", ("leads",), qualify_leads, (
            Parameter("to", "choice", None, "", "Qualified, Disqualified or Recycled; blank follows the verdict."),
            Parameter("reason", "choice", None, "", "Reason of a disqualification."),
            Parameter("revisit_on", "date", None, "", "Day to come back to a recycled lead."),
            Parameter("override_reason", "text", None, "", "10 characters or more, to go against the verdict."),
        ), "Sets the status by the verdict and says what is missing."),
    ),
    measures=(
        Measure("activity", "first_touch", "New leads touched within 24 hours ÷ new leads", "share", first_touch),
        Measure("activity", "answers_per_lead", "Questions answered per new lead", "answers", answers_per_lead),
        Measure("quality", "completeness", "Mean completeness of qualified leads", "share", completeness_of_qualified),
        Measure("quality", "reasons_given", "Disqualifications with a reason other than Other", "share", reasons_given),
        Measure("quality", "calibration_error", "Distance between what the score said and what happened", "share", score_error),
        Measure("result", "conversion", "Converted ÷ qualified, shrunk", "share", conversion),
        Measure("result", "won", "Won ÷ converted, shrunk", "share", won_of_converted),
    ),
    policy=POLICY,
    defaults=DEFAULTS,
    compute={"leads": compute_lead},
    fill={"leads": fill_lead},
    today=today_lines,
    tiles=(
        Tile("Leads not scored", "leads", (("score", "blank", ""),)),
        Tile("New leads", "leads", (("status", "is", "New"),)),
    ),
)  # fmt: skip
