"""The Data pages: photos to page through and filter, one photo with all about it, statistics as charts."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from store.errors import UserError
from train.captions.mismatch import Neighbour
from web.content import rows, statistics
from web.content.catalogue import Catalogue, Filter
from web.content.runs import chosen
from web.languages import Speaker
from web.pictures import BROKEN, UnusablePhoto
from web.site import TheCatalogue, ThePhoto, ThePlace, TheSite

router = APIRouter(prefix="/pipelines/{pipeline}", include_in_schema=False)
PER_PAGE = 24


class Shown(BaseModel):
    """Which photos a page shows."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    split: Annotated[Literal["train", "dev"] | None, BeforeValidator(lambda value: value or None)] = None
    """Only photos of this split."""
    category: str = Field("", max_length=200)
    """Only photos of this category, or with a caption of it."""
    label: str = Field("", max_length=200)
    """Only photos with this label."""
    stars: Annotated[int, BeforeValidator(lambda value: value or 0)] = Field(0, ge=0, le=10**9)
    """Only photos with a caption of at least so many stars."""
    text: str = Field("", max_length=200)
    """Only photos with a caption that holds this text."""
    page: int = Field(1, ge=1, le=10**9)
    """Which page of the photos."""

    def filter(self) -> Filter:
        """Return what to look for."""
        return Filter(self.split, self.category, self.label, self.stars, self.text)


@router.get("/data")
def photos(
    request: Request,
    site: TheSite,
    place: ThePlace,
    catalogue: TheCatalogue,
    shown: Annotated[Shown, Query()],
) -> HTMLResponse:
    """Show a page of the photos that pass the filter, each with its best caption."""
    found = catalogue.find(shown.filter())
    last = max(1, -(-len(found) // PER_PAGE))
    page = min(shown.page, last)
    here = [int(number) for number in found[(page - 1) * PER_PAGE : page * PER_PAGE]]
    return site.pages.respond(
        request,
        "photos.html",
        here="data",
        pipeline=place.name,
        catalogue=catalogue,
        shown=shown.model_copy(update={"page": page}),
        query=shown.model_dump(exclude={"page"}, exclude_defaults=True),
        found=len(found),
        last=last,
        cards=[(catalogue.photo(number), catalogue.captions_of(number, 1)) for number in here],
    )


@router.get("/statistics")
def figures(request: Request, site: TheSite, place: ThePlace, catalogue: TheCatalogue) -> HTMLResponse:
    """Show the dataset's statistics as charts."""
    language = site.pages.language(request)
    charts = statistics.charts(catalogue, Speaker(language))
    return site.pages.respond(
        request,
        "statistics.html",
        here="data",
        pipeline=place.name,
        figures=statistics.figures(catalogue, place),
        charts=charts,
        categories=catalogue.categories.most_common(20),
        kinds=catalogue.kinds.most_common(20),
        labels=catalogue.labels.most_common(20),
        tokens=statistics.tokens(place, 20),
        links={
            name: lambda value, name=name: site.pages.links.page("data", place.name, **{name: value})
            for name in ("category", "label")
        },
    )


@router.get("/photos/{sha256}.jpg")
def jpeg(site: TheSite, place: ThePlace, photo: ThePhoto, size: Literal["240", "600"] = "600") -> Response:
    """Send a photo as a fresh JPEG; one that cannot be decoded as a drawing that says so."""
    headers = {"Cache-Control": "private, max-age=86400"}
    try:
        return Response(site.library.jpeg(place, photo, int(size)), media_type="image/jpeg", headers=headers)
    except UnusablePhoto as error:
        return Response(
            BROKEN,
            media_type="image/svg+xml",
            headers={"X-Broken-Photo": str(error).encode("ascii", "replace").decode()},
        )


@router.get("/photos/{sha256}")
def photo(
    request: Request, site: TheSite, place: ThePlace, catalogue: TheCatalogue, photo: ThePhoto
) -> HTMLResponse:
    """Show a photo with all its captions, what is known about it, its neighbours, and the rows behind it."""
    number = catalogue.place[photo]
    problem: UserError | None = None
    neighbours: list[Neighbour] = []
    try:
        neighbours = site.studio.neighbours(place, chosen(place), photo)
    except UserError as error:
        problem = error
    return site.pages.respond(
        request,
        "photo.html",
        here="data",
        pipeline=place.name,
        photo=catalogue.photo(number),
        captions=catalogue.captions_of(number),
        neighbours=[(near, best_caption(catalogue, near.sha256)) for near in neighbours],
        problem=problem,
        tables=rows.behind(place, catalogue, photo),
        broken=_broken(site, place, photo),
    )


def best_caption(catalogue: Catalogue, sha256: str) -> str:
    """Return a photo's caption with most stars, or nothing."""
    captions = catalogue.captions_of(catalogue.place[sha256], 1)
    return str(captions[0]["text"]) if captions else ""


def _broken(site: TheSite, place: ThePlace, photo: str) -> str | None:
    try:
        site.library.jpeg(place, photo, 600)
    except UnusablePhoto as error:
        return str(error)
    return None
