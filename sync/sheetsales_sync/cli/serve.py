"""`serve`: the HTTP service, and the tokens of its devices."""

from __future__ import annotations

import os
from importlib.util import find_spec

import click

from sheetsales.errors import NotSupported
from sheetsales_sync.cli.output import json_option, show, table, talk, workspace_of


def _needs_its_libraries() -> None:
    if any(find_spec(name) is None for name in ("fastapi", "uvicorn", "msgspec")):
        raise NotSupported(
            "The service needs libraries that are not installed.", "Install them: pip install 'sheetsales[service]'."
        )


@click.group(invoke_without_command=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen; beyond this machine TLS is needed.")
@click.option("--port", default=8765, show_default=True, type=click.IntRange(0, 65535), help="0 finds a free one.")
@click.option("--every", default=10.0, show_default=True, type=click.FloatRange(0, 86_400), metavar="SECONDS",
              help="Sync workbooks that were saved every so often; 0 for never.")  # fmt: skip
@click.option("--cert", metavar="FILE", help="The certificate for TLS, PEM.")
@click.option("--key", metavar="FILE", help="Its key, PEM.")
@json_option
@click.pass_context
def serve(ctx: click.Context, host: str, port: int, every: float, cert: str | None, key: str | None, as_json: bool) -> None:
    """Serve the HTTP API of this workspace, and sync workbooks that were saved, until stopped.

    Example: sheetsales serve
    """
    if ctx.invoked_subcommand is not None:
        return
    _needs_its_libraries()
    from sheetsales_sync.service.serving import serve as run
    from sheetsales_sync.service.settings import tls_files

    def ready(address: str) -> None:
        if as_json:
            show({"service": {"address": address, "pid": os.getpid()}})
        else:
            click.echo(address)
            talk("The service is at work. Stop it with Ctrl+C.")

    run(ctx.obj["root"], host=host, port=port, every=every, tls=tls_files(cert, key), say=talk, ready=ready)


@serve.command("token")
@click.argument("email")
@click.option("--days", default=90, show_default=True, type=int, help="How long it is good for.")
@click.option("--device", default="", help="What it is for, for example a task pane on a laptop.")
@json_option
@click.pass_context
def token(ctx: click.Context, email: str, days: int, device: str, as_json: bool) -> None:
    """Make a token for one device of a member. It is shown once and kept as a hash.

    Example: sheetsales serve token ana@example.com --device "Ana's laptop"
    """
    _needs_its_libraries()
    from sheetsales_sync.service.tokens import make_token
    from sheetsales_sync.shapes import moment

    made, text = make_token(workspace_of(ctx), email, days, device)
    if as_json:
        show(
            {
                "token": {
                    "id": made.id,
                    "token": text,
                    "member": made.member,
                    "device": made.device,
                    "expires": moment(made.expires),
                }
            }
        )
        return
    click.echo(text)
    talk(f"Token {made.id} speaks for {made.member} until {made.expires:%Y-%m-%d}. It is not shown again.")


@serve.command("tokens")
@json_option
@click.pass_context
def tokens(ctx: click.Context, as_json: bool) -> None:
    """List the tokens: whose, for what, until when. The tokens themselves are not kept.

    Example: sheetsales serve tokens
    """
    from sheetsales_sync.shapes import moment

    found = workspace_of(ctx).store.read(lambda tx: tx.tokens())
    rows = [
        {"id": t.id, "member": t.member, "device": t.device, "made": moment(t.made), "expires": moment(t.expires), "used": moment(t.used), "revoked": moment(t.revoked)}
        for t in found
    ]  # fmt: skip
    if as_json:
        show({"tokens": rows})
    else:
        names = ("id", "member", "device", "expires", "used", "revoked")
        table(names, [tuple(row[name] for name in names) for row in rows])


@serve.command("revoke")
@click.argument("token_id", metavar="ID")
@json_option
@click.pass_context
def revoke(ctx: click.Context, token_id: str, as_json: bool) -> None:
    """End a token at once.

    Example: sheetsales serve revoke 3f9a01c2d4e5
    """
    _needs_its_libraries()
    from sheetsales_sync.service.tokens import revoke_token
    from sheetsales_sync.shapes import moment

    ended = revoke_token(workspace_of(ctx), token_id)
    if as_json:
        show({"revoked": {"id": ended.id, "member": ended.member, "at": moment(ended.revoked)}})
    else:
        talk(f"Token {ended.id} of {ended.member} is no longer good for anything.")


COMMANDS = {"serve": serve}
