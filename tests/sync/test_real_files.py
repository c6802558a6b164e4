"""The sync against a real disk: full, read-only, locked, saved into, killed at every step, run twice at once."""

from __future__ import annotations

import ctypes
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import spoiling
from team_stand import ANA, BEN, MARA, NAMES, Team, team

from sheetsales.errors import FileRefused
from sheetsales_sync.bookfile import BookFile
from sheetsales_sync.engine import Order, Result, sync_steps
from sheetsales_sync.syncing import holder_name
from sheetsales_sync.workspace import Workspace

__all__ = ["team"]

COMMAND = [sys.executable, "-c", "from sheetsales_sync.cli import main; main()"]
STEPS = ("leased", "recovered", "read", "committed", "staged", "exchanged", "dropped", "released")


@contextmanager
def steps(team: Team, who: str) -> Iterator[Generator[str, None, Result]]:
    """Give the steps of a sync of one book, over its real file and the real store."""
    workspace = Workspace.open(team.root)
    try:
        book = next(b for b in workspace.store.read(lambda tx: tx.books()) if b.owner == who)
        sheet = BookFile(Path(book.path), book.id, workspace.private / "incoming", workspace.root)
        yield sync_steps(book.id, sheet, workspace.store, workspace.clock, workspace.gatherer, Order(), holder_name())
    finally:
        workspace.close()


def leave_at(team: Team, who: str, step: str) -> None:
    """Run a sync up to a step and let it be, as a killed process would; its lease runs out."""
    with steps(team, who) as running:
        for done in running:
            if done == step:
                break
        else:
            pytest.fail(f"the sync never came to '{step}'")
        workspace = Workspace.open(team.root)
        workspace.store.transact(_end_leases)
        workspace.close()


def _end_leases(tx: Any) -> None:
    from datetime import datetime

    from sqlalchemy import update

    tx.connection.execute(update(tx.schema.generic.lease).values(holder="", expires=datetime(1970, 1, 1)))


def leftovers(team: Team) -> list[str]:
    """Give the files of ours that wait somewhere."""
    found = [*team.root.rglob(".ss-*"), *(team.root / ".sheetsales").rglob("*.xlsx")]
    return sorted(str(p.relative_to(team.root)) for p in found)


def times_in_history(team: Team, value: object) -> int:
    """Count how often a value was written down."""
    return sum(1 for row in team.history() if row["new"] == value)


# ── killed between two steps, saved into the gap ─────────────────────────────────────────────────


@pytest.mark.parametrize("step", STEPS)
def test_a_sync_that_ends_anywhere_loses_nothing(team: Team, step: str) -> None:
    team.type(ANA, "opportunities", "O-1", amount=13000, next_step="Call Ida")
    team.type(ANA, "leads", "", company="Heath & Co", contact_name="Lu Ray", email="lu@heath.example")
    leave_at(team, ANA, step)
    team.sync()
    deal = team.records("opportunities")["O-1"]
    assert (deal["amount"], deal["next_step"]) == ("13000.00", "Call Ida")
    assert [r["company"] for r in team.records("leads").values()].count("Heath & Co") == 1
    for value in ("13000.00", "Call Ida", "Heath & Co"):
        assert times_in_history(team, value) == 1
    assert leftovers(team) == [] and team.ok("conflicts")["conflicts"] == []
    assert team.row(MARA, "opportunities", "O-1").cells["amount"] == 13000
    before = team.bytes()
    team.sync()
    assert team.bytes() == before and team.ok("verify")["ok"]


@pytest.mark.parametrize("step", STEPS[1:-1])
def test_a_save_into_the_gap_is_never_lost(team: Team, step: str) -> None:
    team.type(ANA, "opportunities", "O-1", amount=13000)
    open_in_excel = team.book(ANA).read_bytes()
    with steps(team, ANA) as running:
        result: Result | None = None
        while result is None:
            try:
                done = next(running)
            except StopIteration as end:
                result = end.value
                continue
            if done == step:
                now = team.book(ANA).read_bytes()
                team.book(ANA).write_bytes(open_in_excel)
                team.type(ANA, "opportunities", "O-2", next_step="Saved into the gap")
                saved = team.book(ANA).read_bytes()
                team.book(ANA).write_bytes(now)
                fresh = team.book(ANA).with_name("saving.tmp")
                fresh.write_bytes(saved)
                fresh.replace(team.book(ANA))
                step = ""
    team.sync()
    deals = team.records("opportunities")
    assert (deals["O-1"]["amount"], deals["O-2"]["next_step"]) == ("13000.00", "Saved into the gap")
    assert times_in_history(team, "Saved into the gap") == 1 and times_in_history(team, "13000.00") == 1
    row = team.row(ANA, "opportunities", "O-2").cells
    assert row["next_step"] == "Saved into the gap" and leftovers(team) == []
    assert team.ok("conflicts")["conflicts"] == []


