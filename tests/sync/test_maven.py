"""Known answers: a CRM export of 8,800 deals, imported by the command line, meets 17 reference tables to the cent."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import pytest
from command_stand import ask, run
from maven_stand import DATA, ORIGINAL, PIPELINE, REFERENCE, address, found_company, import_deals, read, team

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the CRM export is not here")

VARIANTS = ("variant_ddmmyy_sales_pipeline.csv", "variant_mdy_sales_pipeline.csv", "variant_true_dates_sales_pipeline.xlsx")


@dataclass(frozen=True)
class Company:
    """A workspace, what its imports said, and its records by name."""

    root: Path
    said: Mapping[str, Any]

    def export(self, table: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ask(self.root, "export", table)["records"]
        return found

    def rollup(self, *words: str) -> Any:
        return ask(self.root, "rollup", *words)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The deals as they came, with a product name that the price list does not have."""
    root = tmp_path_factory.mktemp("maven") / "as it came"
    said = found_company(root)
    return Company(root, {**said, "deals": import_deals(root), "again": import_deals(root)})


@pytest.fixture(scope="module")
def repaired(company: Company, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The same deals, imported once more with a mapping that says what GTXPro means."""
    root = tmp_path_factory.mktemp("maven") / "repaired"
    shutil.copytree(company.root, root)
    mapping = root / "deals.toml"
    mapping.write_text(mapping.read_text() + '\n[values.product]\nGTXPro = "GTX Pro"\n')
    return Company(root, {"deals": import_deals(root)})


@pytest.fixture(scope="module")
def deals(repaired: Company) -> list[dict[str, Any]]:
    """Every exported deal with its product and account beside it."""
    return joined(repaired)


def joined(company: Company) -> list[dict[str, Any]]:
    """Give the exported deals with `product_row`, `account_row` and `parent` looked up by name."""
    products = {p["name"]: p for p in company.export("products")}
    accounts = {a["name"]: a for a in company.export("accounts")}
    found = []
    for deal in company.export("opportunities"):
        account = accounts.get(deal["account"], {})
        parent = account.get("parent") or account.get("name")
        found.append({**deal, "product_row": products.get(deal["product"], {}), "account_row": account, "parent": parent})
    return found


# ── what was imported ────────────────────────────────────────────────────────────────────────────


def test_every_row_of_the_export_comes_in_and_none_is_turned_down(company: Company) -> None:
    said = company.said
    assert [said[n]["created"] for n in ("members", "accounts", "products", "deals")] == [41, 85, 7, 8800]
    assert [said[n]["rejected"] for n in ("members", "accounts", "products", "deals")] == [[], [], [], []]
    assert [said[n]["unmapped"] for n in ("members", "accounts", "products", "deals")] == [[], [], [], []]
    assert said["deals"]["duplicates"] == []
    assert said["accounts"]["unresolved"] == []


def test_a_product_that_the_price_list_lacks_keeps_its_rows_and_is_listed(company: Company) -> None:
    unresolved = company.said["deals"]["unresolved"]
    assert {(u["column"], u["value"]) for u in unresolved} == {("product", "GTXPro")}
    rows = [n for n, deal in enumerate(read(PIPELINE), 2) if deal["product"] == "GTXPro"]
    assert [u["row"] for u in unresolved] == rows
    assert len(rows) == 1480


def test_importing_the_same_file_again_changes_nothing(company: Company) -> None:
    again = company.said["again"]
    assert (again["created"], again["updated"], again["unchanged"], again["op"]) == (0, 0, 8800, None)


def test_a_mapping_that_mends_a_name_updates_just_those_rows(repaired: Company) -> None:
    said = repaired.said["deals"]
    assert (said["created"], said["updated"], said["unchanged"]) == (0, 1480, 7320)
    assert said["unresolved"] == []


@pytest.mark.parametrize("name", VARIANTS)
def test_the_export_after_a_round_trip_through_a_spreadsheet_is_still_the_same(company: Company, name: str) -> None:
    said = import_deals(company.root, DATA / name)
    assert (said["created"], said["updated"], said["unchanged"], said["conflicts"]) == (0, 0, 8800, 0)
    assert said["rejected"] == []


def test_cells_arrive_as_they_stood(company: Company) -> None:
    stages = {"Prospecting": "Discover", "Engaging": "Qualify", "Won": "Won", "Lost": "Lost"}
    theirs = {
        d["opportunity_id"]: (
            address(d["sales_agent"]), d["product"] or None, d["account"] or None, stages[d["deal_stage"]], d["engage_date"] or None,
            d["close_date"] or None, f"{Decimal(d['close_value']):.2f}" if d["close_value"] else None,
        )
        for d in read(PIPELINE)
    }  # fmt: skip
    columns = ("owner", "product", "account", "stage", "created_on", "close_date", "amount")
    assert {d["external_id"]: tuple(d[c] for c in columns) for d in company.export("opportunities")} == theirs


def test_a_deal_without_an_engage_date_gets_none(company: Company) -> None:
    prospecting = [d for d in company.export("opportunities") if d["stage"] == "Discover"]
    assert len(prospecting) == 500
    assert {d["created_on"] for d in prospecting} == {None}


def test_accounts_keep_their_misspellings_parents_and_the_teams_own_column(company: Company) -> None:
    accounts = {a["name"]: a for a in company.export("accounts")}
    for row in read(ORIGINAL / "accounts.csv"):
        mine = accounts[row["account"]]
        assert (mine["industry"], mine["country"], mine["parent"] or "") == (
            row["sector"],
            row["office_location"],
            row["subsidiary_of"],
        )
        assert Decimal(mine["revenue"]) == Decimal(row["revenue"])
        assert (mine["employees"], mine["year_established"]) == (int(row["employees"]), int(row["year_established"]))
    assert sum(a["industry"] == "technolgy" for a in accounts.values()) == 12


# ── the known answers, from the roll-up ──────────────────────────────────────────────────────────

BY = {
    "by_agent": ("owner",),
    "by_agent_quarter": ("owner", "close_quarter"),
    "by_manager": ("manager",),
    "by_manager_quarter": ("manager", "close_quarter"),
    "by_region": ("team",),
    "by_region_quarter": ("team", "close_quarter"),
    "by_product": ("product",),
    "by_sector": ("account.industry",),
    "by_country": ("account.country",),
    "by_account": ("account",),
    "by_close_quarter": ("close_quarter",),
    "by_close_month": ("close_month",),
    "by_engage_quarter": ("created_quarter",),
    "by_series": ("product.series",),
}
KEYS = {
    "by_agent": ("sales_agent",),
    "by_agent_quarter": ("sales_agent", "cq"),
    "by_manager": ("manager",),
    "by_manager_quarter": ("manager", "cq"),
    "by_region": ("region",),
    "by_region_quarter": ("region", "cq"),
    "by_product": ("product_fixed",),
    "by_sector": ("sector",),
    "by_country": ("country",),
    "by_account": ("account",),
    "by_close_quarter": ("cq",),
    "by_close_month": ("cm",),
    "by_engage_quarter": ("eq",),
    "by_series": ("series",),
    "by_parent_account": ("parent",),
    "total": (),
}
ONLY_DATED = (
    "by_agent_quarter",
    "by_manager_quarter",
    "by_region_quarter",
    "by_close_quarter",
    "by_close_month",
    "by_engage_quarter",
)


def key_of(row: Mapping[str, str], names: Sequence[str]) -> tuple[str | None, ...]:
    """Give a reference row's keys in the words of the roll-up."""
    return tuple(_ours(name, row[name]) for name in names)


def _ours(name: str, text: str) -> str | None:
    if name in ("sales_agent", "manager"):
        return address(text)
    return f"{text[:4]}-{text[4:]}" if name in ("cq", "eq") else text or None


@pytest.fixture(scope="module")
def rolled(repaired: Company) -> Any:
    """Every grouping of one run of the command."""
    words = [word for by in BY.values() for word in ("--by", ",".join(by))]
    stages = [word for by in BY.values() for word in ("--by", ",".join((*by, "stage")))]
    return repaired.rollup(*words, *stages)


def rows_of(rolled: Any, by: Sequence[str]) -> dict[tuple[str | None, ...], dict[str, Any]]:
    """Give the rows of one grouping by their keys."""
    rows = next(g["rows"] for g in rolled["groups"] if g["by"] == list(by))
    found = {tuple(row[name] for name in by): row for row in rows}
    assert len(found) == len(rows)
    return found


@pytest.mark.parametrize("name", BY)
def test_the_roll_up_meets_the_reference_table(rolled: Any, name: str) -> None:
    rows = rows_of(rolled, BY[name])
    stages = rows_of(rolled, (*BY[name], "stage"))
    reference = {key_of(row, KEYS[name]): row for row in read(REFERENCE / f"maven_{name}.csv")}
    empty = {key for key, row in rows.items() if row["rows"] == 0 or (name in ONLY_DATED and key[-1] is None)}
    assert set(rows) - empty == set(reference)
    for key, wanted in reference.items():
        got = rows[key]
        assert [got["rows"], got["won"], got["lost"]] == [int(wanted[n]) for n in ("opps", "won", "lost")], key
        for stage, theirs in (("Discover", "prospecting"), ("Qualify", "engaging")):
            assert stages.get((*key, stage), {"open": 0})["open"] == int(wanted[theirs]), key
        assert got["open"] == int(wanted["prospecting"]) + int(wanted["engaging"]), key
        assert Decimal(got["won_amount"]) == Decimal(wanted["won_value"]), key
        assert (got["lost_amount"], got["open_amount"], got["weighted_amount"]) == ("0.00", "0.00", "0.00"), key
        assert number(got["win_rate"]) == number(wanted["win_rate"]), key
        assert number(got["won_cycle_days_mean"]) == number(wanted["won_cycle_mean"]), key
        assert number(got["won_cycle_days_median"]) == number(wanted["won_cycle_median"]), key


def number(value: float | str | None) -> Decimal | None:
    """Give a figure of either side to compare; blank is none."""
    return None if value in (None, "") else Decimal(str(value)).normalize()


def test_the_total_of_the_roll_up_is_that_of_the_reference(rolled: Any) -> None:
    wanted = read(REFERENCE / "maven_total.csv")[0]
    got = rolled["total"]
    assert [got[n] for n in ("rows", "won", "lost", "open")] == [8800, 4238, 2473, 2089]
    assert Decimal(got["won_amount"]) == Decimal(wanted["won_value"])
    assert number(got["win_rate"]) == number(wanted["win_rate"])
    assert number(got["won_cycle_days_mean"]) == number(wanted["won_cycle_mean"])
    assert number(got["won_cycle_days_median"]) == number(wanted["won_cycle_median"])


def test_it_ties_out_in_every_grouping(rolled: Any, company: Company) -> None:
    for found in (rolled, company.rollup("--by", "product", "--by", "account.industry")):
        assert found["reconciliation"] == {"rows_read": 8800, "rows_counted": 8800, "rows_rejected": 0, "difference": "0.00"}
        for group in found["groups"]:
            assert sum(row["rows"] for row in group["rows"]) == 8800
            assert sum(Decimal(row["won_amount"]) for row in group["rows"]) == 10_005_534


def test_agents_without_a_deal_stand_there_with_nothing_and_no_win_rate(rolled: Any) -> None:
    rows = rows_of(rolled, ("owner",))
    idle = {key[0]: row for key, row in rows.items() if row["rows"] == 0}
    assert set(idle) == {
        address(n) for n in ("Carl Lin", "Carol Thompson", "Elizabeth Anderson", "Mei-Mei Johns", "Natalya Ivanova")
    }
    assert {(row["won"], row["won_amount"], row["win_rate"], row["won_cycle_days_mean"]) for row in idle.values()} == {
        (0, "0.00", None, None)
    }
    assert set(rows) == {(row["email"],) for row in team() if row["role"] == "inside_rep"}


def test_a_name_that_is_not_mended_keeps_its_money_as_a_group_of_its_own(company: Company) -> None:
    found = company.rollup("--by", "product", "--by", "product.series")
    rows = rows_of(found, ("product",))
    reference = {row["product_fixed"]: row for row in read(REFERENCE / "maven_by_product.csv")}
    lost = {name for (name,) in rows} ^ set(reference)
    assert lost == {"GTXPro", "GTX Pro"}
    assert Decimal(rows["GTXPro",]["won_amount"]) == Decimal(reference["GTX Pro"]["won_value"]) == 3_510_578
    assert rows_of(found, ("product.series",))[None,]["rows"] == 1480


@pytest.mark.parametrize("day", ["2017-03-31", "2017-06-30", "2017-09-30", "2017-12-31"])
def test_the_pipeline_of_a_past_day_is_what_was_open_then(repaired: Company, deals: Sequence[dict[str, Any]], day: str) -> None:
    found = repaired.rollup("--as-of", day, "--by", "team", "--by", "stage")
    rows = rows_of(found, ("team",))
    assert found["as_of"] == day
    assert found["reconciliation"]["difference"] == "0.00"
    for wanted in read(REFERENCE / "maven_open_asof.csv"):
        if wanted["as_of"] != day:
            continue
        region = wanted["region"]
        got = rows[region,] if region != "ALL" else found["total"]
        assert [got["open"], got["won"]] == [int(wanted["open_engaged"]), int(wanted["closed_won_to_date"])]
        assert Decimal(got["won_amount"]) == Decimal(wanted["won_value_to_date"])
        then = [d for d in deals if open_at(d, day) and region in ("ALL", d["team"])]
        ages = [(date.fromisoformat(day) - date.fromisoformat(d["created_on"])).days for d in then]
        assert len(then) == got["open"]
        assert sum(int(Decimal(d["product_row"]["list_price"])) for d in then) == Decimal(wanted["open_list_value"])
        assert rounded(Decimal(sum(ages)) / len(ages), 4) == Decimal(wanted["age_mean_days"])
        assert max(ages) == int(wanted["age_max_days"])


def open_at(deal: Mapping[str, Any], day: str) -> bool:
    """Say whether a deal was engaged on or before a day and not closed on or before it."""
    return deal["created_on"] is not None and deal["created_on"] <= day and not (deal["close_date"] and deal["close_date"] <= day)


def rounded(value: Decimal, places: int) -> Decimal:
    """Round as the reference tables do."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)


# ── the known answers, from the export ───────────────────────────────────────────────────────────

GROUPS: Mapping[str, Callable[[Mapping[str, Any]], tuple[str | None, ...]]] = {
    "by_agent": lambda d: (d["owner"],),
    "by_product": lambda d: (d["product"],),
    "by_sector": lambda d: (d["account_row"].get("industry"),),
    "by_country": lambda d: (d["account_row"].get("country"),),
    "by_account": lambda d: (d["account"],),
    "by_series": lambda d: (d["product_row"].get("series"),),
    "by_parent_account": lambda d: (d["parent"],),
    "by_close_quarter": lambda d: (quarter(d["close_date"]),),
    "by_close_month": lambda d: (d["close_date"] and d["close_date"][:7],),
    "by_engage_quarter": lambda d: (quarter(d["created_on"]),),
    "by_region": lambda d: (d["team"],),
    "by_region_quarter": lambda d: (d["team"], quarter(d["close_date"])),
    "by_agent_quarter": lambda d: (d["owner"], quarter(d["close_date"])),
    "total": lambda d: (),
}


def quarter(day: str | None) -> str | None:
    """Give the calendar quarter of an ISO day."""
    return f"{day[:4]}-Q{(int(day[5:7]) + 2) // 3}" if day else None


@pytest.mark.parametrize("name", GROUPS)
def test_list_values_discounts_and_cycles_follow_from_the_export(deals: Sequence[dict[str, Any]], name: str) -> None:
    groups: dict[tuple[str | None, ...], list[dict[str, Any]]] = {}
    for deal in deals:
        groups.setdefault(GROUPS[name](deal), []).append(deal)
    reference = {key_of(row, KEYS[name]): row for row in read(REFERENCE / f"maven_{name}.csv")}
    assert {key for key in groups if not (name in ONLY_DATED and key[-1] is None)} == set(reference)
    for key, wanted in reference.items():
        assert {n: number(v) for n, v in figures(groups[key]).items()} == {n: number(wanted[n]) for n in figures([])}, key


def figures(rows: Sequence[Mapping[str, Any]]) -> dict[str, Decimal | None]:
    """Give every figure of a reference table, from exported rows alone."""
    by = {stage: [r for r in rows if r["stage"] == stage] for stage in ("Discover", "Qualify", "Won", "Lost")}
    won, lost = by["Won"], by["Lost"]
    value = sum((Decimal(r["amount"]) for r in won), Decimal(0))
    list_value = sum((Decimal(r["product_row"]["list_price"]) for r in won), Decimal(0))
    cycles = {
        n: [(date.fromisoformat(r["close_date"]) - date.fromisoformat(r["created_on"])).days for r in by[n]]
        for n in ("Won", "Lost")
    }
    return {
        "opps": Decimal(sum(map(len, by.values()))),
        "prospecting": Decimal(len(by["Discover"])),
        "engaging": Decimal(len(by["Qualify"])),
        "won": Decimal(len(won)),
        "lost": Decimal(len(lost)),
        "win_rate": rounded(Decimal(len(won)) / (len(won) + len(lost)), 6) if won or lost else None,
        "won_value": value,
        "avg_won_value": rounded(value / len(won), 2) if won else None,
        "won_list_value": list_value,
        "discount_pct": rounded((list_value - value) / list_value, 6) if list_value else None,
        "won_cycle_mean": mean(cycles["Won"]),
        "won_cycle_median": Decimal(str(statistics.median(cycles["Won"]))) if won else None,
        "lost_cycle_mean": mean(cycles["Lost"]),
    }


def mean(days: Sequence[int]) -> Decimal | None:
    """Give a mean to four places."""
    return rounded(Decimal(sum(days)) / len(days), 4) if days else None


# ── what must stay silent, and what must be said ─────────────────────────────────────────────────


def test_a_wrong_column_is_refused_and_the_known_ones_are_named(company: Company) -> None:
    code, out, _ = run(company.root, "rollup", "--by", "account.sector", "--json")
    assert code in (2, 3)
    assert "account.industry" in out
    assert "account.sector" in out


def test_the_store_still_follows_from_its_history(repaired: Company) -> None:
    assert run(repaired.root, "verify")[0] == 0
