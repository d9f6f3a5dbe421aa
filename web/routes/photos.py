"""One photo: its picture, its page, and the parts of that which take longer."""

from functools import partial
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from store.errors import UserError
from store.place import Place
from train.captions.pool import Neighbour
from web.content import source_rows
from web.content.catalogue import Catalogue
from web.content.preparing import NotReady
from web.pictures import BROKEN_PHOTO_SVG, UnusablePhoto
from web.services import CatalogueDep, OtherSite, PhotoDep, PlaceDep, Services, ServicesDep

router = APIRouter(prefix="/pipelines/{pipeline}", include_in_schema=False)


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
