"""Which run speaks for a pipeline: named, pinned, or the best on dev of its own settings, not the newest."""

import os
from pathlib import Path

import pytest

from dataset.options import DatasetOptions
from featurize.options import FeatureOptions
from store.errors import MissingStage, UserError
from store.manifest import write_manifest
from store.place import Place
from tests.train.lineage.runs import BUILT, RANDOM, wanted, write_old_run, write_run
from train.lineage.choose import choose
from train.options import TrainOptions
from train.runs.names import Names


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Return a pipeline with the manifest of a dataset."""
    place = Place(tmp_path / "data", "demo")
    place.dataset.mkdir(parents=True)
    settings = DatasetOptions().of_result()
    write_manifest(place.dataset, "dataset", BUILT, settings=settings)
    return place


def pin(place: Place, run: Path | None) -> None:
    Names(pinned=run.name if run else None).save(place.directory)


def newest(run: Path) -> Path:
    """Let a run be the one that was finished last."""
    os.utime(run / "manifest.json", (2e9, 2e9))
    return run


def test_the_best_on_dev_of_the_pipelines_own_settings_is_chosen_and_not_the_newest(place: Place) -> None:
    best = write_run(place, "a", 2.1, train={"seed": 1})
    newest(write_run(place, "b", 2.5))
    found = choose(wanted(place))
    assert (found.run, found.why, found.among, found.loss) == (best, "own", 2, 2.1)
    assert str(found) == "a (the best on dev of 2 of the pipeline's own settings)"


def test_the_control_with_random_vectors_does_not_speak_for_the_pipeline(place: Place) -> None:
    own = write_run(place, "own", 2.5)
    newest(write_run(place, "blind", 2.0, key=RANDOM))
    assert choose(wanted(place)).run == own


def test_a_run_of_other_tokens_is_not_the_best_however_small_its_loss(place: Place) -> None:
    own = write_run(place, "own", 2.5)
    newest(write_run(place, "characters", 1.88, dataset={"tokenizer": "characters"}))
    assert choose(wanted(place)).run == own


def test_a_run_that_an_experiment_changed_is_not_taken_for_the_plain_one(place: Place) -> None:
    own = write_run(place, "own", 2.5)
    write_run(place, "changed", 2.0, variant="theirs")
    assert choose(wanted(place)).run == own
    assert choose(wanted(place, "train.seed=0")).run == own


def test_a_run_of_its_own_settings_comes_before_a_better_one_of_other_training(
    place: Place,
) -> None:
    own = write_run(place, "own", 2.5)
    write_run(place, "wide", 2.1, train={"hidden": 300})
    assert choose(wanted(place)).run == own


def test_without_one_of_its_own_training_the_best_of_its_data_and_vectors_is_chosen(place: Place) -> None:
    write_run(place, "narrow", 2.5, train={"hidden": 30})
    wide = write_run(place, "wide", 2.1, train={"hidden": 300})
    write_run(place, "noise", 1.5, train={"vectors": "random"})
    write_run(place, "short", 1.4, train={"max_tokens": 3})
    found = choose(wanted(place))
    assert (found.run, found.why, found.among) == (wide, "alike", 2)
    assert "none has its settings of training" in str(found)


def test_a_run_of_the_dataset_that_is_there_comes_before_one_of_an_earlier_build(place: Place) -> None:
    write_run(place, "earlier", 2.0, built="fedcba9876543210")
    now = write_run(place, "now", 2.5)
    assert choose(wanted(place)).run == now


def test_the_pinned_run_comes_before_the_best(place: Place) -> None:
    write_run(place, "own", 2.1)
    blind = write_run(place, "blind", 2.5, key=RANDOM)
    pin(place, blind)
    assert choose(wanted(place)).run == blind
    assert choose(wanted(place)).why == "pinned"


def test_a_pinned_run_that_is_gone_is_none(place: Place) -> None:
    own = write_run(place, "own", 2.1)
    pin(place, place.runs / "gone")
    assert choose(wanted(place)).run == own


def test_settings_that_are_given_come_before_a_pinned_run_of_others(place: Place) -> None:
    pin(place, write_run(place, "own", 2.1))
    blind = write_run(place, "blind", 2.5, key=RANDOM)
    asked = wanted(
        place,
        "features.weights=random",
        features=FeatureOptions(weights="random"),
        cache=place.features / RANDOM,
    )
    assert choose(asked).run == blind


def test_a_name_comes_before_all(place: Place) -> None:
    pin(place, write_run(place, "own", 2.1))
    blind = write_run(place, "many-to-one-b11d", 2.5, key=RANDOM)
    Names().saying(blind, name="the blind one").save(place.directory)
    for name in ("many-to-one-b11d", "b11d", "the blind one"):
        assert choose(wanted(place), name).run == blind
    with pytest.raises(UserError, match=r"has the name 'x'.*many-to-one-b11d \(the blind one\)"):
        choose(wanted(place), "x")


def test_settings_of_training_name_their_run(place: Place) -> None:
    write_run(place, "own", 2.1)
    wide = write_run(place, "wide", 2.5, train={"hidden": 300})
    found = choose(wanted(place, "train.hidden=300", train=TrainOptions(hidden=300)))
    assert (found.run, found.why) == (wide, "set")


def test_settings_of_training_without_a_run_are_refused(place: Place) -> None:
    write_run(place, "own", 2.1)
    asked = wanted(place, "train.sampling=one-to-one", train=TrainOptions(sampling="one-to-one"))
    with pytest.raises(UserError) as raised:
        choose(asked)
    told = str(raised.value)
    assert "No run of demo was trained with train.sampling=one-to-one" in told
    assert "bokeru train --pipeline demo" in told
    assert "--set train.sampling=one-to-one" in told


def test_settings_of_training_that_change_no_result_name_no_run(place: Place) -> None:
    best = write_run(place, "a", 2.1, train={"seed": 1})
    write_run(place, "b", 2.5)
    asked = wanted(place, "train.device=cpu", train=TrainOptions(device="cpu"))
    assert choose(asked).run == best


def test_where_no_run_is_like_the_pipeline_each_is_named_with_what_differs(place: Place) -> None:
    write_run(place, "blind", 2.0, key=RANDOM)
    write_run(place, "cut", 1.9, dataset={"tokenizer": "characters"})
    with pytest.raises(UserError) as raised:
        choose(wanted(place))
    told = str(raised.value)
    assert "blind has another features.weights" in told
    assert "cut has another dataset.tokenizer" in told
    assert "bokeru runs pin --pipeline demo" in told
    assert raised.value.exit_status == 1


def test_without_a_run_the_command_that_trains_one_is_told(place: Place) -> None:
    with pytest.raises(MissingStage, match="bokeru train --pipeline demo"):
        choose(wanted(place))


def test_what_an_old_run_does_not_say_is_unknown_and_not_wrong(place: Place) -> None:
    old = write_old_run(place, "old", 2.1)
    assert choose(wanted(place)).run == old
    with pytest.raises(UserError, match=r"old has another dataset\.min_stars"):  # it is of this dataset
        choose(wanted(place, dataset=DatasetOptions(min_stars=3)))


def test_an_old_run_of_other_tokens_says_so(place: Place) -> None:
    (place.dataset / "manifest.json").unlink()
    write_old_run(place, "old", 2.1, tokenizer="characters")
    with pytest.raises(UserError, match=r"old has another dataset\.tokenizer"):
        choose(wanted(place))
    asked = DatasetOptions(tokenizer="characters", min_stars=3)
    assert choose(wanted(place, dataset=asked)).run.name == "old"


def test_without_a_dev_split_it_is_always_the_same_one(place: Place) -> None:
    first = write_run(place, "a", None)
    newest(write_run(place, "b", None, train={"seed": 1}))
    assert choose(wanted(place)).run == first


def test_where_no_run_will_do_the_most_alike_and_newest_are_named(place: Place) -> None:
    both = {"tokenizer": "characters", "min_count": 7}
    for name in ("a", "b"):
        write_run(place, name, 2.0, dataset=both)
    for number, name in enumerate(("c", "d", "e", "f")):
        run = write_run(place, name, 2.0, dataset={"min_count": 7})
        os.utime(run / "manifest.json", (2e9 + number, 2e9 + number))
    with pytest.raises(UserError, match=r"f has another dataset\.min_count; e has .*; d has .*; and 3 more"):
        choose(wanted(place))
