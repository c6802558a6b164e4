"""Which process fits which role: rules, verdicts, what a member's book gets, and signs of abandonment.

A process is not bad in itself, only wrong for the person. The rules look at the profile of a role;
what a team assigned is compared with them. Of each member the own profile columns overrule the role's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Final, Literal

from sheetsales.process import Playbook, Process, Row, Table, Tables
from sheetsales.values import day_of, fold, number_of, words_of

# ── policy ───────────────────────────────────────────────────────────────────────────────────────

DOZENS: Final = 24  # accounts from which a territory is worth a plan: two dozen
SIGNAL_DAYS: Final = 28  # four weeks: a holiday alone is no abandonment
ENOUGH_ROWS_DUE: Final = 5  # with fewer rows a share says nothing about a habit
ABANDONED_BELOW: Final = Decimal("0.10")
FADING_BELOW: Final = Decimal("0.50")
OPERATIONS: Final = "operations"  # the role that keeps the libraries, the people and the roles

PROCESS_KEYS: Final = ("calls", "leads", "opportunities", "accounts", "territory", "deals", "automation")
ASSIGNMENTS: Final = ("Required", "Offered", "Off")
WORK: Final = ("Core", "Some", "None")
TICKS: Final = ("manages", "field_based", "geographic", "new_business", "has_quota")
COUNTS: Final = ("assigned_accounts", "key_customers")
WORKS: Final = ("call_work", "lead_work", "deal_work")
PROFILE_COLUMNS: Final = TICKS + COUNTS + WORKS
OWN_KINDS: Final = ("record", "detail", "log")  # tables of a member's own rows
CLOSED: Final = frozenset(
    {  # a row that says so is not due any more
        "won",
        "lost",
        "closed",
        "disqualified",
        "converted",
        "held",
        "no-show",
        "cancelled",
        "moved",
        "complete",
        "accepted",
        "rejected",
        "expired",
        "done",
    }
)
STATUS_COLUMNS: Final = ("status", "outcome", "state")

Requirement = Literal["mandatory", "optional", "review", "not needed"]
Verdict = Literal["aligned", "over-asked", "missing", "misaligned"]
Signal = Literal["", "fading", "abandoned"]


# ── profiles ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Profile:
    """What a role, or one member, does. assigned: Required, Offered or Off by process key; may be partial."""

    role: str = ""
    manages: bool = False
    field_based: bool = False
    geographic: bool = False
    new_business: bool = False
    has_quota: bool = False
    assigned_accounts: int = 0
    key_customers: int = 0
    call_work: str = "None"
    lead_work: str = "None"
    deal_work: str = "None"
    assigned: Mapping[str, str] = field(default_factory=dict)

    @property
    def edits_library(self) -> bool:
        """Say whether this is the role that keeps the libraries, the people and the roles."""
        return same_role(self.role, OPERATIONS)


def same_role(one: object, other: object) -> bool:
    """Say whether two role names mean the same: `Inside rep` is `inside_rep`."""
    return _role_key(one) == _role_key(other) != ""


def _role_key(name: object) -> str:
    return fold(name or "").replace(" ", "_").replace("-", "_")


def profile(role: Row | None, own: Row | None = None) -> Profile:
    """Give the profile of a row of `roles`, with the filled columns of a row of `people` over it.

    Blank ticks are No, blank numbers 0, blank work None. Never raises on odd values.
    """
    rows = [row for row in (own, role) if row is not None]

    def first(name: str) -> object:
        return next((row[name] for row in rows if row.get(name) is not None), None)

    keys = sorted({name.removeprefix("assign_") for row in rows for name in row if name.startswith("assign_")})
    assigned = {key: str(first(f"assign_{key}")) for key in keys if first(f"assign_{key}") in ASSIGNMENTS}
    name = (own or {}).get("role") or (role or {}).get("name")
    ticks = {tick: first(tick) == "Yes" for tick in TICKS}
    counts = {count: int(number_of(first(count)) or 0) for count in COUNTS}
    works = {work: str(first(work)) if first(work) in WORK else "None" for work in WORKS}
    return Profile(words_of(name), **ticks, **counts, **works, assigned=assigned)  # type: ignore[arg-type]


def role_row(name: object, tables: Tables) -> Row | None:
    """Give the row of `roles` of this name; None where there is none."""
    return next((row for row in tables.rows("roles") if same_role(row.get("name"), name)), None)


def member_profile(person: Row, tables: Tables) -> Profile:
    """Give the profile of a row of `people`: its role's, overruled by its own columns."""
    return profile(role_row(person.get("role"), tables), person)


# ── the rules ────────────────────────────────────────────────────────────────────────────────────


