"""The experiments: cells that can be run, and a report that puts seeds together."""

import json
from pathlib import Path
from typing import Any

from benchmarks.experiments.cells import cells
from benchmarks.experiments.report import report
from benchmarks.experiments.results import read_results, table
from pipelines import load


def test_cells_have_names_of_their_own_and_settings_that_exist() -> None:
    made = cells()
    assert len({cell.name for cell in made}) == len(made)
    for cell in made:
        assert cell.settings().train.hidden in (100, 256)


def test_no_cell_is_another_under_a_second_name() -> None:
    made = [(cell.data, cell.settings().model_dump_json()) for cell in cells()]
    assert len(set(made)) == len(made)


def test_the_articles_cells_are_the_pipelines_of_that_name() -> None:
    for cell in cells()[:2]:
        shipped, ours = load(cell.name), cell.settings()
        assert shipped.crawl == ours.crawl
        ignored = {"device", "threads", "dev_every"}
        assert shipped.train.model_dump(exclude=ignored) == ours.train.model_dump(exclude=ignored)


def row(name: str, nll: float, seed: int = 0, question: str = "captions per photo") -> dict[str, Any]:
    losses = {"nll": nll, "floor": None, "unigram": 5.0, "shuffled_nll": 2.0}
    losses |= {"names": 0.5, "names_shuffled": 0.1, "ln_v": 8.0}
    log = [{"loss": nll + 1, "dev_loss": nll - 0.5}, {"loss": nll + 0.1, "dev_loss": None}]
    manifest = {"cpu_seconds": 78.4}
    return {"name": name, "question": question, "captions": 15, "train": {"seed": seed},
            "evaluation": {"train": losses, "dev": losses}, "manifest": manifest, "log": log}  # fmt: skip


def written(directory: Path, *rows: dict[str, Any]) -> Path:
    (directory / "results").mkdir()
    for number, values in enumerate(rows):
        (directory / "results" / f"{number}.json").write_text(json.dumps(values))
    return directory


def test_a_table_shows_what_is_not_known_as_a_dash(tmp_path: Path) -> None:
    results = read_results(written(tmp_path, row("x", 1.5)))
    expected = [
        "x",
        "1",
        "1.600",
        "1.500",
        "1.500",
        "1.000",
        "–",
        "–",
        "5.000",
        "2.000",
        "–",
        "0.500",
        "0.100",
        "1.3",
    ]
    assert table(results).splitlines()[-1] == f"| {' | '.join(expected)} |"


def test_runs_that_differ_by_their_seed_are_one_row(tmp_path: Path) -> None:
    others = [row(f"x, seed {seed}", 1.5 + seed / 10, seed, "seeds") for seed in (1, 2)]
    (result,) = read_results(written(tmp_path, *others, row("x", 1.5)))
    assert (result.name, result.question, len(result.runs)) == ("x", "captions per photo", 3)
    assert "| 3 | 1.700 ± 0.100 | 1.600 ± 0.100 |" in table([result])


def test_a_report_draws_what_is_there(tmp_path: Path) -> None:
    data = written(tmp_path, row("15 a photo", 1.5), row("y", 2.0, question="size"))
    report(data, tmp_path / "pictures")
    assert {path.name for path in (tmp_path / "pictures").iterdir()} == {
        "article.png", "captions.png", "grid.png"}  # fmt: skip
