"""Why a model wrote a caption: the training photos nearest to its photo, and what of it stands there."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from web.content.shown.borrowed import why
from web.services import CatalogueDep, PhotoDep, PlaceDep, ServicesDep

router = APIRouter(prefix="/pipelines/{pipeline}", include_in_schema=False)


@router.get("/photos/{sha256}/why")
async def show_why(
    request: Request,
    services: ServicesDep,
    place: PlaceDep,
    catalogue: CatalogueDep,
    photo: PhotoDep,
    caption: Annotated[str, Query(min_length=1, max_length=500, description="What a model wrote")],
    run: Annotated[
        str | None, Query(max_length=200, description="Whose vectors; by default the speaking run's")
    ] = None,
) -> HTMLResponse:
    """Show the training photos nearest to a photo, with what they have of a caption that a model wrote."""
    speaker = services.speakers.run(place, run or None)
    neighbours = await services.searched(
        request, partial(services.captions.neighbours, place, speaker, photo)
    )
    return services.pages.respond(
        request,
        "why.html",
        current="generate",
        pipeline=place.name,
        photo=catalogue.photo(catalogue.index[photo]),
        caption="" if catalogue.rule.hides(caption) else caption,
        why=why(catalogue, caption, neighbours),
    )
