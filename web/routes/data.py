"""The Data pages: photos with filters, orders and facets, the same as CSV, and statistics as charts."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, StreamingResponse
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from dataset.read import shards_folder
from featurize.words.tokens import CHARACTERS
from store.errors import UserError
from store.place import Place
from train.runs.find import BY_PHOTO
from web.content import statistics
from web.content.browse.csv_rows import csv_rows
from web.content.browse.facets import facets
from web.content.browse.filter import Filter
from web.content.browse.losses import losses
from web.content.browse.order import LOSS, orders
from web.content.browse.query import query
from web.content.browse.view import View, look
from web.content.catalogue import Catalogue
from web.content.shown.matching import Part, parts
from web.languages import Translator
from web.services import CatalogueDep, PlaceDep, Services, ServicesDep

router = APIRouter(prefix="/pipelines/{pipeline}", include_in_schema=False)
PER_PAGE = 24
MOST = 2**53 - 1
"""The greatest number that can be asked for: JSON has no greater one that every reader takes exactly."""
NAME = 1000
"""Characters of a category or label that can be asked for; those of imported data have no limit."""
SCORED = ("score", "score_min", "score_max")
"""The fields that ask for a score."""
Tile = tuple[dict[str, Any], list[dict[str, Any]], list[Part]]
"""A photo, its best caption where it has one, and the parts of that."""


def _given(value: object) -> object:
    return None if value == "" else value


Whole = Annotated[Annotated[int, Field(ge=0, le=MOST)] | None, BeforeValidator(_given)]
Real = Annotated[Annotated[float, Field(allow_inf_nan=False)] | None, BeforeValidator(_given)]
Day = Annotated[date | None, BeforeValidator(_given)]


class PhotoFilters(BaseModel):
    """Which photos a page shows, and how. A form sends an empty field as "": that asks for nothing."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    split: Annotated[Literal["train", "dev"] | None, BeforeValidator(_given)] = None
    """Only photos of this split."""
    category: str = Field("", max_length=NAME)
    """Only photos of this category, or with a caption of it."""
    label: str = Field("", max_length=NAME)
    """Only photos with this label."""
    group: str = Field("", max_length=200)
    """Only photos of this group of near copies."""
    captions_min: Whole = None
    """Only photos with at least so many captions."""
    captions_max: Whole = None
    """Only photos with at most so many captions."""
    stars: Annotated[int, BeforeValidator(lambda value: value or 0)] = Field(0, ge=0, le=MOST)
    """Only photos with a caption of at least so many stars."""
    stars_max: Whole = None
    """Only photos with a caption of at most so many stars. What is asked of captions, one of them holds."""
    length_min: Whole = None
    """Only photos with a caption of at least so many characters."""
    length_max: Whole = None
    """Only photos with a caption of at most so many characters."""
    posted_from: Day = None
    """Only photos with a caption that was posted on this day (in UTC) or later."""
    posted_to: Day = None
    """Only photos with a caption that was posted on this day (in UTC) or earlier."""
    text: str = Field("", max_length=200)
    """Only photos with a caption that holds this text."""
    score: str = Field("", max_length=100)
    """Only photos with this score, or with a caption that has it."""
    score_min: Real = None
    """Only those whose score is no less."""
    score_max: Real = None
    """Only those whose score is no more."""
    sort: str = Field("", max_length=110)
    """What comes first: most stars (`stars`), the newest caption (`newest`), most captions (`captions`), most
    near copies (`near`), the highest loss of a model (`loss`), the highest score (`score.NAME`); by default
    the dataset's order."""
    least: Annotated[bool, BeforeValidator(lambda value: value or False)] = False
    """The other way round: the least first."""
    run: str = Field("", max_length=200)
    """Whose loss, for the order by loss; by default the pinned or best run's."""
    page: int = Field(1, ge=1, le=10**9)
    """Which page of the photos."""

    def filter(self) -> Filter:
        """Return the filter."""
        return Filter(**self.model_dump(include=set(Filter.__dataclass_fields__)))

    def fields(self) -> dict[str, Any]:
        """Return what is asked for, but for the page: the query of a link that leads to the same photos."""
        asked = self.model_dump(exclude={"page", "per_page"}, exclude_defaults=True)
        return asked | {"least": 1} if self.least else asked


