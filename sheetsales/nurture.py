"""Whom to keep warm: last and next touch of deals and clients, who is due, and where else to sell. Exact; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from sheetsales.conversion import typical_size
from sheetsales.deal_report import ELSEWHERE, SHOWN, Line, answered, named
from sheetsales.pipeline import ZERO, amount_of, called, state_of
from sheetsales.process import NewRow, Patch, Request, Row, Tables
from sheetsales.score import shrunk
from sheetsales.standing import SHRINK_K, setting
from sheetsales.values import Value, cents, day_of, fold, number_of, words_of

STAGES_WITH_CADENCE: Final = 5
IDEAS: Final = 10  # of each kind that are listed, so that the list can be worked off


# ── last and next touch ──────────────────────────────────────────────────────────────────────────


def cadence(row: Row, tables: Tables) -> int:
    """Give the days between touches: the row's own, else by the stage of its deal, else a client's."""
    own = number_of(row.get("cadence_days"))
    if own is not None and own >= 1:
        return int(own)
    deal = tables.find("opportunities", row.get("opportunity"))
    if deal is None:
        return int(setting(tables, "cadence_client", Decimal(1)))
    stage = tables.find("stages", deal.get("stage"))
    place = number_of(stage.get("order")) if stage is not None else None
    step = min(max(int(place or 1), 1), STAGES_WITH_CADENCE)
    return int(setting(tables, f"cadence_{step}", Decimal(1)))


def last_touch(row: Row, tables: Tables) -> date | None:
    """Give the day of the newest touch or held call of the deal, or of the account where no deal is named."""
    deal = tables.find("opportunities", row.get("opportunity"))
    if deal is not None:
        days = _days_of_deal(deal, tables)
    else:
        account = tables.find("accounts", row.get("account"))
        if account is None:
            return None
        days = _days(tables.children("calls", "account", "accounts", account), "held_at")
        for one in tables.children("opportunities", "account", "accounts", account):
            days += _days_of_deal(one, tables)
    return max((day for day in days if day <= tables.today), default=None)


def _days_of_deal(deal: Row, tables: Tables) -> list[date]:
    touches = tables.children("touches", "opportunity", "opportunities", deal)
    calls = tables.children("calls", "opportunity", "opportunities", deal)
    return _days(touches, "at") + _days(calls, "held_at")


def _days(rows: Iterable[Row], name: str) -> list[date]:
    return [day for row in rows if (day := day_of(row.get(name))) is not None]


def compute_nurture(row: Row, tables: Tables) -> Mapping[str, Value]:
    """Give last touch and next touch; blank where nobody was in touch yet."""
    last = last_touch(row, tables)
    return {"last_touch": last, "next_touch": None if last is None else later(last, cadence(row, tables))}


def later(day: date, days: int) -> date:
    """Give the day so many days on, the last day there is at most."""
    return day + timedelta(days=days) if (date.max - day).days >= days else date.max


def is_in_touch(deal: Row, tables: Tables) -> bool:
    """Say whether a deal was touched within the cadence of its stage, or of its own row under Nurture."""
    own = tables.children("nurture", "opportunity", "opportunities", deal)
    one = own[0] if own else {"id": "", "opportunity": str(deal["id"])}
    last = last_touch(one, tables)
    return last is not None and (tables.today - last).days <= cadence(one, tables)


# ── who is due ───────────────────────────────────────────────────────────────────────────────────


def nurture(tables: Tables, _request: Request) -> Patch:
    """Put every open deal and every client without an open deal on the list, and say who is due.

    What stands on the list stays, with a cadence of its own where the member gave one.
    """
    deals = {str(row["id"]) for row in _open(tables)}
    rows = [row for row in tables.rows("nurture") if _still_counts(row, deals, tables)]
    new = [*_missing_deals(tables), *_missing_clients(tables)]
    made: list[Row] = [{"id": "", **one.values} for one in new]
    due = [row for row in (*rows, *made) if is_due_today(row, tables)]
    words = f"{len(new)} put on the list, {len(due)} due today."
    if due:
        words += f" Be in touch about: {_subjects(due)}."
    return Patch(new=tuple(new), message=words, rows_read=len(tables.rows("nurture")))


def _open(tables: Tables) -> list[Row]:
    return [deal for deal in tables.rows("opportunities") if state_of(deal) == "Open"]


def _still_counts(row: Row, deals: set[str], tables: Tables) -> bool:
    deal = tables.find("opportunities", row.get("opportunity"))
    return deal is None or str(deal["id"]) in deals


def is_due_today(row: Row, tables: Tables) -> bool:
    """Say whether it is time to be in touch again; at once where nobody was yet."""
    due = day_of(compute_nurture(row, tables)["next_touch"])
    return due is None or due <= tables.today


def _missing_deals(tables: Tables) -> list[NewRow]:
    have = {tables.same_key("opportunities", row.get("opportunity")) for row in tables.rows("nurture")}
    lacking = sorted((deal for deal in _open(tables) if str(deal["id"]) not in have), key=lambda deal: str(deal["id"]))
    return [NewRow("nurture", {"opportunity": called(deal, tables), "owner": deal.get("owner")}) for deal in lacking]


def _missing_clients(tables: Tables) -> list[NewRow]:
    have = {tables.same_key("accounts", row.get("account")) for row in tables.rows("nurture")}
    clients = [account for account in owned_accounts(tables) if is_client(account, tables) and str(account["id"]) not in have]
    return [
        NewRow("nurture", {"account": account.get("name"), "owner": tables.me or account.get("owner")})
        for account in clients
        if not open_deals_of(account, tables)
    ]


def _subjects(rows: Sequence[Row]) -> str:
    names = [subject(row) for row in rows]
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def subject(row: Row) -> str:
    """Name the deal or client of a row."""
    return words_of(row.get("opportunity")) or words_of(row.get("account")) or "this row"


# ── where else to sell ───────────────────────────────────────────────────────────────────────────


def owned_accounts(tables: Tables) -> list[Row]:
    """Give the member's accounts, by id: owned, in the territory, or with deals of the member."""
    ids = (
        {str(row["id"]) for row in tables.where("accounts", "owner", tables.me)}
        if tables.me
        else {str(row["id"]) for row in tables.rows("accounts")}
    )
    for name in ("territory_accounts", "opportunities"):
        mine = tables.where(name, "owner", tables.me) if tables.me else tables.rows(name)
        ids |= {tables.same_key("accounts", row.get("account")) for row in mine}
    return sorted((row for one in ids if (row := tables.get("accounts", one)) is not None), key=lambda row: str(row["id"]))


