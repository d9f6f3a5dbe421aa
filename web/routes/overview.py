"""The Overview page: the pipelines, the state of each stage, and the command to run next."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from store.errors import UserError
from store.place import Place
from web.content.runs import read_run
from web.content.stages import pipelines, stages
from web.services import Services, ServicesDep

router = APIRouter(include_in_schema=False)


@router.get("/")
def overview(request: Request, services: ServicesDep) -> HTMLResponse:
    """Show every pipeline with its stages."""
    found = {name: stages(services.place(name)) for name in pipelines(services.data, services.pipeline)}
    teasers = list(_teasers(services, services.place(services.pipeline)))
    return services.pages.respond(request, "overview.html", current="overview", found=found, teasers=teasers)


def _teasers(services: Services, place: Place, limit: int = 4) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Yield photos with people's best caption and the model's, those that the model has not seen first."""
    try:
        samples = read_run(services.speakers.run(place)).samples
        catalogue = services.library.catalogue(place, at_once=True)  # the page is whole without it
    except UserError:
        return
    # samples.json may belong to an older dataset: its photos are checked against the present one.
    complete = (
        sample
        for sample in samples
        if sample.get("human") and sample.get("model") and sample.get("sha256") in catalogue.index
    )
    for sample in islice(sorted(complete, key=lambda sample: sample.get("split") != "dev"), limit):
        yield (
            catalogue.photo(catalogue.index[sample["sha256"]]),
            str(sample["human"][0]),
            str(sample["model"][0]),
        )
