"""Lead qualification: is this lead worth the time, and what is to be asked next?

Run by reps on arrival of a lead and then weekly. In: leads from anywhere, the answers and events of each.
Out: score with reasons, verdict by fixed criteria, the next question, the order of work.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from sheetsales import lead_measures as measured
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
from sheetsales.lead_conversion import convert_leads, find_duplicates
from sheetsales.lead_decisions import REASONS, Gates, set_statuses, take_up_again, target_of
from sheetsales.lead_order import TIERS, is_mine, rank_leads, worth_per_hour
from sheetsales.lead_scoring import OPEN, ask_next, calibrate, mine_or_selected, score_leads, selected, version_in_force
from sheetsales.libraries.qualification import (
    CRITERIA,
    EVENT_KINDS,
    FIT,
    ICP_ATTRIBUTES,
    OPT_OUT,
    QUESTION_BANK,
    SOURCES,
    STANDARD,
)
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
from sheetsales.qualification import Judgement, domain_of, icp_proposal, judge, limits_of, overrides
from sheetsales.values import Value, day_of, fold, number_of, words_of

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
STATUSES: Final = ("New", "Working", "Qualified", "Disqualified", "Recycled", "Converted")
EMPLOYEES: Final = ("1-10", "11-50", "51-200", "201-500", "501-1000", "1000+")

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
    Integer("work_rank", "Work rank", computed="action", help="Written by Rank leads: 1 brings most for an hour of work."),
    Money("worth_per_hour", "Worth per hour", computed="action", help="Chance times value, divided by the hours of work."),
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
    Text("question_script", "Question script", computed="action", limit=4_000, help="Written by Ask next: what to ask, in order."),
    Text("possible_duplicate", "Possible duplicate", computed="action", help="Written by Find duplicates."),
    Text("set_says", computed="action", help="What the set in force says by its own rule; the verdict stands beside it."),
    Text("score_rule_version", computed="action", help="The rules the score was made by."),
    DateTime("scored_at", computed="action", help="When the score last changed."),
    Percent("p_convert", "P convert", computed="action", help="The chance that it converts; only with a learned model."),
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
    return judge(row, tables, limits_of(tables))


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
    current = version_in_force(tables)
    return {"a": scored, "b": current} if scored != current else None


@check("LEAD-12", "note", "leads", "email", hint="Use the phone, or ask for consent.")
def contact_takes_mail(row: Row, tables: Tables) -> object:
    """Contact opted out: e-mail templates are switched off for this lead."""
    people = [tables.find("contacts", row.get("contact")), *tables.where("contacts", "email", row.get("email"))]
    events = tables.children("lead_events", "lead", "leads", row)
    return any(person and person.get("opted_out") == "Yes" for person in people) or any(e.get("kind") == OPT_OUT for e in events)


# ── actions ──────────────────────────────────────────────────────────────────────────────────────

GATES: Final = Gates(
    qualified_is_known.message, qualified_is_not_knocked_out.message, disqualified_has_reason.message, recycled_has_date.message
)


def qualify(tables: Tables, request: Request) -> Patch:
    """Set the status of the selected leads, or of all open ones, by their verdict, or to the one asked for."""
    rows = [row for row in selected(tables, request, OPEN) if row.get("status") != "Converted"]
    return set_statuses(rows, tables, request, target_of(request), GATES)


def disqualify(tables: Tables, request: Request) -> Patch:
    """Disqualify the selected leads with a reason, or all open ones that the verdict knocks out."""
    rows = [row for row in selected(tables, request, OPEN) if row.get("status") != "Converted"]
    if not request.records:
        rows = [row for row in rows if judge(row, tables, limits_of(tables)).verdict.kind == "Disqualified"]
    return set_statuses(rows, tables, request, "Disqualified", GATES)


def recycle(tables: Tables, request: Request) -> Patch:
    """Put the selected leads aside until a day; raises WrongUse where none is selected."""
    if not request.records:
        raise WrongUse("Select the leads to come back to later.", "Add --row with the id of a lead.")
    rows = [row for row in selected(tables, request, OPEN) if row.get("status") != "Converted"]
    return set_statuses(rows, tables, request, "Recycled", GATES)


def convert(tables: Tables, request: Request) -> Patch:
    """Convert the selected leads, or all of the member's that are qualified; see `convert_leads`."""
    rows = mine_or_selected(tables, request, ("Qualified",))
    return convert_leads(rows, tables, request, qualified_is_known.message, qualified_is_not_knocked_out.message)


