"""What a manager looks ahead with: forecast as a range, coverage and gap, what moved, whom to coach, who uses what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from sheetsales.adoption import Adoption, adoption
from sheetsales.bridge import PARTS, Bridge, bridge, in_picture
from sheetsales.coaching import Card, cards
from sheetsales.conversion import typical_size
from sheetsales.coverage import opportunities_for, opportunities_to_be_comfortable, shortfall
from sheetsales.deal_weeks import adjusted, newest_forecast
from sheetsales.periods import period_around
from sheetsales.pipeline import ZERO, period_days, state_of
from sheetsales.process import Playbook, Row, Tables
from sheetsales.standing import Standing, due_by, is_running, rate_of, setting, standing_of
from sheetsales.values import cents, fold, number_of, ratio, words_of

SIX_PLACES: Final = 6
BRIDGE_DAYS: Final = 7  # what moved is told of a week


@dataclass(frozen=True)
class Member:
    """One member's outlook, or the team's (email ""). submitted: the commit handed in; adjusted: with the manager's adjustment.

    size: of a typical deal. new: opportunities that close the gap on average; comfortable: with which the chance
    is high enough, worked out for the team; None where it is not known.
    """

    email: str
    standing: Standing
    submitted: Decimal | None
    adjusted: Decimal | None
    size: Decimal | None
    short: Decimal | None
    new: int | None
    comfortable: int | None


@dataclass(frozen=True)
class Outlook:
    """Everything of one period. moved is None where no past is known; since: the day it begins with."""

    period: str
    days: tuple[date, date]
    correlation: Decimal
    comfortable: Decimal
    team: Member
    members: tuple[Member, ...]
    since: date | None
    moved: Bridge | None
    cards: tuple[Card, ...]
    adoption: tuple[Adoption, ...]
    processes: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Give it as further keys of the roll-up's JSON; money as text, chances as numbers."""
        everybody = (self.team, *self.members)
        return {
            "forecast": {
                "period": self.period,
                "from": self.days[0].isoformat(),
                "to": self.days[1].isoformat(),
                "correlation": float(self.correlation),
                "rows": [_forecast_document(member) for member in everybody],
            },
            "coverage": [_coverage_document(member) for member in everybody],
            "bridge": None if self.moved is None or self.since is None else _bridge_document(self.moved, self.since),
            "coaching": [_card_document(card) for card in self.cards],
            "adoption": [_adoption_document(one) for one in self.adoption],
        }


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else format(cents(amount), "f")


def _share(value: float | Decimal | None) -> float | None:
    return None if value is None else round(float(value), SIX_PLACES)


def _forecast_document(member: Member) -> dict[str, Any]:
    now = member.standing
    figures = {name: _money(getattr(now, name)) for name in ("closed", "commit", "best_case", "open_amount", "weighted", "low", "middle", "high", "deviation", "quota")}  # fmt: skip
    return {
        "member": member.email or None,
        **figures,
        "expected": _money(now.closed + now.weighted),
        "chance": _share(now.chance),
        "chance_if_independent": _share(now.chance_apart),
        "submitted": _money(member.submitted),
        "adjusted": _money(member.adjusted),
    }


def _coverage_document(member: Member) -> dict[str, Any]:
    now = member.standing
    return {
        "member": member.email or None,
        "gap": _money(now.gap),
        "coverage": _share(now.coverage),
        "needed_coverage": _share(now.needed),
        "win_rate": _share(now.win_rate),
        "closed_deals": now.closed_deals,
        "short": _money(member.short),
        "size": _money(member.size),
        "new_opportunities": member.new,
        "new_opportunities_to_be_comfortable": member.comfortable,
    }


def _bridge_document(moved: Bridge, since: date) -> dict[str, Any]:
    parts = {part: _money(getattr(moved, part)) for part in PARTS}
    return {"since": since.isoformat(), "start": _money(moved.start), **parts, "end": _money(moved.end), "difference": _money(moved.difference)}  # fmt: skip


def _card_document(card: Card) -> dict[str, Any]:
    parts = [] if card.distance is None else [{"factor": p.factor, "ln": _share(p.size), "share": _share(p.share)} for p in card.distance.parts]  # fmt: skip
    return {
        "member": card.rep,
        "weakest": card.weakest or None,
        "why": card.why,
        "n": card.n,
        "parts": parts,
        "records": [{"table": table, "record": record, "name": name} for table, record, name in card.records],
        "open_debriefs": card.open_debriefs,
        "stalled": [str(row["id"]) for row in card.stalled],
        "pushed": [str(row["id"]) for row in card.pushed],
        "open_actions": [words_of(row.get("agreed_action")) for row in card.open_actions],
    }


def _adoption_document(one: Adoption) -> dict[str, Any]:
    return {
        "member": one.member,
        "process": one.process,
        "assigned": one.assigned,
        "verdict": one.fit.word,
        "due": one.use.due,
        "touched": one.use.touched,
        "share_touched": _share(one.touched),
        "share_filled": _share(one.filled),
        "signal": one.signal or None,
        "activity": _share(one.activity.value),
        "why": one.why,
    }


# ── from the rows ────────────────────────────────────────────────────────────────────────────────


