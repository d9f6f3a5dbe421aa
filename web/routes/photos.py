"""The Data pages: photos with filters, the page of one photo, statistics as charts."""

from functools import partial
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from store.errors import UserError
from store.place import Place
from train.captions.pool import Neighbour
from web.content import source_rows, statistics
from web.content.catalogue import Catalogue, Filter
from web.content.preparing import NotReady
from web.content.shown.matching import Part, parts
from web.languages import Translator
from web.pictures import BROKEN_PHOTO_SVG, UnusablePhoto
from web.services import CatalogueDep, OtherSite, PhotoDep, PlaceDep, Services, ServicesDep

router = APIRouter(prefix="/pipelines/{pipeline}", include_in_schema=False)
PER_PAGE = 24
Tile = tuple[dict[str, Any], list[dict[str, Any]], list[Part]]
"""A photo, its best caption where it has one, and the parts of that."""


def _given(value: object) -> object:
    return None if value == "" else value


class PhotoFilters(BaseModel):
    """Which photos a page shows. A form sends an empty field as "": that sets no filter."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    split: Annotated[Literal["train", "dev"] | None, BeforeValidator(lambda value: value or None)] = None
    """Only photos of this split."""
    category: str = Field("", max_length=200)
    """Only photos of this category, or with a caption of it."""
    label: str = Field("", max_length=200)
    """Only photos with this label."""
    stars: Annotated[int, BeforeValidator(lambda value: value or 0)] = Field(0, ge=0, le=10**9)
    """Only photos with a caption of at least so many stars."""
    text: str = Field("", max_length=200)
    """Only photos with a caption that holds this text."""
    score: str = Field("", max_length=100)
    """Only photos with this score, or with a caption that has it."""
    score_min: Annotated[float | None, BeforeValidator(_given)] = Field(None, allow_inf_nan=False)
    """Only those whose score is no less."""
    score_max: Annotated[float | None, BeforeValidator(_given)] = Field(None, allow_inf_nan=False)
    """Only those whose score is no more."""
    page: int = Field(1, ge=1, le=10**9)
    """Which page of the photos."""

    def filter(self) -> Filter:
        """Return the catalogue's filter."""
        return Filter(**self.model_dump(exclude={"page", "per_page"}))


