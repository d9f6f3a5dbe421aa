"""The split: by group of near photos, by a keyed hash, the same however the data grow."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.build import split
from dataset.build.split import Side, assign, group_of, sides_of, split_of
from dataset.options import DatasetOptions
from dataset.read import SPLITS
from store.photo.near.kept import KeptLooks

OPTIONS = DatasetOptions(dev_fraction=0.5)
Photos = list[tuple[str, str | None]]
HASHES = st.integers(0, 255).map(lambda bits: f"{bits:016x}")
PHOTOS = st.lists(
    st.tuples(st.uuids().map(str), HASHES | st.none()), max_size=40, unique_by=lambda photo: photo[0]
)


def pairs(photos: Photos, bits: int = 2) -> dict[str, list[str]]:
    """Return the photos that each is near to, by comparing all with all."""
    hashed = [(sha256, phash) for sha256, phash in photos if phash]
    near = {a: sorted(b for b, y in hashed if a != b and distance(x, y) <= bits) for a, x in hashed}
    return {sha256: others for sha256, others in near.items() if others}


def distance(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def sides(photos: Photos, known: dict[str, str] | None = None) -> list[Side]:
    return sides_of([sha256 for sha256, _ in photos], pairs(photos), known or {}, OPTIONS)


def both(photos: Photos, found: Sequence[Side]) -> list[tuple[str, str]]:
    """Return the near pairs of photos that are on both sides of the split."""
    placed = [
        (phash, side.split) for (_, phash), side in zip(photos, found, strict=True) if side.split and phash
    ]
    return [(a, b) for a, x in placed for b, y in placed if distance(a, b) <= 2 and x != y]


def test_the_split_of_a_group_holds_for_ever() -> None:
    assert [split_of(f"g{n}", "bokeru", 0.5) for n in range(6)] == ["dev", *["train"] * 5]


def test_another_key_draws_another_split() -> None:
    groups = [f"g{n}" for n in range(50)]
    assert [split_of(g, "a", 0.5) for g in groups] != [split_of(g, "b", 0.5) for g in groups]


def test_the_share_of_dev_is_about_what_was_asked_for() -> None:
    share = sum(split_of(str(n), "bokeru", 0.1) == "dev" for n in range(10_000)) / 10_000
    assert 0.09 < share < 0.11


def test_without_dev_every_group_is_in_train() -> None:
    assert {split_of(str(n), "bokeru", 0.0) for n in range(100)} == {"train"}


def test_a_group_does_not_tell_its_founder() -> None:
    assert group_of("a" * 64) not in "a" * 64


@given(PHOTOS)
def test_near_photos_are_never_on_both_sides(photos: Photos) -> None:
    assert not both(photos, sides(photos))


@given(PHOTOS, PHOTOS)
def test_more_photos_move_none(before: Photos, more: Photos) -> None:
    first = sides(before)
    added = [photo for photo in more if photo[0] not in {sha256 for sha256, _ in before}]
    assert sides(before + added)[: len(before)] == first
    assert not both(before + added, sides(before + added))


@given(PHOTOS, PHOTOS)
def test_photos_that_sort_first_and_come_later_move_none(before: Photos, more: Photos) -> None:
    known = {
        sha256: side.split for (sha256, _), side in zip(before, sides(before), strict=True) if side.split
    }
    added = [photo for photo in more if photo[0] not in {sha256 for sha256, _ in before}]
    kept = sorted(photo for photo in before if photo[0] in known)
    grown = kept + added + [photo for photo in before if photo[0] not in known]
    found = sides(grown, known)
    assert [side.split for side in found[: len(kept)]] == [known[sha256] for sha256, _ in kept]
    assert not both(grown, found)


@given(PHOTOS, st.randoms())
def test_a_group_is_in_one_split_whatever_is_known(photos: Photos, random: Random) -> None:
    known = {sha256: random.choice(SPLITS) for sha256, _ in photos if random.random() < 0.5}
    ordered = sorted(photos, key=lambda photo: (photo[0] not in known, photo[0]))
    splits: dict[str, set[str]] = {}
    for side in sides(ordered, known):
        if side.split:
            splits.setdefault(side.group, set()).add(side.split)
    assert all(len(found) == 1 for found in splits.values())


@settings(max_examples=30)
@given(PHOTOS)
def test_photos_placed_at_once_are_where_one_after_the_other_puts_them(photos: Photos) -> None:
    rows = [[sha256, phash, n] for n, (sha256, phash) in enumerate(photos)]
    near = [(a, b) for a, others in pairs(photos).items() for b in others if a < b]
    with duckdb.connect() as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(split, "near_copies", lambda *_: near)
        connection.execute("CREATE TABLE photo (sha256 VARCHAR, phash VARCHAR, photo_id BIGINT)")
        for row in rows:
            connection.execute("INSERT INTO photo VALUES (?, ?, ?)", row)
        nothing = pa.schema([("sha256", pa.string()), ("split", pa.string())]).empty_table()
        assign(connection, OPTIONS, nothing, KeptLooks(Path("none")))
        found = dict(connection.execute('SELECT photo_id, ("group", split) FROM side').fetchall())
    photos = sorted(photos)
    expected = dict(zip((sha256 for sha256, _ in photos), sides(photos), strict=True))
    assert {sha256: found[n] for sha256, _, n in rows} == expected


def test_photos_with_the_same_hash_share_group_and_split() -> None:
    one, other = sides([("a", "00000000000000ff"), ("b", "00000000000000ff")])
    assert one == other


def test_a_photo_near_to_both_sides_is_in_neither() -> None:
    photos: Photos = [("a", f"{0:016x}"), ("b", f"{0b1111:016x}"), ("c", f"{0b11:016x}")]
    assert sides(photos, {"a": "train", "b": "dev"})[2].split is None


def test_the_same_hash_on_both_sides_is_near_to_both() -> None:
    photos: Photos = [(name, "0" * 16) for name in "abc"]
    assert sides(photos, {"a": "train", "b": "dev"})[2].split is None


def test_photos_without_a_hash_stand_alone() -> None:
    one, other = sides([("a", None), ("b", None)])
    assert one.group != other.group
