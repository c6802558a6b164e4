"""The door of the service: who comes in, by which name, from which page, how often, with how much.

It stands around all routes, so that none can forget a rule. Only `/v1/health` needs no token.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from fastapi import Response
from fastapi.concurrency import run_in_threadpool

from sheetsales.errors import SheetsalesError
from sheetsales_sync.reports import write_report
from sheetsales_sync.service.answers import Wrong, our_fault, refusal
from sheetsales_sync.service.rates import Rate
from sheetsales_sync.service.room import Room
from sheetsales_sync.service.settings import BODY_BYTES, BODY_SECONDS, PER_ADDRESS, WRONG_PER_MINUTE, Settings
from sheetsales_sync.service.tokens import Caller, NoToken, Tokens

HEALTH: Final = "/v1/health"
METHODS: Final = ("GET", "POST")
AUDITED: Final = (401, 403)
ASKED: Final = 200  # characters of what was asked for that are written down
HEADERS: Final = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
HSTS: Final = (b"strict-transport-security", b"max-age=31536000")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Door:
    """An ASGI application around the routes. clock: seconds that only go forward."""

    def __init__(self, app: App, room: Room, settings: Settings, clock: Callable[[], float]) -> None:
        self._app = app
        self._room = room
        self._settings = settings
        self._tokens = Tokens(clock)
        self._by_token = Rate(settings.per_minute, clock)
        self._by_address = Rate(settings.per_minute * PER_ADDRESS, clock)
        self._wrong = Rate(WRONG_PER_MINUTE, clock)
        self._audited = Rate(1, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers: dict[bytes, bytes] = {}
        twice = False
        for name, value in scope["headers"]:
            twice = twice or (name in headers and name in (b"host", b"origin", b"authorization", b"content-type"))
            headers[name] = value
        origin = headers.get(b"origin", b"").decode("latin-1")
        sending = _Sending(self, scope, send, origin if origin in self._settings.origins else "")
        try:
            if twice:
                raise Wrong(400, "header_twice", "A header was sent twice.")
            early = await self._admit(scope, headers, origin)
            if early is None:
                await self._app(scope, await _whole(receive) if scope["method"] == "POST" else receive, sending)
                return
        except SheetsalesError as error:
            scope["refused"] = error.code
            early = refusal(error)
        except Exception as error:  # the boundary of the service: a report is written, no traceback leaves
            if sending.begun:
                return  # a route's answer, with its report, is on its way
            early = await run_in_threadpool(self.report, scope, error)
        await early(scope, receive, sending)

    def report(self, scope: Scope, error: BaseException) -> Response:
        """Write the report of an error of ours, and give the answer."""
        path, text = write_report(self._room.root, f"serve: {_asked(scope)}", error)
        self._room.say(f"Something went wrong in the service; the report is {path}." if path else text)
        return our_fault(path)

    async def audit(self, scope: Scope, status: int) -> None:
        """Write down that a request was refused; the same refusal of the same caller once a minute."""
        caller: Caller | None = scope.get("caller")
        who, refused = caller.token if caller is not None else _address(scope), str(scope.get("refused", status))
        if self._audited.wait((who, refused)):
            return
        member, asked = caller.member if caller is not None else "", _asked(scope)

        def _write() -> None:
            workspace = self._room.workspace()
            workspace.store.transact(lambda tx: tx.audit(workspace.clock.now(), who, member, asked, refused))

        try:
            await run_in_threadpool(_write)
        except SheetsalesError as error:
            self._room.say(f"What was refused could not be written down: {asked}, {refused}. {error}")

    async def _admit(self, scope: Scope, headers: dict[bytes, bytes], origin: str) -> Response | None:
        """Check everything that can be said without the body; gives an answer where the request ends here."""
        self._check_name(headers)
        if origin and origin not in self._settings.origins:
            raise Wrong(403, "origin", "This page may not call the service.", "Whoever runs the service can allow its origin.")
        self._slow_down(self._by_address, _address(scope))
        if scope["method"] == "OPTIONS" and origin and b"access-control-request-method" in headers:
            return _preflight()
        if scope["path"] == HEALTH and scope["method"] == "GET":
            return None
        caller = await self._caller(scope, headers)
        scope["caller"] = caller
        self._slow_down(self._by_token, caller.token)
        if scope["method"] not in METHODS:
            raise Wrong(405, "method", f"There is no {scope['method']} here.", "Use GET or POST.")
        if scope["method"] == "POST":
            _check_body(headers)
        return None

    def _check_name(self, headers: dict[bytes, bytes]) -> None:
        host = headers.get(b"host", b"").decode("latin-1").lower()
        name = host if host.endswith("]") else host.rpartition(":")[0] if ":" in host else host
        if name not in self._settings.hosts:
            raise Wrong(400, "host", "The service is not called that.", "Use the address that `sheetsales serve` printed.")

    async def _caller(self, scope: Scope, headers: dict[bytes, bytes]) -> Caller:
        """Give who asks; the token is taken from the Authorization header and from nowhere else."""
        address = _address(scope)
        kind, _, text = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        text = text.strip()
        known = self._tokens.known(text)
        if known is not None:
            return known
        self._slow_down(self._wrong, address, cost=0)
        try:
            if kind.lower() != "bearer" or not text:
                raise NoToken
            return await run_in_threadpool(self._tokens.look_up, self._room.workspace(), text)
        except NoToken:
            self._wrong.wait(address)
            raise

    @staticmethod
    def _slow_down(rate: Rate, caller: str, cost: int = 1) -> None:
        seconds = rate.wait(caller, cost)
        if seconds:
            error = Wrong(429, "too_many", "Too many requests.", f"Wait {seconds} seconds and send it again.")
            error.retry = seconds
            raise error

    def headers(self, origin: str) -> list[tuple[bytes, bytes]]:
        """Give the headers of every answer. origin: the allowed page that asks, or ""."""
        more: list[tuple[bytes, bytes]] = list(HEADERS)
        if self._settings.tls:
            more.append(HSTS)
        if self._settings.origins:
            more.append((b"vary", b"Origin"))
        if origin:
            more.append((b"access-control-allow-origin", origin.encode()))
            more.append((b"access-control-expose-headers", b"Retry-After, Idempotency-Replayed"))
        return more


class _Sending:
    """Sends an answer with the headers of the door; what was refused is written down before it is said."""

    def __init__(self, door: Door, scope: Scope, send: Send, origin: str) -> None:
        self._door, self._scope, self._send, self._origin = door, scope, send, origin
        self.begun = False

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            if message["status"] in AUDITED:
                await self._door.audit(self._scope, message["status"])
            message = {**message, "headers": [*message.get("headers", ()), *self._door.headers(self._origin)]}
        await self._send(message)


def _asked(scope: Scope) -> str:
    return f"{scope['method']} {scope['path']}"[:ASKED]


def _address(scope: Scope) -> str:
    return str((scope.get("client") or ("",))[0])


def _preflight() -> Response:
    return Response(
        status_code=204,
        headers={
            "access-control-allow-methods": "GET, POST",
            "access-control-allow-headers": "Authorization, Content-Type, Idempotency-Key",
            "access-control-max-age": "600",
        },
    )


def _check_body(headers: dict[bytes, bytes]) -> None:
    kind, _, more = headers.get(b"content-type", b"").decode("latin-1").lower().partition(";")
    if kind.strip() != "application/json" or more.strip() not in ("", "charset=utf-8", 'charset="utf-8"'):
        raise Wrong(415, "content_type", "The body must be JSON.", "Send the header Content-Type: application/json.")
    if headers.get(b"content-encoding", b"identity") != b"identity":
        raise Wrong(415, "content_encoding", "The body must not be compressed.")
    length = headers.get(b"content-length", b"0")
    if not length.isdigit():
        raise Wrong(400, "content_length", "The length of the body is no number.")
    if int(length) > BODY_BYTES:
        raise _too_large()


def _too_large() -> Wrong:
    return Wrong(413, "too_large", f"The body has more than {BODY_BYTES:,} bytes.", "Send it in parts.")


async def _whole(receive: Receive) -> Receive:
    """Take in the body, counting; gives what hands it on in one piece."""
    parts: list[bytes] = []

    async def take() -> None:
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            more = bool(message.get("more_body"))
            if size > BODY_BYTES:
                raise _too_large()

    try:
        await asyncio.wait_for(take(), BODY_SECONDS)
    except TimeoutError as error:
        raise Wrong(408, "too_slow", f"The body did not come within {BODY_SECONDS:g} seconds.") from error
    handed = False

    async def hand() -> MutableMapping[str, Any]:
        nonlocal handed
        if handed:
            return await receive()
        handed = True
        return {"type": "http.request", "body": b"".join(parts), "more_body": False}

    return hand
