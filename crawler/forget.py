"""What `bokeru forget` does in a crawl: what its tables state, and their rows without what is forgotten."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from crawler.archive.dropping import drop_records
from crawler.archive.shown import shows_forgotten
from crawler.forgotten_rows import Named, named_rows
from crawler.items import Answer
from store.addresses import sql_photo_key
from store.forget import anything
from store.forget.content import Content
from store.forget.forgotten import ForgottenFilter
from store.register.listed import list_files, unlist
from store.register.stages import Stage
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
    pages = named_rows(stage, "pages", forgotten)
    changed = _forget_records(stage, pages, content, forgotten)  # first: the rows tell what the pages show
    for name, change in (
        ("canaries", forgotten.canary),
        ("left_out", forgotten.left_out),
        ("sides", forgotten.side),
    ):
        changed += len(_rewrite(stage, named_rows(stage, name, forgotten), change))
    # Captions, then what ties an odai to an address, last what ties that to a photo: whatever a kill leaves
    # is still tied to what was asked for.
    captions = _rewrite(stage, pages, forgotten.captions)  # a page keeps its row, and so its number
    changed += len(captions | _rewrite(stage, pages, forgotten.page))
    changed += len(_rewrite(stage, named_rows(stage, "images", forgotten), forgotten.image))
    list_files(stage)
    return others + changed


def _forget_records(stage: Stage, pages: Named, content: Content, forgotten: ForgottenFilter) -> int:
    """Drop the records of pages that show what is forgotten; return how many files of the archive change."""
    archive = sorted(stage.directory.glob("archive/[!.]*.warc.gz"))
    if not archive:
        return 0
    shown = {
        (row["url"], row["fetched_at"])
        for path, named in pages.items()
        for rows, changes in _groups(path, named)
        if changes
        for row in rows.to_pylist()
        if forgotten.page(row) is not row
    }
    texts = [text.encode() for text in content.phrases]

    def is_dropped(answer: Answer) -> bool:
        if (answer.address, answer.fetched_at) in shown or any(text in answer.body for text in texts):
            return True
        return shows_forgotten(answer, forgotten)

    return sum(drop_records(path, is_dropped, lambda path: unlist(stage, [path])) for path in archive)


def _rewrite(stage: Stage, named: Named, change: Callable[[Row], Row | None]) -> set[Path]:
    """Put the rows that are named through `change`; return the shards that changed.

    Args:
        change: returns the row itself where nothing changes, and None to take it out.
    """
    changed = set()
    for path, rows in named.items():
        if not any(
            change(row) is not row
            for group, changes in _groups(path, rows)
            if changes
            for row in group.to_pylist()
        ):
            continue
        unlist(stage, [path])
        with Shard(path) as shard:
            schema = shard.schema_arrow
        with whole_parquet(path, schema) as writer:
            for group, changes in _groups(path, rows, others=True):
                kept = _changed(group, change, schema) if changes else group
                writer.write_table(kept.cast(schema))
        changed.add(path)
    return changed


def _changed(group: pa.Table, change: Callable[[Row], Row | None], schema: pa.Schema) -> pa.Table:
    rows = [kept for row in group.to_pylist() if (kept := change(row)) is not None]
    return pa.Table.from_pylist(rows, schema=schema)


def _groups(path: Path, named: Sequence[int], *, others: bool = False) -> Iterator[tuple[pa.Table, bool]]:
    """Yield the row groups of a shard that have rows of these numbers, and whether they do.

    Args:
        named: numbers of rows, sorted.
        others: the other row groups, too.
    """
    with Shard(path) as shard:
        end = 0
        for group in range(shard.num_row_groups):
            start, end = end, end + shard.metadata.row_group(group).num_rows
            changes = bisect_left(named, end) > bisect_left(named, start)
            if not (changes or others):
                continue
            try:
                rows = shard.read_row_group(group)
            except (pa.ArrowException, OSError) as error:
                raise unreadable(path, error) from error
            yield rows, changes
