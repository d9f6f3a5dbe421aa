"""Whether facts of photos, and what was kept of them for near copies, are what their bytes make them."""

import hashlib
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from store.photo.decode import decode
from store.photo.description import ENOUGH, describe_picture
from store.photo.errors import UnusablePhoto
from store.photo.facts import measured, reduced
from store.photo.metadata.cut import bare
from store.photo.near.kept import KeptLooks, packed
from store.photo.near.look import look
from store.register.verify import Problem, Problems
from store.schema import DECODER, decoder_of
from store.shard_reader import Shard

SAMPLE = 64
"""So many photos of a dataset are measured again."""
_CLOSE = 1e-4
"""By so much, as a share or at all, may a fact differ: another machine's decoder may round otherwise."""
_COLUMNS = ["sha256", "image_sha256", "facts", "image.bytes"]


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
    for path in shards:
        with Shard(path) as shard:
            if decoder_of(shard.schema_arrow) == DECODER and "facts" in shard.schema_arrow.names:
                for row in _rows(shard, chosen):
                    yield from _check(path, row, looks.get(row["sha256"]))


def sample(names: Collection[str], seed: str) -> list[str]:
    """Return SAMPLE of the names, those whose digest with the seed is least: in any order the same."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{seed} {name}".encode()).digest())[:SAMPLE]


def _column(path: Path, name: str) -> list[str]:
    values: list[str] = Shard(path).read([name])[name].to_pylist()
    return values


def _rows(shard: Shard, chosen: Collection[str]) -> Iterator[Mapping[str, Any]]:
    wanted = pa.array(sorted(chosen), pa.string())
    for group in range(shard.num_row_groups):
        names = shard.read_row_group(group, columns=["sha256"])["sha256"]
        is_chosen = pc.is_in(names, wanted)
        if pc.any(is_chosen).as_py():
            yield from shard.read_row_group(group, columns=_COLUMNS).filter(is_chosen).to_pylist()


def _check(path: Path, row: Mapping[str, Any], kept: Mapping[str, Any] | None) -> Problems:
    name, content = f"{path}: photo {row['sha256']}", row["image"]["bytes"]
    try:
        picture = decode(content or b"", ENOUGH, grey=True)
    except UnusablePhoto:  # which is said where every photo is decoded, or comes of today's limits
        return
    copy = reduced(picture.image)
    facts = measured(picture, copy)._asdict()
    fetched = row["image_sha256"] in (None, row["sha256"])
    if row["facts"] is not None:
        yield from _differences(name, row["facts"], facts, is_as_fetched=fetched)
    if kept and kept["facts"] is not None:
        where = f"{name}: kept in photos/: "
        yield from _differences(where.removesuffix(": "), kept["facts"], facts, is_as_fetched=fetched)
        # Only what is taken as it was fetched tells whether that is right: of others the bytes are not here.
        is_bare = kept["bare"] and fetched and bare(content).content == content
        found = {**packed(look(copy)), "phash": describe_picture(picture).phash, "bare": is_bare}
        for column in (column for column, value in found.items() if kept[column] != value):
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
