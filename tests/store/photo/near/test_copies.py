"""Which photos are near copies: every kind of copy is, no stranger and no picture without content is."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from benchmarks.near import __main__ as benchmark
from benchmarks.near.drawn import COPIES, card, line_drawing, page, photo, saved
from store.photo.decode import decode
from store.photo.near.copies import copies_of, near_copies
from store.photo.near.kept import KeptLooks
from store.photo.near.look import look
from store.photo.near.packed import packed
from store.photo.near.pairs import near_hashes

BITS = 4
STRANGERS = [saved(photo(seed)) for seed in range(12)]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def kept(folder: Path, contents: Iterable[bytes]) -> KeptLooks:
    """Keep what photos look like."""
    looks = KeptLooks(folder)
    with looks.writer() as writer:
        for content in contents:
            writer.append({"sha256": sha256(content), **packed(look(decode(content).image))})
    return looks


def near(folder: Path, contents: Iterable[bytes], of: bytes | None = None) -> list[tuple[str, str]]:
    """Return the near copies among photos."""
    contents = dict.fromkeys(contents)
    among = pa.array([sha256(content) for content in contents])
    return near_copies(kept(folder, contents), among, BITS, pa.array([sha256(of)]) if of else None)


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_is_near_to_its_original_and_to_no_other_photo(kind: str, tmp_path: Path) -> None:
    originals = range(4)
    copies = [COPIES[kind](photo(seed), Random(seed)) for seed in originals]
    found = near(tmp_path, [*STRANGERS, *copies])
    right = [sorted((sha256(STRANGERS[n]), sha256(copy))) for n, copy in zip(originals, copies, strict=True)]
    assert sorted(map(list, found)) == sorted(right)


@pytest.mark.parametrize("kind", COPIES)
def test_a_photo_that_is_not_kept_is_near_to_the_same_ones(kind: str, tmp_path: Path) -> None:
    looks, names = kept(tmp_path, STRANGERS), pa.array([sha256(content) for content in STRANGERS])
    for seed in range(4):
        copy = look(decode(COPIES[kind](photo(seed), Random(seed))).image)
        assert copies_of(copy, looks, names, BITS) == [sha256(STRANGERS[seed])]
        others = pa.array([name.as_py() for name in names if name.as_py() != sha256(STRANGERS[seed])])
        assert copies_of(copy, looks, others, BITS) == []
    assert copies_of(look(Image.new("RGB", (64, 48), "white")), looks, names, BITS) == []


FLAT = [saved(Image.new("RGB", (64, 48), (13 * n, 255 - 9 * n, 40)), "PNG") for n in range(20)]
GRADIENTS = [saved(Image.linear_gradient("L").rotate(90 * n).convert("RGB"), "PNG") for n in range(4)]


@pytest.mark.parametrize(
    "pictures",
    [
        pytest.param(FLAT, id="flat"),
        pytest.param(GRADIENTS, id="gradients"),
        pytest.param([saved(card(seed)) for seed in range(60)], id="words on white"),
        pytest.param([line_drawing(seed) for seed in range(40)], id="line drawings on nothing"),
        pytest.param([saved(page(seed)) for seed in range(20)], id="pages of words"),
        pytest.param(STRANGERS, id="strangers"),
    ],
)
def test_pictures_that_show_different_things_are_not_near(pictures: list[bytes], tmp_path: Path) -> None:
    assert near(tmp_path, pictures) == []


def test_a_copy_of_a_copy_is_near_to_both(tmp_path: Path) -> None:
    mirrored = COPIES["mirrored"](photo(1), Random(1))
    framed = COPIES["framed"](Image.open(saved_file(tmp_path, mirrored)), Random(3))
    assert len(near(tmp_path / "looks", [STRANGERS[1], mirrored, framed])) == 3


def saved_file(folder: Path, content: bytes) -> Path:
    path = folder / "photo.jpg"
    path.write_bytes(content)
    return path


def test_only_the_copies_of_one_photo_are_asked_for(tmp_path: Path) -> None:
    copies = [COPIES["recompressed"](photo(seed), Random(seed)) for seed in (1, 2)]
    found = near(tmp_path, [*STRANGERS, *copies], of=STRANGERS[1])
    assert found == [tuple(sorted((sha256(STRANGERS[1]), sha256(copies[0]))))]


def test_a_photo_that_is_not_kept_is_near_to_none(tmp_path: Path) -> None:
    looks = kept(tmp_path, STRANGERS[:2])
    with looks.writer() as writer:
        writer.append({"sha256": "damaged"})
    assert near_copies(looks, pa.array(["damaged", "unknown"]), BITS) == []
    assert near_copies(KeptLooks(tmp_path / "none"), pa.array(["unknown"]), BITS) == []


def test_small_copies_come_in_the_order_asked_for(tmp_path: Path) -> None:
    looks = kept(tmp_path, STRANGERS[:3])
    small = looks.small(pa.array([sha256(STRANGERS[n]) for n in (2, 0)]))
    right = [look(decode(STRANGERS[n]).image).small for n in (2, 0)]
    assert np.array_equal(small, right)


@pytest.mark.parametrize("bits", [0, 1, 4, 8])
@pytest.mark.parametrize("views", [3, 900])
def test_near_hashes_are_those_that_comparing_all_would_find(bits: int, views: int) -> None:
    source = np.random.default_rng(bits)
    hashes = np.unique(source.integers(0, 2**64, views // 3, np.uint64))
    flips = np.uint64(1) << source.integers(0, 64, (len(hashes), 6)).astype(np.uint64)
    hashes = np.concatenate([hashes, *(hashes ^ np.bitwise_xor.reduce(flips[:, :n], axis=1) for n in (2, 6))])
    asking = np.arange(0, len(hashes), 2)
    apart = np.bitwise_count(hashes[asking, None] ^ hashes[None])
    expected = {(int(asking[a]), int(b)) for a, b in zip(*np.nonzero(apart <= bits), strict=True)}
    one, other = near_hashes(hashes, asking, bits)
    assert set(zip(one.tolist(), other.tolist(), strict=True)) == {(a, b) for a, b in expected if a != b}


def crowd(photos: int) -> tuple[np.ndarray, np.ndarray]:
    """Return views of photos of one pattern: distinct hashes up to 2 bits from one, and whose each is."""
    source, base = np.random.default_rng(7), np.uint64(0x123456789ABCDEF0)
    flips = np.uint64(1) << source.integers(0, 64, (20 * photos, 2)).astype(np.uint64)
    hashes = source.permutation(np.unique(base ^ flips[:, 0] ^ flips[:, 1]))[: 6 * photos]
    return hashes, np.arange(len(hashes)) % photos


def test_in_a_crowd_of_one_pattern_every_near_view_of_another_photo_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("store.photo.near.pairs._CROWDED", 16)
    hashes, photo = crowd(30)
    asking = np.arange(0, len(hashes), 6)
    apart = np.bitwise_count(hashes[asking, None] ^ hashes[None])
    other_photo = photo[asking, None] != photo[None]
    expected = {
        (int(asking[a]), int(b)) for a, b in zip(*np.nonzero((apart <= BITS) & other_photo), strict=True)
    }
    assert len(expected) > 20 * len(asking)
    one, other = near_hashes(hashes, asking, BITS, photo)
    assert set(zip(one.tolist(), other.tolist(), strict=True)) == expected


def test_a_view_is_told_of_so_many_photos_at_most_and_of_the_nearest_ones() -> None:
    hashes, photo = crowd(90)
    one, other = near_hashes(hashes, np.array([0]), BITS, photo)
    assert set(one.tolist()) == {0}
    assert len(set(photo[other].tolist())) == 32
    apart = {n: int(np.bitwise_count(hashes[0] ^ hashes[photo == n]).min()) for n in range(1, 90)}
    assert max(apart[n] for n in set(photo[other].tolist())) == sorted(apart.values())[31]


def test_many_files_become_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.photo.near.kept._MOST_FILES", 2)
    for content in STRANGERS[:4]:
        looks = kept(tmp_path, [content])
    assert len(list(tmp_path.glob("*.parquet"))) <= 2
    assert sorted(looks.described()["sha256"].to_pylist()) == sorted(map(sha256, STRANGERS[:4]))


def test_what_another_version_wrote_counts_for_nothing_and_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(tmp_path, STRANGERS[:1])
    monkeypatch.setattr("store.photo.near.look.VERSION", 99)
    assert not len(KeptLooks(tmp_path).described())
    kept(tmp_path, STRANGERS[1:2])
    assert len(list(tmp_path.glob("*.parquet"))) == 1


def test_a_crowd_of_copies_of_one_photo_is_one_group_without_comparing_all_with_all(tmp_path: Path) -> None:
    """So many copies have n * (n - 1) / 2 pairs; a view is told of 32 photos at most."""
    found = benchmark.crowd(150, tmp_path)
    assert found["largest group"] == found["copies"] > 140  # some are the same bytes
    assert found["pairs"] <= 32 * found["copies"] < found["copies"] * (found["copies"] - 1) / 2