Filters = Annotated[PhotoFilters, Query()]


def viewed(
    services: Services, place: Place, catalogue: Catalogue, asked: PhotoFilters
) -> tuple[View, Path | None]:
    """Return the view that is asked for, and the run whose loss it is ordered by, if any.

    Raises:
        UsageError: there is no such order.
        MissingStage: there is no such run, or it has not been evaluated.
    """
    run = services.speakers.run(place, asked.run or None) if asked.sort == LOSS else None
    measured = losses(catalogue, run) if run else None
    offered = orders(catalogue, has_losses=True)
    return look(catalogue, asked.filter(), asked.sort, asked.least, measured, offered), run


@router.get("/data")
def show_photos(
    request: Request, services: ServicesDep, place: PlaceDep, catalogue: CatalogueDep, filters: Filters
) -> HTMLResponse:
    """Show a page of the photos that pass the filter, each with its best caption."""
    view, run = viewed(services, place, catalogue, filters)
    last_page = max(1, -(-len(view.numbers) // PER_PAGE))
    # A page past the end shows the last: filters shrink lists that a reader has paged through.
    page = min(filters.page, last_page)
    numbers = view.page(page, PER_PAGE)
    # A link is to lead to the same photos when another run speaks for the pipeline.
    fields = filters.fields() | ({"run": run.name} if run else {})
    return services.pages.respond(
        request,
        "photos.html",
        current="data",
        pipeline=place.name,
        catalogue=catalogue,
        filters=filters.model_copy(update={"page": page}),
        query=fields,
        found=len(view.numbers),
        last_page=last_page,
        hidden=int(catalogue.hidden.sum()),
        has_tower=services.finding.has_tower(place),
        longest=CHARACTERS,
        facets=facets(catalogue, view.wanted),
        orders=orders(catalogue, _has_losses(services, place)),
        run=run.name if run else "",
        sql=query(view, shards_folder(place.dataset), run and run / BY_PHOTO),
        values=[float(view.values[number]) for number in numbers] if view.values is not None else [],
        # A photo that is found for a caption shows that one.
        cards=tiles(catalogue, numbers, view.selection.asked, filters.text),
    )


def _has_losses(services: Services, place: Place) -> bool:
    """Tell whether the run that speaks for a pipeline has been evaluated."""
    try:
        return (services.speakers.run(place) / BY_PHOTO).is_file()
    except UserError:
        return False


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


@router.get("/data.csv")
def photos_csv(
    request: Request, services: ServicesDep, place: PlaceDep, catalogue: CatalogueDep, filters: Filters
) -> StreamingResponse:
    """Send all the photos that pass the filter, a row for each caption."""
    view, _ = viewed(services, place, catalogue, filters)
    headers = {"Content-Disposition": 'attachment; filename="photos.csv"', "Cache-Control": "no-cache"}
    kind = "text/csv; charset=utf-8; header=present"
    return StreamingResponse(services.in_turns(request, csv_rows(view)), headers=headers, media_type=kind)


@router.get("/statistics")
def show_statistics(
    request: Request, services: ServicesDep, place: PlaceDep, catalogue: CatalogueDep, filters: Filters
) -> HTMLResponse:
    """Show statistics of the photos that pass the filter as charts, each bar of which leads to its photos."""
    view, _ = viewed(services, place, catalogue, filters)
    fields, to = filters.fields(), services.pages.links(request)
    translator = Translator(services.pages.language(request))
    is_whole = view.wanted == Filter()

    def leads(more: Mapping[str, object]) -> str:
        # The ends of one score mean nothing of another.
        kept = {name: fields[name] for name in fields if "score" not in more or name not in SCORED}
        return to.page("data", place.name, **{**kept, **more})

    return services.pages.respond(
        request,
        "statistics.html",
        current="data",
        pipeline=place.name,
        query=fields,
        found=len(view.numbers),
        **statistics.shown(catalogue, place, translator, None if is_whole else view.selection, leads),
    )
