"""How errors become answers: pages, and JSON below /api/."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.requests import ClientDisconnect

from store.errors import MissingStage, UsageError, UserError
from web.content.preparing import NotReady
from web.content.speakers import NoSettings
from web.door.queue import QueueFull
from web.door.uploads import BadForm, NoRoom, TooSlow
from web.held import NotAsked
from web.pictures import UnusablePhoto
from web.services import OtherSite, Services

STATUS: dict[type[UserError], int] = {
    UsageError: 400,
    BadForm: 400,
    NotAsked: 400,
    OtherSite: 403,
    MissingStage: 404,
    NoSettings: 404,
    TooSlow: 408,
    UnusablePhoto: 422,
}
"""HTTP statuses of errors that the user can act on; any other is 503: damaged data, or a full queue."""


def add_handlers(app: FastAPI) -> None:
    """Let the app answer errors so."""
    for kind in (UserError, AnyHTTPException, RequestValidationError):
        app.add_exception_handler(kind, _answer)
    app.add_exception_handler(ClientDisconnect, _nobody)


def status_of(error: UserError) -> int:
    """Return the HTTP status of an error."""
    return next((code for kind, code in STATUS.items() if isinstance(error, kind)), 503)


def headers_of(error: Exception | None) -> dict[str, str]:
    """Return the headers that an error brings: when to ask again."""
    headers = dict(getattr(error, "headers", None) or {})
    if isinstance(error, QueueFull | NotReady | NoRoom):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, NoRoom):
        headers["Connection"] = "close"  # what is still to come would take the server's time for nothing
    if isinstance(error, NotReady):
        headers["Refresh"] = str(error.retry_after)  # the page asks again by itself, without a script too
    return headers


def _answer(request: Request, error: Exception) -> Response:
    headers = headers_of(error)
    reason: Exception | str
    if isinstance(error, RequestValidationError):
        # The first is enough: a form shows one reason at a time.
        first = error.errors()[0]
        status, reason = 422, f"{'.'.join(map(str, first['loc'][1:]))}: {first['msg']}"
    elif isinstance(error, AnyHTTPException):
        status, reason = error.status_code, str(error.detail)
    else:
        assert isinstance(error, UserError)
        status, reason = status_of(error), error
    prefix: str = request.scope.get("root_path", "")
    if request.scope["path"].startswith(f"{prefix}/api/"):
        # Programs get JSON, in FastAPI's own form of an error.
        return JSONResponse({"detail": str(reason)}, status, headers)
    services: Services = request.app.state.services
    again = error.retry_after if isinstance(error, NotReady) else None
    response = services.pages.respond(request, "error.html", status, reason=reason, code=status, again=again)
    response.headers.update(headers)
    return response


def _nobody(_: Request, __: Exception) -> Response:
    """Answer a client that has gone: nobody reads it, and no error of ours happened."""
    return Response(status_code=400)
