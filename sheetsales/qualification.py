"""How a lead is judged: its answers, the rule table made from `lead_criteria`, the verdict, what to ask next.

Pure; the lead process declares the tables and calls this.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from sheetsales.errors import WrongUse
from sheetsales.libraries.qualification import (
    ANSWERED,
    ATTEMPT,
    ATTEMPTS_PENALTY,
    ENGAGEMENT,
    FIT,
    FREE_MAIL,
    FREE_MAIL_PENALTY,
    OPT_OUT,
    PENALTY,
    STANDARD,
)
from sheetsales.process import Row, Tables
from sheetsales.score import Rule, RuleTable, Scored, decay, hundredths_of, score_row, still_open
from sheetsales.values import canonical_number, day_of, fold, number_of, words_of

MANDATORY: Final = (("icp_fit", "ICP fit"), ("decision_maker", "decision-maker"), ("budget", "budget"))
COLUMN_OF: Final = {    # criterion, folded -> the column of `leads` that answers it
    "icp fit": "icp_fit", "decision-maker": "decision_maker", "authority": "decision_maker", "budget": "budget",
    "money": "budget", "need": "need", "challenges": "need", "timing": "timing", "timeline": "timing", "prioritization": "timing",
}  # fmt: skip
REASON_OF: Final = {    # column or criterion that knocks out -> reason of a disqualification
    "icp_fit": "No fit", "decision_maker": "No authority", "budget": "No budget", "need": "No need", "timing": "Bad timing",
    OPT_OUT: "Unreachable",
}  # fmt: skip
FIND_DECISION_MAKER: Final = "find the decision-maker"
SET_SHARE: Final = Decimal("0.75")  # of the criteria of a set graded 0 to 2 that must be met: BANT asks for three of four
OVERRIDE_LENGTH: Final = 10  # characters; shorter is no reason


@dataclass(frozen=True)
class Limits:
    """The numbers of the lead policy that the judgement needs; see the policy table of the lead process."""

    set: str
    half_life: Decimal
    fit_cap: Decimal
    engagement_cap: Decimal
    attempts: Decimal


@dataclass(frozen=True)
class Verdict:
    """The verdict: kind is Qualified, Disqualified or Not yet qualified; about says why, `overridden` what was overruled."""

    kind: str
    about: tuple[str, ...] = ()
    overridden: str = ""

    def __str__(self) -> str:
        text = f"{self.kind}: {', '.join(self.about)}" if self.about else self.kind
        return f"{text} ({self.overridden})" if self.overridden else text


@dataclass(frozen=True)
class Judgement:
    """Everything the scoring of one lead says; set_says is what the set in force says by its own rule, "" if it has none."""

    scored: Scored
    verdict: Verdict
    ask_next: str
    completeness: Decimal
    version: str
    set_says: str


# ── the rule table ───────────────────────────────────────────────────────────────────────────────


def rule_table(criteria: Iterable[Row], limits: Limits) -> RuleTable:
    """Make the rule table of the set in force from the rows of `lead_criteria`, in their order.

    The groups Fit and Engagement have their caps. The version names the set and changes with every
    number that can change a score.
    """
    rows = [row for row in criteria if fold(row.get("set") or STANDARD) == fold(limits.set)]
    rules = tuple({rule.name: rule for rule in map(_rule, rows) if rule is not None}.values())
    caps = {FIT: hundredths_of(limits.fit_cap), ENGAGEMENT: hundredths_of(limits.engagement_cap)}
    said = repr([(r.name, r.group, r.levels, sorted(r.knock_out), r.again) for r in rules])
    said += repr([(kind, format(weight.normalize(), "f")) for kind, weight in _event_weights(rows, limits).items()])
    said += repr([str(limits.half_life.normalize()), sorted(caps.items()), str(limits.attempts.normalize())])
    digest = hashlib.blake2b(said.encode(), digest_size=3).hexdigest()
    return RuleTable(rules, caps, version=f"{limits.set} {digest}")


def _event_weights(criteria: Iterable[Row], limits: Limits) -> dict[str, Decimal]:
    """Give the points of each kind of event under the set in force."""
    rows = (
        row
        for row in criteria
        if fold(row.get("set") or STANDARD) == fold(limits.set) and words_of(row.get("group")) == ENGAGEMENT
    )
    return {words_of(row.get("criterion")): number_of(row.get("weight")) or Decimal(0) for row in rows}


def _rule(row: Row) -> Rule | None:
    name, group, scale = words_of(row.get("criterion")), words_of(row.get("group")) or FIT, words_of(row.get("scale"))
    weight = number_of(row.get("weight")) or Decimal(0)
    if not name:
        return None
    if group == ENGAGEMENT:
        return Rule(name, group)
    levels = _levels(scale, weight)
    graded = scale.replace("–", "-") == "0-3"
    out: frozenset[str] = frozenset()
    if row.get("knock_out") == "Yes":
        out = frozenset({"Yes"} if group == PENALTY else {"No"} if graded else {"No", "0"})
    return Rule(name, group, levels, out, again=graded)


def _levels(scale: str, weight: Decimal) -> tuple[tuple[str, int], ...]:
    """Read a scale: "Yes 20; No -20", or "0-2" whose top earns the weight; what cannot be read is Yes or No."""
    parts = scale.replace("–", "-").replace("−", "-")
    low, dash, high = parts.partition("-")
    if dash and low.strip() == "0" and high.strip() in ("2", "3", "4", "5"):
        top = int(high)
        return tuple((str(step), hundredths_of(weight * step / top)) for step in range(top, -1, -1))
    levels: dict[str, int] = {}
    for part in parts.split(";"):
        answer, _, points = part.strip().rpartition(" ")
        try:
            number = number_of(Decimal(points))
        except InvalidOperation:
            number = None
        if answer.strip() and number is not None:
            levels[answer.strip()] = hundredths_of(number)
    return tuple(levels.items()) or (("Yes", hundredths_of(weight)), ("No", 0))


# ── what a lead's rows say ───────────────────────────────────────────────────────────────────────


def domain_of(row: Row) -> str:
    """Give the lead's internet name from its e-mail, lower case; "" for a free-mail address."""
    domain = mail_domain(row)
    return "" if domain in FREE_MAIL else domain


