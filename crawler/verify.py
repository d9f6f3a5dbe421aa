"""What `bokeru verify` checks in a crawl: outcomes and addresses of every row, and each photo's bytes."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from store.progress import Progress
from store.register.stages import Stage
from store.register.verify import Problem, Problems, check_files, check_photo, check_table
from store.schema import OUTCOMES, decoder_of


def check(stage: Stage) -> Problems:
    """Yield what is wrong with a crawl; every photo is hashed and decoded."""
    yield from check_files(stage)
    yield from check_table(stage.table("pages"), _check_rows)
    for name in ("left_out", "canaries"):
        yield from check_table(stage.table(name), _check_urls)
    with Progress(f"verify {stage.directory}", None, "photos") as progress:

        def check_photos(path: Path, rows: pa.Table) -> Problems:
            yield from _check_rows(path, rows)
            for row in rows.filter(pc.equal(rows["outcome"], "ok")).to_pylist():
                yield from check_photo(path, row, row["bytes"], decoder_of(rows.schema))
            progress.advance(rows.num_rows)

        yield from check_table(stage.table("images"), check_photos)


def check_inputs(stage: Stage) -> Problems:
    """Yield nothing: a crawl is made from a site, which is not asked."""
    yield from ()


def _check_rows(path: Path, rows: pa.Table) -> Problems:
    for outcome in set(rows["outcome"].to_pylist()) - set(OUTCOMES):
        yield Problem(f"{path}: outcome {outcome!r} is unknown: known are {', '.join(OUTCOMES)}")
    yield from _check_urls(path, rows)


def _check_urls(path: Path, rows: pa.Table) -> Problems:
    if rows["url"].null_count:
        yield Problem(f"{path}: {rows['url'].null_count} rows have no url")
