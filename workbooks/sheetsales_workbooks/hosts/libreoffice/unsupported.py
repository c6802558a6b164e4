"""Members of xlwings that this engine does not have say so by their name."""

from __future__ import annotations

import inspect
from typing import Any, NoReturn, TypeVar

from sheetsales.errors import NotSupported

Made = TypeVar("Made")


def complete(kind: type[Made]) -> type[Made]:
    """Fill a class of ours: what its base of xlwings only declares raises NotSupported with its name."""
    for name in missing(kind):
        held = inspect.getattr_static(kind, name)
        refuse = refusal(f"{kind.__name__}.{name}")
        setattr(kind, name, property(refuse, refuse) if isinstance(held, property) else refuse)
    return kind


def missing(kind: type) -> list[str]:
    """Give the members that a class of ours inherits from xlwings' base class without anything behind them."""
    found = []
    for name in dir(kind):
        held = inspect.getattr_static(kind, name)
        function = held.fget if isinstance(held, property) else getattr(held, "__func__", held)
        code = getattr(function, "__code__", None)
        if (
            code is not None
            and not name.startswith("__")
            and not inspect.iscoroutinefunction(function)  # those belong to another product of xlwings
            and function.__module__ == "xlwings.base_classes"
            and "NotImplementedError" in code.co_names
        ):
            found.append(name)
    return found


def refusal(member: str) -> Any:
    """Give a function that refuses in the name of a member."""

    def refuse(*_arguments: object, **_options: object) -> NoReturn:
        raise NotSupported(f"The LibreOffice engine has no {member}.")

    return refuse