@pytest.mark.parametrize("step", ["staged", "exchanged"])
def test_a_save_and_then_a_kill_are_found_by_the_next_sync(team: Team, step: str) -> None:
    team.type(ANA, "opportunities", "O-1", amount=13000)
    with steps(team, ANA) as running:
        for done in running:
            if done == "staged":
                team.type(ANA, "opportunities", "O-2", next_step="Saved into the gap")
                row = team.row(ANA, "opportunities", "O-2").row
                spoiling.own_column(team, ANA, "opportunities", row, ' t="str"><v>My own remark</v>')
            if done == step:
                break
        workspace = Workspace.open(team.root)
        workspace.store.transact(_end_leases)
        workspace.close()
    team.sync()
    assert team.records("opportunities")["O-2"]["next_step"] == "Saved into the gap"
    assert times_in_history(team, "Saved into the gap") == 1 and leftovers(team) == []
    assert team.row(ANA, "opportunities", "O-1").cells["amount"] == 13000
    assert "My own remark" in team.row(ANA, "opportunities", "O-2").extra.values()


def test_a_save_on_top_of_a_cut_off_sync_stays_and_the_one_before_it_is_merged(team: Team) -> None:
    with steps(team, ANA) as running:
        team.type(ANA, "opportunities", "O-1", amount=13000)
        for done in running:
            if done == "staged":
                team.type(ANA, "opportunities", "O-2", next_step="Saved into the gap")
            if done == "exchanged":
                break
        workspace = Workspace.open(team.root)
        workspace.store.transact(_end_leases)
        workspace.close()
    row = team.row(ANA, "leads", "L-1").row
    spoiling.own_column(team, ANA, "leads", row, ' t="str"><v>My own remark</v>')
    team.sync()
    assert team.records("opportunities")["O-2"]["next_step"] == "Saved into the gap"
    assert "My own remark" in team.row(ANA, "leads", "L-1").extra.values() and leftovers(team) == []


