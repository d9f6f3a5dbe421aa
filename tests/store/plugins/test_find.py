"""How code of others is found, which version it is, and what is said where it is not there or fails.

Entry points: https://packaging.python.org/en/latest/specifications/entry-points/
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.errors import UsageError, UserError
from store.plugins.find import find


@pytest.fixture(autouse=True)
def _forget_modules() -> Iterator[None]:
    """Modules of one test are none of the next."""
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith(("bokeru_plugin_", "outside")):
            del sys.modules[name]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with an installed package: its modules, and what pip writes of it."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "__init__.py").write_text("")
    (tmp_path / "outside" / "laughs.py").write_text("THE_ANSWER = 42\ndef score(text): return len(text)\n")
    about = tmp_path / "outside_jokes-1.2.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: outside-jokes\nVersion: 1.2\n")
    (about / "top_level.txt").write_text("outside\n")
    (about / "entry_points.txt").write_text(
        "[bokeru.scorers]\nlaughs = outside.laughs:score\nmodule = outside.laughs\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_an_entry_point_is_found_by_its_name(package: Path) -> None:
    plugin = find("scorer", "laughs", "--python")
    assert (plugin.name, plugin.version) == ("laughs", "outside-jokes 1.2")
    assert plugin.load()("four") == 4
    assert find("scorer", "module", "--python").load("score").THE_ANSWER == 42
    assert str(plugin) == "the scorer laughs (outside-jokes 1.2; --python)"


def test_a_module_and_name_is_found_without_an_entry_point(package: Path) -> None:
    plugin = find("layout", "outside.laughs:score", "crawl.layouts")
    assert (plugin.name, plugin.version) == ("score", "outside-jokes 1.2")
    assert find("layout", "outside:laughs", "crawl.layouts").load("score").THE_ANSWER == 42


def test_what_is_found_has_not_run(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("raise RuntimeError('it ran')\n")
    plugin = find("filter", f"{file}:rule", "dataset.filters")
    assert plugin.version.startswith("mine.py ")
    with pytest.raises(
        UserError, match=r"the filter .*mine.py:rule .* failed as it was imported.*it ran.*line 1"
    ):
        plugin.load()


def test_the_version_of_what_no_package_brings_is_that_of_its_source(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("A = 1\n")
    one = find("filter", f"{file}:A", "dataset.filters").version
    assert one == find("filter", f"{file}:A", "dataset.filters").version
    file.write_text("A = 2\n")
    assert find("filter", f"{file}:A", "dataset.filters").version != one


def test_an_editable_package_has_the_digest_of_its_source_too(package: Path) -> None:
    about = package / "outside_jokes-1.2.dist-info"
    (about / "direct_url.json").write_text('{"url": "file:///src", "dir_info": {"editable": true}}')
    one = find("scorer", "laughs", "--python").version
    assert one.startswith("outside-jokes 1.2 ")
    (package / "outside" / "__init__.py").write_text("# changed")
    assert find("scorer", "laughs", "--python").version != one


def test_two_packages_with_one_name_are_told_apart(package: Path) -> None:
    other = package / "other-3.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 3\n")
    (other / "entry_points.txt").write_text("[bokeru.scorers]\nlaughs = other:score\n")
    with pytest.raises(
        UsageError, match=r"several packages have a scorer 'laughs': other:score, outside.laughs"
    ):
        find("scorer", "laughs", "--python")


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("laugh", r"no scorer 'laugh'\. Did you mean 'laughs'\?.*docs/extending.md"),
        ("outside.laughs:scores", r"outside.laughs has no scores"),
        ("nowhere_at_all:score", r"No module named 'nowhere_at_all'"),
        ("outside.nowhere:score", r"No module named 'outside.nowhere'"),
        ("nofile.py:score", r"there is no file nofile.py"),
        ("", r"no scorer ''"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(package: Path, reference: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as error:
        find("scorer", reference, "--python").load()
    assert "--python" in str(error.value)


def test_what_it_needs_and_is_not_installed_is_said(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("import no_such_package\n")
    with pytest.raises(UserError, match=r"failed as it was imported.*No module named 'no_such_package'"):
        find("metric", f"{file}:rule", "train.metrics").load()


def test_an_object_that_lacks_what_it_needs_is_refused(package: Path) -> None:
    with pytest.raises(UsageError, match=r"lacks matches, read, which a layout has; it has .*THE_ANSWER"):
        find("layout", "outside:laughs", "crawl.layouts").load("matches", "read")
