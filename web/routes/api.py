"""The JSON API: everything that the pages show, for programs."""

from dataclasses import asdict
from functools import partial
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field

from web import uploads
from web.content import rows, statistics
from web.content.runs import Run, chosen, read, runs
from web.content.stages import pipelines, stages
from web.documentation import operations
from web.pictures import BROKEN, UnusablePhoto
from web.routes.attempt import Tried
from web.routes.photos import Shown
from web.site import TheCatalogue, ThePhoto, ThePlace, TheSite
from web.studio import Written

Json = dict[str, Any]
REFUSALS: dict[int | str, Json] = {
    404: {"description": "There is no such pipeline, photo or run, or its stage has not been made"},
    422: {"description": "A parameter cannot be, or the photo cannot be used"},
    503: {"description": "The queue is full (see Retry-After), or a stage is damaged: the reason says which"},
}
docs = APIRouter(include_in_schema=False)
router = APIRouter(prefix="/api", responses=REFUSALS)


class Page(Shown):
    """Which photos to list."""

    per_page: int = Field(24, ge=1, le=200)
    """Photos on a page."""


@docs.get("/api")
def documentation(request: Request, site: TheSite) -> HTMLResponse:
    """Show the API's documentation, made from its OpenAPI document."""
    return site.pages.respond(request, "api.html", here="api", operations=operations(request.app.openapi()))


@router.get("/pipelines", tags=["stages"])
def list_pipelines(site: TheSite) -> list[str]:
    """The pipelines that there are."""
    return pipelines(site.data, site.pipeline)


@router.get("/pipelines/{pipeline}", tags=["stages"])
def list_stages(place: ThePlace) -> list[Json]:
    """The stages of a pipeline: their state, what is there, and the command that makes them."""
    return [
        {
            **asdict(stage),
            "directory": str(stage.directory),
            "reason": stage.reason and stage.reason.text.format(**stage.reason.values),
        }
        for stage in stages(place)
    ]


@router.get("/pipelines/{pipeline}/statistics", tags=["data"])
def get_statistics(place: ThePlace, catalogue: TheCatalogue) -> Json:
    """What there is of photos, captions, categories, labels and words."""
    return {
        "figures": statistics.figures(catalogue, place),
        "captions_per_photo": _counts(np.diff(catalogue.offsets)),
        "photo_categories": dict(catalogue.kinds.most_common(100)),
        "categories": dict(catalogue.categories.most_common(100)),
        "labels": dict(catalogue.labels.most_common(100)),
        "tokens": dict(statistics.tokens(place, 100)),
    }


@router.get("/pipelines/{pipeline}/photos", tags=["data"])
def list_photos(catalogue: TheCatalogue, shown: Annotated[Page, Query()]) -> Json:
    """The photos that pass a filter, a page of them, each with its best caption."""
    found = catalogue.find(shown.filter())
    start = (shown.page - 1) * shown.per_page
    here = [int(number) for number in found[start : start + shown.per_page]]
    photos = [{**catalogue.photo(number), "best": catalogue.captions_of(number, 1)} for number in here]
    return {"found": len(found), "page": shown.page, "per_page": shown.per_page, "photos": photos}


@router.get("/pipelines/{pipeline}/photos/{sha256}", tags=["data"])
def get_photo(catalogue: TheCatalogue, photo: ThePhoto) -> Json:
    """One photo with all its captions, those with most stars first."""
    number = catalogue.place[photo]
    return {**catalogue.photo(number), "captions": catalogue.captions_of(number)}


@router.get(
    "/pipelines/{pipeline}/photos/{sha256}/image",
    tags=["data"],
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}, "image/svg+xml": {}}}},
)
def get_image(
    site: TheSite, place: ThePlace, photo: ThePhoto, size: Literal["240", "600"] = "600"
) -> Response:
    """The photo as a JPEG of at most so many pixels a side; one that is broken as a drawing of that."""
    try:
        return Response(site.library.jpeg(place, photo, int(size)), media_type="image/jpeg")
    except UnusablePhoto:
        return Response(BROKEN, media_type="image/svg+xml")


@router.get("/pipelines/{pipeline}/photos/{sha256}/rows", tags=["data"])
def get_rows(place: ThePlace, catalogue: TheCatalogue, photo: ThePhoto) -> list[Json]:
    """The Parquet rows behind a photo, with the queries that find them."""
    return [asdict(table) for table in rows.behind(place, catalogue, photo)]


@router.get("/pipelines/{pipeline}/photos/{sha256}/neighbours", tags=["data"])
def get_neighbours(
    site: TheSite,
    place: ThePlace,
    photo: ThePhoto,
    count: Annotated[int, Query(ge=1, le=100, description="How many")] = 6,
    run: Annotated[
        str | None, Query(max_length=200, description="Whose vectors; by default the newest")
    ] = None,
) -> list[Json]:
    """The training photos that are nearest to a photo, by the vectors that a model reads."""
    return [asdict(near) for near in site.studio.neighbours(place, chosen(place, run), photo, count)]


@router.get("/pipelines/{pipeline}/photos/{sha256}/captions", tags=["captions"])
async def write_captions(
    request: Request, site: TheSite, place: ThePlace, photo: ThePhoto, tried: Annotated[Tried, Query()]
) -> list[Json]:
    """Captions that a model writes for a photo of the dataset."""
    run = chosen(place, tried.run)
    (drawn,) = await site.queued(request, partial(site.studio.captions, place, run, [photo], tried))
    return [_written(one) for one in drawn]


@router.post(
    "/pipelines/{pipeline}/captions",
    tags=["captions"],
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The photo's bytes, in any of the formats that are known. They are not kept.",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def caption_photo(
    request: Request, site: TheSite, place: ThePlace, tried: Annotated[Tried, Query()]
) -> Json:
    """Captions that a model writes for a photo of your own, and the training photos nearest to it."""
    photo = await uploads.body(request)
    run = chosen(place, tried.run)
    answer = await site.queued(request, partial(site.studio.answer, place, run, photo, tried))
    return {
        "width": answer.width,
        "height": answer.height,
        "captions": [_written(one) for one in answer.captions],
        "neighbours": [asdict(near) for near in answer.neighbours],
    }


@router.get("/pipelines/{pipeline}/runs", tags=["training"])
def list_runs(place: ThePlace) -> list[Json]:
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
def get_run(place: ThePlace, run: Annotated[str, Path(description="A run's name")]) -> Run:
    """One run: settings, losses by epoch, reference lines, evaluation, samples."""
    return read(chosen(place, run))


def _written(one: Written) -> Json:
    return {**asdict(one), "tokens": [asdict(token) for token in one.tokens]}


def _counts(values: Any) -> dict[str, int]:
    numbers, counts = np.unique(values, return_counts=True)
    return {str(number): int(count) for number, count in zip(numbers, counts, strict=True)}
