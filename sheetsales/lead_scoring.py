"""Score leads, Ask next, Calibration: the score by rules or by a learned model, what to ask, and whether it held true.

Pure planners: rows in, patch out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final

from sheetsales.document import Document, Grid, Heading, Section
from sheetsales.errors import WrongUse
from sheetsales.lead_order import TIERS, is_mine, said_of
from sheetsales.learned_score import LearnedLead, LearnedScore, described, learned_score_of, score_leads_learned
from sheetsales.libraries.qualification import ENGAGEMENT, PENALTY
from sheetsales.process import Edit, NewRow, Patch, Request, Row, Tables
from sheetsales.qualification import Judgement, current_rules, judge, limits_of, number, script_of
from sheetsales.score import SEPARATOR, points_of
from sheetsales.values import Value, fold, number_of, ratio, words_of

OPEN: Final = ("New", "Working")
CLOSED: Final = ("Converted", "Disqualified")
SCRIPT_LIMIT: Final = 3_900  # characters of all questions in one cell
TOPIC_OF: Final = {  # criterion, folded -> topic of a question in a call
    "icp fit": "Other", "decision-maker": "Authority", "authority": "Authority", "economic buyer": "Authority",
    "champion": "Authority", "budget": "Budget", "money": "Budget", "timing": "Timing", "timeline": "Timing",
    "prioritization": "Timing", "decision process": "Process", "paper process": "Process", "competition": "Competition",
}  # fmt: skip
CALL_HOUR: Final = 9  # of the next day, for a call made from the questions


def selected(tables: Tables, request: Request, statuses: Sequence[str]) -> list[Row]:
    """Give the leads a button works on: those selected, else all in these statuses."""
    if request.records:
        return [row for row in (tables.get("leads", record) for record in request.records) if row is not None]
    return [row for row in tables.rows("leads") if row.get("status") in statuses]


# ── score leads ──────────────────────────────────────────────────────────────────────────────────


def tier_of(score: Decimal, tables: Tables) -> str:
    """Give the tier of a score in points."""
    return next((tier for tier in "ABC" if score >= number(tables, f"tier_{tier.lower()}")), "D")


def version_in_force(tables: Tables) -> str:
    """Give the version by which Score leads would score now: the model's, else that of the rules."""
    learned = learned_score_of(tables)
    return (
        learned.version if learned is not None and learned.model is not None else current_rules(tables, limits_of(tables)).version
    )


def score_leads(tables: Tables, request: Request) -> Patch:
    """Score the selected leads, or all: score, tier, reasons, verdict, next question, version and time.

    With a learned model that is fit for use the points are those of its chance and the reasons its largest
    contributions; else the rules score, and the message says why. The verdict never follows from a model.
    Raises WrongUse for a set in force that has no criteria.
    """
    rules = limits_of(tables, number_of(request.parameters.get("half_life_days")))
    if tables.rows("lead_criteria") and not current_rules(tables, rules).rules:
        known = dict.fromkeys(words_of(row.get("set")) for row in tables.rows("lead_criteria"))
        raise WrongUse(f"There are no criteria of the set '{rules.set}'.", f"Sets are: {', '.join(filter(None, known))}.")
    rows = selected(tables, request, ()) if request.records else list(tables.rows("leads"))
    learned = learned_score_of(tables)
    said: list[LearnedLead] | None = None
    remarks: list[str] = []
    if learned is not None and learned.model is not None and rows:
        said, remarks = score_leads_learned(learned, rows)
    edits: list[Edit] = []
    for place, row in enumerate(rows):
        judgement = judge(row, tables, rules)
        values = _values(judgement, tables)
        if said is not None and learned is not None:
            values |= _learned_values(said[place], learned, tables)
        if row.get("question_script") is not None:
            values["question_script"] = _script(row, tables)
        changed = {name: value for name, value in values.items() if row.get(name) != value}
        if changed or row.get("scored_at") is None:
            changed["scored_at"] = tables.now
        edits += [Edit("leads", str(row["id"]), name, value) for name, value in changed.items()]
    words = [f"{len(rows)} leads scored, {len({edit.record for edit in edits})} changed."]
    words += [described(learned)] if learned is not None else []
    return Patch(tuple(edits), message=" ".join([*words, *remarks]), rows_read=len(rows))


