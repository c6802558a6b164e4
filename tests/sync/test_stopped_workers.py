"""A worker that is stopped in the middle and goes on when another has taken over writes nothing: two real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from store_stand import new_database
from team_stand import ANA, FILES, Team, put_csv, run
from test_real_files import COMMAND, leftovers

from sheetsales_sync.workspace import Workspace

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGSTOP")

WORKER = """
import os, signal, sys
from pathlib import Path
from sheetsales.errors import Busy
from sheetsales_sync.bookfile import BookFile
from sheetsales_sync.engine import Order, sync_steps
from sheetsales_sync.syncing import holder_name
from sheetsales_sync.workspace import Workspace

def stop():
    os.kill(os.getpid(), signal.SIGSTOP)

class Stopped(BookFile):
    def exchange(self, generation):
        if sys.argv[2] == "exchanging":
            stop()
        return super().exchange(generation)

workspace = Workspace.open(Path(sys.argv[1]))
book = workspace.store.read(lambda tx: tx.books())[0]
sheet = Stopped(Path(book.path), book.id, workspace.private / "incoming", workspace.root)
try:
    for step in sync_steps(book.id, sheet, workspace.store, workspace.clock, workspace.gatherer, Order(), holder_name()):
        if step == sys.argv[2]:
            stop()
except Busy as error:
    sys.exit(str(error))
"""


@pytest.fixture(params=["sqlite", "postgres"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Team]:
    """Give a workspace with one workbook, over each database."""
    root = tmp_path / "team"
    store = ["--store", new_database()] if request.param == "postgres" else []
    assert run("init", root, *store).code == 0
    team = Team(root)
    team.ok("members", "import", put_csv(root / "people.csv", FILES["people"]))
    team.ok("import", "opportunities", put_csv(root / "opportunities.csv", FILES["opportunities"]))
    team.ok("book", "new", ANA)
    yield team


def expire(team: Team) -> None:
    """Let the lease of the stopped worker run out, by the clock of the database."""
    workspace = Workspace.open(team.root)

    def work(tx: Any) -> None:
        tx.connection.execute(update(tx.schema.generic.lease).values(expires=datetime(1970, 1, 1)))

    workspace.store.transact(work)
    workspace.close()


@pytest.mark.parametrize("step", ["read", "committed", "staged", "exchanging"])
def test_a_worker_that_was_stopped_and_goes_on_overwrites_nothing(pair: Team, step: str) -> None:
    pair.type(ANA, "opportunities", "O-1", next_step="typed before the stop", amount=13000)
    stopped = subprocess.Popen([sys.executable, "-c", WORKER, str(pair.root), step], stderr=subprocess.PIPE)
    _, status = os.waitpid(stopped.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    other = subprocess.run([*COMMAND, "-w", str(pair.root), "sync", "--json"], capture_output=True, check=False)
    assert other.returncode == 4, "the lease of a worker that only stands still is its own until it expires"
    expire(pair)
    pair.type(ANA, "opportunities", "O-1", next_step="typed after the stop")
    other = subprocess.run([*COMMAND, "-w", str(pair.root), "sync", "--json"], capture_output=True, check=False)
    assert json.loads(other.stdout)["books"][0]["state"] == "synced", other
    after = pair.book(ANA).read_bytes()

    stopped.send_signal(signal.SIGCONT)
    _, told = stopped.communicate(timeout=60)
    assert (stopped.returncode, b"took over" in told) == (1, True), told
    assert pair.book(ANA).read_bytes() == after
    assert pair.sync()["Ana.xlsx"]["state"] == "unchanged"
    assert pair.book(ANA).read_bytes() == after and leftovers(pair) == []
    record = pair.records("opportunities")["O-1"]
    assert (record["next_step"], record["amount"]) == ("typed after the stop", "13000.00")
    assert [row["new"] for row in pair.history() if row["column"] == "amount"].count("13000.00") == 1
    assert pair.ok("verify")["ok"]
