"""What a stage does with an input that is not its pipeline's: it stops, or builds it, and never mixes."""

import importlib.metadata
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from commands.main import main
from dataset.options import DatasetOptions
from demo.evaluation import evaluation_odai
from featurize.extract import key
from featurize.options import FeatureOptions, RandomOptions
from pipelines import load
from store.errors import StaleInput, UserError
from store.place import Place
from tests.commands.commandline import write_config
from tests.dataset.test_lineage import OTHER
from train.lineage.candidates import candidates
from train.lineage.choose import choose
from train.lineage.inputs import require_dataset, require_vectors
from train.lineage.status import status
from train.lineage.wanted import Wanted
from train.options import TrainOptions

STAGES = ("crawl", "dataset", "features", "train", "evaluate")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with pipelines.yaml and data, in which every stage was run."""
    folder = tmp_path_factory.mktemp("made")
    config = write_config(
        folder / "pipelines.yaml",
        dataset={"tokenizer": "characters"},
        train={"device": "cpu", "fused": False},
    )
    for stage in STAGES:
        assert (
            main([stage, "--pipeline", "demo", "--config", str(config), "--data", str(folder / "data")]) == 0
        )
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return the pipeline of a copy, in its folder."""
    shutil.copytree(made, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    monkeypatch.setenv("COLUMNS", "200")
    return Place(Path("data"), "demo")


def bokeru(command: str, *arguments: str) -> int:
    """Run a command on the pipeline; return its exit status."""
    return ending([*command.split(), "--pipeline", "demo", *arguments])


def ending(arguments: list[str]) -> int:
    """Run a command; return its exit status, as a shell gets it."""
    try:
        return main(arguments)
    except SystemExit as error:
        return int(str(error.code))


def written(place: Place) -> dict[str, bytes]:
    """Return every file of the runs, but for locks."""
    files = (path for path in place.runs.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path): path.read_bytes() for path in files}


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err


@pytest.mark.parametrize(
    "stage",
    [
        "features",
        "train",
        "evaluate",
        "neighbours",
        "find 犬",
        "leaks",
        "export pairs --format pairs",
        "push somebody/captions",
    ],
)
def test_a_dataset_that_was_left_behind_is_refused(
    place: Place, capsys: pytest.CaptureFixture[str], stage: str
) -> None:
    assert bokeru("dataset", "--set", "dataset.tokenizer=unidic-lite") == 0
    before = written(place)
    capsys.readouterr()
    assert bokeru(stage) == 1
    told = said(capsys)
    assert "dataset.tokenizer is unidic-lite, wanted is characters" in told
    assert "Make it again: bokeru dataset --pipeline demo." in told
    assert "--set dataset.tokenizer=unidic-lite" in told
    assert written(place) == before


def test_both_ways_on_work(place: Place) -> None:
    assert bokeru("dataset", "--set", "dataset.min_characters=2") == 0
    assert bokeru("features", "--set", "dataset.min_characters=2") == 0
    assert bokeru("train") == 1
    assert bokeru("train", "--set", "dataset.min_characters=2") == 0
    assert bokeru("dataset") == 0
    assert bokeru("train") == 0


def test_a_model_is_not_measured_on_other_tokens_and_verify_names_it(
    place: Place, capfd: pytest.CaptureFixture[str]
) -> None:
    (run,) = place.runs.iterdir()
    sets = ("--set", "dataset.tokenizer=unidic-lite")
    assert bokeru("dataset", *sets) == 0
    before = written(place)
    capfd.readouterr()
    assert bokeru("evaluate", *sets, "--run", run.name) == 1
    told = said(capfd)
    assert f"{run.name} cannot be measured" in told
    assert "tokens of characters, and these are of unidic-lite" in told
    assert written(place) == before
    assert ending(["verify", "data/demo"]) == 1
    found = capfd.readouterr().out
    assert f"{run} does not fit {place.dataset}" in found
    assert "tokens of characters" in found


def test_another_run_that_fits_makes_it_no_contradiction(place: Place) -> None:
    sets = ("--set", "dataset.tokenizer=unidic-lite")
    assert bokeru("dataset", *sets) == 0
    assert bokeru("train", *sets) == 0
    assert ending(["verify", "data/demo"]) == 0


