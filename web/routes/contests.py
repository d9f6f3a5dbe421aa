"""The Contests page, and what the votes of one say."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse

from judging.contest import find
from judging.report import report
from web.content.judging.verdict import picture, said
from web.languages import Translator
from web.services import PlaceDep, ServicesDep

router = APIRouter(prefix="/pipelines/{pipeline}/contests", include_in_schema=False)


@router.get("")
def show_contests(request: Request, services: ServicesDep, place: PlaceDep) -> HTMLResponse:
    """Show the contests of a pipeline."""
    return services.pages.respond(
        request,
        "contests.html",
        current="contests",
        pipeline=place.name,
        contests=services.contests.all(place),
        command=place.command("contest", "new", "first"),
    )


@router.get("/{name}")
def show_report(
    request: Request, services: ServicesDep, place: PlaceDep, name: Annotated[str, Path(max_length=100)]
) -> HTMLResponse:
    """Show what the votes of a contest say."""
    found = report(find(place, name))
    translator = Translator(services.pages.language(request))
    return services.pages.respond(
        request,
        "contest.html",
        current="contests",
        pipeline=place.name,
        report=found,
        sentences=[said(each) for each in found.compared],
        picture=picture(found, translator),
    )
