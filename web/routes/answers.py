"""The JSON API where commands answer the same: the documents that `--json` prints, by the same types."""

from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic_core import PydanticSerializationError

from dataset.builds.compare import diff
from dataset.builds.diff import Changes
from dataset.describe.inspection import Inspection
from dataset.describe.why import Answer, why
from dataset.held.answer import Contains
from featurize.words.find import COUNT
from featurize.words.found import Found
from store.answers.answer import text
from store.errors import DamagedFile, MissingStage
from store.register.crawl_runs import answer_type, crawl_runs
from store.whole_file import read_object
from train.lineage.listing import Listed, listing
from train.lineage.status import Status, status
from train.runs.compare import Comparison, compare
from train.runs.evaluations import Evaluations, evaluations
from train.runs.find import EVALUATION, evaluated
from web.content.browse.finding import MOST
from web.content.runs import find_run
from web.content.shown.hidden import Hidden
from web.content.shown.inspected import inspected
from web.held import LONGEST
from web.routes.api import PHOTO, REFUSALS
from web.routes.find import AskedOne, look
from web.services import CatalogueDep, PlaceDep, ServicesDep

# The docstrings below are the API's documentation, so they describe results and not functions.
router = APIRouter(prefix="/api", responses=REFUSALS)


CRAWL_RUNS = answer_type()


def answered(found: object, kind: Any) -> Response:
    """Return a command's answer as it prints it."""
    return Response(text(found, kind), media_type="application/json")


@router.get("/pipelines/{pipeline}/status", tags=["stages"], response_model=Status)
async def get_status(request: Request, services: ServicesDep, place: PlaceDep) -> Response:
    """Whether each stage is what the settings want, and the run that speaks: `bokeru status`."""
    wanted = services.speakers.wanted(place)
    return answered(await services.searched(request, partial(status, wanted)), Status)


@router.get("/pipelines/{pipeline}/listing", tags=["training"], response_model=tuple[Listed, ...])
async def list_named_runs(request: Request, services: ServicesDep, place: PlaceDep) -> Response:
    """The runs with their names and notes, the best on dev first: `bokeru runs list`."""
    wanted = services.speakers.wanted(place)
    return answered(await services.searched(request, partial(listing, wanted)), tuple[Listed, ...])


@router.get("/pipelines/{pipeline}/comparison", tags=["training"], response_model=Comparison | None)
async def compare_runs(
    request: Request,
    services: ServicesDep,
    place: PlaceDep,
    run: Annotated[
        list[str], Query(max_length=20, description="Runs, the first to compare with; else all evaluated")
    ] = [],  # noqa: B006 - FastAPI copies it
    split: Annotated[Literal["dev", "train"], Query(description="Whose photos the figures are of")] = "dev",
) -> Response:
    """The figures of a run, and by how much those of others differ: `bokeru compare`. Null for one run."""
    runs = [find_run(place, name) for name in run] or evaluated(place.runs)
    found = await services.searched(request, lambda: compare(runs, split)) if len(runs) > 1 else None
    return answered(found, Comparison | None)


@router.get("/pipelines/{pipeline}/runs/{run}/evaluation", tags=["training"], response_model=Evaluations)
def get_evaluation(place: PlaceDep, run: Annotated[str, Path(description="A run's name")]) -> Response:
    """The figures of one run: `bokeru evaluate`."""
    folder = find_run(place, run)
    path = folder / EVALUATION[-1]
    try:
        return answered(evaluations([folder], [read_object(path)], of_seeds=False), Evaluations)
    except FileNotFoundError:
        raise MissingStage(path, place.command("evaluate")) from None
    except (TypeError, PydanticSerializationError):
        raise DamagedFile(path, "it does not hold the figures of both splits") from None


@router.get("/pipelines/{pipeline}/diff", tags=["data"], response_model=Changes | None)
async def compare_builds(request: Request, services: ServicesDep, place: PlaceDep) -> Response:
    """What differs between the last two builds of the dataset: `bokeru diff`. Null where one is kept."""
    return answered(await services.searched(request, partial(diff, place.dataset)), Changes | None)


@router.get("/pipelines/{pipeline}/history", tags=["stages"], response_model=CRAWL_RUNS)
async def get_history(request: Request, services: ServicesDep, place: PlaceDep) -> Response:
    """What each run of the crawl fetched and measured, the newest last: `bokeru history`."""
    if not place.crawl.exists():
        raise MissingStage(place.crawl, place.command("crawl"))
    return answered(await services.searched(request, partial(crawl_runs, place.crawl)), CRAWL_RUNS)


