"""What `bokeru verify` checks in a crawl: outcomes and addresses of every row, and each photo's bytes."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from crawler.archive.answers import Unreadable, read_answers
from store.manifest import NAME as MANIFEST
from store.progress import Progress
from store.register.crawl_end import incomplete
from store.register.photos import PhotoRow, check_photos
from store.register.stages import Stage
from store.register.verify import (
    Problem,
    Problems,
    check_files,
    check_manifest,
    check_table,
    rows_of,
)
from store.schema import OUTCOMES, decoder_of
from store.warc.read import DamagedArchive


def check(stage: Stage) -> Problems:
    """Yield what is wrong with a crawl; every photo is hashed and decoded."""
    yield from check_files(stage, closer=(MANIFEST,))
    yield from check_manifest(stage)
    if left := incomplete(stage.directory):
        yield Problem(str(left), damaged=False, is_notice=True)
    for path in sorted(stage.directory.glob("archive/[!.]*.warc.gz")):
        yield from _check_answers(path)
    yield from check_table(stage.table("pages"), _check_rows)
    for name in ("left_out", "canaries"):
        yield from check_table(stage.table(name), _check_urls)
    for name in ("history", "sides"):
        yield from check_table(stage.table(name), lambda path, rows: iter(()))
    with Progress(f"verify {stage.directory}", rows_of([stage.table("images")]), "photos") as progress:

        def check_images(path: Path, rows: pa.Table) -> Iterator[Problem | PhotoRow]:
            yield from _check_rows(path, rows)
            for row in rows.filter(pc.equal(rows["outcome"], "ok")).to_pylist():
                yield PhotoRow(path, row, row["bytes"], decoder_of(rows.schema))
            progress.advance(rows.num_rows)

        yield from check_photos(check_table(stage.table("images"), check_images), progress.total or 0)


def check_inputs(stage: Stage, *, everything: bool = False) -> Problems:
    """Yield nothing: a crawl is made from a site, which is not asked."""
    yield from ()


def _check_answers(path: Path) -> Problems:
    with suppress(DamagedArchive):  # that it cannot be read to its end was said already
        for answer in read_answers(path):
            if isinstance(answer, Unreadable):
                yield Problem(f"{path}: the record of {answer.uri} cannot be read: {answer.reason}")


def _check_rows(path: Path, rows: pa.Table) -> Problems:
    for outcome in set(rows["outcome"].to_pylist()) - set(OUTCOMES):
        yield Problem(f"{path}: outcome {outcome!r} is unknown: known are {', '.join(OUTCOMES)}")
    yield from _check_urls(path, rows)


def _check_urls(path: Path, rows: pa.Table) -> Problems:
    if rows["url"].null_count:
        yield Problem(f"{path}: {rows['url'].null_count} rows have no url")
