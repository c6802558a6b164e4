"""The workspace: a folder with `sheetsales.toml`, the books, and the way to the store."""

from __future__ import annotations

import json
import os
import re
import secrets
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sheetsales.columns import TEXT_LIMIT, Column
from sheetsales.errors import BadConfiguration, DiskFull, NoWorkspace, Refused, WrongUse
from sheetsales.ids import make_id
from sheetsales.learned_model import read_model
from sheetsales.learned_score import LeadSettings, LearnedScore, lead_settings, put_to_work
from sheetsales.playbook import build_playbook
from sheetsales.process import Playbook
from sheetsales.shared import periods_of
from sheetsales_sync.gather import Gatherer
from sheetsales_sync.state import Change, Op
from sheetsales_sync.store import open_store

if TYPE_CHECKING:
    from sheetsales_sync.store.transaction import Store  # loads the database library

CONFIGURATION: Final = "sheetsales.toml"
PRIVATE: Final = ".sheetsales"  # incoming files and reports, inside the workspace
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
KNOWN_KEYS: Final = frozenset({"currency", "zone", "store", "books", "operator", "policy", "tables", "leads", "service"})

_TEMPLATE: Final = """\
# The one definition of this team's process. What is not said here has the value that
# `sheetsales schema` and the "Read me" tab of any workbook show.

currency = "{currency}"
zone = "{zone}"                 # whose wall clock the dates and times of the workbooks mean
store = {store}
books = "books"                 # where new workbooks are made

# Numbers a manager could argue about, by process; `sheetsales schema` lists them all, for example:
# [policy.leads]
# half_life_days = 45         # days; an event so old counts half

# A score learned from your own closed leads (`sheetsales model learn`) instead of the rules:
# [leads]
# model = "model.json"

# A column of your own behaves like ours everywhere:
# [tables.accounts.columns.customer_number]
# header = "Customer number"
# type = "text"
"""


class SystemClock:
    """The machine's time and chance, in the zone of the workspace."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def now(self) -> datetime:
        """Give the moment, in UTC."""
        return datetime.now(UTC)

    def local(self) -> datetime:
        """Give the wall time of the workspace, naive and to the second."""
        return datetime.now(self._zone).replace(tzinfo=None, microsecond=0)

    def new_id(self, prefix: str) -> str:
        """Draw a record id."""
        return make_id(prefix, secrets.randbelow)

    def new_key(self) -> str:
        """Draw an id that sorts by time: milliseconds, then chance."""
        return f"{int(self.now().timestamp() * 1000):012x}{secrets.token_hex(6)}"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _quoted(text: str) -> str:
    """Give a text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False)


