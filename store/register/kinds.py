"""Every kind of file that Bokeru writes below the data folder: where it lies, and what may be done with it.

A stage that comes to write a new kind of file declares it here: `verify`, `forget`, the mirror, `inspect` and
the web app's overview then know of it. A test runs every command and fails on a file that is not declared.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa

from store import schema
from store.manifest import NAME as MANIFEST
from store.place import INDEX, MAP, Place
from store.whole_file import TEMPORARY

StageName = Literal["crawl", "dataset", "features", "run", "pipeline", "weights"]
Format = Literal[
    "parquet",
    "arrow",
    "warc",
    "json",
    "jsonl",
    "yaml",
    "text",
    "picture",
    "safetensors",
    "caffemodel",
    "sentencepiece",
    "lock",
    "temporary",
    "derived",
]
_ANY = Place(Path(), "<pipeline>")
PLACES: dict[StageName, str] = {
    "pipeline": str(_ANY.directory),
    "crawl": str(_ANY.crawl),
    "dataset": str(_ANY.dataset),
    "run": str(_ANY.runs / "<run>"),
    "features": str(_ANY.features / "<key>"),
    "weights": str(_ANY.weights),
}
"""The directory of each stage, below the data folder."""
DATASET_SHARDS = "data"
"""The folder of a dataset's shards, as on the Hub; it holds nothing else, so that readers take it whole."""
DATASET_CAPTIONS = "captions"
"""The folder of the same captions without photos."""

LISTING: tuple[StageName, ...] = ("crawl", "dataset", "features", "run")
"""The stages that have a manifest."""


@dataclass(frozen=True)
class FileKind:
    """A kind of file.

    Args:
        stage: which stage it belongs to.
        path: from the data folder; <…> is the name of a pipeline, run or cache, * any part of a name that
            does not start with a dot, ** any folders.
        format: how its content is read; `temporary` files mean nothing once their writer has ended,
            `derived` ones nothing without those that they are made from: they are made again when stale,
            unless somebody has changed one that is for people to read.
        columns: for a table, the columns that each file has at least.
        table: for a table, its name.
        content: whether it may hold photos, captions, or what tells one of them: sha256, address, vector.
        mirrored: whether `crawl.mirror` keeps a copy of it.
        older: the path that it had in the stage's directory in 0.1: such files are still read.
    """

    stage: StageName
    path: str
    format: Format
    columns: pa.Schema | None = None
    table: str = ""
    content: bool = False
    mirrored: bool = False
    older: str = ""

    @property
    def name(self) -> str:
        """The path from the stage's directory, as `Path.glob` takes it; a file elsewhere has none."""
        return self.path.removeprefix(PLACES[self.stage] + "/")

    @property
    def in_manifest(self) -> bool:
        """Whether the stage's manifest lists it with its sha256: every file that lasts, but for itself."""
        return self.stage in LISTING and self.lasts and self.name != MANIFEST

    @property
    def may_grow(self) -> bool:
        """Whether lines may be added after the manifest was written, which lists its first bytes."""
        return self.format == "jsonl"

    @property
    def lasts(self) -> bool:
        """Whether the file means something by itself after its writer has ended."""
        return self.format not in ("lock", "temporary", "derived")


_CRAWL, _DATASET, _RUN, _FEATURES = (PLACES[stage] for stage in ("crawl", "dataset", "run", "features"))

