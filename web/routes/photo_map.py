"""The Map page: photos where their vectors put them, coloured by what a model says of them."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from store.place import Place
from web.content.map.layout import Layout, open_layout
from web.content.map.shown import shown
from web.content.map.table import table
from web.content.map.thumbnails import sheet
from web.content.shown.writer import writer
from web.services import CatalogueDep, PlaceDep, Services, ServicesDep

router = APIRouter(prefix="/pipelines/{pipeline}", include_in_schema=False)
RunName = Annotated[
    str | None, Query(max_length=200, description="Whose vectors and captions; by default the speaking run's")
]


@router.get("/map")
def show_map(
    request: Request,
    services: ServicesDep,
    place: PlaceDep,
    catalogue: CatalogueDep,
    run: RunName = None,
    by: Annotated[str, Query(max_length=110, description="What photos are coloured by")] = "caption",
) -> HTMLResponse:
    """Show the map by the vectors that a run's model reads, with its likeliest caption of each photo."""
    speaker = services.speakers.run(place, run or None)
    layout = _layout(services, place, speaker)
    captions = services.captions.likeliest(place, speaker, "map", layout.sha256s)
    found = shown(layout, catalogue, captions, by)
    return services.pages.respond(
        request,
        "map.html",
        current="data",
        pipeline=place.name,
        map=found,
        layout=layout,
        run=speaker.name,
        runs=services.speakers.with_models(place),
        writer=writer(place, speaker),
        listed=[
            (group, [catalogue.photo(catalogue.index[layout.sha256s[at]]) for at in group.first])
            for group in found.colouring.groups
        ],
    )


@router.get("/map/atlas.parquet")
def send_table(
    services: ServicesDep, place: PlaceDep, catalogue: CatalogueDep, run: RunName = None
) -> Response:
    """Send a run's map as a table: embedding-atlas opens it with `--x x --y y --text caption`."""
    speaker = services.speakers.run(place, run or None)
    layout = _layout(services, place, speaker)
    captions = services.captions.likeliest(place, speaker, "map", layout.sha256s)
    headers = {"Content-Disposition": 'attachment; filename="atlas.parquet"', "Cache-Control": "no-cache"}
    content = table(layout, catalogue, captions)
    return Response(content, media_type="application/vnd.apache.parquet", headers=headers)


@router.get("/map/photos.jpg")
def show_sheet(services: ServicesDep, place: PlaceDep, run: RunName = None) -> Response:
    """Send the thumbnails of a run's map on one sheet."""
    layout = _layout(services, place, services.speakers.run(place, run or None))
    # The page names the map's version in the address, so a sheet never changes under its own.
    headers = {"Cache-Control": "private, max-age=86400"}
    return Response(sheet(layout.thumbnails), media_type="image/jpeg", headers=headers)


def _layout(services: Services, place: Place, run: Path) -> Layout:
    return open_layout(services.library, place, services.library.captioner(run).features_key)
