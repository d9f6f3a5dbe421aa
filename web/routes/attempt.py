"""The Try page: a visitor's own photo, captions for it, and the training photos nearest to it."""

import base64
from functools import partial
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from pydantic import Field, ValidationError

from store.errors import UsageError, UserError
from store.place import Place
from web import uploads
from web.content.runs import chosen, runs
from web.languages import Message
from web.pictures import UnusablePhoto, jpeg
from web.queue import QueueFull
from web.routes.photos import best_caption
from web.site import Site, ThePlace, TheSite
from web.studio import Answer, Drawing

router = APIRouter(prefix="/pipelines/{pipeline}", include_in_schema=False)


class Tried(Drawing):
    """How captions are drawn for a visitor's photo, and whose model writes them."""

    run: str | None = Field(None, max_length=200)
    """Whose model writes; by default the newest."""


@router.get("/try")
def empty(request: Request, site: TheSite, place: ThePlace) -> HTMLResponse:
    """Show the form."""
    return _page(request, site, place, Tried(), None, None, None, 200)


@router.post("/try")
async def attempt(request: Request, site: TheSite, place: ThePlace) -> HTMLResponse:
    """Write captions for the photo that was sent. It is kept in memory until they are, and nowhere else."""
    tried, answer, picture, status = Tried(), None, None, 200
    problem: UserError | None = None
    try:
        content, fields = await uploads.form(request)
        tried = settings(fields)
        if not content:
            raise UnusablePhoto(Message("No photo was sent. Choose one first."))
        run = chosen(place, tried.run)
        answer, picture = await site.queued(request, partial(_answer, site, place, run, content, tried))
    except QueueFull as error:
        problem, status = error, 503
    except UserError as error:
        problem, status = error, 422
    return _page(request, site, place, tried, answer, picture, problem, status)


def _answer(site: Site, place: Place, run: Path, photo: bytes, tried: Tried) -> tuple[Answer, str]:
    """Return what the photo got, and the photo itself as the page shows it."""
    return site.studio.answer(place, run, photo, tried), base64.b64encode(jpeg(photo, 600)).decode()


def settings(fields: dict[str, str]) -> Tried:
    """Return a form's fields as settings.

    Raises:
        UsageError: one of them cannot be.
    """
    try:
        return Tried.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _page(
    request: Request,
    site: Site,
    place: Place,
    tried: Tried,
    answer: Answer | None,
    picture: str | None,
    problem: UserError | None,
    status: int,
) -> HTMLResponse:
    near = []
    if answer:
        catalogue = site.library.catalogue(place)
        near = [(one, best_caption(catalogue, one.sha256)) for one in answer.neighbours]
    response = site.pages.respond(
        request,
        "try.html",
        status,
        here="try",
        pipeline=place.name,
        wanted=tried,
        runs=[run for run in runs(place) if run.has_model],
        command=place.command("train"),
        answer=answer,
        picture=picture,
        neighbours=near,
        problem=problem,
    )
    if isinstance(problem, QueueFull):
        response.headers["Retry-After"] = str(problem.retry_after)
    return response
