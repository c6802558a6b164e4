"""The pages of the manager's workbook that look ahead: forecast, coverage, what moved, coaching, adoption, with their charts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from sheetsales.bridge import PARTS, Bridge, named_moves
from sheetsales.coaching import FACTORS
from sheetsales.deal_report import SHOWN, named, percent
from sheetsales.values import words_of
from sheetsales_sync.outlook import Member, Outlook, uses
from sheetsales_workbooks.report import Chart, Field, Page

DRAWN: Final = 24  # members that can still be told apart in a chart
TEAM: Final = "Team"
RANGE_COLORS: Final = ("#9CC4D3", "#1F6F8B")
RISE, FALL, LEVEL = "#2F7A5A", "#B4641A", "#3B5B92"
NameOf = Callable[[str], str]


def outlook_pages(outlook: Outlook, currency: str, name_of: NameOf) -> list[Page]:
    """Give the pages, each with its charts; those without anything to show say why in their words."""
    return [
        _forecast(outlook, currency, name_of),
        _coverage(outlook, currency, name_of),
        _moved(outlook, currency),
        _coaching(outlook, name_of),
        _adoption(outlook, name_of),
        _uses(outlook),
    ]


def _everybody(outlook: Outlook, name_of: NameOf) -> list[tuple[str, Member]]:
    """Give the team, then the members by name; alone a member is the team."""
    members = sorted(((name_of(member.email), member) for member in outlook.members), key=lambda one: one[0].casefold())
    return [(TEAM, outlook.team), *members]


def _period(outlook: Outlook) -> str:
    return f"{outlook.period}: deals that close from {outlook.days[0].isoformat()} to {outlook.days[1].isoformat()}"


# ── forecast ─────────────────────────────────────────────────────────────────────────────────────


def _forecast(outlook: Outlook, currency: str, name_of: NameOf) -> Page:
    everybody = _everybody(outlook, name_of)
    rows = [
        (name, m.standing.closed, m.standing.weighted, m.standing.closed + m.standing.weighted, m.standing.low, m.standing.middle - m.standing.low,
         m.standing.middle, m.standing.high - m.standing.middle, m.standing.high, m.standing.quota, _rounded(m.standing.chance),
         _rounded(m.standing.chance_apart), m.standing.commit, m.standing.best_case, m.submitted, m.adjusted, m.standing.open_amount, len(m.standing.due))
        for name, m in everybody
    ]  # fmt: skip
    fields = (
        Field("Member", width=24), Field("Booked", "money", 15), Field("Weighted", "money", 15), Field("Expected", "money", 15),
        Field("Low: reached 9 times in 10", "money", 15), Field("Low to middle", "money", 15), Field("Middle: every other time", "money", 15),
        Field("Middle to high", "money", 15), Field("High: 1 time in 10", "money", 15), Field("Quota", "money", 15),
        Field("Chance to reach the quota", "rate", 12), Field("Were deals independent", "rate", 13), Field("Commit", "money", 15),
        Field("Best case", "money", 15), Field("Handed in", "money", 15), Field("With adjustment", "money", 15), Field("Open", "money", 15),
        Field("Open deals", "integer", 9),
    )  # fmt: skip
    words = [
        f"{_period(outlook)}. Amounts in {currency}; lost deals add nothing, deals without a close date are left out.",
        f"Deals hang together (correlation {outlook.correlation.normalize():f}), so the team's range is wider than the members' would suggest.",
    ]
    team = outlook.team.standing
    unknown = sum(words_of(row.get("stage")) == "Open" for row in team.due)
    if unknown:
        words.append(
            f"{unknown:,} deals came in later without the stage they had on that day: they count as open, and as 0 in the weighted amount."
        )
    if team.quota is None:
        words.append("No quota covers this period, so there is no chance to reach one; operations enter it under Quotas.")
    else:
        words.append(
            f"The team reaches {team.quota:,.2f} with a chance of {percent(team.chance)}; comfortable is {percent(outlook.comfortable)}."
        )
    charts = []
    if any(m.standing.high for _, m in everybody):
        first = 0 if len(everybody) <= 2 else 1  # beside the team's sum the members would be slivers
        charts.append(Chart("Forecast", "bar", f"Where 80 % of outcomes lie, {currency} (colours meet at the middle)", (0, 0), (4, 5, 7), first,
                            min(len(rows) - first, DRAWN), stacked=True, unseen=1, colors=RANGE_COLORS))  # fmt: skip
    if any(m.standing.chance is not None for _, m in everybody):
        charts.append(
            Chart("Forecast", "bar", "Chance to reach the quota", (0, 0), (10,), 0, min(len(rows), DRAWN), format="rate")
        )
    return Page("Forecast", "Forecast", tuple(words), fields, rows, charts=tuple(charts))


def _rounded(share: float | None) -> Decimal | None:
    return None if share is None else Decimal(repr(share)).quantize(Decimal("0.0001"))


# ── coverage ─────────────────────────────────────────────────────────────────────────────────────


def _coverage(outlook: Outlook, currency: str, name_of: NameOf) -> Page:
    everybody = _everybody(outlook, name_of)
    rows = [
        (name, m.standing.quota, m.standing.closed, m.standing.open_amount, _times(m.standing.coverage), _times(m.standing.needed),
         m.short, m.standing.gap, m.new, m.comfortable, m.size, m.standing.win_rate, m.standing.closed_deals, _coverage_words(m))
        for name, m in everybody
    ]  # fmt: skip
    fields = (
        Field("Member", width=24), Field("Quota", "money", 15), Field("Booked", "money", 15), Field("Open", "money", 15),
        Field("Coverage, times", "days", 11), Field("Needed, times", "days", 11), Field("Pipeline short", "money", 15), Field("Gap", "money", 15),
        Field("New deals to close the gap", "integer", 13), Field("New deals to be comfortable", "integer", 13),
        Field("Typical deal", "money", 14), Field("Win rate by value", "rate", 11), Field("Closed deals", "integer", 9), Field("Why", width=80),
    )  # fmt: skip
    words = (
        f"{_period(outlook)}. Coverage is open ÷ (quota - booked); needed is 1 ÷ win rate by value, shrunk towards what is expected.",
        f"The gap is quota - booked - weighted, in {currency}. Comfortable is a chance of {percent(outlook.comfortable)}, worked out for the team.",
    )
    charts = []
    if any(m.standing.coverage is not None for _, m in everybody):
        charts.append(
            Chart(
                "Coverage",
                "bar",
                "Coverage of what is missing: have and need",
                (0, 0),
                (4, 5),
                0,
                min(len(rows), DRAWN),
                format="number",
            )
        )
    if any(m.standing.gap for _, m in everybody):
        charts.append(Chart("Coverage", "bar", f"Gap to the quota, {currency}", (0, 0), (7,), 0, min(len(rows), DRAWN)))
    return Page("Coverage", "Coverage and gap", words, fields, rows, charts=tuple(charts))


def _times(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(Decimal("0.01"))


def _coverage_words(member: Member) -> str:
    now = member.standing
    if now.quota is None:
        return "No quota in this period."
    if now.coverage is None:
        return "The quota is reached."
    if not now.gap:
        return "Booked and weighted deals reach the quota on average."
    needs = f"{now.gap:,.2f} are missing on average"
    if member.new is None or member.size is None:
        return f"{needs}; no deal tells what a typical one is worth."
    return f"{needs}: {member.new:,} new deals of {member.size:,.2f} at a win rate of {percent(now.win_rate)} (n = {now.closed_deals})."


# ── what moved ───────────────────────────────────────────────────────────────────────────────────


def _moved(outlook: Outlook, currency: str) -> Page:
    fields = (
        Field("Step", width=24), Field("Amount", "money", 16), Field("Deals", "integer", 9), Field("Level before", "money", 16),
        Field("Stands", "money", 16), Field("Rises", "money", 16), Field("Falls", "money", 16), Field("Which deals", width=110),
    )  # fmt: skip
    if outlook.moved is None or outlook.since is None:
        words: tuple[str, ...] = ("What moved needs the history of the store; a roll-up straight from workbooks has none.",)
        return Page("What moved", "What moved", words, fields, [])
    rows = _steps(outlook.moved, outlook.since.isoformat())
    words = (
        f"The open amount due by {outlook.days[1].isoformat()}, from the end of {outlook.since.isoformat()} to now, in {currency}; from the history of the deals.",
        f"Start and steps add up to the end: difference {outlook.moved.difference:,.2f}.",
    )
    chart = Chart("What moved", "column", f"What moved in a week, {currency}", (0, 0), (3, 4, 5, 6), 0, len(rows), stacked=True,
                  unseen=1, colors=(LEVEL, RISE, FALL))  # fmt: skip
    drawn = bool(outlook.moved.start or outlook.moved.shown or outlook.moved.moves)
    return Page("What moved", "What moved", words, fields, rows, charts=(chart,) if drawn else ())


def _steps(moved: Bridge, since: str) -> list[tuple[object, ...]]:
    """Give the steps with where each begins, so that they can be drawn standing on one another."""
    none = Decimal(0)
    rows: list[tuple[object, ...]] = [(f"Open on {since}", moved.start, None, none, moved.start, none, none, "")]
    level = moved.start
    for part, (name, sign) in PARTS.items():
        amount = sign * getattr(moved, part)
        moves = moved.of(part)
        if part == "removed" and not moves:
            continue
        low = min(level, level + amount)
        rows.append((name, amount, len(moves), low, none, max(amount, none), max(-amount, none), named_moves(moves, SHOWN)))
        level += amount
    rows.append(("Open now", moved.end, None, none, moved.end, none, none, ""))
    return rows


# ── coaching ─────────────────────────────────────────────────────────────────────────────────────


def _coaching(outlook: Outlook, name_of: NameOf) -> Page:
    fields = (
        Field("Member", width=24), Field("Agreed before", width=36), Field("Weakest factor", width=22), Field("Split of the gap", width=80),
        *(Field(factor, "number", 14) for factor in FACTORS), Field("Compared", width=88),
        *(Field(f"Record {n}", width=34) for n in (1, 2, 3)), Field("Open debriefs", "integer", 10), Field("Stalled", width=34),
        Field("Pushed", width=34), Field("Closed deals", "integer", 9),
    )  # fmt: skip
    rows: list[tuple[object, ...]] = []
    for card in sorted(outlook.cards, key=lambda one: name_of(one.rep).casefold()):
        sizes = [None if part.size is None else Decimal(repr(part.size)).quantize(Decimal("0.001")) for part in card.distance.parts] if card.distance else [None] * len(FACTORS)  # fmt: skip
        records = [name for _, _, name in card.records]
        rows.append((name_of(card.rep), card.agreed, card.weakest, card.why, *sizes, card.compared if card.distance else "",
                     *(records[n] if n < len(records) else "" for n in range(3)), card.open_debriefs, named(card.stalled), named(card.pushed), card.n))  # fmt: skip
    words = (
        "What explains each member's distance to the team: the number of opportunities, the win rate or the deal size. Shown is ln(own ÷ team): bars to the left lie below the team.",
        "Begin the talk with what was agreed before; look at the three records together. With fewer than 10 closed deals nothing is compared.",
    )
    compared = [n for n, row in enumerate(rows) if any(isinstance(value, Decimal) for value in row[4 : 4 + len(FACTORS)])]
    charts = []
    if compared and len(rows) <= DRAWN:
        places = tuple(range(4, 4 + len(FACTORS)))
        charts.append(Chart("Coaching", "bar", "Distance to the team by factor (ln, 0 is the team)", (0, 0), places, 0, len(rows), format="ln", signed=True))  # fmt: skip
    return Page("Coaching", "Coaching cards", words, fields, rows, charts=tuple(charts))


# ── adoption ─────────────────────────────────────────────────────────────────────────────────────


def _adoption(outlook: Outlook, name_of: NameOf) -> Page:
    fields = (
        Field("Member", width=24), Field("Process", width=16), Field("Asked", width=11), Field("Fit", width=14), Field("Rows due", "integer", 9),
        Field("Touched in 28 days", "integer", 11), Field("Share touched", "rate", 11), Field("Required fields filled", "rate", 12),
        Field("Signal", width=12), Field("Activity measure", width=50), Field("Activity", "days", 10), Field("Why", width=100),
    )  # fmt: skip
    order = {"abandoned": 0, "fading": 1, "": 2}
    listed = sorted(outlook.adoption, key=lambda one: (order[one.signal], name_of(one.member).casefold()))
    rows = [
        (name_of(one.member), one.process, one.assigned, one.fit.word, one.use.due, one.use.touched, one.touched, one.filled, one.signal,
         one.activity_text, one.activity.value, one.why)
        for one in listed
    ]  # fmt: skip
    words: tuple[str, ...] = (
        "Who uses which process: rows touched in four weeks of those due, with the verdict of the fit beside it. The abandoned come first.",
        "A process is not bad in itself, only wrong for the person: misaligned means that the role has no use for it.",
    )
    if not rows:
        words = (
            "The use of the processes is seen from today's rows in the store; a past day or a roll-up from workbooks has none.",
        )
    return Page("Adoption", "Adoption, member by member", words, fields, rows)


def _uses(outlook: Outlook) -> Page:
    fields = (
        Field("Process", width=22), Field("Members", "integer", 10), Field("Abandoned", "integer", 11), Field("Fading", "integer", 10),
        Field("Misaligned", "integer", 11), Field("Rows due", "integer", 10), Field("Touched", "integer", 10), Field("Share touched", "rate", 12),
    )  # fmt: skip
    rows: Sequence[Sequence[object]] = [(key.capitalize(), *rest) for key, *rest in uses(outlook.adoption, outlook.processes)]
    charts = []
    if any(row[5] for row in rows):
        charts.append(
            Chart(
                "Adoption by process", "bar", "Rows touched in four weeks of those due", (0, 0), (7,), 0, len(rows), format="rate"
            )
        )
    if any(row[2] or row[3] or row[4] for row in rows):
        title = "Members who abandon a process, let it fade, or have no use for it"
        charts.append(Chart("Adoption by process", "bar", title, (0, 0), (2, 3, 4), 0, len(rows), format="whole", stacked=True))
    words = ("Of each process: who has it on, and where it is not used.",)
    return Page("Adoption by process", "Adoption by process", words, fields, rows, charts=tuple(charts))


def headline(outlook: Outlook) -> str:
    """Say the outlook in one sentence, for the overview."""
    now = outlook.team.standing
    words = f"{words_of(outlook.period)}: {now.low:,.0f} to {now.high:,.0f} with a chance of 80 %"
    return words + (f"; quota {now.quota:,.0f}, chance {percent(now.chance)}." if now.quota is not None else "; no quota.")