def _values(said: Judgement, tables: Tables) -> dict[str, Value]:
    score, heaviest, groups = points_of(said.scored.score), said.scored.heaviest(), said.scored.groups
    engagement = groups.get(ENGAGEMENT, 0)
    return {
        "score": score,
        "tier": tier_of(score, tables),
        "verdict": str(said.verdict),
        "ask_next": said.ask_next or None,
        **_reasons(heaviest),
        "score_reasons": said.scored.text or None,
        "fit_points": points_of(sum(groups.values()) - engagement - groups.get(PENALTY, 0)),
        "engagement_points": points_of(engagement),
        "completeness": said.completeness,
        "set_says": said.set_says or None,
        "score_rule_version": said.version,
        "p_convert": None,
    }


def _reasons(heaviest: Sequence[str]) -> dict[str, Value]:
    return {f"reason_{i + 1}": heaviest[i] if i < len(heaviest) else None for i in range(3)}


def _learned_values(said: LearnedLead, learned: LearnedScore, tables: Tables) -> dict[str, Value]:
    """Give what a model says in place of the rules; parts of the rule score would not add up to it, so they are blank."""
    score = points_of(said.score)
    return {
        "score": score,
        "tier": tier_of(score, tables),
        **_reasons(said.heaviest()),
        "score_reasons": SEPARATOR.join(map(str, said.lines)),
        "fit_points": None,
        "engagement_points": None,
        "score_rule_version": learned.version,
        "p_convert": said.chance,
    }


# ── ask next ─────────────────────────────────────────────────────────────────────────────────────


def ask_next(tables: Tables, request: Request) -> Patch:
    """Write the open questions of the selected leads, or of all open ones, in the order to ask; as a call plan if wanted.

    With `plan_call` each lead gets a planned call with its questions, once. Raises WrongUse for another word than Yes or No.
    """
    wanted = words_of(request.parameters.get("plan_call")) or "No"
    if fold(wanted) not in ("yes", "no"):
        raise WrongUse(f"plan_call: '{wanted}' is neither Yes nor No.")
    rows = selected(tables, request, OPEN)
    edits = []
    new: list[NewRow] = []
    for row in rows:
        script = _script(row, tables)
        if row.get("question_script") != script:
            edits.append(Edit("leads", str(row["id"]), "question_script", script))
        if fold(wanted) == "yes" and script is not None:
            new += _call(row, tables)
    calls = sum(made.table == "calls" for made in new)
    asking = sum(_script(row, tables) is not None for row in rows)
    message = f"{len(rows)} leads looked at, {asking} with questions to ask."
    if fold(wanted) == "yes":
        message += f" {calls} calls planned with {len(new) - calls} questions."
    return Patch(tuple(edits), tuple(new), message=message, rows_read=len(rows))


def _script(row: Row, tables: Tables) -> str | None:
    lines = [f"{place}. {question}" for place, (_, question) in enumerate(script_of(row, tables, limits_of(tables)), 1)]
    return "\n".join(lines)[:SCRIPT_LIMIT] or None


def _call(row: Row, tables: Tables) -> list[NewRow]:
    """Give a planned call that qualifies a lead, with its questions; none where one is planned with that company."""
    account = row.get("account") or row.get("company")
    if not isinstance(account, str) or any(call.get("status") == "Planned" for call in tables.where("calls", "account", account)):
        return []
    moment = datetime.combine(tables.today + timedelta(days=1), time(CALL_HOUR))
    while tables.where("calls", "name", name := f"{account} {moment:%Y-%m-%d %H:%M}"):
        moment += timedelta(minutes=1)
    values: dict[str, Value] = {
        "account": account, "contact": row.get("contact") or row.get("contact_name"), "planned_at": moment, "status": "Planned",
        "objective_type": "Qualify", "objective": f"Qualify the lead {row.get('company')}", "owner": row.get("owner"), "name": name,
    }  # fmt: skip
    made = [NewRow("calls", {column: value for column, value in values.items() if value is not None})]
    for place, (criterion, question) in enumerate(script_of(row, tables, limits_of(tables)), 1):
        topic = TOPIC_OF.get(fold(criterion), "Need")
        made.append(
            NewRow(
                "call_questions", {"call": name, "order": place, "question": question, "topic": topic, "owner": row.get("owner")}
            )
        )
    return made


