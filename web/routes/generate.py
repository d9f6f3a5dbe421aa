"""The Generate page: photos with people's best captions beside the model's."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import Field

from store.errors import MissingStage, UserError
from store.place import Place
from web.caption_service import ModelCaption, TooLong
from web.caption_settings import CaptionSettings
from web.content.catalogue import Catalogue
from web.content.preparing import NotReady
from web.content.shown.liked import liked
from web.content.shown.writer import Writer, writer
from web.door.queue import QueueFull
from web.errors import headers_of, status_of
from web.services import CatalogueDep, OtherSite, PlaceDep, Services, ServicesDep

router = APIRouter(prefix="/pipelines/{pipeline}", include_in_schema=False)
PER_PAGE = 6
HUMAN_CAPTIONS = 5
"""How many captions by people a photo shows."""
Likes = Mapping[int, Mapping[str, float]]
Written = tuple[list[list[ModelCaption]], Likes]
"""A model's captions of photos, and a ranker's scores of people's by photo and text."""


class GenerateSettings(CaptionSettings):
    """How captions are written, and for which photos."""

    split: Literal["train", "dev"] = "dev"
    """Photos of this split: the model learned from train, and never saw dev."""
    run: str | None = Field(None, max_length=200)
    """Whose model writes; by default the pinned run's, or that of the best on dev."""
    photo: str | None = Field(None, max_length=64)
    """Only this photo."""
    page: int = Field(1, ge=1, le=10**9)
    """Which page of the photos."""


@router.get("/generate")
async def generate(
    request: Request,
    services: ServicesDep,
    place: PlaceDep,
    catalogue: CatalogueDep,
    settings: Annotated[GenerateSettings, Query()],
) -> HTMLResponse:
    """Show some photos with captions by people and by the model."""
    numbers, pages = select_photos(catalogue, settings)
    work = partial(_written, services, place, catalogue, numbers, settings)
    (captions, likes), problem, status = await _write_captions(request, services, place, settings, work)
    groups = [(settings.split, cards(catalogue, numbers, captions, likes))]
    response = services.pages.respond(
        request,
        "generate.html",
        status,
        current="generate",
        pipeline=place.name,
        settings=settings,
        pages=pages,
        runs=services.speakers.with_models(place),
        groups=groups,
        hidden=hidden_on(groups),
        writer=_writer(services, place, settings.run),
        problem=problem,
        query=settings.model_dump(exclude={"page", "photo"}, exclude_defaults=True),
    )
    response.headers.update(headers_of(problem))
    return response


def select_photos(catalogue: Catalogue, settings: GenerateSettings) -> tuple[list[int], int]:
    """Return the numbers of a page's photos, and how many pages there are.

    The order is shuffled, since neighbours in a dataset are alike, and always the same, so that a
    page shows the same photos again.
    """
    asked = catalogue.index.get(settings.photo)
    if asked is not None:
        return [asked], 1
    shuffled = catalogue.shuffled(settings.split)
    pages = max(1, -(-len(shuffled) // PER_PAGE))
    start = (min(settings.page, pages) - 1) * PER_PAGE
    return [int(number) for number in shuffled[start : start + PER_PAGE]], pages


def _written(
    services: Services,
    place: Place,
    catalogue: Catalogue,
    numbers: list[int],
    settings: GenerateSettings,
    run: Path,
) -> Written:
    """Return a run's captions for photos, and how much its ranker, if any, likes people's."""
    captions = services.captions.for_photos(place, run, [catalogue.sha256s[n] for n in numbers], settings)
    return captions, liked(services.library, place, run, catalogue, numbers)


def cards(
    catalogue: Catalogue, numbers: list[int], captions: list[list[ModelCaption]], likes: Likes | None = None
) -> list[dict[str, Any]]:
    """Return the content of the cards: the photo, people's captions, the model's.

    Args:
        likes: a ranker's scores of people's captions, by photo and text; None where nothing is said of them.
    """
    return [
        {
            "photo": catalogue.photo(number),
            "people": [
                {**caption, "rank_score": (likes or {}).get(number, {}).get(caption["text"])}
                for caption in catalogue.captions_of(number, HUMAN_CAPTIONS)
            ],
            "model": captions[index] if captions else None,
        }
        for index, number in enumerate(numbers)
    ]


def hidden_on(groups: Sequence[tuple[str, list[dict[str, Any]]]]) -> int:
    """Return how many captions of these cards the settings hide: those of people, and those of the model."""
    shown = [card for _, found in groups for card in found]
    of_people = sum(int(card["photo"]["hidden"]) for card in shown)
    return of_people + sum(int(caption.is_hidden) for card in shown for caption in card["model"] or ())


def _writer(services: Services, place: Place, name: str | None) -> Writer | None:
    with suppress(UserError):  # why there is none stands in place of the captions
        return writer(place, services.speakers.run(place, name))
    return None


async def _write_captions(
    request: Request,
    services: Services,
    place: Place,
    settings: GenerateSettings,
    work: Callable[[Path], Written],
) -> tuple[Written, UserError | None, int]:
    """Return what `work` makes of the run, or the reason why there is nothing, and the HTTP status.

    Without a model the page still shows people's captions, so most reasons keep status 200. Where another
    site led here, it shows the form, and nothing is worked out (403).

    Raises:
        QueueFull: the visitor has too many requests there already; their pages show people's captions.
    """
    try:
        run = services.speakers.run(place, settings.run)
        return await services.queued(request, partial(work, run)), None, 200
    except (QueueFull, NotReady, TooLong, OtherSite) as error:
        if isinstance(error, QueueFull) and error.own:
            raise
        return ([], {}), error, status_of(error)
    # A run that was named in the address and is gone is an error; no model yet is a state of the pipeline.
    except MissingStage as error:
        return ([], {}), error, 404 if settings.run else 200
    except UserError as error:
        return ([], {}), error, 200
