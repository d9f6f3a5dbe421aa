"""What `bokeru prune` removes, and what stays."""

import shutil
from pathlib import Path

import pytest

from dataset.options import DatasetOptions
from store.manifest import write_manifest
from store.place import Place
from store.processes.lock import locked
from tests.train.lineage.runs import BUILT, KEY, RANDOM, wanted, write_run
from train.lineage.prune import prune
from train.runs.names import Names


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Return a pipeline with three runs: a good one, a better one of other training, a blind one."""
    place = Place(tmp_path / "data", "demo")
    place.dataset.mkdir(parents=True)
    write_manifest(place.dataset, "dataset", BUILT, settings=DatasetOptions().of_result())
    write_run(place, "own", 2.5)
    write_run(place, "wide", 2.1, train={"hidden": 300})
    write_run(place, "blind", 2.0, key=RANDOM)
    for key in (KEY, RANDOM, "other-fc7-22222222"):
        (place.features / key).mkdir(parents=True)
        (place.features / key / "vectors.bin").write_bytes(bytes(1000))
    return place


def removed(place: Place, *, dry_run: bool = False, keys: set[str] | None = {KEY}) -> set[tuple[str, str]]:  # noqa: B006
    found = prune(wanted(place), keys, dry_run=dry_run)
    return {(each.kind, each.path.name) for each in found.removed}


def there(place: Place) -> set[str]:
    return {path.name for folder in (place.runs, place.features) for path in folder.iterdir()}


def test_what_speaks_for_nothing_goes_and_the_vectors_of_runs_that_go(place: Place) -> None:
    expected = {("run", "wide"), ("run", "blind"), ("vectors", RANDOM), ("vectors", "other-fc7-22222222")}
    before = there(place)
    assert removed(place, dry_run=True) == expected
    assert there(place) == before
    assert removed(place) == expected
    assert there(place) == {"own", KEY}
    assert removed(place) == set()


def test_sizes_are_told(place: Place) -> None:
    found = prune(wanted(place), {KEY}, dry_run=True)
    assert {each.bytes for each in found.removed if each.kind == "vectors"} == {1000}


@pytest.mark.parametrize("said", [{"name": "x"}, {"note": "x"}, {"tags": ("x",)}])
def test_a_run_that_somebody_spoke_of_stays_with_its_vectors(place: Place, said: dict[str, object]) -> None:
    Names().saying(place.runs / "blind", **said).save(place.directory)
    removed(place)
    assert there(place) == {"own", "blind", KEY, RANDOM}


def test_the_pinned_run_and_the_best_both_stay(place: Place) -> None:
    Names(pinned="blind").save(place.directory)
    removed(place)
    assert there(place) == {"own", "blind", KEY, RANDOM}


def test_an_unfinished_run_stays(place: Place) -> None:
    (place.runs / "wide" / "manifest.json").unlink()
    removed(place)
    assert "wide" in there(place)


def test_a_run_that_is_being_measured_stays(place: Place) -> None:
    with locked(place.runs / "wide" / "snapshots" / ".lock", "is measuring"):
        found = prune(wanted(place), {KEY})
    assert "wide" in there(place)
    assert f"{place.runs / 'wide'} is being trained or measured" in found.kept


def test_where_none_speaks_for_the_pipeline_no_run_goes(place: Place) -> None:
    shutil.rmtree(place.runs / "own")
    shutil.rmtree(place.runs / "wide")
    found = prune(wanted(place), {KEY})
    assert "blind" in there(place)
    assert any("no run speaks for the pipeline" in each for each in found.kept)


def test_vectors_stay_where_a_pipeline_names_weights_that_are_not_there(place: Place) -> None:
    assert not {kind for kind, _ in removed(place, keys=None)} & {"vectors"}


def test_vectors_of_another_pipelines_run_stay(place: Place) -> None:
    write_run(Place(place.data, "other"), "theirs", 2.0, key=RANDOM)
    removed(place)
    assert RANDOM in there(place)


def test_snapshots_of_complete_runs_go_and_the_run_stays_whole(place: Place) -> None:
    snapshot = place.runs / "own" / "snapshots" / "00000001.safetensors"
    snapshot.parent.mkdir()
    snapshot.write_bytes(bytes(10))
    assert ("snapshots", "snapshots") in removed(place)
    assert not snapshot.exists()
    assert (place.runs / "own" / "manifest.json").exists()


def test_what_a_killed_removal_left_goes(place: Place) -> None:
    (place.runs / ".gone.new-0a1b2c3d").mkdir()
    assert ("leftover", ".gone.new-0a1b2c3d") in removed(place)
    assert ".gone.new-0a1b2c3d" not in there(place)
