"""The JSON API: what the pages show, for programs."""

from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field

from train.captions.answers import WrittenCaption, written
from train.captions.measurements import Measurement
from train.captions.pool import Neighbour
from web.api_documentation import operations
from web.content import source_rows, statistics
from web.content.runs import Run, find_run, read_run, runs
from web.content.shown import learning
from web.content.shown.samples import shown
from web.content.stages import pipelines, stages
from web.languages import Translator
from web.pictures import BROKEN_PHOTO_SVG, UnusablePhoto
from web.routes.data import PhotoFilters, viewed
from web.routes.try_photo import TrySettings
from web.services import CatalogueDep, PhotoDep, PlaceDep, ServicesDep

Json = dict[str, Any]
# The docstrings below are the API's documentation, so they describe results and not functions.
REFUSALS: dict[int | str, Json] = {
    404: {"description": "There is no such pipeline, photo or run, or its stage has not been made"},
    422: {"description": "A parameter cannot be, or the photo cannot be used"},
    503: {"description": "The queue is full (see Retry-After), or a stage is damaged: the reason says which"},
}
PHOTO: Json = {
    "requestBody": {
        "required": True,
        "description": "The photo's bytes, in any of the formats that are known. They are not kept.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
"""What the documentation says of a body that is a photo."""
docs = APIRouter(include_in_schema=False)
router = APIRouter(prefix="/api", responses=REFUSALS)


class PhotoListQuery(PhotoFilters):
    """Which photos to list."""

    per_page: int = Field(24, ge=1, le=200)
    """Photos on a page."""


@dataclass(frozen=True)
class OwnPhoto:
    """A visitor's photo: its size in pixels, captions for it, and the training photos nearest to it."""

    width: int
    height: int
    captions: list[WrittenCaption]
    neighbours: list[Neighbour]


@docs.get("/api")
def documentation(request: Request, services: ServicesDep) -> HTMLResponse:
    """Show the API's documentation, made from its OpenAPI document."""
    return services.pages.respond(
        request, "api.html", current="api", operations=operations(request.app.openapi())
    )


@router.get("/pipelines", tags=["stages"])
def list_pipelines(services: ServicesDep) -> list[str]:
    """The pipelines that there are."""
    return pipelines(services.data, services.pipeline)


@router.get("/pipelines/{pipeline}", tags=["stages"])
def list_stages(services: ServicesDep, place: PlaceDep) -> list[Json]:
    """The stages of a pipeline: their state, what is there, and the command that makes them."""
    return [
        {
            **asdict(stage),
            "directory": str(stage.directory),
            "reason": stage.reason and Translator("en")(stage.reason),
        }
        for stage in stages(place, services.speakers.known(place))
    ]


@router.get("/pipelines/{pipeline}/statistics", tags=["data"])
def get_statistics(place: PlaceDep, catalogue: CatalogueDep) -> Json:
    """What there is of photos, captions, categories, labels and words."""
    return {
        "figures": statistics.figures(catalogue, place),
        "captions_per_photo": _counts(np.diff(catalogue.offsets)),
        "photo_categories": dict(catalogue.photo_categories.most_common(100)),
        "categories": dict(catalogue.caption_categories.most_common(100)),
        "labels": dict(catalogue.labels.most_common(100)),
        "tokens": dict(statistics.tokens(place, 100, catalogue.rule)),
    }


@router.get("/pipelines/{pipeline}/photos", tags=["data"])
def list_photos(
    services: ServicesDep,
    place: PlaceDep,
    catalogue: CatalogueDep,
    filters: Annotated[PhotoListQuery, Query()],
) -> Json:
    """The photos that pass a filter, a page of them, each with its best caption, by what is asked for."""
    view, _ = viewed(services, place, catalogue, filters)
    photos = [
        {**catalogue.photo(number), "best": catalogue.captions_of(number, 1, view.selection.asked)}
        for number in view.page(filters.page, filters.per_page)
    ]
    return {"found": len(view.numbers), "page": filters.page, "per_page": filters.per_page, "photos": photos}


@router.get("/pipelines/{pipeline}/photos/{sha256}", tags=["data"])
def get_photo(catalogue: CatalogueDep, photo: PhotoDep) -> Json:
    """One photo with all its captions, those with most stars first."""
    number = catalogue.index[photo]
    return {**catalogue.photo(number), "captions": catalogue.captions_of(number)}


@router.get(
    "/pipelines/{pipeline}/photos/{sha256}/image",
    tags=["data"],
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}, "image/svg+xml": {}}}},
)
def get_image(
    services: ServicesDep, place: PlaceDep, photo: PhotoDep, size: Literal["240", "600"] = "600"
) -> Response:
    """The photo as a JPEG of at most so many pixels a side; one that is broken as a drawing of that."""
    try:
        return Response(services.library.jpeg(place, photo, int(size)), media_type="image/jpeg")
    except UnusablePhoto:
        return Response(BROKEN_PHOTO_SVG, media_type="image/svg+xml")


