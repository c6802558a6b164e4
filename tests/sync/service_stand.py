"""A real server with a real team behind it, in a thread of this process, spoken to over real HTTP."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from team_stand import Team

from sheetsales_sync.service.app import make_app
from sheetsales_sync.service.room import Room
from sheetsales_sync.service.settings import settings_of
from sheetsales_sync.workspace import Workspace


class Clock:
    """Seconds that go forward when a test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """Give the JSON document."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """Give the code of an error."""
        assert set(self.document) == {"error"} and {"code", "message", "hint"} <= set(self.document["error"])
        return str(self.document["error"]["code"])


@dataclass
class Service:
    """A running service. said: the sentences for whoever runs it."""

    team: Team
    room: Room
    port: int
    clock: Clock
    said: list[str]
    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, email: str) -> str:
        """Give a token of a member, made by the command line once."""
        if email not in self.tokens:
            self.tokens[email] = self.team.ok("serve", "token", email)["token"]["token"]
        return self.tokens[email]

    def ask(
        self,
        method: str,
        path: str,
        who: str = "",
        body: object = None,
        *,
        raw: bytes | None = None,
        key: str = "",
        **headers: str,
    ) -> Answer:
        """Send one request. who: the member whose token is sent. headers: more of them, _ for -; a blank one is not sent."""
        sent = {"Host": f"127.0.0.1:{self.port}"}
        if who:
            sent["Authorization"] = f"Bearer {self.token(who)}"
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        if data is not None:
            sent["Content-Type"] = "application/json"
        if key:
            sent["Idempotency-Key"] = key
        sent |= {name.replace("_", "-").title(): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in sent.items():
                if value:
                    connection.putheader(name, value)
            if data is not None and "Content-Length" not in sent:
                connection.putheader("Content-Length", str(len(data)))
            connection.endheaders(data)
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def ok(self, method: str, path: str, who: str, body: object = None, **more: str) -> Any:
        """Send a request that must succeed; give its document."""
        answer = self.ask(method, path, who, body, **more)
        assert answer.status == 200, answer
        return answer.document

    def refused(self) -> list[tuple[str, str, str]]:
        """Give what was refused so far: member, what was asked, why."""
        rows = self.room.workspace().store.read(lambda tx: tx.refusals())
        return [(row.member, row.asked, row.refused) for row in rows]


@contextlib.contextmanager
def serving(team: Team, more: str = "", host: str = "127.0.0.1", *, tls: bool = False) -> Iterator[Service]:
    """Serve the workspace of a team. more: lines added to its sheetsales.toml."""
    if more:
        path = team.root / "sheetsales.toml"
        path.write_text(f"{path.read_text('utf-8')}\n{more}\n", "utf-8")
    said: list[str] = []
    clock = Clock()
    room = Room(Path(team.root), said.append)
    settings = settings_of(Workspace.open(team.root).configuration, host, tls=tls)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(make_app(room, settings, clock), access_log=False, log_config=None, ws="none", server_header=False)
    )
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield Service(team, room, listening.getsockname()[1], clock, said)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
        room.close()
