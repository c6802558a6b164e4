"""`python -m sheetsales_sync.cli` is the command line, also where the command itself is not on the path."""

from __future__ import annotations

from sheetsales_sync.cli import main

main()