def mail_domain(row: Row) -> str:
    """Give what stands after the @ of the lead's e-mail, lower case."""
    return words_of(row.get("email")).rpartition("@")[2].casefold()


def icp_proposal(row: Row, tables: Tables) -> str:
    """Say what the ICP definition makes of a lead: No if a must is missed, Yes if all is met, else Unknown."""
    met = []
    for entry in tables.rows("icp_definition"):
        accepted = {fold(value) for value in words_of(entry.get("accepted_values")).split(";")} - {""}
        if not accepted:
            continue
        value = row.get(fold(entry.get("attribute") or "").replace(" ", "_"))
        fits = None if value is None else fold(value) in accepted
        if fits is False and entry.get("must") == "Yes":
            return "No"
        met.append(fits)
    return "Yes" if met and all(met) else "Unknown"


def answers_of(row: Row, tables: Tables, table: RuleTable, limits: Limits) -> dict[str, str | None]:
    """Give the lead's answer to each criterion with levels, as the rule calls it; None is Unknown.

    The standard set is answered by the lead's own columns; another set by the latest row of
    `lead_answers` for the criterion, and where there is none by the column of the same meaning.
    """
    given = _given(row, tables, limits.set) if fold(limits.set) != fold(STANDARD) else {}
    events = tables.children("lead_events", "lead", "leads", row)
    answers: dict[str, str | None] = {}
    for rule in table.rules:
        if not rule.levels:
            continue
        if rule.group == PENALTY:
            answers[rule.name] = "Yes" if _penalised(rule.name, row, events, tables.today, limits) else None
        else:
            level = as_level(given.get(fold(rule.name)), rule)
            answers[rule.name] = level or as_level(row.get(COLUMN_OF.get(fold(rule.name), "")), rule)
    return answers


