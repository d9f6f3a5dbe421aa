"""The Training page: curves of one or several runs, their settings side by side, their evaluation."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from web.content.runs import runs
from web.content.training.comparison import compare
from web.content.training.differences import differences, pooled
from web.languages import Translator
from web.services import PlaceDep, ServicesDep

router = APIRouter(prefix="/pipelines/{pipeline}", include_in_schema=False)
MAX_RUNS = 6
"""Runs side by side: more colours could not be told apart."""


@router.get("/training")
def training(
    request: Request,
    services: ServicesDep,
    place: PlaceDep,
    run: Annotated[list[str] | None, Query(max_length=100, description="Runs to compare")] = None,
) -> HTMLResponse:
    """Show the requested runs, by default the newest."""
    found = runs(place)
    shown = [each for each in found if each.name in (run or ())][:MAX_RUNS] or found[:1]
    translator = Translator(services.pages.language(request))
    folders = [place.runs / each.name for each in shown]
    return services.pages.respond(
        request,
        "training.html",
        current="training",
        pipeline=place.name,
        runs=found,
        shown=shown,
        command=place.command("train"),
        differences=differences(folders, translator),
        over_seeds=pooled(folders, translator),
        **compare(shown, folders, translator),
    )
