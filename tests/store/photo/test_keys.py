"""Keys that are no SHA-256, or that of other bytes, are refused by builds, pages and exports."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset import read
from dataset.build.stage import build
from dataset.export.photos import photos
from dataset.options import DatasetOptions
from featurize import cache
from store.errors import DamagedFile
from store.photo.keys import check_contents, check_keys
from store.place import Place
from tests.crawl_tables import boke, image, page, write
from web.content.library import Library
from web.export import _photos

GOOD = "0123456789abcdef" * 4
ODD = ["../../x", GOOD.upper(), GOOD + "\n", GOOD[:-1], "", "/etc/passwd", GOOD + "0", f"{GOOD}/../x"]


@pytest.mark.parametrize("key", ODD)
def test_only_a_sha256_is_a_key(key: str) -> None:
    with pytest.raises(DamagedFile, match=r"a.parquet .*column 'sha256' holds .*, which is no SHA-256"):
        check_keys(Path("a.parquet"), pa.chunked_array([[GOOD, None, key]]))
    check_keys(Path("a.parquet"), pa.chunked_array([[GOOD, None]]))


@pytest.mark.parametrize("key", ODD)
def test_a_crawl_of_others_with_a_path_for_a_key_is_refused_at_the_build(tmp_path: Path, key: str) -> None:
    crawl = tmp_path / "p" / "crawl"
    pages = [page(n, [boke(n, n, "犬だ")]) for n in (1, 2)]
    write(crawl, pages, [image(1), image(2, sha256=key)])
    with pytest.raises(DamagedFile, match=r"images-.*parquet is damaged: column 'sha256' holds .*no SHA-256"):
        build(DatasetOptions(), [crawl], tmp_path / "p" / "dataset", name="p")
    assert not list((tmp_path / "p" / "dataset").glob("data/*.parquet"))


def test_a_dataset_of_others_with_a_path_for_a_key_names_no_file(dataset: Path, tmp_path: Path) -> None:
    path = next((dataset / "data").glob("train-*.parquet"))
    table = pq.read_table(path)
    keys = pa.array(["../../x", *table["sha256"].to_pylist()[1:]])
    place = table.schema.get_field_index("sha256")
    pq.write_table(table.set_column(place, table.schema.field(place), keys), path)
    keys = read.photos(dataset)["sha256"].to_pylist()
    with pytest.raises(DamagedFile, match=r"column 'sha256' holds '\.\./\.\./x', which is no SHA-256"):
        _photos(Place.of(dataset), Library(), keys, tmp_path / "pages" / "photos")
    assert not list(tmp_path.glob("x*"))


EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
"""SHA-256 of nothing and of "abc". Source: FIPS 180-2, appendix B.1, and any sha256sum."""


def test_bytes_are_held_to_their_key() -> None:
    path, keys = Path("a.parquet"), pa.chunked_array([[ABC, None, GOOD, EMPTY]])
    check_contents(path, keys, pa.chunked_array([[b"abc", b"x", None, b""]], pa.binary()))
    with pytest.raises(DamagedFile, match=f"photo {GOOD} has bytes that hash to {ABC}"):
        check_contents(path, pa.chunked_array([[GOOD]]), pa.chunked_array([[b"abc"]]))


@pytest.mark.parametrize("is_small", [True, False])
def test_a_crawl_whose_photos_are_not_those_of_their_keys_is_refused(tmp_path: Path, is_small: bool) -> None:
    """Whether they are decoded anew, or an earlier build knows what their key looks like."""
    crawl, dataset = tmp_path / "p" / "crawl", tmp_path / "p" / "dataset"
    pages = [page(n, [boke(n, n, "犬だ")]) for n in range(1, 5)]
    if not is_small:
        write(crawl, pages, [image(n) for n in range(1, 5)])
        build(DatasetOptions(dev_fraction=0.5), [crawl], dataset, name="p")
        for path in (crawl / "images").glob("*.parquet"):
            path.unlink()
    write(crawl, pages, [image(1), image(2), image(3), image(4, bytes=image(5)["bytes"])])
    with pytest.raises(DamagedFile, match=r"images-.*parquet is damaged: photo .* has bytes that hash to"):
        build(DatasetOptions(dev_fraction=0.5), [crawl], dataset, name="p", force=True)


def with_other_bytes(dataset: Path, column: str) -> str:
    """Put other bytes below the first photo's key in train; return the key."""
    path = next((dataset / "data").glob("train-*.parquet"))
    table = pq.read_table(path)
    rows = table.to_pylist()
    rows[0]["image"]["bytes"] = rows[1]["image"]["bytes"]
    if column == "sha256":  # as 0.1 left it
        for row in rows:
            row["image_sha256"] = None
    pq.write_table(pa.Table.from_pylist(rows, table.schema), path)
    return str(rows[0]["sha256"])


def of_features(dataset: Path) -> None:
    shards = read.shards(dataset)
    places = [
        number << 32 | row
        for number, path in enumerate(shards)
        for row in range(pq.read_metadata(path).num_rows)
    ]
    for _ in cache.photos(shards, np.array(places)):
        pass


def of_export(dataset: Path) -> None:
    for _ in photos(dataset, "train"):
        pass


def of_web(dataset: Path) -> None:
    library, place = Library(), Place.of(dataset)
    for key in read.photos(dataset)["sha256"].to_pylist():
        library.photo_bytes(place, key)


def of_neighbours(dataset: Path) -> None:
    dict(read.photo_bytes(dataset))


@pytest.mark.parametrize("column", ["image_sha256", "sha256"])
@pytest.mark.parametrize("reads", [of_features, of_export, of_web, of_neighbours])
def test_a_dataset_of_others_is_held_to_its_keys(
    dataset: Path, reads: Callable[[Path], None], column: str
) -> None:
    key = with_other_bytes(dataset, column)
    with pytest.raises(DamagedFile, match=f"train-.* photo {key} has bytes that hash to"):
        reads(dataset)
