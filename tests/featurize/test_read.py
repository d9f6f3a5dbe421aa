"""One reader of vectors: what it returns, and the file that it maps."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from featurize import mapped
from featurize.cache import writer
from featurize.forget import forget
from featurize.mapped import PATTERN, packed
from featurize.read import read, vectors
from store import whole_file
from store.errors import UserError
from store.forget.content import Content
from store.forget.forgotten import ForgottenFilter
from store.register.stages import Stage
from store.schema import features
from store.shards import whole_parquet

D = 3


def shard(path: Path, rows: dict[str, list[float] | None], kind: pa.DataType | None = None) -> None:
    """Write one shard of a cache."""
    table = {
        "sha256": list(rows),
        "outcome": ["undecodable" if vector is None else "ok" for vector in rows.values()],
        "error": ["no photo" if vector is None else None for vector in rows.values()],
        "vector": list(rows.values()),
    }
    schema = features(D, kind or pa.float32())
    with whole_parquet(path, schema) as file:
        file.write_table(pa.table(table, schema))


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    shard(tmp_path / "vectors-1.parquet", {"c": [1, 2, 3], "x": None, "a": [4, 5, 6]})
    shard(tmp_path / "vectors-2.parquet", {"b": [7, 8, 9], "c": [10, 11, 12]})
    return tmp_path


def mapped_files(cache: Path) -> list[Path]:
    return list(cache.glob(PATTERN))


def test_photos_come_in_the_order_asked_for_and_the_last_of_two_rows_counts(cache: Path) -> None:
    right = [[7, 8, 9], [10, 11, 12], [4, 5, 6], [7, 8, 9]]
    assert vectors(cache, ["b", "c", "a", "b"]).tolist() == right
    chosen = read(cache).of(["b", "c", "a", "b"])
    assert (len(chosen), chosen.shape) == (4, (4, D))
    assert chosen[1].tolist() == right[1]
    assert chosen[1:3].tolist() == right[1:3]
    assert chosen[np.array([3, 0])].tolist() == [right[3], right[0]]
    assert np.asarray(chosen).tolist() == right


def test_all_vectors_come_in_blocks_of_so_many_bytes(cache: Path) -> None:
    chosen = read(cache).of(["a", "b", "c", "a", "b"])
    assert [(start, len(values)) for start, values in chosen.blocks(2 * D * 4)] == [(0, 2), (2, 2), (4, 1)]
    assert np.concatenate([values for _, values in chosen.blocks(1)]).tolist() == chosen[:].tolist()


def test_who_has_no_vector_is_told(cache: Path) -> None:
    found = read(cache)
    assert (found.find(["x", "nobody", "a" * 200]) == -1).all()
    assert (found.find(pa.chunked_array([["a"], ["b"]])) >= 0).all()
    with pytest.raises(UserError, match=r"1 of 2 photos have no vector, the first is x \(no photo\)"):
        found.of(["x", "a", "x"])


def test_names_of_any_length_stay_apart() -> None:
    names = ["a" * 64, "a" * 65, "", "a", "b" * 130]
    assert [bytes(name).decode() for name in packed(pa.array(names))] == names


def test_the_file_is_made_once_and_others_go_on_with_what_they_mapped(cache: Path) -> None:
    before = read(cache)
    (path,) = mapped_files(cache)
    time = path.stat().st_mtime_ns
    assert read(cache).data.values.tolist() == before.data.values.tolist()
    assert path.stat().st_mtime_ns == time
    shard(cache / "vectors-3.parquet", {"d": [13, 14, 15]})
    assert vectors(cache, ["d"]).tolist() == [[13, 14, 15]]
    assert len(mapped_files(cache)) == 1
    assert mapped_files(cache) != [path]
    assert before.of(["a"])[:].tolist() == [[4, 5, 6]]


def test_a_process_maps_a_file_once(cache: Path) -> None:
    first, second = read(cache), read(cache)
    assert first.data.values is second.data.values


def test_a_shard_that_was_written_again_under_its_name_is_read_again(cache: Path) -> None:
    vectors(cache, ["b"])
    path = cache / "vectors-2.parquet"
    shard(path, {"b": [9, 8, 7], "c": [10, 11, 12]})
    os.utime(path, (1, 1))
    assert vectors(cache, ["b"]).tolist() == [[9, 8, 7]]


@pytest.mark.parametrize("bytes_kept", [0, 10, 100, 200])
def test_a_file_that_is_cut_short_is_made_again(cache: Path, bytes_kept: int) -> None:
    vectors(cache, ["b"])
    (path,) = mapped_files(cache)
    path.write_bytes(path.read_bytes()[:bytes_kept])
    assert vectors(cache, ["b"]).tolist() == [[7, 8, 9]]


def test_half_precision_stays_half_in_the_file_and_is_read_as_float32(tmp_path: Path) -> None:
    shard(tmp_path / "vectors-1.parquet", {"a": [1, 2, 0.1]}, pa.float16())
    found = read(tmp_path)
    assert found.data.values.dtype == np.float16
    values = found.of(["a"])[:]
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, np.array([[1, 2, np.float16(0.1)]], np.float32))
    shard(tmp_path / "vectors-2.parquet", {"b": [1, 2, 0.1]})
    np.testing.assert_array_equal(vectors(tmp_path, ["b"]), np.array([[1, 2, 0.1]], np.float32))


def test_a_cache_without_any_vector(tmp_path: Path) -> None:
    shard(tmp_path / "vectors-1.parquet", {"x": None})
    found = read(tmp_path)
    assert (found.find(["x", "y"]) == -1).all()
    assert found.of([]).shape == (0, D)


def test_what_is_forgotten_goes_from_the_file_and_others_stay(cache: Path) -> None:
    folder = cache / "features" / "key"
    shard(folder / "vectors-1.parquet", {"b" * 64: [1, 2, 3], "c" * 64: [4, 5, 6]})
    vectors(folder, ["b" * 64])
    forget(Stage("features", folder), Content(sha256s={"b" * 64}), ForgottenFilter(frozenset()))
    assert mapped_files(folder) == []
    assert (read(folder).find(["b" * 64, "c" * 64]) >= 0).tolist() == [False, True]
    (path,) = mapped_files(folder)
    assert b"b" * 64 not in path.read_bytes()


def test_shards_that_change_while_the_file_is_made_leave_none(
    cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Else a photo that is forgotten meanwhile would be there again."""
    sort = mapped._sorted

    def forgotten_meanwhile(names: list[pa.Array]) -> tuple[np.ndarray, np.ndarray]:
        os.utime(cache / "vectors-1.parquet", (1, 1))
        return sort(names)

    monkeypatch.setattr(mapped, "_sorted", forgotten_meanwhile)
    read(cache)
    assert mapped_files(cache) == []
    assert "the shards changed meanwhile" in caplog.text


