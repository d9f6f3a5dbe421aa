"""A row per caption for SQL: the same from the slim table as from the photos' own lists."""

import shutil
from operator import itemgetter
from pathlib import Path

import duckdb
import pytest

from dataset import read
from dataset.caption_rows import caption_rows
from store.errors import MissingStage


def rows(dataset: Path) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(f"FROM ({caption_rows(dataset)}) ORDER BY boke_id").fetchall()


def test_both_places_give_the_same_rows(dataset: Path) -> None:
    photos = {row["sha256"]: row for row in read.photos(dataset).to_pylist()}
    expected = []
    for one in read.captions(dataset).to_pylist():
        photo = photos[one["sha256"]]
        own = [one[name] for name in ("boke_id", "odai_id", "text", "category", "url")]
        whence = [one[name] or photo[name] for name in ("source", "licence")]
        of_photo = [photo[name] for name in ("sha256", "image_sha256", "phash", "split")]
        expected.append((*of_photo, *own, *whence, photo["credit"], one["licence"]))
    expected.sort(key=itemgetter(4))
    assert len(expected) == 36
    assert rows(dataset) == expected
    shutil.rmtree(dataset / "captions")  # as an earlier version left it
    assert rows(dataset) == expected


def test_without_a_dataset_there_are_none(tmp_path: Path) -> None:
    with pytest.raises(MissingStage):
        caption_rows(tmp_path / "p" / "dataset")
