"""What the experiments print and draw of the cells that are done."""

import re
from pathlib import Path

import pytest

from benchmarks.experiments import tables
from benchmarks.experiments.__main__ import PAGE
from benchmarks.experiments.article import CURVES
from benchmarks.experiments.cells import Cell
from benchmarks.experiments.comparisons import learned_minus, moved
from benchmarks.experiments.grid import cells as every_cell
from benchmarks.experiments.report import BEGIN, END, blocks, missing, write
from benchmarks.experiments.results import Result, of_cells, read_results
from crawler.memory.drawing import drawing
from store.errors import UserError
from tests.benchmarks.experiments.results import row, written


def test_runs_that_differ_by_their_seed_are_one_row(tmp_path: Path) -> None:
    rows = [row("x", 1.6 + seed / 10, seed) for seed in (2, 0, 1)]
    (result,) = read_results(written(tmp_path, *rows))
    assert (result.name, result.question, list(result.runs)) == ("x", "captions per photo", [0, 1, 2])
    assert "| x | 3 | 1.700 ± 0.100 | 1.500 |" in tables.cells([result])


def test_a_table_shows_what_is_not_known_as_a_dash(tmp_path: Path) -> None:
    results = read_results(written(tmp_path, row("x")))
    expected = "| x | 1 | 1.600 | 1.500 | 1.400 | – | – | 5.000 | 2.000 | – | 0.500 | 0.100 | 1.3 |"
    assert tables.cells(results).splitlines()[-1] == expected


def test_a_share_stands_with_its_interval(tmp_path: Path) -> None:
    assert "| x | 0 | 0.500 | 0.450–0.550 | 400 |" in tables.names(read_results(written(tmp_path, row("x"))))


def of_small(name: str, last: float, seed: int = 0) -> dict[str, object]:
    """Return a run of 100 epochs whose losses in the article's unit are epoch / 10, the last `last`."""
    log = [{"loss": 0.5, "article_loss": epoch / 10, "dev_loss": None} for epoch in range(1, 101)]
    log[-1] |= {"article_loss": last, "loss": last / 2}
    return row(name, seed=seed, question="article-small", log=log)


def test_the_articles_values_stand_above_ours_by_epoch(tmp_path: Path) -> None:
    """0.199 is the article's last value; ours, the mean of 0.3 and 0.5, is 2.01 times as large."""
    rows = of_small("article-small", 0.3), of_small("article-small", 0.5, seed=1)
    lines = tables.articles("article-small", read_results(written(tmp_path, *rows))).splitlines()
    assert lines[0] == "| article-small, epoch | 20 | 40 | 60 | 80 | 100 | last : the article's |"
    assert lines[2] == "| the article | 6.766 | 1.726 | 0.716 | 0.360 | 0.199 |  |"
    assert lines[3] == "| article-small | 2.000 | 4.000 | 6.000 | 8.000 | 0.400 ± 0.100 | 2.01 |"


def test_the_article_prints_ten_and_five_values() -> None:
    assert [len(curve.losses) for curve in CURVES.values()] == [5, 10]
    assert all(len(curve.epochs) == len(curve.losses) for curve in CURVES.values())


def test_a_switch_stands_beside_its_main_line_seed_by_seed(tmp_path: Path) -> None:
    """By hand: 0.4 - 0.3 and 0.6 - 0.4 halved; the mean is 0.075, and half of the interval 12.706 x 0.025."""
    rows = [of_small("article-small", 0.3), of_small("article-small", 0.4, 1)]
    rows += [of_small("article-small, no clipping", 0.4), of_small("article-small, no clipping", 0.6, 1)]
    results = read_results(written(tmp_path, *rows))
    line = tables.switches("article-small", results).splitlines()[-1]
    assert line.startswith("| no clipping | 2 | 0.250 ± 0.050 | +0.075 [-0.243, +0.393] |")


