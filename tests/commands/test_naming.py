"""`bokeru runs list|name|note|tag|pin|remove`, as a user calls them."""

import json
from pathlib import Path

import pytest

from commands.main import main
from store.place import Place
from tests.commands.commandline import write_config
from tests.train.lineage.runs import write_run
from train.runs.names import Names


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a pipeline with two runs whose vectors are random, as its settings say."""
    monkeypatch.chdir(tmp_path)
    write_config(Path("pipelines.yaml"))
    place = Place(Path("data"), "demo")
    small = {"epochs": 1, "embedding": 8, "hidden": 8, "batch_size": 16}
    for name, dev in (("one-aaaa", 2.5), ("two-bbbb", 2.1)):
        seed = {"seed": len(name + str(dev)) + int(dev * 10)}
        write_run(
            place, name, dev, key="random-fc7-e87fa458", dataset={"dev_fraction": 0.3}, train=small | seed
        )
    return place


def runs(*arguments: str) -> int:
    return main(["runs", *arguments, "--pipeline", "demo"])


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, object]]:
    capsys.readouterr()
    assert runs("list", "--json") == 0
    return {each["run"]: each for each in json.loads(capsys.readouterr().out)}


def test_the_best_is_listed_first_and_marked(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert runs("list") == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("* two-bbbb  dev 2.100")
    assert rest[-1] == "* writes the captions where no run is named"


def test_a_run_is_called_noted_tagged_and_pinned(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert runs("name", "aaaa", "the first") == 0
    assert runs("note", "the first", "worth a look") == 0
    assert runs("tag", "the first", "a", "b") == 0
    assert runs("tag", "the first", "b", "--off") == 0
    assert runs("pin", "the first") == 0
    found = listed(capsys)["one-aaaa"]
    told = {name: found[name] for name in ("name", "note", "tags", "is_pinned", "is_default")}
    assert told == {
        "name": "the first", "note": "worth a look", "tags": ["a"], "is_pinned": True, "is_default": True,
    }  # fmt: skip
    assert runs("pin", "--none") == 0
    assert listed(capsys)["two-bbbb"]["is_default"]
    assert runs("name", "the first") == 0
    assert listed(capsys)["one-aaaa"]["name"] is None


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["name", "aaaa", "two-bbbb"], 1, "two-bbbb is called 'two-bbbb'"),
        (["name", "aaaa", "a/b"], 2, "cannot be a name of a run"),
        (["name", "aaaa", " "], 2, "cannot be a name of a run"),
        (["name", "cccc", "x"], 1, "There are: one-aaaa, two-bbbb"),
        (["pin"], 2, "--none"),
        (["pin", "aaaa", "--none"], 2, "--none"),
        (["remove", "cccc"], 1, "no complete run has the name 'cccc'"),
    ],
)
def test_what_cannot_be_done_says_why(
    place: Place, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, told: str
) -> None:
    assert runs(*arguments) == status
    assert told in capsys.readouterr().err


def test_a_run_is_removed_with_what_was_said_of_it(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert runs("name", "aaaa", "gone soon") == 0
    assert runs("remove", "gone soon") == 0
    assert [path.name for path in place.runs.iterdir()] == ["two-bbbb"]
    assert Names.load(place.directory) == Names()


def test_a_pinned_run_is_not_removed(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert runs("pin", "aaaa") == 0
    assert runs("remove", "bbbb", "aaaa") == 1
    assert "bokeru runs pin --pipeline demo --none" in capsys.readouterr().err
    assert len(list(place.runs.iterdir())) == 2, "none goes where one may not"


def test_no_name_leads_out_of_the_runs(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("..", ".", "../runs"):
        assert runs("remove", name) == 1
    assert len(list(place.runs.iterdir())) == 2


def test_a_file_of_names_that_is_none_is_damage(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    (place.directory / "runs.json").write_text('{"runs": {"one-aaaa": 3}}')
    assert runs("list") == 5
    assert "runs.json is damaged" in capsys.readouterr().err