@router.get("/pipelines/{pipeline}/photos/{sha256}/rows", tags=["data"])
def get_rows(place: PlaceDep, catalogue: CatalogueDep, photo: PhotoDep) -> list[Json]:
    """The Parquet rows behind a photo, with the queries that find them."""
    return [asdict(table) for table in source_rows.source_rows(place, catalogue, photo)]


@router.get("/pipelines/{pipeline}/photos/{sha256}/neighbours", tags=["data"])
async def get_neighbours(
    request: Request,
    services: ServicesDep,
    place: PlaceDep,
    photo: PhotoDep,
    count: Annotated[int, Query(ge=1, le=100, description="How many")] = 6,
    run: Annotated[
        str | None, Query(max_length=200, description="Whose vectors; by default the pinned or best run's")
    ] = None,
) -> list[Neighbour]:
    """The training photos that are nearest to a photo, by the vectors that a model reads."""
    work = partial(services.captions.neighbours, place, services.speakers.run(place, run), photo, count)
    return await services.searched(request, work)


@router.get("/pipelines/{pipeline}/photos/{sha256}/captions", tags=["captions"])
async def write_captions(
    request: Request,
    services: ServicesDep,
    place: PlaceDep,
    photo: PhotoDep,
    settings: Annotated[TrySettings, Query()],
) -> list[WrittenCaption]:
    """Captions that a model writes for a photo of the dataset, as `bokeru caption` tells them."""
    # Before the queue: a wrong name need not wait for a turn.
    run = services.speakers.run(place, settings.run)
    (captions,) = await services.queued(
        request, partial(services.captions.for_photos, place, run, [photo], settings)
    )
    return [written(each.caption, each.source, each.rank_score) for each in captions if not each.is_hidden]


@router.post("/pipelines/{pipeline}/captions", tags=["captions"], openapi_extra=PHOTO)
async def caption_photo(
    request: Request, services: ServicesDep, place: PlaceDep, settings: Annotated[TrySettings, Query()]
) -> OwnPhoto:
    """Captions that a model writes for a photo of your own, and the training photos nearest to it."""
    with services.uploads.upload() as upload:
        photo = await services.uploads.body(request, upload)
        run = services.speakers.run(place, settings.run)
        work = partial(services.captions.for_upload, place, run, photo, settings)
        own = await services.queued(request, work)
    captions = [
        written(each.caption, each.source, each.rank_score) for each in own.captions if not each.is_hidden
    ]
    return OwnPhoto(own.picture.width, own.picture.height, captions, own.neighbours)


@router.get("/pipelines/{pipeline}/runs", tags=["training"])
def list_runs(place: PlaceDep) -> list[Json]:
    """The training runs, the newest first: state, settings, best epoch."""
    return [
        {
            "name": run.name,
            "state": run.state,
            "has_model": run.has_model,
            "settings": run.settings,
            "best": run.best,
        }
        for run in runs(place)
    ]


@router.get("/pipelines/{pipeline}/runs/{run}", tags=["training"])
def get_run(
    place: PlaceDep, catalogue: CatalogueDep, run: Annotated[str, Path(description="A run's name")]
) -> Run:
    """One run: settings, losses by epoch, reference lines, evaluation, samples of photos of the dataset."""
    found = read_run(find_run(place, run))
    samples = [
        {"sha256": catalogue.sha256s[one.number], "split": one.split, "human": one.people, "model": one.model}
        for one in shown(found.samples, catalogue)
    ]
    return replace(found, samples=samples)


@router.get("/pipelines/{pipeline}/runs/{run}/progress", tags=["training"])
def get_progress(
    place: PlaceDep,
    catalogue: CatalogueDep,
    run: Annotated[str, Path(description="A run's name")],
    after: Annotated[int, Query(ge=0, description="Only what later epochs wrote")] = 0,
) -> list[Measurement]:
    """What a run wrote for the same photos of dev after each measurement; of very many, some.

    A caption that may not be shown is null.
    """
    return learning.shown(find_run(place, run), catalogue, after)


def _counts(values: Any) -> dict[str, int]:
    numbers, counts = np.unique(values, return_counts=True)
    return {str(number): int(count) for number, count in zip(numbers, counts, strict=True)}