def is_client(account: Row, tables: Tables) -> bool:
    """Say whether an account buys from us: it is called a customer, or a deal was won with it."""
    deals = tables.children("opportunities", "account", "accounts", account)
    return fold(account.get("type") or "") == "customer" or any(state_of(deal) == "Won" for deal in deals)


def open_deals_of(account: Row, tables: Tables) -> list[Row]:
    """Give the open deals with an account."""
    return [deal for deal in tables.children("opportunities", "account", "accounts", account) if state_of(deal) == "Open"]


def elsewhere(tables: Tables, _request: Request) -> Patch:
    """List owned accounts that could become opportunities, and clients that could take more, each by its worth.

    An account without an open deal is worth its room (potential - current sales of the territory), else a
    typical deal, times the win rate. More of what a client has is an up-sell at half of what it bought last;
    a product that it lacks is a cross-sell at the shrunk share of clients that have it.
    """
    accounts = owned_accounts(tables)
    fresh = sorted((_opening(account, tables) for account in accounts if not open_deals_of(account, tables)), key=_order)
    more = sorted((line for account in accounts for line in _more_of(account, tables)), key=_order)
    shown = [*fresh[:IDEAS], *more[:IDEAS]]
    words = f"{len(fresh)} of your {len(accounts)} accounts have no open deal; {len(more)} ideas for clients."
    if shown:
        words += f" First: {shown[0].what} ({shown[0].amount or ZERO:,.2f})."
    lines = shown or [Line("Nothing found", why="Every account of yours has an open deal, or you own none yet.")]
    return answered(ELSEWHERE, lines, tables, period="", message=words)


def _order(line: Line) -> tuple[Decimal, str]:
    return -(line.amount or ZERO), line.what


