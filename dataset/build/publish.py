"""Writes a dataset's directory: shards, vocabulary, statistics, card, Croissant, and last the manifest."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from dataset.build.candidates import explain_empty
from dataset.build.photos_table import ImageSource, by_split, write_photos
from dataset.build.shards.captions import CaptionsTable
from dataset.builds import left_out
from dataset.builds.record import Rows
from dataset.describe.card import card
from dataset.describe.charts import charts
from dataset.describe.croissant import croissant
from dataset.describe.statistics import DatasetCounts, asked_share, statistics
from dataset.text.vocabulary import Vocabulary
from store.errors import UserError
from store.manifest import Entry, write_manifest
from store.place import Place
from store.register.listed import entries
from store.register.stages import Stage
from store.schema import DECODER
from store.whole_file import write_json, write_whole


@dataclass(frozen=True)
class Origin:
    """What a dataset was made from, as its manifest tells.

    Args:
        name: the pipeline's name.
        fingerprint: of all that the build depends on.
        settings: DatasetOptions as plain values.
        crawls: the directories of the crawls.
        sources: of imported data, as in sources.json.
        tokens: the version of the tokenizer.
        counts: how many texts were tokenised, and how many reused.
        decoder: the version of the decoder that described the photos.
        inputs: the version of the build and the crawls' shards, so that `bokeru verify` can run the steps
            again; empty where the rows do not come from these.
    """

    name: str
    fingerprint: str
    settings: dict[str, Any]
    crawls: list[str]
    sources: list[dict[str, str]]
    tokens: str
    counts: dict[str, int]
    decoder: int = DECODER
    inputs: dict[str, Any] = field(default_factory=dict)


def publish(
    connection: duckdb.DuckDBPyConnection,
    blocks: Iterable[pa.Table],
    shards: Sequence[Path],
    image: ImageSource,
    directory: Path,
    origin: Origin,
    finish: Callable[[], object],
    rows: Rows | None = None,
) -> None:
    """Write the dataset of `blocks` into `directory`; the manifest last, as it makes the dataset complete.

    Args:
        connection: holds `photo_row`, the photos that may be in the blocks, and `left_out_by`.
        blocks: photos with their captions, as `write_photos` takes them.
        finish: writes what else belongs to the dataset; it is called before the manifest lists all files.
        rows: gets the captions, for the record of the build.

    Raises:
        UserError: nothing is left to write.
    """
    [(total,)] = connection.execute("SELECT count(*) FROM photo_row").fetchall()
    counts = DatasetCounts(connection)
    with CaptionsTable(directory, rows) as captions:
        for written, empty in write_photos(blocks, shards, image, directory, total, origin.decoder):
            counts.add(written)
            if empty.num_rows:
                counts.add_without_bytes(empty)
                left_out.add_without_bytes(connection, empty)
            captions.add(by_split(written))
    if not counts.photos:
        place = replace(Place.of(Path(origin.crawls[0])), name=origin.name)
        raise UserError(explain_empty(connection, place))
    finish()
    complete(connection, counts, directory, origin)


def complete(
    connection: duckdb.DuckDBPyConnection,
    counts: DatasetCounts,
    directory: Path,
    origin: Origin,
    known: Mapping[str, Entry] | None = None,
) -> None:
    """Write what tells of a dataset's tables, which are there: vocabulary, figures, card, last the manifest.

    Args:
        connection: holds `left_out_by`.
        counts: of all rows.
        known: the entries of files that need not be read for the manifest, by name.
    """
    vocabulary = Vocabulary.from_counts(
        counts.tokens["train"], origin.settings["min_count"], origin.settings["max_size"]
    )
    vocabulary.save(directory / "vocabulary.json")
    figures = statistics(connection, counts, vocabulary, asked_share(origin.settings))
    stage = Stage("dataset", directory)
    files = {entry.name: entry for entry in entries(stage, known)}
    tables = [path for name in ("dev", "train", "captions") for path in stage.table(name).paths]
    listed = [files[path.relative_to(directory).as_posix()] for path in tables]
    write_json(directory / "statistics.json", figures)
    write_whole(directory / "statistics.svg", charts(figures))
    described = croissant(origin.name, listed, origin.sources, figures, origin.settings)
    write_json(directory / "croissant.json", described)
    write_whole(directory / "README.md", card(origin.name, figures, origin.settings, origin.sources))
    _write_manifest(directory, origin, entries(stage, files))


def _write_manifest(directory: Path, origin: Origin, files: Iterable[Entry]) -> None:
    write_manifest(
        directory,
        "dataset",
        origin.fingerprint,
        files,
        pipeline=origin.name,
        settings=origin.settings,
        tokenizer=origin.settings["tokenizer"],
        tokens=origin.tokens,
        texts=origin.counts,
        crawls=origin.crawls,
        inputs=origin.inputs,
        sources=origin.sources,
    )
