"""The Training page: curves of one or several runs, what they wrote while they learned, their evaluation."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from store.errors import UserError
from store.place import Place
from train.captions.measurements import NAME
from web.content.library import Library
from web.content.runs import Run, runs
from web.content.shown.learning import Learning, learning
from web.content.training.comparison import compare
from web.content.training.curves import Drawing
from web.content.training.differences import differences, pooled
from web.languages import Translator
from web.services import PlaceDep, ServicesDep

router = APIRouter(prefix="/pipelines/{pipeline}", include_in_schema=False)
MAX_RUNS = 6
"""Runs side by side: more colours could not be told apart."""
SIDE_BY_SIDE = 2
"""Runs whose captions stand side by side: a screen has no room for more."""


@router.get("/training")
def training(
    request: Request,
    services: ServicesDep,
    place: PlaceDep,
    run: Annotated[list[str] | None, Query(max_length=100, description="Runs to compare")] = None,
    smooth: Annotated[float, Query(ge=0, lt=1, description="How much curves are smoothed")] = 0.0,
    log: Annotated[bool, Query(description="A logarithmic axis")] = False,
    epoch: Annotated[int | None, Query(ge=0, description="Whose captions are shown")] = None,
) -> HTMLResponse:
    """Show the requested runs, by default the newest."""
    found = runs(place)
    shown = [each for each in found if each.name in (run or ())][:MAX_RUNS] or found[:1]
    translator = Translator(services.pages.language(request))
    folders = [place.runs / each.name for each in shown]
    learned, problem = learned_by(shown, place, services.library, epoch)
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
        learning=learned,
        problem=problem,
        **compare(shown, folders, translator, Drawing(smooth, log)),
    )


def learned_by(
    shown: Sequence[Run], place: Place, library: Library, epoch: int | None = None
) -> tuple[Learning | None, UserError | None]:
    """Return what some runs wrote while they learned, or why that is not shown; neither where there is none.

    Without a dataset nobody can tell which photos may still be shown.
    """
    folders = [place.runs / run.name for run in shown if (place.runs / run.name / NAME).exists()]
    if not folders:
        return None, None
    try:
        return learning(folders[:SIDE_BY_SIDE], library.catalogue(place, at_once=True), epoch), None
    except UserError as error:
        return None, error
