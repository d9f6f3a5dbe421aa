"""Reading a dataset: photos, captions and vocabulary, and what damage is called."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dataset import read
from store.errors import DamagedFile, MissingStage
from store.whole_file import write_json


def test_captions_know_their_photo(dataset: Path) -> None:
    rows = read.captions(dataset, "train").to_pylist()
    photos = {photo["sha256"]: photo for photo in read.photos(dataset, "train").to_pylist()}
    assert all(row["labels"] == photos[row["sha256"]]["labels"] for row in rows)
    assert all(row["odai_id"] in photos[row["sha256"]]["odai_ids"] for row in rows)


def test_both_splits_together_are_all(dataset: Path) -> None:
    assert (
        len(read.photos(dataset))
        == len(read.photos(dataset, "train")) + len(read.photos(dataset, "dev"))
        == 12
    )


def test_only_photos_asked_for_are_read(dataset: Path) -> None:
    wanted = read.photos(dataset)["sha256"].to_pylist()[2:5]
    assert [sha256 for sha256, _ in read.photo_bytes(dataset, wanted)] == wanted
    assert list(read.photo_bytes(dataset, [])) == []
    assert list(read.photo_bytes(dataset, ["0" * 64])) == []


def test_the_floor_is_none_until_it_is_known(dataset: Path) -> None:
    assert read.floor(dataset) is None
    write_json(dataset / "floor.json", {"unit": "nats per token", "train": 1.5, "dev": None})
    assert read.floor(dataset) == {"train": 1.5, "dev": None}
    assert read.floor(dataset, known=True) == {"train": None, "dev": None}, "as earlier versions wrote it"
    write_json(dataset / "floor.json", {"train": 1.5, "dev": None, "known": {"train": 1.25, "dev": None}})
    assert read.floor(dataset, known=True) == {"train": 1.25, "dev": None}


def test_settings_tell_the_tokenizer(dataset: Path) -> None:
    assert read.settings(dataset)["tokenizer"] == "unidic-lite"


@pytest.mark.parametrize(
    "reader", [read.captions, read.photos, read.vocabulary, read.statistics, read.settings]
)
def test_without_a_dataset_the_message_says_what_to_run(tmp_path: Path, reader: object) -> None:
    with pytest.raises(MissingStage, match="bokeru dataset --pipeline p"):
        reader(tmp_path / "p" / "dataset")  # type: ignore[operator]


@pytest.mark.parametrize("name", ["statistics.json", "floor.json", "manifest.json", "vocabulary.json"])
def test_damaged_json_is_named(dataset: Path, name: str) -> None:
    (dataset / name).write_text("[")
    readers = (read.statistics, read.floor, read.manifest, read.vocabulary)
    with pytest.raises(DamagedFile, match=name):
        readers[["statistics.json", "floor.json", "manifest.json", "vocabulary.json"].index(name)](dataset)


def test_a_cut_shard_is_named(dataset: Path) -> None:
    path = read.shards(dataset, "train")[0]
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DamagedFile, match="train-00000"):
        read.captions(dataset, "train")


def test_damage_in_a_photo_is_found_when_it_is_read(dataset: Path) -> None:
    path = read.shards(dataset, "train")[0]
    content = next(iter(read.photo_bytes(dataset)))[1]
    path.write_bytes(path.read_bytes().replace(content, content[:-8] + b"00000000"))
    with pytest.raises(DamagedFile, match="CRC"):
        list(read.photo_bytes(dataset))


def test_a_floor_without_a_split_is_damaged(dataset: Path) -> None:
    (dataset / "floor.json").write_text('{"train": 1.0}')
    with pytest.raises(DamagedFile, match=r"floor\.json is damaged: it has no 'dev'"):
        read.floor(dataset)


@pytest.mark.parametrize(
    ("name", "reader"), [("statistics.json", read.statistics), ("vocabulary.json", read.vocabulary)]
)
def test_a_file_that_a_dataset_lost_is_named(
    dataset: Path, name: str, reader: Callable[[Path], object]
) -> None:
    (dataset / name).unlink()
    with pytest.raises(DamagedFile, match=f"{name} is damaged: it is missing"):
        reader(dataset)