@router.get("/data")
def show_photos(
    request: Request,
    services: ServicesDep,
    place: PlaceDep,
    catalogue: CatalogueDep,
    filters: Annotated[PhotoFilters, Query()],
) -> HTMLResponse:
    """Show a page of the photos that pass the filter, each with its best caption."""
    found = catalogue.find(filters.filter())
    last_page = max(1, -(-len(found) // PER_PAGE))
    # A page past the end shows the last: filters shrink lists that a reader has paged through.
    page = min(filters.page, last_page)
    numbers = [int(number) for number in found[(page - 1) * PER_PAGE : page * PER_PAGE]]
    # A photo that is found for a caption shows that one.
    matching = catalogue.matching(filters.filter())
    return services.pages.respond(
        request,
        "photos.html",
        current="data",
        pipeline=place.name,
        catalogue=catalogue,
        filters=filters.model_copy(update={"page": page}),
        query=filters.model_dump(exclude={"page"}, exclude_defaults=True),
        found=len(found),
        last_page=last_page,
        hidden=int(catalogue.hidden.sum()),
        cards=tiles(catalogue, numbers, matching, filters.text),
    )


def tiles(
    catalogue: Catalogue, numbers: list[int], first: NDArray[np.bool_] | None = None, text: str = ""
) -> list[Tile]:
    """Return photos with their best captions, cut where a text stands in them.

    Args:
        first: (C,) captions that come before all others.
    """
    found = []
    for number in numbers:
        best = catalogue.captions_of(number, 1, first)
        found.append((catalogue.photo(number), best, parts(best[0]["text"], text) if best else []))
    return found


@router.get("/statistics")
def show_statistics(
    request: Request, services: ServicesDep, place: PlaceDep, catalogue: CatalogueDep
) -> HTMLResponse:
    """Show the dataset's statistics as charts."""
    language, to = services.pages.language(request), services.pages.links(request)
    return services.pages.respond(
        request,
        "statistics.html",
        current="data",
        pipeline=place.name,
        **statistics.shown(catalogue, place, Translator(language)),
        links={
            name: lambda value, name=name: to.page("data", place.name, **{name: value})
            for name in ("category", "label")
        },
    )


@router.get("/photos/{sha256}.jpg")
def photo_file(
    services: ServicesDep, place: PlaceDep, photo: PhotoDep, size: Literal["240", "600"] = "600"
) -> Response:
    """Send a photo as a newly encoded JPEG, or a placeholder where it cannot be decoded."""
    return photo_response(services, place, photo, int(size))


def photo_response(services: Services, place: Place, photo: str, size: int) -> Response:
    """Return a photo of the dataset as a newly encoded JPEG, or a placeholder.

    Raises:
        KeyError: the dataset has no such photo.
    """
    # Named by its content's hash, a photo never changes; `private` keeps it out of shared caches.
    headers = {"Cache-Control": "private, max-age=86400"}
    try:
        content = services.library.jpeg(place, photo, size)
        return Response(content, media_type="image/jpeg", headers=headers)
    except UnusablePhoto as error:
        return Response(
            BROKEN_PHOTO_SVG,
            media_type="image/svg+xml",
            # Headers are ASCII, and reasons may quote anything.
            headers={"X-Broken-Photo": str(error).encode("ascii", "replace").decode()},
        )


@router.get("/photos/{sha256}")
def show_photo(
    request: Request, services: ServicesDep, place: PlaceDep, catalogue: CatalogueDep, photo: PhotoDep
) -> HTMLResponse:
    """Show a photo with its captions and facts; what takes longer has pages of its own, put in its place."""
    number = catalogue.index[photo]
    return services.pages.respond(
        request,
        "photo.html",
        current="data",
        pipeline=place.name,
        photo=catalogue.photo(number),
        captions=catalogue.captions_of(number),
        broken=_decode_error(services, place, photo),
        # A preview names its picture by a whole address: the one that the page was asked for at.
        origin=f"{request.url.scheme}://{request.url.netloc}",
    )


@router.get("/photos/{sha256}/neighbours")
async def show_neighbours(
    request: Request, services: ServicesDep, place: PlaceDep, catalogue: CatalogueDep, photo: PhotoDep
) -> HTMLResponse:
    """Show the training photos that are nearest to a photo."""
    problem: UserError | None = None
    neighbours: list[Neighbour] = []
    try:
        run = services.speakers.run(place)
        neighbours = await services.searched(
            request, partial(services.captions.neighbours, place, run, photo)
        )
    except (NotReady, OtherSite):
        raise
    except UserError as error:
        problem = error
    near = [(one, best_caption(catalogue, one.sha256)) for one in neighbours]
    return _part(request, services, place, catalogue, photo, "near", neighbours=near, problem=problem)


@router.get("/photos/{sha256}/rows")
def show_rows(
    request: Request, services: ServicesDep, place: PlaceDep, catalogue: CatalogueDep, photo: PhotoDep
) -> HTMLResponse:
    """Show the Parquet rows with a photo's data."""
    tables = source_rows.source_rows(place, catalogue, photo)
    return _part(request, services, place, catalogue, photo, "rows", tables=tables)


def _part(
    request: Request,
    services: Services,
    place: Place,
    catalogue: Catalogue,
    photo: str,
    part: str,
    **context: Any,
) -> HTMLResponse:
    return services.pages.respond(
        request,
        "photo_part.html",
        current="data",
        pipeline=place.name,
        photo=catalogue.photo(catalogue.index[photo]),
        part=f"photo_{part}.html",
        **context,
    )


def best_caption(catalogue: Catalogue, sha256: str) -> str:
    """Return the caption of a photo with the most stars, empty where it has none."""
    captions = catalogue.captions_of(catalogue.index[sha256], 1)
    return str(captions[0]["text"]) if captions else ""


def _decode_error(services: Services, place: Place, photo: str) -> str | None:
    try:
        services.library.jpeg(place, photo, 600)
    except UnusablePhoto as error:
        return str(error)
    return None
