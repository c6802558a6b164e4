"""A learned model put to work on the leads of a workspace: which column feeds it, or why it cannot be used.

The setting is `[leads] model = "model.json"` in sheetsales.toml. A model that cannot be used never stops
the work: the rules go on, and the button says why.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from sheetsales.errors import BadConfiguration
from sheetsales.learned_model import BASE_LINE, DRIFT_INDEX, USE, Model, ScoredRows, score_rows
from sheetsales.policy import nearest
from sheetsales.process import Row, Table, Tables
from sheetsales.score import LIMIT_LINE, Line
from sheetsales.values import fold, to_text

LOW, HIGH = 0, 10_000  # hundredths of points between which a score lies
SETTINGS: Final = ("model", "missing_as_blank", "columns")
CLOSING: Final = frozenset((  # columns that are filled when a lead is closed: a model that reads them reads the outcome
    "status", "disqualify_reason", "revisit_on", "override_reason", "account", "contact", "opportunity",
))  # fmt: skip
SHOWN: Final = 5  # names in a sentence
AVERAGE: Final = "An average lead"
SIX_PLACES: Final = Decimal("0.000001")
EXAMPLE: Final = 'For example [leads] with model = "model.json" below it.'


@dataclass(frozen=True)
class LeadSettings:
    """What stands under `[leads]`. model: name of a file. columns: by a column of the model, the column of leads that feeds it."""

    model: str
    missing_as_blank: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LearnedScore:
    """A model and how it is fed, or a sentence that says why it is not used.

    name: of the model's file. columns: by a column of the model, the column of leads; one that is not
    there counts as blank. version: names the model, and changes with it.
    """

    name: str
    version: str = ""
    model: Model | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    why_not: str = ""


@dataclass(frozen=True)
class LearnedLead:
    """What a model says of one lead: lines that add up to the score in hundredths, the heaviest first after the base."""

    score: int
    chance: Decimal
    lines: tuple[Line, ...]

    def heaviest(self, n: int = 3) -> list[str]:
        """Give the n largest contributions; the average lead and the ends of the scale are none."""
        named = [line for line in self.lines if line.answer]
        return [str(line) for line in named[:n]]


# ── the setting ──────────────────────────────────────────────────────────────────────────────────


def lead_settings(configuration: Mapping[str, object], leads: Table) -> LeadSettings | None:
    """Read `[leads]`, None where no model is named; raises BadConfiguration with the setting and the nearest known names."""
    found = configuration.get("leads", {})
    if not isinstance(found, Mapping):
        raise BadConfiguration("[leads] must hold settings.", EXAMPLE)
    unknown = next((name for name in found if name not in SETTINGS), None)
    if unknown is not None:
        raise BadConfiguration(f"[leads]: '{unknown}' is not a setting.", nearest(unknown, SETTINGS))
    name, blank, columns = found.get("model"), found.get("missing_as_blank", False), found.get("columns", {})
    if name is None and not found:
        return None
    if not isinstance(name, str) or not name.strip():
        raise BadConfiguration("[leads]: model must be the name of a file that `sheetsales model learn` wrote.", EXAMPLE)
    if not isinstance(blank, bool):
        raise BadConfiguration(
            f"[leads]: missing_as_blank must be true or false, not {blank!r}.", "Write missing_as_blank = true."
        )
    if not isinstance(columns, Mapping):
        raise BadConfiguration("[leads.columns] must hold columns.", 'For example "Lead Source" = "source".')
    for theirs, ours in columns.items():
        if ours not in leads.by_name:
            raise BadConfiguration(
                f"[leads.columns]: leads has no column '{ours}' for '{theirs}'.", nearest(ours, list(leads.by_name))
            )
    return LeadSettings(name.strip(), blank, {str(theirs): str(ours) for theirs, ours in columns.items()})


def put_to_work(settings: LeadSettings, model: Model, text: str, leads: Table) -> LearnedScore:
    """Join a model to the columns of leads; what speaks against it is a reason, never an error. text: of the model's file."""
    name = settings.model
    if model.verdict != USE:
        return LearnedScore(name, why_not=model.reason)
    known = {
        fold(word): column for column in leads.columns for word in (column.header, column.name, column.name.replace("_", " "))
    }
    wanted = [card.encoding.name for card in model.cards]
    columns = {
        theirs: settings.columns.get(theirs) or known[fold(theirs)].name
        for theirs in wanted
        if theirs in settings.columns or fold(theirs) in known
    }
    told = [ours for ours in columns.values() if leads.column(ours).computed == "action" or ours in CLOSING]
    if told:
        words = _named(sorted(set(told)))
        return LearnedScore(
            name, why_not=f"It reads {words}, filled by scoring or closing: learn again with --not-known for each."
        )
    missing = [theirs for theirs in wanted if theirs not in columns]
    if missing and not settings.missing_as_blank:
        return LearnedScore(
            name, why_not=f"Leads have no column {_named(missing)}, which it was learned with; name ours under [leads.columns]."
        )
    digest = hashlib.blake2b(text.encode(), digest_size=3).hexdigest()
    headers = {theirs: leads.column(ours).header for theirs, ours in columns.items()}
    return LearnedScore(name, f"model {name} {digest}", model, columns, headers)


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f"'{name}'" for name in names[:SHOWN]) + more