def _opening(account: Row, tables: Tables) -> Line:
    name, win = words_of(account.get("name")), setting(tables, "prior_win", Decimal("0.25"))
    places = tables.children("territory_accounts", "account", "accounts", account)
    room = sum(
        ((number_of(row.get("potential")) or ZERO) - (number_of(row.get("current_sales")) or ZERO) for row in places), ZERO
    )
    kind = "Client without an open deal" if is_client(account, tables) else "No open deal"
    last = last_touch({"id": "", "account": str(account["id"])}, tables)
    touch = f"last touch {last.isoformat()}" if last is not None else "nobody was in touch yet"
    if room > 0:
        return Line(
            f"{kind}: {name}",
            cents(room * win),
            share=win,
            why=f"Room {room:,.2f} (potential - current sales) x win rate; {touch}.",
        )
    size, n = tables.once("deals typical size", lambda view: typical_size(view.rows("opportunities")))
    worth = cents((size or ZERO) * win)
    return Line(
        f"{kind}: {name}",
        worth,
        share=win,
        why=f"No potential is known; a typical deal of {size or ZERO:,.2f} (n = {n}) x win rate; {touch}.",
    )


def _more_of(account: Row, tables: Tables) -> list[Line]:
    """Give the products a client lacks, by shrunk share of clients x price x margin; open deals on them left out."""
    if not is_client(account, tables):
        return []
    owners = tables.once("deals products of clients", _products_of_clients)
    mine = owners.get(str(account["id"]), set())
    talked = {tables.same_key("products", deal.get("product")) for deal in open_deals_of(account, tables)}
    barred = {
        tables.same_key("products", row.get("sku"))
        for row in tables.children("excluded_products", "account", "accounts", account)
    }
    lines = []
    for product in sorted(tables.rows("products"), key=lambda row: str(row["id"])):
        one, price = str(product["id"]), number_of(product.get("list_price"))
        if one in mine | talked | barred or price is None or fold(product.get("active") or "yes") == "no":
            continue
        alike = [have for client, have in owners.items() if client != str(account["id"]) and (not mine or have & mine)]
        having = sum(one in have for have in alike)
        p = shrunk(having, len(alike), setting(tables, "prior_cross"), setting(tables, "shrink_k", SHRINK_K))
        margin = number_of(product.get("margin"))
        worth = cents(p * price * (margin if margin is not None else Decimal(1)))
        beside = f"{having} of {len(alike)} clients alike have it" if alike else "no client to compare with yet"
        factor = f" x margin {margin * 100:.0f} %" if margin is not None else ""
        why = f"{beside}; {p * 100:.0f} % x price {price:,.2f}{factor}."
        lines.append(
            Line(f"Cross-sell {words_of(product.get('name'))}: {words_of(account.get('name'))}", worth, share=p, why=why)
        )
    return [*lines, *_up_sell(account, tables)]


def _products_of_clients(tables: Tables) -> dict[str, set[str]]:
    """Give the products of each client: those listed as owned, and those of deals won."""
    found: dict[str, set[str]] = {}
    for account in tables.rows("accounts"):
        if not is_client(account, tables):
            continue
        won = [deal for deal in tables.children("opportunities", "account", "accounts", account) if state_of(deal) == "Won"]
        listed = tables.children("products_owned", "account", "accounts", account)
        products = [*(deal.get("product") for deal in won), *(row.get("sku") for row in listed)]
        found[str(account["id"])] = {tables.same_key("products", one) for one in products if one is not None}
    return found


def _up_sell(account: Row, tables: Tables) -> list[Line]:
    """Give the newest purchase of a client that has no open deal as an up-sell, once it is old enough to come back to."""
    won = [
        (day, str(deal["id"]), deal)
        for deal in tables.children("opportunities", "account", "accounts", account)
        if state_of(deal) == "Won" and (day := day_of(deal.get("close_date"))) is not None
    ]
    if not won or open_deals_of(account, tables):
        return []
    day, _, deal = max(won, key=lambda one: one[:2])
    if (tables.today - day).days < setting(tables, "upsell_after", Decimal(90)):
        return []
    part = setting(tables, "upsell_part", Decimal("0.5"))
    worth = cents(amount_of(deal) * part)
    why = f"Bought {named([deal])} for {amount_of(deal):,.2f} on {day.isoformat()}; counted at {part * 100:.0f} % of it."
    return [Line(f"Up-sell: {words_of(account.get('name'))}", worth, share=part, why=why)]