@router.get("/pipelines/{pipeline}/inspection/{stage}", tags=["stages"], response_model=Inspection)
async def inspect_stage(
    request: Request,
    services: ServicesDep,
    place: PlaceDep,
    stage: Annotated[Literal["crawl", "dataset", "features"], Path(description="A stage of the pipeline")],
) -> Response:
    """Tables, columns, files of a stage: `bokeru inspect`. Without examples where captions are hidden."""
    # A client names a stage, and never a path.
    folders = {"crawl": place.crawl, "dataset": place.dataset}
    directory = folders.get(stage) or services.speakers.wanted(place).cache
    if directory is None or not directory.exists():
        raise MissingStage(directory or place.features, place.command(stage))
    work = partial(inspected, directory, services.library.options.hide)
    return answered(await services.searched(request, work), Inspection)


@router.get("/pipelines/{pipeline}/runs/{run}/inspection", tags=["training"], response_model=Inspection)
async def inspect_run(
    request: Request,
    services: ServicesDep,
    place: PlaceDep,
    run: Annotated[str, Path(description="A run's name")],
) -> Response:
    """Files of a run: `bokeru inspect`."""
    work = partial(inspected, find_run(place, run), services.library.options.hide)
    return answered(await services.searched(request, work), Inspection)


@router.get("/pipelines/{pipeline}/why", tags=["data"], response_model=list[Answer])
async def explain(
    request: Request,
    services: ServicesDep,
    place: PlaceDep,
    query: Annotated[
        str, Query(min_length=1, max_length=200, description="A boke's number, a part of its text, a SHA-256")
    ],
    most: Annotated[int, Query(ge=1, le=1000, description="So many answers at most")] = 100,
) -> Response:
    """Why captions are in the dataset, or which filter left them out: `bokeru why`."""
    hides = Hidden(services.library.options.hide).hides
    found = await services.searched(request, partial(why, query, place.dataset, hides))
    return answered(found[:most], list[Answer])


@router.get("/pipelines/{pipeline}/contains", tags=["data"], response_model=Contains)
async def look_for(
    request: Request,
    services: ServicesDep,
    place: PlaceDep,
    asked: Annotated[
        str, Query(min_length=1, max_length=LONGEST, description="A boke's number, or an address")
    ],
) -> Response:
    """What is held of a boke, an odai or a photo, by number or address: `bokeru contains`."""
    found = await services.queued(request, partial(services.held(place).look, asked))
    return answered(found, Contains)


@router.post("/pipelines/{pipeline}/contains", tags=["data"], response_model=Contains, openapi_extra=PHOTO)
async def look_for_photo(
    request: Request,
    services: ServicesDep,
    place: PlaceDep,
    name: Annotated[str, Query(max_length=200, description="What the answer calls the photo")] = "photo",
) -> Response:
    """What is held of a photo: the same file, or photos that show the same: `bokeru contains`."""
    with services.uploads.upload() as upload:
        photo = await services.uploads.body(request, upload)
        found = await services.queued(request, partial(services.held(place).look, name, photo))
    return answered(found, Contains)


@router.get("/pipelines/{pipeline}/find", tags=["data"], response_model=Found)
async def find_photos(
    request: Request,
    services: ServicesDep,
    place: PlaceDep,
    catalogue: CatalogueDep,
    asked: Annotated[AskedOne, Query()],
) -> Response:
    """Photos by words, or like one of the dataset: `bokeru find`."""
    seen = await look(request, services, place, asked)
    return answered(seen.found(catalogue), Found)


@router.post("/pipelines/{pipeline}/find", tags=["data"], response_model=Found, openapi_extra=PHOTO)
async def find_photos_like_upload(
    request: Request,
    services: ServicesDep,
    place: PlaceDep,
    catalogue: CatalogueDep,
    count: Annotated[int, Query(ge=1, le=MOST, description="So many photos at most")] = COUNT,
) -> Response:
    """Photos that are like one of your own, which is kept nowhere: `bokeru find --photo`."""
    with services.uploads.upload() as upload:
        photo = await services.uploads.body(request, upload)
        work = partial(services.finding.like_upload, place, photo, count)
        seen = await services.queued(request, work)
    return answered(seen.found(catalogue), Found)
