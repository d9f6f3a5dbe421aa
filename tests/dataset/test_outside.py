"""Filters of other people's code: they leave out and are counted as ours, and are named where they fail."""

from pathlib import Path

import pytest

from dataset import read
from dataset.build.stage import build
from dataset.describe.why import why
from dataset.options import DatasetOptions
from store.errors import UsageError, UserError
from tests.crawl_tables import boke, image, page, write

BOKES = [boke(1, 1, "犬だ", stars=0), boke(2, 1, "もっと長い犬だ", stars=50), boke(3, 1, "12人の猫", stars=3)]
FILTERS = """
class Rules:
    def __init__(self, fact, text="false"): self.fact, self.text = fact, text
    def by_fact(self, options): return {"few_stars": self.fact}
    def by_text(self, options): return {"with_digits": self.text}
rules = Rules("stars < 1 -- a comment", "regexp_matches(text_nfkc, '[0-9]')")
unknown = Rules("starz < 1")
several = Rules("true) THEN 1 END; SELECT CASE WHEN (true")
casts = Rules("CAST(text AS INTEGER) > 3")
class Taken(Rules):
    def by_fact(self, options): return {"min_stars": "true"}
taken = Taken("true")
class Raises(Rules):
    def by_fact(self, options): raise KeyError("rules")
raises = Raises("true")
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "mine.py"
    path.write_text(FILTERS)
    return str(path)


def built(tmp_path: Path, *filters: str) -> bool:
    crawl = write(tmp_path / "p" / "crawl", [page(1, BOKES)], [image(1)])
    return build(DatasetOptions(filters=filters), [crawl], tmp_path / "p" / "dataset", name="p")


def test_they_leave_out_count_and_explain(tmp_path: Path, file: str) -> None:
    assert built(tmp_path, f"{file}:rules")
    dataset = tmp_path / "p" / "dataset"
    assert read.captions(dataset)["boke_id"].to_pylist() == [2]
    counts = read.statistics(dataset)["filters"]
    assert (counts["few_stars"], counts["with_digits"]) == (1, 1)
    (answer,) = why("1", dataset)
    assert answer.reason == "few_stars"
    assert answer.meaning == f"a filter of other people's code, which dataset.filters names: {file}:rules"


def test_another_version_of_their_code_builds_anew(tmp_path: Path, file: str) -> None:
    built(tmp_path, f"{file}:rules")
    crawl, dataset = tmp_path / "p" / "crawl", tmp_path / "p" / "dataset"
    options = DatasetOptions(filters=(f"{file}:rules",))
    assert not build(options, [crawl], dataset, name="p")
    Path(file).write_text(FILTERS + "# another version\n")
    assert build(options, [crawl], dataset, name="p")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("unknown", r"few_stars: .*starz.*There are the columns boke_id, odai_id, text, stars, raters"),
        ("several", r"few_stars: .*several statements"),
        ("casts", r"a condition of the filter .*casts .* failed on a caption: .*INT32.*TRY_CAST"),
        ("taken", r"has a condition named 'min_stars': it is taken"),
        (
            "raises",
            r"failed as it gave its conditions \(by_fact\): KeyError: 'rules' \(mine.py, line [0-9]+\)",
        ),
        ("Nowhere", r"has no Nowhere"),
    ],
)
def test_one_that_fails_is_named_and_the_old_dataset_stays(
    tmp_path: Path, file: str, name: str, said: str
) -> None:
    with pytest.raises(UserError, match=said) as error:
        built(tmp_path, f"{file}:{name}")
    assert f"{file}:{name}" in str(error.value)
    assert not (tmp_path / "p" / "dataset").exists()


def test_what_is_no_filter_is_refused(tmp_path: Path, file: str) -> None:
    with pytest.raises(UsageError, match="lacks by_fact, by_text, which a filter has"):
        built(tmp_path, "store.errors:UserError")


def test_where_they_leave_out_all_they_are_named(tmp_path: Path, file: str) -> None:
    Path(file).write_text(
        'class All:\n    def by_fact(self, options): return {"all_of_it": "true"}\nall_of_it = All()\n'
    )
    with pytest.raises(UserError, match=r"all_of_it left out 3 of 3\. It is a filter of dataset\.filters"):
        built(tmp_path, f"{file}:all_of_it")