def requirement(who: Profile, key: str) -> tuple[Requirement, str]:
    """Say whether a role needs a process, and by which rule (a clause, for use inside a sentence).

    A process without a rule of its own, such as one that a team added, is optional.
    """
    if key == "automation":
        return "mandatory", "the time audit covers every rep and manager"
    if who.manages:
        return _of_a_manager(key)
    if key in ("calls", "leads", "opportunities"):
        work, words = {
            "calls": (who.call_work, "call work"),
            "leads": (who.lead_work, "lead work"),
            "opportunities": (who.deal_work, "deal work"),
        }[key]
        return _by_work(work, words)
    if key == "territory":
        return _territory(who)
    if key == "accounts":
        return _accounts(who)
    return _deals(who) if key == "deals" else ("optional", "no rule says who needs it")


def _of_a_manager(key: str) -> tuple[Requirement, str]:
    if key == "leads":
        return "not needed", "a manager qualifies no leads"
    if key == "deals":
        return "mandatory", "a manager steers the open deals of the team"
    return "review", "a manager reviews it with the team"


def _by_work(work: str, words: str) -> tuple[Requirement, str]:
    if work == "Core":
        return "mandatory", f"{words} is the core of the role"
    return ("optional", f"{words} is some of the role") if work == "Some" else ("not needed", f"the role has no {words}")


def _territory(who: Profile) -> tuple[Requirement, str]:
    if not (who.field_based or who.geographic):
        return "not needed", "no field work and no geography to divide"
    if who.assigned_accounts < DOZENS:
        return "not needed", f"{who.assigned_accounts} assigned accounts, fewer than {DOZENS}"
    return "mandatory", f"{who.assigned_accounts} assigned accounts, {DOZENS} or more"


def _accounts(who: Profile) -> tuple[Requirement, str]:
    if who.key_customers < 1:
        return "not needed", "the role has no key customers"
    customers = f"{who.key_customers} key customer{'s' if who.key_customers != 1 else ''}"
    if _territory(who)[0] == "mandatory":
        return "optional", f"{customers}, but a territory manager is never obliged to write account plans"
    return "mandatory", customers


def _deals(who: Profile) -> tuple[Requirement, str]:
    works = who.deal_work != "None"
    if who.has_quota:
        return ("mandatory", "a quota and deal work") if works else ("optional", "a quota, but no deal work")
    return ("optional", "deal work, but no quota") if works else ("not needed", "neither quota nor deal work")


@dataclass(frozen=True)
class Fit:
    """How well one process suits one role or member.

    assigned: what the team says, "" where it says nothing. rule: the clause that decided. reason: a sentence.
    """

    role: str
    process: str
    requirement: Requirement
    assigned: str
    verdict: Verdict
    rule: str
    reason: str

    @property
    def word(self) -> str:
        """The verdict in the four words of `fit --json`.

        `misaligned` is what is required without need. Otherwise the word follows what the role needs,
        for a plan to switch processes on and off: mandatory fits, optional and review are optional, not
        needed does not fit. That one is asked too much or misses something stands in the reason.
        """
        if self.verdict == "misaligned":
            return "misaligned"
        return {"mandatory": "fits", "optional": "optional", "review": "optional", "not needed": "does not fit"}[self.requirement]


def fit(who: Profile, key: str, name: str = "") -> Fit:
    """Compare what a team assigned with what the role needs. name: of the process, for the sentences."""
    needed, rule = requirement(who, key)
    given = who.assigned.get(key, "")
    title, role = name or key, who.role or "this role"
    if given == "Required" and needed == "not needed":
        return Fit(
            who.role,
            key,
            needed,
            given,
            "misaligned",
            rule,
            f"{title} is required of {role}, who has no use for it ({rule}). Such a process is soon abandoned.",
        )
    if given == "Required" and needed in ("optional", "review"):
        return Fit(who.role, key, needed, given, "over-asked", rule, f"Make {title} optional for {role}: {rule}.")
    if given == "Off" and needed == "mandatory":
        return Fit(who.role, key, needed, given, "missing", rule, f"{role} needs {title}: {rule}.")
    return Fit(who.role, key, needed, given, "aligned", rule, f"{rule[:1].upper()}{rule[1:]}.")


def fits(playbook: Playbook, who: Profile) -> list[Fit]:
    """Give the fit of every process of the playbook for one role or member, in the order of the processes."""
    return [fit(who, process.key, process.name) for process in sales_processes(playbook)]


def sales_processes(playbook: Playbook) -> list[Process]:
    """Give the processes without the shared tables, which are no process (order 0)."""
    return [process for process in playbook.processes if process.order > 0]


