"""Invented data for a small team: the same every time, with dates around today so that lists are alive."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

TEAM: Final = (
    ("Mara Keller", "mara.keller@northwind-demo.example", "sales_manager", "", "North"),
    ("Ana Brandt", "ana.brandt@northwind-demo.example", "inside_rep", "mara.keller@northwind-demo.example", "North"),
    ("Ben Osei", "ben.osei@northwind-demo.example", "field_rep", "mara.keller@northwind-demo.example", "North"),
    ("Cleo Marin", "cleo.marin@northwind-demo.example", "key_account_manager", "mara.keller@northwind-demo.example", "North"),
    ("Otto Lind", "otto.lind@northwind-demo.example", "operations", "", "Operations"),
)
FIRST: Final = ("Alder", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Grove", "Harbor", "Iris", "Juniper", "Kestrel", "Larch", "Maple",
                "Nimbus", "Orchid", "Pine", "Quartz", "Raven", "Sable", "Thistle")  # fmt: skip
SECOND: Final = ("Foods", "Logistics", "Tools", "Textiles", "Energy", "Media", "Clinics", "Foundry", "Optics", "Print")
PEOPLE: Final = ("Jo Adler", "Kim Baur", "Lee Conti", "Max Dorn", "Nia Egger", "Ola Frey", "Pia Graf", "Rey Hahn", "Sam Imhof", "Tia Jost",
                 "Uma Kern", "Vic Lutz", "Wes Moser", "Yan Nagel", "Zoe Ott")  # fmt: skip
INDUSTRIES: Final = ("Food", "Transport", "Machinery", "Textile", "Energy", "Media", "Health", "Metal")
PRODUCTS: Final = (("PLAN-S", "Planner Small", "1900.00", "0.62"), ("PLAN-L", "Planner Large", "8400.00", "0.66"),
                   ("SENS-1", "Sensor Kit", "640.00", "0.41"), ("SERV-Y", "Service Year", "2250.00", "0.71"))  # fmt: skip
STAGES: Final = ("Discover", "Discover", "Qualify", "Qualify", "Solution", "Proposal", "Negotiate", "Won", "Won", "Lost")
REGIONS: Final = ("North", "East", "South", "West")


@dataclass(frozen=True)
class Sheet:
    """One file to import: the table it goes to, its headers and rows of text."""

    table: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def generate(today: date) -> list[Sheet]:
    """Give the files of the demo team, in the order in which they are imported."""
    chance = random.Random(20)  # noqa: S311 (invented data, the same every time)
    accounts = _accounts(chance)
    names = [row[1] for row in accounts]
    return [
        Sheet("people", ("name", "email", "role", "manager_email", "team"), TEAM),
        Sheet(
            "accounts",
            ("external_id", "name", "industry", "region", "country", "postcode", "revenue", "employees", "type"),
            tuple(accounts),
        ),
        Sheet("products", ("sku", "name", "list_price", "margin"), PRODUCTS),
        Sheet("leads", _LEAD_HEADERS, tuple(_leads(chance))),
        Sheet("opportunities", _OPPORTUNITY_HEADERS, tuple(_opportunities(chance, names, today))),
        Sheet("territory_accounts", _TERRITORY_HEADERS, tuple(_territory(chance, accounts))),
        Sheet("calls", _CALL_HEADERS, tuple(_calls(chance, names, today))),
        Sheet("quotas", ("who", "period", "amount"), tuple(_quotas(today))),
    ]


def _accounts(chance: random.Random) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for number in range(40):
        name = f"{FIRST[number % 20]} {SECOND[(number * 7 + number // 20) % 10]}"
        rows.append((f"A{1000 + number}", name, chance.choice(INDUSTRIES), REGIONS[number % 4], chance.choice(("DE", "CH", "AT")),
                     f"{chance.randrange(1000, 99999):05d}", f"{chance.randrange(8, 900) * 100000}.00", str(chance.randrange(12, 4000)),
                     "Customer" if number % 3 == 0 else "Prospect"))  # fmt: skip
    return rows


_LEAD_HEADERS = ("external_id", "company", "contact_name", "title", "email", "phone", "source", "industry", "employees", "country", "icp_fit",
                 "decision_maker", "budget", "need", "timing", "expected_value", "status", "owner")  # fmt: skip


def _leads(chance: random.Random) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for number in range(48):
        person = PEOPLE[number % len(PEOPLE)]
        company = f"{chance.choice(FIRST)} {chance.choice(SECOND)} {number + 1}"
        mail = f"{person.split()[0].lower()}@{company.lower().replace(' ', '-')}.example"
        answers = [chance.choice(("Yes", "Yes", "No", "", "")) for _ in range(3)]
        rows.append((f"L{2000 + number}", company, person, chance.choice(("Head of Operations", "Buyer", "Managing director", "Engineer")), mail,
                     f"0{chance.randrange(30, 90)} {chance.randrange(100000, 9999999)}",
                     chance.choice(("Inbound web", "Referral", "Event", "Outbound", "Partner")), chance.choice(INDUSTRIES),
                     chance.choice(("1-10", "11-50", "51-200", "201-500")), chance.choice(("DE", "CH", "AT")), *answers,
                     chance.choice(("", "0", "1", "2", "2")), chance.choice(("", "0", "1", "2")), f"{chance.randrange(4, 90) * 500}.00",
                     chance.choice(("New", "Working")), TEAM[1 + number % 2][1]))  # fmt: skip
    return rows


_OPPORTUNITY_HEADERS = ("external_id", "name", "owner", "account", "product", "amount", "stage", "created_on", "close_date", "next_step",
                        "next_step_date", "source", "lost_reason")  # fmt: skip


def _opportunities(chance: random.Random, accounts: Sequence[str], today: date) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for number in range(72):
        account, product = chance.choice(accounts), chance.choice(PRODUCTS)[1]
        stage = STAGES[number % len(STAGES)]
        created = today - timedelta(days=chance.randrange(10, 160))
        closes = created + timedelta(days=chance.randrange(20, 120))
        if stage in ("Won", "Lost"):
            closes = min(closes, today - timedelta(days=chance.randrange(1, 9)))
        elif number % 5:
            closes = max(closes, today + timedelta(days=chance.randrange(3, 60)))
        closes = max(closes, created)
        step = today + timedelta(days=chance.randrange(-3, 12))
        open_step = stage not in ("Won", "Lost") and number % 4 > 0
        rows.append((f"O{3000 + number}", f"{account} · {product}", TEAM[1 + number % 3][1], account, product,
                     f"{chance.randrange(6, 400) * 250}.00", stage, created.isoformat(), closes.isoformat(),
                     chance.choice(("Send the offer", "Call the buyer", "Visit on site", "Agree the date")) if open_step else "",
                     step.isoformat() if open_step else "", chance.choice(("Inbound web", "Referral", "Event")),
                     chance.choice(("Price", "Competitor", "Timing")) if stage == "Lost" else ""))  # fmt: skip
    return rows


def _quotas(today: date) -> list[tuple[str, ...]]:
    """Give the quotas of the running quarter, near to what each member can reach."""
    period = f"{today.year}-Q{(today.month + 2) // 3}"
    return [(TEAM[1 + number][1], period, amount) for number, amount in enumerate(("420000.00", "380000.00", "450000.00"))]


_TERRITORY_HEADERS = (
    "account",
    "type",
    "region",
    "postcode",
    "potential",
    "current_sales",
    "access",
    "fit",
    "calls_current",
    "call_hours",
    "owner",
)


def _territory(chance: random.Random, accounts: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for account in accounts[:30]:
        potential = chance.randrange(4, 120) * 1000
        sales = int(potential * chance.random() * 0.7) if account[8] == "Customer" else 0
        rows.append((account[1], account[8], account[3], account[5], f"{potential}.00", f"{sales}.00", str(chance.randrange(2, 6)),
                     str(chance.randrange(1, 6)), str(chance.randrange(0, 7)), chance.choice(("0.5", "1", "1.5")), TEAM[2][1]))  # fmt: skip
    return rows


_CALL_HEADERS = ("account", "planned_at", "channel", "objective", "objective_type", "status", "held_at", "duration_min", "owner")


def _calls(chance: random.Random, accounts: Sequence[str], today: date) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for number in range(24):
        day = today + timedelta(days=number % 8 - 4)
        held = day < today
        moment = f"{day.isoformat()} {8 + number % 9:02d}:{chance.choice(('00', '30'))}"
        rows.append((chance.choice(accounts), moment, chance.choice(("Phone", "Video", "Visit")),
                     chance.choice(("Learn who signs and by when", "Agree the trial and its measure", "Find out what broke last year")),
                     chance.choice(("Discover", "Qualify", "Demo")), "Held" if held else "Planned", moment if held else "",
                     str(chance.randrange(2, 9) * 5) if held else "", TEAM[1 + number % 3][1]))  # fmt: skip
    return rows
