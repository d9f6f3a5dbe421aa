"""What two runs say of the same photos, side by side."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from web.content.training.side_by_side import Order, Pairs, side_by_side
from web.services import CatalogueDep, PlaceDep, ServicesDep

router = APIRouter(prefix="/pipelines/{pipeline}", include_in_schema=False)


@router.get("/side-by-side")
def show_side_by_side(
    request: Request,
    services: ServicesDep,
    place: PlaceDep,
    catalogue: CatalogueDep,
    run: Annotated[list[str] | None, Query(max_length=100, description="The two runs")] = None,
    split: Annotated[Literal["dev", "train"], Query(description="Whose photos")] = "dev",
    order: Annotated[Order, Query(description="Which photos come first")] = "difference",
    page: Annotated[int, Query(ge=1, le=10**9, description="Which page of the photos")] = 1,
) -> HTMLResponse:
    """Show the likeliest captions of two runs for photos of a split; by default those of the first two."""
    runs = services.speakers.with_models(place)
    named = [services.speakers.run(place, name) for name in (run or ())][:2]
    others = [place.runs / each.name for each in runs if each.name not in {path.name for path in named}]
    chosen = [*named, *others][:2]
    pairs: Pairs | None = None
    if len(chosen) == 2:
        shuffled = catalogue.shuffled(split)[: services.library.options.map_photos]
        sha256s = [catalogue.sha256s[number] for number in shuffled]
        one, other = (services.captions.likeliest(place, each, split, sha256s) for each in chosen)
        pairs = side_by_side(catalogue, one, other, order, page)
    return services.pages.respond(
        request,
        "side_by_side.html",
        current="training",
        pipeline=place.name,
        runs=runs,
        chosen=[each.name for each in chosen],
        split=split,
        order=order,
        pairs=pairs,
        of_split=len(catalogue.shuffled(split)),
        command=place.command("train"),
    )
