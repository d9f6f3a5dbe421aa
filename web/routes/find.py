"""The page "Find": photos by words, like one of the dataset, or like a visitor's own."""

from contextlib import suppress
from functools import partial
from typing import Annotated, Self

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator

from featurize.words.find import COUNT
from featurize.words.tokens import CHARACTERS
from store.errors import UserError
from store.photo.options import Limits
from store.place import Place
from web.content.browse.finding import MOST, Seen
from web.errors import headers_of, status_of
from web.languages import Message
from web.pictures import UnusablePhoto
from web.routes.data import tiles
from web.services import PlaceDep, Services, ServicesDep

router = APIRouter(prefix="/pipelines/{pipeline}", include_in_schema=False)
SHA256 = "^([0-9a-f]{64})?$"


class Asked(BaseModel):
    """What is looked for: words, or a photo of the dataset."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    words: str = Field("", max_length=CHARACTERS)
    """What photos should show; without a text tower, what is written of them."""
    like: str = Field("", pattern=SHA256)
    """Instead of words, the SHA-256 of a photo of the dataset."""
    count: int = Field(COUNT, ge=1, le=MOST)
    """So many photos at most."""


class AskedOne(Asked):
    """What is looked for: words, or a photo of the dataset; one of the two."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.words.strip()) == bool(self.like):
            raise ValueError("give words, or like: the SHA-256 of a photo. One of the two")
        return self


@router.get("/find")
async def find(
    request: Request, services: ServicesDep, place: PlaceDep, asked: Annotated[Asked, Query()]
) -> HTMLResponse:
    """Show the forms, and what was found for words or for a photo of the dataset; the address has it all."""
    try:
        seen = await look(request, services, place, asked) if asked.words.strip() or asked.like else None
    except UserError as error:
        return _page(request, services, place, asked, problem=error)
    return _page(request, services, place, asked, seen)


@router.post("/find")
async def find_like_upload(request: Request, services: ServicesDep, place: PlaceDep) -> HTMLResponse:
    """Show what is like the uploaded photo. It is in memory until it has been compared, nowhere else."""
    asked = Asked()
    try:
        with services.uploads.upload() as upload:
            photo, _ = await services.uploads.form(request, upload)
            if not photo:
                raise UnusablePhoto(Message("No photo was sent. Choose one first."))
            work = partial(services.finding.like_upload, place, photo)
            seen = await services.queued(request, work)
    except UserError as error:
        return _page(request, services, place, asked, problem=error)
    return _page(request, services, place, asked, seen)


async def look(request: Request, services: Services, place: Place, asked: Asked) -> Seen:
    """Return what is found for words, in the queue, or else like a photo of the dataset.

    Raises:
        HTTPException: 404, there is no such photo.
    """
    if asked.words.strip():
        work = partial(services.finding.by_words, place, asked.words, asked.count)
        return await services.queued(request, work)
    if asked.like not in services.library.catalogue(place).index:
        raise HTTPException(404, f"The dataset has no photo {asked.like!r}.")
    return await services.searched(request, partial(services.finding.like, place, asked.like, asked.count))


def _page(
    request: Request,
    services: Services,
    place: Place,
    asked: Asked,
    seen: Seen | None = None,
    problem: UserError | None = None,
) -> HTMLResponse:
    cards, has_tower = [], False
    with suppress(UserError):  # what is wrong is told by the problem, or where it is asked for
        has_tower = services.finding.has_tower(place)
    if seen:
        catalogue = services.library.catalogue(place)
        shown = tiles(catalogue, [number for number, _ in seen.near])
        cards = list(zip(shown, (likeness for _, likeness in seen.near), strict=True))
    response = services.pages.respond(
        request,
        "find.html",
        status_of(problem) if problem else 200,
        current="data",
        pipeline=place.name,
        words=asked,
        seen=seen,
        near=cards,
        has_tower=has_tower,
        more=min(MOST, 2 * asked.count),
        longest=CHARACTERS,
        megapixels=f"{Limits.options.max_megapixels:g}",
        problem=problem,
    )
    response.headers.update(headers_of(problem))
    return response
