"""The train stage: a run is complete or goes on, and the model learns."""

import itertools
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import yaml

from store.chainer_compat import chainer
from store.errors import DamagedFile, MissingStage, TooLittleRoom, UserError
from store.manifest import Entry, changed, write_manifest
from store.processes import lock
from store.processes.lock import locked
from store.processes.room import Room
from store.register.listed import list_files
from store.register.stages import Stage
from store.register.verify import check_manifest
from store.whole_file import write_json
from tests.killing import kills
from tests.train import toy_training
from train import artifact
from train.arithmetic.processes import SingleProcess
from train.evaluation.evaluate import evaluate
from train.evaluation.losses import derangement
from train.evaluation.written import names
from train.fit import _open_again, fit
from train.job import Job
from train.prepare import prepare
from train.runs.find import newest
from train.runs.identity import LATER, made_from
from train.verify import check


def trained(toy: toy_training.Toy, **changed: object) -> Path:
    return fit(toy_training.options(**changed), toy.dataset, toy.features, toy.runs)


def records(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]


def test_a_run_is_complete_and_says_all_that_captioning_needs(toy: toy_training.Toy) -> None:
    run = trained(toy)
    assert {path.name for path in run.iterdir()} == {
        "settings.yaml",
        "bounds.json",
        "log.jsonl",
        "progress.jsonl",
        "average_loss.json",
        "article_loss.json",
        "speed.jsonl",
        "units.json",
        "curves.png",
        "snapshots",
        "model",
        "manifest.json",
    }
    assert {path.name for path in (run / "model").iterdir()} == {
        "model.safetensors",
        "config.json",
        "vocabulary.json",
        "learned_from.json",
        "README.md",
    }
    assert run.name.startswith("many-to-one-")
    assert yaml.safe_load((run / "settings.yaml").read_text())["train"]["epochs"] == 2
    assert [record["loss"] for record in records(run)] == json.loads((run / "average_loss.json").read_text())
    assert artifact.load(run / "model").config.features.key == toy.features.name
    assert newest(toy.runs) == run


@dataclass(frozen=True)
class Unchanged:
    """An experiment that changes nothing but the name."""

    name: str

    def __call__(self, job: Job, /) -> None: ...


def test_a_run_names_what_an_experiment_changed_of_it(toy: toy_training.Toy, tmp_path: Path) -> None:
    plain = trained(toy)
    options = toy_training.options()
    run = fit(options, toy.dataset, toy.features, tmp_path / "runs", variant=Unchanged("theirs"))
    assert run.name != plain.name
    assert made_from(run).variant == "theirs"
    assert made_from(plain).variant is None


def test_a_complete_run_is_left_alone(toy: toy_training.Toy) -> None:
    run = trained(toy)
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    assert trained(toy) == run
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def contents(run: Path) -> dict[Path, bytes]:
    """Return all but what tells of the time."""
    paths = (path for path in run.rglob("*.*") if path.name not in ("manifest.json", ".lock"))
    return {path: path.read_bytes() for path in paths}


@pytest.mark.parametrize("damage", [Path.unlink, flipped])
@pytest.mark.parametrize(
    "name",
    [
        *("model/vocabulary.json", "model/model.safetensors", "model/learned_from.json"),
        *("settings.yaml", "log.jsonl", "manifest.json"),
    ],
)
def test_a_run_whose_files_are_missing_or_changed_is_made_again(
    toy: toy_training.Toy, tmp_path: Path, damage: Callable[[Path], object], name: str
) -> None:
    runs = shutil.copytree(trained(toy).parent, tmp_path / "runs")
    (run,) = runs.iterdir()
    before = contents(run)
    write_json(run / "evaluation.json", {"fingerprint": "of this model"})
    damage(run / name)
    assert fit(toy_training.options(), toy.dataset, toy.features, runs) == run
    assert contents(run) == before
    assert [str(problem) for problem in check_manifest(Stage("run", run))] == []
    assert changed(run) == []


