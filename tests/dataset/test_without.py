"""A dataset without what is forgotten: only files that hold it are written, and what is left is as it was."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset import read
from dataset.build.stage import build
from dataset.forget import forget
from dataset.options import DatasetOptions
from dataset.without import photos_without
from store.forget.content import Content
from store.forget.forgotten import ForgottenFilter
from store.manifest import listed, read_manifest
from store.register.stages import Stage
from tests import crawl_tables


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twelve photos of one split, four a shard, in row groups of two; their captions, eight a shard."""
    monkeypatch.setattr("dataset.build.shards.photos.ROW_GROUP_ROWS", 2)
    monkeypatch.setattr("dataset.build.shards.photos.SMALL_ROW_GROUP", 0)
    crawl = crawl_tables.crawl(tmp_path / "p" / "crawl", 12)
    size = sum(len(crawl_tables.photo(odai)) for odai in range(1, 13))
    monkeypatch.setattr("dataset.build.shards.numbered.SHARD_BYTES", size // 2)
    build(DatasetOptions(dev_fraction=0.0), [crawl], tmp_path / "p" / "dataset", name="p")
    return tmp_path / "p" / "dataset"


def shards(dataset: Path) -> dict[str, tuple[int, list[str]]]:
    """Return the inode and the photos of each shard of train, by name."""
    return {
        path.name: (path.stat().st_ino, pq.read_table(path, columns=["sha256"])["sha256"].to_pylist())
        for path in sorted((dataset / "data").glob("train-*"))
    }


def take_out(dataset: Path, content: Content) -> int:
    return forget(Stage("dataset", dataset), content, ForgottenFilter(frozenset()))


def test_shards_that_hold_nothing_of_it_are_the_same_files(dataset: Path) -> None:
    before = shards(dataset)
    assert len(before) > 1
    first, *others = before
    gone = before[first][1][0]
    assert take_out(dataset, Content(sha256s={gone})) == 2  # a shard of photos and one of captions
    after = shards(dataset)
    assert list(after) == list(before)
    assert [after[name] for name in others] == [before[name] for name in others]
    assert after[first][0] != before[first][0]
    assert after[first][1] == before[first][1][1:]


def test_the_manifest_takes_their_sums_over_and_has_new_ones_of_the_rest(dataset: Path) -> None:
    def sums() -> dict[str, str]:
        return {e.name: e.sha256 for e in listed(dataset, read_manifest(dataset) or {}).values()}

    before, (first, *_) = sums(), shards(dataset).values()
    take_out(dataset, Content(sha256s={first[1][0]}))
    after = sums()
    assert after.keys() == before.keys()
    same = {name for name in after if name.startswith("data/") and after[name] == before[name]}
    assert len(same) == len(shards(dataset))  # all but one of train, and that of dev, which has no rows
    assert all(
        entry.problem(dataset) is None for entry in listed(dataset, read_manifest(dataset) or {}).values()
    )


def test_a_shard_without_rows_goes_and_the_others_are_counted_anew(dataset: Path) -> None:
    before = shards(dataset)
    first, *others = before
    take_out(dataset, Content(sha256s=set(before[first][1])))
    after = shards(dataset)
    assert list(after) == [f"train-{n:05d}-of-{len(others):05d}.parquet" for n in range(len(others))]
    assert list(after.values()) == [before[name] for name in others]


def test_no_row_group_is_empty(dataset: Path) -> None:
    (_, (first, second, *_)), *_ = shards(dataset).values()
    take_out(dataset, Content(sha256s={first, second}))
    for path in (dataset / "data").glob("train-*"):
        found = pq.read_metadata(path)
        assert all(found.row_group(group).num_rows for group in range(found.num_row_groups))


def test_what_holds_none_of_it_is_not_written(dataset: Path) -> None:
    manifest = (dataset / "manifest.json").read_bytes()
    assert take_out(dataset, Content(sha256s={"0" * 64}, odai_ids={999})) == 0
    assert (dataset / "manifest.json").read_bytes() == manifest


def test_where_files_have_no_second_names_they_are_copied(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    before = shards(dataset)
    first, *others = before
    monkeypatch.setattr("os.link", refuse)
    take_out(dataset, Content(sha256s={before[first][1][0]}))
    after = shards(dataset)
    assert [after[name][1] for name in others] == [before[name][1] for name in others]


def rows(*photos: dict[str, object]) -> pa.Table:
    caption = pa.struct([("boke_id", pa.int64()), ("odai_id", pa.int64()), ("text", pa.string())])
    lists = [("odai_ids", pa.list_(pa.int64())), ("captions", pa.list_(caption))]
    return pa.Table.from_pylist(list(photos), pa.schema([("sha256", pa.string()), *lists]))


def test_captions_odai_and_photos_go_one_by_one() -> None:
    first = {"boke_id": 1, "odai_id": 5, "text": "あ"}
    second = {"boke_id": 2, "odai_id": 6, "text": "い"}
    unnumbered = {"boke_id": None, "odai_id": None, "text": "う"}
    photos = rows(
        {"sha256": "a", "odai_ids": [5, 6], "captions": [first, second]},
        {"sha256": "b", "odai_ids": None, "captions": [unnumbered]},
        {"sha256": "c", "odai_ids": [], "captions": [{**second, "boke_id": 3}]},
    )
    assert photos_without(photos, Content(odai_ids={5})).to_pylist() == [
        {"sha256": "a", "odai_ids": [6], "captions": [second]},
        *photos.to_pylist()[1:],
    ]
    assert photos_without(photos, Content(unnumbered={"b\nう"}))["sha256"].to_pylist() == ["a", "c"]
    assert photos_without(photos, Content(boke_ids={3}))["sha256"].to_pylist() == ["a", "b"]
    assert photos_without(photos, Content(unnumbered={"a\nう"}, boke_ids={9})) is photos
    sliced = photos.slice(1)
    assert photos_without(sliced, Content(boke_ids={3})).to_pylist() == photos.to_pylist()[1:2]


def test_captions_left_are_those_of_before(dataset: Path) -> None:
    before = read.captions(dataset).to_pylist()
    gone = before[0]["sha256"]
    take_out(dataset, Content(sha256s={gone}))
    assert read.captions(dataset).to_pylist() == [row for row in before if row["sha256"] != gone]
