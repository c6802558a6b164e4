"""What the engine in memory does not do says so by its name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from sheetsales.errors import NotSupported

T = TypeVar("T")


def names_what_is_missing(cls: type[T]) -> type[T]:
    """Let every member that xlwings only declares, and this class does not define, raise by its name."""
    for name, member in inspect.getmembers(cls):
        getter = member.fget if isinstance(member, property) else member
        code = getattr(getter, "__code__", None)
        if code is None or inspect.iscoroutinefunction(getter) or not getter.__module__.startswith("xlwings."):
            continue
        if "NotImplementedError" in code.co_names:
            refuse = _refusal(f"{cls.__name__}.{name}")
            setattr(cls, name, property(refuse, refuse) if isinstance(member, property) else refuse)
    return cls


def _refusal(member: str) -> Callable[..., NoReturn]:
    def refuse(*_args: Any, **_settings: Any) -> NoReturn:
        raise NotSupported(f"The spreadsheet in memory does not have {member}.")

    return refuse