def fit_document(playbook: Playbook, tables: Tables) -> dict[str, list[dict[str, str]]]:
    """Give what `fit --json` prints, over the rows of `roles` and `people`; see `Fit.word` for the verdicts."""
    roles = [
        {"role": line.role, "process": line.process, "verdict": line.word, "reason": line.reason}
        for row in tables.rows("roles")
        for line in fits(playbook, profile(row))
    ]
    members = [
        {
            "email": str(row.get("email") or ""),
            "role": line.role,
            "process": line.process,
            "verdict": line.word,
            "reason": line.reason,
        }
        for row in tables.rows("people")
        for line in fits(playbook, member_profile(row, tables))
    ]
    return {"roles": roles, "members": members}


# ── what a member gets ───────────────────────────────────────────────────────────────────────────


def assignment(who: Profile, key: str) -> str:
    """Give Required, Offered or Off: as the team assigned it, else by the rules."""
    by_rule = {"mandatory": "Required", "optional": "Offered", "review": "Offered", "not needed": "Off"}
    return who.assigned.get(key) or by_rule[requirement(who, key)[0]]


def processes_for(playbook: Playbook, who: Profile) -> dict[str, str]:
    """Give the processes that are on, by key, each Required or Offered."""
    given = {process.key: assignment(who, process.key) for process in sales_processes(playbook)}
    return {key: word for key, word in given.items() if word != "Off"}


def first_screen(playbook: Playbook, who: Profile) -> tuple[str, ...]:
    """Give the processes to begin with: those that are on and mandatory for the role."""
    return tuple(key for key in processes_for(playbook, who) if requirement(who, key)[0] == "mandatory")


def tables_for(playbook: Playbook, who: Profile) -> tuple[str, ...]:
    """Give the tables of a member's book, in the order of its tabs.

    The member's own tables of the processes that are on, some of them for managers alone, and those that go
    along with one; accounts and contacts where one of them refers to those; the libraries, people and roles for operations alone (others have them as drop-down lists).
    A process that is switched off leaves its records in the store: it is hidden, not deleted.
    """
    on = processes_for(playbook, who)
    tables = [table for key in on for table in playbook.by_key[key].tables]
    tables += [table for table in playbook.tables.values() if not on.keys().isdisjoint(table.also_with)]
    own = [table for table in tables if table.kind in OWN_KINDS and (who.manages or not table.for_managers)]
    shared = [
        table.name
        for table in playbook.tables.values()
        if table.kind == "shared" and any(_refers(one, table.name) for one in own)
    ]
    kept = [table.name for table in playbook.tables.values() if table.kind == "library"] if who.edits_library else []
    return tuple(dict.fromkeys([table.name for table in own] + shared + kept))


def _refers(table: Table, target: str) -> bool:
    return any(column.target == target for column in table.columns)


# ── signs of abandonment ─────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Use:
    """How much of a process one member used in the last `SIGNAL_DAYS` days.

    due, touched: rows. required, filled: cells of required columns in those rows.
    """

    due: int
    touched: int
    required: int
    filled: int


def signal(use: Use) -> Signal:
    """Say whether a process is fading or abandoned; the smaller of the two shares decides.

    With fewer than `ENOUGH_ROWS_DUE` rows due it is never called abandoned, and with none nothing is said.
    """
    if use.due < 1:
        return ""
    lowest = Decimal(use.touched) / use.due
    if use.required > 0:
        lowest = min(lowest, Decimal(use.filled) / use.required)
    if lowest < ABANDONED_BELOW and use.due >= ENOUGH_ROWS_DUE:
        return "abandoned"
    return "fading" if lowest < FADING_BELOW else ""


def use_of(process: Process, tables: Tables, member: str) -> Use:
    """Count the use of one process by one member: rows of its record tables, on the day of `tables`.

    A row is due while it is open, or when it was touched within the days looked at; a row in a closed
    status that nobody touched is not.
    """
    since = tables.today - timedelta(days=SIGNAL_DAYS)
    due = touched = required = filled = 0
    for table in process.tables:
        if table.kind != "record":
            continue
        must = [column.name for column in table.inputs if column.required]
        for row in tables.where(table.name, "owner", member):
            day = day_of(row.get("updated_at"))
            recent = day is not None and day > since
            if not recent and any(fold(row.get(name) or "") in CLOSED for name in STATUS_COLUMNS):
                continue
            due += 1
            touched += recent
            required += len(must)
            filled += sum(row.get(name) is not None for name in must)
    return Use(due, touched, required, filled)


def signals(playbook: Playbook, tables: Tables, people: Iterable[Row]) -> list[tuple[str, Fit, Signal]]:
    """Give fit and signal side by side, for every member and every process that is on: (e-mail, fit, signal)."""
    found: list[tuple[str, Fit, Signal]] = []
    for person in people:
        who, email = member_profile(person, tables), str(person.get("email") or "")
        for key in processes_for(playbook, who):
            process = playbook.by_key[key]
            found.append((email, fit(who, key, process.name), signal(use_of(process, tables, email))))
    return found
