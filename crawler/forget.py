"""What `bokeru forget` does in a crawl: what its tables state, and their rows without what is forgotten."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from crawler.archive.dropping import drop_records
from crawler.archive.shown import shows_forgotten
from crawler.items import Answer
from store.addresses import sql_photo_key
from store.forget import anything
from store.forget.content import Content
from store.forget.forgotten import ForgottenFilter
from store.register.listed import list_files, unlist
from store.register.stages import Stage, Table
from store.schema import CANARIES, IMAGES, PAGES
from store.shard_reader import Shard, sql_rows, unreadable
from store.shards import whole_parquet

Row = dict[str, Any]


def facts(stage: Stage) -> Iterator[str]:
    """Yield SQL that selects which photo lies at which address, and which odai and boke it belongs to."""
    pages, images, canaries = (stage.table(name) for name in ("pages", "images", "canaries"))
    if images.paths:
        rows = sql_rows(images.paths, IMAGES)
        yield f"SELECT {sql_photo_key('url')}, sha256, NULL, NULL, NULL, NULL FROM {rows}"
    if pages.paths:
        rows = sql_rows(pages.paths, PAGES)
        yield f"SELECT {sql_photo_key('image_url')}, NULL, odai_id, NULL, NULL, NULL FROM {rows}"
        yield f"""SELECT {sql_photo_key("coalesce(b.image_url, image_url)")}, NULL,
            coalesce(b.odai_id, odai_id), b.boke_id, b.text, NULL
            FROM (SELECT unnest(bokes) AS b, odai_id, image_url FROM {rows})"""
    if canaries.paths:
        key, rows = sql_photo_key("image_url"), sql_rows(canaries.paths, CANARIES)
        yield f"SELECT {key}, sha256, odai_id, boke_id, text, NULL FROM {rows}"


def hashes(stage: Stage) -> Iterator[str]:
    """Yield SQL that selects the perceptual hash of each photo."""
    if paths := stage.table("images").paths:
        yield f"SELECT sha256, phash, NULL FROM {sql_rows(paths, IMAGES)} WHERE sha256 IS NOT NULL"


def images(stage: Stage) -> Iterator[str]:
    """Yield nothing: photos' bytes are as they were fetched."""
    yield from ()


def forget(stage: Stage, content: Content, forgotten: ForgottenFilter) -> int:
    """Write the shards that hold forgotten rows again, rows filtered by the forget list; return how many.

    Of pages and photos `content` is not asked: the same filter keeps rows out of later crawls, so both agree.
    """
    own = {table.pattern for table in map(stage.table, ("pages", "images", "left_out", "canaries", "sides"))}
    others = anything.forget(stage, content, own)
    pages = stage.table("pages")
    changed = _forget_records(stage, pages, content, forgotten)  # first: the rows tell what the pages show
    changed += len(_rewrite(stage, "canaries", forgotten.canary, None))
    changed += len(_rewrite(stage, "left_out", forgotten.left_out, ["url"]))
    changed += len(_rewrite(stage, "sides", forgotten.side, None))
    # Captions, then what ties an odai to an address, last what ties that to a photo: whatever a kill leaves
    # is still tied to what was asked for.
    captions = _rewrite(stage, "pages", forgotten.captions, None)
    changed += len(captions | _rewrite(stage, "pages", forgotten.page, None))
    changed += len(_rewrite(stage, "images", forgotten.image, ["url", "sha256"]))
    list_files(stage)
    return others + changed


def _forget_records(stage: Stage, pages: Table, content: Content, forgotten: ForgottenFilter) -> int:
    """Drop the records of pages that show what is forgotten; return how many files of the archive change."""
    archive = sorted(stage.directory.glob("archive/[!.]*.warc.gz"))
    if not archive:
        return 0
    shown = {
        (row["url"], row["fetched_at"])
        for path in pages.paths
        for row in _rows(path)
        if forgotten.page(row) is not row
    }
    texts = [text.encode() for text in content.phrases]

    def is_dropped(answer: Answer) -> bool:
        if (answer.address, answer.fetched_at) in shown or any(text in answer.body for text in texts):
            return True
        return shows_forgotten(answer, forgotten)

    return sum(drop_records(path, is_dropped, lambda path: unlist(stage, [path])) for path in archive)


def _rows(path: Path) -> Iterator[Row]:
    with Shard(path, PAGES) as shard:
        for group in _groups(path, shard, None):
            yield from group


def _rewrite(
    stage: Stage, name: str, change: Callable[[Row], Row | None], deciding: list[str] | None
) -> set[Path]:
    """Put the rows of the table `name` through `change`; return the shards that changed.

    Args:
        change: returns the row itself where nothing changes, and None to take it out.
        deciding: the columns by which `change` decides, so that photo bytes are not read for that; None: all.
    """
    table, changed = stage.table(name), set()
    for path in table.paths:
        with Shard(path, table.columns) as shard:
            if not any(change(row) is not row for group in _groups(path, shard, deciding) for row in group):
                continue
            unlist(stage, [path])
            with whole_parquet(path, shard.schema_arrow) as writer:
                for group in _groups(path, shard, None):
                    rows = [kept for row in group if (kept := change(row)) is not None]
                    writer.write_table(pa.Table.from_pylist(rows, schema=shard.schema_arrow))
        changed.add(path)
    return changed


def _groups(path: Path, shard: Shard, columns: list[str] | None) -> Iterator[list[Row]]:
    for group in range(shard.num_row_groups):
        try:
            rows = shard.read_row_group(group, columns=columns).to_pylist()
        except (pa.ArrowException, OSError) as error:
            raise unreadable(path, error) from error
        yield rows
