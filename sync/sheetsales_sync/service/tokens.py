"""Tokens of devices: made and shown once, kept as a hash, looked up at every request, ended by time or by hand."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from sheetsales.errors import SheetsalesError, UnknownMember, UnknownName, WrongUse
from sheetsales.values import fold
from sheetsales_sync.access import scope_of
from sheetsales_sync.state import Scope
from sheetsales_sync.store.callers import Token
from sheetsales_sync.workspace import Workspace

DAYS: Final = 90
LONGEST_DAYS: Final = 366
FRESH_SECONDS: Final = 1.0  # for which a token once looked up is believed: a revoked one ends within it
KEPT: Final = 1_000  # tokens remembered
NOTED_EVERY: Final = timedelta(hours=1)  # how often it is written down that a token is in use
DEVICE_LENGTH: Final = 80
_SHAPE: Final = re.compile(r"sheetsales_([0-9a-f]{12})_([0-9a-f]{64})")


class NoToken(SheetsalesError):
    """This needs a token."""

    hint = "Send the header Authorization: Bearer TOKEN; `sheetsales serve token EMAIL` makes one."
    code = "no_token"


@dataclass(frozen=True)
class Caller:
    """Who asks: the id of the token, the member, and whose records that member may see."""

    token: str
    member: str
    scope: Scope


def make_token(workspace: Workspace, email: str, days: int, device: str) -> tuple[Token, str]:
    """Make a token for a member; gives it and the text to be shown once. Raises UnknownMember, WrongUse."""
    if not 1 <= days <= LONGEST_DAYS:
        raise WrongUse(f"A token lasts from 1 to {LONGEST_DAYS} days.", f"Write --days {DAYS}, for example.")
    if len(device) > DEVICE_LENGTH or not device.isprintable():
        raise WrongUse(f"The name of a device has at most {DEVICE_LENGTH} letters, without line breaks.")
    now = workspace.clock.now()
    token_id, secret = secrets.token_hex(6), secrets.token_hex(32)

    def work(tx: Any) -> Token:
        person = _member(tx.rows("people"), email)
        if person is None:
            raise UnknownMember(f"There is no member {email} in the team file.")
        token = Token(token_id, digest(secret), str(person["email"]), device, now, now + timedelta(days=days))
        tx.save_token(token)
        return token

    return workspace.store.transact(work), f"sheetsales_{token_id}_{secret}"


def revoke_token(workspace: Workspace, token_id: str) -> Token:
    """End a token; one that is ended stays as it is. Raises UnknownName."""

    def work(tx: Any) -> Token:
        token: Token | None = tx.token(token_id)
        if token is None:
            raise UnknownName(f"There is no token {token_id}.", "Run `sheetsales serve tokens` for the ids.")
        ended = token if token.revoked is not None else replace(token, revoked=workspace.clock.now())
        tx.save_token(ended)
        return ended

    return workspace.store.transact(work)


def digest(secret: str) -> str:
    """Give what is kept of a secret; it has 256 bits of chance, so that nobody finds it by trying."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _member(people: list[dict[str, Any]], email: str) -> dict[str, Any] | None:
    wanted = fold(email)
    found = (p for p in people if fold(p.get("email") or "") == wanted and fold(p.get("active") or "yes") != "no")
    return next(found, None)


class Tokens:
    """Looks tokens up, and remembers them for a moment. clock: seconds that only go forward."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._known: dict[str, tuple[float, Caller]] = {}

    def known(self, text: str) -> Caller | None:
        """Give the caller of a token that was looked up a moment ago."""
        until, caller = self._known.get(text, (0.0, None))
        return caller if caller is not None and self._clock() < until else None

    def look_up(self, workspace: Workspace, text: str) -> Caller:
        """Give the caller of a token. Raises NoToken where it is none, expired, revoked, or its member has left."""
        shape = _SHAPE.fullmatch(text)
        if shape is None:
            raise NoToken("This is no token.")
        now = workspace.clock.now().replace(tzinfo=None)

        def work(tx: Any) -> tuple[Token | None, Scope | None]:
            token = tx.token(shape[1])
            if token is None:
                return None, None
            people = tx.rows("people")
            here = _member(people, token.member)
            return token, None if here is None else scope_of(workspace.playbook, people, tx.rows("roles"), token.member)

        token, scope = workspace.store.read(work)
        if token is None or not hmac.compare_digest(token.secret_hash, digest(shape[2])):
            raise NoToken("This token is not known here.")
        if token.revoked is not None:
            raise NoToken("This token was revoked.")
        if token.expires <= now:
            raise NoToken("This token has expired.")
        if scope is None:
            raise NoToken("The member of this token is not in the team file any more.")
        if token.used is None or now - token.used >= NOTED_EVERY:
            workspace.store.transact(lambda tx: tx.note_token_used(token.id, now))
        caller = Caller(token.id, token.member, scope)
        self._remember(text, caller)
        return caller

    def _remember(self, text: str, caller: Caller) -> None:
        if len(self._known) >= KEPT:
            self._known.clear()
        self._known[text] = (self._clock() + FRESH_SECONDS, caller)
