"""Copies that no stage made: they are found, too, named until they are gone, and never changed."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from commands.main import main
from tests.store.forget import whole_pipeline
from tests.store.forget.outcome import assert_gone, left, names
from tests.store.forget.whole_pipeline import Everything, Wanted, wanted


def photo(one: Wanted) -> bytes:
    return min(one.traces.photos)


def caption(one: Wanted) -> str:
    return max(one.traces.texts, key=len)


pytestmark = pytest.mark.long

PLANTED: dict[str, Callable[[Wanted], bytes]] = {
    "data/p/coco/000000000001.jpg": photo,
    "data/p/runs/{run}/events.out.tfevents.1.host": lambda one: b"\x08\x01text\x12" + caption(one).encode(),
    "data/p/runs/{run}/notes/best.html": lambda one: f"<p>{caption(one)}</p>".encode(),
    "data/p/dump.json": lambda one: json.dumps({"a": [caption(one)]}).encode(),
    "data/copy.jpg": photo,
    "data/old/dataset/train.csv": lambda one: f"1,{caption(one)}\n".encode(),
}
"""Files that a user may have put there."""


@pytest.mark.parametrize("name", PLANTED)
def test_a_copy_of_the_user_s_own_is_named_until_it_is_gone(
    whole: Everything, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    one, (run,) = wanted(whole)["odai"], (whole.pipeline / "runs").iterdir()
    place = whole.folder / name.format(run=run.name)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(PLANTED[name](one))
    for _ in range(2):
        assert whole.forget(*one.options) == 1
        assert str(place) in capfd.readouterr().err
    assert names(whole, place)
    place.unlink()
    assert whole.forget(*one.options) == 0
    assert_gone(whole, one)


def test_two_forgets_at_once_leave_nothing_of_either(whole: Everything) -> None:
    """One is held up by a file; the other one must not make its failure a success."""
    first, second = wanted(whole)["odai"], wanted(whole)["boke"]
    note = whole.pipeline / "note.txt"
    note.write_text(caption(first))
    assert whole.forget(*first.options) == 1
    assert whole.forget(*second.options) == 1
    assert left(whole, second.traces).keys() <= {"data/p/forgetting.json"}  # one forget ends for both
    assert whole.forget(*first.options) == 1
    note.unlink()
    assert whole.forget(*first.options) == 0
    assert_gone(whole, first, second)


def test_a_build_between_two_attempts_changes_nothing(whole: Everything) -> None:
    one, note = wanted(whole)["unnumbered"], whole.pipeline / "note.txt"
    note.write_text(caption(one))
    assert whole.forget(*one.options) == 1
    for stage in ("dataset", "features"):
        assert main([stage, *whole.where]) == 0
    assert whole.forget(*one.options) == 1
    note.unlink()
    assert whole.forget(*one.options) == 0
    assert_gone(whole, one)


def test_an_odai_that_shares_its_photo_takes_its_captions_alone(whole: Everything) -> None:
    number = whole_pipeline.TWICE
    one, (kept,) = whole.reader.of_boke(number * 10), whole.reader.of_boke(number * 10 + 10).texts
    assert whole.forget("--odai", str(number)) == 0
    assert left(whole, one) == {}
    assert kept in texts(whole.pipeline / "dataset")


def texts(dataset: Path) -> set[str]:
    from dataset import read

    return set(read.captions(dataset)["text"].to_pylist())


def test_a_folder_of_exports_that_was_moved_is_searched(whole: Everything) -> None:
    """What exports.json names is not there any more; where it went, the search of all data finds it."""
    one = wanted(whole)["odai"]
    moved = shutil.move(whole.pipeline / "exports" / "coco", whole.data / "moved")
    assert whole.forget(*one.options) == 1
    assert names(whole, whole.data / "moved" / "README.md")
    shutil.rmtree(moved)
    assert whole.forget(*one.options) == 0
    assert_gone(whole, one)