def test_an_unreadable_save_into_the_gap_waits_where_it_was_saved(team: Team) -> None:
    team.type(ANA, "opportunities", "O-1", amount=13000)
    good = team.book(ANA).read_bytes()
    with steps(team, ANA) as running, pytest.raises(FileRefused):
        for done in running:
            if done == "staged":
                fresh = team.book(ANA).with_name("saving.tmp")
                fresh.write_bytes(good[: len(good) // 2])
                fresh.replace(team.book(ANA))
    assert team.book(ANA).read_bytes() == good[: len(good) // 2]
    assert team.sync()["Ana.xlsx"]["state"] == "refused" and team.records("opportunities")["O-1"]["amount"] == "13000.00"
    team.book(ANA).write_bytes(good)
    assert team.sync()["Ana.xlsx"]["state"] == "synced"
    assert times_in_history(team, "13000.00") == 1 and leftovers(team) == []


# ── disks ────────────────────────────────────────────────────────────────────────────────────────


def mounted(place: Path, size: str) -> bool:
    """Mount a small memory disk, where this machine lets us."""
    place.mkdir()
    if sys.platform != "linux":
        return False
    call = ctypes.CDLL(None, use_errno=True).mount
    return bool(call(b"tmpfs", os.fsencode(place), b"tmpfs", 0, f"size={size}".encode()) == 0)


@pytest.fixture
def disk(team: Team, tmp_path: Path) -> Iterator[Path]:
    """Move Ana's book onto a small disk of its own, and say where it is."""
    place = tmp_path / "disk"
    size = team.book(ANA).stat().st_size
    if not mounted(place, str(size * 3 // 2 // 4096 * 4096)):
        pytest.skip("no disk can be mounted here: this test did not run")
    try:
        shutil.move(team.book(ANA), place / "Ana.xlsx")
        yield place
    finally:
        ctypes.CDLL(None).umount2(os.fsencode(place), 2)


def test_a_full_disk_defers_the_write_and_takes_the_edits(team: Team, disk: Path) -> None:
    book = disk / "Ana.xlsx"
    shutil.copy(book, team.book(ANA))
    team.type(ANA, "opportunities", "O-1", amount=13000)
    shutil.move(team.book(ANA), book)
    before = book.read_bytes()
    said = team.run("sync", book, "--json")
    assert said.code == 4 and said.out["books"][0]["state"] == "deferred" and "No space" in said.out["books"][0]["message"]
    assert said.out["books"][0]["accepted"] == 1
    assert book.read_bytes() == before and [p.name for p in disk.iterdir()] == ["Ana.xlsx"]
    assert team.records("opportunities")["O-1"]["amount"] == "13000.00"
    assert {b["owner"]: b["state"] for b in team.ok("status")["books"]}[ANA] == "deferred"
    again = team.run("sync", "--json")
    assert again.code == 0 and times_in_history(team, "13000.00") == 1
    shutil.move(book, team.root / "books" / "Ana.xlsx")
    assert team.sync(team.book(ANA))["Ana.xlsx"]["state"] == "synced"
    assert times_in_history(team, "13000.00") == 1 and leftovers(team) == []


def test_a_read_only_disk_defers_the_write_and_takes_the_edits(team: Team, disk: Path) -> None:
    book = disk / "Ana.xlsx"
    shutil.copy(book, team.book(ANA))
    team.type(ANA, "opportunities", "O-1", amount=13000)
    shutil.move(team.book(ANA), book)
    before = book.read_bytes()
    assert ctypes.CDLL(None).mount(None, os.fsencode(disk), None, 32 | 1, None) == 0
    try:
        said = team.run("sync", book, "--json")
        assert said.code == 4 and said.out["books"][0]["state"] == "deferred"
        assert "Read-only" in said.out["books"][0]["message"] and book.read_bytes() == before
        assert team.records("opportunities")["O-1"]["amount"] == "13000.00"
    finally:
        ctypes.CDLL(None).mount(None, os.fsencode(disk), None, 32, None)
    assert leftovers(team) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
def test_a_file_that_may_not_grow_defers_the_write(team: Team) -> None:
    spoiling.rebuild(team.book(ANA), {}, {"xl/media/big.bin": random.Random(1).randbytes(9_000_000)})
    team.sync()
    team.type(ANA, "opportunities", "O-1", amount=13000)
    before = team.book(ANA).read_bytes()
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (8_000_000, 8_000_000)); {COMMAND[2]}"
    done = subprocess.run([sys.executable, "-c", limited, "-w", team.root, "sync", "--json"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    states = {Path(b["path"]).name: b["state"] for b in json.loads(done.stdout)["books"]}
    assert states["Ana.xlsx"] == "deferred" and states["Mara.xlsx"] == "synced"
    assert team.book(ANA).read_bytes() == before and leftovers(team) == []
    assert team.row(MARA, "opportunities", "O-1").cells["amount"] == 13000
    team.sync()
    assert times_in_history(team, "13000.00") == 1


# ── locks, two at once ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("lock", ["~$Ana.xlsx", ".~lock.Ana.xlsx#"])
def test_a_long_open_workbook_is_absorbed_save_by_save(team: Team, lock: str) -> None:
    path = team.root / "books" / lock
    path.write_bytes(b"\x03Ida" + b"\0" * 160)
    for amount in (13000, 14000, 13000):
        team.type(ANA, "opportunities", "O-1", amount=amount)
        assert team.sync()["Ana.xlsx"]["state"] == "deferred"
    team.type(ANA, "leads", "", company="Heath & Co", contact_name="Lu Ray", email="lu@heath.example")
    for _ in range(3):
        assert team.sync()["Ana.xlsx"]["state"] == "deferred"
    assert [r["new"] for r in team.history() if r["column"] == "amount" and r["kind"] == "set"] == [
        "13000.00",
        "14000.00",
        "13000.00",
    ]
    assert times_in_history(team, "Heath & Co") == 1 and leftovers(team) == []
    path.unlink()
    assert team.sync()["Ana.xlsx"]["state"] == "synced"
    assert team.ok("conflicts")["conflicts"] == [] and team.records("opportunities")["O-1"]["amount"] == "13000.00"


def start(team: Team, *words: object) -> subprocess.Popen[bytes]:
    """Start a command as a process of its own."""
    return subprocess.Popen(
        [*COMMAND, "-w", str(team.root), *map(str, words), "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_two_syncs_at_once_lose_nothing(team: Team) -> None:
    team.type(ANA, "opportunities", "O-1", amount=13000)
    team.type(BEN, "opportunities", "O-3", amount=8000)
    running = [start(team, "sync") for _ in range(3)]
    for process in running:
        out, err = process.communicate(timeout=120)
        assert process.returncode in (0, 4) and b"Traceback" not in err
        states = {b["state"] for b in json.loads(out)["books"]}
        assert states <= {"synced", "unchanged", "deferred"}
    team.sync()
    assert times_in_history(team, "13000.00") == 1 and times_in_history(team, "8000.00") == 1
    assert leftovers(team) == [] and team.ok("verify")["ok"] and team.ok("conflicts")["conflicts"] == []


def test_a_book_at_work_elsewhere_is_busy_and_says_so(team: Team) -> None:
    team.type(ANA, "opportunities", "O-1", amount=13000)
    with steps(team, ANA) as running:
        assert next(running) == "leased"
        said = team.run("sync", team.book(ANA), "--json")
        assert (
            said.code == 4 and said.out["books"][0]["state"] == "deferred" and "Another sync" in said.out["books"][0]["message"]
        )
        assert list(running)[-1] == "released"
    assert {b["state"] for b in team.sync().values()} <= {"synced", "unchanged"}
    assert times_in_history(team, "13000.00") == 1


# ── killed at random ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_sync_killed_thirty_times_loses_no_typed_value(team: Team) -> None:
    chance = random.Random(30)
    typed: list[tuple[str, object]] = []
    edits: list[Callable[[int], None]] = [
        lambda n: _type(team, typed, ANA, "O-1", "next_step", f"Ana {n}"),
        lambda n: _type(team, typed, BEN, "O-3", "next_step", f"Ben {n}"),
        lambda n: _type(team, typed, MARA, chance.choice(["O-1", "O-2", "O-3"]), "win_theme", f"Mara {n}"),
        lambda n: _type(team, typed, ANA, "O-2", "amount", 1000 + n),
    ]
    for number in range(30):
        for edit in chance.sample(edits, 2):
            edit(number)
        process = start(team, "sync")
        try:
            process.wait(timeout=chance.uniform(0.3, 3.0))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        _, err = process.communicate()
        assert b"Traceback" not in err, err
    for _ in range(2):
        team.sync()
    assert team.ok("verify")["ok"] and leftovers(team) == []
    history = [str(r["new"]) for r in team.history()]
    kept = {c[side] for c in team.ok("conflicts")["conflicts"] for side in ("mine", "theirs")}
    kept |= {r["value"] for r in team.ok("rejected")["rejected"]}
    for column, value in typed:
        text = f"{value}.00" if isinstance(value, int) else str(value)
        assert text in history or text in kept, (column, value)
        assert history.count(text) <= 1, (column, value)
    for who in NAMES:
        assert team.run("check", team.book(who), "--json").code in (0, 1)
    before = team.bytes()
    team.sync()
    assert team.bytes() == before


def _type(team: Team, typed: list[tuple[str, object]], who: str, key: str, column: str, value: object) -> None:
    """Type a value, unless one waits there unread that nobody could find again once it is typed over."""
    if any(r.cells.get(column) == value for r in team.tab(who, "opportunities").rows):
        return
    waiting = team.row(who, "opportunities", key).cells.get(column)
    known = {str(r["new"]) for r in team.history("--record", team.row(who, "opportunities", key).id)}
    text = f"{waiting:.2f}" if isinstance(waiting, (int, float)) else str(waiting)
    if waiting in (None, "") or text in known:
        team.type(who, "opportunities", key, **{column: value})
        typed.append((column, value))