def learned_score_of(tables: Tables) -> LearnedScore | None:
    """Give what this workspace learned about leads, usable or not; None where no model is named."""
    found = tables.learned.get("leads")
    return found if isinstance(found, LearnedScore) else None


# ── scoring ──────────────────────────────────────────────────────────────────────────────────────


def score_leads_learned(learned: LearnedScore, rows: Sequence[Row]) -> tuple[list[LearnedLead], list[str]]:
    """Score leads by the model; also give remarks about leads that differ from those learned from.

    The points of a lead are those of its chance, kept between 0 and 100; base, contributions and the ends
    of the scale are lines that add up to it.
    """
    model = learned.model
    assert model is not None
    columns = {
        theirs: [to_text(row.get(ours)) or "" for row in rows] for theirs, ours in learned.columns.items()
    }  # fmt: skip
    scored = score_rows(model, columns, len(rows))
    found = []
    for points, chance, lines in zip(scored.points.tolist(), scored.probability.tolist(), scored.lines(), strict=True):
        score = min(max(points, LOW), HIGH)
        said = [_in_our_words(line, learned) for line in lines]
        if score != points:
            said.append(Line(LIMIT_LINE, "", score - points))
        found.append(LearnedLead(score, Decimal(repr(chance)).quantize(SIX_PLACES), tuple(said)))
    return found, _remarks(scored, learned)


def _in_our_words(line: Line, learned: LearnedScore) -> Line:
    if line.name == BASE_LINE:
        return Line(AVERAGE, "", line.points)
    return Line(learned.headers.get(line.name, line.name), line.answer, line.points)


def _remarks(scored: ScoredRows, learned: LearnedScore) -> list[str]:
    found = []
    changed = {name: index for name, index in scored.drift.items() if index > DRIFT_INDEX}
    if changed:
        words = ", ".join(
            f"{learned.headers.get(name, name)} (index {index:.2f})" for name, index in list(changed.items())[:SHOWN]
        )
        found.append(
            f"These leads differ from those learned from: {words}. Look whether the columns are the right ones; else learn again."
        )
    if scored.unseen:
        name, values = next(iter(scored.unseen.items()))
        words = f"{learned.headers.get(name, name)} '{values[0]}'"
        others = sum(map(len, scored.unseen.values())) - 1
        found.append(f"Not seen when learning, so counted as unknown: {words}{f' and {others} more values' if others else ''}.")
    return found


def described(learned: LearnedScore) -> str:
    """Say in a sentence what the scores were made by."""
    if learned.model is None:
        return f"Scored by the rules; the model {learned.name} is not used: {learned.why_not}"
    report = learned.model.report
    even = f"50 points are even odds, 20 more double them; an average lead has {learned.model.base / 100:g}"
    return f"Scored by the model {learned.name}, learned from {report['n']:,} closed leads (AUC {report['auc']:.2f}): {even}."
