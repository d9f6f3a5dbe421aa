"""Fingerprints and manifests: what counts as up to date."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import DamagedFile
from store.manifest import (
    SMALL,
    Entry,
    file_list,
    fingerprint,
    is_as_written,
    is_fresh,
    is_of_0_1,
    listed,
    read_manifest,
    write_manifest,
)
from store.whole_file import write_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
)


def test_a_fingerprint_does_not_depend_on_the_order_of_keys() -> None:
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})


@given(JSON)
def test_another_part_more_gives_another_fingerprint(part: object) -> None:
    assert fingerprint(part) != fingerprint(part, part)
    assert len(fingerprint(part)) == 16


def test_where_the_manifest_stands_the_stage_is_complete(tmp_path: Path) -> None:
    assert not is_fresh(tmp_path, "abc")
    write_manifest(tmp_path, "dataset", "abc", photos=3)
    assert is_fresh(tmp_path, "abc")
    assert not is_fresh(tmp_path, "abd")
    manifest = read_manifest(tmp_path)
    assert manifest
    assert {**manifest, "digest": ""} == {
        "stage": "dataset",
        "format": 2,
        "fingerprint": "abc",
        "photos": 3,
        "files": [],
        "digest": "",
    }


def written(directory: Path, **contents: bytes) -> None:
    for name, content in contents.items():
        (directory / name).write_bytes(content)
    entries = [Entry.of(directory / name, name, may_grow=name == "log") for name in contents]
    write_manifest(directory, "dataset", "abc", entries)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def edited(path: Path) -> None:
    path.write_bytes(b"X" + path.read_bytes()[1:])


@pytest.mark.parametrize("damage", [Path.unlink, emptied, edited, lambda path: path.write_bytes(b"longer")])
def test_a_file_that_changed_or_is_gone_makes_a_stage_stale(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    written(tmp_path, a=b"one", b=b"two")
    assert is_fresh(tmp_path, "abc")
    damage(tmp_path / "b")
    assert not is_fresh(tmp_path, "abc")
    assert read_manifest(tmp_path), "it can be read all the same"


def test_a_large_file_is_read_where_it_is_newer_than_the_manifest(tmp_path: Path) -> None:
    written(tmp_path, a=b"1" * (SMALL + 1))
    since = (tmp_path / "manifest.json").stat().st_mtime_ns
    edited(tmp_path / "a")
    os.utime(tmp_path / "a", ns=(since + 1, since + 1))
    assert not is_fresh(tmp_path, "abc")
    os.utime(tmp_path / "a", ns=(since - 1, since - 1))
    assert is_fresh(tmp_path, "abc"), "this is what only `bokeru verify` finds"
    (tmp_path / "a").write_bytes(b"1" * (SMALL + 1))
    assert is_fresh(tmp_path, "abc"), "a copy without its times"


def test_a_log_may_be_longer_and_nothing_else(tmp_path: Path) -> None:
    written(tmp_path, a=b"{}\n", log=b"{}\n")
    (entry,) = (one for one in listed(tmp_path, read_manifest(tmp_path) or {}).values() if one.may_grow)
    with (tmp_path / "log").open("ab") as log:
        log.write(b"{}\n")
    assert is_fresh(tmp_path, "abc")
    assert entry.problem(tmp_path) is None
    for damage in (edited, emptied):
        damage(tmp_path / "log")
        assert "not the file that the manifest lists" in (entry.problem(tmp_path) or "")
        assert not is_fresh(tmp_path, "abc")
    written(tmp_path, a=b"{}\n", log=b"{}\n")
    (tmp_path / "a").write_bytes(b"{}\n{}\n")
    assert not is_fresh(tmp_path, "abc")


@pytest.mark.parametrize("name", ["stage", "fingerprint", "photos", "files", "format", "digest"])
def test_a_manifest_that_somebody_edited_is_not_as_written(tmp_path: Path, name: str) -> None:
    written(tmp_path, a=b"one")
    manifest = dict(read_manifest(tmp_path) or {})
    assert is_as_written(manifest)
    assert not is_as_written(manifest | {name: "other"})


def test_what_0_1_wrote_lists_less(tmp_path: Path) -> None:
    """As in `tests/made_by_0_1`: a dataset's lists its shards, a run's no file at all."""
    shard = {"name": "train-0.parquet", "rows": 1, "bytes": 3, "sha256": hashlib.sha256(b"one").hexdigest()}
    (tmp_path / "train-0.parquet").write_bytes(b"one")
    dataset = {"stage": "dataset", "fingerprint": "abc", "files": [shard]}
    run = {"stage": "train", "fingerprint": "abc", "epochs": 3}
    for manifest, names in ((dataset, ["train-0.parquet"]), (run, [])):
        write_json(tmp_path / "manifest.json", manifest)
        assert is_of_0_1(manifest)
        assert list(listed(tmp_path, manifest)) == names
        assert is_fresh(tmp_path, "abc")
    assert not is_of_0_1({"stage": "crawl"}), "0.1 wrote none for crawls and vectors"


@pytest.mark.parametrize("name", ["/etc/passwd", "../other", "", "a/../../b", 3, None])
def test_a_manifest_lists_no_file_elsewhere(tmp_path: Path, name: object) -> None:
    manifest = {"format": 2, "files": [{"name": name, "bytes": 1, "sha256": "0"}]}
    with pytest.raises(DamagedFile, match="does not list the stage's files"):
        listed(tmp_path, manifest)


@pytest.mark.parametrize("content", ["", "{", "[]", "3", "{}", '{"fingerprint": 3}', b"\xff"])
def test_a_damaged_manifest_is_named(tmp_path: Path, content: str | bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(DamagedFile, match=r"manifest\.json is damaged"):
        read_manifest(tmp_path)


def test_files_are_known_by_name_and_size(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).write_text(name * 3)
    assert file_list(tmp_path.iterdir()) == [["a", 3], ["b", 3]]