KINDS = (
    FileKind(
        "crawl", f"{_CRAWL}/pages/*.parquet", "parquet", schema.PAGES, "pages", content=True, mirrored=True
    ),
    FileKind(
        "crawl", f"{_CRAWL}/images/*.parquet", "parquet", schema.IMAGES, "images", content=True, mirrored=True
    ),
    FileKind(
        "crawl",
        f"{_CRAWL}/left_out/*.parquet",
        "parquet",
        schema.LEFT_OUT,
        "left_out",
        content=True,
        mirrored=True,
    ),
    FileKind(
        "crawl",
        f"{_CRAWL}/canaries.parquet",
        "parquet",
        schema.CANARIES,
        "canaries",
        content=True,
        mirrored=True,
    ),
    FileKind("crawl", f"{_CRAWL}/archive/*.warc.gz", "warc", content=True, mirrored=True),
    FileKind(
        "crawl",
        f"{_CRAWL}/history.parquet",
        "parquet",
        schema.HISTORY,
        "history",
        content=True,
        mirrored=True,
    ),
    FileKind(
        "crawl", f"{_CRAWL}/sides.parquet", "parquet", schema.SIDES, "sides", content=True, mirrored=True
    ),
    FileKind("crawl", f"{_CRAWL}/sources.json", "json", mirrored=True),
    FileKind("crawl", f"{_CRAWL}/drawing.json", "json", mirrored=True),
    FileKind("crawl", f"{_CRAWL}/report.json", "json", content=True),
    FileKind("crawl", f"{_CRAWL}/metrics.prom", "text"),
    FileKind("crawl", f"{_CRAWL}/{MANIFEST}", "json"),
    FileKind("crawl", f"{_CRAWL}/.lock", "lock"),
    FileKind("crawl", f"{_CRAWL}/.spill/*", "temporary", content=True),
    *(
        FileKind(
            "dataset",
            f"{_DATASET}/{DATASET_SHARDS}/{split}-*.parquet",
            "parquet",
            schema.PHOTOS,
            split,
            content=True,
            older=f"{split}-*.parquet",
        )
        for split in ("train", "dev")
    ),
    FileKind(
        "dataset",
        f"{_DATASET}/{DATASET_CAPTIONS}/*.parquet",
        "parquet",
        schema.CAPTIONS,
        "captions",
        content=True,
    ),
    FileKind(
        "dataset",
        f"{_DATASET}/left_out/*.parquet",
        "parquet",
        schema.LEFT_OUT_CAPTIONS,
        "left_out",
        content=True,
    ),
    FileKind("dataset", f"{_DATASET}/{MANIFEST}", "json"),
    FileKind("dataset", f"{_DATASET}/vocabulary.json", "json"),
    FileKind("dataset", f"{_DATASET}/tokenizer.model", "sentencepiece"),
    FileKind("dataset", f"{_DATASET}/statistics.json", "json"),
    FileKind("dataset", f"{_DATASET}/statistics.svg", "text"),
    FileKind("dataset", f"{_DATASET}/croissant.json", "json"),
    FileKind("dataset", f"{_DATASET}/README.md", "text"),
    FileKind("dataset", f"{_DATASET}/floor.json", "json"),
    FileKind("dataset", "<pipeline>/.dataset.lock", "lock"),
    FileKind("dataset", "<pipeline>/.dataset.new-*/**/*", "temporary", content=True),
    FileKind("dataset", "<pipeline>/.dataset.old/**/*", "temporary", content=True),
    FileKind("features", f"{_FEATURES}/*.parquet", "parquet", schema.FEATURE_KEYS, "features", content=True),
    FileKind("features", f"{_FEATURES}/settings.json", "json"),
    FileKind("features", f"{_FEATURES}/{MANIFEST}", "json"),
    FileKind("features", f"{_FEATURES}/.mapped-*.npy", "derived", content=True),
    FileKind("features", "features/.<key>.lock", "lock"),
    FileKind("run", f"{_RUN}/{MANIFEST}", "json"),
    FileKind("run", f"{_RUN}/settings.yaml", "yaml"),
    FileKind("run", f"{_RUN}/bounds.json", "json"),
    FileKind("run", f"{_RUN}/log.jsonl", "jsonl"),
    FileKind("run", f"{_RUN}/speed.jsonl", "jsonl"),
    FileKind("run", f"{_RUN}/progress.jsonl", "jsonl", content=True),
    FileKind("run", f"{_RUN}/tensorboard/*", "derived"),
    FileKind("run", f"{_RUN}/tensorboard/captions/*", "derived", content=True),
    FileKind("run", f"{_RUN}/average_loss.json", "json"),
    FileKind("run", f"{_RUN}/article_loss.json", "json"),
    FileKind("run", f"{_RUN}/units.json", "json"),
    FileKind("run", f"{_RUN}/curves.png", "picture"),
    FileKind("run", f"{_RUN}/evaluation.json", "json"),
    FileKind("run", f"{_RUN}/evaluation.parquet", "parquet", schema.EVALUATED, "evaluation", content=True),
    FileKind("run", f"{_RUN}/samples.json", "json", content=True),
    FileKind("run", f"{_RUN}/model/model.safetensors", "safetensors"),
    FileKind("run", f"{_RUN}/model/config.json", "json"),
    FileKind("run", f"{_RUN}/model/vocabulary.json", "json"),
    FileKind("run", f"{_RUN}/model/learned_from.json", "json"),
    FileKind("run", f"{_RUN}/model/README.md", "derived"),
    FileKind("run", f"{_RUN}/ranker/ranker.safetensors", "safetensors"),
    FileKind("run", f"{_RUN}/ranker/config.json", "json"),
    FileKind("run", f"{_RUN}/ranker/vocabulary.json", "json"),
    FileKind("run", f"{_RUN}/ranker/evaluation.json", "json"),
    FileKind("run", f"{_RUN}/snapshots/*.safetensors", "safetensors"),
    FileKind("run", f"{_RUN}/snapshots/.lock", "lock"),
    FileKind("pipeline", "<pipeline>/builds/*.parquet", "parquet", schema.BUILDS, "builds", content=True),
    FileKind("pipeline", "<pipeline>/scores/*/*.parquet", "parquet", schema.SCORES, "scores", content=True),
    FileKind("pipeline", "<pipeline>/scores/*/settings.json", "json"),
    FileKind("pipeline", "<pipeline>/scores/.<name>.lock", "lock"),
    FileKind("pipeline", "<pipeline>/contests/*/contest.json", "json"),
    FileKind(
        "pipeline", "<pipeline>/contests/*/pairs.parquet", "parquet", schema.PAIRS, "pairs", content=True
    ),
    FileKind("pipeline", "<pipeline>/contests/*/votes/*.parquet", "parquet", schema.VOTES, "votes"),
    FileKind("pipeline", "<pipeline>/contests/*/votes/list.json", "json"),
    FileKind("pipeline", "<pipeline>/contests/*/votes/.lock", "lock"),
    FileKind(
        "pipeline",
        "<pipeline>/contests/*/published/votes.parquet",
        "parquet",
        schema.PUBLISHED,
        "published",
        content=True,
    ),
    FileKind("pipeline", "<pipeline>/contests/*/published/README.md", "text"),
    FileKind("pipeline", "<pipeline>/photos/*.parquet", "parquet", schema.LOOKS, "photos", content=True),
    FileKind("pipeline", f"<pipeline>/{INDEX}/*.arrow", "arrow", content=True),
    FileKind("pipeline", f"<pipeline>/{MAP}/*.arrow", "arrow", content=True),
    FileKind("run", "<pipeline>/runs/.<run>.new-*/**/*", "temporary", content=True),
    FileKind("run", "<pipeline>/runs/.<run>.new-*/snapshots/.lock", "lock"),
    FileKind("features", "features/.<key>.new-*/**/*", "temporary", content=True),
    FileKind("pipeline", "<pipeline>/runs.json", "json"),
    FileKind("pipeline", "<pipeline>/.runs.lock", "lock"),
    FileKind("pipeline", "<pipeline>/forgotten.json", "json", mirrored=True),
    FileKind("pipeline", "<pipeline>/forgetting.json", "json", content=True),
    FileKind("pipeline", "<pipeline>/receipts/*.json", "json"),
    FileKind("pipeline", "<pipeline>/exports.json", "json"),
    FileKind("weights", "weights/*.caffemodel", "caffemodel"),
    FileKind("weights", "weights/*.sha256", "text"),
    FileKind("weights", "weights/digests.json", "json"),
    FileKind("weights", "weights/trials.json", "json"),
    FileKind("weights", "weights/*.part", "temporary"),
    FileKind("weights", "weights/.lock", "lock"),
    FileKind("pipeline", f"**/{TEMPORARY}*", "temporary", content=True),
)
"""Every kind. Exports and the pages of `bokeru web --export` lie where their user says; exports.json lists
them. A word in vocabulary.json may be a whole caption, but does not tell of which photo: not content. A piece
in tokenizer.model occurs in several captions.
"""


def kinds(stage: StageName) -> tuple[FileKind, ...]:
    """Return the kinds of files in a stage's directory that last, in the order of their declaration."""
    return tuple(kind for kind in KINDS if kind.stage == stage and kind.lasts)