_REASON = Parameter("reason", "choice", None, "", f"Reason of a disqualification: {', '.join(REASONS)}.")
_REVISIT = Parameter("revisit_on", "date", None, "", "Day to come back to a recycled lead.")
ACTIONS: Final = (
    Action("leads.score", "Score leads", ("leads",), score_leads,
           (Parameter("half_life_days", "number", None, "days", "Instead of the policy's half-life."),),
           "Scores the selected leads, or all, with reasons, verdict and the next question."),
    Action("leads.ask_next", "Ask next", ("leads",), ask_next,
           (Parameter("plan_call", "choice", None, "", "Yes plans a call with the questions, once."),),
           "Lists what is still to be asked of a lead, the most important first."),
    Action("leads.qualify", "Qualify", ("leads",), qualify, (
        Parameter("to", "choice", None, "", "Qualified, Disqualified or Recycled; blank follows the verdict."),
        _REASON, _REVISIT,
        Parameter("override_reason", "text", None, "", "10 characters or more, to go against the verdict."),
    ), "Sets the status by the verdict and says what is missing."),
    Action("leads.disqualify", "Disqualify", ("leads",), disqualify, (_REASON,),
           "Drops leads with a reason; without a selection those that the verdict knocks out."),
    Action("leads.recycle", "Recycle", ("leads",), recycle, (_REVISIT,), "Puts selected leads aside until a day."),
    Action("leads.take_up", "Take up again", ("leads",), take_up_again, (), "Brings recycled leads back whose day has come."),
    Action("leads.convert", "Convert", ("leads",), convert,
           (Parameter("duplicate", "choice", None, "", "What to do with a possible duplicate: link or create; blank asks."),),
           "Makes account, contact and opportunity of qualified leads, each once, after a look for duplicates."),
    Action("leads.rank", "Rank leads", ("leads",), rank_leads, (), "Puts open leads in order of what an hour of work brings."),
    Action("leads.find_duplicates", "Find duplicates", ("leads",), find_duplicates, (),
           "Names beside each lead which other one it may be; merges nothing."),
    Action("leads.calibration", "Calibration", ("leads",), calibrate, (),
           "Compares what the score said with what happened, tier by tier."),
)  # fmt: skip

# ── today ────────────────────────────────────────────────────────────────────────────────────────


def today_lines(tables: Tables) -> list[Todo]:
    """Give the leads to touch, to score or qualify, and to revisit."""
    lines = []
    for row in tables.rows("leads"):
        if not is_mine(row, tables):
            continue
        record, name, status, due = str(row["id"]), words_of(row.get("company")), row.get("status"), day_of(row.get("revisit_on"))
        worth = worth_per_hour(row, tables)
        if status == "Recycled" and due is not None and due <= tables.today:
            lines.append(Todo("leads", record, due, f"Revisit {name}", "The revisit date has come.", worth))
        elif status == "New" and measured.touched_at(row, tables) is None:
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
    actions=ACTIONS,
    measures=(
        Measure("activity", "first_touch", "New leads touched within 24 hours ÷ new leads", "share", measured.first_touch),
        Measure("activity", "answers_per_lead", "Questions answered per new lead", "answers", measured.answers_per_lead),
        Measure("quality", "completeness", "Mean completeness of qualified leads", "share", measured.completeness_of_qualified),
        Measure("quality", "reasons_given", "Disqualifications with a reason other than Other", "share", measured.reasons_given),
        Measure("quality", "calibration_error", "Distance between what the score said and what happened", "share", measured.score_error),
        Measure("result", "conversion", "Converted ÷ qualified, shrunk", "share", measured.conversion),
        Measure("result", "won", "Won ÷ converted, shrunk", "share", measured.won_of_converted),
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
