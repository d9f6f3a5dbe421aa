"""Fingerprints and manifests: what counts as up to date."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import DamagedFile
from store.manifest import file_list, fingerprint, is_fresh, read_manifest, write_manifest

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
    assert read_manifest(tmp_path) == {"stage": "dataset", "fingerprint": "abc", "photos": 3}


@pytest.mark.parametrize("content", ["", "{", "[]", "3", "{}", '{"fingerprint": 3}', b"\xff"])
def test_a_damaged_manifest_is_named(tmp_path: Path, content: str | bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(DamagedFile, match=r"manifest\.json is damaged"):
        read_manifest(tmp_path)


def test_files_are_known_by_name_and_size(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).write_text(name * 3)
    assert file_list(tmp_path.iterdir()) == [["a", 3], ["b", 3]]