def test_a_kill_while_a_run_is_made_again_is_no_damage(toy: toy_training.Toy, tmp_path: Path) -> None:
    run, number = trained(toy), itertools.count()
    (run / "evaluation.json").write_text("{}")
    list_files(Stage("run", run))

    def copy() -> Path:
        return Path(shutil.copytree(run, tmp_path / str(next(number)) / "runs" / run.name))

    left = list(kills(copy, lambda place: _open_again(place, force=True)))
    (run / "evaluation.json").unlink()
    (run / "manifest.json").unlink()
    trained(toy)
    assert len(left) > 4
    for place in left:
        assert [str(problem) for problem in check(Stage("run", place))] == []
    assert not list(left[-1].glob("snapshots/*.safetensors"))


def test_force_trains_again_from_the_first_update(toy: toy_training.Toy, tmp_path: Path) -> None:
    runs = shutil.copytree(trained(toy).parent, tmp_path / "runs")
    (run,) = runs.iterdir()
    model, lock = (run / "model/model.safetensors").read_bytes(), run / "snapshots/.lock"
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*.*") if path != lock}
    assert fit(toy_training.options(), toy.dataset, toy.features, runs, force=True) == run
    assert (run / "model/model.safetensors").read_bytes() == model
    assert all(path.stat().st_mtime_ns > written for path, written in before.items())


@pytest.mark.parametrize("name", ["vocabulary.json", "statistics.json"])
def test_a_dataset_that_is_not_as_it_was_built_is_not_trained_on(tmp_path: Path, name: str) -> None:
    made = toy_training.toy(tmp_path)
    write_json(made.dataset / "statistics.json", {})
    (made.dataset / "README.md").write_text("card")
    entries = [
        Entry.of(made.dataset / one, one) for one in ("vocabulary.json", "statistics.json", "README.md")
    ]
    write_manifest(made.dataset, "dataset", "toy", entries)
    trained(made)
    (made.dataset / "README.md").write_text("a card with a word of mine")
    trained(made)
    (made.dataset / name).unlink()
    with pytest.raises(DamagedFile, match=rf"{name}.*bokeru dataset") as error:
        trained(made)
    assert error.value.exit_status == 5


def test_a_run_that_another_process_trains_is_left_to_it(
    toy: toy_training.Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "PATIENCE", 0.1)
    run = trained(toy, seed=7)
    (run / "manifest.json").unlink()
    before = (run / "log.jsonl").read_bytes()
    with locked(run / "snapshots" / ".lock", "of the test"), pytest.raises(UserError, match="is training"):
        trained(toy, seed=7)
    assert (run / "log.jsonl").read_bytes() == before
    assert trained(toy, seed=7) == run


def test_a_run_that_cannot_begin_leaves_no_directory(tmp_path: Path) -> None:
    made = toy_training.toy(tmp_path, dev=0)
    with pytest.raises(UserError, match="the dev split is empty"):
        trained(made, patience=2)
    assert not made.runs.exists()


