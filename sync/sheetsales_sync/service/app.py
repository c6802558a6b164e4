"""The routes of the service. Who may come in is the business of the door, which stands around all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final

from fastapi import FastAPI, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import HTTPException, RequestValidationError

from sheetsales.errors import SheetsalesError
from sheetsales_sync.service import reading, writing
from sheetsales_sync.service.answers import Wrong, answer, document_of, refusal
from sheetsales_sync.service.door import Door
from sheetsales_sync.service.room import Room
from sheetsales_sync.service.scoring import Scoring
from sheetsales_sync.service.settings import Settings
from sheetsales_sync.service.tokens import Caller
from sheetsales_sync.shapes import action_rows
from sheetsales_sync.workspace import Workspace

THREADS: Final = 8  # requests at work at once; each may hold a connection to the store
KEY: Final = "idempotency-key"
KINDS: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

As = Annotated[str | None, Query(alias="as", max_length=254)]


def make_app(room: Room, settings: Settings, clock: Callable[[], float]) -> Door:
    """Give the whole service as an ASGI application. clock: seconds that only go forward, for rates and what is kept."""
    app = FastAPI(title="sheetsales", docs_url=None, redoc_url=None, openapi_url=None, lifespan=_few_threads)
    door = Door(app, room, settings, clock)
    _looking(app, room)
    _figures(app, room)
    _changing(app, room, Scoring(room, clock))
    _errors(app, door)
    return door


@asynccontextmanager
async def _few_threads(_app: FastAPI) -> AsyncIterator[None]:
    from anyio import to_thread

    to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield


def _caller(request: Request) -> Caller:
    caller: Caller = request.scope["caller"]
    return caller


def _looking(app: FastAPI, room: Room) -> None:
    def seen(request: Request, member: str | None) -> tuple[Workspace, Any]:
        workspace = room.workspace()
        return workspace, reading.scope_as(workspace, _caller(request), member)

    @app.get("/v1/health")
    def health() -> Response:
        room.workspace().store.read(lambda tx: tx.latest_seq())
        return answer({"status": "ok"})

    @app.get("/v1/actions")
    def actions() -> Response:
        return answer({"actions": action_rows(room.workspace().playbook)})

    @app.get("/v1/status")
    def status(request: Request, member: As = None) -> Response:
        return answer(reading.status(*seen(request, member)))

    @app.get("/v1/conflicts")
    def conflicts(request: Request, member: As = None) -> Response:
        return answer(reading.conflicts(*seen(request, member)))

    @app.get("/v1/rejected")
    def rejected(request: Request, member: As = None) -> Response:
        return answer(reading.rejected(*seen(request, member)))

    @app.get("/v1/history")
    def history(
        request: Request,
        member: As = None,
        record: Annotated[str | None, Query(max_length=200)] = None,
        since: Annotated[int | None, Query(ge=0, le=2**62)] = None,
        limit: int = reading.HISTORY_ROWS,
    ) -> Response:
        return answer(reading.history(*seen(request, member), record, since, limit))


def _figures(app: FastAPI, room: Room) -> None:
    @app.get("/v1/rollup")
    def rollup(
        request: Request,
        member: As = None,
        by: Annotated[list[str] | None, Query(max_length=20)] = None,
        as_of: str | None = None,
    ) -> Response:
        workspace = room.workspace()
        return answer(reading.rollup(workspace, reading.scope_as(workspace, _caller(request), member), by or [], as_of))

    @app.get("/v1/export/{table}")
    def export(
        request: Request, table: str, member: As = None, form: Annotated[str, Query(alias="format", max_length=10)] = "json"
    ) -> Response:
        workspace = room.workspace()
        scope = reading.scope_as(workspace, _caller(request), member)
        found = reading.export(workspace, scope, table, form)
        if isinstance(found, dict):
            return answer(found)
        return Response(found, 200, {"content-disposition": f'attachment; filename="{table}.{form}"'}, KINDS[form])


def _changing(app: FastAPI, room: Room, scoring: Scoring) -> None:
    def asked(request: Request, body: bytes) -> bytes:
        return b"\n".join((request.method.encode(), request.url.path.encode(), request.url.query.encode(), body))

    @app.post("/v1/actions/{name}")
    async def run(request: Request, name: str) -> Response:
        body = await request.body()

        def work() -> Response:
            do = writing.run_action(room, _caller(request), name, document_of(body))
            return writing.once(room, _caller(request), request.headers.get(KEY), asked(request, body), do)

        return await run_in_threadpool(work)

    @app.post("/v1/sync")
    async def sync(request: Request) -> Response:
        body = await request.body()

        def work() -> Response:
            do = writing.run_sync(room, _caller(request), document_of(body))
            return writing.once(room, _caller(request), request.headers.get(KEY), asked(request, body), do)

        return await run_in_threadpool(work)

    async def score(request: Request) -> Response:
        if not scoring.fresh():
            await run_in_threadpool(scoring.read_rules)
        return answer(scoring.score(await request.body()))

    app.add_route("/v1/score", score, methods=["POST"])  # it has no parameters, so nothing is to be looked for


def _errors(app: FastAPI, door: Door) -> None:
    @app.exception_handler(SheetsalesError)
    async def refused(request: Request, error: SheetsalesError) -> Response:
        request.scope["refused"] = error.code
        return refusal(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        name = str(first["loc"][-1])
        return refusal(Wrong(422, "bad_parameter", f"{name}: {first['msg']}."))

    @app.exception_handler(HTTPException)
    @app.exception_handler(404)
    @app.exception_handler(405)
    async def no_route(request: Request, error: HTTPException) -> Response:
        if error.status_code == 405:
            return refusal(Wrong(405, "method", f"There is no {request.method} here.", "Use GET or POST as documented."))
        return refusal(Wrong(error.status_code, "not_found", "There is nothing at this address."))

    @app.exception_handler(Exception)
    async def ours(request: Request, error: Exception) -> Response:
        return await run_in_threadpool(door.report, request.scope, error)
