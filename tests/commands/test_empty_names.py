"""An empty name of a file or folder, such as a variable of a shell that is not set, stands for nothing."""

import argparse
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.arguments import path, path_text
from commands.main import main, parser

POSITIONAL = {
    "import": "import bokekan '' --pipeline demo",
    "import oogiri-go": "import oogiri-go '' --pipeline demo",
    "import table": "import table '' --pipeline demo",
    "import warc": "import warc '' --pipeline demo",
    "import one of two": "import warc a.warc '' --pipeline demo",
    "parse": "parse '' --url https://bokete.jp/odai/1",
    "inspect": "inspect ''",
    "verify": "verify ''",
    "export": "export --pipeline demo --format pairs ''",
    "caption": "caption --pipeline demo ''",
    "encoder, model": "encoder check '' a.jpg",
    "encoder, photo": "encoder check a.onnx ''",
    "score, model": "score a --pipeline demo --model ''",
    "score, table": "score a --pipeline demo --table ''",
    "find": "find --pipeline demo --photo ''",
    "leaks": "leaks --pipeline demo --out ''",
    "neighbours": "neighbours --pipeline demo --out ''",
    "reparse, save": "reparse --pipeline demo --url https://bokete.jp/odai/1 --save ''",
    "reparse, from": "reparse --pipeline demo --url https://bokete.jp/odai/1 --from ''",
    "web": "web --pipeline demo --export ''",
}
"""Command lines with an empty name, but for --config and --data, which nearly all commands have."""
PLACES = ("DIR", "FILE", "DIRECTORY", "PATH", "SRC", "IMAGE", "X.onnx", "T.parquet")
"""How helps call what is a file or folder."""


def actions() -> Iterator[tuple[str, argparse.Action]]:
    """Yield every argument of every command."""
    [commands] = [one for one in parser()._actions if isinstance(one, argparse._SubParsersAction)]
    for name, command in commands.choices.items():
        yield from ((name, action) for action in command._actions)


def status_of(line: list[str]) -> object:
    """Return the status that a line ends with which the parser refuses."""
    with pytest.raises(SystemExit) as ended:
        main(line)
    return ended.value.code


def test_every_argument_that_is_a_path_refuses_an_empty_one() -> None:
    paths = [(name, action) for name, action in actions() if action.type in (path, path_text)]
    unsafe = [
        (name, action.dest)
        for name, action in actions()
        if action.type not in (path, path_text)
        and (action.type is Path or isinstance(action.default, Path) or action.metavar in PLACES)
    ]
    assert not unsafe
    assert {"import", "parse", "verify", "export", "caption", "doctor"} <= {name for name, _ in paths}


@pytest.mark.parametrize("line", POSITIONAL.values(), ids=POSITIONAL)
def test_an_empty_name_is_wrong_use(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.csv").write_text("a,b\n1,2\n")  # what the working folder would have been taken for
    monkeypatch.chdir(tmp_path)
    assert status_of(shlex.split(line)) == 2
    assert "the name is empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["text.csv"]


@pytest.mark.parametrize("option", ["--config", "--data"])
def test_every_command_refuses_empty_folders_of_settings_and_data(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    having = {name for name, action in actions() if option in action.option_strings}
    assert len(having) > 15 or option == "--config"
    for name in sorted(having):
        assert status_of([name, option, ""]) == 2
        assert f"argument {option}: the name is empty" in capsys.readouterr().err, name
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("line", ["settings --pipeline ''", "canaries --pipeline demo --from ''"])
def test_an_empty_name_of_a_pipeline_is_no_name(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "pipelines.yaml"
    config.write_text("pipelines: {demo: {}}\n")
    assert main([*shlex.split(line), "--config", str(config)]) == 2
    assert "no pipeline ''" in capsys.readouterr().err
