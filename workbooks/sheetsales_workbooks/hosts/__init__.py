"""The spreadsheet hosts, found by looking in this folder: one more host is one more file here.

A module or package here is a host if its own text defines `open_host(place, **options)`, which gives
a `Host`. It is imported when a book is opened on it, so that no host loads the library of another.
"""

from __future__ import annotations

import pkgutil
import re
from functools import cache
from importlib import import_module, resources
from typing import Final

from sheetsales.errors import UnknownName
from sheetsales_workbooks.host import Host

_OPENS: Final = re.compile(r"^def open_host\(", re.MULTILINE)


@cache
def names() -> tuple[str, ...]:
    """Give the names of the hosts, without importing one."""
    folder = resources.files(__name__)
    found = []
    for module in pkgutil.iter_modules(__path__):
        source = folder / module.name / "__init__.py" if module.ispkg else folder / f"{module.name}.py"
        if _OPENS.search(source.read_text(encoding="utf-8")):
            found.append(module.name)
    return tuple(sorted(found))


def open_host(name: str, place: object, **options: object) -> Host:
    """Open a book on a host; `place` is what that host calls a book: a path, an id, a live document.

    Raises UnknownName where there is no such host, and whatever the host refuses with.
    """
    if name not in names():
        raise UnknownName(f"There is no spreadsheet host called '{name}'.", f"Use one of: {', '.join(names())}.")
    host: Host = import_module(f"{__name__}.{name}").open_host(place, **options)
    return host
