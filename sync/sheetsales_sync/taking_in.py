"""Import into a workspace: columns of the team's own are declared first, then the file is read in."""

from __future__ import annotations

from pathlib import Path

from sheetsales_sync.importing import ImportResult, custom_columns_needed, import_file, table_named
from sheetsales_sync.intake.mapping import load_mapping
from sheetsales_sync.workspace import Workspace


def take_in(
    workspace: Workspace,
    table: str,
    path: Path,
    *,
    mapping: Path | None,
    owner: str | None,
    create_missing: bool,
    rejects: Path | None,
    dry_run: bool,
) -> ImportResult:
    """Import one file; with `custom = true` in the mapping, unknown headers become columns of the team."""
    known = load_mapping(mapping, table_named(workspace.playbook, table))
    if known.custom and not dry_run:
        needed = custom_columns_needed(workspace.store, workspace.playbook, table, path, known, workspace.clock)
        if needed:
            workspace.add_columns(table, needed)
            known = load_mapping(mapping, table_named(workspace.playbook, table))
    return import_file(
        workspace.store,
        workspace.playbook,
        table,
        path,
        clock=workspace.clock,
        actor=workspace.operator,
        mapping=known,
        owner=owner or "",
        dry_run=dry_run,
        create_missing=create_missing,
        rejects=rejects,
    )
