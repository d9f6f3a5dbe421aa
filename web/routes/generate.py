"""The Generate page: photos with people's best captions beside the model's."""

from functools import partial
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import Field

from store.errors import MissingStage, UserError
from store.place import Place
from web.content.catalogue import Catalogue, Filter
from web.content.runs import chosen, runs
from web.queue import QueueFull
from web.site import Site, TheCatalogue, ThePlace, TheSite
from web.studio import Drawing, Written

router = APIRouter(prefix="/pipelines/{pipeline}", include_in_schema=False)
PER_PAGE = 6
PEOPLE = 5
"""Captions by people that are shown of a photo."""


class Wanted(Drawing):
    """What the Generate page shows."""

    split: Literal["train", "dev"] = "dev"
    """Photos that the model learned from, or not."""
    run: str | None = Field(None, max_length=200)
    """Whose model writes; by default the newest."""
    photo: str | None = Field(None, max_length=64)
    """Only this photo."""
    page: int = Field(1, ge=1, le=10**9)
    """Which page of the photos."""


@router.get("/generate")
async def generate(
    request: Request,
    site: TheSite,
    place: ThePlace,
    catalogue: TheCatalogue,
    wanted: Annotated[Wanted, Query()],
) -> HTMLResponse:
    """Show some photos with captions by people and by the model."""
    numbers, pages = photos(catalogue, wanted)
    sha256s = [catalogue.sha256s[number] for number in numbers]
    drawn, problem, status = await _draw(request, site, place, wanted, sha256s)
    response = site.pages.respond(
        request,
        "generate.html",
        status,
        here="generate",
        pipeline=place.name,
        wanted=wanted,
        pages=pages,
        runs=[run for run in runs(place) if run.has_model],
        groups=[(wanted.split, cards(catalogue, numbers, drawn))],
        problem=problem,
        query=wanted.model_dump(exclude={"page", "photo"}, exclude_defaults=True),
    )
    if isinstance(problem, QueueFull):
        response.headers["Retry-After"] = str(problem.retry_after)
    return response


def photos(catalogue: Catalogue, wanted: Wanted) -> tuple[list[int], int]:
    """Return the photos of a page, in an order that mixes them but is always the same, and how many pages."""
    if wanted.photo in catalogue.place:
        return [catalogue.place[str(wanted.photo)]], 1
    found = catalogue.find(Filter(split=wanted.split))
    mixed = np.random.default_rng(0).permutation(found)
    pages = max(1, -(-len(mixed) // PER_PAGE))
    start = (min(wanted.page, pages) - 1) * PER_PAGE
    return [int(number) for number in mixed[start : start + PER_PAGE]], pages


def cards(catalogue: Catalogue, numbers: list[int], drawn: list[list[Written]]) -> list[dict[str, Any]]:
    """Return what a card shows: the photo, people's captions, the model's."""
    return [
        {
            "photo": catalogue.photo(number),
            "people": catalogue.captions_of(number, PEOPLE),
            "model": drawn[place] if drawn else None,
        }
        for place, number in enumerate(numbers)
    ]


async def _draw(
    request: Request, site: Site, place: Place, wanted: Wanted, sha256s: list[str]
) -> tuple[list[list[Written]], UserError | None, int]:
    """Return the model's captions, or why there are none and the status that says so."""
    try:
        run = chosen(place, wanted.run)
        work = partial(site.studio.captions, place, run, sha256s, wanted)
        return await site.queued(request, work), None, 200
    except QueueFull as error:
        return [], error, 503
    except MissingStage as error:
        return [], error, 404 if wanted.run else 200
    except UserError as error:
        return [], error, 200
