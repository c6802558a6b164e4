"""What `[service]` of sheetsales.toml says, checked; and where the service may listen."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sheetsales.errors import BadConfiguration, WrongUse

KNOWN: Final = ("hosts", "origins", "requests_per_minute")
LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
BODY_BYTES: Final = 5_000_000  # of a request; a table of 500 rows needs a tenth of one
BODY_SECONDS: Final = 30.0  # in which a request's body must have come
PER_MINUTE: Final = 600  # requests of one token; a task pane asks some ten times a minute
PER_ADDRESS: Final = 2  # times as many of one address, behind which a few people may sit
WRONG_PER_MINUTE: Final = 20  # requests without a valid token from one address
ROWS: Final = 500  # rows of one request for scores
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]")
_ORIGIN: Final = re.compile(r"(https)://([a-z0-9][a-z0-9.-]*)(:\d{1,5})?|(http)://(localhost|127\.0\.0\.1)(:\d{1,5})?")


@dataclass(frozen=True)
class Settings:
    """What the service allows. hosts: names by which it may be called. origins: web pages that may call it."""

    hosts: frozenset[str]
    origins: frozenset[str] = frozenset()
    per_minute: int = PER_MINUTE
    tls: bool = False


def is_loopback(host: str) -> bool:
    """Say whether only programs of this machine reach this address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def settings_of(configuration: Mapping[str, Any], host: str, *, tls: bool) -> Settings:
    """Read `[service]` for a service that listens at `host`.

    Raises BadConfiguration for a setting that cannot be, WrongUse where the address is reached from other machines
    without TLS, or by a name that is not known.
    """
    said = configuration.get("service", {})
    if not isinstance(said, Mapping):
        raise BadConfiguration("[service] must be a section.")
    unknown = sorted(set(said) - set(KNOWN))
    if unknown:
        raise BadConfiguration(f"[service]: '{unknown[0]}' is not a setting. Settings are: {', '.join(KNOWN)}.")
    hosts = _names(said, "hosts", _HOST, "Write names without a port, for example sales.example.com.")
    origins = _names(said, "origins", _ORIGIN, "Write whole origins, for example https://pane.example.com; never * or null.")
    minute = said.get("requests_per_minute", PER_MINUTE)
    if isinstance(minute, bool) or not isinstance(minute, int) or not 1 <= minute <= 1_000_000:
        raise BadConfiguration(f"[service]: requests_per_minute = {minute!r} is no whole number from 1 to 1000000.")
    if is_loopback(host):
        return Settings(frozenset((*LOOPBACK, *hosts)), frozenset(origins), minute, tls)
    if not tls:
        raise WrongUse(
            f"{host} can be reached from other machines, so the service must be encrypted there.",
            "Name a certificate with --cert FILE --key FILE, or listen at 127.0.0.1.",
        )
    everywhere = host in ("0.0.0.0", "::", "[::]")  # noqa: S104 (compared, not listened at)
    if everywhere and not hosts:
        raise WrongUse(
            f"At {host} the service answers to every name.", 'Say by which: hosts = ["sales.example.com"] under [service] in sheetsales.toml.'
        )  # fmt: skip
    own = () if everywhere else (f"[{host}]" if ":" in host and not host.startswith("[") else host.lower(),)
    return Settings(frozenset((*own, *hosts)), frozenset(origins), minute, tls)


def _names(said: Mapping[str, Any], setting: str, shape: re.Pattern[str], hint: str) -> list[str]:
    found = said.get(setting, [])
    if not isinstance(found, list):
        raise BadConfiguration(f"[service]: {setting} must be a list.", hint)
    for name in found:
        if not isinstance(name, str) or not shape.fullmatch(name):
            raise BadConfiguration(f"[service]: {setting} has '{name}', which cannot be.", hint)
    return found


def tls_files(cert: str | None, key: str | None) -> tuple[Path, Path] | None:
    """Give both files of TLS, or None where none is named; raises WrongUse."""
    if cert is None and key is None:
        return None
    if cert is None or key is None:
        raise WrongUse("TLS needs both files.", "Name the certificate with --cert and its key with --key.")
    for path in (Path(cert), Path(key)):
        if not path.is_file():
            raise WrongUse(f"There is no file {path}.", "Look at --cert and --key.")
    return Path(cert), Path(key)
