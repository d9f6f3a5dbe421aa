"""evaluation.parquet: what was measured of each photo comes back as it was, and pairs with another run's."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from store.errors import DamagedFile, MissingStage
from train.evaluation import by_photo

NAN = np.nan


def test_numbers_come_back_and_photos_without_any_are_left_out(tmp_path: Path) -> None:
    photos = pa.array(["a", "b", "c"])
    columns = {"nats": np.array([1.5, NAN, NAN]), "rank": np.array([1.0, NAN, 2.5])}
    tables = [
        by_photo.table("train", photos, columns),
        by_photo.table("dev", photos, {"rank": np.array([1.0, 1, 1])}),
    ]
    by_photo.write(tmp_path, tables)
    found = by_photo.read(tmp_path, "train")
    assert found["sha256"].to_pylist() == ["a", "c"]
    assert found["nats"].to_pylist() == [1.5, None]
    assert found["tokens"].to_pylist() == [None, None]
    np.testing.assert_array_equal(by_photo.columns_of(found)["rank"], [1, 2.5])
    np.testing.assert_array_equal(by_photo.columns_of(found)["nats"], [1.5, NAN])
    assert by_photo.read(tmp_path, "dev").num_rows == 3


def test_two_runs_are_paired_by_photo_whatever_their_order() -> None:
    one = by_photo.table("dev", pa.array(["a", "b", "c"]), {"rank": np.array([1.0, 2, 3])})
    other = by_photo.table("dev", pa.array(["d", "c", "a"]), {"rank": np.array([40.0, 30, 10])})
    first, second = by_photo.paired(one, other)
    assert first["rank"].tolist() == [1, 3]
    assert second["rank"].tolist() == [10, 30]


def test_a_run_without_the_table_names_the_command(tmp_path: Path) -> None:
    run = tmp_path / "mine" / "runs" / "one"
    run.mkdir(parents=True)
    with pytest.raises(MissingStage, match="bokeru evaluate --pipeline mine"):
        by_photo.read(run, "dev")


def test_a_table_that_is_cut_short_is_damaged(tmp_path: Path) -> None:
    by_photo.write(tmp_path, [by_photo.table("dev", pa.array(["a"]), {"rank": np.array([1.0])})])
    path = tmp_path / "evaluation.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DamagedFile, match=r"evaluation\.parquet"):
        by_photo.read(tmp_path, "dev")
