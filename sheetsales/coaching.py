"""Whom to coach on what: the distance to the team split over its factors, three records that show it, what was agreed.

Shares are estimates, so they are floats; amounts stay Decimal. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import log
from typing import Final

from sheetsales.pipeline import ZERO, amount_of, state_of
from sheetsales.process import Row, Tables
from sheetsales.score import shrunk
from sheetsales.standing import SHRINK_K, setting
from sheetsales.values import Value, day_of, fold, moment_of, number_of, ratio, words_of

NUMBER, WIN_RATE, SIZE = FACTORS = ("Number of opportunities", "Win rate", "Deal size")
TOPICS: Final = ("Activity", "Win rate", "Deal size", "Call quality", "Qualification", "Forecast", "Territory", "Other")
TOPIC_OF: Final = {NUMBER: "Activity", WIN_RATE: "Win rate", SIZE: "Deal size"}
RECORDS: Final = 3  # concrete cases: more are not talked through in one meeting
NOTHING: Final = 1e-9  # ln below which two figures are the same
OPEN_LEADS: Final = ("new", "working", "qualified")
DEBRIEF_HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class Volume:
    """What a member, or the team on average, brings: opportunities x win rate x size; n closed deals stand behind it."""

    opportunities: Decimal
    win_rate: Decimal
    size: Decimal
    n: int = 0

    @property
    def product(self) -> Decimal:
        """Give what that comes to."""
        return self.opportunities * self.win_rate * self.size

    def factors(self) -> tuple[Decimal, Decimal, Decimal]:
        """Give the three factors in the order of `FACTORS`."""
        return self.opportunities, self.win_rate, self.size


@dataclass(frozen=True, slots=True)
class Part:
    """One factor of the distance. size: ln(own ÷ team), None where it is 0 yet. share: of the whole distance.

    share is None where the parts pull in different directions: then percentages would mislead.
    """

    factor: str
    size: float | None
    share: float | None

    @property
    def words(self) -> str:
        """Say it in words: a share, an amount in ln, or "none yet"."""
        if self.size is None:
            return f"{self.factor}: none yet"
        return f"{self.factor}: {self.share:.1%}" if self.share is not None else f"{self.factor}: ln {self.size:+.3f}"


@dataclass(frozen=True, slots=True)
class Distance:
    """The distance to the team, split. weakest: the factor to coach first, "" where nothing lies below the team."""

    parts: tuple[Part, ...]
    whole: float | None
    weakest: str

    @property
    def words(self) -> str:
        """Say it in one line."""
        if (
            self.whole is not None
            and not self.weakest
            and abs(self.whole) < NOTHING
            and not any(part.size for part in self.parts)
        ):
            return "No gap"
        return "; ".join(part.words for part in self.parts)


def distance(own: Volume, team: Volume) -> Distance:
    """Split ln(own ÷ team) of the product number x win rate x size over its factors.

    share_i = ln(ratio_i) ÷ sum of ln(ratio). A factor that is 0 is "none yet" and the weakest; where the parts
    have opposite signs the amounts are shown in ln.
    """
    sizes = [
        None if mine <= 0 or theirs <= 0 else _log(mine, theirs)
        for mine, theirs in zip(own.factors(), team.factors(), strict=True)
    ]
    known = [size for size in sizes if size is not None]
    none_yet = [factor for factor, size in zip(FACTORS, sizes, strict=True) if size is None]
    whole = sum(known) if not none_yet else None
    one_way = (
        whole is not None
        and abs(whole) > NOTHING
        and (all(size <= NOTHING for size in known) or all(size >= -NOTHING for size in known))
    )
    parts = tuple(
        Part(factor, size, max(0.0, size / whole) if one_way and whole is not None and size is not None else None)
        for factor, size in zip(FACTORS, sizes, strict=True)
    )
    if none_yet:
        return Distance(parts, None, none_yet[0])
    lowest = min(parts, key=lambda part: (part.size or 0.0, FACTORS.index(part.factor)))
    return Distance(parts, whole, lowest.factor if (lowest.size or 0.0) < -NOTHING else "")


def _log(own: Decimal, team: Decimal) -> float:
    found = log(float(own)) - log(float(team)) if own != team else 0.0
    return 0.0 if abs(found) < NOTHING else found


# ── from the rows ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Card:
    """What a manager takes into the talk with one member. n: closed deals behind the comparison.

    compared: the figures side by side. records: the three that show the weakest factor best, as (table, id, name).
    """

    rep: str
    weakest: str
    topic: str
    distance: Distance | None
    compared: str
    n: int
    records: tuple[tuple[str, str, str], ...]
    open_debriefs: int
    stalled: tuple[Row, ...]
    pushed: tuple[Row, ...]
    open_actions: tuple[Row, ...]
    last_action: Row | None
    own: Volume
    team: Volume

    @property
    def why(self) -> str:
        """Say which factor explains the distance, or why nothing is said."""
        if self.distance is None:
            return f"n = {self.n}: too few to compare."
        return self.distance.words

    @property
    def agreed(self) -> str:
        """Name what is still open from earlier talks, else what was agreed last."""
        if self.open_actions:
            return "; ".join(_agreement(row) for row in self.open_actions)
        return (
            f"{_agreement(self.last_action)} ({words_of(self.last_action.get('result'))})" if self.last_action is not None else ""
        )


def _agreement(row: Row) -> str:
    day = day_of(row.get("check_date"))
    return words_of(row.get("agreed_action")) + (f", check on {day.isoformat()}" if day is not None else "")


def volumes(members: Sequence[str], tables: Tables) -> tuple[dict[str, Volume], Volume]:
    """Give each member's volume of the days looked at, and the team's on average.

    Opportunities: created in these days. Win rate: of those closed in them; a member's is drawn towards the
    team's. Size: mean amount won; without a won deal 0, "none yet".
    """
    start = tables.today - timedelta(days=int(setting(tables, "coach_days", Decimal(365))))
    found = {member: _counts(member, start, tables) for member in members}
    made, won, closed = (
        (sum(column) for column in zip(*(counts[:3] for counts in found.values()), strict=True)) if found else (0, 0, 0)
    )
    amount = sum((counts[3] for counts in found.values()), ZERO)
    people = len(members) or 1
    team_rate = ratio(won, closed) or ZERO
    team = Volume(Decimal(made) / people, team_rate, ratio(amount, won) or ZERO, closed)
    k = setting(tables, "shrink_k", SHRINK_K)
    return {
        member: Volume(
            Decimal(mine), shrunk(wins, ended, team_rate, k) if ended or k else ZERO, ratio(value, wins) or ZERO, ended
        )
        for member, (mine, wins, ended, value) in found.items()
    }, team


def _counts(member: str, start: date, tables: Tables) -> tuple[int, int, int, Decimal]:
    rows = tables.where("opportunities", "owner", member)
    made = sum(_within(row, "created_on", start, tables) for row in rows)
    closed = [row for row in rows if state_of(row) != "Open" and _within(row, "close_date", start, tables)]
    won = [row for row in closed if state_of(row) == "Won"]
    return made, len(won), len(closed), sum((amount_of(row) for row in won), ZERO)


def _within(row: Row, name: str, start: date, tables: Tables) -> bool:
    day = day_of(row.get(name))
    return day is not None and start <= day <= tables.today


def cards(members: Sequence[str], tables: Tables) -> list[Card]:
    """Give the coaching card of every member, in the order given; the comparison is with all of them."""
    own, team = volumes(members, tables)
    return [card(member, own[member], team, tables) for member in members]


def card(rep: str, own: Volume, team: Volume, tables: Tables) -> Card:
    """Make the card of one member from the own volume and the team's on average."""
    enough = own.n >= setting(tables, "coach_minimum", Decimal(10))
    found = distance(own, team) if enough else None
    weakest = found.weakest if found is not None else ""
    log_rows = sorted(
        tables.where("coaching_log", "rep", rep), key=lambda row: (day_of(row.get("date")) or date.min, str(row["id"]))
    )
    open_rows = tuple(row for row in log_rows if fold(row.get("result") or "open") == "open")
    deals = [row for row in tables.where("opportunities", "owner", rep) if state_of(row) == "Open"]
    flag = setting(tables, "pushed_flag", Decimal(3))
    compared = (
        f"{own.opportunities:.0f} opportunities against {team.opportunities:.1f} on average, win rate {own.win_rate:.0%} against "
        f"{team.win_rate:.0%}, size {own.size:,.0f} against {team.size:,.0f}"
    )
    return Card(
        rep, weakest, TOPIC_OF.get(weakest, ""), found, compared, own.n, failing(weakest, rep, team, tables), len(open_debriefs(rep, tables)),
        tuple(deal for deal in deals if deal.get("stalled") == "Yes"),
        tuple(deal for deal in deals if (number_of(deal.get("push_count")) or ZERO) >= flag),
        open_rows, log_rows[-1] if log_rows else None, own, team,
    )  # fmt: skip


