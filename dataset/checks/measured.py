"""Whether facts of photos, and what was kept of them for near copies, are what their bytes make them."""

import hashlib
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from store.photo import computed
from store.photo.computed import Answer
from store.photo.near.kept import KeptLooks
from store.photo.spread import spread
from store.register.verify import Problem, Problems
from store.schema import DECODER, decoder_of
from store.shard_reader import Shard

SAMPLE = 64
"""So many photos of a dataset are measured again."""
_CLOSE = 1e-4
"""By so much, as a share or at all, may a fact differ: another machine's decoder may round otherwise."""
_COLUMNS = ["sha256", "image_sha256", "facts", "image.bytes"]
_KEPT = ("small", "views", "phash", "bare")


def check_measured(
    shards: Sequence[Path], kept: KeptLooks, seed: str, *, everything: bool = False
) -> Problems:
    """Yield the photos, of a sample or of all, whose facts or kept looks are not those of their bytes.

    Only what today's decoder has measured is compared: another version may see another thing.

    Args:
        shards: the dataset's.
        kept: what builds keep of decoded photos.
        seed: decides which photos are in the sample.
        everything: measure all photos.
    """
    names = [sha256 for path in shards for sha256 in _column(path, "sha256")]
    chosen = set(names if everything else sample(names, seed))
    looks = {row["sha256"]: row for row in kept.rows(pa.array(sorted(chosen), pa.string())).to_pylist()}
    photos = (((path, row), row["image"]["bytes"] or b"") for path in shards for row in _rows(path, chosen))
    with closing(spread(computed.kept, photos, len(chosen))) as answers:
        for (path, row), answer in answers:
            yield from _check(path, row, looks.get(row["sha256"]), answer or {})


def sample(names: Collection[str], seed: str) -> list[str]:
    """Return SAMPLE of the names, those whose digest with the seed is least: in any order the same."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{seed} {name}".encode()).digest())[:SAMPLE]


def _column(path: Path, name: str) -> list[str]:
    values: list[str] = Shard(path).read([name])[name].to_pylist()
    return values


def _rows(path: Path, chosen: Collection[str]) -> Iterator[Mapping[str, Any]]:
    """Yield the chosen photos of a shard, if today's decoder has measured them."""
    wanted = pa.array(sorted(chosen), pa.string())
    with Shard(path) as shard:
        if decoder_of(shard.schema_arrow) != DECODER or "facts" not in shard.schema_arrow.names:
            return
        for group in range(shard.num_row_groups):
            names = shard.read_row_group(group, columns=["sha256"])["sha256"]
            is_chosen = pc.is_in(names, wanted)
            if pc.any(is_chosen).as_py():
                yield from shard.read_row_group(group, columns=_COLUMNS).filter(is_chosen).to_pylist()


def _check(path: Path, row: Mapping[str, Any], kept: Mapping[str, Any] | None, answer: Answer) -> Problems:
    """Yield where a row, and what was kept of its photo, differ from what is computed now."""
    name, found = f"{path}: photo {row['sha256']}", computed.columns(answer)
    if "facts" not in found:  # which is said where every photo is decoded, or comes of today's limits
        return
    fetched = row["image_sha256"] in (None, row["sha256"])
    if row["facts"] is not None:
        yield from _differences(name, row["facts"], found["facts"], is_as_fetched=fetched)
    if kept and kept["facts"] is not None:
        where = f"{name}: kept in photos/: "
        yield from _differences(
            where.removesuffix(": "), kept["facts"], found["facts"], is_as_fetched=fetched
        )
        # Only what is taken as it was fetched tells whether that is right: of others the bytes are not here.
        found["bare"] = kept["bare"] and fetched and found["bare"]
        for column in (column for column in _KEPT if kept[column] != found[column]):
            again = "Delete that folder: the next build fills it"
            yield Problem(f"{where}{column} is not that of its bytes. {again}")


def _differences(
    name: str, stated: Mapping[str, Any], found: Mapping[str, float], *, is_as_fetched: bool
) -> Problems:
    """Yield the facts that differ; `bytes` is that of the photo as it was fetched, with its metadata."""
    for fact, value in found.items():
        given = stated[fact]
        if given is not None and fact == "bytes" and not is_as_fetched:
            continue  # the dataset's own may be fewer, or more: rights are written anew
        if given is None or not math.isclose(given, value, rel_tol=_CLOSE, abs_tol=_CLOSE):
            yield Problem(f"{name}: its {fact} is {given}, but its bytes make it {value}")
