"""The first page: which pipelines there are, what is there of each stage, what is stale, what to run."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from web.site import TheSite
from web.stages import pipelines, stages

router = APIRouter(include_in_schema=False)


@router.get("/")
def overview(request: Request, site: TheSite) -> HTMLResponse:
    """Show every pipeline with its stages."""
    found = {name: stages(site.place(name)) for name in pipelines(site.data, site.pipeline)}
    return site.pages.respond(request, "overview.html", here="overview", found=found)
