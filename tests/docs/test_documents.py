"""What the documents say exists: files, make targets, commands, options, settings, pipelines."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from pydantic import BaseModel

import pipelines
from commands.main import parser
from tests.docs.documents import MARKDOWN, ROOT, TEXTS, command_lines, commands, inline, read
from train.sweep.grid import split

LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
SOURCES = {path.parent.name for path in ROOT.glob("*/*.py")} | {"docs", ".ci"}
each_text = pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.name)
each_document = pytest.mark.parametrize("document", MARKDOWN, ids=lambda path: path.name)


@each_document
def test_links_lead_to_files(document: Path) -> None:
    for link in LINK.findall(document.read_text()):
        assert (document.parent / link).exists(), link


@each_document
def test_links_into_a_page_lead_to_a_heading(document: Path) -> None:
    for target, place in re.findall(r"\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)", document.read_text()):
        page = document.parent / target if target else document
        if page.suffix == ".md":
            assert place in places(page), f"{target}#{place}"


def places(page: Path) -> set[str]:
    """Return what links into a page may name: headings as GitHub spells them, and ids.

    In small letters, without marks but - and _, blanks as -. Source: docs.github.com, "Section links".
    """
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    spelled = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return spelled | set(re.findall(r'id="([^"]+)"', text))


@each_document
def test_every_table_is_whole(document: Path) -> None:
    """A row that follows no row is a head, with a line of dashes below: a blank line cuts a table in two."""
    lines = ["", *document.read_text().splitlines(), ""]
    is_row = [line.startswith("|") for line in lines]
    for at, line in enumerate(lines):
        if is_row[at] and not is_row[at - 1]:
            assert re.fullmatch(r"\|[|\s:-]+", lines[at + 1]), f"line {at}: {line}"


@each_document
def test_source_files_that_are_named_exist(document: Path) -> None:
    """`crawler/layouts/<layout>.py` is a file that a reader adds: its folder exists."""
    for code in inline(document):
        for path in re.findall(r"(?<![\w./-])[\w.]+/[\w./<>-]*\.py\b", code):
            known = path.partition("<")[0].rpartition("/")[0] if "<" in path else path
            assert (ROOT / known).exists(), path


@each_document
def test_names_that_stand_beside_a_source_file_are_in_it(document: Path) -> None:
    """As in `web/app.py`, `create`."""
    for path, name in re.findall(r"`([\w/]+\.py)`,\s`(\w+)`", document.read_text()):
        assert re.search(rf"\b{name}\b", (ROOT / path).read_text()), f"{path}, {name}"


@each_text
def test_a_command_is_named_alone_or_parses_as_it_stands(text: Path) -> None:
    for line in command_lines(text):
        words = shlex.split(line, comments=True)
        if words[0] == "bokeru":
            check_command(words[1:])
        elif words[0] == "make":
            check_target(words[1:])
        elif words[0] == "python":
            module = ROOT / words[2].replace(".", "/")
            assert module.with_suffix(".py").exists() or module.is_dir() or words[2] in ("pytest", "pip")


def check_command(words: list[str]) -> None:
    """Parse a command by the real parser, and its --set by the real settings."""
    if len(words) == 1:
        assert words[0] in {*commands(), "--help", "--version"}
        return
    try:
        arguments = parser().parse_args(words)
    except SystemExit:
        pytest.fail(f"bokeru {shlex.join(words)} does not parse; complete it, or name the command alone")
    name = getattr(arguments, "pipeline", None)
    if name:
        for overrides in given(words[0], arguments.set):
            pipelines.load("demo" if name == "NAME" else name, ROOT / "pipelines.yaml", overrides)


def given(command: str, overrides: list[str]) -> Iterator[list[str]]:
    """Yield the settings of each run that a command is about: a sweep has several."""
    axes, fixed = split(overrides) if command == "sweep" else ({}, overrides)
    for values in product(*axes.values()):
        yield [*fixed, *(f"{name}={json.dumps(value)}" for name, value in zip(axes, values, strict=True))]


def check_target(words: list[str]) -> None:
    """Ask make what it would run; check the commands among it."""
    known = re.findall(r"^([A-Z]+) *[?:]?=|\$\(([A-Z]+)\)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    variables = {word.partition("=")[0] for word in words if "=" in word}
    assert variables <= {name for pair in known for name in pair}
    planned = subprocess.run(["make", "-n", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert planned.returncode == 0, planned.stderr
    for line in planned.stdout.splitlines():
        if line.startswith(".venv/bin/bokeru "):
            check_command(shlex.split(line)[1:])


@each_text
def test_options_that_are_named_exist(text: Path) -> None:
    known = {option for command in commands().values() for option in command._option_string_actions}
    others = [
        ROOT / "Makefile",
        *(ROOT / "benchmarks").rglob("*.py"),
        ROOT / "tests" / "fuzz" / "__main__.py",
    ]
    known |= {option for path in others for option in re.findall(r"--[a-z0-9-]+", path.read_text())}
    for code in inline(text):
        if option := re.match(r"--[a-z0-9-]+", code):
            assert option[0] in known, code


@each_text
def test_settings_that_are_named_exist(text: Path) -> None:
    for place in re.findall(rf"(?<![\w/.-])((?:{'|'.join(pipelines.STAGES)})(?:\.[a-z_]+)+)", read(text)):
        names = place.split(".")
        is_file = names[-1] in ("py", "md", "parquet", "json", "yaml") or (ROOT / "/".join(names)).exists()
        is_file |= (ROOT / "/".join(names)).with_suffix(".py").exists()  # as `python -m` names a module
        assert is_file or is_setting(names), place


def is_setting(names: list[str]) -> bool:
    model: object = pipelines.Settings
    for name in names:
        if not (isinstance(model, type) and issubclass(model, BaseModel) and name in model.model_fields):
            return False
        model = model.model_fields[name].annotation
    return True


def test_the_texts_hold_what_these_tests_look_for() -> None:
    found = {line.split()[0] for text in TEXTS for line in command_lines(text)}
    assert found == {"bokeru", "make", "python"}
    assert all(any(command_lines(text)) for text in TEXTS if text not in MARKDOWN)


def test_every_pipeline_says_what_it_is_for() -> None:
    lines = (ROOT / "pipelines.yaml").read_text().splitlines()
    names = [number for number, line in enumerate(lines) if re.match(r"  [a-z-]+:$", line)]
    assert len(names) >= 4
    assert all(lines[number - 1].startswith("  # ") for number in names)
