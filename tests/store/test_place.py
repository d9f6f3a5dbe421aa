"""Where a pipeline's stages lie, and the commands that make them."""

import shlex
from pathlib import Path

import pytest

from commands.main import parser
from store.place import CONFIG, INVOCATION, Place, bokeru, invoked, weights_command


@pytest.fixture(autouse=True)
def _on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let hints begin as they do where PATH leads to the command."""
    monkeypatch.setattr("store.place.program", lambda: "bokeru")


@pytest.mark.parametrize(
    "inside",
    [
        "crawl",
        "crawl/pages",
        "dataset",
        "runs",
        "runs/20260101-abc",
        "runs/20260101-abc/model",
        "runs/a/b.json",
    ],
)
def test_a_stage_s_folder_tells_its_pipeline(inside: str) -> None:
    assert Place.of(Path("data/demo") / inside) == Place(Path("data"), "demo")


def test_a_pipeline_may_have_a_stage_s_name() -> None:
    assert Place.of(Path("data/crawl/dataset")) == Place(Path("data"), "crawl")
    assert Place.of(Path("data/runs/runs/a/model")) == Place(Path("data"), "runs")


def test_a_path_relative_to_the_pipeline_s_folder_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Place.of(Path("dataset")) == Place(tmp_path.parent, tmp_path.name)


def test_what_is_the_default_is_left_out() -> None:
    assert Place(Path("data"), "demo").command("train") == "bokeru train --pipeline demo"


def test_a_command_is_ready_for_a_shell() -> None:
    command = Place(Path("my data"), "demo", Path("設定 a.yaml")).command("train", "--set", "a=b c")
    where = ["--pipeline", "demo", "--config", "設定 a.yaml", "--data", "my data"]
    assert shlex.split(command) == ["bokeru", "train", *where, "--set", "a=b c"]
    assert bokeru("inspect", Path("my data")) == "bokeru inspect 'my data'"
    assert weights_command(Path("data/weights"), "caffenet") == "bokeru weights caffenet"
    assert weights_command(Path("a/weights"), "caffenet") == "bokeru weights --data a caffenet"


def test_a_path_that_starts_with_a_dash_is_no_option() -> None:
    words = shlex.split(Place(Path("-data"), "demo", Path("-c.yaml")).command("train"))
    arguments = parser().parse_args(words[1:])
    assert (arguments.data, arguments.config) == (Path("-data"), Path("-c.yaml"))
    words = shlex.split(bokeru("inspect", Path("-data/demo")))
    assert parser().parse_args(words[1:]).path == Path("-data/demo")


def test_the_invocation_holds_for_its_block() -> None:
    with invoked(Path("other.yaml"), "mine"):
        assert Place(Path("data"), "demo").config == Path("other.yaml")
        assert Place.using(Path("data/features/key")) == Place(Path("data"), "mine", Path("other.yaml"))
    assert (INVOCATION.config, INVOCATION.pipeline) == (CONFIG, "NAME")
