"""What people type: settings before a photo, a letter that is wrong, nothing; what is printed runs."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from commands.command_line import one_setting_each
from commands.main import main, parser
from tests.docs.documents import MARKDOWN, ROOT, examples, inline

PLAIN = {"HOME": "/nonexistent", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
"""The environment of the shell that ran `make demo`: nothing is activated there."""


@pytest.mark.parametrize(
    ("line", "settings", "images"),
    [
        ("caption --pipeline demo --set train.seed=1 a.jpg", ["train.seed=1"], ["a.jpg"]),
        ("caption --pipeline demo --set train.seed=1 train.epochs=2 a.jpg b=c.jpg", 2, ["a.jpg", "b=c.jpg"]),
        ("caption --set train.seed=1 --pipeline demo photos", ["train.seed=1"], ["photos"]),
        ("caption --pipeline demo a.jpg --set train.seed=1 train.epochs=2", 2, ["a.jpg"]),
        ("caption --pipeline demo --set train.seed=1 ./train.epochs=2", ["train.seed=1"], ["train.epochs=2"]),
    ],
)
def test_a_setting_does_not_eat_a_photo(line: str, settings: object, images: list[str]) -> None:
    arguments = parser().parse_args(line.split())
    assert arguments.images == [Path(image) for image in images]
    assert arguments.set == (["train.seed=1", "train.epochs=2"] if settings == 2 else settings)


def test_each_setting_gets_its_own_option() -> None:
    words = ["x", "--set", "a.b=1", "c.d=[e, f]", "photo.jpg", "g.h=2"]
    expected = ["x", "--set", "a.b=1", "--set", "c.d=[e, f]", "photo.jpg", "g.h=2"]
    assert list(one_setting_each(words)) == expected


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("evalute --pipeline demo", "no command 'evalute'. Did you mean 'evaluate'?"),
        ("captions --pipeline demo a.jpg", "Did you mean 'caption'?"),
        ("zzz", "no command 'zzz'. They are listed by: "),
        ("settings --pipeline demo --set train.epohcs=3", "Did you mean 'epochs'?"),
        ("settings --pipeline demo --set trian.epochs=3", "Did you mean 'train'?"),
        ("settings --pipeline demo --set epochs=3", "Did you mean 'train.epochs'?"),
        (
            "settings --pipeline demo --set train.min_stars=3",
            "Did you mean 'crawl.min_stars' or 'dataset.min_stars'?",
        ),
        (
            "settings --pipeline demo --set train.epochs 3",
            "'train.epochs' has no value. Write stage.key=value",
        ),
        ("runs --pipeline demo", "bokeru runs: error: name first what to do: list, name, "),
        ("runs lst --pipeline demo", "invalid choice: 'lst'"),
        ("runs export onnx --pipeline demo here", "usage: bokeru runs export "),
        ("runs export onnx --pipeline demo here", "there is no place for: here"),
        ("caption --pipeline demo a.jpg --strategi=beam", "--strategi=beam. Did you mean '--strategy'?"),
    ],
)
def test_a_name_with_a_letter_wrong_is_told(
    line: str, told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert status(line.split()) == 2
    assert told in capsys.readouterr().err


def status(words: list[str]) -> int:
    try:
        return main(words)
    except SystemExit as error:  # so argparse ends
        return int(error.code or 0)


def test_bare_bokeru_lists_the_commands_and_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2: a script whose variable is empty must not go on as if something had been done."""
    assert status([]) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert all(re.search(rf"^    {name}\b", errors, re.MULTILINE) for name in parser().commands)


def shell(line: str, folder: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    """Run a line as somebody pastes it into the shell that ran `make demo`."""
    return subprocess.run(
        line, shell=True, cwd=folder, env=PLAIN, capture_output=True, text=True, timeout=100
    )


def test_what_is_printed_runs_where_it_is_printed(tmp_path: Path) -> None:
    told = shell("./bokeru settings --pipeline demo --set train.epochs=no").stderr
    (line,) = re.findall(r"See: (.*)", told)
    assert shlex.split(line)[0] == "./bokeru"
    assert shell(line).returncode == 0
    elsewhere = shell(
        f"{ROOT}/bokeru settings --config {ROOT}/pipelines.yaml --pipeline nonesuch; pwd", tmp_path
    )
    assert "no pipeline 'nonesuch'" in elsewhere.stderr
    told = shell(f"{ROOT}/bokeru --help", tmp_path).stdout
    (line,) = re.findall(r"First: `(.*) demo`", told)
    assert shell(f"{line} --version", tmp_path).stdout.startswith("bokeru ")


def test_on_the_path_it_is_called_by_its_name(tmp_path: Path) -> None:
    activated = {**PLAIN, "PATH": f"{ROOT}/.venv/bin:{PLAIN['PATH']}"}
    told = subprocess.run(
        ["bokeru", "--help"], env=activated, cwd=tmp_path, capture_output=True, text=True, timeout=100
    )
    assert "First: `bokeru demo`" in told.stdout


def test_a_checkout_without_an_installation_says_what_makes_it(tmp_path: Path) -> None:
    (tmp_path / "bokeru").write_bytes((ROOT / "bokeru").read_bytes())
    (tmp_path / "bokeru").chmod(0o755)
    result = shell("./bokeru doctor", tmp_path)
    assert result.returncode == 1
    assert f"make -C '{tmp_path}' install" in result.stderr


@pytest.mark.parametrize("document", MARKDOWN, ids=lambda path: path.name)
def test_a_document_shows_commands_that_a_plain_shell_finds(document: Path) -> None:
    """A bare name, `bokeru verify`, only names the command; CHANGELOG tells of what was."""
    if document.name == "CHANGELOG.md":
        return
    shown = [*examples(document), *(code for code in inline(document) if len(code.split()) > 2)]
    assert [line for line in shown if line.startswith("bokeru ")] == []
    assert os.access(ROOT / "bokeru", os.X_OK)
