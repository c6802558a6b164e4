"""The README is true: its commands run in the order in which they stand, and its tables equal the code's."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from sheetsales.errors import BadConfiguration
from sheetsales.playbook import build_playbook
from sheetsales.processes import found
from sheetsales_sync.cli import BUSY, COMMANDS, DONE, OUR_FAULT, REFUSED, TO_LOOK_AT, WRONG_USE
from sheetsales_sync.service.settings import PER_MINUTE, settings_of

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
BIN = Path(sys.executable).parent


def section(title: str) -> str:
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def blocks(text: str) -> list[tuple[str, str]]:
    return re.findall(r"```(\w*)\n(.*?)```", text, flags=re.S)


def sheetsales(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    words = shlex.split(line)
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}
    return subprocess.run([BIN / words[0], *words[1:]], check=False, cwd=folder, capture_output=True, text=True, env=environment)


@pytest.mark.slow
def test_five_minutes_to_a_first_roll_up(tmp_path: Path) -> None:
    text = section("Five minutes to a first roll-up")
    names = re.findall(r"`(\w+\.(?:csv|toml))`", text)
    files = [content for kind, content in blocks(text) if kind in ("csv", "toml")]
    assert names == ["team.csv", "pipeline.csv", "crm.toml"]
    folder = tmp_path
    for kind, content in blocks(text):
        if kind in ("csv", "toml"):
            (tmp_path / "acme" / names[files.index(content)]).write_text(content, "utf-8")
            continue
        for line in content.strip().splitlines():
            if line in ("make install", ". .venv/bin/activate"):
                continue  # what the tests run in
            if line.startswith("cd "):
                folder = folder / line.removeprefix("cd ")
                continue
            done = sheetsales(folder, line)
            assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    assert (folder / "books" / "Ana Brandt.xlsx").exists() and (folder / "rollup.xlsx").exists()
    again = sheetsales(folder, "sheetsales import opportunities pipeline.csv --mapping crm.toml --create-missing")
    assert "2 unchanged" in again.stderr
    assert "12500.00" in sheetsales(folder, "sheetsales rollup --by owner").stdout.replace(",", "")


@pytest.mark.slow
def test_the_commands_of_the_agent_run_as_shown(tmp_path: Path) -> None:
    def run(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
        words = shlex.split(line)
        return subprocess.run(
            [BIN / words[0], *words[1:]], check=False, cwd=folder, capture_output=True, text=True,
            env={**os.environ, "HOME": str(tmp_path), "NO_COLOR": "1"},
        )  # fmt: skip

    assert run(tmp_path, "sheetsales init acme").returncode == 0
    team = "email,name,role,manager_email,team\nana@acme.example,Ana Brandt,inside_rep,,North\n"
    (tmp_path / "acme" / "team.csv").write_text(team, "utf-8")
    for line in ("sheetsales members import team.csv", "sheetsales book new ana@acme.example"):
        assert run(tmp_path / "acme", line).returncode == 0
    (_, commands), *_ = blocks(section("Buttons that work: the agent"))
    for line in commands.strip().splitlines():
        done = run(tmp_path / "acme", f"{line} --for 1" if line == "sheetsales agent" else line)
        assert done.returncode in ((DONE, TO_LOOK_AT) if line.endswith("doctor") else (DONE,)), f"{line}\n{done.stderr}"
    assert (tmp_path / "acme" / "books" / "Ana Brandt.bas").exists()
    assert (tmp_path / "acme" / ".sheetsales" / "agent.log").exists()
    assert list((tmp_path / ".config").rglob("*.desktop")) == []


@pytest.mark.slow
def test_the_demo_ends_as_shown(tmp_path: Path) -> None:
    done = sheetsales(tmp_path, "sheetsales demo demo")
    assert done.returncode == 0, done.stderr
    shown = next(content for _, content in blocks(section("Two commands")) if "sync:" in content)
    assert shown.strip() in done.stderr
    assert all((tmp_path / "demo" / "books" / f"{name}.xlsx").exists() for name in ("Ana Brandt", "Ben Osei", "Mara Keller"))


def test_the_settings_shown_are_accepted_and_the_refusal_shown_is_said() -> None:
    text = section("Make it yours: `sheetsales.toml`")
    settings = tomllib.loads(next(content for kind, content in blocks(text) if kind == "toml"))
    playbook = build_playbook(settings)
    assert playbook.policy["accounts.stale_days"] == 60
    assert playbook.tables["accounts"].column("customer_number").unique
    said = re.findall(r"`(\[policy\]: .*?)`", text)
    assert len(said) == 1
    with pytest.raises(BadConfiguration) as caught:
        build_playbook({"policy": {"accounts.stale_day": 60}})
    assert f"{caught.value} {caught.value.hint}".startswith(said[0].removesuffix("?"))


def test_the_service_is_told_as_it_is(tmp_path: Path) -> None:
    text = section("Over HTTP")
    settings = tomllib.loads(next(content for kind, content in blocks(text) if kind == "toml"))
    assert settings_of(settings, "127.0.0.1", tls=False).per_minute == PER_MINUTE
    for line in next(content for kind, content in blocks(text) if not kind).strip().splitlines():
        assert sheetsales(tmp_path, f"{line} --help").returncode == 0, line
    source = (ROOT / "sync/sheetsales_sync/service/app.py").read_text("utf-8")
    routes = set(re.findall(r'app\.\w+\("/v1/(\w+)', source))
    assert routes == set(
        re.findall(r"(?:/v1/|`)(health|actions|status|conflicts|rejected|history|rollup|export|sync|score)\b", text)
    )


def test_every_command_is_in_the_table_of_commands() -> None:
    table = section("Commands")
    assert [name for name in COMMANDS if not re.search(rf"`{name}( \w+)?`", table)] == []


def test_every_process_is_in_the_table_of_processes() -> None:
    table = section("The seven processes")
    for process in found():
        assert f"| {process.name} | `sheetsales/processes/{process.key}.py` |" in table


def test_the_exit_codes_are_those_of_the_code() -> None:
    codes = [int(code) for code in re.findall(r"^\| (\d) \|", section("Commands"), flags=re.M)]
    assert codes == [DONE, TO_LOOK_AT, WRONG_USE, REFUSED, BUSY, OUR_FAULT]


def test_every_file_and_target_that_is_named_exists() -> None:
    for name in re.findall(r"`((?:sheetsales|workbooks|sync|tests)/[\w./]*)`|\]\(([\w./]+)\)", README):
        assert (ROOT / (name[0] or name[1])).exists(), name
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"(?:`|^)make (\w+)", README, flags=re.M):
        assert re.search(rf"^{target}:", makefile, flags=re.M), target
