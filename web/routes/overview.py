"""The Overview page: the pipelines, the state of each stage, and the command to run next."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from store.errors import UserError
from store.place import Place
from web.content.runs import read_run
from web.content.shown.samples import shown
from web.content.shown.writer import writer
from web.content.stages import pipelines, stages
from web.services import Services, ServicesDep

router = APIRouter(include_in_schema=False)


@router.get("/")
def overview(request: Request, services: ServicesDep) -> HTMLResponse:
    """Show every pipeline with its stages."""
    found = {
        place.name: stages(place, services.speakers.known(place))
        for place in map(services.place, pipelines(services.data, services.pipeline))
    }
    place = services.place(services.pipeline)
    teasers = list(_teasers(services, place))
    writes = writer(place, services.speakers.run(place)) if teasers else None
    return services.pages.respond(
        request, "overview.html", current="overview", found=found, teasers=teasers, writer=writes
    )


def _teasers(services: Services, place: Place, limit: int = 4) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Yield photos with people's best caption and the model's, those that the model has not seen first."""
    try:
        samples = read_run(services.speakers.run(place)).samples
        catalogue = services.library.catalogue(place, at_once=True)  # the page is whole without it
    except UserError:
        return
    complete = (sample for sample in shown(samples, catalogue) if sample.people and sample.model)
    for sample in islice(sorted(complete, key=lambda sample: sample.split != "dev"), limit):
        yield catalogue.photo(sample.number), sample.people[0], sample.model[0]