def test_a_switch_that_moves_the_large_run_is_found(tmp_path: Path) -> None:
    rows = [row("article-large", 1.0, question="article-large")]
    rows += [row(f"article-large, {name}", loss, question="article-large")
             for name, loss in (("a", 1.09), ("b", 1.11), ("c", 0.89))]  # fmt: skip
    assert moved(read_results(written(tmp_path, *rows))) == {"article-large, b", "article-large, c"}


def test_cells_without_a_common_seed_are_not_compared(tmp_path: Path) -> None:
    first, second = read_results(written(tmp_path, row("a"), row("b", seed=1)))
    assert learned_minus(first, second) is None


def test_cells_that_are_not_done_stand_as_such(tmp_path: Path) -> None:
    results = read_results(written(tmp_path, row("x")))
    cells = [Cell("x", "captions per photo", 1, 1, seed=seed) for seed in (0, 1, 2)]
    assert missing(results, cells) == "Not run yet: x (seed 1, 2)."
    assert missing(results, cells[:1]) == "Not run yet: nothing."
    undone, _ = of_cells([], every_cell())
    found = blocks(undone, every_cell())
    small = found["article-small"].splitlines()
    assert small[3] == "| article-small | – | – | – | – | – | – |"
    assert len(small) == 3 + 9, "the article's line, the main line and eight switches"
    assert "| no clipping | not run yet | – |  | – | – |" in found["article-large, switches"]
    assert found["many right answers"].count("| not run yet |") == 6, "two vectors, three dependences"
    assert "| hidden 256 | not run yet |" in found["every cell"]


def test_a_page_holds_what_the_cells_say(tmp_path: Path) -> None:
    rows = row("15 a photo"), row("y", 2.0, question="size"), of_small("article-small", 0.2)
    results = read_results(written(tmp_path, *rows))
    made = blocks(results, [])
    page = tmp_path / "page.md"
    empty = [f"{name}\n{BEGIN.format(name)}\nold\n{END}\nprose" for name in made]
    page.write_text("\n".join(empty))
    write(page, made, results)
    text = page.read_text()
    assert "old" not in text
    assert text.count("prose") == len(made)
    for name, block in made.items():
        assert f"{name}\n{BEGIN.format(name)}\n{block}\n{END}\nprose" in text
    write(page, made, results)
    assert page.read_text() == text
    assert {path.name for path in (tmp_path / "page").iterdir()} == {
        "article.png", "captions.png", "grid.png"}  # fmt: skip
    page.write_text(text.replace("not run yet -->", "gone -->"))
    with pytest.raises(UserError, match=r"has 0 places for 'not run yet', and needs one"):
        write(page, made, results)


def test_the_page_in_the_docs_has_a_place_for_every_block() -> None:
    text = PAGE.read_text(encoding="utf-8")
    places = re.findall(re.escape(BEGIN).replace(r"\{\}", "(.*)"), text)
    assert sorted(places) == sorted(blocks([], [])), "each once"
    assert text.count(END) == len(places)


def test_runs_on_another_drawing_of_the_site_are_named_and_left_out(tmp_path: Path) -> None:
    (first,) = (cell for cell in every_cell() if cell.name == "one-to-one")
    now = drawing(first.settings().crawl.embedded)
    runs = [row(first.name, seed=0, drawing=now), row(first.name, seed=1, drawing=now | {"version": 0})]
    found, left_out = of_cells(read_results(written(tmp_path, *runs, row(first.name, seed=2))), [first])
    assert [(each.name, list(each.runs)) for each in found] == [(first.name, [0])]
    assert sorted(left_out) == [
        f"one-to-one, seed {seed}: it is of another drawing of the embedded site" for seed in (1, 2)
    ]


def test_a_cell_that_is_not_done_has_no_figures() -> None:
    result = Result("x", "size", {})
    assert (result.values("dev"), result.learned, result.minutes, result.losses("loss")) == ([], {}, [], [])


def test_a_main_line_stands_before_its_switches(tmp_path: Path) -> None:
    rows = of_small("article-small, a switch", 0.3), row("x"), of_small("article-small", 0.3)
    names = [result.name for result in read_results(written(tmp_path, *rows))]
    assert names == ["article-small", "article-small, a switch", "x"]
