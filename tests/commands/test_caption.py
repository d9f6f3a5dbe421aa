"""`bokeru caption` has an option for each decoding setting, made from the one list of them."""

import argparse
from pathlib import Path
from typing import Any

import pytest

from commands.main import main, parser
from commands.models import FLAGS
from tests.docs.documents import commands
from train.captions.options import DecodingOptions

FIELDS = DecodingOptions.model_fields


def given(*arguments: str) -> dict[str, Any]:
    """Return the decoding settings that a command line gives."""
    line = ["caption", "--pipeline", "demo", *arguments, "photo.jpg"]
    return {name: value for name, value in vars(parser().parse_args(line)).items() if name in FIELDS}


def option(name: str) -> argparse.Action:
    (found,) = [action for action in commands()["caption"]._actions if action.dest == name]
    return found


@pytest.mark.parametrize("name", FIELDS)
def test_each_setting_has_an_option_with_its_meaning_and_its_default(name: str) -> None:
    action, field = option(name), FIELDS[name]
    assert action.option_strings == [FLAGS.get(name, "--" + name.replace("_", "-"))]
    assert str(action.help).startswith(str(field.description).rstrip("."))
    if field.default not in (None, ()) and field.default is not False:
        assert str(action.help).endswith(f"({field.default})")


def test_an_option_that_is_not_given_leaves_the_default_to_the_list() -> None:
    assert set(given().values()) == {None}


def test_options_are_given_as_before() -> None:
    words = "--strategy sample -n 5 --temperature 0.8 --top-k 9 --forbid 猫 --forbid 犬 --seed 4 --distance 1"
    chosen = {name: value for name, value in given(*words.split()).items() if value is not None}
    made = DecodingOptions.model_validate(chosen)
    assert made == DecodingOptions(
        strategy="sample", n=5, temperature=0.8, top_k=9, forbidden=("猫", "犬"), seed=4, distance=1
    )


@pytest.mark.parametrize("words", ["-n 0", "--temperature 0", "--beam-width 101", "--distance 3"])
def test_a_wrong_value_is_told_before_a_missing_model(
    words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    flag, value = words.split()
    assert main(["caption", "--pipeline", "demo", "--data", str(tmp_path), flag, value, "photo.jpg"]) == 2
    assert f"{flag.strip('-').replace('-', '_')} cannot be {float(value):g}" in capsys.readouterr().err