class Workspace:
    """One team's folder: configuration read and checked, store opened when first needed."""

    def __init__(self, root: Path, configuration: Mapping[str, Any]) -> None:
        self.root = root
        self.configuration = configuration

    @classmethod
    def open(cls, root: Path) -> Workspace:
        """Open the workspace in a folder; raises NoWorkspace or BadConfiguration."""
        path = root / CONFIGURATION
        try:
            configuration = tomllib.loads(path.read_text("utf-8"))
        except FileNotFoundError as error:
            raise NoWorkspace(f"There is no {CONFIGURATION} in {root}.") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadConfiguration(f"{CONFIGURATION} cannot be read: {error}.") from error
        unknown = sorted(set(configuration) - KNOWN_KEYS)
        if unknown:
            raise BadConfiguration(
                f"{CONFIGURATION}: '{unknown[0]}' is not a setting. Settings are: {', '.join(sorted(KNOWN_KEYS))}."
            )
        currency, zone = configuration.get("currency", "EUR"), configuration.get("zone", "UTC")
        if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
            raise BadConfiguration(
                f"{CONFIGURATION}: '{currency}' is not a currency.", "Use three capital letters, for example EUR."
            )
        if not isinstance(zone, str) or not _is_zone(zone):
            raise BadConfiguration(f"{CONFIGURATION}: zone '{zone}' is not known.", "Use a name such as Europe/Zurich.")
        return cls(root.resolve(), configuration)

    @classmethod
    def create(cls, root: Path, *, store: str = "", currency: str = "EUR", zone: str = "UTC") -> Workspace:
        """Make a workspace: the folder, its configuration, `books/`, and a store with the default libraries.

        Where the store cannot be made, the configuration is taken away again. Raises WrongUse.
        """
        if not _CURRENCY.fullmatch(currency):
            raise WrongUse(f"'{currency}' is not a currency.", "Use three capital letters, for example EUR or USD.")
        if not _is_zone(zone):
            raise WrongUse(f"'{zone}' is not a time zone.", "Use a name such as Europe/Zurich.")
        path = root / CONFIGURATION
        if path.exists():
            raise WrongUse(f"{path} exists already.", "Use that workspace, or name another folder.")
        text = _TEMPLATE.format(currency=currency, zone=zone, store=_quoted(store or "sqlite:///sheetsales.db"))
        try:
            (root / "books").mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        except FileExistsError as error:
            raise WrongUse(f"{error.filename} is a file, not a folder.", "Name another folder.") from error
        except OSError as error:
            raise DiskFull(f"{root} cannot be written: {error.strerror}.") from error
        workspace = cls.open(root)
        try:
            workspace.store_at_birth()
        except BaseException:
            path.unlink()
            raise
        return workspace

    @property
    def currency(self) -> str:
        """The currency of amounts that name none."""
        return str(self.configuration.get("currency", "EUR"))

    @property
    def operator(self) -> str:
        """Who acts when a command is not a member's own: the address of sales operations."""
        return str(self.configuration.get("operator", "operations"))

    @property
    def books(self) -> Path:
        """The folder in which new workbooks are made."""
        return self.root / str(self.configuration.get("books", "books"))

    @property
    def private(self) -> Path:
        """The folder for incoming files and reports."""
        return self.root / PRIVATE

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone whose wall clock the workbooks show."""
        return ZoneInfo(str(self.configuration.get("zone", "UTC")))

    @cached_property
    def clock(self) -> SystemClock:
        """Time and chance."""
        return SystemClock(self.zone)

    @cached_property
    def playbook(self) -> Playbook:
        """The processes with this team's columns and policy, and what it learned about its leads."""
        playbook = build_playbook(self.configuration)
        settings = lead_settings(self.configuration, playbook.tables["leads"])
        if settings is not None:
            playbook.learned["leads"] = self._learned_score(settings, playbook)
        return playbook

    def _learned_score(self, settings: LeadSettings, playbook: Playbook) -> LearnedScore:
        """Read the model of the leads; one that cannot be read is a reason for the rules, and no command fails for it."""
        try:
            text = (self.root / settings.model).read_text("utf-8")
            return put_to_work(settings, read_model(text), text, playbook.tables["leads"])
        except FileNotFoundError:
            why = "There is no such file in the workspace."
        except (OSError, UnicodeDecodeError):
            why = "The file cannot be read."
        except Refused as error:
            why = str(error)
        return LearnedScore(settings.model, why_not=why)

    @cached_property
    def gatherer(self) -> Gatherer:
        """What collects the pictures for plans."""
        return Gatherer(self.playbook)

    @cached_property
    def store(self) -> Store:
        """The store, opened when first needed."""
        return open_store(self._store_url(), self.playbook, home=self.root)

    def store_at_birth(self) -> None:
        """Make the store and fill the library tables with their defaults, once."""
        self.__dict__["store"] = open_store(self._store_url(), self.playbook, create=True, home=self.root)
        year = self.clock.local().year
        starting = [(table, rows) for process in self.playbook.processes for table, rows in process.defaults.items()]
        starting.append(("periods", tuple(row for one in (year - 1, year, year + 1) for row in periods_of(one))))
        changes = [
            Change(table, record, name, None, value, "create")
            for table, rows in starting
            for row in rows
            for record in [self.clock.new_id(self.playbook.tables[table].prefix)]
            for name, value in row.items()
            if value is not None
        ]
        op = Op(self.clock.new_key(), "import", self.operator, self.clock.now(), path="defaults")

        def work(tx: Any) -> None:
            if tx.latest_seq() == 0:
                tx.begin_op(op)
                tx.apply(op, changes)
                tx.finish_op(op.id, "libraries filled")

        self.store.transact(work)

    def _store_url(self) -> str:
        url = os.environ.get("SHEETSALES_STORE") or str(self.configuration.get("store", "sqlite:///sheetsales.db"))
        if url.startswith("sqlite:///") and not url.startswith("sqlite:////"):
            return f"sqlite:///{(self.root / url.removeprefix('sqlite:///')).resolve()}"
        return url

    def add_columns(self, table: str, columns: Sequence[Column]) -> None:
        """Declare columns of the team's own in the configuration, and go on with them."""
        path = self.root / CONFIGURATION
        lines = []
        for column in columns:
            limit = f"limit = {column.limit}\n" if column.limit != TEXT_LIMIT else ""
            header = json.dumps(column.header, ensure_ascii=False)  # a TOML basic string is written alike
            lines.append(f'\n[tables.{table}.columns.{column.name}]\nheader = {header}\ntype = "{column.type}"\n{limit}')
        text = path.read_text("utf-8") + "".join(lines)
        build_playbook(tomllib.loads(text))  # refuses a column that cannot be, before the file is touched
        waiting = path.with_suffix(".part")
        waiting.write_text(text, "utf-8")
        os.replace(waiting, path)
        self.configuration = tomllib.loads(text)
        for name in ("playbook", "gatherer"):
            self.__dict__.pop(name, None)
        if "store" in self.__dict__:
            self.store.close()
            del self.__dict__["store"]

    def open_counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """Give how many conflicts and how many rejections stand open, by book; read once a command."""
        if "counts" not in self.__dict__:
            self.__dict__["counts"] = self.store.read(
                lambda tx: (Counter(c.book for c in tx.conflicts()), Counter(r.book for r in tx.rejections()))
            )
        found: tuple[dict[str, int], dict[str, int]] = self.__dict__["counts"]
        return found

    def path_of(self, name: str) -> Path:
        """Give the path of a file that a command reads: absolute, in the workspace, or, where it is only there, from here."""
        path = self.root / name
        return path if path.exists() or not Path(name).exists() else Path.cwd() / name

    def output(self, name: str) -> Path:
        """Give the path of a file that a command writes: absolute, or in the workspace."""
        return self.root / name

    @staticmethod
    def place_of(path: Path) -> Path:
        """Give the place by which a book is known: its real folder, and its name there."""
        return path.parent.resolve() / path.name

    def close(self) -> None:
        """Close the store if it was opened."""
        if "store" in self.__dict__:
            self.store.close()
