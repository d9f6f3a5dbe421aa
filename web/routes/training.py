"""The Training page: curves of one or several runs, their settings side by side, what evaluation found."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from web.content.curves import comparison
from web.content.runs import runs
from web.languages import Speaker
from web.site import ThePlace, TheSite

router = APIRouter(prefix="/pipelines/{pipeline}", include_in_schema=False)
MOST = 6
"""Runs side by side: there are no more colours that one can tell apart."""


@router.get("/training")
def training(
    request: Request,
    site: TheSite,
    place: ThePlace,
    run: Annotated[list[str] | None, Query(max_length=100, description="Runs to compare")] = None,
) -> HTMLResponse:
    """Show the runs that were asked for, by default the newest."""
    found = runs(place)
    shown = [each for each in found if each.name in (run or ())][:MOST] or found[:1]
    language = site.pages.language(request)
    return site.pages.respond(
        request,
        "training.html",
        here="training",
        pipeline=place.name,
        runs=found,
        shown=shown,
        command=place.command("train"),
        **comparison(shown, Speaker(language)),
    )