def look_ahead(
    playbook: Playbook,
    tables: Tables,
    members: Sequence[str],
    before: tuple[date, Sequence[Row]] | None,
    *,
    currency: str,
    used: tuple[Tables, Sequence[Row]] | None,
) -> Outlook:
    """Give the outlook of these members on the day of `tables`.

    tables: with the opportunities as they are counted, amounts in the workspace's currency. before: the day with
    which the bridge begins and the opportunities as they stood then. used: the rows of all processes with the
    time of their last change, and the people whose use is looked at; None where they are not at hand.
    """
    rows = tables.rows("opportunities")
    days, period = _running(members, tables)
    correlation = setting(tables, "correlation")
    quotas = _quotas(members, days, tables, currency)
    found = tuple(
        _member(
            email, tables.where("opportunities", "owner", email), days, quotas.get(fold(email)), tables, currency, correlation
        )
        for email in members
    )
    team = _team(rows, days, _team_quota(members, quotas), tables, currency, correlation)
    moved = None
    if before is not None:
        was = [row for row in before[1] if state_of(row) == "Open"]
        kept = {str(row["id"]) for row in was}
        now = in_picture(rows, before[0] + timedelta(days=1), lambda row: str(row["id"]) in kept)
        moved = bridge(was, now, due_by(days[1]), lambda row: str(row["id"]))
    return Outlook(
        period, days, correlation, setting(tables, "comfortable"), team, found, before[0] if before is not None else None, moved,
        tuple(cards(members, tables)), tuple(adoption(playbook, *used)) if used is not None else (),
        tuple(process.key for process in playbook.processes),
    )  # fmt: skip


def _running(members: Sequence[str], tables: Tables) -> tuple[tuple[date, date], str]:
    """Give the shortest running period for which one of the members, or their team, has a quota; else the calendar's."""
    wanted = _whose(members, tables)
    running = [
        ((days[1] - days[0]).days, days, words_of(row.get("period")))
        for row in tables.rows("quotas")
        if fold(row.get("who") or "") in wanted
        and (days := period_days(row.get("period"), tables)) is not None
        and is_running(days, tables)
    ]
    if running:
        _, days, period = min(running)
        return days, period
    days = period_around(tables.today, int(setting(tables, "periods_a_year", Decimal(4))))
    return days, f"{days[0].isoformat()} to {days[1].isoformat()}"


def _whose(members: Sequence[str], tables: Tables) -> set[str]:
    people = [person for email in members if (person := tables.person(email)) is not None]
    return {fold(email) for email in members} | {fold(person["team"]) for person in people if person.get("team") is not None}


def _quotas(members: Sequence[str], days: tuple[date, date], tables: Tables, currency: str) -> dict[str, Decimal]:
    """Give the quotas of exactly this period, by member or team; one in a currency without a rate is not there."""
    wanted = _whose(members, tables)
    found: dict[str, Decimal] = {}
    for row in sorted(tables.rows("quotas"), key=lambda one: str(one["id"])):
        who, amount = fold(row.get("who") or ""), number_of(row.get("amount"))
        rate = rate_of(words_of(row.get("ccy")), currency, tables)
        if who in wanted and amount is not None and rate is not None and period_days(row.get("period"), tables) == days:
            found.setdefault(who, cents(amount * rate))
    return found


def _team_quota(members: Sequence[str], quotas: Mapping[str, Decimal]) -> Decimal | None:
    """Give what the members together are to book: the sum of their quotas, else of their teams'."""
    own = [quotas[fold(email)] for email in members if fold(email) in quotas]
    names = {fold(email) for email in members}
    teams = [amount for who, amount in quotas.items() if who not in names]
    return sum(own, ZERO) if own else sum(teams, ZERO) if teams else None


def _member(
    email: str,
    rows: Sequence[Row],
    days: tuple[date, date],
    quota: Decimal | None,
    tables: Tables,
    currency: str,
    correlation: Decimal,
) -> Member:
    now = standing_of(rows, days, quota, currency, tables, float(correlation))
    given = newest_forecast(email, days, tables)
    commit = number_of(given.get("commit")) if given is not None else None
    size, _ = typical_size(rows)
    short, new = _inputs(now, size, tables)
    return Member(email, now, commit, adjusted(given) if given is not None else None, size, short, new, None)


def _team(
    rows: Sequence[Row], days: tuple[date, date], quota: Decimal | None, tables: Tables, currency: str, correlation: Decimal
) -> Member:
    now = standing_of(rows, days, quota, currency, tables, float(correlation))
    size, _ = typical_size(rows)
    short, new = _inputs(now, size, tables)
    enough = None
    if now.quota is not None and size is not None:
        win = now.win_rate if now.win_rate is not None else setting(tables, "prior_win")
        enough = opportunities_to_be_comfortable(
            now.deals, int((now.quota - now.closed) * 100), float(win), int(size * 100),
            wanted=float(setting(tables, "comfortable")), correlation=float(correlation),
        )  # fmt: skip
    return Member("", now, None, None, size, short, new, enough)


def _inputs(now: Standing, size: Decimal | None, tables: Tables) -> tuple[Decimal | None, int | None]:
    if now.quota is None or now.gap is None:
        return None, None
    win = now.win_rate if now.win_rate is not None else setting(tables, "prior_win")
    return shortfall(now.open_amount, now.quota, now.closed, win), opportunities_for(now.gap, win, size or ZERO)


def uses(found: Sequence[Adoption], order: Sequence[str]) -> list[tuple[str, int, int, int, int, int, int, Decimal | None]]:
    """Give per process, in this order, how many use it: members, abandoned, fading, misaligned, rows due, rows touched, share touched."""
    there = {one.process for one in found}
    keys = [key for key in order if key in there]
    result = []
    for key in keys:
        some = [one for one in found if one.process == key]
        due, touched = sum(one.use.due for one in some), sum(one.use.touched for one in some)
        signals = [one.signal for one in some]
        wrong = sum(one.fit.verdict == "misaligned" for one in some)
        result.append(
            (key, len(some), signals.count("abandoned"), signals.count("fading"), wrong, due, touched, ratio(touched, due))
        )
    return result