def as_level(value: object, rule: Rule) -> str | None:
    """Give the level of a rule that a value names, None where it names none."""
    number = number_of(value)
    word = str(int(number)) if number is not None and number == number.to_integral_value() else words_of(value)
    if word in rule.points:
        return word
    spans = {"Yes": rule.levels[0][0], "No": "0"}  # a Yes or No answers a span by its top and its bottom
    return spans[word] if word in spans and "0" in rule.points else None


def _given(row: Row, tables: Tables, name: str) -> dict[str, Decimal]:
    """Give the latest value per criterion, folded, of the lead's answers to the questions of a set."""
    criterion_of = tables.once(
        f"questions of {name}",
        lambda view: {
            fold(entry["question"]): fold(entry["criterion"])
            for entry in view.where("question_bank", "set", name)
            if entry.get("question") and entry.get("criterion")
        },
    )
    latest: dict[str, tuple[date, Decimal]] = {}
    for answer in tables.children("lead_answers", "lead", "leads", row):
        text = fold(answer.get("question") or "")
        criterion, value = criterion_of.get(text, text), number_of(answer.get("value"))
        asked = day_of(answer.get("asked_on")) or date.min
        if value is not None and (criterion not in latest or latest[criterion][0] <= asked):
            latest[criterion] = asked, value
    return {criterion: value for criterion, (_, value) in latest.items()}


def _penalised(name: str, row: Row, events: Iterable[Row], today: date, limits: Limits) -> bool:
    if name == FREE_MAIL_PENALTY:
        return mail_domain(row) in FREE_MAIL
    kinds = [event.get("kind") for event in events if (day_of(event.get("at")) or date.max) <= today]
    if name == ATTEMPTS_PENALTY:
        return kinds.count(ATTEMPT) >= limits.attempts and ANSWERED not in kinds
    return name in kinds


def engagement_of(row: Row, tables: Tables, table: RuleTable, limits: Limits) -> dict[str, int]:
    """Give the decayed points of the lead's events by kind, in hundredths; an event of tomorrow counts nothing.

    An event's own points count, else the weight of its kind.
    """
    weights = tables.once(f"engagement weights {limits.set}", lambda view: _event_weights(view.rows("lead_criteria"), limits))
    sums = {rule.name: Decimal(0) for rule in table.rules if not rule.levels}
    for event in tables.children("lead_events", "lead", "leads", row):
        kind, day = words_of(event.get("kind")), day_of(event.get("at"))
        if kind not in sums or day is None or day > tables.today:
            continue
        points = number_of(event.get("points"))
        points = weights.get(kind) if points is None else points
        sums[kind] += (points or Decimal(0)) * decay((tables.today - day).days, limits.half_life)
    return {kind: hundredths_of(total) for kind, total in sums.items()}


# ── the judgement ────────────────────────────────────────────────────────────────────────────────


def overrides(reason: object) -> bool:
    """Say whether a text is long enough to overrule a verdict."""
    return len(words_of(reason)) >= OVERRIDE_LENGTH


def verdict_of(
    row: Row, answers: Mapping[str, str | None], table: RuleTable, standard: RuleTable, standard_answers: Mapping[str, str | None]
) -> Verdict:
    """Give the verdict, in this order: knock-out, a mandatory criterion Unknown, no decision-maker, Qualified.

    Knock-outs of the standard set always hold; those of the set in force are added. Unknown never knocks out.
    """
    out = [
        rule.name
        for held, given in ((standard, standard_answers), (table, answers))
        for rule in held.rules
        if given.get(rule.name) in rule.knock_out
    ]
    said = ""
    if out:
        reason = REASON_OF.get(COLUMN_OF.get(fold(out[0]), out[0]), "Other")
        if not overrides(row.get("override_reason")):
            return Verdict("Disqualified", (reason,))
        said = f"{reason} overruled: {words_of(row.get('override_reason'))}"
    unknown = tuple(words for column, words in MANDATORY if row.get(column) not in ("Yes", "No"))
    if unknown:
        return Verdict("Not yet qualified", unknown, said)
    if row.get("decision_maker") == "No":
        return Verdict("Not yet qualified", (FIND_DECISION_MAKER,), said)
    return Verdict("Qualified", (), said)


