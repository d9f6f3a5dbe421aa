"""The embedded site: how stages get at it, and what is known of what it shows."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from commands.pipeline import Pipeline
from crawler.options import EMBEDDED_VERSION, CrawlOptions, EmbeddedSite
from dataset.options import DatasetOptions

_TOLD = "caption_tells_of_photo"
"""The key of floor.json that tells the mutual information of a photo and a caption."""


@contextmanager
def served(options: CrawlOptions) -> Iterator[str | None]:
    """Serve the embedded site for as long as the block lasts, where the settings ask for it."""
    if options.site != "embedded":
        yield None
        return
    from demo.site import running

    with running(**options.embedded.model_dump()) as address:
        yield address


def with_evaluation(pipeline: Pipeline) -> DatasetOptions:
    """Return the settings of the dataset, in which the embedded site's evaluation photos are in dev."""
    options, site = pipeline.settings.dataset, pipeline.settings.crawl.embedded
    if not pipeline.is_drawn or not site.evaluation_photos:
        return options
    from demo.evaluation import evaluation_odai

    first, last = evaluation_odai(site.evaluation_photos)
    return options.model_copy(update={"dev_odai": (*options.dev_odai, f"{first}-{last}")})


def write_floor(pipeline: Pipeline, *, built: bool) -> None:
    """Write floor.json: the grammar's own nats per target token, and what a caption tells of its photo.

    Nothing is written where that is not known: captions were imported, or the crawl holds another drawing.

    Args:
        built: the dataset is new, so that it is said.
    """
    from demo.captions.information import mutual_information
    from store.register.listed import changing, list_files
    from store.register.stages import Stage
    from store.whole_file import read_object, write_json

    path, stage = pipeline.dataset / "floor.json", Stage("dataset", pipeline.dataset)
    if path.exists() and _TOLD in read_object(path):  # earlier versions told less
        return list_files(stage, [path])  # a kill may have come before that
    site = pipeline.settings.crawl.embedded
    try:
        found = _floor(pipeline, site)
    except ValueError as error:
        return print(f"dataset: the least reachable loss is not known: {error}") if built else None
    nats = mutual_information(site.dependence)
    with changing(stage, [path]):
        write_json(path, {**found, _TOLD: {"unit": "nats per caption", "nats": nats}})
    print(f"dataset: a caption tells {nats:.3f} nats of its photo (dependence {site.dependence:g})")


def _floor(pipeline: Pipeline, site: EmbeddedSite) -> dict[str, object]:
    """Return the least loss that any model can reach on each split, of all tokens and of known ones.

    Raises:
        ValueError: a caption is none of the site's, or the crawl holds another drawing; the message says so.
    """
    from crawler.memory.drawing import drawing, drawing_of
    from dataset.read import captions, vocabulary
    from demo.captions.floor import floors

    for crawl in pipeline.crawls:
        if drawing_of(crawl) != drawing(site):
            raise ValueError(f"{crawl} holds another drawing of the site than the settings")
    known = frozenset(vocabulary(pipeline.dataset).tokens)
    whole: dict[str, float | None] = {}
    of_known: dict[str, float | None] = {}
    for split in ("train", "dev"):
        table = captions(pipeline.dataset, split)
        rows = zip(*(table[name].to_pylist() for name in ("odai_id", "text", "tokens")), strict=True)
        whole[split], of_known[split] = floors(rows, known, site.seed, site.dependence)
    return {"unit": "nats per token", **whole, "known": of_known}


@dataclass(frozen=True)
class BestRanker:
    """The best that any ranker can do on pairs of captions of one photo.

    Args:
        pairs: the share of pairs whose stars differ clearly, 0 to 1.
        with_photo: the share of these in which the best ranker is right that sees the photo.
        captions_only: the same for the best that sees the captions alone.
    """

    pairs: float
    with_photo: float
    captions_only: float


@dataclass(frozen=True)
class Facts:
    """What is known exactly of an embedded site.

    Args:
        version: of what it draws and writes.
        dependence: the share of captions that are written for their photo, 0 to 1.
        captions_per_photo: how many captions each photo has.
        caption_tells_of_photo: the mutual information of a caption and its photo, in nats.
        best_ranker: None where no photo has two captions.
    """

    version: int
    dependence: float
    captions_per_photo: int
    caption_tells_of_photo: float
    best_ranker: BestRanker | None


def facts(dependence: float, captions_per_photo: int) -> Facts:
    """Return what is known exactly of an embedded site: what captions tell, and what rankers can reach."""
    from dataset.pairs import clearly_more
    from demo.captions.information import mutual_information
    from demo.taste.best import best

    reached = best(dependence, captions_per_photo, clearly_more)
    return Facts(
        EMBEDDED_VERSION,
        dependence,
        captions_per_photo,
        mutual_information(dependence),
        reached and BestRanker(**reached._asdict()),
    )


def show_facts(known: Facts) -> None:
    """Print the facts."""
    told, best = known.caption_tells_of_photo, known.best_ranker
    print(
        f"Version {known.version}, dependence {known.dependence:g}, "
        f"{known.captions_per_photo} captions a photo."
    )
    print(f"A caption tells {told:.3f} nats of its photo: no model gains more by seeing it.")
    if best is None:
        return print("No photo has two captions, so there is nothing to rank.")
    print(
        f"Of two captions of a photo, the stars differ clearly in {best.pairs:.1%} of all pairs. The best "
        f"ranker that sees the photo is right in {best.with_photo:.1%} of these, the best that sees the "
        f"captions alone in {best.captions_only:.1%}."
    )
