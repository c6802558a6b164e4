"""The HTTP service: real requests to a real server over real workbooks and a real store; each rule is a test."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from service_stand import Service, serving
from team_stand import ANA, BEN, MARA, NAMES, OTTO, Team, make, team

from sheetsales.errors import BadConfiguration, WrongUse
from sheetsales_sync.service.settings import BODY_BYTES, settings_of
from sheetsales_sync.service.tokens import make_token
from sheetsales_sync.service.worker import Worker
from sheetsales_sync.store.verify import verify
from sheetsales_sync.workspace import Workspace

__all__ = ["team"]

PANE = "https://pane.example.com"
ORIGINS = f'[service]\norigins = ["{PANE}"]'


@pytest.fixture
def service(team: Team) -> Iterator[Service]:
    with serving(team, ORIGINS) as running:
        yield running


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────


def test_health_needs_no_token_and_says_nothing_else(service: Service) -> None:
    assert service.ok("GET", "/v1/health", "") == {"status": "ok"}


BAD_TOKENS = {
    "none": "",
    "no bearer": "Basic abc",
    "no token of ours": "Bearer abc",
    "unknown": f"Bearer sheetsales_{'0' * 12}_{'0' * 64}",
}


@pytest.mark.parametrize("header", BAD_TOKENS.values(), ids=BAD_TOKENS)
def test_without_a_valid_token_nothing_is_told(service: Service, header: str) -> None:
    for path in ("/v1/status", "/v1/nothing", "/v1/export/leads"):
        answer = service.ask("GET", path, authorization=header)
        assert (answer.status, answer.code) == (401, "no_token") and answer.headers["www-authenticate"].startswith("Bearer")
    assert ("", "GET /v1/status", "no_token") in service.refused()


def test_a_token_in_the_address_counts_for_nothing_and_is_written_down_nowhere(service: Service) -> None:
    secret = service.token(ANA)
    assert service.ask("GET", f"/v1/status?access_token={secret}&token={secret}").status == 401
    assert not any("token=" in asked for _, asked, _ in service.refused())
    assert secret.rpartition("_")[2] not in "\n".join(service.said)


def test_a_token_is_kept_as_a_hash_only(service: Service) -> None:
    secret = service.token(ANA).rpartition("_")[2]
    service.ok("GET", "/v1/status", ANA)
    for path in service.team.root.glob("sheetsales.db*"):
        assert secret.encode() not in path.read_bytes()
    (row,) = service.team.ok("serve", "tokens")["tokens"]
    assert row["member"] == ANA and row["used"] and secret not in json.dumps(row)


def test_a_token_ends_by_time_by_hand_and_with_its_member(service: Service) -> None:
    made, text = make_token(Workspace.open(service.team.root), BEN, 1, "")
    service.tokens[BEN] = text
    service.ok("GET", "/v1/status", BEN)
    with sqlite3.connect(service.team.root / "sheetsales.db") as connection:
        connection.execute("UPDATE service_token SET expires = '2001-01-01T00:00:00.000000' WHERE id = ?", [made.id])
    connection.close()
    service.clock.seconds += 2
    expired = service.ask("GET", "/v1/status", BEN)
    assert expired.status == 401 and "expired" in expired.document["error"]["message"]
    service.ok("GET", "/v1/status", ANA)
    said = service.team.ok("serve", "revoke", service.token(ANA).split("_")[1])
    assert said["revoked"]["member"] == ANA
    service.clock.seconds += 2
    revoked = service.ask("GET", "/v1/status", ANA)
    assert revoked.status == 401 and "revoked" in revoked.document["error"]["message"]


def test_tokens_are_for_members_and_for_a_sensible_time(team: Team) -> None:
    assert team.run("serve", "token", "nobody@team.example", "--json").code == 3
    assert team.run("serve", "token", ANA, "--days", "4000", "--json").code == 2
    assert team.run("serve", "revoke", "nothing", "--json").code == 2


# ── whose records ────────────────────────────────────────────────────────────────────────────────


def owners(document: dict[str, Any]) -> set[str]:
    return {record["owner"] for record in document["records"]}


def test_a_rep_sees_the_own_records_and_a_manager_the_team(service: Service) -> None:
    assert owners(service.ok("GET", "/v1/export/opportunities", ANA)) == {ANA}
    assert owners(service.ok("GET", "/v1/export/opportunities", MARA)) == {ANA, BEN}
    assert owners(service.ok("GET", "/v1/export/opportunities?as=" + BEN, MARA)) == {BEN}
    assert service.ok("GET", "/v1/export/opportunities", OTTO)["records"] == []
    assert {b["owner"] for b in service.ok("GET", "/v1/status", ANA)["books"]} == {ANA}
    assert {b["owner"] for b in service.ok("GET", "/v1/status", MARA)["books"]} == set(NAMES)
    records = {h["record"] for h in service.ok("GET", "/v1/history", ANA)["history"] if h["table"] == "leads"}
    assert records == {r["id"] for r in service.team.records("leads").values() if r["owner"] == ANA}


ASKED_FOR_OTHERS = ("/v1/export/leads", "/v1/status", "/v1/rollup", "/v1/history", "/v1/conflicts", "/v1/rejected")


@pytest.mark.parametrize("path", ASKED_FOR_OTHERS)
def test_a_rep_who_asks_for_the_team_is_refused_and_it_is_written_down(service: Service, path: str) -> None:
    for other in (MARA, BEN, "nobody@team.example"):
        answer = service.ask("GET", f"{path}?as={other}", ANA)
        assert (answer.status, answer.code) == (403, "not_allowed")
    assert (ANA, f"GET {path}", "not_allowed") in service.refused()


def test_another_members_workbook_cannot_be_pressed_or_synced(service: Service) -> None:
    for path in ("/v1/actions/leads.score", "/v1/sync"):
        body = {"book": "Ben.xlsx"} if "actions" in path else {"books": ["Ben.xlsx"]}
        answer = service.ask("POST", path, ANA, body, key="k1")
        assert (answer.status, answer.code) == (403, "not_allowed")
    lead = service.team.records("leads")["L-3"]["id"]
    assert service.ask("POST", "/v1/actions/leads.score", ANA, {"records": [lead]}, key="k2").status == 403
    assert service.ask("POST", "/v1/actions/leads.score", MARA, {"book": "Ana.xlsx"}, key="k3").status == 403
    assert (ANA, "POST /v1/actions/leads.score", "not_allowed") in service.refused()


def test_what_was_refused_is_chained_and_verify_finds_a_change(service: Service) -> None:
    service.ask("GET", "/v1/status")
    service.ask("GET", f"/v1/status?as={MARA}", ANA)
    assert len(service.refused()) == 2
    store = service.room.workspace().store
    assert verify(store) == []
    with sqlite3.connect(service.team.root / "sheetsales.db") as connection:
        connection.execute("UPDATE service_audit SET refused = 'nothing' WHERE seq = 1")
    connection.close()
    assert len(verify(store)) == 1 and "refused requests" in verify(store)[0]


def test_the_same_refusal_is_written_down_once_a_minute(service: Service) -> None:
    for _ in range(5):
        service.ask("GET", "/v1/status")
    assert len(service.refused()) == 1
    service.clock.seconds += 61
    service.ask("GET", "/v1/status")
    assert len(service.refused()) == 2


# ── the same words as the command line ───────────────────────────────────────────────────────────


def test_a_manager_of_all_is_told_what_the_command_line_tells(service: Service) -> None:
    team = service.team
    team.type(ANA, "opportunities", "O-1", amount="much", next_step="Ana says call")
    team.type(MARA, "opportunities", "O-1", next_step="Mara says visit")
    team.sync()

    def without_places(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**row, "book": Path(row["book"]).name if row.get("book") else None} for row in rows]

    for command in ("conflicts", "rejected"):
        ours, theirs = service.ok("GET", f"/v1/{command}", MARA)[command], team.ok(command)[command]
        assert len(ours) == 1 and without_places(ours) == without_places(theirs)
        assert ours[0]["book"] == ("books/Mara.xlsx" if command == "conflicts" else "books/Ana.xlsx")
    assert service.ok("GET", "/v1/conflicts", ANA)["conflicts"] == []  # it is shown to its author
    assert service.ok("GET", "/v1/actions", ANA) == team.ok("actions")
    history = service.ok("GET", "/v1/history?limit=5", MARA)["history"]
    keys = set(team.history("--limit", "1")[0])
    assert len(history) == 5 and all(set(row) == keys for row in history)
    record = team.records("opportunities")["O-1"]["id"]
    by_hand = team.history("--record", record)
    assert without_places(service.ok("GET", f"/v1/history?record={record}", ANA)["history"]) == without_places(by_hand)
    ours, theirs = (
        service.ok("GET", "/v1/rollup?by=owner,stage&by=stage", MARA),
        team.ok("rollup", "--as", MARA, "--by", "owner,stage", "--by", "stage"),
    )
    assert ours["groups"] == theirs["groups"] and ours["reconciliation"] == theirs["reconciliation"]
    assert service.ok("GET", "/v1/export/accounts", ANA) == team.ok("export", "accounts")
    status = service.ok("GET", "/v1/status", MARA)
    assert set(status) == set(team.ok("status")) and all(set(b) == set(team.ok("status")["books"][0]) for b in status["books"])


def test_a_table_comes_as_csv_and_as_a_workbook_too(service: Service) -> None:
    table = service.ask("GET", "/v1/export/leads?format=csv", ANA)
    assert (
        table.headers["content-type"].startswith("text/csv")
        and b"Dune Bakery" in table.body
        and b"Fir Logistics" not in table.body
    )
    book = service.ask("GET", "/v1/export/leads?format=xlsx", ANA)
    assert book.body.startswith(b"PK") and 'filename="leads.xlsx"' in book.headers["content-disposition"]


# ── writes ───────────────────────────────────────────────────────────────────────────────────────


def test_a_button_is_pressed_on_the_members_own_workbook(service: Service) -> None:
    dry = service.ok("POST", "/v1/actions/leads.score", ANA, {"dry_run": True}, key="dry")["books"][0]
    done = service.ok("POST", "/v1/actions/leads.score", ANA, {"book": "Ana.xlsx"}, key="real")["books"][0]
    assert done["path"] == "books/Ana.xlsx" and set(done) == {"path", "changed", "message", "state", "documents"}
    changed = {(c["record"], c["column"]) for c in done["changed"] if c["column"] != "scored_at"}
    assert changed == {(c["record"], c["column"]) for c in dry["changed"] if c["column"] != "scored_at"}
    leads = service.team.records("leads")
    assert leads["L-1"]["score"] is not None and leads["L-3"]["score"] is None
    assert service.team.row(ANA, "leads", "L-1").cells["score"] is not None
    ops = [h for h in service.team.history() if h["column"] == "score"]
    assert {h["actor"] for h in ops} == {ANA}
    one = service.ok("POST", "/v1/actions/leads.disqualify", ANA, {"records": [leads["L-2"]["id"]], "parameters": {}}, key="one")
    assert {c["record"] for c in one["books"][0]["changed"]} <= {leads["L-2"]["id"]}
    assert service.ok("POST", "/v1/actions/undo_last", ANA, {}, key="undo")["books"][0]["message"].startswith("Taken back")


def test_parameters_are_read_by_their_types(service: Service) -> None:
    path = "/v1/actions/leads.score"
    service.ok("POST", path, ANA, {"parameters": {"half_life_days": 30}}, key="a")
    for body, code in (
        ({"parameters": {"half_life_days": "soon"}}, "wrong_use"),
        ({"parameters": {"nothing": 1}}, "wrong_use"),
        ({"parameters": {"half_life_days": [1]}}, "bad_parameter"),
        ({"bok": "Ana.xlsx"}, "bad_body"),
        ({"records": "all"}, "bad_body"),
        ([], "bad_body"),
    ):
        answer = service.ask("POST", path, ANA, body, key="b")
        assert (answer.status, answer.code) == (422, code), body
    assert service.ask("POST", "/v1/actions/leads.scor", ANA, {}, key="b").status == 404
    assert service.ask("POST", path, ANA, {"book": "../../etc/passwd"}, key="b").status == 404
    assert service.ask("POST", path, ANA, {"records": ["LD-NOTHING"]}, key="b").status == 404
    service.ok("POST", path, ANA, {}, key="b")  # what was wrong took no key


def test_a_sync_takes_in_what_was_saved(service: Service) -> None:
    service.team.type(ANA, "opportunities", "O-1", next_step="Call on Monday")
    (book,) = service.ok("POST", "/v1/sync", ANA, {}, key="s")["books"]
    assert (book["path"], book["state"], book["accepted"]) == ("books/Ana.xlsx", "synced", 1)
    assert service.team.records("opportunities")["O-1"]["next_step"] == "Call on Monday"
    (book,) = service.ok("POST", "/v1/sync", MARA, {"books": ["books/Ana.xlsx"]}, key="s")["books"]
    assert book["state"] == "unchanged"


def test_a_write_needs_a_key(service: Service) -> None:
    before = service.team.seq()
    for path in ("/v1/sync", "/v1/actions/leads.score"):
        for key in ("", "two words", "x" * 201):
            answer = service.ask("POST", path, ANA, {}, idempotency_key=key)
            assert (answer.status, answer.code) == (400, "idempotency_key")
    assert service.team.seq() == before


def test_the_same_key_gives_the_same_answer_and_another_body_is_refused(service: Service) -> None:
    first = service.ask("POST", "/v1/actions/leads.score", ANA, {}, key="once")
    seq = service.team.seq()
    service.team.type(ANA, "leads", "L-1", icp_fit="Yes")
    again = service.ask("POST", "/v1/actions/leads.score", ANA, {}, key="once")
    assert (again.status, again.body, service.team.seq()) == (200, first.body, seq)
    assert again.headers["idempotency-replayed"] == "true" and "idempotency-replayed" not in first.headers
    for path, body in (("/v1/actions/leads.score", {"book": "Ana.xlsx"}), ("/v1/sync", {})):
        other = service.ask("POST", path, ANA, body, key="once")
        assert (other.status, other.code) == (409, "key_reused")
    assert service.ask("POST", "/v1/actions/leads.score", MARA, {}, key="once").headers.get("idempotency-replayed") is None


def test_a_refusal_too_is_given_again(service: Service) -> None:
    service.team.book(ANA).unlink()
    first = service.ask("POST", "/v1/sync", ANA, {}, key="gone")
    assert (first.status, first.code) == (404, "book_missing")
    again = service.ask("POST", "/v1/sync", ANA, {}, key="gone")
    assert (again.status, again.body) == (404, first.body)


def test_of_many_requests_with_one_key_one_is_carried_out(service: Service) -> None:
    service.team.type(ANA, "opportunities", "O-1", next_step="Call on Monday")
    service.token(ANA)
    answers: list[Any] = []
    threads = [
        threading.Thread(target=lambda: answers.append(service.ask("POST", "/v1/sync", ANA, {}, key="same"))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [a for a in answers if a.status == 200]
    assert done and len({a.body for a in done}) == 1
    assert sum("idempotency-replayed" not in a.headers for a in done) == 1
    assert all(a.code == "in_progress" and a.headers["retry-after"] for a in answers if a.status != 200)


def test_a_write_whose_process_ended_is_not_repeated_by_itself(service: Service) -> None:
    workspace = service.room.workspace()
    asked = b"POST\n/v1/sync\n\n{}"
    digest = hashlib.sha256(asked).hexdigest()
    gone = f"{service.room.holder.rpartition(':')[0]}:another"
    workspace.store.transact(lambda tx: tx.begin_answer(ANA, "lost", digest, gone, workspace.clock.now()))
    answer = service.ask("POST", "/v1/sync", ANA, {}, key="lost")
    assert (answer.status, answer.code) == (409, "unclear") and "history" in answer.document["error"]["hint"]


def test_a_request_that_met_a_busy_workbook_may_be_sent_again_with_its_key(service: Service) -> None:
    store = service.room.workspace().store
    (book,) = [b for b in store.read(lambda tx: tx.books()) if b.owner == ANA]
    store.transact(lambda tx: tx.take_lease(book.id, "another machine:1:x"))
    answer = service.ask("POST", "/v1/actions/leads.score", ANA, {}, key="busy")
    assert answer.status == 409 and answer.code == "busy" and answer.headers["retry-after"]
    store.transact(lambda tx: tx.release_lease(book.id, "another machine:1:x"))
    service.ok("POST", "/v1/actions/leads.score", ANA, {}, key="busy")


# ── what may come in ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", f"{PANE}.evil.example", "http://pane.example.com", f"{PANE}:444"]
)
def test_a_page_that_is_not_allowed_is_blocked(service: Service, origin: str) -> None:
    for method in ("GET", "OPTIONS"):
        answer = service.ask(method, "/v1/status", ANA, origin=origin, access_control_request_method="GET")
        assert answer.status == 403 and "access-control-allow-origin" not in answer.headers
    assert any(refused == "origin" for _, _, refused in service.refused())


def test_an_allowed_page_may_ask_and_is_named_exactly(service: Service) -> None:
    before = service.ask("OPTIONS", "/v1/sync", origin=PANE, access_control_request_method="POST")
    assert before.status == 204 and before.headers["access-control-allow-origin"] == PANE
    assert (
        "Idempotency-Key" in before.headers["access-control-allow-headers"]
        and "access-control-allow-credentials" not in before.headers
    )
    answer = service.ask("GET", "/v1/status", ANA, origin=PANE)
    assert answer.status == 200 and answer.headers["access-control-allow-origin"] == PANE and answer.headers["vary"] == "Origin"
    assert "access-control-allow-origin" not in service.ask("GET", "/v1/status", ANA).headers


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "", "evil.example:8765"])
def test_a_name_that_is_not_the_services_is_refused(service: Service, host: str) -> None:
    assert service.ask("GET", "/v1/health", host=host).status == 400
    assert service.ask("GET", "/v1/health", host=f"localhost:{service.port}").status == 200


@pytest.mark.parametrize("kind", ["text/plain", "", "application/x-www-form-urlencoded", "application/json; charset=latin-1"])
def test_only_json_is_taken(service: Service, kind: str) -> None:
    answer = service.ask("POST", "/v1/sync", ANA, {}, key="k", content_type=kind)
    assert (answer.status, answer.code) == (415, "content_type")
    assert service.ask("POST", "/v1/sync", ANA, {}, key="k", content_encoding="gzip").status == 415


def test_a_body_that_is_no_json_is_told_so(service: Service) -> None:
    for raw in (b"", b"{", b"\xff", b"[" * 100_000):
        for path in ("/v1/sync", "/v1/score"):
            answer = service.ask("POST", path, ANA, raw=raw, key="k")
            assert (answer.status, answer.code) == (400, "bad_json"), raw[:10]


def test_a_body_above_five_megabytes_is_refused_whatever_it_says_of_its_length(service: Service) -> None:
    large = b'{"columns":["' + b"x" * BODY_BYTES + b'"],"rows":[]}'
    assert service.ask("POST", "/v1/score", ANA, raw=b"{}", content_length=str(BODY_BYTES + 1)).status == 413
    with socket.create_connection(("127.0.0.1", service.port)) as connection:
        head = f"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {service.token(ANA)}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode())
        try:
            for start in range(0, len(large), 1_000_000):
                piece = large[start : start + 1_000_000]
                connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            connection.sendall(b"0\r\n\r\n")
        except OSError:
            pass  # the service hung up before it had read all of it
        assert connection.recv(200).startswith(b"HTTP/1.1 413 ")


def test_every_answer_forbids_what_it_does_not_need(service: Service) -> None:
    for answer in (service.ask("GET", "/v1/health"), service.ask("GET", "/v1/status"), service.ask("GET", "/v1/status", ANA)):
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == ("nosniff", "no-store")
        assert "server" not in answer.headers and "strict-transport-security" not in answer.headers


def test_what_is_not_there_is_told_so(service: Service) -> None:
    assert (service.ask("GET", "/v1/nothing", ANA).status, service.ask("GET", "/", ANA).status) == (404, 404)
    assert service.ask("GET", "/v1/export/nothing", ANA).code == "unknown_name"
    assert service.ask("DELETE", "/v1/status", ANA).status == 405
    assert service.ask("GET", "/v1/sync", ANA).status == 405
    for path in (
        "/v1/history?limit=0",
        "/v1/history?limit=x",
        "/v1/history?since=-1",
        "/v1/rollup?as_of=soon",
        "/v1/rollup?by=nothing",
        "/v1/export/leads?format=pdf",
    ):
        assert service.ask("GET", path, ANA).status == 422, path


# ── how often ────────────────────────────────────────────────────────────────────────────────────


def test_one_token_may_ask_so_often_and_another_still_may(team: Team) -> None:
    with serving(team, "[service]\nrequests_per_minute = 3") as service:
        assert [service.ask("GET", "/v1/actions", ANA).status for _ in range(4)] == [200, 200, 200, 429]
        slow = service.ask("GET", "/v1/actions", ANA)
        assert slow.code == "too_many" and 1 <= int(slow.headers["retry-after"]) <= 20
        service.clock.seconds += int(slow.headers["retry-after"])
        assert service.ask("GET", "/v1/actions", ANA).status == 200


def test_one_address_may_ask_so_often_whatever_it_shows(team: Team) -> None:
    with serving(team, "[service]\nrequests_per_minute = 5") as service:
        statuses = [service.ask("GET", "/v1/health").status for _ in range(11)]
        assert statuses == [200] * 10 + [429]


def test_tokens_cannot_be_tried_out(service: Service) -> None:
    statuses = [service.ask("GET", "/v1/status", authorization=f"Bearer {n}").status for n in range(22)]
    assert statuses[:20] == [401] * 20 and statuses[20:] == [429, 429]
    service.clock.seconds += 30
    assert service.ask("GET", "/v1/status", ANA).status == 200


# ── errors of ours ───────────────────────────────────────────────────────────────────────────────


def test_an_error_of_ours_writes_a_report_and_shows_no_traceback(service: Service) -> None:
    service.ok("GET", "/v1/status", ANA)
    with sqlite3.connect(service.team.root / "sheetsales.db") as connection:
        connection.execute("UPDATE book SET tables = 'no json'")
    connection.close()
    answer = service.ask("GET", "/v1/status", ANA)
    assert (answer.status, answer.code) == (500, "internal")
    assert b"Traceback" not in answer.body and b"JSONDecodeError" not in answer.body
    (report,) = (service.team.root / ".sheetsales").glob("report-*.md")
    assert "JSONDecodeError" in report.read_text("utf-8") and report.name in answer.document["error"]["hint"]
    assert service.token(ANA) not in report.read_text("utf-8")


# ── scores ───────────────────────────────────────────────────────────────────────────────────────


def test_rows_are_scored_as_the_button_scores_them(service: Service) -> None:
    team = service.team
    team.type(ANA, "leads", "L-1", icp_fit="Yes", decision_maker="No", need=2, email="ida@gmail.com")
    team.type(ANA, "leads", "L-2", budget="Yes", timing=1)
    team.ok("run", "leads.score", team.book(ANA))
    leads = [team.records("leads")[key] for key in ("L-1", "L-2")]
    names = ["id", "email", "icp_fit", "decision_maker", "budget", "need", "timing"]
    rows = [[lead[name] for name in names] for lead in leads]
    said = service.ok("POST", "/v1/score", ANA, {"columns": names, "rows": rows})
    assert said["columns"] == ["id", "score", "tier", "reasons"]
    assert said["rows"] == [[lead["id"], lead["score"], lead["tier"], lead["score_reasons"] or ""] for lead in leads]
    assert said["rules"] == leads[0]["score_rule_version"]


def test_every_wrong_value_of_the_rows_is_listed(service: Service) -> None:
    columns = ["ICP fit", "Budget", "need", "Opened an e-mail"]
    rows: list[Any] = [
        ["Yes", "No", 2, 1.5],
        ["Perhaps", None, 7, "many"],
        ["no", "", "Unknown", None],
        [True, "Yes", 1, 10**9],
        ["Yes"],
        "row",
    ]
    answer = service.ask("POST", "/v1/score", ANA, {"columns": columns, "rows": rows})
    assert (answer.status, answer.code) == (422, "rows_refused")
    wrong = [(e["row"], e["column"]) for e in answer.document["error"]["errors"]]
    assert wrong == [
        (2, "ICP fit"),
        (2, "need"),
        (2, "Opened an e-mail"),
        (4, "ICP fit"),
        (4, "Opened an e-mail"),
        (5, ""),
        (6, ""),
    ]
    said = service.ok("POST", "/v1/score", ANA, {"columns": columns, "rows": [rows[0], rows[2]]})
    assert [row[0] for row in said["rows"]] == [18.5, 0.0]
    unknown = service.ask("POST", "/v1/score", ANA, {"columns": ["shoe size", "budget", "Budget"], "rows": [[1, 2, 3]]})
    assert [e["column"] for e in unknown.document["error"]["errors"]] == ["shoe size", "Budget"]


def test_scores_take_at_most_so_many_rows_and_follow_the_criteria(service: Service) -> None:
    assert service.ask("POST", "/v1/score", ANA, {"columns": ["budget"], "rows": [["Yes"]] * 501}).status == 413
    assert service.ask("POST", "/v1/score", ANA, {"columns": "budget", "rows": []}).status == 422
    body = {"columns": ["budget"], "rows": [["Yes"]]}
    assert service.ok("POST", "/v1/score", ANA, body)["rows"][0][0] == 15
    tab = service.team.tab(OTTO, "lead_criteria")
    row = next(r for r in tab.rows if (r.cells["set"], r.cells["criterion"]) == ("Standard", "budget"))
    service.team.put(OTTO, tab.sheet, row.row, tab.columns["scale"], "Yes 25; No -15")
    assert service.team.sync(service.team.book(OTTO))["Otto.xlsx"]["accepted"] == 1
    assert service.ok("POST", "/v1/score", ANA, body)["rows"][0][0] == 15
    service.clock.seconds += 2
    assert service.ok("POST", "/v1/score", ANA, body)["rows"][0][0] == 25


# ── the loop ─────────────────────────────────────────────────────────────────────────────────────


def test_the_loop_syncs_what_was_saved_and_leaves_the_rest(service: Service) -> None:
    worker = Worker(service.room, 0)
    worker.turn()
    assert worker.turn() == []
    before = service.team.bytes()
    service.team.type(ANA, "opportunities", "O-1", next_step="Call on Monday")
    states = {Path(r.path).name: r.state for r in worker.turn()}
    assert states == {"Ana.xlsx": "synced", "Mara.xlsx": "synced"}
    assert service.team.row(MARA, "opportunities", "O-1").cells["next_step"] == "Call on Monday"
    assert worker.turn() == []
    assert service.team.bytes(store=False)["books/Ben.xlsx"] == before["books/Ben.xlsx"]
    assert any("Ana.xlsx" in line for line in service.said)


def test_a_workbook_that_another_process_holds_is_left_to_it(service: Service) -> None:
    worker = Worker(service.room, 0)
    worker.turn()
    store = service.room.workspace().store
    (book,) = [b for b in store.read(lambda tx: tx.books()) if b.owner == ANA]
    store.transact(lambda tx: tx.take_lease(book.id, "another machine:1:x"))
    service.team.type(ANA, "opportunities", "O-1", next_step="Call on Monday")
    assert worker.turn() == []
    assert store.read(lambda tx: tx.book(book.id)).state == "live"
    store.transact(lambda tx: tx.release_lease(book.id, "another machine:1:x"))
    assert [Path(r.path).name for r in worker.turn()] == ["Ana.xlsx", "Mara.xlsx"]


def test_a_changed_configuration_is_taken_up_and_a_broken_one_is_not(service: Service) -> None:
    path = service.team.root / "sheetsales.toml"
    good = path.read_text("utf-8")
    path.write_text(good + '\n[tables.leads.columns.shoe_size]\nheader = "Shoe size"\ntype = "text"\n', "utf-8")
    assert "shoe_size" in service.ok("GET", "/v1/export/leads", ANA)["records"][0]
    path.write_text("this is no TOML", "utf-8")
    assert "shoe_size" in service.ok("GET", "/v1/export/leads", ANA)["records"][0]
    assert any("cannot be used" in line for line in service.said)


# ── where it listens ─────────────────────────────────────────────────────────────────────────────

SETTINGS: dict[str, tuple[dict[str, object], str, bool, type[Exception] | None]] = {
    "this machine": ({}, "127.0.0.1", False, None),
    "another without TLS": ({}, "192.0.2.1", False, WrongUse),
    "everywhere without TLS": ({"hosts": ["sales.example.com"]}, "0.0.0.0", False, WrongUse),
    "everywhere without a name": ({}, "0.0.0.0", True, WrongUse),
    "everywhere": ({"hosts": ["sales.example.com"]}, "0.0.0.0", True, None),
    "star": ({"origins": ["*"]}, "127.0.0.1", False, BadConfiguration),
    "null": ({"origins": ["null"]}, "127.0.0.1", False, BadConfiguration),
    "origin with a path": ({"origins": [f"{PANE}/"]}, "127.0.0.1", False, BadConfiguration),
    "unencrypted origin": ({"origins": ["http://pane.example.com"]}, "127.0.0.1", False, BadConfiguration),
    "no list": ({"origins": PANE}, "127.0.0.1", False, BadConfiguration),
    "unknown": ({"origin": [PANE]}, "127.0.0.1", False, BadConfiguration),
    "no number": ({"requests_per_minute": 0}, "127.0.0.1", False, BadConfiguration),
}


@pytest.mark.parametrize(("said", "host", "tls", "error"), SETTINGS.values(), ids=SETTINGS)
def test_where_it_may_listen_and_whom_it_may_serve(
    said: dict[str, object], host: str, tls: bool, error: type[Exception] | None
) -> None:
    if error is None:
        assert settings_of({"service": said}, host, tls=tls).tls is tls
    else:
        with pytest.raises(error):
            settings_of({"service": said}, host, tls=tls)


def start(root: Path, *words: str) -> tuple[subprocess.Popen[str], str]:
    """Start `sheetsales serve` as a process of its own; give it and the address it printed."""
    program = Path(sys.executable).with_name("sheetsales")
    process = subprocess.Popen(
        [program, "-w", root, "serve", "--port", "0", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONWARNINGS": "default"},
    )  # fmt: skip
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_the_command_prints_its_address_and_ends_cleanly(team: Team, how: signal.Signals) -> None:
    process, address = start(team.root, "--every", "60")
    try:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address)
        with urllib.request.urlopen(f"{address}/v1/health", timeout=30) as answer:
            assert json.load(answer) == {"status": "ok"}
    finally:
        process.send_signal(how)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and "Traceback" not in err and out == ""


def test_over_tls_browsers_are_told_to_stay_there(team: Team, tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    words = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-keyout",
        key,
        "-out",
        cert,
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
    ]
    subprocess.run(["openssl", *words], check=True, capture_output=True)
    process, address = start(team.root, "--every", "0", "--cert", str(cert), "--key", str(key), "--host", "localhost")
    try:
        trusted = ssl.create_default_context(cafile=str(cert))
        with urllib.request.urlopen(f"{address}/v1/health", context=trusted, timeout=30) as answer:
            assert answer.headers["strict-transport-security"].startswith("max-age=")
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 0


def test_what_cannot_be_served_is_said_in_one_sentence(team: Team, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for words, said in (
            (("--host", "0.0.0.0"), "must be encrypted"),
            (("--port", taken.getsockname()[1]), "cannot listen"),
            (("--cert", "nothing.pem"), "needs both files"),
            (("--cert", "nothing.pem", "--key", "nothing.pem"), "There is no file"),
            (("--cert", empty, "--key", empty), "no certificate"),
        ):
            answer = team.run("serve", *words, "--json")
            assert answer.code == 2 and said in answer.out["error"]["message"], words


# ── PostgreSQL ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_the_service_runs_on_postgresql_as_well(tmp_path: Path) -> None:
    from store_stand import new_database

    team = make(tmp_path / "team", new_database())
    with serving(team) as service:
        assert owners(service.ok("GET", "/v1/export/leads", ANA)) == {ANA}
        first = service.ask("POST", "/v1/actions/leads.score", ANA, {}, key="once")
        again = service.ask("POST", "/v1/actions/leads.score", ANA, {}, key="once")
        assert first.status == 200 and again.body == first.body and again.headers["idempotency-replayed"] == "true"
        assert service.ask("GET", f"/v1/status?as={MARA}", ANA).status == 403
        assert service.refused() == [(ANA, "GET /v1/status", "not_allowed")]
        assert verify(service.room.workspace().store) == []
        service.team.type(ANA, "opportunities", "O-1", next_step="Call on Monday")
        assert "Ana.xlsx" in {Path(r.path).name for r in Worker(service.room, 0).turn()}