def test_threads_are_chosen_by_a_processs_share_of_an_update(
    toy: toy_training.Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train.arithmetic.threads.cores", lambda: 3)
    inputs = toy.dataset, toy.features, toy.runs / "unwritten", "fingerprint"
    job = prepare(
        toy_training.options(batch_size=100), *inputs, SingleProcess(), chainer.get_device("@numpy")
    )
    sizes, lengths = job.artifact.config.sizes, job.train_split.examples.lengths + 1
    work = 6 * 100 * lengths.mean() * sizes.vocabulary * sizes.hidden
    monkeypatch.setattr("train.arithmetic.threads.WORTHWHILE", 0.9 * work)
    assert job.threads() == 3
    monkeypatch.setattr(job.updater.processes, "size", 2)
    assert job.threads() == 1


def test_other_settings_make_another_run_but_where_it_ran_does_not(toy: toy_training.Toy) -> None:
    run = trained(toy)
    assert trained(toy, snapshot_seconds=1.0) == run
    assert trained(toy, seed=1) != run


def test_a_run_keeps_the_name_that_it_had_before_some_settings_came(toy: toy_training.Toy) -> None:
    assert trained(toy).name == "many-to-one-160a0a54"  # as 4adfbd9 named it, which did not have them
    settings = {
        "schedule": "cosine",
        "warmup": 0.5,
        "weight_decay": 0.1,
        "label_smoothing": 0.1,
        "unk_rate": 0.5,
        "batches": "one-length",
        "shuffle": False,
    }
    assert settings.keys() == LATER
    names = {trained(toy, **{name: value}).name for name, value in settings.items()}
    assert len(names | {trained(toy).name}) == len(LATER) + 1


def test_an_early_stop_comes_with_a_measurement(tmp_path: Path) -> None:
    """Nothing can be learned of dev here: its loss rises from the first measurement on."""
    made = toy_training.written(tmp_path, [[["犬", "犬"]]] * 8, [[["猫", "猫"]]] * 2)
    run = trained(made, epochs=60, dev_every=3, patience=2, learning_rate=0.1)
    measured = [record["epoch"] for record in records(run) if record["dev_loss"] is not None]
    assert measured == [3, 6, 9]
    assert len(records(run)) == 9, "two measurements after the best one"
    assert json.loads((run / "manifest.json").read_text())["best_epoch"] == 3


def test_the_best_model_is_that_of_the_known_tokens(tmp_path: Path) -> None:
    """Dev asks for a word that is never trained: the loss of all rises again while that of the rest falls."""
    made = toy_training.written(tmp_path, [[["犬", "が", "来た"]]] * 8, [[["猫", "が", "来た"]]] * 4)
    settings = {"epochs": 15, "learning_rate": 0.03}
    run = trained(made, **settings)
    log = records(run)
    by_all, by_known = (
        min(log, key=lambda record: record[name])["epoch"] for name in ("dev_loss", "dev_known_loss")
    )
    assert by_all < by_known == 15
    assert json.loads((run / "manifest.json").read_text())["best_epoch"] == by_known
    last = trained(made, **settings, keep="last")
    kept = artifact.load(run / "model").model.tensors()
    for name, tensor in artifact.load(last / "model").model.tensors().items():
        np.testing.assert_array_equal(kept[name], tensor)


def test_captions_that_are_too_long_are_counted_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short, long = ["犬"], ["犬"] * 4
    made = toy_training.written(tmp_path, [[short, long]] * 5, [[short, long, long]] * 2)
    log = records(trained(made, max_tokens=3))
    assert "left out as longer than train.max_tokens (3): captions, 5 of train and 4 of dev" in (
        capsys.readouterr().out
    )
    assert [(each["captions"], each["left_out"], each["dev_left_out"]) for each in log] == [(5, 5, 4)] * 2
    trained(made, max_tokens=4)
    assert "left out" not in capsys.readouterr().out


def test_the_log_has_the_learning_rate_of_each_epochs_last_update(toy: toy_training.Toy) -> None:
    """Twelve updates an epoch, 24 in all: the warm-up ends with the twelfth, and the cosine's last half
    (1 + cos(11/12 · 180°)) / 2 is 0.017037."""
    run = trained(toy, schedule="cosine", warmup=1.0, learning_rate=0.02)
    rates = [record["learning_rate"] for record in records(run)]
    assert rates == pytest.approx([0.02, 0.02 * 0.017037], rel=1e-4)


def test_how_fast_it_was_lies_beside_the_log(toy: toy_training.Toy) -> None:
    run = trained(toy)
    speeds = [json.loads(line) for line in (run / "speed.jsonl").read_text().splitlines()]
    assert [speed["epoch"] for speed in speeds] == [1, 2]
    tokens = int(toy_training.job(toy).train_split.examples.lengths.sum()) + 48  # and an <EOS> each
    for speed in speeds:
        assert speed["seconds"] * speed["tokens_per_second"] == pytest.approx(tokens)
        assert speed["caption_seconds"] > 0


def test_nothing_is_measured_while_content_is_forgotten(
    toy: toy_training.Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trained(toy)
    monkeypatch.setattr(lock, "PATIENCE", 0.0)
    with locked(run / "snapshots" / ".lock", "is forgetting"), pytest.raises(UserError, match="measuring"):
        evaluate(run, toy.dataset, toy.features)
    assert not (run / "samples.json").exists()


def test_it_learns_what_is_in_the_photo(toy: toy_training.Toy, capsys: pytest.CaptureFixture[str]) -> None:
    run = trained(toy, epochs=15)
    figures = evaluate(run, toy.dataset, toy.features)
    dev = figures["dev"]
    assert dev["nll"] < dev["unigram"] < dev["ln_v"]
    assert dev["nll"] < dev["shuffled_nll"]
    assert figures["train"]["names"] > 0.9 > figures["train"]["names_shuffled"]
    assert json.loads((run / "evaluation.json").read_text()) == figures
    assert evaluate(run, toy.dataset, toy.features) == figures
    printed = capsys.readouterr().out
    assert "CIDEr" in printed
    assert "evaluate: up to date" in printed
    assert {sample["split"] for sample in json.loads((run / "samples.json").read_text())} == {"train", "dev"}


def test_the_same_settings_make_the_same_model(toy: toy_training.Toy, tmp_path: Path) -> None:
    other = fit(toy_training.options(), toy.dataset, toy.features, tmp_path)
    for name in ("log.jsonl", "model/model.safetensors"):
        assert (other / name).read_bytes() == (trained(toy) / name).read_bytes()


def test_without_a_dataset_it_names_the_stage(toy: toy_training.Toy, tmp_path: Path) -> None:
    with pytest.raises(MissingStage, match="bokeru dataset --pipeline toy"):
        fit(toy_training.options(), tmp_path / "toy" / "dataset", toy.features, toy.runs)


def test_without_a_run_it_names_the_stage(tmp_path: Path) -> None:
    with pytest.raises(MissingStage, match="bokeru train --pipeline toy"):
        newest(tmp_path / "toy" / "runs")


def test_an_empty_training_split_says_what_to_do(tmp_path: Path) -> None:
    toy = toy_training.toy(tmp_path, photos=0)
    with pytest.raises(UserError, match="dev_fraction"):
        trained(toy)


def test_captions_longer_than_the_limit_say_what_to_do(toy: toy_training.Toy) -> None:
    with pytest.raises(UserError, match=r"more than 1 tokens. Raise train\.max_tokens"):
        trained(toy, max_tokens=1)


def test_a_derangement_leaves_no_photo_its_own_vector() -> None:
    for count in (2, 3, 50):
        order = derangement(count)
        assert sorted(order) == list(range(count))
        assert (order != range(count)).all()


def test_names_counts_photos_with_labels_only() -> None:
    found = names(["犬が来た", "猫が来た", "山"], [["犬", "人"], ["犬"], []])
    np.testing.assert_array_equal(found, [1, 0, np.nan])


def test_names_are_compared_in_one_form() -> None:
    assert names(["ﾊﾞｽが来た", "か\u3099", "NHK"], [["バス "], ["が"], ["ＮＨＫ"]]).tolist() == [1, 1, 1]
    assert names(["何か"], [["\u3000"]]).tolist() == [0]


def test_a_disk_with_too_little_room_keeps_what_was_learned(
    toy: toy_training.Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = trained(toy, seed=3, epochs=4, snapshot_seconds=0.0)
    undisturbed = (wanted / "model" / "model.safetensors").read_bytes()
    shutil.rmtree(wanted)
    left = iter([1, *[1] * 9, *[-1] * 99])  # after nine updates, too little is free
    with monkeypatch.context() as disk:
        disk.setattr(Room, "bytes_left", lambda _: next(left))
        for _ in range(2):
            with pytest.raises(TooLittleRoom, match=r"min_free_gb.*bokeru train --pipeline toy"):
                trained(toy, seed=3, epochs=4, snapshot_seconds=0.0)
    assert list((wanted / "snapshots").glob("*10.safetensors"))
    assert trained(toy, seed=3, epochs=4, min_free_gb=0.001) == wanted, "no result depends on it"
    assert (wanted / "model" / "model.safetensors").read_bytes() == undisturbed