def test_a_model_is_not_measured_on_other_sides(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    (run,) = place.runs.iterdir()
    sets = ("--set", "dataset.split_key=another")
    assert bokeru("dataset", *sets) == 0
    assert bokeru("evaluate", *sets, "--run", run.name) == 1
    assert "dev may hold photos that it learned from" in said(capsys)


@pytest.mark.parametrize("command", ["evaluate", "caption", "web"])
def test_settings_of_training_name_a_run_or_are_refused(
    place: Place, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    before = written(place)
    arguments = {"caption": ["photo.jpg"], "web": ["--export", "copy"]}.get(command, [])
    assert bokeru(command, *arguments, "--set", "train.sampling=one-to-one") == 1
    assert "No run of demo was trained with train.sampling=one-to-one" in said(capsys)
    assert written(place) == before


def test_a_build_that_forget_wrote_is_made_again_and_status_says_so(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    boke = pq.read_table(place.dataset / "captions")["boke_id"][0].as_py()
    assert bokeru("forget", "--boke", str(boke)) == 0
    capsys.readouterr()
    assert bokeru("status", "--check") == 1
    assert "the forget list: as it was then, now with more" in capsys.readouterr().out
    assert bokeru("dataset") == 0
    capsys.readouterr()
    bokeru("status")
    assert "the forget list" not in capsys.readouterr().out


def test_odai_in_dev_by_settings_count_where_no_embedded_site_is_crawled(place: Place) -> None:
    """They look like those that the embedded site's evaluation photos would have."""
    odai = f"{evaluation_odai(1)[0]}-{evaluation_odai(9)[1]}"
    joined = {"pipelines": {"joined": {"dataset": {"also": ["demo"], "dev_odai": [odai]}}}}
    Path("joined.yaml").write_text(yaml.safe_dump(joined))
    for command in ("dataset", "features"):
        assert ending([command, "--pipeline", "joined", "--config", "joined.yaml"]) == 0


def test_settings_of_the_crawl_make_no_dataset_stale(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    """A crawl that was cut short, a dataset of it, and plain commands after it: they go on."""
    assert bokeru("crawl", "--set", "crawl.max_photos=500") == 0
    for stage in STAGES[1:]:
        assert bokeru(stage) == 0
        assert f"{stage}: up to date" in capsys.readouterr().out


def test_a_crawl_that_was_stopped_is_not_up_to_date(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    report = json.loads((place.crawl / "report.json").read_text())
    (place.crawl / "report.json").write_text(json.dumps(report | {"state": "stopped", "waiting": 5}))
    capsys.readouterr()
    assert bokeru("status", "--check") == 1
    crawl, reason, command, *_ = capsys.readouterr().out.splitlines()
    assert crawl.split()[:2] == ["crawl", "partial"]
    assert reason.strip() == "- a signal stopped it, and 5 known addresses wait"
    assert command.strip() == "bokeru crawl --pipeline demo"
    assert bokeru("dataset") == 0, "what is there can be built"


def test_a_later_stage_says_that_the_crawl_has_grown(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    (shard,) = (place.crawl / "pages").glob("*.parquet")
    shutil.copy(shard, shard.with_name("pages-later.parquet"))
    assert bokeru("train") == 1
    assert "data/demo/crawl: built from 2 files, now 3 files, 1 of them new" in said(capsys)
    assert bokeru("dataset") == 0
    assert bokeru("train") == 0


def test_vectors_of_other_settings_are_not_there(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert bokeru("train", "--set", "features.random.scale=3") == 1
    told = said(capsys)
    assert "is not there yet" in told
    assert "bokeru features --pipeline demo --set features.random.scale=3" in told


# Any one setting, changed


def wanted(place: Place, **changed: Any) -> Wanted:
    """Return what the pipeline wants with some settings changed: `dataset`, `features`, `train`."""
    settings = load("demo")
    stages = {name: getattr(settings, name) for name in ("dataset", "features", "train")} | changed
    cache = place.features / key(stages["features"], place.weights)
    return Wanted(place, [place.crawl], **stages, cache=cache, held_out=10**9)


@pytest.fixture(scope="module")
def kept(made: Path) -> Place:
    """Return the pipeline, to be read only."""
    return Place(made / "data", "demo", made / "pipelines.yaml")


def test_unchanged_settings_find_everything_up_to_date(kept: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(kept.data.parent)
    found = status(wanted(kept))
    assert [stage.state for stage in found.stages] == ["up to date"] * 5
    assert found.is_up_to_date
    assert found.run is not None


@pytest.mark.parametrize("name", OTHER)
def test_any_setting_of_the_dataset_stops_each_later_stage(
    kept: Place, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(kept.data.parent)
    values = {**OTHER, "tokenizer": "unidic-lite"}  # this pipeline has the value that others try
    options = load("demo").dataset.model_copy(update={name: values[name]})
    changed = wanted(kept, dataset=options)
    with pytest.raises(StaleInput, match=rf"dataset\.{name}"):  # features, train and evaluate ask this first
        require_dataset(changed)
    found = status(changed)
    assert [stage.state for stage in found.stages[1:4]] == ["stale", "up to date", "stale"]
    (one,) = candidates(changed)
    assert f"dataset.{name}" in {each.name for each in one.differ}
    with pytest.raises(
        UserError, match=r"No run of demo has its data and vectors"
    ):  # so do captions and pages
        choose(changed)


OTHER_VECTORS: dict[str, Any] = {
    "weights": "untrained", "layer": "fc6", "precision": "float16", "random": RandomOptions(scale=3),
}  # fmt: skip
"""Another value of each setting that these vectors, of `weights: random`, depend on, as docs/features say."""


@pytest.mark.parametrize("name", FeatureOptions.model_fields)
def test_any_setting_of_vectors_stops_each_later_stage(
    kept: Place, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(kept.data.parent)
    options = load("demo").features
    if name not in OTHER_VECTORS:  # nothing that is drawn depends on how photos would be fed or computed
        other: dict[str, Any] = {"min_free_gb": 0.5, "batch_size": 3, "seconds": 9.0, "memory_gb": 2.0}
        changed = wanted(kept, features=options.model_copy(update={name: other.get(name)}))
        require_vectors(changed)
        assert choose(changed).why == "own"
        return
    changed = wanted(kept, features=options.model_copy(update={name: OTHER_VECTORS[name]}))
    with pytest.raises(UserError, match="is not there yet"):  # train and evaluate ask this first
        require_vectors(changed)
    assert [stage.state for stage in status(changed).stages[1:4]] == ["up to date", "missing", "stale"]
    with pytest.raises(UserError, match="has another"):
        choose(changed)


OTHER_TRAINING: dict[str, Any] = {
    "sampling": "one-to-one", "choose": "draw", "max_captions_per_photo": 1, "weight": "stars",
    "embedding": 9, "hidden": 9, "layers": 2, "injection": "every", "output_bias": "frequency", "epochs": 3,
    "batch_size": 4,
    "batches": "one-length", "shuffle": False, "learning_rate": 0.1, "schedule": "cosine", "warmup": 0.5,
    "weight_decay": 0.1, "dropout": 0.1, "label_smoothing": 0.1, "unk_rate": 0.1, "clip": 1.0, "dev_every": 2,
    "patience": 1, "standardise": "none", "vectors": "random", "max_tokens": 9, "keep": "last", "fused": True,
    "threads": 3, "seed": 9,
}  # fmt: skip
"""Another value of each setting that a model, or its loss, depends on."""
OF_NO_RESULT: dict[str, Any] = {
    "device": "auto", "snapshot_seconds": 1.0, "min_free_gb": 0.5, "metrics": ("a:b",),
    "evaluate_captions": 3, "tensorboard": True, "ranker": True,
}  # fmt: skip


def test_every_setting_of_training_is_tried() -> None:
    assert {*OTHER_TRAINING, *OF_NO_RESULT} == set(TrainOptions.model_fields)


@pytest.mark.parametrize("name", OTHER_TRAINING)
def test_any_setting_of_training_asks_for_another_run(
    kept: Place, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(kept.data.parent)
    options = load("demo").train.model_copy(update={name: OTHER_TRAINING[name]})
    changed = wanted(kept, train=options)
    train = status(changed).stages[3]
    assert train.state == "stale"
    assert [each.name for each in train.differ] == [f"train.{name}"]
    given = Wanted(**{**vars(changed), "overrides": (f"train.{name}=x",)})
    with pytest.raises(UserError, match=rf"No run of demo was trained with train\.{name}=x"):
        choose(given)


@pytest.mark.parametrize("name", OF_NO_RESULT)
def test_settings_that_no_result_depends_on_make_nothing_stale(
    kept: Place, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(kept.data.parent)
    options = load("demo").train.model_copy(update={name: OF_NO_RESULT[name]})
    given = Wanted(**{**vars(wanted(kept, train=options)), "overrides": (f"train.{name}=x",)})
    assert choose(given).why == "own"
    found = candidates(given)
    assert [each.differ for each in found] == [()]


def test_a_run_keeps_all_that_made_it(kept: Place) -> None:
    (run,) = kept.runs.iterdir()
    settings = yaml.safe_load((run / "settings.yaml").read_text())
    manifest = json.loads((kept.dataset / "manifest.json").read_text())
    (cache,) = kept.features.glob("[!.]*")
    vocabulary = json.loads((kept.dataset / "vocabulary.json").read_text())
    assert settings["dataset"]["tokenizer"] == "characters"
    assert settings["dataset"].keys() == DatasetOptions().of_result().keys()
    assert settings["inputs"] == {
        "dataset": manifest["fingerprint"],
        "tokens": manifest["tokens"],
        "vocabulary": len(vocabulary["tokens"]),
        "features": cache.name,
    }
    assert settings["features"]["weights"] == "random"
    for name in ("chainer", "numpy"):
        assert settings["versions"][name] == importlib.metadata.version(name)
    assert settings["versions"]["bokeru"]
