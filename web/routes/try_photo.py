"""The Try page: captions for a visitor's own photo, and the training photos nearest to it."""

import base64
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from pydantic import Field, ValidationError

from dataset.rights.licences import allows_publishing
from store.errors import UsageError, UserError
from store.photo.options import Limits
from store.place import Place
from web.caption_service import UploadCaptions
from web.caption_settings import CaptionSettings
from web.content.shown.writer import writer
from web.errors import headers_of, status_of
from web.languages import Message
from web.pictures import UnusablePhoto, jpeg
from web.routes.photos import best_caption
from web.services import PlaceDep, Services, ServicesDep

router = APIRouter(prefix="/pipelines/{pipeline}", include_in_schema=False)
EXAMPLES, LOOKED_AT = 6, 60
"""Photos that are offered to try, and how many are looked at for them."""


class TrySettings(CaptionSettings):
    """How captions are written for a visitor's photo, and by which model."""

    run: str | None = Field(None, max_length=200)
    """Whose model writes; by default the pinned run's, or that of the best on dev."""


@router.get("/try")
def show_form(request: Request, services: ServicesDep, place: PlaceDep) -> HTMLResponse:
    """Show the form."""
    return _page(request, services, place, TrySettings())


@router.post("/try")
async def try_photo(request: Request, services: ServicesDep, place: PlaceDep) -> HTMLResponse:
    """Write captions for the uploaded photo. It is kept in memory until they are written, nowhere else."""
    settings = TrySettings()
    try:
        with services.uploads.upload() as upload:
            photo, fields = await services.uploads.form(request, upload)
            settings = parse_settings(fields)
            if not photo and (example := fields.get("example")):
                photo = _example(services, place, example)
            if not photo:
                raise UnusablePhoto(Message("No photo was sent. Choose one first."))
            run = services.speakers.run(place, settings.run)
            work = partial(_caption, services, place, run, photo, settings)
            captions, picture = await services.queued(request, work)
    except UserError as error:
        return _page(request, services, place, settings, problem=error)
    return _page(request, services, place, settings, captions, picture)


def _caption(
    services: Services, place: Place, run: Path, photo: bytes, settings: TrySettings
) -> tuple[UploadCaptions, str]:
    """Return captions for a photo, and the photo as base64 for the page: it has no address of its own."""
    captions = services.captions.for_upload(place, run, photo, settings)
    return captions, base64.b64encode(jpeg(captions.picture, 600)).decode()


def _example(services: Services, place: Place, sha256: str) -> bytes:
    """Return the bytes of a photo that the form offered.

    Raises:
        UnusablePhoto: it is offered no more.
    """
    if sha256 not in {photo["sha256"] for photo in _examples(services, place)}:
        raise UnusablePhoto(Message("This photo is not offered any more. Choose another one."))
    return services.library.photo_bytes(place, sha256)


def _examples(services: Services, place: Place) -> list[dict[str, Any]]:
    """Return photos of dev to try: those that nobody forbids to pass on, always the same."""
    try:
        catalogue = services.library.catalogue(place, at_once=True)
    except UserError:  # there is no dataset, or its index is being made
        return []
    shuffled = (catalogue.photo(int(number)) for number in catalogue.shuffled("dev")[:LOOKED_AT])
    free = (each for each in shuffled if each["licence"] is None or allows_publishing(each["licence"]))
    return list(islice(free, EXAMPLES))


def parse_settings(fields: dict[str, str]) -> TrySettings:
    """Return the fields of a form as settings.

    Raises:
        UsageError: a value is not allowed; the message names its field.
    """
    try:
        return TrySettings.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _page(
    request: Request,
    services: Services,
    place: Place,
    settings: TrySettings,
    captions: UploadCaptions | None = None,
    picture: str | None = None,
    problem: UserError | None = None,
) -> HTMLResponse:
    neighbours = []
    writes, why_none = None, None
    try:
        writes = writer(place, services.speakers.run(place, settings.run))
    except UserError as error:
        why_none = error
    if captions:
        catalogue = services.library.catalogue(place)
        neighbours = [(near, best_caption(catalogue, near.sha256)) for near in captions.neighbours]
    response = services.pages.respond(
        request,
        "try.html",
        status_of(problem) if problem else 200,
        current="try",
        megapixels=f"{Limits.options.max_megapixels:g}",
        pipeline=place.name,
        settings=settings,
        writer=writes,
        runs=services.speakers.with_models(place),
        why_none=None if problem else why_none,
        command=place.command("train"),
        upload=captions,
        examples=_examples(services, place) if writes else [],
        picture=picture,
        neighbours=neighbours,
        problem=problem,
    )
    response.headers.update(headers_of(problem))
    return response
