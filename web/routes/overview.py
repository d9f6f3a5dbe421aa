"""The first page: which pipelines there are, what is there of each stage, what is stale, what to run."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from store.errors import UserError
from store.place import Place
from web.content.runs import runs
from web.content.stages import pipelines, stages
from web.site import Site, TheSite

router = APIRouter(include_in_schema=False)


@router.get("/")
def overview(request: Request, site: TheSite) -> HTMLResponse:
    """Show every pipeline with its stages."""
    found = {name: stages(site.place(name)) for name in pipelines(site.data, site.pipeline)}
    teasers = list(_teasers(site, site.place(site.pipeline)))
    return site.pages.respond(request, "overview.html", here="overview", found=found, teasers=teasers)


def _teasers(site: Site, place: Place, most: int = 4) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Yield photos that a model has not seen, with people's best caption and the model's."""
    samples = next((run.samples for run in runs(place) if run.samples), [])
    try:
        catalogue = site.library.catalogue(place)
    except UserError:
        return
    fitting = (
        one
        for one in samples
        if one.get("human") and one.get("model") and one.get("sha256") in catalogue.place
    )
    for one in islice(sorted(fitting, key=lambda one: one.get("split") != "dev"), most):
        yield catalogue.photo(catalogue.place[one["sha256"]]), str(one["human"][0]), str(one["model"][0])
