"""The sales processes, found by walking this folder: one more process is one more file."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from sheetsales.process import Process


@cache
def found() -> tuple[Process, ...]:
    """Give the `PROCESS` of every module in this folder (not of those with a leading _), by order."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    processes: list[Process] = [import_module(f"{__name__}.{name}").PROCESS for name in names]
    return tuple(sorted(processes, key=lambda process: (process.order, process.key)))


def __getattr__(name: str) -> tuple[Process, ...]:
    if name == "PROCESSES":
        return found()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