def failing(factor: str, rep: str, team: Volume, tables: Tables) -> tuple[tuple[str, str, str], ...]:
    """Give the three records that show a factor best: the largest amounts among those that fail it, ties by id.

    Too few opportunities: leads that are not converted yet. Win rate: deals lost. Deal size: deals won below
    the team's size.
    """
    start = tables.today - timedelta(days=int(setting(tables, "coach_days", Decimal(365))))
    deals = [row for row in tables.where("opportunities", "owner", rep) if _within(row, "close_date", start, tables)]
    if factor == NUMBER:
        leads = [row for row in tables.where("leads", "owner", rep) if fold(row.get("status") or "") in OPEN_LEADS]
        chosen = [("leads", row, number_of(row.get("expected_value")) or ZERO, row.get("company")) for row in leads]
    elif factor == WIN_RATE:
        chosen = [("opportunities", row, amount_of(row), row.get("name")) for row in deals if state_of(row) == "Lost"]
    elif factor == SIZE:
        small = [row for row in deals if state_of(row) == "Won" and amount_of(row) < team.size]
        chosen = [("opportunities", row, amount_of(row), row.get("name")) for row in small]
    else:
        return ()
    ordered = sorted(chosen, key=lambda one: (-one[2], str(one[1]["id"])))[:RECORDS]
    return tuple((table, str(row["id"]), _named(name, row, amount)) for table, row, amount, name in ordered)


def _named(name: Value, row: Row, amount: Decimal) -> str:
    reason = words_of(row.get("lost_reason"))
    return f"{words_of(name) or row['id']} {amount:,.2f}" + (f" ({reason})" if reason else "")


def open_debriefs(rep: str, tables: Tables) -> list[Row]:
    """Give the calls held more than a day ago that were not looked back on yet."""
    limit = tables.now - timedelta(hours=DEBRIEF_HOURS)
    return [
        call
        for call in tables.where("calls", "owner", rep)
        if fold(call.get("status") or "") == "held"
        and call.get("debriefed_at") is None
        and (held := moment_of(call.get("held_at"))) is not None
        and held < limit
    ]


def reports_of(manager: str, tables: Tables) -> list[str]:
    """Give the addresses of the active members who report to a manager, in alphabetical order."""
    people = tables.where("people", "manager", manager) if manager else []
    return sorted(
        str(row["email"]) for row in people if row.get("email") is not None and fold(row.get("active") or "yes") != "no"
    )
