"""Scoring 500 rows over HTTP, ours beside a plain FastAPI route with pydantic models: `python tests/bench/bench_service.py`.

Both run in a process of their own on the same server program (uvicorn, one worker), and are asked in turns by
the same client over `CLIENTS` kept connections. Both check every value and give the score with its reasons;
ours also checks the token, the names and the rates. Each round is so many requests, so that the bench ends by itself.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

ROWS = 500
CLIENTS = 4
ROUNDS = 5
OURS, THEIRS = 200, 24  # requests of one round
YES_NO = ("icp_fit", "decision_maker", "budget")
GRADED = ("need", "timing")
EVENTS = (
    "Asked for a demo or a price",
    "Answered a call or e-mail",
    "Attended an event",
    "Visited the price page",
    "Opened an e-mail",
)
TEAM = "email,name,role,manager_email,team\nana@bench.example,Ana,inside_rep,,North\n"


def leads(seed: int, events: bool) -> list[dict[str, Any]]:
    """Give rows of leads. events: whether some have points of events."""
    chance = random.Random(seed)
    found = []
    for number in range(ROWS):
        row: dict[str, Any] = {"id": f"LD-{number}"}
        row |= {name: chance.choice(("Yes", "No", None)) for name in YES_NO}
        row |= {name: chance.choice((0, 1, 2, None)) for name in GRADED}
        if events:
            row |= {name: round(chance.random() * 20, 1) if chance.random() < 0.1 else None for name in EVENTS}
        found.append(row)
    return found


def theirs() -> Any:
    """Give the route as anybody would write it: a model per row, the rules row by row, a model per result."""
    from fastapi import FastAPI
    from pydantic import BaseModel, Field

    from sheetsales.playbook import build_playbook
    from sheetsales.qualification import limits_of, rule_table
    from sheetsales.score import points_of, score_row

    playbook = build_playbook({})
    criteria = [row for p in playbook.processes for row in p.defaults.get("lead_criteria", ())]
    from datetime import datetime

    rules = rule_table(criteria, limits_of(playbook.view({"lead_criteria": criteria}, datetime(2026, 1, 1))))
    titles = dict(zip((*YES_NO, *GRADED), ("ICP fit", "decision-maker", "budget", "need", "timing"), strict=True))

    class Lead(BaseModel):
        id: str
        icp_fit: Literal["Yes", "No", "Unknown"] | None = None
        decision_maker: Literal["Yes", "No", "Unknown"] | None = None
        budget: Literal["Yes", "No", "Unknown"] | None = None
        need: Literal[0, 1, 2] | None = None
        timing: Literal[0, 1, 2] | None = None
        demo: float | None = Field(None, alias=EVENTS[0])
        answered: float | None = Field(None, alias=EVENTS[1])
        event: float | None = Field(None, alias=EVENTS[2])
        price: float | None = Field(None, alias=EVENTS[3])
        opened: float | None = Field(None, alias=EVENTS[4])

    class Scored(BaseModel):
        id: str
        score: float
        tier: str
        reasons: str

    class Asked(BaseModel):
        rows: list[Lead]

    class Told(BaseModel):
        rows: list[Scored]

    app = FastAPI()

    def score(asked: Asked) -> Told:
        told = []
        for lead in asked.rows:
            answers = {title: None if (value := getattr(lead, name)) is None else str(value) for name, title in titles.items()}
            points = zip(EVENTS, (lead.demo, lead.answered, lead.event, lead.price, lead.opened), strict=True)
            scored = score_row(rules, answers, {name: round(value * 100) for name, value in points if value})
            number = float(points_of(scored.score))
            tier = "A" if number >= 75 else "B" if number >= 50 else "C" if number >= 25 else "D"
            told.append(Scored(id=lead.id, score=number, tier=tier, reasons=scored.text))
        return Told(rows=told)

    score.__annotations__ = {"asked": Asked, "return": Told}
    app.post("/score")(score)
    return app


def run_theirs() -> None:
    """Serve the plain route until told to end; prints its port."""
    import socket

    import uvicorn

    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(theirs(), access_log=False, log_config=None)).run([listening])


async def _requests(port: int, head: bytes, body: bytes, number: int) -> bytes:
    """Send requests over one connection, one after the other; give the last answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    for _ in range(number):
        writer.write(head + body)
        said = await reader.readuntil(b"\r\n\r\n")
        if not said.startswith(b"HTTP/1.1 200"):
            raise SystemExit(said.decode())
        length = int(said.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        answer = await reader.readexactly(length)
    writer.close()
    return answer


def per_second(port: int, path: str, token: str, document: object, number: int) -> tuple[float, Any]:
    """Give the requests a second of one round over all clients, and the answer."""
    body = json.dumps(document, separators=(",", ":")).encode()
    lines = [f"POST {path} HTTP/1.1", f"Host: localhost:{port}", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    head = "\r\n".join([*lines, *([f"Authorization: Bearer {token}"] if token else []), "", ""]).encode()

    async def all_clients() -> bytes:
        return (await asyncio.gather(*(_requests(port, head, body, number // CLIENTS) for _ in range(CLIENTS))))[0]

    start = time.perf_counter()
    answer = asyncio.run(all_clients())
    return number / (time.perf_counter() - start), json.loads(answer)


def cpu_seconds(process: int) -> float:
    """Give the seconds of a core that a process used so far; 0 where the system does not tell."""
    try:
        parts = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def compare(ours: int, plain: int, token: str, processes: tuple[int, int], *, events: bool) -> dict[str, object]:
    """Measure both in turns over the same leads; medians, and what a core does, which other programs do not disturb."""
    rows = leads(1, events)
    columns = list(rows[0])
    arrays = {"columns": columns, "rows": [list(row.values()) for row in rows]}
    fast, slow = [], []
    used = [cpu_seconds(one) for one in processes]
    for _ in range(ROUNDS):
        speed, said = per_second(ours, "/v1/score", token, arrays, OURS)
        fast.append(speed)
        speed, other = per_second(plain, "/score", "", {"rows": rows}, THEIRS)
        slow.append(speed)
        if [row[1] for row in said["rows"]] != [row["score"] for row in other["rows"]]:
            raise SystemExit("The two do not give the same scores.")
    mine, plainly = statistics.median(fast), statistics.median(slow)
    cost = [max(cpu_seconds(one) - before, 1e-9) for one, before in zip(processes, used, strict=True)]
    core = [ROUNDS * number / seconds for number, seconds in zip((OURS, THEIRS), cost, strict=True)]
    return {
        "ours requests/s": round(mine),
        "FastAPI + pydantic requests/s": round(plainly),
        "ratio": round(mine / plainly, 1),
        "ours, requests per second of a core": round(core[0]),
        "FastAPI + pydantic, requests per second of a core": round(core[1]),
        "ratio per second of a core": round(core[0] / core[1], 1),
    }


def run() -> Mapping[str, object]:
    """Serve both, measure, and end both."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # both servers end with the bench, however it ends
    program = Path(sys.executable).with_name("sheetsales")
    with tempfile.TemporaryDirectory() as folder:
        team = Path(folder) / "team.csv"
        team.write_text(TEAM, "utf-8")
        root = Path(folder) / "w"
        for words in (("init", root), ("-w", root, "members", "import", team)):
            subprocess.run([program, *words], check=True, capture_output=True)
        with (root / "sheetsales.toml").open("a", encoding="utf-8") as file:
            file.write("\n[service]\nrequests_per_minute = 1000000\n")
        said = subprocess.run(
            [program, "-w", root, "serve", "token", "ana@bench.example"], check=True, capture_output=True, text=True
        )
        started = [
            subprocess.Popen([program, "-w", root, "serve", "--port", "0", "--every", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True),
            subprocess.Popen([sys.executable, __file__, "theirs"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=dict(os.environ)),
        ]  # fmt: skip
        try:
            ports = [int(one.stdout.readline().strip().rpartition(":")[2]) for one in started if one.stdout is not None]
            token = said.stdout.strip()
            pids = (started[0].pid, started[1].pid)
            return {
                "answers to five criteria": compare(*ports, token, pids, events=False),
                "answers, and points of events in two rows of five": compare(*ports, token, pids, events=True),
            }
        finally:
            for one in started:
                one.terminate()
                one.communicate(timeout=30)


if __name__ == "__main__":
    if sys.argv[1:] == ["theirs"]:
        run_theirs()
    else:
        json.dump(run(), sys.stdout, indent=1)
