"""Who may import whom: data flow one way, and so do imports."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "store": set[str](),
    "demo": set[str](),
    "crawler": {"store"},
    "dataset": {"store"},
    "featurize": {"store", "dataset"},
    "train": {"store", "dataset", "featurize"},
    "judging": {"store", "dataset", "featurize", "train"},
    "web": {"store", "dataset", "featurize", "train", "judging"},
}
"""The table in docs/architecture.md; `pipelines`, `commands` and `bokeru` have rules of their own below."""
EVERYTHING = {*MAY_IMPORT, "pipelines", "commands", "bokeru"}
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc"}
AT_A_GLANCE = 16
"""As many modules may stand side by side in a folder, __init__.py not counted."""


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def sources() -> list[Path]:
    top = [ROOT / "pipelines.py", ROOT / "bokeru.py"]
    return [*top, *(path for name in (*MAY_IMPORT, "commands") for path in modules(name))]


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the dotted name of every module or object that is imported, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports name the package they are from"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def packages(names: Iterator[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_a_package_imports_only_the_siblings_that_it_may(package: str) -> None:
    for module in modules(package):
        siblings = packages(imported(ast.parse(module.read_text()))) & EVERYTHING
        assert siblings - {package} <= MAY_IMPORT[package], module


@pytest.mark.parametrize("package", sorted([*MAY_IMPORT, "commands"]))
def test_a_package_imports_nothing_by_itself(package: str) -> None:
    assert not list(imported(ast.parse((ROOT / package / "__init__.py").read_text())))


def test_the_reader_of_settings_imports_the_ground_floor_and_settings_only() -> None:
    found = set(imported(ast.parse((ROOT / "pipelines.py").read_text())))
    ours = {name.rpartition(".")[0] for name in found if name.split(".")[0] in EVERYTHING}
    assert {name for name in ours if not name.startswith("store")} == {
        f"{package}.options" for package in ("crawler", "dataset", "featurize", "train", "web")
    }


@pytest.mark.parametrize("path", [*modules("commands"), ROOT / "bokeru.py"], ids=lambda path: path.stem)
def test_the_command_line_imports_packages_only_in_the_command_that_needs_them(path: Path) -> None:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MAY_IMPORT:
            assert f"{node.module}".startswith("store.") or f"{node.module}".endswith(".options")


def test_no_circle_among_files() -> None:
    known = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in sources()}
    graph = {
        name: {part for found in imported(ast.parse(path.read_text())) for part in prefixes(found)}
        & known.keys() - {name}
        for name, path in known.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def prefixes(name: str) -> Iterator[str]:
    """Yield the module in a dotted name, whether it ends with the module or with something in it."""
    yield name
    yield name.rpartition(".")[0]


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert not {path.stem for path in sources()} & NAMES_THAT_SAY_NOTHING


def test_every_folder_is_readable_at_a_glance() -> None:
    folders = {path.parent for path in sources() if path.parent != ROOT}
    for folder in folders:
        assert len([path for path in folder.glob("*.py") if path.stem != "__init__"]) <= AT_A_GLANCE, folder


def test_nothing_pickled_is_ever_loaded() -> None:
    for module in sources():
        assert not {"pickle", "cPickle", "dill", "joblib", "marshal", "shelve"} & packages(
            imported(ast.parse(module.read_text()))
        ), module


def test_settings_are_read_without_what_only_stages_need() -> None:
    """Every command reads them, and each of these takes a good part of a second."""
    heavy = "{'pyarrow', 'numpy', 'pandas', 'duckdb', 'scrapy', 'chainer', 'numba', 'MeCab'}"
    names = "pipelines, commands.stages.command, crawler.crawl, sys"
    code = f"import {names}; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True, cwd=ROOT) == "[]\n"
