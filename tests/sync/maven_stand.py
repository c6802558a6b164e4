"""The fictional company of Maven's CRM export in a workspace of its own: team, accounts, products, 8,800 deals."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from command_stand import ask, run

DATA = Path(__file__).resolve().parents[2] / "../shared/data/crm_maven"
ORIGINAL = DATA / "original"
REFERENCE = DATA / "reference"
PIPELINE = ORIGINAL / "sales_pipeline.csv"

ACCOUNTS = """\
[columns]
account = "name"
sector = "industry"
office_location = "country"
revenue = "revenue"
employees = "employees"
subsidiary_of = "parent"
year_established = "year_established"

[parse]
custom = true
"""

PRODUCTS = """\
[columns]
product = "name"
sales_price = "list_price"
series = "series"

[parse]
custom = true
"""

DEALS = """\
source = "crm"

[columns]
opportunity_id = "external_id"
sales_agent = "owner"
product = "product"
account = "account"
deal_stage = "stage"
engage_date = "created_on"
close_date = "close_date"
close_value = "amount"

[values.stage]
Prospecting = "Discover"
Engaging = "Qualify"
"""

REPAIR = """
[values.product]
GTXPro = "GTX Pro"
"""


def address(name: str) -> str:
    """Give the made-up address of a person."""
    return name.lower().replace(" ", ".") + "@maven.example"


def read(path: Path) -> list[dict[str, str]]:
    """Give the rows of a CSV file of ours or theirs."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def team() -> list[dict[str, str]]:
    """Give the team file's rows: 35 agents and their 6 managers, the region being the team."""
    agents = read(ORIGINAL / "sales_teams.csv")
    rows = {
        a["manager"]: {"name": a["manager"], "role": "sales_manager", "manager_email": "", "team": a["regional_office"]}
        for a in agents
    }
    for agent in agents:
        rows[agent["sales_agent"]] = {
            "name": agent["sales_agent"],
            "role": "inside_rep",
            "manager_email": address(agent["manager"]),
            "team": agent["regional_office"],
        }
    return [{"email": address(name), **row} for name, row in rows.items()]


def write_csv(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    """Write rows as a CSV file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def found_company(root: Path, *, repaired: bool = False) -> dict[str, Any]:
    """Make the workspace and import team, accounts and products; gives what each import said."""
    run(root.parent, "init", str(root), "--currency", "USD")
    (root / "accounts.toml").write_text(ACCOUNTS)
    (root / "products.toml").write_text(PRODUCTS)
    (root / "deals.toml").write_text(DEALS + (REPAIR if repaired else ""))
    write_csv(root / "team.csv", team())
    return {
        "members": ask(root, "members", "import", str(root / "team.csv")),
        "accounts": ask(root, "import", "accounts", str(ORIGINAL / "accounts.csv"), "--mapping", str(root / "accounts.toml")),
        "products": ask(root, "import", "products", str(ORIGINAL / "products.csv"), "--mapping", str(root / "products.toml")),
    }


def import_deals(root: Path, path: Path = PIPELINE) -> Any:
    """Import the deals by the workspace's mapping."""
    return ask(root, "import", "opportunities", str(path), "--mapping", str(root / "deals.toml"))
