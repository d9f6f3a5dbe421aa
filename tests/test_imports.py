"""Who may import whom: data flow one way, and so do imports."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = {"crawler", "dataset", "demo", "featurize", "train", "web"}
MAY_IMPORT = {
    "demo": set[str](),
    "dataset": set[str](),
    "crawler": {"dataset"},
    "featurize": {"dataset"},
    "train": {"dataset", "featurize"},
    "web": {"dataset", "featurize", "train"},
}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports name the package they are from"
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_a_package_imports_only_the_siblings_that_it_may(package: str) -> None:
    for module in modules(package):
        siblings = set(imported(ast.parse(module.read_text()))) & (PACKAGES | {"pipelines", "commands"})
        assert siblings - {package} <= MAY_IMPORT[package], module


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_a_package_imports_nothing_by_itself(package: str) -> None:
    assert not list(imported(ast.parse((ROOT / package / "__init__.py").read_text())))


@pytest.mark.parametrize("path", [ROOT / "pipelines.py", *modules("commands")], ids=lambda path: path.stem)
def test_the_command_line_imports_packages_only_in_the_command_that_needs_them(path: Path) -> None:
    light = {"dataset.errors"} | {f"{package}.options" for package in PACKAGES}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PACKAGES:
            assert node.module in light


def test_no_module_has_a_name_that_says_nothing() -> None:
    names = {path.stem for package in PACKAGES for path in modules(package)}
    assert not names & FORBIDDEN_NAMES


def test_nothing_pickled_is_ever_loaded() -> None:
    for package in PACKAGES:
        for module in modules(package):
            assert not {"pickle", "cPickle", "dill", "joblib", "marshal", "shelve"} & set(
                imported(ast.parse(module.read_text()))
            ), module