def test_shards_that_change_while_the_file_is_fsynced_leave_none(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`forget` deletes a file that has its name; this one takes it later."""
    publish = whole_file.publish

    def after_forget(temporary: Path, path: Path) -> None:
        monkeypatch.setattr(whole_file, "publish", publish)
        shard(cache / "vectors-2.parquet", {"c": [10, 11, 12]})
        publish(temporary, path)

    monkeypatch.setattr(whole_file, "publish", after_forget)
    found = read(cache)
    assert mapped_files(cache) == []
    assert (found.find(["b", "c"]) >= 0).tolist() == [False, True]


def test_where_no_file_can_be_kept_vectors_are_read_into_memory(
    cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(mapped, "RESERVE", 2**60)  # more than any disk has free
    assert vectors(cache, ["b", "a"]).tolist() == [[7, 8, 9], [4, 5, 6]]
    assert mapped_files(cache) == []
    assert "read into memory" in caplog.text


def test_memory_is_that_of_a_batch(tmp_path: Path) -> None:
    with writer(tmp_path, 64, "float32") as shards:
        for number in range(300):
            shards.append({"sha256": f"{number:064x}", "outcome": "ok", "vector": [float(number)] * 64})
    chosen = read(tmp_path).of([f"{number:064x}" for number in range(299, -1, -1)])
    assert isinstance(chosen.values.base, np.memmap)
    assert chosen[:,].tolist() == [[float(number)] * 64 for number in range(299, -1, -1)]
