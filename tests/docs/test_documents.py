"""What the documents say exists: files, targets, commands, settings, pipelines."""

import re
from pathlib import Path

import pytest

import pipelines
from commands.main import parser

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
CODE = re.compile(r"```(?:sh|console)\n(.*?)```|`([^`\n]+)`", re.DOTALL)


def commands(document: Path) -> list[str]:
    found = CODE.findall(document.read_text())
    lines = [line.strip() for block, inline in found for line in (block or inline).splitlines()]
    return [line.removeprefix("$ ") for line in lines]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files(document: Path) -> None:
    for link in LINK.findall(document.read_text()):
        assert (document.parent / link).exists(), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_make_targets_exist(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for line in commands(document):
        if named := re.match(r"make ([a-z][a-z-]*)", line):
            assert named[1] in targets, line


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_bokeru_commands_and_their_options_exist(document: Path) -> None:
    for line in commands(document):
        if not (named := re.match(r"bokeru ([a-z]+)(.*)", line)):
            continue
        known = known_options(named[1])
        for option in re.findall(r"(?<![\w-])--[a-z-]+", named[2].split("#")[0]):
            assert option in known, line


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_settings_exist(document: Path) -> None:
    text = document.read_text()
    for stage in pipelines.STAGES:
        fields = pipelines.Settings.model_fields[stage].annotation.model_fields  # type: ignore[union-attr]
        for name in re.findall(rf"(?<![\w/.]){stage}\.([a-z_]+)(?=[=:`. ])", text):
            assert name in fields or name in ("py", "md", "parquet"), f"{stage}.{name}"


def known_options(command: str) -> set[str]:
    (parsers,) = (action.choices for action in parser()._actions if isinstance(action.choices, dict))
    assert command in parsers, command
    return {option for action in parsers[command]._actions for option in action.option_strings}


def test_every_pipeline_says_what_it_is_for() -> None:
    lines = (ROOT / "pipelines.yaml").read_text().splitlines()
    names = [number for number, line in enumerate(lines) if re.match(r"  [a-z-]+:$", line)]
    assert len(names) >= 4
    assert all(lines[number - 1].startswith("  # ") for number in names)
