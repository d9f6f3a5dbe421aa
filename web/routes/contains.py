"""The page "Is mine in it?": whether a visitor's photo or caption is held, since when, and how it goes."""

from contextlib import suppress
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from dataset.held.answer import Contains
from store.errors import UserError
from store.photo.options import Limits
from store.place import Place
from web.errors import headers_of, status_of
from web.held import LONGEST
from web.languages import Message
from web.pictures import UnusablePhoto
from web.services import PlaceDep, Services, ServicesDep

router = APIRouter(prefix="/pipelines/{pipeline}", include_in_schema=False)


@router.get("/contains")
async def ask(
    request: Request,
    services: ServicesDep,
    place: PlaceDep,
    asked: Annotated[str, Query(max_length=LONGEST)] = "",
) -> HTMLResponse:
    """Show the form, and what is held of a number or an address, where one is asked for."""
    asked = asked.strip()
    if not asked:
        return _page(request, services, place)
    try:
        found = await services.queued(request, partial(services.held(place).look, asked))
    except UserError as error:
        return _page(request, services, place, asked=asked, problem=error)
    return _page(request, services, place, found, asked=asked)


@router.post("/contains")
async def ask_for_photo(request: Request, services: ServicesDep, place: PlaceDep) -> HTMLResponse:
    """Show what is held of the uploaded photo. It is in memory until it has been compared, nowhere else."""
    try:
        with services.uploads.upload() as upload:
            photo, _ = await services.uploads.form(request, upload)
            if not photo:
                raise UnusablePhoto(Message("No photo was sent. Choose one first."))
            found = await services.queued(request, partial(services.held(place).look, "photo", photo))
    except UserError as error:
        return _page(request, services, place, problem=error)
    return _page(request, services, place, found)


def _page(
    request: Request,
    services: Services,
    place: Place,
    found: Contains | None = None,
    asked: str = "",
    problem: UserError | None = None,
) -> HTMLResponse:
    shown = []
    with suppress(UserError):  # the answer is whole without its pictures
        catalogue = services.library.catalogue(place, at_once=True)
        shown = [
            match.sha256 for match in (found.matches if found else ()) if match.sha256 in catalogue.index
        ]
    response = services.pages.respond(
        request,
        "contains.html",
        status_of(problem) if problem else 200,
        current="data",
        megapixels=f"{Limits.options.max_megapixels:g}",
        pipeline=place.name,
        asked=asked,
        found=found,
        shown=shown,
        problem=problem,
        longest=LONGEST,
    )
    response.headers.update(headers_of(problem))
    return response