# ── calibration ──────────────────────────────────────────────────────────────────────────────────

HEADINGS: Final = (
    Heading("Tier"), Heading("What that means"), Heading("Said", "percent", 12.0), Heading("Happened", "percent", 12.0),
    Heading("n", "number", 12.0),
)  # fmt: skip


def calibrate(tables: Tables, request: Request) -> Patch:  # noqa: ARG001 (all closed leads are looked at)
    """Say of each tier which share of its closed leads was said to convert and which did; prints the table. Changes no row."""
    rows = [row for row in tables.rows("leads") if row.get("status") in CLOSED and row.get("tier") in TIERS]
    if not rows:
        return Patch(message="No scored lead is closed yet: there is nothing to compare the score with.")
    table = []
    for tier in TIERS:
        inside = [row for row in rows if row.get("tier") == tier]
        if inside:
            said = ratio(sum((said_of(row, tables) for row in inside), Decimal(0)), len(inside)) or Decimal(0)
            happened = ratio(sum(row.get("status") == "Converted" for row in inside), len(inside)) or Decimal(0)
            table.append((tier, said, happened, len(inside)))
    apart = sum((abs(said - happened) * n for _, said, happened, n in table), Decimal(0)) / len(rows)
    words = "; ".join(f"{tier}: said {said:.0%}, happened {happened:.0%}, n {n}" for tier, said, happened, n in table)
    document = Document(
        name=f"Calibration of leads {tables.today.isoformat()}", kind="reports", title="Calibration", subtitle="Does the score hold true?",
        day=tables.today, currency="", parties=(), facts=(("Closed leads", len(rows)), ("Distance", f"{apart:.1%}")),
        sections=(Section("", "Said is the chance that was given, happened the share that converted. Few rows say little."),),
        headings=HEADINGS,
        rows=tuple((tier, _meaning(tier, tables), said.quantize(Decimal("0.001")), happened.quantize(Decimal("0.001")), Decimal(n))
                   for tier, said, happened, n in table),
        totals=(), closing=(), signatures=(), grids=tuple(grid for grid in (_dropped(tables),) if grid.rows),
    )  # fmt: skip
    return Patch(message=f"{words}. Distance {apart:.1%}.", rows_read=len(rows), documents=(document,))


def _dropped(tables: Tables) -> Grid:
    """Count the disqualified leads by reason, the most frequent first."""
    reasons = Counter(
        words_of(row.get("disqualify_reason")) or "no reason" for row in tables.where("leads", "status", "Disqualified")
    )
    n = sum(reasons.values())
    rows = tuple(
        ("", reason, None, (Decimal(count) / n).quantize(Decimal("0.001")), Decimal(count))
        for reason, count in sorted(reasons.items(), key=lambda entry: (-entry[1], entry[0]))
    )
    headings = (
        Heading(""), Heading("Disqualified because"), Heading("", "percent", 12.0), Heading("Share", "percent", 12.0), HEADINGS[4],
    )  # fmt: skip
    return Grid("Why leads were dropped", headings, rows)


def _meaning(tier: str, tables: Tables) -> str:
    if tier == "D":
        return f"below {number(tables, 'tier_c'):f} points"
    return f"{number(tables, f'tier_{tier.lower()}'):f} points and more"


def mine_or_selected(tables: Tables, request: Request, statuses: Sequence[str]) -> list[Row]:
    """Give the selected leads, else the member's own in these statuses."""
    rows = selected(tables, request, statuses)
    return rows if request.records else [row for row in rows if is_mine(row, tables)]
