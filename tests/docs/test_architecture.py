"""docs/architecture.md is a map that agrees with the tree."""

import re
from pathlib import Path

from tests.docs.documents import ROOT
from tests.test_imports import MAY_IMPORT

ARCHITECTURE = ROOT / "docs" / "architecture.md"
GUIDE = ROOT / "CONTRIBUTING.md"
TEXT = ARCHITECTURE.read_text()
PACKAGES = [*MAY_IMPORT, "commands"]
TOP = "|".join([*PACKAGES, "tests", "docs", "benchmarks"])


def section(title: str) -> str:
    return TEXT.partition(f"## {title}\n")[2].partition("\n## ")[0]


def named(text: str) -> set[str]:
    """Return the paths that a text names between backticks."""
    return set(re.findall(rf"`((?:{TOP})/[^` ]*|[\w-]+\.(?:py|yaml|md))`", text))


def test_every_folder_of_every_package_is_on_the_map() -> None:
    folders = {path.parent for package in PACKAGES for path in (ROOT / package).rglob("*.py")}
    written = named(section("Where things are"))
    assert {f"{folder.relative_to(ROOT)}/" for folder in folders} - written == set()


def test_every_path_that_is_named_exists() -> None:
    for path in named(TEXT) | named(GUIDE.read_text()):
        known = path.partition("<")[0].rpartition("/")[0] if "<" in path else path
        places = [ROOT / known, ROOT / "web" / "templates" / known]
        assert any(place.exists() for place in places), path


def test_names_that_the_guide_says_to_change_are_in_the_files_it_names() -> None:
    text = re.sub(r"\s+", " ", GUIDE.read_text())
    pairs = re.findall(r"`(\w+)`(?: and `(\w+)`)? (?:of|in) `([\w/]+\.py)`", text)
    assert len(pairs) >= 5
    for *names, path in pairs:
        for name in filter(None, names):
            assert re.search(rf"^(def |class )?{name}\b", (ROOT / path).read_text(), re.MULTILINE), (
                name,
                path,
            )


def test_the_import_table_is_the_one_that_is_checked() -> None:
    table = {}
    for packages, allowed in re.findall(
        r"^\| ([a-z, ]+) \| ([^|]+) \|$", section("Who may import whom"), re.M
    ):
        for package in packages.split(", "):
            table[package] = set() if allowed == "no sibling" else set(allowed.split(", "))
    assert {name: table[name] for name in MAY_IMPORT} == MAY_IMPORT


def test_the_guide_has_a_chapter_for_everything_that_is_added_often() -> None:
    for thing in ("layout", "site", "importer", "filter", "metric", "backend", "page"):
        assert re.search(rf"^## To add an? {thing}\b", GUIDE.read_text(), re.MULTILINE), thing


def test_the_map_answers_where_something_new_goes() -> None:
    """Each answer of the guide begins with a path that the map has too: a newcomer has read no more."""
    questions = GUIDE.read_text().partition("## Where does it go?")[2]
    answers = re.findall(r"^- \*.*?\?\* (.*(?:\n  .*)*)", questions, re.MULTILINE)
    assert len(answers) >= 4
    for answer in answers:
        first = re.findall(r"`([\w/.]+)`", answer)[0]
        assert f"`{first}`" in section("Where things are"), first


def test_tests_mirror_the_tree() -> None:
    folders = {path.relative_to(ROOT / "tests").parent for path in (ROOT / "tests").rglob("test_*.py")}
    for folder in folders - {Path(), Path("docs")}:
        assert (ROOT / folder).is_dir(), folder
