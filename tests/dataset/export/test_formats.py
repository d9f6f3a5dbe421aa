"""Exports: every caption arrives in each format, and nothing that was there is overwritten."""

import hashlib
import json
import shutil
import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset import read
from dataset.export.formats import FORMATS, export
from store.errors import MissingStage, UsageError, UserError


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("splits", [read.SPLITS, ("dev",)], ids=["both", "dev"])
def test_coco_is_written_piece_by_piece_an_entry_a_line(
    dataset: Path, tmp_path: Path, splits: tuple[str, ...]
) -> None:
    export(dataset, tmp_path / "out", "coco", splits)
    for split in splits:
        text = (tmp_path / "out" / "annotations" / f"captions_{split}.json").read_text()
        value = json.loads(text)
        lines = [line.removesuffix(",") for line in text.splitlines()]
        for name in ("images", "annotations"):
            entries = [json.dumps(entry, ensure_ascii=False) for entry in value[name]]
            first = lines.index(f' "{name}": [') + 1
            assert lines[first : first + len(entries)] == [f"  {entry}" for entry in entries]
        assert list(value) == ["info", "licenses", "images", "annotations"]
        assert len(value["annotations"]) == len(read.captions(dataset, split))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "README.md",
        "annotations",
        "exported.json",
        "images",
    ]


def test_coco_of_a_split_without_photos(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataset.export.coco.photos", lambda *_: iter(()))
    export(dataset, tmp_path / "out", "coco", ["dev"])
    value = json.loads((tmp_path / "out" / "annotations" / "captions_dev.json").read_text())
    assert (value["licenses"], value["images"], value["annotations"]) == ([], [], [])


@pytest.mark.parametrize("format", FORMATS)
def test_every_caption_is_exported_and_counted(dataset: Path, tmp_path: Path, format: str) -> None:
    assert export(dataset, tmp_path / "out", format) == 36
    assert (tmp_path / "out" / "README.md").exists()


def test_pairs_name_images_that_are_there(dataset: Path, tmp_path: Path) -> None:
    export(dataset, tmp_path / "out", "pairs")
    for split in read.SPLITS:
        pairs = [json.loads(line) for line in (tmp_path / "out" / f"{split}.jsonl").read_text().splitlines()]
        assert [pair["text"] for pair in pairs] == read.captions(dataset, split)["text"].to_pylist()
        for pair in pairs:
            assert sha256((tmp_path / "out" / pair["image"]).read_bytes()) == pair["sha256"]


def test_webdataset_samples_have_picture_text_and_json(dataset: Path, tmp_path: Path) -> None:
    export(dataset, tmp_path / "out", "webdataset")
    with tarfile.open(tmp_path / "out" / "train-00000.tar") as tar:
        parts = {entry.name: tar.extractfile(entry).read() for entry in tar}  # type: ignore[union-attr]
    stems = {name.split(".")[0] for name in parts}
    assert len(parts) == 3 * len(stems) == 3 * len(read.photos(dataset, "train"))
    for stem in stems:
        assert sha256(parts[f"{stem}.jpg"]) == stem
        sample = json.loads(parts[f"{stem}.json"])
        assert sample["captions"][0]["text"] == parts[f"{stem}.txt"].decode()


def test_webdataset_shards_by_size(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataset.export.webdataset.TAR_BYTES", 40_000)
    export(dataset, tmp_path / "out", "webdataset", ["train"])
    sizes = [path.stat().st_size for path in (tmp_path / "out").glob("train-*.tar")]
    assert len(sizes) > 1
    assert max(sizes) <= 40_000


def test_image_folders_are_small_enough_for_the_hub(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataset.export.imagefolder.PHOTOS_PER_FOLDER", 4)
    monkeypatch.setattr("dataset.export.imagefolder.ROWS_AT_A_TIME", 3)
    export(dataset, tmp_path / "out", "imagefolder")
    folders = [path for split in read.SPLITS for path in (tmp_path / "out" / split).iterdir()]
    rows = [pq.read_table(folder / "metadata.parquet").to_pylist() for folder in folders]
    assert sum(map(len, rows)) == len(read.photos(dataset))
    assert max(map(len, rows)) == 4
    for folder, listed in zip(folders, rows, strict=True):
        names = {path.name for path in folder.iterdir()} - {"metadata.parquet"}
        assert {row["file_name"]: row["sha256"] for row in listed} == {
            name: sha256((folder / name).read_bytes()) for name in names
        }


def test_coco_annotations_belong_to_images(dataset: Path, tmp_path: Path) -> None:
    export(dataset, tmp_path / "out", "coco")
    numbers: list[int] = []
    identities: list[int] = []
    for split in read.SPLITS:
        coco = json.loads((tmp_path / "out" / "annotations" / f"captions_{split}.json").read_text())
        images = {image["id"]: image for image in coco["images"]}
        assert {annotation["image_id"] for annotation in coco["annotations"]} == set(images)
        numbers += [image["id"] for image in coco["images"]]
        identities += [annotation["id"] for annotation in coco["annotations"]]
        for image in images.values():
            assert (tmp_path / "out" / "images" / split / image["file_name"]).exists()
    assert (len(numbers), len(identities)) == (12, 36)
    assert (len(set(numbers)), len(set(identities))) == (12, 36)  # whoever joins the files finds each once


def test_another_format_is_refused(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="pairs, webdataset, coco, imagefolder"):
        export(dataset, tmp_path / "out", "csv")


def test_a_folder_that_holds_something_is_left_alone(dataset: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="is not empty"):
        export(dataset, taken, "pairs")
    assert [path.name for path in taken.iterdir()] == ["mine.txt"]


def test_without_a_dataset_the_message_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(MissingStage, match="bokeru dataset --pipeline p"):
        export(tmp_path / "p" / "dataset", tmp_path / "out", "pairs")


def test_a_failed_export_leaves_no_part(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataset.export.pairs.to_json", lambda value: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export(dataset, tmp_path / "out", "pairs")
    assert not (tmp_path / "out").exists()


def test_a_hostile_name_stays_in_the_folder(dataset: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(dataset, tmp_path / "copy")
    for path in read.shards(copy):
        table = pq.read_table(path)
        rows = table.to_pylist()
        for row in rows:
            row["image"]["path"] = f"../../{row['image']['path']}"
        pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    export(copy, tmp_path / "deep" / "out", "pairs")
    assert not list(tmp_path.glob("*.jpg"))
    assert len(list((tmp_path / "deep" / "out" / "images").iterdir())) == 12