def judge(row: Row, tables: Tables, limits: Limits) -> Judgement:
    """Score one lead and give verdict, next question and completeness."""
    table = current_rules(tables, limits)
    always = replace(limits, set=STANDARD)
    standard = current_rules(tables, always)
    answers = answers_of(row, tables, table, limits)
    standard_answers = answers if table is standard else answers_of(row, tables, standard, always)
    scored = score_row(table, answers, engagement_of(row, tables, table, limits))
    asked = [rule for rule in table.rules if rule.levels and rule.group != PENALTY]
    known = sum(answers[rule.name] is not None for rule in asked)
    completeness = canonical_number(Decimal(known) / len(asked)) if asked else Decimal(0)
    return Judgement(
        scored,
        verdict_of(row, answers, table, standard, standard_answers),
        ask_next(row, answers, tables, table, limits.set),
        completeness,
        table.version,
        set_says(table, answers, limits.set),
    )


def set_says(table: RuleTable, answers: Mapping[str, str | None], name: str) -> str:
    """Give the rule of a set graded 0 to 2, beside the verdict: three quarters of its criteria at 1 or more."""
    asked = [rule for rule in table.rules if rule.levels and rule.group != PENALTY]
    if not asked or any(set(rule.points) != {"0", "1", "2"} for rule in asked):
        return ""
    met = sum(answers.get(rule.name) in ("1", "2") for rule in asked)
    word = "qualified" if met >= SET_SHARE * len(asked) else "not qualified"
    return f"{name}: {word}, {met} of {len(asked)} at 1 or more"


def current_rules(tables: Tables, limits: Limits) -> RuleTable:
    """Give the rule table of the set in force, made once per view."""
    return tables.once(f"lead rules {limits}", lambda view: rule_table(view.rows("lead_criteria"), limits))


def ask_next(row: Row, answers: Mapping[str, str | None], tables: Tables, table: RuleTable, name: str) -> str:
    """Give the first unasked question of the criterion with most to win; "" when nothing is open."""
    return next((question for _, question in questions_left(row, answers, tables, table, name)), "")


def questions_left(
    row: Row, answers: Mapping[str, str | None], tables: Tables, table: RuleTable, name: str
) -> Iterator[tuple[str, str]]:
    """Give (criterion, question) of what is still to be asked, the criterion with most to win first.

    Of each criterion its unasked questions in the order of the bank; one without any is named itself.
    """
    asked = {fold(answer.get("question") or "") for answer in tables.children("lead_answers", "lead", "leads", row)}
    for rule, _gap in still_open(table, answers):
        if rule.group == PENALTY:
            continue
        questions = [
            question
            for entry in tables.where("question_bank", "set", name)
            if (question := words_of(entry.get("question")))
            and fold(entry.get("criterion") or "") == fold(rule.name)
            and fold(question) not in asked
        ]
        yield from ((rule.name, question) for question in questions or [f"Find out: {rule.name}"])


def script_of(row: Row, tables: Tables, limits: Limits) -> list[tuple[str, str]]:
    """Give (criterion, question) of what is still to be asked of a lead under the set in force, in the order to ask."""
    table = current_rules(tables, limits)
    return list(questions_left(row, answers_of(row, tables, table, limits), tables, table, limits.set))


# ── policy ───────────────────────────────────────────────────────────────────────────────────────


def number(tables: Tables, name: str) -> Decimal:
    """Give a number of the lead policy."""
    return Decimal(tables.policy[f"leads.{name}"])


def limits_of(tables: Tables, half_life: Decimal | None = None) -> Limits:
    """Give the numbers of the policy that the judgement needs; WrongUse for a half-life that is not above 0."""
    days = number(tables, "half_life_days") if half_life is None else half_life
    if days <= 0:
        raise WrongUse("The half-life must be above 0 days.", "Set half_life_days to 30, for example.")
    return Limits(
        str(tables.policy["leads.set"]),
        days,
        number(tables, "fit_cap"),
        number(tables, "engagement_cap"),
        number(tables, "attempts"),
    )
